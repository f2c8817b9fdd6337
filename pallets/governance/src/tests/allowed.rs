//! What can be proposed and enacted.

use super::*;

/// The origin of a unanimous motion.
fn council() -> RuntimeOrigin {
	RuntimeOrigin::from(pallet_collective::RawOrigin::Members(6, 6))
}

#[test]
fn a_call_that_is_not_on_the_agenda_is_neither_proposed_nor_enacted() {
	new_test_ext().execute_and_check(|| {
		let call = RuntimeCall::System(frame_system::Call::set_heap_pages { pages: 9 });
		assert_noop!(propose(MEMBERS[0], &call), Error::<Test>::NotAllowed);
		assert_noop!(Governance::enact(council(), Box::new(call)), Error::<Test>::NotAllowed);
	});
}

#[test]
fn enacting_an_enactment_is_refused() {
	new_test_ext().execute_and_check(|| {
		let nested = enact(authorize_upgrade());
		assert_noop!(propose(MEMBERS[0], &nested), Error::<Test>::NotAllowed);
		assert_noop!(Governance::enact(council(), Box::new(nested)), Error::<Test>::NotAllowed);
	});
}

#[test]
fn proposing_and_voting_cannot_be_enacted() {
	new_test_ext().execute_and_check(|| {
		let call = Box::new(authorize_upgrade());
		let motion = H256([0; 32]);
		for call in [
			crate::Call::propose { call },
			crate::Call::vote { motion, index: 0, approve: true },
			crate::Call::close { motion, index: 0, weight_bound: Weight::MAX, length_bound: 0 },
		] {
			let call = RuntimeCall::Governance(call);
			assert_noop!(propose(MEMBERS[0], &call), Error::<Test>::NotAllowed);
		}
	});
}

#[test]
fn a_batch_is_refused_even_if_all_in_it_is_allowed() {
	new_test_ext().execute_and_check(|| {
		let calls = vec![Box::new(authorize_upgrade())];
		let batch = RuntimeCall::Batch(batch::Call::batch { calls });
		assert_noop!(propose(MEMBERS[0], &batch), Error::<Test>::NotAllowed);
		assert_noop!(Governance::enact(council(), Box::new(batch)), Error::<Test>::NotAllowed);
	});
}

#[test]
fn a_batch_around_an_enactment_gains_nothing() {
	new_test_ext().execute_and_check(|| {
		let calls = vec![Box::new(enact(authorize_upgrade()))];
		assert_noop!(Batch::batch(by(MEMBERS[0]), calls), DispatchError::BadOrigin);
	});
}

#[test]
fn an_agenda_that_allowed_an_enactment_would_still_not_nest_it() {
	new_test_ext().execute_and_check(|| {
		// The inner one is dispatched as Root, which is no majority.
		assert_noop!(
			Governance::enact(RuntimeOrigin::root(), Box::new(authorize_upgrade())),
			DispatchError::BadOrigin
		);
	});
}

#[test]
fn what_left_the_agenda_since_it_was_proposed_is_not_enacted() {
	new_test_ext().execute_and_check(|| {
		// As if a former runtime had allowed it.
		let call = RuntimeCall::System(frame_system::Call::set_heap_pages { pages: 9 });
		let member = Governance::account_of(MEMBERS[0]);
		assert_ok!(Governance::open_motion(member, enact(call.clone())));
		for member in &MEMBERS[1..4] {
			assert_ok!(vote(*member, &call, 0, true));
		}
		assert_ok!(close(MEMBERS[0], &call, 0));
		assert_eq!(executed(), Some(Err(Error::<Test>::NotAllowed.into())));
	});
}
