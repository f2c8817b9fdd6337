//! What makes a record, and what a vault tells of one.

use serde::{Deserialize, Serialize};
use ward_primitives::{
	Attributes, AttributesOpening, CategorySet, Custodian, DataPeriod, Decision, Moment,
	ParticipantId, RecordContent, RecordId, RecordRow, Sensitivity,
};

use crate::{contingency::ContingencyJson, hex::Hex};

/// What makes a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ContentJson {
	/// Whom it is about.
	#[cfg_attr(feature = "openapi", schema(value_type = u64))]
	pub patient: ParticipantId,
	/// Who wrote it.
	#[cfg_attr(feature = "openapi", schema(value_type = u64))]
	pub author: ParticipantId,
	/// The commitment to its manifest.
	#[cfg_attr(feature = "openapi", schema(value_type = String))]
	pub commitment: Hex<32>,
	/// The digest of its attributes.
	#[cfg_attr(feature = "openapi", schema(value_type = String))]
	pub attributes: Hex<32>,
	/// BLAKE3 of the ciphertext.
	#[cfg_attr(feature = "openapi", schema(value_type = String))]
	pub content_root: Hex<32>,
	/// The length of the ciphertext in bytes.
	pub size: u64,
}

impl From<ContentJson> for RecordContent {
	fn from(json: ContentJson) -> Self {
		let ContentJson { patient, author, commitment, attributes, content_root, size } = json;
		Self {
			patient,
			author,
			commitment: commitment.0,
			attributes: attributes.0,
			content_root: content_root.0,
			size,
		}
	}
}

impl From<RecordContent> for ContentJson {
	fn from(content: RecordContent) -> Self {
		let RecordContent { patient, author, commitment, attributes, content_root, size } = content;
		Self {
			patient,
			author,
			commitment: Hex(commitment),
			attributes: Hex(attributes),
			content_root: Hex(content_root),
			size,
		}
	}
}

/// The attributes of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AttributesJson {
	/// The set of categories: bit n stands for the category with the number n.
	pub categories: u16,
	/// `normal`, `restricted` or `very-restricted`.
	#[cfg_attr(feature = "openapi", schema(value_type = String, example = "normal"))]
	pub sensitivity: Sensitivity,
	/// The clinical time covered, `{start, end}` in milliseconds since the Unix epoch, or null.
	#[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
	pub period: Option<DataPeriod>,
}

/// The attributes with the salt that hides them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OpeningJson {
	/// 32 random bytes.
	#[cfg_attr(feature = "openapi", schema(value_type = String))]
	pub salt: Hex<32>,
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
		Self { salt: Hex(opening.salt), attributes }
	}
}

/// A center that holds a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CustodianJson {
	/// The center.
	#[cfg_attr(feature = "openapi", schema(value_type = u64))]
	pub center: ParticipantId,
	/// The row's number among that center's rows.
	pub row: u64,
}

impl From<&Custodian> for CustodianJson {
	fn from(custodian: &Custodian) -> Self {
		Self { center: custodian.center, row: custodian.row }
	}
}

/// A record's row on the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RowJson {
	/// What the record is.
	pub content: ContentJson,
	/// The center on whose behalf it was written.
	#[cfg_attr(feature = "openapi", schema(value_type = Option<u64>))]
	pub author_center: Option<ParticipantId>,
	/// Who holds the ciphertext.
	pub custodians: Vec<CustodianJson>,
	/// When it was anchored.
	pub anchored_at: Moment,
	/// The first record of its lineage.
	#[cfg_attr(feature = "openapi", schema(value_type = String))]
	pub lineage: RecordId,
	/// The record that it corrects or replaces.
	#[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
	pub supersedes: Option<RecordId>,
	/// The record that corrects or replaces it.
	#[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
	pub superseded_by: Option<RecordId>,
}

impl From<&RecordRow> for RowJson {
	fn from(row: &RecordRow) -> Self {
		Self {
			content: row.content.into(),
			author_center: row.author_center,
			custodians: row.custodians.iter().map(Into::into).collect(),
			anchored_at: row.anchored_at,
			lineage: row.lineage,
			supersedes: row.supersedes,
			superseded_by: row.superseded_by,
		}
	}
}

/// What a vault tells of a record to who may read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecordFactsJson {
	/// The row at the finalized head.
	pub row: RowJson,
	/// The opening of its attributes.
	pub opening: OpeningJson,
	/// Whether only patient and author can be given the data key.
	pub patient_only: bool,
	/// The decision that permitted this, with what it obliges to.
	#[cfg_attr(feature = "openapi", schema(value_type = Object))]
	pub decision: Decision,
	/// Only in contingency mode: the state that this was decided at.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub contingency: Option<ContingencyJson>,
}
