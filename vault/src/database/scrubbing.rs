//! How far scrubbing has come, so that a restart goes on where it was.

use codec::{Decode, Encode};
use ward_primitives::{Moment, RecordId};

use super::{fact, set_fact, Database, Result, FACTS};

const SCRUBBING: &str = "scrubbing";

/// A round through all stored content, in the order of ids.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Round {
	/// When it began.
	pub began: Moment,
	/// The record that was looked at last.
	pub last: Option<RecordId>,
	/// How many records have been looked at.
	pub records: u64,
	/// Their bytes.
	pub bytes: u64,
	/// How many of them were damaged or missing.
	pub damaged: u64,
}

/// How far scrubbing has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Scrubbing {
	/// When the first round began.
	pub since: Moment,
	/// When the last complete round ended.
	pub completed: Option<Moment>,
	/// The round that is under way.
	pub round: Option<Round>,
}

impl Database {
	/// How far scrubbing has come; none before the first round.
	pub async fn scrubbing(&self) -> Result<Option<Scrubbing>> {
		self.read(|transaction| fact(&transaction.open_table(FACTS)?, SCRUBBING)).await
	}

	/// Notes how far scrubbing has come.
	pub async fn note_scrubbing(&self, state: Scrubbing) -> Result<()> {
		self.write(move |transaction| set_fact(transaction, SCRUBBING, &state)).await
	}
}
