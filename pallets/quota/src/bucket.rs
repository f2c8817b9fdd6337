//! A token bucket: how much work somebody may cause, refilled with time up to a cap.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use ward_primitives::Moment;

/// How large a bucket is and how fast it refills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
	/// What a full bucket holds, in the unit of weight: picoseconds of computation.
	pub capacity: u64,
	/// What it gains in a second.
	pub refill: u64,
}

/// What was left of a quota when it was last touched.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct Bucket {
	/// What was left, in the unit of weight.
	pub level: u64,
	/// When that was.
	pub updated: Moment,
}

impl Bucket {
	/// A full bucket.
	pub const fn full(limits: Limits, now: Moment) -> Self {
		Self { level: limits.capacity, updated: now }
	}

	/// The bucket with what it has gained until `now`. A clock that stands still or goes back
	/// adds nothing, and the same time never counts twice.
	pub fn refilled(self, limits: Limits, now: Moment) -> Self {
		const MILLISECONDS_PER_SECOND: u128 = 1_000;
		let elapsed = u128::from(now.saturating_sub(self.updated));
		// Cannot overflow: both factors fit 64 bits.
		let gain = elapsed * u128::from(limits.refill) / MILLISECONDS_PER_SECOND;
		let level = (u128::from(self.level) + gain).min(u128::from(limits.capacity));
		// At most the capacity, so it fits.
		Self {
			level: u64::try_from(level).unwrap_or(limits.capacity),
			updated: self.updated.max(now),
		}
	}

	/// The bucket without `amount`; none if it holds less.
	pub fn take(self, amount: u64) -> Option<Self> {
		Some(Self { level: self.level.checked_sub(amount)?, ..self })
	}

	/// The bucket without `amount`, or empty if it holds less.
	pub const fn drain(self, amount: u64) -> Self {
		Self { level: self.level.saturating_sub(amount), ..self }
	}

	/// The bucket with `amount` put back.
	pub fn give(self, limits: Limits, amount: u64) -> Self {
		Self { level: self.level.saturating_add(amount).min(limits.capacity), ..self }
	}
}
