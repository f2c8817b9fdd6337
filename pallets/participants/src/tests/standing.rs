//! Suspending, reinstating, deactivating, freezing and expiring.

use frame_support::{assert_noop, assert_ok};
use ward_primitives::{
	participant::{Condition, NOTICE},
	traits::ReadParticipants,
	Interval, KeyRoles, ParticipantId, Role, Timeline,
};

use crate::{mock::*, Error, Event, Participants as Rows, PastActive};

fn condition(id: ParticipantId) -> Condition {
	Rows::<Test>::get(id).expect("a member of the cast").condition
}

fn is_active(id: ParticipantId) -> bool {
	let row = Rows::<Test>::get(id).expect("a member of the cast");
	Participants::is_active(id, row.role, Timestamp::get())
}

#[test]
fn suspension_takes_effect_in_its_block_and_reinstatement_leaves_the_gap() {
	new_test_ext().execute_and_check(|| {
		assert_ok!(Participants::suspend(by(CENTER), DOCTOR));
		assert!(!is_active(DOCTOR));
		assert_noop!(Participants::suspend(by(CENTER), DOCTOR), Error::<Test>::WrongCondition);
		let back = tick();
		assert_ok!(Participants::reinstate(by(CENTER), DOCTOR, None));
		assert!(is_active(DOCTOR));
		assert_noop!(
			Participants::reinstate(by(CENTER), DOCTOR, None),
			Error::<Test>::WrongCondition
		);
		let row = Rows::<Test>::get(DOCTOR).expect("the doctor");
		assert_eq!(row.active, Timeline { generation: 1, latest: Interval::open(back) });
		assert_eq!(
			PastActive::<Test>::get((DOCTOR, 0)),
			Some(Interval { from: 0, until: Some(START) })
		);
		assert_eq!(
			take_events(),
			[
				Event::Suspended { participant: DOCTOR },
				Event::Reinstated { participant: DOCTOR, until: None },
			]
		);
	});
}

#[test]
fn deactivation_is_for_good() {
	new_test_ext().execute_and_check(|| {
		assert_ok!(Participants::deactivate(by(CENTER), DOCTOR));
		assert_eq!(take_events(), [Event::Deactivated { participant: DOCTOR }]);
		assert_eq!(condition(DOCTOR), Condition::Deactivated);
		assert!(!is_active(DOCTOR));
		tick();
		let wrong = Error::<Test>::WrongCondition;
		assert_noop!(Participants::reinstate(by(CENTER), DOCTOR, None), wrong);
		let wrong = Error::<Test>::WrongCondition;
		assert_noop!(Participants::suspend(by(CENTER), DOCTOR), wrong);
		let wrong = Error::<Test>::WrongCondition;
		assert_noop!(Participants::freeze(by(CENTER), DOCTOR), wrong);
		let wrong = Error::<Test>::WrongCondition;
		assert_noop!(Participants::freeze(by(DOCTOR), DOCTOR), wrong);
		let wrong = Error::<Test>::WrongCondition;
		assert_noop!(Participants::set_expiry(by(CENTER), DOCTOR, None), wrong);
		let wrong = Error::<Test>::WrongCondition;
		assert_noop!(Participants::deactivate(by(CENTER), DOCTOR), wrong);
	});
}

#[test]
fn a_participant_leaves_by_itself_even_when_suspended() {
	new_test_ext().execute_and_check(|| {
		assert_ok!(Participants::suspend(by(CENTER), PATIENT));
		assert_ok!(Participants::deactivate(by(PATIENT), PATIENT));
		assert_eq!(condition(PATIENT), Condition::Deactivated);
	});
}

#[test]
fn freezing_works_from_every_condition_but_the_last_and_only_the_sponsor_undoes_it() {
	new_test_ext().execute_and_check(|| {
		assert_ok!(Participants::freeze(by(DOCTOR), DOCTOR));
		assert_eq!(take_events(), [Event::Frozen { participant: DOCTOR }]);
		assert!(!is_active(DOCTOR));
		assert_noop!(Participants::freeze(by(DOCTOR), DOCTOR), Error::<Test>::WrongCondition);
		assert_noop!(Participants::suspend(by(CENTER), DOCTOR), Error::<Test>::WrongCondition);
		// Not by the participant itself, whose key may be the one that was stolen.
		assert_noop!(
			Participants::reinstate(by(DOCTOR), DOCTOR, None),
			Error::<Test>::KeyRoleMissing
		);
		assert_ok!(Participants::reinstate(by(CENTER), DOCTOR, None));
		// From suspended, by the sponsor.
		assert_ok!(Participants::suspend(by(CENTER), DOCTOR));
		assert_ok!(Participants::freeze(by(CENTER), DOCTOR));
		assert_eq!(condition(DOCTOR), Condition::Frozen);
		// From expired.
		assert_ok!(Participants::set_expiry(by(CENTER), PATIENT, Some(START + 1)));
		tick();
		assert_ok!(Participants::freeze(by(PATIENT), PATIENT));
		assert_eq!(condition(PATIENT), Condition::Frozen);
		let row = Rows::<Test>::get(PATIENT).expect("the patient");
		assert_eq!(row.active.latest.until, Some(START + 1));
	});
}

#[test]
fn the_quota_lets_exactly_the_freezes_pass_that_succeed() {
	new_test_ext().execute_and_check(|| {
		attach_witness_key("worker", CENTER);
		let mut accounts: Vec<_> = CAST.iter().map(|(id, _, _)| main_key(*id)).collect();
		accounts.extend([ed25519_account("worker"), account("unknown")]);
		assert_ok!(Participants::freeze(by(DEVICE), DEVICE));
		let (mut passed, mut refused) = (0, 0);
		for account in accounts {
			for target in CAST.map(|(id, _, _)| id).into_iter().chain([NOBODY]) {
				let foretold = Participants::freeze_would_succeed(&account, target);
				let origin = RuntimeOrigin::signed(account.clone());
				let seen = frame_support::storage::with_transaction(|| {
					let result = Participants::freeze(origin, target);
					sp_runtime::TransactionOutcome::Rollback(Ok::<_, sp_runtime::DispatchError>(
						result.is_ok(),
					))
				});
				assert_eq!(Ok(foretold), seen, "{account} on {target}");
				*if foretold { &mut passed } else { &mut refused } += 1;
			}
		}
		// Six for oneself (all but the frozen device), the authority for two centers, the center for
		// practitioner, patient and researcher.
		assert_eq!(passed, 11);
		assert!(refused > 0);
	});
}

#[test]
fn an_expiry_is_set_moved_and_lifted_while_it_lies_ahead() {
	new_test_ext().execute_and_check(|| {
		let set = |until| Participants::set_expiry(by(CENTER), DOCTOR, until);
		assert_noop!(set(Some(START)), Error::<Test>::EndNotAhead);
		assert_noop!(set(Some(0)), Error::<Test>::EndNotAhead);
		assert_ok!(set(Some(START + 10)));
		assert_ok!(set(Some(START + 20)));
		assert_ok!(set(None));
		assert_ok!(set(Some(START + 2)));
		let expiry = |until| Event::ExpirySet { participant: DOCTOR, until };
		assert_eq!(
			take_events(),
			[
				expiry(Some(START + 10)),
				expiry(Some(START + 20)),
				expiry(None),
				expiry(Some(START + 2))
			]
		);
		tick();
		assert!(is_active(DOCTOR));
		let over = tick();
		assert!(!is_active(DOCTOR));
		assert_eq!(condition(DOCTOR), Condition::Active);
		assert_noop!(set(None), Error::<Test>::WrongCondition);
		assert_noop!(
			Participants::set_sealing_key(by(DOCTOR), sealing_key(5)),
			Error::<Test>::NotActive
		);
		// What is over is not continued but begun anew.
		assert_noop!(
			Participants::reinstate(by(CENTER), DOCTOR, Some(over)),
			Error::<Test>::EndNotAhead
		);
		assert_ok!(Participants::reinstate(by(CENTER), DOCTOR, Some(over + 5)));
		let row = Rows::<Test>::get(DOCTOR).expect("the doctor");
		let latest = Interval { from: over, until: Some(over + 5) };
		assert_eq!(row.active, Timeline { generation: 1, latest });
	});
}

#[test]
fn a_suspension_keeps_an_expiry_that_came_first() {
	new_test_ext().execute_and_check(|| {
		assert_ok!(Participants::set_expiry(by(CENTER), DOCTOR, Some(START + 1)));
		set_now(START + 5);
		assert_ok!(Participants::suspend(by(CENTER), DOCTOR));
		assert_eq!(condition(DOCTOR), Condition::Suspended);
		let row = Rows::<Test>::get(DOCTOR).expect("the doctor");
		assert_eq!(row.active.latest.until, Some(START + 1));
	});
}

#[test]
fn a_participant_is_administered_by_its_sponsor_and_nobody_beside_or_above() {
	new_test_ext().execute_and_check(|| {
		for origin in [by(AUTHORITY), by(OTHER_CENTER), RuntimeOrigin::root()] {
			let refused = Error::<Test>::NotAuthorized;
			assert_noop!(Participants::suspend(origin.clone(), DOCTOR), refused);
			let refused = Error::<Test>::NotAuthorized;
			assert_noop!(Participants::freeze(origin.clone(), DOCTOR), refused);
			let refused = Error::<Test>::NotAuthorized;
			assert_noop!(Participants::deactivate(origin.clone(), DOCTOR), refused);
			let refused = Error::<Test>::NotAuthorized;
			assert_noop!(Participants::reinstate(origin.clone(), DOCTOR, None), refused);
			let refused = Error::<Test>::NotAuthorized;
			assert_noop!(Participants::set_expiry(origin, DOCTOR, None), refused);
		}
		// Nor do centers and authorities administer themselves.
		assert_noop!(
			Participants::set_expiry(by(CENTER), CENTER, None),
			Error::<Test>::NotAuthorized
		);
		assert_noop!(Participants::suspend(by(AUTHORITY), AUTHORITY), Error::<Test>::NotAuthorized);
		assert_ok!(Participants::suspend(RuntimeOrigin::root(), AUTHORITY));
		assert_noop!(Participants::suspend(by(CENTER), NOBODY), Error::<Test>::NotFound);
	});
}

#[test]
fn those_of_a_stopped_sponsor_are_administered_by_the_next_one_up() {
	new_test_ext().execute_and_check(|| {
		assert_ok!(Participants::suspend(by(AUTHORITY), CENTER));
		assert_noop!(Participants::suspend(by(CENTER), DOCTOR), Error::<Test>::NotActive);
		assert_noop!(Participants::freeze(by(CENTER), DOCTOR), Error::<Test>::NotActive);
		assert_ok!(Participants::suspend(by(AUTHORITY), DOCTOR));
		assert_ok!(Participants::reinstate(by(AUTHORITY), DOCTOR, None));
		// With no health authority left, the consortium steps in.
		assert_ok!(Participants::suspend(RuntimeOrigin::root(), AUTHORITY));
		assert_noop!(Participants::suspend(by(AUTHORITY), DOCTOR), Error::<Test>::NotActive);
		assert_ok!(Participants::suspend(RuntimeOrigin::root(), DOCTOR));
		assert_ok!(Participants::reinstate(RuntimeOrigin::root(), CENTER, None));
		// And leaves again when the sponsor is back.
		assert_noop!(
			Participants::reinstate(RuntimeOrigin::root(), DOCTOR, None),
			Error::<Test>::NotAuthorized
		);
		assert_ok!(Participants::reinstate(by(CENTER), DOCTOR, None));
	});
}

#[test]
fn an_expired_sponsor_counts_as_stopped() {
	new_test_ext().execute_and_check(|| {
		assert_ok!(Participants::set_expiry(by(AUTHORITY), CENTER, Some(START + 1)));
		assert_noop!(Participants::suspend(by(AUTHORITY), DOCTOR), Error::<Test>::NotAuthorized);
		tick();
		assert_noop!(Participants::suspend(by(CENTER), DOCTOR), Error::<Test>::NotActive);
		assert_ok!(Participants::suspend(by(AUTHORITY), DOCTOR));
	});
}

#[test]
fn administration_takes_a_key_that_enrols() {
	new_test_ext().execute_and_check(|| {
		attach(by(CENTER), "desk", CENTER, KeyRoles::ACT);
		attach(by(CENTER), "clerk", CENTER, KeyRoles::ENROL);
		assert_noop!(Participants::suspend(by_key("desk"), DOCTOR), Error::<Test>::KeyRoleMissing);
		assert_ok!(Participants::suspend(by_key("clerk"), DOCTOR));
		// And the participant's own brake one that acts.
		assert_noop!(Participants::freeze(by_key("clerk"), CENTER), Error::<Test>::NotAuthorized);
		assert_ok!(Participants::freeze(by_key("desk"), CENTER));
		assert_eq!(Rows::<Test>::get(CENTER).map(|row| row.role), Some(Role::MedicalCenter));
	});
}

#[test]
fn the_consortium_freezes_a_health_authority_and_alone_reinstates_it() {
	new_test_ext().execute_and_check(|| {
		assert_ok!(Participants::freeze(RuntimeOrigin::root(), AUTHORITY));
		assert_eq!(take_events(), [Event::Frozen { participant: AUTHORITY }]);
		assert_eq!(condition(AUTHORITY), Condition::Frozen);
		assert!(!is_active(AUTHORITY));
		assert_noop!(
			Participants::reinstate(by(AUTHORITY), AUTHORITY, None),
			Error::<Test>::NotActive
		);
		assert_ok!(Participants::reinstate(RuntimeOrigin::root(), AUTHORITY, None));
		assert!(is_active(AUTHORITY));
	});
}

#[test]
fn the_consortium_freezes_a_center_only_while_no_health_authority_administers_it() {
	new_test_ext().execute_and_check(|| {
		let freeze = || Participants::freeze(RuntimeOrigin::root(), CENTER);
		assert_noop!(freeze(), Error::<Test>::NotAuthorized);
		assert_ok!(Participants::freeze(RuntimeOrigin::root(), AUTHORITY));
		assert_ok!(freeze());
		assert_eq!(condition(CENTER), Condition::Frozen);
	});
}

#[test]
fn every_change_of_standing_is_told_and_nothing_else() {
	new_test_ext().execute_and_check(|| {
		// The founders, at genesis.
		assert_eq!(take_told(), CAST.map(|(id, role, _)| (id, role)));
		let doctor = [(DOCTOR, Role::Practitioner)];
		let center = [(CENTER, Role::MedicalCenter)];
		assert_ok!(Participants::set_expiry(by(CENTER), DOCTOR, Some(START + 9)));
		assert_eq!(take_told(), doctor);
		assert_ok!(Participants::suspend(by(CENTER), DOCTOR));
		assert_eq!(take_told(), doctor);
		tick();
		assert_ok!(Participants::reinstate(by(CENTER), DOCTOR, None));
		assert_eq!(take_told(), doctor);
		assert_ok!(Participants::freeze(by(DOCTOR), DOCTOR));
		assert_eq!(take_told(), doctor);
		assert_ok!(Participants::deactivate(by(CENTER), DOCTOR));
		assert_eq!(take_told(), doctor);
		assert_ok!(Participants::suspend(by(AUTHORITY), CENTER));
		assert_eq!(take_told(), center);
		// Keys and relations are no standing, and a call that fails tells nothing.
		attach(by(PATIENT), "phone", PATIENT, KeyRoles::ACT);
		assert_ok!(Participants::retire_key(by(PATIENT), account("phone")));
		assert_ok!(Participants::open_care(by(PATIENT), OTHER_CENTER));
		assert_noop!(Participants::suspend(by(CENTER), PATIENT), Error::<Test>::NotActive);
		assert_eq!(take_told(), []);
	});
}

#[test]
fn who_is_told_finds_the_change_stored() {
	new_test_ext().execute_and_check(|| {
		take_told();
		assert_ok!(Participants::suspend(by(AUTHORITY), CENTER));
		assert_eq!(told_while_active(), [false]);
		tick();
		assert_ok!(Participants::reinstate(by(AUTHORITY), CENTER, None));
		assert_eq!(told_while_active(), [true]);
	});
}

#[test]
fn who_cannot_be_spared_is_stopped_by_itself_or_the_consortium_only() {
	new_test_ext().execute_and_check(|| {
		Needed::set(&vec![CENTER]);
		let refused = || Error::<Test>::CannotBeSpared;
		let soon = START + NOTICE;
		assert_noop!(Participants::suspend(by(AUTHORITY), CENTER), refused());
		assert_noop!(Participants::freeze(by(AUTHORITY), CENTER), refused());
		assert_noop!(Participants::deactivate(by(AUTHORITY), CENTER), refused());
		assert_noop!(Participants::set_expiry(by(AUTHORITY), CENTER, Some(soon)), refused());
		assert!(!Participants::freeze_would_succeed(&main_key(AUTHORITY), CENTER));
		// A late end leaves time to disagree, and lifting one stops nobody.
		assert_ok!(Participants::set_expiry(by(AUTHORITY), CENTER, Some(soon + 1)));
		assert_ok!(Participants::set_expiry(by(AUTHORITY), CENTER, None));
		// The consortium is no administrator while the authority is active.
		let root = RuntimeOrigin::root;
		assert_noop!(Participants::suspend(root(), CENTER), Error::<Test>::NotAuthorized);
		assert_ok!(Participants::suspend(root(), AUTHORITY));
		assert_ok!(Participants::suspend(root(), CENTER));
		assert_ok!(Participants::reinstate(root(), CENTER, None));
		assert_ok!(Participants::freeze(by(CENTER), CENTER));
	});
}
