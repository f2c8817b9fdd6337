//! Files that survive a crash: written aside, synced, renamed.

use std::{
	fs::{self, File, OpenOptions},
	io::{self, Write},
	os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
	path::{Path, PathBuf},
};

/// A file that is being written beside its destination. It is deleted unless it is kept.
pub struct NewFile {
	file: File,
	aside: PathBuf,
	destination: PathBuf,
	is_kept: bool,
}

impl NewFile {
	/// Starts a file that only its owner may read.
	pub fn create(destination: &Path) -> io::Result<Self> {
		let name = destination.file_name().ok_or(io::ErrorKind::InvalidInput)?;
		let mut hidden = std::ffi::OsString::from(".");
		hidden.push(name);
		hidden.push(format!(".{}.part", std::process::id()));
		let aside = destination.with_file_name(hidden);
		// Left over by a process that had this number and crashed.
		match fs::remove_file(&aside) {
			Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
			_ => {},
		}
		let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&aside)?;
		Ok(Self { file, aside, destination: destination.into(), is_kept: false })
	}

	/// Syncs the file and puts it in place of what was there, all or nothing.
	pub fn keep(mut self) -> io::Result<()> {
		self.file.sync_all()?;
		fs::rename(&self.aside, &self.destination)?;
		self.is_kept = true;
		sync_directory(&self.destination)
	}

	/// Like [`Self::keep`], but fails if something is at the destination already.
	pub fn keep_new(mut self) -> io::Result<()> {
		self.file.sync_all()?;
		fs::hard_link(&self.aside, &self.destination)?;
		fs::remove_file(&self.aside)?;
		self.is_kept = true;
		sync_directory(&self.destination)
	}
}

impl Write for NewFile {
	fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
		self.file.write(bytes)
	}

	fn flush(&mut self) -> io::Result<()> {
		self.file.flush()
	}
}

impl Drop for NewFile {
	fn drop(&mut self) {
		if !self.is_kept {
			// Nothing refers to it; if it cannot be deleted, the next run overwrites it.
			drop(fs::remove_file(&self.aside));
		}
	}
}

fn sync_directory(of: &Path) -> io::Result<()> {
	let parent = of.parent().filter(|parent| !parent.as_os_str().is_empty());
	File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
}

/// Writes a whole file, all or nothing.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
	let mut file = NewFile::create(path)?;
	file.write_all(bytes)?;
	file.keep()
}

/// Writes a whole file that must not exist yet.
pub fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
	let mut file = NewFile::create(path)?;
	file.write_all(bytes)?;
	file.keep_new()
}

/// Makes a directory, and those above it, that only its owner may enter.
pub fn make_private_directory(path: &Path) -> io::Result<()> {
	fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// The permission bits of a file that let others than its owner at it.
pub fn open_to_others(path: &Path) -> io::Result<u32> {
	Ok(fs::metadata(path)?.permissions().mode() & 0o077)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_file_that_is_not_kept_leaves_the_old_one_untouched() {
		let dir = tempfile::tempdir().unwrap();
		let path = dir.path().join("a");
		write(&path, b"old").unwrap();
		let mut new = NewFile::create(&path).unwrap();
		new.write_all(b"new").unwrap();
		drop(new);
		assert_eq!(fs::read(&path).unwrap(), b"old");
		assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing is left beside it");
	}

	#[test]
	fn a_kept_file_replaces_the_old_one_and_is_private() {
		let dir = tempfile::tempdir().unwrap();
		let path = dir.path().join("a");
		write(&path, b"old").unwrap();
		write(&path, b"new").unwrap();
		assert_eq!(fs::read(&path).unwrap(), b"new");
		assert_eq!(open_to_others(&path).unwrap(), 0);
		assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
	}

	#[test]
	fn a_new_file_never_replaces_one() {
		let dir = tempfile::tempdir().unwrap();
		let path = dir.path().join("a");
		write_new(&path, b"first").unwrap();
		let error = write_new(&path, b"second").unwrap_err();
		assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
		assert_eq!(fs::read(&path).unwrap(), b"first");
	}
}
