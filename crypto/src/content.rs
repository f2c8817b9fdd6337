//! Sealed content: a record's content under its data key, as a vault stores it.

mod bytes;
mod format;
mod key;
mod manifest;
mod open;
mod padme;
mod part;
mod seal;

pub use bytes::ContentBytes;
pub use key::DataKey;
pub use manifest::{Canonicalisation, Manifest, ManifestError, MAX_MANIFEST_LEN};
pub use open::{OpenError, Opener};
pub use padme::padme;
pub use part::{PartOpener, PartWriter};
pub use seal::{SealError, SealPlan, Sealer};

use std::io;
use ward_primitives::Digest;

/// How much is hashed at a time. BLAKE3 is several times as fast on many whole chunks of 1 KiB as on
/// few of them, or on parts.
const HASHED_AT_ONCE: usize = 1 << 17;

/// BLAKE3 and length of everything that `input` yields.
pub fn hash_and_size(mut input: impl io::Read) -> io::Result<(Digest, u64)> {
	let (mut hasher, mut size) = (blake3::Hasher::new(), 0);
	let mut buffer = vec![0; HASHED_AT_ONCE];
	loop {
		let length = seal::read_full(&mut input, &mut buffer)?;
		hasher.update(&buffer[..length]);
		size += length as u64;
		if length < buffer.len() {
			return Ok((hasher.finalize().into(), size));
		}
	}
}

#[cfg(test)]
mod tests;
