//! How many transactions of one account the pool takes.

use frame_support::assert_ok;

use super::*;

#[test]
fn pending_nonces_beyond_the_level_are_refused() {
	new_test_ext().execute_and_check(|| {
		let call = work_costing(PARTICIPANT_CAPACITY / 5);
		// Nothing is executed in between: the pool sees the same full bucket each time.
		for nonce in 0..5 {
			assert_ok!(submit(DOCTOR, nonce, &call));
		}
		for nonce in [5, 6, 40, u32::MAX] {
			assert_eq!(submit(DOCTOR, nonce, &call), Err(refused(Refusal::QuotaExhausted)));
		}
	});
}

#[test]
fn the_distance_counts_from_the_next_nonce() {
	new_test_ext().execute_and_check(|| {
		let call = work_costing(PARTICIPANT_CAPACITY / 5);
		assert_ok!(apply(DOCTOR, call.clone()).expect("valid"));
		assert_ok!(submit(DOCTOR, 4, &call));
		assert_eq!(submit(DOCTOR, 5, &call), Err(refused(Refusal::QuotaExhausted)));
	});
}

#[test]
fn every_transaction_that_the_pool_took_can_be_included() {
	new_test_ext().execute_and_check(|| {
		let call = work_costing(PARTICIPANT_CAPACITY / 7);
		let taken = (0..100).take_while(|nonce| submit(DOCTOR, *nonce, &call).is_ok()).count();
		assert_eq!(taken, 7);
		for _ in 0..taken {
			assert_ok!(apply(DOCTOR, call.clone()).expect("still valid"));
		}
		assert_eq!(apply(DOCTOR, call), Err(refused(Refusal::QuotaExhausted)));
	});
}

#[test]
fn the_tags_of_pending_transactions_are_those_of_check_nonce() {
	new_test_ext().execute_and_check(|| {
		let validity = submit(DOCTOR, 3, &work(0)).expect("valid");
		assert_eq!(validity.requires, vec![(DOCTOR, 2u32).encode()]);
		assert_eq!(validity.provides, vec![(DOCTOR, 3u32).encode()]);
		assert_eq!(validity.priority, 0);
	});
}
