//! What the worker makes of an answer.

use codec::{Compact, Encode};
use sp_core::Pair;
use ward_primitives::{
	receipt::{
		seal::{seal, Opener},
		Answer, Challenge, LogHead, LogRow, RowAnswer, MAX_ANSWER, MAX_MISSING,
	},
	ParticipantId,
};

use super::{
	stage::{counters, custodian, honest, next_log, right, sealed, with_custodians, Stage, SEAT},
	world::Reply,
};
use crate::{
	mock::{answer, log, offer, pair, right_answers, RuntimeCall, Test},
	worker::Cause,
	Call, Logs,
};

/// A vault that answers like this is found out for this cause: nothing of it is reported, and the vault beside
/// it is.
fn is_found_out(cause: Cause, reply: impl FnMut(&Challenge) -> Reply + Send + 'static) {
	with_custodians(&[10, 10], |stage| {
		stage.world.vault(custodian(1), reply);
		stage.world.vault(custodian(2), honest);
		stage.block();
		let seen: Vec<_> = stage.take_reports().iter().map(|report| report.custodian).collect();
		assert_eq!(seen, [custodian(2)], "{cause:?}");
		let counters = counters();
		assert_eq!(counters.failures_by(cause), 1, "{cause:?}: {counters:?}");
		assert_eq!(counters.failures.iter().sum::<u64>(), 1, "{cause:?}: {counters:?}");
		assert_eq!((counters.fetches, counters.reports, counters.disputes), (2, 1, 0));
	});
}

/// An answer in which something was changed after it was signed.
fn altered(challenge: &Challenge, change: impl Fn(&mut Answer)) -> Reply {
	let mut answer = right(challenge);
	change(&mut answer);
	sealed(challenge, &answer)
}

/// The right answer to another challenge, sealed as for this one.
fn answer_to(challenge: &Challenge, other: &Challenge) -> Reply {
	sealed(challenge, &answer(other, right_answers(other), next_log(other)))
}

#[test]
fn every_status_but_200_is_a_failure() {
	for status in [100, 201, 204, 206, 301, 302, 307, 308, 400, 401, 404, 429, 500, 502, 503] {
		is_found_out(Cause::Status, move |challenge| Reply {
			status: Some(status),
			..honest(challenge)
		});
	}
	is_found_out(Cause::Denied, |_| Reply::status(403));
	is_found_out(Cause::LogDiverged, |_| Reply::status(409));
}

#[test]
fn a_vault_that_is_not_there_is_unreachable() {
	is_found_out(Cause::Unreachable, |_| Reply { status: None, ..Reply::status(0) });
}

#[test]
fn more_than_an_answer_can_be_is_not_read() {
	is_found_out(Cause::TooLarge, |_| Reply::ok(vec![0; MAX_ANSWER + 1]));
	is_found_out(Cause::TooLarge, |_| Reply::ok(vec![0; 8 * MAX_ANSWER]));
	// As much as an answer can be is read, and found out later.
	is_found_out(Cause::Sealed, |_| Reply::ok(vec![0; MAX_ANSWER]));
}

#[test]
fn what_is_not_sealed_to_this_request_is_not_opened() {
	is_found_out(Cause::Sealed, |_| Reply::ok(Vec::new()));
	is_found_out(Cause::Sealed, |_| Reply::ok(b"<html>It works!</html>".to_vec()));
	// In the clear.
	is_found_out(Cause::Sealed, |challenge| Reply::ok(right(challenge).encode()));
	// To another witness.
	is_found_out(Cause::Sealed, |challenge| {
		let other = Opener::new(&[7; 32]).public();
		let sealed = seal(&other, &challenge.challenge, &right(challenge));
		Reply::ok(sealed.expect("a key"))
	});
	// For another challenge.
	is_found_out(Cause::Sealed, |challenge| {
		let sealed = seal(&challenge.sealing_key, &[7; 32], &right(challenge));
		Reply::ok(sealed.expect("a key"))
	});
	// Cut, or altered on the way.
	is_found_out(Cause::Sealed, |challenge| {
		let mut reply = honest(challenge);
		reply.body.pop();
		reply
	});
	is_found_out(Cause::Sealed, |challenge| {
		let mut reply = honest(challenge);
		reply.body[100] ^= 1;
		reply
	});
}

#[test]
fn what_does_not_parse_is_malformed() {
	is_found_out(Cause::Malformed, |challenge| sealed(challenge, &()));
	is_found_out(Cause::Malformed, |challenge| sealed(challenge, &[0u8; 300]));
	// Something behind the answer.
	is_found_out(Cause::Malformed, |challenge| sealed(challenge, &(right(challenge), 0u8)));
	// One row less, one more.
	is_found_out(Cause::Malformed, |challenge| {
		altered(challenge, |answer| drop(answer.rows.pop()))
	});
	is_found_out(Cause::Malformed, |challenge| {
		altered(challenge, |answer| answer.rows.push(RowAnswer::Missing))
	});
	// A leaf that is none, a path that is longer than any.
	is_found_out(Cause::Malformed, |challenge| {
		altered(challenge, |answer| {
			answer.rows[0] = RowAnswer::Held { leaf: vec![0; 1_025], path: Vec::new() };
		})
	});
	is_found_out(Cause::Malformed, |challenge| {
		altered(challenge, |answer| {
			answer.rows[0] = RowAnswer::Held { leaf: vec![0; 1], path: vec![[0; 32]; 35] };
		})
	});
}

#[test]
fn rows_that_would_fill_the_memory_are_not_even_read() {
	// A row that is missing is one byte here, and many in memory.
	is_found_out(Cause::Malformed, |challenge| {
		let Answer { receipt, signature, .. } = right(challenge);
		let count = 2_000_000u32;
		let rows = vec![0u8; count as usize];
		let bomb = [(receipt, signature, Compact(count)).encode(), rows].concat();
		// Not encoded once more, which would put its length before it.
		struct Raw(Vec<u8>);
		impl Encode for Raw {
			fn encode_to<O: codec::Output + ?Sized>(&self, to: &mut O) {
				to.write(&self.0);
			}
		}
		sealed(challenge, &Raw(bomb))
	});
}

#[test]
fn answers_to_other_challenges_are_foreign() {
	let others: [fn(&Challenge) -> Challenge; 6] = [
		|it| Challenge { genesis: [9; 32], ..*it },
		|it| Challenge { custodian: custodian(2), ..*it },
		|it| Challenge { epoch: it.epoch - 1, ..*it },
		|it| Challenge { witness: ParticipantId(SEAT.0 + 1), ..*it },
		|it| Challenge { challenge: [9; 32], ..*it },
		|it| Challenge { since: LogHead { height: 1, ..it.since }, ..*it },
	];
	for other in others {
		is_found_out(Cause::Foreign, move |challenge| answer_to(challenge, &other(challenge)));
	}
}

#[test]
fn what_the_custodians_key_did_not_sign_is_found_out() {
	is_found_out(Cause::WrongSignature, |challenge| {
		altered(challenge, |answer| answer.signature[0] ^= 1)
	});
	is_found_out(Cause::WrongSignature, |challenge| {
		altered(challenge, |answer| answer.signature = [0; 64])
	});
	// The key of another center.
	is_found_out(Cause::WrongSignature, |challenge| {
		altered(challenge, |answer| {
			let key = pair("receipt", custodian(2));
			answer.signature = key.sign(&answer.receipt.message()).0;
		})
	});
}

#[test]
fn what_is_sent_along_must_be_what_is_signed() {
	is_found_out(Cause::WrongResults, |challenge| {
		altered(challenge, |answer| answer.rows[3] = RowAnswer::Missing)
	});
	is_found_out(Cause::WrongResults, |challenge| {
		altered(challenge, |answer| answer.rows.swap(0, 5))
	});
}

#[test]
fn a_log_that_became_shorter_or_another_is_found_out() {
	let at_height_five = |reply: fn(&Challenge) -> Reply, cause: Cause| {
		with_custodians(&[10], |stage| {
			let known = log(5, 0);
			Logs::<Test>::insert(custodian(1), LogRow { epoch: 0, since: known, latest: known });
			stage.world.vault(custodian(1), reply);
			stage.block();
			assert_eq!(stage.take_calls(), []);
			assert_eq!(counters().failures_by(cause), 1, "{cause:?}");
			// The vault's fault: it is left alone.
			stage.world.take_sent();
			stage.block();
			assert_eq!(stage.take_asked().len(), 0);
			Logs::<Test>::remove(custodian(1));
		});
	};
	at_height_five(|it| sealed(it, &answer(it, right_answers(it), log(4, 0))), Cause::LogShorter);
	at_height_five(|it| sealed(it, &answer(it, right_answers(it), log(5, 1))), Cause::LogForked);
}

#[test]
fn a_log_that_differs_from_the_longest_that_was_reported_is_found_out_before_the_chain_sees_it() {
	with_custodians(&[10], |stage| {
		let epoch = crate::Epoch::<Test>::get().number;
		let row = LogRow { epoch, since: log(3, 0), latest: log(8, 0) };
		Logs::<Test>::insert(custodian(1), row);
		stage.world.vault(custodian(1), |it| sealed(it, &answer(it, right_answers(it), log(8, 1))));
		stage.block();
		assert_eq!(stage.take_calls(), []);
		assert_eq!(counters().failures_by(Cause::LogForked), 1);
		Logs::<Test>::remove(custodian(1));
	});
}

/// A vault that lacks the first so many rows.
fn lacks(challenge: &Challenge, count: usize) -> Reply {
	let mut answers = right_answers(challenge);
	answers[..count].fill(RowAnswer::Missing);
	sealed(challenge, &answer(challenge, answers, next_log(challenge)))
}

#[test]
fn rows_that_the_vault_lacks_are_reported() {
	with_custodians(&[100], |stage| {
		stage.world.vault(custodian(1), |challenge| lacks(challenge, MAX_MISSING as usize));
		stage.block();
		let reports = stage.include();
		assert_eq!(reports[0].missing.to_vec(), (0..MAX_MISSING as u16).collect::<Vec<_>>());
	});
}

#[test]
fn of_a_vault_that_lacks_more_than_a_report_can_name_nothing_is_reported() {
	with_custodians(&[100], |stage| {
		stage.world.vault(custodian(1), |challenge| lacks(challenge, MAX_MISSING as usize + 1));
		stage.block();
		assert_eq!(stage.take_calls(), []);
		assert_eq!(counters().failures_by(Cause::TooManyMissing), 1);
	});
}

/// The calls after a vault has answered like this.
fn calls_after(
	stage: &Stage,
	reply: impl FnMut(&Challenge) -> Reply + Send + 'static,
) -> Vec<RuntimeCall> {
	stage.world.vault(custodian(1), reply);
	stage.block();
	stage.take_calls()
}

/// A vault that signs a wrong answer for row 2.
fn lies(challenge: &Challenge, row: impl Fn(&mut Vec<RowAnswer>)) -> Reply {
	let mut answers = right_answers(challenge);
	row(&mut answers);
	sealed(challenge, &answer(challenge, answers, next_log(challenge)))
}

#[test]
fn a_signed_wrong_answer_goes_to_the_chain_and_the_row_counts_as_missing() {
	let leaf_of_another: fn(&mut Vec<RowAnswer>) = |answers| answers[2] = answers[7].clone();
	let wrong_path: fn(&mut Vec<RowAnswer>) = |answers| {
		let RowAnswer::Held { path, .. } = &mut answers[2] else { panic!("it is held") };
		path[0][0] ^= 1;
	};
	let no_path: fn(&mut Vec<RowAnswer>) = |answers| {
		let RowAnswer::Held { path, .. } = &mut answers[2] else { panic!("it is held") };
		path.clear();
	};
	let other_bytes: fn(&mut Vec<RowAnswer>) = |answers| {
		let RowAnswer::Held { leaf, .. } = &mut answers[2] else { panic!("it is held") };
		leaf[0] ^= 1;
	};
	for lie in [leaf_of_another, wrong_path, no_path, other_bytes] {
		with_custodians(&[10], |stage| {
			let calls = calls_after(stage, move |challenge| lies(challenge, lie));
			assert!(calls.iter().all(|call| offer(call).is_ok()));
			let [RuntimeCall::Receipts(Call::dispute { contradiction }), RuntimeCall::Receipts(Call::report { report, .. })] =
				&calls[..]
			else {
				panic!("a dispute and a report, not {calls:?}")
			};
			assert_eq!(contradiction.row, 2);
			assert_eq!(report.missing.to_vec(), [2]);
			assert_eq!((counters().disputes, counters().reports), (1, 1));
			for call in calls {
				crate::mock::apply(call).expect("the chain takes both");
			}
		});
	}
}

#[test]
fn what_the_chain_knows_of_a_lie_is_not_told_again() {
	with_custodians(&[10], |stage| {
		let dispute = ward_primitives::receipt::Dispute { epoch: 1, row: 9 };
		crate::Cohorts::<Test>::insert(
			custodian(1),
			0,
			ward_primitives::receipt::CohortRow { disputed: Some(dispute), ..Default::default() },
		);
		let calls = calls_after(stage, |challenge| {
			lies(challenge, |answers| answers[2] = answers[7].clone())
		});
		assert!(
			matches!(&calls[..], [RuntimeCall::Receipts(Call::report { .. })]),
			"the report alone, not {calls:?}"
		);
		assert_eq!(counters().disputes, 0);
	});
}
