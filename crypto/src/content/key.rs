//! Data keys.

use rand::{rngs::OsRng, RngCore, TryRngCore};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// The key that one record's content is sealed under. Erased from memory when it is dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct DataKey([u8; 32]);

impl DataKey {
	/// A new random key. Use it for one record only: nonces count from zero.
	///
	/// # Panics
	/// If the operating system has no randomness to give.
	pub fn generate() -> Self {
		let mut key = Self([0; 32]);
		OsRng.unwrap_err().fill_bytes(&mut key.0);
		key
	}

	/// The key with these bytes.
	pub fn from_bytes(mut bytes: [u8; 32]) -> Self {
		let key = Self(bytes);
		bytes.zeroize();
		key
	}

	/// The key's bytes. Whoever has them can read the record.
	pub const fn expose(&self) -> &[u8; 32] {
		&self.0
	}
}

impl std::fmt::Debug for DataKey {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		f.write_str("DataKey(..)")
	}
}
