//! Small centers as guests of a seat-holder.

use frame_support::{assert_noop, assert_ok};
use ward_primitives::{traits::ReadSeats, ParticipantId};

use crate::{mock::*, Error, Event};

fn by(center: u64) -> RuntimeOrigin {
	RuntimeOrigin::signed(account(center))
}

fn id(center: u64) -> ParticipantId {
	ParticipantId(center)
}

fn host(guest: u64) -> Option<u64> {
	Authorities::host(id(guest)).map(|host| host.0)
}

#[test]
fn a_guest_needs_an_offer_and_accepts_it() {
	genesis(4, 1).execute_and_check(|| {
		block_in(1);
		assert_noop!(Authorities::accept_hosting(by(7), id(1)), Error::<Test>::NotOffered);
		assert_ok!(Authorities::offer_hosting(by(1), id(7)));
		System::assert_last_event(Event::HostingOffered { host: id(1), guest: id(7) }.into());
		assert_eq!(host(7), None, "an offer is not enough");
		assert_ok!(Authorities::accept_hosting(by(7), id(1)));
		System::assert_last_event(Event::HostingAccepted { host: id(1), guest: id(7) }.into());
		assert_eq!(host(7), Some(1));
		assert_noop!(Authorities::offer_hosting(by(1), id(7)), Error::<Test>::AlreadyExists);
	});
}

#[test]
fn either_side_ends_a_hosting() {
	genesis(4, 1).execute_and_check(|| {
		block_in(1);
		for ender in [1, 7] {
			assert_ok!(Authorities::offer_hosting(by(1), id(7)));
			assert_ok!(Authorities::accept_hosting(by(7), id(1)));
			assert_noop!(Authorities::end_hosting(by(2), id(7)), Error::<Test>::NotOffered);
			assert_ok!(Authorities::end_hosting(by(ender), id(7)));
			System::assert_last_event(Event::HostingEnded { host: id(1), guest: id(7) }.into());
			assert_eq!(host(7), None);
			assert_noop!(Authorities::end_hosting(by(ender), id(7)), Error::<Test>::NotOffered);
		}
	});
}

#[test]
fn an_offer_can_be_taken_back() {
	genesis(4, 1).execute_and_check(|| {
		block_in(1);
		assert_ok!(Authorities::offer_hosting(by(1), id(7)));
		assert_ok!(Authorities::end_hosting(by(1), id(7)));
		assert_noop!(Authorities::accept_hosting(by(7), id(1)), Error::<Test>::NotOffered);
	});
}

#[test]
fn a_guest_has_one_host_and_no_seat() {
	genesis(4, 1).execute_and_check(|| {
		block_in(1);
		assert_noop!(Authorities::offer_hosting(by(1), id(2)), Error::<Test>::HasSeat);
		assert_noop!(Authorities::offer_hosting(by(7), id(8)), Error::<Test>::NoSeat);
		assert_noop!(Authorities::offer_hosting(by(1), id(PATIENT)), Error::<Test>::WrongRole);
		assert_noop!(Authorities::offer_hosting(by(1), id(2_001)), Error::<Test>::NotFound);
		assert_ok!(Authorities::offer_hosting(by(1), id(7)));
		assert_noop!(Authorities::offer_hosting(by(1), id(7)), Error::<Test>::AlreadyExists);
		assert_ok!(Authorities::offer_hosting(by(2), id(7)));
		assert_ok!(Authorities::accept_hosting(by(7), id(1)));
		assert_noop!(Authorities::accept_hosting(by(7), id(2)), Error::<Test>::HasHost);
		Inactive::set(&vec![8]);
		assert_noop!(Authorities::offer_hosting(by(1), id(8)), Error::<Test>::OtherNotActive);
	});
}

#[test]
fn who_takes_a_seat_is_a_guest_no_longer() {
	genesis(4, 1).execute_and_check(|| {
		block_in(1);
		assert_ok!(Authorities::offer_hosting(by(1), id(7)));
		assert_ok!(Authorities::offer_hosting(by(2), id(7)));
		assert_ok!(Authorities::accept_hosting(by(7), id(1)));
		grant_and_take(7);
		assert_eq!(host(7), None);
		assert_noop!(Authorities::accept_hosting(by(7), id(2)), Error::<Test>::HasSeat);
	});
}

#[test]
fn a_host_without_a_seat_hosts_nobody() {
	genesis(4, 1).execute_and_check(|| {
		block_in(1);
		assert_ok!(Authorities::offer_hosting(by(1), id(7)));
		assert_ok!(Authorities::offer_hosting(by(1), id(8)));
		assert_ok!(Authorities::accept_hosting(by(7), id(1)));
		assert_ok!(Authorities::give_up_seat(by(1)));
		assert_eq!(host(7), None);
		assert_noop!(Authorities::accept_hosting(by(8), id(1)), Error::<Test>::NoSeat);
		// Another one can take its place.
		assert_ok!(Authorities::offer_hosting(by(2), id(7)));
		assert_ok!(Authorities::accept_hosting(by(7), id(2)));
		assert_eq!(host(7), Some(2));
	});
}

#[test]
fn others_read_who_sits_and_who_hosts_whom() {
	genesis(3, 1).execute_and_check(|| {
		block_in(1);
		assert_eq!(<Authorities as ReadSeats>::sitting(), [1, 2, 3].map(id));
		assert_ok!(Authorities::offer_hosting(by(1), id(7)));
		assert_ok!(Authorities::accept_hosting(by(7), id(1)));
		assert_eq!(<Authorities as ReadSeats>::host(id(7)), Some(id(1)));
		assert_eq!(<Authorities as ReadSeats>::host(id(1)), None);
		assert_ok!(Authorities::give_up_seat(by(3)));
		assert_eq!(<Authorities as ReadSeats>::sitting(), [1, 2, 3].map(id), "until it is out");
		run_two_sessions();
		assert_eq!(<Authorities as ReadSeats>::sitting(), [1, 2].map(id));
	});
}
