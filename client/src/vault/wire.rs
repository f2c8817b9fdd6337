//! The messages between client and vault, as `docs/protocol.md` has them.

use base64::{engine::general_purpose::STANDARD, Engine};
use codec::Encode;
use serde::{Deserialize, Serialize, Serializer};
use ward_crypto::wrap::WrappedKey;
use ward_primitives::{
	hash::Domain, participant::SealingSuite, Action, Attributes, AttributesOpening, Decision,
	Deposit, Digest, Moment, ParticipantId, PurposeOfUse, RecordContent, RecordId,
};

use crate::hex::Hex;

/// The announcement of a record.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Announcement {
	content: Content,
	opening: Opening,
	wraps: Vec<WrappedKey>,
	patient_only: bool,
}

impl Announcement {
	/// The announcement of the record with this content.
	pub const fn new(
		content: &RecordContent,
		opening: &AttributesOpening,
		wraps: Vec<WrappedKey>,
		patient_only: bool,
	) -> Self {
		let RecordContent { patient, author, commitment, attributes, content_root, size } =
			*content;
		Self {
			content: Content {
				patient,
				author,
				commitment: Hex(commitment),
				attributes: Hex(attributes),
				content_root: Hex(content_root),
				size,
			},
			opening: Opening { salt: Hex(opening.salt), attributes: opening.attributes },
			wraps,
			patient_only,
		}
	}
}

#[derive(Clone, Debug, Serialize)]
struct Content {
	patient: ParticipantId,
	author: ParticipantId,
	commitment: Hex<32>,
	attributes: Hex<32>,
	content_root: Hex<32>,
	size: u64,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Opening {
	salt: Hex<32>,
	attributes: Attributes,
}

/// How far a deposit has come.
#[derive(Clone, Debug, Deserialize)]
pub struct DepositStatus {
	/// `announced`, `stored` or `anchored`.
	pub state: String,
	/// The receipt, once the content is there.
	pub receipt: Option<Deposit>,
}

/// What a vault tells about a record to who may read it.
#[derive(Clone, Debug, Deserialize)]
pub struct RecordFacts {
	opening: Opening,
}

impl RecordFacts {
	/// The opening of the record's attributes. It comes from the vault: check its digest.
	pub const fn opening(&self) -> AttributesOpening {
		AttributesOpening { salt: self.opening.salt.0, attributes: self.opening.attributes }
	}
}

/// Asks for a data key.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Release {
	/// The suite of the sealing key.
	pub suite: SealingSuite,
	/// The reader's public sealing key.
	#[serde(serialize_with = "base64")]
	pub sealing_key: Vec<u8>,
}

/// The data key of a record, wrapped for the reader.
#[derive(Clone, Debug, Deserialize)]
pub struct Released {
	/// The wrapped key.
	#[serde(flatten)]
	pub wrapped: WrappedKey,
	/// The decision that permitted it.
	pub decision: Option<Decision>,
}

fn base64<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
	to.serialize_str(&STANDARD.encode(bytes))
}

/// A page of an access log.
#[derive(Clone, Debug, Deserialize)]
pub struct LogPage {
	/// The entries, the oldest first.
	pub entries: Vec<LogEntry>,
	/// The number to go on from, if there are more.
	pub next: Option<u64>,
}

/// What was decided on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogEvent {
	/// The release of a data key.
	#[codec(index = 0)]
	Key,
	/// The release of content.
	#[codec(index = 1)]
	Content,
	/// A record became anchored.
	#[codec(index = 2)]
	Promotion,
	/// The release of a record's facts.
	#[codec(index = 3)]
	Facts,
}

impl LogEvent {
	/// The event in words.
	pub const fn words(self) -> &'static str {
		match self {
			Self::Key => "key",
			Self::Content => "content",
			Self::Promotion => "stored",
			Self::Facts => "facts",
		}
	}
}

/// An entry of an access log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogEntry {
	/// Its number.
	pub sequence: u64,
	/// The hash of the entry before, of whomever it is.
	pub previous_hash: Hex<32>,
	/// Its own hash.
	pub hash: Hex<32>,
	/// When, by the vault's clock.
	pub at: Moment,
	/// Who asked; 0 for who is not on the chain.
	pub actor: ParticipantId,
	/// The record.
	pub record: RecordId,
	/// What the actor wanted to do.
	pub action: Action,
	/// What for.
	pub purpose: PurposeOfUse,
	/// What was decided on.
	pub event: LogEvent,
	/// The decision.
	pub decision: Decision,
	/// The finalized block that it was decided at.
	pub finalized_hash: Hex<32>,
}

impl LogEntry {
	/// The hash that the entry should have, if it is about this patient.
	pub fn expected_hash(&self, patient: ParticipantId) -> Digest {
		Domain::AccessLog.hash(&(
			self.previous_hash.0,
			self.sequence,
			self.at,
			self.actor,
			patient,
			self.record,
			self.action,
			self.purpose,
			(self.event, self.decision, self.finalized_hash.0),
		))
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use ward_primitives::{CategorySet, Reason, Sensitivity};

	#[test]
	fn an_announcement_reads_as_the_protocol_has_it() {
		let content = RecordContent {
			patient: ParticipantId(1),
			author: ParticipantId(2),
			commitment: [3; 32],
			attributes: [4; 32],
			content_root: [5; 32],
			size: 6,
		};
		let attributes = Attributes {
			categories: CategorySet(16),
			sensitivity: Sensitivity::VeryRestricted,
			period: None,
		};
		let opening = AttributesOpening { salt: [7; 32], attributes };
		let wrap = WrappedKey {
			recipient: ParticipantId(8),
			suite: SealingSuite::XWing,
			sealed: vec![0, 0, 0],
		};
		let json = serde_json::to_value(Announcement::new(&content, &opening, vec![wrap], true));
		let hex = |byte| Hex([byte; 32]).to_string();
		assert_eq!(
			json.unwrap(),
			serde_json::json!({
				"content": {
					"patient": 1, "author": 2, "commitment": hex(3), "attributes": hex(4),
					"content_root": hex(5), "size": 6,
				},
				"opening": {
					"salt": hex(7),
					"attributes": {
						"categories": 16, "sensitivity": "very-restricted", "period": null,
					},
				},
				"wraps": [{"recipient": 8, "suite": "XWing", "sealed": "AAAA"}],
				"patientOnly": true,
			})
		);
	}

	#[test]
	fn a_receipt_reads_from_what_a_vault_answers() {
		let hex = |byte| Hex([byte; 32]).to_string();
		let receipt = serde_json::json!({
			"genesis": hex(1), "custodian": 7, "record": hex(2), "content_root": hex(3), "size": 4,
			"expires": 5, "signature": Hex([6; 64]).to_string(),
		});
		let status = serde_json::json!({
			"record": hex(2), "state": "stored", "upload": "/v1/x", "receipt": receipt,
		});
		let status: DepositStatus = serde_json::from_value(status).unwrap();
		let expected = Deposit { custodian: ParticipantId(7), expires: 5, signature: [6; 64] };
		assert_eq!((status.state.as_str(), status.receipt), ("stored", Some(expected)));
	}

	#[test]
	fn an_entry_is_hashed_as_the_protocol_says() {
		let entry = LogEntry {
			sequence: 2,
			previous_hash: Hex([1; 32]),
			hash: Hex([0; 32]),
			at: 7,
			actor: ParticipantId(5),
			record: RecordId([3; 32]),
			action: Action::Read,
			purpose: PurposeOfUse::Treat,
			event: LogEvent::Content,
			decision: Decision::Deny { reason: Reason::NoBasis },
			finalized_hash: Hex([4; 32]),
		};
		let fields: Vec<u8> = [
			&[1; 32][..],
			&2u64.to_le_bytes(),
			&7u64.to_le_bytes(),
			&5u64.to_le_bytes(),
			&6u64.to_le_bytes(),
			&[3; 32],
			// read, TREAT, content, deny with its reason
			&[0, 0, 1, 1, 5],
			&[4; 32],
		]
		.concat();
		struct Raw(Vec<u8>);
		impl Encode for Raw {
			fn encode_to<O: codec::Output + ?Sized>(&self, to: &mut O) {
				to.write(&self.0);
			}
		}
		assert_eq!(entry.expected_hash(ParticipantId(6)), Domain::AccessLog.hash(&Raw(fields)));
		assert_ne!(entry.expected_hash(ParticipantId(6)), entry.expected_hash(ParticipantId(7)));
	}
}
