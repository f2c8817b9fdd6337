//! Public sealing keys, of which the chain has only the digests.

use serde::{Deserialize, Serialize};
use ward_primitives::{
	participant::{SealingKey, SealingSuite},
	ParticipantId,
};

use crate::base64::Base64;

/// A public sealing key that is lodged with a vault, for those who write about its owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LodgedKey {
	/// Whose key it is: the requester, or somebody whom the requester sponsors.
	#[cfg_attr(feature = "openapi", schema(value_type = u64))]
	pub participant: ParticipantId,
	/// Its suite.
	#[cfg_attr(feature = "openapi", schema(value_type = String, example = "XWing"))]
	pub suite: SealingSuite,
	/// The key in base64.
	#[cfg_attr(feature = "openapi", schema(value_type = String))]
	pub sealing_key: Base64,
}

/// A public sealing key that was asked for by its digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SealingKeyJson {
	/// Its suite.
	#[cfg_attr(feature = "openapi", schema(value_type = String, example = "XWing"))]
	pub suite: SealingSuite,
	/// The key in base64.
	#[cfg_attr(feature = "openapi", schema(value_type = String))]
	pub sealing_key: Base64,
}

impl SealingKeyJson {
	/// The key, if it is the one that stands on the chain as `on_chain`.
	pub fn checked(self, on_chain: &SealingKey) -> Option<Vec<u8>> {
		let is_it = self.suite == on_chain.suite && on_chain.matches(&self.sealing_key.0);
		is_it.then_some(self.sealing_key.0)
	}
}
