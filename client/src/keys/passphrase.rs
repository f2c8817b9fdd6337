//! Passphrases: from a terminal, a file or an open file descriptor, never from the command line.

use std::{
	fs::File,
	io::{self, IsTerminal, Read},
	path::PathBuf,
};

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The longest passphrase in bytes.
const MAX_LEN: u64 = 1_024;

/// The text that unlocks a key file. Erased from memory when it is dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Passphrase(Vec<u8>);

impl Passphrase {
	/// The passphrase with these bytes; none if there are none.
	pub fn new(bytes: Vec<u8>) -> Option<Self> {
		(!bytes.is_empty()).then_some(Self(bytes))
	}

	/// Its bytes.
	pub fn as_bytes(&self) -> &[u8] {
		&self.0
	}
}

impl std::fmt::Debug for Passphrase {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		f.write_str("Passphrase(..)")
	}
}

/// Where the passphrase comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PassphraseSource {
	/// The first line of this file.
	File(PathBuf),
	/// The first line of what this open file descriptor yields.
	Descriptor(u32),
	/// Asked for at the terminal.
	Terminal,
}

impl PassphraseSource {
	/// Gets the passphrase; `is_new` asks for it twice at a terminal.
	pub fn read(&self, is_new: bool) -> io::Result<Passphrase> {
		match self {
			Self::File(path) => first_line(File::open(path)?),
			Self::Descriptor(number) => first_line(File::open(format!("/dev/fd/{number}"))?),
			Self::Terminal if io::stderr().is_terminal() => ask(is_new),
			Self::Terminal => Err(io::Error::new(
				io::ErrorKind::NotConnected,
				"there is no terminal to ask for the passphrase at",
			)),
		}
	}
}

fn first_line(source: impl Read) -> io::Result<Passphrase> {
	let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_LEN as usize + 1));
	source.take(MAX_LEN + 1).read_to_end(&mut bytes)?;
	let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
	let line = line.strip_suffix(b"\r").unwrap_or(line);
	if line.len() as u64 > MAX_LEN {
		return Err(io::Error::new(io::ErrorKind::InvalidData, "the passphrase is too long"));
	}
	let empty = || io::Error::new(io::ErrorKind::InvalidData, "the passphrase is empty");
	Passphrase::new(line.to_vec()).ok_or_else(empty)
}

fn ask(is_new: bool) -> io::Result<Passphrase> {
	let prompt = if is_new { "New passphrase: " } else { "Passphrase: " };
	let first = Zeroizing::new(rpassword::prompt_password(prompt)?);
	if is_new {
		let second = Zeroizing::new(rpassword::prompt_password("Once more: ")?);
		if *first != *second {
			let fault = "the two passphrases differ";
			return Err(io::Error::new(io::ErrorKind::InvalidData, fault));
		}
	}
	let empty = || io::Error::new(io::ErrorKind::InvalidData, "the passphrase is empty");
	Passphrase::new(first.as_bytes().to_vec()).ok_or_else(empty)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_file_gives_its_first_line() {
		for (text, expected) in [
			("secret", "secret"),
			("secret\n", "secret"),
			("two words\r\nmore", "two words"),
			(" kept \n", " kept "),
		] {
			assert_eq!(first_line(text.as_bytes()).unwrap().as_bytes(), expected.as_bytes());
		}
		assert!(first_line(&b"\nsecret"[..]).is_err(), "an empty first line is no passphrase");
		assert!(first_line(&[b'x'; 1_025][..]).is_err());
	}

	#[test]
	fn nothing_prints_a_passphrase() {
		let passphrase = Passphrase::new(b"secret".to_vec()).unwrap();
		assert_eq!(format!("{passphrase:?}"), "Passphrase(..)");
	}
}
