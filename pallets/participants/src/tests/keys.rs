//! Attaching, retiring and rotating keys.

use frame_support::{assert_noop, assert_ok, dispatch::DispatchResult};
use sp_core::Pair;
use sp_runtime::{traits::One, MultiSignature};
use ward_primitives::{
	proof::KeyAttachment,
	traits::{ActingParticipant, ReadParticipants},
	Interval, KeyRoles, ParticipantId,
};

use crate::{mock::*, ActingKeys, Error, Event, Keys, Participants as Rows};

fn sign(name: &str, attachment: &KeyAttachment) -> MultiSignature {
	pair(name).sign(&attachment.message()).into()
}

fn attach_signed(
	by: RuntimeOrigin,
	signed: &KeyAttachment,
	proof: MultiSignature,
) -> DispatchResult {
	Participants::attach_key(by, signed.key.into(), signed.roles, signed.valid_until, proof)
}

fn rotate(by: RuntimeOrigin, to: &str, of: ParticipantId, roles: KeyRoles) -> DispatchResult {
	let signed = attachment(&account(to), of, roles);
	Participants::rotate_key(by, account(to), signed.valid_until, sign(to, &signed))
}

#[test]
fn a_second_key_acts_for_the_same_participant() {
	new_test_ext().execute_and_check(|| {
		tick();
		attach(by(PATIENT), "phone", PATIENT, KeyRoles::ACT);
		assert_eq!(
			take_events(),
			[Event::KeyAttached {
				participant: PATIENT,
				key: account("phone"),
				roles: KeyRoles::ACT
			}]
		);
		assert_eq!(ActingKeys::<Test>::get(PATIENT), 2);
		assert_eq!(System::providers(&account("phone")), 1);
		assert_ok!(Participants::open_care(by_key("phone"), CENTER));
	});
}

#[test]
fn roles_of_a_key_fit_the_participant_and_go_together() {
	new_test_ext().execute_and_check(|| {
		let receipt_and_act = KeyRoles::RECEIPT.union(KeyRoles::ACT);
		let refused = [
			(DOCTOR, KeyRoles::ENROL),
			(PATIENT, KeyRoles::GOVERN),
			(DEVICE, KeyRoles::RECEIPT),
			(RESEARCHER, KeyRoles::WITNESS),
			(AUTHORITY, KeyRoles::RECEIPT),
			(AUTHORITY, KeyRoles::WITNESS),
			(CENTER, KeyRoles(0)),
			(CENTER, KeyRoles(1 << 5)),
			(CENTER, receipt_and_act),
		];
		for (id, roles) in refused {
			let signed = attachment(&account("x"), id, roles);
			assert_noop!(
				attach_signed(by(id), &signed, sign("x", &signed)),
				Error::<Test>::RolesNotAllowed
			);
		}
		attach(by(AUTHORITY), "clerk", AUTHORITY, KeyRoles::ENROL);
		attach(by(CENTER), "board", CENTER, KeyRoles::GOVERN);
		attach_witness_key("worker", CENTER);
	});
}

#[test]
fn an_attachment_counts_for_exactly_what_was_signed() {
	new_test_ext().execute_and_check(|| {
		let signed = attachment(&account("x"), CENTER, KeyRoles::ACT);
		let proof = sign("x", &signed);
		let altered = [
			(by(OTHER_CENTER), signed),
			(by(CENTER), KeyAttachment { key: account("y").into(), ..signed }),
			(by(CENTER), KeyAttachment { roles: KeyRoles::MAIN, ..signed }),
			(by(CENTER), KeyAttachment { valid_until: signed.valid_until + 1, ..signed }),
		];
		for (origin, altered) in altered {
			assert_noop!(
				attach_signed(origin, &altered, proof.clone()),
				Error::<Test>::InvalidProof
			);
		}
		let elsewhere = sign("x", &KeyAttachment { genesis: [0; 32], ..signed });
		assert_noop!(attach_signed(by(CENTER), &signed, elsewhere), Error::<Test>::InvalidProof);
		assert_ok!(attach_signed(by(CENTER), &signed, proof.clone()));
		assert_noop!(attach_signed(by(CENTER), &signed, proof), Error::<Test>::AlreadyExists);
	});
}

#[test]
fn an_attachment_expires_and_lasts_no_longer_than_allowed() {
	new_test_ext().execute_and_check(|| {
		let signed = attachment(&account("x"), PATIENT, KeyRoles::ACT);
		let far = KeyAttachment { valid_until: START + MAX_PROOF_VALIDITY + 1, ..signed };
		assert_noop!(
			attach_signed(by(PATIENT), &far, sign("x", &far)),
			Error::<Test>::ValidityTooLong
		);
		set_now(signed.valid_until);
		assert_noop!(
			attach_signed(by(PATIENT), &signed, sign("x", &signed)),
			Error::<Test>::Expired
		);
	});
}

#[test]
fn an_unattended_key_is_ed25519_and_has_no_account() {
	new_test_ext().execute_and_check(|| {
		for roles in [KeyRoles::RECEIPT, KeyRoles::WITNESS] {
			let sr25519 = attachment(&account("x"), CENTER, roles);
			assert_noop!(
				attach_signed(by(CENTER), &sr25519, sign("x", &sr25519)),
				Error::<Test>::NotEd25519
			);
		}
		attach_receipt_key("receipt", CENTER);
		attach_witness_key("worker", CENTER);
		assert_eq!(ActingKeys::<Test>::get(CENTER), 1);
		for key in ["receipt", "worker"].map(ed25519_account) {
			assert_eq!(System::providers(&key), 0);
			assert!(!System::account_exists(&key));
		}
	});
}

#[test]
fn unattended_keys_can_do_nothing_else() {
	new_test_ext().execute_and_check(|| {
		attach_witness_key("worker", CENTER);
		attach(by(CENTER), "clerk", CENTER, KeyRoles::ENROL);
		for by in [by_ed25519("worker"), by_key("clerk")] {
			assert_noop!(
				Participants::set_sealing_key(by, sealing_key(3)),
				Error::<Test>::KeyRoleMissing
			);
		}
		assert_noop!(
			Participants::affiliate(by_ed25519("worker"), DOCTOR),
			Error::<Test>::KeyRoleMissing
		);
		assert_ok!(Participants::end_affiliation(by_key("clerk"), DOCTOR, CENTER));
		assert_noop!(
			Participants::suspend(by_ed25519("worker"), DOCTOR),
			Error::<Test>::KeyRoleMissing
		);
	});
}

#[test]
fn a_retired_key_keeps_its_row_and_its_nonce_but_can_do_nothing() {
	new_test_ext().execute_and_check(|| {
		attach(by(PATIENT), "phone", PATIENT, KeyRoles::ACT);
		frame_system::Account::<Test>::mutate(main_key(PATIENT), |info| info.nonce = 7);
		let now = tick();
		take_events();
		assert_ok!(Participants::retire_key(by_key("phone"), main_key(PATIENT)));
		assert_eq!(
			take_events(),
			[Event::KeyRetired { participant: PATIENT, key: main_key(PATIENT) }]
		);
		let row = Keys::<Test>::get(main_key(PATIENT)).expect("rows stay");
		assert_eq!(row.live, Interval { from: 0, until: Some(now) });
		assert_eq!(System::account_nonce(main_key(PATIENT)), 7);
		assert_eq!(System::providers(&main_key(PATIENT)), 1);
		// From the very block of its end on.
		assert_noop!(Participants::open_care(by(PATIENT), CENTER), Error::<Test>::RetiredKey);
		assert_noop!(
			Participants::retire_key(by_key("phone"), main_key(PATIENT)),
			Error::<Test>::RetiredKey
		);
	});
}

#[test]
fn the_last_acting_key_stays_even_beside_keys_of_other_roles() {
	new_test_ext().execute_and_check(|| {
		attach(by(CENTER), "clerk", CENTER, KeyRoles::ENROL);
		assert_noop!(
			Participants::retire_key(by(CENTER), main_key(CENTER)),
			Error::<Test>::LastActingKey
		);
		assert_ok!(Participants::retire_key(by(CENTER), account("clerk")));
		attach(by(CENTER), "spare", CENTER, KeyRoles::ACT);
		assert_ok!(Participants::retire_key(by(CENTER), main_key(CENTER)));
		assert_noop!(
			Participants::retire_key(by_key("spare"), account("spare")),
			Error::<Test>::LastActingKey
		);
	});
}

#[test]
fn nobody_retires_a_key_of_another_or_one_that_does_not_exist() {
	new_test_ext().execute_and_check(|| {
		assert_noop!(
			Participants::retire_key(by(CENTER), main_key(PATIENT)),
			Error::<Test>::NotAuthorized
		);
		assert_noop!(
			Participants::retire_key(by(CENTER), account("unknown")),
			Error::<Test>::UnknownKey
		);
	});
}

#[test]
fn a_stolen_key_can_be_retired_while_frozen_but_none_can_be_attached() {
	new_test_ext().execute_and_check(|| {
		attach(by(PATIENT), "phone", PATIENT, KeyRoles::ACT);
		assert_ok!(Participants::freeze(by_key("phone"), PATIENT));
		let signed = attachment(&account("thief"), PATIENT, KeyRoles::ACT);
		assert_noop!(
			attach_signed(by(PATIENT), &signed, sign("thief", &signed)),
			Error::<Test>::NotActive
		);
		assert_noop!(
			rotate(by(PATIENT), "thief", PATIENT, KeyRoles::ACT),
			Error::<Test>::NotActive
		);
		assert_ok!(Participants::retire_key(by_key("phone"), main_key(PATIENT)));
	});
}

#[test]
fn rotation_replaces_the_signing_key_with_its_roles() {
	new_test_ext().execute_and_check(|| {
		let now = tick();
		assert_ok!(rotate(by(CENTER), "new", CENTER, KeyRoles::MAIN));
		assert_eq!(
			take_events(),
			[
				Event::KeyAttached {
					participant: CENTER,
					key: account("new"),
					roles: KeyRoles::MAIN
				},
				Event::KeyRetired { participant: CENTER, key: main_key(CENTER) },
			]
		);
		assert_eq!(ActingKeys::<Test>::get(CENTER), u32::one());
		let old = Keys::<Test>::get(main_key(CENTER)).expect("rows stay");
		assert_eq!(old.live.until, Some(now));
		// The account stays, so that its nonce never starts over.
		assert_eq!(System::providers(&main_key(CENTER)), 1);
		assert_noop!(
			rotate(by(CENTER), "newer", CENTER, KeyRoles::MAIN),
			Error::<Test>::RetiredKey
		);
		assert_eq!(Participants::ensure_acting(&account("new"), KeyRoles::MAIN), Ok(CENTER));
	});
}

#[test]
fn an_unattended_key_does_not_rotate_itself() {
	new_test_ext().execute_and_check(|| {
		attach_witness_key("worker", CENTER);
		attach_receipt_key("receipt", CENTER);
		for (name, roles) in [("worker", KeyRoles::WITNESS), ("receipt", KeyRoles::RECEIPT)] {
			assert_noop!(
				rotate(by_ed25519(name), "new", CENTER, roles),
				Error::<Test>::KeyRoleMissing
			);
		}
		// An acting key replaces them: a second one beside the first, and then the first is retired.
		attach_witness_key("worker2", CENTER);
		assert_ok!(Participants::retire_key(by(CENTER), ed25519_account("worker")));
	});
}

#[test]
fn rotation_checks_the_new_key_like_an_attachment() {
	new_test_ext().execute_and_check(|| {
		// Signed for fewer roles than the signing key has.
		assert_noop!(rotate(by(CENTER), "new", CENTER, KeyRoles::ACT), Error::<Test>::InvalidProof);
		let signed = attachment(&account("new"), PATIENT, KeyRoles::ACT);
		let rotate_at = |key: &str, valid_until| {
			Participants::rotate_key(by(PATIENT), account(key), valid_until, sign("new", &signed))
		};
		assert_noop!(rotate_at("new", START), Error::<Test>::Expired);
		assert_noop!(
			rotate_at("new", START + MAX_PROOF_VALIDITY + 1),
			Error::<Test>::ValidityTooLong
		);
		attach(by(DOCTOR), "taken", DOCTOR, KeyRoles::ACT);
		assert_noop!(rotate_at("taken", signed.valid_until), Error::<Test>::AlreadyExists);
		assert_ok!(rotate_at("new", signed.valid_until));
	});
}

#[test]
fn a_key_that_is_attached_and_retired_in_one_block_was_never_live() {
	new_test_ext().execute_and_check(|| {
		attach(by(PATIENT), "brief", PATIENT, KeyRoles::ACT);
		assert_ok!(Participants::retire_key(by(PATIENT), account("brief")));
		let row = Keys::<Test>::get(account("brief")).expect("rows stay");
		assert!(!row.live.contains(START));
	});
}

#[test]
fn an_active_participant_sets_its_sealing_key() {
	new_test_ext().execute_and_check(|| {
		assert_ok!(Participants::set_sealing_key(by(PATIENT), sealing_key(9)));
		assert_eq!(
			take_events(),
			[Event::SealingKeySet { participant: PATIENT, sealing_key: sealing_key(9) }]
		);
		let row = Rows::<Test>::get(PATIENT).expect("the patient");
		assert_eq!(row.sealing_key, sealing_key(9));
		assert_ok!(Participants::suspend(by(CENTER), PATIENT));
		assert_noop!(
			Participants::set_sealing_key(by(PATIENT), sealing_key(8)),
			Error::<Test>::NotActive
		);
	});
}

#[test]
fn a_witness_key_speaks_for_its_center_while_both_are_in_force() {
	new_test_ext().execute_and_check(|| {
		let witness_of = |name: &str| {
			<Participants as ReadParticipants>::witness_of(ed25519_account(name).as_ref())
		};
		assert_eq!(witness_of("worker"), None);
		attach_witness_key("worker", CENTER);
		attach_receipt_key("receipt", CENTER);
		assert_eq!((witness_of("worker"), witness_of("receipt")), (Some(CENTER), None));
		let main = <Participants as ReadParticipants>::witness_of(main_key(CENTER).as_ref());
		assert_eq!(main, None, "all roles that it could govern with are not this one");
		assert_ok!(Participants::suspend(by(AUTHORITY), CENTER));
		assert_eq!(witness_of("worker"), None);
		assert_ok!(Participants::reinstate(by(AUTHORITY), CENTER, None));
		assert_eq!(witness_of("worker"), Some(CENTER));
		assert_ok!(Participants::retire_key(by(CENTER), ed25519_account("worker")));
		assert_eq!(witness_of("worker"), None);
	});
}
