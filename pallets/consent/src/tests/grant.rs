//! Granting: what is stored, and what is refused.

use frame_support::{assert_noop, assert_ok, dispatch::DispatchResultWithPostInfo};
use ward_primitives::{
	Category, CategorySet, Grant, GrantId, GrantTerms, Interval, Moment, ParticipantId, Reason,
	Scope,
};

use crate::{mock::*, Error, Event, Grants, NextGrantId, RecentGrants};

fn grant(
	grantee: ParticipantId,
	from: Option<Moment>,
	until: Option<Moment>,
) -> DispatchResultWithPostInfo {
	Consent::grant(signed_by(PATIENT), grantee, read_everything(), from, until)
}

fn with_terms(terms: GrantTerms) -> DispatchResultWithPostInfo {
	Consent::grant(signed_by(PATIENT), SPECIALIST, terms, None, None)
}

#[test]
fn a_grant_is_stored_as_given_and_permits_at_once() {
	new_test_ext().execute_and_check(|| {
		assert_eq!(may_read(SPECIALIST), Err(Reason::NoBasis));
		assert_ok!(grant(SPECIALIST, None, Some(NOW + 10)));
		let stored = Grant {
			id: GrantId(0),
			patient: PATIENT,
			grantee: SPECIALIST,
			generation: 0,
			interval: Interval { from: NOW, until: Some(NOW + 10) },
			terms: read_everything(),
		};
		assert_eq!(Grants::<Test>::get(GrantId(0)), Some(stored));
		let granted = Event::Granted { grant: GrantId(0), patient: PATIENT, grantee: SPECIALIST };
		assert_eq!(take_events(), [granted]);
		assert_eq!(NextGrantId::<Test>::get(), GrantId(1));
		assert_ok!(may_read(SPECIALIST));
		advance(10);
		assert_eq!(may_read(SPECIALIST), Err(Reason::GrantEnded));
	});
}

#[test]
fn a_grant_to_a_center_permits_its_staff() {
	new_test_ext().execute_and_check(|| {
		assert_ok!(grant(HOSPITAL, None, None));
		assert_ok!(may_read(HOSPITAL));
		assert_ok!(may_read(DOCTOR));
		assert_eq!(may_read(SPECIALIST), Err(Reason::NoBasis));
	});
}

#[test]
fn a_grant_may_start_later_but_never_earlier() {
	new_test_ext().execute_and_check(|| {
		assert_noop!(grant(SPECIALIST, Some(NOW - 1), None), Error::<Test>::Backdated);
		assert_ok!(grant(SPECIALIST, Some(NOW + 5), None));
		assert_eq!(may_read(SPECIALIST), Err(Reason::GrantNotStarted));
		advance(5);
		assert_ok!(may_read(SPECIALIST));
	});
}

#[test]
fn an_interval_needs_extent() {
	new_test_ext().execute_and_check(|| {
		for (from, until) in [(None, NOW), (None, NOW - 1), (Some(NOW + 5), NOW + 5)] {
			assert_noop!(grant(SPECIALIST, from, Some(until)), Error::<Test>::InvalidInterval);
		}
		assert_ok!(grant(SPECIALIST, Some(NOW + 5), Some(NOW + 6)));
	});
}

#[test]
fn only_patients_give_grants() {
	new_test_ext().execute_and_check(|| {
		for giver in [DOCTOR, HOSPITAL, DEVICE, AUTHORITY] {
			let origin = signed_by(giver);
			assert_noop!(
				Consent::grant(origin, SPECIALIST, read_everything(), None, None),
				Error::<Test>::NotAPatient
			);
		}
	});
}

#[test]
fn only_active_practitioners_and_centers_receive_grants() {
	new_test_ext().execute_and_check(|| {
		for grantee in [PATIENT, OTHER_PATIENT, DEVICE, AUTHORITY, RESEARCHER, STRANGER] {
			assert_noop!(grant(grantee, None, None), Error::<Test>::WrongRole);
		}
		suspend(HOSPITAL);
		assert_noop!(grant(HOSPITAL, None, None), Error::<Test>::InactiveGrantee);
	});
}

#[test]
fn a_suspended_patient_gives_no_grants() {
	new_test_ext().execute_and_check(|| {
		suspend(PATIENT);
		assert_noop!(grant(SPECIALIST, None, None), INACTIVE);
	});
}

#[test]
fn terms_that_make_no_sense_are_refused() {
	new_test_ext().execute_and_check(|| {
		let no_category = Scope { categories: Some(CategorySet::EMPTY), ..Scope::default() };
		let everything = vec![Scope::default()].try_into().expect("one fits");
		for terms in [
			GrantTerms { scope: no_category, ..read_everything() },
			GrantTerms { scope: naming(&[]), ..read_everything() },
			GrantTerms { exceptions: everything, ..read_everything() },
		] {
			assert_noop!(with_terms(terms), Error::<Test>::InvalidTerms);
		}
	});
}

#[test]
fn named_records_must_be_the_patients_own() {
	new_test_ext().execute_and_check(|| {
		for named in [FOREIGN, UNKNOWN] {
			let scope = naming(&[LAB, named]);
			let terms = GrantTerms { scope: scope.clone(), ..read_everything() };
			assert_noop!(with_terms(terms), Error::<Test>::UnknownRecord);
			let exceptions = vec![scope].try_into().expect("one fits");
			let terms = GrantTerms { exceptions, ..read_everything() };
			assert_noop!(with_terms(terms), Error::<Test>::UnknownRecord);
		}
	});
}

#[test]
fn named_records_stand_for_their_lineage_in_scope_and_exceptions() {
	new_test_ext().execute_and_check(|| {
		let exceptions = vec![naming(&[IMAGE]), naming(&[LAB_CORRECTED])];
		let terms = GrantTerms {
			scope: naming(&[LAB_CORRECTED, IMAGE]),
			exceptions: exceptions.try_into().expect("two fit"),
			..read_everything()
		};
		assert_ok!(with_terms(terms));
		let stored = Grants::<Test>::get(GrantId(0)).expect("it was given").terms;
		assert_eq!(stored.scope, naming(&[LAB, IMAGE]));
		assert_eq!(stored.exceptions[..], [naming(&[IMAGE]), naming(&[LAB])]);
	});
}

#[test]
fn naming_a_correction_covers_the_first_record_too() {
	new_test_ext().execute_and_check(|| {
		assert_ok!(with_terms(GrantTerms { scope: naming(&[LAB_CORRECTED]), ..read_everything() }));
		assert!(decide_at(SPECIALIST, LAB, NOW).is_permit());
		assert!(decide_at(SPECIALIST, LAB_CORRECTED, NOW).is_permit());
		assert!(!decide_at(SPECIALIST, IMAGE, NOW).is_permit());
	});
}

#[test]
fn a_scope_of_categories_permits_nothing_else() {
	new_test_ext().execute_and_check(|| {
		let categories = Some(CategorySet::from_iter([Category::Imaging]));
		let scope = Scope { categories, ..Scope::default() };
		assert_ok!(with_terms(GrantTerms { scope, ..read_everything() }));
		assert!(decide_at(SPECIALIST, IMAGE, NOW).is_permit());
		assert_eq!(may_read(SPECIALIST), Err(Reason::OutOfScope));
	});
}

#[test]
fn grants_that_are_over_make_room_only_when_it_is_needed() {
	new_test_ext().execute_and_check(|| {
		for _ in 0..MAX_LIVE_GRANTS {
			assert_ok!(grant(SPECIALIST, None, Some(NOW + 10)));
		}
		assert_noop!(grant(SPECIALIST, None, None), Error::<Test>::TooManyGrants);
		// Another grantee has its own room.
		assert_ok!(grant(DOCTOR, None, None));

		assert_ok!(Consent::withdraw(signed_by(PATIENT), GrantId(1)));
		assert_eq!(RecentGrants::<Test>::get(PATIENT, SPECIALIST).len(), 4);
		assert_ok!(grant(SPECIALIST, None, None));
		let recent = RecentGrants::<Test>::get(PATIENT, SPECIALIST);
		assert_eq!(recent[..], [0, 2, 3, 5].map(GrantId));

		// All that ended by themselves go at once.
		advance(10);
		assert_ok!(grant(SPECIALIST, None, None));
		let recent = RecentGrants::<Test>::get(PATIENT, SPECIALIST);
		assert_eq!(recent[..], [5, 6].map(GrantId));
	});
}

#[test]
fn a_grant_withdrawn_before_its_start_makes_room_too() {
	new_test_ext().execute_and_check(|| {
		for _ in 0..MAX_LIVE_GRANTS {
			assert_ok!(grant(SPECIALIST, Some(NOW + 100), None));
		}
		assert_noop!(grant(SPECIALIST, None, None), Error::<Test>::TooManyGrants);
		assert_ok!(Consent::withdraw(signed_by(PATIENT), GrantId(0)));
		assert_ok!(grant(SPECIALIST, None, None));
	});
}
