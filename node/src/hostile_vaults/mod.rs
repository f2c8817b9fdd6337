//! The off-chain worker against vaults that are up to something, on real sockets.
//!
//! Real are: the runtime with all its pallets (executed natively), the SDK's off-chain workers with their
//! HTTP client, TLS, threads, local storage interface and keystore, the sockets, and what the pool is
//! asked: whether the runtime would take it. Not real are: the network between nodes, the pool behind that
//! question, the database (a table in memory), and how rows and keys came to the chain (they are put there).
//!
//! In each test there is a second vault, which is as it should be: the same run must report it.

mod answers;
mod chain;
mod forks;
mod node;
mod scene;
mod tls;
mod transport;
mod vault;
mod witnesses;

use std::time::Duration;

use pallet_ward_receipts::worker::{Cause, Settings};

use node::{Disk, Node, Pool};
use scene::{honest, reports_in, Scene, GOOD, HOSTILE, WITNESS_SEED};
use vault::Server;

/// For how many blocks a worker only watches an epoch that is new to it.
const WATCHING: u32 = 4;

/// How long a run may take that waits for nobody, with a machine that has other things to do.
const QUICK: Duration = Duration::from_secs(6);

/// The longest that a run may take: the ten seconds that it has, and what comes before and after.
const LONGEST: Duration = Duration::from_secs(14);

/// What the operator of the tests' node allows: everything here is on this machine.
fn with_loopback() -> Settings {
	Settings { loopback: true, ..Settings::default() }
}

/// A node that is a witness, on a chain with the hostile vault at this address and the good one at its.
fn stage(endpoint: &str, good: &Server, settings: &Settings) -> (Scene, Node) {
	let disk = Disk::new(settings);
	disk.insert_key(WITNESS_SEED);
	let node = Node::start(disk, Pool::Takes);
	let mut scene = Scene::new();
	scene.move_vault(HOSTILE, endpoint);
	scene.move_vault(GOOD, &good.url("https"));
	watch(&mut scene, &node);
	(scene, node)
}

/// Lets the worker watch a new epoch for as long as it does.
fn watch(scene: &mut Scene, node: &Node) {
	for _ in 0..WATCHING {
		node.after(&scene.block());
	}
	assert_eq!(node.disk.counters().fetches, 0, "it only watches");
}

/// A vault as it should be, with a certificate that is trusted.
fn good_vault() -> Server {
	Server::start(Some(tls::good()), honest)
}

/// The worker finds the hostile vault out for this cause: in time, without a word about it to the chain, and
/// with the other one seen in the same run, which the chain takes. Returns how long the run took.
fn is_found_out(endpoint: &str, settings: &Settings, cause: Cause, at_most: Duration) -> Duration {
	let good = good_vault();
	let (mut scene, node) = stage(endpoint, &good, settings);
	let took = node.after(&scene.block());
	assert!(took <= at_most, "{cause:?}: {took:?}");
	let submitted = node.take_submitted();
	let seen: Vec<_> = reports_in(&submitted).iter().map(|report| report.custodian).collect();
	assert_eq!((seen, submitted.len()), (vec![GOOD], 1), "{cause:?}");
	let counters = node.disk.counters();
	assert_eq!(counters.failures_by(cause), 1, "{cause:?}: {counters:?}");
	assert_eq!(counters.failures.iter().sum::<u64>(), 1, "{cause:?}: {counters:?}");
	assert_eq!((counters.fetches, counters.reports, counters.disputes), (2, 1, 0), "{cause:?}");
	// The good answer was dealt with when it came, and not when the run ended.
	assert_eq!(good.take_received().len(), 1);
	let waits = took.as_millis() > u128::from(counters.answer_time) + 5_000;
	assert_eq!(waits, matches!(cause, Cause::Deadline), "{cause:?}: {counters:?}");
	scene.block_with(&submitted);
	assert!(scene.cohort(GOOD).is_some() && scene.cohort(HOSTILE).is_none());
	took
}
