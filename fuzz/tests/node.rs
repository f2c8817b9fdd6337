//! What a node answers: JSON-RPC, SCALE, metadata, events.

use std::sync::Arc;

use bolero::check;
use codec::{Decode, Encode};
use futures::{stream, StreamExt};
use serde_json::{json, value::RawValue, Value};
use subxt::rpcs::client::{RawRpcFuture, RawRpcSubscription, RpcClient, RpcClientT};
use tokio::runtime;
use ward_chain_client::{Chain, ChainError};
use ward_fuzz::{foreign, within};
use ward_primitives::{Action, GrantId, ParticipantId, PurposeOfUse, RecordId};

/// What a client may hold at once while it asks everything; metadata alone makes some megabytes.
const MOST: usize = 96 << 20;

/// The metadata of a Ward runtime, as `Metadata_metadata_at_version` answers.
const METADATA: &[u8] = include_bytes!("../seeds/metadata.scale");

/// `System.Events` of a block with one transaction.
const EVENTS: &str = "0x0400000000000000229c6e2a5517020000";

const HASH: &str = "0xee00000000000000000000000000000000000000000000000000000000000001";

/// The answers that can be foreign: the method, and for `state_call` the function.
const ANSWERS: [&str; 13] = [
	"Metadata_metadata_at_version",
	"state_getStorage",
	"WardApi_decision_inputs",
	"WardApi_record",
	"WardApi_patient_grants",
	"Core_version",
	"Metadata_metadata_versions",
	"WardApi_now",
	"chain_getHeader",
	"chain_getBlockHash",
	"chain_getFinalizedHead",
	"system_health",
	"state_getStorageHash",
];

/// A node that answers one question with foreign bytes, and the others as it should.
struct Node {
	which: &'static str,
	answer: Value,
}

fn hex_of(bytes: &[u8]) -> Value {
	json!(format!("0x{}", hex::encode(bytes)))
}

fn header() -> Value {
	json!({
		"parentHash": HASH, "number": "0x1", "stateRoot": HASH, "extrinsicsRoot": HASH,
		"digest": {"logs": ["0x06617572612004bd803500000000"]},
	})
}

/// What a node answers that means well.
fn right(method: &str) -> Value {
	let version: (_, _, u32, u32, u32, Vec<([u8; 8], u32)>, u32, u8) =
		("ward", "ward", 1, 1, 0, Vec::new(), 1, 1);
	match method {
		"Metadata_metadata_at_version" => hex_of(METADATA),
		"Metadata_metadata_versions" => hex_of(&vec![15u32].encode()),
		"Core_version" => hex_of(&version.encode()),
		"WardApi_now" => hex_of(&1_800_000_000_000u64.encode()),
		"WardApi_patient_grants" => hex_of(&[0]),
		"state_getStorage" => json!(EVENTS),
		"chain_getHeader" => header(),
		"chain_getBlockHash" | "chain_getFinalizedHead" | "state_getStorageHash" => json!(HASH),
		"system_health" => json!({"peers": 3, "isSyncing": false, "shouldHavePeers": true}),
		_ => hex_of(&[0]),
	}
}

/// The bytes behind an answer in hexadecimal digits; none for other JSON.
fn bytes_of(answer: &Value) -> Option<Vec<u8>> {
	hex::decode(answer.as_str()?.strip_prefix("0x")?).ok()
}

impl RpcClientT for Node {
	fn request_raw<'a>(
		&'a self,
		method: &'a str,
		params: Option<Box<RawValue>>,
	) -> RawRpcFuture<'a, Box<RawValue>> {
		let params: Option<Value> =
			params.map(|params| serde_json::from_str(params.get()).unwrap());
		let function = params.as_ref().and_then(|params| params[0].as_str());
		let name = if method == "state_call" { function.unwrap_or_default() } else { method };
		let answer = if name == self.which { self.answer.clone() } else { right(name) };
		let answer = serde_json::value::to_raw_value(&answer).unwrap();
		Box::pin(async move { Ok(answer) })
	}

	fn subscribe_raw<'a>(
		&'a self,
		_: &'a str,
		_: Option<Box<RawValue>>,
		_: &'a str,
	) -> RawRpcFuture<'a, RawRpcSubscription> {
		let stream = stream::empty().boxed();
		Box::pin(async move { Ok(RawRpcSubscription { stream, id: None }) })
	}
}

/// Asks everything that a client asks, and returns how many of the answers were readable.
async fn ask_everything(node: Node) -> Result<usize, ChainError> {
	let chain = Chain::with_client("ws://fuzz", RpcClient::new(node)).await?;
	let query = ward_primitives::decision::Query {
		patient: ParticipantId(1),
		record: Some(RecordId([1; 32])),
		actor: ParticipantId(2),
		on_behalf_of: None,
		action: Action::Read,
		purpose: PurposeOfUse::Treat,
		at: 5,
	};
	let mut readable = usize::from(chain.sync_status().await.is_ok());
	readable += usize::from(chain.block_hash(7).await.is_ok());
	readable += usize::from(chain.best().await.is_ok());
	let state = chain.finalized().await?;
	readable += usize::from(state.code_hash().await.is_ok());
	readable += usize::from(state.record(RecordId([1; 32])).await.is_ok());
	readable += usize::from(state.patient_grants(ParticipantId(1), GrantId(0), 9).await.is_ok());
	readable += usize::from(state.decision_inputs(query).await.is_ok());
	let events = state.events().await?;
	for event in &events {
		let _ = (event.enrolled(), event.anchored(), event.granted());
	}
	Ok(readable + events.len())
}

fn attempt(runtime: &runtime::Runtime, which: &'static str, answer: Value) -> Option<usize> {
	within(MOST, || runtime.block_on(ask_everything(Node { which, answer })).ok())
}

fn runtime() -> Arc<runtime::Runtime> {
	Arc::new(runtime::Builder::new_current_thread().enable_all().build().unwrap())
}

#[test]
fn any_answer() {
	let runtime = runtime();
	// `decision_inputs` is no `None`, so it is the one that cannot be read.
	assert_eq!(attempt(&runtime, "", Value::Null), Some(7));
	let runtime = std::panic::AssertUnwindSafe(runtime);
	check!().with_iterations(400).for_each(|choices: &[u8]| {
		let Some((which, choices)) = choices.split_first() else { return };
		let name = ANSWERS[usize::from(which / 2) % ANSWERS.len()];
		let valid = right(name);
		let answer = match (which % 2 == 0, bytes_of(&valid)) {
			(true, Some(valid)) => hex_of(&foreign(choices, &[valid])),
			// JSON of another form.
			_ => {
				let text = foreign(choices, &[serde_json::to_vec(&valid).unwrap()]);
				serde_json::from_slice(&text).unwrap_or(Value::Null)
			},
		};
		attempt(&runtime, name, answer);
	});
}

#[test]
fn a_length_in_metadata_that_promises_more_than_there_is_costs_nothing() {
	let runtime = runtime();
	let metadata = Option::<Vec<u8>>::decode(&mut &METADATA[..]).unwrap().unwrap();
	for place in 5..200 {
		let mut metadata = metadata.clone();
		metadata[place..place + 4].fill(0xfe);
		let answer = hex_of(&Some(metadata).encode());
		attempt(&runtime, "Metadata_metadata_at_version", answer);
	}
}
