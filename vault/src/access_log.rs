//! The access log: who was given what, and who was not. One entry for each decision, numbered from
//! 0 without gaps and chained by hashes, on disk before the first byte leaves.

use codec::{Decode, Encode};
use redb::{ReadableTable, TableDefinition, WriteTransaction};
use ward_primitives::{
	hash::Domain, Action, Decision, Digest, Moment, ParticipantId, PurposeOfUse, RecordId,
};

use crate::database::{decode, Database, Result};

const LOG: TableDefinition<u64, &[u8]> = TableDefinition::new("access-log");
const BY_PATIENT: TableDefinition<(u64, u64), ()> = TableDefinition::new("access-log-by-patient");

pub(crate) fn create_tables(transaction: &WriteTransaction) -> Result<()> {
	transaction.open_table(LOG)?;
	transaction.open_table(BY_PATIENT)?;
	Ok(())
}

/// What was decided on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Event {
	/// The release of a data key.
	#[codec(index = 0)]
	Key,
	/// The release of content, all of it or a range.
	#[codec(index = 1)]
	Content,
	/// A record became anchored here. The chain decided; the entry shows from when on it is held.
	#[codec(index = 2)]
	Promotion,
	/// The release of a record's facts: its row and its attributes.
	#[codec(index = 3)]
	Facts,
}

impl Event {
	/// The name in JSON.
	pub const fn name(self) -> &'static str {
		match self {
			Self::Key => "key",
			Self::Content => "content",
			Self::Promotion => "promotion",
			Self::Facts => "facts",
		}
	}
}

/// What an entry says, apart from its place in the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct LogFacts {
	/// When, by the vault's clock.
	pub at: Moment,
	/// Who asked; 0 for who is not on the chain.
	pub actor: ParticipantId,
	/// Whom the record is about; 0 for a record that is not on the chain.
	pub patient: ParticipantId,
	/// The record.
	pub record: RecordId,
	/// What the actor wanted to do.
	pub action: Action,
	/// What for.
	pub purpose: PurposeOfUse,
	/// What was decided on.
	pub event: Event,
	/// The decision.
	pub decision: Decision,
	/// The finalized block that it was decided at.
	pub finalized: Digest,
}

/// One entry. Its SCALE encoding without `hash` is what is hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Entry {
	/// The hash of the entry before; the genesis hash for the first.
	pub previous_hash: Digest,
	/// The number.
	pub sequence: u64,
	/// What it says.
	pub facts: LogFacts,
}

impl Entry {
	/// The hash that the next entry carries on.
	pub fn hash(&self) -> Digest {
		Domain::AccessLog.hash(self)
	}
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
	use ward_primitives::Reason;

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

	#[test]
	fn an_entry_is_hashed_as_the_protocol_says() {
		let entry = Entry { previous_hash: [1; 32], sequence: 2, facts: facts(5, 6) };
		let mut message = b"ward/access-log/v1\0".to_vec();
		message.extend([1; 32]);
		message.extend(2u64.to_le_bytes());
		message.extend(7u64.to_le_bytes());
		message.extend(5u64.to_le_bytes());
		message.extend(6u64.to_le_bytes());
		message.extend([3; 32]);
		message.extend([0, 0, 1]);
		message.extend([1, Reason::NoBasis as u8]);
		message.extend([4; 32]);
		assert_eq!(Domain::AccessLog.message(&entry), message);
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
