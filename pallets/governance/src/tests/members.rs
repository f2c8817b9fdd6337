//! How the council follows the registry.

use frame_support::{assert_storage_noop, traits::Hooks};

use super::*;
use crate::{MembersStale, MembersUntil};

/// The changes of the council since the last call of this function.
fn take_changes() -> Vec<Event<Test>> {
	let events = System::events().into_iter().filter_map(|record| match record.event {
		RuntimeEvent::Governance(event @ Event::MembersChanged { .. }) => Some(event),
		_ => None,
	});
	let events = events.collect();
	System::reset_events();
	events
}

fn changed(joined: &[ParticipantId], left: &[ParticipantId]) -> Event<Test> {
	Event::MembersChanged { joined: joined.to_vec(), left: left.to_vec() }
}

#[test]
fn the_first_council_is_the_electorate_of_genesis() {
	new_test_ext().execute_and_check(|| {
		assert_eq!(Governance::council(), MEMBERS);
		assert!(!MembersStale::<Test>::get());
		assert_eq!(next_block(), <() as WeightInfo>::keep_members());
		assert_eq!(take_changes(), []);
	});
}

#[test]
fn the_council_follows_the_registry_at_the_next_block() {
	new_test_ext().execute_and_check(|| {
		assert_ok!(Participants::suspend(by(AUTHORITY), CENTERS[0]));
		assert_ok!(Participants::freeze(by(OTHER_AUTHORITY), OTHER_AUTHORITY));
		assert_eq!(Governance::council(), MEMBERS);
		assert_eq!(next_block(), <() as WeightInfo>::update_members());
		assert_eq!(Governance::council(), [AUTHORITY, CENTERS[1], CENTERS[2], CENTERS[3]]);
		assert_eq!(take_changes(), [changed(&[], &[OTHER_AUTHORITY, CENTERS[0]])]);
		// Nothing more changes.
		assert_eq!(next_block(), <() as WeightInfo>::keep_members());
		// One comes back while another goes.
		assert_ok!(Participants::reinstate(by(AUTHORITY), CENTERS[0], None));
		assert_ok!(Participants::deactivate(by(CENTERS[3]), CENTERS[3]));
		next_block();
		assert_eq!(Governance::council(), [AUTHORITY, CENTERS[0], CENTERS[1], CENTERS[2]]);
		assert_eq!(take_changes(), [changed(&[CENTERS[0]], &[CENTERS[3]])]);
	});
}

#[test]
fn a_center_that_takes_a_seat_joins_and_one_that_gives_it_up_leaves() {
	new_test_ext().execute_and_check(|| {
		set_seats(&[CENTERS[1], CENTERS[2], CENTERS[3], GUESTS[0]]);
		next_block();
		assert_eq!(take_changes(), [changed(&[GUESTS[0]], &[CENTERS[0]])]);
		assert_noop!(propose(CENTERS[0], &authorize_upgrade()), NotInCouncil::NotMember);
		assert_ok!(propose(GUESTS[0], &authorize_upgrade()));
	});
}

#[test]
fn a_center_without_a_seat_changes_nothing_in_the_council() {
	new_test_ext().execute_and_check(|| {
		assert_ok!(Participants::suspend(by(AUTHORITY), GUESTS[0]));
		// The registry says so, and the council looks, but nobody joined or left.
		assert_eq!(next_block(), <() as WeightInfo>::update_members());
		assert_eq!(take_changes(), []);
		assert_eq!(Governance::council(), MEMBERS);
	});
}

#[test]
fn those_who_cannot_sit_in_the_council_do_not_make_it_look() {
	new_test_ext().execute_and_check(|| {
		assert_ok!(Participants::suspend(by(CENTERS[0]), PATIENT));
		assert_eq!(next_block(), <() as WeightInfo>::keep_members());
	});
}

#[test]
fn a_member_that_leaves_loses_its_votes_for_and_against() {
	new_test_ext().execute_and_check(|| {
		let (one, other) = (authorize_upgrade(), authorize_upgrade_to(8));
		open_with_ayes(&one, 4);
		assert_ok!(propose(MEMBERS[0], &other));
		assert_ok!(vote(CENTERS[1], &other, 1, false));
		assert_ok!(Participants::suspend(by(AUTHORITY), CENTERS[1]));
		next_block();
		let motions = Governance::motions();
		assert_eq!(motions[0].ayes, &MEMBERS[..3]);
		assert_eq!((&motions[1].ayes[..], &motions[1].nays[..]), (&MEMBERS[..1], &[][..]));
		// What it carried is not carried any more.
		assert_noop!(
			close(MEMBERS[0], &one, 0).map_err(|failed| failed.error),
			NotInCouncil::TooEarly
		);
		// Nor does the vote come back with the member.
		assert_ok!(Participants::reinstate(by(AUTHORITY), CENTERS[1], None));
		next_block();
		assert_eq!(Governance::motions()[0].ayes, &MEMBERS[..3]);
		assert_ok!(vote(CENTERS[1], &one, 0, true));
		assert_ok!(close(MEMBERS[0], &one, 0));
		assert_eq!(executed(), Some(Ok(())));
	});
}

#[test]
fn a_member_whose_time_ends_by_itself_leaves_at_the_block_after() {
	new_test_ext().execute_and_check(|| {
		let call = authorize_upgrade();
		open_with_ayes(&call, 4);
		// Soon, and a later one that must not be forgotten when the first is over.
		let (soon, late) = (START + SLOT, START + 3 * SLOT);
		assert_ok!(Participants::set_expiry(by(AUTHORITY), CENTERS[0], Some(late)));
		assert_ok!(Participants::set_expiry(by(AUTHORITY), CENTERS[1], Some(soon)));
		next_block();
		assert_eq!(MembersUntil::<Test>::get(), Some(soon));
		// The clock of this block stands at the end: it votes no more, and its vote goes with the next.
		let not_active = pallet_ward_participants::Error::<Test>::NotActive;
		assert_noop!(vote(CENTERS[1], &call, 0, false), not_active);
		assert_eq!(take_changes(), []);
		check();
		assert_eq!(next_block(), <() as WeightInfo>::update_members());
		assert_eq!(take_changes(), [changed(&[], &[CENTERS[1]])]);
		assert_eq!(Governance::motions()[0].ayes, &MEMBERS[..3]);
		assert_eq!(MembersUntil::<Test>::get(), Some(late));
		assert_eq!(next_block(), <() as WeightInfo>::keep_members());
		next_block();
		assert_eq!(take_changes(), [changed(&[], &[CENTERS[0]])]);
		assert_eq!(MembersUntil::<Test>::get(), None);
	});
}

#[test]
fn an_end_that_is_lifted_in_time_is_forgotten() {
	new_test_ext().execute_and_check(|| {
		let until = START + 2 * SLOT;
		assert_ok!(Participants::set_expiry(by(AUTHORITY), CENTERS[0], Some(until)));
		next_block();
		assert_eq!(MembersUntil::<Test>::get(), Some(until));
		assert_ok!(Participants::set_expiry(by(AUTHORITY), CENTERS[0], None));
		next_block();
		assert_eq!(MembersUntil::<Test>::get(), None);
		for _ in 0..3 {
			assert_eq!(next_block(), <() as WeightInfo>::keep_members());
		}
		assert_eq!(Governance::council(), MEMBERS);
	});
}

#[test]
fn a_block_without_changes_writes_nothing() {
	new_test_ext().execute_and_check(|| {
		assert_storage_noop!({
			Governance::on_initialize(2);
		});
	});
}

#[test]
fn a_motion_can_suspend_a_member_of_the_council() {
	new_test_ext().execute_and_check(|| {
		let participant = OTHER_AUTHORITY;
		let suspend = pallet_ward_participants::Call::suspend { participant };
		let call = RuntimeCall::Participants(suspend);
		open_with_ayes(&call, 4);
		assert_ok!(close(MEMBERS[0], &call, 0));
		assert_eq!(executed(), Some(Ok(())));
		next_block();
		assert_eq!(take_changes(), [changed(&[], &[OTHER_AUTHORITY])]);
	});
}

#[test]
fn even_the_last_member_can_leave() {
	new_test_ext().execute_and_check(|| {
		set_seats(&[]);
		assert_ok!(Participants::deactivate(by(OTHER_AUTHORITY), OTHER_AUTHORITY));
		assert_ok!(Participants::freeze(by(AUTHORITY), AUTHORITY));
		next_block();
		assert_eq!(Governance::council(), []);
	});
}
