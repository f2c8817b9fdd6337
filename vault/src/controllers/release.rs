//! Releasing data keys.

use std::sync::Arc;

use axum::{extract::State, Json};
use ward_fail_points::die_at;
use ward_vault_api::{
	problem::Problem,
	release::{ReleaseRequest, ReleasedKey},
};

use crate::{
	access_log::Event,
	authentication::{record_id, PathParameter, SignedReaderJson},
	error::{Code, Refusal},
	vault::Vault,
};

/// The data key of a record, wrapped for the reader.
#[utoipa::path(
	post, path = "/v1/records/{record}/release", tag = "records", request_body = ReleaseRequest,
	params(("record" = String, Path, description = "The record's id")),
	responses(
		(status = 200, description = "The wrapped data key", body = ReleasedKey),
		(status = 403, description = "access-denied", body = Problem),
		(status = 422, description = "sealing-key-mismatch", body = Problem),
	)
)]
pub async fn release(
	State(vault): State<Arc<Vault>>,
	PathParameter(record): PathParameter,
	SignedReaderJson(reader, request): SignedReaderJson<ReleaseRequest>,
) -> Result<Json<ReleasedKey>, Refusal> {
	let record = record_id(&record)?;
	let reader_key = request.sealing_key.0;
	let actor = &reader.actor;
	let on_chain = actor.row.sealing_key;
	if on_chain.suite != request.suite || !on_chain.matches(&reader_key) {
		return Err(Code::SealingKeyMismatch.into());
	}
	let permitted = vault.decide_read(&reader, record, Event::Key).await?;
	die_at("vault.release.logged");
	// A key that was replaced a moment ago may have been replaced because it was stolen.
	let latest = permitted.best.participant(actor.id).await?;
	if latest.map(|row| row.sealing_key) != Some(on_chain) {
		return Err(Code::SealingKeyMismatch.into());
	}

	let lodged = &permitted.lodged;
	let wrapped = match lodged.wrap_for(vault.center()) {
		Some(own) if !lodged.row.patient_only => vault
			.release
			.rewrap(own, vault.genesis().await?, record, actor.id, &reader_key)
			.map_err(|cause| {
				// Taken when it was announced, so it has changed since.
				tracing::error!(%record, %cause, "the wrapped key is damaged; put the latest sound copy of vault.redb back");
				Refusal::from(Code::ContentDamaged)
			})?,
		_ => lodged.wrap_for(actor.id).cloned().ok_or(Code::AccessDenied)?,
	};
	die_at("vault.release.wrapped");
	let contingency = reader.contingency.map(Into::into);
	Ok(Json(ReleasedKey { wrapped, decision: permitted.decision, contingency }))
}
