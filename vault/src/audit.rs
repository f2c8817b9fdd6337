//! Auditing: whether everything that a vault keeps is accounted for. Every row of the database is
//! compared with its file and the other rows that belong to it, every file with its row, the access
//! log with its own hashes, and all of it with the chain.
//!
//! Nothing is changed. The database is opened as a vault would open it, so nobody else may have it.

mod custody;
mod envelopes;
mod files;
mod log;
mod tables;

use std::{path::Path, sync::Arc};

use serde::Serialize;
use ward_primitives::{Digest, ParticipantId, RecordId};

use crate::{
	chain::{ChainView, Unreachable},
	config::DataPaths,
	database::{Database, DatabaseError},
	keys::KeyError,
	release::ReleaseService,
};

pub use custody::Custody;
pub use files::Files;
pub use log::Log;
pub use tables::Deposits;

/// Why there is no audit.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
	/// Another process has the data directory.
	#[error("a vault is working in this data directory; stop it, then audit")]
	Running,
	/// There is nothing to audit.
	#[error("{} has no database; name the data directory of a vault that has run", .0)]
	NoDatabase(String),
	/// The database cannot be read.
	#[error(transparent)]
	Database(DatabaseError),
	/// The directory of ciphertext cannot be read.
	#[error("the stored content cannot be listed: {0}; check owner and mode")]
	Directory(std::io::Error),
	/// The node does not answer.
	#[error(transparent)]
	Node(#[from] Unreachable),
	/// The release key cannot be read.
	#[error(transparent)]
	Key(#[from] KeyError),
	/// The audit was cut off.
	#[error("the audit was cut off")]
	CutOff,
}

impl From<DatabaseError> for AuditError {
	fn from(error: DatabaseError) -> Self {
		match error {
			DatabaseError::InUse => Self::Running,
			other => Self::Database(other),
		}
	}
}

/// Something that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
	/// What kind it is, for programs.
	pub code: &'static str,
	/// The record that it is about, if it is about one.
	pub record: Option<RecordId>,
	/// What is wrong, and what helps.
	pub what: String,
}

impl Finding {
	fn new(code: &'static str, what: impl Into<String>) -> Self {
		Self { code, record: None, what: what.into() }
	}

	fn of(record: RecordId, code: &'static str, what: impl Into<String>) -> Self {
		Self { code, record: Some(record), what: what.into() }
	}
}

/// What an audit found.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
	/// What is lodged.
	pub deposits: Deposits,
	/// What is on disk.
	pub files: Files,
	/// The access log.
	pub log: Log,
	/// What the chain says that is here; none if no node was asked.
	pub custody: Option<Custody>,
	/// What is not as it must be. Empty if all is well.
	pub findings: Vec<Finding>,
}

/// How an audit is done.
pub struct Audit {
	/// The chain, and the center whose rows are compared with it.
	pub chain: Option<(Arc<dyn ChainView>, ParticipantId)>,
	/// Whether files are compared with their lengths only, and not with their hashes.
	pub lengths_only: bool,
}

impl Audit {
	/// Audits a data directory. `on_bytes` hears how many bytes of how many have been read.
	pub async fn run(
		self,
		data_dir: &Path,
		on_bytes: impl FnMut(u64, u64) + Send + 'static,
	) -> Result<Report, AuditError> {
		let paths = DataPaths::of(data_dir);
		if !paths.database.exists() {
			return Err(AuditError::NoDatabase(data_dir.display().to_string()));
		}
		let (database, loss) = Database::inspect(&paths.database)?;
		let mut report = Report::default();
		let lost = loss.map(|loss| Finding::new("database-behind", loss.to_string()));
		report.findings.extend(lost);
		let genesis = database.genesis().await?;
		let rows = database.read(move |transaction| tables::read(transaction, genesis)).await?;
		let (log, logged) =
			database.read(move |transaction| log::read(transaction, genesis)).await?;

		if let (Some((_, center)), Some(genesis), false) = (&self.chain, genesis, self.lengths_only)
		{
			let center = *center;
			let release = ReleaseService::read(&paths.release_key, center)?;
			let checked = database
				.read(move |transaction| envelopes::check(transaction, &release, center, genesis));
			report.findings.extend(checked.await?);
		}

		let (content, lengths_only) = (paths.content, self.lengths_only);
		let reading = tokio::task::spawn_blocking(move || {
			let found = files::compare(&content, &rows.deposits, lengths_only, on_bytes)?;
			Ok::<_, AuditError>((rows, found))
		});
		let (rows, (files, damaged)) = reading.await.map_err(|_| AuditError::CutOff)??;
		report.findings.extend(rows.findings);
		report.findings.extend(logged.findings);
		report.findings.extend(log::compare(&logged.promoted, &rows.deposits));
		report.findings.extend(damaged);
		if let Some((chain, center)) = self.chain {
			let progress = database.progress().await?;
			let asked = custody::compare(chain.as_ref(), center, genesis, progress, &rows.deposits);
			let (custody, missing) = asked.await?;
			report.custody = Some(custody);
			report.findings.extend(missing);
		}
		(report.deposits, report.files, report.log) = (rows.counts, files, log);
		Ok(report)
	}
}

/// `0x` and hexadecimal digits.
fn hex(digest: &Digest) -> String {
	format!("0x{}", ::hex::encode(digest))
}
