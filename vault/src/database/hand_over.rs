//! What becomes of the rows of a record that is handed over to another center.

use codec::Encode;
use redb::ReadableTable;
use ward_primitives::{Digest, Moment, ParticipantId, RecordId};

use super::{
	deposits::{
		list_damage, row, set_copiers, DepositState, COPIERS, DEPOSITS, HANDED_OVER, PROMISED,
		UNKNOWN,
	},
	Database, Result,
};
use crate::{
	access_log::{self, LogFacts},
	staging::RECEIPT_MARGIN,
};

impl Database {
	/// Lets the vault of a center fetch a record that is to be handed over to it; once the record is anchored, of
	/// all that ever were named only that one.
	pub async fn name_copier(&self, record: RecordId, center: ParticipantId) -> Result<()> {
		self.write(move |transaction| {
			let row = row(&transaction.open_table(DEPOSITS)?, record)?;
			if row.is_some_and(|row| row.state == DepositState::Anchored) {
				return set_copiers(transaction, record, &[center]);
			}
			transaction.open_table(COPIERS)?.insert((&record.0, center.0), ())?;
			Ok(())
		})
		.await
	}

	/// Notes until when a receipt counts that another custodian gets for a record: until it is over, custody does
	/// not end. False if the record is not anchored any more.
	pub async fn note_promised(&self, record: RecordId, expires: Moment) -> Result<bool> {
		self.write(move |transaction| {
			let row = row(&transaction.open_table(DEPOSITS)?, record)?;
			let is_anchored = row.is_some_and(|row| row.state == DepositState::Anchored);
			if is_anchored {
				let mut promised = transaction.open_table(PROMISED)?;
				let before = promised.get(&record.0)?.map_or(0, |until| until.value());
				promised.insert(&record.0, before.max(expires))?;
			}
			Ok(is_anchored)
		})
		.await
	}

	/// Takes back that a record is here which this center, the actor of `facts`, has handed over, and logs that.
	/// What is left of it is `hander`'s: this center's, and being deleted; or another's, which brings it
	/// again. Also true if that was so before.
	///
	/// False if something else is here; or if another custodian has a receipt that can still count on a chain of
	/// which the vault has seen all up to `horizon`.
	pub async fn end_custody(
		&self,
		record: RecordId,
		hander: ParticipantId,
		horizon: Moment,
		facts: LogFacts,
		genesis: Digest,
	) -> Result<bool> {
		self.write(move |transaction| {
			let mut deposits = transaction.open_table(DEPOSITS)?;
			let mut handed_over = transaction.open_table(HANDED_OVER)?;
			let Some(mut found) = row(&deposits, record)? else { return Ok(false) };
			if found.state != DepositState::Anchored {
				let known = handed_over.get(&record.0)?.map(|center| center.value());
				return Ok(found.state == DepositState::Announced && known == Some(hander.0));
			}
			let mut promised = transaction.open_table(PROMISED)?;
			let until = promised.get(&record.0)?.map_or(0, |until| until.value());
			if until > 0 && until.saturating_add(RECEIPT_MARGIN) > horizon {
				return Ok(false);
			}
			promised.remove(&record.0)?;
			(found.state, found.damaged) = (DepositState::Announced, false);
			if hander != facts.actor {
				found.announced_at = facts.at;
			}
			deposits.insert(&record.0, found.encode().as_slice())?;
			list_damage(transaction, record, &found)?;
			set_copiers(transaction, record, &[])?;
			// If a deletion is cut off, it goes the way of what nobody anchors.
			handed_over.insert(&record.0, hander.0)?;
			access_log::append(transaction, &facts, genesis)?;
			Ok(true)
		})
		.await
	}

	/// Forgets that a record is not here of which the chain said so.
	pub async fn forget_unknown(&self, record: RecordId) -> Result<()> {
		let is_unknown = self.read(move |transaction| {
			Ok(transaction.open_table(UNKNOWN)?.get(&record.0)?.is_some())
		});
		if is_unknown.await? {
			let forget = move |transaction: &redb::WriteTransaction| {
				transaction.open_table(UNKNOWN)?.remove(&record.0)?;
				Ok(())
			};
			self.write(forget).await?;
		}
		Ok(())
	}
}
