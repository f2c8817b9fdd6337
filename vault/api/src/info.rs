//! Who a vault is.

use serde::{Deserialize, Serialize};
use ward_primitives::{participant::SealingSuite, ParticipantId};

use crate::{base64::Base64, hex::Hex};

/// Who this vault is, and what it takes.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VaultInfo {
	/// The participant number of the vault's center: the value of `Ward-Vault`.
	#[cfg_attr(feature = "openapi", schema(value_type = u64))]
	pub participant: ParticipantId,
	/// The hash of the chain's first block: the value of `Ward-Genesis`.
	#[cfg_attr(feature = "openapi", schema(value_type = String))]
	pub genesis: Hex<32>,
	/// The Ed25519 key that signs deposit receipts.
	#[cfg_attr(feature = "openapi", schema(value_type = String))]
	pub receipt_key: Hex<32>,
	/// The suite of the release key.
	#[cfg_attr(feature = "openapi", schema(value_type = String, example = "XWing"))]
	pub release_suite: SealingSuite,
	/// The public key to wrap data keys to for this vault, in base64.
	#[cfg_attr(feature = "openapi", schema(value_type = String))]
	pub release_key: Base64,
	/// What it takes.
	pub limits: VaultLimits,
	/// The version of the vault's program.
	pub version: String,
}

/// The limits that a requester can meet.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
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
