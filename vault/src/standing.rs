//! How the chain stands: whether its finalized head can be decided on, or what is in the way.
//!
//! A finalized head counts if it goes on from what the vault has followed, was written by a runtime
//! that the operator has listed, and is fresh. Such a head is remembered, also across restarts.

use std::sync::{Arc, Mutex, PoisonError};

use ward_primitives::{Digest, Moment};

use crate::{
	chain::{Head, StateView},
	contingency::Contingency,
	error::Code,
	trouble::Trouble,
	vault::Vault,
};

/// How far a finalized timestamp may be from now before the vault closes, in milliseconds.
pub const MAX_FINALITY_AGE: Moment = 30_000;

/// A finalized head that has changed so recently moves, however old its timestamp is.
const MOVING: Moment = MAX_FINALITY_AGE / 2;

#[derive(Clone, Copy, Default)]
struct Seen {
	/// The last finalized head that was verified and followed.
	verified: Option<Head>,
	/// The finalized block whose line was checked last.
	in_line: Option<Digest>,
	/// The finalized block that was seen last, and when another one had been seen before it.
	latest: Option<Digest>,
	moved_at: Option<Moment>,
}

/// What a vault remembers of the chain between two looks.
#[derive(Default)]
pub(crate) struct Memory(Mutex<Seen>);

impl Memory {
	pub(crate) fn starting_at(verified: Option<Head>) -> Self {
		Self(Mutex::new(Seen { verified, ..Default::default() }))
	}

	fn read(&self) -> Seen {
		*self.0.lock().unwrap_or_else(PoisonError::into_inner)
	}

	fn change(&self, change: impl FnOnce(&mut Seen)) {
		change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
	}

	/// The last finalized head that was verified and followed.
	pub(crate) fn verified(&self) -> Option<Head> {
		self.read().verified
	}

	/// Notes that this head has been verified and followed.
	pub(crate) fn note_verified(&self, head: Head) {
		self.change(|seen| seen.verified = Some(head));
	}

	/// Notes which finalized head there is now.
	pub(crate) fn note_latest(&self, head: Head, now: Moment) {
		self.change(|seen| {
			if seen.latest.replace(head.hash).is_some_and(|before| before != head.hash) {
				seen.moved_at = Some(now);
			}
		});
	}
}

/// How the chain stands.
pub struct Condition {
	/// What is in the way; none when the vault is open.
	pub trouble: Option<Trouble>,
	/// Contingency mode, if it is open.
	pub contingency: Option<Contingency>,
}

impl Vault {
	/// The chain at its finalized head, if that can be decided on.
	pub async fn finalized(&self) -> Result<Arc<dyn StateView>, Trouble> {
		let state = self.chain.finalized().await?;
		self.ensure_decidable(state.as_ref()).await?;
		let head = state.head();
		let now = self.clock.now();
		if self.is_fresh(head) {
			return Ok(state);
		}
		let apart = now.abs_diff(head.timestamp);
		if head.timestamp > now {
			return Err(Trouble::Clock(apart));
		}
		// A node that is catching up has old heads, too.
		if self.chain.is_syncing().await? {
			return Err(Trouble::Behind(apart));
		}
		let moves = self.seen.read().moved_at.is_some_and(|at| now.abs_diff(at) <= MOVING);
		// Finality that lags behind fresh blocks is no matter of the clock.
		match moves && !self.is_fresh(self.chain.best().await?.head()) {
			true => Err(Trouble::Clock(apart)),
			false => Err(Trouble::Stalled(apart)),
		}
	}

	/// The chain at its best head, which goes on from `finalized`, if its runtime is listed.
	pub(crate) async fn best(&self, finalized: Head) -> Result<Arc<dyn StateView>, Trouble> {
		let state = self.chain.best().await?;
		if state.head().number < finalized.number {
			return Err(forked(finalized));
		}
		self.ensure_listed(state.as_ref()).await?;
		Ok(state)
	}

	/// Refuses a finalized head that contradicts what was followed, or that an unlisted runtime has
	/// written, or that comes before what was followed.
	pub(crate) async fn ensure_decidable(&self, state: &dyn StateView) -> Result<(), Trouble> {
		let is_ahead = self.is_in_line(state.head()).await?;
		self.ensure_listed(state).await?;
		match is_ahead {
			true => Ok(()),
			false => Err(Trouble::Behind(self.clock.now().abs_diff(state.head().timestamp))),
		}
	}

	/// Refuses state that an unlisted runtime has written.
	pub(crate) async fn ensure_listed(&self, state: &dyn StateView) -> Result<(), Trouble> {
		let hash = state.code_hash().await?;
		match self.settings.runtimes.contains(&hash) {
			true => Ok(()),
			false => Err(Trouble::Unlisted(hash)),
		}
	}

	/// Whether the head's time is the vault's, more or less.
	pub(crate) fn is_fresh(&self, head: Head) -> bool {
		self.clock.now().abs_diff(head.timestamp) <= MAX_FINALITY_AGE
	}

	/// Whether a finalized head goes on from what was followed; false if it comes before. Asked once
	/// for each head.
	async fn is_in_line(&self, head: Head) -> Result<bool, Trouble> {
		let seen = self.seen.read();
		if seen.in_line == Some(head.hash) {
			return Ok(true);
		}
		if self.chain.block_hash(head.number).await? != Some(head.hash) {
			return Err(forked(head));
		}
		if let Some(verified) = seen.verified.filter(|verified| verified.hash != head.hash) {
			match self.chain.block_hash(verified.number).await? {
				Some(hash) if hash == verified.hash && verified.number < head.number => {},
				Some(hash) if hash == verified.hash => return Ok(false),
				// A node that has lost its latest blocks is behind, but it is not later then.
				None if head.timestamp < verified.timestamp => return Ok(false),
				_ => return Err(forked(verified)),
			}
		}
		self.seen.change(|seen| seen.in_line = Some(head.hash));
		Ok(true)
	}

	/// How the chain stands now.
	pub async fn condition(&self) -> Condition {
		let Err(trouble) = self.heads().await else {
			return Condition { trouble: None, contingency: None };
		};
		let contingency = self.contingency(&trouble).await.map(|(contingency, _)| contingency);
		Condition { trouble: Some(trouble), contingency }
	}

	/// Looks how the chain stands, counts it, and tells the operator when it has changed since it `stood`.
	pub(crate) async fn watch(&self, stood: &mut Option<(Option<Code>, bool)>) {
		let Condition { trouble, contingency } = self.condition().await;
		let code = trouble.as_ref().map(Trouble::code);
		self.metrics.stands(code, contingency.is_some());
		let now = Some((code, contingency.is_some()));
		if std::mem::replace(stood, now) == now {
			return;
		}
		match (trouble, contingency) {
			(None, _) => tracing::info!("the chain can be decided on: the vault is open"),
			(Some(cause), None) => {
				tracing::warn!(code = cause.code().name(), %cause, "the vault is closed");
			},
			(Some(cause), Some(Contingency { head, until, .. })) => tracing::warn!(
				code = cause.code().name(), %cause, block = head.number, until,
				"the vault is closed, but for the center's own staff in an emergency"
			),
		}
	}

	async fn heads(&self) -> Result<(), Trouble> {
		let found = self.chain.genesis().await?;
		// What else is wrong with the database is reported as its own.
		if let Ok(Some(known)) = self.database.genesis().await {
			if known != found {
				return Err(Trouble::OtherChain { known, found });
			}
		}
		let finalized = self.finalized().await?;
		self.best(finalized.head()).await.map(drop)
	}
}

fn forked(from: Head) -> Trouble {
	Trouble::Forked { number: from.number, hash: from.hash }
}
