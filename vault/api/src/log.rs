//! The access log: its entries, as they are hashed and as a patient reads them.

use codec::{Decode, Encode};
use serde::{Deserialize, Serialize};
use ward_primitives::{
	hash::Domain, Action, Decision, Digest, Moment, ParticipantId, PurposeOfUse, RecordId,
};

use crate::hex::Hex;

/// What was decided on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
	/// The release of a data key.
	#[codec(index = 0)]
	Key,
	/// The release of content, all of it or a range.
	#[codec(index = 1)]
	Content,
	/// A record became anchored here. The chain decided; the entry shows from when on it is held.
	#[codec(index = 2)]
	Promotion,
	/// The release of a record's facts: its row and its attributes.
	#[codec(index = 3)]
	Facts,
	/// As [`Self::Key`], in contingency mode: decided at the last state that the vault could verify.
	#[codec(index = 4)]
	KeyInContingency,
	/// As [`Self::Content`], in contingency mode.
	#[codec(index = 5)]
	ContentInContingency,
	/// As [`Self::Facts`], in contingency mode.
	#[codec(index = 6)]
	FactsInContingency,
	/// The content for the vault of another custodian. The chain decided, by naming it as one.
	#[codec(index = 7)]
	Copy,
	/// A record that was handed over is not held here any more; most often, all of it is deleted next. The chain
	/// decided, by naming another center in the place of this one.
	#[codec(index = 8)]
	HandOver,
}

impl Event {
	/// All events, in the order of their numbers.
	pub const ALL: [Self; 9] = [
		Self::Key,
		Self::Content,
		Self::Promotion,
		Self::Facts,
		Self::KeyInContingency,
		Self::ContentInContingency,
		Self::FactsInContingency,
		Self::Copy,
		Self::HandOver,
	];

	/// The same event in contingency mode, in which nothing is promoted, copied or handed over.
	#[must_use]
	pub const fn in_contingency(self) -> Self {
		match self {
			Self::Key => Self::KeyInContingency,
			Self::Content => Self::ContentInContingency,
			Self::Facts => Self::FactsInContingency,
			other => other,
		}
	}

	/// The name in JSON.
	pub const fn name(self) -> &'static str {
		match self {
			Self::Key => "key",
			Self::Content => "content",
			Self::Promotion => "promotion",
			Self::Facts => "facts",
			Self::KeyInContingency => "key-in-contingency",
			Self::ContentInContingency => "content-in-contingency",
			Self::FactsInContingency => "facts-in-contingency",
			Self::Copy => "copy",
			Self::HandOver => "hand-over",
		}
	}
}

/// What an entry says, apart from its place in the chain of entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct LogFacts {
	/// When, by the vault's clock.
	pub at: Moment,
	/// Who asked; 0 for who is not on the chain.
	pub actor: ParticipantId,
	/// Whom the record is about; 0 for a record that is not on the chain.
	pub patient: ParticipantId,
	/// The record.
	pub record: RecordId,
	/// What the actor wanted to do.
	pub action: Action,
	/// What for.
	pub purpose: PurposeOfUse,
	/// What was decided on.
	pub event: Event,
	/// The decision.
	pub decision: Decision,
	/// The finalized block that it was decided at.
	pub finalized: Digest,
}

/// One entry. Its SCALE encoding is what is hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Entry {
	/// The hash of the entry before; the genesis hash for the first.
	pub previous_hash: Digest,
	/// The number.
	pub sequence: u64,
	/// What it says.
	pub facts: LogFacts,
}

impl Entry {
	/// The hash that the next entry carries on.
	pub fn hash(&self) -> Digest {
		Domain::AccessLog.hash(self)
	}
}

/// One entry of the access log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LogEntryJson {
	/// The number.
	pub sequence: u64,
	/// When, by the vault's clock.
	pub at: Moment,
	/// Who asked; 0 for who is not on the chain.
	#[cfg_attr(feature = "openapi", schema(value_type = u64))]
	pub actor: ParticipantId,
	/// The record.
	#[cfg_attr(feature = "openapi", schema(value_type = String))]
	pub record: RecordId,
	/// The HL7 PurposeOfUse code.
	#[cfg_attr(feature = "openapi", schema(value_type = String))]
	pub purpose: PurposeOfUse,
	/// `read` or `write`.
	#[cfg_attr(feature = "openapi", schema(value_type = String))]
	pub action: Action,
	/// `key`, `content`, `facts`, `promotion`, `copy` or `hand-over`; the first three also with
	/// `-in-contingency`.
	#[cfg_attr(feature = "openapi", schema(value_type = String))]
	pub event: Event,
	/// The decision.
	#[cfg_attr(feature = "openapi", schema(value_type = Object))]
	pub decision: Decision,
	/// The hash of the entry before, of whomever it is.
	#[cfg_attr(feature = "openapi", schema(value_type = String))]
	pub previous_hash: Hex<32>,
	/// The entry's own hash.
	#[cfg_attr(feature = "openapi", schema(value_type = String))]
	pub hash: Hex<32>,
	/// The finalized block that it was decided at.
	#[cfg_attr(feature = "openapi", schema(value_type = String))]
	pub finalized_hash: Hex<32>,
}

impl From<&Entry> for LogEntryJson {
	fn from(entry: &Entry) -> Self {
		let facts = entry.facts;
		Self {
			sequence: entry.sequence,
			at: facts.at,
			actor: facts.actor,
			record: facts.record,
			purpose: facts.purpose,
			action: facts.action,
			event: facts.event,
			decision: facts.decision,
			previous_hash: Hex(entry.previous_hash),
			hash: Hex(entry.hash()),
			finalized_hash: Hex(facts.finalized),
		}
	}
}

impl LogEntryJson {
	/// The hash that the entry should have, if it is about this patient.
	pub fn expected_hash(&self, patient: ParticipantId) -> Digest {
		let facts = LogFacts {
			at: self.at,
			actor: self.actor,
			patient,
			record: self.record,
			action: self.action,
			purpose: self.purpose,
			event: self.event,
			decision: self.decision,
			finalized: self.finalized_hash.0,
		};
		Entry { previous_hash: self.previous_hash.0, sequence: self.sequence, facts }.hash()
	}
}

/// A page of the access log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LogPage {
	/// The entries about the patient, oldest first.
	pub entries: Vec<LogEntryJson>,
	/// The number to go on from; null at the end.
	pub next: Option<u64>,
}

#[cfg(test)]
mod tests {
	use super::*;
	use ward_primitives::Reason;

	fn entry() -> Entry {
		let facts = LogFacts {
			at: 7,
			actor: ParticipantId(5),
			patient: ParticipantId(6),
			record: RecordId([3; 32]),
			action: Action::Read,
			purpose: PurposeOfUse::Treat,
			event: Event::Content,
			decision: Decision::Deny { reason: Reason::NoBasis },
			finalized: [4; 32],
		};
		Entry { previous_hash: [1; 32], sequence: 2, facts }
	}

	#[test]
	fn an_entry_is_hashed_as_the_protocol_says() {
		let mut message = b"ward/access-log/v1\0".to_vec();
		message.extend([1; 32]);
		message.extend(2u64.to_le_bytes());
		message.extend(7u64.to_le_bytes());
		message.extend(5u64.to_le_bytes());
		message.extend(6u64.to_le_bytes());
		message.extend([3; 32]);
		// read, TREAT, content, deny with its reason
		message.extend([0, 0, 1, 1, 5]);
		message.extend([4; 32]);
		assert_eq!(Domain::AccessLog.message(&entry()), message);
	}

	#[test]
	fn a_patient_computes_the_hash_of_an_entry_from_what_its_json_says() {
		let json = serde_json::to_string(&LogEntryJson::from(&entry())).unwrap();
		let read: LogEntryJson = serde_json::from_str(&json).unwrap();
		assert_eq!(read.expected_hash(ParticipantId(6)), entry().hash());
		assert_eq!(read.hash.0, entry().hash());
		assert_ne!(read.expected_hash(ParticipantId(7)), entry().hash());
	}

	#[test]
	fn an_event_has_the_same_name_everywhere() {
		for (number, event) in Event::ALL.into_iter().enumerate() {
			assert_eq!(serde_json::to_value(event).unwrap(), event.name());
			assert_eq!(event.encode(), [number as u8]);
		}
	}
}
