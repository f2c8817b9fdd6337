//! Ends the node when its database has failed.
//!
//! A write that fails, on a full disk for example, ends finality's voter with the next vote, and with it the node. If
//! nothing is left to vote on just then, nothing is written any more either: the node would stay as it is, without
//! a best block, until somebody looks.

use std::{fmt::Display, time::Duration};

use sp_consensus::SelectChain;
use ward_runtime::opaque::Block;

/// How often the best block is looked for.
const PERIOD: Duration = Duration::from_secs(6);

/// How many looks in a row must be in vain.
const FAILURES: u32 = 3;

/// Runs as long as the database has a best block. Its end is that of the node.
pub(crate) async fn watch(chain: impl SelectChain<Block>) {
	let mut failures = 0;
	loop {
		tokio::time::sleep(PERIOD).await;
		let found = chain.best_chain().await;
		if let Some(cause) = has_failed(&mut failures, found) {
			log::error!(
				"💥 The database has failed: {cause}. The node ends. Look at its disk, make room if it is \
				 full, and start the node again; what was final is not lost."
			);
			return;
		}
	}
}

/// The cause, once a look has been in vain so many times in a row.
fn has_failed<Found, Cause: Display>(
	failures: &mut u32,
	found: Result<Found, Cause>,
) -> Option<Cause> {
	let cause = found.err();
	*failures = cause.as_ref().map_or(0, |_| failures.saturating_add(1));
	cause.filter(|_| *failures >= FAILURES)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn only_looks_in_vain_one_after_the_other_end_the_node() {
		let mut failures = 0;
		let mut looks = |founds: &[Result<(), &'static str>]| {
			let ends = founds.iter().map(|found| has_failed(&mut failures, *found).is_some());
			ends.collect::<Vec<_>>()
		};
		let (well, gone) = (Ok(()), Err("no header"));
		assert_eq!(looks(&[well, gone, gone, well, gone, gone]), [false; 6]);
		assert_eq!(looks(&[well, gone, gone, gone]), [false, false, false, true]);
	}
}
