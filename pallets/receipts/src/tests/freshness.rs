//! What it takes for a row to be fresh, and how it ceases to be.

use frame_support::{assert_noop, assert_ok};
use ward_primitives::{receipt::CohortState, Moment, ParticipantId};

use crate::{mock::*, Cohorts, Epoch, Error, Event};

fn state(row: u64) -> CohortState {
	Receipts::row_state(CLINIC, row)
}

fn seen_by(seen: u8, of: u8, at: Moment) -> CohortState {
	CohortState::Fresh { seen, of, at, until: Epoch::<Test>::get().fresh_until() }
}

fn unsettled(missed: u8, reported: u8, at: Moment) -> CohortState {
	CohortState::Unsettled { missed, reported, at }
}

/// The witness at this place looks at the clinic's first `rows` rows alone, misses these, and reports.
fn look_at(rows: u16, place: usize, missing: &[u16]) {
	let asked = challenge(CLINIC, 0, drawn(CLINIC, 0, place), rows);
	assert_ok!(submit(report_of(&asked, missing, log(5, 0))));
}

fn confirmed(seen: u8, exceptions: u32) -> Option<Event<Test>> {
	let is_confirmed = |event: &Event<Test>| matches!(event, Event::Confirmed { .. });
	let found = take_events().into_iter().find(is_confirmed);
	let epoch = Epoch::<Test>::get();
	let (custodian, cohort, until) = (CLINIC, 0, epoch.fresh_until());
	let (epoch, of) = (epoch.number, 3);
	let expected = Event::Confirmed { custodian, cohort, epoch, seen, of, until, exceptions };
	if let Some(found) = &found {
		assert_eq!(found, &expected);
	}
	found
}

/// Lets only so many seats be drawn for the clinic.
fn witnesses(count: u64) {
	// Beside its host.
	edit(|tables| tables.seats = (1..=count + 1).map(ParticipantId).collect());
	next_epoch();
	assert_eq!(Receipts::witnesses(CLINIC, 0).len() as u64, count);
}

#[test]
fn two_of_three_make_a_cohort_fresh_and_the_third_adds_to_it() {
	new_test_ext().execute_and_check(|| {
		assert_eq!(state(0), CohortState::New);
		assert_ok!(look(CLINIC, 0, 2, &[]));
		assert_eq!((state(0), confirmed(1, 0)), (CohortState::New, None));
		block_after(10);
		assert_ok!(look(CLINIC, 0, 0, &[]));
		assert_eq!(state(0), seen_by(2, 3, now()));
		assert!(confirmed(2, 0).is_some());
		block_after(10);
		assert_ok!(look(CLINIC, 0, 1, &[]));
		assert_eq!(state(9), seen_by(3, 3, now()));
		assert!(confirmed(3, 0).is_some());
	});
}

#[test]
fn nobody_makes_a_cohort_fresh_that_has_no_witnesses() {
	new_test_ext().execute_and_check(|| {
		witnesses(0);
		let asked = challenge(CLINIC, 0, HOSPITAL, 10);
		assert_noop!(submit(report_of(&asked, &[], log(5, 0))), Refused::from(Error::NotDrawn));
		assert_eq!(state(0), CohortState::New);
	});
}

#[test]
fn one_of_one_and_two_of_two_are_a_quorum() {
	new_test_ext().execute_and_check(|| {
		witnesses(1);
		assert_ok!(look(CLINIC, 0, 0, &[]));
		assert_eq!(state(0), seen_by(1, 1, now()));
		witnesses(2);
		assert_ok!(look(CLINIC, 0, 0, &[4]));
		assert!(
			matches!(state(0), CohortState::Fresh { seen: 1, of: 1, .. }),
			"of the epoch before"
		);
		assert_ok!(look(CLINIC, 0, 1, &[6]));
		assert_eq!(state(0), seen_by(2, 2, now()));
		// Both have to have seen it, or missed it, and nobody is left to settle it.
		assert_eq!((state(4), state(6)), (unsettled(1, 2, now()), unsettled(1, 2, now())));
		next_epoch();
		for place in 0..2 {
			assert_ok!(look(CLINIC, 0, place, &[4]));
		}
		assert_eq!(state(4), CohortState::Missing { at: now() });
		assert_eq!(state(6), seen_by(2, 2, now()));
	});
}

#[test]
fn one_of_one_says_alone_that_a_row_is_missing() {
	new_test_ext().execute_and_check(|| {
		witnesses(1);
		assert_ok!(look(CLINIC, 0, 0, &[4]));
		assert_eq!(state(4), CohortState::Missing { at: now() });
	});
}

#[test]
fn a_row_that_fewer_than_a_quorum_saw_is_an_exception() {
	new_test_ext().execute_and_check(|| {
		assert_ok!(look(CLINIC, 0, 0, &[2, 4, 7]));
		assert_ok!(look(CLINIC, 0, 1, &[4, 7]));
		assert!(confirmed(2, 3).is_some());
		assert_eq!(state(2), unsettled(1, 2, now()));
		assert_eq!(state(4), CohortState::Missing { at: now() });
		assert_ok!(look(CLINIC, 0, 2, &[7]));
		assert!(confirmed(3, 2).is_some());
		assert_eq!(state(2), seen_by(2, 3, now()));
		assert_eq!(state(4), CohortState::Missing { at: now() });
		assert_eq!(state(7), CohortState::Missing { at: now() });
		assert_eq!(state(3), seen_by(3, 3, now()));
	});
}

#[test]
fn a_lying_witness_alone_changes_nothing_that_two_agree_on() {
	for liar in 0..3 {
		new_test_ext().execute_and_check(|| {
			let all: Vec<_> = (0..10).collect();
			for place in 0..3 {
				let missing = if place == liar { &all[..] } else { &[5] };
				assert_ok!(look(CLINIC, 0, place, missing));
			}
			assert_eq!(state(0), seen_by(2, 3, now()), "it says that all are missing");
			assert_eq!(state(5), CohortState::Missing { at: now() });
			next_epoch();
			for place in 0..3 {
				let missing = if place == liar { &[][..] } else { &[5] };
				assert_ok!(look(CLINIC, 0, place, missing));
			}
			assert_eq!(state(5), CohortState::Missing { at: now() }, "it says that it is there");
		});
	}
}

#[test]
fn a_liar_beside_a_silent_witness_hides_no_row_and_vouches_for_none() {
	for (liar, silent) in [(0, 1), (1, 2), (2, 0)] {
		let honest = 3 - liar - silent;
		for order in [[liar, honest], [honest, liar]] {
			new_test_ext().execute_and_check(|| {
				// It says that all are missing but the one that is.
				let lie: Vec<_> = (0..10).filter(|row| *row != 5).collect();
				for place in order {
					assert_ok!(look(CLINIC, 0, place, if place == liar { &lie } else { &[5] }));
				}
				for row in 0..10 {
					assert_eq!(state(row), unsettled(1, 2, now()), "row {row}");
				}
				// For as long as the third is silent, and no longer than that.
				block_after(10);
				assert_ok!(look(CLINIC, 0, silent, &[5]));
				for row in 0..10 {
					let settled = match row {
						5 => CohortState::Missing { at: now() },
						_ => seen_by(2, 3, now()),
					};
					assert_eq!(state(row), settled, "row {row}");
				}
			});
		}
	}
}

#[test]
fn what_a_liar_and_silence_left_unsettled_stays_so_until_others_have_looked() {
	new_test_ext().execute_and_check(|| {
		assert_ok!(look(CLINIC, 0, 0, &[3]));
		assert_ok!(look(CLINIC, 0, 1, &[]));
		let (before, until) = (now(), Epoch::<Test>::get().fresh_until());
		next_epoch();
		assert_eq!(state(3), unsettled(1, 2, before));
		// One of the next epoch settles nothing, whatever it says.
		assert_ok!(look(CLINIC, 0, 2, &[]));
		assert_eq!(state(3), unsettled(1, 2, before));
		assert_ok!(look(CLINIC, 0, 0, &[]));
		assert_eq!(state(3), seen_by(2, 3, now()));
		// With nobody that looks, it lapses with the rows around it.
		let at = now();
		block_at(until + LENGTH);
		assert_eq!(state(3), CohortState::Lapsed { at });
	});
}

#[test]
fn who_did_not_look_at_a_row_neither_saw_it_nor_missed_it() {
	for short in 0..3 {
		new_test_ext().execute_and_check(|| {
			let [first, second] = [(short + 1) % 3, (short + 2) % 3];
			look_at(2, short, &[1]);
			look_at(10, first, &[1, 7]);
			look_at(10, second, &[]);
			assert_eq!(state(0), seen_by(3, 3, now()));
			assert_eq!(state(1), CohortState::Missing { at: now() });
			// Of the three that reported two looked, and they do not agree.
			assert_eq!(state(7), unsettled(1, 3, now()));
			assert_eq!(state(9), seen_by(2, 3, now()));
		});
	}
}

#[test]
fn a_witness_that_looks_at_one_row_does_not_take_the_others_away() {
	for liar in 0..3 {
		new_test_ext().execute_and_check(|| {
			for place in 0..3 {
				let witness = drawn(CLINIC, 0, place);
				let rows = if place == liar { 1 } else { 10 };
				let asked = challenge(CLINIC, 0, witness, rows);
				assert_ok!(submit(report_of(&asked, &[], log(5, 0))));
			}
			assert_eq!(state(0), seen_by(3, 3, now()));
			assert_eq!(state(9), seen_by(2, 3, now()));
		});
	}
}

#[test]
fn less_than_a_quorum_that_lies_makes_nothing_fresh() {
	new_test_ext().execute_and_check(|| {
		// With the custodian's help; the other two have no answer and report nothing.
		assert_ok!(look(CLINIC, 0, 1, &[]));
		assert_eq!(state(0), CohortState::New);
		assert_noop!(look(CLINIC, 0, 1, &[]), Refused::from(Error::AlreadyReported));
		next_epoch();
		// One in each epoch is not two in one.
		assert_ok!(look(CLINIC, 0, 0, &[]));
		assert_eq!(state(0), CohortState::New);
	});
}

#[test]
fn even_all_witnesses_make_nothing_fresh_without_the_custodians_signature() {
	new_test_ext().execute_and_check(|| {
		use sp_core::Pair;
		for place in 0..3 {
			let asked = challenge(CLINIC, 0, drawn(CLINIC, 0, place), 10);
			let mut report = report_of(&asked, &[], log(5, 0));
			let receipt = report.receipt(GENESIS, asked.challenge, asked.since);
			report.receipt_signature = witness_key(asked.witness).sign(&receipt.message()).0;
			assert_noop!(submit(report), Refused::from(Error::InvalidReceipt));
		}
		assert_eq!(state(0), CohortState::New);
		assert!(Cohorts::<Test>::get(CLINIC, 0).is_none());
	});
}

#[test]
fn what_is_seen_counts_until_the_next_epoch_is_over_and_lapses_by_itself() {
	new_test_ext().execute_and_check(|| {
		let until = START + 2 * LENGTH;
		block_after(LENGTH / 2);
		for place in 0..2 {
			assert_ok!(look(CLINIC, 0, place, &[3]));
		}
		let at = now();
		next_epoch();
		block_at(until - 1);
		assert_eq!(state(0), CohortState::Fresh { seen: 2, of: 3, at, until });
		assert_eq!(state(3), CohortState::Missing { at });
		let row = Cohorts::<Test>::get(CLINIC, 0);
		block_at(until);
		assert_eq!(state(0), CohortState::Lapsed { at });
		assert_eq!(Cohorts::<Test>::get(CLINIC, 0), row, "nothing was written");
	});
}

#[test]
fn a_row_that_was_anchored_after_the_reports_is_new() {
	new_test_ext().execute_and_check(|| {
		for place in 0..2 {
			assert_ok!(look(CLINIC, 0, place, &[]));
		}
		edit(|tables| {
			tables.rows.insert(CLINIC, 12);
		});
		assert_eq!(state(9), seen_by(2, 3, now()));
		assert_eq!(state(10), CohortState::New);
		next_epoch();
		for place in 0..2 {
			assert_ok!(look(CLINIC, 0, place, &[]));
		}
		assert_eq!(state(10), seen_by(2, 3, now()));
	});
}

#[test]
fn cohorts_stand_each_by_itself() {
	new_test_ext().execute_and_check(|| {
		for place in 0..2 {
			assert_ok!(look(HOSPITAL, 1, place, &[2]));
		}
		let state = |row| Receipts::row_state(HOSPITAL, row);
		assert_eq!(state(0), CohortState::New);
		assert_eq!(state(1_023), CohortState::New);
		assert_eq!(state(1_024), seen_by(2, 3, now()));
		assert_eq!(state(1_026), CohortState::Missing { at: now() });
		assert_eq!(state(1_027), CohortState::New);
		assert_eq!(Receipts::row_state(CLINIC, 0), CohortState::New);
		assert_eq!(state(u64::MAX), CohortState::New);
	});
}

#[test]
fn a_new_epoch_begins_anew_and_keeps_what_was_seen() {
	new_test_ext().execute_and_check(|| {
		for place in 0..3 {
			assert_ok!(look(CLINIC, 0, place, &[3]));
		}
		let before = Cohorts::<Test>::get(CLINIC, 0).expect("it was reported").fresh;
		next_epoch();
		assert_ok!(look(CLINIC, 0, 2, &[8]));
		let row = Cohorts::<Test>::get(CLINIC, 0).expect("it was reported");
		assert_eq!((row.epoch, row.reported, row.rows), (2, 0b100, [0, 0, 10]));
		assert_eq!(row.missing.iter().map(|missing| missing.row).collect::<Vec<_>>(), [8]);
		assert_eq!(row.fresh, before);
	});
}
