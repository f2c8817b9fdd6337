//! Requests: asking, cancelling, declining, and what a grant does to them.

use frame_support::{assert_noop, assert_ok};
use ward_primitives::{
	consent::{ActionSet, RequestOutcome},
	AccessRequest, GrantId, GrantTerms, ParticipantId,
};

use crate::{mock::*, Error, Event, Requests};

fn ask(requester: ParticipantId) -> sp_runtime::DispatchResult {
	Consent::request(signed_by(requester), PATIENT, read_everything(), None)
}

fn outcome(requester: ParticipantId) -> Option<(u64, RequestOutcome)> {
	Requests::<Test>::get(PATIENT, requester).expect("a request was made").outcome
}

#[test]
fn practitioners_and_centers_ask_for_themselves() {
	new_test_ext().execute_and_check(|| {
		let until = Some(NOW + 10);
		for requester in [DOCTOR, HOSPITAL] {
			let origin = signed_by(requester);
			assert_ok!(Consent::request(origin, PATIENT, read_everything(), until));
			let request = AccessRequest {
				patient: PATIENT,
				requester,
				terms: read_everything(),
				until,
				requested_at: NOW,
				outcome: None,
			};
			assert_eq!(Consent::access_request(PATIENT, requester), Some(request));
			assert_eq!(take_events(), [Event::Requested { patient: PATIENT, requester }]);
		}
		for requester in [PATIENT, DEVICE, AUTHORITY, RESEARCHER] {
			assert_noop!(ask(requester), Error::<Test>::WrongRole);
		}
	});
}

#[test]
fn a_request_grants_nothing() {
	new_test_ext().execute_and_check(|| {
		assert_ok!(ask(DOCTOR));
		assert_eq!(may_read(DOCTOR), Err(ward_primitives::Reason::NoBasis));
	});
}

#[test]
fn only_patients_are_asked() {
	new_test_ext().execute_and_check(|| {
		for asked in [HOSPITAL, STRANGER] {
			assert_noop!(
				Consent::request(signed_by(DOCTOR), asked, read_everything(), None),
				Error::<Test>::UnknownPatient
			);
		}
	});
}

#[test]
fn a_wish_that_makes_no_sense_is_refused() {
	new_test_ext().execute_and_check(|| {
		let nothing = GrantTerms { actions: ActionSet(0), ..read_everything() };
		assert_noop!(
			Consent::request(signed_by(DOCTOR), PATIENT, nothing, None),
			Error::<Test>::InvalidTerms
		);
		assert_noop!(
			Consent::request(signed_by(DOCTOR), PATIENT, read_everything(), Some(NOW)),
			Error::<Test>::InvalidInterval
		);
	});
}

#[test]
fn a_new_request_takes_the_place_of_the_one_before() {
	new_test_ext().execute_and_check(|| {
		assert_ok!(ask(DOCTOR));
		advance(5);
		assert_ok!(ask(DOCTOR));
		let request = Requests::<Test>::get(PATIENT, DOCTOR).expect("a request was made");
		assert_eq!((request.requested_at, request.outcome), (NOW + 5, None));
		assert_ok!(Consent::decline_request(signed_by(PATIENT), DOCTOR));
		assert_ok!(ask(DOCTOR));
		assert_eq!(outcome(DOCTOR), None);
		assert_eq!(Requests::<Test>::iter().count(), 1);
	});
}

#[test]
fn a_requester_takes_its_request_back_once() {
	new_test_ext().execute_and_check(|| {
		assert_noop!(Consent::cancel_request(signed_by(DOCTOR), PATIENT), Error::<Test>::NotFound);
		assert_ok!(ask(DOCTOR));
		assert_noop!(
			Consent::cancel_request(signed_by(SPECIALIST), PATIENT),
			Error::<Test>::NotFound
		);
		take_events();
		suspend(DOCTOR);
		assert_ok!(Consent::cancel_request(signed_by(DOCTOR), PATIENT));
		assert_eq!(
			take_events(),
			[Event::RequestCancelled { patient: PATIENT, requester: DOCTOR }]
		);
		assert_eq!(outcome(DOCTOR), Some((NOW, RequestOutcome::Cancelled)));
		assert_noop!(
			Consent::cancel_request(signed_by(DOCTOR), PATIENT),
			Error::<Test>::AlreadyClosed
		);
	});
}

#[test]
fn a_patient_declines_a_request_once() {
	new_test_ext().execute_and_check(|| {
		assert_ok!(ask(DOCTOR));
		assert_noop!(
			Consent::decline_request(signed_by(OTHER_PATIENT), DOCTOR),
			Error::<Test>::NotFound
		);
		take_events();
		suspend(PATIENT);
		assert_ok!(Consent::decline_request(signed_by(PATIENT), DOCTOR));
		assert_eq!(take_events(), [Event::RequestDeclined { patient: PATIENT, requester: DOCTOR }]);
		assert_eq!(outcome(DOCTOR), Some((NOW, RequestOutcome::Declined)));
		assert_noop!(
			Consent::decline_request(signed_by(PATIENT), DOCTOR),
			Error::<Test>::AlreadyClosed
		);
	});
}

#[test]
fn a_grant_closes_the_open_request_of_its_grantee_only() {
	new_test_ext().execute_and_check(|| {
		assert_ok!(ask(DOCTOR));
		assert_ok!(ask(HOSPITAL));
		assert_ok!(Consent::cancel_request(signed_by(HOSPITAL), PATIENT));
		advance(1);
		let grant = || Consent::grant(signed_by(PATIENT), DOCTOR, read_everything(), None, None);
		assert_ok!(grant());
		assert_ok!(Consent::grant(signed_by(PATIENT), HOSPITAL, read_everything(), None, None));
		assert_eq!(outcome(DOCTOR), Some((NOW + 1, RequestOutcome::Granted(GrantId(0)))));
		assert_eq!(outcome(HOSPITAL), Some((NOW, RequestOutcome::Cancelled)));
		// A second grant leaves the answer as it is.
		assert_ok!(grant());
		assert_eq!(outcome(DOCTOR), Some((NOW + 1, RequestOutcome::Granted(GrantId(0)))));
	});
}
