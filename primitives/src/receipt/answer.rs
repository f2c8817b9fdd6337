//! What a custodian answers, what of it it signs, and how a witness checks it.

use alloc::vec::Vec;

use bounded_collections::BoundedVec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use super::{
	ids_digest, leaf, leaf_of,
	results::{proof_of, results_root},
	Challenge, Contradiction, HeldLeaf, LogHead, RowResult,
};
use crate::{hash::Domain, record::COHORT_SIZE, Digest, KeyBytes, ParticipantId, RecordId};

/// A row of a custodian, as the chain has it.
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
pub struct Row {
	/// The record.
	pub record: RecordId,
	/// BLAKE3 of its ciphertext.
	pub root: Digest,
	/// The length of its ciphertext in bytes.
	pub size: u64,
	/// Whether the center still holds it. Once it was handed over to another, nothing is expected of the
	/// row, whatever the answer for it is.
	pub is_held: bool,
}

/// A custodian's answer for one row.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum RowAnswer {
	/// The vault cannot give the leaf: the content is lost or damaged, and its operator knows.
	#[codec(index = 0)]
	Missing,
	/// The leaf that the challenge asks for.
	#[codec(index = 1)]
	Held {
		/// Its bytes, at most [`leaf::LEAF_SIZE`].
		leaf: Vec<u8>,
		/// Its siblings on the way to the content root, from the leaf up.
		path: Vec<Digest>,
	},
}

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
pub struct StorageReceipt {
	/// The hash of the chain's first block.
	pub genesis: Digest,
	/// The center that answers.
	pub custodian: ParticipantId,
	/// The number of the cohort among its cohorts.
	pub cohort: u64,
	/// The epoch.
	pub epoch: u64,
	/// The seat that asked.
	pub witness: ParticipantId,
	/// The [digest](super::challenge_digest) that decided which leaves were asked for.
	pub challenge: Digest,
	/// How many rows it answers for, from the cohort's first on.
	pub rows: u16,
	/// The [digest](super::ids_digest) of their records.
	pub ids: Digest,
	/// The root of the tree of [`RowResult`]s.
	pub results: Digest,
	/// What the access log was when the chain last knew it.
	pub since: LogHead,
	/// What the access log is.
	pub log: LogHead,
}

impl StorageReceipt {
	/// The bytes to sign with Ed25519: the tag `ward/storage/v1` and the SCALE encoding.
	pub fn message(&self) -> Vec<u8> {
		Domain::Storage.message(self)
	}
}

/// A custodian's answer, as it is sealed to the witness.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Answer {
	/// What is signed.
	pub receipt: StorageReceipt,
	/// The Ed25519 signature of the custodian's receipt key over [`StorageReceipt::message`].
	pub signature: [u8; 64],
	/// An answer for each row.
	pub rows: Vec<RowAnswer>,
}

impl Answer {
	/// The answer to a challenge: for each of the `rows` that the chain has, what the vault has of it.
	/// None where these are not as many as were asked for, or a path is longer than any can be.
	pub fn new(
		challenge: &Challenge,
		rows: &[Row],
		answers: Vec<RowAnswer>,
		log: LogHead,
		sign: impl FnOnce(&[u8]) -> [u8; 64],
	) -> Option<Self> {
		let results = results(challenge, rows, &answers)?;
		let receipt = challenge.receipt(rows, results_root(&results), log);
		Some(Self { signature: sign(&receipt.message()), receipt, rows: answers })
	}
}

impl Challenge {
	/// The receipt that answers it, with these results.
	fn receipt(&self, rows: &[Row], results: Digest, log: LogHead) -> StorageReceipt {
		StorageReceipt {
			genesis: self.genesis,
			custodian: self.custodian,
			cohort: self.cohort,
			epoch: self.epoch,
			witness: self.witness,
			challenge: self.challenge,
			rows: self.rows,
			ids: ids_digest(rows),
			results,
			since: self.since,
			log,
		}
	}
}

/// What the custodian's signature covers of each row's answer.
fn results(challenge: &Challenge, rows: &[Row], answers: &[RowAnswer]) -> Option<Vec<RowResult>> {
	if rows.len() != usize::from(challenge.rows) || answers.len() != rows.len() {
		return None;
	}
	let result = |(row, answer): (&Row, &RowAnswer)| {
		let number = leaf_of(&challenge.challenge, &row.record, row.size);
		let held = match answer {
			RowAnswer::Missing => None,
			RowAnswer::Held { leaf: bytes, .. } if bytes.len() as u64 > leaf::LEAF_SIZE => {
				return None
			},
			RowAnswer::Held { leaf: bytes, path } => Some(HeldLeaf {
				value: leaf::value(number, leaf::leaves(row.size), bytes),
				path: BoundedVec::try_from(path.clone()).ok()?,
			}),
		};
		Some(RowResult { record: row.record, leaf: number, held })
	};
	rows.iter().zip(answers).map(result).collect()
}

/// Why an answer counts for nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
	/// It answers for another number of rows than was asked, or a leaf or path is too long.
	Malformed,
	/// It answers another challenge: of another chain, epoch, cohort, custodian or witness.
	Foreign,
	/// It is not signed by the custodian's receipt key.
	WrongSignature,
	/// It is about other records than the chain has in these rows.
	WrongRows,
	/// The access log is shorter than the chain knows it.
	LogShorter,
	/// The access log is as long as the chain knows it, and another.
	LogForked,
	/// What is signed is not what was sent along.
	WrongResults,
}

/// What a witness has seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
	/// The rows that are not there, ascending, from 0 at the cohort's first: those that the custodian says
	/// so itself of, and those whose leaf does not lead to the content root. Never one that was handed over.
	pub missing: Vec<u16>,
	/// The first row of which the custodian signed a wrong leaf.
	pub contradiction: Option<Contradiction>,
}

/// Checks an answer: whether the custodian signed it, for this challenge and the rows that the chain has,
/// and which of these it holds. `verify` is Ed25519.
///
/// # Errors
/// The first thing that makes the whole answer count for nothing.
pub fn check(
	answer: &Answer,
	challenge: &Challenge,
	rows: &[Row],
	receipt_key: &KeyBytes,
	verify: impl Fn(&[u8; 64], &[u8], &KeyBytes) -> bool,
) -> Result<Seen, Fault> {
	let Answer { receipt, signature, rows: answers } = answer;
	let expected = challenge.receipt(rows, receipt.results, receipt.log);
	if *receipt != (StorageReceipt { ids: receipt.ids, ..expected }) {
		return Err(Fault::Foreign);
	}
	if !verify(signature, &receipt.message(), receipt_key) {
		return Err(Fault::WrongSignature);
	}
	if receipt.ids != expected.ids || rows.len() as u64 > COHORT_SIZE {
		return Err(Fault::WrongRows);
	}
	challenge.since.allows(&receipt.log)?;
	let results = results(challenge, rows, answers).ok_or(Fault::Malformed)?;
	if results_root(&results) != receipt.results {
		return Err(Fault::WrongResults);
	}
	let holds = |(row, result): (&Row, &RowResult)| {
		let held = result.held.as_ref();
		held.is_some_and(|held| held.leads_to(&row.root, result.leaf, row.size))
	};
	let places = || (0u16..).zip(rows.iter().zip(&results)).filter(|(_, (row, _))| row.is_held);
	let missing = places().filter(|(_, row)| !holds(*row)).map(|(place, _)| place).collect();
	let wrong = places().find(|(_, row)| row.1.held.is_some() && !holds(*row));
	let contradiction = wrong.and_then(|(place, (_, result))| {
		let proof = BoundedVec::try_from(proof_of(&results, place)).ok()?;
		let (receipt, signature, result) = (*receipt, *signature, result.clone());
		Some(Contradiction { receipt, signature, row: place, result, proof })
	});
	Ok(Seen { missing, contradiction })
}

impl LogHead {
	/// Whether a log that was this can have become that: not shorter, and not another of the same length.
	///
	/// # Errors
	/// [`Fault::LogShorter`] and [`Fault::LogForked`].
	pub fn allows(&self, later: &Self) -> Result<(), Fault> {
		match later.height.cmp(&self.height) {
			core::cmp::Ordering::Less => Err(Fault::LogShorter),
			core::cmp::Ordering::Equal if later.head != self.head => Err(Fault::LogForked),
			_ => Ok(()),
		}
	}
}
