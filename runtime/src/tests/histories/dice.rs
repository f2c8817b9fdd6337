//! Where the histories take their chances from.

/// A source of choices that a seed determines.
pub(super) struct Dice(pub(super) u64);

impl Dice {
	/// SplitMix64.
	fn roll(&mut self) -> u64 {
		self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
		let mut mixed = self.0;
		mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
		mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
		mixed ^ (mixed >> 31)
	}

	pub(super) fn below(&mut self, count: usize) -> usize {
		(self.roll() % count.max(1) as u64) as usize
	}

	pub(super) fn chance(&mut self, percent: u64) -> bool {
		self.roll() % 100 < percent
	}

	pub(super) fn pick<T: Clone>(&mut self, some: &[T]) -> Option<T> {
		(!some.is_empty()).then(|| some[self.below(some.len())].clone())
	}
}
