//! Sealed content: a record's content under its data key, as a vault stores it.

mod format;
mod key;
mod manifest;
mod open;
mod padme;
mod seal;

pub use key::DataKey;
pub use manifest::{Canonicalisation, Manifest, ManifestError, MAX_MANIFEST_LEN};
pub use open::{OpenError, Opener};
pub use padme::padme;
pub use seal::{SealError, SealPlan, Sealer};

use std::io;
use ward_primitives::Digest;

/// BLAKE3 and length of everything that `input` yields.
pub fn hash_and_size(mut input: impl io::Read) -> io::Result<(Digest, u64)> {
	let mut hasher = blake3::Hasher::new();
	let size = io::copy(&mut input, &mut hasher)?;
	Ok((hasher.finalize().into(), size))
}

#[cfg(test)]
mod tests;
