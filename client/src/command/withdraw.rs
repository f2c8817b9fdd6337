//! `ward withdraw`.

use clap::Args;
use serde_json::json;
use ward_chain_client::Call;
use ward_primitives::GrantId;

use super::{arguments, Context, Output};
use crate::error::Result;

/// Withdraw a grant. It ends in the block of this call; nothing else changes.
///
/// What was read before cannot be taken back.
#[derive(Args, Debug)]
pub struct Opts {
	/// The grant
	#[arg(value_parser = arguments::grant, value_name = "GRANT")]
	grant: GrantId,
}

pub(super) async fn run(context: &Context, opts: &Opts, out: &mut Output) -> Result<()> {
	let grant = opts.grant;
	let finalized = context.submit(|_| Ok(Call::withdraw(grant))).await?;
	out.called(&finalized, json!({ "grant": grant }), || format!("withdrew grant {grant}"))
}
