//! The access log: who was given what, and who was not. One entry for each decision, numbered from
//! 0 without gaps and chained by hashes, on disk before the first byte leaves.

use codec::{Decode, Encode};
use redb::{ReadableTable, TableDefinition, WriteTransaction};
use ward_primitives::{receipt::LogHead, Digest, ParticipantId};
pub use ward_vault_api::log::{Entry, Event, LogFacts};

use crate::database::{decode, fact, Database, Result, FACTS};

pub(crate) const LOG: TableDefinition<u64, &[u8]> = TableDefinition::new("access-log");
pub(crate) const BY_PATIENT: TableDefinition<(u64, u64), ()> =
	TableDefinition::new("access-log-by-patient");

pub(crate) fn create_tables(transaction: &WriteTransaction) -> Result<()> {
	transaction.open_table(LOG)?;
	transaction.open_table(BY_PATIENT)?;
	Ok(())
}

/// Entries that are lost for good, which the operator has accepted. The log carries on after them, from
/// the hash of the last one that is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Gap {
	/// The number of the first entry that is lost.
	pub from: u64,
	/// The number of the first one after them.
	pub to: u64,
	/// The hash of the last one that is lost.
	pub head: Digest,
}

impl Gap {
	/// How many entries are lost.
	#[allow(clippy::len_without_is_empty)] // A gap is never empty.
	pub const fn len(&self) -> u64 {
		self.to.saturating_sub(self.from)
	}
}

const GAPS: &str = "log-gaps";

/// The gaps of the log, the oldest first.
pub(crate) fn gaps(facts: &impl ReadableTable<&'static str, &'static [u8]>) -> Result<Vec<Gap>> {
	Ok(fact(facts, GAPS)?.unwrap_or_default())
}

/// Adds a gap.
pub(crate) fn add_gap(transaction: &WriteTransaction, gap: Gap) -> Result<()> {
	let mut gaps = gaps(&transaction.open_table(FACTS)?)?;
	gaps.push(gap);
	crate::database::set_fact(transaction, GAPS, &gaps)
}

/// The number of the next entry, and the hash that it carries on from, if there was one before.
pub(crate) fn next_entry(
	log: &impl ReadableTable<u64, &'static [u8]>,
	gaps: &[Gap],
) -> Result<(u64, Option<Digest>)> {
	let last: Option<Entry> = log.last()?.map(|(_, value)| decode(value.value())).transpose()?;
	let next = last.map_or(0, |last| last.sequence.saturating_add(1));
	Ok(match gaps.last() {
		Some(gap) if gap.to > next => (gap.to, Some(gap.head)),
		_ => (next, last.map(|last| last.hash())),
	})
}

/// The hash that the entry with this number carries on from, if the one before is there or lies at the end
/// of a gap.
pub(crate) fn hash_before(
	log: &impl ReadableTable<u64, &'static [u8]>,
	gaps: &[Gap],
	number: u64,
) -> Result<Option<Digest>> {
	let Some(before) = number.checked_sub(1) else { return Ok(None) };
	if let Some(value) = log.get(before)? {
		return Ok(Some(decode::<Entry>(value.value())?.hash()));
	}
	Ok(gaps.iter().find(|gap| gap.to == number).map(|gap| gap.head))
}

/// Adds an entry in the course of a transaction.
pub(crate) fn append(
	transaction: &WriteTransaction,
	facts: &LogFacts,
	genesis: Digest,
) -> Result<Entry> {
	let gaps = gaps(&transaction.open_table(FACTS)?)?;
	let mut log = transaction.open_table(LOG)?;
	let (sequence, previous) = next_entry(&log, &gaps)?;
	let entry = Entry { previous_hash: previous.unwrap_or(genesis), sequence, facts: *facts };
	log.insert(entry.sequence, entry.encode().as_slice())?;
	transaction.open_table(BY_PATIENT)?.insert((facts.patient.0, entry.sequence), ())?;
	Ok(entry)
}

impl Database {
	/// Adds an entry, and returns when it is on disk.
	pub async fn log(&self, facts: LogFacts, genesis: Digest) -> Result<Entry> {
		self.write(move |transaction| append(transaction, &facts, genesis)).await
	}

	/// Up to `limit` entries about a patient from number `from` on, and the number to go on from.
	pub async fn log_of_patient(
		&self,
		patient: ParticipantId,
		from: u64,
		limit: usize,
	) -> Result<(Vec<Entry>, Option<u64>)> {
		self.read(move |transaction| {
			let log = transaction.open_table(LOG)?;
			let numbers = transaction.open_table(BY_PATIENT)?;
			let (mut entries, mut next) = (Vec::new(), None);
			for number in numbers.range((patient.0, from)..=(patient.0, u64::MAX))? {
				let number = number?.0.value().1;
				if entries.len() == limit {
					next = Some(number);
					break;
				}
				if let Some(value) = log.get(number)? {
					entries.push(decode(value.value())?);
				}
			}
			Ok((entries, next))
		})
		.await
	}

	/// What the log was when it had `height` entries, as far as it has them or they lie at the end of a gap,
	/// and what it is now.
	pub async fn log_at(&self, height: u64, genesis: Digest) -> Result<(Option<Digest>, LogHead)> {
		self.read(move |transaction| {
			let gaps = gaps(&transaction.open_table(FACTS)?)?;
			let log = transaction.open_table(LOG)?;
			let (next, head) = next_entry(&log, &gaps)?;
			let then = match height {
				0 => Some(genesis),
				_ => hash_before(&log, &gaps, height)?,
			};
			Ok((then, LogHead { height: next, head: head.unwrap_or(genesis) }))
		})
		.await
	}

	/// The number of the next entry.
	pub async fn log_length(&self) -> Result<u64> {
		self.read(|transaction| {
			let gaps = gaps(&transaction.open_table(FACTS)?)?;
			Ok(next_entry(&transaction.open_table(LOG)?, &gaps)?.0)
		})
		.await
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use ward_primitives::{Action, Decision, PurposeOfUse, Reason, RecordId};

	fn facts(actor: u64, patient: u64) -> LogFacts {
		LogFacts {
			at: 7,
			actor: ParticipantId(actor),
			patient: ParticipantId(patient),
			record: RecordId([3; 32]),
			action: Action::Read,
			purpose: PurposeOfUse::Treat,
			event: Event::Content,
			decision: Decision::Deny { reason: Reason::NoBasis },
			finalized: [4; 32],
		}
	}

	#[tokio::test(flavor = "multi_thread")]
	async fn concurrent_decisions_make_one_chain_without_gaps() {
		let home = tempfile::tempdir().unwrap();
		let path = home.path().join("vault.redb");
		let database = Database::open(&path).unwrap();
		let genesis = [9; 32];
		let tasks = (0..64).map(|n| {
			let database = database.clone();
			tokio::spawn(async move { database.log(facts(n, n % 2 + 1), genesis).await.unwrap() })
		});
		let mut written = futures::future::join_all(tasks)
			.await
			.into_iter()
			.map(|e| e.unwrap())
			.collect::<Vec<_>>();
		written.sort_by_key(|entry| entry.sequence);
		drop(database);

		let database = Database::open(&path).unwrap();
		assert_eq!(database.log_length().await.unwrap(), 64);
		let (odd, _) = database.log_of_patient(ParticipantId(1), 0, 500).await.unwrap();
		let (even, _) = database.log_of_patient(ParticipantId(2), 0, 500).await.unwrap();
		let mut read: Vec<_> = odd.into_iter().chain(even).collect();
		read.sort_by_key(|entry| entry.sequence);
		assert_eq!(read, written, "what was answered is what is on disk");
		let mut previous = genesis;
		for (number, entry) in read.iter().enumerate() {
			assert_eq!((entry.sequence, entry.previous_hash), (number as u64, previous));
			previous = entry.hash();
		}
	}

	#[tokio::test]
	async fn a_page_of_the_log_ends_where_the_next_one_starts() {
		let home = tempfile::tempdir().unwrap();
		let database = Database::open(&home.path().join("vault.redb")).unwrap();
		for n in 0..6 {
			database.log(facts(n, n % 2), [0; 32]).await.unwrap();
		}
		let (page, next) = database.log_of_patient(ParticipantId(1), 0, 2).await.unwrap();
		assert_eq!(page.iter().map(|entry| entry.sequence).collect::<Vec<_>>(), [1, 3]);
		assert_eq!(next, Some(5));
		let (page, next) = database.log_of_patient(ParticipantId(1), 5, 2).await.unwrap();
		assert_eq!((page.len(), next), (1, None));
	}
}
