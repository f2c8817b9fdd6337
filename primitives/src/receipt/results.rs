//! What a custodian's signature covers of its answer for each row, as a Merkle tree.

use alloc::vec::Vec;

use bounded_collections::{BoundedVec, ConstU32};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use hash_db::Hasher;
use scale_info::TypeInfo;
use sp_crypto_hashing::blake2_256;

use super::leaf::{self, MAX_PATH};
use crate::{hash::Domain, Digest, RecordId};

/// The longest proof that a row's result is among those of a cohort.
pub const MAX_PROOF: u32 = 10;

/// A leaf that a custodian claims to hold, without its bytes: these never come to the chain.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct HeldLeaf {
	/// Its chaining value in the tree of BLAKE3.
	pub value: Digest,
	/// Its siblings on the way to the root, from the leaf up.
	pub path: BoundedVec<Digest, ConstU32<MAX_PATH>>,
}

impl HeldLeaf {
	/// Whether it leads to the root of content of this size.
	pub fn leads_to(&self, root: &Digest, leaf: u64, size: u64) -> bool {
		leaf::root(leaf, leaf::leaves(size), self.value, &self.path) == Some(*root)
	}
}

/// What a custodian's signature says about one row.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct RowResult {
	/// The record that the custodian takes the row for.
	pub record: RecordId,
	/// The number of the leaf that the challenge asks for.
	pub leaf: u64,
	/// The leaf; none where the custodian says itself that it cannot give it.
	pub held: Option<HeldLeaf>,
}

impl RowResult {
	/// The tag `ward/row-result/v1` and the SCALE encoding: a leaf of the tree of results.
	fn message(&self) -> Vec<u8> {
		Domain::RowResult.message(self)
	}
}

/// BLAKE2b-256, for the tree of results.
struct Blake2;

impl Hasher for Blake2 {
	type Out = Digest;
	type StdHasher = hash256_std_hasher::Hash256StdHasher;
	const LENGTH: usize = 32;

	fn hash(bytes: &[u8]) -> Digest {
		blake2_256(bytes)
	}
}

/// The root of the tree of results: leaves are hashed with BLAKE2b-256 and merged two by two, and what is
/// left over in a row moves up as it is.
pub(super) fn results_root(results: &[RowResult]) -> Digest {
	binary_merkle_tree::merkle_root::<Blake2, _>(results.iter().map(RowResult::message))
}

/// The siblings of the result of row `row` on the way to the root.
pub(super) fn proof_of(results: &[RowResult], row: u16) -> Vec<Digest> {
	let messages: Vec<_> = results.iter().map(RowResult::message).collect();
	binary_merkle_tree::merkle_proof::<Blake2, _, _>(messages, row.into()).proof
}

/// Whether a result is that of row `row` among `rows` under this root.
pub(super) fn is_among(
	root: &Digest,
	rows: u16,
	row: u16,
	result: &RowResult,
	proof: &[Digest],
) -> bool {
	let message = result.message();
	let proof = proof.iter().copied();
	binary_merkle_tree::verify_proof::<Blake2, _, _>(root, proof, rows.into(), row.into(), &message)
}
