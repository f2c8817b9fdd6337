//! Who looks at a cohort in an epoch.

use alloc::vec::Vec;

use super::WITNESSES;
use crate::{hash::Domain, Digest, ParticipantId};

/// The witnesses of a cohort, at most [`WITNESSES`], in the order of their scores: the seats with the
/// lowest `H("ward/witness/v1", seed ‖ custodian ‖ cohort ‖ seat)`, without those that are `excluded`. So
/// everybody can compute them, and a seat that comes or goes changes the draw of few cohorts.
pub fn draw(
	seats: &[ParticipantId],
	excluded: &[ParticipantId],
	seed: &Digest,
	custodian: ParticipantId,
	cohort: u64,
) -> Vec<ParticipantId> {
	let mut scores: Vec<_> = seats
		.iter()
		.filter(|seat| !excluded.contains(seat))
		.map(|seat| (Domain::Witness.hash(&(seed, custodian, cohort, seat)), *seat))
		.collect();
	scores.sort_unstable();
	scores.dedup();
	scores.into_iter().take(WITNESSES as usize).map(|(_, seat)| seat).collect()
}

/// How many of `drawn` witnesses must have seen a row: more than half of them. None where nobody was
/// drawn: what nobody looks at is never fresh.
pub const fn quorum(drawn: u8) -> Option<u8> {
	match drawn {
		0 => None,
		drawn => Some(drawn / 2 + 1),
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn seats(n: u64) -> Vec<ParticipantId> {
		(1..=n).map(ParticipantId).collect()
	}

	#[test]
	fn the_order_of_the_seats_makes_no_difference_and_nobody_is_drawn_twice() {
		let (seed, custodian) = ([7; 32], ParticipantId(1));
		let mut reversed = seats(9);
		reversed.reverse();
		reversed.extend(seats(9));
		for cohort in 0..50 {
			let drawn = draw(&seats(9), &[custodian], &seed, custodian, cohort);
			assert_eq!(drawn.len(), 3);
			assert!(!drawn.contains(&custodian));
			assert_eq!(draw(&reversed, &[custodian], &seed, custodian, cohort), drawn);
		}
	}

	#[test]
	fn every_seat_is_drawn_about_equally_often() {
		let mut times = [0u32; 8];
		for cohort in 0..7_000 {
			for seat in draw(&seats(7), &[], &[9; 32], ParticipantId(99), cohort) {
				times[seat.0 as usize] += 1;
			}
		}
		// 3,000 are expected, with a standard deviation of 41.
		assert!(times[1..].iter().all(|n| (2_800..3_200).contains(n)), "{times:?}");
	}

	#[test]
	fn a_seat_that_leaves_is_replaced_and_the_others_stay() {
		for cohort in 0..200 {
			let before = draw(&seats(7), &[], &[1; 32], ParticipantId(99), cohort);
			let after = draw(&seats(6), &[], &[1; 32], ParticipantId(99), cohort);
			let stayed: Vec<_> = before.iter().filter(|seat| seat.0 != 7).collect();
			assert!(stayed.iter().all(|seat| after.contains(seat)));
		}
	}

	#[test]
	fn a_quorum_is_more_than_half() {
		assert_eq!([0, 1, 2, 3].map(quorum), [None, Some(1), Some(2), Some(2)]);
	}
}
