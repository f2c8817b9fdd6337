//! Domain-separated hashing: `H(tag, fields)` is BLAKE2b-256 of the tag's bytes and the fields.
//!
//! Tags are ASCII and end in a NUL byte, so no tag is a prefix of another and a hash or signature
//! made for one purpose can never be taken for one made for another. The `v1` in each tag is the
//! version of that format: a changed layout gets a new tag.

use alloc::vec::Vec;
use codec::Encode;
use sp_crypto_hashing::blake2_256;

use crate::Digest;

/// What a hash or signature is for: the first bytes of everything that Ward hashes or signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Domain {
	/// The commitment to a record's manifest, see [`crate::record::manifest_commitment`].
	Manifest,
	/// The commitment to a record's attributes, see [`crate::AttributesOpening::digest`].
	Attributes,
	/// A record's identifier, see [`crate::RecordContent::record_id`].
	RecordId,
	/// A custodian's signature over what it holds, see [`crate::DepositReceipt`].
	Deposit,
	/// A newcomer's signature over its enrolment, see [`crate::proof::Enrolment`].
	Enrolment,
	/// A new key's signature over its attachment, see [`crate::proof::KeyAttachment`].
	KeyAttachment,
	/// The digest of a sealing key, see [`crate::participant::SealingKey`].
	SealingKey,
	/// A center's signature over nothing but its log's head; entries are chained with this tag.
	AccessLog,
	/// The associated data that binds sealed content to its record's commitment.
	Content,
	/// The associated data that binds a wrapped data key to its record and recipient.
	Wrap,
	/// The score by which the witnesses of a cohort are drawn, see [`crate::receipt::draw`].
	Witness,
	/// What a witness challenges a custodian with, see [`crate::receipt::challenge_digest`].
	Challenge,
	/// Which leaf of a record a challenge asks for, see [`crate::receipt::leaf_of`].
	Leaf,
	/// The digest of the record ids of a cohort, see [`crate::receipt::ids_digest`].
	Cohort,
	/// What a custodian answers for one row, see [`crate::receipt::RowResult`].
	RowResult,
	/// A custodian's signature over what it still holds, see [`crate::receipt::StorageReceipt`].
	Storage,
	/// What binds the sealed answer of a custodian to its challenge.
	ReceiptSeal,
	/// A witness's signature over what it has seen, see [`crate::receipt::Report`].
	Report,
}

impl Domain {
	/// All domains, in the order of `docs/protocol.md`.
	pub const ALL: [Self; 18] = [
		Self::Manifest,
		Self::Attributes,
		Self::RecordId,
		Self::Deposit,
		Self::Enrolment,
		Self::KeyAttachment,
		Self::SealingKey,
		Self::AccessLog,
		Self::Content,
		Self::Wrap,
		Self::Witness,
		Self::Challenge,
		Self::Leaf,
		Self::Cohort,
		Self::RowResult,
		Self::Storage,
		Self::ReceiptSeal,
		Self::Report,
	];

	/// The tag's bytes, with the closing NUL.
	pub const fn tag(self) -> &'static [u8] {
		match self {
			Self::Manifest => b"ward/manifest/v1\0",
			Self::Attributes => b"ward/attributes/v1\0",
			Self::RecordId => b"ward/record-id/v1\0",
			Self::Deposit => b"ward/deposit/v1\0",
			Self::Enrolment => b"ward/enrolment/v1\0",
			Self::KeyAttachment => b"ward/key-attachment/v1\0",
			Self::SealingKey => b"ward/sealing-key/v1\0",
			Self::AccessLog => b"ward/access-log/v1\0",
			Self::Content => b"ward/content/v1\0",
			Self::Wrap => b"ward/wrap/v1\0",
			Self::Witness => b"ward/witness/v1\0",
			Self::Challenge => b"ward/challenge/v1\0",
			Self::Leaf => b"ward/leaf/v1\0",
			Self::Cohort => b"ward/cohort/v1\0",
			Self::RowResult => b"ward/row-result/v1\0",
			Self::Storage => b"ward/storage/v1\0",
			Self::ReceiptSeal => b"ward/receipt-seal/v1\0",
			Self::Report => b"ward/report/v1\0",
		}
	}

	/// The tag followed by the SCALE encoding of `fields`: the bytes that are signed.
	pub fn message(self, fields: &impl Encode) -> Vec<u8> {
		let mut message = self.tag().to_vec();
		fields.encode_to(&mut message);
		message
	}

	/// BLAKE2b-256 of [`Self::message`].
	pub fn hash(self, fields: &impl Encode) -> Digest {
		blake2_256(&self.message(fields))
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn no_tag_is_a_prefix_of_another() {
		for (i, a) in Domain::ALL.iter().enumerate() {
			for b in &Domain::ALL[i + 1..] {
				assert!(!a.tag().starts_with(b.tag()) && !b.tag().starts_with(a.tag()));
			}
		}
	}

	#[test]
	fn equal_fields_hash_differently_in_different_domains() {
		assert_ne!(Domain::Manifest.hash(&[7u8; 32]), Domain::Attributes.hash(&[7u8; 32]));
	}
}
