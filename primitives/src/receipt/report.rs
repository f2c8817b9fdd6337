//! What a witness tells the chain.

use alloc::vec::Vec;

use bounded_collections::{BoundedVec, ConstU32};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use super::{Answer, LogHead, StorageReceipt, MAX_MISSING};
use crate::{hash::Domain, Digest, KeyBytes, ParticipantId};

/// A witness's report of a cohort: the custodian's receipt, without what the chain knows itself, and the
/// rows that are missing.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Report {
	/// The seat that has seen it.
	pub witness: ParticipantId,
	/// The witness key that signs the report.
	pub key: KeyBytes,
	/// The center whose vault answered.
	pub custodian: ParticipantId,
	/// The number of the cohort among its cohorts.
	#[codec(compact)]
	pub cohort: u64,
	/// The epoch.
	#[codec(compact)]
	pub epoch: u64,
	/// How many rows were asked for, from the cohort's first on.
	pub rows: u16,
	/// The digest of their records.
	pub ids: Digest,
	/// The root of the custodian's results.
	pub results: Digest,
	/// The rows that are not there, ascending, from 0 at the cohort's first.
	pub missing: BoundedVec<u16, ConstU32<MAX_MISSING>>,
	/// What the vault's access log is.
	pub log: LogHead,
	/// The custodian's signature over its receipt.
	pub receipt_signature: [u8; 64],
}

impl Report {
	/// What the witness whom the custodian answered reports of it, with this key of its, if these rows are
	/// `missing`. None if they are more than a report can name.
	pub fn of(answer: &Answer, key: KeyBytes, missing: Vec<u16>) -> Option<Self> {
		let receipt = &answer.receipt;
		Some(Self {
			witness: receipt.witness,
			key,
			custodian: receipt.custodian,
			cohort: receipt.cohort,
			epoch: receipt.epoch,
			rows: receipt.rows,
			ids: receipt.ids,
			results: receipt.results,
			missing: missing.try_into().ok()?,
			log: receipt.log,
			receipt_signature: answer.signature,
		})
	}

	/// The bytes that the witness key signs with Ed25519: the tag `ward/report/v1`, the genesis hash and the
	/// SCALE encoding.
	pub fn message(&self, genesis: &Digest) -> Vec<u8> {
		Domain::Report.message(&(genesis, self))
	}

	/// The receipt that the custodian must have signed, with what the chain knows.
	pub const fn receipt(
		&self,
		genesis: Digest,
		challenge: Digest,
		since: LogHead,
	) -> StorageReceipt {
		StorageReceipt {
			genesis,
			custodian: self.custodian,
			cohort: self.cohort,
			epoch: self.epoch,
			witness: self.witness,
			challenge,
			rows: self.rows,
			ids: self.ids,
			results: self.results,
			since,
			log: self.log,
		}
	}

	/// Whether the missing rows are ascending and among those that were asked for.
	pub fn missing_is_valid(&self) -> bool {
		self.missing.windows(2).all(|pair| pair[0] < pair[1])
			&& self.missing.last().is_none_or(|last| *last < self.rows)
	}
}
