//! Deposit receipts: a custodian has always accepted custody of exactly this record.

use frame_support::{assert_noop, assert_ok, BoundedVec};
use ward_primitives::{Deposit, DepositReceipt, NewRecord, ParticipantId, RecordId};

use crate::{mock::*, Error};

fn unsigned() -> NewRecord {
	draft(PATIENT, Some(HOSPITAL), 1)
}

fn with_deposits(deposits: Vec<Deposit>) -> NewRecord {
	NewRecord { deposits: BoundedVec::truncate_from(deposits), ..unsigned() }
}

fn anchor_with(deposits: Vec<Deposit>) -> sp_runtime::DispatchResult {
	anchor(DOCTOR, with_deposits(deposits))
}

fn genuine(custodian: ParticipantId) -> Deposit {
	signed(&receipt(&unsigned(), DOCTOR, custodian), custodian)
}

#[test]
fn one_to_three_distinct_custodians_are_accepted() {
	new_test_ext().execute_and_check(|| {
		assert_noop!(anchor_with(vec![]), Error::<Test>::NoDeposit);
		assert_noop!(
			anchor_with(vec![genuine(HOSPITAL), genuine(CLINIC), genuine(HOSPITAL)]),
			Error::<Test>::DuplicateCustodian
		);
		assert_ok!(anchor_with(vec![genuine(HOSPITAL), genuine(CLINIC), genuine(ARCHIVE)]));
	});
}

#[test]
fn only_active_centers_with_a_vault_are_custodians() {
	new_test_ext().execute_and_check(|| {
		for nobody in [GUEST, DOCTOR, ParticipantId(999)] {
			assert_noop!(anchor_with(vec![genuine(nobody)]), Error::<Test>::NotACustodian);
		}
		edit(|tables| {
			tables.participants.get_mut(&ARCHIVE).expect("the archive takes part").1.end(NOW);
		});
		assert_noop!(
			anchor_with(vec![genuine(HOSPITAL), genuine(ARCHIVE)]),
			Error::<Test>::NotACustodian
		);
	});
}

#[test]
fn a_receipt_counts_until_just_before_its_expiry() {
	new_test_ext().execute_and_check(|| {
		let expiring = |expires| {
			let receipt = DepositReceipt { expires, ..receipt(&unsigned(), DOCTOR, HOSPITAL) };
			signed(&receipt, HOSPITAL)
		};
		assert_noop!(anchor_with(vec![expiring(NOW)]), Error::<Test>::Expired);
		assert_noop!(anchor_with(vec![expiring(NOW - 1)]), Error::<Test>::Expired);
		assert_ok!(anchor_with(vec![expiring(NOW + 1)]));
	});
}

#[test]
fn a_receipt_for_anything_else_is_refused() {
	new_test_ext().execute_and_check(|| {
		let right = receipt(&unsigned(), DOCTOR, HOSPITAL);
		let wrong = [
			DepositReceipt { genesis: [0; 32], ..right },
			DepositReceipt { record: RecordId([0; 32]), ..right },
			DepositReceipt { content_root: [0; 32], ..right },
			DepositReceipt { size: right.size + 1, ..right },
		];
		for receipt in wrong {
			assert_noop!(
				anchor_with(vec![signed(&receipt, HOSPITAL)]),
				Error::<Test>::InvalidSignature
			);
		}
		// The expiry and the custodian travel with the call: changing them spoils the signature.
		let extended = Deposit { expires: right.expires + 1, ..genuine(HOSPITAL) };
		assert_noop!(anchor_with(vec![extended]), Error::<Test>::InvalidSignature);
		let renamed = Deposit { custodian: CLINIC, ..genuine(HOSPITAL) };
		assert_noop!(anchor_with(vec![renamed]), Error::<Test>::InvalidSignature);
		assert_ok!(anchor_with(vec![genuine(HOSPITAL)]));
	});
}

#[test]
fn a_receipt_of_another_key_is_refused() {
	new_test_ext().execute_and_check(|| {
		let forged = signed(&receipt(&unsigned(), DOCTOR, HOSPITAL), CLINIC);
		assert_noop!(anchor_with(vec![forged]), Error::<Test>::InvalidSignature);
		let mut garbage = genuine(HOSPITAL);
		garbage.signature = [0xff; 64];
		assert_noop!(anchor_with(vec![garbage]), Error::<Test>::InvalidSignature);
	});
}

#[test]
fn a_receipt_for_one_author_serves_no_other() {
	new_test_ext().execute_and_check(|| {
		let stolen = with_deposits(vec![genuine(HOSPITAL)]);
		assert_noop!(anchor(NURSE, stolen), Error::<Test>::InvalidSignature);
	});
}

#[test]
fn every_receipt_of_a_record_is_checked() {
	new_test_ext().execute_and_check(|| {
		let forged = signed(&receipt(&unsigned(), DOCTOR, ARCHIVE), CLINIC);
		assert_noop!(
			anchor_with(vec![genuine(HOSPITAL), genuine(CLINIC), forged]),
			Error::<Test>::InvalidSignature
		);
	});
}
