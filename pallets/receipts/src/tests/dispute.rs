//! Wrong answers that a custodian signed: proved by itself, and settled by a quorum.

use frame_support::{assert_noop, assert_ok};
use sp_core::Pair;
use sp_io::hashing::blake2_256;
use ward_primitives::{
	hash::Domain,
	receipt::{
		check, leaf_of, Challenge, CohortState, Contradiction, HeldLeaf, Row, RowAnswer, RowResult,
	},
	Digest, RecordId,
};

use crate::{mock::*, report::verify, Call, Cohorts, Error, Event};

/// What the witness at this place asks the clinic.
fn asked(place: usize) -> Challenge {
	challenge(CLINIC, 0, drawn(CLINIC, 0, place), 10)
}

/// What a witness finds in the clinic's answers, if it finds any contradiction.
fn found(asked: &Challenge, answers: Vec<RowAnswer>) -> Option<Contradiction> {
	let answer = answer(asked, answers, log(5, 0));
	let key = receipt_key(CLINIC).public().0;
	check(&answer, asked, &rows_of(asked), &key, verify).expect("it is signed").contradiction
}

/// Answers with a wrong leaf of this row.
fn wrong_answers(asked: &Challenge, row: usize) -> Vec<RowAnswer> {
	let mut answers = right_answers(asked);
	let RowAnswer::Held { leaf, .. } = &mut answers[row] else { panic!("it is there") };
	leaf[0] ^= 1;
	answers
}

/// The proof of a wrong leaf of this row.
fn contradiction(row: usize) -> Contradiction {
	let asked = asked(0);
	found(&asked, wrong_answers(&asked, row)).expect("a leaf is wrong")
}

fn dispute(contradiction: Contradiction) -> Result<(), Refused> {
	apply(Call::dispute { contradiction: Box::new(contradiction) })
}

#[track_caller]
fn assert_refused(contradiction: Contradiction, error: Error<Test>) {
	assert_noop!(dispute(contradiction), Refused::from(error));
}

fn state(row: u64) -> CohortState {
	Receipts::row_state(CLINIC, row)
}

#[test]
fn a_wrong_leaf_that_the_custodian_signed_is_disputed_by_itself() {
	new_test_ext().execute_and_check(|| {
		assert_ok!(dispute(contradiction(4)));
		let disputed = Event::Disputed { custodian: CLINIC, cohort: 0, row: 4 };
		assert_eq!(take_events(), [disputed]);
		assert_eq!(state(4), CohortState::Disputed { epoch: 1 });
		assert_eq!(state(5), CohortState::New);
	});
}

#[test]
fn right_answers_and_admitted_losses_prove_nothing() {
	new_test_ext().execute_and_check(|| {
		let asked = asked(0);
		assert_eq!(found(&asked, right_answers(&asked)), None);
		assert_eq!(found(&asked, vec![RowAnswer::Missing; 10]), None);
		// Nor if somebody makes a contradiction of them.
		let right = {
			let mut answers = right_answers(&asked);
			answers[9] = RowAnswer::Missing;
			let mut proof = contradiction(4);
			let honest = answer(&asked, answers, log(5, 0));
			(proof.receipt, proof.signature) = (honest.receipt, honest.signature);
			proof
		};
		assert_refused(right, Error::InvalidContradiction);
	});
}

#[test]
fn what_the_custodian_did_not_sign_proves_nothing() {
	new_test_ext().execute_and_check(|| {
		let changed = |change: fn(&mut Contradiction)| {
			let mut proof = contradiction(4);
			change(&mut proof);
			proof
		};
		for wrong in [
			changed(|proof| proof.signature[0] ^= 1),
			changed(|proof| proof.row = 5),
			changed(|proof| proof.row = 1_030),
			changed(|proof| proof.result.record = RecordId([0; 32])),
			changed(|proof| proof.result.leaf ^= 1),
			changed(|proof| proof.result.held = None),
			changed(|proof| proof.proof = Default::default()),
			changed(|proof| proof.receipt.results = [0; 32]),
			changed(|proof| proof.receipt.rows = 9),
			changed(|proof| proof.receipt.genesis = [0; 32]),
			changed(|proof| proof.receipt.cohort = 1),
			changed(|proof| proof.receipt.cohort = u64::MAX),
			// It is signed, but by another center.
			changed(|proof| proof.receipt.custodian = HOSPITAL),
		] {
			assert_refused(wrong, Error::InvalidContradiction);
		}
		assert_eq!(state(4), CohortState::New);
	});
}

#[test]
fn a_contradiction_is_of_one_chain() {
	new_test_ext().execute_and_check(|| {
		// The same center with the same key, on a chain with the same numbers.
		let elsewhere = Challenge { genesis: [0x48; 32], ..asked(0) };
		let proof = found(&elsewhere, wrong_answers(&elsewhere, 4)).expect("a leaf is wrong");
		assert_refused(proof, Error::InvalidContradiction);
	});
}

/// The root of a tree of results, and the siblings of one of them on the way to it.
fn tree(results: &[RowResult], mut place: usize) -> (Digest, Vec<Digest>) {
	let leaf = |result| blake2_256(&Domain::RowResult.message(result));
	let (mut layer, mut proof) = (results.iter().map(leaf).collect::<Vec<_>>(), Vec::new());
	while layer.len() > 1 {
		proof.extend(layer.get(place ^ 1));
		let merged = |pair: &[Digest]| match pair {
			[left, right] => blake2_256(&[*left, *right].concat()),
			_ => pair[0],
		};
		layer = layer.chunks(2).map(merged).collect();
		place /= 2;
	}
	(layer[0], proof)
}

#[test]
fn a_contradiction_reaches_into_no_other_cohort() {
	new_test_ext().execute_and_check(|| {
		let witness = drawn(HOSPITAL, 0, 0);
		let prove = |rows: u16, row: u16| {
			let asked = challenge(HOSPITAL, 0, witness, rows);
			let mut results: Vec<_> = rows_of(&asked)
				.iter()
				.map(|row| RowResult {
					record: row.record,
					leaf: leaf_of(&asked.challenge, &row.record, row.size),
					held: None,
				})
				.collect();
			let wrong = HeldLeaf { value: [1; 32], path: Default::default() };
			results[usize::from(row)].held = Some(wrong);
			let (root, proof) = tree(&results, row.into());
			let mut receipt =
				report_of(&asked, &[], log(5, 0)).receipt(GENESIS, asked.challenge, asked.since);
			receipt.results = root;
			let signature = receipt_key(HOSPITAL).sign(&receipt.message()).0;
			let result = results[usize::from(row)].clone();
			let proof = proof.try_into().expect("it is short");
			Contradiction { receipt, signature, row, result, proof }
		};
		// A receipt for more rows than a cohort has, which no vault signs.
		assert_refused(prove(1_027, 1_025), Error::InvalidContradiction);
		assert_ok!(dispute(prove(1_024, 1_023)));
		let state = |row| Receipts::row_state(HOSPITAL, row);
		assert_eq!(
			(state(1_023), state(1_025)),
			(CohortState::Disputed { epoch: 1 }, CohortState::New)
		);
	});
}

#[test]
fn an_answer_about_another_record_is_wrong_too() {
	new_test_ext().execute_and_check(|| {
		let asked = asked(0);
		let right = answer(&asked, right_answers(&asked), log(5, 0));
		let mut proof = contradiction(4);
		// The signed result of row 4 is right for what was in the row when it was signed.
		assert_ne!(proof.receipt, right.receipt);
		let other = Row { record: RecordId([9; 32]), ..row_of(CLINIC, 4) };
		edit(|tables| {
			tables.special.insert((CLINIC, 4), other);
		});
		assert_ok!(dispute(proof.clone()));
		proof.receipt.custodian = PRACTICE;
		assert_refused(proof, Error::NotACustodian);
	});
}

#[test]
fn one_contradiction_for_a_cohort_and_epoch_is_enough() {
	new_test_ext().execute_and_check(|| {
		assert_ok!(dispute(contradiction(4)));
		assert_refused(contradiction(4), Error::AlreadyDisputed);
		assert_refused(contradiction(7), Error::AlreadyDisputed);
		next_epoch();
		// The latest counts.
		assert_ok!(dispute(contradiction(7)));
		assert_eq!((state(4), state(7)), (CohortState::New, CohortState::Disputed { epoch: 2 }));
	});
}

#[test]
fn a_contradiction_counts_in_its_epoch_and_is_not_replayed_when_it_is_settled() {
	new_test_ext().execute_and_check(|| {
		let old = contradiction(4);
		assert_ok!(dispute(old.clone()));
		next_epoch();
		assert_refused(old.clone(), Error::NotCurrentEpoch);
		for place in 0..2 {
			assert_ok!(look(CLINIC, 0, place, &[]));
		}
		assert!(matches!(state(4), CohortState::Fresh { .. }));
		assert_refused(old, Error::NotCurrentEpoch);
	});
}

#[test]
fn a_dispute_stands_until_a_quorum_of_a_later_epoch_has_seen_the_row() {
	new_test_ext().execute_and_check(|| {
		assert_ok!(dispute(contradiction(4)));
		let disputed = CohortState::Disputed { epoch: 1 };
		for place in 0..3 {
			assert_ok!(look(CLINIC, 0, place, &[]));
		}
		assert_eq!(state(4), disputed, "by witnesses of the same epoch");
		next_epoch();
		for place in 0..2 {
			assert_ok!(look(CLINIC, 0, place, &[4]));
		}
		assert_eq!(state(4), disputed, "it was not seen");
		next_epoch();
		assert_ok!(look(CLINIC, 0, 0, &[4]));
		assert_ok!(look(CLINIC, 0, 1, &[]));
		assert_eq!(state(4), disputed, "they do not agree");
		next_epoch();
		assert_ok!(look(CLINIC, 0, 0, &[]));
		assert_eq!(state(4), disputed, "one is no quorum");
		for rows in [4, 10] {
			let witness = drawn(CLINIC, 0, if rows == 4 { 1 } else { 2 });
			let asked = challenge(CLINIC, 0, witness, rows);
			assert_ok!(submit(report_of(&asked, &[], log(20, 0))));
			let is_settled = matches!(state(4), CohortState::Fresh { seen: 2, .. });
			assert_eq!(is_settled, rows == 10, "the first of them did not look at it");
		}
		assert_eq!(Cohorts::<Test>::get(CLINIC, 0).and_then(|row| row.disputed), None);
	});
}

#[test]
fn a_contradiction_needs_no_witness_and_no_drawn_one() {
	new_test_ext().execute_and_check(|| {
		// The custodian's signature is enough, whomever it answered.
		let asked = challenge(CLINIC, 0, PRACTICE, 10);
		let proof = found(&asked, wrong_answers(&asked, 2)).expect("a leaf is wrong");
		assert_ok!(dispute(proof));
		assert_eq!(state(2), CohortState::Disputed { epoch: 1 });
	});
}

#[test]
fn a_key_that_the_custodian_no_longer_has_proves_nothing() {
	new_test_ext().execute_and_check(|| {
		let proof = contradiction(4);
		edit(|tables| {
			tables.receipt_keys.insert(CLINIC, pair("new", CLINIC).public().0);
		});
		assert_refused(proof, Error::InvalidContradiction);
	});
}
