//! The connection to a node.

use crate::{Call, CallSigner, ChainError, Finalized, Progress, State};
use futures::Stream;
use ward_primitives::Digest;

/// A connection to a Ward node. Clones share it; it reconnects by itself.
#[derive(Clone)]
pub struct Chain {}

/// Whether a node is up to date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyncStatus {
	/// Whether the node is still catching up with the chain.
	pub is_syncing: bool,
	/// How many peers it is connected to.
	pub peers: usize,
}

impl Chain {
	/// Connects to the node at `url` (`ws://` or `wss://`).
	pub async fn connect(_url: &str) -> Result<Self, ChainError> {
		unimplemented!()
	}

	/// Connects to the node at `url` and checks that it is on the chain with this genesis hash.
	pub async fn connect_to(_url: &str, _genesis: Digest) -> Result<Self, ChainError> {
		unimplemented!()
	}

	/// The hash of the chain's first block.
	pub fn genesis(&self) -> Digest {
		unimplemented!()
	}

	/// The address of the node.
	pub fn url(&self) -> &str {
		unimplemented!()
	}

	/// The chain at the latest finalized block.
	pub async fn finalized(&self) -> Result<State, ChainError> {
		unimplemented!()
	}

	/// The chain at the head of the longest chain that the node knows.
	pub async fn best(&self) -> Result<State, ChainError> {
		unimplemented!()
	}

	/// The chain at the block with this hash.
	pub async fn at(&self, _hash: Digest) -> Result<State, ChainError> {
		unimplemented!()
	}

	/// The chain at the block with this number on the node's best chain.
	pub async fn at_number(&self, _number: u64) -> Result<State, ChainError> {
		unimplemented!()
	}

	/// Every finalized block from the latest one on, in order, without gaps, also across reconnects.
	/// An error does not end the stream: polled again, it goes on with the same block after a pause.
	pub fn finalized_blocks(
		&self,
	) -> impl Stream<Item = Result<State, ChainError>> + Send + Unpin + 'static {
		futures::stream::empty()
	}

	/// Like [`Self::finalized_blocks`], starting with the block with the number `first`.
	pub fn finalized_blocks_from(
		&self,
		_first: u64,
	) -> impl Stream<Item = Result<State, ChainError>> + Send + Unpin + 'static {
		futures::stream::empty()
	}

	/// Whether the node is up to date.
	pub async fn sync_status(&self) -> Result<SyncStatus, ChainError> {
		unimplemented!()
	}

	/// Signs `call`, submits it and waits until it is final.
	pub async fn submit(
		&self,
		_signer: &impl CallSigner,
		_call: Call,
	) -> Result<Finalized, ChainError> {
		unimplemented!()
	}

	/// Like [`Self::submit`], and reports each step to `on`.
	pub async fn submit_with_progress(
		&self,
		_signer: &impl CallSigner,
		_call: Call,
		_on: impl FnMut(Progress) + Send,
	) -> Result<Finalized, ChainError> {
		unimplemented!()
	}
}
