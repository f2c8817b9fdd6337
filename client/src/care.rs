//! What other centers have seen of all that a custodian holds, cohort by cohort.

use futures::{stream, StreamExt, TryStreamExt};
use ward_chain_client::State;
use ward_primitives::{
	receipt::{CohortRow, CohortState},
	record::COHORT_SIZE,
	Moment, ParticipantId, RecordId,
};

use crate::{
	error::{Error, Result},
	records,
};

/// How many questions are under way at the same time.
const PARALLEL: usize = 16;

/// What other centers have seen of a custodian's cohorts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Care {
	/// How many records the custodian holds.
	pub rows: u64,
	/// How many cohorts a quorum has seen lately.
	pub fresh: u64,
	/// How many it has seen, but too long ago.
	pub lapsed: u64,
	/// How many it has not looked at yet.
	pub new: u64,
	/// How many of them hold a row about which the custodian signed a wrong answer.
	pub disputed: u64,
	/// The rows that a quorum looked for lately and did not see, or that are disputed.
	pub missing: Vec<(u64, RecordId)>,
	/// The epoch that the chain is in.
	pub epoch: u64,
}

impl Care {
	/// Of this custodian.
	pub async fn of(state: &State, center: ParticipantId) -> Result<Self> {
		let rows = records::count_in_custody(state, center).await?;
		let epoch = state.receipt_epoch().await?.number;
		let cohort = |number| async move {
			let row = state.cohort(center, number).await?;
			Ok::<_, Error>((number, row.unwrap_or_default()))
		};
		let cohorts: Vec<_> = stream::iter(0..rows.div_ceil(COHORT_SIZE))
			.map(cohort)
			.buffered(PARALLEL)
			.try_collect()
			.await?;
		let mut care = Self { rows, epoch, ..Self::default() };
		for (number, row) in &cohorts {
			care.count(row, state.timestamp);
			for at in missing(row, state.timestamp) {
				let row = number.saturating_mul(COHORT_SIZE).saturating_add(u64::from(at));
				let record = state.custody(center, row, 1).await?.first().copied();
				care.missing.extend(record.map(|record| (row, record)));
			}
		}
		Ok(care)
	}

	/// How many cohorts there are.
	pub const fn total(&self) -> u64 {
		self.fresh + self.lapsed + self.new
	}

	/// In a line.
	pub fn in_words(&self) -> String {
		let plural = |count| if count == 1 { "" } else { "s" };
		let (rows, total) = (self.rows, self.total());
		if rows == 0 {
			return "no records".into();
		}
		format!(
			"{rows} record{} in {total} cohort{}: {} fresh, {} lapsed, {} not yet looked at, {} \
			 disputed; epoch {}",
			plural(rows),
			plural(total),
			self.fresh,
			self.lapsed,
			self.new,
			self.disputed,
			self.epoch
		)
	}

	fn count(&mut self, cohort: &CohortRow, now: Moment) {
		match &cohort.fresh {
			Some(fresh) if now < fresh.until => self.fresh += 1,
			Some(_) => self.lapsed += 1,
			None => self.new += 1,
		}
		self.disputed += u64::from(cohort.disputed.is_some());
	}
}

/// The rows of a cohort that are missing or disputed now, counted from its first.
fn missing(cohort: &CohortRow, now: Moment) -> Vec<u16> {
	let exceptions = cohort.fresh.iter().flat_map(|fresh| fresh.exceptions.iter().copied());
	let mut rows: Vec<_> = exceptions.chain(cohort.disputed.map(|dispute| dispute.row)).collect();
	rows.sort_unstable();
	rows.dedup();
	rows.retain(|row| {
		let state = cohort.state_of(*row, now);
		matches!(state, CohortState::Missing { .. } | CohortState::Disputed { .. })
	});
	rows
}

#[cfg(test)]
mod tests {
	use super::*;
	use ward_primitives::receipt::{Dispute, Freshness};

	fn cohort(until: Moment, exceptions: &[u16]) -> CohortRow {
		let fresh = Freshness {
			epoch: 1,
			at: 5,
			until,
			seen: 2,
			of: 3,
			rows: 10,
			exceptions: exceptions.to_vec().try_into().unwrap(),
		};
		CohortRow { epoch: 1, fresh: Some(fresh), ..CohortRow::default() }
	}

	#[test]
	fn a_cohort_counts_as_fresh_until_its_time_is_over() {
		let mut care = Care { rows: 1, ..Care::default() };
		care.count(&cohort(10, &[]), 9);
		care.count(&cohort(10, &[]), 10);
		care.count(&CohortRow::default(), 9);
		assert_eq!((care.fresh, care.lapsed, care.new, care.total()), (1, 1, 1, 3));
		assert_eq!(
			care.in_words(),
			"1 record in 3 cohorts: 1 fresh, 1 lapsed, 1 not yet looked at, 0 disputed; epoch 0"
		);
	}

	#[test]
	fn rows_that_are_missing_or_disputed_are_named_once_and_only_while_that_counts() {
		let mut row = cohort(10, &[2, 7]);
		assert_eq!(missing(&row, 9), [2, 7]);
		assert_eq!(missing(&row, 10), Vec::<u16>::new(), "it may be back");
		row.disputed = Some(Dispute { epoch: 1, row: 2 });
		assert_eq!(missing(&row, 9), [2, 7]);
		assert_eq!(missing(&row, 10), [2]);
	}
}
