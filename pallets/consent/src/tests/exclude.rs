//! Exclusions: what they beat, when they hold.

use frame_support::{assert_noop, assert_ok};
use ward_primitives::{traits::ReadConsents, Interval, ParticipantId, Reason, Timeline};

use crate::{mock::*, Error, Event, Exclusions, PastExclusions};

fn exclude(id: ParticipantId) -> sp_runtime::DispatchResult {
	Consent::exclude(signed_by(PATIENT), id)
}

fn readmit(id: ParticipantId) -> sp_runtime::DispatchResult {
	Consent::end_exclusion(signed_by(PATIENT), id)
}

fn grant(id: ParticipantId) {
	assert_ok!(Consent::grant(signed_by(PATIENT), id, read_everything(), None, None));
	take_events();
}

#[test]
fn an_exclusion_beats_a_grant_in_the_same_block_until_it_ends() {
	new_test_ext().execute_and_check(|| {
		grant(SPECIALIST);
		assert_ok!(exclude(SPECIALIST));
		let excluded = Event::Excluded { patient: PATIENT, excluded: SPECIALIST };
		assert_eq!(take_events(), [excluded]);
		assert_eq!(may_read(SPECIALIST), Err(Reason::Excluded));
		advance(10);
		assert_eq!(may_read(SPECIALIST), Err(Reason::Excluded));
		assert_ok!(readmit(SPECIALIST));
		let ended = Event::ExclusionEnded { patient: PATIENT, excluded: SPECIALIST };
		assert_eq!(take_events(), [ended]);
		assert_ok!(may_read(SPECIALIST));
	});
}

#[test]
fn excluding_a_center_excludes_its_staff() {
	new_test_ext().execute_and_check(|| {
		grant(DOCTOR);
		assert_ok!(exclude(HOSPITAL));
		assert_eq!(may_read(HOSPITAL), Err(Reason::Excluded));
		assert_eq!(may_read(DOCTOR), Err(Reason::Excluded));
		assert_eq!(may_read(SPECIALIST), Err(Reason::NoBasis));
	});
}

#[test]
fn a_suspended_patient_excludes_but_does_not_readmit() {
	new_test_ext().execute_and_check(|| {
		suspend(PATIENT);
		assert_ok!(exclude(SPECIALIST));
		assert_noop!(readmit(SPECIALIST), INACTIVE);
	});
}

#[test]
fn suspended_practitioners_and_centers_can_be_excluded() {
	new_test_ext().execute_and_check(|| {
		suspend(SPECIALIST);
		suspend(HOSPITAL);
		assert_ok!(exclude(SPECIALIST));
		assert_ok!(exclude(HOSPITAL));
	});
}

#[test]
fn only_practitioners_and_centers_are_excluded_and_only_by_patients() {
	new_test_ext().execute_and_check(|| {
		for id in [PATIENT, OTHER_PATIENT, DEVICE, AUTHORITY, RESEARCHER, STRANGER] {
			assert_noop!(exclude(id), Error::<Test>::WrongRole);
		}
		for id in [DOCTOR, HOSPITAL, AUTHORITY] {
			assert_noop!(Consent::exclude(signed_by(id), SPECIALIST), Error::<Test>::NotAPatient);
		}
	});
}

#[test]
fn an_exclusion_starts_once_and_ends_once() {
	new_test_ext().execute_and_check(|| {
		assert_noop!(readmit(SPECIALIST), Error::<Test>::NotFound);
		assert_ok!(exclude(SPECIALIST));
		assert_noop!(exclude(SPECIALIST), Error::<Test>::AlreadyExcluded);
		let other = signed_by(OTHER_PATIENT);
		assert_noop!(Consent::end_exclusion(other, SPECIALIST), Error::<Test>::NotFound);
		advance(1);
		assert_ok!(readmit(SPECIALIST));
		assert_noop!(readmit(SPECIALIST), Error::<Test>::NotFound);
	});
}

#[test]
fn excluded_and_readmitted_in_one_block_was_never_excluded() {
	new_test_ext().execute_and_check(|| {
		grant(SPECIALIST);
		assert_ok!(exclude(SPECIALIST));
		assert_ok!(readmit(SPECIALIST));
		assert_ok!(may_read(SPECIALIST));
		advance(1);
		assert!(decide_at(SPECIALIST, LAB, NOW).is_permit());
	});
}

#[test]
fn readmitted_and_excluded_in_one_block_stays_excluded() {
	new_test_ext().execute_and_check(|| {
		grant(SPECIALIST);
		assert_ok!(exclude(SPECIALIST));
		advance(5);
		assert_ok!(readmit(SPECIALIST));
		assert_ok!(exclude(SPECIALIST));
		assert_eq!(may_read(SPECIALIST), Err(Reason::Excluded));
		advance(1);
		for at in NOW..=NOW + 6 {
			assert!(!decide_at(SPECIALIST, LAB, at).is_permit());
		}
	});
}

#[test]
fn earlier_exclusions_are_read_at_their_moments() {
	new_test_ext().execute_and_check(|| {
		let spans: Vec<_> = (0..4u64)
			.map(|n| {
				assert_ok!(exclude(SPECIALIST));
				advance(10);
				assert_ok!(readmit(SPECIALIST));
				advance(10);
				Interval { from: NOW + 20 * n, until: Some(NOW + 20 * n + 10) }
			})
			.collect();
		let latest = Timeline { generation: 3, latest: spans[3] };
		assert_eq!(Exclusions::<Test>::get(PATIENT, SPECIALIST), Some(latest));
		assert_eq!(PastExclusions::<Test>::get((PATIENT, SPECIALIST, 1)), Some(spans[1]));

		let read = |at| <Consent as ReadConsents>::exclusion(PATIENT, SPECIALIST, at);
		assert_eq!(read(NOW - 1), None);
		for (n, span) in spans.iter().enumerate() {
			for offset in [0, 9, 10, 19] {
				assert_eq!(read(NOW + 20 * n as u64 + offset), Some(*span));
			}
		}
		assert_eq!(<Consent as ReadConsents>::exclusion(PATIENT, DOCTOR, NOW), None);
	});
}
