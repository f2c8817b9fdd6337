//! Releasing data keys.

use serde::{Deserialize, Serialize};
use ward_crypto::wrap::WrappedKey;
use ward_primitives::{participant::SealingSuite, Decision};

use crate::{base64::Base64, contingency::ContingencyJson};

/// What a reader sends to have the data key released.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReleaseRequest {
	/// The suite of the sealing key.
	#[cfg_attr(feature = "openapi", schema(value_type = String, example = "XWing"))]
	pub suite: SealingSuite,
	/// The reader's public sealing key, whose digest stands on the chain, in base64.
	#[cfg_attr(feature = "openapi", schema(value_type = String))]
	pub sealing_key: Base64,
}

/// The data key, wrapped for the reader.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReleasedKey {
	/// `recipient`, `suite` and `sealed`.
	#[serde(flatten)]
	#[cfg_attr(feature = "openapi", schema(value_type = Object))]
	pub wrapped: WrappedKey,
	/// The decision that permitted this, with what it obliges to.
	#[cfg_attr(feature = "openapi", schema(value_type = Object))]
	pub decision: Decision,
	/// Only in contingency mode: the state that this was decided at.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub contingency: Option<ContingencyJson>,
}
