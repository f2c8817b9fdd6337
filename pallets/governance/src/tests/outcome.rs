//! How an enactment ends.

use super::*;

fn by_council(call: RuntimeCall) -> DispatchResultWithPostInfo {
	let origin = RuntimeOrigin::from(pallet_collective::RawOrigin::Members(4, 6));
	Governance::enact(origin, Box::new(call))
}

/// A call on the agenda that fails: nothing was authorized.
fn unauthorized_upgrade() -> RuntimeCall {
	RuntimeCall::System(frame_system::Call::apply_authorized_upgrade { code: vec![0; 8] })
}

#[test]
fn a_failing_call_makes_the_motion_fail_with_its_error() {
	new_test_ext().execute_and_check(|| {
		let call = unauthorized_upgrade();
		open_with_ayes(&call, 4);
		assert_ok!(close(MEMBERS[0], &call, 0));
		let failure = frame_system::Error::<Test>::NothingAuthorized.into();
		assert_eq!(executed(), Some(Err(failure)));
		let enacted = |event| matches!(event, RuntimeEvent::Governance(Event::Enacted { .. }));
		assert!(!System::events().into_iter().any(|record| enacted(record.event)));
		// The motion is spent, and can be proposed again.
		assert_eq!(open_motions(), 0);
		assert_ok!(propose(MEMBERS[0], &call));
	});
}

#[test]
fn a_failing_call_changes_nothing() {
	new_test_ext().execute_and_check(|| {
		let failure = frame_system::Error::<Test>::NothingAuthorized;
		assert_noop!(by_council(unauthorized_upgrade()).map_err(|failed| failed.error), failure);
	});
}

#[test]
fn the_weight_is_the_own_and_that_of_the_inner_call() {
	new_test_ext().execute_and_check(|| {
		let inner = authorize_upgrade();
		let own = <() as WeightInfo>::enact();
		let sum = own.saturating_add(inner.get_dispatch_info().call_weight);
		assert_eq!(enact(inner.clone()).get_dispatch_info().call_weight, sum);
		assert!(own.ref_time() > 0);
		assert_eq!(by_council(inner).expect("allowed").actual_weight, Some(sum));
	});
}

#[test]
fn weight_that_the_inner_call_leaves_is_given_back() {
	externalities().execute_with(|| {
		// Announces the most members there may be, and uses what it needs.
		let inner = RuntimeCall::Council(pallet_collective::Call::set_members {
			new_members: vec![Governance::account_of(AUTHORITY)],
			prime: None,
			old_count: 10,
		});
		let announced = enact(inner.clone()).get_dispatch_info().call_weight;
		let used = by_council(inner).expect("allowed").actual_weight.expect("stated");
		assert!(used.all_lt(announced), "{used:?} < {announced:?}");
	});
}
