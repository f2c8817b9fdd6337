//! `ward grant`.

use clap::Args;
use serde_json::json;
use ward_chain_client::Call;
use ward_primitives::{Moment, ParticipantId};

use super::{arguments, terms::Terms, Context, Output};
use crate::{
	error::Result,
	explain,
	moment::{self, End},
};

/// Allow a practitioner, or a center and its staff, something
///
/// Access is denied unless something permits it. What a grant covers must be named, and when it ends;
/// `ward withdraw` ends it at once.
///
/// Examples:
///   ward grant --to 8 --purpose TREAT --categories laboratory,imaging --until 30d
///   ward grant --to 2 --all --except-categories discharge --until open
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct Opts {
	/// Whom: a practitioner, or a center for its active staff
	#[arg(long, value_name = "NUMBER", value_parser = arguments::participant)]
	to: ParticipantId,
	/// Until when: 30d, 12h, a date, or open
	#[arg(long, value_name = "END", value_parser = moment::parse_end)]
	until: End,
	/// From when [default: now]
	#[arg(long, value_name = "DATE", value_parser = moment::parse_moment)]
	from: Option<Moment>,
	#[command(flatten)]
	terms: Terms,
}

pub(super) async fn run(context: &Context, opts: &Opts, out: &mut Output) -> Result<()> {
	let terms = opts.terms.build()?;
	let until = opts.until.moment(moment::now());
	let to = opts.to;
	let finalized = context.submit(|_| Ok(Call::grant(to, &terms, opts.from, until))).await?;
	let grant = finalized.granted();
	let words = explain::terms(&terms);
	let value = json!({ "grant": grant, "grantee": to, "until": until, "inWords": words });
	out.called(&finalized, value, || {
		let number = grant.map_or_else(String::new, |grant| format!("grant {grant}: "));
		let end = until.map_or_else(
			|| "until you withdraw it".into(),
			|until| format!("until {}", moment::display(until)),
		);
		format!("{number}{to} may {words}, {end}")
	})
}
