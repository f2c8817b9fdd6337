//! Who can join, how, and what joining opens.

use frame_support::{assert_noop, assert_ok, dispatch::DispatchResult};
use sp_core::Pair;
use sp_runtime::{DispatchError, MultiSignature};
use ward_primitives::{
	participant::Condition, proof::Enrolment, Interval, KeyRoles, KeyRow, ParticipantId,
	ParticipantRow, Role, Timeline,
};

use crate::{
	mock::*, Affiliations, Care, Error, Event, HealthAuthorities, Keys, NextParticipantId,
	Participants as Rows,
};

/// Enrols the key with this name with an otherwise good proof of `enrolment`.
fn enrol(by: RuntimeOrigin, name: &str, enrolment: &Enrolment) -> DispatchResult {
	enrol_with(by, enrolment, sign_enrolment(name, enrolment))
}

fn enrol_with(by: RuntimeOrigin, enrolment: &Enrolment, proof: MultiSignature) -> DispatchResult {
	let Enrolment { role, account, sealing_key, care, valid_until, .. } = *enrolment;
	Participants::enrol(by, role, account.into(), sealing_key, care, valid_until, proof)
}

#[test]
fn a_center_enrols_a_practitioner_who_works_for_it_at_once() {
	new_test_ext().execute_and_check(|| {
		let nurse = ParticipantId(8);
		assert_ok!(enrol(
			by(CENTER),
			"nurse",
			&enrolment("nurse", Some(CENTER), Role::Practitioner)
		));
		let row = ParticipantRow {
			role: Role::Practitioner,
			sponsor: Some(CENTER),
			condition: Condition::Active,
			active: Timeline::start(START, None),
			sealing_key: sealing_key(1),
			enrolled_at: START,
		};
		assert_eq!(Rows::<Test>::get(nurse), Some(row));
		assert_eq!(
			Keys::<Test>::get(account("nurse")),
			Some(KeyRow { participant: nurse, roles: KeyRoles::ACT, live: Interval::open(START) })
		);
		assert_eq!(Affiliations::<Test>::get(nurse, CENTER), Some(Timeline::start(START, None)));
		assert_eq!(System::providers(&account("nurse")), 1);
		assert_eq!(
			take_events(),
			[
				Event::Enrolled {
					participant: nurse,
					role: Role::Practitioner,
					sponsor: Some(CENTER),
					account: account("nurse"),
				},
				Event::AffiliationOpened { member: nurse, center: CENTER, generation: 0 },
			]
		);
	});
}

#[test]
fn each_role_is_enrolled_by_its_sponsor_role_and_by_no_other() {
	new_test_ext().execute_and_check(|| {
		let roles = [
			Role::HealthAuthority,
			Role::MedicalCenter,
			Role::Practitioner,
			Role::Patient,
			Role::Device,
			Role::Researcher,
		];
		for (sponsor, sponsor_role) in
			[(AUTHORITY, Role::HealthAuthority), (CENTER, Role::MedicalCenter)]
		{
			for role in roles {
				let name = format!("{sponsor}/{role:?}");
				let enrolment = enrolment(&name, Some(sponsor), role);
				if role.sponsor() == Some(sponsor_role) {
					assert_ok!(enrol(by(sponsor), &name, &enrolment));
				} else {
					assert_noop!(
						enrol(by(sponsor), &name, &enrolment),
						Error::<Test>::SponsorMismatch
					);
				}
			}
		}
	});
}

#[test]
fn organizations_get_a_main_key_and_everybody_else_one_that_acts() {
	new_test_ext().execute_and_check(|| {
		for (id, role, _) in CAST {
			let expected = match role {
				Role::HealthAuthority | Role::MedicalCenter => KeyRoles::MAIN,
				_ => KeyRoles::ACT,
			};
			assert_eq!(Keys::<Test>::get(main_key(id)).map(|key| key.roles), Some(expected));
		}
	});
}

#[test]
fn a_patient_that_signs_for_care_is_in_care_and_one_that_does_not_is_not() {
	new_test_ext().execute_and_check(|| {
		let with = Enrolment { care: true, ..enrolment("a", Some(CENTER), Role::Patient) };
		assert_ok!(enrol(by(CENTER), "a", &with));
		assert_ok!(enrol(by(CENTER), "b", &enrolment("b", Some(CENTER), Role::Patient)));
		assert_eq!(Care::<Test>::get(ParticipantId(8), CENTER), Some(Timeline::start(START, None)));
		assert_eq!(Care::<Test>::get(ParticipantId(9), CENTER), None);
		assert!(take_events().contains(&Event::CareOpened {
			patient: ParticipantId(8),
			center: CENTER,
			generation: 0
		}));
	});
}

#[test]
fn only_a_patient_can_be_enrolled_with_care() {
	new_test_ext().execute_and_check(|| {
		let device = Enrolment { care: true, ..enrolment("x", Some(CENTER), Role::Device) };
		assert_noop!(enrol(by(CENTER), "x", &device), Error::<Test>::CareWithoutPatient);
	});
}

#[test]
fn a_proof_counts_for_exactly_what_was_signed() {
	new_test_ext().execute_and_check(|| {
		let signed = enrolment("x", Some(CENTER), Role::Patient);
		let proof = sign_enrolment("x", &signed);
		let altered = [
			(by(CENTER), Enrolment { role: Role::Researcher, ..signed }),
			(by(CENTER), Enrolment { account: account("y").into(), ..signed }),
			(by(CENTER), Enrolment { sealing_key: sealing_key(2), ..signed }),
			(by(CENTER), Enrolment { care: true, ..signed }),
			(by(CENTER), Enrolment { valid_until: signed.valid_until + 1, ..signed }),
			// Another sponsor.
			(by(OTHER_CENTER), signed),
		];
		for (origin, altered) in altered {
			assert_noop!(enrol_with(origin, &altered, proof.clone()), Error::<Test>::InvalidProof);
		}
		// Another chain, and another signer.
		let elsewhere = sign_enrolment("x", &Enrolment { genesis: [0; 32], ..signed });
		assert_noop!(enrol_with(by(CENTER), &signed, elsewhere), Error::<Test>::InvalidProof);
		let stranger = sign_enrolment("y", &signed);
		assert_noop!(enrol_with(by(CENTER), &signed, stranger), Error::<Test>::InvalidProof);
		assert_ok!(enrol_with(by(CENTER), &signed, proof));
	});
}

#[test]
fn a_proof_counts_until_its_end_and_no_longer_than_allowed() {
	new_test_ext().execute_and_check(|| {
		let until = |name, valid_until| Enrolment {
			valid_until,
			..enrolment(name, Some(CENTER), Role::Patient)
		};
		assert_noop!(enrol(by(CENTER), "x", &until("x", START)), Error::<Test>::Expired);
		assert_ok!(enrol(by(CENTER), "x", &until("x", START + 1)));
		let latest = START + MAX_PROOF_VALIDITY;
		assert_noop!(
			enrol(by(CENTER), "y", &until("y", latest + 1)),
			Error::<Test>::ValidityTooLong
		);
		assert_ok!(enrol(by(CENTER), "y", &until("y", latest)));
	});
}

#[test]
fn a_key_is_registered_once_even_after_it_is_retired() {
	new_test_ext().execute_and_check(|| {
		let again = |name| enrol(by(CENTER), name, &enrolment(name, Some(CENTER), Role::Patient));
		assert_ok!(again("x"));
		assert_noop!(again("x"), Error::<Test>::AlreadyExists);
		attach(by_key("x"), "x2", ParticipantId(8), KeyRoles::ACT);
		assert_noop!(again("x2"), Error::<Test>::AlreadyExists);
		tick();
		assert_ok!(Participants::retire_key(by_key("x2"), account("x")));
		tick();
		assert_noop!(again("x"), Error::<Test>::AlreadyExists);
	});
}

#[test]
fn a_sponsor_must_be_active_to_enrol_and_its_own_sponsor_need_not_be() {
	new_test_ext().execute_and_check(|| {
		let patient = enrolment("x", Some(CENTER), Role::Patient);
		assert_ok!(Participants::suspend(by(AUTHORITY), CENTER));
		assert_noop!(enrol(by(CENTER), "x", &patient), Error::<Test>::NotActive);
		assert_ok!(Participants::reinstate(by(AUTHORITY), CENTER, None));
		assert_ok!(Participants::suspend(RuntimeOrigin::root(), AUTHORITY));
		assert_ok!(enrol(by(CENTER), "x", &patient));
	});
}

#[test]
fn the_consortium_admits_a_health_authority_that_signed_for_sponsor_zero() {
	empty_test_ext().execute_and_check(|| {
		let signed = enrolment("authority", None, Role::HealthAuthority);
		assert_eq!(signed.sponsor, ParticipantId(0));
		let admit = |origin, proof| {
			Participants::admit_health_authority(
				origin,
				account("authority"),
				signed.sealing_key,
				signed.valid_until,
				proof,
			)
		};
		let root = RuntimeOrigin::root;
		let other = Enrolment { sponsor: ParticipantId(1), ..signed };
		let foreign = sign_enrolment("authority", &other);
		assert_noop!(admit(root(), foreign), Error::<Test>::InvalidProof);
		let proof = sign_enrolment("authority", &signed);
		assert_noop!(admit(by_key("authority"), proof.clone()), DispatchError::BadOrigin);
		assert_ok!(admit(root(), proof.clone()));
		// The first number is 1: 0 stands for the consortium.
		assert_eq!(
			take_events(),
			[Event::Enrolled {
				participant: ParticipantId(1),
				role: Role::HealthAuthority,
				sponsor: None,
				account: account("authority"),
			}]
		);
		assert_eq!(NextParticipantId::<Test>::get(), 2);
		assert_noop!(admit(root(), proof.clone()), Error::<Test>::AlreadyExists);
		set_now(signed.valid_until);
		assert_noop!(admit(root(), proof), Error::<Test>::Expired);
		let late = enrolment("late", None, Role::HealthAuthority);
		let too_long = late.valid_until + MAX_PROOF_VALIDITY;
		let proof = pair("late").sign(b"never verified").into();
		assert_noop!(
			Participants::admit_health_authority(
				root(),
				account("late"),
				late.sealing_key,
				too_long,
				proof
			),
			Error::<Test>::ValidityTooLong
		);
	});
}

#[test]
fn a_newcomer_is_told_with_its_role() {
	new_test_ext().execute_and_check(|| {
		take_told();
		let center = enrolment("x", Some(AUTHORITY), Role::MedicalCenter);
		assert_ok!(enrol(by(AUTHORITY), "x", &center));
		assert_ok!(enrol(by(CENTER), "y", &enrolment("y", Some(CENTER), Role::Patient)));
		assert_eq!(
			take_told(),
			[(ParticipantId(8), Role::MedicalCenter), (ParticipantId(9), Role::Patient)]
		);
	});
}

/// Admits a health authority with the key of this name.
fn admit(name: &str) -> DispatchResult {
	let signed = enrolment(name, None, Role::HealthAuthority);
	let proof = sign_enrolment(name, &signed);
	Participants::admit_health_authority(
		RuntimeOrigin::root(),
		account(name),
		signed.sealing_key,
		signed.valid_until,
		proof,
	)
}

#[test]
fn health_authorities_are_listed_while_they_are_active() {
	new_test_ext().execute_and_check(|| {
		assert_eq!(Participants::health_authorities(START), [AUTHORITY]);
		let (second, third) = (ParticipantId(8), ParticipantId(9));
		assert_ok!(admit("second"));
		assert_ok!(admit("third"));
		assert_eq!(Participants::health_authorities(START), [AUTHORITY, second, third]);
		assert_ok!(Participants::suspend(RuntimeOrigin::root(), second));
		let until = START + 1;
		assert_ok!(Participants::set_expiry(RuntimeOrigin::root(), third, Some(until)));
		assert_eq!(Participants::health_authorities(START), [AUTHORITY, third]);
		let now = tick();
		assert_eq!(Participants::health_authorities(now), [AUTHORITY]);
		assert_ok!(Participants::reinstate(RuntimeOrigin::root(), second, None));
		assert_eq!(Participants::health_authorities(now), [AUTHORITY, second]);
		// They stay on the list, which only grows.
		assert_eq!(HealthAuthorities::<Test>::get().into_inner(), [AUTHORITY, second, third]);
	});
}

#[test]
fn no_more_health_authorities_are_admitted_than_the_list_takes() {
	new_test_ext().execute_and_check(|| {
		for number in 1..MAX_HEALTH_AUTHORITIES {
			assert_ok!(admit(&format!("authority{number}")));
		}
		assert_noop!(admit("last"), Error::<Test>::TooManyHealthAuthorities);
		// Not even when one of them is gone for good.
		assert_ok!(Participants::deactivate(RuntimeOrigin::root(), AUTHORITY));
		assert_noop!(admit("last"), Error::<Test>::TooManyHealthAuthorities);
	});
}
