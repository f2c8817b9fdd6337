//! `ward repair`.

use clap::Args;
use serde_json::json;
use ward_primitives::RecordId;

use super::{arguments, Context, Output};
use crate::{
	error::{Error, Kind, Result},
	repair::{repair, RepairReport},
	table::{printable, Table},
};

/// Compare all copies of a record with the chain, and replace those that are not sound
///
/// For its author and its patient. The copy of each custodian is read and compared with the root on the
/// chain; a sound one is uploaded where one is damaged or missing, and read again. Only ciphertext is
/// moved, nothing is opened. Vaults also repair their copies by themselves; this is for when they
/// cannot, and for who wants to be sure.
///
/// Example: ward repair 0x…
#[derive(Args, Debug)]
pub struct Opts {
	/// The records
	#[arg(required = true, value_name = "RECORD", value_parser = arguments::record)]
	records: Vec<RecordId>,
}

pub(super) async fn run(context: &Context, opts: &Opts, out: &mut Output) -> Result<()> {
	let session = context.session().await?;
	let (mut reports, mut failed) = (Vec::new(), Vec::new());
	for record in &opts.records {
		match repair(&session, *record, context.progress()).await {
			Ok(report) => reports.push(report),
			// Nothing else to tell.
			Err(error) if opts.records.len() == 1 => return Err(error),
			Err(error) => failed.push((*record, error)),
		}
	}
	let value = json!({
		"records": reports,
		"failed": failed.iter().map(|(record, error)| json!({
			"record": record,
			"code": error.code(),
			"message": error.to_string(),
			"causes": error.causes(),
			"hint": error.remedy(),
		})).collect::<Vec<_>>(),
	});
	out.result(&value, || render(&reports, &failed))?;
	let left: Vec<_> = reports.iter().filter(|report| !report.is_good()).collect();
	match left.len() + failed.len() {
		0 => Ok(()),
		count => {
			let kind = failed.first().map_or(Kind::Vault, |(_, error)| error.kind());
			let is_alike = left.is_empty() && failed.iter().all(|(_, error)| error.kind() == kind);
			let kind = match (is_alike, failed.is_empty()) {
				(true, _) | (_, true) => kind,
				_ => Kind::Other,
			};
			let what = format!("{count} of {} records are not repaired", opts.records.len());
			Err(Error::new(kind, what)
				.code_is("some-not-repaired")
				.hint("each of them says above what is wrong and what helps"))
		},
	}
}

fn render(reports: &[RepairReport], failed: &[(RecordId, Error)]) -> String {
	let mut table = Table::new(["record", "center", "copy", "what was wrong"]);
	let mut hints = String::new();
	for report in reports {
		for copy in &report.copies {
			table.row([
				report.record.to_string(),
				copy.center.to_string(),
				copy.state.word().into(),
				copy.reason.clone().unwrap_or_else(|| "-".into()),
			]);
			if let Some(hint) = copy.hint.as_ref().filter(|_| !copy.state.is_good()) {
				hints += &format!("center {}: {}\n", copy.center, printable(hint));
			}
		}
	}
	let mut text = if table.is_empty() { String::new() } else { table.render() + &hints };
	for (record, error) in failed {
		text += &format!("not repaired {record}: {}", printable(&error.to_string()));
		for cause in error.causes() {
			text += &format!("; {}", printable(&cause));
		}
		text.push('\n');
	}
	let is_sound =
		reports.iter().flat_map(|report| &report.copies).all(|copy| copy.reason.is_none());
	if failed.is_empty() && is_sound {
		text += "nothing to repair: every copy is what the chain says\n";
	}
	text
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::repair::{CopyReport, CopyState};
	use ward_primitives::ParticipantId;

	fn copy(center: u64, state: CopyState, reason: Option<&str>) -> CopyReport {
		let reason = reason.map(Into::into);
		let hint = (!state.is_good()).then(|| "ask".into());
		CopyReport { center: ParticipantId(center), state, reason, hint }
	}

	#[test]
	fn each_copy_has_a_line_and_what_is_left_says_what_helps() {
		let record = RecordId([1; 32]);
		let sound = || copy(2, CopyState::Sound, None);
		let report = RepairReport { record, copies: vec![sound()] };
		assert!(report.is_good());
		assert!(render(&[report], &[]).ends_with("every copy is what the chain says\n"));
		let copies = vec![
			sound(),
			copy(3, CopyState::Repaired, Some("it was cut")),
			copy(4, CopyState::Refused, Some("no")),
		];
		let report = RepairReport { record, copies };
		assert!(!report.is_good());
		let text = render(&[report], &[]);
		assert_eq!(text.lines().count(), 5);
		assert!(text.contains("repaired  it was cut") && text.ends_with("center 4: ask\n"));
		let error = Error::new(Kind::Mismatch, "no custodian has a sound copy");
		let text = render(&[], &[(record, error)]);
		assert!(text.starts_with(&format!("not repaired {record}: no custodian")));
	}
}
