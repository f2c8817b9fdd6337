//! Deposits on their way to the chain: announced, uploaded, receipted, and discarded if nobody
//! anchors them.

use std::sync::Arc;

use axum::body::Body;
use ward_crypto::wrap::WrappedKey;
use ward_fail_points::die_at;
use ward_primitives::{
	participant::SealingSuite, record::MAX_CUSTODIANS, AttributesOpening, Deposit, DepositReceipt,
	Moment, ParticipantId, RecordContent, RecordId,
};
use ward_vault_api::deposit::Announcement;

use crate::{
	authentication::Actor,
	body::timely,
	database::deposits::{Announced, Bringer, DepositRow, DepositState, Lodged},
	error::{Code, Refusal},
	store::StoreError,
	vault::Vault,
};

/// How long before a deposit may be discarded its receipt ends, in milliseconds: an anchoring that
/// was in time is final, and has been seen here, before the bytes go.
pub const RECEIPT_MARGIN: Moment = 3_600_000;

/// How long before its end a receipt may be renewed without another upload, in milliseconds.
pub(crate) const RENEWAL: Moment = 20 * 60_000;

/// The most recipients that a data key may be wrapped for at once.
const MAX_WRAPS: usize = 8;

/// The length of a wrapped key of suite 1: encapsulated key and ciphertext.
const WRAPPED_KEY_LEN: usize = 1_120 + 48;

impl From<StoreError> for Refusal {
	fn from(error: StoreError) -> Self {
		match error {
			StoreError::Full => Code::InsufficientStorage.into(),
			StoreError::BrokenOff(_) => Self::malformed("The upload broke off."),
			StoreError::StoodStill => Code::TooSlow.into(),
			StoreError::WrongSize => Code::SizeMismatch.into(),
			StoreError::WrongContent => Code::ContentMismatch.into(),
			StoreError::Damaged => Code::ContentDamaged.into(),
			StoreError::Disk(_) | StoreError::Directory(_) => Self::internal(error),
		}
	}
}

impl Vault {
	/// Lodges what an author announces.
	pub(crate) async fn announce(
		self: &Arc<Self>,
		actor: &Actor,
		announcement: Announcement,
	) -> Result<(RecordId, Announced), Refusal> {
		actor.ensure_active()?;
		if actor.id != announcement.content.author {
			return Err(Code::AccessDenied.into());
		}
		self.lodge(announcement, Bringer::Author(self.settings.limits.staging)).await
	}

	/// Lodges what somebody announces who may, and begins to fetch the content if it is to come from another
	/// vault.
	pub(crate) async fn lodge(
		self: &Arc<Self>,
		announcement: Announcement,
		bringer: Bringer,
	) -> Result<(RecordId, Announced), Refusal> {
		let Announcement { content, opening, wraps, patient_only, custodians, from } = announcement;
		let (content, opening) = (RecordContent::from(content), AttributesOpening::from(opening));
		if content.size > self.settings.limits.upload_bytes {
			return Err(Code::TooLarge.into());
		}
		let categories = opening.attributes.categories;
		if !categories.is_valid() || opening.attributes.period.is_some_and(|p| !p.is_valid()) {
			return Err(Refusal::malformed(
				"The attributes have no category, or a reversed period.",
			));
		}
		if opening.digest() != content.attributes {
			return Err(Code::OpeningMismatch.into());
		}
		if custodians.len() >= MAX_CUSTODIANS as usize || custodians.contains(&self.center()) {
			return Err(Refusal::malformed(
				"There are too many further custodians, or this vault is one.",
			));
		}
		if from == Some(self.center()) {
			return Err(Refusal::malformed("A vault fetches nothing from itself."));
		}
		let genesis = self.genesis().await?;
		let record = content.record_id(&genesis);
		check_recipients(&wraps, &content, self.center(), patient_only)?;
		// Of a patient-only record the vault releases each wrap as it is: one for its own center is that of an
		// author, who has a sealing key.
		let own = |wrapped: &&WrappedKey| wrapped.recipient == self.center() && !patient_only;
		for wrapped in wraps.iter().filter(own) {
			self.release.check(wrapped, genesis, record).map_err(|_| {
				Refusal::malformed("The wrap for this vault does not open with its release key.")
			})?;
		}
		let row = DepositRow {
			content,
			patient_only,
			announced_at: self.clock.now(),
			state: DepositState::Announced,
			damaged: false,
		};
		let lodged = Lodged { row, opening, wraps, copiers: custodians };
		let announced = self.database.announce(record, lodged, bringer).await?;
		die_at("vault.announce.row-written");
		match announced {
			Announced::Conflict => Err(Code::DepositConflict.into()),
			Announced::QuotaExceeded => Err(Code::StagingQuotaExceeded.into()),
			Announced::New(row) | Announced::Known(row) => {
				if let Some(from) = from {
					if self.lasting_receipt(record, &row).await?.is_none() {
						self.begin_copy(record, from);
					}
				}
				Ok((record, announced))
			},
		}
	}

	/// An author's own deposit; once it is anchored also the patient's, who may bring back what a vault has
	/// lost.
	pub(crate) async fn own_deposit(
		&self,
		actor: &Actor,
		record: RecordId,
	) -> Result<DepositRow, Refusal> {
		actor.ensure_active()?;
		let row = self.database.deposit(record).await?.ok_or(Code::AccessDenied)?;
		let is_patients = row.state == DepositState::Anchored && row.content.patient == actor.id;
		match row.content.author == actor.id || is_patients {
			true => Ok(row),
			false => Err(Code::AccessDenied.into()),
		}
	}

	/// Takes the content of an announced deposit, and signs for it once it is on disk.
	pub(crate) async fn upload(
		&self,
		actor: &Actor,
		record: RecordId,
		content_length: Option<u64>,
		body: Body,
	) -> Result<(DepositRow, Deposit), Refusal> {
		let row = self.own_deposit(actor, record).await?;
		let length = content_length.ok_or(Code::LengthRequired)?;
		if length != row.content.size {
			return Err(Code::SizeMismatch.into());
		}
		let _lock = self.locks.lock(record).await;
		// What was in the way of the lock may have changed it.
		let row = self.own_deposit(actor, record).await?;
		if let Some(receipt) = self.standing_receipt(record, &row).await? {
			return Ok((row, receipt));
		}

		let limits = &self.settings.limits;
		let waiting = tokio::time::timeout(limits.idle_timeout, self.uploads.acquire()).await;
		let _slot = waiting.map_err(|_| Code::Busy)?.map_err(Refusal::internal)?;
		let body = timely(body, limits.idle_timeout);
		let patience = limits.idle_timeout + limits.slowest_upload(row.content.size);
		tokio::time::timeout(patience, self.store.put(record, row.expected(), body))
			.await
			.map_err(|_| Code::TooSlow)??;
		self.metrics.stored_bytes.inc_by(row.content.size);

		// The bytes are on disk under their name. Only now is it true that the vault holds them.
		die_at("vault.upload.bytes-named");
		let expires = self.receipt_expiry();
		let stored = self.database.note_stored(record, expires).await?;
		die_at("vault.upload.row-written");
		self.copies.forget(record);
		let stored = stored.ok_or(Code::AccessDenied)?;
		let receipt = self.receipt(record, &stored).await?.ok_or(Code::AccessDenied)?;
		die_at("vault.upload.receipt-signed");
		Ok((stored, receipt))
	}

	/// The receipt of content that is here already, if it still counts; a receipt that has expired is
	/// earned anew by uploading again.
	pub(crate) async fn standing_receipt(
		&self,
		record: RecordId,
		row: &DepositRow,
	) -> Result<Option<Deposit>, Refusal> {
		let counts = match row.state {
			DepositState::Announced => false,
			DepositState::Stored { receipt_expires } => receipt_expires > self.clock.now(),
			DepositState::Anchored => true,
		};
		if !counts || row.damaged {
			return Ok(None);
		}
		match self.store.check_length(record, row.content.size).await {
			Ok(()) => self.receipt(record, row).await,
			Err(StoreError::Damaged) => Ok(None),
			Err(error) => Err(error.into()),
		}
	}

	/// The same, if it counts for long enough to be of use.
	pub(crate) async fn lasting_receipt(
		&self,
		record: RecordId,
		row: &DepositRow,
	) -> Result<Option<Deposit>, Refusal> {
		let least = self.clock.now().saturating_add(RENEWAL);
		let lasts =
			|deposit: &Deposit| row.state == DepositState::Anchored || deposit.expires > least;
		Ok(self.standing_receipt(record, row).await?.filter(lasts))
	}

	/// The signed receipt of a deposit, if its content is here.
	pub(crate) async fn receipt(
		&self,
		record: RecordId,
		row: &DepositRow,
	) -> Result<Option<Deposit>, Refusal> {
		let expires = match row.state {
			DepositState::Announced => return Ok(None),
			DepositState::Stored { receipt_expires } => receipt_expires,
			DepositState::Anchored => self.receipt_expiry(),
		};
		let receipt = DepositReceipt {
			genesis: self.genesis().await?,
			custodian: self.center(),
			record,
			content_root: row.content.content_root,
			size: row.content.size,
			expires,
		};
		Ok(Some(self.receipt_key.sign(&receipt)))
	}

	pub(crate) fn receipt_expiry(&self) -> Moment {
		let kept = self.settings.limits.staging_time.saturating_sub(RECEIPT_MARGIN);
		self.clock.now().saturating_add(kept)
	}

	/// Discards deposits that nobody anchored. `horizon` is the timestamp of a finalized block up to
	/// which every anchoring has been seen: by the chain's own time, no receipt of what goes here can
	/// count any more.
	pub async fn discard_unclaimed(&self, horizon: Moment) -> Result<usize, Refusal> {
		let mut count = 0;
		for (record, row) in self.database.staged().await? {
			if !self.is_over(&row, horizon) {
				continue;
			}
			// Whoever uploads at this moment keeps it alive.
			let Some(_lock) = self.locks.try_lock(record) else { continue };
			let row = self.database.deposit(record).await?;
			let over = row.is_some_and(|row| self.is_over(&row, horizon));
			if over && self.database.begin_discard(record).await? {
				self.discard(record).await?;
				self.metrics.discarded.inc();
				count += 1;
			}
		}
		Ok(count)
	}

	/// Deletes all of a record of which was taken back that it is here. The caller holds its lock.
	pub(crate) async fn discard(&self, record: RecordId) -> Result<(), Refusal> {
		die_at("vault.discard.taken-back");
		self.store.delete(record).await?;
		die_at("vault.discard.bytes-deleted");
		self.database.finish_discard(record).await?;
		self.copies.forget(record);
		Ok(())
	}

	fn is_over(&self, row: &DepositRow, horizon: Moment) -> bool {
		let kept_until = match row.state {
			DepositState::Announced => {
				row.announced_at.saturating_add(self.settings.limits.staging_time)
			},
			DepositState::Stored { receipt_expires } => {
				receipt_expires.saturating_add(RECEIPT_MARGIN)
			},
			DepositState::Anchored => return false,
		};
		kept_until <= horizon
	}
}

/// The wraps must let in the patient, the author and, unless the record is patient-only, the
/// vault's release service; each once.
fn check_recipients(
	wraps: &[WrappedKey],
	content: &RecordContent,
	center: ParticipantId,
	patient_only: bool,
) -> Result<(), Refusal> {
	let well_formed = |wrapped: &WrappedKey| {
		wrapped.suite == SealingSuite::XWing && wrapped.sealed.len() == WRAPPED_KEY_LEN
	};
	if wraps.len() > MAX_WRAPS || !wraps.iter().all(well_formed) {
		return Err(Refusal::malformed("A wrap has the wrong length, or there are too many."));
	}
	let mut recipients: Vec<_> = wraps.iter().map(|wrapped| wrapped.recipient).collect();
	recipients.sort_unstable();
	recipients.dedup();
	if recipients.len() != wraps.len() {
		return Err(Refusal::malformed("There are two wraps for one recipient."));
	}
	let has = |recipient| recipients.contains(&recipient);
	if !has(content.patient) || !has(content.author) {
		return Err(Refusal::malformed(
			"The wraps must include one for patient and one for author.",
		));
	}
	if patient_only && recipients.iter().any(|id| *id != content.patient && *id != content.author) {
		return Err(Refusal::malformed(
			"A patient-only record has wraps for patient and author only.",
		));
	}
	if !patient_only && !has(center) {
		return Err(Refusal::malformed(
			"There is no wrap for this vault; add one, or announce the record as patientOnly.",
		));
	}
	Ok(())
}
