//! Storage receipts: what of a cohort is still on disk, read anew for each challenge, and signed.
//!
//! Serving them discloses nothing: a receipt shows one KiB of ciphertext of each record, sealed to the witness
//! whom the chain has drawn, and that this center holds the records is on the chain. So they are no decisions, and the
//! access log, whose head each of them carries, has no entries for them: it would grow by what it
//! proves.

use std::{
	sync::atomic::{AtomicU64, Ordering},
	time::Instant,
};

use futures::{stream, FutureExt, StreamExt, TryStreamExt};
use ward_primitives::{
	receipt::{leaf_of, seal::seal, Answer, Challenge, Row, RowAnswer},
	record::COHORT_SIZE,
	Custodian, RecordId,
};

use crate::{
	authentication::Actor,
	chain::StateView,
	database::deposits::{DepositRow, DepositState},
	error::{Code, Refusal},
	promotion::is_held,
	store::{Expected, Leaf, LeafFault},
	vault::Vault,
};

/// How many rows are asked of the node at once.
const PAGE: u32 = 128;

/// How many rows are asked of the node at the same time of which nothing is here.
const ASKERS: usize = 16;

/// How many leaves are read at the same time.
const READERS: usize = 8;

/// How many bytes of content a receipt may read whole, because its leaves alone prove nothing.
const WHOLE_READS: u64 = 64 << 20;

/// A row and what is known of it here.
struct Asked {
	row: Row,
	/// Its number among the center's rows.
	number: u64,
	/// Its deposit, if it has one.
	deposit: Option<DepositRow>,
}

impl Vault {
	/// The sealed answer to a challenge, if `witness` is the one whom the finalized chain has drawn for it.
	pub(crate) async fn answer(
		&self,
		witness: &Actor,
		challenge: &Challenge,
	) -> Result<Vec<u8>, Refusal> {
		witness.ensure_active()?;
		let is_for_us = challenge.genesis == self.genesis().await?
			&& challenge.custodian == self.center()
			&& challenge.witness == witness.id;
		if !is_for_us {
			return Err(Code::AccessDenied.into());
		}
		let _turn = self.receipts.take(witness.id).await?;
		let begun = Instant::now();
		let making = self.make_answer(witness.finalized.as_ref(), challenge);
		let made = tokio::time::timeout(self.settings.limits.receipt_timeout, making).await;
		self.metrics.receipt_seconds.observe(begun.elapsed().as_secs_f64());
		made.map_err(|_| {
			tracing::error!(
				cohort = challenge.cohort,
				"a storage receipt took too long; look at disk and node, or raise --receipt-timeout"
			);
			Refusal::from(Code::TimedOut)
		})?
	}

	async fn make_answer(
		&self,
		state: &dyn StateView,
		challenge: &Challenge,
	) -> Result<Vec<u8>, Refusal> {
		let Challenge { custodian, cohort, witness, .. } = *challenge;
		let task = state.receipt_task(custodian, cohort, witness).await?;
		let is_current = task.is_some_and(|task| {
			(task.epoch, task.challenge, task.since)
				== (challenge.epoch, challenge.challenge, challenge.since)
				&& (1..=task.rows).contains(&challenge.rows)
		});
		if !is_current {
			return Err(Code::AccessDenied.into());
		}
		let latest = state.log_head(custodian).await?.map(|row| row.latest);
		let known: Vec<_> = latest.into_iter().chain([challenge.since]).collect();
		self.confirm_log(&known).await?;

		let asked = self.rows_asked(state, challenge).await?;
		let budget = AtomicU64::new(WHOLE_READS);
		let reading = asked.iter().map(|asked| self.answer_row(asked, challenge, &budget).boxed());
		let answers = stream::iter(reading.collect::<Vec<_>>()).buffered(READERS);
		let answers: Vec<RowAnswer> = answers.try_collect().await?;
		let held = answers.iter().filter(|answer| **answer != RowAnswer::Missing).count();
		let expected = |(asked, answer): &(&Asked, &RowAnswer)| {
			asked.row.is_held && **answer == RowAnswer::Missing
		};
		let missing = asked.iter().zip(&answers).filter(expected).count();
		self.metrics.receipt(held as u64, missing as u64);
		if missing > 0 {
			tracing::warn!(cohort, witness = witness.0, missing, "a storage receipt has gaps");
		}

		let rows: Vec<_> = asked.iter().map(|asked| asked.row).collect();
		// Last, so that the receipt carries what is in the log by now.
		let log = self.confirm_log(&known).await?;
		let sign = |message: &[u8]| self.receipt_key.sign_storage(message);
		let answer = Answer::new(challenge, &rows, answers, log, sign)
			.ok_or_else(|| Refusal::internal("a storage receipt does not fit its challenge"))?;
		seal(&challenge.sealing_key, &challenge.challenge, &answer)
			.ok_or_else(|| Refusal::malformed("The sealing key is none."))
	}

	/// The rows that a challenge asks for, as the chain has them.
	async fn rows_asked(
		&self,
		state: &dyn StateView,
		challenge: &Challenge,
	) -> Result<Vec<Asked>, Refusal> {
		let first = challenge.cohort.checked_mul(COHORT_SIZE).ok_or(Code::AccessDenied)?;
		let wanted = usize::from(challenge.rows);
		let mut records: Vec<RecordId> = Vec::with_capacity(wanted);
		while records.len() < wanted {
			let from = first.saturating_add(records.len() as u64);
			let page = state.custody(self.center(), from, PAGE).await?;
			if page.is_empty() {
				return Err(Code::AccessDenied.into());
			}
			records.extend(page);
		}
		records.truncate(wanted);

		let deposits = self.database.deposits(records.clone()).await?;
		let asking = records.into_iter().zip(first..).map(|(record, number)| {
			// A record's id says which content it is of, so what is noted here is what the chain has.
			let deposit = deposits.get(&record.0).copied();
			let deposit = deposit.filter(|row| row.content.record_id(&challenge.genesis) == record);
			self.row_asked(state, record, number, deposit).boxed()
		});
		stream::iter(asking.collect::<Vec<_>>()).buffered(ASKERS).try_collect().await
	}

	/// A row as the chain has it. The chain is asked only about what is not here: what is, is shown, whether this
	/// center still holds it or not.
	async fn row_asked(
		&self,
		state: &dyn StateView,
		record: RecordId,
		number: u64,
		deposit: Option<DepositRow>,
	) -> Result<Asked, Refusal> {
		let is_here = |row: &DepositRow| row.state != DepositState::Announced && !row.damaged;
		let (content, is_held) = match &deposit {
			Some(row) if is_here(row) => (row.content, true),
			_ => {
				let row = state.record(record).await?.ok_or(Code::Internal)?;
				let own = Custodian { center: self.center(), row: number };
				(row.content, is_held(&row, own))
			},
		};
		let row = Row { record, root: content.content_root, size: content.size, is_held };
		Ok(Asked { row, number, deposit })
	}

	/// What is on disk of one row.
	async fn answer_row(
		&self,
		asked: &Asked,
		challenge: &Challenge,
		budget: &AtomicU64,
	) -> Result<RowAnswer, Refusal> {
		let Row { record, root, size, .. } = asked.row;
		if !asked.row.is_held {
			// Handed over, and gone or going: nobody expects it, and no operator needs to hear of it.
			return Ok(RowAnswer::Missing);
		}
		let number = leaf_of(&challenge.challenge, &record, size);
		let read = || self.store.leaf(record, Expected { root, size }, number);
		// Of what is damaged elsewhere, a leaf that happens to be sound says nothing.
		let is_noted = asked.deposit.is_some_and(|row| row.damaged);
		if !is_noted {
			match read().await {
				Ok(leaf) => return Ok(held(leaf)),
				Err(LeafFault::Disk(cause)) => {
					tracing::error!(%record, row = asked.number, %cause, "the content cannot be read");
					return Ok(RowAnswer::Missing);
				},
				Err(LeafFault::Gone | LeafFault::Unproved) => {},
			}
		}
		if !self.is_sound(asked, budget).await? {
			return Ok(RowAnswer::Missing);
		}
		Ok(read().await.map_or(RowAnswer::Missing, held))
	}

	/// Whether all of a row's content is as it must be, as far as the budget lets it be read now. What it does
	/// not is left to the scrubber, who looks at it next.
	async fn is_sound(&self, asked: &Asked, budget: &AtomicU64) -> Result<bool, Refusal> {
		let Row { record, size, .. } = asked.row;
		let row = match asked.deposit {
			Some(row) if row.state != DepositState::Announced => row,
			_ => {
				tracing::error!(
					%record, row = asked.number,
					"the chain says that this record is here, but it is not"
				);
				return Ok(false);
			},
		};
		// What is gone or cut is seen at once.
		let cost = match self.store.check_length(record, size).await {
			Ok(()) => size,
			Err(_) => 0,
		};
		let spent = budget
			.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(cost));
		if spent.is_err() {
			self.suspects.add(record);
			if !row.damaged {
				tracing::warn!(%record, row = asked.number, "the content is to be looked at");
			}
			return Ok(false);
		}
		let is_sound = self.verify(record, &row).await?;
		if !is_sound && !row.damaged {
			tracing::error!(
				%record, row = asked.number,
				"a storage receipt names this record as missing: its content is damaged or gone"
			);
		}
		Ok(is_sound)
	}
}

fn held(leaf: Leaf) -> RowAnswer {
	RowAnswer::Held { leaf: leaf.bytes, path: leaf.path }
}
