//! Standing: whether a participant may act, and who may change that.
//!
//! A participant's administrator is its sponsor; while that is not active, the sponsor's sponsor;
//! and at the top the consortium. So a center that is suspended leaves nobody it enrolled beyond
//! help.

use frame_support::{dispatch::DispatchResult, ensure, traits::EnsureOrigin};
use frame_system::{ensure_signed, pallet_prelude::OriginFor};
use sp_runtime::DispatchError;
use ward_primitives::{
	participant::{Condition, NOTICE},
	traits::{ActingParticipant, OnStanding},
	KeyRoles, Moment, ParticipantId, ParticipantRow,
};

use crate::{timeline, Config, Error, Event, Pallet, Participants, PastActive};

/// Who calls: the consortium or the holder of a key.
pub(crate) enum Caller<AccountId> {
	Consortium,
	Key(AccountId),
}

impl<T: Config> Pallet<T> {
	/// Who calls with this origin.
	pub(crate) fn caller(origin: OriginFor<T>) -> Result<Caller<T::AccountId>, DispatchError> {
		match T::AdmitOrigin::try_origin(origin) {
			Ok(_) => Ok(Caller::Consortium),
			Err(origin) => Ok(Caller::Key(ensure_signed(origin)?)),
		}
	}

	/// The nearest active participant up the line of sponsorship; none if that is the consortium.
	fn administrator(row: &ParticipantRow) -> Option<ParticipantId> {
		let mut sponsor = row.sponsor;
		while let Some(id) = sponsor {
			// The line ends: each sponsor was enrolled before those it sponsors.
			let row = Participants::<T>::get(id)?;
			if row.active.contains(Self::now()) {
				return Some(id);
			}
			sponsor = row.sponsor;
		}
		None
	}

	fn ensure_administrator(caller: &Caller<T::AccountId>, row: &ParticipantRow) -> DispatchResult {
		let allowed = match (caller, Self::administrator(row)) {
			(Caller::Consortium, None) => true,
			(Caller::Key(account), administrator) => {
				Some(Self::ensure_acting(account, KeyRoles::ENROL)?) == administrator
			},
			(Caller::Consortium, Some(_)) => false,
		};
		ensure!(allowed, Error::<T>::NotAuthorized);
		Ok(())
	}

	/// The administrator, who alone may not stop whom the consortium cannot spare.
	fn ensure_may_stop(
		caller: &Caller<T::AccountId>,
		participant: ParticipantId,
		row: &ParticipantRow,
	) -> DispatchResult {
		Self::ensure_administrator(caller, row)?;
		let is_decided_together = matches!(caller, Caller::Consortium);
		let allowed = is_decided_together || T::OnStanding::can_be_stopped(participant, row.role);
		ensure!(allowed, Error::<T>::CannotBeSpared);
		Ok(())
	}

	/// The participant's own key, whatever its condition, or its administrator.
	fn ensure_may_stop_own(
		caller: &Caller<T::AccountId>,
		participant: ParticipantId,
		row: &ParticipantRow,
	) -> DispatchResult {
		if let Caller::Key(account) = caller {
			let own = Self::live_key(account, KeyRoles::ACT);
			if own.is_ok_and(|key| key.participant == participant) {
				return Ok(());
			}
		}
		Self::ensure_may_stop(caller, participant, row)
	}

	fn row(participant: ParticipantId) -> Result<ParticipantRow, Error<T>> {
		Participants::<T>::get(participant).ok_or(Error::<T>::NotFound)
	}

	/// Stores a row whose standing changed, and tells who depends on it.
	fn store(participant: ParticipantId, row: ParticipantRow) {
		Participants::<T>::insert(participant, row);
		T::OnStanding::changed(participant, row.role);
	}

	/// Ends the active interval, if it still runs, and stores the row with its new condition.
	fn stop(participant: ParticipantId, mut row: ParticipantRow, condition: Condition) {
		row.active.latest.end(Self::now());
		row.condition = condition;
		Self::store(participant, row);
	}

	/// See the call `suspend`.
	pub(crate) fn do_suspend(
		caller: &Caller<T::AccountId>,
		participant: ParticipantId,
	) -> DispatchResult {
		let row = Self::row(participant)?;
		Self::ensure_may_stop(caller, participant, &row)?;
		ensure!(row.condition == Condition::Active, Error::<T>::WrongCondition);
		Self::stop(participant, row, Condition::Suspended);
		Self::deposit_event(Event::Suspended { participant });
		Ok(())
	}

	/// See the call `reinstate`.
	pub(crate) fn do_reinstate(
		caller: &Caller<T::AccountId>,
		participant: ParticipantId,
		until: Option<Moment>,
	) -> DispatchResult {
		let now = Self::now();
		let mut row = Self::row(participant)?;
		Self::ensure_administrator(caller, &row)?;
		let stopped = row.active.latest.is_over(now) && row.condition != Condition::Deactivated;
		ensure!(stopped, Error::<T>::WrongCondition);
		ensure!(until.is_none_or(|until| now < until), Error::<T>::EndNotAhead);
		timeline::reopen::<_, PastActive<T>>(&mut row.active, participant, now, until)?;
		row.condition = Condition::Active;
		Self::store(participant, row);
		Self::deposit_event(Event::Reinstated { participant, until });
		Ok(())
	}

	/// See the call `deactivate`.
	pub(crate) fn do_deactivate(
		caller: &Caller<T::AccountId>,
		participant: ParticipantId,
	) -> DispatchResult {
		let row = Self::row(participant)?;
		Self::ensure_may_stop_own(caller, participant, &row)?;
		ensure!(row.condition != Condition::Deactivated, Error::<T>::WrongCondition);
		Self::stop(participant, row, Condition::Deactivated);
		Self::deposit_event(Event::Deactivated { participant });
		Ok(())
	}

	/// The row of `participant`, if `caller` may freeze it now.
	fn ensure_may_freeze(
		caller: &Caller<T::AccountId>,
		participant: ParticipantId,
	) -> Result<ParticipantRow, DispatchError> {
		let row = Self::row(participant)?;
		Self::ensure_may_stop_own(caller, participant, &row)?;
		let freezable = matches!(row.condition, Condition::Active | Condition::Suspended);
		ensure!(freezable, Error::<T>::WrongCondition);
		Ok(row)
	}

	/// See the call `freeze`.
	pub(crate) fn do_freeze(
		caller: &Caller<T::AccountId>,
		participant: ParticipantId,
	) -> DispatchResult {
		let row = Self::ensure_may_freeze(caller, participant)?;
		Self::stop(participant, row, Condition::Frozen);
		Self::deposit_event(Event::Frozen { participant });
		Ok(())
	}

	/// Whether the call `freeze(participant)` signed by `account` would succeed now. The quota lets
	/// such a call pass when nothing is left.
	pub fn freeze_would_succeed(account: &T::AccountId, participant: ParticipantId) -> bool {
		Self::ensure_may_freeze(&Caller::Key(account.clone()), participant).is_ok()
	}

	/// See the call `set_expiry`.
	///
	/// An end less than [`NOTICE`] ahead is like a suspension; a later one leaves the consortium the time
	/// to disagree.
	pub(crate) fn do_set_expiry(
		caller: &Caller<T::AccountId>,
		participant: ParticipantId,
		until: Option<Moment>,
	) -> DispatchResult {
		let now = Self::now();
		let mut row = Self::row(participant)?;
		match until {
			Some(until) if until <= now.saturating_add(NOTICE) => {
				Self::ensure_may_stop(caller, participant, &row)?;
			},
			_ => Self::ensure_administrator(caller, &row)?,
		}
		ensure!(row.active.contains(now), Error::<T>::WrongCondition);
		ensure!(until.is_none_or(|until| now < until), Error::<T>::EndNotAhead);
		row.active.latest.until = until;
		Self::store(participant, row);
		Self::deposit_event(Event::ExpirySet { participant, until });
		Ok(())
	}
}
