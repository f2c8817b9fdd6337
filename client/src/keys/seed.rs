//! Secret keys in files of their own, as `ward-node key generate` and `ward-node key insert` have them:
//! the seed as `0x` and 64 hexadecimal digits.

use std::{fs, io, path::Path};

use ward_crypto::request::RequestKey;
use zeroize::{Zeroize, Zeroizing};

use crate::{
	error::{Context, Error, Kind, Result},
	files,
	hex::Hex,
};

/// Reads a key's seed from a file that only its owner can read.
pub fn read_seed(path: &Path) -> Result<RequestKey> {
	let what = || format!("{} holds no secret seed", path.display());
	let bits = files::open_to_others(path)
		.context(Kind::Input, || format!("{} cannot be read", path.display()))?;
	if bits != 0 {
		let what = format!("{} is open to others (mode bits {bits:o})", path.display());
		return Err(Error::new(Kind::Keys, what)
			.code_is("keys-open-to-others")
			.hint("chmod 600 the file; if others may have read it, make another key"));
	}
	let text = Zeroizing::new(
		fs::read_to_string(path)
			.context(Kind::Input, || format!("{} cannot be read", path.display()))?,
	);
	let mut seed: Hex<32> =
		text.trim_end().parse().context(Kind::Input, what).map_err(|error| {
			error.hint("it must be 0x and 64 digits, as `ward-node key generate` prints them")
		})?;
	let key = RequestKey::from_seed(seed.0);
	seed.0.zeroize();
	Ok(key)
}

/// Writes a key's seed to a new file that only its owner can read; it is on disk when this returns.
pub fn write_seed(path: &Path, key: &RequestKey) -> io::Result<()> {
	const DIGITS: &[u8; 16] = b"0123456789abcdef";
	let mut text = Zeroizing::new(b"0x".to_vec());
	// Room for all of it: what grows leaves a copy behind.
	text.reserve_exact(2 * key.expose().len() + 1);
	for byte in key.expose() {
		text.push(DIGITS[usize::from(byte >> 4)]);
		text.push(DIGITS[usize::from(byte & 15)]);
	}
	text.push(b'\n');
	files::write_new(path, &text)
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::os::unix::fs::PermissionsExt;

	#[test]
	fn a_seed_reads_back_as_the_same_key_and_only_its_owner_can_read_it() {
		let dir = tempfile::tempdir().unwrap();
		let (path, key) = (dir.path().join("seed"), RequestKey::generate());
		write_seed(&path, &key).unwrap();
		assert_eq!(fs::read_to_string(&path).unwrap(), format!("{}\n", Hex(*key.expose())));
		assert_eq!(read_seed(&path).unwrap().public(), key.public());
		assert_eq!(write_seed(&path, &key).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
		fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
		assert_eq!(read_seed(&path).unwrap_err().code(), "keys-open-to-others");
	}

	#[test]
	fn what_is_no_seed_is_refused_and_not_told() {
		let dir = tempfile::tempdir().unwrap();
		let path = dir.path().join("seed");
		for bad in ["", "0x12", "bottom drive obey lake curtain smoke basket hold race lonely"] {
			files::write(&path, bad.as_bytes()).unwrap();
			let error = read_seed(&path).unwrap_err();
			assert_eq!(error.kind(), Kind::Input);
			assert!(bad.is_empty() || !format!("{error}{:?}", error.causes()).contains(bad));
		}
		assert_eq!(read_seed(&dir.path().join("none")).unwrap_err().kind(), Kind::Input);
	}
}
