//! How a custodian puts another center in its place.

use frame_support::{dispatch::DispatchResult, ensure, traits::Time};
use sp_runtime::ArithmeticError;
use ward_primitives::{HandOver, Moment, ParticipantId};

use crate::{Config, Error, Event, FormerCustodians, HandedOver, Pallet, Records};

impl<T: Config> Pallet<T> {
	/// Checks and hands over several records.
	pub(crate) fn do_hand_over(from: ParticipantId, records: &[HandOver]) -> DispatchResult {
		ensure!(!records.is_empty(), Error::<T>::EmptyBatch);
		let now = T::Time::now();
		records.iter().try_for_each(|record| Self::hand_over_one(from, record, now))
	}

	fn hand_over_one(from: ParticipantId, handed: &HandOver, now: Moment) -> DispatchResult {
		let HandOver { record: id, deposit } = handed;
		let mut row = Records::<T>::get(id).ok_or(Error::<T>::NotFound)?;
		let find = |center| row.custodians.iter().copied().find(|held| held.center == center);
		let from = find(from).ok_or(Error::<T>::NotCustodian)?;
		ensure!(deposit.custodian != from.center, Error::<T>::SameCustodian);
		Self::check_deposit(Self::genesis(), *id, &row.content, deposit, now)?;

		let to = match find(deposit.custodian) {
			Some(to) => {
				row.custodians.retain(|held| *held != from);
				to
			},
			None => {
				let to = Self::take_custody(deposit.custodian, *id)?;
				let place = row.custodians.iter_mut().find(|held| **held == from);
				*place.ok_or(Error::<T>::NotCustodian)? = to;
				to
			},
		};
		HandedOver::<T>::try_mutate(from.center, from.cohort(), |count| {
			*count = count.checked_add(1).ok_or(ArithmeticError::Overflow)?;
			Ok::<_, ArithmeticError>(())
		})?;
		FormerCustodians::<T>::insert(row.content.patient, from.center, ());
		Records::<T>::insert(id, row);
		Self::deposit_event(Event::HandedOver { record: *id, from, to });
		Ok(())
	}
}
