//! Getting a record: have its key released, fetch the ciphertext, verify it against the chain, open it.

use std::{
	io::{self, Write},
	ops::Range,
	time::Duration,
};

use serde::Serialize;
use tokio::time::sleep;
use ward_chain_client::State;
use ward_crypto::{
	content::{DataKey, Manifest, OpenError, Opener},
	wrap::{self, WrapContext},
};
use ward_primitives::{
	decision::Obligations, Decision, ParticipantId, PurposeOfUse, RecordId, RecordRow,
};

use crate::{
	error::{Context, Error, Kind, Result},
	explain,
	hex::Hex,
	progress::Progress,
	session::{self, Session},
	vault::{self, Release, VaultClient},
};

/// What was got.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GetOutcome {
	/// The record.
	pub record: RecordId,
	/// Whom it is about.
	pub patient: ParticipantId,
	/// Who wrote it.
	pub author: ParticipantId,
	/// Who delivered it.
	pub custodian: ParticipantId,
	/// The sealed description.
	pub manifest: Manifest,
	/// Whether the content may not be passed on.
	pub no_redisclosure: bool,
	/// The record that replaces this one, if there is one.
	pub superseded_by: Option<RecordId>,
}

/// A record, or an error that says there is none.
pub async fn record_row(state: &State, record: RecordId) -> Result<RecordRow> {
	state.record(record).await?.ok_or_else(|| {
		Error::new(Kind::Denied, format!("there is no record {record} on the chain"))
			.code_is("unknown-record")
			.hint("check the id; a record can be read once it is anchored and final")
	})
}

/// Gets a record and writes its content, or a part of it, to `out`.
///
/// What is written counts only if this succeeds: keep it aside until then. `restart` gives an empty
/// place to write to each time that another custodian is tried.
pub async fn get<W: Write>(
	session: &Session,
	record: RecordId,
	purpose: PurposeOfUse,
	range: Option<Range<u64>>,
	mut restart: impl FnMut() -> io::Result<W>,
	progress: &dyn Progress,
) -> Result<(GetOutcome, W)> {
	let state = session.chain.finalized().await?;
	let row = record_row(&state, record).await?;
	let mut failure: Option<Error> = None;
	for custodian in &row.custodians {
		if let Some(error) = &failure {
			progress.warn(&format!("{error}; trying center {}", custodian.center));
		}
		let vault = session.vault(&state, custodian.center).await?;
		let place = restart()
			.context(Kind::Other, || "there is no place to write the content to".into())?;
		let part = Part { out: place, skip: range.clone(), at: 0 };
		match get_from(session, &vault, &row, record, purpose, part, progress).await {
			Ok(got) => return Ok(got),
			// Another custodian would decide the same.
			Err(error) if error.kind() == Kind::Denied => return Err(error),
			Err(error) => failure = Some(most_telling(failure, error)),
		}
	}
	Err(failure.unwrap_or_else(|| Error::new(Kind::Other, "the record has no custodian")))
}

/// Damage says more than a vault that does not answer.
fn most_telling(before: Option<Error>, error: Error) -> Error {
	match before {
		Some(before) if before.kind() == Kind::Mismatch => before,
		_ => error,
	}
}

async fn get_from<W: Write>(
	session: &Session,
	vault: &VaultClient<'_>,
	row: &RecordRow,
	record: RecordId,
	purpose: PurposeOfUse,
	out: Part<W>,
	progress: &dyn Progress,
) -> Result<(GetOutcome, W)> {
	progress.step(&format!("asking center {} for the key", vault.center()));
	let (data_key, decision) = release(session, vault, row, record, purpose, progress).await?;
	let (manifest, out) = fetch(vault, row, record, purpose, &data_key, out, progress).await?;
	let no_redisclosure = matches!(decision,
		Some(Decision::Permit { obligations, .. })
			if obligations.contains(Obligations::NO_REDISCLOSURE));
	let outcome = GetOutcome {
		record,
		patient: row.content.patient,
		author: row.content.author,
		custodian: vault.center(),
		manifest,
		no_redisclosure,
		superseded_by: row.superseded_by,
	};
	Ok((outcome, out))
}

/// Has the data key released. A vault whose node is a block behind is asked again; any other denial is
/// final and explained by the chain itself.
async fn release(
	session: &Session,
	vault: &VaultClient<'_>,
	row: &RecordRow,
	record: RecordId,
	purpose: PurposeOfUse,
	progress: &dyn Progress,
) -> Result<(DataKey, Option<Decision>)> {
	let state = session.chain.finalized().await?;
	let own = session::participant(&state, session.id).await?;
	let current =
		session.keys.sealing().iter().find(|secret| secret.sealing_key() == own.sealing_key);
	let current = current.ok_or_else(|| {
		Error::new(Kind::Keys, "the chain knows another sealing key for you than this home has")
			.code_is("sealing-key-mismatch")
			.hint("publish this home's with `ward keys publish-sealing`")
	})?;
	let request = Release { suite: own.sealing_key.suite, sealing_key: current.public_key() };
	let mut patience = 5;
	let released = loop {
		let error = match vault.release(record, purpose, &request).await {
			Ok(released) => break released,
			Err(error) if error.kind() != Kind::Denied => return Err(error),
			Err(error) => error,
		};
		let state = session.chain.finalized().await?;
		let patient = row.content.patient;
		let chain = explain::chain_decision(&state, patient, record, session.id, purpose).await?;
		if patience == 0 || !chain.is_fresh || !chain.decision.is_permit() && !is_open(&chain) {
			return Err(explain::denial(record, &chain, error));
		}
		patience -= 1;
		progress.step("waiting for the vault to see the latest block");
		sleep(Duration::from_millis(1_500)).await;
	};
	let context = WrapContext { genesis: session.genesis(), record, recipient: session.id };
	let opened = session
		.keys
		.sealing()
		.iter()
		.find_map(|secret| wrap::unwrap(&released.wrapped, secret, &context).ok());
	let data_key = opened.ok_or_else(|| {
		let what = format!("the key that center {} released does not open", vault.center());
		Error::new(Kind::Mismatch, what)
			.code_is("wrap-mismatch")
			.hint("tell the center's operator and the record's author")
	})?;
	Ok((data_key, released.decision))
}

/// Whether only the opening, which the vault has, is missing for a permit.
fn is_open(chain: &explain::ChainDecision) -> bool {
	chain.decision == Decision::Deny { reason: ward_primitives::Reason::OpeningMissing }
}

/// Fetches the ciphertext, opens it on the way, and verifies all of it against the chain.
async fn fetch<W: Write>(
	vault: &VaultClient<'_>,
	row: &RecordRow,
	record: RecordId,
	purpose: PurposeOfUse,
	data_key: &DataKey,
	out: Part<W>,
	progress: &dyn Progress,
) -> Result<(Manifest, W)> {
	progress.step(&format!("fetching from center {}", vault.center()));
	let mut answer = vault.content(record, purpose).await?;
	let mut check = Check::new(row, data_key, out);
	loop {
		match vault::next_chunk(&mut answer).await {
			Ok(Some(chunk)) => {
				check.push(&chunk)?;
				progress.bytes(check.size, row.content.size);
				if check.size > row.content.size {
					break;
				}
			},
			Ok(None) => break,
			// A vault that finds damage on its disk while it sends breaks off.
			Err(error) if check.size < row.content.size => {
				let broken = Error::new(
					Kind::Vault,
					format!(
						"center {} at {} broke off after {} of {} bytes",
						vault.center(),
						vault.address(),
						check.size,
						row.content.size
					),
				);
				let again = vault.content(record, purpose).await;
				return Err(match again {
					Err(known) if known.kind() == Kind::Mismatch => known,
					_ => broken
						.code_is("transfer-broken")
						.caused_by(error)
						.hint("try again; nothing was written"),
				});
			},
			Err(error) => return Err(vault.unreachable(error)),
		}
	}
	progress.step("verifying against the chain");
	check.finish().map_err(|fault| fault.into_error(vault, record))
}

/// What is wrong with delivered content.
#[derive(Debug)]
enum Fault {
	/// The custodian delivered something else than what the chain records.
	Custodian(String, Option<OpenError>),
	/// The custodian delivered what the chain records, and it does not open.
	Author(OpenError),
	/// It could not be written down here.
	Output(io::Error),
}

impl Fault {
	fn into_error(self, vault: &VaultClient<'_>, record: RecordId) -> Error {
		let center = vault.center();
		match self {
			Self::Custodian(what, inner) => {
				let text = format!(
					"center {center} at {} delivered something else than record {record}: {what}",
					vault.address()
				);
				let error = Error::new(Kind::Mismatch, text)
					.code_is("content-mismatch")
					.hint("nothing was written; tell the center's operator, its copy is damaged");
				match inner {
					Some(inner) => error.caused_by(inner),
					None => error,
				}
			},
			Self::Author(inner) => Error::new(
				Kind::Mismatch,
				format!("record {record} is delivered as anchored, and does not open"),
			)
			.code_is("sealed-wrongly")
			.caused_by(inner)
			.hint("nothing was written; the author sealed it wrongly or released another key"),
			Self::Output(inner) => {
				Error::new(Kind::Other, "the content cannot be written").caused_by(inner)
			},
		}
	}
}

/// Hashes and opens ciphertext side by side. A chunk that does not open does not end the hashing, so
/// that in the end it is known whose fault it is.
struct Check<W: Write> {
	opener: Option<Opener<W>>,
	first_fault: Option<OpenError>,
	hash: blake3::Hasher,
	size: u64,
	expected_root: [u8; 32],
	expected_size: u64,
}

impl<W: Write> Check<Part<W>> {
	fn new(row: &RecordRow, data_key: &DataKey, out: Part<W>) -> Self {
		Self {
			opener: Some(Opener::new(data_key, &row.content.commitment, out)),
			first_fault: None,
			hash: blake3::Hasher::new(),
			size: 0,
			expected_root: row.content.content_root,
			expected_size: row.content.size,
		}
	}

	fn push(&mut self, ciphertext: &[u8]) -> Result<()> {
		self.hash.update(ciphertext);
		self.size = self.size.saturating_add(ciphertext.len() as u64);
		let Some(opener) = &mut self.opener else { return Ok(()) };
		let Err(error) = opener.write_all(ciphertext) else { return Ok(()) };
		self.opener = None;
		match error.downcast::<OpenError>() {
			Ok(OpenError::Output(error)) => {
				Err(error).context(Kind::Other, || "the content cannot be written".into())
			},
			Ok(fault) => {
				self.first_fault = Some(fault);
				Ok(())
			},
			Err(error) => {
				Err(error).context(Kind::Other, || "the content cannot be written".into())
			},
		}
	}

	fn finish(mut self) -> Result<(Manifest, W), Fault> {
		let opened = match (self.opener.take(), self.first_fault.take()) {
			(Some(opener), _) => opener.finish(),
			(None, Some(fault)) => Err(fault),
			(None, None) => Err(OpenError::FailedBefore),
		};
		if self.size != self.expected_size {
			let what = format!("it has {} bytes, the chain says {}", self.size, self.expected_size);
			return Err(Fault::Custodian(what, opened.err()));
		}
		let root = *self.hash.finalize().as_bytes();
		if root != self.expected_root {
			let what = format!(
				"its BLAKE3 root is {}, the chain says {}",
				Hex(root),
				Hex(self.expected_root)
			);
			return Err(Fault::Custodian(what, opened.err()));
		}
		match opened {
			Ok((manifest, part)) => Ok((manifest, part.out)),
			Err(OpenError::Output(error)) => Err(Fault::Output(error)),
			Err(error) => Err(Fault::Author(error)),
		}
	}
}

/// Passes on only the wanted part of what is written to it.
struct Part<W> {
	out: W,
	skip: Option<Range<u64>>,
	at: u64,
}

impl<W: Write> Write for Part<W> {
	fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
		let from = self.at;
		let until = from.saturating_add(bytes.len() as u64);
		let wanted = match &self.skip {
			None => bytes,
			Some(range) => {
				let start = range.start.clamp(from, until) - from;
				let end = range.end.clamp(from, until) - from;
				bytes.get(start as usize..end as usize).unwrap_or_default()
			},
		};
		self.out.write_all(wanted)?;
		self.at = until;
		Ok(bytes.len())
	}

	fn flush(&mut self) -> io::Result<()> {
		self.out.flush()
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::io::Read;
	use ward_crypto::content::{hash_and_size, SealPlan, Sealer};
	use ward_primitives::RecordContent;

	const CONTENT: &[u8] = b"what was put";

	fn sealed() -> (RecordRow, DataKey, Vec<u8>) {
		let (digest, length) = hash_and_size(CONTENT).unwrap();
		let manifest = Manifest::new("text/plain", length, digest, "1970-01-01T00:00:00Z");
		let (plan, key) = (SealPlan::generate(&manifest).unwrap(), DataKey::generate());
		let mut ciphertext = Vec::new();
		Sealer::new(&plan, &key, CONTENT).read_to_end(&mut ciphertext).unwrap();
		let content = RecordContent {
			patient: ParticipantId(1),
			author: ParticipantId(2),
			commitment: plan.commitment,
			attributes: [0; 32],
			content_root: *blake3::hash(&ciphertext).as_bytes(),
			size: ciphertext.len() as u64,
		};
		let row = RecordRow {
			content,
			author_center: None,
			custodians: Default::default(),
			anchored_at: 0,
			lineage: RecordId([0; 32]),
			supersedes: None,
			superseded_by: None,
		};
		(row, key, ciphertext)
	}

	fn check(
		row: &RecordRow,
		key: &DataKey,
		ciphertext: &[u8],
		range: Option<Range<u64>>,
	) -> Result<Vec<u8>, Fault> {
		let mut check = Check::new(row, key, Part { out: Vec::new(), skip: range, at: 0 });
		for slice in ciphertext.chunks(7) {
			check.push(slice).unwrap();
		}
		check.finish().map(|(_, out)| out)
	}

	#[test]
	fn the_content_comes_back_bit_for_bit_and_in_parts() {
		let (row, key, ciphertext) = sealed();
		assert_eq!(check(&row, &key, &ciphertext, None).unwrap(), CONTENT);
		assert_eq!(check(&row, &key, &ciphertext, Some(5..8)).unwrap(), b"was");
		assert_eq!(check(&row, &key, &ciphertext, Some(9..99)).unwrap(), b"put");
		assert_eq!(check(&row, &key, &ciphertext, Some(50..60)).unwrap(), b"");
	}

	#[test]
	fn a_flipped_byte_anywhere_is_the_custodians_fault() {
		let (row, key, ciphertext) = sealed();
		for place in [0, 8, ciphertext.len() / 2, ciphertext.len() - 1] {
			let mut flipped = ciphertext.clone();
			flipped[place] ^= 1;
			let fault = check(&row, &key, &flipped, None).unwrap_err();
			let Fault::Custodian(what, Some(_)) = fault else { panic!("{place}: {fault:?}") };
			assert!(what.contains("BLAKE3 root"));
		}
	}

	#[test]
	fn content_that_is_cut_off_or_goes_on_is_the_custodians_fault() {
		let (row, key, ciphertext) = sealed();
		let longer = [&ciphertext[..], b"x"].concat();
		for wrong in [&ciphertext[..ciphertext.len() - 1], &longer] {
			let fault = check(&row, &key, wrong, None).unwrap_err();
			let Fault::Custodian(what, _) = fault else { panic!("{fault:?}") };
			assert!(what.contains("bytes"));
		}
	}

	#[test]
	fn what_is_anchored_and_does_not_open_is_not_the_custodians_fault() {
		let (row, _, ciphertext) = sealed();
		let fault = check(&row, &DataKey::generate(), &ciphertext, None).unwrap_err();
		assert!(matches!(fault, Fault::Author(_)));
	}
}
