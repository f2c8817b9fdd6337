//! Public sealing keys of others. The chain has only their digests; the keys come with an enrolment
//! offer, from their owner or from a vault, and are checked against the digest.

use std::time::Duration;

use base64::{engine::general_purpose::STANDARD, Engine};
use serde::{Deserialize, Serialize};
use tokio::time::sleep;
use ward_chain_client::State;
use ward_primitives::{
	participant::{SealingKey, SealingSuite},
	ParticipantId, Role,
};

use crate::{
	error::{Context, Error, Kind, Result},
	hex::Hex,
	journal::Journal,
	keys::PublicKeys,
	progress::Progress,
	session::{self, Session},
	vault::{VaultClient, SEALING_KEY_UNKNOWN},
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
pub fn known_key(journal: &Journal, on_chain: &SealingKey) -> Result<Option<Vec<u8>>> {
	Ok(journal.sealing_key(on_chain)?.filter(|key| on_chain.matches(key)))
}

/// The vaults of those of the centers that run one, each once.
pub async fn vaults_of<'s>(
	session: &'s Session,
	state: &State,
	centers: impl IntoIterator<Item = ParticipantId>,
) -> Result<Vec<VaultClient<'s>>> {
	let mut vaults: Vec<VaultClient<'s>> = Vec::new();
	for center in centers {
		let is_new = vaults.iter().all(|vault| vault.center() != center);
		if is_new && state.vault(center).await?.is_some() {
			vaults.push(session.vault(state, center).await?);
		}
	}
	Ok(vaults)
}

/// Asks one vault after the other for the sealing key of a patient, and remembers it. What a vault
/// answers counts only if it has the digest on the chain.
pub async fn ask(
	vaults: &[VaultClient<'_>],
	journal: &Journal,
	patient: ParticipantId,
	on_chain: &SealingKey,
	progress: &dyn Progress,
) -> Result<Vec<u8>> {
	let mut failure = None;
	for vault in vaults {
		let center = vault.center();
		progress.step(&format!("asking center {center} for the sealing key of patient {patient}"));
		match vault.sealing_key(on_chain).await {
			Ok(Some(key)) => {
				journal.save_sealing_key(on_chain, &key)?;
				return Ok(key);
			},
			Ok(None) => {},
			Err(error) => failure = failure.or(Some(error)),
		}
	}
	let what = format!("neither this home nor a vault has the sealing key of patient {patient}");
	// Where a vault failed, the same command may find the key later.
	let kind = failure.as_ref().map_or(Kind::Input, Error::kind);
	let unknown = Error::new(kind, what).code_is(SEALING_KEY_UNKNOWN).hint(
		"the chain holds only its digest: have the patient run `ward keys publish --vault-of \
		 CENTER`, or name the patient's file of `ward keys export-public` with --patient-key, once",
	);
	Err(match failure {
		Some(failure) => unknown.caused_by(failure),
		None => unknown,
	})
}

/// How often a vault is asked again whose node may not know yet what is final elsewhere.
const PATIENCE: u32 = 5;

/// Lodges a public sealing key with a vault, for those who write about its owner. The caller has found
/// on the chain that the owner has this key, and that it may lodge it.
pub async fn lodge(
	vault: &VaultClient<'_>,
	owner: ParticipantId,
	key: &SealingKey,
	public_key: &[u8],
	progress: &dyn Progress,
) -> Result<()> {
	let mut patience = PATIENCE;
	loop {
		progress.step(&format!("lodging the sealing key with center {}", vault.center()));
		match vault.lodge_sealing_key(owner, key, public_key).await {
			Err(error) if patience > 0 && is_behind(&error) => {
				patience -= 1;
				progress.step("waiting for the vault to see the latest block");
				sleep(Duration::from_millis(1_500)).await;
			},
			outcome => return outcome,
		}
	}
}

/// Whether a vault may refuse only because its node is a block behind.
fn is_behind(error: &Error) -> bool {
	["access-denied", "sealing-key-mismatch"].contains(&error.code())
}

/// Lodges the sealing key of a patient where authors look for it: with the vault of the patient's
/// sponsor. Tells whether it is there. A sponsor without a vault, or with one that does not take it, is
/// no failure of what was done before: it can be made up for, and is told.
pub async fn lodge_with_sponsor(
	session: &Session,
	patient: ParticipantId,
	public_key: &[u8],
	progress: &dyn Progress,
) -> bool {
	let lodging = async {
		let state = session.chain.finalized().await?;
		let row = session::participant(&state, patient).await?;
		let is_looked_for = row.role == Role::Patient && row.sealing_key.matches(public_key);
		let vaults = vaults_of(session, &state, row.sponsor.filter(|_| is_looked_for)).await?;
		for vault in &vaults {
			lodge(vault, patient, &row.sealing_key, public_key, progress).await?;
		}
		Ok::<_, Error>(!vaults.is_empty())
	};
	lodging.await.unwrap_or_else(|error| {
		progress.warn(&format!("the sealing key of patient {patient} is not lodged: {error}"));
		false
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
		let found = known_key(&journal, &keys.sealing_key()).unwrap();
		assert_eq!(found, Some(keys.current_sealing().public_key()));
		assert_eq!(known_key(&journal, &Keys::generate().sealing_key()).unwrap(), None);
	}

	#[test]
	fn a_file_without_a_whole_key_is_refused() {
		for bad in [&b"{}"[..], b"", br#"{"sealingKey":"AAAA"}"#, br#"{"sealingKey":"?"}"#] {
			assert_eq!(read_sealing_key(bad).unwrap_err().kind(), Kind::Input);
		}
	}
}
