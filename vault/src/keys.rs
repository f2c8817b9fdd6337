//! Key files, and the key that signs receipts.
//!
//! A key file holds 64 hexadecimal digits and is readable by its owner only. The release key has
//! its own file and its own module, [`crate::release`].

use std::{
	fs::{self, File, OpenOptions},
	io::{self, Write},
	os::unix::fs::{OpenOptionsExt, PermissionsExt},
	path::{Path, PathBuf},
};

use ward_crypto::request::{self, RequestKey, RequestParts, SignedHeaders, MAX_LIFETIME};
use ward_primitives::{proof::KeyAttachment, Deposit, DepositReceipt, KeyBytes};
use zeroize::{Zeroize, Zeroizing};

/// What can be wrong with a key file.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
	/// There is a file already, and keys are never overwritten.
	#[error("{} exists already; keys are never overwritten", .0.display())]
	AlreadyExists(PathBuf),
	/// The vault has worked with a key that is gone now.
	#[error(
		"{} is missing, and the vault has been at work: what was made for this key would be lost with \
		 another one; restore it from a backup", .0.display()
	)]
	Lost(PathBuf),
	/// The file cannot be read or written.
	#[error("{path}: {1}; `ward-vault init` makes the keys", path = .0.display())]
	File(PathBuf, #[source] io::Error),
	/// Others than the owner may read the file.
	#[error("{path} is open to others (mode {1:o}); run `chmod 600` on it", path = .0.display())]
	TooOpen(PathBuf, u32),
	/// The file does not hold a key.
	#[error("{} does not hold 64 hexadecimal digits; restore it from a backup", .0.display())]
	NotAKey(PathBuf),
}

/// Makes a key file with 32 random bytes, durably. It is written aside, and gets its name when it is
/// complete: one that was cut off is no key.
pub(crate) fn create(path: &Path) -> Result<Zeroizing<[u8; 32]>, KeyError> {
	let fault = |error: io::Error| match error.kind() {
		io::ErrorKind::AlreadyExists => KeyError::AlreadyExists(path.into()),
		_ => KeyError::File(path.into(), error),
	};
	let seed = Zeroizing::new(rand::random::<[u8; 32]>());
	let mut text = Zeroizing::new(hex::encode(*seed));
	text.push('\n');
	let aside = path.with_extension("key.new");
	remove(&aside).map_err(fault)?;
	let mut file =
		OpenOptions::new().write(true).create_new(true).mode(0o600).open(&aside).map_err(fault)?;
	file.write_all(text.as_bytes()).map_err(fault)?;
	file.sync_all().map_err(fault)?;
	// Unlike a renaming, this never replaces a key.
	let named = fs::hard_link(&aside, path);
	remove(&aside).map_err(fault)?;
	named.map_err(fault)?;
	if let Some(parent) = path.parent() {
		File::open(parent).and_then(|directory| directory.sync_all()).map_err(fault)?;
	}
	Ok(seed)
}

fn remove(file: &Path) -> io::Result<()> {
	match fs::remove_file(file) {
		Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
		_ => Ok(()),
	}
}

/// Reads a key file; refuses one that others may read.
pub(crate) fn read(path: &Path) -> Result<Zeroizing<[u8; 32]>, KeyError> {
	let fault = |error| KeyError::File(path.into(), error);
	let mode = fs::metadata(path).map_err(fault)?.permissions().mode() & 0o777;
	if mode & 0o077 != 0 {
		return Err(KeyError::TooOpen(path.into(), mode));
	}
	let text = Zeroizing::new(fs::read_to_string(path).map_err(fault)?);
	let mut seed = Zeroizing::new([0u8; 32]);
	hex::decode_to_slice(text.trim_end(), seed.as_mut_slice())
		.map_err(|_| KeyError::NotAKey(path.into()))?;
	Ok(seed)
}

/// Makes a directory for its owner only.
pub fn create_directory(path: &Path) -> Result<(), KeyError> {
	let fault = |error| KeyError::File(path.into(), error);
	fs::create_dir_all(path).map_err(fault)?;
	fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(fault)
}

/// The Ed25519 key with which the vault says that it holds something, and asks the vaults of other
/// custodians for what it has lost. It can do nothing else.
pub struct ReceiptKey(RequestKey);

impl ReceiptKey {
	/// Makes the key file.
	pub fn create(path: &Path) -> Result<Self, KeyError> {
		create(path).map(Self::from_seed)
	}

	/// Reads the key file.
	pub fn read(path: &Path) -> Result<Self, KeyError> {
		read(path).map(Self::from_seed)
	}

	fn from_seed(mut seed: Zeroizing<[u8; 32]>) -> Self {
		let key = Self(RequestKey::from_seed(*seed));
		seed.zeroize();
		key
	}

	/// The public key, as it stands in the center's vault row.
	pub fn public(&self) -> KeyBytes {
		self.0.public()
	}

	/// Signs a receipt.
	pub fn sign(&self, receipt: &DepositReceipt) -> Deposit {
		let DepositReceipt { custodian, expires, .. } = *receipt;
		Deposit { custodian, expires, signature: self.0.sign(&receipt.message()) }
	}

	/// Signs the receipt of a cohort's storage, as `StorageReceipt::message` has it.
	pub(crate) fn sign_storage(&self, message: &[u8]) -> [u8; 64] {
		self.0.sign(message)
	}

	/// Signs a request to another vault, `now` in seconds since the Unix epoch.
	pub(crate) fn sign_request(&self, parts: &RequestParts<'_>, now: u64) -> SignedHeaders {
		let expires = now.saturating_add(MAX_LIFETIME);
		request::sign(parts, &self.0, now, expires, &request::random_nonce())
	}

	/// Signs that this key wants to be attached to its center.
	pub fn attest(&self, attachment: &KeyAttachment) -> [u8; 64] {
		self.0.sign(&attachment.message())
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_key_file_is_made_once_for_its_owner_only_and_read_back() {
		let home = tempfile::tempdir().unwrap();
		let path = home.path().join("receipt.key");
		let made = ReceiptKey::create(&path).unwrap();
		assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
		assert_eq!(ReceiptKey::read(&path).unwrap().public(), made.public());
		assert!(matches!(ReceiptKey::create(&path), Err(KeyError::AlreadyExists(_))));
	}

	#[test]
	fn what_is_left_of_a_key_that_was_cut_off_is_in_nobodys_way() {
		let home = tempfile::tempdir().unwrap();
		let path = home.path().join("receipt.key");
		fs::write(home.path().join("receipt.key.new"), "0123").unwrap();
		let made = ReceiptKey::create(&path).unwrap();
		assert!(ReceiptKey::create(&path).is_err());
		assert_eq!(ReceiptKey::read(&path).unwrap().public(), made.public(), "not overwritten");
		assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
	}

	#[test]
	fn a_key_file_that_others_may_read_is_refused() {
		let home = tempfile::tempdir().unwrap();
		let path = home.path().join("receipt.key");
		ReceiptKey::create(&path).unwrap();
		for mode in [0o640, 0o604, 0o620] {
			fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
			assert!(matches!(ReceiptKey::read(&path), Err(KeyError::TooOpen(..))), "{mode:o}");
		}
	}

	#[test]
	fn a_cut_off_key_file_is_refused() {
		let home = tempfile::tempdir().unwrap();
		let path = home.path().join("receipt.key");
		ReceiptKey::create(&path).unwrap();
		fs::write(&path, "0123").unwrap();
		assert!(matches!(ReceiptKey::read(&path), Err(KeyError::NotAKey(_))));
	}
}
