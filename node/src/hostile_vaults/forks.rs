//! Forks, and nodes that are killed.

use std::time::{Duration, Instant};

use pallet_ward_receipts::worker::Cause;

use super::{
	good_vault,
	node::{Disk, Node, Pool},
	scene::{honest, reports_in, Scene, GOOD, HOSTILE, WITNESS_SEED},
	stage,
	vault::Server,
	watch, with_loopback, WATCHING,
};

#[test]
fn each_of_two_forks_has_its_own_challenge_and_report() {
	let other = Server::start(None, honest);
	let good = good_vault();
	let (mut scene, node) = stage(&other.url("http"), &good, &with_loopback());
	let first = scene.block();
	node.after(&first);
	let on_first = node.take_submitted();
	assert_eq!(reports_in(&on_first).len(), 2);
	// The same epoch, begun in another block: what was fetched before is worth nothing.
	scene.fork();
	for _ in 0..=WATCHING {
		node.after(&scene.block());
	}
	let second = scene.block();
	node.after(&second);
	let on_second = node.take_submitted();
	assert_eq!(reports_in(&on_second).len(), 2);
	let challenges: Vec<_> =
		good.take_received().iter().map(|received| received.challenge().challenge).collect();
	assert_eq!(challenges.len(), 2);
	assert_ne!(challenges[0], challenges[1]);
	// Each counts on its own fork and not on the other one.
	for (own, foreign, reports) in [(&first, &second, &on_first), (&second, &first, &on_second)] {
		for report in reports {
			assert!(node.chain.validate(own.header.hash(), report).is_ok());
			assert!(node.chain.validate(foreign.header.hash(), report).is_err());
		}
	}
	scene.block_with(&on_second);
}

#[test]
fn a_node_that_is_killed_between_fetch_and_report_fetches_again_and_is_not_locked_for_long() {
	let good = good_vault();
	let disk = Disk::new(&with_loopback());
	disk.insert_key(WITNESS_SEED);
	let mut scene = Scene::new();
	scene.move_vault(GOOD, &good.url("https"));
	scene.move_vault(HOSTILE, &good.url("https"));
	let killed = Node::start(disk.clone(), Pool::Killed);
	watch(&mut scene, &killed);
	killed.begin_after(&scene.block());
	killed.wait_for_offer();
	let start = Instant::now();
	assert!(!good.take_received().is_empty(), "it had fetched");
	// What is left of it is its disk. The thread that is stuck in its pool writes nothing more.
	let node = Node::start(disk, Pool::Takes);
	let mut reported = Vec::new();
	while reported.len() < 2 {
		assert!(start.elapsed() < Duration::from_secs(40), "it must not stay locked");
		node.after(&scene.block());
		reported.extend(node.take_submitted());
		std::thread::sleep(Duration::from_millis(200));
	}
	assert!(start.elapsed() > Duration::from_secs(8), "a run that has not ended is waited for");
	assert!(good.take_received().len() >= 2, "it fetched again");
	assert_eq!(node.disk.counters().failures_by(Cause::NotSubmitted), 0);
	scene.block_with(&reported);
	assert!(scene.cohort(GOOD).is_some() && scene.cohort(HOSTILE).is_some());
}
