//! Which seats make the next set of authorities: pure logic, without storage.

use alloc::vec::Vec;
use ward_primitives::{seat::Obstacle, ParticipantId};

/// A seat before the choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
	/// The center.
	pub center: ParticipantId,
	/// What speaks against it, if anything.
	pub obstacle: Option<Obstacle>,
	/// Whether it has session keys.
	pub has_keys: bool,
	/// Whether it authors and votes now.
	pub sits: bool,
}

impl Candidate {
	/// Whether the minimum may keep it although something speaks against it: it is in the set with
	/// keys that work.
	const fn can_be_kept(&self) -> bool {
		self.obstacle.is_some() && self.sits && self.has_keys
	}
}

/// A chosen seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Chosen {
	/// The center.
	pub center: ParticipantId,
	/// Whether only the minimum keeps it.
	pub kept: bool,
}

/// The next set, in the order of the centers' numbers.
///
/// All seats that nothing speaks against are in it. If these are fewer than `minimum`, seats stay that
/// sit now and would otherwise leave, the lowest numbers first: a chain whose set falls below the
/// minimum tolerates no failure, and one with an empty set stands still for ever.
pub fn choose(candidates: &[Candidate], minimum: u32) -> Vec<Chosen> {
	let mut chosen: Vec<_> = candidates
		.iter()
		.filter(|seat| seat.obstacle.is_none())
		.map(|seat| Chosen { center: seat.center, kept: false })
		.collect();
	let missing = (minimum as usize).saturating_sub(chosen.len());
	let mut kept: Vec<_> = candidates
		.iter()
		.filter(|seat| seat.can_be_kept())
		.map(|seat| Chosen { center: seat.center, kept: true })
		.collect();
	kept.sort();
	chosen.extend(kept.into_iter().take(missing));
	chosen.sort();
	chosen
}

/// Whether the set loses nothing that the minimum needs when `center` gives its seat up.
pub fn can_leave(candidates: &[Candidate], minimum: u32, center: ParticipantId) -> bool {
	let others: Vec<_> = candidates.iter().copied().filter(|seat| seat.center != center).collect();
	let (with, without) = (choose(candidates, minimum).len(), choose(&others, minimum).len());
	without >= with.min(minimum as usize)
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	fn seat(center: u64, obstacle: Option<Obstacle>, sits: bool) -> Candidate {
		let has_keys = obstacle != Some(Obstacle::KeysMissing);
		Candidate { center: ParticipantId(center), obstacle, has_keys, sits }
	}

	fn numbers(chosen: &[Chosen], kept: bool) -> Vec<u64> {
		chosen.iter().filter(|seat| seat.kept == kept).map(|seat| seat.center.0).collect()
	}

	#[test]
	fn a_suspended_seat_leaves_unless_the_minimum_needs_it() {
		let seats = [
			seat(4, None, true),
			seat(2, Some(Obstacle::Suspended), true),
			seat(3, None, false),
			seat(5, Some(Obstacle::NotActive), true),
		];
		let chosen = choose(&seats, 2);
		assert_eq!((numbers(&chosen, false), numbers(&chosen, true)), (vec![3, 4], vec![]));
		let chosen = choose(&seats, 3);
		assert_eq!((numbers(&chosen, false), numbers(&chosen, true)), (vec![3, 4], vec![2]));
		let chosen = choose(&seats, 9);
		assert_eq!((numbers(&chosen, false), numbers(&chosen, true)), (vec![3, 4], vec![2, 5]));
	}

	#[test]
	fn the_minimum_never_lets_in_who_has_no_keys_or_does_not_sit() {
		let seats = [
			seat(1, Some(Obstacle::KeysMissing), true),
			seat(2, Some(Obstacle::NotTaken), false),
			seat(3, Some(Obstacle::Suspended), false),
		];
		assert_eq!(choose(&seats, 3), []);
	}

	#[test]
	fn nobody_leaves_below_the_minimum() {
		let seats = [seat(1, None, true), seat(2, None, true), seat(3, None, false)];
		assert!(can_leave(&seats, 2, ParticipantId(3)));
		assert!(!can_leave(&seats, 3, ParticipantId(3)));
		// Who is kept cannot go either; who does not count can.
		let seats = [seat(1, None, true), seat(2, Some(Obstacle::Suspended), true)];
		assert!(!can_leave(&seats, 2, ParticipantId(2)));
		assert!(can_leave(&seats, 1, ParticipantId(2)));
		let seats = [seat(1, None, true), seat(2, Some(Obstacle::NotTaken), false)];
		assert!(can_leave(&seats, 2, ParticipantId(2)));
	}

	fn candidates() -> impl Strategy<Value = Vec<Candidate>> {
		let obstacle = prop_oneof![
			3 => Just(None),
			1 => Just(Some(Obstacle::NotTaken)),
			1 => Just(Some(Obstacle::KeysMissing)),
			1 => Just(Some(Obstacle::NotActive)),
			1 => Just(Some(Obstacle::Suspended)),
		];
		prop::collection::vec((obstacle, any::<bool>()), 0..12).prop_map(|seats| {
			seats
				.into_iter()
				.zip(1..)
				.map(|((obstacle, sits), n)| seat(n, obstacle, sits))
				.collect()
		})
	}

	proptest! {
		#[test]
		fn all_good_seats_sit_and_others_only_up_to_the_minimum(
			seats in candidates(), minimum in 0u32..12,
		) {
			let chosen = choose(&seats, minimum);
			let good = seats.iter().filter(|seat| seat.obstacle.is_none()).count();
			let keepable = seats.iter().filter(|seat| seat.can_be_kept()).count();
			let kept = (minimum as usize).saturating_sub(good).min(keepable);
			prop_assert_eq!(numbers(&chosen, false).len(), good);
			prop_assert_eq!(numbers(&chosen, true).len(), kept);
			prop_assert!(chosen.windows(2).all(|pair| pair[0].center < pair[1].center));
		}

		#[test]
		fn leaving_one_after_the_other_never_goes_below_the_minimum(
			mut seats in candidates(), minimum in 1u32..12,
		) {
			let floor = choose(&seats, minimum).len().min(minimum as usize);
			for center in seats.iter().map(|seat| seat.center).collect::<Vec<_>>() {
				if can_leave(&seats, minimum, center) {
					seats.retain(|seat| seat.center != center);
				}
				prop_assert!(choose(&seats, minimum).len() >= floor);
			}
		}
	}
}
