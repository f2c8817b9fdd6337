//! A fifth center joins, and centers leave.

use pallet_ward_authorities::{Call, Error};
use ward_primitives::{
	seat::{Obstacle, SeatRow},
	ParticipantId,
};

use super::{
	super::{
		chain::{self, authority_keys, set_keys},
		pair,
	},
	consortium::*,
};
use crate::{Authorities, Governance, Grandpa, Runtime, Session};

fn grant(center: ParticipantId) -> Call<Runtime> {
	Call::grant_seat { center }
}

#[test]
fn a_fifth_center_joins_and_sits_two_sessions_later() {
	consortium(4, 1, |founders| {
		let (newcomer, node) = (pair(50), authority_keys(50));
		let id = founders.enrol(&newcomer);
		let take = || call(&newcomer, Call::<Runtime>::take_seat {});
		assert_eq!(take(), "Authorities.NoSeat");
		assert_eq!(founders.carry(grant(id)), Ok(()));
		assert_eq!(take(), "Authorities.KeysMissing");
		let info = || Authorities::seats().pop().expect("it was granted");
		let row = SeatRow { granted_at: chain::now(), taken_at: None, suspension: None };
		assert_eq!((info().row, info().obstacle), (row, Some(Obstacle::NotTaken)));
		assert_eq!(call(&newcomer, set_keys(&node, &newcomer)), "permitted");

		// A seat that is not taken waits, whatever keys there are.
		assert_eq!((run_two_sessions(), sitting()), (0, vec![2, 3, 4, 5]));
		assert_eq!(take(), "permitted");
		assert!(has_event(pallet_ward_authorities::Event::SeatTaken { center: id }));
		assert_eq!(info().obstacle, None);
		assert!(!Governance::council().contains(&id));
		next_block();
		assert!(Governance::council().contains(&id), "it votes at once");

		let (session, set) = (Session::current_index(), Grandpa::current_set_id());
		assert_eq!(run_to_session(session + 1), 0);
		assert!(!info().sits && info().sits_next);
		assert_eq!(is_authority(&node), (false, false));
		assert_eq!(run_to_session(session + 2), 1, "one set is named");
		assert_eq!(sitting(), [2, 3, 4, 5, 6]);
		assert!(info().sits);
		assert_eq!(is_authority(&node), (true, true));
		assert_eq!(Grandpa::current_set_id(), set + 1);
		assert_eq!((run_two_sessions(), Grandpa::current_set_id()), (0, set + 1));
	});
}

#[test]
fn a_center_has_one_seat_and_takes_it_once() {
	consortium(4, 1, |founders| {
		let center = &founders.centers[0];
		assert_eq!(
			founders.carry(grant(founders.id(0))),
			Err(Error::<Runtime>::AlreadyExists.into())
		);
		assert_eq!(call(center, Call::<Runtime>::take_seat {}), "Authorities.AlreadyTaken");
		let patient_or_nobody = [ParticipantId(1), ParticipantId(99)].map(grant);
		let refused = [Error::<Runtime>::WrongRole, Error::NotFound];
		for (grant, refused) in patient_or_nobody.into_iter().zip(refused) {
			assert_eq!(founders.carry(grant), Err(refused.into()));
		}
		assert_eq!(sitting(), [2, 3, 4, 5]);
	});
}

#[test]
fn a_seat_that_the_minimum_needs_is_neither_revoked_nor_given_up() {
	consortium(4, 4, |founders| {
		let revoke = Call::<Runtime>::revoke_seat { center: founders.id(0) };
		let before = Authorities::seats();
		let refused = Error::<Runtime>::BelowMinimum;
		assert_eq!(founders.carry(revoke.clone()), Err(refused.into()));
		let give_up = || call(&founders.centers[1], Call::<Runtime>::give_up_seat {});
		assert_eq!(give_up(), "Authorities.BelowMinimum");
		assert_eq!(Authorities::seats(), before);
		assert_eq!((run_two_sessions(), sitting()), (0, vec![2, 3, 4, 5]));

		assert_eq!(founders.carry(Call::<Runtime>::set_minimum { seats: 3 }), Ok(()));
		assert_eq!(founders.carry(revoke), Ok(()));
		assert_eq!(give_up(), "Authorities.BelowMinimum");
		assert_eq!((run_two_sessions(), sitting()), (1, vec![3, 4, 5]));
		assert_eq!(is_authority(&authority_keys(1)), (false, false));
	});
}

#[test]
fn a_center_that_gives_its_seat_up_authors_until_it_is_out_of_the_set() {
	consortium(4, 3, |founders| {
		let node = authority_keys(1);
		let set = Grandpa::current_set_id();
		assert_eq!(call(&founders.centers[0], Call::<Runtime>::give_up_seat {}), "permitted");
		let session = Session::current_index();
		assert_eq!(run_to_session(session + 1), 0);
		assert_eq!(is_authority(&node), (true, true));
		assert_eq!(run_to_session(session + 2), 1);
		assert_eq!(is_authority(&node), (false, false));
		assert_eq!(Grandpa::current_set_id(), set + 1);
	});
}

#[test]
fn a_health_authority_alone_stops_one_of_four_centers_and_more_only_with_the_council() {
	use pallet_ward_participants::Call::{freeze, suspend};
	consortium(4, 1, |founders| {
		let stop = |participant| call(&founders.authority, suspend::<Runtime> { participant });
		let (first, second) = (founders.id(0), founders.id(1));
		assert_eq!(stop(first), "permitted");
		assert_eq!(stop(second), "Participants.CannotBeSpared");
		let frozen = call(&founders.authority, freeze::<Runtime> { participant: second });
		assert_eq!(frozen, "Participants.CannotBeSpared");
		next_block();
		assert_eq!(Governance::council(), [1, 3, 4, 5].map(ParticipantId));
		// Without its seat it is not needed.
		let others = founders.but(0);
		assert_eq!(others.carry(Call::<Runtime>::revoke_seat { center: second }), Ok(()));
		assert_eq!(stop(second), "permitted");
	});
}

#[test]
fn a_suspended_center_leaves_the_set_and_is_back_when_it_is_reinstated() {
	use pallet_ward_participants::Call::{reinstate, suspend};
	consortium(4, 3, |founders| {
		let participant = founders.id(2);
		assert_eq!(call(&founders.authority, suspend::<Runtime> { participant }), "permitted");
		assert_eq!((run_two_sessions(), sitting()), (1, vec![2, 3, 5]));
		let back = reinstate::<Runtime> { participant, until: None };
		assert_eq!(call(&founders.authority, back), "permitted");
		assert_eq!((run_two_sessions(), sitting()), (1, vec![2, 3, 4, 5]));
	});
}
