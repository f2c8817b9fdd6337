//! The connection to a node.

use crate::{
	blocks::FinalizedBlocks, config::WardConfig, error::hex, rpc::Rpc, submit::Until, Call,
	CallSigner, ChainError, Finalized, Progress, State,
};
use futures::Stream;
use std::{
	sync::{
		atomic::{AtomicBool, Ordering},
		Arc,
	},
	time::Duration,
};
use subxt::{
	backend::LegacyBackend,
	client::{OnlineClient, OnlineClientAtBlock},
	rpcs::client::{
		reconnecting_rpc_client::{ExponentialBackoff, RpcClient as ReconnectingClient},
		RpcClient,
	},
};
use tokio::sync::Mutex;
use ward_primitives::Digest;

/// How long the first connection to a node may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The longest pause between two attempts to reconnect.
const MAX_RECONNECT_PAUSE: Duration = Duration::from_secs(2);

/// A connection to a Ward node. Clones share it; it reconnects by itself.
#[derive(Clone)]
pub struct Chain {
	pub(crate) rpc: Rpc,
	client: OnlineClient<WardConfig>,
	genesis: Digest,
	/// Held while a transaction takes its nonce and enters the pool, so that none takes another's.
	pub(crate) submitting: Arc<Mutex<()>>,
}

/// How many blocks may wait to become final before finality stands still.
const NORMAL_LAG: u64 = 8;

/// The chain at the block that counts: the last final one, or the newest while finality stands still.
#[derive(Clone, Debug)]
pub struct Head {
	/// The chain at that block.
	pub state: State,
	/// The number of the last final block.
	pub finalized: u64,
}

impl Head {
	/// Whether that block is final.
	pub const fn is_final(&self) -> bool {
		self.state.number == self.finalized
	}
}

/// Whether a node is up to date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyncStatus {
	/// Whether the node is still catching up with the chain.
	pub is_syncing: bool,
	/// How many peers it is connected to.
	pub peers: usize,
}

impl Chain {
	/// Connects to the node at `url` (`ws://` or `wss://`). A first attempt that fails is an error at
	/// once; a connection that is lost later is made again by itself. `wss://` needs a certificate that
	/// the system vouches for, or an authority in the file that `SSL_CERT_FILE` names.
	pub async fn connect(url: &str) -> Result<Self, ChainError> {
		let policy = ReconnectPolicy::default();
		let is_connected = policy.is_connected.clone();
		let connect = ReconnectingClient::builder().retry_policy(policy).build(url);
		// The connection's error is a text only.
		let unreachable = |reason: String| match reason.contains("peer certificate") {
			true => ChainError::Untrusted { url: url.into(), reason },
			false => ChainError::Unreachable { url: url.into(), reason },
		};
		let client = tokio::time::timeout(CONNECT_TIMEOUT, connect)
			.await
			.map_err(|_| unreachable("no connection in time".into()))?
			.map_err(|error| unreachable(error.to_string()))?;
		is_connected.store(true, Ordering::Relaxed);
		Self::with_client(url, RpcClient::new(client)).await
	}

	/// Connects to the node at `url` and checks that it is on the chain with this genesis hash.
	pub async fn connect_to(url: &str, genesis: Digest) -> Result<Self, ChainError> {
		let chain = Self::connect(url).await?;
		match chain.genesis == genesis {
			true => Ok(chain),
			false => Err(ChainError::WrongChain { expected: genesis, found: chain.genesis }),
		}
	}

	/// The chain behind a client of any kind, for tests that answer for a node.
	#[doc(hidden)]
	pub async fn with_client(url: &str, client: RpcClient) -> Result<Self, ChainError> {
		let rpc = Rpc::new(url, client.clone());
		let genesis = rpc.genesis().await?;
		// The methods that every node has; what subxt would choose keeps few blocks at hand.
		let backend = LegacyBackend::<WardConfig>::builder().build(client);
		let config = WardConfig::default();
		let client = OnlineClient::from_backend_with_config(config, Arc::new(backend))
			.await
			.map_err(|error| rpc.unreachable(&error))?;
		Ok(Self { rpc, client, genesis, submitting: Arc::default() })
	}

	/// The hash of the chain's first block.
	pub const fn genesis(&self) -> Digest {
		self.genesis
	}

	/// The address of the node.
	pub fn url(&self) -> &str {
		&self.rpc.url
	}

	/// The chain at the latest finalized block.
	pub async fn finalized(&self) -> Result<State, ChainError> {
		self.at(self.rpc.finalized_hash().await?).await
	}

	/// The chain at the head of the longest chain that the node knows.
	pub async fn best(&self) -> Result<State, ChainError> {
		self.at(self.rpc.best_hash().await?).await
	}

	/// The chain at the latest finalized block; while finality stands still, at the head of the longest
	/// chain. For what has to go on then: the consortium's own decisions.
	pub async fn head(&self) -> Result<Head, ChainError> {
		let (finalized, best) = (self.finalized().await?, self.best().await?);
		match best.number.saturating_sub(finalized.number) > NORMAL_LAG {
			true => Ok(Head { finalized: finalized.number, state: best }),
			false => Ok(Head { finalized: finalized.number, state: finalized }),
		}
	}

	/// The chain at the block with this hash.
	pub async fn at(&self, hash: Digest) -> Result<State, ChainError> {
		State::new(self, hash, self.rpc.number(hash).await?).await
	}

	/// The chain at the block with this number on the node's best chain.
	pub async fn at_number(&self, number: u64) -> Result<State, ChainError> {
		let hash = self.rpc.block_hash(number).await?;
		let hash = hash.ok_or_else(|| ChainError::UnknownBlock { block: number.to_string() })?;
		State::new(self, hash, number).await
	}

	/// The hash of the block with this number on the node's best chain; none if that is shorter.
	pub async fn block_hash(&self, number: u64) -> Result<Option<Digest>, ChainError> {
		self.rpc.block_hash(number).await
	}

	/// Every finalized block from the latest one on, in order, without gaps, also across reconnects.
	/// An error does not end the stream: polled again, it goes on with the same block after a pause.
	pub fn finalized_blocks(
		&self,
	) -> impl Stream<Item = Result<State, ChainError>> + Send + Unpin + 'static {
		FinalizedBlocks::new(self, None).into_stream()
	}

	/// Like [`Self::finalized_blocks`], starting with the block with the number `first`. What the node
	/// has pruned it cannot deliver: the stream then stays at that block with
	/// [`ChainError::UnknownBlock`].
	pub fn finalized_blocks_from(
		&self,
		first: u64,
	) -> impl Stream<Item = Result<State, ChainError>> + Send + Unpin + 'static {
		FinalizedBlocks::new(self, Some(first)).into_stream()
	}

	/// Whether the node is up to date. Fails if it is on another chain by now.
	pub async fn sync_status(&self) -> Result<SyncStatus, ChainError> {
		self.check_genesis().await?;
		self.rpc.health().await
	}

	/// Signs `call`, submits it and waits until it is final.
	///
	/// Survives a lost connection: it then looks for the transaction in the finalized blocks. After
	/// [`ChainError::NotIncluded`] the call can be sent again; after [`ChainError::TimedOut`] only once
	/// the chain's state shows that it had no effect.
	pub async fn submit(
		&self,
		signer: &impl CallSigner,
		call: Call,
	) -> Result<Finalized, ChainError> {
		self.submit_with_progress(signer, call, |_| {}).await
	}

	/// Like [`Self::submit`], and reports each step to `on`.
	pub async fn submit_with_progress(
		&self,
		signer: &impl CallSigner,
		call: Call,
		on: impl FnMut(Progress) + Send,
	) -> Result<Finalized, ChainError> {
		crate::submit::submit(self, signer, call, Until::Final, on).await
	}

	/// Like [`Self::submit_with_progress`], and does not wait for what will not come: while finality
	/// stands still, the call is signed on the newest block and done when it is in a block.
	/// [`Finalized::is_final`] tells. For the consortium's own decisions, which let finality go on.
	pub async fn submit_though_stalled(
		&self,
		signer: &impl CallSigner,
		call: Call,
		on: impl FnMut(Progress) + Send,
	) -> Result<Finalized, ChainError> {
		let until = match self.head().await?.is_final() {
			true => Until::Final,
			false => Until::InBlock,
		};
		crate::submit::submit(self, signer, call, until, on).await
	}

	/// Fails if the node is on another chain than at first, as a development node can be after a
	/// restart.
	pub(crate) async fn check_genesis(&self) -> Result<(), ChainError> {
		match self.rpc.genesis().await? {
			found if found == self.genesis => Ok(()),
			found => Err(ChainError::WrongChain { expected: self.genesis, found }),
		}
	}

	/// `subxt`'s view of a block, with the metadata of its runtime.
	pub(crate) async fn client_at(
		&self,
		hash: Digest,
		number: u64,
	) -> Result<OnlineClientAtBlock<WardConfig>, ChainError> {
		let hash = subxt::utils::H256::from(hash);
		let client = self.client.at_block_hash_and_number(hash, number);
		match tokio::time::timeout(crate::rpc::REQUEST_TIMEOUT, client).await {
			Ok(Ok(client)) => Ok(client),
			Ok(Err(error)) => Err(ChainError::Rpc {
				to: format!("metadata at block {}", hex(hash.as_bytes())),
				reason: error.to_string(),
			}),
			Err(_) => Err(self.rpc.unreachable(&"no answer in time")),
		}
	}
}

/// The pauses between attempts to connect: none before the first connection, so that a wrong address
/// is reported and not waited for.
#[derive(Clone)]
struct ReconnectPolicy {
	is_connected: Arc<AtomicBool>,
	pauses: ExponentialBackoff,
}

impl Default for ReconnectPolicy {
	fn default() -> Self {
		let pauses = ExponentialBackoff::from_millis(50).max_delay(MAX_RECONNECT_PAUSE);
		Self { is_connected: Arc::default(), pauses }
	}
}

impl Iterator for ReconnectPolicy {
	type Item = Duration;

	fn next(&mut self) -> Option<Duration> {
		self.is_connected.load(Ordering::Relaxed).then(|| self.pauses.next())?
	}
}

impl std::fmt::Debug for Chain {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		f.debug_struct("Chain").field("url", &self.rpc.url).finish_non_exhaustive()
	}
}

#[cfg(test)]
mod tests;
