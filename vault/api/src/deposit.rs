//! Announcing and depositing.

use serde::{Deserialize, Serialize};
use ward_crypto::wrap::WrappedKey;
use ward_primitives::{
	AttributesOpening, Deposit, Digest, Moment, ParticipantId, RecordContent, RecordId,
};

use crate::{
	hex::Hex,
	record::{ContentJson, OpeningJson},
};

/// What an author announces before uploading.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Announcement {
	/// What makes the record; its id is computed from it.
	pub content: ContentJson,
	/// The opening of the digest in `content.attributes`.
	pub opening: OpeningJson,
	/// The data key, wrapped for patient, author and this vault: `{recipient, suite, sealed}`.
	#[cfg_attr(feature = "openapi", schema(value_type = Vec<Object>))]
	pub wraps: Vec<WrappedKey>,
	/// Whether this vault gets no wrap, so that nobody but patient and author can ever read.
	#[serde(default)]
	pub patient_only: bool,
	/// Further centers that are to hold the record: their vaults may fetch the content here as soon as it
	/// is stored, before the record is anchored.
	#[serde(default, skip_serializing_if = "Vec::is_empty")]
	#[cfg_attr(feature = "openapi", schema(value_type = Vec<u64>))]
	pub custodians: Vec<ParticipantId>,
	/// The center from whose vault this one is to fetch the content, instead of waiting for an upload. That
	/// vault must have it, and have been told of this one in `custodians`, or be handing the record over.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	#[cfg_attr(feature = "openapi", schema(value_type = Option<u64>))]
	pub from: Option<ParticipantId>,
}

impl Announcement {
	/// The announcement of the record with this content.
	pub fn new(
		content: RecordContent,
		opening: AttributesOpening,
		wraps: Vec<WrappedKey>,
		patient_only: bool,
	) -> Self {
		Self {
			content: content.into(),
			opening: opening.into(),
			wraps,
			patient_only,
			custodians: Vec::new(),
			from: None,
		}
	}

	/// The same, with further centers whose vaults may fetch the content from this one.
	#[must_use]
	pub fn shared_with(self, custodians: Vec<ParticipantId>) -> Self {
		Self { custodians, ..self }
	}

	/// The same, for a vault that is to fetch the content from that of another center.
	#[must_use]
	pub fn fetched_from(self, center: ParticipantId) -> Self {
		Self { from: Some(center), ..self }
	}
}

/// A vault's signed word that it holds a record's ciphertext.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReceiptJson {
	/// The chain.
	#[cfg_attr(feature = "openapi", schema(value_type = String))]
	pub genesis: Hex<32>,
	/// The center that holds the ciphertext.
	#[cfg_attr(feature = "openapi", schema(value_type = u64))]
	pub custodian: ParticipantId,
	/// The record.
	#[cfg_attr(feature = "openapi", schema(value_type = String))]
	pub record: RecordId,
	/// BLAKE3 of the ciphertext.
	#[cfg_attr(feature = "openapi", schema(value_type = String))]
	pub content_root: Hex<32>,
	/// The length of the ciphertext in bytes.
	pub size: u64,
	/// The first moment at which the receipt no longer counts.
	pub expires: Moment,
	/// The Ed25519 signature, `0x` and 128 hexadecimal digits.
	#[cfg_attr(feature = "openapi", schema(value_type = String))]
	pub signature: Hex<64>,
}

impl ReceiptJson {
	/// The receipt for the record with this content.
	pub const fn new(
		genesis: Digest,
		record: RecordId,
		content: &RecordContent,
		deposit: &Deposit,
	) -> Self {
		Self {
			genesis: Hex(genesis),
			custodian: deposit.custodian,
			record,
			content_root: Hex(content.content_root),
			size: content.size,
			expires: deposit.expires,
			signature: Hex(deposit.signature),
		}
	}

	/// What of it goes to the chain.
	pub const fn deposit(&self) -> Deposit {
		Deposit { custodian: self.custodian, expires: self.expires, signature: self.signature.0 }
	}
}

/// How far a deposit has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DepositStatus {
	/// The record.
	#[cfg_attr(feature = "openapi", schema(value_type = String))]
	pub record: RecordId,
	/// `announced`, `stored` or `anchored`.
	pub state: String,
	/// The path to upload the ciphertext to.
	pub upload: String,
	/// The receipt, once the content is stored.
	pub receipt: Option<ReceiptJson>,
	/// The fetching of the content from another vault, if that was asked for and has not succeeded yet.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub copy: Option<CopyJson>,
}

/// How the fetching of content from another vault goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CopyJson {
	/// The center whose vault is asked.
	#[cfg_attr(feature = "openapi", schema(value_type = u64))]
	pub from: ParticipantId,
	/// Why it was given up: `endpoint`, `unreachable`, `refused`, `mismatch`, `too-slow`, `storage` or
	/// `chain`; none while it is under way. Announce the record again to let it be tried again, or upload the
	/// content.
	pub failure: Option<String>,
}

#[cfg(test)]
mod tests {
	use super::*;
	use serde_json::json;
	use ward_primitives::{participant::SealingSuite, Attributes, CategorySet, Sensitivity};

	fn hex(byte: u8) -> String {
		Hex([byte; 32]).to_string()
	}

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
		let announcement = Announcement::new(content, opening, vec![wrap], true);
		let mut json = json!({
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
		});
		assert_eq!(serde_json::to_value(&announcement).unwrap(), json);
		assert_eq!(serde_json::from_value::<Announcement>(json.clone()).unwrap(), announcement);
		json["patientOnly"].take();
		json.as_object_mut().unwrap().remove("patientOnly");
		assert!(!serde_json::from_value::<Announcement>(json.clone()).unwrap().patient_only);
		json["content"]["note"] = "a member that the vault would ignore".into();
		assert!(serde_json::from_value::<Announcement>(json).is_err());
	}

	#[test]
	fn who_may_copy_and_from_whom_is_left_out_unless_it_is_said() {
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
			sensitivity: Sensitivity::Normal,
			period: None,
		};
		let opening = AttributesOpening { salt: [7; 32], attributes };
		let plain = || Announcement::new(content, opening, vec![], false);
		let first = serde_json::to_value(plain().shared_with(vec![ParticipantId(9)])).unwrap();
		assert_eq!((&first["custodians"], first.get("from")), (&json!([9]), None));
		let second = serde_json::to_value(plain().fetched_from(ParticipantId(8))).unwrap();
		assert_eq!((second.get("custodians"), &second["from"]), (None, &json!(8)));
		let read: Announcement = serde_json::from_value(second).unwrap();
		assert_eq!(read, plain().fetched_from(ParticipantId(8)));
	}

	#[test]
	fn a_receipt_reads_as_the_protocol_has_it() {
		let json = json!({
			"record": hex(2), "state": "stored", "upload": "/v1/x",
			"receipt": {
				"genesis": hex(1), "custodian": 7, "record": hex(2), "content_root": hex(3),
				"size": 4, "expires": 5, "signature": Hex([6; 64]).to_string(),
			},
		});
		let status: DepositStatus = serde_json::from_value(json.clone()).unwrap();
		let receipt = status.receipt.unwrap();
		let expected = Deposit { custodian: ParticipantId(7), expires: 5, signature: [6; 64] };
		assert_eq!((status.state.as_str(), receipt.deposit()), ("stored", expected));
		assert_eq!(serde_json::to_value(status).unwrap(), json);
	}
}
