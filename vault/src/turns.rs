//! Whose turn it is: a few storage receipts are made at the same time, and who comes meanwhile waits.

use std::{
	collections::BTreeMap,
	sync::{Mutex, MutexGuard, PoisonError},
	time::Duration,
};

use tokio::sync::{Semaphore, SemaphorePermit};
use ward_primitives::ParticipantId;

use crate::error::{Code, Refusal};

/// How many requests wait. A witness's node asks for two cohorts at once, so that of sixteen seats that come
/// at the same moment none is sent away; each waits with half a KiB and its connection.
pub(crate) const PLACES: usize = 32;

/// How many requests of one witness wait or have their turn: those of two nodes with its key. So none of them
/// keeps the others away, however often it asks.
const OF_ONE: usize = 4;

/// How long a request waits. A witness's node has ten seconds for all that it asks in a block: so more than
/// half of them is left for the receipt and the way, and who has given up does not come to its turn.
const PATIENCE: Duration = Duration::from_secs(4);

/// The turns at making storage receipts, in the order of arrival.
pub(crate) struct Turns {
	/// How many requests of each witness wait or have their turn.
	inside: Mutex<BTreeMap<ParticipantId, usize>>,
	/// For those who have their turn.
	slots: Semaphore,
	/// How many slots there are.
	count: usize,
	/// How many places there are besides.
	places: usize,
	patience: Duration,
}

/// A turn: it ends when this is dropped.
pub(crate) struct Turn<'a> {
	_slot: SemaphorePermit<'a>,
	_inside: Inside<'a>,
}

/// A request that is counted, until this is dropped.
struct Inside<'a> {
	turns: &'a Turns,
	witness: ParticipantId,
}

impl Turns {
	/// So many at the same time.
	pub(crate) fn new(slots: usize) -> Self {
		Self::with(slots, PLACES, PATIENCE)
	}

	fn with(slots: usize, places: usize, patience: Duration) -> Self {
		let count = slots.min(Semaphore::MAX_PERMITS);
		let slots = Semaphore::new(count);
		Self { inside: Mutex::default(), slots, count, places, patience }
	}

	/// Waits for a witness's turn; `busy` where too many wait already, or for too long.
	pub(crate) async fn take(&self, witness: ParticipantId) -> Result<Turn<'_>, Refusal> {
		let inside = self.enter(witness).ok_or(Code::Busy)?;
		let slot = tokio::time::timeout(self.patience, self.slots.acquire()).await;
		let slot = slot.map_err(|_| Code::Busy)?.map_err(Refusal::internal)?;
		Ok(Turn { _slot: slot, _inside: inside })
	}

	/// How many have their turn now.
	pub(crate) fn taken(&self) -> usize {
		self.count.saturating_sub(self.slots.available_permits())
	}

	/// How many wait for it now.
	pub(crate) fn waiting(&self) -> usize {
		let inside: usize = self.inside().values().sum();
		inside.saturating_sub(self.taken())
	}

	fn enter(&self, witness: ParticipantId) -> Option<Inside<'_>> {
		let mut inside = self.inside();
		let all: usize = inside.values().sum();
		let of_one = inside.entry(witness).or_default();
		if all >= self.count.saturating_add(self.places) || *of_one >= OF_ONE {
			inside.retain(|_, count| *count > 0);
			return None;
		}
		*of_one = of_one.saturating_add(1);
		Some(Inside { turns: self, witness })
	}

	fn inside(&self) -> MutexGuard<'_, BTreeMap<ParticipantId, usize>> {
		self.inside.lock().unwrap_or_else(PoisonError::into_inner)
	}
}

impl Drop for Inside<'_> {
	fn drop(&mut self) {
		let mut inside = self.turns.inside();
		if let Some(count) = inside.get_mut(&self.witness) {
			*count = count.saturating_sub(1);
		}
		inside.retain(|_, count| *count > 0);
	}
}

#[cfg(test)]
mod tests {
	use futures::poll;

	use super::*;

	fn turns(slots: usize, places: usize) -> Turns {
		Turns::with(slots, places, Duration::from_secs(600))
	}

	/// Why a witness is sent away at once.
	async fn refusal(turns: &Turns, witness: u64) -> Option<Code> {
		turns.take(ParticipantId(witness)).await.err().map(|refusal| refusal.code)
	}

	#[tokio::test]
	async fn turns_come_in_the_order_of_arrival() {
		let turns = turns(1, 2);
		let first = turns.take(ParticipantId(1)).await.ok();
		let mut second = Box::pin(turns.take(ParticipantId(2)));
		let mut third = Box::pin(turns.take(ParticipantId(3)));
		assert!(poll!(&mut second).is_pending());
		assert!(poll!(&mut third).is_pending());
		assert_eq!((turns.taken(), turns.waiting()), (1, 2));
		drop(first);
		assert!(poll!(&mut third).is_pending());
		let second = second.await.ok();
		assert_eq!((turns.taken(), turns.waiting()), (1, 1));
		drop(second);
		assert!(third.await.is_ok());
		assert_eq!((turns.taken(), turns.waiting()), (0, 0));
		assert!(turns.inside().is_empty());
	}

	#[tokio::test]
	async fn who_finds_no_place_is_sent_away_at_once() {
		let turns = turns(1, 1);
		let taken = turns.take(ParticipantId(1)).await.ok();
		let mut waiting = Box::pin(turns.take(ParticipantId(2)));
		assert!(poll!(&mut waiting).is_pending());
		assert_eq!(refusal(&turns, 3).await, Some(Code::Busy));
		// Who goes away makes room.
		drop(waiting);
		let mut waiting = Box::pin(turns.take(ParticipantId(3)));
		assert!(poll!(&mut waiting).is_pending());
		drop(taken);
		assert!(waiting.await.is_ok());
	}

	#[tokio::test]
	async fn one_witness_leaves_places_for_the_others() {
		let turns = turns(1, 100);
		let mut first: Vec<_> =
			(0..OF_ONE).map(|_| Box::pin(turns.take(ParticipantId(1)))).collect();
		let turn = first.remove(0).await.ok();
		for waiting in &mut first {
			assert!(poll!(waiting).is_pending());
		}
		assert_eq!(refusal(&turns, 1).await, Some(Code::Busy));
		assert!(poll!(Box::pin(turns.take(ParticipantId(2)))).is_pending());
		drop((turn, first));
		assert_eq!(refusal(&turns, 1).await, None);
	}

	#[tokio::test]
	async fn nobody_waits_for_ever() {
		let turns = Turns::with(1, 1, Duration::from_millis(20));
		let turn = turns.take(ParticipantId(1)).await.ok();
		assert_eq!(refusal(&turns, 2).await, Some(Code::Busy));
		assert_eq!((turns.taken(), turns.waiting()), (1, 0));
		drop(turn);
		assert_eq!(refusal(&turns, 2).await, None);
	}
}
