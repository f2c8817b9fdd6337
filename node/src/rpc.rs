//! What the node answers over JSON-RPC, besides what every Substrate node does.

mod ward;

use std::sync::Arc;

use jsonrpsee::RpcModule;
use sc_consensus_grandpa::{
	FinalityProofProvider, GrandpaJustificationStream, SharedAuthoritySet, SharedVoterState,
};
use sc_network_sync::SyncingService;
use sc_rpc::SubscriptionTaskExecutor;
use sc_transaction_pool::TransactionPoolHandle;
use ward_runtime::{opaque::Block, BlockNumber, Hash};

use crate::service::{FullBackend, FullClient};

/// What the proofs of finality come from.
pub(crate) struct GrandpaDeps {
	/// How the current round of voting stands.
	pub(crate) shared_voter_state: SharedVoterState,
	/// Who votes.
	pub(crate) shared_authority_set: SharedAuthoritySet<Hash, BlockNumber>,
	/// New justifications.
	pub(crate) justification_stream: GrandpaJustificationStream<Block>,
	/// Runs subscriptions.
	pub(crate) subscription_executor: SubscriptionTaskExecutor,
	/// Stored justifications.
	pub(crate) finality_provider: Arc<FinalityProofProvider<FullBackend, Block>>,
}

/// What the methods work on.
pub(crate) struct FullDeps {
	/// The chain.
	pub(crate) client: Arc<FullClient>,
	/// Transactions that wait.
	pub(crate) pool: Arc<TransactionPoolHandle<Block, FullClient>>,
	/// How far the node has caught up.
	pub(crate) sync_service: Arc<SyncingService<Block>>,
	/// Finality.
	pub(crate) grandpa: GrandpaDeps,
}

/// All methods that are not part of every Substrate node.
pub(crate) fn create_full(
	deps: FullDeps,
) -> Result<RpcModule<()>, Box<dyn std::error::Error + Send + Sync>> {
	use sc_consensus_grandpa_rpc::{Grandpa, GrandpaApiServer};
	use substrate_frame_rpc_system::{System, SystemApiServer};
	use ward::{Ward, WardServer};

	let FullDeps { client, pool, sync_service, grandpa } = deps;
	let mut module = RpcModule::new(());
	module.merge(System::new(client.clone(), pool).into_rpc())?;
	module.merge(
		Grandpa::new(
			grandpa.subscription_executor,
			grandpa.shared_authority_set,
			grandpa.shared_voter_state,
			grandpa.justification_stream,
			grandpa.finality_provider,
		)
		.into_rpc(),
	)?;
	module.merge(Ward::new(client, sync_service).into_rpc())?;
	Ok(module)
}
