//! The access log, for the patient whom it is about.

use std::sync::Arc;

use axum::{
	extract::{rejection::QueryRejection, Query, State},
	Json,
};
use serde::Deserialize;
use utoipa::IntoParams;
use ward_primitives::ParticipantId;
use ward_vault_api::{
	log::{LogEntryJson, LogPage},
	problem::Problem,
};

use crate::{
	authentication::Signed,
	error::{Code, Refusal},
	vault::Vault,
};

/// The most entries in one page.
pub const MAX_PAGE: usize = 500;

/// Which entries.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct LogQuery {
	/// Whom the entries are about: whoever asks.
	pub patient: u64,
	/// The first number that is wanted.
	#[serde(default)]
	pub from: u64,
	/// How many are wanted, at most 500.
	pub limit: Option<usize>,
}

/// Who wanted to read the patient's records, and what was decided. Also a patient who is not active
/// any more may ask.
#[utoipa::path(
	get, path = "/v1/log", tag = "log", params(LogQuery),
	responses(
		(status = 200, description = "A page of entries", body = LogPage),
		(status = 403, description = "access-denied", body = Problem),
	)
)]
pub async fn entries(
	State(vault): State<Arc<Vault>>,
	Signed(actor): Signed,
	query: Result<Query<LogQuery>, QueryRejection>,
) -> Result<Json<LogPage>, Refusal> {
	let Query(query) =
		query.map_err(|error| Refusal::malformed(format!("The query does not parse: {error}.")))?;
	if actor.id != ParticipantId(query.patient) {
		return Err(Code::AccessDenied.into());
	}
	let limit = query.limit.unwrap_or(MAX_PAGE).clamp(1, MAX_PAGE);
	let (entries, next) = vault.database.log_of_patient(actor.id, query.from, limit).await?;
	Ok(Json(LogPage { entries: entries.iter().map(LogEntryJson::from).collect(), next }))
}
