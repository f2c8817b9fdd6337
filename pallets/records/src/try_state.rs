//! What always holds in this pallet's storage.

use alloc::collections::{BTreeMap, BTreeSet};
use frame_support::{ensure, traits::Time};
use sp_runtime::TryRuntimeError;
use ward_primitives::{
	record::MAX_CUSTODIANS, Custodian, Digest, ParticipantId, RecordId, RecordRow,
};

use crate::{
	Config, Custody, CustodyCount, FormerCustodians, HandedOver, Pallet, PatientRecordCount,
	PatientRecords, RecordCount, Records,
};

impl<T: Config> Pallet<T> {
	/// Recounts every counter and follows every reference between rows, in both directions.
	pub(crate) fn do_try_state() -> Result<(), TryRuntimeError> {
		let genesis = Self::genesis();
		let mut records = 0u64;
		let mut patients = BTreeMap::<ParticipantId, u64>::new();
		let mut held = BTreeMap::<ParticipantId, u64>::new();
		for (id, row) in Records::<T>::iter() {
			Self::check_row(&genesis, id, &row)?;
			records += 1;
			*patients.entry(row.content.patient).or_default() += 1;
			for custodian in &row.custodians {
				*held.entry(custodian.center).or_default() += 1;
			}
		}
		ensure!(RecordCount::<T>::get() == records, "RecordCount is not the number of records");
		Self::check_numbering(
			&patients,
			&PatientRecordCount::<T>::iter().collect(),
			PatientRecords::<T>::iter(),
			|id, patient, _| Records::<T>::get(id).is_some_and(|r| r.content.patient == patient),
		)?;
		let handed_over = Self::check_handed_over()?;
		let mut rows = held;
		for (center, count) in handed_over {
			*rows.entry(center).or_default() += count;
		}
		Self::check_numbering(
			&rows,
			&CustodyCount::<T>::iter().collect(),
			Custody::<T>::iter(),
			// A row that was handed over still leads to its record.
			|id, _, _| Records::<T>::contains_key(id),
		)
	}

	/// The rows that their records do not name any more: as many in each cohort as is noted, and each noted for
	/// its patient. Returns how many each center has.
	fn check_handed_over() -> Result<BTreeMap<ParticipantId, u64>, TryRuntimeError> {
		let (mut found, mut of) = (BTreeMap::<_, u16>::new(), BTreeMap::<_, u64>::new());
		let mut former = BTreeSet::new();
		for (center, row, id) in Custody::<T>::iter() {
			let custodian = Custodian { center, row };
			let record = Records::<T>::get(id).ok_or("Row of a missing record")?;
			if !record.custodians.contains(&custodian) {
				*found.entry((center, custodian.cohort())).or_default() += 1;
				*of.entry(center).or_default() += 1;
				former.insert((record.content.patient, center));
			}
		}
		let noted: BTreeMap<_, _> = HandedOver::<T>::iter()
			.map(|(center, cohort, count)| ((center, cohort), count))
			.collect();
		ensure!(found == noted, "HandedOver is not the number of rows that were");
		let noted: BTreeSet<_> = FormerCustodians::<T>::iter_keys().collect();
		ensure!(former == noted, "FormerCustodians are not the centers that handed over");
		Ok(of)
	}

	/// One row by itself and its neighbours in the lineage.
	fn check_row(genesis: &Digest, id: RecordId, row: &RecordRow) -> Result<(), TryRuntimeError> {
		ensure!(row.content.record_id(genesis) == id, "Record under an id that is not its own");
		ensure!(row.content.size > 0, "Record without content");
		ensure!(row.anchored_at <= T::Time::now(), "Record anchored in the future");
		let count = row.custodians.len();
		ensure!((1..=MAX_CUSTODIANS as usize).contains(&count), "Record without custodian");
		for custodian in &row.custodians {
			let held = Custody::<T>::get(custodian.center, custodian.row);
			ensure!(held == Some(id), "Custodian without a row for the record");
			let same = row.custodians.iter().filter(|other| other.center == custodian.center);
			ensure!(same.count() == 1, "Record with the same custodian twice");
		}
		match row.supersedes {
			None => ensure!(row.lineage == id, "First record of a lineage that it does not name"),
			Some(earlier) => {
				let earlier =
					Records::<T>::get(earlier).ok_or("Record that supersedes a missing one")?;
				ensure!(earlier.superseded_by == Some(id), "Superseded record names another one");
				ensure!(earlier.lineage == row.lineage, "Lineage changes within itself");
				let patients = (earlier.content.patient, row.content.patient);
				ensure!(patients.0 == patients.1, "Lineage about two patients");
				ensure!(earlier.anchored_at <= row.anchored_at, "Lineage runs backwards");
			},
		}
		if let Some(later) = row.superseded_by {
			let later = Records::<T>::get(later).ok_or("Record superseded by a missing one")?;
			ensure!(later.supersedes == Some(id), "Superseding record names another one");
		}
		Ok(())
	}

	/// A numbered list per participant: complete, without gaps, and each entry where it belongs.
	fn check_numbering(
		found: &BTreeMap<ParticipantId, u64>,
		counted: &BTreeMap<ParticipantId, u64>,
		entries: impl Iterator<Item = (ParticipantId, u64, RecordId)>,
		belongs: impl Fn(RecordId, ParticipantId, u64) -> bool,
	) -> Result<(), TryRuntimeError> {
		ensure!(found == counted, "Count of a list differs from the records");
		let mut listed = BTreeMap::<ParticipantId, u64>::new();
		for (owner, number, id) in entries {
			// With as many entries as the count says, all below it, no number is missing.
			let count = counted.get(&owner).copied().unwrap_or_default();
			ensure!(number < count, "List entry beyond its count");
			ensure!(
				belongs(id, owner, number),
				"List entry of a record that does not belong to it"
			);
			*listed.entry(owner).or_default() += 1;
		}
		ensure!(listed == *counted, "List with a gap");
		Ok(())
	}
}
