//! When sessions end, and who sits in the next.

use frame_support::{assert_noop, assert_ok};
use pallet_session::historical::StoredRange;
use ward_primitives::{seat::Obstacle, ParticipantId};

use crate::{mock::*, Error, Event, SessionStarts};

const ROOT: fn() -> RuntimeOrigin = RuntimeOrigin::root;

fn kept() -> Vec<u64> {
	let seats = Authorities::seats();
	seats.iter().filter(|seat| seat.kept).map(|seat| seat.center.0).collect()
}

#[test]
fn a_session_lasts_as_many_blocks_as_the_council_says() {
	genesis(2, 1).execute_and_check(|| {
		run_to_session(1);
		assert_eq!(System::block_number(), SESSION);
		assert_ok!(Authorities::set_session_length(ROOT(), 2));
		System::assert_last_event(Event::SessionLengthSet { blocks: 2 }.into());
		run_to_session(2);
		assert_eq!(System::block_number(), SESSION + 2);
		assert_noop!(Authorities::set_session_length(ROOT(), 1), Error::<Test>::LengthOutOfRange);
		assert_noop!(
			Authorities::set_session_length(ROOT(), 1_001),
			Error::<Test>::LengthOutOfRange
		);
		let session = Authorities::session();
		assert_eq!((session.index, session.started, session.length), (2, SESSION + 2, 2));
	});
}

#[test]
fn a_center_that_the_registry_stops_is_out_within_two_sessions_and_back_when_it_is_active() {
	genesis(4, 3).execute_and_check(|| {
		block_in(1);
		Inactive::set(&vec![3]);
		run_two_sessions();
		assert_eq!(sitting(), [1, 2, 4]);
		assert_eq!(Authorities::seats()[2].obstacle, Some(Obstacle::NotActive));
		Inactive::set(&vec![]);
		run_two_sessions();
		assert_eq!(sitting(), [1, 2, 3, 4]);
	});
}

#[test]
fn at_the_minimum_a_stopped_center_stays_and_is_flagged() {
	genesis(4, 4).execute_and_check(|| {
		block_in(1);
		Inactive::set(&vec![3]);
		run_to_session(1);
		System::assert_has_event(Event::SeatKept { center: ParticipantId(3) }.into());
		run_two_sessions();
		assert_eq!((sitting(), kept()), (vec![1, 2, 3, 4], vec![3]));
		// Said once, not in every session.
		assert!(!System::events()
			.iter()
			.any(|e| matches!(e.event, RuntimeEvent::Authorities(Event::SeatKept { .. }))));
		assert_ok!(Authorities::set_minimum(ROOT(), 3));
		run_two_sessions();
		assert_eq!((sitting(), kept()), (vec![1, 2, 4], vec![]));
	});
}

#[test]
fn the_set_never_empties_even_if_everybody_is_stopped() {
	genesis(3, 2).execute_and_check(|| {
		block_in(1);
		Inactive::set(&vec![1, 2, 3]);
		run_to_session(6);
		assert_eq!(sitting(), [1, 2], "two are the minimum");
	});
}

#[test]
fn a_set_that_did_not_change_is_not_named_again() {
	genesis(4, 1).execute_and_check(|| {
		run_to_session(3);
		assert!(!pallet_session::QueuedChanged::<Test>::get());
		grant_and_take(5);
		run_to_session(4);
		assert!(pallet_session::QueuedChanged::<Test>::get());
		run_to_session(5);
		assert!(!pallet_session::QueuedChanged::<Test>::get());
	});
}

#[test]
fn rotated_keys_work_from_the_second_session_on_and_are_in_the_history() {
	genesis(4, 1).execute_and_check(|| {
		block_in(1);
		set_keys(2, 1);
		run_two_sessions();
		let authorities = pallet_aura::Authorities::<Test>::get();
		assert!(authorities.contains(&keys(2, 1).aura) && !authorities.contains(&keys(2, 0).aura));
		// A breach with the new keys, reported in the session after it.
		let (slot, owner) = (slot(), ownership(2, 1));
		run_to_session(3);
		let proof = double_authoring(2, 1, slot);
		assert_ok!(Authorities::report_double_authoring(
			frame_system::RawOrigin::Authorized.into(),
			proof,
			owner
		));
	});
}

#[test]
fn history_is_as_deep_as_breaches_can_be_proved() {
	genesis(2, 1).execute_and_check(|| {
		run_to_session(9);
		let mut starts: Vec<_> = SessionStarts::<Test>::iter_keys().collect();
		starts.sort();
		assert_eq!(starts, [5, 6, 7, 8, 9]);
		assert_eq!(StoredRange::<Test>::get().map(|range| range.0), Some(5));
	});
}

#[test]
#[should_panic(expected = "the minimum of 3 is more than the 2 seats of genesis")]
fn genesis_refuses_a_minimum_that_it_does_not_have() {
	genesis(2, 3);
}
