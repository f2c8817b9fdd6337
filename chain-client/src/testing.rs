//! A node for tests: answers RPC requests from a small chain that a test extends, over a connection
//! that a test can cut.

use crate::{error::hex, Chain};
use codec::{Compact, Encode};
use futures::{channel::mpsc, StreamExt};
use scale_info::{
	build::{Fields, Variants},
	meta_type, MetaType, Path, Type, TypeInfo,
};
use serde_json::{json, value::RawValue, Value};
use sp_crypto_hashing::{blake2_256, twox_128};
use std::sync::{Arc, Mutex, MutexGuard};
use subxt::{
	ext::frame_metadata::{v15, RuntimeMetadata, RuntimeMetadataPrefixed},
	metadata::Metadata,
	rpcs::{
		client::{RawRpcFuture, RawRpcSubscription, RpcClient, RpcClientT},
		Error as RpcError, UserError,
	},
};
use ward_primitives::{
	participant::SealingKey, Digest, GrantId, KeyBytes, Moment, NewRecord, ParticipantId, RecordId,
	Role,
};

/// The types that a runtime like Ward's has, as far as tests need them.
#[allow(dead_code, reason = "only their metadata is used")]
mod runtime {
	use super::*;

	#[derive(TypeInfo)]
	pub(super) enum Address {
		Id(AccountId32),
	}
	#[derive(TypeInfo)]
	pub(super) struct AccountId32([u8; 32]);
	#[derive(TypeInfo)]
	pub(super) enum Signature {
		Ed25519([u8; 64]),
	}

	#[derive(TypeInfo)]
	pub(super) enum Call {
		#[codec(index = 5)]
		Participants(ParticipantsCall),
		#[codec(index = 7)]
		Records(RecordsCall),
	}
	#[derive(TypeInfo)]
	#[allow(non_camel_case_types)]
	pub(super) enum ParticipantsCall {
		#[codec(index = 3)]
		enrol {
			role: Role,
			account: AccountId32,
			sealing_key: SealingKey,
			care: bool,
			valid_until: Moment,
			proof: Signature,
		},
	}
	#[derive(TypeInfo)]
	#[allow(non_camel_case_types)]
	pub(super) enum RecordsCall {
		#[codec(index = 4)]
		anchor { record: NewRecord },
		#[codec(index = 6)]
		anchor_batch { records: Vec<NewRecord> },
	}

	#[derive(Encode, TypeInfo)]
	pub(crate) enum Event {
		#[codec(index = 0)]
		System(SystemEvent),
		#[codec(index = 5)]
		Participants(ParticipantsEvent),
		#[codec(index = 7)]
		Records(RecordsEvent),
		#[codec(index = 8)]
		Consent(ConsentEvent),
		#[codec(index = 30)]
		Council(CouncilEvent),
	}
	#[derive(Encode, TypeInfo)]
	pub(crate) enum SystemEvent {
		ExtrinsicSuccess { dispatch_info: (u8, u8) },
		ExtrinsicFailed { dispatch_error: DispatchError, dispatch_info: (u8, u8) },
		RejectedInvalidAuthorizedUpgrade { code_hash: Digest, error: DispatchError },
	}
	#[derive(Encode, TypeInfo)]
	pub(crate) enum CouncilEvent {
		Executed { proposal_hash: Digest, result: Result<(), DispatchError> },
	}
	#[derive(Encode, TypeInfo)]
	pub(crate) enum ParticipantsEvent {
		Enrolled {
			role: Role,
			sponsor: Option<ParticipantId>,
			participant: ParticipantId,
			account: KeyBytes,
		},
	}
	#[derive(Encode, TypeInfo)]
	pub(crate) enum RecordsEvent {
		Anchored { patient: ParticipantId, record: RecordId },
	}
	#[derive(Encode, TypeInfo)]
	pub(crate) enum ConsentEvent {
		Granted { generation: u32, grant: GrantId },
	}

	#[derive(TypeInfo)]
	pub(super) enum Error {
		#[codec(index = 7)]
		Records(RecordsError),
	}
	#[derive(TypeInfo)]
	#[scale_info(capture_docs = "always")]
	pub(super) enum RecordsError {
		/// The record is anchored already.
		///
		/// Nothing needs to be done.
		#[codec(index = 2)]
		AlreadyExists,
	}

	/// The type that metadata calls `sp_runtime::DispatchError`.
	#[derive(Encode)]
	pub(crate) enum DispatchError {
		#[codec(index = 2)]
		BadOrigin,
		#[codec(index = 3)]
		Module { index: u8, error: [u8; 4] },
		#[codec(index = 10)]
		Exhausted,
	}
	impl TypeInfo for DispatchError {
		type Identity = Self;
		fn type_info() -> Type {
			#[derive(TypeInfo)]
			struct ModuleError {
				index: u8,
				error: [u8; 4],
			}
			let module = || Fields::unnamed().field(|f| f.ty::<ModuleError>());
			Type::builder().path(Path::new("DispatchError", "sp_runtime")).variant(
				Variants::new()
					.variant("BadOrigin", |v| v.index(2))
					.variant("Module", |v| v.index(3).fields(module()))
					.variant("Exhausted", |v| v.index(10)),
			)
		}
	}
}

pub(crate) use runtime::{
	ConsentEvent, CouncilEvent, DispatchError, Event, ParticipantsEvent, RecordsEvent, SystemEvent,
};

/// The transaction extensions of Ward's runtime, by their names in metadata.
fn extensions() -> Vec<v15::SignedExtensionMetadata> {
	let empty = meta_type::<()>;
	let all: [(&str, MetaType, MetaType); 11] = [
		("AuthorizeCall", empty(), empty()),
		("CheckNonZeroSender", empty(), empty()),
		("CheckSpecVersion", empty(), meta_type::<u32>()),
		("CheckTxVersion", empty(), meta_type::<u32>()),
		("CheckGenesis", empty(), meta_type::<[u8; 32]>()),
		("CheckMortality", meta_type::<[u8; 2]>(), meta_type::<[u8; 32]>()),
		("CheckParticipant", empty(), empty()),
		("CheckNonce", meta_type::<Compact<u32>>(), empty()),
		("CheckWeight", empty(), empty()),
		("CheckMetadataHash", meta_type::<u8>(), meta_type::<Option<[u8; 32]>>()),
		("WeightReclaim", empty(), empty()),
	];
	let extension = |(identifier, ty, additional_signed)| v15::SignedExtensionMetadata {
		identifier,
		ty,
		additional_signed,
	};
	all.into_iter().map(extension).collect()
}

fn pallet(name: &'static str, index: u8) -> v15::PalletMetadata {
	let of = |pallet: &str, ty| (pallet == name).then_some(ty);
	let calls = of("Participants", meta_type::<runtime::ParticipantsCall>())
		.or(of("Records", meta_type::<runtime::RecordsCall>()));
	let event = of("System", meta_type::<SystemEvent>())
		.or(of("Participants", meta_type::<ParticipantsEvent>()))
		.or(of("Records", meta_type::<RecordsEvent>()))
		.or(of("Consent", meta_type::<ConsentEvent>()))
		.or(of("Council", meta_type::<CouncilEvent>()));
	v15::PalletMetadata {
		name,
		storage: None,
		calls: calls.map(Into::into),
		event: event.map(Into::into),
		constants: vec![],
		error: of("Records", meta_type::<runtime::RecordsError>()).map(Into::into),
		index,
		docs: vec![],
	}
}

/// The metadata of a runtime like Ward's.
pub(crate) fn runtime_metadata() -> v15::RuntimeMetadataV15 {
	v15::RuntimeMetadataV15::new(
		vec![
			pallet("System", 0),
			pallet("Participants", 5),
			pallet("Records", 7),
			pallet("Consent", 8),
			pallet("Council", 30),
		],
		v15::ExtrinsicMetadata {
			version: 4,
			address_ty: meta_type::<runtime::Address>(),
			call_ty: meta_type::<runtime::Call>(),
			signature_ty: meta_type::<runtime::Signature>(),
			extra_ty: meta_type::<()>(),
			signed_extensions: extensions(),
		},
		meta_type::<()>(),
		vec![],
		v15::OuterEnums {
			call_enum_ty: meta_type::<runtime::Call>(),
			event_enum_ty: meta_type::<Event>(),
			error_enum_ty: meta_type::<runtime::Error>(),
		},
		v15::CustomMetadata { map: Default::default() },
	)
}

pub(crate) fn metadata() -> Metadata {
	Metadata::from_v15(runtime_metadata()).unwrap()
}

/// The events of a block as `System.Events` stores them: by the number of the transaction.
pub(crate) fn encode_events(events: &[(u32, Event)]) -> Vec<u8> {
	let records: Vec<_> = events
		.iter()
		.map(|(transaction, event)| (0u8, *transaction, event, Vec::<Digest>::new()))
		.collect();
	records.encode()
}

/// What the node does with the next transaction.
pub(crate) enum Pool {
	/// Accepts it and reports these statuses; a test ends them by dropping the sender.
	Accept(Vec<Value>),
	/// Refuses it with this code and data.
	Refuse(i32, Option<&'static str>),
	/// Loses the connection before it answers.
	Lose,
}

#[derive(Default)]
struct Block {
	transactions: Vec<Vec<u8>>,
	events: Vec<u8>,
}

/// The chain that a [`FakeNode`] answers from.
pub(crate) struct World {
	seed: u8,
	blocks: Vec<Block>,
	/// The number of the last finalized block.
	pub(crate) finalized: u64,
	heads: Vec<mpsc::UnboundedSender<Result<Box<RawValue>, RpcError>>>,
	/// How many of the next requests for a block's hash fail.
	pub(crate) failures: usize,
	pub(crate) is_syncing: bool,
	/// Whether it answers to others than its operator.
	pub(crate) is_public: bool,
	/// What it has stored besides events, at every block.
	pub(crate) storage: Vec<(Vec<u8>, Vec<u8>)>,
	pub(crate) pool: Vec<Pool>,
	/// The transactions that were submitted.
	pub(crate) submitted: Vec<Vec<u8>>,
	/// Those that were submitted once more, in hexadecimal digits.
	pub(crate) resubmitted: Vec<String>,
	/// Whether each submission brings a new version of the runtime.
	pub(crate) is_upgraded_by_submissions: bool,
	pub(crate) subscriptions: usize,
	/// How many requests were answered.
	pub(crate) requests: usize,
}

/// A node with a chain of its own, reached without a network.
#[derive(Clone)]
pub(crate) struct FakeNode(Arc<Mutex<World>>);

impl FakeNode {
	/// A node whose chain has `blocks` blocks after the first, all finalized.
	pub(crate) fn new(blocks: u64) -> Self {
		let world = World {
			seed: 0,
			blocks: (0..=blocks).map(|_| Block::default()).collect(),
			finalized: blocks,
			heads: vec![],
			failures: 0,
			is_syncing: false,
			is_public: false,
			storage: vec![],
			pool: vec![],
			submitted: vec![],
			resubmitted: vec![],
			is_upgraded_by_submissions: false,
			subscriptions: 0,
			requests: 0,
		};
		Self(Arc::new(Mutex::new(world)))
	}

	pub(crate) fn world(&self) -> MutexGuard<'_, World> {
		self.0.lock().unwrap()
	}

	pub(crate) async fn chain(&self) -> Chain {
		Chain::with_client("ws://fake", RpcClient::new(self.clone())).await.unwrap()
	}
}

impl World {
	pub(crate) fn hash(&self, number: u64) -> Digest {
		blake2_256(&(self.seed, number).encode())
	}

	fn number(&self, hash: &Value) -> Option<u64> {
		(0..self.blocks.len() as u64).find(|number| *hash == json!(hex(&self.hash(*number))))
	}

	/// The version of the runtime.
	fn spec_version(&self) -> u32 {
		match self.is_upgraded_by_submissions {
			true => 100 + self.submitted.len() as u32,
			false => 100,
		}
	}

	/// Replaces the chain by another one of the same length.
	pub(crate) fn switch_chain(&mut self) {
		self.seed += 1;
	}

	/// Adds a block.
	pub(crate) fn add_block(&mut self, transactions: Vec<Vec<u8>>, events: &[(u32, Event)]) {
		self.blocks.push(Block { transactions, events: encode_events(events) });
	}

	/// Finalizes blocks up to this number and reports only the last one, as a node does that
	/// finalizes several at once.
	pub(crate) fn finalize(&mut self, number: u64) {
		while self.blocks.len() as u64 <= number {
			self.add_block(vec![], &[]);
		}
		self.finalized = number;
		let header = raw(&self.header(number));
		self.heads.retain(|head| head.unbounded_send(Ok(header.clone())).is_ok());
	}

	/// Cuts the connection: subscriptions end with an error.
	pub(crate) fn disconnect(&mut self) {
		for head in self.heads.drain(..) {
			let _ = head.unbounded_send(Err(lost()));
		}
	}

	fn header(&self, number: u64) -> Value {
		json!({
			"parentHash": hex(&self.hash(number.saturating_sub(1))),
			"number": format!("{number:#x}"),
			"stateRoot": hex(&[0; 32]),
			"extrinsicsRoot": hex(&[0; 32]),
			"digest": { "logs": [] },
		})
	}

	fn answer(&mut self, method: &str, params: &Value) -> Result<Value, RpcError> {
		self.requests += 1;
		let block = |world: &Self, hash| world.number(hash).map(|number| number as usize);
		Ok(match method {
			"chain_getBlockHash" => {
				if self.failures > 0 && params[0] != json!(0) {
					self.failures -= 1;
					return Err(RpcError::Client("the line is dead".into()));
				}
				let best = self.blocks.len() as u64 - 1;
				let number = params[0].as_u64().unwrap_or(best);
				json!((number <= best).then(|| hex(&self.hash(number))))
			},
			"chain_getFinalizedHead" => json!(hex(&self.hash(self.finalized))),
			"chain_getHeader" => json!(self.number(&params[0]).map(|number| self.header(number))),
			"chain_getBlock" => {
				let number = block(self, &params[0]).unwrap();
				let transactions: Vec<_> =
					self.blocks[number].transactions.iter().map(|bytes| hex(bytes)).collect();
				let block =
					json!({"header": self.header(number as u64), "extrinsics": transactions});
				json!({ "block": block })
			},
			"state_getStorage" => {
				let number = block(self, &params[1]).unwrap();
				let events = hex(&[twox_128(b"System"), twox_128(b"Events")].concat());
				if params[0] == json!(events) {
					return Ok(json!(hex(&self.blocks[number].events)));
				}
				let found = self.storage.iter().find(|(key, _)| params[0] == json!(hex(key)));
				json!(found.map(|(_, value)| hex(value)))
			},
			"state_getStorageHash" => json!(hex(&blake2_256(b"code"))),
			"state_call" => {
				let Some(number) = self.number(&params[2]) else {
					return Err(user(4003, "Client error: UnknownBlock: State already discarded"));
				};
				json!(hex(&self.state_call(params[0].as_str().unwrap(), number)?))
			},
			"system_health" => {
				json!({"peers": 3, "isSyncing": self.is_syncing, "shouldHavePeers": true})
			},
			"author_rotateKeysWithOwner"
			| "author_hasSessionKeys"
			| "author_hasKey"
			| "system_peers"
				if self.is_public =>
			{
				return Err(user(-32601, "RPC call is unsafe to be called externally"));
			},
			"author_rotateKeysWithOwner" => {
				assert_eq!(params[0], json!(hex(&[9; 32])));
				json!({"keys": hex(&[7; 64]), "proof": hex(&[8; 128])})
			},
			"author_hasSessionKeys" => json!(params[0] == json!(hex(&[7; 64]))),
			"author_hasKey" => {
				json!(params[0] == json!(hex(&[6; 32])) && params[1] == json!("wtns"))
			},
			"system_peers" => json!([]),
			"system_name" => json!("Ward Node"),
			"system_version" => json!("0.1.0-abc"),
			"state_getRuntimeVersion" => {
				let version = self.spec_version();
				json!({"specName": "ward", "specVersion": version, "transactionVersion": 1})
			},
			"system_accountNextIndex" => json!(5 + self.submitted.len()),
			"author_submitExtrinsic" => {
				self.resubmitted.push(params[0].as_str().unwrap().into());
				json!(hex(&[0; 32]))
			},
			other => panic!("the fake node has no method {other}"),
		})
	}

	fn state_call(&self, function: &str, number: u64) -> Result<Vec<u8>, RpcError> {
		let prefixed =
			RuntimeMetadataPrefixed(0x6174_656d, RuntimeMetadata::V15(runtime_metadata()));
		Ok(match function {
			"Core_version" => (
				"ward",
				"ward",
				1u32,
				self.spec_version(),
				1u32,
				Vec::<([u8; 8], u32)>::new(),
				1u32,
			)
				.encode(),
			"Metadata_metadata_versions" => vec![15u32].encode(),
			"Metadata_metadata_at_version" => Some(prefixed.encode()).encode(),
			"WardApi_now" => (number * 2_000).encode(),
			"WardApi_quota" => 17u64.encode(),
			"WardApi_record" => vec![9],
			_ => {
				let reason = format!("Execution failed: Exported method {function} is not found");
				return Err(user(4003, &reason));
			},
		})
	}
}

fn lost() -> RpcError {
	RpcError::DisconnectedWillReconnect("cut by the test".into())
}

fn user(code: i32, message: &str) -> RpcError {
	RpcError::User(UserError { code, message: message.into(), data: None })
}

fn raw(value: &Value) -> Box<RawValue> {
	serde_json::value::to_raw_value(value).unwrap()
}

impl RpcClientT for FakeNode {
	fn request_raw<'a>(
		&'a self,
		method: &'a str,
		params: Option<Box<RawValue>>,
	) -> RawRpcFuture<'a, Box<RawValue>> {
		let params = params.map(|params| serde_json::from_str(params.get()).unwrap());
		Box::pin(async move {
			self.world().answer(method, &params.unwrap_or_default()).map(|answer| raw(&answer))
		})
	}

	fn subscribe_raw<'a>(
		&'a self,
		method: &'a str,
		params: Option<Box<RawValue>>,
		_unsubscribe: &'a str,
	) -> RawRpcFuture<'a, RawRpcSubscription> {
		Box::pin(async move {
			let mut world = self.world();
			world.subscriptions += 1;
			let (sender, receiver) = mpsc::unbounded();
			if method == "chain_subscribeFinalizedHeads" {
				let head = raw(&world.header(world.finalized));
				sender.unbounded_send(Ok(head)).unwrap();
				world.heads.push(sender);
				return Ok(RawRpcSubscription { stream: receiver.boxed(), id: None });
			}
			assert_eq!(method, "author_submitAndWatchExtrinsic");
			let [bytes]: [String; 1] = serde_json::from_str(params.unwrap().get()).unwrap();
			let digits = bytes.trim_start_matches("0x").as_bytes();
			let byte =
				|pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
			world.submitted.push(digits.chunks(2).map(byte).collect());
			match world.pool.remove(0) {
				Pool::Accept(statuses) => {
					for status in statuses {
						sender.unbounded_send(Ok(raw(&status))).unwrap();
					}
					Ok(RawRpcSubscription { stream: receiver.boxed(), id: None })
				},
				Pool::Refuse(code, data) => Err(RpcError::User(UserError {
					code,
					message: "Invalid Transaction".into(),
					data: data.map(|data| raw(&json!(data))),
				})),
				Pool::Lose => Err(lost()),
			}
		})
	}
}
