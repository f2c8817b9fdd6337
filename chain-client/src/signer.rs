//! Who signs calls.

use ward_crypto::request::RequestKey;
use ward_primitives::KeyBytes;

/// An Ed25519 key that signs calls.
pub trait CallSigner: Send + Sync {
	/// The account: the public key itself.
	fn account(&self) -> KeyBytes;

	/// Signs a transaction's payload.
	fn sign(&self, payload: &[u8]) -> [u8; 64];
}

impl CallSigner for RequestKey {
	fn account(&self) -> KeyBytes {
		self.public()
	}

	fn sign(&self, payload: &[u8]) -> [u8; 64] {
		RequestKey::sign(self, payload)
	}
}
