//! Signing calls ahead of sending them.

use crate::{config::WardConfig, transaction::Transaction, Call, CallSigner, Chain, ChainError};
use subxt::client::OnlineClientAtBlock;
use ward_primitives::{Digest, KeyBytes};

/// Signs calls without asking the node for each: for who sends many and counts the nonces.
///
/// What is signed can be in the 64 blocks after the finalized block at which the signing began.
pub struct Signing {
	client: OnlineClientAtBlock<WardConfig>,
	block: Digest,
}

/// A signed call, as `author_submitExtrinsic` takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedCall {
	/// The transaction's hash.
	pub hash: Digest,
	/// The transaction.
	pub bytes: Vec<u8>,
}

impl Chain {
	/// Begins to sign, at the latest finalized block.
	pub async fn signing(&self) -> Result<Signing, ChainError> {
		let block = self.rpc.finalized_hash().await?;
		let client = self.client_at(block, self.rpc.number(block).await?).await?;
		Ok(Signing { client, block })
	}

	/// The nonce for the next transaction of an account, those in the node's pool counted.
	pub async fn next_nonce(&self, account: KeyBytes) -> Result<u64, ChainError> {
		self.rpc.next_nonce(account).await
	}
}

impl Signing {
	/// Signs `call` as the transaction of `signer` with this nonce.
	pub fn sign(
		&self,
		signer: &impl CallSigner,
		nonce: u64,
		call: Call,
	) -> Result<SignedCall, ChainError> {
		let signed = Transaction::sign(&self.client, self.block, signer, nonce, call)?;
		Ok(SignedCall { hash: signed.hash, bytes: signed.bytes })
	}
}

impl std::fmt::Debug for Signing {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		f.debug_struct("Signing").field("block", &self.block).finish_non_exhaustive()
	}
}
