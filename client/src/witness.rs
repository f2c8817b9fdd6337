//! The witness key of an authority's node: what its off-chain worker signs reports of storage with.
//!
//! Its secret half belongs into the keystore of the node alone. It can sign no call, so that a node that
//! is broken into can lie about what it has seen, and do nothing else in its center's name.

use std::{
	fs,
	path::{Path, PathBuf},
};

use serde::Serialize;
use ward_chain_client::{Call, Chain, ChainError, Finalized, State, WITNESS_KEY_TYPE};
use ward_crypto::request::RequestKey;
use ward_primitives::{KeyBytes, KeyRoles, KeyRow, ParticipantId, Role};

use crate::{
	error::{Context, Error, Kind, Result},
	hex::Hex,
	keys::{read_seed, write_seed},
	progress::Progress,
	proof,
	session::{self, Session},
};

/// How long the proof of a new key counts, in milliseconds.
const PROOF_VALIDITY: u64 = 3_600_000;

/// The key whose seed is in the file, or a new one, whose seed is there from now on. Tells whether it
/// was there before.
pub fn key_in_file(path: &Path) -> Result<(RequestKey, bool)> {
	if path.exists() {
		return Ok((read_seed(path)?, true));
	}
	let key = RequestKey::generate();
	write_seed(path, &key)
		.context(Kind::Other, || format!("{} cannot be written", path.display()))?;
	Ok((key, false))
}

/// Attaches a witness key to the session's medical center; none if it is attached already.
pub async fn attach(
	session: &Session,
	key: &RequestKey,
	progress: &dyn Progress,
) -> Result<Option<Finalized>> {
	let state = session.chain.finalized().await?;
	let own = session::participant(&state, session.id).await?;
	if own.role != Role::MedicalCenter {
		let what = format!("participant {} is no medical center", session.id);
		return Err(Error::new(Kind::Input, what)
			.code_is("wrong-role")
			.hint("only medical centers have seats, and so witness keys; check --home"));
	}
	if let Some(row) = state.key(key.public()).await? {
		let standing = Standing::of(Some(&row), session.id, state.timestamp);
		return match standing {
			Standing::Attached => Ok(None),
			_ => Err(Error::new(Kind::Refused, format!("the key {}", standing.in_words()))
				.code_is("key-taken")
				.hint("name a file that is not there yet: a key is never registered twice")),
		};
	}
	let until = state.timestamp.saturating_add(PROOF_VALIDITY);
	let roles = KeyRoles::WITNESS;
	let proof = proof::sign_attachment(key, session.genesis(), session.id, roles, until);
	let call = Call::attach_key(key.public(), roles, until, proof);
	session.submit(call, progress).await.map(Some)
}

/// How a key stands on the chain, as a witness key of a center.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
	/// It is one, and live.
	Attached,
	/// The chain does not know it.
	Unknown,
	/// It was retired.
	Retired,
	/// It belongs to somebody else.
	Foreign,
	/// It is there for something else.
	OtherRole,
}

impl Standing {
	/// That of a key with this row.
	pub fn of(row: Option<&KeyRow>, center: ParticipantId, now: u64) -> Self {
		match row {
			None => Self::Unknown,
			Some(row) if row.participant != center => Self::Foreign,
			Some(row) if row.roles != KeyRoles::WITNESS => Self::OtherRole,
			Some(row) if !row.live.contains(now) => Self::Retired,
			Some(_) => Self::Attached,
		}
	}

	/// What the key is or does, in words.
	pub const fn in_words(self) -> &'static str {
		match self {
			Self::Attached => "is attached on the chain",
			Self::Unknown => "is not on the chain",
			Self::Retired => "is retired",
			Self::Foreign => "belongs to another participant",
			Self::OtherRole => "is no witness key",
		}
	}
}

/// A witness key, as far as it can be looked at from here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
	/// The public key.
	pub key: KeyBytes,
	/// How it stands on the chain.
	pub standing: Standing,
	/// Whether the node has its secret half, or why that is not known.
	pub is_in_node: Result<bool, String>,
}

/// Looks at these keys, each once.
pub async fn look_at(
	chain: &Chain,
	state: &State,
	center: ParticipantId,
	keys: &[KeyBytes],
) -> Result<Vec<Known>> {
	let mut known: Vec<Known> = Vec::new();
	for key in keys {
		if known.iter().any(|known| known.key == *key) {
			continue;
		}
		let standing = Standing::of(state.key(*key).await?.as_ref(), center, state.timestamp);
		let is_in_node = match chain.has_witness_key(*key).await {
			Err(error @ ChainError::Unsafe { .. }) => Err(error.to_string()),
			has => Ok(has?),
		};
		known.push(Known { key: *key, standing, is_in_node });
	}
	Ok(known)
}

/// The public witness keys in the keystores of a node's directory. What cannot be read there has none.
pub fn in_keystores(data_dir: &Path) -> Vec<KeyBytes> {
	let entries = |directory: PathBuf| fs::read_dir(directory).into_iter().flatten().flatten();
	let chains = entries(data_dir.join("chains"));
	let files = chains.flat_map(|chain| entries(chain.path().join("keystore")));
	let prefix: String = WITNESS_KEY_TYPE.bytes().map(|byte| format!("{byte:02x}")).collect();
	let key = |name: &str| {
		let Hex(key) = format!("0x{}", name.strip_prefix(&prefix)?).parse().ok()?;
		Some(key)
	};
	files.filter_map(|file| key(file.file_name().to_str()?)).collect()
}

/// How to give the node its key.
pub fn how_to_insert(seed: &Path) -> String {
	format!(
		"ward-node key insert --base-path DATA --chain SPEC --scheme ed25519 --key-type \
		 {WITNESS_KEY_TYPE} --suri {}",
		seed.display()
	)
}

#[cfg(test)]
mod tests {
	use super::*;
	use ward_primitives::Interval;

	const OWN: ParticipantId = ParticipantId(2);

	#[test]
	fn only_a_live_witness_key_of_the_center_counts() {
		let live = Interval { from: 5, until: None };
		let row = KeyRow { participant: OWN, roles: KeyRoles::WITNESS, live };
		let standing = |row: &KeyRow| Standing::of(Some(row), OWN, 10);
		assert_eq!(standing(&row), Standing::Attached);
		assert_eq!(standing(&KeyRow { participant: ParticipantId(3), ..row }), Standing::Foreign);
		assert_eq!(standing(&KeyRow { roles: KeyRoles::RECEIPT, ..row }), Standing::OtherRole);
		let ended = Interval { from: 5, until: Some(10) };
		assert_eq!(standing(&KeyRow { live: ended, ..row }), Standing::Retired);
		assert_eq!(Standing::of(None, OWN, 10), Standing::Unknown);
	}

	#[test]
	fn a_key_is_made_once_and_found_in_its_file_after_that() {
		let dir = tempfile::tempdir().unwrap();
		let path = dir.path().join("witness.seed");
		let (made, existed) = key_in_file(&path).unwrap();
		assert!(!existed);
		let (found, existed) = key_in_file(&path).unwrap();
		assert!(existed);
		assert_eq!(made.public(), found.public());
	}

	#[test]
	fn witness_keys_are_told_from_other_keys_in_a_keystore() {
		let dir = tempfile::tempdir().unwrap();
		assert!(in_keystores(dir.path()).is_empty());
		let keystore = dir.path().join("chains/ward/keystore");
		fs::create_dir_all(&keystore).unwrap();
		let name = |kind: &str, byte: &str| format!("{kind}{}", byte.repeat(32));
		for file in [name("77746e73", "0a"), name("61757261", "0b"), "77746e73".into()] {
			fs::write(keystore.join(file), b"\"0x\"").unwrap();
		}
		assert_eq!(in_keystores(dir.path()), [[10; 32]]);
	}
}
