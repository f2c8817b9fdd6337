//! Reports and disputes on their way to a block.

use std::collections::BTreeSet;

use codec::Encode;
use frame_support::{
	assert_ok,
	dispatch::GetDispatchInfo,
	traits::{Authorize, Get},
};
use sp_runtime::transaction_validity::{TransactionSource, ValidTransaction};
use ward_primitives::{receipt::Report, refusal::Refusal};

use crate::{mock::*, Call, Config, Error, WeightInfo, FIRST_REFUSAL, LONGEVITY};

fn report(custodian: ward_primitives::ParticipantId, cohort: u64, place: usize) -> Report {
	let witness = drawn(custodian, cohort, place);
	let rows = all_rows(custodian, cohort);
	report_of(&challenge(custodian, cohort, witness, rows), &[], log(5, 0))
}

fn call(report: Report) -> RuntimeCall {
	let signature = sign(&report);
	Call::report { report: Box::new(report), signature }.into()
}

fn offered(report: Report) -> ValidTransaction {
	offer(&call(report)).expect("it is right")
}

#[test]
fn a_report_waits_for_nothing_is_sent_on_and_does_not_wait_for_ever() {
	new_test_ext().execute_and_check(|| {
		let valid = offered(report(CLINIC, 0, 0));
		assert_eq!((valid.requires, valid.longevity, valid.propagate), (vec![], LONGEVITY, true));
		const { assert!(LONGEVITY <= 32) };
	});
}

#[test]
fn a_pool_holds_one_report_of_a_witness_for_a_cohort_and_epoch() {
	new_test_ext().execute_and_check(|| {
		let tags = |report: Report| offered(report).provides;
		let right = report(CLINIC, 0, 0);
		// Whatever witness and custodian sign together.
		let asked = challenge(CLINIC, 0, right.witness, 9);
		let other = report_of(&asked, &[1, 2], log(7, 3));
		assert_ne!(right, other);
		assert_eq!(tags(right.clone()), tags(other));
		let mut all = BTreeSet::from([tags(right)]);
		for (custodian, cohort, place) in
			[(CLINIC, 0, 1), (CLINIC, 0, 2), (HOSPITAL, 0, 0), (HOSPITAL, 1, 0)]
		{
			assert!(all.insert(tags(report(custodian, cohort, place))));
		}
		next_epoch();
		assert!(all.insert(tags(report(CLINIC, 0, 0))));
	});
}

#[test]
fn nothing_that_waits_is_taken_twice() {
	new_test_ext().execute_and_check(|| {
		let call = call(report(CLINIC, 0, 0));
		assert_ok!(offer(&call));
		assert_ok!(apply(call.clone()));
		let refused = offer(&call).map(drop).map_err(Refused::Pool);
		assert_eq!(refused, Err(Refused::from(Error::AlreadyReported)));
	});
}

#[test]
fn reports_of_one_block_do_not_wait_for_each_other() {
	new_test_ext().execute_and_check(|| {
		// All are made on the same state, and taken in any order.
		let mut calls: Vec<_> = (0..3)
			.flat_map(|place| [report(CLINIC, 0, place), report(HOSPITAL, 1, place)])
			.map(call)
			.collect();
		calls.reverse();
		for call in calls {
			assert_ok!(apply(call));
		}
	});
}

#[test]
fn the_refusals_are_no_other_pallets() {
	assert!(Refusal::ALL.iter().all(|refusal| refusal.code() < FIRST_REFUSAL));
	let last = Error::<Test>::NoLog.encode()[0];
	assert!(FIRST_REFUSAL.checked_add(last).is_some());
}

#[test]
fn a_report_is_charged_for_the_seats_that_there_are() {
	type Weights = <Test as Config>::WeightInfo;
	new_test_ext().execute_and_check(|| {
		let most = <Test as Config>::MaxSeats::get();
		let call = call(report(CLINIC, 0, 0));
		assert_eq!(call.get_dispatch_info().call_weight, Weights::report(most));
		assert_eq!(call.weight_of_authorize(), Weights::authorize_report(most));
		let (_, unspent) =
			call.authorize(TransactionSource::External).and_then(Result::ok).expect("it is right");
		assert_eq!(call.weight_of_authorize() - unspent, Weights::authorize_report(7));
		let RuntimeCall::Receipts(Call::report { report, signature }) = call else {
			panic!("it is a report")
		};
		let authorized = frame_system::RawOrigin::Authorized.into();
		let post_info = Receipts::report(authorized, report, signature).expect("it is right");
		assert_eq!(post_info.actual_weight, Some(Weights::report(7)));
	});
}
