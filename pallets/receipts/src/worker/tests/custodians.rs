//! Whom the worker asks, how often, and how many at a time.

use ward_primitives::{receipt::LogHead, record::COHORT_SIZE, Moment, ParticipantId};

use super::{
	stage::{
		add_custodian, counters, custodian, honest, own_key, right, sealed, with_custodians, Stage,
		SEAT,
	},
	world::Reply,
};
use crate::{
	mock::{edit, next_epoch, now, System, Test},
	worker::{
		fetch::AT_ONCE, memory::REMEMBERED_BLOCKS, settled::SETTLED_BLOCKS, Cause,
		CUSTODIANS_PER_BLOCK, EXAMINED_PER_BLOCK, FETCHES_PER_BLOCK, RUN_TIME,
	},
	Cohorts,
};

/// All these custodians have vaults that have everything.
fn all_honest(stage: &Stage, count: u64) {
	for number in 1..=count {
		stage.world.vault(custodian(number), honest);
	}
}

#[test]
fn a_cohort_that_is_due_is_asked_for_and_reported() {
	with_custodians(&[10], |stage| {
		all_honest(stage, 1);
		stage.block();
		let sent = stage.world.take_sent();
		assert_eq!(sent.len(), 1);
		assert_eq!(
			(&*sent[0].method, &*sent[0].url),
			("POST", "https://vault-101.example/v1/receipts")
		);
		assert_eq!(sent[0].header("Ward-Vault"), "101");
		assert_eq!(sent[0].header("Ward-Purpose"), "HOPERAT");
		assert_eq!(sent[0].challenge().rows, 10);
		let reports = stage.include();
		assert_eq!(reports.len(), 1);
		let report = &reports[0];
		assert_eq!((report.witness, report.key), (SEAT, own_key()));
		assert_eq!((report.custodian, report.cohort, report.rows), (custodian(1), 0, 10));
		assert!(report.missing.is_empty());
		// The chain has it: nothing is left to do in this epoch.
		for _ in 0..2 * REMEMBERED_BLOCKS {
			stage.block();
		}
		assert_eq!(stage.take_asked(), []);
		let counters = counters();
		assert_eq!((counters.fetches, counters.answers, counters.reports), (1, 1, 1));
		assert_eq!(counters.failures.iter().sum::<u64>(), 0);
	});
}

#[test]
fn each_epoch_asks_again() {
	with_custodians(&[10], |stage| {
		all_honest(stage, 1);
		for _ in 0..2 {
			stage.block();
			assert_eq!(stage.include().len(), 1);
			next_epoch();
			for _ in 0..4 {
				stage.block();
				assert_eq!(stage.take_calls(), [], "the epoch is too young");
			}
		}
		stage.block();
		assert_eq!(stage.include().len(), 1);
	});
}

#[test]
fn what_was_reported_is_asked_for_again_only_if_the_chain_does_not_get_it() {
	with_custodians(&[10], |stage| {
		all_honest(stage, 1);
		stage.block();
		assert_eq!(stage.take_reports().len(), 1);
		for _ in 1..REMEMBERED_BLOCKS {
			stage.block();
			assert_eq!(stage.take_calls(), []);
		}
		stage.world.take_sent();
		stage.block();
		assert_eq!(stage.take_asked(), [(custodian(1), 0)]);
		assert_eq!(stage.include().len(), 1);
	});
}

#[test]
fn a_pool_that_takes_nothing_is_not_tried_in_every_block() {
	with_custodians(&[10], |stage| {
		all_honest(stage, 1);
		stage.world.set_pool_full(true);
		for _ in 0..REMEMBERED_BLOCKS {
			stage.block();
		}
		assert_eq!(stage.take_asked().len(), 1);
		assert_eq!(counters().failures_by(Cause::NotSubmitted), 1);
		stage.world.set_pool_full(false);
		stage.block();
		assert_eq!(stage.include().len(), 1);
	});
}

#[test]
fn rows_are_asked_for_when_their_vault_surely_knows_them() {
	with_custodians(&[10], |stage| {
		all_honest(stage, 1);
		edit(|tables| {
			tables.rows.insert(custodian(1), 25);
		});
		stage.block();
		assert_eq!(stage.include()[0].rows, 10);
		add_custodian(custodian(2), 7);
		stage.world.vault(custodian(2), honest);
		for _ in 0..=SETTLED_BLOCKS {
			assert_eq!(stage.take_reports().len(), 0);
			stage.block();
		}
		assert_eq!(stage.take_reports()[0].rows, 7);
	});
}

#[test]
fn of_many_custodians_each_has_its_turn_and_no_block_asks_more_than_a_few() {
	let rows = [3 * COHORT_SIZE - 1_000; 12];
	with_custodians(&rows, |stage| {
		// Nothing comes, but quickly: only the order is of interest.
		for number in 1..=12 {
			stage.world.vault(custodian(number), |challenge| {
				let rows =
					vec![ward_primitives::receipt::RowAnswer::Missing; challenge.rows.into()];
				let log = LogHead { height: challenge.since.height, head: challenge.since.head };
				let few = crate::mock::answer(challenge, rows, log);
				sealed(challenge, &few)
			});
		}
		stage.block();
		let mut first = stage.take_asked();
		first.sort_unstable();
		assert_eq!(first.len(), FETCHES_PER_BLOCK);
		assert_eq!(first, (1..=8).map(|n| (custodian(n), 0)).collect::<Vec<_>>());
		stage.block();
		let second = stage.take_asked();
		// Those that had no turn have theirs.
		assert!((9..=12).all(|n| second.contains(&(custodian(n), 0))), "{second:?}");
	});
}

#[test]
fn a_custodian_with_many_cohorts_is_looked_through_to_its_end() {
	const COHORTS: u64 = 20;
	with_custodians(&[(COHORTS - 1) * COHORT_SIZE + 1], |stage| {
		all_honest(stage, 1);
		let mut blocks = 0;
		let mut reported = 0;
		while reported < COHORTS as usize {
			stage.block();
			let asked = stage.take_asked().len();
			assert!(asked <= FETCHES_PER_BLOCK);
			reported += stage.include().len();
			blocks += 1;
			assert!(blocks <= 3, "{reported} in {blocks} blocks");
		}
		for cohort in 0..COHORTS {
			let row = Cohorts::<Test>::get(custodian(1), cohort).expect("reported");
			assert_eq!(row.reported.count_ones(), 1);
		}
		stage.block();
		assert_eq!(stage.take_asked(), []);
	});
}

#[test]
fn a_block_looks_at_a_part_of_a_large_custodian_and_goes_on_in_the_next() {
	let cohorts = u64::from(3 * EXAMINED_PER_BLOCK);
	with_custodians(&[cohorts * COHORT_SIZE], |stage| {
		// Another node with this key has reported all but the last one.
		let epoch = crate::Epoch::<Test>::get();
		for cohort in 0..cohorts - 1 {
			let row = ward_primitives::receipt::CohortRow {
				epoch: epoch.number,
				drawn: 3,
				reported: 0b111,
				rows: [1_024; 3],
				..Default::default()
			};
			Cohorts::<Test>::insert(custodian(1), cohort, row);
		}
		stage.world.vault(custodian(1), |_| Reply::status(500));
		let mut blocks = 0;
		while stage.take_asked().is_empty() {
			stage.block();
			blocks += 1;
			assert!(blocks <= 3);
		}
		assert!(blocks > 1, "the last cohort is not in the first part");
		// The invariants would miss what the other node would have left elsewhere.
		for cohort in 0..cohorts - 1 {
			Cohorts::<Test>::remove(custodian(1), cohort);
		}
	});
}

#[test]
fn all_custodians_are_visited_however_many_there_are() {
	let count = u64::from(3 * CUSTODIANS_PER_BLOCK);
	let rows = vec![1; count as usize];
	with_custodians(&rows, |stage| {
		all_honest(stage, count);
		let mut reported: Vec<ParticipantId> = Vec::new();
		let mut blocks = 0;
		while reported.len() < count as usize {
			stage.block();
			reported.extend(stage.include().iter().map(|report| report.custodian));
			blocks += 1;
			// A first visit only notes how many rows there are.
			assert!(blocks <= 60, "{} in {blocks} blocks", reported.len());
		}
		reported.sort();
		assert_eq!(reported, (1..=count).map(custodian).collect::<Vec<_>>());
	});
}

#[test]
fn a_silent_vault_takes_its_time_from_nobody_else() {
	with_custodians(&[10, 10, 10], |stage| {
		all_honest(stage, 3);
		stage.world.vault(custodian(2), |_| Reply::silence());
		let took = stage.block();
		assert!((RUN_TIME..RUN_TIME + 200).contains(&took), "{took} ms");
		let reports = stage.include();
		let seen: Vec<_> = reports.iter().map(|report| report.custodian).collect();
		assert_eq!(seen, [custodian(1), custodian(3)]);
		assert_eq!(counters().failures_by(Cause::Deadline), 1);
		// The others took as long as they took.
		assert!(counters().answer_time < 200, "{} ms", counters().answer_time);
		stage.world.take_sent();
		// It is left alone for a while, and then asked again.
		assert!(stage.block() < 100);
		assert_eq!(stage.take_asked(), []);
		let wait = (0..20).find(|_| {
			stage.block();
			!stage.take_asked().is_empty()
		});
		assert!(wait.is_some(), "it is asked again");
	});
}

#[test]
fn a_vault_whose_body_never_ends_takes_no_more_than_one_that_is_silent() {
	with_custodians(&[10, 10], |stage| {
		all_honest(stage, 2);
		stage.world.vault(custodian(1), |_| Reply::head_only());
		let took = stage.block();
		assert!((RUN_TIME..RUN_TIME + 200).contains(&took), "{took} ms");
		assert_eq!(stage.include().len(), 1);
		assert_eq!(counters().failures_by(Cause::Deadline), 1);
	});
}

#[test]
fn a_vault_that_fails_is_asked_less_and_less_and_at_once_again_when_it_is_back() {
	with_custodians(&[10], |stage| {
		let mut asked: Vec<Moment> = Vec::new();
		for _ in 0..600 {
			stage.block();
			asked.extend(stage.world.take_sent().iter().map(|sent| sent.at));
		}
		let pauses: Vec<_> = asked.windows(2).map(|two| two[1] - two[0]).collect();
		assert!((6..=12).contains(&asked.len()), "{pauses:?}");
		assert!(pauses.last() > pauses.first(), "{pauses:?}");
		assert_eq!(counters().failures_by(Cause::Unreachable), asked.len() as u64);
		// Back again: the next time that it is asked it answers, and all is forgiven.
		all_honest(stage, 1);
		while stage.include().is_empty() {
			stage.block();
		}
		stage.world.vault(custodian(1), |_| Reply::status(503));
		next_epoch();
		stage.blocks(7);
		assert!(stage.take_asked().len() >= 2, "the first pause is a short one");
	});
}

#[test]
fn a_vault_that_answers_slowly_is_asked_seldom() {
	with_custodians(&[3 * COHORT_SIZE * 4], |stage| {
		let slow = |challenge: &_| honest(challenge).after(6_000);
		stage.world.vault(custodian(1), slow);
		let start = now();
		stage.block();
		assert_eq!(stage.include().len(), AT_ONCE);
		stage.world.take_sent();
		while stage.take_asked().is_empty() {
			stage.block();
		}
		assert!(now() - start >= 24_000, "{} ms", now() - start);
	});
}

#[test]
fn cohorts_that_lapsed_are_counted_also_where_the_vault_is_gone() {
	with_custodians(&[10, 10], |stage| {
		all_honest(stage, 2);
		// Two of three make a quorum.
		edit(|tables| tables.seats = [SEAT, ParticipantId(1)].into());
		next_epoch();
		stage.blocks(5);
		stage.include();
		for number in 1..=2 {
			crate::mock::look(custodian(number), 0, other_place(number), &[]).expect("reported");
		}
		stage.block();
		assert_eq!(counters().lapsed, 0);
		stage.world.vault(custodian(1), |_| Reply::status(500));
		stage.world.vault(custodian(2), |_| Reply::status(500));
		for _ in 0..2 {
			next_epoch();
			stage.block();
		}
		stage.blocks(5);
		assert_eq!(counters().lapsed, 2);
		assert!(counters().rounds > 2);
	});
}

/// The place of the witness that is not this node.
fn other_place(number: u64) -> usize {
	let witnesses = crate::mock::Receipts::witnesses(custodian(number), 0);
	witnesses.iter().position(|id| *id != SEAT).expect("there are two")
}

#[test]
fn on_another_fork_the_same_cohort_is_another_challenge() {
	with_custodians(&[10], |stage| {
		stage.world.vault(custodian(1), honest);
		stage.block();
		let first = stage.world.take_sent()[0].challenge();
		assert_eq!(stage.take_reports().len(), 1);
		// The same epoch, begun by another block.
		crate::Epoch::<Test>::mutate(|epoch| epoch.seed = [0xf0; 32]);
		stage.blocks(5);
		let second = stage.world.take_sent()[0].challenge();
		assert_eq!(first.epoch, second.epoch);
		assert_ne!(first.challenge, second.challenge);
		assert_eq!(stage.take_reports().len(), 1);
	});
}

#[test]
fn a_run_that_has_not_ended_keeps_the_next_from_fetching() {
	with_custodians(&[10], |stage| {
		all_honest(stage, 1);
		let start = now() + 2_000;
		let running =
			crate::worker::lock::Lock::take(sp_core::offchain::Timestamp::from_unix_millis(start));
		assert!(running.is_some());
		stage.block();
		assert_eq!(stage.take_asked(), []);
		drop(running);
		stage.block();
		assert_eq!(stage.take_asked().len(), 1);
	});
}

#[test]
fn a_node_that_was_killed_between_fetch_and_report_fetches_again() {
	with_custodians(&[10], |stage| {
		all_honest(stage, 1);
		// Killed while it held the lock; of all that a run does nothing else was written.
		let start = now() + 2_000;
		core::mem::forget(crate::worker::lock::Lock::take(
			sp_core::offchain::Timestamp::from_unix_millis(start),
		));
		let mut blocks = 0;
		while stage.take_asked().is_empty() {
			stage.block();
			blocks += 1;
			assert!(blocks <= 12, "it must not stay locked");
		}
		assert_eq!(stage.include().len(), 1);
	});
}

#[test]
fn the_same_witness_on_two_nodes_reports_once() {
	with_custodians(&[10], |stage| {
		all_honest(stage, 1);
		stage.block();
		let first = stage.take_calls();
		// The other node: the same key, the same state, a memory of its own.
		crate::worker::memory::Memory::read(u32::MAX).note([0; 32], System::block_number());
		stage.run_at(now() + 100);
		let second = stage.take_calls();
		assert_eq!((first.len(), second.len()), (1, 1));
		assert_eq!(crate::mock::apply(first[0].clone()), Ok(()));
		let refused = crate::mock::offer(&second[0]);
		assert_eq!(
			refused.map_err(crate::mock::Refused::Pool).map(drop),
			Err(crate::Error::<Test>::AlreadyReported.into())
		);
	});
}

#[test]
fn a_receipt_for_the_present_is_for_nothing_else() {
	with_custodians(&[10], |stage| {
		let mut kept = None;
		// What it answered in the first epoch it sends in all later ones, too.
		stage.world.vault(custodian(1), move |challenge| {
			let answer = kept.get_or_insert_with(|| right(challenge));
			sealed(challenge, answer)
		});
		stage.block();
		assert_eq!(stage.include().len(), 1);
		next_epoch();
		stage.blocks(6);
		assert_eq!(stage.take_calls(), []);
		assert!(counters().failures_by(Cause::Foreign) >= 1);
	});
}

#[test]
fn a_run_that_breaks_down_over_one_custodian_does_not_keep_the_others_unseen() {
	with_custodians(&[10, 10], |stage| {
		all_honest(stage, 2);
		stage.world.vault(custodian(1), |_| panic!("a fault in the worker"));
		let mut seen = Vec::new();
		let mut broken = 0;
		for _ in 0..200 {
			let run = core::panic::AssertUnwindSafe(|| stage.block());
			broken += u32::from(std::panic::catch_unwind(run).is_err());
			seen.extend(stage.take_reports().iter().map(|report| report.custodian));
		}
		assert_eq!(seen.first(), Some(&custodian(2)));
		assert!((1..20).contains(&broken), "{broken} runs broke down");
	});
}
