//! Who may write about a patient, and on whose behalf.

use frame_support::{assert_noop, assert_ok};
use ward_primitives::{Interval, KeyRoles, ParticipantId, Timeline};

use crate::{mock::*, Error};

/// Anchors a record of `author` about the patient, held by the clinic.
fn write(author: ParticipantId, on_behalf_of: Option<ParticipantId>) -> sp_runtime::DispatchResult {
	let record = deposited(draft(PATIENT, on_behalf_of, 1), author, &[CLINIC]);
	anchor(author, record)
}

fn author_center(
	author: ParticipantId,
	on_behalf_of: Option<ParticipantId>,
) -> Option<ParticipantId> {
	let id = id_of(&draft(PATIENT, on_behalf_of, 1), author);
	crate::Records::<Test>::get(id).expect("the record was anchored").author_center
}

#[test]
fn patients_write_for_themselves() {
	new_test_ext().execute_and_check(|| {
		assert_noop!(write(PATIENT, Some(HOSPITAL)), Error::<Test>::UnexpectedCenter);
		assert_ok!(write(PATIENT, None));
		assert_eq!(author_center(PATIENT, None), None);
	});
}

#[test]
fn a_patient_cannot_write_about_another() {
	new_test_ext().execute_and_check(|| {
		assert_noop!(write(OTHER_PATIENT, None), Error::<Test>::NotAuthorized);
		assert_noop!(write(OTHER_PATIENT, Some(HOSPITAL)), Error::<Test>::NotAuthorized);
	});
}

#[test]
fn a_paired_device_writes_for_its_patient_until_it_is_unpaired() {
	new_test_ext().execute_and_check(|| {
		assert_noop!(write(CUFF, Some(HOSPITAL)), Error::<Test>::UnexpectedCenter);
		edit(|tables| {
			let pairing = Interval { from: 0, until: Some(NOW) };
			tables.pairings.insert((CUFF, PATIENT), pairing);
		});
		assert_noop!(write(CUFF, None), Error::<Test>::CenterRequired);
		edit(|tables| {
			tables.pairings.insert((CUFF, PATIENT), Interval::open(NOW));
		});
		assert_ok!(write(CUFF, None));
		assert_eq!(author_center(CUFF, None), None);
	});
}

#[test]
fn a_device_of_a_center_writes_for_that_center() {
	new_test_ext().execute_and_check(|| {
		assert_noop!(write(MONITOR, None), Error::<Test>::CenterRequired);
		assert_ok!(write(MONITOR, Some(HOSPITAL)));
		assert_eq!(author_center(MONITOR, Some(HOSPITAL)), Some(HOSPITAL));
	});
}

#[test]
fn staff_of_a_center_with_the_patient_in_its_care_name_that_center() {
	new_test_ext().execute_and_check(|| {
		assert_noop!(write(DOCTOR, None), Error::<Test>::CenterRequired);
		assert_noop!(write(DOCTOR, Some(CLINIC)), Error::<Test>::NotAuthorized);
		assert_ok!(write(DOCTOR, Some(HOSPITAL)));
		assert_eq!(author_center(DOCTOR, Some(HOSPITAL)), Some(HOSPITAL));
	});
}

#[test]
fn a_center_writes_on_its_own_behalf() {
	new_test_ext().execute_and_check(|| {
		assert_noop!(write(HOSPITAL, None), Error::<Test>::CenterRequired);
		assert_noop!(write(HOSPITAL, Some(CLINIC)), Error::<Test>::NotAuthorized);
		assert_ok!(write(HOSPITAL, Some(HOSPITAL)));
	});
}

#[test]
fn care_that_ended_permits_nothing() {
	new_test_ext().execute_and_check(|| {
		edit(|tables| {
			tables.care.insert((PATIENT, HOSPITAL), Timeline::start(0, Some(NOW)));
		});
		assert_noop!(write(DOCTOR, Some(HOSPITAL)), Error::<Test>::NotAuthorized);
	});
}

#[test]
fn a_grant_to_a_center_permits_its_staff() {
	new_test_ext().execute_and_check(|| {
		assert_noop!(write(SPECIALIST, Some(CLINIC)), Error::<Test>::NotAuthorized);
		edit(|tables| {
			tables.grants.insert((PATIENT, CLINIC), vec![write_grant(PATIENT, CLINIC)]);
		});
		assert_noop!(write(SPECIALIST, None), Error::<Test>::CenterRequired);
		assert_ok!(write(SPECIALIST, Some(CLINIC)));
	});
}

#[test]
fn a_personal_grant_does_not_let_the_author_claim_a_center() {
	new_test_ext().execute_and_check(|| {
		edit(|tables| {
			tables.grants.insert((PATIENT, SPECIALIST), vec![write_grant(PATIENT, SPECIALIST)]);
		});
		assert_noop!(write(SPECIALIST, Some(HOSPITAL)), Error::<Test>::NotAffiliated);
		assert_ok!(write(SPECIALIST, Some(CLINIC)));
	});
}

#[test]
fn an_author_works_for_a_center_only_while_affiliated_and_while_the_center_is_active() {
	new_test_ext().execute_and_check(|| {
		let over = Interval { from: 0, until: Some(NOW) };
		edit(|tables| {
			tables.grants.insert((PATIENT, SPECIALIST), vec![write_grant(PATIENT, SPECIALIST)]);
			tables.affiliations.insert(SPECIALIST, vec![(CLINIC, over)]);
		});
		assert_noop!(write(SPECIALIST, Some(CLINIC)), Error::<Test>::NotAffiliated);
		edit(|tables| {
			tables.affiliations.insert(SPECIALIST, vec![(GUEST, Interval::open(0))]);
			tables.participants.get_mut(&GUEST).expect("the guest takes part").1 = over;
		});
		assert_noop!(write(SPECIALIST, Some(GUEST)), Error::<Test>::NotAffiliated);
	});
}

#[test]
fn exclusions_beat_care_but_not_the_patient() {
	new_test_ext().execute_and_check(|| {
		edit(|tables| {
			tables.exclusions.insert((PATIENT, HOSPITAL), Interval::open(NOW));
		});
		assert_noop!(write(DOCTOR, Some(HOSPITAL)), Error::<Test>::Excluded);
		assert_noop!(write(HOSPITAL, Some(HOSPITAL)), Error::<Test>::Excluded);
		assert_ok!(write(PATIENT, None));
	});
}

#[test]
fn neither_researchers_nor_authorities_write() {
	new_test_ext().execute_and_check(|| {
		for author in [RESEARCHER, AUTHORITY] {
			assert_noop!(write(author, None), Error::<Test>::NotAuthorized);
			assert_noop!(write(author, Some(HOSPITAL)), Error::<Test>::NotAuthorized);
		}
	});
}

#[test]
fn only_an_act_key_of_an_active_participant_writes() {
	new_test_ext().execute_and_check(|| {
		edit(|tables| {
			tables.keys.insert(account(NURSE), (NURSE, KeyRoles::RECEIPT));
			tables.participants.get_mut(&DOCTOR).expect("the doctor takes part").1.end(NOW);
		});
		assert_noop!(write(ParticipantId(999), None), UNKNOWN_KEY);
		assert_noop!(write(NURSE, Some(HOSPITAL)), MISSING_ROLE);
		assert_noop!(write(DOCTOR, Some(HOSPITAL)), INACTIVE);
	});
}
