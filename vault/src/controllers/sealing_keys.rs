//! Public sealing keys: the chain has their digests, a vault the keys themselves, for those who write
//! about their owners.

use std::sync::Arc;

use axum::{extract::State, Json};
use http::StatusCode;
use ward_primitives::{participant::SealingKey, ParticipantId};
use ward_vault_api::{
	base64::Base64,
	problem::Problem,
	sealing_key::{LodgedKey, SealingKeyJson},
};

use crate::{
	authentication::{digest_in_path, Actor, PathParameter, Signed, SignedJson},
	error::{Code, Refusal},
	vault::Vault,
};

/// Lodge a public sealing key: the own one, or that of somebody whom one sponsors.
#[utoipa::path(
	put, path = "/v1/sealing-keys/{digest}", tag = "sealing-keys", request_body = LodgedKey,
	params(("digest" = String, Path, description = "The key's digest, as on the chain")),
	responses(
		(status = 201, description = "It is on disk"),
		(status = 204, description = "It was lodged already"),
		(status = 400, description = "malformed-request", body = Problem),
		(status = 403, description = "access-denied", body = Problem),
		(status = 413, description = "too-large", body = Problem),
		(status = 422, description = "sealing-key-mismatch", body = Problem),
		(status = 507, description = "insufficient-storage", body = Problem),
	)
)]
pub async fn lodge(
	State(vault): State<Arc<Vault>>,
	PathParameter(digest): PathParameter,
	SignedJson(actor, key): SignedJson<LodgedKey>,
) -> Result<StatusCode, Refusal> {
	let digest = digest_in_path(&digest)?;
	let LodgedKey { participant, suite, sealing_key: Base64(public_key) } = key;
	actor.ensure_active()?;
	let on_chain = sealing_key_of(&actor, participant).await?;
	let is_it = on_chain == SealingKey { suite, digest }
		&& public_key.len() == suite.public_key_len()
		&& on_chain.matches(&public_key);
	if !is_it {
		return Err(Code::SealingKeyMismatch.into());
	}
	let is_new = vault.database.lodge_sealing_key(participant, suite, public_key).await?;
	Ok(if is_new { StatusCode::CREATED } else { StatusCode::NO_CONTENT })
}

/// A public sealing key by its digest.
#[utoipa::path(
	get, path = "/v1/sealing-keys/{digest}", tag = "sealing-keys",
	params(("digest" = String, Path, description = "The key's digest, as on the chain")),
	responses(
		(status = 200, description = "The key; compare its digest", body = SealingKeyJson),
		(status = 400, description = "malformed-request", body = Problem),
		(status = 403, description = "access-denied", body = Problem),
		(status = 404, description = "sealing-key-unknown", body = Problem),
	)
)]
pub async fn find(
	State(vault): State<Arc<Vault>>,
	PathParameter(digest): PathParameter,
	Signed(actor): Signed,
) -> Result<Json<SealingKeyJson>, Refusal> {
	actor.ensure_active()?;
	let found = vault.database.sealing_key(digest_in_path(&digest)?).await?;
	let (suite, key) = found.ok_or(Code::SealingKeyUnknown)?;
	Ok(Json(SealingKeyJson { suite, sealing_key: Base64(key) }))
}

/// The sealing key at the finalized head of the requester, or of somebody whom the requester sponsors.
/// Nobody else's key is taken, so that there are never more than participants.
async fn sealing_key_of(actor: &Actor, owner: ParticipantId) -> Result<SealingKey, Refusal> {
	if owner == actor.id {
		return Ok(actor.row.sealing_key);
	}
	let row = actor.finalized.participant(owner).await?;
	let row = row.filter(|row| row.sponsor == Some(actor.id)).ok_or(Code::AccessDenied)?;
	Ok(row.sealing_key)
}
