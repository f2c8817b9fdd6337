//! Repairing a record: each custodian's copy is read and compared with the chain, and a sound one is
//! uploaded where one is not. Only ciphertext is moved; no key is needed.

mod copy;

use std::fs::File;

use serde::Serialize;
use ward_chain_client::State;
use ward_primitives::{ParticipantId, PurposeOfUse, RecordId, RecordRow, VaultRow};

use self::copy::{examine, Found};
use crate::{
	error::{Context, Error, Kind, Result},
	explain, files,
	get::record_row,
	progress::Progress,
	session::{self, Session},
	upload::{self, check_receipt, Ciphertext},
	vault::VaultClient,
};

/// How a custodian's copy stands now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CopyState {
	/// It is what the chain says.
	Sound,
	/// It was not, and is now.
	Repaired,
	/// It is missing, or something else than the chain says.
	Damaged,
	/// The vault does not answer.
	Unreachable,
	/// The vault does not give it, or does not take another one.
	Refused,
}

impl CopyState {
	/// Whether there is nothing left to be done.
	pub const fn is_good(self) -> bool {
		matches!(self, Self::Sound | Self::Repaired)
	}

	/// One word for people.
	pub const fn word(self) -> &'static str {
		match self {
			Self::Sound => "sound",
			Self::Repaired => "repaired",
			Self::Damaged => "DAMAGED",
			Self::Unreachable => "unreachable",
			Self::Refused => "refused",
		}
	}
}

/// A custodian's copy.
#[derive(Clone, Debug, Serialize)]
pub struct CopyReport {
	/// The custodian.
	pub center: ParticipantId,
	/// How its copy stands now.
	pub state: CopyState,
	/// What was wrong with it, or still is.
	pub reason: Option<String>,
	/// What helps against what is still wrong.
	pub hint: Option<String>,
}

/// What became of the copies of a record.
#[derive(Clone, Debug, Serialize)]
pub struct RepairReport {
	/// The record.
	pub record: RecordId,
	/// Its copies, in the order of its custodians.
	pub copies: Vec<CopyReport>,
}

impl RepairReport {
	/// Whether every copy is sound now.
	pub fn is_good(&self) -> bool {
		self.copies.iter().all(|copy| copy.state.is_good())
	}
}

/// A custodian, and what its copy was found to be.
struct Custodian<'s> {
	center: ParticipantId,
	vault: Option<(VaultClient<'s>, VaultRow)>,
	found: Found,
}

/// Reads all copies of a record, and replaces those that are not sound. For its author and its patient.
pub async fn repair(
	session: &Session,
	record: RecordId,
	progress: &dyn Progress,
) -> Result<RepairReport> {
	let state = session.chain.finalized().await?;
	let row = record_row(&state, record).await?;
	let purpose = permission(session, &state, record, &row).await?;
	let mut kept = files::nameless(&session.home.fetched())
		.context(Kind::Other, || "a copy cannot be kept in the home".into())?;
	let mut is_kept = false;
	let mut custodians = Vec::new();
	for custodian in &row.custodians {
		let center = custodian.center;
		let reached = async {
			let vault = session.vault(&state, center).await?;
			Ok::<_, Error>((vault, session::vault_row(&state, center).await?))
		};
		let (vault, found) = match reached.await {
			Ok((vault, vault_row)) => {
				progress.step(&format!("reading the copy of center {center}"));
				let keep = (!is_kept).then_some(&mut kept);
				let found = examine(&vault, record, &row.content, purpose, keep, progress).await?;
				is_kept |= matches!(found, Found::Sound);
				(Some((vault, vault_row)), found)
			},
			Err(error) if error.kind() == Kind::Node => return Err(error),
			Err(error) => (None, Found::Unreachable(error)),
		};
		custodians.push(Custodian { center, vault, found });
	}
	if !is_kept {
		return Err(none_sound(record, &custodians));
	}
	let mut copies = Vec::with_capacity(custodians.len());
	for custodian in custodians {
		let source = Source { session, record, row: &row, purpose, kept: &kept };
		copies.push(source.mend(custodian, progress).await?);
	}
	Ok(RepairReport { record, copies })
}

/// Author and patient may repair, as long as they may read.
async fn permission(
	session: &Session,
	state: &State,
	record: RecordId,
	row: &RecordRow,
) -> Result<PurposeOfUse> {
	let (patient, author) = (row.content.patient, row.content.author);
	let purpose = match session.id {
		own if own == patient => PurposeOfUse::Patrqt,
		own if own == author => PurposeOfUse::Treat,
		_ => {
			let what = format!(
				"record {record} is repaired by its author {author} or its patient {patient}, you are \
				 participant {}",
				session.id
			);
			return Err(Error::new(Kind::Denied, what).code_is("not-yours").hint(
				"tell one of them, or the operator of the center (`ward-vault repair`); vaults also \
				 repair their copies by themselves",
			));
		},
	};
	let chain = explain::chain_decision(state, patient, record, session.id, purpose).await?;
	match chain.decision.is_permit() {
		true => Ok(purpose),
		false => {
			let why = Error::new(Kind::Denied, "repairing needs the right to read");
			Err(explain::denial(record, &chain, why))
		},
	}
}

/// The error for a record of which no sound copy was found.
fn none_sound(record: RecordId, custodians: &[Custodian<'_>]) -> Error {
	let all_lost = custodians.iter().all(|custodian| matches!(custodian.found, Found::Damaged(_)));
	let found: Vec<_> = custodians
		.iter()
		.map(|Custodian { center, found, .. }| match found {
			Found::Sound => format!("center {center}: sound"),
			Found::Damaged(error) | Found::Unreachable(error) | Found::Refused(error) => {
				format!("center {center}: {error}")
			},
		})
		.collect();
	let (kind, code, what, hint) = match all_lost {
		true => (
			Kind::Mismatch,
			"no-sound-copy",
			"no custodian has a sound copy",
			"ask the operators for their backups; whoever still has the content can put it again",
		),
		false => (
			Kind::Vault,
			"no-copy-in-reach",
			"no sound copy is within reach",
			"run it again when the vaults answer, or ask their operators",
		),
	};
	Error::new(kind, format!("{what} of record {record}"))
		.code_is(code)
		.caused_by(found.join("; "))
		.hint(hint)
}

/// A sound copy of a record, for the custodians that have none.
struct Source<'s> {
	session: &'s Session,
	record: RecordId,
	row: &'s RecordRow,
	purpose: PurposeOfUse,
	kept: &'s File,
}

impl Source<'_> {
	/// Uploads the sound copy if this custodian's is damaged, and reads what it has then.
	async fn mend(&self, custodian: Custodian<'_>, progress: &dyn Progress) -> Result<CopyReport> {
		let Custodian { center, vault, found } = custodian;
		let (found, was) = match (found, vault) {
			(Found::Damaged(was), Some((vault, vault_row))) => {
				let found = match self.upload(&vault, &vault_row, progress).await {
					Ok(()) => {
						progress.step(&format!("reading the new copy of center {center}"));
						let content = &self.row.content;
						examine(&vault, self.record, content, self.purpose, None, progress).await?
					},
					Err(error) => Found::from_error(error)?,
				};
				(found, Some(was))
			},
			(found, _) => (found, None),
		};
		let (state, error) = match found {
			Found::Sound if was.is_some() => (CopyState::Repaired, None),
			Found::Sound => (CopyState::Sound, None),
			Found::Damaged(error) => (CopyState::Damaged, Some(error)),
			Found::Unreachable(error) => (CopyState::Unreachable, Some(error)),
			Found::Refused(error) => (CopyState::Refused, Some(error)),
		};
		let hint = error.as_ref().and_then(|error| error.remedy().map(Into::into));
		let reason = error.or(was).map(|error| error.to_string());
		Ok(CopyReport { center, state, reason, hint })
	}

	async fn upload(
		&self,
		vault: &VaultClient<'_>,
		vault_row: &VaultRow,
		progress: &dyn Progress,
	) -> Result<()> {
		let (record, content) = (self.record, &self.row.content);
		let open = || async {
			copy::reopen(self.kept)
				.context(Kind::Other, || "the sound copy cannot be read back".into())
		};
		let label = record.to_string();
		let what = Ciphertext { record, size: content.size, label: &label };
		let deposit = upload::upload(vault, &what, open, progress).await.map_err(|error| {
			match error.kind() {
				Kind::Denied => {
					Error::new(Kind::Denied, error.to_string()).code_is(error.code()).hint(
						"this vault takes the ciphertext back from somebody else only: ask the \
						 record's author or the center's operator (`ward-vault repair`)",
					)
				},
				_ => error,
			}
		})?;
		let genesis = self.session.genesis();
		check_receipt(genesis, vault_row, vault.center(), record, content, &deposit)
	}
}
