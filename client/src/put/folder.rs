//! The files in a folder, and those in the folders in it, in a stable order.

use std::{
	fs,
	path::{Path, PathBuf},
};

use serde::Serialize;

use crate::error::{Context, Error, Kind, Result};

/// How many files one put takes at most: their names are kept in memory.
const MAX_FILES: usize = 1_000_000;

/// Why a file in a folder is not put.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SkipReason {
	/// Its name begins with a dot.
	Hidden,
	/// It is a symbolic link, which may lead anywhere.
	SymbolicLink,
	/// It is neither a file nor a folder: a socket, a pipe, a device.
	Special,
	/// It is the home of `ward` itself.
	Home,
}

impl SkipReason {
	/// The reason in a few words.
	pub const fn text(self) -> &'static str {
		match self {
			Self::Hidden => "hidden",
			Self::SymbolicLink => "a symbolic link",
			Self::Special => "neither a file nor a folder",
			Self::Home => "the home of ward",
		}
	}
}

/// A file, or a folder with all that is in it, that is not put.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Skipped {
	/// Its path.
	pub file: String,
	/// Why.
	pub reason: SkipReason,
}

/// What was found in a folder.
#[derive(Debug, Default)]
pub(super) struct Found {
	/// The files with their lengths.
	pub(super) files: Vec<(PathBuf, u64)>,
	pub(super) skipped: Vec<Skipped>,
	/// What cannot be looked at.
	pub(super) failed: Vec<(PathBuf, Error)>,
}

impl Found {
	/// Adds the files in `folder`, sorted by the bytes of their names, folders among them. Hidden ones
	/// are taken only if that is asked for.
	pub(super) fn walk(&mut self, folder: &Path, takes_hidden: bool, home: &Path) -> Result<()> {
		let unreadable = || format!("{} cannot be read", folder.display());
		let listed = fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
		let mut entries = match listed.context(Kind::Input, unreadable) {
			Ok(entries) => entries,
			Err(error) => {
				self.failed.push((folder.into(), error));
				return Ok(());
			},
		};
		entries.sort_unstable_by_key(fs::DirEntry::file_name);
		for entry in entries {
			let path = entry.path();
			let what = || format!("{} cannot be read", path.display());
			let kind = match entry.file_type().context(Kind::Input, what) {
				Ok(kind) => kind,
				Err(error) => {
					self.failed.push((path, error));
					continue;
				},
			};
			let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
			if is_hidden && !takes_hidden {
				self.skip(&path, SkipReason::Hidden);
			} else if kind.is_symlink() {
				self.skip(&path, SkipReason::SymbolicLink);
			} else if kind.is_dir() && path == home {
				self.skip(&path, SkipReason::Home);
			} else if kind.is_dir() {
				self.walk(&path, takes_hidden, home)?;
			} else if kind.is_file() {
				let length = entry.metadata().map_or(0, |metadata| metadata.len());
				self.files.push((path, length));
			} else {
				self.skip(&path, SkipReason::Special);
			}
			if self.files.len() + self.skipped.len() + self.failed.len() > MAX_FILES {
				let what = format!("{} holds more than a million files", folder.display());
				return Err(Error::new(Kind::Input, what)
					.code_is("too-many-files")
					.hint("put the folders in it one by one"));
			}
		}
		Ok(())
	}

	fn skip(&mut self, path: &Path, reason: SkipReason) {
		self.skipped.push(Skipped { file: path.display().to_string(), reason });
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::os::unix::{fs::symlink, net::UnixListener};

	fn found(folder: &Path, takes_hidden: bool, home: &Path) -> (Vec<String>, Vec<Skipped>) {
		let mut found = Found::default();
		found.walk(folder, takes_hidden, home).unwrap();
		assert!(found.failed.is_empty());
		let relative = |path: &Path| path.strip_prefix(folder).unwrap().display().to_string();
		let files = found.files.iter().map(|(path, _)| relative(path)).collect();
		let mut skipped = found.skipped;
		for skipped in &mut skipped {
			skipped.file = relative(Path::new(&skipped.file));
		}
		(files, skipped)
	}

	#[test]
	fn files_come_in_the_order_of_their_names_and_others_are_named_with_the_reason() {
		let dir = tempfile::tempdir().unwrap();
		let path = |name: &str| dir.path().join(name);
		for folder in ["b", "b/c", ".git", "home"] {
			fs::create_dir(path(folder)).unwrap();
		}
		for file in ["z", "b/2", "b/10", "b/c/x", "a", ".hidden", ".git/config", "home/keys"] {
			fs::write(path(file), b"12").unwrap();
		}
		symlink("/etc/passwd", path("link")).unwrap();
		symlink(path("b"), path("loop")).unwrap();
		let _socket = UnixListener::bind(path("socket")).unwrap();

		let (files, skipped) = found(dir.path(), false, &path("home"));
		assert_eq!(files, ["a", "b/10", "b/2", "b/c/x", "z"]);
		let reasons: Vec<_> = skipped.iter().map(|s| (&s.file[..], s.reason)).collect();
		let expected = [
			(".git", SkipReason::Hidden),
			(".hidden", SkipReason::Hidden),
			("home", SkipReason::Home),
			("link", SkipReason::SymbolicLink),
			("loop", SkipReason::SymbolicLink),
			("socket", SkipReason::Special),
		];
		assert_eq!(reasons, expected);
		let (files, _) = found(dir.path(), true, &path("home"));
		assert_eq!(files, [".git/config", ".hidden", "a", "b/10", "b/2", "b/c/x", "z"]);
	}

	#[test]
	fn a_folder_that_is_gone_is_named_and_the_rest_is_found() {
		let dir = tempfile::tempdir().unwrap();
		fs::write(dir.path().join("a"), b"1").unwrap();
		let mut found = Found::default();
		let none = Path::new("/");
		found.walk(&dir.path().join("none"), false, none).unwrap();
		found.walk(dir.path(), false, none).unwrap();
		assert_eq!((found.failed.len(), found.files.len()), (1, 1));
		assert_eq!(found.failed[0].1.kind(), Kind::Input);
	}
}
