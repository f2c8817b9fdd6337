//! What a vault says when it refuses: `application/problem+json`.

use reqwest::{StatusCode, Url};
use serde::Deserialize;
use ward_primitives::ParticipantId;

use crate::error::{Error, Kind};

/// A vault's refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
	/// The code: the last part of `type`.
	pub code: String,
	/// What happened.
	pub title: String,
	/// What to do about it.
	pub detail: String,
	/// The request's id in the vault's logs.
	pub instance: Option<String>,
}

#[derive(Deserialize)]
struct Document {
	#[serde(rename = "type")]
	kind: String,
	#[serde(default)]
	title: String,
	#[serde(default)]
	detail: String,
	#[serde(default)]
	instance: Option<String>,
}

impl Problem {
	/// Reads a problem document. What stands between client and vault may answer something else, of
	/// which only the status is taken.
	pub(super) fn read(status: StatusCode, body: &[u8]) -> Self {
		let document = serde_json::from_slice::<Document>(body).ok();
		let known = document.and_then(|document| {
			let code = document.kind.strip_prefix("urn:ward:problem:")?.to_owned();
			Some(Self {
				code,
				title: document.title,
				detail: document.detail,
				instance: document.instance,
			})
		});
		known.unwrap_or_else(|| {
			let code = match super::is_vaults_fault(status) {
				true => "vault-failed",
				false => "vault-refused",
			};
			Self {
				code: code.into(),
				title: format!("HTTP status {status}"),
				detail: "The answer is none of a Ward vault's; check the address on the chain."
					.into(),
				instance: None,
			}
		})
	}

	pub(super) fn into_error(self, center: ParticipantId, address: &Url) -> Error {
		let kind = match self.code.as_str() {
			"access-denied" => Kind::Denied,
			"content-damaged" | "content-mismatch" | "size-mismatch" => Kind::Mismatch,
			_ => Kind::Vault,
		};
		let request = match &self.instance {
			Some(instance) => format!(" (request {instance})"),
			None => String::new(),
		};
		let what = format!("the vault of center {center} at {address} refused: {}", self.title);
		Error::new(kind, what + &request).code_is(self.code).hint(self.detail)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn error(status: u16, body: &str) -> Error {
		let status = StatusCode::from_u16(status).unwrap();
		let address = Url::parse("https://vault.example").unwrap();
		Problem::read(status, body.as_bytes()).into_error(ParticipantId(7), &address)
	}

	#[test]
	fn a_problem_becomes_an_error_with_its_code_center_and_remedy() {
		let error = error(
			403,
			r#"{"type":"urn:ward:problem:access-denied","title":"Access is denied","status":403,
				"detail":"Ask the patient.","instance":"ab12"}"#,
		);
		assert_eq!((error.kind(), error.code()), (Kind::Denied, "access-denied"));
		assert!(error.to_string().contains("center 7") && error.to_string().contains("ab12"));
		assert_eq!(error.remedy(), Some("Ask the patient."));
	}

	#[test]
	fn damage_in_the_vault_is_a_mismatch_and_its_faults_are_the_vaults() {
		let problem = |code| format!(r#"{{"type":"urn:ward:problem:{code}","title":"t"}}"#);
		assert_eq!(error(500, &problem("content-damaged")).kind(), Kind::Mismatch);
		assert_eq!(error(507, &problem("insufficient-storage")).kind(), Kind::Vault);
	}

	#[test]
	fn what_is_no_problem_document_is_not_trusted() {
		for body in ["", "<html>", "{}", r#"{"type":"about:blank"}"#] {
			assert_eq!(error(502, body).code(), "vault-failed");
			assert_eq!(error(404, body).code(), "vault-refused");
		}
	}
}
