//! Superseding: who may, and what becomes of the lineage.

use frame_support::{assert_noop, assert_ok};
use ward_primitives::{traits::ReadRecords, NewRecord, ParticipantId, RecordId};

use crate::{mock::*, Error, Event};

/// Anchors the doctor's report, held by the hospital.
fn first() -> RecordId {
	assert_ok!(anchor(DOCTOR, report(1)));
	take_events();
	id_of(&report(1), DOCTOR)
}

fn row(id: RecordId) -> ward_primitives::RecordRow {
	crate::Records::<Test>::get(id).expect("the record is anchored")
}

fn by(author: ParticipantId, center: Option<ParticipantId>, seed: u8) -> NewRecord {
	deposited(draft(PATIENT, center, seed), author, &[HOSPITAL])
}

#[test]
fn the_new_record_becomes_the_head_of_the_same_lineage() {
	new_test_ext().execute_and_check(|| {
		let first = first();
		let second = id_of(&report(2), DOCTOR);
		let third = id_of(&report(3), DOCTOR);
		assert_ok!(supersede(DOCTOR, first, report(2)));
		let announced = take_events();
		assert!(matches!(announced[0], Event::Anchored { record, .. } if record == second));
		assert_eq!(announced[1..], [Event::Superseded { record: second, superseded: first }]);
		assert_ok!(supersede(DOCTOR, second, report(3)));

		let links = [first, second, third].map(row).map(|row| (row.supersedes, row.superseded_by));
		let expected = [(None, Some(second)), (Some(first), Some(third)), (Some(second), None)];
		assert_eq!(links, expected);
		assert!([first, second, third].into_iter().all(|id| row(id).lineage == first));
		let facts = <Records as ReadRecords>::record(third).expect("the record is anchored");
		assert_eq!((facts.lineage, facts.anchored_at), (first, NOW));
	});
}

#[test]
fn only_the_head_can_be_superseded() {
	new_test_ext().execute_and_check(|| {
		let first = first();
		assert_ok!(supersede(DOCTOR, first, report(2)));
		assert_noop!(supersede(DOCTOR, first, report(3)), Error::<Test>::AlreadySuperseded);
	});
}

#[test]
fn a_colleague_of_the_same_center_may_supersede() {
	new_test_ext().execute_and_check(|| {
		let first = first();
		let corrected = by(NURSE, Some(HOSPITAL), 2);
		assert_ok!(supersede(NURSE, first, corrected));
	});
}

#[test]
fn the_patient_may_supersede_and_stays_recognizable_as_the_author() {
	new_test_ext().execute_and_check(|| {
		let first = first();
		let corrected = by(PATIENT, None, 2);
		assert_ok!(supersede(PATIENT, first, corrected.clone()));
		let row = row(id_of(&corrected, PATIENT));
		assert_eq!((row.content.author, row.author_center), (PATIENT, None));
	});
}

#[test]
fn staff_of_another_center_may_not_supersede() {
	new_test_ext().execute_and_check(|| {
		let first = first();
		edit(|tables| {
			tables.grants.insert((PATIENT, CLINIC), vec![write_grant(PATIENT, CLINIC)]);
			tables.grants.insert((PATIENT, SPECIALIST), vec![write_grant(PATIENT, SPECIALIST)]);
		});
		let theirs = by(SPECIALIST, Some(CLINIC), 2);
		assert_noop!(supersede(SPECIALIST, first, theirs), Error::<Test>::NotAuthor);
		// Nor by claiming the center that wrote it.
		let claimed = by(SPECIALIST, Some(HOSPITAL), 2);
		assert_noop!(supersede(SPECIALIST, first, claimed), Error::<Test>::NotAffiliated);
	});
}

#[test]
fn a_device_supersedes_nothing_on_nobodys_behalf() {
	new_test_ext().execute_and_check(|| {
		let own = by(PATIENT, None, 1);
		assert_ok!(anchor(PATIENT, own.clone()));
		assert_noop!(
			supersede(CUFF, id_of(&own, PATIENT), by(CUFF, None, 2)),
			Error::<Test>::NotAuthor
		);
	});
}

#[test]
fn a_lineage_stays_with_its_patient() {
	new_test_ext().execute_and_check(|| {
		let first = first();
		let other = deposited(draft(OTHER_PATIENT, Some(HOSPITAL), 2), DOCTOR, &[HOSPITAL]);
		assert_noop!(supersede(DOCTOR, first, other), Error::<Test>::PatientMismatch);
	});
}

#[test]
fn an_unknown_record_cannot_be_superseded() {
	new_test_ext().execute_and_check(|| {
		assert_noop!(supersede(DOCTOR, RecordId([0; 32]), report(2)), Error::<Test>::NotFound);
	});
}

#[test]
fn a_record_can_neither_supersede_itself_nor_join_two_lineages() {
	new_test_ext().execute_and_check(|| {
		let first = first();
		assert_noop!(supersede(DOCTOR, first, report(1)), Error::<Test>::AlreadyExists);
		assert_ok!(anchor(DOCTOR, report(2)));
		assert_noop!(supersede(DOCTOR, first, report(2)), Error::<Test>::AlreadyExists);
	});
}

#[test]
fn the_new_record_passes_all_checks_of_a_record() {
	new_test_ext().execute_and_check(|| {
		let first = first();
		let mut expired = report(2);
		expired.deposits[0].expires = NOW;
		assert_noop!(supersede(DOCTOR, first, expired), Error::<Test>::Expired);
		let unnamed = by(DOCTOR, None, 2);
		assert_noop!(supersede(DOCTOR, first, unnamed), Error::<Test>::NotAuthor);
	});
}
