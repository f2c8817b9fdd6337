//! Getting a record: have its key released, fetch the ciphertext, verify it against the chain, open it.

mod fault;
mod large;
mod part;
mod partial;
mod range;
mod whole;

pub use range::ByteRange;

use std::{
	io::{self, Write},
	ops::Range,
	time::Duration,
};

use serde::Serialize;
use tokio::time::sleep;
use ward_chain_client::State;
use ward_crypto::{
	content::{DataKey, Manifest},
	wrap::{self, WrapContext},
};
use ward_fail_points::die_at;
use ward_primitives::{
	decision::Obligations, Decision, ParticipantId, PurposeOfUse, RecordId, RecordRow,
};
use ward_vault_api::{
	base64::Base64,
	contingency::ContingencyJson,
	release::{ReleaseRequest, ReleasedKey},
};

use crate::{
	error::{Context, Error, Kind, Result},
	explain, moment,
	progress::Progress,
	session::{self, Session},
	vault::VaultClient,
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
	/// The bytes of the content that were wanted, if not all: the first, and the one after the last.
	pub part: Option<Range<u64>>,
	/// Whether the content may not be passed on.
	pub no_redisclosure: bool,
	/// The record that replaces this one, if there is one.
	pub superseded_by: Option<RecordId>,
	/// The state that the custodian decided at, if it did so in an outage of the chain.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub contingency: Option<ContingencyJson>,
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
	range: Option<ByteRange>,
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
		let reading = Reading { vault: &vault, row: &row, record, purpose, progress };
		match get_from(session, &reading, range, place).await {
			Ok(got) => return Ok(got),
			// Another custodian would decide the same, or have a content of the same length.
			Err(error) if matches!(error.kind(), Kind::Denied | Kind::Input) => return Err(error),
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

/// One reading: what is read, from whom, what for, and who hears of it.
#[derive(Clone, Copy)]
struct Reading<'r> {
	vault: &'r VaultClient<'r>,
	row: &'r RecordRow,
	record: RecordId,
	purpose: PurposeOfUse,
	progress: &'r dyn Progress,
}

async fn get_from<W: Write>(
	session: &Session,
	reading: &Reading<'_>,
	range: Option<ByteRange>,
	out: W,
) -> Result<(GetOutcome, W)> {
	let Reading { vault, row, record, purpose, progress } = *reading;
	progress.step(&format!("asking center {} for the key", vault.center()));
	let (data_key, released) = release(session, vault, row, record, purpose, progress).await?;
	die_at("client.get.released");
	let (manifest, part, out) = match range {
		Some(range) => {
			let (manifest, part, out) = part::fetch(reading, &data_key, range, out).await?;
			(manifest, Some(part), out)
		},
		None if row.content.size >= large::LARGE => {
			let directory = session.home.fetched();
			let (manifest, out) = large::fetch(reading, directory, &data_key, out).await?;
			(manifest, None, out)
		},
		None => {
			let (manifest, out) = whole::fetch(reading, &data_key, out).await?;
			(manifest, None, out)
		},
	};
	let no_redisclosure = matches!(released.decision,
		Decision::Permit { obligations, .. }
			if obligations.contains(Obligations::NO_REDISCLOSURE));
	let outcome = GetOutcome {
		record,
		patient: row.content.patient,
		author: row.content.author,
		custodian: vault.center(),
		manifest,
		part,
		no_redisclosure,
		superseded_by: row.superseded_by,
		contingency: released.contingency,
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
) -> Result<(DataKey, ReleasedKey)> {
	let state = session.chain.finalized().await?;
	let own = session::participant(&state, session.id).await?;
	let public_key = session.sealing_on_chain(&own.sealing_key)?.public_key();
	let request = ReleaseRequest { suite: own.sealing_key.suite, sealing_key: Base64(public_key) };
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
	if let Some(contingency) = &released.contingency {
		progress.warn(&format!(
			"the chain is out of order ({}): center {} decided by its state of {}, and has logged so",
			contingency.trouble,
			vault.center(),
			moment::display(contingency.at)
		));
	}
	Ok((data_key, released))
}

/// Whether only the opening, which the vault has, is missing for a permit.
fn is_open(chain: &explain::ChainDecision) -> bool {
	chain.decision == Decision::Deny { reason: ward_primitives::Reason::OpeningMissing }
}
