//! Batches: all or nothing, and the check beforehand.

use frame_support::{assert_noop, assert_ok, assert_storage_noop, BoundedVec};
use ward_primitives::NewRecord;

use crate::{mock::*, Error, Event, RecordCount};

fn batch(records: &[NewRecord]) -> BoundedVec<NewRecord, <Test as crate::Config>::MaxBatch> {
	records.to_vec().try_into().expect("at most MaxBatch records")
}

#[test]
fn a_full_batch_is_anchored_in_its_order() {
	new_test_ext().execute_and_check(|| {
		let records: Vec<_> = (1..=8).map(report).collect();
		assert_ok!(anchor_batch(DOCTOR, batch(&records)));

		let ids: Vec<_> = records.iter().map(|record| id_of(record, DOCTOR)).collect();
		assert_eq!(Records::records_of(PATIENT, 0, 100), ids);
		let announced = take_events().into_iter().map(|event| match event {
			Event::Anchored { record, patient: PATIENT, author: DOCTOR, .. } => record,
			other => panic!("unexpected {other:?}"),
		});
		assert_eq!(announced.collect::<Vec<_>>(), ids);
	});
}

#[test]
fn one_bad_record_refuses_the_batch_and_is_named_beforehand() {
	new_test_ext().execute_and_check(|| {
		let mut records: Vec<_> = (1..=4).map(report).collect();
		records[2].deposits[0].expires = NOW;
		let fault = Err((2, Error::<Test>::Expired.into()));
		assert_storage_noop!(assert_eq!(
			Records::check_batch(account(DOCTOR), records.clone()),
			fault
		));
		assert_noop!(anchor_batch(DOCTOR, batch(&records)), Error::<Test>::Expired);
		assert_eq!(RecordCount::<Test>::get(), 0);

		records.remove(2);
		assert_storage_noop!(assert_ok!(Records::check_batch(account(DOCTOR), records.clone())));
		assert_ok!(anchor_batch(DOCTOR, batch(&records)));
		assert_eq!(RecordCount::<Test>::get(), 3);
	});
}

#[test]
fn a_record_twice_in_one_batch_is_a_fault() {
	new_test_ext().execute_and_check(|| {
		let records = [report(1), report(2), report(1)];
		let fault = Err((2, Error::<Test>::AlreadyExists.into()));
		assert_eq!(Records::check_batch(account(DOCTOR), records.to_vec()), fault);
		assert_noop!(anchor_batch(DOCTOR, batch(&records)), Error::<Test>::AlreadyExists);
	});
}

#[test]
fn an_empty_batch_and_one_that_is_too_large_are_refused() {
	new_test_ext().execute_and_check(|| {
		assert_noop!(anchor_batch(DOCTOR, batch(&[])), Error::<Test>::EmptyBatch);
		let empty = Err((0, Error::<Test>::EmptyBatch.into()));
		assert_eq!(Records::check_batch(account(DOCTOR), vec![]), empty);
		let too_many = Err((8, Error::<Test>::TooManyRecords.into()));
		let records = (1..=9).map(report).collect();
		assert_eq!(Records::check_batch(account(DOCTOR), records), too_many);
	});
}

#[test]
fn the_check_refuses_an_author_that_may_not_act() {
	new_test_ext().execute_and_check(|| {
		let stranger = account(ward_primitives::ParticipantId(999));
		assert_eq!(Records::check_batch(stranger, vec![report(1)]), Err((0, UNKNOWN_KEY)));
	});
}
