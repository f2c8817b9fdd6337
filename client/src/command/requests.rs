//! `ward requests`.

use clap::Args;
use serde_json::json;
use ward_primitives::{consent::RequestOutcome, AccessRequest, ParticipantId};

use super::{arguments, Context, Output};
use crate::{error::Result, explain, moment, records, table::Table};

/// List the requests made to a patient: open ones, and with --all answered ones.
#[derive(Args, Debug)]
pub struct Opts {
	/// The patient [default: yourself]
	#[arg(long, value_name = "NUMBER", value_parser = arguments::participant)]
	patient: Option<ParticipantId>,
	/// Also those that were answered or taken back
	#[arg(long)]
	all: bool,
}

pub(super) async fn run(context: &Context, opts: &Opts, out: &mut Output) -> Result<()> {
	let state = context.state().await?;
	let patient = match opts.patient {
		Some(patient) => patient,
		None => context.own_id(&state).await?,
	};
	let mut requests = records::requests_to(&state, patient).await?;
	requests.retain(|request| opts.all || request.outcome.is_none());
	let values: Vec<_> = requests.iter().map(to_json).collect();
	out.result(&values, || {
		let mut table = Table::new(["from", "asked", "until", "terms", "state"]);
		for request in &requests {
			table.row([
				request.requester.to_string(),
				moment::display(request.requested_at),
				request.until.map_or_else(|| "open".into(), moment::display),
				explain::terms(&request.terms),
				outcome(request),
			]);
		}
		match table.is_empty() {
			true => format!("no requests to patient {patient}"),
			false => table.render(),
		}
	})
}

fn to_json(request: &AccessRequest) -> serde_json::Value {
	json!({
		"patient": request.patient,
		"requester": request.requester,
		"requestedAt": request.requested_at,
		"until": request.until,
		"terms": request.terms,
		"inWords": explain::terms(&request.terms),
		"state": outcome(request),
	})
}

fn outcome(request: &AccessRequest) -> String {
	match request.outcome {
		None => "open".into(),
		Some((_, RequestOutcome::Granted(grant))) => format!("granted: {grant}"),
		Some((_, RequestOutcome::Declined)) => "declined".into(),
		Some((_, RequestOutcome::Cancelled)) => "taken back".into(),
	}
}
