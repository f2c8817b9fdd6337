//! The JSON forms of the protocol. Members that mirror the chain's own types are named as there;
//! byte strings of fixed length are `0x` and hexadecimal digits.

use base64::{engine::general_purpose::STANDARD, Engine};
use serde::{de::Error, Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;
use ward_crypto::wrap::WrappedKey;
use ward_primitives::{
	participant::SealingSuite, Attributes, AttributesOpening, CategorySet, Custodian, DataPeriod,
	Decision, Deposit, Digest, Moment, ParticipantId, RecordContent, RecordId, RecordRow,
	Sensitivity,
};

use crate::{
	access_log::Entry,
	database::deposits::{DepositRow, DepositState},
};

/// 32 bytes as `0x` and 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hex32(pub Digest);

impl Serialize for Hex32 {
	fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
		RecordId(self.0).serialize(to)
	}
}

impl<'de> Deserialize<'de> for Hex32 {
	fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
		RecordId::deserialize(from)
			.map(|parsed| Self(parsed.0))
			.map_err(|_| D::Error::custom("expected 0x and 64 hexadecimal digits"))
	}
}

/// A byte string of any length as base64.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base64(pub Vec<u8>);

impl Serialize for Base64 {
	fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
		to.serialize_str(&STANDARD.encode(&self.0))
	}
}

impl<'de> Deserialize<'de> for Base64 {
	fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
		let text = String::deserialize(from)?;
		STANDARD.decode(text).map(Self).map_err(|_| D::Error::custom("expected base64"))
	}
}

/// Who this vault is, and what it takes.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VaultInfo {
	/// The participant number of the vault's center: the value of `Ward-Vault`.
	pub participant: u64,
	/// The hash of the chain's first block: the value of `Ward-Genesis`.
	#[schema(value_type = String)]
	pub genesis: Hex32,
	/// The Ed25519 key that signs deposit receipts.
	#[schema(value_type = String)]
	pub receipt_key: Hex32,
	/// The suite of the release key.
	#[schema(value_type = String, example = "XWing")]
	pub release_suite: SealingSuite,
	/// The public key to wrap data keys to for this vault, in base64.
	#[schema(value_type = String)]
	pub release_key: Base64,
	/// What it takes.
	pub limits: VaultLimits,
	/// The version of the vault's program.
	pub version: String,
}

/// The limits that a requester can meet.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VaultLimits {
	/// The largest ciphertext, in bytes.
	pub upload_bytes: u64,
	/// The bytes that one author may have in staging.
	pub staging_bytes: u64,
	/// The deposits that one author may have in staging.
	pub staging_deposits: u64,
	/// How long an unclaimed deposit is kept, in seconds.
	pub staging_seconds: u64,
	/// The largest JSON body, in bytes.
	pub json_bytes: usize,
	/// The most entries in one page of the log.
	pub log_page: usize,
}

/// What makes a record.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContentJson {
	/// Whom it is about.
	pub patient: u64,
	/// Who wrote it.
	pub author: u64,
	/// The commitment to its manifest.
	#[schema(value_type = String)]
	pub commitment: Hex32,
	/// The digest of its attributes.
	#[schema(value_type = String)]
	pub attributes: Hex32,
	/// BLAKE3 of the ciphertext.
	#[schema(value_type = String)]
	pub content_root: Hex32,
	/// The length of the ciphertext in bytes.
	pub size: u64,
}

impl From<ContentJson> for RecordContent {
	fn from(json: ContentJson) -> Self {
		Self {
			patient: ParticipantId(json.patient),
			author: ParticipantId(json.author),
			commitment: json.commitment.0,
			attributes: json.attributes.0,
			content_root: json.content_root.0,
			size: json.size,
		}
	}
}

impl From<RecordContent> for ContentJson {
	fn from(content: RecordContent) -> Self {
		Self {
			patient: content.patient.0,
			author: content.author.0,
			commitment: Hex32(content.commitment),
			attributes: Hex32(content.attributes),
			content_root: Hex32(content.content_root),
			size: content.size,
		}
	}
}

/// The attributes of a record.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AttributesJson {
	/// The set of categories: bit n stands for the category with the number n.
	pub categories: u16,
	/// `normal`, `restricted` or `very-restricted`.
	#[schema(value_type = String, example = "normal")]
	pub sensitivity: Sensitivity,
	/// The clinical time covered, `{start, end}` in milliseconds since the Unix epoch, or null.
	#[schema(value_type = Option<Object>)]
	pub period: Option<DataPeriod>,
}

/// The attributes with the salt that hides them.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpeningJson {
	/// 32 random bytes.
	#[schema(value_type = String)]
	pub salt: Hex32,
	/// The attributes.
	pub attributes: AttributesJson,
}

impl From<OpeningJson> for AttributesOpening {
	fn from(json: OpeningJson) -> Self {
		let AttributesJson { categories, sensitivity, period } = json.attributes;
		let attributes = Attributes { categories: CategorySet(categories), sensitivity, period };
		Self { salt: json.salt.0, attributes }
	}
}

impl From<AttributesOpening> for OpeningJson {
	fn from(opening: AttributesOpening) -> Self {
		let Attributes { categories, sensitivity, period } = opening.attributes;
		let attributes = AttributesJson { categories: categories.0, sensitivity, period };
		Self { salt: Hex32(opening.salt), attributes }
	}
}

/// What an author announces before uploading.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Announcement {
	/// What makes the record; its id is computed from it.
	pub content: ContentJson,
	/// The opening of the digest in `content.attributes`.
	pub opening: OpeningJson,
	/// The data key, wrapped for patient, author and this vault: `{recipient, suite, sealed}`.
	#[schema(value_type = Vec<Object>)]
	pub wraps: Vec<WrappedKey>,
	/// Whether this vault gets no wrap, so that nobody but patient and author can ever read.
	#[serde(default)]
	pub patient_only: bool,
}

/// A vault's signed word that it holds a record's ciphertext.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct ReceiptJson {
	/// The chain.
	#[schema(value_type = String)]
	pub genesis: Hex32,
	/// The center that holds the ciphertext.
	pub custodian: u64,
	/// The record.
	#[schema(value_type = String)]
	pub record: RecordId,
	/// BLAKE3 of the ciphertext.
	#[schema(value_type = String)]
	pub content_root: Hex32,
	/// The length of the ciphertext in bytes.
	pub size: u64,
	/// The first moment at which the receipt no longer counts.
	pub expires: Moment,
	/// The Ed25519 signature, `0x` and 128 hexadecimal digits.
	pub signature: String,
}

impl ReceiptJson {
	/// The JSON form of a signed receipt.
	pub fn of(genesis: Digest, record: RecordId, row: &DepositRow, deposit: &Deposit) -> Self {
		Self {
			genesis: Hex32(genesis),
			custodian: deposit.custodian.0,
			record,
			content_root: Hex32(row.content.content_root),
			size: row.content.size,
			expires: deposit.expires,
			signature: format!("0x{}", hex::encode(deposit.signature)),
		}
	}
}

/// How far a deposit has come.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DepositStatus {
	/// The record.
	#[schema(value_type = String)]
	pub record: RecordId,
	/// `announced`, `stored` or `anchored`.
	pub state: String,
	/// The path to upload the ciphertext to.
	pub upload: String,
	/// The receipt, once the content is stored.
	pub receipt: Option<ReceiptJson>,
}

/// The name of a state in JSON.
pub const fn state_name(state: DepositState) -> &'static str {
	match state {
		DepositState::Announced => "announced",
		DepositState::Stored { .. } => "stored",
		DepositState::Anchored => "anchored",
	}
}

/// A center that holds a record.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct CustodianJson {
	/// The center.
	pub center: u64,
	/// The row's number among that center's rows.
	pub row: u64,
}

impl From<&Custodian> for CustodianJson {
	fn from(custodian: &Custodian) -> Self {
		Self { center: custodian.center.0, row: custodian.row }
	}
}

/// A record's row on the chain.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct RowJson {
	/// What the record is.
	pub content: ContentJson,
	/// The center on whose behalf it was written.
	pub author_center: Option<u64>,
	/// Who holds the ciphertext.
	pub custodians: Vec<CustodianJson>,
	/// When it was anchored.
	pub anchored_at: Moment,
	/// The first record of its lineage.
	#[schema(value_type = String)]
	pub lineage: RecordId,
	/// The record that it corrects or replaces.
	#[schema(value_type = Option<String>)]
	pub supersedes: Option<RecordId>,
	/// The record that corrects or replaces it.
	#[schema(value_type = Option<String>)]
	pub superseded_by: Option<RecordId>,
}

impl From<&RecordRow> for RowJson {
	fn from(row: &RecordRow) -> Self {
		Self {
			content: row.content.into(),
			author_center: row.author_center.map(|center| center.0),
			custodians: row.custodians.iter().map(Into::into).collect(),
			anchored_at: row.anchored_at,
			lineage: row.lineage,
			supersedes: row.supersedes,
			superseded_by: row.superseded_by,
		}
	}
}

/// What a vault tells of a record to who may read it.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecordFactsJson {
	/// The row at the finalized head.
	pub row: RowJson,
	/// The opening of its attributes.
	pub opening: OpeningJson,
	/// Whether only patient and author can be given the data key.
	pub patient_only: bool,
	/// The decision that permitted this, with what it obliges to.
	#[schema(value_type = Object)]
	pub decision: Decision,
}

/// What a reader sends to have the data key released.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReleaseRequest {
	/// The suite of the sealing key.
	#[schema(value_type = String, example = "XWing")]
	pub suite: SealingSuite,
	/// The reader's public sealing key, whose digest stands on the chain, in base64.
	#[schema(value_type = String)]
	pub sealing_key: Base64,
}

/// The data key, wrapped for the reader.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct ReleasedKey {
	/// `recipient`, `suite` and `sealed`.
	#[serde(flatten)]
	#[schema(value_type = Object)]
	pub wrapped: WrappedKey,
	/// The decision that permitted this, with what it obliges to.
	#[schema(value_type = Object)]
	pub decision: Decision,
}

/// One entry of the access log.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LogEntryJson {
	/// The number.
	pub sequence: u64,
	/// When, by the vault's clock.
	pub at: Moment,
	/// Who asked; 0 for who is not on the chain.
	pub actor: u64,
	/// The record.
	#[schema(value_type = String)]
	pub record: RecordId,
	/// The HL7 PurposeOfUse code.
	#[schema(value_type = String)]
	pub purpose: ward_primitives::PurposeOfUse,
	/// `read` or `write`.
	#[schema(value_type = String)]
	pub action: ward_primitives::Action,
	/// `key`, `content`, `facts` or `promotion`.
	pub event: String,
	/// The decision.
	#[schema(value_type = Object)]
	pub decision: Decision,
	/// The hash of the entry before, of whomever it is.
	#[schema(value_type = String)]
	pub previous_hash: Hex32,
	/// The entry's own hash.
	#[schema(value_type = String)]
	pub hash: Hex32,
	/// The finalized block that it was decided at.
	#[schema(value_type = String)]
	pub finalized_hash: Hex32,
}

impl From<&Entry> for LogEntryJson {
	fn from(entry: &Entry) -> Self {
		let facts = entry.facts;
		Self {
			sequence: entry.sequence,
			at: facts.at,
			actor: facts.actor.0,
			record: facts.record,
			purpose: facts.purpose,
			action: facts.action,
			event: facts.event.name().into(),
			decision: facts.decision,
			previous_hash: Hex32(entry.previous_hash),
			hash: Hex32(entry.hash()),
			finalized_hash: Hex32(facts.finalized),
		}
	}
}

/// A page of the access log.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct LogPage {
	/// The entries about the patient, oldest first.
	pub entries: Vec<LogEntryJson>,
	/// The number to go on from; null at the end.
	pub next: Option<u64>,
}
