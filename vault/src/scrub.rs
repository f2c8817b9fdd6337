//! Scrubbing: all stored content is compared with its hash in the background, so that damage is found
//! before a reader finds it. First comes what storage receipts found wanting, then what just became anchored, then
//! the rest, round by round. A round goes on where it was after a restart.

use std::{
	collections::BTreeSet,
	sync::{Arc, Mutex, PoisonError},
	time::{Duration, Instant},
};

use tokio::sync::{mpsc, watch};
use ward_primitives::{Moment, RecordId};

use crate::{
	database::{
		deposits::{DepositRow, DepositState},
		scrubbing::{Round, Scrubbing},
	},
	error::Refusal,
	store::StoreError,
	vault::Vault,
};

/// How long the scrubber rests when something is in its way.
const REST: Duration = Duration::from_secs(60);

/// How long the scrubber rests after a round, in milliseconds.
const LONG_REST: Moment = 3_600_000;

/// Shorter pauses are saved up.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);

/// How much of a round may be done again after a sudden end.
const SAVE_AFTER: Duration = Duration::from_secs(10);

/// How many damaged records are looked at again at the start.
const RECHECKED: usize = 10_000;

/// How many suspects are remembered; the scrubber's round comes to the others.
const MAX_SUSPECTS: usize = 100_000;

/// Records whose content is to be looked at first.
#[derive(Default)]
pub(crate) struct Suspects(Mutex<BTreeSet<RecordId>>);

impl Suspects {
	pub(crate) fn add(&self, record: RecordId) {
		let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
		if all.len() < MAX_SUSPECTS {
			all.insert(record);
		}
	}

	fn take(&self) -> Option<RecordId> {
		self.0.lock().unwrap_or_else(PoisonError::into_inner).pop_first()
	}

	fn is_empty(&self) -> bool {
		self.0.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
	}
}

/// Scrubs until `stop` changes.
pub async fn scrub(
	vault: Arc<Vault>,
	mut fresh: mpsc::Receiver<RecordId>,
	mut stop: watch::Receiver<bool>,
) {
	let mut scrubber = Scrubber::new(&vault).await;
	while !*stop.borrow() {
		let pause = scrubber.step(&mut fresh).await;
		tokio::select! {
			() = tokio::time::sleep(pause) => {},
			_ = stop.changed() => {},
			() = wait_for(&vault, &fresh), if pause >= REST => {},
		}
	}
	scrubber.save().await;
}

/// Comes back when something waits that comes before the round.
async fn wait_for(vault: &Vault, fresh: &mpsc::Receiver<RecordId>) {
	let scrubs = vault.settings.limits.scrub_bytes_per_second > 0;
	loop {
		let is_fresh = scrubs && !fresh.is_empty();
		if is_fresh || !vault.suspects.is_empty() {
			return;
		}
		tokio::time::sleep(Duration::from_secs(1)).await;
	}
}

/// What is looked at next.
enum Next {
	/// Something that comes before the round.
	First(RecordId, DepositRow),
	/// The next of the round.
	InRound(RecordId, DepositRow),
	/// Nothing for now.
	Nothing,
}

struct Scrubber<'v> {
	vault: &'v Vault,
	state: Scrubbing,
	saved: Instant,
	/// Damaged before the start: the operator may have put it right.
	recheck: Vec<RecordId>,
	/// When the last round of this run ended. A new start begins the next one at once: what happened to the
	/// files while the vault was down is to be found.
	rests_since: Option<Moment>,
	/// How long it should have rested.
	debt: Duration,
}

impl<'v> Scrubber<'v> {
	async fn new(vault: &'v Vault) -> Self {
		let known = vault.database.scrubbing().await.unwrap_or_default();
		let state = known.unwrap_or(Scrubbing { since: vault.clock.now(), ..Default::default() });
		let damaged = vault.database.damaged(None, RECHECKED).await.unwrap_or_default();
		let recheck = damaged.into_iter().map(|(record, _)| record).collect();
		let saved = Instant::now();
		Self { vault, state, saved, recheck, rests_since: None, debt: Duration::ZERO }
	}

	/// Looks at one record, and tells how long to rest then.
	async fn step(&mut self, fresh: &mut mpsc::Receiver<RecordId>) -> Duration {
		let next = match self.next(fresh).await {
			Ok(next) => next,
			Err(refusal) => {
				tracing::warn!(code = refusal.code.name(), "scrubbing cannot go on");
				return REST;
			},
		};
		let (record, row, is_in_round) = match next {
			Next::First(record, row) => (record, row, false),
			Next::InRound(record, row) => (record, row, true),
			Next::Nothing => return REST,
		};
		let verified = self.vault.verify(record, &row).await;
		if let (Some(round), true) = (&mut self.state.round, is_in_round) {
			round.records += 1;
			round.bytes = round.bytes.saturating_add(row.content.size);
			round.damaged += u64::from(!matches!(verified, Ok(true)));
		}
		if self.saved.elapsed() >= SAVE_AFTER {
			self.save().await;
		}
		match verified {
			Ok(_) => self.pause_after(row.content.size),
			Err(_) => REST,
		}
	}

	fn pause_after(&mut self, size: u64) -> Duration {
		let speed = self.vault.settings.limits.scrub_bytes_per_second.max(1);
		self.debt += Duration::from_secs_f64(size as f64 / speed as f64);
		match self.debt >= SHORTEST_PAUSE {
			true => std::mem::take(&mut self.debt),
			false => Duration::ZERO,
		}
	}

	async fn next(&mut self, fresh: &mut mpsc::Receiver<RecordId>) -> Result<Next, Refusal> {
		let is_scrubbing = self.vault.settings.limits.scrub_bytes_per_second > 0;
		let database = &self.vault.database;
		loop {
			let first = match self.vault.suspects.take() {
				Some(suspect) => Some(suspect),
				None if !is_scrubbing => return Ok(Next::Nothing),
				None => self.recheck.pop().or_else(|| fresh.try_recv().ok()),
			};
			let Some(record) = first else { break };
			if let Some(row) = database.deposit(record).await? {
				if row.state != DepositState::Announced {
					return Ok(Next::First(record, row));
				}
			}
		}
		let now = self.vault.clock.now();
		if self.state.round.is_none() {
			if self.rests_since.is_some_and(|ended| now.saturating_sub(ended) < LONG_REST) {
				return Ok(Next::Nothing);
			}
			self.state.round = Some(Round { began: now, ..Default::default() });
			self.save().await;
		}
		let Some(round) = &mut self.state.round else { return Ok(Next::Nothing) };
		if let Some((record, row)) = database.next_stored(round.last).await? {
			round.last = Some(record);
			return Ok(Next::InRound(record, row));
		}
		let Round { began, records, bytes, damaged, .. } = *round;
		(self.state.round, self.state.completed) = (None, Some(now));
		self.rests_since = Some(now);
		self.save().await;
		let seconds = now.saturating_sub(began) / 1000;
		tracing::info!(records, bytes, damaged, seconds, "all stored content has been looked at");
		Ok(Next::Nothing)
	}

	async fn save(&mut self) {
		self.saved = Instant::now();
		if let Err(cause) = self.vault.database.note_scrubbing(self.state).await {
			tracing::warn!(%cause, "how far scrubbing has come was not noted");
		}
	}
}

impl Vault {
	/// Compares a record's content with its hash; notes damage, and that it is over. Whether it is sound.
	pub async fn verify(&self, record: RecordId, row: &DepositRow) -> Result<bool, Refusal> {
		match self.store.verify(record, row.expected()).await {
			Ok(()) => {
				self.metrics.scrubbed.inc();
				self.metrics.scrubbed_bytes.inc_by(row.content.size);
				self.note_sound(record, row).await?;
				Ok(true)
			},
			Err(StoreError::Damaged) => {
				self.note_damage(record).await?;
				Ok(false)
			},
			Err(error) => Err(error.into()),
		}
	}

	/// Notes that a record's content is as it must be, if it was not before.
	pub(crate) async fn note_sound(
		&self,
		record: RecordId,
		row: &DepositRow,
	) -> Result<(), Refusal> {
		if row.damaged {
			self.database.note_sound(record).await?;
			tracing::info!(%record, "the stored content is sound again");
		}
		Ok(())
	}

	/// Notes that a record's content is damaged, and tells the operator which. What is being uploaded
	/// or discarded at this moment, or is not stored any more, is no damage.
	pub(crate) async fn note_damage(&self, record: RecordId) -> Result<(), Refusal> {
		let Some(_lock) = self.locks.try_lock(record) else { return Ok(()) };
		let row = self.database.deposit(record).await?;
		let is_stored = |row: &DepositRow| row.state != DepositState::Announced && !row.damaged;
		if let Some(row) = row.filter(is_stored) {
			// A read beside an upload may have seen neither the old nor the new file whole.
			if let Err(StoreError::Damaged) = self.store.verify(record, row.expected()).await {
				self.note_found(record).await?;
			}
		}
		Ok(())
	}

	/// Notes damage that is certain, tells the operator, and lets it be repaired.
	pub(crate) async fn note_found(&self, record: RecordId) -> Result<(), Refusal> {
		self.database.note_damaged(record).await?;
		self.metrics.damaged.inc();
		tracing::error!(
			%record,
			"the stored content is damaged or missing; it is fetched from another custodian, if there is one; \
			 otherwise put the file back from a backup, and say `ward-vault repair`"
		);
		self.damage.notify_one();
		Ok(())
	}
}
