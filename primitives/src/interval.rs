//! Moments and half-open intervals: when something was true.
//!
//! Statuses, affiliations and grants are never deleted. Each is a [`Timeline`]: the latest interval
//! in which it held, and a generation number under which the pallets keep the earlier ones. Ending
//! one writes `until` in place, so that ending never needs free capacity and never fails.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// Milliseconds since the Unix epoch, as `pallet-timestamp` keeps them.
pub type Moment = u64;

/// A half-open span of time, `[from, until)`. Without `until` it is still running.
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
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Interval {
	/// The first moment that belongs to it.
	pub from: Moment,
	/// The first moment that no longer belongs to it; none while no end is known.
	pub until: Option<Moment>,
}

impl Interval {
	/// The interval from `from` on, without an end.
	pub const fn open(from: Moment) -> Self {
		Self { from, until: None }
	}

	/// Whether `at` lies in it. An interval that ends where it starts contains nothing: what is
	/// granted and withdrawn in one block was never live.
	pub fn contains(&self, at: Moment) -> bool {
		self.from <= at && self.until.is_none_or(|until| at < until)
	}

	/// Whether it was over at `at`.
	pub fn is_over(&self, at: Moment) -> bool {
		self.until.is_some_and(|until| until <= at)
	}

	/// Ends it at `at`, or leaves an earlier end as it is. An end before the start is moved to it.
	pub fn end(&mut self, at: Moment) {
		let at = at.max(self.from);
		self.until = Some(self.until.map_or(at, |until| until.min(at)));
	}
}

/// The latest interval of something that can hold repeatedly, and how often it held before.
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
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Timeline {
	/// 0 for the first interval, one more for each that follows.
	pub generation: u32,
	/// The latest interval.
	pub latest: Interval,
}

impl Timeline {
	/// The first generation, starting at `from`.
	pub const fn start(from: Moment, until: Option<Moment>) -> Self {
		Self { generation: 0, latest: Interval { from, until } }
	}

	/// Whether the latest interval contains `at`.
	pub fn contains(&self, at: Moment) -> bool {
		self.latest.contains(at)
	}
}

/// The first number below `count` for which `is_before` is false, or `count`, where `is_before` is
/// true for none after it. Asks for a logarithmic share of them.
pub fn partition_point(count: u64, mut is_before: impl FnMut(u64) -> bool) -> u64 {
	let (mut low, mut high) = (0, count);
	while low < high {
		let middle = low + (high - low) / 2;
		if is_before(middle) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	low
}

/// The last of the generations from 0 to `latest` that starts at or before `at`; `start` tells when
/// one starts, and none starts before its predecessor.
pub fn generation_at(
	latest: u32,
	at: Moment,
	start: impl Fn(u32) -> Option<Moment>,
) -> Option<u32> {
	let has_started = |generation: u64| start(generation as u32).is_some_and(|start| start <= at);
	let started = partition_point(u64::from(latest) + 1, has_started);
	started.checked_sub(1).map(|generation| generation as u32)
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	#[test]
	fn an_interval_is_half_open() {
		let span = Interval { from: 10, until: Some(20) };
		assert!(!span.contains(9) && span.contains(10) && span.contains(19) && !span.contains(20));
		assert!(!span.is_over(19) && span.is_over(20));
	}

	#[test]
	fn an_interval_ended_where_it_starts_was_never_live() {
		let mut span = Interval::open(10);
		span.end(10);
		assert!(!span.contains(10));
	}

	proptest! {
		#[test]
		fn ending_never_lengthens_and_never_touches_earlier_moments(
			from in 0u64..1_000, length in proptest::option::of(0u64..1_000),
			end in 0u64..2_000, probe in 0u64..3_000,
		) {
			let before = Interval { from, until: length.map(|length| from + length) };
			let mut after = before;
			after.end(end);
			prop_assert!(after.is_over(end.max(from)));
			prop_assert!(!after.contains(probe) || before.contains(probe));
			if probe < end {
				prop_assert_eq!(after.contains(probe), before.contains(probe));
			}
		}

		#[test]
		fn the_generation_found_is_the_last_that_has_started(
			mut starts in prop::collection::vec(0u64..20, 1..12), at in 0u64..22,
		) {
			starts.sort_unstable();
			let found = generation_at(starts.len() as u32 - 1, at, |g| starts.get(g as usize).copied());
			let scanned = starts.iter().rposition(|start| *start <= at);
			prop_assert_eq!(found.map(|g| g as usize), scanned);
		}
	}
}
