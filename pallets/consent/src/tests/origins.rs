//! Every call with every kind of origin.

use frame_support::{
	assert_noop,
	dispatch::{DispatchResult, GetDispatchInfo},
	traits::{GetCallIndex, UnfilteredDispatchable},
	weights::Weight,
};
use sp_runtime::DispatchError::BadOrigin;
use ward_primitives::{GrantId, KeyRoles};

use crate::{mock::*, Call};

/// Each call, and whether a key of a suspended participant suffices.
fn calls() -> Vec<(Call<Test>, bool)> {
	let terms = read_everything;
	vec![
		(Call::request { patient: PATIENT, terms: terms(), until: None }, false),
		(Call::cancel_request { patient: PATIENT }, true),
		(Call::decline_request { requester: DOCTOR }, true),
		(Call::grant { grantee: DOCTOR, terms: terms(), from: None, until: None }, false),
		(Call::amend { grant: GrantId(0), terms: terms(), until: None }, false),
		(Call::withdraw { grant: GrantId(0) }, true),
		(Call::exclude { participant: DOCTOR }, true),
		(Call::end_exclusion { participant: DOCTOR }, false),
	]
}

fn dispatch(call: Call<Test>, origin: RuntimeOrigin) -> DispatchResult {
	call.dispatch_bypass_filter(origin).map(|_| ()).map_err(|error| error.error)
}

#[test]
fn the_table_has_a_row_for_every_call() {
	let indices: Vec<_> = calls().iter().map(|(call, _)| call.get_call_index()).collect();
	assert_eq!(indices, Call::<Test>::get_call_indices());
}

#[test]
fn calls_need_a_signature_of_an_acting_key() {
	new_test_ext().execute_and_check(|| {
		edit(|tables| {
			tables.keys.insert(account(DOCTOR), (PATIENT, KeyRoles::RECEIPT));
		});
		for (call, _) in calls() {
			assert_noop!(dispatch(call.clone(), RuntimeOrigin::root()), BadOrigin);
			assert_noop!(dispatch(call.clone(), RuntimeOrigin::none()), BadOrigin);
			assert_noop!(dispatch(call.clone(), signed_by(STRANGER)), UNKNOWN_KEY);
			assert_noop!(dispatch(call, signed_by(DOCTOR)), MISSING_ROLE);
		}
	});
}

#[test]
fn suspension_stops_exactly_the_calls_that_give_rights() {
	new_test_ext().execute_and_check(|| {
		suspend(OTHER_PATIENT);
		for (call, holder_suffices) in calls() {
			let result = frame_support::storage::with_transaction(|| {
				let result = dispatch(call.clone(), signed_by(OTHER_PATIENT));
				sp_runtime::TransactionOutcome::Rollback(Ok::<_, sp_runtime::DispatchError>(result))
			});
			let stopped = result == Ok(Err(INACTIVE));
			assert_eq!(stopped, !holder_suffices, "{call:?}");
		}
	});
}

#[test]
fn no_call_weighs_nothing() {
	for (call, _) in calls() {
		assert!(call.get_dispatch_info().call_weight.all_gt(Weight::zero()));
	}
}
