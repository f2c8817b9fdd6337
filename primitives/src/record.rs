//! Records: what the chain knows of them.

use bounded_collections::{BoundedVec, ConstU32};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use crate::{hash::Domain, Deposit, Digest, Moment, ParticipantId};

/// The identifier of a record, computed by the chain: see [`RecordContent::record_id`].
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct RecordId(pub Digest);

impl core::fmt::Display for RecordId {
	/// `0x` and 64 lower-case hexadecimal digits.
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		f.write_str("0x")?;
		self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
	}
}

impl core::fmt::Debug for RecordId {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		core::fmt::Display::fmt(self, f)
	}
}

/// A text that is not `0x` and 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidRecordId;

impl core::fmt::Display for InvalidRecordId {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		f.write_str("a record id is `0x` and 64 hexadecimal digits")
	}
}

impl core::error::Error for InvalidRecordId {}

impl core::str::FromStr for RecordId {
	type Err = InvalidRecordId;

	fn from_str(text: &str) -> Result<Self, Self::Err> {
		let digits = text.strip_prefix("0x").ok_or(InvalidRecordId)?.as_bytes();
		if digits.len() != 64 {
			return Err(InvalidRecordId);
		}
		let mut id = [0u8; 32];
		for (byte, pair) in id.iter_mut().zip(digits.chunks_exact(2)) {
			let value = |digit: u8| (digit as char).to_digit(16).ok_or(InvalidRecordId);
			*byte = (value(pair[0])? * 16 + value(pair[1])?) as u8;
		}
		Ok(Self(id))
	}
}

#[cfg(feature = "serde")]
impl serde::Serialize for RecordId {
	fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
		serializer.collect_str(self)
	}
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for RecordId {
	fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
		let text = alloc::borrow::Cow::<str>::deserialize(deserializer)?;
		text.parse().map_err(serde::de::Error::custom)
	}
}

/// `H("ward/manifest/v1", salt ‖ manifest)`: the commitment to a record's sealed manifest.
///
/// The salt makes low-entropy content unguessable from its commitment; destroying the salt and the
/// data key erases the record for good.
pub fn manifest_commitment(salt: &[u8; 32], manifest: &[u8]) -> Digest {
	Domain::Manifest.hash(&(salt, manifest))
}

/// Everything that makes a record this record and no other.
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
pub struct RecordContent {
	/// Whom the record is about.
	pub patient: ParticipantId,
	/// Who wrote it.
	pub author: ParticipantId,
	/// The [commitment](manifest_commitment) to its manifest.
	#[cfg_attr(feature = "serde", serde(with = "crate::json::hex"))]
	pub commitment: Digest,
	/// The [digest](crate::AttributesOpening::digest) of its attributes.
	#[cfg_attr(feature = "serde", serde(with = "crate::json::hex"))]
	pub attributes: Digest,
	/// BLAKE3 of the ciphertext: the root of a Merkle tree over leaves of 1 KiB.
	#[cfg_attr(feature = "serde", serde(with = "crate::json::hex"))]
	pub content_root: Digest,
	/// The length of the ciphertext in bytes.
	pub size: u64,
}

impl RecordContent {
	/// `H("ward/record-id/v1", genesis ‖ patient ‖ author ‖ commitment ‖ attributes ‖ content_root ‖
	/// size)`. The genesis hash ties the record to its chain.
	pub fn record_id(&self, genesis: &Digest) -> RecordId {
		RecordId(Domain::RecordId.hash(&(genesis, self)))
	}
}

/// The most custodians that a record can have.
pub const MAX_CUSTODIANS: u32 = 3;

/// How many consecutive rows of a custodian make a cohort, the unit of storage receipts.
pub const COHORT_SIZE: u64 = 1_024;

/// A center that holds a record's ciphertext.
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
pub struct Custodian {
	/// The center.
	pub center: ParticipantId,
	/// The row's number among that center's rows, from 0 without gaps.
	pub row: u64,
}

impl Custodian {
	/// The cohort that the row belongs to.
	pub const fn cohort(&self) -> u64 {
		self.row / COHORT_SIZE
	}
}

/// A record that a custodian hands over to another center.
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
pub struct HandOver {
	/// The record.
	pub record: RecordId,
	/// The other center's word that it has the ciphertext, and keeps it.
	pub deposit: Deposit,
}

/// A record as its author submits it. Patient and author-to-be are checked by the chain; the author
/// is whoever signs the call.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct NewRecord {
	/// Whom the record is about.
	pub patient: ParticipantId,
	/// The center on whose behalf it is written; none for the patient and the patient's own device.
	pub on_behalf_of: Option<ParticipantId>,
	/// The [commitment](manifest_commitment) to its manifest.
	#[cfg_attr(feature = "serde", serde(with = "crate::json::hex"))]
	pub commitment: Digest,
	/// The [digest](crate::AttributesOpening::digest) of its attributes.
	#[cfg_attr(feature = "serde", serde(with = "crate::json::hex"))]
	pub attributes: Digest,
	/// BLAKE3 of the ciphertext.
	#[cfg_attr(feature = "serde", serde(with = "crate::json::hex"))]
	pub content_root: Digest,
	/// The length of the ciphertext in bytes.
	pub size: u64,
	/// The custodians' receipts: one to three, each of another center.
	pub deposits: BoundedVec<Deposit, ConstU32<MAX_CUSTODIANS>>,
}

impl NewRecord {
	/// The content that the record id is computed from, once the author is known.
	pub const fn content(&self, author: ParticipantId) -> RecordContent {
		RecordContent {
			patient: self.patient,
			author,
			commitment: self.commitment,
			attributes: self.attributes,
			content_root: self.content_root,
			size: self.size,
		}
	}
}

/// A record as the chain stores it.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct RecordRow {
	/// What the record is.
	pub content: RecordContent,
	/// The center on whose behalf it was written; none if the patient or the patient's own device
	/// wrote it.
	pub author_center: Option<ParticipantId>,
	/// Who holds the ciphertext: one to three centers.
	pub custodians: BoundedVec<Custodian, ConstU32<MAX_CUSTODIANS>>,
	/// When it was anchored.
	pub anchored_at: Moment,
	/// The first record of its lineage: itself unless it supersedes another.
	pub lineage: RecordId,
	/// The record that it corrects or replaces.
	pub supersedes: Option<RecordId>,
	/// The record that corrects or replaces it; none for the head of a lineage.
	pub superseded_by: Option<RecordId>,
}

#[cfg(test)]
mod tests {
	use super::*;
	use alloc::string::ToString;
	use proptest::prelude::*;

	#[test]
	fn a_record_id_depends_on_every_part_and_on_the_chain() {
		let content = RecordContent {
			patient: ParticipantId(1),
			author: ParticipantId(2),
			commitment: [3; 32],
			attributes: [4; 32],
			content_root: [5; 32],
			size: 6,
		};
		let id = content.record_id(&[0; 32]);
		let changed = [
			RecordContent { patient: ParticipantId(9), ..content },
			RecordContent { author: ParticipantId(9), ..content },
			RecordContent { commitment: [9; 32], ..content },
			RecordContent { attributes: [9; 32], ..content },
			RecordContent { content_root: [9; 32], ..content },
			RecordContent { size: 9, ..content },
		];
		assert!(changed.iter().all(|content| content.record_id(&[0; 32]) != id));
		assert_ne!(content.record_id(&[1; 32]), id);
	}

	proptest! {
		#[test]
		fn a_record_id_survives_its_text_form(bytes: [u8; 32]) {
			let id = RecordId(bytes);
			prop_assert_eq!(id.to_string().parse(), Ok(id));
		}

		#[test]
		fn no_text_makes_the_parser_panic(text in ".{0,80}") {
			let _: Result<RecordId, _> = text.parse();
		}
	}
}
