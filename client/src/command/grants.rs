//! `ward grants`.

use clap::Args;
use serde_json::json;
use ward_primitives::{Grant, Moment, ParticipantId};

use super::{arguments, Context, Output};
use crate::{error::Result, explain, moment, records, table::Table};

/// List a patient's grants and exclusions: those in force, and with --all those that are over.
#[derive(Args, Debug)]
pub struct Opts {
	/// The patient [default: yourself]
	#[arg(long, value_name = "NUMBER", value_parser = arguments::participant)]
	patient: Option<ParticipantId>,
	/// Also what is over
	#[arg(long)]
	all: bool,
}

pub(super) async fn run(context: &Context, opts: &Opts, out: &mut Output) -> Result<()> {
	let state = context.state().await?;
	let patient = match opts.patient {
		Some(patient) => patient,
		None => context.own_id(&state).await?,
	};
	let now = state.timestamp;
	let mut grants = records::grants_of(&state, patient).await?;
	grants.retain(|grant| opts.all || !grant.interval.is_over(now));
	let mut exclusions = records::exclusions_of(&state, patient).await?;
	exclusions.retain(|(_, timeline)| opts.all || timeline.contains(now));
	let value = json!({
		"grants": grants.iter().map(|grant| to_json(grant, now)).collect::<Vec<_>>(),
		"exclusions": exclusions.iter().map(|(excluded, timeline)| json!({
			"excluded": excluded,
			"interval": timeline.latest,
		})).collect::<Vec<_>>(),
	});
	out.result(&value, || {
		let mut table = Table::new(["grant", "to", "state", "until", "terms"]);
		for grant in &grants {
			table.row([
				grant.id.to_string(),
				grant.grantee.to_string(),
				state_of(grant, now).into(),
				grant.interval.until.map_or_else(|| "open".into(), moment::display),
				explain::terms(&grant.terms),
			]);
		}
		let mut text = match table.is_empty() {
			true => format!("no grants of patient {patient}\n"),
			false => table.render(),
		};
		for (excluded, timeline) in &exclusions {
			let when = moment::display_interval(&timeline.latest);
			text += &format!("excluded: {excluded}, {when}\n");
		}
		text
	})
}

/// A grant for programs.
pub(super) fn to_json(grant: &Grant, now: Moment) -> serde_json::Value {
	json!({
		"grant": grant.id,
		"patient": grant.patient,
		"grantee": grant.grantee,
		"generation": grant.generation,
		"from": grant.interval.from,
		"until": grant.interval.until,
		"state": state_of(grant, now),
		"terms": grant.terms,
		"inWords": explain::terms(&grant.terms),
	})
}

/// Whether a grant is in force, in a word.
pub(super) fn state_of(grant: &Grant, now: Moment) -> &'static str {
	if grant.interval.is_over(now) {
		"ended"
	} else if grant.interval.contains(now) {
		"in force"
	} else {
		"not yet"
	}
}
