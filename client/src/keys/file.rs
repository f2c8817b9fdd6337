//! The key file: JSON with the public keys in the clear and the secret ones encrypted.
//!
//! The key of ChaCha20-Poly1305 is made from the passphrase with Argon2id; everything in the clear is
//! its associated data, so no public key and no parameter can be exchanged unnoticed.

use std::{
	io,
	path::{Path, PathBuf},
};

use argon2::{Algorithm, Argon2, Params, Version};
use base64::{engine::general_purpose::STANDARD, Engine};
use ring::aead::{Aad, LessSafeKey, Nonce, UnboundKey, CHACHA20_POLY1305};
use serde::{Deserialize, Serialize};
use ward_primitives::{
	participant::{SealingKey, SealingSuite},
	KeyBytes,
};
use zeroize::Zeroizing;

use super::{random, Keys, Passphrase, Secret};
use crate::{files, hex::Hex};

/// What can be wrong with a key file.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
	/// There is none.
	#[error("there are no keys at {}", .0.display())]
	Missing(PathBuf),
	/// There is one already.
	#[error("there are keys at {} already; they are never overwritten", .0.display())]
	AlreadyExists(PathBuf),
	/// Others than the owner can read or write it.
	#[error("{} is open to others (mode bits {bits:o})", .path.display(), bits = .bits)]
	TooOpen {
		/// Where it is.
		path: PathBuf,
		/// The permission bits that are too many.
		bits: u32,
	},
	/// It is no key file of a version that this program knows.
	#[error("{} is no key file that this version of ward can read", .0.display())]
	Malformed(PathBuf),
	/// It does not decrypt.
	#[error("the passphrase is wrong, or {} was altered", .0.display())]
	WrongPassphrase(PathBuf),
	/// It cannot be read or written.
	#[error("{} cannot be read or written", .0.display())]
	File(PathBuf, #[source] io::Error),
}

/// How much work it is to try a passphrase: Argon2id's memory, passes and lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Strength {
	memory_kib: u32,
	passes: u32,
	lanes: u32,
}

impl Strength {
	/// The second recommended option of RFC 9106: 64 MiB, 3 passes, 4 lanes.
	pub const RECOMMENDED: Self = Self { memory_kib: 64 * 1024, passes: 3, lanes: 4 };

	/// More than this is not read from a file: it may come from somebody else.
	const MOST: Self = Self { memory_kib: 1024 * 1024, passes: 16, lanes: 16 };

	/// Next to none, for tests only.
	#[cfg(test)]
	pub(crate) const WEAK: Self = Self { memory_kib: 32, passes: 1, lanes: 4 };

	fn is_bearable(self) -> bool {
		self.memory_kib <= Self::MOST.memory_kib
			&& self.passes <= Self::MOST.passes
			&& self.lanes <= Self::MOST.lanes
	}

	fn derive(self, passphrase: &Passphrase, salt: &[u8; 16]) -> Option<Zeroizing<[u8; 32]>> {
		let params = Params::new(self.memory_kib, self.passes, self.lanes, Some(32)).ok()?;
		let mut key = Zeroizing::new([0; 32]);
		Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
			.hash_password_into(passphrase.as_bytes(), salt, key.as_mut_slice())
			.ok()?;
		Some(key)
	}
}

/// What a key file says in the clear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKeys {
	/// The account: the public key that signs calls and requests.
	pub account: KeyBytes,
	/// The public sealing key, in full.
	pub sealing_key: Vec<u8>,
}

impl PublicKeys {
	/// The sealing key as the chain knows it.
	pub fn sealing_digest(&self) -> SealingKey {
		SealingKey::of(SealingSuite::XWing, &self.sealing_key)
	}

	/// The public sealing key in base64.
	pub fn sealing_base64(&self) -> String {
		STANDARD.encode(&self.sealing_key)
	}
}

#[derive(Clone, Copy, Serialize, Deserialize)]
enum Format {
	#[serde(rename = "ward-keys/v1")]
	V1,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
	format: Format,
	account: Hex<32>,
	/// Base64.
	sealing_key: String,
	/// Argon2id, version 1.3.
	argon2id: Strength,
	salt: Hex<16>,
	nonce: Hex<12>,
	/// ChaCha20-Poly1305, base64.
	sealed: String,
}

impl Document {
	/// Everything but `nonce` and `sealed`, which the cipher covers by itself.
	fn associated(&self) -> Vec<u8> {
		let Strength { memory_kib, passes, lanes } = self.argon2id;
		let text = format!(
			"ward-keys/v1\0{}\0{}\0{memory_kib}\0{passes}\0{lanes}\0{}",
			self.account, self.sealing_key, self.salt
		);
		text.into_bytes()
	}
}

/// Where a participant's keys are kept.
#[derive(Clone, Debug)]
pub struct KeyFile {
	path: PathBuf,
	strength: Strength,
}

impl KeyFile {
	/// The key file at `path`, which need not exist.
	pub const fn new(path: PathBuf) -> Self {
		Self { path, strength: Strength::RECOMMENDED }
	}

	/// The same with another strength for what is written.
	#[must_use]
	pub const fn with_strength(mut self, strength: Strength) -> Self {
		self.strength = strength;
		self
	}

	/// Where it is.
	pub fn path(&self) -> &Path {
		&self.path
	}

	/// Whether there is one.
	pub fn exists(&self) -> bool {
		self.path.exists()
	}

	/// What it says in the clear. Without the passphrase nobody can tell whether it was altered.
	pub fn public(&self) -> Result<PublicKeys, KeyFileError> {
		self.public_of(&self.read()?)
	}

	/// Decrypts the keys.
	pub fn unlock(&self, passphrase: &Passphrase) -> Result<Keys, KeyFileError> {
		let document = self.read()?;
		let malformed = || KeyFileError::Malformed(self.path.clone());
		let wrong = || KeyFileError::WrongPassphrase(self.path.clone());
		let key = document.argon2id.derive(passphrase, &document.salt.0).ok_or_else(malformed)?;
		let sealed = STANDARD.decode(&document.sealed).map_err(|_| malformed())?;
		let mut sealed = Zeroizing::new(sealed);
		let nonce = Nonce::assume_unique_for_key(document.nonce.0);
		let opened = cipher(&key)
			.open_in_place(nonce, Aad::from(document.associated()), sealed.as_mut_slice())
			.map_err(|_| wrong())?;
		let secret: Secret =
			codec::DecodeAll::decode_all(&mut &*opened).map_err(|_| malformed())?;
		let keys = Keys::from_secret(&secret).ok_or_else(malformed)?;
		match keys.account().public() == document.account.0 {
			true => Ok(keys),
			false => Err(malformed()),
		}
	}

	/// Writes the keys of a new home.
	pub fn create(&self, keys: &Keys, passphrase: &Passphrase) -> Result<(), KeyFileError> {
		files::write_new(&self.path, &self.document(keys, passphrase)?).map_err(|error| match error
			.kind()
		{
			io::ErrorKind::AlreadyExists => KeyFileError::AlreadyExists(self.path.clone()),
			_ => KeyFileError::File(self.path.clone(), error),
		})
	}

	/// Replaces the keys, all or nothing.
	pub fn replace(&self, keys: &Keys, passphrase: &Passphrase) -> Result<(), KeyFileError> {
		files::write(&self.path, &self.document(keys, passphrase)?)
			.map_err(|error| KeyFileError::File(self.path.clone(), error))
	}

	fn document(&self, keys: &Keys, passphrase: &Passphrase) -> Result<Vec<u8>, KeyFileError> {
		let malformed = || KeyFileError::Malformed(self.path.clone());
		let mut document = Document {
			format: Format::V1,
			account: Hex(keys.account().public()),
			sealing_key: STANDARD.encode(keys.current_sealing().public_key()),
			argon2id: self.strength,
			salt: Hex(random()),
			nonce: Hex(random()),
			sealed: String::new(),
		};
		let key = self.strength.derive(passphrase, &document.salt.0).ok_or_else(malformed)?;
		let mut sealed = keys.to_secret().to_bytes();
		let nonce = Nonce::assume_unique_for_key(document.nonce.0);
		let associated = Aad::from(document.associated());
		let tag = cipher(&key)
			.seal_in_place_separate_tag(nonce, associated, sealed.as_mut_slice())
			.map_err(|_| malformed())?;
		document.sealed = STANDARD.encode([&sealed[..], tag.as_ref()].concat());
		let mut bytes = serde_json::to_vec_pretty(&document).map_err(|_| malformed())?;
		bytes.push(b'\n');
		Ok(bytes)
	}

	fn read(&self) -> Result<Document, KeyFileError> {
		let fault = |error: io::Error| match error.kind() {
			io::ErrorKind::NotFound => KeyFileError::Missing(self.path.clone()),
			_ => KeyFileError::File(self.path.clone(), error),
		};
		match files::open_to_others(&self.path).map_err(fault)? {
			0 => {},
			bits => return Err(KeyFileError::TooOpen { path: self.path.clone(), bits }),
		}
		let bytes = std::fs::read(&self.path).map_err(fault)?;
		serde_json::from_slice::<Document>(&bytes)
			.ok()
			.filter(|document| document.argon2id.is_bearable())
			.ok_or_else(|| KeyFileError::Malformed(self.path.clone()))
	}

	fn public_of(&self, document: &Document) -> Result<PublicKeys, KeyFileError> {
		let sealing_key = STANDARD
			.decode(&document.sealing_key)
			.map_err(|_| KeyFileError::Malformed(self.path.clone()))?;
		Ok(PublicKeys { account: document.account.0, sealing_key })
	}
}

fn cipher(key: &[u8; 32]) -> LessSafeKey {
	let key = UnboundKey::new(&CHACHA20_POLY1305, key)
		.expect("32 bytes are a key of ChaCha20-Poly1305; qed");
	LessSafeKey::new(key)
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::{fs, os::unix::fs::PermissionsExt};

	fn key_file(dir: &tempfile::TempDir) -> KeyFile {
		KeyFile::new(dir.path().join("keys.json")).with_strength(Strength::WEAK)
	}

	fn passphrase(text: &str) -> Passphrase {
		Passphrase::new(text.as_bytes().to_vec()).unwrap()
	}

	#[test]
	fn keys_come_back_only_with_their_passphrase_and_the_file_stays_as_it_is() {
		let dir = tempfile::tempdir().unwrap();
		let file = key_file(&dir);
		let keys = Keys::generate();
		file.create(&keys, &passphrase("correct horse")).unwrap();
		let before = fs::read(file.path()).unwrap();

		let error = file.unlock(&passphrase("incorrect horse")).unwrap_err();
		assert!(matches!(error, KeyFileError::WrongPassphrase(_)));
		assert_eq!(fs::read(file.path()).unwrap(), before);

		let again = file.unlock(&passphrase("correct horse")).unwrap();
		assert_eq!(again.account().public(), keys.account().public());
		assert_eq!(again.sealing_key(), keys.sealing_key());
		assert_eq!(again.journal().0, keys.journal().0);
		let public = file.public().unwrap();
		assert_eq!(public.account, keys.account().public());
		assert_eq!(public.sealing_digest(), keys.sealing_key());
	}

	#[test]
	fn no_secret_stands_in_the_file() {
		let dir = tempfile::tempdir().unwrap();
		let file = key_file(&dir);
		let keys = Keys::generate();
		file.create(&keys, &passphrase("pass")).unwrap();
		let text = fs::read_to_string(file.path()).unwrap();
		for secret in [keys.account().expose(), keys.current_sealing().expose(), &keys.journal().0]
		{
			assert!(!text.contains(&Hex(*secret).to_string()[2..]));
			assert!(!text.contains(&STANDARD.encode(secret)[..40]));
		}
		assert_eq!(fs::metadata(file.path()).unwrap().permissions().mode() & 0o777, 0o600);
	}

	#[test]
	fn an_exchanged_public_key_is_noticed() {
		let dir = tempfile::tempdir().unwrap();
		let file = key_file(&dir);
		file.create(&Keys::generate(), &passphrase("pass")).unwrap();
		let mut document = file.read().unwrap();
		document.sealing_key = STANDARD.encode(Keys::generate().current_sealing().public_key());
		fs::write(file.path(), serde_json::to_vec(&document).unwrap()).unwrap();
		let error = file.unlock(&passphrase("pass")).unwrap_err();
		assert!(matches!(error, KeyFileError::WrongPassphrase(_)));
	}

	#[test]
	fn keys_are_never_overwritten_by_new_ones() {
		let dir = tempfile::tempdir().unwrap();
		let file = key_file(&dir);
		let keys = Keys::generate();
		file.create(&keys, &passphrase("pass")).unwrap();
		let error = file.create(&Keys::generate(), &passphrase("pass")).unwrap_err();
		assert!(matches!(error, KeyFileError::AlreadyExists(_)));
		assert_eq!(file.public().unwrap().account, keys.account().public());
	}

	#[test]
	fn a_rotation_keeps_both_keys_until_it_is_finished() {
		let dir = tempfile::tempdir().unwrap();
		let file = key_file(&dir);
		let mut keys = Keys::generate();
		let old = keys.account().public();
		file.create(&keys, &passphrase("pass")).unwrap();
		let next = keys.begin_rotation().public();
		assert_eq!(keys.begin_rotation().public(), next, "begun again it is the same rotation");
		file.replace(&keys, &passphrase("pass")).unwrap();

		let mut reread = file.unlock(&passphrase("pass")).unwrap();
		assert_eq!(reread.account().public(), old);
		assert_eq!(reread.next_account().map(|key| key.public()), Some(next));
		reread.finish_rotation();
		reread.renew_sealing();
		file.replace(&reread, &passphrase("pass")).unwrap();
		let done = file.unlock(&passphrase("pass")).unwrap();
		assert_eq!(done.account().public(), next);
		assert!(done.next_account().is_none());
		assert_eq!(done.sealing()[1].sealing_key(), keys.sealing_key(), "old wraps still open");
	}

	#[test]
	fn under_another_passphrase_all_keys_are_the_same_and_a_cut_off_change_changes_nothing() {
		let dir = tempfile::tempdir().unwrap();
		let file = key_file(&dir);
		let mut keys = Keys::generate();
		keys.renew_sealing();
		let next = keys.begin_rotation().public();
		file.create(&keys, &passphrase("old")).unwrap();
		// A process that died while it wrote the new file.
		let written = file.document(&keys, &passphrase("new")).unwrap();
		fs::write(dir.path().join(".keys.json.4711.part"), &written[..written.len() / 2]).unwrap();
		assert_eq!(
			file.unlock(&passphrase("old")).unwrap().account().public(),
			keys.account().public()
		);

		file.replace(&keys, &passphrase("new")).unwrap();
		let error = file.unlock(&passphrase("old")).unwrap_err();
		assert!(matches!(error, KeyFileError::WrongPassphrase(_)));
		let again = file.unlock(&passphrase("new")).unwrap();
		assert_eq!(again.account().public(), keys.account().public());
		assert_eq!(again.next_account().map(|key| key.public()), Some(next));
		assert_eq!(again.journal().0, keys.journal().0);
		let digests = |keys: &Keys| -> Vec<_> {
			keys.sealing().iter().map(|secret| secret.sealing_key()).collect()
		};
		assert_eq!(digests(&again), digests(&keys));
		assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "the remainder is gone");
	}

	#[test]
	fn a_file_that_is_open_to_others_malformed_or_too_costly_is_refused() {
		let dir = tempfile::tempdir().unwrap();
		let file = key_file(&dir);
		assert!(matches!(file.public(), Err(KeyFileError::Missing(_))));
		file.create(&Keys::generate(), &passphrase("pass")).unwrap();
		fs::set_permissions(file.path(), fs::Permissions::from_mode(0o640)).unwrap();
		assert!(matches!(file.public(), Err(KeyFileError::TooOpen { bits: 0o040, .. })));
		fs::set_permissions(file.path(), fs::Permissions::from_mode(0o600)).unwrap();
		let mut document = file.read().unwrap();
		document.argon2id.memory_kib = u32::MAX;
		fs::write(file.path(), serde_json::to_vec(&document).unwrap()).unwrap();
		assert!(matches!(file.unlock(&passphrase("pass")), Err(KeyFileError::Malformed(_))));
		fs::write(file.path(), b"{").unwrap();
		assert!(matches!(file.public(), Err(KeyFileError::Malformed(_))));
	}
}
