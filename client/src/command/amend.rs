//! `ward amend`.

use clap::Args;
use serde_json::json;
use ward_chain_client::Call;
use ward_primitives::GrantId;

use super::{arguments, terms::Terms, Context, Output};
use crate::{
	error::{Error, Kind, Result},
	explain,
	moment::{self, End},
};

/// Change a grant: what is not named stays as it is
///
/// Example:
///   ward amend 3 --categories laboratory --until 7d
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct Opts {
	/// The grant
	#[arg(value_parser = arguments::grant, value_name = "GRANT")]
	grant: GrantId,
	/// Until when: 30d, 12h, a date, or open [default: as before]
	#[arg(long, value_name = "END", value_parser = moment::parse_end)]
	until: Option<End>,
	#[command(flatten)]
	terms: Terms,
}

pub(super) async fn run(context: &Context, opts: &Opts, out: &mut Output) -> Result<()> {
	if opts.terms.is_empty() && opts.until.is_none() {
		return Err(Error::new(Kind::Usage, "nothing is to be changed").hint("name what changes"));
	}
	let session = context.session().await?;
	let state = session.chain.finalized().await?;
	let before = state.grant(opts.grant).await?.ok_or_else(|| {
		Error::new(Kind::Input, format!("there is no grant {}", opts.grant))
			.code_is("unknown-grant")
			.hint("`ward grants` lists yours")
	})?;
	let terms = opts.terms.apply(&before.terms)?;
	let until = match opts.until {
		Some(until) => until.moment(moment::now()),
		None => before.interval.until,
	};
	let call = Call::amend(opts.grant, &terms, until);
	let finalized = session.submit(call, context.progress()).await?;
	let words = explain::terms(&terms);
	let value = json!({ "grant": opts.grant, "until": until, "inWords": words });
	out.called(&finalized, value, || {
		format!("grant {}: {} may {words}", opts.grant, before.grantee)
	})
}
