//! What a report has to be: each check of the authorization has its own refusal.

use frame_support::{assert_noop, assert_ok};
use ward_primitives::{
	receipt::{Challenge, Report},
	KeyRoles, ParticipantId,
};

use crate::{mock::*, Cohorts, Error, Event, Logs};

/// The first witness of the clinic's cohort.
fn witness() -> ParticipantId {
	drawn(CLINIC, 0, 0)
}

/// What it is asked.
fn task() -> Challenge {
	challenge(CLINIC, 0, witness(), 10)
}

/// What it reports.
fn good() -> Report {
	report_of(&task(), &[3], log(5, 0))
}

/// A report that the witness signs as changed, over a receipt that the custodian signs as changed.
fn changed(change: impl FnOnce(&mut Report)) -> Report {
	let mut report = good();
	change(&mut report);
	resign_receipt(&mut report, &task());
	report
}

#[track_caller]
fn assert_refused(report: Report, error: Error<Test>) {
	assert_noop!(submit(report), Refused::from(error));
}

#[test]
fn a_report_is_taken_and_announced() {
	new_test_ext().execute_and_check(|| {
		assert_ok!(submit(good()));
		let (custodian, cohort, epoch, witness) = (CLINIC, 0, 1, witness());
		let seen = Event::Seen { custodian, cohort, epoch, witness, missing: 1 };
		assert_eq!(take_events(), [seen]);
		let row = Cohorts::<Test>::get(CLINIC, 0).expect("it was reported");
		assert_eq!((row.epoch, row.drawn, row.reported, row.fresh), (1, 3, 0b001, None));
		assert_eq!(Logs::<Test>::get(CLINIC).map(|log| log.latest), Some(log(5, 0)));
	});
}

#[test]
fn a_report_of_another_epoch_is_refused() {
	new_test_ext().execute_and_check(|| {
		let old = good();
		assert_refused(changed(|report| report.epoch = 0), Error::NotCurrentEpoch);
		assert_refused(changed(|report| report.epoch = 2), Error::NotCurrentEpoch);
		next_epoch();
		assert_refused(old, Error::NotCurrentEpoch);
	});
}

#[test]
fn a_receipt_of_another_epoch_is_refused_in_a_report_of_this() {
	new_test_ext().execute_and_check(|| {
		let old = good();
		next_epoch();
		// Also by who is drawn for it again.
		let again = challenge(CLINIC, 0, witness(), 10);
		let mut replayed = report_of(&again, &[3], log(5, 0));
		replayed.receipt_signature = old.receipt_signature;
		assert_refused(replayed, Error::InvalidReceipt);
	});
}

#[test]
fn the_same_witness_counts_once() {
	new_test_ext().execute_and_check(|| {
		assert_ok!(submit(good()));
		assert_refused(good(), Error::AlreadyReported);
		// Nor with other results, which the custodian signed as well.
		assert_refused(changed(|report| report.results = [9; 32]), Error::AlreadyReported);
		next_epoch();
		assert_ok!(look(CLINIC, 0, 0, &[]));
	});
}

#[test]
fn only_who_is_drawn_may_report() {
	new_test_ext().execute_and_check(|| {
		let drawn = Receipts::witnesses(CLINIC, 0);
		let others = (1..=7).map(ParticipantId).filter(|seat| !drawn.contains(seat));
		let mut refused = 0;
		for seat in others.chain([PRACTICE, CLINIC]) {
			let report = report_of(&challenge(CLINIC, 0, seat, 10), &[], log(5, 0));
			assert_refused(report, Error::NotDrawn);
			refused += 1;
		}
		assert_eq!(refused, 6);
	});
}

#[test]
fn a_report_is_about_rows_that_the_custodian_has() {
	new_test_ext().execute_and_check(|| {
		for rows in [0, 11, 1_024, u16::MAX] {
			let report = changed(|report| {
				report.rows = rows;
				report.missing = Default::default();
			});
			assert_refused(report, Error::WrongRows);
		}
		let beyond = |custodian, cohort, rows| {
			let witness = drawn(custodian, cohort, 0);
			let asked = Challenge { rows: 1, ..challenge(HOSPITAL, 0, witness, 1) };
			report_of(&Challenge { custodian, cohort, rows, ..asked }, &[], log(5, 0))
		};
		// No second cohort, and a second one of three rows.
		assert_refused(beyond(CLINIC, 1, 1), Error::WrongRows);
		assert_refused(beyond(HOSPITAL, 1, 4), Error::WrongRows);
		assert_refused(beyond(HOSPITAL, u64::MAX, 1), Error::WrongRows);
		assert_refused(beyond(PRACTICE, 0, 1), Error::WrongRows);
		// Fewer than there are is right: some came just now.
		assert_ok!(submit(report_of(&challenge(CLINIC, 0, witness(), 9), &[], log(5, 0))));
	});
}

#[test]
fn missing_rows_are_ascending_and_among_those_looked_at() {
	new_test_ext().execute_and_check(|| {
		for missing in [&[3, 3][..], &[4, 3], &[10], &[0, 1, 2, u16::MAX]] {
			assert_refused(report_of(&task(), missing, log(5, 0)), Error::InvalidMissing);
		}
		let all: Vec<_> = (0..10).collect();
		assert_ok!(submit(report_of(&task(), &all, log(5, 0))));
	});
}

#[test]
fn more_missing_rows_than_a_report_holds_cannot_even_be_written() {
	use codec::{Decode, Encode};
	new_test_ext().execute_and_check(|| {
		let largest = report_of(&challenge(CLINIC, 0, witness(), 1_024), &[], log(5, 0));
		let with = |count: u16| {
			let mut report = largest.clone();
			report.missing = Default::default();
			let (before, after) = {
				let bytes = report.encode();
				let place = bytes.len() - (64 + 40 + 1);
				(bytes[..place].to_vec(), bytes[place + 1..].to_vec())
			};
			let missing: Vec<u16> = (0..count).collect();
			Report::decode(&mut &[before, missing.encode(), after].concat()[..])
		};
		assert_eq!(with(64).map(|report| report.missing.len()), Ok(64));
		assert!(with(65).is_err());
	});
}

#[test]
fn the_key_is_a_live_witness_key_of_the_seat_that_reports() {
	new_test_ext().execute_and_check(|| {
		let signed_by = |key: &sp_core::ed25519::Pair| {
			use sp_core::Pair;
			let report = changed(|report| report.key = key.public().0);
			let signature = key.sign(&report.message(&GENESIS)).0;
			submit_signed(report, signature)
		};
		let refused = Refused::from(Error::NotAuthorized);
		let stranger = pair("stranger", witness());
		let of_another = witness_key(drawn(CLINIC, 0, 1));
		let governing = pair("governor", witness());
		for key in [&stranger, &of_another, &governing, &receipt_key(CLINIC)] {
			assert_noop!(signed_by(key), refused);
		}
		let spare = pair("spare", witness());
		attach(&spare, witness(), KeyRoles::WITNESS);
		edit(|tables| {
			use sp_core::Pair;
			tables.keys.get_mut(&spare.public().0).expect("it is there").is_live = false;
		});
		assert_noop!(signed_by(&spare), refused);
		// A seat that is stopped is no witness.
		let stopped = witness();
		edit(|tables| tables.inactive.push(stopped));
		assert_noop!(signed_by(&witness_key(witness())), refused);
		edit(|tables| tables.inactive.clear());
		// And any of its witness keys will do.
		attach(&spare, witness(), KeyRoles::WITNESS);
		assert_ok!(signed_by(&spare));
	});
}

#[test]
fn the_witness_signs_all_of_the_report_for_this_chain() {
	new_test_ext().execute_and_check(|| {
		use sp_core::Pair;
		let refused = Refused::from(Error::InvalidSignature);
		let key = witness_key(witness());
		let elsewhere = key.sign(&good().message(&[0x48; 32])).0;
		assert_noop!(submit_signed(good(), elsewhere), refused);
		assert_noop!(submit_signed(good(), [0; 64]), refused);
		// A signature over another word than what is sent.
		let other = report_of(&task(), &[], log(5, 0));
		assert_noop!(submit_signed(good(), sign(&other)), refused);
		// A witness cannot put another's word into the same report.
		let by_another = witness_key(drawn(CLINIC, 0, 1)).sign(&good().message(&GENESIS)).0;
		assert_noop!(submit_signed(good(), by_another), refused);
	});
}

#[test]
fn the_custodian_signs_exactly_the_receipt_that_the_report_stands_for() {
	new_test_ext().execute_and_check(|| {
		let with_receipt_of = |asked: Challenge, log| {
			let mut report = good();
			let receipt = report_of(&asked, &[], log);
			report.receipt_signature = receipt.receipt_signature;
			report
		};
		let (task, latest) = (task(), log(5, 0));
		assert_eq!(with_receipt_of(task, latest), good(), "the missing rows are not in it");
		let other_witness = challenge(CLINIC, 0, drawn(CLINIC, 0, 1), 10);
		for wrong in [
			Challenge { genesis: [0x48; 32], ..task },
			Challenge { epoch: 2, ..task },
			Challenge { cohort: 1, ..task },
			Challenge { rows: 9, ..task },
			Challenge { challenge: [1; 32], ..task },
			Challenge { since: log(1, 0), ..task },
			other_witness,
			// Of another custodian, with its own key.
			challenge(HOSPITAL, 0, task.witness, 10),
		] {
			assert_refused(with_receipt_of(wrong, latest), Error::InvalidReceipt);
		}
		assert_refused(with_receipt_of(task, log(6, 0)), Error::InvalidReceipt);
		let mut report = good();
		report.results = [9; 32];
		assert_refused(report, Error::InvalidReceipt);
		let mut report = good();
		report.ids = [9; 32];
		assert_refused(report, Error::InvalidReceipt);
	});
}

#[test]
fn the_receipt_is_signed_with_the_key_that_the_custodian_has_now() {
	new_test_ext().execute_and_check(|| {
		use sp_core::Pair;
		let new = pair("new", CLINIC);
		edit(|tables| {
			tables.receipt_keys.insert(CLINIC, new.public().0);
		});
		assert_refused(good(), Error::InvalidReceipt);
		let mut report = good();
		let receipt = report.receipt(GENESIS, task().challenge, task().since);
		report.receipt_signature = new.sign(&receipt.message()).0;
		assert_ok!(submit(report));
	});
}

#[test]
fn nobody_reports_a_custodian_that_is_not_active_or_has_no_vault() {
	new_test_ext().execute_and_check(|| {
		let report = good();
		edit(|tables| tables.inactive.push(CLINIC));
		assert_refused(report.clone(), Error::NotACustodian);
		edit(|tables| tables.inactive.clear());
		assert_ok!(submit(report));
	});
}

#[test]
fn a_report_is_of_one_chain() {
	// The same keys, the same numbers, another genesis: nothing that is signed there counts here.
	new_test_ext().execute_and_check(|| {
		let report = good();
		let signature = sign(&report);
		frame_system::BlockHash::<Test>::insert(0, sp_core::H256([0x48; 32]));
		let refused = Refused::from(Error::InvalidSignature);
		assert_noop!(submit_signed(report, signature), refused);
	});
}
