//! What the pallet answers to readers.

use sp_runtime::AccountId32;
use ward_primitives::council::Motion;

use super::*;

#[test]
fn open_motions_are_read_with_their_votes_and_calls() {
	new_test_ext().execute_and_check(|| {
		assert_eq!(Governance::motions(), []);
		let (one, other) = (authorize_upgrade(), authorize_upgrade_to(8));
		assert_ok!(propose(CENTERS[3], &one));
		next_block();
		assert_ok!(propose(AUTHORITY, &other));
		// Read by number, in whichever order they voted.
		assert_ok!(vote(CENTERS[1], &one, 0, false));
		assert_ok!(vote(AUTHORITY, &one, 0, true));
		let ends = u32::try_from(MOTION_DURATION).expect("short") + 1;
		assert_eq!(
			Governance::motions(),
			[
				Motion {
					hash: hash(&one).0,
					index: 0,
					ayes: vec![AUTHORITY, CENTERS[3]],
					nays: vec![CENTERS[1]],
					threshold: 4,
					ends,
					call: one.encode(),
				},
				Motion {
					hash: hash(&other).0,
					index: 1,
					ayes: vec![AUTHORITY],
					nays: vec![],
					threshold: 4,
					ends: ends + 1,
					call: other.encode(),
				},
			]
		);
	});
}

#[test]
fn the_bounds_of_a_motion_follow_from_its_call_as_it_is_read() {
	new_test_ext().execute_and_check(|| {
		let call = authorize_upgrade();
		assert_ok!(propose(AUTHORITY, &call));
		let motion = &Governance::motions()[0];
		// Two bytes name `governance.enact`.
		let length = u32::try_from(motion.call.len()).expect("short") + 2;
		assert_eq!(length, super::length(&enact(call)));
	});
}

#[test]
fn a_member_is_known_from_its_account() {
	new_test_ext().execute_and_check(|| {
		for id in [0, 1, 255, 256, u64::MAX].map(ParticipantId) {
			assert_eq!(Governance::participant_of(Governance::account_of(id)), Some(id));
		}
		assert_eq!(
			Governance::account_of(ParticipantId(0x0102)),
			AccountId32::new(*b"modlward/cou\x02\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")
		);
	});
}

#[test]
fn other_accounts_are_no_members() {
	new_test_ext().execute_and_check(|| {
		assert_eq!(Governance::participant_of(key(AUTHORITY)), None);
		// Another pallet's account, one with something behind the number, and one of another kind.
		for bytes in [
			*b"modlward/oth\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
			*b"modlward/cou\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01",
			*b"siblward/cou\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
		] {
			assert_eq!(Governance::participant_of(AccountId32::new(bytes)), None);
		}
	});
}
