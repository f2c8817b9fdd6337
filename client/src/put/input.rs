//! What a put was asked to take: files named one by one, and folders.

use std::{
	collections::HashSet,
	path::{Path, PathBuf},
};

use super::{
	folder::{Found, Skipped},
	source, Item, PutOptions,
};
use crate::{
	aside::aside,
	error::{Error, Kind, Result},
	progress::Progress,
	session::Session,
};

/// What is to be put.
pub(super) struct Input {
	pub(super) entries: Vec<Entry>,
	pub(super) skipped: Vec<Skipped>,
	/// What cannot be looked at.
	pub(super) failed: Vec<(PathBuf, Error)>,
	/// Whether a folder is named.
	pub(super) is_folder: bool,
}

/// One step of a put.
pub(super) enum Entry {
	/// A content that has been looked at.
	Item(Item),
	/// A file that is read when its turn comes, and its length.
	File(PathBuf, u64),
}

impl Entry {
	/// Where it comes from.
	pub(super) fn path(&self) -> &Path {
		match self {
			Self::Item(item) => &item.path,
			Self::File(path, _) => path,
		}
	}

	/// The length of it.
	pub(super) const fn bytes(&self) -> u64 {
		match self {
			Self::Item(item) => item.length,
			Self::File(_, length) => *length,
		}
	}
}

impl Input {
	/// Finds the files, each once. Those that are named one by one are read and classified before
	/// anything else happens.
	pub(super) async fn gather(
		session: &Session,
		options: &PutOptions,
		progress: &dyn Progress,
	) -> Result<Self> {
		let paths: Vec<PathBuf> =
			options.files.iter().map(|path| path.canonicalize().unwrap_or(path.clone())).collect();
		let mut seen = HashSet::new();
		if !paths.iter().any(|path| path.is_dir()) {
			let mut entries = Vec::new();
			// As it was named, since errors name it.
			for (file, path) in options.files.iter().zip(paths) {
				if seen.insert(path) {
					let items = read(file.clone(), options, progress).await?;
					entries.extend(items.into_iter().map(Entry::Item));
				}
			}
			return Ok(Self { entries, skipped: Vec::new(), failed: Vec::new(), is_folder: false });
		}

		progress.step("looking for files");
		let (home, hidden) = (session.home.path().to_path_buf(), options.hidden);
		let found = aside(progress, 0, move |_| {
			let home = home.canonicalize().unwrap_or(home);
			let mut found = Found::default();
			for path in paths {
				match path.is_dir() {
					true => found.walk(&path, hidden, &home)?,
					false => {
						let length = path.metadata().map_or(0, |metadata| metadata.len());
						found.files.push((path, length));
					},
				}
			}
			Ok(found)
		})
		.await?;
		let Found { mut files, skipped, failed } = found;
		files.retain(|(path, _)| seen.insert(path.clone()));
		if files.is_empty() && failed.is_empty() {
			return Err(Error::new(Kind::Input, "there are no files to put")
				.code_is("no-files")
				.hint("files whose names begin with a dot are taken with --hidden only"));
		}
		let entries = files.into_iter().map(|(path, length)| Entry::File(path, length)).collect();
		Ok(Self { entries, skipped, failed, is_folder: true })
	}
}

/// Reads and classifies a file.
pub(super) async fn read(
	file: PathBuf,
	options: &PutOptions,
	progress: &dyn Progress,
) -> Result<Vec<Item>> {
	progress.step(&format!("reading {}", file.display()));
	let length = file.metadata().map_or(0, |metadata| metadata.len());
	let options = options.clone();
	aside(progress, length, move |watch| source::read(&file, &options, watch)).await
}
