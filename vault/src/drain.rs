//! Draining: a center that leaves has the vault of another one take over what it holds. How the other side
//! does it is in [`crate::hand_over`].
//!
//! For each row there are three steps, each as soon as the one before is done, in as many runs as it takes: the
//! other vault fetches the record and signs for it; the center hands it over on the chain; and when others
//! have seen the new copy, this one is deleted. Nothing is kept between two runs: where a record stands
//! follows from the chain, from the other vault's answer and from what is here.

use std::{
	sync::{Arc, Mutex, MutexGuard, PoisonError},
	time::{Duration, Instant},
};

use futures::{stream, Stream, TryStreamExt};
use serde::{Deserialize, Serialize};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use utoipa::ToSchema;
use ward_primitives::{
	receipt::CohortState, Custodian, Deposit, ParticipantId, RecordId, RecordRow,
};

use crate::{
	chain::StateView,
	database::deposits::DepositState,
	error::{Code, Refusal},
	promotion::is_held,
	trouble::Trouble,
	vault::Vault,
};

mod receiver;

/// How many rows are asked for at once.
const PAGE: u32 = 128;

/// How many records are asked of the node at the same time.
const READERS: usize = 16;

/// How many records are on their way to the other vault at the same time.
const CONCURRENT: usize = 8;

/// For how long a finalized head is one of a moment ago.
const MOMENT: Duration = Duration::from_secs(1);

/// For how long a vault that takes nothing is not asked again.
const REST: Duration = Duration::from_secs(30);

/// What there is to do. Of the rows of this center, those that it holds again by a later row count nowhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
	/// The center that is drained.
	#[schema(value_type = u64)]
	pub from: ParticipantId,
	/// How many rows the chain has of this center.
	pub rows: u64,
	/// How many bytes the other vault has to fetch.
	pub bytes: u64,
	/// How many of the rows are of records that the other center holds already.
	pub already_there: u64,
	/// How many of the rows are handed over.
	pub handed_over: u64,
	/// How many of the others are damaged, missing or unknown here: `ward-vault repair` first.
	pub damaged: u64,
}

/// What became of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
	/// The other vault has it, and has signed for it: it can be handed over on the chain.
	Ready {
		/// The other vault's word.
		deposit: Deposit,
	},
	/// It is handed over, and kept here until others have seen the new copy.
	HandedOver,
	/// It is handed over, others have seen the new copy, and nothing of it is here any more.
	Discarded,
	/// It stays as it is.
	Left {
		/// Why, and what helps.
		why: String,
	},
}

impl Outcome {
	/// Whether it stays as it is.
	pub const fn is_left(&self) -> bool {
		matches!(self, Self::Left { .. })
	}

	fn left(why: impl Into<String>) -> Self {
		Self::Left { why: why.into() }
	}
}

/// What became of one record: a line of the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Drained {
	/// The record.
	#[schema(value_type = String)]
	pub record: RecordId,
	/// What became of it: `outcome` is `ready` (with `deposit`), `handed-over`, `discarded` or `left` (with
	/// `why`).
	#[serde(flatten)]
	#[schema(value_type = Object)]
	pub outcome: Outcome,
}

/// One drain at a time, and what is in the way of it.
pub(crate) struct Drains {
	turn: Arc<Semaphore>,
	/// Why the other vault takes nothing at all, and since when that is known.
	closed: Mutex<Option<(Instant, String)>>,
	/// The chain at its finalized head, and when that was read.
	state: Mutex<Option<(Instant, Arc<dyn StateView>)>>,
}

impl Default for Drains {
	fn default() -> Self {
		Self {
			turn: Arc::new(Semaphore::new(1)),
			closed: Mutex::default(),
			state: Mutex::default(),
		}
	}
}

impl Drains {
	fn closed(&self) -> MutexGuard<'_, Option<(Instant, String)>> {
		self.closed.lock().unwrap_or_else(PoisonError::into_inner)
	}

	fn state(&self) -> MutexGuard<'_, Option<(Instant, Arc<dyn StateView>)>> {
		self.state.lock().unwrap_or_else(PoisonError::into_inner)
	}

	fn recent(&self) -> Option<Arc<dyn StateView>> {
		let state = self.state();
		state.as_ref().filter(|(read, _)| read.elapsed() < MOMENT).map(|(_, state)| state.clone())
	}

	fn close(&self, why: &str) {
		*self.closed() = Some((Instant::now(), why.to_owned()));
	}

	/// Why the other vault need not be asked now.
	fn why_closed(&self) -> Option<String> {
		let closed = self.closed();
		closed.as_ref().filter(|(since, _)| since.elapsed() < REST).map(|(_, why)| why.clone())
	}
}

/// A row of this center, and the chain at which it was read.
struct OwnRow {
	state: Arc<dyn StateView>,
	place: Custodian,
	record: RecordId,
}

/// How a row of this center stands.
enum Standing {
	/// This center holds the record by this row.
	Held,
	/// It does not hold the record any more.
	HandedOver,
	/// It holds the record by another row.
	HeldElsewhere,
}

fn standing(place: Custodian, row: &RecordRow) -> Standing {
	let holds = row.custodians.iter().any(|held| held.center == place.center);
	match (is_held(row, place), holds) {
		(true, _) => Standing::Held,
		(false, true) => Standing::HeldElsewhere,
		(false, false) => Standing::HandedOver,
	}
}

impl Vault {
	/// Begins a drain, if nothing is in its way that would be in the way of each record.
	pub(crate) async fn begin_drain(
		&self,
		to: ParticipantId,
	) -> Result<OwnedSemaphorePermit, Refusal> {
		if to == self.center() {
			return Err(Refusal::malformed("A center hands nothing over to itself; name another."));
		}
		let state = self.finalized().await?;
		match state.vault(to).await? {
			None => {
				return Err(Refusal::malformed(format!(
					"Center {to} has no vault on the chain; its operator publishes one with `ward center \
					 set-vault`, or name another center."
				)))
			},
			Some(row) if !row.release_key_is_valid() => {
				return Err(Refusal::malformed(format!(
					"The release key of center {to} on the chain is none; its operator has to set it anew with \
					 `ward center set-vault`."
				)))
			},
			Some(_) => {},
		}
		let turn = self.drains.turn.clone().try_acquire_owned().map_err(|_| Code::Busy)?;
		*self.drains.closed() = None;
		*self.drains.state() = None;
		Ok(turn)
	}

	/// What there is to do. Looks at every row.
	pub(crate) async fn plan_drain(self: &Arc<Self>, to: ParticipantId) -> Result<Plan, Refusal> {
		let mut plan = Plan { from: self.center(), ..Plan::default() };
		let looking = self.own_rows(u64::MAX).map_ok(|own| async move {
			let row = own.state.record(own.record).await?.ok_or(Code::Internal)?;
			let standing = standing(own.place, &row);
			let is_there = row.custodians.iter().any(|held| held.center == to);
			let is_sound = match (&standing, is_there) {
				(Standing::Held, false) => self.is_whole(own.record).await?,
				_ => true,
			};
			Ok::<_, Refusal>((standing, is_there, is_sound, row.content.size))
		});
		let mut looking = std::pin::pin!(looking.try_buffer_unordered(READERS));
		while let Some((standing, is_there, is_sound, size)) = looking.try_next().await? {
			plan.rows += 1;
			match standing {
				Standing::HandedOver => plan.handed_over += 1,
				Standing::Held if is_there => plan.already_there += 1,
				Standing::Held => {
					plan.bytes = plan.bytes.saturating_add(size);
					plan.damaged += u64::from(!is_sound);
				},
				Standing::HeldElsewhere => {},
			}
		}
		Ok(plan)
	}

	/// Drains the first `until` rows to the vault of another center, several at a time, in no particular order.
	/// Goes on only as long as it is read.
	pub(crate) fn drain(
		self: &Arc<Self>,
		to: ParticipantId,
		until: u64,
	) -> impl Stream<Item = Result<Drained, Refusal>> + Send + 'static {
		let vault = self.clone();
		let draining = self.own_rows(until).map_ok(move |own| {
			let vault = vault.clone();
			async move {
				let OwnRow { place, record, .. } = own;
				let outcome = match vault.drain_row(to, place, record).await {
					Ok(outcome) => outcome,
					Err(refusal) => Some(Outcome::left(format!(
						"the vault has a fault ({}); its log has the cause",
						refusal.code.name()
					))),
				};
				match &outcome {
					Some(Outcome::Ready { .. }) => vault.metrics.handed_over("ready"),
					Some(Outcome::Left { .. }) => vault.metrics.handed_over("left"),
					_ => {},
				}
				Ok(outcome.map(|outcome| Drained { record, outcome }))
			}
		});
		draining.try_buffer_unordered(CONCURRENT).try_filter_map(|drained| async { Ok(drained) })
	}

	/// The first `until` rows of this center on the finalized chain, page by page.
	fn own_rows(
		self: &Arc<Self>,
		until: u64,
	) -> impl Stream<Item = Result<OwnRow, Refusal>> + Send + 'static {
		let vault = self.clone();
		let pages = stream::try_unfold(0, move |from| {
			let vault = vault.clone();
			async move {
				let left = until.saturating_sub(from).min(PAGE.into());
				if left == 0 {
					return Ok(None);
				}
				let state = vault.finalized().await?;
				let center = vault.center();
				let page = state.custody(center, from, left as u32).await?;
				if page.is_empty() {
					return Ok::<_, Refusal>(None);
				}
				let next = from + page.len() as u64;
				let rows = page.into_iter().zip(from..).map(move |(record, row)| {
					let place = Custodian { center, row };
					Ok(OwnRow { state: state.clone(), place, record })
				});
				Ok(Some((stream::iter(rows), next)))
			}
		});
		pages.try_flatten()
	}

	/// What becomes of a row's record; none if another row is in the place of this one.
	async fn drain_row(
		&self,
		to: ParticipantId,
		place: Custodian,
		record: RecordId,
	) -> Result<Option<Outcome>, Refusal> {
		// Not that at which the page was read: what is done takes a while.
		let state = match self.recent().await {
			Ok(state) => state,
			Err(trouble) => return Ok(Some(Outcome::left(trouble.to_string()))),
		};
		let row = state.record(record).await?.ok_or(Code::Internal)?;
		match standing(place, &row) {
			Standing::Held => self.make_ready(&state, to, record, &row).await.map(Some),
			Standing::HandedOver => self.let_go(&state, record, &row).await.map(Some),
			Standing::HeldElsewhere => Ok(None),
		}
	}

	/// The chain at its finalized head of a moment ago: many rows are looked at in that.
	async fn recent(&self) -> Result<Arc<dyn StateView>, Trouble> {
		if let Some(state) = self.drains.recent() {
			return Ok(state);
		}
		let state = self.finalized().await?;
		*self.drains.state() = Some((Instant::now(), state.clone()));
		Ok(state)
	}

	/// Whether a record is here and, as far as is known, as it must be.
	async fn is_whole(&self, record: RecordId) -> Result<bool, Refusal> {
		let Some(row) = self.database.deposit(record).await? else { return Ok(false) };
		if row.state == DepositState::Announced || row.damaged {
			return Ok(false);
		}
		Ok(self.store.check_length(record, row.content.size).await.is_ok())
	}

	/// Deletes what was handed over, if the chain says that others have lately seen the copy of another
	/// custodian.
	async fn let_go(
		&self,
		state: &Arc<dyn StateView>,
		record: RecordId,
		row: &RecordRow,
	) -> Result<Outcome, Refusal> {
		if self.database.deposit(record).await?.is_none() {
			self.database.forget_unknown(record).await?;
			return Ok(Outcome::Discarded);
		}
		let states = state.custody_states(record).await?;
		let is_seen = states.iter().any(|copy| {
			copy.center != self.center() && matches!(copy.state, CohortState::Fresh { .. })
		});
		if !is_seen {
			return Ok(Outcome::HandedOver);
		}
		let _lock = self.locks.lock(record).await;
		let facts = self.end_of_custody(state.as_ref(), record, row);
		let (genesis, horizon) = (self.genesis().await?, state.head().timestamp);
		if !self.database.end_custody(record, self.center(), horizon, facts, genesis).await? {
			// It is on its way back here, or may be: another custodian has this center's word for it.
			return Ok(Outcome::HandedOver);
		}
		self.discard(record).await?;
		self.metrics.handed_over("discarded");
		tracing::info!(%record, "what was handed over is deleted here");
		Ok(Outcome::Discarded)
	}
}
