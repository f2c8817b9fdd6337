//! Changes that share a transaction. Syncing is what a change costs most, so those that come while one
//! transaction is on its way to the disk go together in the next one.

use std::sync::{Mutex, PoisonError};

use redb::WriteTransaction;
use tokio::sync::oneshot;

use super::{Database, DatabaseError, Point, Result};

/// A change that waits for its transaction.
pub(super) trait Change: Send {
	/// Makes it in the course of a transaction. May be called again in another one.
	fn make(&mut self, transaction: &WriteTransaction) -> Result<()>;
	/// Tells whoever waits for it that it is on disk, or why it is not.
	fn tell(self: Box<Self>, outcome: Result<()>);
}

/// What somebody wants to be done, and where the result goes.
struct Wanted<T, W> {
	work: W,
	result: Option<T>,
	teller: oneshot::Sender<Result<T>>,
}

impl<T: Send, W: Fn(&WriteTransaction) -> Result<T> + Send> Change for Wanted<T, W> {
	fn make(&mut self, transaction: &WriteTransaction) -> Result<()> {
		self.result = Some((self.work)(transaction)?);
		Ok(())
	}

	fn tell(self: Box<Self>, outcome: Result<()>) {
		let Self { result, teller, .. } = *self;
		let outcome = outcome.and_then(|()| result.ok_or(DatabaseError::CutOff));
		// Whoever has gone away does not need to know.
		let _gone = teller.send(outcome);
	}
}

/// The changes that wait.
#[derive(Default)]
pub(super) struct Queue {
	waiting: Mutex<Vec<Box<dyn Change>>>,
	/// Held while a transaction is under way.
	turn: Mutex<()>,
}

impl Queue {
	/// Lets a change wait for the next transaction. What comes of it comes through the receiver. If it is
	/// the first one that waits, its owner has to see to it that all are made.
	pub(super) fn push<T: Send + 'static>(
		&self,
		work: impl Fn(&WriteTransaction) -> Result<T> + Send + 'static,
	) -> (oneshot::Receiver<Result<T>>, bool) {
		let (teller, told) = oneshot::channel();
		let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
		waiting.push(Box::new(Wanted { work, result: None, teller }));
		(told, waiting.len() == 1)
	}

	/// Makes all changes that wait once it is their turn. Blocks.
	pub(super) fn make_all(&self, database: &Database) {
		let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
		let changes =
			std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
		make_together(database, changes);
	}
}

/// Makes changes in one transaction. If one of them cannot be made, each gets a transaction of its own.
fn make_together(database: &Database, mut changes: Vec<Box<dyn Change>>) {
	if changes.is_empty() {
		return;
	}
	let mut are_made = false;
	let committed = database.attempt_anew(|database| {
		are_made = false;
		let transaction = database.begin_write()?;
		for change in &mut changes {
			change.make(&transaction)?;
		}
		let point = Point::after_change(&transaction)?;
		are_made = true;
		transaction.commit()?;
		Ok(point)
	});
	if committed.is_err() && !are_made && changes.len() > 1 {
		for change in changes {
			make_together(database, vec![change]);
		}
		return;
	}
	let mut outcome = committed.and_then(|point| database.raise_mark(point));
	database.note_full(&outcome);
	for change in changes {
		let told = match &outcome {
			Ok(()) => Ok(()),
			Err(error) => Err(error.likeness()),
		};
		change.tell(std::mem::replace(&mut outcome, told));
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::database::{fact, set_fact, FACTS};
	use redb::ReadableTable;
	use std::sync::{
		atomic::{AtomicUsize, Ordering},
		Arc,
	};

	fn transactions(database: &Database) -> u64 {
		let count = |database: &redb::Database| {
			let transaction = redb::ReadableDatabase::begin_read(database)?;
			fact(&transaction.open_table(FACTS)?, "changes")
		};
		database.attempt(count).unwrap().unwrap_or(0)
	}

	fn facts(database: &Database) -> Vec<String> {
		let names = |database: &redb::Database| {
			let transaction = redb::ReadableDatabase::begin_read(database)?;
			let table = transaction.open_table(FACTS)?;
			let names = table.iter()?.map(|row| Ok(row?.0.value().to_owned()));
			names.collect::<Result<Vec<_>>>()
		};
		database
			.attempt(names)
			.unwrap()
			.into_iter()
			.filter(|name| name.starts_with("fact"))
			.collect()
	}

	#[tokio::test(flavor = "multi_thread")]
	async fn changes_that_wait_together_share_a_transaction_and_each_gets_its_result() {
		let home = tempfile::tempdir().unwrap();
		let database = Database::open(&home.path().join("vault.redb")).unwrap();
		let queue = Queue::default();
		let told: Vec<_> = (0..5u8)
			.map(|n| {
				let (told, is_first) = queue.push(move |transaction| {
					set_fact(transaction, &format!("fact {n}"), &n)?;
					Ok(n)
				});
				assert_eq!(is_first, n == 0);
				told
			})
			.collect();
		let before = transactions(&database);
		queue.make_all(&database);
		for (n, told) in told.into_iter().enumerate() {
			assert_eq!(told.await.unwrap().unwrap(), n as u8);
		}
		assert_eq!(transactions(&database), before + 1);
		assert_eq!(facts(&database).len(), 5);
	}

	#[tokio::test(flavor = "multi_thread")]
	async fn a_change_that_fails_leaves_nothing_and_spoils_none_of_the_others() {
		let home = tempfile::tempdir().unwrap();
		let database = Database::open(&home.path().join("vault.redb")).unwrap();
		let queue = Queue::default();
		let made = Arc::new(AtomicUsize::new(0));
		let good = |n: u8| {
			let made = made.clone();
			let (told, _) = queue.push(move |transaction| {
				made.fetch_add(1, Ordering::SeqCst);
				set_fact(transaction, &format!("fact {n}"), &n)
			});
			told
		};
		let first = good(1);
		let (bad, _) = queue.push(|transaction| {
			set_fact(transaction, "fact of the bad one", &0u8)?;
			Err::<(), _>(DatabaseError::CutOff)
		});
		let last = good(2);
		queue.make_all(&database);
		first.await.unwrap().unwrap();
		last.await.unwrap().unwrap();
		assert!(matches!(bad.await.unwrap(), Err(DatabaseError::CutOff)));
		assert_eq!(facts(&database), ["fact 1", "fact 2"]);
		assert_eq!(made.load(Ordering::SeqCst), 3, "the first one twice");
	}
}
