//! What can be enacted.

use super::*;

/// The origin of a unanimous motion.
fn council() -> RuntimeOrigin {
	RuntimeOrigin::from(pallet_collective::RawOrigin::Members(6, 6))
}

#[test]
fn a_call_that_is_not_on_the_list_is_refused() {
	new_test_ext().execute_with(|| {
		let call = RuntimeCall::System(frame_system::Call::set_heap_pages { pages: 9 });
		assert_noop!(Governance::enact(council(), Box::new(call)), Error::<Test>::NotAllowed);
	});
}

#[test]
fn enacting_an_enactment_is_refused() {
	new_test_ext().execute_with(|| {
		let nested = enact(authorize_upgrade());
		assert_noop!(Governance::enact(council(), Box::new(nested)), Error::<Test>::NotAllowed);
	});
}

#[test]
fn a_batch_is_refused_even_if_all_in_it_is_allowed() {
	new_test_ext().execute_with(|| {
		let calls = vec![Box::new(authorize_upgrade())];
		let batch = RuntimeCall::Batch(batch::Call::batch { calls });
		assert_noop!(Governance::enact(council(), Box::new(batch)), Error::<Test>::NotAllowed);
	});
}

#[test]
fn a_batch_around_an_enactment_gains_nothing() {
	new_test_ext().execute_with(|| {
		let calls = vec![Box::new(enact(authorize_upgrade()))];
		let origin = RuntimeOrigin::signed(MEMBERS[0]);
		assert_noop!(Batch::batch(origin, calls), DispatchError::BadOrigin);
	});
}

#[test]
fn a_list_that_allowed_an_enactment_would_still_not_nest_it() {
	new_test_ext().execute_with(|| {
		// The inner one is dispatched as Root, which is no majority.
		assert_noop!(
			Governance::enact(RuntimeOrigin::root(), Box::new(authorize_upgrade())),
			DispatchError::BadOrigin
		);
	});
}
