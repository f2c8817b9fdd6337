//! Content in memory.

use std::{io::Cursor, sync::Arc};
use ward_primitives::Digest;

/// A content in memory. It cannot change, so it is hashed once, whatever is done with it. Clones share
/// it.
#[derive(Clone, Debug)]
pub struct ContentBytes(Arc<(Vec<u8>, Digest)>);

impl ContentBytes {
	/// BLAKE3 of the bytes.
	pub fn digest(&self) -> Digest {
		self.0 .1
	}

	/// Starts to read them.
	pub const fn reader(self) -> Cursor<Self> {
		Cursor::new(self)
	}
}

impl From<Vec<u8>> for ContentBytes {
	fn from(bytes: Vec<u8>) -> Self {
		let digest = blake3::hash(&bytes).into();
		Self(Arc::new((bytes, digest)))
	}
}

impl AsRef<[u8]> for ContentBytes {
	fn as_ref(&self) -> &[u8] {
		&self.0 .0
	}
}
