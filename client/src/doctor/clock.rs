//! The clock. An authority whose clock is off authors in the slots of others, and signed requests of a
//! client whose clock is off are refused.

use std::path::Path;

use ward_chain_client::State;
use ward_primitives::Moment;

use super::Finding;
use crate::{moment::display_duration, motion::BLOCK};

/// How far clocks may differ before anybody cares, in milliseconds.
const TOLERANCE: u64 = 1_000;

/// A vault refuses requests from further in the future than five seconds.
const REFUSED: u64 = ward_crypto::request::MAX_CLOCK_SKEW * 1_000;

/// How old the newest block may be: some slots may pass without one.
const AGE: u64 = 3 * BLOCK;

const REMEDY: &str =
	"let the operating system keep the time: `timedatectl set-ntp true`, or chrony";

/// Whether the operating system says that it keeps the clock right.
pub(super) fn kernel() -> Finding {
	// systemd-timesyncd leaves this file when it has set the clock. Other services leave none that
	// everybody may read.
	judge_kernel(Path::new("/run/systemd/timesync/synchronized").exists())
}

fn judge_kernel(is_synchronized: bool) -> Finding {
	match is_synchronized {
		true => Finding::ok("clock service", "systemd-timesyncd has set the clock"),
		false => Finding::skipped(
			"clock service",
			"systemd-timesyncd has not set the clock; another service may: `chronyc tracking` or \
			 `timedatectl` tells",
		),
	}
}

/// Whether the clock fits the newest block's timestamp.
pub(super) fn against_chain(now: Moment, best: &State) -> Finding {
	match best.number {
		0 => Finding::skipped("clock", "the chain has no block yet"),
		number => judge_chain(now, best.timestamp, number),
	}
}

fn judge_chain(now: Moment, block: Moment, number: u64) -> Finding {
	let slot = block / BLOCK;
	if let Some(ahead) = block.checked_sub(now).filter(|ahead| *ahead > TOLERANCE) {
		let found = format!("the clock is {} behind block {number} (slot {slot})", seconds(ahead));
		return match ahead > BLOCK {
			true => Finding::failed("clock", found, REMEDY),
			false => Finding::warning("clock", found, REMEDY),
		};
	}
	let age = now.saturating_sub(block);
	match age > AGE {
		true => Finding::warning(
			"clock",
			format!(
				"block {number} (slot {slot}) is the newest and {} old by this clock",
				display_duration(age)
			),
			format!("either no blocks come, or the clock is ahead; {REMEDY}"),
		),
		false => {
			Finding::ok("clock", format!("fits block {number}, {} ago (slot {slot})", seconds(age)))
		},
	}
}

/// Whether the clock fits that of a vault, which is told in whole seconds. `took` is how long its
/// answer took.
pub(super) fn against_vault(now: Moment, date: Moment, took: u64, vault: &str) -> Finding {
	// The vault's second began up to a second before it answered.
	let uncertain = 500 + took / 2;
	let off = (now.saturating_sub(took / 2)).abs_diff(date.saturating_add(500));
	let off = off.saturating_sub(uncertain);
	let found = |off| format!("differs by {} from that of {vault}", seconds(off));
	match off {
		0..=TOLERANCE => Finding::ok("clock", format!("fits that of {vault}")),
		off if off <= REFUSED => {
			Finding::warning("clock", found(off), format!("one of the two is wrong; {REMEDY}"))
		},
		_ => Finding::failed("clock", found(off), format!("one of the two is wrong; {REMEDY}")),
	}
}

fn seconds(milliseconds: u64) -> String {
	format!("{}.{} s", milliseconds / 1_000, milliseconds % 1_000 / 100)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::doctor::Verdict;

	const BLOCK_AT: Moment = 1_000_000_000;

	#[test]
	fn a_clock_is_right_behind_or_perhaps_ahead_of_the_newest_block() {
		let at = |now| judge_chain(now, BLOCK_AT, 7).verdict;
		assert_eq!(at(BLOCK_AT), Verdict::Ok);
		assert_eq!(at(BLOCK_AT + 5_999), Verdict::Ok);
		assert_eq!(at(BLOCK_AT - 1_000), Verdict::Ok);
		assert_eq!(at(BLOCK_AT - 1_500), Verdict::Warning);
		assert_eq!(at(BLOCK_AT - 2_001), Verdict::Failed);
		assert_eq!(at(BLOCK_AT + 6_001), Verdict::Warning, "or the chain stands still");
	}

	#[test]
	fn whole_seconds_and_a_slow_answer_are_allowed_for() {
		let at = |now, took| against_vault(now, BLOCK_AT, took, "v").verdict;
		assert_eq!(at(BLOCK_AT, 0), Verdict::Ok);
		assert_eq!(at(BLOCK_AT + 1_999, 0), Verdict::Ok);
		assert_eq!(at(BLOCK_AT + 2_500, 0), Verdict::Warning);
		assert_eq!(at(BLOCK_AT + 2_500, 2_000), Verdict::Ok, "the answer took long");
		assert_eq!(at(BLOCK_AT + 60_000, 0), Verdict::Failed);
		assert_eq!(at(BLOCK_AT - 60_000, 0), Verdict::Failed);
	}

	#[test]
	fn a_service_that_leaves_no_trace_is_no_fault() {
		assert_eq!(judge_kernel(true).verdict, Verdict::Ok);
		assert_eq!(judge_kernel(false).verdict, Verdict::Skipped);
	}
}
