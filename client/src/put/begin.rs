//! The begin of a record: found in the journal, or sealed and noted there.

use std::os::unix::ffi::OsStrExt;

use ward_crypto::content::Manifest;
use ward_fail_points::die_at;
use ward_primitives::{AttributesOpening, RecordContent};

use super::{line::Line, spool, Item};
use crate::{
	error::Result,
	journal::{Journal, PutIdentity, PutKey, PutRow},
	keys::random,
	moment,
};

/// A record on its way.
pub(super) struct Work {
	pub(super) item: Item,
	pub(super) key: PutKey,
	pub(super) row: PutRow,
	/// Whether an earlier run has begun it, and may have come further than the journal says.
	pub(super) is_resumed: bool,
}

/// Finds a record in the journal, or seals it and notes it there.
pub(super) async fn begin(line: &Line<'_>, item: Item) -> Result<Work> {
	let Line { session, options, journal, progress, .. } = line;
	let identity = identity(line, &item);
	let (key, known) = find(journal, &identity, options.again)?;
	if let Some(row) = known {
		return Ok(Work { item, key, row, is_resumed: true });
	}
	progress.step(&format!("sealing {}", item.label()));
	let sealed_at = moment::display(moment::now());
	let mut manifest = Manifest::new(&item.media_type, item.length, item.digest, sealed_at);
	manifest.title.clone_from(&options.title);
	manifest.file_name = item.path.file_name().map(|name| name.to_string_lossy().into_owned());
	manifest.fhir_type.clone_from(&item.fhir_type);
	manifest.fhir_version.clone_from(&item.fhir_version);
	let opening = AttributesOpening { salt: random(), attributes: item.attributes };
	let (spool, source) = (session.home.spool(), item.source.clone());
	let sealed = spool::seal(spool, key, manifest, source, *progress).await?;
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
	die_at("client.seal.not-journaled");
	journal.begin_put(key, &row)?;
	die_at("client.seal.journaled");
	Ok(Work { item, key, row, is_resumed: false })
}

fn identity(line: &Line<'_>, item: &Item) -> PutIdentity {
	let Line { session, options, .. } = line;
	let mut custodians = options.custodians.clone();
	custodians.sort_unstable();
	PutIdentity {
		genesis: session.genesis(),
		author: session.id,
		patient: options.patient,
		on_behalf_of: line.on_behalf_of,
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
}
