//! `ward decline`.

use clap::Args;
use serde_json::json;
use ward_chain_client::Call;
use ward_primitives::ParticipantId;

use super::{arguments, Context, Output};
use crate::error::Result;

/// Decline a request, as the patient. Who asked may ask again.
#[derive(Args, Debug)]
pub struct Opts {
	/// Who asked
	#[arg(value_parser = arguments::participant, value_name = "REQUESTER")]
	requester: ParticipantId,
}

pub(super) async fn run(context: &Context, opts: &Opts, out: &mut Output) -> Result<()> {
	let requester = opts.requester;
	let finalized = context.submit(|_| Ok(Call::decline_request(requester))).await?;
	out.called(&finalized, json!({ "requester": requester }), || {
		format!("declined the request of {requester}")
	})
}
