//! The manifest: what a record's content is.

use serde::{Deserialize, Serialize};
use ward_primitives::Digest;

/// The longest manifest in bytes.
pub const MAX_MANIFEST_LEN: usize = 64 * 1024;

/// What a record's content is. It is sealed with the content; the chain has only a commitment to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
	format: Format,
	/// The content's media type, for example `application/fhir+json`.
	pub media_type: String,
	/// The length of the content in bytes.
	pub length: u64,
	/// BLAKE3 of the content.
	#[serde(with = "hex_digest")]
	pub digest: Digest,
	/// A title for people.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub title: Option<String>,
	/// The name of the file that the content came from.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub file_name: Option<String>,
	/// For FHIR content the resource type, for example `Bundle`.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub fhir_type: Option<String>,
	/// For FHIR content the FHIR version, for example `4.0.1`.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub fhir_version: Option<String>,
	/// How the content was made from the input.
	pub canonicalisation: Canonicalisation,
	/// When the content was sealed, in RFC 3339.
	pub created_at: String,
}

/// The version of the manifest's format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Format {
	#[serde(rename = "ward-manifest/v1")]
	V1,
}

/// How the content was made from the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Canonicalisation {
	/// The content is the input, bit for bit.
	None,
}

/// Why a manifest cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
	/// Longer than [`MAX_MANIFEST_LEN`].
	#[error(
		"the manifest has {0} bytes, the most is {MAX_MANIFEST_LEN}; shorten title or file name"
	)]
	TooLong(usize),
	/// Not the JSON object that the protocol describes.
	#[error("the manifest is not a ward-manifest/v1")]
	Malformed(#[from] serde_json::Error),
}

impl Manifest {
	/// The manifest of a content with this length and BLAKE3 digest; the optional members are none.
	pub fn new(
		media_type: impl Into<String>,
		length: u64,
		digest: Digest,
		created_at: impl Into<String>,
	) -> Self {
		Self {
			format: Format::V1,
			media_type: media_type.into(),
			length,
			digest,
			title: None,
			file_name: None,
			fhir_type: None,
			fhir_version: None,
			canonicalisation: Canonicalisation::None,
			created_at: created_at.into(),
		}
	}

	/// The JSON bytes that are committed to and sealed.
	pub fn to_bytes(&self) -> Result<Vec<u8>, ManifestError> {
		let bytes = serde_json::to_vec(self)?;
		match bytes.len() {
			len if len > MAX_MANIFEST_LEN => Err(ManifestError::TooLong(len)),
			_ => Ok(bytes),
		}
	}

	/// The manifest with these JSON bytes. Members that this version does not know are ignored.
	pub fn from_bytes(bytes: &[u8]) -> Result<Self, ManifestError> {
		match bytes.len() {
			len if len > MAX_MANIFEST_LEN => Err(ManifestError::TooLong(len)),
			_ => Ok(serde_json::from_slice(bytes)?),
		}
	}
}

/// JSON form of a digest: `0x` and 64 hexadecimal digits, as of a record id.
mod hex_digest {
	use serde::{de::Error, Deserialize, Deserializer, Serializer};
	use ward_primitives::{Digest, RecordId};

	pub(super) fn serialize<S: Serializer>(digest: &Digest, to: S) -> Result<S::Ok, S::Error> {
		to.collect_str(&RecordId(*digest))
	}

	pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Digest, D::Error> {
		let text = String::deserialize(from)?;
		let parsed = text.parse::<RecordId>();
		parsed.map(|id| id.0).map_err(|_| D::Error::custom("expected 0x and 64 hex digits"))
	}
}
