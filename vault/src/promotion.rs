//! Following the chain: what is anchored with this vault as custodian moves from staged to anchored,
//! and what nobody anchored is discarded.
//!
//! The chain numbers each custodian's rows without gaps, so the cursor is the next row's number:
//! whatever the vault missed while it was down it finds at the next finalized head.

use std::{sync::Arc, time::Duration};

use tokio::sync::{mpsc, watch};
use ward_fail_points::die_at;
use ward_primitives::{
	decision::Obligations, Action, Basis, Custodian, Decision, PurposeOfUse, RecordId, RecordRow,
};

use crate::{
	access_log::{Event, LogFacts},
	chain::StateView,
	error::{Code, Refusal},
	vault::Vault,
};

/// How often the finalized head is looked at.
const PERIOD: Duration = Duration::from_secs(1);

/// How many rows are promoted in one transaction.
const PAGE: u32 = 128;

/// Follows the chain until `stop` changes, and tells `fresh` which records became anchored.
pub async fn follow(
	vault: Arc<Vault>,
	fresh: mpsc::Sender<RecordId>,
	mut stop: watch::Receiver<bool>,
) {
	let mut was_well = true;
	let mut stood = None;
	while !*stop.borrow() {
		let followed = tokio::select! {
			followed = vault.follow_once() => followed,
			_ = stop.changed() => break,
		};
		match followed {
			Ok(promoted) => {
				was_well = true;
				for record in promoted {
					// A scrubber that lags finds it on its own round.
					let _lagging = fresh.try_send(record).is_err();
				}
			},
			// Said once, not every second; /readyz says it as long as it lasts.
			Err(refusal) if was_well => {
				was_well = false;
				tracing::warn!(code = refusal.code.name(), "the chain cannot be followed");
			},
			Err(_) => {},
		}
		tokio::select! {
			() = vault.watch(&mut stood) => {},
			_ = stop.changed() => break,
		}
		vault.forget_nonces().await;
		tokio::select! {
			() = tokio::time::sleep(PERIOD) => {},
			_ = stop.changed() => {},
		}
	}
}

/// A fail-point that only counts where there is something to promote.
fn die_at_rows<T>(point: &'static str, rows: &[T]) {
	if !rows.is_empty() {
		die_at(point);
	}
}

/// Whether the chain still names a custodian at a row: a row that was handed over stays in the list of rows, but
/// not in its record.
pub(crate) fn is_held(row: &RecordRow, custodian: Custodian) -> bool {
	row.custodians.contains(&custodian)
}

/// On which basis a record was written, as its row shows.
pub(crate) fn basis_of(row: &RecordRow) -> Basis {
	match row.author_center {
		Some(center) => Basis::Authored { center },
		None => Basis::Own,
	}
}

impl Vault {
	/// Promotes what is anchored at the finalized head, and discards what is over by then. Gives back
	/// what became anchored.
	pub async fn follow_once(&self) -> Result<Vec<RecordId>, Refusal> {
		let genesis = self.genesis().await?;
		let state = self.chain.finalized().await?;
		let head = state.head();
		self.seen.note_latest(head, self.clock.now());
		let mut progress = self.database.progress().await?;
		if progress.finalized == head.hash || progress.timestamp > head.timestamp {
			return Ok(Vec::new());
		}
		self.ensure_decidable(state.as_ref()).await?;
		let verified = self.is_fresh(head).then_some(head);
		let mut promoted = Vec::new();
		loop {
			let rows = state.custody(self.center(), progress.next_row, PAGE).await?;
			let is_last = rows.is_empty();
			let first = progress.next_row;
			progress.next_row += rows.len() as u64;
			if is_last {
				(progress.finalized, progress.timestamp) = (head.hash, head.timestamp);
			}
			let mut anchored = Vec::with_capacity(rows.len());
			for (record, row) in rows.into_iter().zip(first..) {
				let on_chain = state.record(record).await?.ok_or(Code::Internal)?;
				// What was handed over meanwhile is not expected here.
				if is_held(&on_chain, Custodian { center: self.center(), row }) {
					anchored
						.push((record, self.promotion_entry(state.as_ref(), record, &on_chain)));
				}
			}
			die_at_rows("vault.promote.rows-read", &anchored);
			let reached = verified.filter(|_| is_last);
			let (done, unknown) =
				self.database.promote(anchored, progress, reached, genesis).await?;
			die_at_rows("vault.promote.committed", &done);
			self.metrics.promoted.inc_by(done.len() as u64);
			for record in unknown {
				self.metrics.missing.inc();
				tracing::error!(%record, "the chain says that this record is here, but it is not");
			}
			promoted.extend(done);
			if is_last {
				break;
			}
		}
		// What was lost with an old database, and has been announced and uploaded anew.
		for record in self.database.brought_again().await? {
			let on_chain = state.record(record).await?.ok_or(Code::Internal)?;
			if on_chain.custodians.iter().all(|held| held.center != self.center()) {
				self.database.forget_unknown(record).await?;
				continue;
			}
			let entry = self.promotion_entry(state.as_ref(), record, &on_chain);
			let (done, _) =
				self.database.promote(vec![(record, entry)], progress, None, genesis).await?;
			self.metrics.promoted.inc_by(done.len() as u64);
			promoted.extend(done);
		}
		if let Some(head) = verified {
			self.seen.note_verified(head);
		}
		self.metrics.finalized.set(head.number);
		self.watch_log(state.as_ref()).await;
		self.discard_unclaimed(head.timestamp).await?;
		Ok(promoted)
	}

	/// Forgets nonces of requests that are over both by the vault's clock and by the chain: a clock that was
	/// wrong for a while must not let requests count twice.
	pub(crate) async fn forget_nonces(&self) {
		let Some(head) = self.seen.verified() else { return };
		let over = head.timestamp.min(self.clock.now());
		if let Err(error) = self.database.forget_nonces(over).await {
			tracing::warn!(cause = %error, "old nonces were not removed");
		}
	}

	/// The log's entry for a record that is anchored: its author wrote it, on the basis that its row
	/// shows.
	fn promotion_entry(
		&self,
		state: &dyn StateView,
		record: RecordId,
		row: &RecordRow,
	) -> LogFacts {
		LogFacts {
			at: self.clock.now(),
			actor: row.content.author,
			patient: row.content.patient,
			record,
			action: Action::Write,
			purpose: PurposeOfUse::Treat,
			event: Event::Promotion,
			decision: Decision::Permit { basis: basis_of(row), obligations: Obligations::NONE },
			finalized: state.head().hash,
		}
	}
}
