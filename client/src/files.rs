//! Files that survive a crash: written aside, synced, renamed.

use std::{
	fs::{self, File, OpenOptions},
	io::{self, Read, Write},
	os::unix::{
		ffi::OsStrExt,
		fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt},
	},
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
		remove_if_abandoned(&aside)?;
		loop {
			let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&aside)?;
			// Held as long as it is written, so that others see that it is not abandoned. Where locks
			// are not to be had, nothing is ever taken for abandoned.
			let _is_locked = file.try_lock().is_ok();
			let is_there = fs::metadata(&aside).is_ok_and(|found| is_same(&found, &file));
			if is_there {
				return Ok(Self { file, aside, destination: destination.into(), is_kept: false });
			}
		}
	}

	/// Deletes what processes left beside this destination that died while they wrote it.
	pub fn remove_abandoned(destination: &Path) -> io::Result<()> {
		let name = destination.file_name().ok_or(io::ErrorKind::InvalidInput)?;
		let begin = [b".", name.as_bytes(), b"."].concat();
		let entries = match fs::read_dir(parent(destination)) {
			// Who may write there and not look cannot have left anything that can be found.
			Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return Ok(()),
			entries => entries?,
		};
		for entry in entries {
			let entry = entry?;
			let (name, end) = (entry.file_name(), b".part");
			let number = name.as_bytes().strip_prefix(&begin[..]);
			let number = number.and_then(|rest| rest.strip_suffix(end));
			if number.is_some_and(|number| number.iter().all(u8::is_ascii_digit)) {
				remove_if_abandoned(&entry.path())?;
			}
		}
		Ok(())
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

/// Reads from somewhere, and writes down what it reads.
pub struct Tee<'f, R> {
	from: R,
	to: &'f mut NewFile,
}

impl<'f, R: Read> Tee<'f, R> {
	/// What comes from `from` goes to `to`, too.
	pub const fn new(from: R, to: &'f mut NewFile) -> Self {
		Self { from, to }
	}
}

impl<R: Read> Read for Tee<'_, R> {
	fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
		let length = self.from.read(buffer)?;
		self.to.write_all(&buffer[..length])?;
		Ok(length)
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

/// Deletes a file that is being written, unless somebody does write it.
pub fn remove_if_abandoned(aside: &Path) -> io::Result<()> {
	let file = match File::open(aside) {
		// Gone, or somebody else's.
		Err(error) if is_gone_or_foreign(&error) => return Ok(()),
		file => file?,
	};
	match file.try_lock() {
		Ok(()) => fs::remove_file(aside),
		Err(_) => Ok(()),
	}
}

fn is_gone_or_foreign(error: &io::Error) -> bool {
	matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied)
}

fn is_same(found: &fs::Metadata, file: &File) -> bool {
	file.metadata().is_ok_and(|own| (own.dev(), own.ino()) == (found.dev(), found.ino()))
}

fn parent(of: &Path) -> &Path {
	let parent = of.parent().filter(|parent| !parent.as_os_str().is_empty());
	parent.unwrap_or(Path::new("."))
}

fn sync_directory(of: &Path) -> io::Result<()> {
	File::open(parent(of))?.sync_all()
}

/// Gives a complete file its name, unless there is such a file already; the name aside goes.
pub fn link_new(aside: &Path, destination: &Path) -> io::Result<()> {
	match fs::hard_link(aside, destination) {
		Err(error) if !destination.exists() => return Err(error),
		_ => sync_directory(destination)?,
	}
	match fs::remove_file(aside) {
		Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
		_ => Ok(()),
	}
}

/// Writes a whole file, all or nothing.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
	NewFile::remove_abandoned(path)?;
	let mut file = NewFile::create(path)?;
	file.write_all(bytes)?;
	file.keep()
}

/// Writes a whole file that must not exist yet.
pub fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
	NewFile::remove_abandoned(path)?;
	let mut file = NewFile::create(path)?;
	file.write_all(bytes)?;
	file.keep_new()
}

/// Makes a directory, and those above it, that only its owner may enter.
pub fn make_private_directory(path: &Path) -> io::Result<()> {
	fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// A file without a name: gone when it is closed, whatever happens.
pub fn nameless(directory: &Path) -> io::Result<File> {
	make_private_directory(directory)?;
	let path = directory.join(format!(".content.{}", std::process::id()));
	match fs::remove_file(&path) {
		Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
		_ => {},
	}
	let file =
		OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
	match fs::remove_file(&path) {
		// Cleared away already by a put.
		Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
		_ => Ok(file),
	}
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
	fn what_a_dead_process_left_aside_goes_and_what_is_being_written_stays() {
		let dir = tempfile::tempdir().unwrap();
		let path = dir.path().join("a");
		let writing = NewFile::create(&path).unwrap();
		for left in [".a.4711.part", ".b.4711.part", ".a.4711.part.txt", ".a.x.part"] {
			fs::write(dir.path().join(left), b"half").unwrap();
		}
		NewFile::remove_abandoned(&path).unwrap();
		assert!(!dir.path().join(".a.4711.part").exists());
		assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 4, "others, and the one under way");
		writing.keep().unwrap();
		assert!(path.exists());
	}

	#[test]
	fn a_nameless_file_is_not_to_be_found_on_disk() {
		let dir = tempfile::tempdir().unwrap();
		let spool = dir.path().join("spool");
		let mut file = nameless(&spool).unwrap();
		file.write_all(b"secret").unwrap();
		assert_eq!(fs::read_dir(&spool).unwrap().count(), 0);
		std::io::Seek::rewind(&mut file).unwrap();
		let mut text = String::new();
		file.read_to_string(&mut text).unwrap();
		assert_eq!(text, "secret");
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
