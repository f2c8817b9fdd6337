//! Calls that only take rights away get through.

use frame_support::assert_ok;

use super::*;

fn withdraw(betrays: bool) -> RuntimeCall {
	RuntimeCall::Work(work::Call::withdraw { betrays })
}

fn empty_the_doctors_bucket() {
	assert_ok!(apply(DOCTOR, work_costing(PARTICIPANT_CAPACITY)).expect("valid"));
	assert_eq!(Quota::level_of(DOCTOR_ID), 0);
}

#[test]
fn an_exempt_call_passes_with_an_empty_bucket_and_goes_first() {
	new_test_ext().execute_and_check(|| {
		empty_the_doctors_bucket();
		work::Grants::<Test>::put(1);
		let validity = submit(DOCTOR, 1, &withdraw(false)).expect("exempt");
		assert!(validity.priority > submit(PATIENT, 0, &work(0)).expect("valid").priority);
		assert_ok!(apply(DOCTOR, withdraw(false)).expect("exempt"));
		assert_eq!(work::Grants::<Test>::get(), 0);
		assert_eq!(System::account_nonce(DOCTOR), 2);
		assert_eq!(Quota::level_of(DOCTOR_ID), 0);
	});
}

#[test]
fn an_exempt_call_that_succeeds_takes_nothing() {
	new_test_ext().execute_and_check(|| {
		work::Grants::<Test>::put(1);
		assert_ok!(apply(DOCTOR, withdraw(false)).expect("exempt"));
		assert_eq!(Quota::level_of(DOCTOR_ID), PARTICIPANT_CAPACITY);
		assert_eq!(Quota::sponsored_level_of(CENTER_ID), SPONSOR_CAPACITY);
	});
}

#[test]
fn a_withdrawal_that_would_fail_needs_a_bucket_and_is_charged() {
	new_test_ext().execute_and_check(|| {
		let cost = full_cost(&withdraw(false));
		assert!(apply(PATIENT, withdraw(false)).expect("charged").is_err());
		assert_eq!(Quota::level_of(PATIENT_ID), PARTICIPANT_CAPACITY - cost);

		empty_the_doctors_bucket();
		assert_eq!(submit(DOCTOR, 1, &withdraw(false)), Err(refused(Refusal::QuotaExhausted)));
	});
}

#[test]
fn an_exempt_call_that_fails_after_all_is_charged() {
	new_test_ext().execute_and_check(|| {
		work::Grants::<Test>::put(1);
		let cost = full_cost(&withdraw(true));
		assert!(apply(DOCTOR, withdraw(true)).expect("exempt").is_err());
		assert_eq!(Quota::level_of(DOCTOR_ID), PARTICIPANT_CAPACITY - cost);
		assert_eq!(Quota::sponsored_level_of(CENTER_ID), SPONSOR_CAPACITY - cost);
	});
}

#[test]
fn a_failed_exempt_call_empties_a_bucket_but_never_overdraws_it() {
	new_test_ext().execute_and_check(|| {
		let left = full_cost(&withdraw(true)) - 1;
		assert_ok!(apply(DOCTOR, work_costing(PARTICIPANT_CAPACITY - left)).expect("valid"));
		work::Grants::<Test>::put(1);
		assert!(apply(DOCTOR, withdraw(true)).expect("exempt").is_err());
		assert_eq!(Quota::level_of(DOCTOR_ID), 0);
	});
}

#[test]
fn pending_exempt_calls_are_bounded() {
	new_test_ext().execute_and_check(|| {
		empty_the_doctors_bucket();
		work::Grants::<Test>::put(100);
		let next = System::account_nonce(DOCTOR);
		let bound = MAX_EXEMPT_PENDING;
		for nonce in next..next + bound {
			assert_ok!(submit(DOCTOR, nonce, &withdraw(false)));
		}
		assert_eq!(
			submit(DOCTOR, next + bound, &withdraw(false)),
			Err(refused(Refusal::QuotaExhausted))
		);
	});
}

#[test]
fn an_exempt_call_of_a_stranger_is_refused() {
	new_test_ext().execute_and_check(|| {
		work::Grants::<Test>::put(1);
		assert_eq!(submit(STRANGER, 0, &withdraw(false)), Err(refused(Refusal::UnknownKey)));
	});
}
