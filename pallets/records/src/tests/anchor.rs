//! Anchoring one record: what is stored, and what is refused of the record itself.

use frame_support::{assert_noop, assert_ok, BoundedVec};
use ward_primitives::{Custodian, ParticipantId, RecordRow};

use crate::{mock::*, Custody, CustodyCount, Error, Event, PatientRecordCount, RecordCount};

#[test]
fn a_record_is_stored_with_its_author_and_custodians() {
	new_test_ext().execute_and_check(|| {
		let record = deposited(draft(PATIENT, Some(HOSPITAL), 1), DOCTOR, &[CLINIC, HOSPITAL]);
		let id = id_of(&record, DOCTOR);

		assert_ok!(anchor(DOCTOR, record.clone()));

		let custodians = BoundedVec::truncate_from(vec![
			Custodian { center: CLINIC, row: 0 },
			Custodian { center: HOSPITAL, row: 0 },
		]);
		let row = RecordRow {
			content: record.content(DOCTOR),
			author_center: Some(HOSPITAL),
			custodians: custodians.clone(),
			anchored_at: NOW,
			lineage: id,
			supersedes: None,
			superseded_by: None,
		};
		assert_eq!(crate::Records::<Test>::get(id), Some(row));
		let anchored = Event::Anchored { record: id, patient: PATIENT, author: DOCTOR, custodians };
		assert_eq!(take_events(), [anchored]);
	});
}

#[test]
fn patients_and_custodians_number_their_records_separately() {
	new_test_ext().execute_and_check(|| {
		let first = report(1);
		let second =
			deposited(draft(OTHER_PATIENT, Some(HOSPITAL), 2), DOCTOR, &[HOSPITAL, ARCHIVE]);
		let third = deposited(draft(PATIENT, Some(HOSPITAL), 3), NURSE, &[HOSPITAL]);
		assert_ok!(anchor(DOCTOR, first));
		assert_ok!(anchor(DOCTOR, second.clone()));
		assert_ok!(anchor(NURSE, third.clone()));

		assert_eq!(RecordCount::<Test>::get(), 3);
		assert_eq!(PatientRecordCount::<Test>::get(PATIENT), 2);
		assert_eq!(PatientRecordCount::<Test>::get(OTHER_PATIENT), 1);
		assert_eq!(CustodyCount::<Test>::get(HOSPITAL), 3);
		assert_eq!(CustodyCount::<Test>::get(ARCHIVE), 1);
		assert_eq!(Custody::<Test>::get(HOSPITAL, 2), Some(id_of(&third, NURSE)));
		assert_eq!(Custody::<Test>::get(ARCHIVE, 0), Some(id_of(&second, DOCTOR)));
	});
}

#[test]
fn the_same_record_is_anchored_once() {
	new_test_ext().execute_and_check(|| {
		assert_ok!(anchor(DOCTOR, report(1)));
		assert_noop!(anchor(DOCTOR, report(1)), Error::<Test>::AlreadyExists);
	});
}

#[test]
fn the_same_content_by_another_author_is_another_record() {
	new_test_ext().execute_and_check(|| {
		assert_ok!(anchor(DOCTOR, report(1)));
		let by_nurse = deposited(draft(PATIENT, Some(HOSPITAL), 1), NURSE, &[HOSPITAL]);
		assert_ok!(anchor(NURSE, by_nurse));
	});
}

#[test]
fn the_size_is_between_one_byte_and_the_limit() {
	new_test_ext().execute_and_check(|| {
		for (size, fits) in [(0, false), (1, true), (1_000_000, true), (1_000_001, false)] {
			let sized = with_size(draft(PATIENT, Some(HOSPITAL), 1), size);
			let record = deposited(sized, DOCTOR, &[HOSPITAL]);
			if fits {
				assert_ok!(anchor(DOCTOR, record));
			} else {
				let result = anchor(DOCTOR, record);
				assert_noop!(result, Error::<Test>::InvalidSize);
			}
		}
	});
}

#[test]
fn records_are_about_patients_only() {
	new_test_ext().execute_and_check(|| {
		// A doctor about itself would be `Own`, were it a patient.
		for (patient, center) in
			[(DOCTOR, None), (NURSE, Some(HOSPITAL)), (ParticipantId(999), Some(HOSPITAL))]
		{
			let record = deposited(draft(patient, center, 1), DOCTOR, &[HOSPITAL]);
			assert_noop!(anchor(DOCTOR, record), Error::<Test>::UnknownPatient);
		}
	});
}

#[test]
fn a_failed_call_leaves_the_next_correct_one_unharmed() {
	new_test_ext().execute_and_check(|| {
		let mut spoiled = report(1);
		spoiled.content_root = [0; 32];
		assert_noop!(anchor(DOCTOR, spoiled), Error::<Test>::InvalidSignature);
		assert_ok!(anchor(DOCTOR, report(1)));
	});
}
