//! `ward exclude` and `ward end-exclusion`.

use clap::Args;
use serde_json::json;
use ward_chain_client::Call;
use ward_primitives::ParticipantId;

use super::{arguments, Context, Output};
use crate::error::Result;

/// Exclude a practitioner or center: no grant and no care relationship permits it anything any more.
///
/// A center and its staff keep what they wrote themselves.
#[derive(Args, Debug)]
pub struct Opts {
	/// Whom
	#[arg(value_parser = arguments::participant, value_name = "NUMBER")]
	participant: ParticipantId,
}

/// End an exclusion.
#[derive(Args, Debug)]
pub struct EndOpts {
	/// Whose
	#[arg(value_parser = arguments::participant, value_name = "NUMBER")]
	participant: ParticipantId,
}

pub(super) async fn run(context: &Context, opts: &Opts, out: &mut Output) -> Result<()> {
	let whom = opts.participant;
	let finalized = context.submit(|_| Ok(Call::exclude(whom))).await?;
	out.called(&finalized, json!({ "excluded": whom }), || format!("excluded {whom}"))
}

pub(super) async fn run_end(context: &Context, opts: &EndOpts, out: &mut Output) -> Result<()> {
	let whom = opts.participant;
	let finalized = context.submit(|_| Ok(Call::end_exclusion(whom))).await?;
	out.called(&finalized, json!({ "participant": whom }), || {
		format!("{whom} is not excluded any more")
	})
}
