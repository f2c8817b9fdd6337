//! Wrong answers that a custodian signed.

use frame_support::{
	dispatch::DispatchResult,
	ensure,
	pallet_prelude::{ValidTransaction, Weight},
};
use sp_runtime::transaction_validity::TransactionValidityWithRefund;
use ward_primitives::{
	receipt::{Contradiction, Dispute, Row},
	record::COHORT_SIZE,
	traits::{ReadCustody, ReadParticipants},
};

use crate::{
	report::{refusal, verify, LONGEVITY},
	Cohorts, Config, Epoch, Error, Event, Pallet,
};

impl<T: Config> Pallet<T> {
	/// The row of the chain that a contradiction is about; none if it was handed over.
	fn disputed_row(contradiction: &Contradiction) -> Option<Row> {
		let receipt = &contradiction.receipt;
		let place = u64::from(contradiction.row);
		let number = receipt.cohort.checked_mul(COHORT_SIZE)?.checked_add(place)?;
		// A longer receipt would reach into the next cohort.
		let row = T::Custody::row(receipt.custodian, number).filter(|_| place < COHORT_SIZE)?;
		row.is_held.then_some(row)
	}

	/// What would be disputed, if it may be now as far as the state can tell without a proof.
	fn dispute_of(contradiction: &Contradiction) -> Result<Dispute, Error<T>> {
		let (receipt, epoch) = (&contradiction.receipt, Epoch::<T>::get());
		ensure!(receipt.genesis == Self::genesis(), Error::<T>::InvalidContradiction);
		ensure!(receipt.epoch == epoch.number, Error::<T>::NotCurrentEpoch);
		let cohort = Cohorts::<T>::get(receipt.custodian, receipt.cohort);
		let known = cohort.and_then(|cohort| cohort.disputed);
		let is_new = known.is_none_or(|dispute| dispute.epoch != epoch.number);
		ensure!(is_new, Error::<T>::AlreadyDisputed);
		Ok(Dispute { epoch: epoch.number, row: contradiction.row })
	}

	/// Whether a contradiction is proved, and new.
	///
	/// # Errors
	/// The first thing that speaks against it.
	pub fn check_dispute(contradiction: &Contradiction) -> Result<(), Error<T>> {
		Self::dispute_of(contradiction)?;
		let receipt_key = T::Participants::receipt_key(contradiction.receipt.custodian);
		let receipt_key = receipt_key.ok_or(Error::<T>::NotACustodian)?;
		let row = Self::disputed_row(contradiction).ok_or(Error::<T>::InvalidContradiction)?;
		let is_proved = contradiction.is_proved(&row, &receipt_key, verify);
		ensure!(is_proved, Error::<T>::InvalidContradiction);
		Ok(())
	}

	/// Whether a dispute may enter the pool and blocks: all of it is checked here. One for each cohort and
	/// epoch does.
	pub(crate) fn authorize_dispute(
		contradiction: &Contradiction,
	) -> TransactionValidityWithRefund {
		Self::check_dispute(contradiction).map_err(refusal::<T>)?;
		let receipt = &contradiction.receipt;
		let valid = ValidTransaction::with_tag_prefix("WardDispute")
			.and_provides((receipt.epoch, receipt.custodian, receipt.cohort))
			.longevity(LONGEVITY)
			.propagate(true)
			.build()?;
		Ok((valid, Weight::zero()))
	}

	/// See the call `dispute`.
	pub(crate) fn do_dispute(contradiction: &Contradiction) -> DispatchResult {
		let dispute = Self::dispute_of(contradiction)?;
		let (custodian, cohort) = (contradiction.receipt.custodian, contradiction.receipt.cohort);
		Cohorts::<T>::mutate(custodian, cohort, |row| {
			row.get_or_insert_default().disputed = Some(dispute);
		});
		Self::deposit_event(Event::Disputed { custodian, cohort, row: dispute.row });
		Ok(())
	}
}
