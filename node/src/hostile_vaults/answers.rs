//! What can be wrong with an answer.

use std::sync::Mutex;

use codec::{Compact, Encode};
use pallet_ward_receipts::{worker::Cause, Call};
use sp_core::{ed25519, Pair};
use ward_primitives::{
	receipt::{
		seal::{seal, Opener},
		Answer, Challenge, RowAnswer,
	},
	ParticipantId,
};
use ward_runtime::RuntimeCall;

use super::{
	good_vault, is_found_out,
	scene::{answer, call_in, honest, reports_in, right, right_answers, sealed, GOOD, HOSTILE},
	stage,
	vault::{Reaction, Server},
	with_loopback, QUICK,
};

/// A hostile vault that answers a challenge like this.
fn found_out(cause: Cause, react: impl Fn(&Challenge) -> Reaction + Send + Sync + 'static) {
	let hostile = Server::start(None, move |request| react(&request.challenge()));
	is_found_out(&hostile.url("http"), &with_loopback(), cause, QUICK);
	assert_eq!(hostile.take_received().len(), 1);
}

/// The right answer, in which something is changed after it was signed.
fn altered(challenge: &Challenge, change: impl Fn(&mut Answer)) -> Reaction {
	let mut answer = right(challenge);
	change(&mut answer);
	sealed(challenge, &answer)
}

#[test]
fn a_receipt_signed_with_another_key_counts_for_nothing() {
	found_out(Cause::WrongSignature, |challenge| {
		altered(challenge, |answer| {
			let key = ed25519::Pair::from_string("//other", None).expect("a seed");
			answer.signature = key.sign(&answer.receipt.message()).0;
		})
	});
}

#[test]
fn a_wrong_signature_counts_for_nothing() {
	found_out(Cause::WrongSignature, |challenge| {
		altered(challenge, |answer| answer.signature[7] ^= 1)
	});
}

#[test]
fn answers_to_other_challenges_count_for_nothing() {
	let others: [fn(&Challenge) -> Challenge; 4] = [
		// Of the epoch before.
		|it| Challenge { epoch: it.epoch - 1, challenge: [1; 32], ..*it },
		// Of another witness.
		|it| Challenge { witness: ParticipantId(5), challenge: [2; 32], ..*it },
		// Of another chain.
		|it| Challenge { genesis: [3; 32], ..*it },
		// Of another custodian.
		|it| Challenge { custodian: GOOD, ..*it },
	];
	for other in others {
		found_out(Cause::Foreign, move |it| sealed(it, &right(&other(it))));
	}
}

#[test]
fn a_receipt_that_is_sent_again_counts_for_nothing() {
	let kept = Mutex::new(None);
	let hostile = Server::start(None, move |request| {
		let challenge = request.challenge();
		let mut kept = kept.lock().unwrap();
		let answer = kept.get_or_insert_with(|| right(&challenge));
		sealed(&challenge, answer)
	});
	let good = good_vault();
	let (mut scene, node) = stage(&hostile.url("http"), &good, &with_loopback());
	node.after(&scene.block());
	let submitted = node.take_submitted();
	assert_eq!(reports_in(&submitted).len(), 2, "in its own epoch it counts");
	scene.block_with(&submitted);
	scene.end_epoch();
	for _ in 0..=super::WATCHING {
		node.after(&scene.block());
	}
	let submitted = node.take_submitted();
	let seen: Vec<_> = reports_in(&submitted).iter().map(|report| report.custodian).collect();
	assert_eq!(seen, [GOOD]);
	assert_eq!(node.disk.counters().failures_by(Cause::Foreign), 1);
	scene.block_with(&submitted);
}

#[test]
fn what_is_sealed_for_another_witness_is_not_opened() {
	found_out(Cause::Sealed, |challenge| {
		let other = Opener::new(&[7; 32]).public();
		let sealed = seal(&other, &challenge.challenge, &right(challenge)).expect("a key");
		Reaction::Answers(200, Vec::new(), sealed)
	});
}

#[test]
fn rows_that_would_fill_the_memory_are_not_read() {
	found_out(Cause::Malformed, |challenge| {
		let Answer { receipt, signature, .. } = right(challenge);
		let bomb = (receipt, signature, Compact(2_000_000u32)).encode();
		// Each byte a row that is missing.
		let bomb = Raw([bomb, vec![0; 2_000_000]].concat());
		sealed(challenge, &bomb)
	});
}

/// Bytes that are encoded as they are.
struct Raw(Vec<u8>);

impl Encode for Raw {
	fn encode_to<O: codec::Output + ?Sized>(&self, to: &mut O) {
		to.write(&self.0);
	}
}

/// A custodian that signs a wrong answer for row 2: it goes to the chain with the custodian's own signature, and
/// the witness reports the row as missing.
fn is_proved(lie: impl Fn(&mut Vec<RowAnswer>) + Send + Sync + 'static) {
	let hostile = Server::start(None, move |request| {
		let challenge = request.challenge();
		let mut answers = right_answers(&challenge);
		lie(&mut answers);
		sealed(&challenge, &answer(&challenge, answers))
	});
	let good = good_vault();
	let (mut scene, node) = stage(&hostile.url("http"), &good, &with_loopback());
	let took = node.after(&scene.block());
	assert!(took <= QUICK, "{took:?}");
	let submitted = node.take_submitted();
	assert_eq!(submitted.len(), 3, "two reports and a dispute");
	let disputed = |transaction: &_| match call_in(transaction) {
		RuntimeCall::Receipts(Call::dispute { contradiction }) => Some(contradiction.row),
		_ => None,
	};
	assert_eq!(submitted.iter().filter_map(disputed).collect::<Vec<_>>(), [2]);
	for report in reports_in(&submitted) {
		let missing: &[u16] = if report.custodian == HOSTILE { &[2] } else { &[] };
		assert_eq!(report.missing.to_vec(), missing);
	}
	scene.block_with(&submitted);
	assert!(scene.cohort(HOSTILE).is_some_and(|row| row.disputed.is_some()));
	assert!(scene.cohort(GOOD).is_some_and(|row| row.disputed.is_none()));
}

#[test]
fn the_leaf_of_another_record_is_proved_against_who_signed_it() {
	is_proved(|answers| answers[2] = answers[7].clone());
}

#[test]
fn the_right_leaf_with_a_wrong_path_is_proved_against_who_signed_it() {
	is_proved(|answers| {
		let RowAnswer::Held { path, .. } = &mut answers[2] else { unreachable!() };
		path[0][0] ^= 1;
	});
}

#[test]
fn a_vault_as_it_should_be_is_seen() {
	// With plain http on this machine as with TLS.
	let other = Server::start(None, honest);
	let good = good_vault();
	let (mut scene, node) = stage(&other.url("http"), &good, &with_loopback());
	node.after(&scene.block());
	let submitted = node.take_submitted();
	assert_eq!(reports_in(&submitted).len(), 2);
	scene.block_with(&submitted);
	for custodian in [HOSTILE, GOOD] {
		let row = scene.cohort(custodian).expect("reported");
		assert_eq!((row.drawn, row.reported.count_ones()), (3, 1));
	}
	assert_eq!(node.disk.counters().failures.iter().sum::<u64>(), 0);
	assert_eq!(other.take_received().len(), 1);
}
