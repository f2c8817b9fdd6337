//! Deposit receipts: a custodian's signed word that it holds a record's ciphertext.
//!
//! A record can be anchored only with a receipt of each custodian, so a custodian has always
//! accepted custody. A receipt expires before the vault may discard what nobody anchored: a valid
//! one always implies the bytes on disk.

use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use crate::{hash::Domain, Digest, Moment, ParticipantId, RecordId};

/// What a custodian signs with its receipt key.
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
pub struct DepositReceipt {
	/// The hash of the chain's first block.
	#[cfg_attr(feature = "serde", serde(with = "crate::json::hex"))]
	pub genesis: Digest,
	/// The center that holds the ciphertext.
	pub custodian: ParticipantId,
	/// The record that the ciphertext belongs to.
	pub record: RecordId,
	/// BLAKE3 of the ciphertext.
	#[cfg_attr(feature = "serde", serde(with = "crate::json::hex"))]
	pub content_root: Digest,
	/// The length of the ciphertext in bytes.
	pub size: u64,
	/// The first moment at which the receipt no longer counts.
	pub expires: Moment,
}

impl DepositReceipt {
	/// The bytes to sign with Ed25519: the tag `ward/deposit/v1` and the SCALE encoding.
	pub fn message(&self) -> Vec<u8> {
		Domain::Deposit.message(self)
	}
}

/// A deposit receipt as it travels with the call that anchors the record, whose other fields are
/// known from there.
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
pub struct Deposit {
	/// The center that holds the ciphertext.
	pub custodian: ParticipantId,
	/// The first moment at which the receipt no longer counts.
	pub expires: Moment,
	/// The Ed25519 signature of the custodian's receipt key over [`DepositReceipt::message`].
	#[cfg_attr(feature = "serde", serde(with = "crate::json::hex"))]
	pub signature: [u8; 64],
}
