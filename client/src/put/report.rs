//! What became of a put.

use serde::Serialize;
use ward_primitives::{ParticipantId, RecordId, Sensitivity};

use super::folder::Skipped;
use crate::error::{Error, Kind};

/// What became of one record.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PutOutcome {
	/// The record.
	pub record: RecordId,
	/// The file.
	pub file: String,
	/// Its categories.
	pub categories: Vec<&'static str>,
	/// Its confidentiality.
	pub sensitivity: Sensitivity,
	/// How many FHIR resources it holds, if it is FHIR.
	pub resources: Option<usize>,
	/// The length of the content.
	pub bytes: u64,
	/// Who holds it.
	pub custodians: Vec<ParticipantId>,
	/// The number of the final block in which it is anchored; none if it was found on the chain.
	pub block: Option<u64>,
	/// Whether an earlier run had anchored it.
	pub existed: bool,
}

/// A file that was not put, while others were.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PutFailure {
	/// The file.
	pub file: String,
	/// What is wrong, for programs.
	pub code: String,
	/// What is wrong.
	pub message: String,
	/// The errors below it.
	pub causes: Vec<String>,
	/// What helps.
	pub hint: Option<String>,
	#[serde(skip)]
	kind: Kind,
}

impl PutFailure {
	pub(super) fn new(file: String, error: &Error) -> Self {
		Self {
			file,
			code: error.code().into(),
			message: error.to_string(),
			causes: error.causes(),
			hint: error.remedy().map(Into::into),
			kind: error.kind(),
		}
	}
}

/// What became of a put.
#[derive(Clone, Debug, Default, Serialize)]
pub struct PutReport {
	/// The records, in the order of the files.
	pub records: Vec<PutOutcome>,
	/// Files in a folder that were not put, in their order.
	pub failed: Vec<PutFailure>,
	/// Files in a folder that are none to be put.
	pub skipped: Vec<Skipped>,
	/// Whether a folder was put.
	#[serde(skip)]
	pub is_folder: bool,
}

impl PutReport {
	/// The error for what failed; none if nothing did.
	pub fn failure(&self) -> Option<Error> {
		let first = self.failed.first()?;
		let is_same = self.failed.iter().all(|failure| failure.kind == first.kind);
		let kind = if is_same { first.kind } else { Kind::Other };
		let (count, rest) = match self.failed.len() {
			1 => ("1 file was".to_owned(), String::new()),
			many => (format!("{many} files were"), format!(", and {} more", many - 1)),
		};
		let what = format!("{count} not put; {} records are anchored", self.records.len());
		let cause = format!("{}: {}{rest}", first.file, first.message);
		Some(Error::new(kind, what).code_is("some-not-put").caused_by(cause).hint(
			"correct what is named above, and run the same command again: it does only what is left",
		))
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_exit_code_is_that_of_the_failures_if_they_are_alike() {
		let failure = |kind| PutFailure::new("a".into(), &Error::new(kind, "it is empty"));
		let mut report = PutReport::default();
		assert!(report.failure().is_none());
		report.failed.push(failure(Kind::Input));
		let error = report.failure().unwrap();
		assert_eq!((error.kind(), error.code()), (Kind::Input, "some-not-put"));
		assert_eq!(error.to_string(), "1 file was not put; 0 records are anchored");
		assert_eq!(error.causes(), ["a: it is empty"]);
		report.failed.push(failure(Kind::Vault));
		let error = report.failure().unwrap();
		assert_eq!(error.kind(), Kind::Other);
		assert_eq!(error.causes(), ["a: it is empty, and 1 more"]);
	}
}
