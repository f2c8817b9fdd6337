//! What transactions cost and who pays.

use frame_support::assert_ok;

use super::*;
use crate::{Buckets, SponsorBuckets};

#[test]
fn nobody_has_spent_anything_at_first() {
	new_test_ext().execute_and_check(|| {
		assert_eq!(Quota::level_of(DOCTOR_ID), PARTICIPANT_CAPACITY);
		assert_eq!(Quota::sponsored_level_of(CENTER_ID), SPONSOR_CAPACITY);
		assert_eq!(Buckets::<Test>::iter().count() + SponsorBuckets::<Test>::iter().count(), 0);
	});
}

#[test]
fn a_transaction_is_charged_to_its_signer_and_to_the_sponsor() {
	new_test_ext().execute_and_check(|| {
		let call = work(7_000_000);
		let cost = full_cost(&call);
		assert_ok!(apply(DOCTOR, call).expect("valid"));
		assert_eq!(Quota::level_of(DOCTOR_ID), PARTICIPANT_CAPACITY - cost);
		assert_eq!(Quota::sponsored_level_of(CENTER_ID), SPONSOR_CAPACITY - cost);
		// Neither the sponsor's own bucket nor another's.
		assert_eq!(Quota::level_of(CENTER_ID), PARTICIPANT_CAPACITY);
		assert_eq!(Quota::level_of(PATIENT_ID), PARTICIPANT_CAPACITY);
	});
}

#[test]
fn who_has_no_sponsor_has_only_the_own_bucket() {
	new_test_ext().execute_and_check(|| {
		let call = work_costing(PARTICIPANT_CAPACITY);
		assert_ok!(apply(CENTER, call).expect("valid"));
		assert_eq!(Quota::level_of(CENTER_ID), 0);
		assert_eq!(SponsorBuckets::<Test>::iter().count(), 0);
	});
}

#[test]
fn an_emptied_bucket_refuses_and_refills_with_time() {
	new_test_ext().execute_and_check(|| {
		assert_ok!(apply(DOCTOR, work_costing(PARTICIPANT_CAPACITY)).expect("valid"));
		let next = work_costing(PARTICIPANT_REFILL);
		assert_eq!(submit(DOCTOR, 1, &next), Err(refused(Refusal::QuotaExhausted)));
		assert_eq!(refused(Refusal::QuotaExhausted), InvalidTransaction::Custom(4).into());
		let before = System::account_nonce(DOCTOR);
		assert_eq!(apply(DOCTOR, next.clone()), Err(refused(Refusal::QuotaExhausted)));
		assert_eq!(System::account_nonce(DOCTOR), before);

		wait(999);
		assert_eq!(submit(DOCTOR, 1, &next), Err(refused(Refusal::QuotaExhausted)));
		wait(1);
		assert_ok!(submit(DOCTOR, 1, &next));
		assert_ok!(apply(DOCTOR, next).expect("valid"));
		assert_eq!(Quota::level_of(DOCTOR_ID), 0);
	});
}

#[test]
fn those_of_one_sponsor_share_its_bucket() {
	new_test_ext().execute_and_check(|| {
		assert_ok!(apply(DOCTOR, work_costing(PARTICIPANT_CAPACITY)).expect("valid"));
		let left = SPONSOR_CAPACITY - PARTICIPANT_CAPACITY;
		// The patient's own bucket is full, but the sponsor's is not.
		let too_much = work_costing(left + 1);
		assert_eq!(submit(PATIENT, 0, &too_much), Err(refused(Refusal::QuotaExhausted)));
		assert_ok!(apply(PATIENT, work_costing(left)).expect("valid"));
		assert_eq!(Quota::sponsored_level_of(CENTER_ID), 0);
		assert_eq!(Quota::level_of(PATIENT_ID), PARTICIPANT_CAPACITY - left);
	});
}

#[test]
fn all_keys_of_a_participant_share_its_bucket() {
	new_test_ext().execute_and_check(|| {
		assert_ok!(apply(CENTER, work_costing(PARTICIPANT_CAPACITY)).expect("valid"));
		assert_eq!(submit(BOARD_KEY, 0, &work(0)), Err(refused(Refusal::QuotaExhausted)));
	});
}

#[test]
fn a_failed_call_still_costs() {
	new_test_ext().execute_and_check(|| {
		let call = RuntimeCall::Work(work::Call::work { weight: 9_000, used: None, fails: true });
		let cost = full_cost(&call);
		for failed in 1..=5 {
			let outcome = apply(DOCTOR, call.clone()).expect("valid");
			assert_eq!(outcome.unwrap_err().error, work::Error::<Test>::Failed.into());
			assert_eq!(Quota::level_of(DOCTOR_ID), PARTICIPANT_CAPACITY - failed * cost);
		}
		assert_eq!(System::account_nonce(DOCTOR), 5);
	});
}

#[test]
fn unused_weight_is_put_back_into_both_buckets() {
	new_test_ext().execute_and_check(|| {
		let call = RuntimeCall::Work(work::Call::work {
			weight: 9_000_000,
			used: Some(1_000_000),
			fails: false,
		});
		let cost = full_cost(&call) - 8_000_000;
		assert_ok!(apply(DOCTOR, call).expect("valid"));
		assert_eq!(Quota::level_of(DOCTOR_ID), PARTICIPANT_CAPACITY - cost);
		assert_eq!(Quota::sponsored_level_of(CENTER_ID), SPONSOR_CAPACITY - cost);
	});
}

#[test]
fn unused_weight_of_a_failed_call_is_put_back_too() {
	new_test_ext().execute_and_check(|| {
		let call = RuntimeCall::Work(work::Call::work {
			weight: 9_000_000,
			used: Some(1_000_000),
			fails: true,
		});
		let cost = full_cost(&call) - 8_000_000;
		assert!(apply(DOCTOR, call).expect("valid").is_err());
		assert_eq!(Quota::level_of(DOCTOR_ID), PARTICIPANT_CAPACITY - cost);
	});
}

#[test]
fn a_longer_transaction_costs_more() {
	new_test_ext().execute_and_check(|| {
		let call = work(0);
		let origin = RuntimeOrigin::signed(CENTER);
		let outcome =
			extensions(0).dispatch_transaction(origin, call.clone(), &info(&call), 2 * LEN, 0);
		assert_ok!(outcome.expect("valid"));
		let cost = full_cost(&call) + COST_PER_BYTE * LEN as u64;
		assert_eq!(Quota::level_of(CENTER_ID), PARTICIPANT_CAPACITY - cost);
	});
}

#[test]
fn a_transaction_of_no_weight_costs_something() {
	new_test_ext().execute_and_check(|| {
		let call = work(0);
		let mut info = info(&call);
		info.extension_weight = Default::default();
		let origin = RuntimeOrigin::signed(CENTER);
		assert_ok!(extensions(0).dispatch_transaction(origin, call, &info, 0, 0).expect("valid"));
		assert_eq!(Quota::level_of(CENTER_ID), PARTICIPANT_CAPACITY - BASE);
	});
}

#[test]
fn what_the_chain_demands_is_not_charged() {
	new_test_ext().execute_and_check(|| {
		assert_ok!(apply(CENTER, work_costing(PARTICIPANT_CAPACITY)).expect("valid"));
		assert_ok!(apply(CENTER, RuntimeCall::Work(work::Call::inherent {})).expect("valid"));
		assert_eq!(Quota::level_of(CENTER_ID), 0);
	});
}

#[test]
fn nonces_still_count() {
	new_test_ext().execute_and_check(|| {
		assert_ok!(apply(DOCTOR, work(0)).expect("valid"));
		assert_eq!(System::account_nonce(DOCTOR), 1);
		assert_eq!(submit(DOCTOR, 0, &work(0)), Err(InvalidTransaction::Stale.into()));
		let call = work(0);
		let future = extensions(3).dispatch_transaction(
			RuntimeOrigin::signed(DOCTOR),
			call.clone(),
			&info(&call),
			LEN,
			0,
		);
		assert_eq!(future, Err(InvalidTransaction::Future.into()));
	});
}
