//! The formats of storage receipts, and the trees and the draw that they rest on.

use bounded_collections::BoundedVec;
use serde_json::{json, Value};
use ward_primitives::{
	hash::Domain,
	receipt::{
		challenge_digest, draw, ids_digest, leaf, leaf_of, Answer, Challenge, EpochInfo, HeldLeaf,
		LogHead, Report, Row, RowAnswer, RowResult, StorageReceipt,
	},
	Digest, ParticipantId, RecordId,
};

use crate::{digest, hashed, hex, key, signed, GENESIS, LARGE};
use ed25519_dalek::Signer;

const CUSTODIAN: ParticipantId = ParticipantId(7);
const COHORT: u64 = 3;
const WITNESS: ParticipantId = ParticipantId(12);

fn epoch() -> EpochInfo {
	EpochInfo { number: LARGE, seed: digest(0x70), started: 0, length: 0 }
}

fn challenge() -> Digest {
	challenge_digest(&GENESIS, &epoch(), CUSTODIAN, COHORT, WITNESS)
}

/// Content of which byte *n* is *n* mod 251, as in BLAKE3's own test vectors.
fn content(size: u64) -> Vec<u8> {
	(0..size).map(|n| (n % 251) as u8).collect()
}

fn rows() -> Vec<Row> {
	let row = |(n, size): (u8, u64)| Row {
		record: RecordId(digest(n)),
		root: *blake3::hash(&content(size)).as_bytes(),
		size,
		is_held: true,
	};
	(1..).zip([0, 1_024, 5_000, 70_000, 200_000]).map(row).collect()
}

/// A leaf with its way to the root.
fn held(number: u64, size: u64) -> HeldLeaf {
	let content = content(size);
	let mut hasher = leaf::GroupHasher::new();
	hasher.update(&content);
	let group = leaf::bytes_of_group(number / leaf::GROUP_LEAVES, size);
	let group = &content[group.start as usize..group.end as usize];
	let path = leaf::path(number, size, &hasher.finish().1, group).expect("a leaf of this content");
	let bytes = leaf::bytes_of(number, size);
	let bytes = &content[bytes.start as usize..bytes.end as usize];
	let value = leaf::value(number, leaf::leaves(size), bytes);
	HeldLeaf { value, path: BoundedVec::truncate_from(path) }
}

fn log_head(log: LogHead) -> Value {
	json!({ "height": log.height, "head": hex(log.head) })
}

fn held_inputs(held: &HeldLeaf) -> Value {
	let path: Vec<_> = held.path.iter().map(hex).collect();
	json!({ "value": hex(held.value), "path": path })
}

fn row_result(result: &RowResult) -> Value {
	let inputs = json!({
		"record": hex(result.record.0),
		"leaf": result.leaf,
		"held": result.held.as_ref().map(held_inputs),
	});
	hashed(Domain::RowResult, &inputs, result, Domain::RowResult.hash(result))
}

/// The results of a custodian that lacks the last row, and its answer.
fn answered() -> (Vec<RowResult>, Answer) {
	let rows = rows();
	let asked = Challenge {
		genesis: GENESIS,
		custodian: CUSTODIAN,
		cohort: COHORT,
		epoch: LARGE,
		witness: WITNESS,
		challenge: challenge(),
		rows: rows.len() as u16,
		since: LogHead { height: 41, head: digest(0x80) },
		sealing_key: [0; 32],
	};
	let (mut results, mut answers) = (Vec::new(), Vec::new());
	for (place, row) in rows.iter().enumerate() {
		let number = leaf_of(&challenge(), &row.record, row.size);
		let is_there = place + 1 < rows.len();
		let held = is_there.then(|| held(number, row.size));
		let bytes = leaf::bytes_of(number, row.size);
		answers.push(held.as_ref().map_or(RowAnswer::Missing, |held| RowAnswer::Held {
			leaf: content(row.size)[bytes.start as usize..bytes.end as usize].to_vec(),
			path: held.path.to_vec(),
		}));
		results.push(RowResult { record: row.record, leaf: number, held });
	}
	let log = LogHead { height: LARGE, head: digest(0x90) };
	let sign = |message: &[u8]| key(1).sign(message).to_bytes();
	(results, Answer::new(&asked, &rows, answers, log, sign).expect("a whole answer"))
}

fn storage(receipt: &StorageReceipt) -> Value {
	let inputs = json!({
		"genesis": hex(receipt.genesis),
		"custodian": receipt.custodian.0,
		"cohort": receipt.cohort,
		"epoch": receipt.epoch,
		"witness": receipt.witness.0,
		"challenge": hex(receipt.challenge),
		"rows": receipt.rows,
		"ids": hex(receipt.ids),
		"results": hex(receipt.results),
		"since": log_head(receipt.since),
		"log": log_head(receipt.log),
	});
	signed(Domain::Storage, &inputs, &receipt.message(), &key(1))
}

fn report(answer: &Answer) -> Value {
	let key_bytes = key(2).verifying_key().to_bytes();
	let report = Report::of(answer, key_bytes, vec![4]).expect("few are missing");
	let inputs = json!({
		"genesis": hex(GENESIS),
		"witness": report.witness.0,
		"key": hex(report.key),
		"custodian": report.custodian.0,
		"cohort": report.cohort,
		"epoch": report.epoch,
		"rows": report.rows,
		"ids": hex(report.ids),
		"results": hex(report.results),
		"missing": report.missing.to_vec(),
		"log": log_head(report.log),
		"receiptSignature": hex(report.receipt_signature),
	});
	signed(Domain::Report, &inputs, &report.message(&GENESIS), &key(2))
}

/// The vectors of hashed and signed formats.
pub(crate) fn vectors() -> Vec<Value> {
	let (epoch, rows, (results, answer)) = (epoch(), rows(), answered());
	let score = (epoch.seed, CUSTODIAN, COHORT, WITNESS);
	let seat = json!({
		"seed": hex(epoch.seed), "custodian": CUSTODIAN.0, "cohort": COHORT, "seat": WITNESS.0,
	});
	let asked = json!({
		"genesis": hex(GENESIS), "seed": hex(epoch.seed), "epoch": epoch.number,
		"custodian": CUSTODIAN.0, "cohort": COHORT, "witness": WITNESS.0,
	});
	let asked_fields = (GENESIS, epoch.seed, epoch.number, CUSTODIAN, COHORT, WITNESS);
	let leaf = (challenge(), rows[3].record);
	let leaf_inputs = json!({ "challenge": hex(leaf.0), "record": hex(leaf.1.0) });
	let ids: Vec<_> = rows.iter().map(|row| row.record).collect();
	let ids_inputs = json!({ "records": ids.iter().map(|id| hex(id.0)).collect::<Vec<_>>() });
	vec![
		hashed(Domain::Witness, &seat, &score, Domain::Witness.hash(&score)),
		hashed(Domain::Challenge, &asked, &asked_fields, challenge()),
		hashed(Domain::Leaf, &leaf_inputs, &leaf, Domain::Leaf.hash(&leaf)),
		hashed(Domain::Cohort, &ids_inputs, &ids, ids_digest(&rows)),
		row_result(&results[2]),
		row_result(&results[4]),
		storage(&answer.receipt),
		report(&answer),
	]
}

/// Draws, leaves with their paths, and the root of results.
pub(crate) fn trees() -> Value {
	let seats: Vec<_> = (1..=9).map(ParticipantId).collect();
	let draws = (0..4).map(|cohort| {
		let drawn = draw(&seats, &[CUSTODIAN], &epoch().seed, CUSTODIAN, cohort);
		json!({
			"seed": hex(epoch().seed),
			"custodian": CUSTODIAN.0,
			"cohort": cohort,
			"seats": seats.iter().map(|seat| seat.0).collect::<Vec<_>>(),
			"excluded": [CUSTODIAN.0],
			"drawn": drawn.iter().map(|seat| seat.0).collect::<Vec<_>>(),
		})
	});
	let places = [(0, 0), (1, 0), (1_024, 0), (1_025, 1), (5_000, 2), (5_000, 4), (70_000, 66)];
	let leaves = places.map(|(size, leaf)| {
		let held = held(leaf, size);
		let root = hex(blake3::hash(&content(size)).as_bytes());
		json!({ "size": size, "leaf": leaf, "held": held_inputs(&held), "root": root })
	});
	let asked = rows().into_iter().map(|row| {
		let leaf = leaf_of(&challenge(), &row.record, row.size);
		json!({ "record": hex(row.record.0), "size": row.size, "leaf": leaf })
	});
	let (results, answer) = answered();
	let hashes: Vec<_> = results.iter().map(|r| hex(Domain::RowResult.hash(r))).collect();
	json!({
		"draws": draws.collect::<Vec<_>>(),
		"leaves": leaves,
		"leafOf": { "challenge": hex(challenge()), "rows": asked.collect::<Vec<_>>() },
		"results": { "hashes": hashes, "root": hex(answer.receipt.results) },
	})
}
