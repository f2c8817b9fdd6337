//! Deposits whose content comes from the vault of another custodian: so an author uploads once, and the
//! vaults copy among themselves.

use std::{
	collections::HashMap,
	sync::{Arc, Mutex, MutexGuard, PoisonError},
	time::Duration,
};

use tokio::sync::Semaphore;
use ward_primitives::{Digest, ParticipantId, RecordId};
use ward_vault_api::deposit::CopyJson;

use crate::{database::deposits::DepositState, error::Refusal, peer::Failure, vault::Vault};

/// How often a vault is asked that cannot answer for the moment.
const ATTEMPTS: u32 = 4;

/// How long to wait before the second attempt; each time twice as long.
const PAUSE: Duration = Duration::from_secs(1);

/// How many deposits are fetched at the same time; more of them wait. Apart from the slots for uploads, so
/// that a slow vault of another center keeps nobody from uploading.
const CONCURRENT: usize = 4;

/// What is being fetched, and what could not be. Not kept across a restart: the author announces the
/// record again.
pub(crate) struct Copies {
	all: Mutex<HashMap<Digest, Copying>>,
	slots: Semaphore,
}

impl Default for Copies {
	fn default() -> Self {
		Self { all: Mutex::default(), slots: Semaphore::new(CONCURRENT) }
	}
}

#[derive(Clone, Copy)]
struct Copying {
	from: ParticipantId,
	failure: Option<&'static str>,
}

impl Copies {
	fn all(&self) -> MutexGuard<'_, HashMap<Digest, Copying>> {
		self.all.lock().unwrap_or_else(PoisonError::into_inner)
	}

	/// How the fetching of a record goes, if it has been asked for and has not succeeded.
	pub(crate) fn of(&self, record: RecordId) -> Option<CopyJson> {
		let copying = self.all().get(&record.0).copied()?;
		Some(CopyJson { from: copying.from, failure: copying.failure.map(str::to_owned) })
	}

	/// Forgets about a record.
	pub(crate) fn forget(&self, record: RecordId) {
		self.all().remove(&record.0);
	}

	/// Notes that it begins. False if it is under way.
	fn begin(&self, record: RecordId, from: ParticipantId) -> bool {
		let mut all = self.all();
		let is_under_way = all.get(&record.0).is_some_and(|copying| copying.failure.is_none());
		if !is_under_way {
			all.insert(record.0, Copying { from, failure: None });
		}
		!is_under_way
	}

	fn fail(&self, record: RecordId, failure: &'static str) {
		if let Some(copying) = self.all().get_mut(&record.0) {
			copying.failure = Some(failure);
		}
	}
}

impl From<Refusal> for Failure {
	fn from(refusal: Refusal) -> Self {
		Self::Storage(refusal.code.name().into())
	}
}

impl Vault {
	/// Begins to fetch the content of an announced deposit from the vault of another center, unless that is
	/// under way.
	pub(crate) fn begin_copy(self: &Arc<Self>, record: RecordId, from: ParticipantId) {
		if !self.copies.begin(record, from) {
			return;
		}
		let vault = self.clone();
		tokio::spawn(async move {
			let mut attempt = 1;
			let outcome = loop {
				match vault.copy_deposit(record, from).await {
					Err(failure) if failure.is_passing() && attempt < ATTEMPTS => {
						tokio::time::sleep(PAUSE * 2u32.pow(attempt - 1)).await;
						attempt += 1;
					},
					outcome => break outcome,
				}
			};
			match outcome {
				Ok(()) => vault.copies.forget(record),
				Err(cause) => {
					tracing::warn!(%record, from = from.0, %cause, "a deposit was not copied");
					vault.metrics.copy(cause.name());
					vault.copies.fail(record, cause.name());
				},
			}
		});
	}

	async fn copy_deposit(&self, record: RecordId, from: ParticipantId) -> Result<(), Failure> {
		let _lock = self.locks.lock(record).await;
		let row = self.database.deposit(record).await.map_err(Refusal::from)?;
		let gone = || Failure::Storage("the deposit is gone".into());
		let row = row.ok_or_else(gone)?;
		if self.lasting_receipt(record, &row).await?.is_some() {
			return Ok(());
		}
		let _slot = self.copies.slots.acquire().await.map_err(Refusal::internal)?;
		// What is here already and sound only needs another receipt.
		let is_here = row.state != DepositState::Announced
			&& self.store.verify(record, row.expected()).await.is_ok();
		if !is_here {
			let state = self.finalized().await?;
			self.fetch(&state, from, record, row.expected()).await?;
			self.metrics.stored_bytes.inc_by(row.content.size);
			self.metrics.copy("copied");
		}
		let expires = self.receipt_expiry();
		let stored = self.database.note_stored(record, expires).await.map_err(Refusal::from)?;
		stored.map(drop).ok_or_else(gone)
	}
}
