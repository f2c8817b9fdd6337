//! Submitting calls.

use crate::Event;
use ward_primitives::{Digest, GrantId, ParticipantId, RecordId};

/// How far a transaction has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
	/// Signed; this is its hash.
	Signed(Digest),
	/// Accepted by the node's transaction pool.
	Accepted,
	/// In this block, which is not final yet.
	InBlock(Digest),
	/// Its block was replaced by another one; it will be included again.
	Retracted,
	/// The connection was lost; the finalized blocks are searched for the transaction instead.
	Searching,
	/// In this block, which is final.
	Finalized(Digest),
}

/// A call that succeeded in a finalized block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finalized {
	/// The hash of the block.
	pub block: Digest,
	/// The number of the block.
	pub number: u64,
	/// The transaction's hash.
	pub transaction: Digest,
	/// What the call changed.
	pub events: Vec<Event>,
}

impl Finalized {
	/// The participant that the call enrolled.
	pub fn enrolled(&self) -> Option<ParticipantId> {
		self.events.iter().find_map(Event::enrolled)
	}

	/// The records that the call anchored.
	pub fn anchored(&self) -> Vec<RecordId> {
		self.events.iter().filter_map(Event::anchored).collect()
	}

	/// The grant that the call gave.
	pub fn granted(&self) -> Option<GrantId> {
		self.events.iter().find_map(Event::granted)
	}
}
