//! What the pallet answers to readers.

use frame_support::traits::Time;
use sp_runtime::SaturatedConversion;
use ward_primitives::{
	receipt::{challenge_digest, CohortState, ReceiptTask},
	record::COHORT_SIZE,
	traits::ReadCustody,
	ParticipantId,
};

use crate::{Cohorts, Config, Epoch, Logs, Pallet};

impl<T: Config> Pallet<T> {
	/// See the view function `receipt_task`.
	pub(crate) fn task_of(
		custodian: ParticipantId,
		cohort: u64,
		witness: ParticipantId,
	) -> Option<ReceiptTask> {
		// Of a cohort that was handed over as a whole nothing is expected any more.
		if T::Custody::rows_held(custodian, cohort) == 0 {
			return None;
		}
		let epoch = Epoch::<T>::get();
		let place = Self::draw(&epoch, custodian, cohort).place_of(witness)?;
		let row = Cohorts::<T>::get(custodian, cohort).unwrap_or_default();
		if row.has_reported(epoch.number, place) {
			return None;
		}
		let known = Logs::<T>::get(custodian);
		Some(ReceiptTask {
			epoch: epoch.number,
			challenge: challenge_digest(&Self::genesis(), &epoch, custodian, cohort, witness),
			since: Self::checkpoint(known.as_ref(), epoch.number),
			rows: Self::rows_in(custodian, cohort),
		})
	}

	/// See the view function `row_state`.
	pub(crate) fn state_of(custodian: ParticipantId, row: u64) -> CohortState {
		let cohort = Cohorts::<T>::get(custodian, row / COHORT_SIZE).unwrap_or_default();
		// Less than 1,024; qed.
		cohort.state_of((row % COHORT_SIZE).saturated_into(), T::Time::now())
	}
}
