//! `ward center hand-over`.

use std::path::Path;

use super::{Context, Output};
use crate::{
	error::Result,
	hand_over::{hand_over, Drained, HandOverReport},
	table::printable,
};

pub(super) async fn run(context: &Context, path: &Path, out: &mut Output) -> Result<()> {
	let drained = Drained::open(path).await?;
	let session = context.session().await?;
	let mut report = hand_over(&session, drained, context.progress()).await?;
	let failure = report.failure();
	// Nothing else to tell.
	if failure.is_none() || !report.is_empty() {
		out.result(&report, || render(&report))?;
	}
	failure.map_or(Ok(()), Err)
}

fn render(report: &HandOverReport) -> String {
	let mut text = String::new();
	let all = report.handed_over + report.existed;
	if let Some(to) = report.to.first() {
		text += &format!("{all} record{} handed over to center ", if all == 1 { "" } else { "s" });
		text += &report.to.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
		if report.existed > 0 {
			text += &format!(", {} of them before", report.existed);
		}
		text += &format!(
			"; the copies here stay until others have seen the new ones: run `ward-vault drain --to \
			 {to}` again, until all is discarded\n"
		);
	}
	for left in &report.left {
		text += &format!("left {}: {}", left.record, printable(&left.why));
		if let Some(hint) = &left.hint {
			text += &format!("; {}", printable(hint));
		}
		text.push('\n');
	}
	if text.is_empty() {
		text += "nothing to hand over: the vault has nothing ready that is not handed over\n";
	}
	text
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::hand_over::Left;
	use ward_primitives::{ParticipantId, RecordId};

	#[test]
	fn it_says_what_is_done_what_is_left_and_what_to_do_next() {
		let mut report = HandOverReport::default();
		assert!(render(&report).starts_with("nothing to hand over"));
		let record = RecordId([1; 32]);
		let left = Left { record, why: "no\u{1b} room".into(), hint: Some("make some".into()) };
		report.left.push(left);
		assert_eq!(render(&report), format!("left {record}: no\u{fffd} room; make some\n"));
		report.handed_over = 2;
		report.existed = 1;
		report.to.push(ParticipantId(7));
		let text = render(&report);
		assert!(
			text.starts_with("3 records handed over to center 7, 1 of them before; "),
			"{text}"
		);
		assert!(text.contains("`ward-vault drain --to 7` again") && text.lines().count() == 2);
	}
}
