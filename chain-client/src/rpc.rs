//! The node's RPC methods, each with a deadline and Ward's errors.

use crate::{
	error::hex, finality::RoundStates, latest::Heads, memory::Memory, ChainError, NodeVersion,
	RuntimeVersion, SessionKeys, SyncStatus,
};
use futures::StreamExt;
use std::{fmt::Display, future::Future, sync::Arc, time::Duration};
use subxt::{
	config::{substrate::SubstrateHeader, RpcConfigFor},
	rpcs::{
		client::{rpc_params, RpcClient},
		methods::legacy::{Bytes, LegacyRpcMethods, TransactionStatus},
		Error as RpcError,
	},
	utils::{AccountId32, H256},
};
use ward_primitives::{Digest, KeyBytes};

use crate::config::WardConfig;

/// How long a node may take for an answer, reconnecting included.
pub(crate) const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// The pause before a request that was lost with its connection is asked again.
const RECONNECT_PAUSE: Duration = Duration::from_millis(50);

/// A stream of what a subscription reports; an error says that the connection was lost.
pub(crate) type Subscription<T> = futures::stream::BoxStream<'static, Result<T, RpcError>>;

/// The RPC methods of one node.
#[derive(Clone)]
pub(crate) struct Rpc {
	pub(crate) url: Arc<str>,
	client: RpcClient,
	methods: LegacyRpcMethods<RpcConfigFor<WardConfig>>,
	heads: Heads,
	memory: Memory,
}

impl Rpc {
	pub(crate) fn new(url: &str, client: RpcClient) -> Self {
		let methods = LegacyRpcMethods::new(client.clone());
		Self { url: url.into(), client, methods, heads: Heads::default(), memory: Memory::new() }
	}

	/// Asks until there is an answer or [`REQUEST_TIMEOUT`] is over: a request that was lost with its
	/// connection is asked again on the next one. Only for what may be asked twice.
	async fn ask<T, F>(&self, what: &str, request: impl Fn() -> F) -> Result<T, ChainError>
	where
		F: Future<Output = Result<T, RpcError>>,
	{
		let answer = async {
			loop {
				match request().await {
					Err(error) if error.is_disconnected_will_reconnect() => {
						tokio::time::sleep(RECONNECT_PAUSE).await;
					},
					answer => break answer,
				}
			}
		};
		match tokio::time::timeout(REQUEST_TIMEOUT, answer).await {
			Ok(answer) => answer.map_err(|error| self.error(what, error)),
			Err(_) => Err(self.unreachable(&"no answer in time")),
		}
	}

	pub(crate) fn unreachable(&self, reason: &dyn Display) -> ChainError {
		ChainError::Unreachable { url: self.url.to_string(), reason: reason.to_string() }
	}

	/// What an error of the RPC layer means.
	pub(crate) fn error(&self, what: &str, error: RpcError) -> ChainError {
		let to = what.to_owned();
		match error {
			RpcError::User(error) => {
				let reason = match &error.data {
					Some(data) => format!("{} ({})", error.message, data.get()),
					None => error.message,
				};
				if ["UnknownBlock", "State already discarded"].iter().any(|s| reason.contains(s)) {
					return ChainError::UnknownBlock { block: to };
				}
				if reason.contains("unsafe to be called externally") {
					return ChainError::Unsafe { method: to };
				}
				if reason.contains("is not found") && reason.contains("Exported method") {
					return ChainError::Unsupported { what: format!("function {to}") };
				}
				ChainError::Rpc { to, reason }
			},
			RpcError::Serialization(error) | RpcError::Deserialization(error) => {
				ChainError::Unreadable { to, reason: error.to_string() }
			},
			RpcError::Decode(error) => ChainError::Unreadable { to, reason: error.to_string() },
			error => self.unreachable(&error),
		}
	}

	/// The hash of the block with this number on the node's best chain.
	pub(crate) async fn block_hash(&self, number: u64) -> Result<Option<Digest>, ChainError> {
		let what = "chain_getBlockHash";
		let hash: Option<H256> =
			self.ask(what, || self.client.request(what, rpc_params![number])).await?;
		Ok(hash.map(Into::into))
	}

	pub(crate) async fn genesis(&self) -> Result<Digest, ChainError> {
		let unknown = || ChainError::UnknownBlock { block: "0".into() };
		self.block_hash(0).await?.ok_or_else(unknown)
	}

	pub(crate) async fn best_hash(&self) -> Result<Digest, ChainError> {
		let best = async {
			let head = || self.methods.chain_get_block_hash(None);
			let hash = self.ask("chain_getBlockHash", head).await?;
			hash.map(Into::into).ok_or_else(|| ChainError::UnknownBlock { block: "best".into() })
		};
		self.heads.best(best).await
	}

	pub(crate) async fn finalized_hash(&self) -> Result<Digest, ChainError> {
		let head = || self.methods.chain_get_finalized_head();
		let finalized = async { self.ask("chain_getFinalizedHead", head).await.map(Into::into) };
		self.heads.finalized(finalized).await
	}

	/// The number of the block with this hash.
	pub(crate) async fn number(&self, hash: Digest) -> Result<u64, ChainError> {
		let what = "chain_getHeader";
		let number = async {
			let header = || self.methods.chain_get_header(Some(hash.into()));
			let header = self.ask(what, header).await?;
			header.map(|header| header.number).ok_or(ChainError::UnknownBlock { block: hex(&hash) })
		};
		self.memory.recall_value(hash, what, number).await
	}

	/// The hash of the block before the one with this hash.
	pub(crate) async fn parent(&self, hash: Digest) -> Result<Digest, ChainError> {
		let header = || self.methods.chain_get_header(Some(hash.into()));
		let header = self.ask("chain_getHeader", header).await?;
		let header = header.ok_or(ChainError::UnknownBlock { block: hex(&hash) })?;
		Ok(header.parent_hash.into())
	}

	/// What made the block with this hash final, by engine.
	pub(crate) async fn justifications(
		&self,
		hash: Digest,
	) -> Result<Vec<([u8; 4], Vec<u8>)>, ChainError> {
		let block = || self.methods.chain_get_block(Some(hash.into()));
		let block = self.ask("chain_getBlock", block).await?;
		let block = block.ok_or(ChainError::UnknownBlock { block: hex(&hash) })?;
		Ok(block.justifications.unwrap_or_default())
	}

	/// The rounds of votes on finality that the node has open: who is missing.
	pub(crate) async fn round_state(&self) -> Result<RoundStates, ChainError> {
		let what = "grandpa_roundState";
		self.ask(what, || self.client.request(what, rpc_params![])).await
	}

	/// The transactions of the block with this hash, encoded.
	pub(crate) async fn transactions(&self, hash: Digest) -> Result<Vec<Vec<u8>>, ChainError> {
		let block = || self.methods.chain_get_block(Some(hash.into()));
		let block = self.ask("chain_getBlock", block).await?;
		let block = block.ok_or(ChainError::UnknownBlock { block: hex(&hash) })?.block;
		Ok(block.extrinsics.into_iter().map(|bytes| bytes.0).collect())
	}

	/// What a function of the runtime answers at the block with this hash.
	pub(crate) async fn state_call(
		&self,
		function: &str,
		args: &[u8],
		at: Digest,
	) -> Result<Arc<[u8]>, ChainError> {
		let call = || self.methods.state_call(function, Some(args), Some(at.into()));
		let answer = async {
			self.ask(function, call).await.map_err(|error| match error {
				ChainError::UnknownBlock { .. } => ChainError::UnknownBlock { block: hex(&at) },
				error => error,
			})
		};
		self.memory.recall(at, (function, args), answer).await
	}

	/// BLAKE2b-256 of a storage value.
	pub(crate) async fn storage_hash(
		&self,
		key: &[u8],
		at: Digest,
	) -> Result<Option<Digest>, ChainError> {
		let what = "state_getStorageHash";
		let request = || self.client.request(what, rpc_params![hex(key), H256::from(at)]);
		let hash = async {
			let hash: Option<H256> = self.ask(what, request).await?;
			Ok(hash.map(Digest::from))
		};
		self.memory.recall_value(at, (what, key), hash).await
	}

	/// A storage value.
	pub(crate) async fn storage(
		&self,
		key: &[u8],
		at: Digest,
	) -> Result<Option<Vec<u8>>, ChainError> {
		let what = "state_getStorage";
		let request = || self.client.request(what, rpc_params![hex(key), H256::from(at)]);
		let value = async {
			let value: Option<Bytes> = self.ask(what, request).await?;
			Ok(value.map(|bytes| bytes.0))
		};
		self.memory.recall_value(at, (what, key), value).await
	}

	pub(crate) async fn node_version(&self) -> Result<NodeVersion, ChainError> {
		let name = self.ask("system_name", || self.methods.system_name()).await?;
		let version = self.ask("system_version", || self.methods.system_version()).await?;
		Ok(NodeVersion { name, version })
	}

	/// The version of the runtime at the head of the longest chain.
	pub(crate) async fn runtime_version(&self) -> Result<RuntimeVersion, ChainError> {
		self.runtime_version_at(None).await
	}

	/// The version of the runtime that a block leaves; at the head of the longest chain if none is named.
	pub(crate) async fn runtime_version_at(
		&self,
		block: Option<Digest>,
	) -> Result<RuntimeVersion, ChainError> {
		let what = "state_getRuntimeVersion";
		let version = || self.methods.state_get_runtime_version(block.map(H256));
		let version = self.ask(what, version).await?;
		let name = version.other.get("specName").and_then(|name| name.as_str());
		let unreadable = || ChainError::Unreadable { to: what.into(), reason: "no name".into() };
		Ok(RuntimeVersion {
			spec_name: name.ok_or_else(unreadable)?.to_owned(),
			spec_version: version.spec_version,
			transaction_version: version.transaction_version,
		})
	}

	/// A repetition after a lost connection leaves keys behind that nobody uses, and no harm is done.
	pub(crate) async fn rotate_session_keys(
		&self,
		owner: KeyBytes,
	) -> Result<SessionKeys, ChainError> {
		#[derive(serde::Deserialize)]
		struct Made {
			keys: Bytes,
			proof: Option<Bytes>,
		}
		let what = "author_rotateKeysWithOwner";
		let request = || self.client.request(what, rpc_params![hex(&owner)]);
		let made: Made = self.ask(what, request).await?;
		let proof = made.proof.ok_or_else(|| ChainError::Unreadable {
			to: what.into(),
			reason: "the runtime proves no ownership of keys".into(),
		})?;
		Ok(SessionKeys { keys: made.keys.0, proof: proof.0 })
	}

	pub(crate) async fn has_session_keys(&self, keys: &[u8]) -> Result<bool, ChainError> {
		let what = "author_hasSessionKeys";
		self.ask(what, || self.client.request(what, rpc_params![hex(keys)])).await
	}

	/// Whether the node's keystore has the secret half of a key of this type: four letters.
	pub(crate) async fn has_key(&self, key: KeyBytes, kind: &str) -> Result<bool, ChainError> {
		let what = "author_hasKey";
		self.ask(what, || self.client.request(what, rpc_params![hex(&key), kind])).await
	}

	/// Asks something harmless that nodes answer to their operators only.
	pub(crate) async fn ask_for_peers(&self) -> Result<(), ChainError> {
		let what = "system_peers";
		let request = || self.client.request::<serde_json::Value>(what, rpc_params![]);
		self.ask(what, request).await.map(drop)
	}

	/// The nonce for the next transaction of an account, those in the pool counted.
	pub(crate) async fn next_nonce(&self, account: KeyBytes) -> Result<u64, ChainError> {
		let account = AccountId32(account);
		let next = || self.methods.system_account_next_index(&account);
		self.ask("system_accountNextIndex", next).await
	}

	pub(crate) async fn health(&self) -> Result<SyncStatus, ChainError> {
		let health = self.ask("system_health", || self.methods.system_health()).await?;
		Ok(SyncStatus { is_syncing: health.is_syncing, peers: health.peers })
	}

	/// The headers of finalized blocks as they come; there may be gaps.
	pub(crate) async fn finalized_heads(
		&self,
	) -> Result<Subscription<SubstrateHeader<H256>>, ChainError> {
		let subscribe = || self.methods.chain_subscribe_finalized_heads();
		Ok(self.ask("chain_subscribeFinalizedHeads", subscribe).await?.boxed())
	}

	/// Hands a transaction to the pool once more, without following what becomes of it.
	pub(crate) async fn resubmit(&self, transaction: &[u8]) -> Result<(), ChainError> {
		let submit = || self.methods.author_submit_extrinsic(transaction);
		self.ask("author_submitExtrinsic", submit).await.map(drop)
	}

	/// Submits a transaction once; the outer error says that the node could not be asked in time.
	pub(crate) async fn submit(
		&self,
		transaction: &[u8],
	) -> Result<Result<Subscription<TransactionStatus<H256>>, RpcError>, ChainError> {
		let submit = self.methods.author_submit_and_watch_extrinsic(transaction);
		match tokio::time::timeout(REQUEST_TIMEOUT, submit).await {
			Ok(outcome) => Ok(outcome.map(|statuses| statuses.boxed())),
			Err(_) => Err(self.unreachable(&"no answer in time")),
		}
	}
}
