//! A custodian's own signature under a wrong answer.

use bounded_collections::{BoundedVec, ConstU32};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use super::{
	leaf_of,
	results::{is_among, MAX_PROOF},
	Row, RowResult, StorageReceipt,
};
use crate::{Digest, KeyBytes};

/// Proof that a custodian signed a leaf that is not the record's. A vault checks each leaf before it signs
/// and says itself what it lacks, so damage never leads to this: only a vault that lies does.
///
/// It shows the chaining value of the leaf and its path, and never a byte of ciphertext.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Contradiction {
	/// What the custodian signed.
	pub receipt: StorageReceipt,
	/// Its signature.
	pub signature: [u8; 64],
	/// The row, from 0 at the cohort's first.
	pub row: u16,
	/// The signed result for that row.
	pub result: RowResult,
	/// The siblings of the result on the way to the receipt's root of results.
	pub proof: BoundedVec<Digest, ConstU32<MAX_PROOF>>,
}

impl Contradiction {
	/// Whether it proves that the holder of `receipt_key` signed something wrong about its row, which is
	/// `row` on the chain: another record, the wrong leaf, or one that does not lead to the content root.
	/// To say that a leaf is missing is not wrong. That the receipt is of this chain is for the caller to
	/// see.
	pub fn is_proved(
		&self,
		row: &Row,
		receipt_key: &KeyBytes,
		verify: impl Fn(&[u8; 64], &[u8], &KeyBytes) -> bool,
	) -> bool {
		let Self { receipt, signature, result, .. } = self;
		let leaf = leaf_of(&receipt.challenge, &row.record, row.size);
		let Some(held) = &result.held else { return false };
		let is_right = result.record == row.record
			&& result.leaf == leaf
			&& held.leads_to(&row.root, leaf, row.size);
		!is_right
			&& is_among(&receipt.results, receipt.rows, self.row, result, &self.proof)
			&& verify(signature, &receipt.message(), receipt_key)
	}
}
