//! Finding the interval that holds at a moment, in a row of generations.

use ward_primitives::Moment;

/// The first number below `count` for which `is_before` is false, or `count`; `is_before` is true
/// for none after it. Reads a logarithmic share of them.
pub(crate) fn partition_point(count: u64, mut is_before: impl FnMut(u64) -> bool) -> u64 {
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

/// The last of the generations from 0 to `latest` that starts at or before `at`. Each starts no
/// earlier than the one before it.
pub(crate) fn generation_at(
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

	proptest! {
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
