//! A participant's home directory: configuration, keys, journal, and which chain it belongs to.

use std::{
	env, io,
	path::{Path, PathBuf},
};

use serde::Deserialize;
use ward_primitives::{Digest, KeyBytes};

use crate::{
	error::{Context, Error, Kind, Result},
	files,
	hex::Hex,
	journal::Journal,
	keys::{KeyFile, KeyFileError},
};

/// The settings in `config.toml`. Options on the command line come before them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Config {
	/// The node's address: `ws://` or `wss://`.
	pub node: Option<String>,
	/// A PEM file with the certificate authorities that are trusted for vaults, instead of the
	/// system's.
	pub ca_file: Option<PathBuf>,
}

/// A home directory. It belongs to one participant and one chain.
#[derive(Clone, Debug)]
pub struct Home {
	path: PathBuf,
}

impl Home {
	/// The home at `path`, which need not exist yet.
	pub const fn new(path: PathBuf) -> Self {
		Self { path }
	}

	/// The default: `ward` in the user's data directory (XDG).
	pub fn default_path() -> Option<PathBuf> {
		let absolute =
			|name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
		let data = absolute("XDG_DATA_HOME")
			.or_else(|| absolute("HOME").map(|home| home.join(".local").join("share")));
		data.map(|data| data.join("ward"))
	}

	/// Where it is.
	pub fn path(&self) -> &Path {
		&self.path
	}

	/// Makes the directory, for its owner only.
	pub fn create(&self) -> Result<()> {
		files::make_private_directory(&self.path)
			.context(Kind::Other, || format!("cannot make the home {}", self.path.display()))
	}

	/// The key file.
	pub fn keys(&self) -> KeyFile {
		KeyFile::new(self.path.join("keys.json"))
	}

	/// The directory for ciphertext on its way to a vault.
	pub fn spool(&self) -> PathBuf {
		self.path.join("spool")
	}

	/// The directory for ciphertext of large records that is being fetched.
	pub fn fetched(&self) -> PathBuf {
		self.path.join("fetched")
	}

	/// Opens the journal; waits a little if another `ward` has it open.
	pub async fn journal(&self) -> Result<Journal> {
		self.create()?;
		Journal::open(&self.path.join("journal.redb")).await
	}

	/// The settings.
	pub fn config(&self) -> Result<Config> {
		let path = self.path.join("config.toml");
		let what = || format!("{} cannot be read", path.display());
		let text = match std::fs::read_to_string(&path) {
			Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Config::default()),
			text => text.context(Kind::Usage, what)?,
		};
		toml::from_str(&text)
			.context(Kind::Usage, what)
			.map_err(|error| error.hint("known settings: node, ca-file"))
	}

	/// The genesis hash of the home's chain, if it has met one.
	pub fn genesis(&self) -> Result<Option<Digest>> {
		let path = self.path.join("genesis");
		let what = || format!("{} cannot be read", path.display());
		match std::fs::read_to_string(&path) {
			Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
			text => {
				let genesis: Hex<32> = text
					.context(Kind::Other, what)?
					.trim_end()
					.parse()
					.context(Kind::Other, what)?;
				Ok(Some(genesis.0))
			},
		}
	}

	/// The public witness keys that were made here for the own node, the latest last.
	pub fn witness_keys(&self) -> Result<Vec<KeyBytes>> {
		let path = self.witness_keys_file();
		let what = || format!("{} cannot be read", path.display());
		let text = match std::fs::read_to_string(&path) {
			Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
			text => text.context(Kind::Other, what)?,
		};
		let key = |line: &str| line.parse::<Hex<32>>().context(Kind::Other, what);
		text.lines().map(|line| key(line).map(|Hex(key)| key)).collect()
	}

	/// Remembers a public witness key, so that it can be looked after.
	pub fn note_witness_key(&self, key: KeyBytes) -> Result<()> {
		let mut keys = self.witness_keys()?;
		keys.retain(|known| *known != key);
		keys.push(key);
		self.write_witness_keys(&keys)
	}

	/// Forgets a public witness key that counts no more.
	pub fn forget_witness_key(&self, key: KeyBytes) -> Result<()> {
		let mut keys = self.witness_keys()?;
		let before = keys.len();
		keys.retain(|known| *known != key);
		match keys.len() == before {
			true => Ok(()),
			false => self.write_witness_keys(&keys),
		}
	}

	fn write_witness_keys(&self, keys: &[KeyBytes]) -> Result<()> {
		let text: String = keys.iter().map(|key| format!("{}\n", Hex(*key))).collect();
		files::write(&self.witness_keys_file(), text.as_bytes())
			.context(Kind::Other, || "cannot note the witness keys in the home".into())
	}

	fn witness_keys_file(&self) -> PathBuf {
		self.path.join("witness-keys")
	}

	/// Ties the home to a chain, or checks that it is tied to this one.
	pub fn belong_to(&self, genesis: Digest) -> Result<()> {
		match self.genesis()? {
			Some(known) if known == genesis => Ok(()),
			Some(known) => Err(Error::new(
				Kind::Node,
				format!(
					"wrong chain: the genesis hash is {}, this home belongs to {}",
					Hex(genesis),
					Hex(known)
				),
			)
			.code_is("wrong-chain")
			.hint("name a node of that chain with --node, or use another --home for this one")),
			None => {
				self.create()?;
				let text = format!("{}\n", Hex(genesis));
				files::write(&self.path.join("genesis"), text.as_bytes())
					.context(Kind::Other, || "cannot note the chain in the home".into())
			},
		}
	}
}

impl From<KeyFileError> for Error {
	fn from(error: KeyFileError) -> Self {
		let (code, hint) = match &error {
			KeyFileError::Missing(_) => {
				("no-keys", "make keys with `ward keys new`, or name another --home")
			},
			KeyFileError::AlreadyExists(_) => ("keys-exist", "name another --home for new keys"),
			KeyFileError::TooOpen { .. } => ("keys-open-to-others", "chmod 600 the file"),
			KeyFileError::Malformed(_) => ("keys-malformed", "restore the file from a backup"),
			KeyFileError::WrongPassphrase(_) => {
				("wrong-passphrase", "nothing was changed; try again with the right passphrase")
			},
			KeyFileError::File(..) => ("keys-unreadable", "check the permissions of the home"),
		};
		let what = error.to_string();
		let outer = Self::new(Kind::Keys, what).code_is(code).hint(hint);
		match error {
			KeyFileError::File(_, source) => outer.caused_by(source),
			_ => outer,
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_home_belongs_to_one_chain() {
		let dir = tempfile::tempdir().unwrap();
		let home = Home::new(dir.path().join("new"));
		assert_eq!(home.genesis().unwrap(), None);
		home.belong_to([1; 32]).unwrap();
		home.belong_to([1; 32]).unwrap();
		let error = home.belong_to([2; 32]).unwrap_err();
		assert_eq!((error.kind(), error.code()), (Kind::Node, "wrong-chain"));
		assert_eq!(home.genesis().unwrap(), Some([1; 32]));
	}

	#[test]
	fn witness_keys_are_remembered_once_each_the_latest_last() {
		let dir = tempfile::tempdir().unwrap();
		let home = Home::new(dir.path().into());
		assert_eq!(home.witness_keys().unwrap(), Vec::<KeyBytes>::new());
		for key in [[1; 32], [2; 32], [1; 32]] {
			home.note_witness_key(key).unwrap();
		}
		assert_eq!(home.witness_keys().unwrap(), [[2; 32], [1; 32]]);
		home.forget_witness_key([2; 32]).unwrap();
		home.forget_witness_key([3; 32]).unwrap();
		assert_eq!(home.witness_keys().unwrap(), [[1; 32]]);
		std::fs::write(dir.path().join("witness-keys"), "0x12\n").unwrap();
		assert_eq!(home.witness_keys().unwrap_err().kind(), Kind::Other);
	}

	#[test]
	fn an_unknown_setting_is_an_error_and_no_file_is_the_default() {
		let dir = tempfile::tempdir().unwrap();
		let home = Home::new(dir.path().into());
		assert_eq!(home.config().unwrap(), Config::default());
		std::fs::write(dir.path().join("config.toml"), "node = \"ws://127.0.0.1:9944\"\n").unwrap();
		assert_eq!(home.config().unwrap().node.as_deref(), Some("ws://127.0.0.1:9944"));
		std::fs::write(dir.path().join("config.toml"), "nod = \"x\"\n").unwrap();
		assert_eq!(home.config().unwrap_err().kind(), Kind::Usage);
	}
}
