//! What a vault says when it refuses: `application/problem+json` (RFC 9457).

use serde::{Deserialize, Serialize};

/// What the `type` of every problem starts with; its code follows.
pub const TYPE_PREFIX: &str = "urn:ward:problem:";

/// The body of a refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
	/// `urn:ward:problem:` and the code.
	#[serde(rename = "type")]
	pub kind: String,
	/// What happened, in a few words.
	pub title: String,
	/// The HTTP status.
	pub status: u16,
	/// What to do about it.
	pub detail: String,
	/// The request's id, as in the vault's logs.
	pub instance: String,
}

impl Problem {
	/// The code, if it is a problem of Ward's.
	pub fn code(&self) -> Option<&str> {
		self.kind.strip_prefix(TYPE_PREFIX)
	}
}
