//! `ward records`.

use clap::Args;
use serde_json::json;
use ward_primitives::{receipt::CustodyState, Moment, ParticipantId, RecordId, RecordRow};

use super::{arguments, Context, Output};
use crate::{error::Result, hex::Hex, moment, records, storage, table::Table};

/// List records, as the chain knows them: nothing of what they hold.
#[derive(Args, Debug)]
pub struct Opts {
	/// The patient [default: yourself]
	#[arg(long, value_name = "NUMBER", value_parser = arguments::participant)]
	patient: Option<ParticipantId>,
	/// Instead, what this center holds, without what it has handed over
	#[arg(long, value_name = "CENTER", value_parser = arguments::participant,
		conflicts_with = "patient")]
	custody: Option<ParticipantId>,
	/// Only those that nothing has replaced
	#[arg(long)]
	heads: bool,
}

pub(super) async fn run(context: &Context, opts: &Opts, out: &mut Output) -> Result<()> {
	let state = context.state().await?;
	let (mut rows, handed_over) = match (opts.custody, opts.patient) {
		(Some(center), _) => records::in_custody(&state, center).await?,
		(None, Some(patient)) => (records::of_patient(&state, patient).await?, 0),
		(None, None) => {
			let own = context.own_id(&state).await?;
			(records::of_patient(&state, own).await?, 0)
		},
	};
	rows.retain(|(_, row)| !opts.heads || row.superseded_by.is_none());
	let (copies, now) = (records::copies_of(&state, &rows).await?, moment::now());
	let values: Vec<_> = rows
		.iter()
		.zip(&copies)
		.map(|((id, row), copies)| to_json(*id, row, copies, now))
		.collect();
	out.result(&values, || {
		let mut table = Table::new([
			"record", "patient", "author", "for", "held by", "storage", "bytes", "anchored",
		]);
		for ((id, row), copies) in rows.iter().zip(&copies) {
			let held: Vec<_> = row.custodians.iter().map(|c| c.center.to_string()).collect();
			table.row([
				id.to_string(),
				row.content.patient.to_string(),
				row.content.author.to_string(),
				row.author_center.map_or_else(|| "-".into(), |center| center.to_string()),
				held.join(","),
				storage::words(copies),
				row.content.size.to_string(),
				moment::display(row.anchored_at),
			]);
		}
		let mut text = match table.is_empty() {
			true => "no records\n".into(),
			false => table.render(),
		};
		if handed_over > 0 {
			text += &format!("handed over to others: {handed_over}; they are not listed\n");
		}
		text
	})
}

/// A record for programs.
pub(super) fn to_json(
	id: RecordId,
	row: &RecordRow,
	copies: &[CustodyState],
	now: Moment,
) -> serde_json::Value {
	json!({
		"record": id,
		"patient": row.content.patient,
		"author": row.content.author,
		"authorCenter": row.author_center,
		"custodians": row.custodians.iter().map(|c| json!({
			"center": c.center,
			"row": c.row,
			"storage": storage::to_json(copies, c.center, now),
		})).collect::<Vec<_>>(),
		"commitment": Hex(row.content.commitment),
		"attributes": Hex(row.content.attributes),
		"contentRoot": Hex(row.content.content_root),
		"size": row.content.size,
		"anchoredAt": row.anchored_at,
		"lineage": row.lineage,
		"supersedes": row.supersedes,
		"supersededBy": row.superseded_by,
	})
}
