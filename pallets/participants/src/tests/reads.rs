//! What other pallets and users read, at the present and at past moments.

use frame_support::assert_ok;
use sp_runtime::DispatchError;
use ward_primitives::{
	traits::{ActingParticipant, ReadParticipants},
	Interval, KeyRoles, Moment, ParticipantId, Role, Timeline,
};

use crate::{mock::*, Error};

fn over(from: Moment, until: Moment) -> Interval {
	Interval { from, until: Some(until) }
}

/// Opens care for five of every ten moments, four times.
fn four_stays() {
	for stay in 0..4 {
		set_now(START + 10 * stay);
		assert_ok!(Participants::open_care(by(PATIENT), CENTER));
		set_now(START + 10 * stay + 5);
		assert_ok!(Participants::end_care(by(PATIENT), PATIENT, CENTER));
	}
}

#[test]
fn a_past_moment_is_answered_with_the_interval_that_had_started_last() {
	new_test_ext().execute_and_check(|| {
		four_stays();
		let care = |at| <Participants as ReadParticipants>::care(PATIENT, CENTER, at);
		assert_eq!(care(START - 1), None);
		for at in START..START + 60 {
			let stay = ((at - START) / 10).min(3);
			let latest = over(START + 10 * stay, START + 10 * stay + 5);
			assert_eq!(care(at), Some(Timeline { generation: stay as u32, latest }), "{at}");
		}
		assert_eq!(<Participants as ReadParticipants>::care(PATIENT, OTHER_CENTER, START), None);
	});
}

#[test]
fn status_and_role_are_read_at_any_moment() {
	new_test_ext().execute_and_check(|| {
		let stopped = tick();
		assert_ok!(Participants::suspend(by(CENTER), DOCTOR));
		let back = tick();
		assert_ok!(Participants::reinstate(by(CENTER), DOCTOR, Some(back + 100)));
		let read = |at| <Participants as ReadParticipants>::participant(DOCTOR, at);
		let doctor = |active| Some((Role::Practitioner, active));
		assert_eq!(read(stopped - 1), doctor(over(0, stopped)));
		assert_eq!(read(stopped), doctor(over(0, stopped)));
		assert_eq!(read(back), doctor(over(back, back + 100)));
		assert_eq!(<Participants as ReadParticipants>::participant(NOBODY, back), None);
		assert_eq!(
			Participants::status(DOCTOR, back),
			Some(Timeline { generation: 1, latest: over(back, back + 100) })
		);
		assert!(!Participants::is_active(DOCTOR, Role::Practitioner, stopped));
		assert!(Participants::is_active(DOCTOR, Role::Practitioner, back));
		assert!(!Participants::is_active(DOCTOR, Role::Patient, back));
	});
}

#[test]
fn somebody_who_had_not_joined_yet_is_unknown_at_that_moment() {
	new_test_ext().execute_and_check(|| {
		let joined = tick();
		let signed = enrolment("late", Some(CENTER), Role::Practitioner);
		assert_ok!(Participants::enrol(
			by(CENTER),
			signed.role,
			account("late"),
			signed.sealing_key,
			false,
			signed.valid_until,
			sign_enrolment("late", &signed)
		));
		let late = ParticipantId(8);
		assert_eq!(<Participants as ReadParticipants>::participant(late, joined - 1), None);
		assert!(<Participants as ReadParticipants>::participant(late, joined).is_some());
		assert_eq!(<Participants as ReadParticipants>::affiliations(late, joined - 1), []);
		assert_eq!(
			<Participants as ReadParticipants>::affiliations(late, joined),
			[(CENTER, Interval::open(joined))]
		);
	});
}

#[test]
fn affiliations_of_the_past_are_still_found() {
	new_test_ext().execute_and_check(|| {
		assert_ok!(Participants::affiliate(by(OTHER_CENTER), DOCTOR));
		let left = tick();
		assert_ok!(Participants::end_affiliation(by(DOCTOR), DOCTOR, CENTER));
		let expected = [(CENTER, over(0, left)), (OTHER_CENTER, Interval::open(START))];
		assert_eq!(Participants::affiliations(DOCTOR, left), expected);
		assert_eq!(Participants::affiliations(DOCTOR, 0), [(CENTER, over(0, left))]);
		assert_eq!(Participants::affiliations(PATIENT, left), []);
	});
}

#[test]
fn relations_are_listed_from_the_side_of_patient_and_device() {
	new_test_ext().execute_and_check(|| {
		assert_ok!(Participants::pair_device(by(PATIENT), DEVICE, PATIENT));
		four_stays();
		let stays = over(START + 30, START + 35);
		assert_eq!(
			Participants::care_of(PATIENT, START + 99),
			[(CENTER, Timeline { generation: 3, latest: stays })]
		);
		assert_eq!(
			Participants::care_of(PATIENT, START),
			[(CENTER, Timeline { generation: 0, latest: over(START, START + 5) })]
		);
		assert_eq!(Participants::care_of(PATIENT, START - 1), []);
		assert_eq!(
			Participants::pairings_of(DEVICE, START),
			[(PATIENT, Timeline::start(START, None))]
		);
		let pairing = |at| <Participants as ReadParticipants>::pairing(DEVICE, PATIENT, at);
		assert_eq!(pairing(START), Some(Interval::open(START)));
		assert_eq!(pairing(START - 1), None);
		assert_eq!(Participants::pairings_of(DEVICE, START - 1), []);
	});
}

#[test]
fn rows_are_shown_as_they_are() {
	new_test_ext().execute_and_check(|| {
		attach_receipt_key("receipt", CENTER);
		assert_ok!(Participants::set_vault(by(CENTER), vault("receipt")));
		assert_eq!(Participants::vault(CENTER), Some(vault("receipt")));
		assert_eq!(Participants::vault(OTHER_CENTER), None);
		let key = ed25519_account("receipt");
		assert_eq!(Participants::receipt_key_of(CENTER), Some(key.clone().into()));
		assert_eq!(Participants::key(key).map(|row| row.participant), Some(CENTER));
		assert_eq!(Participants::key(account("unknown")), None);
		assert_eq!(Participants::participant(PATIENT).map(|row| row.sponsor), Some(Some(CENTER)));
		assert_eq!(Participants::participant(NOBODY), None);
	});
}

#[test]
fn an_account_acts_for_its_participant_or_is_told_what_is_missing() {
	new_test_ext().execute_and_check(|| {
		let error = |error: Error<Test>| Err::<ParticipantId, DispatchError>(error.into());
		let acting = |account, roles| Participants::ensure_acting(&account, roles);
		let holder = |account, roles| Participants::ensure_holder(&account, roles);
		assert_eq!(acting(main_key(PATIENT), KeyRoles::ACT), Ok(PATIENT));
		assert_eq!(acting(main_key(PATIENT), KeyRoles::ENROL), error(Error::KeyRoleMissing));
		assert_eq!(acting(account("unknown"), KeyRoles::ACT), error(Error::UnknownKey));
		assert_ok!(Participants::freeze(by(PATIENT), PATIENT));
		assert_eq!(acting(main_key(PATIENT), KeyRoles::ACT), error(Error::NotActive));
		// Rights can still be taken away.
		assert_eq!(holder(main_key(PATIENT), KeyRoles::ACT), Ok(PATIENT));
		assert_eq!(holder(main_key(PATIENT), KeyRoles::ENROL), error(Error::KeyRoleMissing));
		attach(by(CENTER), "spare", CENTER, KeyRoles::ACT);
		assert_ok!(Participants::retire_key(by(CENTER), account("spare")));
		assert_eq!(acting(account("spare"), KeyRoles::ACT), error(Error::RetiredKey));
		assert_eq!(holder(account("spare"), KeyRoles::ACT), error(Error::RetiredKey));
	});
}
