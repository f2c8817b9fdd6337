//! The files of the content store, compared with the rows that they belong to.

use std::{
	collections::{BTreeMap, BTreeSet},
	fs::{self, File},
	path::{Path, PathBuf},
};

use serde::Serialize;
use ward_primitives::RecordId;

use super::{AuditError, Finding};
use crate::{
	database::deposits::{DepositRow, DepositState},
	store,
};

/// What is on disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Files {
	/// Files of deposits with a receipt, and of records, that are as they were stored.
	pub sound: u64,
	/// Their bytes.
	pub bytes: u64,
	/// Files of announced deposits that have no receipt yet: to be replaced by another upload, or
	/// discarded with the deposit.
	pub unclaimed: u64,
	/// Files beside them with the hashes of their groups: made anew where they are missing or wrong.
	pub groups: u64,
	/// What broken-off uploads left: the next start of the vault deletes it.
	pub temporary: u64,
}

/// A file under the content directory.
enum Found {
	Of(RecordId, PathBuf, u64),
	GroupsOf(RecordId, PathBuf),
	Temporary,
	Unknown(PathBuf),
}

const REPLACE: &str =
	"`ward-vault repair` fetches it from another custodian; or put the file back from a backup";

pub(super) fn compare(
	directory: &Path,
	deposits: &BTreeMap<RecordId, DepositRow>,
	lengths_only: bool,
	mut on_bytes: impl FnMut(u64, u64),
) -> Result<(Files, Vec<Finding>), AuditError> {
	let mut found = Vec::new();
	list(directory, &mut found).map_err(AuditError::Directory)?;
	let bytes = |item: &Found| if let Found::Of(_, _, bytes) = item { *bytes } else { 0 };
	let total = found.iter().map(bytes).sum();

	let (mut files, mut findings, mut done) = (Files::default(), Vec::new(), 0);
	let mut seen = BTreeSet::new();
	for item in found {
		done += bytes(&item);
		match item {
			Found::Temporary => files.temporary += 1,
			Found::Unknown(path) => findings.push(unknown(&path)),
			Found::GroupsOf(record, path) => match deposits.contains_key(&record) {
				true => files.groups += 1,
				false => findings.push(unknown(&path)),
			},
			Found::Of(record, path, length) => match deposits.get(&record) {
				None => findings.push(unknown(&path)),
				Some(row) if row.state == DepositState::Announced => {
					files.unclaimed += 1;
				},
				Some(row) => {
					seen.insert(record);
					match fault(row, &path, length, lengths_only) {
						None => {
							files.sound += 1;
							files.bytes += length;
						},
						Some(what) => {
							let what = format!("{what}; {REPLACE}");
							findings.push(Finding::of(record, "content-damaged", what));
						},
					}
				},
			},
		}
		on_bytes(done, total);
	}
	for (record, row) in deposits {
		if row.state != DepositState::Announced && !seen.contains(record) {
			let what = format!("its content is not on disk; {REPLACE}");
			findings.push(Finding::of(*record, "content-missing", what));
		}
	}
	Ok((files, findings))
}

fn unknown(path: &Path) -> Finding {
	let what = format!(
		"{} belongs to no deposit; find out who put it there, and move it away",
		path.display()
	);
	Finding::new("unknown-file", what)
}

/// What is wrong with a file, if anything is.
fn fault(row: &DepositRow, path: &Path, length: u64, lengths_only: bool) -> Option<String> {
	let expected = row.expected();
	if length != expected.size {
		return Some(format!("its content has {length} bytes instead of {}", expected.size));
	}
	if row.damaged {
		return Some("its content was found damaged before".into());
	}
	if lengths_only {
		return None;
	}
	let mut hasher = blake3::Hasher::new();
	match File::open(path).and_then(|file| hasher.update_reader(file).map(drop)) {
		Err(error) => Some(format!("its content cannot be read: {error}")),
		Ok(()) if *hasher.finalize().as_bytes() != expected.root => {
			Some("its content has another hash than when it was stored".into())
		},
		Ok(()) => None,
	}
}

fn list(directory: &Path, found: &mut Vec<Found>) -> std::io::Result<()> {
	let entries = match fs::read_dir(directory) {
		// A vault that never came so far as to store something.
		Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
		entries => entries?,
	};
	for entry in entries {
		let entry = entry?;
		let path = entry.path();
		if entry.file_type()?.is_dir() {
			list(&path, found)?;
			continue;
		}
		let name = entry.file_name().to_string_lossy().into_owned();
		found.push(match (store::is_temporary(&name), store::record_at(&path)) {
			(true, _) => Found::Temporary,
			(false, Some(record)) => Found::Of(record, path, entry.metadata()?.len()),
			(false, None) => match store::record_of_groups(&path) {
				Some(record) => Found::GroupsOf(record, path),
				None => Found::Unknown(path),
			},
		});
	}
	Ok(())
}
