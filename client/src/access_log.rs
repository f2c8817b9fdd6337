//! A patient's access log: fetched from every custodian, verified, remembered.

use std::collections::BTreeSet;

use serde::Serialize;
use ward_primitives::{Digest, ParticipantId};
use ward_vault_api::log::LogEntryJson;

use crate::{
	error::{Error, Kind, Result},
	journal::{Journal, LogHead},
	progress::Progress,
	records,
	session::Session,
	vault::VaultClient,
};

/// How many entries are fetched at once.
const PAGE: u32 = 200;

/// What one custodian's log says about the patient.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CustodianLog {
	/// The center.
	pub custodian: ParticipantId,
	/// The entries, the oldest first.
	pub entries: Vec<LogEntryJson>,
	/// What does not fit: the log was altered, cut or forked.
	pub faults: Vec<String>,
	/// Why nothing could be fetched.
	pub unreachable: Option<String>,
}

/// Fetches and verifies the log of every custodian of the patient's records, and of every active center
/// that has handed one over: what was read there stays in its log.
pub async fn fetch(session: &Session, progress: &dyn Progress) -> Result<Vec<CustodianLog>> {
	let state = session.chain.finalized().await?;
	let journal = session.home.journal().await?;
	let rows = records::of_patient(&state, session.id).await?;
	let mut custodians: BTreeSet<ParticipantId> = rows
		.iter()
		.flat_map(|(_, row)| &row.custodians)
		.map(|custodian| custodian.center)
		.collect();
	for center in records::former_custodians_of(&state, session.id).await? {
		let row = state.participant(center).await?;
		let is_active = row.is_some_and(|row| row.active.contains(state.timestamp));
		if is_active && state.vault(center).await?.is_some() {
			custodians.insert(center);
		}
	}
	let mut logs = Vec::new();
	for center in custodians {
		progress.step(&format!("fetching the log of center {center}"));
		let vault = session.vault(&state, center).await?;
		let mut log = CustodianLog {
			custodian: center,
			entries: Vec::new(),
			faults: Vec::new(),
			unreachable: None,
		};
		match fetch_all(&vault, session.id).await {
			Ok(entries) => {
				let known = journal.log_head(center)?;
				log.faults = verify(&entries, session.id, &session.genesis(), known.as_ref());
				if log.faults.is_empty() {
					remember(&journal, center, &entries)?;
				}
				log.entries = entries;
			},
			Err(error) if error.kind() == Kind::Vault => {
				progress.warn(&error.to_string());
				log.unreachable = Some(error.to_string());
			},
			Err(error) => return Err(error),
		}
		logs.push(log);
	}
	Ok(logs)
}

/// The error for logs that do not verify, if any does not.
pub fn ensure_sound(logs: &[CustodianLog]) -> Result<()> {
	let faulty = logs.iter().find(|log| !log.faults.is_empty());
	match faulty {
		None => Ok(()),
		Some(log) => Err(Error::new(
			Kind::Mismatch,
			format!(
				"the access log of center {} does not verify: {}",
				log.custodian, log.faults[0]
			),
		)
		.code_is("log-mismatch")
		.hint("keep this output as evidence and tell the center and its health authority")),
	}
}

async fn fetch_all(vault: &VaultClient<'_>, patient: ParticipantId) -> Result<Vec<LogEntryJson>> {
	let mut entries = Vec::new();
	let mut from = 0;
	loop {
		let page = vault.log(patient, from, PAGE).await?;
		entries.extend(page.entries);
		match page.next {
			// A vault that goes in circles would never end.
			Some(next) if next > from => from = next,
			_ => return Ok(entries),
		}
	}
}

fn remember(journal: &Journal, center: ParticipantId, entries: &[LogEntryJson]) -> Result<()> {
	match entries.last() {
		Some(last) => {
			let head = LogHead { sequence: last.sequence, hash: last.hash.0 };
			journal.save_log_head(center, &head)
		},
		None => Ok(()),
	}
}

/// What does not fit in the entries about a patient.
///
/// The log of a vault is one chain over all its patients, of which a patient sees the own entries.
/// Each must have the hash of what it says; neighbours must be chained; the first must start from the
/// genesis hash; and what was seen before must still be there.
fn verify(
	entries: &[LogEntryJson],
	patient: ParticipantId,
	genesis: &Digest,
	known: Option<&LogHead>,
) -> Vec<String> {
	let mut faults = Vec::new();
	for entry in entries {
		if entry.expected_hash(patient) != entry.hash.0 {
			faults.push(format!("entry {} does not have the hash of what it says", entry.sequence));
		}
		if entry.sequence == 0 && entry.previous_hash.0 != *genesis {
			faults.push("the first entry does not start from the genesis hash".into());
		}
	}
	for pair in entries.windows(2) {
		let [before, after] = pair else { continue };
		match after.sequence.checked_sub(before.sequence) {
			None | Some(0) => {
				faults.push(format!("entry {} stands after {}", after.sequence, before.sequence));
			},
			Some(1) if after.previous_hash != before.hash => faults.push(format!(
				"entry {} is not chained to entry {}",
				after.sequence, before.sequence
			)),
			Some(_) => {},
		}
	}
	if let Some(known) = known {
		let found = entries.iter().find(|entry| entry.sequence == known.sequence);
		match found {
			None => faults.push(format!("entry {}, seen before, is gone", known.sequence)),
			Some(entry) if entry.hash.0 != known.hash => {
				faults.push(format!("entry {} reads otherwise than before", known.sequence));
			},
			Some(_) => {},
		}
	}
	faults
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::hex::Hex;
	use ward_primitives::{Action, Decision, PurposeOfUse, Reason, RecordId};
	use ward_vault_api::log::Event;

	const PATIENT: ParticipantId = ParticipantId(6);
	const GENESIS: Digest = [9; 32];

	fn entry(sequence: u64, previous: Digest) -> LogEntryJson {
		let mut entry = LogEntryJson {
			sequence,
			previous_hash: Hex(previous),
			hash: Hex([0; 32]),
			at: 7,
			actor: ParticipantId(5),
			record: RecordId([3; 32]),
			action: Action::Read,
			purpose: PurposeOfUse::Treat,
			event: Event::Content,
			decision: Decision::Deny { reason: Reason::NoBasis },
			finalized_hash: Hex([4; 32]),
		};
		entry.hash = Hex(entry.expected_hash(PATIENT));
		entry
	}

	/// Entries 0, 1, then others' 2 and 3, then 4.
	fn sound() -> Vec<LogEntryJson> {
		let first = entry(0, GENESIS);
		let second = entry(1, first.hash.0);
		vec![first, second, entry(4, [8; 32])]
	}

	fn faults(entries: &[LogEntryJson], known: Option<LogHead>) -> usize {
		verify(entries, PATIENT, &GENESIS, known.as_ref()).len()
	}

	#[test]
	fn a_sound_log_with_others_entries_in_between_verifies() {
		assert_eq!(faults(&sound(), None), 0);
		let known = LogHead { sequence: 1, hash: sound()[1].hash.0 };
		assert_eq!(faults(&sound(), Some(known)), 0);
		assert_eq!(faults(&[], None), 0);
	}

	#[test]
	fn an_altered_entry_is_found() {
		let mut log = sound();
		log[2].actor = ParticipantId(7);
		assert_eq!(faults(&log, None), 1);
		let mut log = sound();
		log[0].decision = Decision::Deny { reason: Reason::Excluded };
		log[0].hash = Hex(log[0].expected_hash(PATIENT));
		assert_eq!(faults(&log, None), 1, "hashed anew it breaks the chain to the next");
	}

	#[test]
	fn a_log_that_starts_elsewhere_repeats_or_runs_backwards_is_found() {
		let mut log = sound();
		log[0] = entry(0, [0; 32]);
		log[1] = entry(1, log[0].hash.0);
		assert_eq!(faults(&log, None), 1);
		let mut log = sound();
		log.swap(1, 2);
		assert_eq!(faults(&log, None), 1);
	}

	#[test]
	fn what_was_seen_before_must_still_be_there() {
		let known = LogHead { sequence: 4, hash: sound()[2].hash.0 };
		assert_eq!(faults(&sound()[..2], Some(known)), 1, "cut off");
		let other = LogHead { sequence: 4, hash: [0; 32] };
		assert_eq!(faults(&sound(), Some(other)), 1, "forked");
	}
}
