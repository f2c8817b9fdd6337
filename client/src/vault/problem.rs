//! What a vault says when it refuses, as an error of this program.

use reqwest::{StatusCode, Url};
use ward_primitives::ParticipantId;
use ward_vault_api::problem::Problem;

use crate::error::{Error, Kind};

/// The error for a refusal. What stands between client and vault may answer something else, of which
/// only the status is taken.
pub(super) fn refused(
	status: StatusCode,
	body: &[u8],
	center: ParticipantId,
	address: &Url,
) -> Error {
	let problem = serde_json::from_slice::<Problem>(body).ok();
	let Some((problem, code)) = problem.as_ref().and_then(|known| Some((known, known.code()?)))
	else {
		let code = if status.is_server_error() { "vault-failed" } else { "vault-refused" };
		let what =
			format!("the vault of center {center} at {address} refused: HTTP status {status}");
		return Error::new(Kind::Vault, what)
			.code_is(code)
			.hint("the answer is none of a Ward vault's; check the address on the chain");
	};
	// Every request is signed a moment before it is sent, so it is no request that is late or early.
	let clock = match code {
		"request-expired" => Some("behind"),
		"request-from-future" => Some("ahead of"),
		_ => None,
	};
	if let Some(side) = clock {
		let what = format!(
			"this machine's clock is {side} that of the vault of center {center} at {address}"
		);
		return Error::new(Kind::Vault, what).code_is(code).caused_by(problem.title.as_str()).hint(
			"set the clock (`timedatectl` shows whether it is synchronized) and run the command again; \
			 the vault has taken nothing. If the clock is right, tell the center's operator",
		);
	}
	let kind = match code {
		"access-denied" => Kind::Denied,
		"content-damaged" | "content-mismatch" | "size-mismatch" => Kind::Mismatch,
		_ => Kind::Vault,
	};
	let what = format!(
		"the vault of center {center} at {address} refused: {} (request {})",
		problem.title, problem.instance
	);
	Error::new(kind, what).code_is(code).hint(problem.detail.as_str())
}

#[cfg(test)]
mod tests {
	use super::*;

	/// A problem document of somebody else.
	const OTHER: &str =
		r#"{"type":"about:blank","title":"t","status":502,"detail":"d","instance":"i"}"#;

	fn error(status: u16, body: &str) -> Error {
		let status = StatusCode::from_u16(status).unwrap();
		let address = Url::parse("https://vault.example").unwrap();
		refused(status, body.as_bytes(), ParticipantId(7), &address)
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
	fn a_clock_that_differs_is_named_with_what_helps() {
		for (code, side) in [("request-expired", "behind"), ("request-from-future", "ahead of")] {
			let body = format!(
				r#"{{"type":"urn:ward:problem:{code}","title":"t","status":401,"detail":"d","instance":"i"}}"#
			);
			let error = error(401, &body);
			assert_eq!((error.kind(), error.code()), (Kind::Vault, code));
			let said = format!("this machine's clock is {side} that of the vault of center 7");
			assert!(error.to_string().starts_with(&said), "{error}");
			assert!(error.remedy().unwrap().contains("set the clock"));
		}
	}

	#[test]
	fn damage_in_the_vault_is_a_mismatch_and_its_faults_are_the_vaults() {
		let problem = |code| {
			format!(
				r#"{{"type":"urn:ward:problem:{code}","title":"t","status":500,"detail":"d",
					"instance":"i"}}"#
			)
		};
		assert_eq!(error(500, &problem("content-damaged")).kind(), Kind::Mismatch);
		assert_eq!(error(507, &problem("insufficient-storage")).kind(), Kind::Vault);
	}

	#[test]
	fn what_is_no_problem_document_is_not_trusted() {
		for body in ["", "<html>", "{}", r#"{"type":"about:blank"}"#, OTHER] {
			assert_eq!(error(502, body).code(), "vault-failed");
			assert_eq!(error(404, body).code(), "vault-refused");
		}
	}
}
