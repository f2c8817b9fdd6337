//! Which keys may send transactions at all.

use frame_support::assert_ok;
use sp_runtime::traits::AsTransactionAuthorizedOrigin;

use super::*;

#[test]
fn an_unknown_key_is_refused_even_if_its_account_has_a_reference() {
	new_test_ext().execute_and_check(|| {
		assert_eq!(submit(STRANGER, 0, &work(0)), Err(refused(Refusal::UnknownKey)));
		assert_eq!(apply(STRANGER, work(0)), Err(refused(Refusal::UnknownKey)));
		assert_eq!(System::account_nonce(STRANGER), 0);
	});
}

#[test]
fn a_retired_key_is_refused_from_the_moment_of_its_end() {
	new_test_ext().execute_and_check(|| {
		assert_eq!(submit(RETIRED_KEY, 0, &work(0)), Err(refused(Refusal::RetiredKey)));
		Now::set(&(START - 1));
		assert_ok!(submit(RETIRED_KEY, 0, &work(0)));
	});
}

#[test]
fn a_receipt_key_and_a_witness_key_sign_no_calls() {
	new_test_ext().execute_and_check(|| {
		for key in [RECEIPT_KEY, WITNESS_KEY] {
			assert_eq!(submit(key, 0, &work(0)), Err(refused(Refusal::KeyCannotCall)));
			assert_eq!(apply(key, work(0)), Err(refused(Refusal::KeyCannotCall)));
			assert_eq!(System::account_nonce(key), 0);
		}
	});
}

#[test]
fn a_call_that_the_runtime_filters_enters_neither_pool_nor_block() {
	new_test_ext().execute_and_check(|| {
		let remark = RuntimeCall::System(frame_system::Call::remark { remark: vec![1] });
		assert_eq!(submit(DOCTOR, 0, &remark), Err(refused(Refusal::CallForbidden)));
		assert_eq!(apply(DOCTOR, remark), Err(refused(Refusal::CallForbidden)));
		assert_eq!(System::account_nonce(DOCTOR), 0);
	});
}

#[test]
fn the_quota_alone_refuses_what_the_participant_check_refuses() {
	new_test_ext().execute_and_check(|| {
		let call = work(0);
		for (account, refusal) in [
			(STRANGER, Refusal::UnknownKey),
			(RETIRED_KEY, Refusal::RetiredKey),
			(RECEIPT_KEY, Refusal::KeyCannotCall),
			(WITNESS_KEY, Refusal::KeyCannotCall),
		] {
			let outcome = ChargeQuota::<Test>::new(0).validate_only(
				RuntimeOrigin::signed(account),
				&call,
				&info(&call),
				LEN,
				TransactionSource::External,
				0,
			);
			assert_eq!(outcome.map(|_| ()).unwrap_err(), refused(refusal));
		}
	});
}

#[test]
fn an_origin_without_a_signer_passes_unchecked_uncharged_and_with_its_weight_refunded() {
	new_test_ext().execute_and_check(|| {
		let call = work(0);
		let mut info = info(&call);
		let (pre, origin) = extensions(0)
			.validate_and_prepare(RuntimeOrigin::root(), &call, &info, LEN, 0)
			.expect("root is not checked");
		assert!(origin.is_transaction_authorized());
		let mut post_info = PostDispatchInfo {
			actual_weight: Some(info.total_weight()),
			pays_fee: Default::default(),
		};
		info.call_weight = Default::default();
		assert_ok!(Extensions::post_dispatch(pre, &info, &mut post_info, LEN, &Ok(())));
		assert_eq!(post_info.actual_weight, Some(Default::default()));
		assert_eq!(crate::Buckets::<Test>::iter().count(), 0);
	});
}

#[test]
fn a_general_transaction_without_a_signer_passes_this_far() {
	new_test_ext().execute_and_check(|| {
		let call = work(0);
		// As part of a pipeline: whether such an origin is authorized is for another extension.
		assert_ok!(extensions(0).validate(
			RuntimeOrigin::none(),
			&call,
			&info(&call),
			LEN,
			((), ()),
			&sp_runtime::traits::TxBaseImplication(&call),
			TransactionSource::External,
		));
	});
}
