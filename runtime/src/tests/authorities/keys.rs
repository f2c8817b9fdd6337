//! Session keys: whose they can be, who sets them, and how they are replaced.

use pallet_session::{KeyOwner, NextKeys};
use pallet_ward_authorities::SeatId;
use ward_primitives::KeyRoles;

use super::{
	super::{
		breaches::{author_proof, double_authoring, report_authoring},
		chain::{authority_keys, outcome, session_keys, set_keys, submit_general},
		pair,
	},
	consortium::*,
};
use crate::{Authorities, Grandpa, Runtime, RuntimeCall};

/// All session keys that are set, and whose they are.
fn keys() -> (Vec<(SeatId, crate::SessionKeys)>, usize) {
	let mut keys: Vec<_> = NextKeys::<Runtime>::iter().collect();
	keys.sort_by_key(|(seat, _)| *seat);
	(keys, KeyOwner::<Runtime>::iter().count())
}

#[test]
fn keys_are_set_only_by_who_has_them_and_governs_for_an_active_center() {
	use pallet_ward_participants::Call::suspend;
	consortium(4, 1, |founders| {
		let (center, other) = (&founders.centers[0], &founders.centers[1]);
		let acting = pair(60);
		attach_key(center, founders.id(0), &acting, KeyRoles::ACT);
		let before = keys();
		let new = authority_keys(60);
		// What another account was given.
		assert_eq!(call(center, set_keys(&new, other)), "Session.InvalidProof");
		// One of the two keys is somebody else's.
		let mixed = (new.0.clone(), authority_keys(2).1);
		let RuntimeCall::Session(pallet_session::Call::set_keys { proof, .. }) =
			set_keys(&new, center)
		else {
			panic!("it sets keys")
		};
		let stolen = pallet_session::Call::set_keys { keys: session_keys(&mixed), proof };
		assert_eq!(call(center, RuntimeCall::Session(stolen)), "Session.InvalidProof");
		// Another center's, with that center's help.
		assert_eq!(call(center, set_keys(&authority_keys(2), center)), "Session.DuplicatedKey");
		let no_seat = "Session.NoAssociatedValidatorId";
		assert_eq!(call(&acting, set_keys(&new, &acting)), no_seat);
		let participant = founders.id(0);
		assert_eq!(call(&founders.authority, suspend::<Runtime> { participant }), "permitted");
		assert_eq!(call(center, set_keys(&new, center)), no_seat);
		assert_eq!(keys(), before);
		// For the other one, the same keys are right.
		assert_eq!(call(other, set_keys(&new, other)), "permitted");
	});
}

#[test]
fn rotated_keys_replace_the_old_ones_two_sessions_later_and_answer_for_breaches() {
	consortium(4, 1, |founders| {
		let (center, old, new) = (&founders.centers[0], authority_keys(1), authority_keys(60));
		// Another governing key of the center may do it, too.
		let operator = pair(60);
		attach_key(center, founders.id(0), &operator, KeyRoles::GOVERN);
		let set = Grandpa::current_set_id();
		assert_eq!(call(&operator, set_keys(&new, &operator)), "permitted");
		assert_eq!(is_authority(&old), (true, true));
		assert_eq!(run_two_sessions(), 1);
		assert_eq!(is_authority(&old), (false, false));
		assert_eq!(is_authority(&new), (true, true));
		assert_eq!((sitting(), Grandpa::current_set_id()), (vec![2, 3, 4, 5], set + 1));
		assert_eq!((run_two_sessions(), Grandpa::current_set_id()), (0, set + 1));

		let breach = |node: &Node| {
			report_authoring(double_authoring(&node.0, slot()), author_proof(&node.0))
		};
		let of_nobody = breach(&old);
		assert_eq!(outcome(&submit_general(of_nobody)), "refused: BadProof");
		let report = breach(&new);
		// In the next session, from the history.
		run_to_session(crate::Session::current_index() + 1);
		assert_eq!(outcome(&submit_general(report)), "permitted");
		assert!(Authorities::seats()[0].row.suspension.is_some());
	});
}

#[test]
fn keys_cannot_be_taken_back() {
	consortium(4, 1, |founders| {
		let before = keys();
		let purge = RuntimeCall::Session(pallet_session::Call::purge_keys {});
		assert_eq!(call(&founders.centers[0], purge), "refused: CallForbidden");
		assert_eq!(keys(), before);
	});
}
