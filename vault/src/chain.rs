//! What a vault needs to know of the chain, and the connection to the operator's own node.

use std::{future::ready, sync::Arc, time::Duration};

use codec::{Decode, Encode};
use futures::future::BoxFuture;
use tokio::{sync::watch, task::JoinHandle};
use ward_chain_client::{Chain, State};
use ward_primitives::{
	decision::{DecisionInputs, Query},
	receipt::{CustodyState, LogRow, ReceiptTask},
	Digest, KeyBytes, KeyRow, Moment, ParticipantId, ParticipantRow, RecordId, RecordRow, VaultRow,
};

/// The node did not answer, or not in time.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the node does not answer: {0}; check that it runs and that `--node` names it")]
pub struct Unreachable(pub String);

/// A block, as far as a decision needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Head {
	/// Its hash.
	pub hash: Digest,
	/// Its number.
	pub number: u64,
	/// The timestamp in its state.
	pub timestamp: Moment,
}

/// Answers of type `T` from the node.
pub type Reply<'a, T> = BoxFuture<'a, Result<T, Unreachable>>;

/// The chain, at its two heads.
pub trait ChainView: Send + Sync + 'static {
	/// The hash of block 0.
	fn genesis(&self) -> Reply<'_, Digest>;
	/// The chain at its finalized head.
	fn finalized(&self) -> Reply<'_, Arc<dyn StateView>>;
	/// The chain at its best head.
	fn best(&self) -> Reply<'_, Arc<dyn StateView>>;
	/// The chain at the block with this hash, if the node has it and its state.
	fn at(&self, hash: Digest) -> Reply<'_, Arc<dyn StateView>>;
	/// The hash of the block with this number on the node's best chain; none if that is shorter.
	fn block_hash(&self, number: u64) -> Reply<'_, Option<Digest>>;
	/// Whether the node is still catching up.
	fn is_syncing(&self) -> Reply<'_, bool>;
}

/// The chain at one block.
pub trait StateView: Send + Sync {
	/// The block.
	fn head(&self) -> Head;
	/// BLAKE2b-256 of the runtime's code.
	fn code_hash(&self) -> Reply<'_, Digest>;
	/// A key.
	fn key(&self, key: KeyBytes) -> Reply<'_, Option<KeyRow>>;
	/// A participant.
	fn participant(&self, id: ParticipantId) -> Reply<'_, Option<ParticipantRow>>;
	/// A record.
	fn record(&self, id: RecordId) -> Reply<'_, Option<RecordRow>>;
	/// All that a decision depends on.
	fn decision_inputs(&self, query: Query) -> Reply<'_, DecisionInputs>;
	/// The rows of a center, by their number: those that it holds, and those that it has handed over.
	fn custody(&self, center: ParticipantId, from: u64, limit: u32) -> Reply<'_, Vec<RecordId>>;
	/// What a center publishes of its vault.
	fn vault(&self, center: ParticipantId) -> Reply<'_, Option<VaultRow>>;

	/// What a witness has to ask a custodian in the present epoch. None before there were storage receipts.
	fn receipt_task(
		&self,
		_custodian: ParticipantId,
		_cohort: u64,
		_witness: ParticipantId,
	) -> Reply<'_, Option<ReceiptTask>> {
		Box::pin(ready(Ok(None)))
	}

	/// What was reported of the access log of a center's vault. None before there were storage receipts.
	fn log_head(&self, _custodian: ParticipantId) -> Reply<'_, Option<LogRow>> {
		Box::pin(ready(Ok(None)))
	}

	/// How each custodian's copy of a record stands. Nothing before there were storage receipts.
	fn custody_states(&self, _record: RecordId) -> Reply<'_, Vec<CustodyState>> {
		Box::pin(ready(Ok(Vec::new())))
	}
}

/// How long an answer of the node may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long to wait between two attempts to connect.
const PAUSE: Duration = Duration::from_secs(1);

/// The operator's own node. The vault starts without it, and connects as soon as it is there.
pub struct Node {
	/// The outcome of the latest attempt to connect; none before the first.
	chain: watch::Receiver<Option<Result<Chain, Unreachable>>>,
	connecting: JoinHandle<()>,
}

impl Drop for Node {
	fn drop(&mut self) {
		self.connecting.abort();
	}
}

impl Node {
	/// A node with a WebSocket endpoint at `url`. Must be called within a Tokio runtime.
	pub fn new(url: impl Into<String>) -> Self {
		let url = url.into();
		let (outcome, chain) = watch::channel(None);
		let connecting = tokio::spawn(async move {
			loop {
				let attempt = in_time(Chain::connect(&url)).await;
				let is_connected = attempt.is_ok();
				outcome.send_replace(Some(attempt));
				if is_connected {
					// From here on the connection renews itself.
					return;
				}
				tokio::time::sleep(PAUSE).await;
			}
		});
		Self { chain, connecting }
	}

	/// The connection; without one, what is in its way.
	async fn chain(&self) -> Result<Chain, Unreachable> {
		let mut outcome = self.chain.clone();
		let first = in_time(outcome.wait_for(Option::is_some)).await?;
		first.clone().unwrap_or_else(|| Err(Unreachable("not connected yet".into())))
	}
}

/// Waits for an answer, but not for ever.
async fn in_time<T, E: std::fmt::Display>(
	answer: impl std::future::Future<Output = Result<T, E>>,
) -> Result<T, Unreachable> {
	match tokio::time::timeout(PATIENCE, answer).await {
		Ok(Ok(answer)) => Ok(answer),
		Ok(Err(error)) => Err(Unreachable(error.to_string())),
		Err(_) => Err(Unreachable(format!("no answer within {} s", PATIENCE.as_secs()))),
	}
}

impl ChainView for Node {
	fn genesis(&self) -> Reply<'_, Digest> {
		Box::pin(async { Ok(self.chain().await?.genesis()) })
	}

	fn finalized(&self) -> Reply<'_, Arc<dyn StateView>> {
		Box::pin(async {
			Ok(Arc::new(in_time(self.chain().await?.finalized()).await?) as Arc<dyn StateView>)
		})
	}

	fn best(&self) -> Reply<'_, Arc<dyn StateView>> {
		Box::pin(async {
			Ok(Arc::new(in_time(self.chain().await?.best()).await?) as Arc<dyn StateView>)
		})
	}

	fn at(&self, hash: Digest) -> Reply<'_, Arc<dyn StateView>> {
		Box::pin(async move {
			Ok(Arc::new(in_time(self.chain().await?.at(hash)).await?) as Arc<dyn StateView>)
		})
	}

	fn block_hash(&self, number: u64) -> Reply<'_, Option<Digest>> {
		Box::pin(async move { in_time(self.chain().await?.block_hash(number)).await })
	}

	fn is_syncing(&self) -> Reply<'_, bool> {
		Box::pin(async { Ok(in_time(self.chain().await?.sync_status()).await?.is_syncing) })
	}
}

impl StateView for State {
	fn head(&self) -> Head {
		Head { hash: self.hash, number: self.number, timestamp: self.timestamp }
	}

	fn code_hash(&self) -> Reply<'_, Digest> {
		Box::pin(in_time(State::code_hash(self)))
	}

	fn key(&self, key: KeyBytes) -> Reply<'_, Option<KeyRow>> {
		Box::pin(in_time(State::key(self, key)))
	}

	fn participant(&self, id: ParticipantId) -> Reply<'_, Option<ParticipantRow>> {
		Box::pin(in_time(State::participant(self, id)))
	}

	fn record(&self, id: RecordId) -> Reply<'_, Option<RecordRow>> {
		Box::pin(in_time(State::record(self, id)))
	}

	fn decision_inputs(&self, query: Query) -> Reply<'_, DecisionInputs> {
		Box::pin(in_time(State::decision_inputs(self, query)))
	}

	fn custody(&self, center: ParticipantId, from: u64, limit: u32) -> Reply<'_, Vec<RecordId>> {
		Box::pin(in_time(State::custody(self, center, from, limit)))
	}

	fn vault(&self, center: ParticipantId) -> Reply<'_, Option<VaultRow>> {
		Box::pin(in_time(State::vault(self, center)))
	}

	fn receipt_task(
		&self,
		custodian: ParticipantId,
		cohort: u64,
		witness: ParticipantId,
	) -> Reply<'_, Option<ReceiptTask>> {
		Box::pin(in_time(State::receipt_task(self, custodian, cohort, witness)))
	}

	fn log_head(&self, custodian: ParticipantId) -> Reply<'_, Option<LogRow>> {
		Box::pin(in_time(State::log_head(self, custodian)))
	}

	fn custody_states(&self, record: RecordId) -> Reply<'_, Vec<CustodyState>> {
		Box::pin(in_time(State::custody_states(self, record)))
	}
}
