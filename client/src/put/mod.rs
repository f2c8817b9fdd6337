//! Putting records: classify, seal, deposit, anchor. Safe to run again at any point.
//!
//! A content is sealed exactly once, into the home's spool, before anything of it leaves; what is
//! uploaded is the spooled ciphertext. So a file that changes under the hands of a put can never be
//! sealed under the same key a second time.

mod anchor;
mod begin;
mod deposit;
mod folder;
mod input;
mod line;
mod report;
mod source;
mod spool;

pub use folder::{SkipReason, Skipped};
pub use report::{PutFailure, PutOutcome, PutReport};
pub use source::{Item, Source};

use std::path::PathBuf;

use ward_chain_client::State;
use ward_primitives::{
	decide,
	decision::{Basis, Query},
	record::MAX_CUSTODIANS,
	Action, CategorySet, Decision, ParticipantId, ParticipantRow, PurposeOfUse, RecordId, Role,
	Sensitivity,
};

use self::{
	input::Input,
	line::{Custodian, Line},
};
use crate::{
	error::{Error, Kind, Result},
	explain,
	journal::Journal,
	progress::{OneOfMany, Progress},
	recipients,
	session::{self, Session},
};

/// What is to be put, and how.
#[derive(Clone, Debug)]
pub struct PutOptions {
	/// The files, and folders of files.
	pub files: Vec<PathBuf>,
	/// Whether files and folders in folders are taken whose names begin with a dot.
	pub hidden: bool,
	/// Whom the records are about.
	pub patient: ParticipantId,
	/// The centers whose vaults shall hold them.
	pub custodians: Vec<ParticipantId>,
	/// The center on whose behalf they are written; none finds it out.
	pub on_behalf_of: Option<ParticipantId>,
	/// Whether a Bundle becomes one record per category.
	pub split: bool,
	/// The media type, if it is known better than by looking.
	pub media_type: Option<String>,
	/// A title for people; sealed.
	pub title: Option<String>,
	/// The categories of what is not FHIR.
	pub categories: Option<CategorySet>,
	/// The least confidentiality.
	pub sensitivity: Sensitivity,
	/// Whether custodians get no wrapped key.
	pub patient_only: bool,
	/// Whether a second, independent record is wanted.
	pub again: bool,
	/// The record that the new one corrects or replaces.
	pub supersedes: Option<RecordId>,
	/// The patient's public sealing key; none looks for it in the home, then in the vaults.
	pub patient_key: Option<Vec<u8>>,
}

/// Puts files, and all that is in folders: seals, uploads, anchors, and waits until the records are
/// final.
///
/// Of files that are named one by one, either all are good or none leaves this machine, and the first
/// failure ends the put. Once a folder is named, a file that cannot be put does not keep the others
/// from it: see [`PutReport::failed`].
pub async fn put(
	session: &Session,
	options: &PutOptions,
	progress: &dyn Progress,
) -> Result<PutReport> {
	check(options)?;
	let input = Input::gather(session, options, progress).await?;
	if options.supersedes.is_some() && input.entries.len() != 1 {
		return Err(Error::new(Kind::Usage, "only a single record can supersede another one")
			.hint("put one file, without --split"));
	}
	let state = session.chain.finalized().await?;
	let journal = session.home.journal().await?;
	spool::sweep(&session.home.spool(), &journal)?;
	let patient = patient(&state, options.patient).await?;
	let mut custodians = Vec::new();
	for center in &options.custodians {
		let row = session::vault_row(&state, *center).await?;
		custodians.push(Custodian { vault: session.vault(&state, *center).await?, row });
	}
	let on_behalf_of = permission(session, &state, options).await?;
	let patient_key = patient_key(session, &state, &journal, options, &patient, progress).await?;
	if options.patient_only && options.custodians.contains(&session.id) {
		return Err(Error::new(Kind::Usage, "a center cannot hold its own patient-only record")
			.hint("name another center with --custodian, or leave --patient-only out"));
	}
	let own = session::participant(&state, session.id).await?;
	let own_key = session.sealing_on_chain(&own.sealing_key)?.public_key();

	let one_of_many = OneOfMany(progress);
	let is_many = input.is_folder || input.entries.len() > line::AT_ONCE;
	let Input { entries, skipped, failed, is_folder } = input;
	let line = Line {
		session,
		options,
		journal,
		on_behalf_of,
		patient_key,
		own_key,
		custodians,
		is_folder,
		is_many,
		progress: if is_many { &one_of_many } else { progress },
	};
	let (records, mut failures) = line::run(&line, entries).await?;
	let unreadable =
		failed.iter().map(|(path, error)| PutFailure::new(path.display().to_string(), error));
	failures.extend(unreadable);
	Ok(PutReport { records, failed: failures, skipped, is_folder })
}

fn check(options: &PutOptions) -> Result<()> {
	let usage = |what: &str, hint: &str| Err(Error::new(Kind::Usage, what).hint(hint));
	let mut custodians = options.custodians.clone();
	custodians.sort_unstable();
	custodians.dedup();
	if custodians.len() != options.custodians.len() {
		return usage("a custodian is named twice", "name each center once");
	}
	if custodians.is_empty() || custodians.len() > MAX_CUSTODIANS as usize {
		return usage("a record has one to three custodians", "repeat --custodian for each");
	}
	Ok(())
}

/// Whom the records are about: a patient.
async fn patient(state: &State, id: ParticipantId) -> Result<ParticipantRow> {
	let row = session::participant(state, id).await?;
	if row.role != Role::Patient {
		let what = format!("participant {id} is a {}, not a patient", explain::role(row.role));
		return Err(
			Error::new(Kind::Input, what).hint("records are about patients; check --patient")
		);
	}
	Ok(row)
}

/// The patient's public sealing key, checked against the chain.
async fn patient_key(
	session: &Session,
	state: &State,
	journal: &Journal,
	options: &PutOptions,
	row: &ParticipantRow,
	progress: &dyn Progress,
) -> Result<Vec<u8>> {
	if options.patient == session.id {
		return Ok(session.sealing_on_chain(&row.sealing_key)?.public_key());
	}
	if let Some(key) = &options.patient_key {
		return match row.sealing_key.matches(key) {
			true => {
				journal.save_sealing_key(&row.sealing_key, key)?;
				Ok(key.clone())
			},
			false => Err(recipients::not_the_key(options.patient)),
		};
	}
	if let Some(key) = recipients::known_key(journal, &row.sealing_key)? {
		return Ok(key);
	}
	let centers = options.custodians.iter().copied().chain(row.sponsor);
	let vaults = recipients::vaults_of(session, state, centers).await?;
	recipients::ask(&vaults, journal, options.patient, &row.sealing_key, progress).await
}

/// Asks the chain whether the record may be written, and on whose behalf, before anything leaves.
async fn permission(
	session: &Session,
	state: &State,
	options: &PutOptions,
) -> Result<Option<ParticipantId>> {
	let own = session::participant(state, session.id).await?;
	let named = match own.role {
		Role::MedicalCenter => Some(options.on_behalf_of.unwrap_or(session.id)),
		_ => options.on_behalf_of,
	};
	let query = Query {
		patient: options.patient,
		record: None,
		actor: session.id,
		on_behalf_of: named,
		action: Action::Write,
		purpose: PurposeOfUse::Treat,
		at: state.timestamp,
	};
	let basis = match decide(&state.decision_inputs(query).await?, None) {
		Decision::Permit { basis, .. } => basis,
		Decision::Deny { reason } => {
			let what = format!(
				"you may not write about patient {}: {}",
				options.patient,
				explain::reason(reason)
			);
			return Err(Error::new(Kind::Denied, what).code_is(reason.code()).hint(
				"the patient can open a care relationship (`ward care open`) or grant writing; \
				 nothing has left this machine",
			));
		},
	};
	Ok(match (basis, named) {
		(Basis::Own, None) => None,
		(Basis::Own, Some(_)) => {
			return Err(Error::new(
				Kind::Usage,
				"the patient and the patient's own device write on nobody's behalf",
			)
			.hint("leave --on-behalf-of out"));
		},
		(_, Some(center)) => Some(center),
		(Basis::Care { center, .. } | Basis::Authored { center }, None) => Some(center),
		(Basis::Grant { .. }, None) => Some(only_affiliation(session, state).await?),
	})
}

async fn only_affiliation(session: &Session, state: &State) -> Result<ParticipantId> {
	let mut live = state.affiliations(session.id).await?;
	live.retain(|(_, interval)| interval.contains(state.timestamp));
	match live[..] {
		[(center, _)] => Ok(center),
		_ => Err(Error::new(Kind::Usage, "it is not clear on whose behalf you write")
			.hint("name the center with --on-behalf-of")),
	}
}
