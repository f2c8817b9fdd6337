//! Storage receipts: how other centers see, again and again, that a custodian still has what it took.
//!
//! The unit is the cohort: up to [`COHORT_SIZE`](crate::record::COHORT_SIZE) consecutive rows of a
//! custodian. In each epoch up to [`WITNESSES`] seats are [drawn](draw) for it. Each asks the
//! custodian's vault for one leaf of every row, which nobody could know before the epoch
//! began, checks the [`Answer`] against the content roots on the chain, and [reports](Report) what it
//! has seen. A [quorum] of reports makes the cohort fresh; [`CohortRow`] is what the chain remembers.
//!
//! - [`leaf`]: the tree of BLAKE3 over a record's ciphertext.
//! - [`Answer`], [`check`]: what a custodian signs, and how a witness checks it.
//! - [`Contradiction`]: the custodian's own signature under a wrong answer, which the chain can check.
//! - [`seal`]: how an answer is kept from all but its witness.

mod answer;
mod cohort;
mod contradiction;
mod draw;
pub mod leaf;
mod report;
mod results;
#[cfg(feature = "seal")]
pub mod seal;
#[cfg(test)]
mod tests;

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

pub use answer::{check, Answer, Fault, Row, RowAnswer, Seen, StorageReceipt};
pub use cohort::{CohortRow, CohortState, CustodyState, Dispute, Freshness, MissingRow};
pub use contradiction::Contradiction;
pub use draw::{draw, quorum};
pub use report::Report;
pub use results::{HeldLeaf, RowResult, MAX_PROOF};

use crate::{hash::Domain, Digest, Moment, ParticipantId, RecordId};

/// The most witnesses of a cohort in an epoch.
pub const WITNESSES: u32 = 3;

/// The most rows that a report names as missing. A vault that lacks more of a cohort has no receipt for
/// it.
pub const MAX_MISSING: u32 = 64;

/// The most rows that the witnesses of a cohort can name as missing together.
pub const MAX_MISSING_TOGETHER: u32 = MAX_MISSING * WITNESSES;

/// For how many lengths of an epoch, from its start, what a quorum has seen counts as fresh: until the
/// next epoch is over, in which it is looked at again.
pub const FRESH_EPOCHS: u64 = 2;

/// The longest answer of a custodian, sealed, in bytes: 1,024 rows with a leaf of 1 KiB and the longest
/// path that fits.
pub const MAX_ANSWER: usize = 2 * 1024 * 1024;

/// The longest challenge as it travels, in bytes.
pub const MAX_CHALLENGE: usize = 512;

/// The path under a vault's endpoint that takes challenges.
pub const RECEIPTS_PATH: &str = "/v1/receipts";

/// The epoch that the chain is in: a span of time in which every cohort is looked at once by each of its
/// witnesses.
#[derive(
	Clone,
	Copy,
	Debug,
	Default,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct EpochInfo {
	/// Its number. Epochs in which the chain stood still have none.
	pub number: u64,
	/// The hash of the last block of the epoch before: nobody knew it before this epoch began.
	#[cfg_attr(feature = "serde", serde(with = "crate::json::hex"))]
	pub seed: Digest,
	/// When it began.
	pub started: Moment,
	/// How long it lasts, in milliseconds.
	pub length: Moment,
}

impl EpochInfo {
	/// Until when what is seen in this epoch counts as fresh.
	pub const fn fresh_until(&self) -> Moment {
		self.started.saturating_add(self.length.saturating_mul(FRESH_EPOCHS))
	}
}

/// How long a vault's access log is, and the hash that it ends in. Whoever rewrites an entry changes all
/// later hashes.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct LogHead {
	/// How many entries there are.
	pub height: u64,
	/// The hash of the last one; the chain's genesis hash where there is none.
	#[cfg_attr(feature = "serde", serde(with = "crate::json::hex"))]
	pub head: Digest,
}

impl LogHead {
	/// That of a log without an entry.
	pub const fn empty(genesis: Digest) -> Self {
		Self { height: 0, head: genesis }
	}
}

/// What the chain knows of a vault's access log.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct LogRow {
	/// The latest epoch of a report.
	pub epoch: u64,
	/// The longest log that was reported before that epoch: what its challenges name.
	pub since: LogHead,
	/// The longest log that was reported.
	pub latest: LogHead,
}

impl LogRow {
	/// The log that the challenges of an epoch name.
	pub const fn checkpoint(&self, epoch: u64) -> LogHead {
		if epoch > self.epoch {
			self.latest
		} else {
			self.since
		}
	}
}

/// What a witness has to ask a custodian, as the chain has it.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ReceiptTask {
	/// The epoch.
	pub epoch: u64,
	/// The [digest](challenge_digest) that decides which leaves are asked for.
	#[cfg_attr(feature = "serde", serde(with = "crate::json::hex"))]
	pub challenge: Digest,
	/// The access log that the vault has to confirm.
	pub since: LogHead,
	/// How many rows the cohort has.
	pub rows: u16,
}

/// A request for a storage receipt, as it travels: SCALE, in a signed request to [`RECEIPTS_PATH`].
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct Challenge {
	/// The hash of the chain's first block.
	pub genesis: Digest,
	/// The center whose vault is asked.
	pub custodian: ParticipantId,
	/// The number of the cohort among its cohorts.
	pub cohort: u64,
	/// The epoch.
	pub epoch: u64,
	/// The seat that asks.
	pub witness: ParticipantId,
	/// The [digest](challenge_digest) that decides which leaves are asked for.
	pub challenge: Digest,
	/// How many rows of the cohort are asked for, from its first on.
	pub rows: u16,
	/// The access log that the vault has to confirm.
	pub since: LogHead,
	/// The X25519 key that the answer is sealed to, made for this request alone.
	pub sealing_key: [u8; 32],
}

/// `H("ward/challenge/v1", genesis ‖ seed ‖ epoch ‖ custodian ‖ cohort ‖ witness)`: what decides which
/// leaves a witness asks for. Neither the witness nor the custodian has a choice.
pub fn challenge_digest(
	genesis: &Digest,
	epoch: &EpochInfo,
	custodian: ParticipantId,
	cohort: u64,
	witness: ParticipantId,
) -> Digest {
	Domain::Challenge.hash(&(genesis, epoch.seed, epoch.number, custodian, cohort, witness))
}

/// Which leaf of a record of `size` bytes a challenge asks for: the first eight bytes of
/// `H("ward/leaf/v1", challenge ‖ record)`, little-endian, modulo the number of [leaves](leaf::leaves).
pub fn leaf_of(challenge: &Digest, record: &RecordId, size: u64) -> u64 {
	let [a, b, c, d, e, f, g, h, ..] = Domain::Leaf.hash(&(challenge, record));
	u64::from_le_bytes([a, b, c, d, e, f, g, h]) % leaf::leaves(size)
}

/// `H("ward/cohort/v1", Vec<RecordId>)`: the records of a cohort, in the order of their rows.
pub fn ids_digest(rows: &[Row]) -> Digest {
	let ids: alloc::vec::Vec<_> = rows.iter().map(|row| row.record).collect();
	Domain::Cohort.hash(&ids)
}
