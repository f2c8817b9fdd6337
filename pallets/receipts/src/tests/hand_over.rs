//! What is expected of rows that a custodian handed over to others.

use frame_support::{assert_noop, assert_ok};
use sp_core::Pair;
use ward_primitives::receipt::{
	check, Challenge, CohortState, Contradiction, Row, RowAnswer, Seen,
};

use crate::{mock::*, report::verify, Call, Error};

/// The clinic hands a row over.
fn hand_over(row: u64) {
	edit(|tables| {
		let over = Row { is_held: false, ..row_of(CLINIC, row) };
		tables.special.insert((CLINIC, row), over);
	});
}

/// What the first witness sees if the clinic answers right for all but these rows, of which it gives wrong leaves.
fn seen(wrong: &[usize]) -> (Challenge, Seen) {
	let asked = challenge(CLINIC, 0, drawn(CLINIC, 0, 0), 10);
	let mut answers = right_answers(&asked);
	for row in wrong {
		let RowAnswer::Held { leaf, .. } = &mut answers[*row] else { panic!("it is there") };
		leaf[0] ^= 1;
	}
	let answer = answer(&asked, answers, log(5, 0));
	let key = receipt_key(CLINIC).public().0;
	let seen = check(&answer, &asked, &rows_of(&asked), &key, verify).expect("it is signed");
	(asked, seen)
}

fn dispute(contradiction: Contradiction) -> Result<(), Refused> {
	apply(Call::dispute { contradiction: Box::new(contradiction) })
}

#[test]
fn a_wrong_answer_for_a_row_that_was_handed_over_is_no_dispute() {
	new_test_ext().execute_and_check(|| {
		let before = seen(&[4]).1.contradiction.expect("the leaf is wrong");
		hand_over(4);
		assert_noop!(dispute(before), Refused::from(Error::InvalidContradiction));
		let (_, seen) = seen(&[4, 7]);
		assert_eq!(seen.missing, [7]);
		assert_ok!(dispute(seen.contradiction.expect("another leaf is wrong")));
		assert_eq!(Receipts::row_state(CLINIC, 7), CohortState::Disputed { epoch: 1 });
	});
}

#[test]
fn a_cohort_is_looked_at_until_its_last_row_is_handed_over() {
	new_test_ext().execute_and_check(|| {
		let witness = drawn(CLINIC, 0, 0);
		let task = || Receipts::receipt_task(CLINIC, 0, witness).map(|task| task.rows);
		(0..9).for_each(hand_over);
		assert_eq!(task(), Some(10));
		let (asked, seen) = seen(&[0, 1, 2]);
		assert_ok!(submit(report_of(&asked, &seen.missing, log(5, 0))));
		assert_ok!(look(CLINIC, 0, 1, &[]));
		assert!(matches!(Receipts::row_state(CLINIC, 9), CohortState::Fresh { seen: 2, .. }));
		next_epoch();
		hand_over(9);
		assert_eq!(task(), None);
	});
}
