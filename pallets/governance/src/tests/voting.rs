//! Proposing and voting.

use super::*;

#[test]
fn proposing_votes_for_the_proposer_and_announces_the_motion() {
	new_test_ext().execute_and_check(|| {
		let call = authorize_upgrade();
		assert_ok!(propose(MEMBERS[2], &call));
		let account = Governance::account_of(MEMBERS[2]);
		let proposal_hash = hash(&call);
		let events: Vec<_> = System::events().into_iter().map(|record| record.event).collect();
		assert_eq!(
			events,
			[
				RuntimeEvent::Council(CollectiveEvent::Proposed {
					account: account.clone(),
					proposal_index: 0,
					proposal_hash,
					threshold: 4,
				}),
				RuntimeEvent::Council(CollectiveEvent::Voted {
					account,
					proposal_hash,
					voted: true,
					yes: 1,
					no: 0,
				}),
			]
		);
	});
}

#[test]
fn the_same_motion_is_not_opened_twice_but_again_once_it_is_closed() {
	new_test_ext().execute_and_check(|| {
		let call = authorize_upgrade();
		open_with_ayes(&call, 4);
		assert_noop!(propose(MEMBERS[1], &call), NotInCouncil::DuplicateProposal);
		assert_ok!(close(MEMBERS[0], &call, 0));
		assert_ok!(propose(MEMBERS[1], &call));
		// It has a new number, so that votes for the former one cannot count for it.
		assert_noop!(vote(MEMBERS[2], &call, 0, true), NotInCouncil::WrongIndex);
		assert_ok!(vote(MEMBERS[2], &call, 1, true));
	});
}

#[test]
fn only_so_many_motions_are_open() {
	new_test_ext().execute_and_check(|| {
		for byte in 0..10 {
			assert_ok!(propose(MEMBERS[0], &authorize_upgrade_to(byte)));
		}
		assert_noop!(
			propose(MEMBERS[0], &authorize_upgrade_to(10)),
			NotInCouncil::TooManyProposals
		);
	});
}

#[test]
fn a_member_votes_once_and_may_change_its_mind() {
	new_test_ext().execute_and_check(|| {
		let call = authorize_upgrade();
		assert_ok!(propose(MEMBERS[0], &call));
		assert_noop!(vote(MEMBERS[0], &call, 0, true), NotInCouncil::DuplicateVote);
		assert_ok!(vote(MEMBERS[1], &call, 0, true));
		assert_noop!(vote(MEMBERS[1], &call, 0, true), NotInCouncil::DuplicateVote);
		assert_ok!(vote(MEMBERS[1], &call, 0, false));
		assert_noop!(vote(MEMBERS[1], &call, 0, false), NotInCouncil::DuplicateVote);
		let motion = &Governance::motions()[0];
		assert_eq!((&motion.ayes[..], &motion.nays[..]), (&MEMBERS[..1], &MEMBERS[1..2]));
	});
}

#[test]
fn all_keys_of_a_member_share_one_vote() {
	new_test_ext().execute_and_check(|| {
		attach(named("clerk"), MEMBERS[0], KeyRoles::GOVERN);
		let call = authorize_upgrade();
		assert_ok!(propose(MEMBERS[0], &call));
		let clerk = RuntimeOrigin::signed(named("clerk"));
		assert_noop!(
			Governance::vote(clerk.clone(), hash(&call), 0, true),
			NotInCouncil::DuplicateVote
		);
		assert_ok!(Governance::vote(clerk, hash(&call), 0, false));
		assert_eq!(Governance::motions()[0].nays, [MEMBERS[0]]);
	});
}

#[test]
fn a_vote_names_an_open_motion_with_its_number() {
	new_test_ext().execute_and_check(|| {
		let call = authorize_upgrade();
		assert_noop!(vote(MEMBERS[1], &call, 0, true), NotInCouncil::ProposalMissing);
		assert_ok!(propose(MEMBERS[0], &call));
		assert_noop!(vote(MEMBERS[1], &call, 1, true), NotInCouncil::WrongIndex);
		assert_noop!(
			vote(MEMBERS[1], &authorize_upgrade_to(8), 0, true),
			NotInCouncil::ProposalMissing
		);
		// A call is not named by its own hash but by that of its enactment.
		let own_hash = BlakeTwo256::hash_of(&call);
		assert_noop!(
			Governance::vote(by(MEMBERS[1]), own_hash, 0, true),
			NotInCouncil::ProposalMissing
		);
	});
}

#[test]
fn a_suspended_member_neither_votes_nor_proposes_from_the_same_block_on() {
	new_test_ext().execute_and_check(|| {
		let call = authorize_upgrade();
		assert_ok!(propose(MEMBERS[0], &call));
		assert_ok!(Participants::suspend(by(AUTHORITY), CENTERS[0]));
		let not_active = pallet_ward_participants::Error::<Test>::NotActive;
		assert_noop!(vote(CENTERS[0], &call, 0, true), not_active);
		let not_active = pallet_ward_participants::Error::<Test>::NotActive;
		assert_noop!(propose(CENTERS[0], &authorize_upgrade_to(8)), not_active);
		let not_active = pallet_ward_participants::Error::<Test>::NotActive;
		assert_noop!(close(CENTERS[0], &call, 0).map_err(|failed| failed.error), not_active);
		next_block();
		let not_active = pallet_ward_participants::Error::<Test>::NotActive;
		assert_noop!(vote(CENTERS[0], &call, 0, true), not_active);
		// And again when it is reinstated, from the next block on.
		assert_ok!(Participants::reinstate(by(AUTHORITY), CENTERS[0], None));
		assert_noop!(vote(CENTERS[0], &call, 0, true), NotInCouncil::NotMember);
		next_block();
		assert_ok!(vote(CENTERS[0], &call, 0, true));
	});
}

#[test]
fn proposing_weighs_more_the_longer_the_call_is() {
	let short = crate::Call::<Test>::propose { call: Box::new(authorize_upgrade()) };
	let code = vec![0; 1_000];
	let call = RuntimeCall::System(frame_system::Call::apply_authorized_upgrade { code });
	let long = crate::Call::<Test>::propose { call: Box::new(call.clone()) };
	let weight = |call: &crate::Call<Test>| call.get_dispatch_info().call_weight;
	assert!(weight(&long).ref_time() > weight(&short).ref_time());
	let bytes = u32::try_from(call.encoded_size()).expect("short");
	assert_eq!(weight(&long), <() as WeightInfo>::propose(bytes));
}
