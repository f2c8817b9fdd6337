//! For the operator: repair what is damaged, now.

use std::sync::Arc;

use axum::{
	extract::{rejection::JsonRejection, State},
	response::Response,
	Json,
};
use futures::StreamExt;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use ward_primitives::RecordId;

use super::lines::{answer, line};
use crate::{error::Refusal, repair::Outcome, vault::Vault};

/// What is to be repaired.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RepairRequest {
	/// The records; if there are none, all whose content was found damaged, or is missing or cut.
	#[schema(value_type = Vec<String>)]
	pub records: Vec<RecordId>,
}

/// The first line of the answer.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct RepairPlan {
	/// How many lines follow.
	pub records: usize,
}

/// What became of one record: a line of the answer.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct Repaired {
	/// The record.
	#[schema(value_type = String)]
	pub record: RecordId,
	/// What became of it: `outcome` is `sound`, `repaired` (with `from`) or `left` (with `why`).
	#[serde(flatten)]
	#[schema(value_type = Object)]
	pub outcome: Outcome,
}

/// Fetch what is damaged or missing from other custodians, now. Answered with one JSON object a line: first
/// how many records there are, then each of them as it is done.
#[utoipa::path(
	post, path = "/repair", tag = "operator", request_body = RepairRequest,
	responses((status = 200, description = "A line for each record", body = Repaired))
)]
pub async fn repair(
	State(vault): State<Arc<Vault>>,
	request: Result<Json<RepairRequest>, JsonRejection>,
) -> Result<Response, Refusal> {
	let Json(request) = request
		.map_err(|error| Refusal::malformed(format!("The body does not parse: {error}.")))?;
	let records = match request.records.is_empty() {
		true => vault.damaged_or_missing().await?,
		false => request.records,
	};
	let patience = vault.settings.limits.idle_timeout;
	let plan = line(&RepairPlan { records: records.len() });
	let mended = futures::stream::iter(records).then(move |record| {
		let vault = vault.clone();
		async move { line(&Repaired { record, outcome: vault.mend(record).await }) }
	});
	let lines = futures::stream::iter([plan]).chain(mended);
	Ok(answer(lines, patience))
}
