//! Whether blocks come, and become final.

use ward_chain_client::State;
use ward_primitives::Moment;

use super::Finding;
use crate::moment::display_duration;

const CHECK: &str = "finality";

/// How many blocks may wait to become final.
const NORMAL: u64 = 5;

/// So many that finality has stopped.
const HALTED: u64 = 30;

/// How old the newest block may be, in milliseconds, before blocks have stopped.
const STILL: u64 = 60_000;

/// Compares the newest block with the last final one.
pub(super) fn examine(now: Moment, best: &State, finalized: &State) -> Finding {
	let age = if best.number == 0 { 0 } else { now.saturating_sub(best.timestamp) };
	judge(best.number, finalized.number, age)
}

fn judge(best: u64, finalized: u64, age: u64) -> Finding {
	let lag = best.saturating_sub(finalized);
	let found = format!("block {best} is the newest, {finalized} is final ({lag} behind)");
	if age > STILL {
		Finding::failed(
			CHECK,
			format!("{found}; no block has come for {}", display_duration(age)),
			"look for the peers, and ask the other centers whether their nodes go on: `ward seat list`",
		)
	} else if lag > HALTED {
		Finding::failed(
			CHECK,
			format!("{found}: finality has stopped"),
			"more than a third of the voters is missing: `ward seat list` shows who; \
			 docs/operators.md says how to recover",
		)
	} else if lag > NORMAL {
		Finding::warning(CHECK, found, "look again in a minute; `ward seat list` shows who is idle")
	} else {
		Finding::ok(CHECK, found)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::doctor::Verdict;

	#[test]
	fn a_lag_is_normal_suspicious_or_a_halt() {
		let judge = |lag: u64| judge(1_000, 1_000 - lag, 2_000).verdict;
		assert_eq!([0, 5].map(judge), [Verdict::Ok; 2]);
		assert_eq!([6, 30].map(judge), [Verdict::Warning; 2]);
		assert_eq!([31, 1_000].map(judge), [Verdict::Failed; 2]);
	}

	#[test]
	fn a_chain_that_stands_still_fails_though_all_of_it_is_final() {
		assert_eq!(judge(1_000, 1_000, STILL).verdict, Verdict::Ok);
		assert_eq!(judge(1_000, 1_000, STILL + 1).verdict, Verdict::Failed);
	}
}
