//! When and how motions are closed.

use super::*;

fn refused(call: &RuntimeCall, index: u32) -> DispatchResult {
	close(MEMBERS[0], call, index).map(|_| ()).map_err(|failed| failed.error)
}

fn wait_for_the_end() {
	for _ in 0..MOTION_DURATION {
		next_block();
	}
}

#[test]
fn an_undecided_motion_cannot_be_closed_before_its_end_and_is_then_rejected() {
	new_test_ext().execute_and_check(|| {
		let call = authorize_upgrade();
		open_with_ayes(&call, 3);
		assert_noop!(refused(&call, 0), NotInCouncil::TooEarly);
		for _ in 1..MOTION_DURATION {
			next_block();
		}
		assert_noop!(refused(&call, 0), NotInCouncil::TooEarly);
		next_block();
		assert_eq!(Governance::motions()[0].ends, 11);
		System::reset_events();
		assert_ok!(close(MEMBERS[0], &call, 0));
		let proposal_hash = hash(&call);
		let events: Vec<_> = System::events().into_iter().map(|record| record.event).collect();
		assert_eq!(
			events,
			[
				// The three that did not vote count as against it.
				RuntimeEvent::Council(CollectiveEvent::Closed { proposal_hash, yes: 3, no: 3 }),
				RuntimeEvent::Council(CollectiveEvent::Disapproved { proposal_hash }),
			]
		);
		assert_eq!((open_motions(), authorized()), (0, None));
	});
}

#[test]
fn a_motion_that_is_carried_stays_so_after_its_end() {
	new_test_ext().execute_and_check(|| {
		let call = authorize_upgrade();
		open_with_ayes(&call, 4);
		wait_for_the_end();
		assert_ok!(close(MEMBERS[0], &call, 0));
		assert_eq!(authorized(), Some(H256([7; 32])));
	});
}

#[test]
fn a_motion_that_cannot_succeed_any_more_is_closed_early() {
	new_test_ext().execute_and_check(|| {
		let call = authorize_upgrade();
		assert_ok!(propose(MEMBERS[0], &call));
		assert_ok!(vote(MEMBERS[1], &call, 0, false));
		assert_ok!(vote(MEMBERS[2], &call, 0, false));
		assert_noop!(refused(&call, 0), NotInCouncil::TooEarly);
		assert_ok!(vote(MEMBERS[3], &call, 0, false));
		assert_ok!(close(MEMBERS[0], &call, 0));
		assert_eq!((open_motions(), executed()), (0, None));
	});
}

#[test]
fn a_motion_is_named_with_its_number() {
	new_test_ext().execute_and_check(|| {
		let call = authorize_upgrade();
		assert_noop!(refused(&call, 0), NotInCouncil::ProposalMissing);
		open_with_ayes(&call, 4);
		assert_noop!(refused(&call, 1), NotInCouncil::WrongIndex);
		assert_ok!(close(MEMBERS[0], &call, 0));
		assert_noop!(refused(&call, 0), NotInCouncil::ProposalMissing);
	});
}

#[test]
fn bounds_that_are_too_low_are_refused() {
	new_test_ext().execute_and_check(|| {
		let call = authorize_upgrade();
		open_with_ayes(&call, 4);
		let motion = enact(call.clone());
		let weight = motion.get_dispatch_info().call_weight;
		let close = |weight, length| {
			Governance::close(by(MEMBERS[0]), hash(&call), 0, weight, length)
				.map(|_| ())
				.map_err(|failed| failed.error)
		};
		let less = weight.saturating_sub(Weight::from_parts(1, 0));
		assert_noop!(close(less, length(&motion)), NotInCouncil::WrongProposalWeight);
		assert_noop!(close(weight, length(&motion) - 1), NotInCouncil::WrongProposalLength);
		assert_ok!(close(weight, length(&motion)));
	});
}

#[test]
fn only_what_was_used_is_charged() {
	new_test_ext().execute_and_check(|| {
		let call = authorize_upgrade();
		let motion = enact(call.clone());
		let (weight, length) = (motion.get_dispatch_info().call_weight, length(&motion));
		let own = <() as WeightInfo>::close(length);
		// The bounds are what is announced.
		let generous = weight.saturating_mul(9);
		let announced = RuntimeCall::Governance(crate::Call::close {
			motion: hash(&call),
			index: 0,
			weight_bound: generous,
			length_bound: length,
		});
		assert_eq!(announced.get_dispatch_info().call_weight, own.saturating_add(generous));
		// If the motion is carried, its own weight counts.
		open_with_ayes(&call, 4);
		let used = Governance::close(by(MEMBERS[0]), hash(&call), 0, generous, length);
		assert_eq!(used.expect("carried").actual_weight, Some(own.saturating_add(weight)));
		// If it is rejected, none.
		let call = authorize_upgrade_to(8);
		assert_ok!(propose(MEMBERS[0], &call));
		for member in &MEMBERS[1..4] {
			assert_ok!(vote(*member, &call, 1, false));
		}
		let used = Governance::close(by(MEMBERS[0]), hash(&call), 1, generous, length);
		let used = used.expect("rejected").actual_weight;
		assert_eq!(used, Some(<() as WeightInfo>::close(0)));
	});
}

/// The council grows from six to nine while four are for a motion.
fn grow_with_four_ayes(call: &RuntimeCall) {
	open_with_ayes(call, 4);
	set_seats(&[&CENTERS[..], &GUESTS[..]].concat());
	next_block();
	assert_eq!(Governance::council().len(), 9);
}

#[test]
fn a_council_that_grew_needs_two_thirds_of_all_its_members() {
	new_test_ext().execute_and_check(|| {
		let call = authorize_upgrade();
		grow_with_four_ayes(&call);
		// Four of nine are enough for the motion's threshold, but are no two thirds.
		assert_noop!(refused(&call, 0), Error::<Test>::NotEnoughVotes);
		assert_ok!(vote(GUESTS[0], &call, 0, true));
		assert_noop!(refused(&call, 0), Error::<Test>::NotEnoughVotes);
		assert_eq!(open_motions(), 1);
		assert_ok!(vote(GUESTS[1], &call, 0, true));
		assert_ok!(close(MEMBERS[0], &call, 0));
		assert_eq!(executed(), Some(Ok(())));
		assert_eq!(authorized(), Some(H256([7; 32])));
	});
}

#[test]
fn a_council_that_grew_still_closes_the_motion_at_its_end() {
	new_test_ext().execute_and_check(|| {
		let call = authorize_upgrade();
		grow_with_four_ayes(&call);
		for _ in 2..MOTION_DURATION {
			next_block();
		}
		assert_noop!(refused(&call, 0), Error::<Test>::NotEnoughVotes);
		next_block();
		System::reset_events();
		assert_ok!(close(MEMBERS[0], &call, 0));
		let proposal_hash = hash(&call);
		let events: Vec<_> = System::events().into_iter().map(|record| record.event).collect();
		let disapproved = CollectiveEvent::Disapproved { proposal_hash };
		assert_eq!(events, [RuntimeEvent::Council(disapproved)]);
		assert_eq!((open_motions(), executed(), authorized()), (0, None, None));
	});
}

#[test]
fn a_number_is_checked_before_the_votes() {
	new_test_ext().execute_and_check(|| {
		let call = authorize_upgrade();
		grow_with_four_ayes(&call);
		assert_noop!(refused(&call, 1), NotInCouncil::WrongIndex);
	});
}

#[test]
fn a_council_that_shrank_keeps_the_thresholds_of_open_motions() {
	new_test_ext().execute_and_check(|| {
		let call = authorize_upgrade();
		open_with_ayes(&call, 3);
		set_seats(&CENTERS[..1]);
		next_block();
		assert_eq!(Governance::council().len(), 3);
		// All that are left are for it, but four could not be any more: propose it again.
		assert_ok!(close(MEMBERS[0], &call, 0));
		assert_eq!((open_motions(), executed()), (0, None));
		assert_ok!(propose(MEMBERS[0], &call));
		assert_eq!(Governance::motions()[0].threshold, 2);
		assert_ok!(vote(MEMBERS[1], &call, 1, true));
		assert_ok!(close(MEMBERS[0], &call, 1));
		assert_eq!(executed(), Some(Ok(())));
	});
}
