//! What a key signs to show that its holder has it and wants what is being registered.
//!
//! The messages carry the genesis hash and an end of validity. A key that is on the chain once is
//! never registered again, so none of them can be replayed.

use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use crate::{
	hash::Domain,
	participant::{KeyRoles, SealingKey},
	Digest, KeyBytes, Moment, ParticipantId, Role,
};

/// A newcomer's consent to be enrolled, signed with the key that becomes its first.
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
pub struct Enrolment {
	/// The hash of the chain's first block.
	#[cfg_attr(feature = "serde", serde(with = "crate::json::hex"))]
	pub genesis: Digest,
	/// Who enrols.
	pub sponsor: ParticipantId,
	/// As what.
	pub role: Role,
	/// The newcomer's account: the signing key itself.
	#[cfg_attr(feature = "serde", serde(with = "crate::json::hex"))]
	pub account: KeyBytes,
	/// The key to which data keys are wrapped for the newcomer.
	pub sealing_key: SealingKey,
	/// For a patient: whether the enrolling center may write records from now on.
	pub care: bool,
	/// The first moment at which this proof no longer counts: hours ahead, not days.
	pub valid_until: Moment,
}

impl Enrolment {
	/// The bytes to sign: the tag `ward/enrolment/v1` and the SCALE encoding.
	pub fn message(&self) -> Vec<u8> {
		Domain::Enrolment.message(self)
	}
}

/// A key's consent to be attached to a participant.
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
pub struct KeyAttachment {
	/// The hash of the chain's first block.
	#[cfg_attr(feature = "serde", serde(with = "crate::json::hex"))]
	pub genesis: Digest,
	/// Whose key it becomes.
	pub participant: ParticipantId,
	/// The key itself.
	#[cfg_attr(feature = "serde", serde(with = "crate::json::hex"))]
	pub key: KeyBytes,
	/// What it may be used for.
	pub roles: KeyRoles,
	/// The first moment at which this proof no longer counts.
	pub valid_until: Moment,
}

impl KeyAttachment {
	/// The bytes to sign: the tag `ward/key-attachment/v1` and the SCALE encoding.
	pub fn message(&self) -> Vec<u8> {
		Domain::KeyAttachment.message(self)
	}
}
