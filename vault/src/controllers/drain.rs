//! For the operator of a center that leaves: let another vault take over what this one holds.

use std::{io, sync::Arc};

use axum::{
	extract::{rejection::JsonRejection, State},
	response::Response,
	Json,
};
use futures::{future::ready, stream, StreamExt, TryStreamExt};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use ward_primitives::ParticipantId;

use super::lines::{answer, line};
use crate::{
	drain::{Drained, Plan},
	error::Refusal,
	vault::Vault,
};

/// What is to be drained.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DrainRequest {
	/// The center whose vault is to take the records over.
	#[schema(value_type = u64)]
	pub to: ParticipantId,
	/// Whether only the plan is asked for.
	#[serde(default)]
	pub dry_run: bool,
}

/// Let the vault of another center take over what this one holds. Answered with one JSON object a line: first
/// the plan, then what became of each record as it is done. An empty line means nothing but that it goes on.
#[utoipa::path(
	post, path = "/drain", tag = "operator", request_body = DrainRequest,
	responses(
		(status = 200, description = "The plan, and a line for each record", body = Drained),
		(status = 400, description = "malformed-request: that center cannot take records over"),
		(status = 503, description = "busy: a drain is under way; or the chain cannot be decided on"),
	)
)]
pub async fn drain(
	State(vault): State<Arc<Vault>>,
	request: Result<Json<DrainRequest>, JsonRejection>,
) -> Result<Response, Refusal> {
	let Json(DrainRequest { to, dry_run }) = request
		.map_err(|error| Refusal::malformed(format!("The body does not parse: {error}.")))?;
	let turn = vault.begin_drain(to).await?;
	let patience = vault.settings.limits.idle_timeout;
	let planning = async move {
		let plan = vault.plan_drain(to).await.map_err(|refusal| broken_off(&refusal))?;
		let Plan { rows, bytes, handed_over, .. } = plan;
		tracing::info!(to = to.0, rows, bytes, handed_over, dry_run, "what is to be drained");
		let until = if dry_run { 0 } else { rows };
		let drained = vault.drain(to, until).map_err(|refusal| broken_off(&refusal));
		let drained = drained.and_then(|drained| ready(line(&drained)));
		Ok::<_, io::Error>(stream::iter([line(&plan)]).chain(drained))
	};
	let lines = stream::once(planning).try_flatten().map(move |line| {
		// Nobody else drains until the last line is on its way, or nobody reads on.
		let _turn = &turn;
		line
	});
	Ok(answer(lines, patience))
}

/// The answer breaks off here: its reader sees that it is not complete, and the log says why.
fn broken_off(refusal: &Refusal) -> io::Error {
	tracing::warn!(code = refusal.code.name(), "draining was given up");
	io::Error::other(refusal.code.name())
}
