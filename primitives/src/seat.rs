//! Consensus seats: which medical centers author blocks and vote on finality.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use crate::{Moment, ParticipantId};

/// A proven breach of consensus. It suspends the seat, and only the council reinstates it.
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
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Breach {
	/// Two different blocks for one slot of Aura: the seat's keys run on two machines.
	#[codec(index = 0)]
	DoubleAuthoring,
	/// Two different votes in one round of GRANDPA.
	#[codec(index = 1)]
	DoubleVoting,
}

/// The latest breach of a seat that is suspended for it.
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
pub struct Suspension {
	/// What was proved.
	pub breach: Breach,
	/// In which session it happened.
	pub session: u32,
	/// When the chain took the proof.
	pub at: Moment,
}

/// A seat as the chain stores it, by the number of its center.
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
pub struct SeatRow {
	/// When the council granted it.
	pub granted_at: Moment,
	/// When the center took it; none until then.
	pub taken_at: Option<Moment>,
	/// Why it is suspended, if it is.
	pub suspension: Option<Suspension>,
}

/// Why a seat does not count towards the set of authorities.
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
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Obstacle {
	/// The center has not taken the seat yet.
	#[codec(index = 0)]
	NotTaken,
	/// The center has set no session keys.
	#[codec(index = 1)]
	KeysMissing,
	/// The center is suspended, frozen, expired or deactivated in the registry.
	#[codec(index = 2)]
	NotActive,
	/// The seat is suspended for a breach of consensus.
	#[codec(index = 3)]
	Suspended,
}

/// What a seat did in one session.
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
pub struct Liveness {
	/// How many blocks it authored.
	pub authored: u32,
	/// How many of its slots passed without a block of this chain.
	pub missed: u32,
}

impl Liveness {
	/// Whether it had slots and used none: worth a telephone call, never punished.
	pub const fn is_idle(&self) -> bool {
		self.authored == 0 && self.missed > 0
	}
}

/// A seat with all that a reader wants to know of it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub struct SeatInfo {
	/// The center.
	pub center: ParticipantId,
	/// The seat's row.
	pub row: SeatRow,
	/// Why it does not count; none if it does.
	pub obstacle: Option<Obstacle>,
	/// Whether it authors and votes in the running session.
	pub sits: bool,
	/// Whether it will in the next one.
	pub sits_next: bool,
	/// Whether it stays only because the minimum forbids to take it out.
	pub kept: bool,
	/// What it did in the running session so far.
	pub current: Liveness,
	/// What it did in the session before.
	pub last: Liveness,
}

/// The running session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub struct SessionInfo {
	/// Its number, from 0.
	pub index: u32,
	/// The block that began it.
	pub started: u32,
	/// How many blocks a session lasts.
	pub length: u32,
	/// The fewest seats that the set of authorities may have.
	pub minimum: u32,
	/// How many seats author and vote now.
	pub seats: u32,
}
