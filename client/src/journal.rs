//! The journal: what was begun, on disk before the first byte leaves, so that every command is safe to
//! run again.
//!
//! It is a database in the home. A row is written in one durable transaction; data keys in it are
//! encrypted under a key from the key file, so that the journal alone opens no content. Titles, file
//! names and openings lie in it in clear.

use std::{
	path::{Path, PathBuf},
	time::Duration,
};

use codec::{Decode, DecodeAll, Encode};
use redb::{Builder, Database, DatabaseError, ReadableDatabase, TableDefinition};
use ring::aead::{Aad, LessSafeKey, Nonce, UnboundKey, CHACHA20_POLY1305, NONCE_LEN};
use ward_crypto::content::DataKey;
use ward_fail_points::die_at;
use ward_primitives::{
	participant::SealingKey, AttributesOpening, Deposit, Digest, Moment, ParticipantId,
	RecordContent, RecordId,
};
use zeroize::Zeroizing;

use crate::{
	error::{Context, Error, Kind, Result},
	files,
	hex::Hex,
	keys::{random, JournalKey},
};

const PUTS: TableDefinition<&[u8; 32], &[u8]> = TableDefinition::new("puts-v1");
const OPENINGS: TableDefinition<&[u8; 32], &[u8]> = TableDefinition::new("openings-v1");
const SEALING_KEYS: TableDefinition<&[u8; 32], &[u8]> = TableDefinition::new("sealing-keys-v1");
const LOG_HEADS: TableDefinition<u64, &[u8]> = TableDefinition::new("log-heads-v1");

/// How much of it is kept in memory, in bytes.
const CACHE: usize = 16 << 20;

/// What makes a put this put: run again with the same, it goes on with the same record.
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
pub struct PutIdentity {
	/// The chain.
	pub genesis: Digest,
	/// Who writes.
	pub author: ParticipantId,
	/// Whom the record is about.
	pub patient: ParticipantId,
	/// The center on whose behalf it is written.
	pub on_behalf_of: Option<ParticipantId>,
	/// Who shall hold it, in ascending order.
	pub custodians: Vec<ParticipantId>,
	/// The absolute path of the file.
	pub path: Vec<u8>,
	/// The categories of a part of a split Bundle.
	pub part: Option<u16>,
	/// BLAKE3 of the content.
	pub content: Digest,
	/// Title, media type and attributes, as they were asked for.
	pub description: Vec<u8>,
	/// Whether only patient and author can open it.
	pub patient_only: bool,
	/// The record that it corrects or replaces.
	pub supersedes: Option<RecordId>,
}

/// The number of a put in the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PutKey(Digest);

impl std::fmt::Display for PutKey {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
	}
}

impl std::str::FromStr for PutKey {
	type Err = <Hex<32> as std::str::FromStr>::Err;

	fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
		format!("0x{text}").parse().map(|Hex(key)| Self(key))
	}
}

impl PutIdentity {
	/// The key of the put with this identity; `copy` counts those that `--again` made.
	pub fn key(&self, copy: u32) -> PutKey {
		PutKey(*blake3::hash(&("ward/put/v1", self, copy).encode()).as_bytes())
	}
}

/// A put in the journal: all that it takes to go on with it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct PutRow {
	/// The record's id.
	pub record: RecordId,
	/// What makes the record.
	pub content: RecordContent,
	/// The center on whose behalf it is written.
	pub on_behalf_of: Option<ParticipantId>,
	/// The record that it corrects or replaces.
	pub supersedes: Option<RecordId>,
	/// Who shall hold it.
	pub custodians: Vec<ParticipantId>,
	/// Whether custodians get no wrapped key.
	pub patient_only: bool,
	/// The salt of the commitment.
	pub salt: [u8; 32],
	/// The manifest's bytes.
	pub manifest: Vec<u8>,
	/// The opening of the attributes.
	pub opening: AttributesOpening,
	/// The encrypted data key; none once the record is anchored.
	pub data_key: Option<Vec<u8>>,
	/// The receipts that custodians gave so far.
	pub deposits: Vec<Deposit>,
	/// Number and hash of the block in which it is anchored, once that is final. The number is 0 for a
	/// record that was found on the chain.
	pub anchored: Option<(u64, Digest)>,
	/// When it was begun.
	pub begun_at: Moment,
}

/// The last entry that was seen of a custodian's access log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct LogHead {
	/// Its number.
	pub sequence: u64,
	/// Its hash.
	pub hash: Digest,
}

/// The journal of a home.
pub struct Journal {
	database: Database,
	path: PathBuf,
}

impl Journal {
	/// Opens the journal at `path` and makes it if there is none. Waits up to ten seconds while another
	/// process has it open.
	pub async fn open(path: &Path) -> Result<Self> {
		let what = || format!("the journal {} cannot be opened", path.display());
		let mut patience = 40;
		loop {
			match open_or_make(path) {
				Ok(database) => {
					let journal = Self { database, path: path.into() };
					journal.write(|_| Ok(()))?;
					return Ok(journal);
				},
				Err(DatabaseError::DatabaseAlreadyOpen) if patience > 0 => {
					patience -= 1;
					tokio::time::sleep(Duration::from_millis(250)).await;
				},
				Err(DatabaseError::DatabaseAlreadyOpen) => {
					return Err(Error::new(Kind::Other, "another ward is working in this home")
						.code_is("home-in-use")
						.hint("wait until it is done and run the command again"));
				},
				Err(DatabaseError::Storage(redb::StorageError::Corrupted(why))) => {
					return Err(damaged(path).caused_by(why));
				},
				Err(DatabaseError::Storage(redb::StorageError::Io(why))) if is_spoilt(&why) => {
					return Err(damaged(path).caused_by(why));
				},
				Err(error) => {
					return Err(error).context(Kind::Other, what).map_err(|error| {
						error.hint("make room on the disk, and check who owns the home")
					});
				},
			}
		}
	}

	/// The put with this key.
	pub fn put(&self, key: PutKey) -> Result<Option<PutRow>> {
		self.read(PUTS, &key.0)
	}

	/// Notes a new put, and the opening of its attributes, at once; both are on disk when this returns.
	pub fn begin_put(&self, key: PutKey, row: &PutRow) -> Result<()> {
		self.write(|transaction| {
			let opening = row.opening.encode();
			transaction.open_table(OPENINGS)?.insert(&row.record.0, opening.as_slice())?;
			transaction.open_table(PUTS)?.insert(&key.0, row.encode().as_slice())?;
			Ok(())
		})
	}

	/// Notes a put as it stands now; it is on disk when this returns.
	pub fn save_put(&self, key: PutKey, row: &PutRow) -> Result<()> {
		self.write(|transaction| {
			transaction.open_table(PUTS)?.insert(&key.0, row.encode().as_slice())?;
			Ok(())
		})
	}

	/// Notes several puts at once.
	pub fn save_puts<'r>(
		&self,
		puts: impl IntoIterator<Item = (PutKey, &'r PutRow)>,
	) -> Result<()> {
		self.write(|transaction| {
			let mut table = transaction.open_table(PUTS)?;
			for (key, row) in puts {
				table.insert(&key.0, row.encode().as_slice())?;
			}
			Ok(())
		})
	}

	/// The opening of a record's attributes, if it was seen before.
	pub fn opening(&self, record: RecordId) -> Result<Option<AttributesOpening>> {
		self.read(OPENINGS, &record.0)
	}

	/// Remembers the opening of a record's attributes.
	pub fn save_opening(&self, record: RecordId, opening: &AttributesOpening) -> Result<()> {
		self.write(|transaction| {
			transaction.open_table(OPENINGS)?.insert(&record.0, opening.encode().as_slice())?;
			Ok(())
		})
	}

	/// A public sealing key that was seen before, by its digest on the chain.
	pub fn sealing_key(&self, digest: &SealingKey) -> Result<Option<Vec<u8>>> {
		self.read(SEALING_KEYS, &digest.digest)
	}

	/// Remembers a public sealing key under the digest that it has.
	pub fn save_sealing_key(&self, digest: &SealingKey, key: &[u8]) -> Result<()> {
		self.write(|transaction| {
			transaction
				.open_table(SEALING_KEYS)?
				.insert(&digest.digest, key.encode().as_slice())?;
			Ok(())
		})
	}

	/// The last entry that was seen of a custodian's access log.
	pub fn log_head(&self, custodian: ParticipantId) -> Result<Option<LogHead>> {
		self.read(LOG_HEADS, custodian.0)
	}

	/// Remembers the last entry of a custodian's access log.
	pub fn save_log_head(&self, custodian: ParticipantId, head: &LogHead) -> Result<()> {
		self.write(|transaction| {
			transaction.open_table(LOG_HEADS)?.insert(custodian.0, head.encode().as_slice())?;
			Ok(())
		})
	}

	fn read<'k, K: redb::Key + 'static, V: Decode>(
		&self,
		table: TableDefinition<'static, K, &'static [u8]>,
		key: impl std::borrow::Borrow<K::SelfType<'k>>,
	) -> Result<Option<V>> {
		let what = || format!("the journal {} cannot be read", self.path.display());
		let found = || -> Result<_, redb::Error> {
			let table = self.database.begin_read()?.open_table(table)?;
			Ok(table.get(key)?.map(|bytes| bytes.value().to_vec()))
		};
		let found = found().context(Kind::Other, what)?;
		let decode = |bytes: Vec<u8>| V::decode_all(&mut &bytes[..]);
		found.map(decode).transpose().map_err(|error| damaged(&self.path).caused_by(error))
	}

	fn write(
		&self,
		change: impl FnOnce(&redb::WriteTransaction) -> Result<(), redb::Error>,
	) -> Result<()> {
		let what = || format!("the journal {} cannot be written", self.path.display());
		let commit = || -> Result<(), redb::Error> {
			let transaction = self.database.begin_write()?;
			transaction.open_table(PUTS)?;
			transaction.open_table(OPENINGS)?;
			transaction.open_table(LOG_HEADS)?;
			transaction.open_table(SEALING_KEYS)?;
			change(&transaction)?;
			transaction.commit()?;
			Ok(())
		};
		commit().context(Kind::Other, what).map_err(|error| {
			error.hint("make room on the disk; nothing has left this machine for this step")
		})
	}
}

/// What is read from pages before they could be compared with their checksums can make the library panic,
/// of which nobody needs to be told more than that.
fn guarded<T>(
	attempt: impl FnOnce() -> std::result::Result<T, DatabaseError>,
) -> std::result::Result<T, DatabaseError> {
	let loud = std::panic::take_hook();
	std::panic::set_hook(Box::new(|_| {}));
	let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(attempt));
	std::panic::set_hook(loud);
	done.unwrap_or_else(|_| {
		Err(DatabaseError::Storage(redb::StorageError::Corrupted("its structure is broken".into())))
	})
}

/// Whether an error says that a file is none of a journal, or not all of one.
fn is_spoilt(error: &std::io::Error) -> bool {
	use std::io::ErrorKind::{InvalidData, UnexpectedEof};
	matches!(error.kind(), InvalidData | UnexpectedEof)
}

/// The error for a journal that is not as it was written.
fn damaged(path: &Path) -> Error {
	Error::new(Kind::Other, format!("the journal {} is damaged", path.display()))
		.code_is("journal-damaged")
		.hint(
			"restore it from a backup together with keys.json, or move it away: a new one is made. What \
			 is anchored is safe on the chain and in the vaults; what was under way is then a new record, \
			 so look at `ward records` before you put it again",
		)
}

/// Opens a database. A new one is made aside and gets its name when it is complete: one that was cut
/// off while it was made could never be opened again.
fn open_or_make(path: &Path) -> std::result::Result<Database, DatabaseError> {
	let failed = |error: std::io::Error| DatabaseError::Storage(redb::StorageError::Io(error));
	let mut builder = Builder::new();
	builder.set_cache_size(CACHE);
	if !path.exists() {
		let aside = path.with_extension("redb.new");
		match builder.create(&aside) {
			Ok(made) => drop(made),
			Err(DatabaseError::DatabaseAlreadyOpen) => {
				return Err(DatabaseError::DatabaseAlreadyOpen)
			},
			// What a process left that was cut off while it made it.
			Err(_) => {
				std::fs::remove_file(&aside).map_err(failed)?;
				drop(builder.create(&aside)?);
			},
		}
		die_at("client.journal.unnamed");
		// Unlike a renaming, this never replaces what another process has made meanwhile.
		files::link_new(&aside, path).map_err(failed)?;
	}
	// A page that has changed on the disk is found by its checksum before anything is read from it.
	let attempt = || {
		let mut database = builder.create(path)?;
		database.check_integrity()?;
		Ok(database)
	};
	guarded(attempt)
}

impl JournalKey {
	/// Encrypts a data key for the row with this key.
	pub fn seal(&self, data_key: &DataKey, of: PutKey) -> Vec<u8> {
		let nonce: [u8; NONCE_LEN] = random();
		let mut sealed = Zeroizing::new(data_key.expose().to_vec());
		let tag = self
			.cipher()
			.seal_in_place_separate_tag(
				Nonce::assume_unique_for_key(nonce),
				Aad::from(of.0),
				sealed.as_mut_slice(),
			)
			.expect("32 bytes are far less than what one nonce can encrypt; qed");
		[&nonce[..], &sealed, tag.as_ref()].concat()
	}

	/// Decrypts the data key of the row with this key.
	pub fn open(&self, sealed: &[u8], of: PutKey) -> Option<DataKey> {
		let (nonce, rest) = sealed.split_first_chunk::<NONCE_LEN>()?;
		let mut rest = Zeroizing::new(rest.to_vec());
		let nonce = Nonce::assume_unique_for_key(*nonce);
		let opened = self.cipher().open_in_place(nonce, Aad::from(of.0), &mut rest).ok()?;
		Some(DataKey::from_bytes(<[u8; 32]>::try_from(&*opened).ok()?))
	}

	fn cipher(&self) -> LessSafeKey {
		let key = UnboundKey::new(&CHACHA20_POLY1305, &self.0)
			.expect("32 bytes are a key of ChaCha20-Poly1305; qed");
		LessSafeKey::new(key)
	}
}

#[cfg(test)]
pub(crate) mod tests {
	use super::*;
	use crate::keys::Keys;
	use ward_primitives::{Attributes, CategorySet, Sensitivity};

	pub(crate) fn identity() -> PutIdentity {
		PutIdentity {
			genesis: [1; 32],
			author: ParticipantId(2),
			patient: ParticipantId(3),
			on_behalf_of: None,
			custodians: vec![ParticipantId(4)],
			path: b"/a".to_vec(),
			part: None,
			content: [5; 32],
			description: Vec::new(),
			patient_only: false,
			supersedes: None,
		}
	}

	pub(crate) fn row() -> PutRow {
		let content = RecordContent {
			patient: ParticipantId(3),
			author: ParticipantId(2),
			commitment: [6; 32],
			attributes: [7; 32],
			content_root: [8; 32],
			size: 9,
		};
		let attributes = Attributes {
			categories: CategorySet(1),
			sensitivity: Sensitivity::Normal,
			period: None,
		};
		PutRow {
			record: content.record_id(&[1; 32]),
			content,
			on_behalf_of: None,
			supersedes: None,
			custodians: vec![ParticipantId(4)],
			patient_only: false,
			salt: [10; 32],
			manifest: b"{}".to_vec(),
			opening: AttributesOpening { salt: [11; 32], attributes },
			data_key: Some(vec![12]),
			deposits: Vec::new(),
			anchored: None,
			begun_at: 13,
		}
	}

	#[tokio::test]
	async fn after_each_step_a_crash_leaves_exactly_that_step() {
		let dir = tempfile::tempdir().unwrap();
		let path = dir.path().join("journal.redb");
		let key = identity().key(0);
		assert_eq!(Journal::open(&path).await.unwrap().put(key).unwrap(), None);

		let mut row = row();
		let deposit = Deposit { custodian: ParticipantId(4), expires: 1, signature: [2; 64] };
		let steps: [&dyn Fn(&mut PutRow); 4] = [
			&|_| {},
			&|row| row.deposits = vec![deposit],
			&|row| row.anchored = Some((5, [3; 32])),
			&|row| row.data_key = None,
		];
		for step in steps {
			step(&mut row);
			Journal::open(&path).await.unwrap().save_put(key, &row).unwrap();
			// Opened anew, as after a crash.
			assert_eq!(Journal::open(&path).await.unwrap().put(key).unwrap(), Some(row.clone()));
		}
	}

	#[tokio::test]
	async fn a_journal_that_was_cut_off_while_it_was_made_is_made_anew() {
		let dir = tempfile::tempdir().unwrap();
		let path = dir.path().join("journal.redb");
		let aside = dir.path().join("journal.redb.new");
		// As long as one, and without the number that says that it is one.
		std::fs::write(&aside, vec![0; 1 << 20]).unwrap();
		let journal = Journal::open(&path).await.unwrap();
		journal.begin_put(identity().key(0), &row()).unwrap();
		assert!(!aside.exists());
		drop(journal);
		let journal = Journal::open(&path).await.unwrap();
		assert_eq!(journal.put(identity().key(0)).unwrap(), Some(row()), "the same one");
		assert_eq!(journal.opening(row().record).unwrap(), Some(row().opening));
	}

	/// Whatever byte of the file has changed: it is refused, or it reads as it was written.
	#[tokio::test]
	async fn a_damaged_journal_is_refused_and_never_read_otherwise() {
		let dir = tempfile::tempdir().unwrap();
		let path = dir.path().join("journal.redb");
		let journal = Journal::open(&path).await.unwrap();
		for copy in 0..20 {
			journal.begin_put(identity().key(copy), &row()).unwrap();
		}
		drop(journal);
		let sound = std::fs::read(&path).unwrap();
		let used = sound.iter().rposition(|byte| *byte != 0).unwrap();
		let (mut refused, mut read) = (0, 0);
		for at in (0..=used).step_by(211) {
			let mut flipped = sound.clone();
			flipped[at] ^= 0x41;
			std::fs::write(&path, flipped).unwrap();
			match Journal::open(&path).await {
				Err(error) => {
					assert!(error.remedy().is_some(), "byte {at}: {error}");
					refused += 1;
				},
				Ok(journal) => {
					for copy in 0..20 {
						let found = journal.put(identity().key(copy)).unwrap();
						assert_eq!(found, Some(row()), "byte {at}");
					}
					read += 1;
				},
			}
		}
		assert!(refused > 0 && read > 0, "{refused} refused, {read} read");
	}

	#[tokio::test]
	async fn journals_that_are_made_at_once_are_one() {
		let dir = tempfile::tempdir().unwrap();
		let path = dir.path().join("journal.redb");
		let tasks = (0..8).map(|copy| {
			let path = path.clone();
			tokio::spawn(async move {
				let journal = Journal::open(&path).await.unwrap();
				journal.save_put(identity().key(copy), &row()).unwrap();
			})
		});
		for task in futures::future::join_all(tasks).await {
			task.unwrap();
		}
		let journal = Journal::open(&path).await.unwrap();
		for copy in 0..8 {
			assert!(journal.put(identity().key(copy)).unwrap().is_some(), "{copy}");
		}
	}

	#[tokio::test]
	async fn a_cut_off_write_leaves_the_step_before() {
		let dir = tempfile::tempdir().unwrap();
		let path = dir.path().join("journal.redb");
		let key = identity().key(0);
		let journal = Journal::open(&path).await.unwrap();
		journal.save_put(key, &row()).unwrap();
		// A transaction that never commits stands for a process that dies while it writes.
		let cut_off = journal.database.begin_write().unwrap();
		cut_off.open_table(PUTS).unwrap().insert(&key.0, &[0u8; 4][..]).unwrap();
		std::mem::forget(cut_off);
		let copy = dir.path().join("copy.redb");
		std::fs::copy(&path, &copy).unwrap();
		assert_eq!(Journal::open(&copy).await.unwrap().put(key).unwrap(), Some(row()));
		std::mem::forget(journal);
	}

	#[test]
	fn every_part_of_an_identity_and_the_copy_make_another_put() {
		let base = identity();
		let mut keys = vec![base.key(0), base.key(1)];
		let changes: [&dyn Fn(&mut PutIdentity); 11] = [
			&|i| i.genesis = [9; 32],
			&|i| i.author = ParticipantId(9),
			&|i| i.patient = ParticipantId(9),
			&|i| i.on_behalf_of = Some(ParticipantId(9)),
			&|i| i.custodians.push(ParticipantId(9)),
			&|i| i.path = b"/b".to_vec(),
			&|i| i.part = Some(1),
			&|i| i.content = [9; 32],
			&|i| i.description = vec![9],
			&|i| i.patient_only = true,
			&|i| i.supersedes = Some(RecordId([9; 32])),
		];
		for change in changes {
			let mut changed = base.clone();
			change(&mut changed);
			keys.push(changed.key(0));
		}
		let count = keys.len();
		keys.sort_by_key(|key| key.0);
		keys.dedup();
		assert_eq!(keys.len(), count);
	}

	#[test]
	fn a_data_key_opens_only_for_its_own_row_and_home() {
		let (a, b) = (identity().key(0), identity().key(1));
		let keys = Keys::generate();
		let data_key = DataKey::generate();
		let sealed = keys.journal().seal(&data_key, a);
		assert!(!sealed.windows(32).any(|window| window == data_key.expose()));
		assert_eq!(keys.journal().open(&sealed, a).unwrap().expose(), data_key.expose());
		assert!(keys.journal().open(&sealed, b).is_none());
		assert!(Keys::generate().journal().open(&sealed, a).is_none());
		assert!(keys.journal().open(&sealed[..sealed.len() - 1], a).is_none());
		assert!(keys.journal().open(&[], a).is_none());
	}
}
