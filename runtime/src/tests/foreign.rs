//! Bytes that somebody else chose, as a node hands them on to the runtime: transactions, and the
//! arguments of what can be asked. `PROPTEST_CASES` says how many; a failing case is kept in
//! `foreign.failed`, from where it is tried first the next time.

use std::{
	cell::RefCell,
	panic::{catch_unwind, AssertUnwindSafe},
};

use codec::{Decode, Encode};
use frame_metadata::{RuntimeMetadata, RuntimeMetadataPrefixed};
use proptest::{
	prelude::*,
	test_runner::{Config, FileFailurePersistence, TestRunner},
};
use sp_core::storage::StateVersion;
use sp_io::TestExternalities;
use sp_runtime::{generic::Preamble, transaction_validity::TransactionSource};
use ward_fuzz::{foreign, within};
use ward_primitives::{
	decision::Query, Action, Deposit, GrantId, NewRecord, ParticipantId, PurposeOfUse, RecordId,
};

use super::{chain, histories::quietly, pair, sealing_key, undone, START};
use crate::{apis::api, Executive, Runtime, RuntimeCall, System, UncheckedExtrinsic};

/// What the runtime may hold for each byte that it is given, and besides.
const PER_BYTE: usize = 64;
const BESIDES: usize = 1 << 20;

/// How many cases there are if nothing else is asked for.
const FEW: u32 = 400;

fn config() -> Config {
	let kept = concat!(env!("CARGO_MANIFEST_DIR"), "/src/tests/foreign.failed");
	let asked = std::env::var_os("PROPTEST_CASES").is_some();
	let usual = Config::default();
	Config {
		cases: if asked { usual.cases } else { FEW },
		failure_persistence: Some(Box::new(FileFailurePersistence::Direct(kept))),
		..usual
	}
}

/// A chain of a health authority and two centers, in the middle of its first block.
fn founded() -> TestExternalities {
	let mut ext = TestExternalities::new(chain::genesis(&pair(1), &[pair(2), pair(3)]));
	ext.execute_with(|| {
		chain::start_block(chain::slot_of(START));
	});
	ext
}

fn root() -> Vec<u8> {
	sp_io::storage::root(StateVersion::V1)
}

/// A transaction as a node decodes it: after the length that it really has.
fn decode(bytes: &[u8]) -> Option<UncheckedExtrinsic> {
	let opaque = bytes.encode();
	within(BESIDES + PER_BYTE * bytes.len(), || UncheckedExtrinsic::decode(&mut &opaque[..]).ok())
}

/// Transactions that the chain takes, each from another signer, without the length before them.
fn right_transactions() -> Vec<Vec<u8>> {
	let id = ParticipantId;
	let propose = pallet_ward_governance::Call::propose {
		call: Box::new(RuntimeCall::Participants(pallet_ward_participants::Call::freeze {
			participant: id(3),
		})),
	};
	let renew = pallet_ward_participants::Call::set_sealing_key { sealing_key: sealing_key() };
	let freeze = pallet_ward_participants::Call::freeze { participant: id(3) };
	let all = [
		(pair(1), RuntimeCall::Governance(propose)),
		(pair(2), RuntimeCall::Participants(renew)),
		(pair(3), RuntimeCall::Participants(freeze)),
	];
	all.map(|(signer, call)| {
		let encoded = chain::transaction(&signer, call).encode();
		Vec::<u8>::decode(&mut &encoded[..]).expect("it starts with its length")
	})
	.into()
}

#[test]
fn any_bytes_as_a_transaction_are_refused_and_leave_no_trace() {
	let valid = founded().execute_with(right_transactions);
	founded().execute_with(|| {
		for bytes in &valid {
			let extrinsic = decode(bytes).expect("it is one");
			assert_eq!(Executive::apply_extrinsic(extrinsic), Ok(Ok(())), "so far it is right");
		}
	});
	let mut ext = founded();
	ext.commit_all().expect("no storage transaction is open");
	let before = ext.execute_with(root);
	let ext = RefCell::new(ext);
	proptest!(config(), |(choices in prop::collection::vec(any::<u8>(), 0..300))| {
		let bytes = foreign(&choices, &valid);
		let Some(extrinsic) = decode(&bytes) else { return Ok(()) };
		if valid.contains(&bytes) {
			return Ok(());
		}
		prop_assert_eq!(extrinsic.encode(), bytes.encode(), "there is one form only");
		let bound = BESIDES + PER_BYTE * bytes.len();
		ext.borrow_mut().execute_with(|| {
			let parent = System::parent_hash();
			let source = TransactionSource::External;
			// A node forgets what asking has changed.
			let offered =
				undone(|| Executive::validate_transaction(source, extrinsic.clone(), parent));
			prop_assert!(offered.is_err(), "{extrinsic:?}");
			// What nobody signed is for the author of the block to answer for.
			if matches!(extrinsic.preamble, Preamble::Bare(_)) {
				return Ok(());
			}
			let applied = within(bound, || Executive::apply_extrinsic(extrinsic.clone()));
			prop_assert!(applied.is_err(), "{extrinsic:?}");
			prop_assert_eq!(&root(), &before, "what is refused changes nothing");
			Ok(())
		})?;
	});
}

/// Every function of Ward's runtime API, by the metadata.
fn functions() -> Vec<String> {
	let encoded = Runtime::metadata_at_version(15).expect("wallets ask for it");
	let RuntimeMetadataPrefixed(_, metadata) =
		RuntimeMetadataPrefixed::decode(&mut &encoded[..]).expect("the runtime's own metadata");
	let RuntimeMetadata::V15(metadata) = metadata else { panic!("it is version 15") };
	let ward = metadata.apis.into_iter().find(|api| api.name == "WardApi").expect("it is there");
	ward.methods.into_iter().map(|method| method.name).collect()
}

/// Arguments that fit each of the functions.
fn right_arguments() -> Vec<(&'static str, Vec<u8>)> {
	let (id, number) = (ParticipantId(2), 0u64);
	let (limit, key, record) = (u32::MAX, [2u8; 32], RecordId([1; 32]));
	let query = Query {
		patient: id,
		record: Some(record),
		actor: id,
		on_behalf_of: Some(id),
		action: Action::Read,
		purpose: PurposeOfUse::Treat,
		at: START,
	};
	let deposit = Deposit { custodian: id, expires: START, signature: [3; 64] };
	let new = NewRecord {
		patient: id,
		on_behalf_of: None,
		commitment: [4; 32],
		attributes: [5; 32],
		content_root: [6; 32],
		size: 7,
		deposits: vec![deposit].try_into().expect("one is few"),
	};
	vec![
		("now", Vec::new()),
		("decision_inputs", query.encode()),
		("participant", id.encode()),
		("key", key.encode()),
		("vault", id.encode()),
		("affiliations", id.encode()),
		("care", (id, id).encode()),
		("record", record.encode()),
		("patient_records", (id, number, limit).encode()),
		("custody", (id, number, limit).encode()),
		("rows_held", (id, number).encode()),
		("former_custodians", (id, Some(id), limit).encode()),
		("check_batch", (key, vec![new; 3]).encode()),
		("grant", GrantId(0).encode()),
		("patient_grants", (id, GrantId(0), limit).encode()),
		("requests_to", (id, Some(id), limit).encode()),
		("exclusions", (id, Some(id), limit).encode()),
		("quota", id.encode()),
		("seats", Vec::new()),
		("session", Vec::new()),
		("host", id.encode()),
		("receipt_epoch", Vec::new()),
		("receipt_task", (id, number, id).encode()),
		("cohort", (id, number).encode()),
		("witnesses", (id, number).encode()),
		("custody_states", record.encode()),
		("log_head", id.encode()),
		("council", Vec::new()),
		("motions", Vec::new()),
	]
}

/// What stopped a function.
fn message(panic: &(dyn std::any::Any + Send)) -> String {
	let text = panic.downcast_ref::<String>().cloned();
	text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}

#[test]
fn any_arguments_of_a_question_are_answered_or_are_none() {
	let all = right_arguments();
	let mut named: Vec<_> = all.iter().map(|(name, _)| (*name).to_owned()).collect();
	let mut known = functions();
	named.sort_unstable();
	known.sort_unstable();
	assert_eq!(named, known, "every function is asked");

	let mut ext = founded();
	ext.execute_with(chain::finish_block);
	ext.commit_all().expect("no storage transaction is open");
	let before = ext.execute_with(root);
	for (name, arguments) in &all {
		let call = || api::dispatch(&format!("WardApi_{name}"), arguments);
		ext.execute_with(call).unwrap_or_else(|| panic!("{name} takes what fits"));
	}
	let ext = RefCell::new(ext);
	let attempt = |choices: Vec<u8>| {
		let Some((which, choices)) = choices.split_first() else { return Ok(()) };
		let (name, right) = &all[usize::from(*which) % all.len()];
		let arguments = foreign(choices, std::slice::from_ref(right));
		let call = || api::dispatch(&format!("WardApi_{name}"), &arguments);
		let bound = BESIDES + PER_BYTE * arguments.len();
		let mut ext = ext.borrow_mut();
		let answered = catch_unwind(AssertUnwindSafe(|| ext.execute_with(|| within(bound, call))));
		if let Err(panic) = answered {
			// How the SDK says that they do not fit: the node answers with an error.
			let message = message(panic.as_ref());
			prop_assert!(message.starts_with("Bad input data provided to"), "{name}: {message}");
		}
		prop_assert_eq!(ext.execute_with(root), before.clone(), "asking changes nothing");
		Ok(())
	};
	let mut runner = TestRunner::new(config());
	let choices = prop::collection::vec(any::<u8>(), 1..300);
	let result = quietly(|| runner.run(&choices, attempt));
	result.unwrap_or_else(|error| panic!("{error}"));
}
