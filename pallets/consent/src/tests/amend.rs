//! Amending: a new generation from now on.

use frame_support::{assert_noop, assert_ok};
use ward_primitives::{
	consent::ActionSet, Basis, Decision, GrantId, GrantTerms, Interval, Moment, Reason,
};

use crate::{mock::*, Error, Event, Grants, PastGrants};

const GRANT: GrantId = GrantId(0);

fn give(from: Option<Moment>, until: Option<Moment>) {
	assert_ok!(Consent::grant(signed_by(PATIENT), SPECIALIST, read_everything(), from, until));
	take_events();
}

fn amend(terms: GrantTerms, until: Option<Moment>) -> sp_runtime::DispatchResult {
	Consent::amend(signed_by(PATIENT), GRANT, terms, until)
}

fn images_only() -> GrantTerms {
	GrantTerms { scope: naming(&[IMAGE]), ..read_everything() }
}

fn intervals() -> (Interval, Interval) {
	let past = PastGrants::<Test>::get(GRANT, 0).expect("it was amended");
	(past.interval, Grants::<Test>::get(GRANT).expect("it was given").interval)
}

#[test]
fn the_new_generation_holds_from_now_and_the_old_one_until_now() {
	new_test_ext().execute_and_check(|| {
		give(None, Some(NOW + 100));
		advance(10);
		assert_ok!(amend(images_only(), Some(NOW + 50)));
		let amended =
			Event::Amended { grant: GRANT, generation: 1, patient: PATIENT, grantee: SPECIALIST };
		assert_eq!(take_events(), [amended]);
		let old = Interval { from: NOW, until: Some(NOW + 10) };
		let new = Interval { from: NOW + 10, until: Some(NOW + 50) };
		assert_eq!(intervals(), (old, new));
		assert_eq!(Consent::past_grant(GRANT, 0).map(|grant| grant.terms), Some(read_everything()));
		assert_eq!(Consent::grant_by_id(GRANT).map(|grant| grant.terms), Some(images_only()));

		assert_eq!(may_read(SPECIALIST), Err(Reason::OutOfScope));
		let now = decide_at(SPECIALIST, IMAGE, NOW + 10);
		let basis = Basis::Grant { grant: GRANT, generation: 1 };
		assert!(matches!(now, Decision::Permit { basis: b, .. } if b == basis));
		let before = decide_at(SPECIALIST, LAB, NOW + 9);
		let basis = Basis::Grant { grant: GRANT, generation: 0 };
		assert!(matches!(before, Decision::Permit { basis: b, .. } if b == basis));
	});
}

#[test]
fn amending_may_lift_or_shorten_the_end() {
	new_test_ext().execute_and_check(|| {
		give(None, Some(NOW + 10));
		assert_ok!(amend(read_everything(), None));
		advance(10);
		assert_ok!(may_read(SPECIALIST));
		assert_ok!(amend(read_everything(), Some(NOW + 11)));
		advance(1);
		assert_eq!(may_read(SPECIALIST), Err(Reason::GrantEnded));
	});
}

#[test]
fn a_grant_amended_before_its_start_still_starts_then() {
	new_test_ext().execute_and_check(|| {
		give(Some(NOW + 20), None);
		assert_noop!(amend(images_only(), Some(NOW + 20)), Error::<Test>::InvalidInterval);
		assert_ok!(amend(images_only(), None));
		let never = Interval { from: NOW + 20, until: Some(NOW + 20) };
		assert_eq!(intervals(), (never, Interval::open(NOW + 20)));
		assert_eq!(may_read(SPECIALIST), Err(Reason::GrantNotStarted));
		advance(20);
		assert_eq!(may_read(SPECIALIST), Err(Reason::OutOfScope));
	});
}

#[test]
fn amended_twice_in_one_block_the_last_word_counts() {
	new_test_ext().execute_and_check(|| {
		give(None, None);
		assert_ok!(amend(images_only(), None));
		assert_ok!(amend(read_everything(), None));
		assert_ok!(may_read(SPECIALIST));
		advance(1);
		let decision = decide_at(SPECIALIST, LAB, NOW);
		let basis = Basis::Grant { grant: GRANT, generation: 2 };
		assert!(matches!(decision, Decision::Permit { basis: b, .. } if b == basis));
	});
}

#[test]
fn only_the_giver_amends_and_only_what_is_not_over() {
	new_test_ext().execute_and_check(|| {
		let by = |id| Consent::amend(signed_by(id), GRANT, read_everything(), None);
		assert_noop!(by(PATIENT), Error::<Test>::NotFound);
		give(None, Some(NOW + 10));
		assert_noop!(by(OTHER_PATIENT), Error::<Test>::NotAuthorized);
		assert_noop!(by(SPECIALIST), Error::<Test>::NotAuthorized);
		advance(10);
		assert_noop!(by(PATIENT), Error::<Test>::AlreadyEnded);
	});
}

#[test]
fn what_was_withdrawn_before_its_start_cannot_be_amended_back() {
	new_test_ext().execute_and_check(|| {
		give(Some(NOW + 20), None);
		assert_ok!(Consent::withdraw(signed_by(PATIENT), GRANT));
		assert_noop!(amend(read_everything(), None), Error::<Test>::AlreadyEnded);
	});
}

#[test]
fn a_suspended_patient_amends_nothing() {
	new_test_ext().execute_and_check(|| {
		give(None, None);
		suspend(PATIENT);
		assert_noop!(amend(read_everything(), None), INACTIVE);
	});
}

#[test]
fn amended_terms_pass_all_checks_of_terms() {
	new_test_ext().execute_and_check(|| {
		give(None, None);
		let nothing = GrantTerms { actions: ActionSet(0), ..read_everything() };
		assert_noop!(amend(nothing, None), Error::<Test>::InvalidTerms);
		let foreign = GrantTerms { scope: naming(&[FOREIGN]), ..read_everything() };
		assert_noop!(amend(foreign, None), Error::<Test>::UnknownRecord);
		assert_noop!(amend(read_everything(), Some(NOW)), Error::<Test>::InvalidInterval);
		let corrected = GrantTerms { scope: naming(&[LAB_CORRECTED]), ..read_everything() };
		assert_ok!(amend(corrected, None));
		assert_eq!(Grants::<Test>::get(GRANT).map(|g| g.terms.scope), Some(naming(&[LAB])));
	});
}
