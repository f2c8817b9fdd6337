//! The vaults' access logs: what cannot be taken back.

use frame_support::{assert_noop, assert_ok, dispatch::DispatchResult};
use ward_primitives::receipt::{LogHead, LogRow};

use crate::{mock::*, Error, Event, Logs};

/// The witness at this place reports the clinic's log to be this.
fn report_log(place: usize, log: LogHead) -> Result<(), Refused> {
	let asked = challenge(CLINIC, 0, drawn(CLINIC, 0, place), 10);
	submit(report_of(&asked, &[], log))
}

fn known() -> Option<LogRow> {
	Logs::<Test>::get(CLINIC)
}

fn restart() -> DispatchResult {
	Receipts::restart_log(RuntimeOrigin::signed(governor(CLINIC)))
}

#[test]
fn the_checkpoint_moves_with_epochs_and_the_longest_log_with_reports() {
	new_test_ext().execute_and_check(|| {
		let empty = LogHead::empty(GENESIS);
		assert_ok!(report_log(0, log(5, 0)));
		assert_eq!(known(), Some(LogRow { epoch: 1, since: empty, latest: log(5, 0) }));
		assert_ok!(report_log(1, log(8, 0)));
		assert_eq!(known(), Some(LogRow { epoch: 1, since: empty, latest: log(8, 0) }));
		next_epoch();
		assert_eq!(challenge(CLINIC, 0, HOST, 10).since, log(8, 0));
		assert_ok!(report_log(0, log(8, 0)));
		assert_eq!(known(), Some(LogRow { epoch: 2, since: log(8, 0), latest: log(8, 0) }));
	});
}

#[test]
fn reports_of_one_epoch_come_in_any_order() {
	new_test_ext().execute_and_check(|| {
		assert_ok!(report_log(0, log(9, 0)));
		// It asked sooner.
		assert_ok!(report_log(1, log(7, 0)));
		assert_eq!(known().map(|row| row.latest), Some(log(9, 0)));
		assert_ok!(report_log(2, log(9, 0)));
	});
}

#[test]
fn a_log_that_was_never_written_to_is_the_genesis_hash() {
	new_test_ext().execute_and_check(|| {
		assert_noop!(report_log(0, log(0, 7)), Refused::from(Error::LogForked));
		assert_ok!(report_log(0, LogHead::empty(GENESIS)));
	});
}

#[test]
fn a_shorter_log_is_refused_until_the_vault_has_it_back() {
	new_test_ext().execute_and_check(|| {
		assert_ok!(report_log(0, log(9, 0)));
		next_epoch();
		assert_noop!(report_log(0, log(8, 0)), Refused::from(Error::LogShorter));
		assert_noop!(report_log(0, LogHead::empty(GENESIS)), Refused::from(Error::LogShorter));
		assert_ok!(report_log(0, log(10, 0)));
	});
}

#[test]
fn a_log_that_was_rewritten_at_the_checkpoint_is_refused() {
	new_test_ext().execute_and_check(|| {
		assert_ok!(report_log(0, log(9, 0)));
		next_epoch();
		assert_noop!(report_log(0, log(9, 1)), Refused::from(Error::LogForked));
	});
}

#[test]
fn a_log_that_was_rewritten_and_grew_needs_a_receipt_over_the_checkpoint() {
	new_test_ext().execute_and_check(|| {
		assert_ok!(report_log(0, log(9, 0)));
		next_epoch();
		// A vault that lost its log confirms what it has, and not what the chain knows.
		let asked = challenge(CLINIC, 0, drawn(CLINIC, 0, 0), 10);
		let mut report = report_of(&asked, &[], log(12, 1));
		resign_receipt(
			&mut report,
			&ward_primitives::receipt::Challenge { since: log(9, 1), ..asked },
		);
		assert_noop!(submit(report), Refused::from(Error::InvalidReceipt));
	});
}

#[test]
fn two_logs_of_one_height_in_one_epoch_are_refused() {
	new_test_ext().execute_and_check(|| {
		assert_ok!(report_log(0, log(9, 0)));
		assert_noop!(report_log(1, log(9, 1)), Refused::from(Error::LogForked));
		assert_ok!(report_log(1, log(9, 0)));
	});
}

#[test]
fn the_logs_of_custodians_have_nothing_to_do_with_each_other() {
	new_test_ext().execute_and_check(|| {
		assert_ok!(report_log(0, log(9, 0)));
		let asked = challenge(HOSPITAL, 0, drawn(HOSPITAL, 0, 0), 10);
		assert_eq!(asked.since, LogHead::empty(GENESIS));
		assert_ok!(submit(report_of(&asked, &[], log(2, 5))));
		assert_eq!(known().map(|row| row.latest), Some(log(9, 0)));
	});
}

#[test]
fn a_center_gives_its_log_up_publicly_and_begins_another() {
	new_test_ext().execute_and_check(|| {
		assert_noop!(restart(), Error::<Test>::NoLog);
		assert_ok!(report_log(0, log(9, 0)));
		next_epoch();
		take_events();
		assert_ok!(restart());
		let lost = Event::LogRestarted { custodian: CLINIC, lost: log(9, 0) };
		assert_eq!((take_events(), known()), (vec![lost], None));
		assert_ok!(report_log(0, log(2, 1)));
		assert_eq!(known().map(|row| row.since), Some(LogHead::empty(GENESIS)));
	});
}

#[test]
fn a_restart_within_an_epoch_costs_no_witness_its_report() {
	new_test_ext().execute_and_check(|| {
		assert_ok!(report_log(0, log(9, 0)));
		assert_ok!(restart());
		assert_ok!(report_log(1, log(2, 1)));
		assert_ok!(report_log(2, log(3, 1)));
		assert_noop!(report_log(0, log(3, 1)), Refused::from(Error::AlreadyReported));
	});
}
