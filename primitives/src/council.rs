//! The council: how the consortium decides together.

use alloc::vec::Vec;
use codec::{Decode, Encode};
use scale_info::TypeInfo;

use crate::{Digest, ParticipantId};

/// A motion that is open in the council, as readers see it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub struct Motion {
	/// The hash that names it in votes.
	#[cfg_attr(feature = "serde", serde(with = "crate::json::hex"))]
	pub hash: Digest,
	/// Its running number, which votes name too.
	pub index: u32,
	/// Who voted for it.
	pub ayes: Vec<ParticipantId>,
	/// Who voted against it.
	pub nays: Vec<ParticipantId>,
	/// How many votes it needed when it was proposed.
	pub threshold: u32,
	/// The block from which it can be closed without enough votes: absent ones then count against it.
	pub ends: u32,
	/// The SCALE encoding of the call that it would make as Root.
	#[cfg_attr(feature = "serde", serde(with = "crate::json::hex"))]
	pub call: Vec<u8>,
}
