//! Storage receipts, for the witnesses whom the chain has drawn.

use std::sync::Arc;

use axum::{
	extract::State,
	response::{IntoResponse, Response},
};
use http::header;
use ward_vault_api::problem::Problem;

use crate::{authentication::SignedChallenge, error::Refusal, vault::Vault};

/// What of a cohort is on disk: for a current witness of it, signed with a witness key. Body and answer are
/// SCALE; the answer is sealed to the key that the challenge names.
#[utoipa::path(
	post, path = "/v1/receipts", tag = "receipts",
	request_body(content = Vec<u8>, content_type = "application/octet-stream"),
	responses(
		(status = 200, description = "The sealed answer", content_type = "application/octet-stream"),
		(status = 400, description = "malformed-request", body = Problem),
		(status = 401, description = "unknown-key", body = Problem),
		(status = 403, description = "access-denied", body = Problem),
		(status = 408, description = "too-slow", body = Problem),
		(status = 409, description = "log-diverged", body = Problem),
		(status = 413, description = "too-large", body = Problem),
		(status = 503, description = "busy, timed-out", body = Problem),
	)
)]
pub async fn answer(
	State(vault): State<Arc<Vault>>,
	SignedChallenge(witness, challenge): SignedChallenge,
) -> Result<Response, Refusal> {
	let sealed = vault.answer(&witness, &challenge).await?;
	Ok(([(header::CONTENT_TYPE, "application/octet-stream")], sealed).into_response())
}
