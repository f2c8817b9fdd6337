//! Finalized blocks, one after the other.

use crate::{rpc::Subscription, Chain, ChainError, State};
use futures::{stream::BoxStream, StreamExt};
use std::time::Duration;
use subxt::{config::substrate::SubstrateHeader, utils::H256};

/// How long to wait after an error before the same block is tried again.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// Follows the finalized chain. The node's subscription says how far it goes; the blocks themselves
/// are asked for by number, so that none is left out whatever the subscription leaves out.
pub(crate) struct FinalizedBlocks {
	chain: Chain,
	/// The number of the next block to deliver; none until the first head is known.
	next: Option<u64>,
	/// The node's own finalized head; none while there is no subscription.
	following: Option<Following>,
	has_failed: bool,
}

struct Following {
	head: u64,
	heads: Subscription<SubstrateHeader<H256>>,
}

impl FinalizedBlocks {
	pub(crate) fn new(chain: &Chain, first: Option<u64>) -> Self {
		Self { chain: chain.clone(), next: first, following: None, has_failed: false }
	}

	pub(crate) fn into_stream(self) -> BoxStream<'static, Result<State, ChainError>> {
		let step = |mut blocks: Self| async move {
			let block = blocks.next_block().await;
			Some((block, blocks))
		};
		futures::stream::unfold(self, step).boxed()
	}

	async fn next_block(&mut self) -> Result<State, ChainError> {
		if std::mem::take(&mut self.has_failed) {
			tokio::time::sleep(RETRY_PAUSE).await;
		}
		let block = self.try_next_block().await;
		self.has_failed = block.is_err();
		block
	}

	async fn try_next_block(&mut self) -> Result<State, ChainError> {
		loop {
			let following = match &mut self.following {
				Some(following) => following,
				none => none.insert(follow(&self.chain).await?),
			};
			let next = *self.next.get_or_insert(following.head);
			if next <= following.head {
				let state = self.chain.at_number(next).await?;
				self.next = Some(next + 1);
				return Ok(state);
			}
			match following.heads.next().await {
				Some(Ok(header)) => following.head = following.head.max(header.number),
				lost => {
					tracing::debug!(?lost, "subscription to finalized blocks lost");
					self.following = None;
				},
			}
		}
	}
}

/// Subscribes, also after a lost connection: the node may be another one then, so its own finalized
/// head counts and not that of the one before.
async fn follow(chain: &Chain) -> Result<Following, ChainError> {
	chain.check_genesis().await?;
	let heads = chain.rpc.finalized_heads().await?;
	let head = chain.rpc.number(chain.rpc.finalized_hash().await?).await?;
	Ok(Following { head, heads })
}

#[cfg(test)]
mod tests;
