//! Public sealing keys of others. The chain has only their digests; the keys come with an enrolment
//! offer or from their owner, and are checked against the digest.

use serde::{Deserialize, Serialize};
use ward_primitives::{
	participant::{SealingKey, SealingSuite},
	ParticipantId,
};

use base64::{engine::general_purpose::STANDARD, Engine};

use crate::{
	error::{Context, Error, Kind, Result},
	hex::Hex,
	journal::Journal,
	keys::PublicKeys,
};

#[derive(Clone, Copy, Serialize, Deserialize)]
enum Format {
	#[serde(rename = "ward-public-keys/v1")]
	V1,
}

/// The public keys of a participant as a file that can be handed on.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PublicKeyFile {
	format: Format,
	/// The account.
	pub account: Hex<32>,
	/// The suite of the sealing key.
	pub sealing_suite: SealingSuite,
	/// The public sealing key in base64.
	pub sealing_key: String,
	/// Its digest, as on the chain.
	pub sealing_digest: Hex<32>,
}

impl PublicKeyFile {
	/// The file for these keys.
	pub fn new(keys: &PublicKeys) -> Self {
		Self {
			format: Format::V1,
			account: Hex(keys.account),
			sealing_suite: SealingSuite::XWing,
			sealing_key: keys.sealing_base64(),
			sealing_digest: Hex(keys.sealing_digest().digest),
		}
	}
}

/// The public sealing key in a JSON file that `ward keys export-public` or `ward enrol offer` made.
pub fn read_sealing_key(json: &[u8]) -> Result<Vec<u8>> {
	#[derive(Deserialize)]
	#[serde(rename_all = "camelCase")]
	struct HasKey {
		sealing_key: String,
	}
	let what = || "the file holds no public sealing key".to_owned();
	let hint = "make it with `ward keys export-public`";
	let read = || -> Result<Vec<u8>> {
		let file: HasKey = serde_json::from_slice(json).context(Kind::Input, what)?;
		STANDARD.decode(file.sealing_key).context(Kind::Input, what)
	};
	let key = read().map_err(|error| error.hint(hint))?;
	match key.len() == SealingSuite::XWing.public_key_len() {
		true => Ok(key),
		false => Err(Error::new(Kind::Input, what()).hint(hint)),
	}
}

/// Remembers a public sealing key for later records.
pub fn remember(journal: &Journal, key: &[u8]) -> Result<SealingKey> {
	let digest = SealingKey::of(SealingSuite::XWing, key);
	journal.save_sealing_key(&digest, key)?;
	Ok(digest)
}

/// The remembered key with this digest.
pub fn known_key(journal: &Journal, of: ParticipantId, on_chain: &SealingKey) -> Result<Vec<u8>> {
	let known = journal.sealing_key(on_chain)?.filter(|key| on_chain.matches(key));
	known.ok_or_else(|| {
		Error::new(Kind::Input, format!("this home does not have the sealing key of patient {of}"))
			.code_is("sealing-key-unknown")
			.hint(
				"the chain holds only its digest: get the file of `ward keys export-public` from the \
				 patient or the enrolling center and name it with --patient-key, once",
			)
	})
}

/// The error for a key that is not the one on the chain.
pub fn not_the_key(of: ParticipantId) -> Error {
	Error::new(Kind::Input, format!("this is not the sealing key of patient {of} on the chain"))
		.code_is("sealing-key-mismatch")
		.hint("get a new file of `ward keys export-public` from the patient, and check --patient")
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::keys::Keys;

	fn file(keys: &Keys) -> PublicKeyFile {
		PublicKeyFile::new(&PublicKeys {
			account: keys.account().public(),
			sealing_key: keys.current_sealing().public_key(),
		})
	}

	#[tokio::test]
	async fn an_exported_key_is_found_again_by_its_digest_only() {
		let dir = tempfile::tempdir().unwrap();
		let journal = Journal::open(&dir.path().join("journal.redb")).await.unwrap();
		let keys = Keys::generate();
		let json = serde_json::to_vec(&file(&keys)).unwrap();
		let key = read_sealing_key(&json).unwrap();
		remember(&journal, &key).unwrap();
		let found = known_key(&journal, ParticipantId(1), &keys.sealing_key()).unwrap();
		assert_eq!(found, keys.current_sealing().public_key());
		let other = Keys::generate().sealing_key();
		let error = known_key(&journal, ParticipantId(1), &other).unwrap_err();
		assert_eq!(error.code(), "sealing-key-unknown");
	}

	#[test]
	fn a_file_without_a_whole_key_is_refused() {
		for bad in [&b"{}"[..], b"", br#"{"sealingKey":"AAAA"}"#, br#"{"sealingKey":"?"}"#] {
			assert_eq!(read_sealing_key(bad).unwrap_err().kind(), Kind::Input);
		}
	}
}
