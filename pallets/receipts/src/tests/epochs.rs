//! When epochs begin, and with what.

use frame_support::{assert_noop, assert_ok};
use ward_primitives::{
	receipt::{CohortState, EpochInfo},
	ParticipantId,
};

use crate::{mock::*, Epoch, Error, Event, Witnesses, DEFAULT_EPOCH_LENGTH};

fn epoch() -> EpochInfo {
	Epoch::<Test>::get()
}

#[test]
fn the_first_epoch_begins_as_soon_as_the_chain_has_a_clock() {
	genesis(LENGTH).execute_and_check(|| {
		let before = EpochInfo { length: LENGTH, ..EpochInfo::default() };
		block_at(START);
		assert_eq!(epoch(), before, "the block before had no time");
		assert!(Witnesses::<Test>::get().is_empty());
		assert_eq!(Receipts::witnesses(CLINIC, 0), [], "of epoch 0 nobody is a witness");
		block_after(1);
		let seed = [1; 32];
		assert_eq!(epoch(), EpochInfo { number: 1, seed, started: START, length: LENGTH });
		assert_eq!(take_events(), [Event::EpochStarted { epoch: 1, witnesses: 7 }]);
		assert_eq!(Witnesses::<Test>::get().len(), 7);
	});
}

#[test]
fn an_epoch_begins_with_the_hash_of_a_block_whose_time_is_past_the_end_of_the_last() {
	new_test_ext().execute_and_check(|| {
		let first = epoch();
		block_at(START + LENGTH - 1);
		block_at(START + LENGTH);
		assert_eq!((epoch(), take_events()), (first, vec![]), "its time is not up");
		let (last, time) = (System::block_number(), now());
		block_after(5);
		let seed = [last as u8; 32];
		assert_eq!(epoch(), EpochInfo { number: 2, seed, started: time, length: LENGTH });
		assert_eq!(take_events(), [Event::EpochStarted { epoch: 2, witnesses: 7 }]);
		block_after(LENGTH - 6);
		assert_eq!((epoch().number, take_events()), (2, vec![]));
	});
}

#[test]
fn who_sits_when_the_epoch_begins_is_who_is_drawn_from_until_it_ends() {
	new_test_ext().execute_and_check(|| {
		let before = Receipts::witnesses(CLINIC, 0);
		edit(|tables| tables.seats = vec![ParticipantId(5), ParticipantId(6)]);
		block_after(1);
		assert_eq!(Receipts::witnesses(CLINIC, 0), before);
		next_epoch();
		let mut after = Receipts::witnesses(CLINIC, 0);
		after.sort();
		assert_eq!(after, [ParticipantId(5), ParticipantId(6)]);
	});
}

#[test]
fn more_seats_than_there_can_be_do_not_stop_the_chain() {
	new_test_ext().execute_and_check(|| {
		let seats = 1..=u64::from(MAX_SEATS) + 9;
		edit(|tables| tables.seats = seats.map(ParticipantId).collect());
		next_epoch();
		assert_eq!(Witnesses::<Test>::get().len(), MAX_SEATS as usize);
	});
}

#[test]
fn a_chain_that_stood_still_begins_one_epoch_and_does_not_make_up_for_those_it_missed() {
	new_test_ext().execute_and_check(|| {
		assert_ok!(look(CLINIC, 0, 0, &[]));
		assert_ok!(look(CLINIC, 0, 1, &[]));
		let seen = now();
		assert!(matches!(Receipts::row_state(CLINIC, 0), CohortState::Fresh { .. }));
		// Nine epochs' time without a block.
		block_after(9 * LENGTH);
		assert_eq!(epoch().number, 1, "the block before was of this epoch");
		assert_eq!(Receipts::row_state(CLINIC, 0), CohortState::Lapsed { at: seen });
		let time = now();
		block_after(1);
		assert_eq!((epoch().number, epoch().started), (2, time));
		block_after(LENGTH - 2);
		assert_eq!(epoch().number, 2);
	});
}

#[test]
fn a_report_into_the_first_block_after_a_halt_makes_nothing_fresh() {
	new_test_ext().execute_and_check(|| {
		assert_ok!(look(CLINIC, 0, 0, &[]));
		block_after(9 * LENGTH);
		// It is of the epoch that is current still, whose time is long over.
		assert_ok!(look(CLINIC, 0, 1, &[]));
		assert_eq!(Receipts::row_state(CLINIC, 0), CohortState::Lapsed { at: now() });
	});
}

#[test]
fn another_length_holds_from_the_next_epoch_on() {
	new_test_ext().execute_and_check(|| {
		assert_ok!(Receipts::set_epoch_length(RuntimeOrigin::root(), 4_000));
		assert_eq!(take_events(), [Event::EpochLengthSet { length: 4_000 }]);
		block_at(START + 4_000);
		block_after(1);
		assert_eq!((epoch().number, epoch().length), (1, LENGTH));
		next_epoch();
		assert_eq!((epoch().number, epoch().length), (2, 4_000));
		next_epoch();
		assert_eq!(epoch().started, START + LENGTH + 4_000);
	});
}

#[test]
fn a_length_is_between_four_seconds_and_a_week() {
	new_test_ext().execute_and_check(|| {
		let week = 7 * 24 * 3_600_000;
		let set = |length| Receipts::set_epoch_length(RuntimeOrigin::root(), length);
		assert_noop!(set(3_999), Error::<Test>::LengthOutOfRange);
		assert_noop!(set(week + 1), Error::<Test>::LengthOutOfRange);
		assert_ok!(set(4_000));
		assert_ok!(set(week));
	});
}

#[test]
fn a_genesis_without_a_length_has_the_default() {
	genesis(0).execute_and_check(|| assert_eq!(epoch().length, DEFAULT_EPOCH_LENGTH));
}

#[test]
#[should_panic(expected = "an epoch of 3999 ms is not between 4000 and 604800000")]
fn genesis_refuses_a_length_out_of_range() {
	genesis(3_999);
}
