//! `ward log`.

use clap::Args;
use ward_primitives::{Decision, RecordId};

use super::{arguments, Context, Output};
use crate::{
	access_log::{ensure_sound, fetch, CustodianLog},
	error::Result,
	explain, moment,
	table::Table,
};

/// For patients: who read or wanted to read what.
///
/// Every custodian of the own records is asked for its access log, and every active center that has
/// handed one over. The entries' hashes are verified, the chaining where entries are neighbours, and
/// that nothing seen before has changed or gone. A log that does not verify is shown all the same, and
/// the exit code is 9.
#[derive(Args, Debug)]
pub struct Opts {
	/// Only this record
	#[arg(long, value_name = "RECORD", value_parser = arguments::record)]
	record: Option<RecordId>,
	/// Only what was denied
	#[arg(long)]
	denied: bool,
}

pub(super) async fn run(context: &Context, opts: &Opts, out: &mut Output) -> Result<()> {
	let session = context.session().await?;
	let mut logs = fetch(&session, context.progress()).await?;
	for log in &mut logs {
		log.entries.retain(|entry| {
			let wanted = opts.record.is_none_or(|record| record == entry.record);
			wanted && !(opts.denied && entry.decision.is_permit())
		});
	}
	out.result(&logs, || render(&logs))?;
	ensure_sound(&logs)
}

fn render(logs: &[CustodianLog]) -> String {
	let mut lines: Vec<_> = logs
		.iter()
		.flat_map(|log| log.entries.iter().map(|entry| (log.custodian, entry)))
		.collect();
	lines.sort_by_key(|(custodian, entry)| (entry.at, *custodian, entry.sequence));
	let mut table =
		Table::new(["time", "vault", "reader", "what", "purpose", "record", "decision"]);
	for (custodian, entry) in lines {
		let decision = match entry.decision {
			Decision::Permit { basis, .. } => explain::basis(basis),
			Decision::Deny { reason } => format!("denied: {}", reason.code()),
		};
		let reader = match entry.actor.0 {
			0 => "unknown".into(),
			_ => entry.actor.to_string(),
		};
		table.row([
			moment::display(entry.at),
			custodian.to_string(),
			reader,
			explain::event(entry.event).into(),
			entry.purpose.code().into(),
			explain::short(&entry.record.0),
			decision,
		]);
	}
	let mut text = match table.is_empty() {
		true => "no entries\n".into(),
		false => table.render(),
	};
	for log in logs {
		for fault in &log.faults {
			text += &format!("FAULT in the log of center {}: {fault}\n", log.custodian);
		}
		if let Some(why) = &log.unreachable {
			text += &format!("missing: {why}\n");
		}
	}
	text
}
