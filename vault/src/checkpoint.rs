//! The chain's memory of the access log: whether the log goes on from what witnesses have reported of it.
//!
//! A log that does not has been cut, rolled back with an old database, or written anew; no storage receipt is
//! signed over such a one.

use std::{
	fmt,
	sync::{Mutex, PoisonError},
};

use ward_primitives::receipt::LogHead;

use crate::{
	chain::StateView,
	error::{Code, Refusal},
	vault::Vault,
};

/// What the chain knows of the access log and the log itself does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Divergence {
	/// The log as the chain knows it.
	pub known: LogHead,
	/// The log as it is.
	pub found: LogHead,
}

impl fmt::Display for Divergence {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let (known, found) = (self.known.height, self.found.height);
		match known > found {
			true => write!(
				f,
				"the chain knows the access log with {known} entries, and it has {found} only"
			)?,
			false => write!(
				f,
				"the chain knows another access log than this with its first {known} entries"
			)?,
		}
		f.write_str(
			"; put the latest vault.redb back; if it is lost for good, the center has to say so on the \
			 chain, where everybody sees it (`ward center restart-log`); until then no storage receipts are \
			 given",
		)
	}
}

/// What was found when the log was compared last.
#[derive(Default)]
pub(crate) struct Watch(Mutex<Option<Divergence>>);

impl Watch {
	pub(crate) fn get(&self) -> Option<Divergence> {
		*self.0.lock().unwrap_or_else(PoisonError::into_inner)
	}

	/// Notes what was found. True if it is another than before.
	fn set(&self, found: Option<Divergence>) -> bool {
		let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
		let compared = |divergence: Option<Divergence>| divergence.map(|found| found.known);
		let is_news = compared(*known) != compared(found);
		*known = found;
		is_news
	}
}

impl Vault {
	/// The log as it is, if it goes on from all that the chain knows. Otherwise the operator is told.
	pub(crate) async fn confirm_log(&self, known: &[LogHead]) -> Result<LogHead, Refusal> {
		let genesis = self.genesis().await?;
		let mut log = LogHead::empty(genesis);
		for known in known.iter().copied() {
			let (then, found) = self.database.log_at(known.height, genesis).await?;
			if then != Some(known.head) {
				self.note_log(Some(Divergence { known, found }));
				return Err(Code::LogDiverged.into());
			}
			log = found;
		}
		self.note_log(None);
		Ok(log)
	}

	/// Compares the log with the latest that was reported of it, so that the operator is told before any
	/// witness asks.
	pub(crate) async fn watch_log(&self, state: &dyn StateView) {
		match state.log_head(self.center()).await {
			Ok(Some(row)) => {
				if let Err(refusal) = self.confirm_log(&[row.latest]).await {
					tracing::debug!(code = refusal.code.name(), "the access log was compared");
				}
			},
			// Nothing was reported yet, or the center has begun it anew.
			Ok(None) => self.note_log(None),
			// A runtime without storage receipts.
			Err(cause) => tracing::debug!(%cause, "the access log was not compared"),
		}
	}

	fn note_log(&self, divergence: Option<Divergence>) {
		self.metrics.log_diverged.set(i64::from(divergence.is_some()));
		if self.log_watch.set(divergence) {
			match divergence {
				Some(what) => tracing::error!("{what}"),
				None => tracing::info!("the access log goes on from what the chain knows of it"),
			}
		}
	}
}
