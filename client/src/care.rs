//! What other centers have seen of all that a custodian holds, cohort by cohort.

use futures::{stream, StreamExt, TryStreamExt};
use ward_chain_client::State;
use ward_primitives::{
	receipt::{CohortRow, CohortState},
	record::COHORT_SIZE,
	Custodian, Moment, ParticipantId, RecordId,
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
	/// How many it has handed over to others. Nobody looks for them there any more.
	pub handed_over: u64,
	/// How many cohorts a quorum has seen lately.
	pub fresh: u64,
	/// How many it has seen, but too long ago.
	pub lapsed: u64,
	/// How many it has not looked at yet.
	pub new: u64,
	/// How many of them have a record about which the custodian signed a wrong answer.
	pub disputed: u64,
	/// The rows that a quorum looked for lately and did not see, or that are disputed.
	pub missing: Vec<(u64, RecordId)>,
	/// The epoch that the chain is in.
	pub epoch: u64,
}

impl Care {
	/// Of this custodian.
	pub async fn of(state: &State, center: ParticipantId) -> Result<Self> {
		let all = records::count_of_rows(state, center).await?;
		let epoch = state.receipt_epoch().await?.number;
		// A cohort of which all is handed over is none any more.
		let cohort = |number| async move {
			let held = u64::from(state.rows_held(center, number).await?);
			let row = match held {
				0 => None,
				_ => Some(state.cohort(center, number).await?.unwrap_or_default()),
			};
			Ok::<_, Error>((number, held, row))
		};
		let cohorts: Vec<_> = stream::iter(0..all.div_ceil(COHORT_SIZE))
			.map(cohort)
			.buffered(PARALLEL)
			.try_collect()
			.await?;
		let rows = cohorts.iter().map(|(_, held, _)| held).sum();
		let mut care =
			Self { rows, handed_over: all.saturating_sub(rows), epoch, ..Self::default() };
		for (number, _, row) in &cohorts {
			let Some(row) = row else { continue };
			care.count(row, state.timestamp);
			for at in missing(row, state.timestamp) {
				let number = number.saturating_mul(COHORT_SIZE).saturating_add(u64::from(at));
				let custodian = Custodian { center, row: number };
				if let Some(record) = records::held(state, &custodian).await? {
					care.missing.push((number, record));
					care.disputed +=
						u64::from(row.disputed.is_some_and(|dispute| dispute.row == at));
				}
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
		let handed_over = match self.handed_over {
			0 => String::new(),
			count => format!("; handed over {count} record{} to others", plural(count)),
		};
		if rows == 0 {
			return format!("no records{handed_over}");
		}
		format!(
			"{rows} record{} in {total} cohort{}: {} fresh, {} lapsed, {} not yet looked at, {} \
			 disputed; epoch {}{handed_over}",
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
	}
}

/// The rows of a cohort that are missing or disputed now, counted from its first.
fn missing(cohort: &CohortRow, now: Moment) -> Vec<u16> {
	let exceptions = cohort.fresh.iter().flat_map(|fresh| &fresh.exceptions);
	let exceptions = exceptions.map(|exception| exception.row);
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
	use ward_primitives::receipt::{Dispute, Freshness, MissingRow};

	/// A cohort of which both of the two that reported missed these rows.
	fn cohort(until: Moment, missing: &[u16]) -> CohortRow {
		let exception = |row: &u16| MissingRow { row: *row, witnesses: 0b011 };
		let exceptions: Vec<_> = missing.iter().map(exception).collect();
		let fresh = Freshness {
			epoch: 1,
			at: 5,
			until,
			seen: 2,
			of: 3,
			rows: 10,
			exceptions: exceptions.try_into().unwrap(),
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
	fn records_that_were_handed_over_are_said_and_not_counted() {
		let mut care = Care { rows: 0, handed_over: 1, ..Care::default() };
		assert_eq!(care.in_words(), "no records; handed over 1 record to others");
		care.rows = 2;
		care.handed_over = 3;
		care.count(&cohort(10, &[]), 9);
		let words = care.in_words();
		assert!(words.starts_with("2 records in 1 cohort: 1 fresh"), "{words}");
		assert!(words.ends_with("epoch 0; handed over 3 records to others"), "{words}");
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

	#[test]
	fn a_row_that_one_of_two_saw_is_not_said_to_be_missing() {
		let mut row = cohort(10, &[2, 7]);
		row.fresh.as_mut().unwrap().exceptions[1].witnesses = 0b010;
		assert_eq!(missing(&row, 9), [2]);
	}
}
