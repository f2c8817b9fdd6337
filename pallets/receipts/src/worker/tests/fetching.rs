//! How many requests a vault has at once, and what becomes of those that wait for their turn.

use ward_primitives::{record::COHORT_SIZE, Moment};

use super::{
	stage::{counters, custodian, honest, with_custodians, Stage},
	world::{Reply, Sent},
};
use crate::{
	mock::now,
	worker::{fetch::AT_ONCE, Cause, FETCHES_PER_BLOCK, RUN_TIME},
};

/// Custodians with so many full cohorts each.
fn with_cohorts(counts: &[u64], test: impl FnOnce(&Stage)) {
	let rows: Vec<_> = counts.iter().map(|count| count * COHORT_SIZE).collect();
	with_custodians(&rows, test);
}

/// How many of these requests were under way when each of them was sent, with answers that take so long.
fn under_way(sent: &[Sent], took: Moment) -> Vec<usize> {
	let at = |time: Moment| sent.iter().filter(|it| (it.at..it.at + took).contains(&time)).count();
	sent.iter().map(|it| at(it.at)).collect()
}

#[test]
fn a_vault_has_two_requests_at_once_and_gets_the_next_as_one_ends() {
	with_cohorts(&[9], |stage| {
		// The first of each two is the slower one.
		let time = |cohort: u64| if cohort.is_multiple_of(2) { 400 } else { 300 };
		stage.world.vault(custodian(1), move |it| honest(it).after(time(it.cohort)));
		stage.block();
		let sent = stage.world.take_sent();
		assert_eq!(sent.len(), FETCHES_PER_BLOCK);
		let most = under_way(&sent, 300).into_iter().max();
		assert_eq!(most, Some(AT_ONCE));
		// None waits for more than its turn: two after the other, four times.
		let last = sent.iter().map(|it| it.at).max().unwrap_or_default();
		assert!((900..1_500).contains(&(last - now())), "{} ms", last - now());
		assert_eq!(stage.include().len(), FETCHES_PER_BLOCK);
		assert_eq!((counters().fetches, counters().reports), (8, 8));
	});
}

#[test]
fn nobody_waits_for_another_ones_vault() {
	with_cohorts(&[4, 4], |stage| {
		stage.world.vault(custodian(1), |_| Reply::silence());
		stage.world.vault(custodian(2), |it| honest(it).after(500));
		stage.block();
		let reports = stage.include();
		assert!(reports.iter().all(|report| report.custodian == custodian(2)));
		assert_eq!(reports.len(), 4);
		// The other two were never sent.
		assert_eq!(counters().failures_by(Cause::Deadline), AT_ONCE as u64);
		assert_eq!(counters().fetches, 4 + AT_ONCE as u64);
	});
}

#[test]
fn what_a_run_has_no_time_for_is_no_fetch_and_no_failure_and_comes_later() {
	with_cohorts(&[5], |stage| {
		stage.world.vault(custodian(1), |it| honest(it).after(4_000));
		// Two, and two more: a third turn would take longer than the run.
		let took = stage.block();
		assert!(took < RUN_TIME, "{took} ms");
		assert_eq!(stage.world.take_sent().len(), 4);
		assert_eq!(stage.include().len(), 4);
		assert_eq!((counters().fetches, counters().reports), (4, 4));
		assert_eq!(counters().failures.iter().sum::<u64>(), 0);
		// It is left alone for as long as a vault is that took eight seconds.
		let end = now() + took;
		while stage.take_asked().is_empty() {
			stage.block();
		}
		assert!((31_000..36_000).contains(&(now() - end)), "{} ms", now() - end);
		assert_eq!(stage.include().len(), 1);
		assert_eq!(counters().failures.iter().sum::<u64>(), 0);
	});
}

#[test]
fn who_was_not_asked_for_want_of_time_is_not_left_alone_for_it() {
	with_cohorts(&[1, 1, 1], |stage| {
		let all: Vec<_> = (1..=3).map(custodian).collect();
		all.iter().for_each(|id| stage.world.vault(*id, honest));
		// The third would be sent when the run is over.
		stage.world.set_sending_time(RUN_TIME / 2 + 1);
		stage.block();
		let asked: Vec<_> = stage.take_asked().into_iter().map(|(id, _)| id).collect();
		assert_eq!((asked.len(), counters().fetches), (2, 2));
		stage.include();
		stage.world.set_sending_time(0);
		stage.block();
		let left: Vec<_> = all.into_iter().filter(|id| !asked.contains(id)).collect();
		assert_eq!(stage.include()[0].custodian, left[0]);
	});
}

#[test]
fn a_vault_that_always_hangs_on_two_cohorts_is_seen_in_all_others() {
	with_cohorts(&[6], |stage| {
		stage.world.vault(custodian(1), |it| match it.cohort {
			0 | 1 => Reply::silence(),
			_ => honest(it),
		});
		let mut seen = Vec::new();
		for _ in 0..60 {
			stage.block();
			seen.extend(stage.include().iter().map(|report| report.cohort));
		}
		seen.sort_unstable();
		assert_eq!(seen, [2, 3, 4, 5]);
	});
}
