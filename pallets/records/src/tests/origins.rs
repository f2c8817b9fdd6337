//! Every call with every kind of origin.

use frame_support::{
	assert_noop,
	dispatch::{DispatchResult, GetDispatchInfo},
	traits::{GetCallIndex, UnfilteredDispatchable},
	weights::Weight,
};
use sp_runtime::DispatchError::BadOrigin;
use ward_primitives::{HandOver, RecordId};

use crate::{mock::*, Call};

fn calls() -> Vec<Call<Test>> {
	let (record, deposit) = to(CLINIC, &report(1));
	let handed = HandOver { record, deposit };
	vec![
		Call::anchor { record: report(1) },
		Call::anchor_batch { records: vec![report(1)].try_into().expect("one record fits") },
		Call::supersede { superseded: RecordId([0; 32]), record: report(1) },
		Call::hand_over { records: vec![handed].try_into().expect("one record fits") },
	]
}

fn dispatch(call: Call<Test>, origin: RuntimeOrigin) -> DispatchResult {
	call.dispatch_bypass_filter(origin).map(|_| ()).map_err(|error| error.error)
}

#[test]
fn the_table_has_a_row_for_every_call() {
	let indices: Vec<_> = calls().iter().map(GetCallIndex::get_call_index).collect();
	assert_eq!(indices, Call::<Test>::get_call_indices());
}

#[test]
fn calls_need_a_signature_of_an_enrolled_key() {
	new_test_ext().execute_and_check(|| {
		for call in calls() {
			assert_noop!(dispatch(call.clone(), RuntimeOrigin::root()), BadOrigin);
			assert_noop!(dispatch(call.clone(), RuntimeOrigin::none()), BadOrigin);
			let stranger = signed_by(ward_primitives::ParticipantId(999));
			assert_noop!(dispatch(call, stranger), UNKNOWN_KEY);
		}
	});
}

#[test]
fn no_call_weighs_nothing() {
	for call in calls() {
		assert!(call.get_dispatch_info().call_weight.all_gt(Weight::zero()));
	}
	let empty = Call::<Test>::anchor_batch { records: Default::default() };
	assert!(empty.get_dispatch_info().call_weight.all_gt(Weight::zero()));
}
