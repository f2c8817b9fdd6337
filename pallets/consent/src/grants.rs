//! Giving, amending and withdrawing grants.

use frame_support::{ensure, pallet_prelude::*, traits::Time, weights::Weight};
use sp_runtime::ArithmeticError;
use ward_primitives::{
	consent::RequestOutcome,
	traits::{ActingParticipant, ReadParticipants, ReadRecords},
	Grant, GrantId, GrantTerms, Interval, KeyRoles, Moment, ParticipantId, Role, Scope,
};

use crate::{
	Config, Error, Event, Grants, GrantsTo, GrantsToCount, NextGrantId, Pallet, PastGrants,
	PatientGrantCount, PatientGrants, RecentGrants, WeightInfo,
};

impl<T: Config> Pallet<T> {
	/// Returns whether room had to be made among the grants that may still count.
	pub(crate) fn do_grant(
		patient: ParticipantId,
		grantee: ParticipantId,
		terms: GrantTerms,
		from: Option<Moment>,
		until: Option<Moment>,
	) -> Result<bool, DispatchError> {
		let now = T::Time::now();
		Self::ensure_patient(patient)?;
		Self::ensure_active_grantee(grantee, now)?;
		let from = from.unwrap_or(now);
		ensure!(from >= now, Error::<T>::Backdated);
		let interval = checked_interval::<T>(from, until)?;
		let terms = Self::checked_terms(patient, terms)?;

		let id = NextGrantId::<T>::get();
		let next = id.0.checked_add(1).ok_or(ArithmeticError::Overflow)?;
		NextGrantId::<T>::put(GrantId(next));
		let made_room = Self::list_grant(patient, grantee, id, now)?;
		Grants::<T>::insert(id, Grant { id, patient, grantee, generation: 0, interval, terms });
		Self::close_if_open(patient, grantee, now, RequestOutcome::Granted(id));
		Self::deposit_event(Event::Granted { grant: id, patient, grantee });
		Ok(made_room)
	}

	pub(crate) fn do_amend(
		patient: ParticipantId,
		id: GrantId,
		terms: GrantTerms,
		until: Option<Moment>,
	) -> DispatchResult {
		let now = T::Time::now();
		let mut old = Self::own_grant(patient, id)?;
		ensure!(!has_ended(&old.interval, now), Error::<T>::AlreadyEnded);
		let interval = checked_interval::<T>(old.interval.from.max(now), until)?;
		let terms = Self::checked_terms(patient, terms)?;

		let generation = old.generation.checked_add(1).ok_or(ArithmeticError::Overflow)?;
		let grantee = old.grantee;
		Grants::<T>::insert(id, Grant { id, patient, grantee, generation, interval, terms });
		old.interval.end(now);
		PastGrants::<T>::insert(id, old.generation, old);
		Self::deposit_event(Event::Amended { grant: id, generation, patient, grantee });
		Ok(())
	}

	pub(crate) fn do_withdraw(patient: ParticipantId, id: GrantId) -> DispatchResult {
		let now = T::Time::now();
		let mut grant = Self::own_grant(patient, id)?;
		ensure!(!has_ended(&grant.interval, now), Error::<T>::AlreadyEnded);
		let grantee = grant.grantee;
		grant.interval.end(now);
		Grants::<T>::insert(id, grant);
		Self::deposit_event(Event::Withdrawn { grant: id, patient, grantee });
		Ok(())
	}

	/// Whether `withdraw` of this grant by this account would succeed now. Such a call needs no
	/// quota.
	pub fn withdrawal_would_succeed(account: &T::AccountId, id: GrantId) -> bool {
		T::Participants::ensure_holder(account, KeyRoles::ACT)
			.ok()
			.and_then(|patient| Self::own_grant(patient, id).ok())
			.is_some_and(|grant| !has_ended(&grant.interval, T::Time::now()))
	}

	/// The grant with this number, which must be the patient's.
	fn own_grant(patient: ParticipantId, id: GrantId) -> Result<Grant, Error<T>> {
		let grant = Grants::<T>::get(id).ok_or(Error::<T>::NotFound)?;
		ensure!(grant.patient == patient, Error::<T>::NotAuthorized);
		Ok(grant)
	}

	pub(crate) fn ensure_patient(id: ParticipantId) -> Result<(), Error<T>> {
		let role = T::Participants::participant(id, T::Time::now()).map(|(role, _)| role);
		ensure!(role == Some(Role::Patient), Error::<T>::NotAPatient);
		Ok(())
	}

	/// Grants, requests and exclusions are about practitioners and centers. Returns when it was
	/// active.
	pub(crate) fn ensure_grantee(id: ParticipantId, now: Moment) -> Result<Interval, Error<T>> {
		match T::Participants::participant(id, now) {
			Some((Role::Practitioner | Role::MedicalCenter, active)) => Ok(active),
			_ => Err(Error::<T>::WrongRole),
		}
	}

	fn ensure_active_grantee(id: ParticipantId, now: Moment) -> Result<(), Error<T>> {
		let active = Self::ensure_grantee(id, now)?;
		ensure!(active.contains(now), Error::<T>::InactiveGrantee);
		Ok(())
	}

	/// The terms with each record that they name replaced by the first of its lineage.
	fn checked_terms(
		patient: ParticipantId,
		mut terms: GrantTerms,
	) -> Result<GrantTerms, Error<T>> {
		ensure!(terms.is_valid(), Error::<T>::InvalidTerms);
		Self::name_lineages(patient, &mut terms.scope)?;
		for exception in &mut terms.exceptions {
			Self::name_lineages(patient, exception)?;
		}
		Ok(terms)
	}

	fn name_lineages(patient: ParticipantId, scope: &mut Scope) -> Result<(), Error<T>> {
		for id in scope.records.iter_mut().flatten() {
			let record = T::Records::record(*id).filter(|record| record.patient == patient);
			*id = record.ok_or(Error::<T>::UnknownRecord)?.lineage;
		}
		Ok(())
	}

	/// Enters a new grant into the lists by patient and by grantee. Returns whether the grants that
	/// are over had to be looked for.
	fn list_grant(
		patient: ParticipantId,
		grantee: ParticipantId,
		id: GrantId,
		now: Moment,
	) -> Result<bool, DispatchError> {
		let made_room = RecentGrants::<T>::try_mutate(patient, grantee, |recent| {
			let is_full = recent.is_full();
			if is_full {
				recent.retain(|id| {
					Grants::<T>::get(id).is_some_and(|grant| !has_ended(&grant.interval, now))
				});
			}
			recent.try_push(id).map_err(|_| Error::<T>::TooManyGrants)?;
			Ok::<_, Error<T>>(is_full)
		})?;
		let number = PatientGrantCount::<T>::try_mutate(patient, next_number)?;
		PatientGrants::<T>::insert(patient, number, id);
		let number = GrantsToCount::<T>::try_mutate(patient, grantee, next_number)?;
		GrantsTo::<T>::insert((patient, grantee, number), id);
		Ok(made_room)
	}
}

/// Whether an interval is over for good at `now`: also one that was ended before its start, which
/// lies ahead.
pub(crate) fn has_ended(interval: &Interval, now: Moment) -> bool {
	interval.is_over(now.max(interval.from))
}

/// What a grant with these terms can weigh.
pub(crate) fn most_weight<T: Config>(terms: &GrantTerms) -> Weight {
	let named = named_records(terms);
	T::WeightInfo::grant(named).max(T::WeightInfo::grant_making_room(named))
}

/// How many records the terms name, in the scope and the exceptions together.
pub(crate) fn named_records(terms: &GrantTerms) -> u32 {
	let named = |scope: &Scope| scope.records.as_ref().map_or(0, |records| records.len() as u32);
	terms.exceptions.iter().map(named).fold(named(&terms.scope), u32::saturating_add)
}

fn checked_interval<T: Config>(from: Moment, until: Option<Moment>) -> Result<Interval, Error<T>> {
	ensure!(until.is_none_or(|until| until > from), Error::<T>::InvalidInterval);
	Ok(Interval { from, until })
}

/// The number for a new entry; counts it.
fn next_number(count: &mut u64) -> Result<u64, ArithmeticError> {
	let number = *count;
	*count = number.checked_add(1).ok_or(ArithmeticError::Overflow)?;
	Ok(number)
}
