//! What has been fetched of a large ciphertext, kept in the home so that fetching can go on.
//!
//! It is ciphertext only, and it is believed in no more than what comes from a vault: all of it is
//! hashed again before it counts.

use std::{
	fs::{self, File, OpenOptions},
	io::{self, Read, Seek, Write},
	os::unix::fs::OpenOptionsExt,
	path::{Path, PathBuf},
	time::{Duration, SystemTime},
};

use ward_primitives::{Digest, RecordId};

use crate::{
	aside::Watch,
	error::{Context, Kind, Result},
	files,
};

/// How long after the last byte has come it is kept.
const KEPT: Duration = Duration::from_secs(7 * 24 * 3_600);

/// Some of the first bytes of a record's ciphertext.
pub(super) struct Partial {
	file: File,
	path: PathBuf,
	hash: blake3::Hasher,
	length: u64,
	/// How many of them were here before.
	found: u64,
}

impl Partial {
	/// What is here of the record; nothing, if it is to be fetched from its begin. None if another
	/// `ward` is fetching it into this home. What has been here for too long is deleted.
	pub(super) fn open(
		directory: &Path,
		record: RecordId,
		size: u64,
		watch: &Watch,
	) -> Result<Option<Self>> {
		let what = || format!("what was fetched into {} cannot be used", directory.display());
		let open = || -> io::Result<Option<Self>> {
			files::make_private_directory(directory)?;
			let path = directory.join(format!("{record}.sealed"));
			let file = OpenOptions::new()
				.read(true)
				.write(true)
				.create(true)
				.truncate(false)
				.mode(0o600)
				.open(&path)?;
			if file.try_lock().is_err() {
				return Ok(None);
			}
			forget_old(directory, &path)?;
			let (hash, length) = (blake3::Hasher::new(), 0);
			let mut partial = Self { file, path, hash, length, found: 0 };
			if partial.file.metadata()?.len() > size {
				partial.restart()?;
			}
			partial.length = io::copy(&mut watch.read(&mut partial.file), &mut partial.hash)?;
			partial.found = partial.length;
			Ok(Some(partial))
		};
		open().context(Kind::Other, what)
	}

	/// How much of it is here.
	pub(super) const fn length(&self) -> u64 {
		self.length
	}

	/// How much of it an earlier run has fetched.
	pub(super) const fn found(&self) -> u64 {
		self.found
	}

	/// Adds what comes next.
	pub(super) fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
		self.file.write_all(bytes)?;
		self.hash.update(bytes);
		self.length += bytes.len() as u64;
		Ok(())
	}

	/// The hash of what is here.
	pub(super) fn root(&self) -> Digest {
		*self.hash.finalize().as_bytes()
	}

	/// Forgets all that is here.
	pub(super) fn restart(&mut self) -> io::Result<()> {
		self.file.set_len(0)?;
		self.file.rewind()?;
		self.hash.reset();
		(self.length, self.found) = (0, 0);
		Ok(())
	}

	/// Reads what is here from its begin.
	pub(super) fn read(&mut self) -> io::Result<impl Read + '_> {
		self.file.rewind()?;
		Ok(&self.file)
	}

	/// Deletes it.
	pub(super) fn forget(self) -> io::Result<()> {
		fs::remove_file(&self.path)
	}
}

/// Deletes what nobody has gone on with for a week.
fn forget_old(directory: &Path, but: &Path) -> io::Result<()> {
	for entry in fs::read_dir(directory)? {
		let entry = entry?;
		let changed = entry.metadata()?.modified()?;
		let age = SystemTime::now().duration_since(changed).unwrap_or_default();
		if entry.path() != but && age > KEPT {
			files::remove_if_abandoned(&entry.path())?;
		}
	}
	Ok(())
}

#[cfg(test)]
mod tests {
	use super::*;

	const RECORD: RecordId = RecordId([7; 32]);

	fn open(directory: &Path) -> Option<Partial> {
		Partial::open(directory, RECORD, 10, &Watch::default()).unwrap()
	}

	#[test]
	fn it_goes_on_where_it_was_cut_off_and_hashes_all_of_it() {
		let dir = tempfile::tempdir().unwrap();
		let mut partial = open(dir.path()).unwrap();
		partial.push(b"abc").unwrap();
		drop(partial);
		let mut partial = open(dir.path()).unwrap();
		assert_eq!((partial.length(), partial.found()), (3, 3));
		partial.push(b"def").unwrap();
		assert_eq!((partial.length(), partial.found()), (6, 3));
		assert_eq!(partial.root(), *blake3::hash(b"abcdef").as_bytes());
		let mut all = Vec::new();
		partial.read().unwrap().read_to_end(&mut all).unwrap();
		assert_eq!(all, b"abcdef");
		partial.forget().unwrap();
		assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
	}

	#[test]
	fn two_never_write_into_the_same_and_what_is_too_long_is_nothing() {
		let dir = tempfile::tempdir().unwrap();
		let mut partial = open(dir.path()).unwrap();
		assert!(open(dir.path()).is_none());
		partial.push(&[0; 11]).unwrap();
		drop(partial);
		let mut partial = open(dir.path()).unwrap();
		assert_eq!(partial.length(), 0);
		partial.push(b"x").unwrap();
		partial.restart().unwrap();
		partial.push(b"y").unwrap();
		assert_eq!(partial.root(), *blake3::hash(b"y").as_bytes());
	}

	#[test]
	fn what_nobody_goes_on_with_is_deleted_after_a_week() {
		let dir = tempfile::tempdir().unwrap();
		let (old, new) = (dir.path().join("old.sealed"), dir.path().join("new.sealed"));
		for path in [&old, &new] {
			fs::write(path, b"x").unwrap();
		}
		let long_ago = SystemTime::now() - KEPT - Duration::from_secs(60);
		File::options().write(true).open(&old).unwrap().set_modified(long_ago).unwrap();
		open(dir.path()).unwrap();
		assert!(!old.exists() && new.exists());
	}
}
