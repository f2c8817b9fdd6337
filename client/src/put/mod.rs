//! Putting records: classify, seal, deposit, anchor. Safe to run again at any point.
//!
//! A content is sealed exactly once, into the home's spool, before anything of it leaves; what is
//! uploaded is the spooled ciphertext. So a file that changes under the hands of a put can never be
//! sealed under the same key a second time.

mod anchor;
mod deposit;
mod source;
mod spool;

pub use source::{Item, Source};

use std::path::PathBuf;

use serde::Serialize;
use ward_chain_client::State;
use ward_crypto::{content::Manifest, wrap::WrapContext};
use ward_primitives::{
	decide,
	decision::{Basis, Query},
	participant::SealingKey,
	record::MAX_CUSTODIANS,
	Action, AttributesOpening, CategorySet, Decision, ParticipantId, PurposeOfUse, RecordContent,
	RecordId, Role, Sensitivity,
};

use crate::{
	error::{Context, Error, Kind, Result},
	explain,
	journal::{Journal, PutIdentity, PutKey, PutRow},
	keys::random,
	moment,
	progress::Progress,
	recipients,
	session::{self, Session},
};

/// What is to be put, and how.
#[derive(Clone, Debug)]
pub struct PutOptions {
	/// The files.
	pub files: Vec<PathBuf>,
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
	/// The patient's public sealing key, if the home does not have it yet.
	pub patient_key: Option<Vec<u8>>,
}

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

/// A record on its way.
struct Work {
	item: Item,
	key: PutKey,
	row: PutRow,
	existed: bool,
}

/// Who may write where: found out before anything leaves.
struct Permission {
	on_behalf_of: Option<ParticipantId>,
}

/// Puts files: seals, uploads, anchors, and waits until the records are final.
pub async fn put(
	session: &Session,
	options: &PutOptions,
	progress: &dyn Progress,
) -> Result<Vec<PutOutcome>> {
	check(options)?;
	let items = read_items(options, progress).await?;
	if options.supersedes.is_some() && items.len() != 1 {
		return Err(Error::new(Kind::Usage, "only a single record can supersede another one")
			.hint("put one file, without --split"));
	}
	let state = session.chain.finalized().await?;
	let journal = session.home.journal().await?;
	let patient_key = patient_key(session, &state, &journal, options).await?;
	for custodian in &options.custodians {
		session::vault_row(&state, *custodian).await?;
	}
	let permission = permission(session, &state, options).await?;

	if options.patient_only && options.custodians.contains(&session.id) {
		return Err(Error::new(Kind::Usage, "a center cannot hold its own patient-only record")
			.hint("name another center with --vault-of, or leave --patient-only out"));
	}

	let mut works = Vec::with_capacity(items.len());
	for item in items {
		works.push(begin(session, &journal, options, &permission, item, progress).await?);
	}
	for work in works.iter_mut().filter(|work| work.row.anchored.is_none()) {
		deposit::deposit(session, &state, &journal, work, &patient_key, progress).await?;
	}
	anchor::anchor(session, &journal, &mut works, progress).await?;
	Ok(works.into_iter().map(outcome).collect())
}

fn outcome(work: Work) -> PutOutcome {
	let Work { item, row, existed, .. } = work;
	PutOutcome {
		record: row.record,
		file: item.path.display().to_string(),
		categories: row.opening.attributes.categories.iter().map(|c| c.name()).collect(),
		sensitivity: row.opening.attributes.sensitivity,
		resources: item.resources,
		bytes: item.length,
		custodians: row.custodians,
		block: row.anchored.map(|(number, _)| number).filter(|number| *number > 0),
		existed,
	}
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
		return usage("a record has one to three custodians", "repeat --vault-of for each");
	}
	Ok(())
}

/// Reads and classifies every file before anything else happens.
async fn read_items(options: &PutOptions, progress: &dyn Progress) -> Result<Vec<Item>> {
	let mut items = Vec::new();
	for file in &options.files {
		progress.step(&format!("reading {}", file.display()));
		let (file, options) = (file.clone(), options.clone());
		let read = tokio::task::spawn_blocking(move || source::read(&file, &options));
		items.extend(read.await.context(Kind::Other, || "reading was cut off".into())??);
	}
	Ok(items)
}

/// The patient's public sealing key, checked against the chain.
async fn patient_key(
	session: &Session,
	state: &State,
	journal: &Journal,
	options: &PutOptions,
) -> Result<Vec<u8>> {
	let patient = options.patient;
	let row = session::participant(state, patient).await?;
	if row.role != Role::Patient {
		let what = format!("participant {patient} is a {}, not a patient", explain::role(row.role));
		return Err(
			Error::new(Kind::Input, what).hint("records are about patients; check --patient")
		);
	}
	if patient == session.id {
		for secret in session.keys.sealing() {
			if secret.sealing_key() == row.sealing_key {
				return Ok(secret.public_key());
			}
		}
	}
	if let Some(key) = &options.patient_key {
		return match row.sealing_key.matches(key) {
			true => {
				journal.save_sealing_key(&row.sealing_key, key)?;
				Ok(key.clone())
			},
			false => Err(recipients::not_the_key(patient)),
		};
	}
	recipients::known_key(journal, patient, &row.sealing_key)
}

/// Asks the chain whether the record may be written, and on whose behalf, before anything leaves.
async fn permission(session: &Session, state: &State, options: &PutOptions) -> Result<Permission> {
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
	let on_behalf_of = match (basis, named) {
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
	};
	Ok(Permission { on_behalf_of })
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

/// Finds a record in the journal, or seals it and notes it there.
async fn begin(
	session: &Session,
	journal: &Journal,
	options: &PutOptions,
	permission: &Permission,
	item: Item,
	progress: &dyn Progress,
) -> Result<Work> {
	let identity = identity(session, options, permission, &item);
	let (key, known) = find(journal, &identity, options.again)?;
	if let Some(row) = known {
		let existed = row.anchored.is_some();
		return Ok(Work { item, key, row, existed });
	}
	progress.step(&format!("sealing {}", item.label()));
	let sealed_at = moment::display(moment::now());
	let mut manifest = Manifest::new(&item.media_type, item.length, item.digest, sealed_at);
	manifest.title.clone_from(&options.title);
	manifest.file_name = item.path.file_name().map(|name| name.to_string_lossy().into_owned());
	manifest.fhir_type.clone_from(&item.fhir_type);
	manifest.fhir_version.clone_from(&item.fhir_version);
	let opening = AttributesOpening { salt: random(), attributes: item.attributes };
	let sealed = spool::seal(session.home.spool(), key, manifest, item.source.clone()).await?;
	let content = RecordContent {
		patient: options.patient,
		author: session.id,
		commitment: sealed.plan.commitment,
		attributes: opening.digest(),
		content_root: sealed.root,
		size: sealed.size,
	};
	let row = PutRow {
		record: content.record_id(&session.genesis()),
		content,
		on_behalf_of: identity.on_behalf_of,
		supersedes: options.supersedes,
		custodians: identity.custodians,
		patient_only: options.patient_only,
		salt: sealed.plan.salt,
		manifest: sealed.plan.manifest,
		opening,
		data_key: Some(session.keys.journal().seal(&sealed.data_key, key)),
		deposits: Vec::new(),
		anchored: None,
		begun_at: moment::now(),
	};
	journal.save_put(key, &row)?;
	journal.save_opening(row.record, &row.opening)?;
	Ok(Work { item, key, row, existed: false })
}

fn identity(
	session: &Session,
	options: &PutOptions,
	permission: &Permission,
	item: &Item,
) -> PutIdentity {
	use std::os::unix::ffi::OsStrExt;
	let mut custodians = options.custodians.clone();
	custodians.sort_unstable();
	PutIdentity {
		genesis: session.genesis(),
		author: session.id,
		patient: options.patient,
		on_behalf_of: permission.on_behalf_of,
		custodians,
		path: item.path.as_os_str().as_bytes().to_vec(),
		part: item.part.map(|part| part.0),
		content: item.digest,
		description: codec::Encode::encode(&(&options.title, &item.media_type, item.attributes)),
		patient_only: options.patient_only,
		supersedes: options.supersedes,
	}
}

/// The put to go on with, if there is one; else the key of a new one. `--again` goes on with a further
/// copy that is not anchored yet, and begins one if all are.
fn find(
	journal: &Journal,
	identity: &PutIdentity,
	again: bool,
) -> Result<(PutKey, Option<PutRow>)> {
	if !again {
		let key = identity.key(0);
		return Ok((key, journal.put(key)?));
	}
	let mut copy = 1;
	loop {
		let key = identity.key(copy);
		match journal.put(key)? {
			Some(row) if row.anchored.is_some() => copy += 1,
			found => return Ok((key, found)),
		}
	}
}

/// Whom the data key is wrapped for at a custodian: patient, author and the custodian, each once.
fn wrap_contexts(row: &PutRow, custodian: ParticipantId, genesis: [u8; 32]) -> Vec<WrapContext> {
	let mut recipients = vec![row.content.patient];
	let others = [Some(row.content.author), (!row.patient_only).then_some(custodian)];
	for recipient in others.into_iter().flatten() {
		if !recipients.contains(&recipient) {
			recipients.push(recipient);
		}
	}
	let context = |recipient| WrapContext { genesis, record: row.record, recipient };
	recipients.into_iter().map(context).collect()
}

/// The sealing key of the author, which the chain must know.
fn own_public_key(session: &Session, on_chain: &SealingKey) -> Result<Vec<u8>> {
	let own = session.keys.sealing().iter().find(|secret| secret.sealing_key() == *on_chain);
	own.map(|secret| secret.public_key()).ok_or_else(|| {
		Error::new(Kind::Keys, "the chain knows another sealing key for you than this home has")
			.code_is("sealing-key-mismatch")
			.hint("publish this home's with `ward keys publish-sealing`")
	})
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::journal::tests::{identity, row};

	#[tokio::test]
	async fn again_makes_a_new_record_only_when_the_copy_before_is_anchored() {
		let dir = tempfile::tempdir().unwrap();
		let journal = Journal::open(&dir.path().join("journal.redb")).await.unwrap();
		let identity = identity();
		let (first, found) = find(&journal, &identity, false).unwrap();
		assert!(found.is_none());
		journal.save_put(first, &row()).unwrap();
		assert_eq!(find(&journal, &identity, false).unwrap(), (first, Some(row())));

		let (second, found) = find(&journal, &identity, true).unwrap();
		assert!(found.is_none() && second != first);
		journal.save_put(second, &row()).unwrap();
		assert_eq!(find(&journal, &identity, true).unwrap(), (second, Some(row())), "resumed");

		let done = PutRow { anchored: Some((1, [0; 32])), ..row() };
		journal.save_put(second, &done).unwrap();
		let (third, found) = find(&journal, &identity, true).unwrap();
		assert!(found.is_none() && third != second);
	}

	#[test]
	fn each_recipient_gets_one_wrap_and_a_custodian_none_of_a_patient_only_record() {
		let recipients = |row: &PutRow, custodian| -> Vec<u64> {
			let contexts = wrap_contexts(row, ParticipantId(custodian), [0; 32]);
			contexts.iter().map(|context| context.recipient.0).collect()
		};
		let mut row = row();
		assert_eq!(recipients(&row, 4), [3, 2, 4]);
		assert_eq!(recipients(&row, 2), [3, 2], "a center that writes into its own vault");
		row.patient_only = true;
		assert_eq!(recipients(&row, 4), [3, 2]);
		row.content.author = row.content.patient;
		assert_eq!(recipients(&row, 4), [3]);
	}
}
