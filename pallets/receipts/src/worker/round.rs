//! Chooses what to fetch in a block: of every custodian in turn one cohort after the other, so that none
//! waits for another's.

use alloc::vec::Vec;
use sp_runtime::offchain::storage::StorageValueRef;
use ward_primitives::{record::COHORT_SIZE, traits::ReadCustody, Moment, ParticipantId};

use super::{
	counters::Counters,
	cursor::Round,
	due::{look, Due},
	memory::Memory,
	standing::Standing,
	CUSTODIANS_PER_BLOCK, EXAMINED_PER_BLOCK, FETCHES_PER_BLOCK,
};
use crate::Config;

/// Where the custodian after which to go on lies in the persistent local storage.
const KEY: &[u8] = b"ward/receipts/after";

/// A custodian whose cohorts are looked through in this block.
pub(crate) struct Visit {
	/// Who it is.
	pub custodian: ParticipantId,
	/// What is remembered of it.
	pub standing: Standing,
	/// The same, as it was read.
	stored: Standing,
	/// How many cohorts it has.
	cohorts: u64,
	/// How many of its rows are settled.
	settled: u64,
	/// How many of its cohorts may still be looked at.
	left: u64,
}

/// The custodians of this block.
pub(crate) fn visits<T: Config>(block: u32) -> Vec<Visit> {
	let after = StorageValueRef::persistent(KEY).get::<ParticipantId>().ok().flatten();
	let mut custodians = T::Custody::custodians(after, CUSTODIANS_PER_BLOCK);
	let room = CUSTODIANS_PER_BLOCK.saturating_sub(custodians.len() as u32);
	if after.is_some() && room > 0 {
		// From the beginning again, and nobody twice.
		let first = T::Custody::custodians(None, room);
		let is_new = |new: &(ParticipantId, u64)| custodians.iter().all(|(id, _)| *id != new.0);
		let first: Vec<_> = first.into_iter().filter(is_new).collect();
		custodians.extend(first);
	}
	let share = u64::from(EXAMINED_PER_BLOCK).checked_div(custodians.len() as u64).unwrap_or(1);
	let visit = |(custodian, rows): (ParticipantId, u64)| {
		let stored = Standing::read(custodian);
		let mut standing = stored;
		let settled = standing.settled.update(rows, block);
		let cohorts = rows.div_ceil(COHORT_SIZE);
		Visit { custodian, standing, stored, cohorts, settled, left: share.min(cohorts) }
	};
	custodians.into_iter().map(visit).collect()
}

/// Looks only at how many rows there are, so that those of now are settled when the epoch is.
pub(crate) fn settle<T: Config>(block: u32) {
	let mut visits = visits::<T>(block);
	visits.iter_mut().for_each(Visit::write);
	if let Some(last) = visits.last() {
		StorageValueRef::persistent(KEY).set(&last.custodian);
	}
}

impl Visit {
	/// The next of its cohorts that is due, as far as its share of this block goes.
	fn next<T: Config>(
		&mut self,
		seat: ParticipantId,
		memory: &Memory,
		rounds: &mut Vec<Round>,
	) -> Option<Due> {
		while let Some(left) = self.left.checked_sub(1) {
			self.left = left;
			let cohort = self.standing.cursor.place(self.cohorts)?;
			let looked = look::<T>(seat, self.custodian, cohort, self.settled);
			rounds.extend(self.standing.cursor.pass(cohort, self.cohorts, looked.is_lapsed));
			if let Some(due) = looked.due.filter(|due| !memory.holds(&due.digest())) {
				return Some(due);
			}
		}
		None
	}

	/// Remembers its standing, if that has changed.
	pub(crate) fn write(&mut self) {
		if self.standing != self.stored {
			self.standing.write(self.custodian);
			self.stored = self.standing;
		}
	}
}

/// What to fetch in this block, at most [`FETCHES_PER_BLOCK`]. Of those who are left alone for now nothing;
/// their cohorts are looked through all the same, since it is theirs that lapse.
pub(crate) fn choose<T: Config>(
	visits: &mut [Visit],
	seat: ParticipantId,
	memory: &Memory,
	now: Moment,
) -> Vec<Due> {
	let (mut chosen, mut rounds) = (Vec::new(), Vec::new());
	let mut last = visits.last().map(|visit| visit.custodian);
	'full: loop {
		let before = chosen.len();
		for visit in visits.iter_mut().filter(|visit| visit.standing.backoff.is_over(now)) {
			if chosen.len() >= FETCHES_PER_BLOCK {
				break 'full;
			}
			if let Some(due) = visit.next::<T>(seat, memory, &mut rounds) {
				last = Some(due.custodian);
				chosen.push(due);
			}
		}
		if chosen.len() == before {
			break;
		}
	}
	for visit in visits.iter_mut().filter(|visit| !visit.standing.backoff.is_over(now)) {
		while visit.next::<T>(seat, memory, &mut rounds).is_some() {}
	}
	if let Some(last) = last {
		StorageValueRef::persistent(KEY).set(&last);
	}
	if !rounds.is_empty() {
		Counters::change(|counters| rounds.iter().for_each(|round| counters.went_round(round)));
	}
	chosen
}
