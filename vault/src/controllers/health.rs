//! For the operator: is it alive, can it serve, and what has it done.

use std::sync::Arc;

use axum::{extract::State, response::IntoResponse, Json};
use http::{header, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
	chain::{StateView, Unreachable},
	decision::MAX_FINALITY_AGE,
	error::Refusal,
	vault::Vault,
};

/// Whether the vault can serve, part by part.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct Readiness {
	/// Whether every part is well.
	pub ready: bool,
	/// The parts, in the order in which they depend on each other.
	pub parts: Vec<Part>,
}

/// One part that serving depends on.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct Part {
	/// `disk`, `database`, `node`, `sync`, `finality` or `runtime`.
	pub name: String,
	/// Whether it is well.
	pub ok: bool,
	/// What is wrong with it, and what to do.
	pub detail: Option<String>,
}

/// Whether the process is alive.
#[utoipa::path(
	get, path = "/livez", tag = "operator",
	responses((status = 200, description = "It is", body = String))
)]
pub async fn live() -> &'static str {
	"ok\n"
}

/// Whether the vault can serve, and which part is in the way.
#[utoipa::path(
	get, path = "/readyz", tag = "operator",
	responses(
		(status = 200, description = "Every part is well", body = Readiness),
		(status = 503, description = "A part is not well", body = Readiness),
	)
)]
pub async fn ready(State(vault): State<Arc<Vault>>) -> (StatusCode, Json<Readiness>) {
	let mut parts = vec![
		part("disk", vault.store.probe().await.map_err(|error| error.to_string())),
		part("database", vault.database.check().await.map_err(|error| error.to_string())),
	];
	match node_state(&vault).await {
		Err(cause) => parts.push(part("node", Err(cause))),
		Ok(state) => {
			parts.push(part("node", Ok(())));
			parts.push(part("sync", sync(&vault).await));
			parts.push(part("finality", finality(&vault, state.as_ref())));
			parts.push(part("runtime", runtime(&vault, state.as_ref()).await));
		},
	}
	let ready = parts.iter().all(|part| part.ok);
	let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
	(status, Json(Readiness { ready, parts }))
}

fn part(name: &str, verdict: Result<(), String>) -> Part {
	Part { name: name.into(), ok: verdict.is_ok(), detail: verdict.err() }
}

async fn node_state(vault: &Vault) -> Result<Arc<dyn StateView>, String> {
	let cause = |error: Unreachable| error.to_string();
	let genesis = vault.chain.genesis().await.map_err(cause)?;
	vault.database.ensure_chain(genesis).await.map_err(|error| error.to_string())?;
	vault.chain.finalized().await.map_err(cause)
}

async fn sync(vault: &Vault) -> Result<(), String> {
	match vault.chain.is_syncing().await {
		Ok(false) => Ok(()),
		Ok(true) => Err("the node is catching up; wait".into()),
		Err(error) => Err(error.to_string()),
	}
}

fn finality(vault: &Vault, state: &dyn StateView) -> Result<(), String> {
	let age = vault.clock.now().abs_diff(state.head().timestamp);
	match age <= MAX_FINALITY_AGE {
		true => Ok(()),
		false => Err(format!(
			"the finalized head is {} s away from this machine's clock; check both",
			age / 1000
		)),
	}
}

async fn runtime(vault: &Vault, state: &dyn StateView) -> Result<(), String> {
	let hash = state.code_hash().await.map_err(|error| error.to_string())?;
	match vault.settings.runtimes.contains(&hash) {
		true => Ok(()),
		false => Err(format!(
			"the runtime 0x{} is not listed; check it, then add it with --runtime",
			hex::encode(hash)
		)),
	}
}

/// The vault's counters, for Prometheus.
#[utoipa::path(
	get, path = "/metrics", tag = "operator",
	responses((status = 200, description = "OpenMetrics text", body = String))
)]
pub async fn metrics(State(vault): State<Arc<Vault>>) -> Result<impl IntoResponse, Refusal> {
	let text = vault.metrics.text().map_err(Refusal::internal)?;
	let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
	Ok(([(header::CONTENT_TYPE, kind)], text))
}
