//! Who this vault is.

use std::sync::Arc;

use axum::{extract::State, Json};
use ward_vault_api::{
	base64::Base64,
	hex::Hex,
	info::{VaultInfo, VaultLimits},
	problem::Problem,
};

use crate::{controllers::log::MAX_PAGE, error::Refusal, vault::Vault};

/// Who this vault is, and what it takes.
#[utoipa::path(
	get, path = "/v1/vault", tag = "vault",
	responses(
		(status = 200, description = "Participant, chain, keys and limits", body = VaultInfo),
		(status = 503, description = "chain-unreachable", body = Problem),
	)
)]
pub async fn describe(State(vault): State<Arc<Vault>>) -> Result<Json<VaultInfo>, Refusal> {
	let limits = &vault.settings.limits;
	Ok(Json(VaultInfo {
		participant: vault.center(),
		genesis: Hex(vault.genesis().await?),
		receipt_key: Hex(vault.receipt_key.public()),
		release_suite: vault.release.suite(),
		release_key: Base64(vault.release.public()),
		limits: VaultLimits {
			upload_bytes: limits.upload_bytes,
			staging_bytes: limits.staging.bytes,
			staging_deposits: limits.staging.deposits,
			staging_seconds: limits.staging_time / 1000,
			json_bytes: limits.json_bytes,
			log_page: MAX_PAGE,
		},
		version: env!("CARGO_PKG_VERSION").into(),
	}))
}
