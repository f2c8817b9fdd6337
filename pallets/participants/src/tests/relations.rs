//! Affiliations, care and pairings.

use frame_support::{assert_noop, assert_ok};
use sp_runtime::ArithmeticError;
use ward_primitives::{Interval, KeyRoles, ParticipantId, Role, Timeline};

use crate::{
	mock::*, AffiliatedCenters, Affiliations, Care, Error, Event, Pairings, PastAffiliations,
	PastCare, PastPairings,
};

#[test]
fn an_affiliation_opens_ends_and_opens_again_without_losing_its_past() {
	new_test_ext().execute_and_check(|| {
		assert_ok!(Participants::affiliate(by(OTHER_CENTER), DOCTOR));
		assert_noop!(
			Participants::affiliate(by(OTHER_CENTER), DOCTOR),
			Error::<Test>::AlreadyExists
		);
		let ended = tick();
		assert_ok!(Participants::end_affiliation(by(OTHER_CENTER), DOCTOR, OTHER_CENTER));
		assert_noop!(
			Participants::end_affiliation(by(OTHER_CENTER), DOCTOR, OTHER_CENTER),
			Error::<Test>::NotFound
		);
		let again = tick();
		assert_ok!(Participants::affiliate(by(OTHER_CENTER), DOCTOR));
		assert_eq!(
			Affiliations::<Test>::get(DOCTOR, OTHER_CENTER),
			Some(Timeline { generation: 1, latest: Interval::open(again) })
		);
		assert_eq!(
			PastAffiliations::<Test>::get(((DOCTOR, OTHER_CENTER), 0)),
			Some(Interval { from: START, until: Some(ended) })
		);
		// Each center is listed once.
		assert_eq!(AffiliatedCenters::<Test>::get(DOCTOR).into_inner(), [CENTER, OTHER_CENTER]);
		let (member, center) = (DOCTOR, OTHER_CENTER);
		assert_eq!(
			take_events(),
			[
				Event::AffiliationOpened { member, center, generation: 0 },
				Event::AffiliationEnded { member, center },
				Event::AffiliationOpened { member, center, generation: 1 },
			]
		);
	});
}

#[test]
fn only_active_staff_of_existing_roles_is_affiliated_and_only_by_centers() {
	new_test_ext().execute_and_check(|| {
		assert_noop!(Participants::affiliate(by(AUTHORITY), DOCTOR), Error::<Test>::WrongRole);
		for id in [AUTHORITY, OTHER_CENTER, PATIENT, RESEARCHER] {
			assert_noop!(Participants::affiliate(by(CENTER), id), Error::<Test>::WrongRole);
		}
		assert_noop!(Participants::affiliate(by(CENTER), NOBODY), Error::<Test>::NotFound);
		assert_ok!(Participants::suspend(by(CENTER), DOCTOR));
		assert_noop!(
			Participants::affiliate(by(OTHER_CENTER), DOCTOR),
			Error::<Test>::OtherNotActive
		);
		assert_ok!(Participants::affiliate(by(OTHER_CENTER), DEVICE));
	});
}

#[test]
fn the_number_of_centers_of_a_member_is_limited_but_not_how_often_one_opens() {
	new_test_ext().execute_and_check(|| {
		AffiliatedCenters::<Test>::mutate(DOCTOR, |centers| {
			// Centers of the past; their rows are of no matter here and taken away again below.
			for id in 0..MAX_AFFILIATIONS - 1 {
				centers.try_push(ParticipantId(1_000 + u64::from(id))).expect("room for it");
			}
		});
		assert_noop!(
			Participants::affiliate(by(OTHER_CENTER), DOCTOR),
			Error::<Test>::TooManyAffiliations
		);
		// Ending and reopening need no room.
		assert_ok!(Participants::end_affiliation(by(DOCTOR), DOCTOR, CENTER));
		assert_ok!(Participants::affiliate(by(CENTER), DOCTOR));
		AffiliatedCenters::<Test>::mutate(DOCTOR, |centers| centers.truncate(1));
	});
}

#[test]
fn either_side_ends_an_affiliation_whatever_its_condition_and_nobody_else() {
	new_test_ext().execute_and_check(|| {
		for id in [AUTHORITY, OTHER_CENTER, PATIENT, DEVICE] {
			assert_noop!(
				Participants::end_affiliation(by(id), DOCTOR, CENTER),
				Error::<Test>::NotAuthorized
			);
		}
		attach(by(CENTER), "desk", CENTER, KeyRoles::ACT);
		assert_noop!(
			Participants::end_affiliation(by_key("desk"), DOCTOR, CENTER),
			Error::<Test>::NotAuthorized
		);
		assert_ok!(Participants::freeze(by(DOCTOR), DOCTOR));
		assert_ok!(Participants::end_affiliation(by(DOCTOR), DOCTOR, CENTER));
		assert_ok!(Participants::suspend(by(AUTHORITY), CENTER));
		assert_ok!(Participants::end_affiliation(by(CENTER), DEVICE, CENTER));
	});
}

#[test]
fn a_patient_opens_care_and_either_side_ends_it() {
	new_test_ext().execute_and_check(|| {
		assert_ok!(Participants::open_care(by(PATIENT), CENTER));
		assert_noop!(Participants::open_care(by(PATIENT), CENTER), Error::<Test>::AlreadyExists);
		let ended = tick();
		assert_ok!(Participants::end_care(by(CENTER), PATIENT, CENTER));
		assert_noop!(Participants::end_care(by(PATIENT), PATIENT, CENTER), Error::<Test>::NotFound);
		assert_ok!(Participants::open_care(by(PATIENT), CENTER));
		assert_ok!(Participants::end_care(by(PATIENT), PATIENT, CENTER));
		assert_eq!(
			PastCare::<Test>::get(((PATIENT, CENTER), 0)),
			Some(Interval { from: START, until: Some(ended) })
		);
		let (patient, center) = (PATIENT, CENTER);
		assert_eq!(
			take_events(),
			[
				Event::CareOpened { patient, center, generation: 0 },
				Event::CareEnded { patient, center },
				Event::CareOpened { patient, center, generation: 1 },
				Event::CareEnded { patient, center },
			]
		);
	});
}

#[test]
fn what_opens_and_ends_in_one_block_was_never_live() {
	new_test_ext().execute_and_check(|| {
		assert_ok!(Participants::open_care(by(PATIENT), CENTER));
		assert_ok!(Participants::end_care(by(PATIENT), PATIENT, CENTER));
		let care = Care::<Test>::get(PATIENT, CENTER).expect("rows stay");
		assert!(!care.contains(START));
	});
}

#[test]
fn care_is_between_an_active_patient_and_an_active_center() {
	new_test_ext().execute_and_check(|| {
		assert_noop!(Participants::open_care(by(DOCTOR), CENTER), Error::<Test>::WrongRole);
		assert_noop!(Participants::open_care(by(PATIENT), DOCTOR), Error::<Test>::WrongRole);
		assert_noop!(Participants::open_care(by(PATIENT), NOBODY), Error::<Test>::NotFound);
		assert_ok!(Participants::suspend(by(AUTHORITY), OTHER_CENTER));
		assert_noop!(
			Participants::open_care(by(PATIENT), OTHER_CENTER),
			Error::<Test>::OtherNotActive
		);
		assert_ok!(Participants::suspend(by(CENTER), PATIENT));
		assert_noop!(Participants::open_care(by(PATIENT), CENTER), Error::<Test>::NotActive);
	});
}

#[test]
fn nobody_but_its_two_sides_ends_care() {
	new_test_ext().execute_and_check(|| {
		assert_ok!(Participants::open_care(by(PATIENT), CENTER));
		for id in [AUTHORITY, OTHER_CENTER, DOCTOR, DEVICE, RESEARCHER] {
			assert_noop!(
				Participants::end_care(by(id), PATIENT, CENTER),
				Error::<Test>::NotAuthorized
			);
		}
		// A patient who is stopped still takes rights away.
		assert_ok!(Participants::freeze(by(PATIENT), PATIENT));
		assert_ok!(Participants::end_care(by(PATIENT), PATIENT, CENTER));
	});
}

#[test]
fn a_patient_pairs_a_device_and_the_device_may_leave() {
	new_test_ext().execute_and_check(|| {
		assert_ok!(Participants::pair_device(by(PATIENT), DEVICE, PATIENT));
		assert_noop!(
			Participants::pair_device(by(PATIENT), DEVICE, PATIENT),
			Error::<Test>::AlreadyExists
		);
		let ended = tick();
		assert_ok!(Participants::unpair_device(by(DEVICE), DEVICE, PATIENT));
		assert_noop!(
			Participants::unpair_device(by(PATIENT), DEVICE, PATIENT),
			Error::<Test>::NotFound
		);
		assert_ok!(Participants::pair_device(by(PATIENT), DEVICE, PATIENT));
		assert_eq!(
			PastPairings::<Test>::get(((DEVICE, PATIENT), 0)),
			Some(Interval { from: START, until: Some(ended) })
		);
		let (device, patient) = (DEVICE, PATIENT);
		assert_eq!(
			take_events(),
			[
				Event::DevicePaired { device, patient, generation: 0 },
				Event::DeviceUnpaired { device, patient },
				Event::DevicePaired { device, patient, generation: 1 },
			]
		);
	});
}

#[test]
fn the_device_s_center_pairs_it_only_while_the_patient_is_in_its_care() {
	new_test_ext().execute_and_check(|| {
		let pair_by = |id| Participants::pair_device(by(id), DEVICE, PATIENT);
		assert_noop!(pair_by(CENTER), Error::<Test>::NotAuthorized);
		assert_ok!(Participants::open_care(by(PATIENT), CENTER));
		assert_ok!(Participants::open_care(by(PATIENT), OTHER_CENTER));
		// A center that did not enrol the device has no say, though it cares for the patient.
		assert_noop!(pair_by(OTHER_CENTER), Error::<Test>::NotAuthorized);
		attach(by(CENTER), "desk", CENTER, KeyRoles::ACT);
		assert_noop!(
			Participants::pair_device(by_key("desk"), DEVICE, PATIENT),
			Error::<Test>::KeyRoleMissing
		);
		assert_ok!(pair_by(CENTER));
		assert_ok!(Participants::unpair_device(by(CENTER), DEVICE, PATIENT));
		assert_ok!(Participants::end_care(by(PATIENT), PATIENT, CENTER));
		assert_noop!(pair_by(CENTER), Error::<Test>::NotAuthorized);
		assert_eq!(Pairings::<Test>::get(DEVICE, PATIENT).map(|row| row.generation), Some(0));
	});
}

#[test]
fn only_active_devices_and_patients_are_paired() {
	new_test_ext().execute_and_check(|| {
		let pair = |device| Participants::pair_device(by(PATIENT), device, PATIENT);
		assert_noop!(pair(DOCTOR), Error::<Test>::WrongRole);
		assert_noop!(pair(NOBODY), Error::<Test>::NotFound);
		// A practitioner pairs nothing with itself.
		assert_noop!(
			Participants::pair_device(by(DOCTOR), DEVICE, DOCTOR),
			Error::<Test>::WrongRole
		);
		assert_ok!(Participants::suspend(by(CENTER), DEVICE));
		assert_noop!(pair(DEVICE), Error::<Test>::OtherNotActive);
		assert_ok!(Participants::reinstate(by(CENTER), DEVICE, None));
		assert_ok!(Participants::suspend(by(CENTER), PATIENT));
		assert_noop!(pair(DEVICE), Error::<Test>::NotActive);
	});
}

#[test]
fn nobody_else_unpairs_a_device() {
	new_test_ext().execute_and_check(|| {
		assert_ok!(Participants::pair_device(by(PATIENT), DEVICE, PATIENT));
		for id in [AUTHORITY, OTHER_CENTER, DOCTOR, RESEARCHER] {
			assert_noop!(
				Participants::unpair_device(by(id), DEVICE, PATIENT),
				Error::<Test>::NotAuthorized
			);
		}
		assert_ok!(Participants::freeze(by(DEVICE), DEVICE));
		assert_ok!(Participants::unpair_device(by(DEVICE), DEVICE, PATIENT));
	});
}

#[test]
fn a_relation_that_cannot_be_counted_further_stays_closed() {
	new_test_ext().execute_and_check(|| {
		let last =
			Timeline { generation: u32::MAX, latest: Interval { from: START, until: Some(START) } };
		Care::<Test>::insert(PATIENT, CENTER, last);
		assert_noop!(Participants::open_care(by(PATIENT), CENTER), ArithmeticError::Overflow);
		Care::<Test>::remove(PATIENT, CENTER);
	});
}

#[test]
fn every_role_can_be_sponsored_only_down_the_line() {
	// The administrator is found by walking up sponsors, so the walk must be short.
	for (_, role, _) in CAST {
		let (mut steps, mut sponsor) = (0, role.sponsor());
		while let Some(role) = sponsor {
			steps += 1;
			sponsor = role.sponsor();
		}
		assert!(steps <= 2, "{role:?}");
		assert_eq!(steps == 0, role == Role::HealthAuthority);
	}
}
