//! The checks that a new record has to pass, and how it comes into storage.

use alloc::collections::BTreeSet;
use frame_support::{ensure, pallet_prelude::*, traits::Time};
use sp_runtime::ArithmeticError;
use ward_primitives::{
	decide,
	decision::{DecisionInputs, Query},
	inputs::{self, Gathered},
	record::MAX_CUSTODIANS,
	traits::{ActingParticipant, ReadParticipants},
	Action, Basis, Custodian, Decision, KeyRoles, Moment, NewRecord, ParticipantId, PurposeOfUse,
	Reason, RecordId, RecordRow, Role,
};

use crate::{
	work::Work, Config, Custody, CustodyCount, Error, Event, Pallet, PatientRecordCount,
	PatientRecords, RecordCount, Records,
};

/// Where a new record joins a lineage.
pub(crate) struct Succession {
	/// The head that it supersedes.
	superseded: RecordId,
	/// The first record of the lineage.
	lineage: RecordId,
}

impl<T: Config> Pallet<T> {
	/// The participant that `account` writes for.
	pub(crate) fn author(account: &T::AccountId) -> Result<ParticipantId, DispatchError> {
		T::Participants::ensure_acting(account, KeyRoles::ACT)
	}

	/// Checks and stores a new record.
	pub(crate) fn do_anchor(
		author: ParticipantId,
		record: &NewRecord,
		succession: Option<&Succession>,
		work: &mut Work,
	) -> Result<RecordId, DispatchError> {
		let now = T::Time::now();
		let id = Self::check_record(author, record, now, work)?;
		Self::insert_record(id, author, record, succession, now)?;
		Ok(id)
	}

	/// Checks and stores several new records.
	pub(crate) fn do_anchor_all(
		author: ParticipantId,
		records: &[NewRecord],
		work: &mut Work,
	) -> DispatchResult {
		ensure!(!records.is_empty(), Error::<T>::EmptyBatch);
		for record in records {
			Self::do_anchor(author, record, None, work)?;
		}
		Ok(())
	}

	/// Checks and stores a new record as the head of the lineage of `superseded`.
	pub(crate) fn do_supersede(
		author: ParticipantId,
		superseded: RecordId,
		record: &NewRecord,
		work: &mut Work,
	) -> DispatchResult {
		let mut old = Records::<T>::get(superseded).ok_or(Error::<T>::NotFound)?;
		ensure!(old.content.patient == record.patient, Error::<T>::PatientMismatch);
		ensure!(old.superseded_by.is_none(), Error::<T>::AlreadySuperseded);
		// That the author does write for the center it names is among the checks of the new record.
		let same_center = old.author_center.is_some() && old.author_center == record.on_behalf_of;
		ensure!(author == record.patient || same_center, Error::<T>::NotAuthor);

		let succession = Succession { superseded, lineage: old.lineage };
		let id = Self::do_anchor(author, record, Some(&succession), work)?;
		old.superseded_by = Some(id);
		Records::<T>::insert(superseded, old);
		Self::deposit_event(Event::Superseded { record: id, superseded });
		Ok(())
	}

	/// Checks a batch without storing anything.
	pub(crate) fn try_batch(
		account: &T::AccountId,
		records: &[NewRecord],
	) -> Result<(), (u32, DispatchError)> {
		let author = Self::author(account).map_err(|error| (0, error))?;
		ensure!(!records.is_empty(), (0, Error::<T>::EmptyBatch.into()));
		let now = T::Time::now();
		let mut seen = BTreeSet::new();
		// A view function is not charged for what it does.
		let mut work = Work::default();
		for (index, record) in (0u32..).zip(records) {
			ensure!(index < T::MaxBatch::get(), (index, Error::<T>::TooManyRecords.into()));
			let id = Self::check_record(author, record, now, &mut work)
				.map_err(|error| (index, error))?;
			ensure!(seen.insert(id), (index, Error::<T>::AlreadyExists.into()));
		}
		Ok(())
	}

	/// Whether `author` may anchor `record` now, and the record's id. The costly checks come last.
	fn check_record(
		author: ParticipantId,
		record: &NewRecord,
		now: Moment,
		work: &mut Work,
	) -> Result<RecordId, DispatchError> {
		work.begin(record);
		ensure!((1..=T::MaxSize::get()).contains(&record.size), Error::<T>::InvalidSize);
		let patient_role = T::Participants::participant(record.patient, now).map(|(role, _)| role);
		ensure!(patient_role == Some(Role::Patient), Error::<T>::UnknownPatient);

		let genesis = Self::genesis();
		let id = record.content(author).record_id(&genesis);
		ensure!(!Records::<T>::contains_key(id), Error::<T>::AlreadyExists);
		Self::check_authorship(author, record, now, work)?;
		Self::check_deposits(genesis, id, author, record, now)?;
		Ok(id)
	}

	/// Whether `author` may write about the patient, and whether the center it names is the true
	/// one.
	fn check_authorship(
		author: ParticipantId,
		record: &NewRecord,
		now: Moment,
		work: &mut Work,
	) -> Result<(), Error<T>> {
		// Who names no center may only write as the patient or its device, for whom no center counts.
		let center = record.on_behalf_of.unwrap_or(record.patient);
		let query = Query {
			patient: record.patient,
			record: None,
			actor: author,
			on_behalf_of: Some(center),
			action: Action::Write,
			purpose: PurposeOfUse::Treat,
			at: now,
		};
		let Gathered { inputs, extent } =
			inputs::gather::<T::Participants, Self, T::Consents>(query, now);
		work.read(extent);
		match (decide(&inputs, None), record.on_behalf_of) {
			(Decision::Permit { basis: Basis::Own, .. }, None) => Ok(()),
			(Decision::Permit { basis: Basis::Own, .. }, Some(_)) => {
				Err(Error::<T>::UnexpectedCenter)
			},
			(Decision::Permit { .. }, None) => Err(Error::<T>::CenterRequired),
			// A grant to the author in person says nothing about the center.
			(Decision::Permit { .. }, Some(center)) => {
				ensure!(works_for(&inputs, center), Error::<T>::NotAffiliated);
				Ok(())
			},
			(Decision::Deny { reason: Reason::Excluded }, _) => Err(Error::<T>::Excluded),
			(Decision::Deny { .. }, None) if may_name_center(&inputs) => {
				Err(Error::<T>::CenterRequired)
			},
			(Decision::Deny { .. }, _) => Err(Error::<T>::NotAuthorized),
		}
	}

	/// Writes the row of a checked record, its numbers and its counters.
	fn insert_record(
		id: RecordId,
		author: ParticipantId,
		record: &NewRecord,
		succession: Option<&Succession>,
		now: Moment,
	) -> DispatchResult {
		let patient = record.patient;
		let mut custodians = BoundedVec::<Custodian, ConstU32<MAX_CUSTODIANS>>::new();
		for deposit in &record.deposits {
			let custodian = Self::take_custody(deposit.custodian, id)?;
			custodians.try_push(custodian).map_err(|_| DispatchError::Exhausted)?;
		}
		let number = PatientRecordCount::<T>::try_mutate(patient, next_number)?;
		PatientRecords::<T>::insert(patient, number, id);
		RecordCount::<T>::try_mutate(next_number)?;

		let row = RecordRow {
			content: record.content(author),
			author_center: record.on_behalf_of,
			custodians: custodians.clone(),
			anchored_at: now,
			lineage: succession.map_or(id, |succession| succession.lineage),
			supersedes: succession.map(|succession| succession.superseded),
			superseded_by: None,
		};
		Records::<T>::insert(id, row);
		Self::deposit_event(Event::Anchored { record: id, patient, author, custodians });
		Ok(())
	}

	/// Gives a center a new row for a record.
	pub(crate) fn take_custody(
		center: ParticipantId,
		id: RecordId,
	) -> Result<Custodian, DispatchError> {
		let row = CustodyCount::<T>::try_mutate(center, next_number)?;
		Custody::<T>::insert(center, row, id);
		Ok(Custodian { center, row })
	}
}

/// Whether the actor is one of those who write on behalf of a center.
fn may_name_center(inputs: &DecisionInputs) -> bool {
	let role = inputs.actor.as_ref().map(|actor| actor.role);
	role.is_some_and(|role| role == Role::MedicalCenter || role.can_be_affiliated())
}

/// Whether the actor works for `center` now, and the center is active.
fn works_for(inputs: &DecisionInputs, center: ParticipantId) -> bool {
	let at = inputs.query.at;
	inputs.actor.iter().flat_map(|actor| &actor.centers).any(|facts| {
		facts.center == center && facts.active.contains(at) && facts.affiliation.contains(at)
	})
}

/// The number for a new row; counts it.
fn next_number(count: &mut u64) -> Result<u64, ArithmeticError> {
	let number = *count;
	*count = number.checked_add(1).ok_or(ArithmeticError::Overflow)?;
	Ok(number)
}
