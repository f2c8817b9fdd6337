//! How many votes it takes.

use super::*;
use crate::motions::two_thirds;

#[test]
fn two_thirds_are_rounded_up() {
	let needed: Vec<_> = (0..=10).map(two_thirds).collect();
	assert_eq!(needed, [0, 1, 2, 2, 3, 4, 4, 5, 6, 6, 7]);
	for members in [1, 2, 3, 7, 100, 128, u32::MAX / 3] {
		let needed = two_thirds(members);
		assert!(needed * 3 >= members * 2 && (needed - 1) * 3 < members * 2, "{members}");
	}
	assert_eq!(two_thirds(u32::MAX), u32::MAX / 3 * 2);
}

#[test]
fn two_thirds_of_the_council_reach_root() {
	new_test_ext().execute_and_check(|| {
		let call = authorize_upgrade();
		open_with_ayes(&call, 4);
		assert_ok!(close(MEMBERS[5], &call, 0));
		assert_eq!(executed(), Some(Ok(())));
		assert_eq!(authorized(), Some(H256([7; 32])));
		let call_hash = BlakeTwo256::hash_of(&call);
		System::assert_has_event(Event::<Test>::Enacted { call_hash }.into());
		assert_eq!(open_motions(), 0);
	});
}

#[test]
fn one_half_of_the_council_does_not() {
	new_test_ext().execute_and_check(|| {
		let call = authorize_upgrade();
		open_with_ayes(&call, 3);
		assert_noop!(
			close(MEMBERS[0], &call, 0).map_err(|failed| failed.error),
			NotInCouncil::TooEarly
		);
		assert_eq!(authorized(), None);
	});
}

#[test]
fn a_council_of_one_decides_alone_and_one_of_two_does_not() {
	new_test_ext().execute_and_check(|| {
		assert_ok!(Participants::suspend(RuntimeOrigin::root(), OTHER_AUTHORITY));
		set_seats(&[CENTERS[0]]);
		next_block();
		assert_eq!(Governance::council(), [AUTHORITY, CENTERS[0]]);
		let call = authorize_upgrade();
		assert_ok!(propose(CENTERS[0], &call));
		assert_noop!(
			close(CENTERS[0], &call, 0).map_err(|failed| failed.error),
			NotInCouncil::TooEarly
		);
		set_seats(&[]);
		next_block();
		assert_eq!(Governance::council(), [AUTHORITY]);
		let call = authorize_upgrade_to(8);
		assert_ok!(propose(AUTHORITY, &call));
		assert_ok!(close(AUTHORITY, &call, 1));
		assert_eq!(authorized(), Some(H256([8; 32])));
	});
}

/// As the pool refuses the council's own calls, this is the inner line of defence.
#[test]
fn a_unanimous_motion_without_enact_does_not_reach_root() {
	new_test_ext().execute_and_check(|| {
		let motion = authorize_upgrade();
		let member = |id| RuntimeOrigin::signed(Governance::account_of(id));
		let hash = BlakeTwo256::hash_of(&motion);
		let len = length(&motion);
		assert_ok!(Council::propose(member(MEMBERS[0]), 6, Box::new(motion), len));
		for id in MEMBERS {
			assert_ok!(Council::vote(member(id), hash, 0, true));
		}
		assert_ok!(Council::close(member(MEMBERS[0]), hash, 0, Weight::MAX, len));
		assert_eq!(executed(), Some(Err(DispatchError::BadOrigin)));
		assert_eq!(authorized(), None);
	});
}

#[test]
fn a_low_threshold_does_not_reach_root() {
	new_test_ext().execute_and_check(|| {
		let motion = enact(authorize_upgrade());
		let member = |id| RuntimeOrigin::signed(Governance::account_of(id));
		let hash = BlakeTwo256::hash_of(&motion);
		let len = length(&motion);
		assert_ok!(Council::propose(member(MEMBERS[0]), 2, Box::new(motion), len));
		for id in &MEMBERS[..3] {
			assert_ok!(Council::vote(member(*id), hash, 0, true));
		}
		assert_ok!(Council::close(member(MEMBERS[0]), hash, 0, Weight::MAX, len));
		assert_eq!(executed(), Some(Err(DispatchError::BadOrigin)));
		assert_eq!(authorized(), None);
	});
}
