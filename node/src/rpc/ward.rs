//! Ward's own methods: access decisions, and the state of the node in one answer.

use std::sync::Arc;

use jsonrpsee::{
	core::{async_trait, RpcResult},
	proc_macros::rpc,
	types::{error::ErrorCode, ErrorObjectOwned},
};
use sc_network_sync::SyncingService;
use serde::{Deserialize, Serialize};
use sp_api::ProvideRuntimeApi;
use sp_blockchain::HeaderBackend;
use ward_primitives::{
	decide, decision::Query, Action, AttributesOpening, Decision, Moment, ParticipantId,
	PurposeOfUse, RecordId,
};
use ward_runtime::{opaque::Block, Hash, VERSION};
use ward_runtime_api::WardApi;

use crate::service::FullClient;

/// What is asked of [`WardServer::access_decision`].
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AccessQuery {
	/// Whose records are concerned.
	patient: ParticipantId,
	/// The record; left out when a new one is to be written.
	record: Option<RecordId>,
	/// Who wants to act.
	actor: ParticipantId,
	/// The only center that the actor acts for; left out for any of its centers.
	on_behalf_of: Option<ParticipantId>,
	/// `read` or `write`.
	action: Action,
	/// An HL7 PurposeOfUse code, for example `TREAT`.
	purpose: PurposeOfUse,
	/// At which moment, in milliseconds since the Unix epoch; left out for that of the block.
	at: Option<Moment>,
}

/// A decision and the state that it was made from.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AccessDecision {
	/// The block whose state was read.
	block: Hash,
	/// That block's timestamp.
	as_of: Moment,
	/// The moment that was decided on.
	at: Moment,
	/// The decision.
	#[serde(flatten)]
	decision: Decision,
}

/// A block in [`Status`].
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Head {
	/// Its hash.
	hash: Hash,
	/// Its number.
	number: u32,
	/// Its timestamp, in milliseconds since the Unix epoch; 0 for block 0.
	timestamp: Moment,
}

/// How the node stands.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Status {
	/// The hash of the chain's first block.
	genesis: Hash,
	/// The last block that the node knows.
	best: Head,
	/// The last block that is final.
	finalized: Head,
	/// Whether the node is still catching up.
	is_syncing: bool,
	/// How many nodes it is connected to.
	peers: usize,
	/// The version of the runtime that was built with the node.
	built_spec_version: u32,
}

/// Ward's methods.
#[rpc(server, namespace = "ward")]
pub(crate) trait Ward {
	/// Decides a query at the state of a block: the best one unless another is named. `opening` is what
	/// the custodian holds for the record; grants permit no reading without it.
	#[method(name = "accessDecision")]
	fn access_decision(
		&self,
		query: AccessQuery,
		opening: Option<AttributesOpening>,
		block: Option<Hash>,
	) -> RpcResult<AccessDecision>;

	/// How the node stands: heads, peers, syncing.
	#[method(name = "status")]
	async fn status(&self) -> RpcResult<Status>;
}

/// Implements the methods.
pub(crate) struct Ward {
	client: Arc<FullClient>,
	sync_service: Arc<SyncingService<Block>>,
}

impl Ward {
	pub(crate) fn new(client: Arc<FullClient>, sync_service: Arc<SyncingService<Block>>) -> Self {
		Self { client, sync_service }
	}

	fn timestamp(&self, hash: Hash) -> RpcResult<Moment> {
		self.client.runtime_api().now(hash).map_err(state_unavailable)
	}

	fn head(&self, hash: Hash, number: u32) -> RpcResult<Head> {
		Ok(Head { hash, number, timestamp: self.timestamp(hash)? })
	}
}

// By value, for `map_err`.
#[allow(clippy::needless_pass_by_value)]
fn state_unavailable(error: sp_api::ApiError) -> ErrorObjectOwned {
	ErrorObjectOwned::owned(
		ErrorCode::InternalError.code(),
		"the state of that block cannot be read; nodes keep the last 256 blocks' states unless \
		 they run with --state-pruning archive",
		Some(error.to_string()),
	)
}

#[async_trait]
impl WardServer for Ward {
	fn access_decision(
		&self,
		query: AccessQuery,
		opening: Option<AttributesOpening>,
		block: Option<Hash>,
	) -> RpcResult<AccessDecision> {
		let block = block.unwrap_or_else(|| self.client.info().best_hash);
		let AccessQuery { patient, record, actor, on_behalf_of, action, purpose, at } = query;
		let at = match at {
			Some(at) => at,
			None => self.timestamp(block)?,
		};
		let query = Query { patient, record, actor, on_behalf_of, action, purpose, at };
		let inputs =
			self.client.runtime_api().decision_inputs(block, query).map_err(state_unavailable)?;
		let decision = decide(&inputs, opening.as_ref());
		Ok(AccessDecision { block, as_of: inputs.as_of, at, decision })
	}

	async fn status(&self) -> RpcResult<Status> {
		let info = self.client.info();
		let sync = self.sync_service.status().await.ok();
		Ok(Status {
			genesis: info.genesis_hash,
			best: self.head(info.best_hash, info.best_number)?,
			finalized: self.head(info.finalized_hash, info.finalized_number)?,
			is_syncing: sync.is_none_or(|sync| sync.state.is_major_syncing()),
			peers: self.sync_service.num_connected_peers(),
			built_spec_version: VERSION.spec_version,
		})
	}
}
