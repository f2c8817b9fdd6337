//! How others read records.

use alloc::vec::Vec;
use sp_runtime::SaturatedConversion;
use ward_primitives::{
	decision::RecordFacts,
	receipt::Row,
	record::COHORT_SIZE,
	traits::{ReadCustody, ReadRecords},
	Custodian, ParticipantId, RecordId,
};

use crate::{Config, Custody, CustodyCount, FormerCustodians, HandedOver, Pallet, Records};

/// The most entries in one page of a list.
pub const MAX_PAGE: u32 = 1_000;

impl<T: Config> Pallet<T> {
	/// The entries with the numbers from `from` on, until one is missing or the page is full.
	pub(crate) fn page<Entry>(
		from: u64,
		limit: u32,
		entry: impl FnMut(u64) -> Option<Entry>,
	) -> Vec<Entry> {
		(from..u64::MAX).take(page_len(limit)).map_while(entry).collect()
	}

	pub(crate) fn page_of_former_custodians(
		patient: ParticipantId,
		after: Option<ParticipantId>,
		limit: u32,
	) -> Vec<ParticipantId> {
		let centers = match after {
			None => FormerCustodians::<T>::iter_key_prefix(patient),
			Some(last) => {
				let key = FormerCustodians::<T>::hashed_key_for(patient, last);
				FormerCustodians::<T>::iter_key_prefix_from(patient, key)
			},
		};
		centers.take(page_len(limit)).collect()
	}
}

impl<T: Config> ReadRecords for Pallet<T> {
	fn record(id: RecordId) -> Option<RecordFacts> {
		let row = Records::<T>::get(id)?;
		Some(RecordFacts {
			id,
			lineage: row.lineage,
			patient: row.content.patient,
			author: row.content.author,
			author_center: row.author_center,
			attributes: row.content.attributes,
			anchored_at: row.anchored_at,
		})
	}
}

impl<T: Config> ReadCustody for Pallet<T> {
	fn custodians(after: Option<ParticipantId>, limit: u32) -> Vec<(ParticipantId, u64)> {
		let all = match after {
			Some(after) => CustodyCount::<T>::iter_from_key(after),
			None => CustodyCount::<T>::iter(),
		};
		all.take(page_len(limit)).collect()
	}

	fn rows(center: ParticipantId) -> u64 {
		CustodyCount::<T>::get(center)
	}

	fn rows_held(center: ParticipantId, cohort: u64) -> u16 {
		let before = cohort.saturating_mul(COHORT_SIZE);
		let rows = Self::rows(center).saturating_sub(before).min(COHORT_SIZE);
		// At most 1,024; qed.
		let rows: u16 = rows.saturated_into();
		rows.saturating_sub(HandedOver::<T>::get(center, cohort))
	}

	fn row(center: ParticipantId, row: u64) -> Option<Row> {
		let record = Custody::<T>::get(center, row)?;
		let stored = Records::<T>::get(record)?;
		let is_held = stored.custodians.contains(&Custodian { center, row });
		Some(Row { record, root: stored.content.content_root, size: stored.content.size, is_held })
	}
}

fn page_len(limit: u32) -> usize {
	limit.min(MAX_PAGE) as usize
}
