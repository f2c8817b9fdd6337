//! Withdrawing: exactly that grant, in its block.

use frame_support::{assert_noop, assert_ok};
use ward_primitives::{GrantId, KeyRoles, Moment, Reason};

use crate::{mock::*, Error, Event};

const GRANT: GrantId = GrantId(0);

fn give(from: Option<Moment>, until: Option<Moment>) {
	assert_ok!(Consent::grant(signed_by(PATIENT), SPECIALIST, read_everything(), from, until));
	take_events();
}

fn withdraw(id: GrantId) -> sp_runtime::DispatchResult {
	Consent::withdraw(signed_by(PATIENT), id)
}

#[test]
fn withdrawn_consent_denies_at_the_same_block() {
	new_test_ext().execute_and_check(|| {
		give(None, None);
		advance(10);
		assert_ok!(may_read(SPECIALIST));
		assert_ok!(withdraw(GRANT));
		let withdrawn = Event::Withdrawn { grant: GRANT, patient: PATIENT, grantee: SPECIALIST };
		assert_eq!(take_events(), [withdrawn]);
		assert_eq!(may_read(SPECIALIST), Err(Reason::GrantEnded));
		// What was allowed before stays so.
		assert!(decide_at(SPECIALIST, LAB, NOW).is_permit());
		assert!(decide_at(SPECIALIST, LAB, NOW + 9).is_permit());
		assert!(!decide_at(SPECIALIST, LAB, NOW + 10).is_permit());
	});
}

#[test]
fn granted_and_withdrawn_in_one_block_was_never_live() {
	new_test_ext().execute_and_check(|| {
		give(None, None);
		assert_ok!(withdraw(GRANT));
		assert_eq!(may_read(SPECIALIST), Err(Reason::GrantEnded));
		advance(1);
		for at in NOW - 1..=NOW + 1 {
			assert!(!decide_at(SPECIALIST, LAB, at).is_permit());
		}
	});
}

#[test]
fn amended_and_withdrawn_in_one_block_ends_both_generations() {
	new_test_ext().execute_and_check(|| {
		give(None, None);
		advance(10);
		assert_ok!(Consent::amend(signed_by(PATIENT), GRANT, read_everything(), None));
		assert_ok!(withdraw(GRANT));
		assert_eq!(may_read(SPECIALIST), Err(Reason::GrantEnded));
		assert!(decide_at(SPECIALIST, LAB, NOW + 9).is_permit());
		advance(1);
		assert!(!decide_at(SPECIALIST, LAB, NOW + 10).is_permit());
	});
}

#[test]
fn another_grant_to_the_same_grantee_goes_on() {
	new_test_ext().execute_and_check(|| {
		give(None, None);
		give(None, None);
		assert_ok!(withdraw(GRANT));
		assert_ok!(may_read(SPECIALIST));
		assert_ok!(withdraw(GrantId(1)));
		assert_eq!(may_read(SPECIALIST), Err(Reason::GrantEnded));
	});
}

#[test]
fn a_grant_withdrawn_before_its_start_never_starts() {
	new_test_ext().execute_and_check(|| {
		give(Some(NOW + 20), None);
		assert_ok!(withdraw(GRANT));
		assert_noop!(withdraw(GRANT), Error::<Test>::AlreadyEnded);
		advance(20);
		assert_eq!(may_read(SPECIALIST), Err(Reason::GrantEnded));
	});
}

#[test]
fn a_suspended_patient_still_withdraws() {
	new_test_ext().execute_and_check(|| {
		give(None, None);
		suspend(PATIENT);
		assert!(Consent::withdrawal_would_succeed(&account(PATIENT), GRANT));
		assert_ok!(withdraw(GRANT));
		assert_eq!(may_read(SPECIALIST), Err(Reason::GrantEnded));
	});
}

#[test]
fn only_the_giver_withdraws_and_only_once() {
	new_test_ext().execute_and_check(|| {
		assert_noop!(withdraw(GRANT), Error::<Test>::NotFound);
		give(None, Some(NOW + 10));
		for other in [OTHER_PATIENT, SPECIALIST, HOSPITAL, AUTHORITY] {
			assert_noop!(Consent::withdraw(signed_by(other), GRANT), Error::<Test>::NotAuthorized);
		}
		advance(10);
		assert_noop!(withdraw(GRANT), Error::<Test>::AlreadyEnded);
	});
}

#[test]
fn the_forecast_of_a_withdrawal_is_its_result() {
	new_test_ext().execute_and_check(|| {
		give(None, Some(NOW + 10));
		give(Some(NOW + 20), None);
		give(None, None);
		assert_ok!(withdraw(GrantId(2)));
		edit(|tables| {
			tables.keys.insert(account(DOCTOR), (PATIENT, KeyRoles::RECEIPT));
		});
		for _ in 0..3 {
			for (signer, id) in [PATIENT, OTHER_PATIENT, SPECIALIST, DOCTOR, STRANGER]
				.into_iter()
				.flat_map(|signer| (0..4).map(move |id| (signer, GrantId(id))))
			{
				let forecast = Consent::withdrawal_would_succeed(&account(signer), id);
				let result = frame_support::storage::with_transaction(|| {
					sp_runtime::TransactionOutcome::Rollback(Ok::<_, sp_runtime::DispatchError>(
						Consent::withdraw(signed_by(signer), id).is_ok(),
					))
				});
				assert_eq!(Ok(forecast), result, "{signer} {id}");
			}
			advance(10);
		}
	});
}
