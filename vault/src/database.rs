//! The vault's own memory: what was announced and stored, public sealing keys, nonces, the access log,
//! and how far the chain has been followed. An embedded database; every change is on disk before a
//! function returns.

use std::{
	io,
	path::{Path, PathBuf},
	sync::{Arc, Mutex, PoisonError, RwLock},
	time::{Duration, Instant},
};

use codec::{Decode, Encode};
use redb::{ReadableDatabase, ReadableTable, TableDefinition, WriteTransaction};
use ward_fail_points::die_at;
use ward_primitives::{Digest, RecordId};

use self::{
	changes::Queue,
	mark::{Loss, Mark, Point},
};
use crate::chain::Head;

mod changes;
pub mod deposits;
pub mod hand_over;
pub mod loss;
pub mod mark;
pub mod nonces;
pub mod scrubbing;
pub mod sealing_keys;

pub(crate) const FACTS: TableDefinition<&str, &[u8]> = TableDefinition::new("facts");
const GENESIS: &str = "genesis";
/// The last finalized head that the vault has verified and followed while it was fresh.
const VERIFIED: &str = "verified";

/// Why the database could not be used.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
	/// The disk is full.
	#[error("the disk is full; make room or move the data directory")]
	Full,
	/// Another process has it open.
	#[error("a vault is working in this data directory; stop it first")]
	InUse,
	/// It cannot be read or written.
	#[error("the database failed: {0}")]
	Failed(Box<redb::Error>),
	/// A row cannot be read.
	#[error("a row of the database cannot be decoded: {0}; put the latest sound copy of vault.redb back")]
	Undecodable(codec::Error),
	/// It was made for another chain.
	#[error(
		"this data directory belongs to the chain {}, but the node is on {}; use another data \
		 directory or another node", hex::encode(.known), hex::encode(.found)
	)]
	OtherChain {
		/// The chain that it was made for.
		known: Digest,
		/// The chain that the node is on.
		found: Digest,
	},
	/// It is not what was written.
	#[error(
		"the database is damaged: {0}; put the latest sound copy of vault.redb back: the start tells \
		 what that lacks"
	)]
	Damaged(String),
	/// What belongs to a record is not what was lodged.
	#[error("what is lodged for {0} is damaged; put the latest sound copy of vault.redb back")]
	DamagedRecord(RecordId),
	/// It lacks what the vault has confirmed.
	#[error("{0}")]
	Lacks(Loss),
	/// Its work was cut off by a panic or by the end of the process.
	#[error("a database task was cut off")]
	CutOff,
}

impl DatabaseError {
	/// The same error for somebody else who waited for the same transaction.
	fn likeness(&self) -> Self {
		match self {
			Self::Full => Self::Full,
			other => Self::Failed(Box::new(redb::Error::Io(io::Error::other(other.to_string())))),
		}
	}
}

impl From<redb::Error> for DatabaseError {
	fn from(error: redb::Error) -> Self {
		let full = |kind| matches!(kind, io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
		let spoilt =
			|kind| matches!(kind, io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof);
		match error {
			redb::Error::Io(io) if full(io.kind()) => Self::Full,
			redb::Error::Io(io) if spoilt(io.kind()) => Self::Damaged(io.to_string()),
			redb::Error::Corrupted(what) => Self::Damaged(what),
			redb::Error::DatabaseAlreadyOpen => Self::InUse,
			other => Self::Failed(Box::new(other)),
		}
	}
}

/// Lets `?` take each of the database's own error types.
macro_rules! from_parts {
	($($part:ty),*) => {
		$(impl From<$part> for DatabaseError {
			fn from(error: $part) -> Self {
				redb::Error::from(error).into()
			}
		})*
	};
}
from_parts!(
	redb::CommitError,
	redb::DatabaseError,
	redb::StorageError,
	redb::TableError,
	redb::TransactionError
);

pub(crate) type Result<T> = std::result::Result<T, DatabaseError>;

/// The open database. Cheap to clone.
#[derive(Clone)]
pub struct Database {
	path: PathBuf,
	open: Arc<RwLock<Option<redb::Database>>>,
	/// None where nothing is changed.
	mark: Option<Arc<Mark>>,
	/// When a change last found the disk full.
	full_at: Arc<Mutex<Option<Instant>>>,
	/// Changes on their way.
	queue: Arc<Queue>,
}

impl Database {
	/// Opens the database file, or makes it. Refuses one that is damaged, and one that lacks what the
	/// vault has confirmed.
	pub fn open(path: &Path) -> Result<Self> {
		let database = prepared(path)?;
		let mark = marked(path, &database)?;
		Ok(Self::of(path, database, Some(mark)))
	}

	/// Opens a database that nothing will be changed in, and tells what it lacks.
	pub(crate) fn inspect(path: &Path) -> Result<(Self, Option<Loss>)> {
		let database = prepared(path)?;
		let (_, loss) = mark::compare(path, &database)?;
		Ok((Self::of(path, database, None), loss))
	}

	fn of(path: &Path, database: redb::Database, mark: Option<Mark>) -> Self {
		Self {
			path: path.into(),
			open: Arc::new(RwLock::new(Some(database))),
			mark: mark.map(Arc::new),
			full_at: Arc::default(),
			queue: Arc::default(),
		}
	}

	/// Reads in one snapshot, away from the async threads.
	pub(crate) async fn read<T: Send + 'static>(
		&self,
		work: impl Fn(&redb::ReadTransaction) -> Result<T> + Send + 'static,
	) -> Result<T> {
		self.run(move |database| work(&database.begin_read()?)).await
	}

	/// Changes in one transaction, which is on disk when this returns, or not done at all. Others may
	/// share the transaction.
	pub(crate) async fn write<T: Send + 'static>(
		&self,
		work: impl Fn(&WriteTransaction) -> Result<T> + Send + 'static,
	) -> Result<T> {
		let (told, is_first) = self.queue.push(work);
		if is_first {
			let database = self.clone();
			let making = tokio::task::spawn_blocking(move || database.queue.make_all(&database));
			// If it is cut off, nobody is told anything.
			let _cut_off = making.await;
		}
		told.await.map_err(|_| DatabaseError::CutOff)?
	}

	async fn run<T: Send + 'static>(
		&self,
		work: impl Fn(&redb::Database) -> Result<T> + Send + 'static,
	) -> Result<T> {
		let database = self.clone();
		let task = tokio::task::spawn_blocking(move || database.attempt_anew(work));
		task.await.map_err(|_| DatabaseError::CutOff)?
	}

	/// Works with the database. After a failed write its file must be opened anew before it takes another
	/// one.
	fn attempt_anew<T>(&self, mut work: impl FnMut(&redb::Database) -> Result<T>) -> Result<T> {
		match self.attempt(&mut work) {
			Err(DatabaseError::Failed(cause)) if matches!(*cause, redb::Error::PreviousIo) => {
				self.reopen()?;
				self.attempt(&mut work)
			},
			done => done,
		}
	}

	fn attempt<T>(&self, work: impl FnOnce(&redb::Database) -> Result<T>) -> Result<T> {
		let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
		work(open.as_ref().ok_or(DatabaseError::Failed(Box::new(redb::Error::PreviousIo)))?)
	}

	/// Notes how far the database has come.
	fn raise_mark(&self, to: Point) -> Result<()> {
		self.mark.as_ref().map_or(Ok(()), |mark| mark.raise(to))
	}

	/// Notes if a change has found the disk full.
	fn note_full<T>(&self, outcome: &Result<T>) {
		if matches!(outcome, Err(DatabaseError::Full)) {
			*self.full_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
		}
	}

	fn reopen(&self) -> Result<()> {
		let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
		*open = None;
		let database = guarded(|| Ok(builder().open(&self.path)?))?;
		// Somebody may have put another file there.
		if let (_, Some(loss)) = mark::compare(&self.path, &database)? {
			return Err(DatabaseError::Lacks(loss));
		}
		*open = Some(database);
		Ok(())
	}

	/// Remembers the chain at first sight, and refuses another one from then on.
	pub async fn ensure_chain(&self, found: Digest) -> Result<()> {
		self.write(move |transaction| {
			let mut facts = transaction.open_table(FACTS)?;
			let known = facts.get(GENESIS)?.map(|known| known.value().to_vec());
			match known {
				None => facts.insert(GENESIS, found.as_slice()).map(drop)?,
				Some(known) => {
					let known: Digest = decode(&known)?;
					if known != found {
						return Err(DatabaseError::OtherChain { known, found });
					}
				},
			}
			Ok(())
		})
		.await
	}

	/// The chain that it was made for; none before the vault has met its node.
	pub(crate) async fn genesis(&self) -> Result<Option<Digest>> {
		self.read(|transaction| {
			let known = transaction.open_table(FACTS)?.get(GENESIS)?;
			known.map(|known| decode(known.value())).transpose()
		})
		.await
	}

	/// The last finalized head that the vault has verified and followed. Blocks: for the start only.
	pub(crate) fn verified(&self) -> Result<Option<Head>> {
		self.attempt(|database| fact(&database.begin_read()?.open_table(FACTS)?, VERIFIED))
	}

	/// Forgets how far the chain has been followed, and gives back the head that was verified last.
	pub async fn forget_followed(&self) -> Result<Option<Head>> {
		self.write(|transaction| {
			let mut facts = transaction.open_table(FACTS)?;
			facts.remove(deposits::PROGRESS)?;
			let head = facts.remove(VERIFIED)?.map(|known| decode(known.value())).transpose()?;
			Ok(head)
		})
		.await
	}

	/// Whether the database can be read, and changes have found room on the disk.
	pub async fn check(&self) -> Result<()> {
		let full_at = *self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
		// A small change may find room where the next one does not.
		if full_at.is_some_and(|at| at.elapsed() < FULL) {
			return Err(DatabaseError::Full);
		}
		self.read(|transaction| {
			transaction.open_table(FACTS)?.get(GENESIS)?;
			Ok(())
		})
		.await
	}
}

/// How long a disk counts as full after a change has found it so.
const FULL: Duration = Duration::from_secs(15);

/// How much of the database is kept in memory, in bytes.
const CACHE: usize = 32 << 20;

fn builder() -> redb::Builder {
	let mut builder = redb::Builder::new();
	builder.set_cache_size(CACHE);
	builder
}

/// Opens the database file or makes it, compares all pages with their checksums, and makes the tables that
/// are missing.
fn prepared(path: &Path) -> Result<redb::Database> {
	let attempt = || {
		let mut database = open_or_make(path)?;
		if !database.check_integrity()? {
			tracing::warn!("the database was repaired after it had not been closed");
		}
		let transaction = database.begin_write()?;
		transaction.open_table(FACTS)?;
		deposits::create_tables(&transaction)?;
		nonces::create_tables(&transaction)?;
		sealing_keys::create_tables(&transaction)?;
		crate::access_log::create_tables(&transaction)?;
		transaction.commit()?;
		Ok(database)
	};
	guarded(attempt)
}

/// What is read from pages before they could be compared with their checksums can make the library panic.
fn guarded<T>(attempt: impl FnOnce() -> Result<T>) -> Result<T> {
	std::panic::catch_unwind(std::panic::AssertUnwindSafe(attempt))
		.unwrap_or_else(|_| Err(DatabaseError::Damaged("its structure is broken".into())))
}

/// The mark of a database that lacks nothing.
fn marked(path: &Path, database: &redb::Database) -> Result<Mark> {
	match mark::compare(path, database)? {
		(_, Some(loss)) => Err(DatabaseError::Lacks(loss)),
		(Some(point), None) => Mark::open(path, point),
		(None, None) => {
			Mark::set(path, Point::default())?;
			Mark::open(path, Point::default())
		},
	}
}

/// Opens the database file. A new one is made aside and gets its name when it is complete: one that was
/// cut off while it was made could never be opened again.
fn open_or_make(path: &Path) -> Result<redb::Database> {
	let aside = path.with_extension("redb.new");
	if !path.exists() {
		match builder().create(&aside) {
			Ok(made) => drop(made),
			Err(redb::DatabaseError::DatabaseAlreadyOpen) => {
				return Err(redb::DatabaseError::DatabaseAlreadyOpen.into())
			},
			// What a vault left that was cut off while it made it.
			Err(_) => {
				remove(&aside)?;
				drop(builder().create(&aside)?);
			},
		}
		die_at("vault.database.unnamed");
		// Unlike a renaming, this never replaces what another process has made meanwhile.
		match std::fs::hard_link(&aside, path) {
			Err(error) if !path.exists() => return Err(redb::Error::Io(error).into()),
			_ => sync_directory(path)?,
		}
	}
	let database = builder().create(path)?;
	remove(&aside)?;
	Ok(database)
}

fn remove(file: &Path) -> Result<()> {
	match std::fs::remove_file(file) {
		Err(error) if error.kind() != io::ErrorKind::NotFound => Err(redb::Error::Io(error).into()),
		_ => Ok(()),
	}
}

fn sync_directory(of: &Path) -> Result<()> {
	let parent = of.parent().filter(|parent| !parent.as_os_str().is_empty());
	let directory = std::fs::File::open(parent.unwrap_or(Path::new(".")));
	directory.and_then(|directory| directory.sync_all()).map_err(|e| redb::Error::Io(e).into())
}

/// A fact under a name, if it was stored.
pub(crate) fn fact<T: Decode>(
	table: &impl ReadableTable<&'static str, &'static [u8]>,
	name: &str,
) -> Result<Option<T>> {
	table.get(name)?.map(|value| decode(value.value())).transpose()
}

/// Reads a row.
pub(crate) fn decode<T: Decode>(mut bytes: &[u8]) -> Result<T> {
	T::decode(&mut bytes).map_err(DatabaseError::Undecodable)
}

/// Stores a fact under a name.
pub(crate) fn set_fact(
	transaction: &WriteTransaction,
	name: &str,
	value: &impl Encode,
) -> Result<()> {
	transaction.open_table(FACTS)?.insert(name, value.encode().as_slice())?;
	Ok(())
}

#[cfg(test)]
mod tests {
	use super::*;

	#[tokio::test]
	async fn a_database_that_was_cut_off_while_it_was_made_is_made_anew() {
		let home = tempfile::tempdir().unwrap();
		let path = home.path().join("vault.redb");
		let aside = home.path().join("vault.redb.new");
		// As long as one, and without the number that says that it is one.
		std::fs::write(&aside, vec![0; 1 << 20]).unwrap();
		let database = Database::open(&path).unwrap();
		database.ensure_chain([1; 32]).await.unwrap();
		assert!(!aside.exists());
		drop(database);
		std::fs::write(&aside, b"left again").unwrap();
		let database = Database::open(&path).unwrap();
		assert_eq!(database.genesis().await.unwrap(), Some([1; 32]), "the same one");
		assert!(!aside.exists());
	}
}
