//! Scrubbing: all stored content is compared with its hash in the background, what just became
//! anchored first, so that damage is found before a reader finds it.

use std::{sync::Arc, time::Duration};

use tokio::sync::{mpsc, watch};
use ward_primitives::RecordId;

use crate::{database::deposits::DepositRow, error::Refusal, store::StoreError, vault::Vault};

/// How long the scrubber rests when something is in its way.
const REST: Duration = Duration::from_secs(60);

/// How long the scrubber rests after a round.
const LONG_REST: Duration = Duration::from_secs(3_600);

/// Scrubs until `stop` changes.
pub async fn scrub(
	vault: Arc<Vault>,
	mut fresh: mpsc::Receiver<RecordId>,
	mut stop: watch::Receiver<bool>,
) {
	let speed = vault.settings.limits.scrub_bytes_per_second;
	let mut last = None;
	let mut damaged = vault.database.damaged().await.unwrap_or_default();
	while !*stop.borrow() {
		// First of all what was damaged before: the operator may have put it right.
		let next = match damaged.pop() {
			Some(found) if speed > 0 => Ok(Some(found)),
			_ => next(&vault, &mut fresh, &mut last).await,
		};
		let pause = match next {
			_ if speed == 0 => REST,
			Ok(Some((record, row))) => match vault.verify(record, &row).await {
				Ok(()) => Duration::from_millis(row.content.size.saturating_mul(1000) / speed),
				Err(_) => REST,
			},
			Ok(None) => {
				last = None;
				LONG_REST
			},
			Err(_) => REST,
		};
		tokio::select! {
			() = tokio::time::sleep(pause) => {},
			_ = stop.changed() => {},
			() = wait_for(&fresh), if pause >= REST && speed > 0 => {},
		}
	}
}

/// Comes back when something became anchored.
async fn wait_for(fresh: &mpsc::Receiver<RecordId>) {
	while fresh.is_empty() && !fresh.is_closed() {
		tokio::time::sleep(Duration::from_secs(1)).await;
	}
}

async fn next(
	vault: &Vault,
	fresh: &mut mpsc::Receiver<RecordId>,
	last: &mut Option<RecordId>,
) -> Result<Option<(RecordId, DepositRow)>, Refusal> {
	if let Ok(record) = fresh.try_recv() {
		if let Some(row) = vault.database.deposit(record).await? {
			return Ok(Some((record, row)));
		}
	}
	let found = vault.database.next_stored(*last).await?;
	if let Some((record, _)) = found {
		*last = Some(record);
	}
	Ok(found)
}

impl Vault {
	/// Compares a record's content with its hash; notes damage, and that it is over.
	pub async fn verify(&self, record: RecordId, row: &DepositRow) -> Result<(), Refusal> {
		match self.store.verify(record, row.expected()).await {
			Ok(()) => {
				self.metrics.scrubbed.inc();
				if row.damaged {
					self.database.note_sound(record).await?;
					tracing::info!(%record, "the stored content is sound again");
				}
				Ok(())
			},
			Err(StoreError::Damaged) => self.note_damage(record).await,
			Err(error) => Err(error.into()),
		}
	}

	/// Notes that a record's content is damaged, and tells the operator which. What is being uploaded
	/// or discarded at this moment, or is not stored any more, is no damage.
	pub(crate) async fn note_damage(&self, record: RecordId) -> Result<(), Refusal> {
		let Some(_lock) = self.locks.try_lock(record) else { return Ok(()) };
		let row = self.database.deposit(record).await?;
		let is_stored = |row: &DepositRow| {
			row.state != crate::database::deposits::DepositState::Announced && !row.damaged
		};
		if let Some(row) = row.filter(is_stored) {
			// A read beside an upload may have seen neither the old nor the new file whole.
			if let Err(StoreError::Damaged) = self.store.verify(record, row.expected()).await {
				self.database.note_damaged(record).await?;
				self.metrics.damaged.inc();
				tracing::error!(%record, "the stored content is damaged; put it back from another copy, and restart the vault");
			}
		}
		Ok(())
	}
}
