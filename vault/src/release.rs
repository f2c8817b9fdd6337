//! The release service: the one place where a data key is in the open, for as long as it takes to
//! wrap it for the next reader.
//!
//! Its key never leaves this module and never meets the receipt key.

use std::path::Path;

use ward_crypto::wrap::{self, SealingSecret, WrapContext, WrapError, WrappedKey};
use ward_primitives::{participant::SealingSuite, Digest, ParticipantId, RecordId};

use crate::keys::{self, KeyError};

/// Holds the center's release key.
pub struct ReleaseService {
	secret: SealingSecret,
	center: ParticipantId,
}

impl ReleaseService {
	/// Makes the key file and returns the public key.
	pub fn create_key(path: &Path) -> Result<Vec<u8>, KeyError> {
		Ok(SealingSecret::from_bytes(*keys::create(path)?).public_key())
	}

	/// Reads the key file of the vault of `center`.
	pub fn read(path: &Path, center: ParticipantId) -> Result<Self, KeyError> {
		Ok(Self { secret: SealingSecret::from_bytes(*keys::read(path)?), center })
	}

	/// The suite of the release key.
	pub fn suite(&self) -> SealingSuite {
		SealingSuite::XWing
	}

	/// The public key to which authors wrap data keys for this vault.
	pub fn public(&self) -> Vec<u8> {
		self.secret.public_key()
	}

	/// Whether the custodian's wrap of a record opens, so that it can be released later.
	pub fn check(
		&self,
		wrapped: &WrappedKey,
		genesis: Digest,
		record: RecordId,
	) -> Result<(), WrapError> {
		let context = WrapContext { genesis, record, recipient: self.center };
		wrap::unwrap(wrapped, &self.secret, &context).map(drop)
	}

	/// Wraps the data key in the custodian's wrap for `reader`. The caller has decided, and has
	/// written the decision to the access log.
	pub fn rewrap(
		&self,
		wrapped: &WrappedKey,
		genesis: Digest,
		record: RecordId,
		reader: ParticipantId,
		reader_key: &[u8],
	) -> Result<WrappedKey, WrapError> {
		let own = WrapContext { genesis, record, recipient: self.center };
		let data_key = wrap::unwrap(wrapped, &self.secret, &own)?;
		wrap::wrap(&data_key, reader_key, &WrapContext { genesis, record, recipient: reader })
	}
}
