//! `ward doctor`.

use std::path::PathBuf;

use clap::Args;
use reqwest::Url;
use serde_json::json;

use super::{Context, Output};
use crate::{
	doctor::{self, Finding, Subject, Verdict},
	error::{Error, Kind, Result},
	table::printable,
};

/// For operators: check this machine, its node and its vault, and say how to mend what is wrong
///
/// Clock, versions, peers, finality, the own seat and its keys, disk, open files, TLS, and whether
/// strangers reach what only the operator may ask. Needs no passphrase and changes nothing; a small file
/// in each --data-dir is written and deleted. The exit code is 0 only if nothing has failed.
///
/// Example: ward doctor --seat --data-dir /var/lib/ward
#[derive(Args, Debug)]
pub struct Opts {
	/// Address of a vault; repeat it for more [default: the own one that stands on the chain]
	#[arg(long, value_name = "URL", value_parser = doctor::parse_vault)]
	vault: Vec<Url>,
	/// Directory of a node or a vault on this machine; repeat it for more
	#[arg(long, value_name = "DIR")]
	data_dir: Vec<PathBuf>,
	/// Check the own center's seat, too, and that the node has its session keys and its witness key
	#[arg(long)]
	seat: bool,
}

pub(super) async fn run(context: &Context, opts: &Opts, out: &mut Output) -> Result<()> {
	let subject = Subject {
		home: context.home.clone(),
		node: context.node().to_owned(),
		vaults: opts.vault.clone(),
		data_dirs: opts.data_dir.clone(),
		has_seat: opts.seat,
		trust: context.trust()?,
	};
	let findings = doctor::examine(&subject, context.progress()).await;
	let count = |verdict| findings.iter().filter(|finding| finding.verdict == verdict).count();
	let (failed, warnings) = (count(Verdict::Failed), count(Verdict::Warning));
	let value = json!({ "checks": findings, "failed": failed, "warnings": warnings });
	out.result(&value, || render(&findings))?;
	match failed {
		0 => Ok(()),
		failed => {
			let what = format!("{failed} of {} checks failed", findings.len());
			Err(Error::new(Kind::Other, what)
				.code_is("checks-failed")
				.hint("each of them says above how to mend it"))
		},
	}
}

fn render(findings: &[Finding]) -> String {
	let width = findings.iter().map(|finding| finding.check.len()).max().unwrap_or(0);
	let mut text = String::new();
	for Finding { check, verdict, found, remedy } in findings {
		text += &format!("{:7}  {check:width$}  {}\n", verdict.word(), printable(found));
		if let Some(remedy) = remedy {
			text += &format!("{:7}  {:width$}  mend: {}\n", "", "", printable(remedy));
		}
	}
	text
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn each_check_has_a_line_and_what_is_wrong_a_second_one() {
		let finding = |check, verdict, remedy: Option<&str>| Finding {
			check,
			verdict,
			found: "found".into(),
			remedy: remedy.map(Into::into),
		};
		let text = render(&[
			finding("clock", Verdict::Ok, None),
			finding("peers", Verdict::Failed, Some("open the port")),
		]);
		assert_eq!(
			text,
			"ok       clock  found\nFAILED   peers  found\n                mend: open the port\n"
		);
	}
}
