//! Goes round the cohorts of a custodian, a few in each block, for as long as the epoch lasts.

use codec::{Decode, Encode};

/// A place among a custodian's cohorts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Cursor {
	/// The cohort to look at next.
	next: u64,
	/// How many were lapsed in this round so far.
	lapsed: u64,
	/// How many were in the last whole round.
	lapsed_before: u64,
}

/// What a whole round has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Round {
	/// How many cohorts were lapsed.
	pub lapsed: u64,
	/// How many were in the round before.
	pub before: u64,
}

impl Cursor {
	/// The cohort to look at now, of so many.
	pub(crate) const fn place(&self, cohorts: u64) -> Option<u64> {
		match self.next < cohorts {
			true => Some(self.next),
			// There are fewer than there were.
			false if cohorts > 0 => Some(0),
			false => None,
		}
	}

	/// Goes on behind a cohort that was looked at; `is_lapsed` as it was found. What the round has found, if
	/// that was its last one.
	pub(crate) fn pass(&mut self, cohort: u64, cohorts: u64, is_lapsed: bool) -> Option<Round> {
		if cohort == 0 {
			self.lapsed = 0;
		}
		self.lapsed = self.lapsed.saturating_add(u64::from(is_lapsed));
		self.next = cohort.saturating_add(1);
		if self.next < cohorts {
			return None;
		}
		let round = Round { lapsed: self.lapsed, before: self.lapsed_before };
		*self = Self { next: 0, lapsed: 0, lapsed_before: self.lapsed };
		Some(round)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	/// The next `count` cohorts that are looked at, and the rounds that end among them.
	fn walk(cursor: &mut Cursor, cohorts: u64, count: usize) -> (Vec<u64>, Vec<Round>) {
		let (mut seen, mut rounds) = (Vec::new(), Vec::new());
		for _ in 0..count {
			let Some(cohort) = cursor.place(cohorts) else { break };
			seen.push(cohort);
			rounds.extend(cursor.pass(cohort, cohorts, cohort % 2 == 1));
		}
		(seen, rounds)
	}

	#[test]
	fn it_goes_round_and_round() {
		let mut cursor = Cursor::default();
		assert_eq!(walk(&mut cursor, 3, 7).0, [0, 1, 2, 0, 1, 2, 0]);
		assert_eq!(cursor.place(3), Some(1));
	}

	#[test]
	fn each_round_says_how_much_lapsed_in_it_and_in_the_one_before() {
		let mut cursor = Cursor::default();
		let (_, rounds) = walk(&mut cursor, 5, 10);
		assert_eq!(rounds, [Round { lapsed: 2, before: 0 }, Round { lapsed: 2, before: 2 }]);
	}

	#[test]
	fn new_cohorts_are_met_in_the_running_round() {
		let mut cursor = Cursor::default();
		walk(&mut cursor, 3, 2);
		assert_eq!(walk(&mut cursor, 5, 3), (vec![2, 3, 4], vec![Round { lapsed: 2, before: 0 }]));
	}

	#[test]
	fn where_cohorts_are_gone_it_starts_again() {
		let mut cursor = Cursor::default();
		walk(&mut cursor, 9, 7);
		assert_eq!(walk(&mut cursor, 2, 3).0, [0, 1, 0]);
		assert!(walk(&mut cursor, 0, 3).0.is_empty());
	}
}
