//! The mark: how far the database had come when the vault last confirmed a change, in a small file of its
//! own. A database that lacks what the mark says is an older copy, and is not worked with.
//!
//! The mark is written after each change and before anybody hears of it. It is in the hands of the
//! operating system at once, and on disk within a second: only a loss of power within that second can
//! let it be behind the database, which is no harm.

use std::{
	fmt,
	fs::{File, OpenOptions},
	io,
	os::unix::fs::{FileExt, OpenOptionsExt},
	path::{Path, PathBuf},
	sync::{Mutex, PoisonError},
	time::{Duration, Instant},
};

use codec::{Decode, DecodeAll, Encode};
use redb::{ReadableDatabase, ReadableTable, WriteTransaction};
use ward_primitives::{Digest, Moment};

use super::{fact, nonces::BY_EXPIRY, set_fact, sync_directory, Result, FACTS};
use crate::access_log::{gaps, hash_before, next_entry, LOG};

/// How many changes have been made, in the database itself.
const CHANGES: &str = "changes";

/// Where the second of two places for a point begins: a write that is torn spoils one of them only.
const SECOND: u64 = 4096;

/// What a point is hashed with, so that nothing else is taken for one.
const TAG: &[u8] = b"ward-vault/mark/v1";

/// How long the mark may be in the hands of the operating system only.
const SYNC_AFTER: Duration = Duration::from_secs(1);

/// How far a database has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Point {
	/// How many changes have been made.
	pub changes: u64,
	/// The number of the access log's next entry.
	pub log: u64,
	/// The hash that this entry will carry on from; zeros if there are none yet.
	pub head: Digest,
	/// Until when any nonce must be remembered.
	pub nonces: Moment,
}

impl Point {
	/// Counts a change, and tells how far the database comes with it.
	pub(super) fn after_change(transaction: &WriteTransaction) -> Result<Self> {
		let changes: Option<u64> = fact(&transaction.open_table(FACTS)?, CHANGES)?;
		let changes = changes.unwrap_or(0).saturating_add(1);
		Self { changes, ..Self::default() }.store(transaction)?;
		let gaps = gaps(&transaction.open_table(FACTS)?)?;
		let (log, head) = next_entry(&transaction.open_table(LOG)?, &gaps)?;
		let by_expiry = transaction.open_table(BY_EXPIRY)?;
		let nonces = by_expiry.last()?.map_or(0, |(row, _)| row.value().0);
		Ok(Self { changes, log, head: head.unwrap_or_default(), nonces })
	}

	/// Lets the database say how many changes have been made.
	pub(super) fn store(&self, transaction: &WriteTransaction) -> Result<()> {
		set_fact(transaction, CHANGES, &self.changes)
	}

	fn slot(&self) -> Vec<u8> {
		let mut bytes = self.encode();
		bytes.extend(blake3::hash(&[TAG, &bytes].concat()).as_bytes());
		bytes
	}

	fn of_slot(bytes: &[u8]) -> Option<Self> {
		let (point, hash) = bytes.split_last_chunk::<32>()?;
		let is_whole = blake3::hash(&[TAG, point].concat()) == *hash;
		is_whole.then(|| Self::decode_all(&mut &point[..]).ok()).flatten()
	}
}

/// What a database lacks of what its vault has confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
	/// It is an older copy.
	Behind {
		/// How many changes it lacks.
		changes: u64,
		/// How many entries of the access log it lacks.
		entries: u64,
	},
	/// Its access log is shorter than it was, or another one.
	OtherLog {
		/// How many entries there were.
		known: u64,
		/// How many there are.
		found: u64,
	},
	/// There is no mark, though there was one.
	NoMark,
	/// The mark cannot be read.
	Unreadable,
}

impl fmt::Display for Loss {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::Behind { changes, entries } => write!(
				f,
				"the database is an older copy: it lacks {changes} changes that this vault has \
				 confirmed, among them {entries} entries of the access log"
			)?,
			Self::OtherLog { known, found } => write!(
				f,
				"the access log is not the one that this vault has confirmed: that had {known} \
				 entries, this has {found}"
			)?,
			Self::NoMark => f.write_str(
				"vault.mark is missing, so nobody can tell whether the database is an older copy",
			)?,
			Self::Unreadable => f.write_str(
				"vault.mark cannot be read, so nobody can tell whether the database is an older copy",
			)?,
		}
		f.write_str(
			"; put the latest database back, or, if it is lost, let the vault go on without what \
			 is missing with `ward-vault accept-loss`",
		)
	}
}

/// What the file of the mark says.
enum Found {
	Nothing,
	Unreadable,
	Point(Point),
}

/// The open mark of a database.
pub(super) struct Mark(Mutex<State>);

struct State {
	file: File,
	point: Point,
	writes_second: bool,
	synced: Instant,
}

impl Mark {
	/// Where the mark of a database is.
	pub(super) fn path(database: &Path) -> PathBuf {
		database.with_extension("mark")
	}

	/// Makes the file anew, or in place of the one that was there, durably.
	pub(super) fn set(database: &Path, point: Point) -> Result<()> {
		let path = Self::path(database);
		let aside = path.with_extension("mark.new");
		let written = || -> io::Result<()> {
			let mut options = OpenOptions::new();
			let file = options.write(true).create(true).truncate(true).mode(0o600).open(&aside)?;
			for place in [0, SECOND] {
				file.write_all_at(&point.slot(), place)?;
			}
			file.sync_all()?;
			std::fs::rename(&aside, &path)
		};
		written().map_err(redb::Error::Io)?;
		sync_directory(&path)
	}

	/// Opens the mark from `point` on.
	pub(super) fn open(database: &Path, point: Point) -> Result<Self> {
		let file = OpenOptions::new().write(true).open(Self::path(database));
		let file = file.map_err(redb::Error::Io)?;
		let synced = Instant::now();
		Ok(Self(Mutex::new(State { file, point, writes_second: false, synced })))
	}

	/// Notes how far the database has come.
	pub(super) fn raise(&self, to: Point) -> Result<()> {
		let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
		if to.changes <= state.point.changes {
			// A later change was quicker.
			return Ok(());
		}
		let point = Point { nonces: to.nonces.max(state.point.nonces), ..to };
		let place = if state.writes_second { SECOND } else { 0 };
		state.file.write_all_at(&point.slot(), place).map_err(redb::Error::Io)?;
		if state.synced.elapsed() >= SYNC_AFTER {
			state.file.sync_data().map_err(redb::Error::Io)?;
			state.synced = Instant::now();
		}
		(state.point, state.writes_second) = (point, !state.writes_second);
		Ok(())
	}
}

/// What the mark of a database says, and what the database lacks of it.
pub(super) fn compare(
	path: &Path,
	database: &redb::Database,
) -> Result<(Option<Point>, Option<Loss>)> {
	let transaction = database.begin_read()?;
	let facts = transaction.open_table(FACTS)?;
	let (log, gaps) = (transaction.open_table(LOG)?, gaps(&facts)?);
	let changes: Option<u64> = fact(&facts, CHANGES)?;
	let mark = match read(&Mark::path(path))? {
		Found::Point(mark) => mark,
		Found::Unreadable => return Ok((None, Some(Loss::Unreadable))),
		// One that has never been changed since there are marks.
		Found::Nothing if changes.is_none() => return Ok((None, None)),
		Found::Nothing => return Ok((None, Some(Loss::NoMark))),
	};
	let changes = changes.unwrap_or(0);
	let (found, _) = next_entry(&log, &gaps)?;
	let loss = if changes < mark.changes {
		let entries = mark.log.saturating_sub(found);
		Some(Loss::Behind { changes: mark.changes - changes, entries })
	} else if mark.log > 0 && hash_before(&log, &gaps, mark.log)? != Some(mark.head) {
		Some(Loss::OtherLog { known: mark.log, found })
	} else {
		None
	};
	Ok((Some(mark), loss))
}

fn read(path: &Path) -> Result<Found> {
	let bytes = match std::fs::read(path) {
		Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing),
		bytes => bytes.map_err(redb::Error::Io)?,
	};
	let length = Point::default().slot().len();
	let at = |place: u64| {
		let place = usize::try_from(place).ok()?;
		Point::of_slot(bytes.get(place..place.checked_add(length)?)?)
	};
	let latest = [at(0), at(SECOND)].into_iter().flatten().max_by_key(|point| point.changes);
	Ok(latest.map_or(Found::Unreadable, Found::Point))
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{
		access_log::{Event, LogFacts},
		database::{loss, Database, DatabaseError},
	};
	use std::fs;
	use tempfile::TempDir;
	use ward_primitives::{Action, Decision, ParticipantId, PurposeOfUse, Reason, RecordId};

	const GENESIS: Digest = [9; 32];
	const PATIENT: ParticipantId = ParticipantId(1);

	struct Place(TempDir);

	impl Place {
		fn new() -> Self {
			Self(tempfile::tempdir().unwrap())
		}

		fn path(&self) -> PathBuf {
			self.0.path().join("vault.redb")
		}

		fn database(&self) -> Database {
			Database::open(&self.path()).unwrap()
		}

		fn copy(&self) -> Vec<u8> {
			fs::read(self.path()).unwrap()
		}

		fn put_back(&self, copy: &[u8]) {
			fs::write(self.path(), copy).unwrap();
		}

		/// What is in the way of opening it.
		fn lacks(&self) -> Loss {
			match Database::open(&self.path()) {
				Err(DatabaseError::Lacks(loss)) => loss,
				Err(other) => panic!("{other}"),
				Ok(_) => panic!("it lacks nothing"),
			}
		}
	}

	fn facts(at: Moment) -> LogFacts {
		LogFacts {
			at,
			actor: ParticipantId(2),
			patient: PATIENT,
			record: RecordId([3; 32]),
			action: Action::Read,
			purpose: PurposeOfUse::Treat,
			event: Event::Content,
			decision: Decision::Deny { reason: Reason::NoBasis },
			finalized: [4; 32],
		}
	}

	async fn log(database: &Database, times: u64) {
		for at in 0..times {
			database.log(facts(at), GENESIS).await.unwrap();
		}
	}

	#[tokio::test]
	async fn an_older_copy_is_refused_and_the_latest_one_is_taken_again() {
		let place = Place::new();
		let database = place.database();
		log(&database, 2).await;
		drop(database);
		let old = place.copy();
		let database = place.database();
		log(&database, 3).await;
		drop(database);
		let latest = place.copy();
		place.put_back(&old);
		assert_eq!(place.lacks(), Loss::Behind { changes: 3, entries: 3 });
		assert_eq!(place.lacks(), Loss::Behind { changes: 3, entries: 3 }, "and again");
		place.put_back(&latest);
		assert_eq!(place.database().log_length().await.unwrap(), 5);
	}

	#[tokio::test]
	async fn a_copy_without_a_nonce_only_is_refused_too() {
		let place = Place::new();
		drop(place.database());
		let old = place.copy();
		let database = place.database();
		assert!(database.use_nonce([1; 32], "n".into(), 100).await.unwrap());
		drop(database);
		place.put_back(&old);
		assert_eq!(place.lacks(), Loss::Behind { changes: 1, entries: 0 });
	}

	#[tokio::test]
	async fn a_log_that_was_cut_or_written_anew_is_refused() {
		let place = Place::new();
		let database = place.database();
		log(&database, 3).await;
		drop(database);
		let sound = place.copy();
		let change = |change: &dyn Fn(&mut redb::Table<'_, u64, &'static [u8]>)| {
			place.put_back(&sound);
			let database = redb::Database::open(place.path()).unwrap();
			let transaction = database.begin_write().unwrap();
			change(&mut transaction.open_table(LOG).unwrap());
			transaction.commit().unwrap();
		};
		change(&|log| drop(log.remove(2).unwrap()));
		assert_eq!(place.lacks(), Loss::OtherLog { known: 3, found: 2 });
		change(&|log| {
			let mut last = log.get(2).unwrap().unwrap().value().to_vec();
			// The first byte of the moment.
			last[40] ^= 1;
			log.insert(2, last.as_slice()).unwrap();
		});
		assert_eq!(place.lacks(), Loss::OtherLog { known: 3, found: 3 });
		place.put_back(&sound);
		place.database();
	}

	#[tokio::test]
	async fn a_change_that_the_mark_does_not_have_yet_is_no_loss() {
		let place = Place::new();
		let database = place.database();
		log(&database, 1).await;
		let mark = fs::read(Mark::path(&place.path())).unwrap();
		log(&database, 1).await;
		drop(database);
		// As after a death between the two.
		fs::write(Mark::path(&place.path()), mark).unwrap();
		assert_eq!(place.database().log_length().await.unwrap(), 2);
	}

	#[tokio::test]
	async fn a_torn_write_of_the_mark_leaves_the_point_before_and_two_leave_none() {
		let place = Place::new();
		let database = place.database();
		log(&database, 3).await;
		drop(database);
		let path = Mark::path(&place.path());
		let whole = fs::read(&path).unwrap();
		for spoilt in [0, SECOND as usize] {
			let mut torn = whole.clone();
			torn[spoilt] ^= 1;
			fs::write(&path, &torn).unwrap();
			place.database();
		}
		fs::write(&path, vec![0; whole.len()]).unwrap();
		assert_eq!(place.lacks(), Loss::Unreadable);
		fs::remove_file(&path).unwrap();
		assert_eq!(place.lacks(), Loss::NoMark);
	}

	#[tokio::test]
	async fn after_an_accepted_loss_the_log_carries_on_behind_the_gap() {
		let place = Place::new();
		let database = place.database();
		log(&database, 2).await;
		drop(database);
		let old = place.copy();
		let database = place.database();
		log(&database, 2).await;
		let last = database.log(facts(9), GENESIS).await.unwrap();
		drop(database);
		place.put_back(&old);
		let lost = loss::accept(&place.path(), 0).unwrap();
		assert_eq!(lost, Some(Loss::Behind { changes: 3, entries: 3 }));
		assert_eq!(loss::accept(&place.path(), 0).unwrap(), None, "it counts now");
		let database = place.database();
		let next = database.log(facts(10), GENESIS).await.unwrap();
		assert_eq!((next.sequence, next.previous_hash), (5, last.hash()));
		drop(database);
		// The copy that was accepted is an old one from now on.
		place.put_back(&old);
		assert!(matches!(place.lacks(), Loss::Behind { entries: 4, .. }));
		// One without anything is another loss, and a second gap.
		fs::remove_file(place.path()).unwrap();
		assert!(matches!(place.lacks(), Loss::Behind { entries: 6, .. }));
		loss::accept(&place.path(), 0).unwrap().unwrap();
		let database = place.database();
		let after = database.log(facts(11), GENESIS).await.unwrap();
		assert_eq!((after.sequence, after.previous_hash), (6, next.hash()));
	}

	#[tokio::test]
	async fn after_an_accepted_loss_no_nonce_counts_that_may_have_been_used() {
		let place = Place::new();
		drop(place.database());
		let old = place.copy();
		let database = place.database();
		assert!(database.use_nonce([1; 32], "used".into(), 100_000).await.unwrap());
		drop(database);
		place.put_back(&old);
		loss::accept(&place.path(), 50_000).unwrap().unwrap();
		let database = place.database();
		assert!(!database.use_nonce([1; 32], "used".into(), 100_000).await.unwrap());
		assert!(!database.use_nonce([1; 32], "earlier".into(), 99_000).await.unwrap());
		assert!(database.use_nonce([1; 32], "later".into(), 100_001).await.unwrap());
		drop(database);
		fs::remove_file(Mark::path(&place.path())).unwrap();
		loss::accept(&place.path(), 200_000).unwrap().unwrap();
		let database = place.database();
		assert!(!database.use_nonce([1; 32], "before".into(), 270_000).await.unwrap());
		assert!(database.use_nonce([1; 32], "after".into(), 270_001).await.unwrap());
	}

	/// Whatever bit of the file has changed: it is refused, or it reads as it was written.
	#[tokio::test]
	async fn a_flipped_byte_is_never_read_as_if_it_had_been_written() {
		let place = Place::new();
		let database = place.database();
		log(&database, 40).await;
		let written = database.log_of_patient(PATIENT, 0, 100).await.unwrap().0;
		drop(database);
		let sound = place.copy();
		let (mut refused, mut read) = (0, 0);
		let used = sound.iter().rposition(|byte| *byte != 0).unwrap_or(0);
		for at in (0..=used).step_by(61) {
			let mut flipped = sound.clone();
			flipped[at] ^= 0x41;
			place.put_back(&flipped);
			match Database::open(&place.path()) {
				Err(error) => {
					assert!(!error.to_string().is_empty());
					refused += 1;
				},
				Ok(database) => {
					let found = database.log_of_patient(PATIENT, 0, 100).await.unwrap().0;
					assert_eq!(found, written, "byte {at}");
					read += 1;
				},
			}
		}
		assert!(refused > 10 && read > 10, "{refused} refused, {read} read");
	}
}
