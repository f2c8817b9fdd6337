//! Contingency mode: what a vault serves while the chain is out of order.

use serde::{Deserialize, Serialize};
use ward_primitives::Moment;

use crate::hex::Hex;

/// The header field that marks content which was given in contingency mode, with the state that the
/// decision was made at: `block=7, hash=0x…, at=…, until=…, trouble=chain-stalled`.
pub const CONTINGENCY_HEADER: &str = "ward-contingency";

/// The state at which decisions are made in contingency mode.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ContingencyJson {
	/// The number of the last finalized block that the vault has verified and followed.
	pub block: u64,
	/// Its hash.
	#[cfg_attr(feature = "openapi", schema(value_type = String))]
	pub hash: Hex<32>,
	/// Its timestamp: what was withdrawn or excluded later may not be known.
	pub at: Moment,
	/// When contingency mode ends, should the chain not be back before.
	pub until: Moment,
	/// What is wrong with the chain: `chain-stalled` or `chain-syncing`.
	pub trouble: String,
}

impl ContingencyJson {
	/// The value of [`CONTINGENCY_HEADER`].
	pub fn header(&self) -> String {
		let Self { block, hash, at, until, trouble } = self;
		format!("block={block}, hash={hash}, at={at}, until={until}, trouble={trouble}")
	}
}
