//! The arithmetic of a bucket against a naive model.

use proptest::prelude::*;

use crate::{Bucket, Limits};

/// Counts in thousandths of a unit, one millisecond after the other: slow and obviously right.
struct Model {
	thousandths: u128,
	limits: Limits,
}

impl Model {
	fn pass(&mut self, milliseconds: u64) {
		for _ in 0..milliseconds {
			self.thousandths = (self.thousandths + u128::from(self.limits.refill))
				.min(u128::from(self.limits.capacity) * 1_000);
		}
	}

	fn take(&mut self, amount: u64) -> bool {
		let amount = u128::from(amount) * 1_000;
		let enough = self.thousandths >= amount;
		if enough {
			self.thousandths -= amount;
		}
		enough
	}

	fn give(&mut self, amount: u64) {
		self.thousandths = (self.thousandths + u128::from(amount) * 1_000)
			.min(u128::from(self.limits.capacity) * 1_000);
	}

	fn level(&self) -> u64 {
		(self.thousandths / 1_000) as u64
	}
}

#[derive(Clone, Copy, Debug)]
enum Step {
	Pass(u64),
	Take(u64),
	Give(u64),
}

fn step() -> impl Strategy<Value = Step> {
	prop_oneof![
		(0u64..3_000).prop_map(Step::Pass),
		(0u64..20_000).prop_map(Step::Take),
		(0u64..20_000).prop_map(Step::Give),
	]
}

proptest! {
	#[test]
	fn a_bucket_agrees_with_the_naive_model(
		capacity in 1u64..50_000, per_millisecond in 1u64..20,
		steps in prop::collection::vec(step(), 1..60),
	) {
		// Whole units per millisecond, so that nothing is rounded.
		let limits = Limits { capacity, refill: per_millisecond * 1_000 };
		let mut model = Model { thousandths: u128::from(capacity) * 1_000, limits };
		let mut now = 0;
		let mut bucket = Bucket::full(limits, now);
		for step in steps {
			match step {
				Step::Pass(milliseconds) => {
					now += milliseconds;
					model.pass(milliseconds);
					bucket = bucket.refilled(limits, now);
				},
				Step::Take(amount) => {
					let taken = bucket.take(amount);
					prop_assert_eq!(taken.is_some(), model.take(amount));
					bucket = taken.unwrap_or(bucket);
				},
				Step::Give(amount) => {
					model.give(amount);
					bucket = bucket.give(limits, amount);
				},
			}
			prop_assert_eq!(bucket.level, model.level());
			prop_assert!(bucket.level <= capacity);
		}
	}

	#[test]
	fn rounding_never_gives_more_than_the_naive_model(
		capacity in 1u64..50_000, refill in 1u64..5_000,
		pauses in prop::collection::vec(0u64..1_500, 1..30),
	) {
		let limits = Limits { capacity, refill };
		let mut model = Model { thousandths: 0, limits };
		let mut now = 0;
		let mut bucket = Bucket { level: 0, updated: now };
		let refills = pauses.len() as u64;
		for pause in pauses {
			now += pause;
			model.pass(pause);
			bucket = bucket.refilled(limits, now);
			prop_assert!(bucket.level <= model.level());
		}
		prop_assert!(model.level() - bucket.level <= refills);
	}

	#[test]
	fn no_numbers_overflow(
		level: u64, updated: u64, now: u64, capacity: u64, refill: u64, amount: u64,
	) {
		let limits = Limits { capacity, refill };
		let bucket = Bucket { level: level.min(capacity), updated }.refilled(limits, now);
		prop_assert!(bucket.level <= capacity && bucket.level >= level.min(capacity));
		prop_assert!(bucket.give(limits, amount).level <= capacity);
		prop_assert!(bucket.drain(amount).level <= bucket.level);
	}
}

#[test]
fn a_clock_that_goes_back_counts_no_time_twice() {
	let limits = Limits { capacity: 100, refill: 1_000 };
	let empty = Bucket { level: 0, updated: 50 };
	let back = empty.refilled(limits, 20);
	assert_eq!(back, empty);
	assert_eq!(back.refilled(limits, 60).level, 10);
}

#[test]
fn a_long_pause_fills_to_the_cap_and_no_further() {
	let limits = Limits { capacity: u64::MAX, refill: u64::MAX };
	assert_eq!(Bucket { level: 0, updated: 0 }.refilled(limits, u64::MAX).level, u64::MAX);
}
