//! The access log: who was given what, and who was not. One entry for each decision, numbered from
//! 0 without gaps and chained by hashes, on disk before the first byte leaves.

use codec::Encode;
use redb::{ReadableTable, TableDefinition, WriteTransaction};
use ward_primitives::{Digest, ParticipantId};
pub use ward_vault_api::log::{Entry, Event, LogFacts};

use crate::database::{decode, Database, Result};

pub(crate) const LOG: TableDefinition<u64, &[u8]> = TableDefinition::new("access-log");
pub(crate) const BY_PATIENT: TableDefinition<(u64, u64), ()> =
	TableDefinition::new("access-log-by-patient");

pub(crate) fn create_tables(transaction: &WriteTransaction) -> Result<()> {
	transaction.open_table(LOG)?;
	transaction.open_table(BY_PATIENT)?;
	Ok(())
}

/// Adds an entry in the course of a transaction.
pub(crate) fn append(
	transaction: &WriteTransaction,
	facts: &LogFacts,
	genesis: Digest,
) -> Result<Entry> {
	let mut log = transaction.open_table(LOG)?;
	let last: Option<Entry> = log.last()?.map(|(_, value)| decode(value.value())).transpose()?;
	let entry = Entry {
		previous_hash: last.map_or(genesis, |last| last.hash()),
		sequence: last.map_or(0, |last| last.sequence + 1),
		facts: *facts,
	};
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

	/// How many entries there are.
	pub async fn log_length(&self) -> Result<u64> {
		self.read(|transaction| {
			let log = transaction.open_table(LOG)?;
			let last = log.last()?.map(|(number, _)| number.value());
			Ok(last.map_or(0, |last| last + 1))
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
