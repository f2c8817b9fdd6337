//! How many rows of a custodian its vault surely knows.
//!
//! A vault answers by what is final, and a node looks at its best block. Asked for the row that came a second
//! ago, the vault would refuse, and a custodian with much to do would never be seen. So a row is asked for
//! when the chain has had it for a few blocks.

use codec::{Decode, Encode};

/// For how many blocks the chain must have had a row.
pub(crate) const SETTLED_BLOCKS: u32 = 4;

/// The number of rows at two moments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Settled {
	/// What is settled.
	rows: u64,
	/// A later number, and the block at which it was seen.
	newer: Option<(u64, u32)>,
}

impl Settled {
	/// How many of the custodian's rows, which the chain has at `block`, are settled.
	pub(crate) fn update(&mut self, rows: u64, block: u32) -> u64 {
		let age = self.newer.map(|(_, seen_at)| block.checked_sub(seen_at));
		match (self.newer, age) {
			(Some((newer, _)), Some(Some(age))) if age >= SETTLED_BLOCKS => {
				*self = Self { rows: newer, newer: Some((rows, block)) };
			},
			(Some(_), Some(Some(_))) => {},
			// The first time, or on a fork that is shorter than what was seen.
			_ => self.newer = Some((rows, block)),
		}
		self.rows = self.rows.min(rows);
		self.rows
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn rows_settle_after_a_few_blocks() {
		let mut settled = Settled::default();
		assert_eq!(settled.update(10, 100), 0);
		assert_eq!(settled.update(11, 103), 0);
		assert_eq!(settled.update(12, 104), 10);
		assert_eq!(settled.update(12, 107), 10);
		assert_eq!(settled.update(12, 108), 12);
	}

	#[test]
	fn under_steady_growth_it_follows_at_a_distance() {
		let mut settled = Settled::default();
		for block in 0..1_000 {
			// A row a block.
			let known = settled.update(u64::from(block), block);
			assert!(
				known <= u64::from(block.saturating_sub(SETTLED_BLOCKS)),
				"at {block}: {known}"
			);
			let late = u64::from(block.saturating_sub(3 * SETTLED_BLOCKS));
			assert!(known >= late, "at {block}: {known}");
		}
	}

	#[test]
	fn blocks_that_were_not_looked_at_are_no_harm() {
		let mut settled = Settled::default();
		settled.update(10, 100);
		assert_eq!(settled.update(50, 900), 10);
		assert_eq!(settled.update(50, 1_700), 50);
	}

	#[test]
	fn a_fork_with_fewer_rows_or_blocks_counts_at_once() {
		let mut settled = Settled::default();
		settled.update(10, 100);
		settled.update(20, 104);
		assert_eq!(settled.update(7, 105), 7);
		assert_eq!(settled.update(30, 50), 7);
		assert_eq!(settled.update(30, 53), 7);
		assert_eq!(settled.update(30, 54), 30);
	}
}
