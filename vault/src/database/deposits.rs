//! What was announced, stored and anchored: one row per record, with its opening and its wraps.

use std::collections::HashMap;

use codec::{Decode, Encode};
use redb::{
	ReadTransaction, ReadableTable, ReadableTableMetadata, TableDefinition, WriteTransaction,
};
use ward_crypto::wrap::WrappedKey;
use ward_fail_points::die_at;
use ward_primitives::{
	participant::SealingSuite, AttributesOpening, Digest, Moment, ParticipantId, RecordContent,
	RecordId,
};

use super::{decode, fact, set_fact, Database, DatabaseError, Result, FACTS, VERIFIED};
use crate::{
	access_log::{self, LogFacts},
	chain::Head,
	store::Expected,
};

pub(crate) const DEPOSITS: TableDefinition<&[u8; 32], &[u8]> = TableDefinition::new("deposits");
pub(crate) const OPENINGS: TableDefinition<&[u8; 32], &[u8]> = TableDefinition::new("openings");
pub(crate) const WRAPS: TableDefinition<(&[u8; 32], u64), &[u8]> = TableDefinition::new("wraps");
/// Author and record of each deposit that is not anchored and that its author has brought, with its size.
pub(crate) const STAGED: TableDefinition<(u64, &[u8; 32]), u64> = TableDefinition::new("staged");
/// The deposits whose content was found damaged or missing.
pub(crate) const DAMAGED: TableDefinition<&[u8; 32], ()> = TableDefinition::new("damaged");
/// The centers whose vaults may fetch a deposit that is not anchored, or that is handed over to them.
pub(crate) const COPIERS: TableDefinition<(&[u8; 32], u64), ()> = TableDefinition::new("copiers");
/// The deposits, neither anchored nor brought by their authors, with the center that hands each over: another
/// one to this, or this one, where what is left of it is being deleted.
pub(crate) const HANDED_OVER: TableDefinition<&[u8; 32], u64> = TableDefinition::new("handed-over");
/// Until when the latest receipt counts that another custodian has of an anchored deposit.
pub(crate) const PROMISED: TableDefinition<&[u8; 32], u64> = TableDefinition::new("promised");
/// The records of which the chain says that they are here, and which have no deposit.
pub(crate) const UNKNOWN: TableDefinition<&[u8; 32], ()> = TableDefinition::new("unknown");
pub(super) const PROGRESS: &str = "promotion";
/// Whether [`DAMAGED`] has been made from the rows that were there before it.
const DAMAGED_LISTED: &str = "damaged-listed";

pub(super) fn create_tables(transaction: &WriteTransaction) -> Result<()> {
	transaction.open_table(DEPOSITS)?;
	transaction.open_table(OPENINGS)?;
	transaction.open_table(WRAPS)?;
	transaction.open_table(STAGED)?;
	transaction.open_table(COPIERS)?;
	transaction.open_table(UNKNOWN)?;
	transaction.open_table(HANDED_OVER)?;
	transaction.open_table(PROMISED)?;
	let mut damaged = transaction.open_table(DAMAGED)?;
	let is_listed: Option<bool> = fact(&transaction.open_table(FACTS)?, DAMAGED_LISTED)?;
	if is_listed.is_none() {
		for entry in transaction.open_table(DEPOSITS)?.iter()? {
			let (key, value) = entry?;
			// A row that cannot be read is the audit's to find.
			if decode::<DepositRow>(value.value()).is_ok_and(|row| row.damaged) {
				damaged.insert(key.value(), ())?;
			}
		}
		set_fact(transaction, DAMAGED_LISTED, &true)?;
	}
	Ok(())
}

/// How far a deposit has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum DepositState {
	/// Announced; the content is not here.
	Announced,
	/// The content is on disk, and its receipt counts until then.
	Stored {
		/// The first moment at which the receipt no longer counts.
		receipt_expires: Moment,
	},
	/// The record is anchored, with this vault as a custodian.
	Anchored,
}

/// A deposit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct DepositRow {
	/// What makes the record.
	pub content: RecordContent,
	/// Whether only patient and author have wraps.
	pub patient_only: bool,
	/// When it was announced.
	pub announced_at: Moment,
	/// How far it has come.
	pub state: DepositState,
	/// Whether the stored content was found damaged.
	pub damaged: bool,
}

impl DepositRow {
	/// What the ciphertext must be.
	pub const fn expected(&self) -> Expected {
		Expected { root: self.content.content_root, size: self.content.size }
	}
}

/// A deposit with what was lodged along with it.
#[derive(Clone, Debug)]
pub struct Lodged {
	/// The deposit.
	pub row: DepositRow,
	/// The opening of the record's attributes.
	pub opening: AttributesOpening,
	/// The wrapped data keys.
	pub wraps: Vec<WrappedKey>,
	/// The centers whose vaults may fetch the content as long as it is not anchored, or to which it is handed
	/// over.
	pub copiers: Vec<ParticipantId>,
}

impl Lodged {
	/// The wrap for `recipient`.
	pub fn wrap_for(&self, recipient: ParticipantId) -> Option<&WrappedKey> {
		self.wraps.iter().find(|wrapped| wrapped.recipient == recipient)
	}

	fn recipients(&self) -> Vec<ParticipantId> {
		let mut recipients: Vec<_> = self.wraps.iter().map(|wrapped| wrapped.recipient).collect();
		recipients.sort_unstable();
		recipients
	}
}

/// How much of what an author may have in staging.
#[derive(Clone, Copy, Debug)]
pub struct StagingQuota {
	/// Bytes of all unanchored deposits together.
	pub bytes: u64,
	/// Number of unanchored deposits.
	pub deposits: u64,
}

/// Who brings a deposit.
#[derive(Clone, Copy, Debug)]
pub enum Bringer {
	/// Its author, who may have so much in staging.
	Author(StagingQuota),
	/// A custodian that hands it over.
	Custodian {
		/// The center.
		center: ParticipantId,
		/// How many deposits may be in staging that are handed over, by all centers together.
		deposits: u64,
	},
}

/// What became of an announcement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Announced {
	/// It is new.
	New(DepositRow),
	/// It was known already.
	Known(DepositRow),
	/// It was known with other facts.
	Conflict,
	/// The author, or those that hand over, have too much in staging.
	QuotaExceeded,
}

/// How far the chain has been followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Progress {
	/// The number of the custodian's next row.
	pub next_row: u64,
	/// The finalized block up to which all rows have been seen.
	pub finalized: Digest,
	/// Its timestamp.
	pub timestamp: Moment,
}

impl Database {
	/// A deposit with opening and wraps.
	pub async fn lodged(&self, record: RecordId) -> Result<Option<Lodged>> {
		self.read(move |transaction| lodged(transaction, record)).await
	}

	/// A deposit.
	pub async fn deposit(&self, record: RecordId) -> Result<Option<DepositRow>> {
		self.read(move |transaction| row(&transaction.open_table(DEPOSITS)?, record)).await
	}

	/// Lodges a new deposit, unless there is too much in staging. A repeated announcement may bring fresh
	/// wraps for the same recipients as long as it is not anchored.
	pub async fn announce(
		&self,
		record: RecordId,
		new: Lodged,
		bringer: Bringer,
	) -> Result<Announced> {
		self.write(move |transaction| {
			let mut deposits = transaction.open_table(DEPOSITS)?;
			let mut wraps = transaction.open_table(WRAPS)?;
			if let Some(known) = row(&deposits, record)? {
				let recipients = recipients(&wraps, record)?;
				if known.patient_only != new.row.patient_only || recipients != new.recipients() {
					return Ok(Announced::Conflict);
				}
				if known.state != DepositState::Anchored {
					insert_wraps(&mut wraps, record, &new.wraps)?;
					set_copiers(transaction, record, &new.copiers)?;
					note_hander(transaction, record, bringer)?;
				}
				return Ok(Announced::Known(known));
			}
			if !stage(transaction, record, &new.row.content, bringer)? {
				return Ok(Announced::QuotaExceeded);
			}
			deposits.insert(&record.0, new.row.encode().as_slice())?;
			transaction.open_table(OPENINGS)?.insert(&record.0, new.opening.encode().as_slice())?;
			insert_wraps(&mut wraps, record, &new.wraps)?;
			set_copiers(transaction, record, &new.copiers)?;
			Ok(Announced::New(new.row))
		})
		.await
	}

	/// Notes that a deposit's content is on disk as announced. The caller has made sure of it. Gives
	/// back the row, or none if the deposit is gone.
	pub async fn note_stored(
		&self,
		record: RecordId,
		receipt_expires: Moment,
	) -> Result<Option<DepositRow>> {
		self.update(record, move |row| {
			row.damaged = false;
			if row.state != DepositState::Anchored {
				row.state = DepositState::Stored { receipt_expires };
			}
		})
		.await
	}

	/// Notes that a deposit's content was found damaged.
	pub async fn note_damaged(&self, record: RecordId) -> Result<Option<DepositRow>> {
		self.update(record, |row| row.damaged = true).await
	}

	/// Notes that a deposit's content was found to be as it must be, after it had been damaged.
	pub async fn note_sound(&self, record: RecordId) -> Result<Option<DepositRow>> {
		self.update(record, |row| row.damaged = false).await
	}

	/// Up to `limit` deposits after `after`, in the order of ids, whose content was found damaged.
	pub async fn damaged(
		&self,
		after: Option<RecordId>,
		limit: usize,
	) -> Result<Vec<(RecordId, DepositRow)>> {
		self.read(move |transaction| {
			let deposits = transaction.open_table(DEPOSITS)?;
			let mut damaged = Vec::new();
			let from = after.map_or([0; 32], |record| record.0);
			for entry in transaction.open_table(DAMAGED)?.range::<&[u8; 32]>(&from..)? {
				let record = RecordId(*entry?.0.value());
				if damaged.len() == limit {
					break;
				}
				if let Some(found) = row(&deposits, record)?.filter(|_| Some(record) != after) {
					damaged.push((record, found));
				}
			}
			Ok(damaged)
		})
		.await
	}

	/// How many deposits were found damaged.
	pub async fn damaged_count(&self) -> Result<u64> {
		self.read(|transaction| Ok(transaction.open_table(DAMAGED)?.len()?)).await
	}

	/// Of how many records the chain says that they are here, and they are not.
	pub async fn unknown_count(&self) -> Result<u64> {
		self.read(|transaction| Ok(transaction.open_table(UNKNOWN)?.len()?)).await
	}

	/// The deposits of these records, each with its record; those that are not here are left out.
	pub async fn deposits(&self, records: Vec<RecordId>) -> Result<HashMap<Digest, DepositRow>> {
		self.read(move |transaction| {
			let deposits = transaction.open_table(DEPOSITS)?;
			let found = records.iter().map(|record| Ok((record.0, row(&deposits, *record)?)));
			let found = found.collect::<Result<Vec<_>>>()?;
			Ok(found.into_iter().filter_map(|(id, row)| Some((id, row?))).collect())
		})
		.await
	}

	async fn update(
		&self,
		record: RecordId,
		change: impl Fn(&mut DepositRow) + Send + 'static,
	) -> Result<Option<DepositRow>> {
		self.write(move |transaction| {
			let mut deposits = transaction.open_table(DEPOSITS)?;
			let Some(mut changed) = row(&deposits, record)? else { return Ok(None) };
			change(&mut changed);
			deposits.insert(&record.0, changed.encode().as_slice())?;
			list_damage(transaction, record, &changed)?;
			Ok(Some(changed))
		})
		.await
	}

	/// How far the chain has been followed.
	pub async fn progress(&self) -> Result<Progress> {
		self.read(|transaction| {
			Ok(fact(&transaction.open_table(FACTS)?, PROGRESS)?.unwrap_or_default())
		})
		.await
	}

	/// Promotes records that the chain names as held by this vault, logs each, and notes how far the
	/// chain has been followed, and whether to a `verified` head: all or nothing. Gives back those
	/// promoted and those unknown here.
	pub async fn promote(
		&self,
		anchored: Vec<(RecordId, LogFacts)>,
		progress: Progress,
		verified: Option<Head>,
		genesis: Digest,
	) -> Result<(Vec<RecordId>, Vec<RecordId>)> {
		self.write(move |transaction| {
			let mut deposits = transaction.open_table(DEPOSITS)?;
			let mut staged = transaction.open_table(STAGED)?;
			let mut handed_over = transaction.open_table(HANDED_OVER)?;
			let mut not_here = transaction.open_table(UNKNOWN)?;
			let (mut promoted, mut unknown) = (Vec::new(), Vec::new());
			for (record, facts) in &anchored {
				let Some(mut found) = row(&deposits, *record)? else {
					not_here.insert(&record.0, ())?;
					unknown.push(*record);
					continue;
				};
				not_here.remove(&record.0)?;
				if found.state == DepositState::Anchored {
					continue;
				}
				found.damaged |= found.state == DepositState::Announced;
				found.state = DepositState::Anchored;
				deposits.insert(&record.0, found.encode().as_slice())?;
				list_damage(transaction, *record, &found)?;
				staged.remove((found.content.author.0, &record.0))?;
				handed_over.remove(&record.0)?;
				// From here on the chain says who may.
				set_copiers(transaction, *record, &[])?;
				die_at("vault.promote.row-changed");
				access_log::append(transaction, facts, genesis)?;
				promoted.push(*record);
			}
			set_fact(transaction, PROGRESS, &progress)?;
			if let Some(head) = verified {
				set_fact(transaction, VERIFIED, &head)?;
			}
			Ok((promoted, unknown))
		})
		.await
	}

	/// The records of which the chain says that they are here, and which are not.
	pub async fn unknown(&self) -> Result<Vec<RecordId>> {
		self.read(|transaction| {
			let unknown = transaction.open_table(UNKNOWN)?;
			let records = unknown.iter()?.map(|entry| Ok(RecordId(*entry?.0.value())));
			records.collect()
		})
		.await
	}

	/// Those among them that somebody has brought again.
	pub async fn brought_again(&self) -> Result<Vec<RecordId>> {
		self.read(|transaction| {
			let deposits = transaction.open_table(DEPOSITS)?;
			let mut brought = Vec::new();
			for entry in transaction.open_table(UNKNOWN)?.iter()? {
				let record = RecordId(*entry?.0.value());
				let found = row(&deposits, record)?;
				let is_stored = |row: DepositRow| row.state != DepositState::Announced;
				brought.extend(found.is_some_and(is_stored).then_some(record));
			}
			Ok(brought)
		})
		.await
	}

	/// The unanchored deposits with their rows.
	pub async fn staged(&self) -> Result<Vec<(RecordId, DepositRow)>> {
		self.read(|transaction| {
			let deposits = transaction.open_table(DEPOSITS)?;
			let mut found = Vec::new();
			let mut note = |record| -> Result<()> {
				found.extend(row(&deposits, record)?.map(|row| (record, row)));
				Ok(())
			};
			for entry in transaction.open_table(STAGED)?.iter()? {
				note(RecordId(*entry?.0.value().1))?;
			}
			for entry in transaction.open_table(HANDED_OVER)?.iter()? {
				note(RecordId(*entry?.0.value()))?;
			}
			Ok(found)
		})
		.await
	}

	/// Takes back that a deposit's content is here, before it is deleted. False if it is anchored or
	/// gone by now.
	pub async fn begin_discard(&self, record: RecordId) -> Result<bool> {
		let row = self
			.update(record, |row| {
				if row.state != DepositState::Anchored {
					row.state = DepositState::Announced;
				}
			})
			.await?;
		Ok(row.is_some_and(|row| row.state != DepositState::Anchored))
	}

	/// Forgets a deposit whose content has been deleted.
	pub async fn finish_discard(&self, record: RecordId) -> Result<()> {
		self.write(move |transaction| {
			let mut deposits = transaction.open_table(DEPOSITS)?;
			let Some(gone) = row(&deposits, record)? else { return Ok(()) };
			deposits.remove(&record.0)?;
			transaction.open_table(OPENINGS)?.remove(&record.0)?;
			transaction.open_table(DAMAGED)?.remove(&record.0)?;
			set_copiers(transaction, record, &[])?;
			transaction.open_table(STAGED)?.remove((gone.content.author.0, &record.0))?;
			transaction.open_table(HANDED_OVER)?.remove(&record.0)?;
			transaction.open_table(PROMISED)?.remove(&record.0)?;
			let mut wraps = transaction.open_table(WRAPS)?;
			for recipient in recipients(&wraps, record)? {
				wraps.remove((&record.0, recipient.0))?;
			}
			Ok(())
		})
		.await
	}

	/// The first deposit after `record` in the order of ids whose content is here: for the scrubber.
	pub async fn next_stored(
		&self,
		after: Option<RecordId>,
	) -> Result<Option<(RecordId, DepositRow)>> {
		self.read(move |transaction| {
			let deposits = transaction.open_table(DEPOSITS)?;
			let from = after.map_or([0; 32], |record| record.0);
			for entry in deposits.range::<&[u8; 32]>(&from..)? {
				let (key, value) = entry?;
				let record = RecordId(*key.value());
				let found: DepositRow = decode(value.value())?;
				if Some(record) != after && found.state != DepositState::Announced {
					return Ok(Some((record, found)));
				}
			}
			Ok(None)
		})
		.await
	}
}

pub(super) fn row(
	deposits: &impl ReadableTable<&'static [u8; 32], &'static [u8]>,
	record: RecordId,
) -> Result<Option<DepositRow>> {
	deposits.get(&record.0)?.map(|value| decode(value.value())).transpose()
}

fn lodged(transaction: &ReadTransaction, record: RecordId) -> Result<Option<Lodged>> {
	let Some(row) = row(&transaction.open_table(DEPOSITS)?, record)? else { return Ok(None) };
	let openings = transaction.open_table(OPENINGS)?;
	let Some(opening) = openings.get(&record.0)? else { return Ok(None) };
	let opening: AttributesOpening = decode(opening.value())?;
	if opening.digest() != row.content.attributes {
		return Err(DatabaseError::DamagedRecord(record));
	}
	let mut wraps = Vec::new();
	for entry in transaction.open_table(WRAPS)?.range(of(&record))? {
		let (key, value) = entry?;
		let recipient = ParticipantId(key.value().1);
		let (suite, sealed): (SealingSuite, Vec<u8>) = decode(value.value())?;
		wraps.push(WrappedKey { recipient, suite, sealed });
	}
	let copiers = transaction.open_table(COPIERS)?;
	let copiers = copiers.range(of(&record))?;
	let copiers = copiers.map(|entry| Ok(ParticipantId(entry?.0.value().1)));
	let copiers = copiers.collect::<Result<_>>()?;
	Ok(Some(Lodged { row, opening, wraps, copiers }))
}

/// Counts a new deposit as one in staging. False if there is too much already.
fn stage(
	transaction: &WriteTransaction,
	record: RecordId,
	content: &RecordContent,
	bringer: Bringer,
) -> Result<bool> {
	let quota = match bringer {
		Bringer::Author(quota) => quota,
		Bringer::Custodian { center, deposits } => {
			let mut handed_over = transaction.open_table(HANDED_OVER)?;
			let has_room = handed_over.len()? < deposits;
			if has_room {
				handed_over.insert(&record.0, center.0)?;
			}
			return Ok(has_room);
		},
	};
	let mut staged = transaction.open_table(STAGED)?;
	let author = content.author.0;
	let (mut bytes, mut count) = (content.size, 1u64);
	for entry in staged.range((author, &[0; 32])..=(author, &[0xff; 32]))? {
		bytes = bytes.saturating_add(entry?.1.value());
		count += 1;
	}
	let has_room = bytes <= quota.bytes && count <= quota.deposits;
	if has_room {
		staged.insert((author, &record.0), content.size)?;
	}
	Ok(has_room)
}

/// Notes who hands a deposit over now, if somebody did before.
fn note_hander(transaction: &WriteTransaction, record: RecordId, bringer: Bringer) -> Result<()> {
	let mut handed_over = transaction.open_table(HANDED_OVER)?;
	let was_handed_over = handed_over.get(&record.0)?.is_some();
	if let (Bringer::Custodian { center, .. }, true) = (bringer, was_handed_over) {
		handed_over.insert(&record.0, center.0)?;
	}
	Ok(())
}

/// Keeps the list of damaged deposits as their rows are.
pub(super) fn list_damage(
	transaction: &WriteTransaction,
	record: RecordId,
	row: &DepositRow,
) -> Result<()> {
	let mut damaged = transaction.open_table(DAMAGED)?;
	match row.damaged {
		true => damaged.insert(&record.0, ()).map(drop)?,
		false => damaged.remove(&record.0).map(drop)?,
	}
	Ok(())
}

/// Says anew whose vaults may fetch a deposit.
pub(super) fn set_copiers(
	transaction: &WriteTransaction,
	record: RecordId,
	centers: &[ParticipantId],
) -> Result<()> {
	let mut copiers = transaction.open_table(COPIERS)?;
	copiers.retain_in(of(&record), |_, ()| false)?;
	for center in centers {
		copiers.insert((&record.0, center.0), ())?;
	}
	Ok(())
}

fn of(record: &RecordId) -> std::ops::RangeInclusive<(&[u8; 32], u64)> {
	(&record.0, 0)..=(&record.0, u64::MAX)
}

fn recipients(
	wraps: &impl ReadableTable<(&'static [u8; 32], u64), &'static [u8]>,
	record: RecordId,
) -> Result<Vec<ParticipantId>> {
	let entries = wraps.range(of(&record))?;
	entries.map(|entry| Ok(ParticipantId(entry?.0.value().1))).collect()
}

fn insert_wraps(
	table: &mut redb::Table<'_, (&'static [u8; 32], u64), &'static [u8]>,
	record: RecordId,
	wraps: &[WrappedKey],
) -> Result<()> {
	for wrapped in wraps {
		let value = (wrapped.suite, &wrapped.sealed).encode();
		table.insert((&record.0, wrapped.recipient.0), value.as_slice())?;
	}
	Ok(())
}

#[cfg(test)]
mod tests {
	use super::*;

	#[tokio::test]
	async fn what_was_damaged_before_there_was_a_list_of_it_is_listed() {
		let home = tempfile::tempdir().unwrap();
		let path = home.path().join("vault.redb");
		drop(Database::open(&path).unwrap());
		let content = RecordContent {
			patient: ParticipantId(1),
			author: ParticipantId(2),
			commitment: [3; 32],
			attributes: [4; 32],
			content_root: [5; 32],
			size: 6,
		};
		let row = |damaged| DepositRow {
			content,
			patient_only: false,
			announced_at: 0,
			state: DepositState::Anchored,
			damaged,
		};
		let old = redb::Database::open(&path).unwrap();
		let transaction = old.begin_write().unwrap();
		transaction.delete_table(DAMAGED).unwrap();
		transaction.open_table(FACTS).unwrap().remove(DAMAGED_LISTED).unwrap();
		for (id, damaged) in [([1; 32], true), ([2; 32], false), ([3; 32], true)] {
			let mut deposits = transaction.open_table(DEPOSITS).unwrap();
			deposits.insert(&id, row(damaged).encode().as_slice()).unwrap();
		}
		transaction.commit().unwrap();
		drop(old);
		let database = Database::open(&path).unwrap();
		let listed = database.damaged(None, 9).await.unwrap();
		assert_eq!(listed, [(RecordId([1; 32]), row(true)), (RecordId([3; 32]), row(true))]);
		let next = database.damaged(Some(RecordId([1; 32])), 1).await.unwrap();
		assert_eq!(next.len(), 1);
		database.note_sound(RecordId([1; 32])).await.unwrap();
		assert_eq!(database.damaged_count().await.unwrap(), 1);
		assert_eq!(database.damaged(None, 9).await.unwrap()[0].0, RecordId([3; 32]));
	}
}
