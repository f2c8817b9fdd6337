//! Repair: content that was found damaged or missing is fetched from the record's other custodians, by its
//! content root.
//!
//! What is sound is never overwritten: before anything is fetched, the content is read once more, and what
//! comes takes its place only after all of it was verified.

use std::{
	collections::BTreeMap,
	sync::Arc,
	time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use ward_primitives::{ParticipantId, RecordId};

use crate::{
	database::deposits::DepositState, error::Refusal, peer::Failure, store::StoreError,
	vault::Vault,
};

/// How often what is damaged is looked at without being told.
const PERIOD: Duration = Duration::from_secs(30);

/// How long to wait after the first attempt that failed; each time twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(30);

/// The longest to wait.
const LONGEST_PAUSE: Duration = Duration::from_secs(3_600);

/// How many damaged records are looked at in one go.
const PAGE: usize = 256;

/// What became of a record that was to be repaired.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
	/// The content is as it must be; nothing was fetched.
	Sound,
	/// The content was fetched from the vault of this center.
	Repaired {
		/// The center.
		from: ParticipantId,
	},
	/// The content is still damaged or missing.
	Left {
		/// Why, and what helps.
		why: String,
	},
}

impl Outcome {
	/// Whether the content is still damaged or missing.
	pub const fn is_left(&self) -> bool {
		matches!(self, Self::Left { .. })
	}

	fn left(why: impl Into<String>) -> Self {
		Self::Left { why: why.into() }
	}
}

/// When a record is tried again.
struct Wait {
	failures: u32,
	until: Instant,
}

/// Repairs until `stop` changes.
pub async fn repair(vault: Arc<Vault>, mut stop: watch::Receiver<bool>) {
	if !vault.settings.repair {
		return;
	}
	let mut waits = BTreeMap::new();
	while !*stop.borrow() {
		tokio::select! {
			() = vault.repair_once(&mut waits) => {},
			_ = stop.changed() => break,
		}
		tokio::select! {
			() = tokio::time::sleep(PERIOD) => {},
			() = vault.damage.notified() => {},
			_ = stop.changed() => {},
		}
	}
}

impl Vault {
	/// Goes through all that is damaged, but for what failed a short while ago.
	async fn repair_once(&self, waits: &mut BTreeMap<RecordId, Wait>) {
		// Of a chain that cannot be decided on the operator hears elsewhere.
		if self.finalized().await.is_err() {
			return;
		}
		let mut last = None;
		loop {
			let damaged = match self.database.damaged(last, PAGE).await {
				Ok(damaged) => damaged,
				Err(cause) => {
					tracing::warn!(%cause, "nothing can be repaired");
					return;
				},
			};
			let Some((record, _)) = damaged.last() else { break };
			last = Some(*record);
			for (record, _) in damaged {
				if waits.get(&record).is_some_and(|wait| wait.until > Instant::now()) {
					continue;
				}
				if let Outcome::Left { why } = self.mend(record).await {
					let failures = waits.get(&record).map_or(0, |wait| wait.failures);
					if failures == 0 {
						tracing::warn!(%record, %why, "the content cannot be repaired now");
					}
					let pause = pause_after(failures);
					let until = Instant::now() + pause;
					waits.insert(record, Wait { failures: failures.saturating_add(1), until });
				} else {
					waits.remove(&record);
				}
			}
		}
		waits.retain(|_, wait| wait.until > Instant::now());
	}

	/// The records whose content was found damaged, or is missing or has another length now, and those of
	/// which only the chain knows.
	pub(crate) async fn damaged_or_missing(&self) -> Result<Vec<RecordId>, Refusal> {
		let (mut found, mut last) = (self.database.unknown().await?, None);
		while let Some((record, row)) = self.database.next_stored(last).await? {
			last = Some(record);
			if row.damaged || self.store.check_length(record, row.content.size).await.is_err() {
				found.push(record);
			}
		}
		Ok(found)
	}

	/// Looks at a record's content, and fetches it from another custodian unless it is sound.
	pub async fn mend(&self, record: RecordId) -> Outcome {
		match self.try_to_mend(record).await {
			Ok(outcome) => outcome,
			Err(refusal) => Outcome::left(format!(
				"the vault has a fault ({}); its log has the cause",
				refusal.code.name()
			)),
		}
	}

	async fn try_to_mend(&self, record: RecordId) -> Result<Outcome, Refusal> {
		let _lock = self.locks.lock(record).await;
		let Some(row) = self.database.deposit(record).await? else {
			return Ok(Outcome::left(
				"it is unknown here; put the latest sound copy of vault.redb back, or have its author \
				 announce and upload it again",
			));
		};
		if row.state == DepositState::Announced {
			return Ok(Outcome::left("its content was never here; its author has to upload it"));
		}
		match self.store.verify(record, row.expected()).await {
			Ok(()) => {
				self.note_sound(record, &row).await?;
				return Ok(Outcome::Sound);
			},
			Err(StoreError::Damaged) if !row.damaged => self.note_found(record).await?,
			Err(StoreError::Damaged) => {},
			// A disk that cannot be read is tried as one whose content is gone.
			Err(StoreError::Disk(cause)) => {
				tracing::error!(%record, %cause, "the stored content cannot be read");
			},
			Err(error) => return Err(error.into()),
		}
		let state = match self.finalized().await {
			Ok(state) => state,
			Err(trouble) => return Ok(Outcome::left(trouble.to_string())),
		};
		let Some(on_chain) = state.record(record).await? else {
			return Ok(Outcome::left("it is not anchored yet; its author has to upload it again"));
		};
		let centers = on_chain.custodians.iter().map(|held| held.center);
		let (own, others): (Vec<_>, Vec<_>) = centers.partition(|center| *center == self.center());
		if own.is_empty() {
			return Ok(Outcome::left("the chain does not name this center as a custodian"));
		}
		// One that leaves keeps what it has handed over here until others have seen it.
		let others: Vec<_> = others.into_iter().chain(self.former_custodians(&on_chain)).collect();
		if others.is_empty() {
			return Ok(Outcome::left(
				"this center is its only custodian; put the file back from a backup",
			));
		}
		let mut failures = Vec::new();
		for center in others {
			match self.fetch(&state, center, record, row.expected()).await {
				Ok(()) => {
					self.database.note_sound(record).await?;
					self.metrics.copy("repaired");
					tracing::info!(%record, from = center.0, "the stored content was repaired");
					return Ok(Outcome::Repaired { from: center });
				},
				Err(failure) => {
					self.metrics.copy(failure.name());
					failures.push(told(center, &failure));
				},
			}
		}
		Ok(Outcome::left(failures.join("; ")))
	}
}

fn told(center: ParticipantId, failure: &Failure) -> String {
	format!("the vault of center {center}: {failure}")
}

fn pause_after(failures: u32) -> Duration {
	FIRST_PAUSE.saturating_mul(2u32.saturating_pow(failures)).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn what_fails_again_is_tried_less_and_less_often_but_once_an_hour() {
		let pauses: Vec<_> = (0..9).map(|n| pause_after(n).as_secs()).collect();
		assert_eq!(pauses, [30, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600]);
		assert_eq!(pause_after(u32::MAX), LONGEST_PAUSE);
	}
}
