//! Who may enact.

use super::*;

#[test]
fn two_thirds_of_the_council_reach_root() {
	new_test_ext().execute_with(|| {
		let call = authorize_upgrade();
		assert_ok!(pass(&enact(call.clone()), 4));
		assert_eq!(
			System::authorized_upgrade().map(|upgrade| *upgrade.code_hash()),
			Some(H256([7; 32]))
		);
		let call_hash = BlakeTwo256::hash_of(&call);
		System::assert_has_event(Event::<Test>::Enacted { call_hash }.into());
	});
}

#[test]
fn one_half_of_the_council_does_not() {
	new_test_ext().execute_with(|| {
		assert_eq!(pass(&enact(authorize_upgrade()), 3), Err(DispatchError::BadOrigin));
		assert!(System::authorized_upgrade().is_none());
	});
}

#[test]
fn a_unanimous_motion_without_enact_does_not() {
	new_test_ext().execute_with(|| {
		assert_eq!(pass(&authorize_upgrade(), 6), Err(DispatchError::BadOrigin));
		assert!(System::authorized_upgrade().is_none());
	});
}

#[test]
fn nobody_else_enacts() {
	new_test_ext().execute_with(|| {
		let too_few = pallet_collective::RawOrigin::Members(3, 6);
		for origin in [
			RuntimeOrigin::signed(MEMBERS[0]),
			RuntimeOrigin::none(),
			RuntimeOrigin::root(),
			RuntimeOrigin::from(pallet_collective::RawOrigin::Member(MEMBERS[0])),
			RuntimeOrigin::from(too_few),
		] {
			assert_noop!(
				Governance::enact(origin, Box::new(authorize_upgrade())),
				DispatchError::BadOrigin
			);
		}
	});
}
