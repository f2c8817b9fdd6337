//! What a node says of itself, and what only its operator may ask of it.

use crate::{Chain, ChainError};
use ward_primitives::{Digest, KeyBytes};

/// What program a node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeVersion {
	/// Its name.
	pub name: String,
	/// Its version.
	pub version: String,
}

/// What a runtime says of its version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuntimeVersion {
	/// Its name; an upgrade never changes it.
	pub spec_name: String,
	/// Rises with every change of what it does.
	pub spec_version: u32,
	/// Rises with every change of what signers sign.
	pub transaction_version: u32,
}

/// Public session keys that a node has made, and the proof that it has their secret halves.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionKeys {
	/// The public keys, one after the other.
	pub keys: Vec<u8>,
	/// What the chain wants to see before it takes them from the owner's account.
	pub proof: Vec<u8>,
}

/// The type of witness keys in a node's keystore.
pub const WITNESS_KEY_TYPE: &str = "wtns";

/// The hash that names a runtime's code on the chain: BLAKE2b-256.
pub fn code_hash(code: &[u8]) -> Digest {
	sp_crypto_hashing::blake2_256(code)
}

impl Chain {
	/// What program the node is.
	pub async fn node_version(&self) -> Result<NodeVersion, ChainError> {
		self.rpc.node_version().await
	}

	/// The version of the runtime at the head of the longest chain that the node knows.
	pub async fn runtime_version(&self) -> Result<RuntimeVersion, ChainError> {
		self.rpc.runtime_version().await
	}

	/// Has the node make new session keys and keep their secret halves. `owner` is the account that
	/// will set them. Only for the node's operator: [`ChainError::Unsafe`] for others.
	pub async fn rotate_session_keys(&self, owner: KeyBytes) -> Result<SessionKeys, ChainError> {
		self.rpc.rotate_session_keys(owner).await
	}

	/// Whether the node has the secret halves of these session keys. Only for its operator.
	pub async fn has_session_keys(&self, keys: &[u8]) -> Result<bool, ChainError> {
		self.rpc.has_session_keys(keys).await
	}

	/// Whether the node has the secret half of this witness key. Only for its operator.
	pub async fn has_witness_key(&self, key: KeyBytes) -> Result<bool, ChainError> {
		self.rpc.has_key(key, WITNESS_KEY_TYPE).await
	}

	/// Whether the node answers here what only its operator should ask.
	pub async fn answers_unsafe_methods(&self) -> Result<bool, ChainError> {
		match self.rpc.ask_for_peers().await {
			Ok(()) => Ok(true),
			Err(ChainError::Unsafe { .. }) => Ok(false),
			Err(error) => Err(error),
		}
	}
}

impl std::fmt::Debug for SessionKeys {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		write!(f, "SessionKeys({})", crate::error::hex(&self.keys))
	}
}

#[cfg(test)]
mod tests;
