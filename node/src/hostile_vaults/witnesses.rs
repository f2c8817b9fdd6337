//! Who asks: with which key, how often, and with which request.

use pallet_ward_receipts::worker::Counters;
use ward_crypto::request::{content_digest, verify, RequestParts};
use ward_primitives::PurposeOfUse;

use super::{
	good_vault,
	node::{Disk, Node, Pool},
	scene::{honest, reports_in, Scene, GOOD, HOSTILE, WITNESS, WITNESS_SEED},
	stage,
	vault::Server,
	with_loopback,
};

#[test]
fn the_request_is_one_that_a_vault_accepts() {
	let good = good_vault();
	let (mut scene, node) = stage("https://10.0.0.1", &good, &with_loopback());
	node.after(&scene.block());
	let received = good.take_received();
	let [request] = &received[..] else { panic!("one request, not {}", received.len()) };
	assert_eq!(request.line(), "POST /v1/receipts HTTP/1.1");
	assert_eq!(request.field("content-type"), "application/octet-stream");
	assert_eq!(request.field("ward-vault"), GOOD.to_string());
	assert_eq!(request.field("ward-purpose"), "HOPERAT");
	assert!(request.body.len() <= ward_primitives::receipt::MAX_CHALLENGE);
	let challenge = request.challenge();
	assert_eq!((challenge.custodian, challenge.witness), (GOOD, WITNESS));
	let digest = content_digest(&request.body);
	assert_eq!(request.field("content-digest"), digest);
	let parts = RequestParts {
		method: "POST",
		path: "/v1/receipts",
		query: None,
		content_digest: Some(&digest),
		vault: GOOD,
		genesis: challenge.genesis,
		purpose: PurposeOfUse::Hoperat,
	};
	let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
	let now = now.expect("after 1970").as_secs();
	let verified =
		verify(&parts, request.field("signature-input"), request.field("signature"), now)
			.expect("the vault's own check");
	assert_eq!(verified.key, node.disk.insert_key(WITNESS_SEED));
	assert!(verified.expires > now);
}

#[test]
fn an_authority_without_a_witness_key_asks_nobody() {
	let good = good_vault();
	let node = Node::start(Disk::new(&with_loopback()), Pool::Takes);
	let mut scene = Scene::new();
	scene.move_vault(GOOD, &good.url("https"));
	scene.move_vault(HOSTILE, &good.url("https"));
	for _ in 0..10 {
		node.after(&scene.block());
	}
	assert!(good.raw().is_empty());
	assert_eq!(node.disk.counters(), Counters::default());
	// It gets one: no restart is needed.
	node.disk.insert_key(WITNESS_SEED);
	for _ in 0..10 {
		node.after(&scene.block());
	}
	assert_eq!(reports_in(&node.take_submitted()).len(), 2);
}

#[test]
fn the_same_witness_twice_counts_once() {
	let other = Server::start(None, honest);
	let good = good_vault();
	let (mut scene, first) = stage(&other.url("http"), &good, &with_loopback());
	let disk = Disk::new(&with_loopback());
	disk.insert_key(WITNESS_SEED);
	let second = Node::start(disk, Pool::Takes);
	for _ in 0..super::WATCHING {
		second.after(&scene.block());
	}
	// Both see the same state, and both report.
	let block = scene.block();
	first.after(&block);
	second.after(&block);
	let (of_first, of_second) = (first.take_submitted(), second.take_submitted());
	assert_eq!((of_first.len(), of_second.len()), (2, 2));
	// The pools know it for the same work.
	let tags = |node: &Node, report| {
		node.chain.validate(block.header.hash(), report).expect("it counts").provides
	};
	let mut all: Vec<_> = of_first.iter().map(|report| tags(&first, report)).collect();
	assert!(of_second.iter().all(|report| all.contains(&tags(&second, report))));
	all.dedup();
	assert_eq!(all.len(), 2);
	// And once one is in a block, the other is refused.
	let after = scene.block_with(&of_first);
	first.after(&after);
	second.after(&after);
	for report in of_first.iter().chain(&of_second) {
		assert!(second.chain.validate(after.header.hash(), report).is_err());
	}
	for custodian in [HOSTILE, GOOD] {
		let row = scene.cohort(custodian).expect("reported");
		assert_eq!(row.reported.count_ones(), 1);
	}
	assert!(first.take_submitted().is_empty() && second.take_submitted().is_empty());
}
