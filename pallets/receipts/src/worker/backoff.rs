//! How long a custodian is left alone.

use codec::{Decode, Encode};
use ward_primitives::Moment;

/// The pause after a first failure, in milliseconds.
const FIRST_PAUSE: Moment = 4_000;

/// The longest pause, in milliseconds: ten minutes.
const LONGEST_PAUSE: Moment = 600_000;

/// Of an epoch, how many pauses fit in at least: however short epochs are, each asks a few times.
const PAUSES_IN_EPOCH: Moment = 8;

/// How long an answer may take without consequences, in milliseconds.
const QUICK: Moment = 2_000;

/// How many times as long as it took to answer all that it was asked, a slow custodian is left alone. So
/// it takes up no more than a fifth of the witness's time.
const SLOW_PAUSE: Moment = 4;

/// For how long a custodian is left alone, and since how many failures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Backoff {
	/// How often in a row it failed.
	pub failures: u32,
	/// Until when it is left alone.
	until: Moment,
}

impl Backoff {
	/// Whether the custodian is asked now. An end that lies further ahead than any pause is from a clock that
	/// was set back since.
	pub(crate) fn is_over(&self, now: Moment) -> bool {
		now >= self.until || self.until.saturating_sub(now) > LONGEST_PAUSE
	}

	/// After a run in which nothing came from it. The pause doubles with each of them, and `random` makes it up
	/// to half as long, so that witnesses who failed at the same time do not all come back at the same time.
	pub(crate) fn failed(&mut self, now: Moment, epoch_length: Moment, random: u64) {
		self.failures = self.failures.saturating_add(1);
		let doublings = self.failures.saturating_sub(1).min(16);
		let longest = LONGEST_PAUSE.min(epoch_length / PAUSES_IN_EPOCH);
		let pause = FIRST_PAUSE.saturating_mul(1 << doublings).min(longest);
		let half = pause / 2;
		let jitter = random.checked_rem(half.saturating_add(1)).unwrap_or_default();
		self.until = now.saturating_add(half).saturating_add(jitter);
	}

	/// After a run in which it answered: in `took` milliseconds at the longest, and after `lasted` to all
	/// that it was asked.
	pub(crate) fn answered(&mut self, now: Moment, took: Moment, lasted: Moment) {
		self.failures = 0;
		self.until = match took > QUICK {
			true => now.saturating_add(lasted.saturating_mul(SLOW_PAUSE).min(LONGEST_PAUSE)),
			false => 0,
		};
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	const HOUR: Moment = 3_600_000;

	/// How long the pause is that comes after `failures` failures.
	fn pause(failures: u32, epoch_length: Moment, random: u64) -> Moment {
		let mut backoff = Backoff { failures: failures - 1, until: 0 };
		backoff.failed(1_000_000, epoch_length, random);
		backoff.until - 1_000_000
	}

	#[test]
	fn pauses_double_up_to_ten_minutes() {
		assert_eq!(pause(1, 6 * HOUR, 0), 2_000);
		assert_eq!(pause(2, 6 * HOUR, 0), 4_000);
		assert_eq!(pause(5, 6 * HOUR, 0), 32_000);
		assert_eq!(pause(9, 6 * HOUR, 0), 300_000);
		assert_eq!(pause(u32::MAX, 6 * HOUR, 300_000), 600_000);
	}

	#[test]
	fn in_short_epochs_pauses_are_short() {
		assert_eq!(pause(30, 8_000, 500), 1_000);
		assert_eq!(pause(30, 0, 7), 0);
	}

	#[test]
	fn a_success_ends_it_and_is_forgiven() {
		let mut backoff = Backoff::default();
		for _ in 0..20 {
			backoff.failed(1_000_000, 6 * HOUR, 0);
		}
		assert!(!backoff.is_over(1_000_000 + 200_000));
		// Quick is who answers each request quickly, however many there are.
		backoff.answered(1_000_000, QUICK, 4 * QUICK);
		assert_eq!(backoff, Backoff::default());
		assert!(backoff.is_over(1_000_000));
	}

	#[test]
	fn who_answers_slowly_is_asked_seldom() {
		let mut backoff = Backoff::default();
		backoff.answered(1_000_000, 3_000, 9_000);
		assert!(!backoff.is_over(1_000_000 + 35_999));
		assert!(backoff.is_over(1_000_000 + 36_000));
		assert_eq!(backoff.failures, 0);
	}

	#[test]
	fn a_clock_that_was_set_back_holds_nobody_off() {
		let mut backoff = Backoff::default();
		backoff.failed(1_000_000_000, 6 * HOUR, 0);
		assert!(backoff.is_over(1_000));
	}

	proptest! {
		#[test]
		fn a_pause_is_between_half_of_it_and_the_whole(
			failures in 1u32.., length in 0u64..1_000_000_000, random: u64,
		) {
			let pause = pause(failures, length, random);
			let whole = (4_000u64 << (failures - 1).min(16)).min(600_000).min(length / 8);
			prop_assert!(pause >= whole / 2 && pause <= whole);
		}
	}
}
