//! For the operator: is it alive, can it serve, and what has it done.

use std::sync::Arc;

use axum::{extract::State, response::IntoResponse, Json};
use http::{header, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use ward_vault_api::contingency::ContingencyJson;

use crate::{
	database::DatabaseError,
	error::{Code, Refusal},
	standing::Condition,
	store::StoreError,
	trouble::Trouble,
	vault::Vault,
};

/// Whether the vault can serve, part by part.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct Readiness {
	/// Whether every part is well that serving depends on; `log` is none of these.
	pub ready: bool,
	/// `open`, `contingency` (closed but for the center's own staff with purpose ETREAT) or `closed`.
	pub mode: Mode,
	/// The state that is decided at in contingency mode.
	pub contingency: Option<ContingencyJson>,
	/// The parts, in the order in which they depend on each other; none after a part of the chain that
	/// is not well.
	pub parts: Vec<Part>,
}

/// For whom a vault serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
	/// For everybody whom the chain permits it.
	Open,
	/// In an outage: for the center's own staff with purpose ETREAT.
	Contingency,
	/// For nobody.
	Closed,
}

/// One part that serving depends on.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct Part {
	/// `disk`, `database`, `node`, `chain`, `runtime`, `sync`, `clock`, `finality` or `log`: the access
	/// log, and whether it goes on from what the chain knows of it.
	pub name: String,
	/// Whether it is well.
	pub ok: bool,
	/// What is wrong with it, for programs: the code that requesters get.
	pub code: Option<String>,
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
		(status = 200, description = "The vault serves", body = Readiness),
		(status = 503, description = "A part that serving depends on is not well", body = Readiness),
	)
)]
pub async fn ready(State(vault): State<Arc<Vault>>) -> (StatusCode, Json<Readiness>) {
	let full = |is_full| if is_full { Code::InsufficientStorage } else { Code::Internal };
	let disk = vault.store.probe().await.err();
	let disk = disk.map(|e| (full(matches!(e, StoreError::Full)), e.to_string()));
	let database = vault.database.check().await.err();
	let database = database.map(|e| (full(matches!(e, DatabaseError::Full)), e.to_string()));
	let mut parts = vec![part("disk", disk), part("database", database)];
	let Condition { trouble, contingency } = vault.condition().await;
	let ill = trouble.as_ref().map(Trouble::part);
	for name in Trouble::PARTS {
		let trouble = trouble.as_ref().filter(|trouble| trouble.part() == name);
		parts.push(part(name, trouble.map(|trouble| (trouble.code(), trouble.to_string()))));
		if ill == Some(name) {
			break;
		}
	}
	let ready = parts.iter().all(|part| part.ok);
	// Readers are served all the same; storage receipts are not given.
	let diverged = vault.log_watch.get();
	parts.push(part("log", diverged.map(|what| (Code::LogDiverged, what.to_string()))));
	let mode = match (ready, &contingency) {
		(true, _) => Mode::Open,
		(false, Some(_)) => Mode::Contingency,
		(false, None) => Mode::Closed,
	};
	let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
	let contingency = contingency.map(Into::into);
	(status, Json(Readiness { ready, mode, contingency, parts }))
}

fn part(name: &str, trouble: Option<(Code, String)>) -> Part {
	let ok = trouble.is_none();
	let (code, detail) = trouble.map(|(code, words)| (code.name().to_owned(), words)).unzip();
	Part { name: name.into(), ok, code, detail }
}

/// The vault's counters, for Prometheus.
#[utoipa::path(
	get, path = "/metrics", tag = "operator",
	responses((status = 200, description = "OpenMetrics text", body = String))
)]
pub async fn metrics(State(vault): State<Arc<Vault>>) -> Result<impl IntoResponse, Refusal> {
	let database = &vault.database;
	if let Ok(damaged) = database.damaged_count().await {
		vault.metrics.damaged_now.set(i64::try_from(damaged).unwrap_or(i64::MAX));
	}
	if let Ok(unknown) = database.unknown_count().await {
		vault.metrics.unknown_now.set(i64::try_from(unknown).unwrap_or(i64::MAX));
	}
	if let Ok(Some(scrubbing)) = database.scrubbing().await {
		let since = scrubbing.completed.unwrap_or(scrubbing.since);
		let age = vault.clock.now().saturating_sub(since) / 1000;
		vault.metrics.scrub_age.set(i64::try_from(age).unwrap_or(i64::MAX));
	}
	let waiting = vault.receipts.waiting();
	vault.metrics.receipts_waiting.set(i64::try_from(waiting).unwrap_or(i64::MAX));
	let text = vault.metrics.text().map_err(Refusal::internal)?;
	let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
	Ok(([(header::CONTENT_TYPE, kind)], text))
}
