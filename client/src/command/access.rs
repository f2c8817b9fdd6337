//! `ward access`.

use clap::Args;
use serde_json::json;
use ward_primitives::{ParticipantId, RecordId};

use super::{arguments, Context, Output};
use crate::{
	access::{overview, Access},
	error::Result,
	explain,
	table::Table,
};

/// For patients: who can see what right now, and why.
///
/// Every record is decided for everybody whom something may permit, by the same function that vaults
/// use. A center stands for its active staff.
#[derive(Args, Debug)]
pub struct Opts {
	/// Only this record
	#[arg(long, value_name = "RECORD", value_parser = arguments::record)]
	record: Option<RecordId>,
	/// Only this reader
	#[arg(long, value_name = "NUMBER", value_parser = arguments::participant)]
	reader: Option<ParticipantId>,
}

pub(super) async fn run(context: &Context, opts: &Opts, out: &mut Output) -> Result<()> {
	let session = context.session().await?;
	let mut found = overview(&session, context.progress()).await?;
	found.retain(|access| opts.reader.is_none_or(|reader| reader == access.reader));
	if let Some(record) = opts.record {
		for access in &mut found {
			access.records.retain(|id| *id == record);
		}
		found.retain(|access| !access.records.is_empty());
	}
	let values: Vec<_> = found.iter().map(to_json).collect();
	out.result(&values, || {
		let mut table = Table::new(["reader", "role", "why", "purposes", "records"]);
		for access in &found {
			let purposes = match access.purposes.iter().count() {
				10 => "any".into(),
				_ => explain::purposes(access.purposes),
			};
			let records = match &access.records[..] {
				[one] => one.to_string(),
				many => many.len().to_string(),
			};
			let why = explain::basis(access.basis);
			let role = explain::role(access.role).into();
			table.row([access.reader.to_string(), role, why, purposes, records]);
		}
		match table.is_empty() {
			true => "nobody can see anything".into(),
			false => table.render(),
		}
	})
}

fn to_json(access: &Access) -> serde_json::Value {
	json!({
		"reader": access.reader,
		"role": access.role,
		"basis": access.basis,
		"inWords": explain::basis(access.basis),
		"purposes": access.purposes.iter().map(|purpose| purpose.code()).collect::<Vec<_>>(),
		"records": access.records,
	})
}
