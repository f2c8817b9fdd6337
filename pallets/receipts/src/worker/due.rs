//! Whether a cohort is due: this node's witness was drawn for it, and has not reported it yet.

use alloc::vec::Vec;
use frame_support::traits::Time;
use ward_primitives::{
	receipt::{Challenge, ReceiptTask, Row},
	record::COHORT_SIZE,
	traits::ReadCustody,
	Digest, ParticipantId,
};

use crate::{Cohorts, Config, Pallet};

/// A cohort that this node's witness has to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Due {
	/// Whose rows.
	pub custodian: ParticipantId,
	/// The number of the cohort among the custodian's.
	pub cohort: u64,
	/// What the chain wants to be asked.
	task: ReceiptTask,
	/// How many of the rows are asked for.
	rows: u16,
}

/// What a look at a cohort on the chain has shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Looked {
	/// Whether a quorum saw it, but too long ago.
	pub is_lapsed: bool,
	/// The work, if there is any for this witness.
	pub due: Option<Due>,
}

/// How many rows of a cohort are among the first `rows` of its custodian.
fn rows_in(cohort: u64, rows: u64) -> u16 {
	let before = cohort.saturating_mul(COHORT_SIZE);
	let within = rows.saturating_sub(before).min(COHORT_SIZE);
	u16::try_from(within).unwrap_or_default()
}

/// Looks at a cohort of a custodian of whose rows so many are settled.
pub(crate) fn look<T: Config>(
	seat: ParticipantId,
	custodian: ParticipantId,
	cohort: u64,
	settled: u64,
) -> Looked {
	let fresh = Cohorts::<T>::get(custodian, cohort).and_then(|row| row.fresh);
	let is_over = fresh.is_some_and(|fresh| T::Time::now() >= fresh.until);
	let is_lapsed = is_over && T::Custody::rows_held(custodian, cohort) > 0;
	let due = Pallet::<T>::task_of(custodian, cohort, seat).and_then(|task| {
		let rows = rows_in(cohort, settled).min(task.rows);
		(rows > 0).then_some(Due { custodian, cohort, task, rows })
	});
	Looked { is_lapsed, due }
}

impl Due {
	/// What the vault is asked, to be answered to this key.
	pub(crate) const fn challenge(
		&self,
		genesis: Digest,
		witness: ParticipantId,
		sealing_key: [u8; 32],
	) -> Challenge {
		Challenge {
			genesis,
			custodian: self.custodian,
			cohort: self.cohort,
			epoch: self.task.epoch,
			witness,
			challenge: self.task.challenge,
			rows: self.rows,
			since: self.task.since,
			sealing_key,
		}
	}

	/// The digest that says which leaves are asked for, and by which this work is remembered.
	pub(crate) const fn digest(&self) -> Digest {
		self.task.challenge
	}
}

/// The rows that a challenge asks for, as the chain has them; none if it has fewer.
pub(crate) fn rows<T: Config>(challenge: &Challenge) -> Option<Vec<Row>> {
	let first = challenge.cohort.checked_mul(COHORT_SIZE)?;
	let row = |place| T::Custody::row(challenge.custodian, first.checked_add(u64::from(place))?);
	(0..challenge.rows).map(row).collect()
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_cohort_has_the_rows_that_are_settled() {
		assert_eq!([0, 1, 2].map(|cohort| rows_in(cohort, 0)), [0, 0, 0]);
		assert_eq!([0, 1, 2].map(|cohort| rows_in(cohort, 7)), [7, 0, 0]);
		assert_eq!([0, 1, 2].map(|cohort| rows_in(cohort, 1_024)), [1_024, 0, 0]);
		assert_eq!([0, 1, 2].map(|cohort| rows_in(cohort, 1_025)), [1_024, 1, 0]);
		assert_eq!(rows_in(u64::MAX, u64::MAX), 0);
	}
}
