//! Slots that were used and slots that were not.

use ward_primitives::{seat::Liveness, ParticipantId};

use crate::{mock::*, Event};

fn current() -> Vec<(u32, u32)> {
	let of = |Liveness { authored, missed }| (authored, missed);
	Authorities::seats().iter().map(|seat| of(seat.current)).collect()
}

fn last() -> Vec<(u32, u32)> {
	let of = |Liveness { authored, missed }| (authored, missed);
	Authorities::seats().iter().map(|seat| of(seat.last)).collect()
}

#[test]
fn each_slot_counts_for_the_seat_whose_turn_it_was() {
	genesis(3, 1).execute_and_check(|| {
		// Seat 1 has the slots 0, 3, 6 and so on.
		block_in(300);
		block_in(301);
		block_in(304);
		assert_eq!(current(), [(1, 1), (2, 0), (0, 1)]);
	});
}

#[test]
fn the_first_block_of_the_chain_has_no_slots_before_it() {
	genesis(3, 1).execute_and_check(|| {
		block_in(900_000_001);
		assert_eq!(current(), [(0, 0), (1, 0), (0, 0)]);
	});
}

#[test]
fn who_used_no_slot_in_a_session_is_named_and_not_punished() {
	genesis(3, 1).execute_and_check(|| {
		// Seat 3 never authors.
		for slot in [3, 4, 6, 7, 9] {
			block_in(slot);
		}
		assert_eq!(Session::current_index(), 1);
		let idle = Event::SeatIdle { center: ParticipantId(3), session: 0, missed: 2 };
		System::assert_has_event(idle.into());
		assert_eq!(last(), [(3, 0), (2, 0), (0, 2)]);
		assert_eq!(current(), [(0, 0); 3]);
		run_two_sessions();
		assert_eq!(sitting(), [1, 2, 3]);
	});
}

#[test]
fn a_change_of_the_set_leaves_no_slot_out_and_counts_none_twice() {
	genesis(2, 1).execute_and_check(|| {
		grant_and_take(3);
		let mut counted = 0;
		for _ in 0..4 {
			let session = Session::current_index();
			run_to_session(session + 1);
			counted += last().iter().map(|(authored, _)| authored).sum::<u32>();
		}
		assert_eq!(counted, System::block_number());
		assert_eq!(sitting(), [1, 2, 3]);
	});
}
