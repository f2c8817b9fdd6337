//! Percentiles.

use std::time::Duration;

/// Durations, in order.
pub(crate) struct Durations(Vec<Duration>);

impl Durations {
	/// Sorts durations.
	pub(crate) fn new(durations: impl IntoIterator<Item = Duration>) -> Self {
		let mut durations: Vec<_> = durations.into_iter().collect();
		durations.sort_unstable();
		Self(durations)
	}

	/// The duration, in seconds, that `percent` of all do not exceed (nearest rank); 0 if there are
	/// none.
	pub(crate) fn percentile(&self, percent: f64) -> f64 {
		let rank = (percent / 100.0 * self.0.len() as f64).ceil() as usize;
		self.0.get(rank.saturating_sub(1)).map_or(0.0, Duration::as_secs_f64)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn percentiles_are_nearest_ranks() {
		let durations = Durations::new((1..=200).rev().map(Duration::from_secs));
		let ranks = [50.0, 95.0, 99.0, 100.0].map(|percent| durations.percentile(percent));
		assert_eq!(ranks, [100.0, 190.0, 198.0, 200.0]);
		assert_eq!(Durations::new([]).percentile(50.0), 0.0);
	}
}
