//! How a center comes to a seat and leaves it.

use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchError;
use ward_primitives::{seat::Obstacle, ParticipantId};

use crate::{mock::*, Error, Event, Seats};

const ROOT: fn() -> RuntimeOrigin = RuntimeOrigin::root;

fn by(center: u64) -> RuntimeOrigin {
	RuntimeOrigin::signed(account(center))
}

fn id(center: u64) -> ParticipantId {
	ParticipantId(center)
}

#[test]
fn a_center_that_is_granted_a_seat_and_takes_it_sits_within_two_sessions() {
	genesis(4, 1).execute_and_check(|| {
		block_in(1);
		assert_ok!(Authorities::grant_seat(ROOT(), id(5)));
		System::assert_last_event(Event::SeatGranted { center: id(5) }.into());
		set_keys(5, 0);
		assert_ok!(Authorities::take_seat(by(5)));
		System::assert_last_event(Event::SeatTaken { center: id(5) }.into());
		assert_eq!(Told::get(), 1, "a grant alone changes no vote");
		run_two_sessions();
		assert_eq!(sitting(), [1, 2, 3, 4, 5]);
	});
}

#[test]
fn a_seat_that_nobody_took_does_not_count() {
	genesis(4, 1).execute_and_check(|| {
		block_in(1);
		assert_ok!(Authorities::grant_seat(ROOT(), id(5)));
		set_keys(5, 0);
		run_two_sessions();
		assert_eq!(sitting(), [1, 2, 3, 4]);
		let seats = Authorities::seats();
		assert_eq!(seats.last().and_then(|seat| seat.obstacle), Some(Obstacle::NotTaken));
		assert_eq!(Authorities::electors().len(), 4, "nor does it vote");
	});
}

#[test]
fn a_keyless_candidate_cannot_take_a_seat() {
	genesis(4, 1).execute_and_check(|| {
		block_in(1);
		assert_ok!(Authorities::grant_seat(ROOT(), id(5)));
		assert_noop!(Authorities::take_seat(by(5)), Error::<Test>::KeysMissing);
		set_keys(5, 0);
		assert_ok!(Authorities::take_seat(by(5)));
	});
}

#[test]
fn only_an_active_medical_center_is_granted_a_seat_and_only_one() {
	genesis(4, 1).execute_and_check(|| {
		block_in(1);
		let grant = |center| Authorities::grant_seat(ROOT(), id(center));
		assert_noop!(grant(2_001), Error::<Test>::NotFound);
		assert_noop!(grant(PATIENT), Error::<Test>::WrongRole);
		assert_noop!(grant(4), Error::<Test>::AlreadyExists);
		Inactive::set(&vec![5]);
		assert_noop!(grant(5), Error::<Test>::OtherNotActive);
		for center in 6..=9 {
			assert_ok!(grant(center));
		}
		assert_noop!(grant(10), Error::<Test>::TooManySeats);
	});
}

#[test]
fn a_seat_is_taken_once_and_only_by_who_was_granted_it() {
	genesis(4, 1).execute_and_check(|| {
		block_in(1);
		assert_noop!(Authorities::take_seat(by(4)), Error::<Test>::AlreadyTaken);
		assert_noop!(Authorities::take_seat(by(5)), Error::<Test>::NoSeat);
		assert_noop!(Authorities::take_seat(by(PATIENT)), Error::<Test>::WrongRole);
		assert_ok!(Authorities::grant_seat(ROOT(), id(5)));
		set_keys(5, 0);
		Inactive::set(&vec![5]);
		assert_noop!(Authorities::take_seat(by(5)), DispatchError::Other("NotActive"));
	});
}

#[test]
fn who_gives_a_seat_up_is_out_within_two_sessions() {
	genesis(4, 3).execute_and_check(|| {
		block_in(1);
		assert_ok!(Authorities::give_up_seat(by(2)));
		System::assert_last_event(Event::SeatGivenUp { center: id(2) }.into());
		assert_eq!(sitting(), [1, 2, 3, 4], "until then it authors");
		run_two_sessions();
		assert_eq!(sitting(), [1, 3, 4]);
		assert_noop!(Authorities::give_up_seat(by(2)), Error::<Test>::NoSeat);
	});
}

#[test]
fn no_seat_is_removed_below_the_minimum() {
	genesis(4, 4).execute_and_check(|| {
		block_in(1);
		assert_noop!(Authorities::give_up_seat(by(2)), Error::<Test>::BelowMinimum);
		assert_noop!(Authorities::revoke_seat(ROOT(), id(2)), Error::<Test>::BelowMinimum);
		assert_noop!(Authorities::revoke_seat(ROOT(), id(9)), Error::<Test>::NoSeat);
		grant_and_take(5);
		assert_ok!(Authorities::revoke_seat(ROOT(), id(2)));
		System::assert_last_event(Event::SeatRevoked { center: id(2) }.into());
		assert_noop!(Authorities::give_up_seat(by(5)), Error::<Test>::BelowMinimum);
		run_two_sessions();
		assert_eq!(sitting(), [1, 3, 4, 5]);
	});
}

#[test]
fn a_grant_that_was_not_taken_is_revoked_at_any_minimum() {
	genesis(4, 4).execute_and_check(|| {
		block_in(1);
		assert_ok!(Authorities::grant_seat(ROOT(), id(5)));
		assert_ok!(Authorities::revoke_seat(ROOT(), id(5)));
		assert!(!Seats::<Test>::contains_key(id(5)));
	});
}

#[test]
fn the_minimum_is_between_one_and_the_seats_that_count() {
	genesis(4, 1).execute_and_check(|| {
		block_in(1);
		let set = |seats| Authorities::set_minimum(ROOT(), seats);
		assert_noop!(set(0), Error::<Test>::MinimumOutOfRange);
		assert_noop!(set(5), Error::<Test>::MinimumOutOfRange);
		assert_ok!(set(4));
		System::assert_last_event(Event::MinimumSet { seats: 4 }.into());
		assert_eq!(Authorities::session().minimum, 4);
		Inactive::set(&vec![1]);
		assert_noop!(set(4), Error::<Test>::MinimumOutOfRange);
		assert_ok!(set(3));
	});
}

#[test]
fn a_sponsor_alone_stops_a_third_of_the_seats_but_always_one() {
	for (seats, spared) in [(1, 1), (3, 1), (5, 1), (6, 2), (8, 2)] {
		genesis(seats, 1).execute_and_check(|| {
			block_in(1);
			let stop = |center: &u64| {
				let can_be_spared = Authorities::can_be_spared(id(*center));
				if can_be_spared {
					let mut inactive = Inactive::get();
					inactive.push(*center);
					Inactive::set(&inactive);
				}
				can_be_spared
			};
			assert_eq!((1..=seats).filter(stop).count(), spared, "of {seats}");
			// Who has no seat, or does not count, can always be stopped.
			assert!(Authorities::can_be_spared(id(1)) && Authorities::can_be_spared(id(20)));
		});
	}
}
