//! What a center publishes about its vault.

use frame_support::{assert_noop, assert_ok};
use ward_primitives::{traits::ReadParticipants, VaultRow};

use crate::{mock::*, Error, Event, Vaults};

#[test]
fn a_center_publishes_and_replaces_its_vault() {
	new_test_ext().execute_and_check(|| {
		attach_receipt_key("receipt", CENTER);
		take_events();
		assert_ok!(Participants::set_vault(by(CENTER), vault("receipt")));
		assert_eq!(take_events(), [Event::VaultSet { center: CENTER }]);
		assert_eq!(Vaults::<Test>::get(CENTER), Some(vault("receipt")));
		let key = ed25519_account("receipt").into();
		assert_eq!(<Participants as ReadParticipants>::receipt_key(CENTER), Some(key));
		attach_receipt_key("receipt2", CENTER);
		assert_ok!(Participants::set_vault(by(CENTER), vault("receipt2")));
		let key = ed25519_account("receipt2").into();
		assert_eq!(<Participants as ReadParticipants>::receipt_key(CENTER), Some(key));
	});
}

#[test]
fn an_unusable_row_is_refused() {
	new_test_ext().execute_and_check(|| {
		attach_receipt_key("receipt", CENTER);
		attach_receipt_key("foreign", OTHER_CENTER);
		let good = vault("receipt");
		let plain = b"http://vault.example".to_vec().try_into().expect("short");
		assert_noop!(
			Participants::set_vault(by(CENTER), VaultRow { endpoint: plain, ..good.clone() }),
			Error::<Test>::InvalidEndpoint
		);
		let short = vec![7; 1_215].try_into().expect("short");
		assert_noop!(
			Participants::set_vault(by(CENTER), VaultRow { release_key: short, ..good.clone() }),
			Error::<Test>::InvalidReleaseKey
		);
		// Another center's, an unknown one, and one with other roles.
		let main = VaultRow { receipt_key: main_key(CENTER).into(), ..good };
		for row in [vault("foreign"), vault("unknown"), main] {
			assert_noop!(
				Participants::set_vault(by(CENTER), row),
				Error::<Test>::InvalidReceiptKey
			);
		}
	});
}

#[test]
fn only_an_acting_center_has_a_vault() {
	new_test_ext().execute_and_check(|| {
		attach_receipt_key("receipt", CENTER);
		for id in [AUTHORITY, DOCTOR, PATIENT, DEVICE, RESEARCHER] {
			assert_noop!(
				Participants::set_vault(by(id), vault("receipt")),
				Error::<Test>::WrongRole
			);
		}
		assert_ok!(Participants::suspend(by(AUTHORITY), CENTER));
		assert_noop!(
			Participants::set_vault(by(CENTER), vault("receipt")),
			Error::<Test>::NotActive
		);
	});
}

#[test]
fn receipts_stop_counting_when_the_key_is_retired_or_the_center_is_stopped() {
	new_test_ext().execute_and_check(|| {
		let receipt_key = || <Participants as ReadParticipants>::receipt_key(CENTER);
		assert_eq!(receipt_key(), None);
		attach_receipt_key("receipt", CENTER);
		assert_eq!(receipt_key(), None);
		assert_ok!(Participants::set_vault(by(CENTER), vault("receipt")));
		assert!(receipt_key().is_some());
		assert_ok!(Participants::suspend(by(AUTHORITY), CENTER));
		assert_eq!(receipt_key(), None);
		assert_ok!(Participants::reinstate(by(AUTHORITY), CENTER, None));
		assert!(receipt_key().is_some());
		assert_ok!(Participants::retire_key(by(CENTER), ed25519_account("receipt")));
		assert_eq!(receipt_key(), None);
		assert_noop!(
			Participants::set_vault(by(CENTER), vault("receipt")),
			Error::<Test>::InvalidReceiptKey
		);
		// A receipt key counts for nothing else.
		let receipt = RuntimeOrigin::signed(ed25519_account("receipt"));
		assert_noop!(Participants::set_vault(receipt, vault("receipt")), Error::<Test>::RetiredKey);
		attach_witness_key("worker", CENTER);
		assert_noop!(
			Participants::set_vault(by_ed25519("worker"), vault("receipt")),
			Error::<Test>::KeyRoleMissing
		);
	});
}

#[test]
fn where_a_vault_is_can_be_asked_while_its_center_is_active() {
	new_test_ext().execute_and_check(|| {
		let endpoint = || <Participants as ReadParticipants>::vault_endpoint(CENTER);
		assert_eq!(endpoint(), None);
		attach_receipt_key("receipt", CENTER);
		assert_ok!(Participants::set_vault(by(CENTER), vault("receipt")));
		assert_eq!(endpoint(), Some(b"https://vault.example".to_vec()));
		assert_ok!(Participants::suspend(by(AUTHORITY), CENTER));
		assert_eq!(endpoint(), None);
	});
}
