//! What others ask the pallet.

use frame_support::assert_ok;
use ward_primitives::{
	receipt::{challenge_digest, LogHead, ReceiptTask},
	ParticipantId,
};

use crate::{mock::*, Cohorts, Epoch, Logs};

#[test]
fn a_task_is_what_the_witness_has_to_ask() {
	new_test_ext().execute_and_check(|| {
		let (witness, epoch) = (drawn(HOSPITAL, 1, 2), Receipts::receipt_epoch());
		let task = ReceiptTask {
			epoch: 1,
			challenge: challenge_digest(&GENESIS, &epoch, HOSPITAL, 1, witness),
			since: LogHead::empty(GENESIS),
			rows: 3,
		};
		assert_eq!(Receipts::receipt_task(HOSPITAL, 1, witness), Some(task));
		assert_eq!(
			Receipts::receipt_task(HOSPITAL, 0, drawn(HOSPITAL, 0, 0)).map(|t| t.rows),
			Some(1_024)
		);
	});
}

#[test]
fn there_is_no_task_for_who_is_not_drawn_has_reported_or_where_nothing_is() {
	new_test_ext().execute_and_check(|| {
		let drawn = Receipts::witnesses(CLINIC, 0);
		for seat in (1..=9).map(ParticipantId) {
			let task = Receipts::receipt_task(CLINIC, 0, seat);
			assert_eq!(task.is_some(), drawn.contains(&seat));
		}
		assert_ok!(look(CLINIC, 0, 1, &[]));
		assert_eq!(Receipts::receipt_task(CLINIC, 0, drawn[1]), None);
		assert!(Receipts::receipt_task(CLINIC, 0, drawn[0]).is_some());
		let first = Receipts::witnesses(CLINIC, 1)[0];
		assert_eq!(Receipts::receipt_task(CLINIC, 1, first), None, "no such cohort");
		let first = Receipts::witnesses(PRACTICE, 0)[0];
		assert_eq!(Receipts::receipt_task(PRACTICE, 0, first), None, "no rows");
		next_epoch();
		let again = Receipts::witnesses(CLINIC, 0)[1];
		let task = Receipts::receipt_task(CLINIC, 0, again);
		assert_eq!(task.map(|task| task.since), Some(log(1, 0)));
	});
}

#[test]
fn rows_of_storage_are_shown_as_they_are() {
	new_test_ext().execute_and_check(|| {
		assert_eq!((Receipts::cohort(CLINIC, 0), Receipts::log_head(CLINIC)), (None, None));
		assert_ok!(look(CLINIC, 0, 1, &[]));
		assert_eq!(Receipts::cohort(CLINIC, 0), Cohorts::<Test>::get(CLINIC, 0));
		assert_eq!(Receipts::log_head(CLINIC), Logs::<Test>::get(CLINIC));
		assert_eq!(Receipts::receipt_epoch(), Epoch::<Test>::get());
	});
}
