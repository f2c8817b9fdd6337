//! `ward put`.

use std::path::PathBuf;

use clap::Args;
use indicatif::HumanBytes;
use ward_primitives::{Category, ParticipantId, RecordId, Sensitivity};

use super::{arguments, keys::read_file, Context, Output};
use crate::{
	error::Result,
	put::{put, PutOptions, PutOutcome, PutReport, Skipped},
	recipients,
	table::{printable, Table},
};

/// Seal files, deposit them in a vault and anchor them
///
/// FHIR R4 JSON is classified by docs/categories.md; any other file is stored as it is. The content
/// comes back bit for bit. The command waits until the records are final; cut off at any point, it goes
/// on with the same records when it is run again.
///
/// Of a folder, all files in it and below it become records, in the order of their names. Symbolic
/// links, special files and what begins with a dot are skipped. A file that cannot be put is named at
/// the end, and the exit code says so; the others are put.
///
/// Examples:
///   ward put bundle.json --patient 5 --custodian 2
///   ward put bundle.json --patient 5 --custodian 2 --custodian 3
///   ward put bundle.json --patient 5 --custodian 2 --split
///   ward put ~/archive/2019 --patient 5 --custodian 2
///   ward put scan.dcm --patient 5 --custodian 2 --categories imaging --title "Chest CT"
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct Opts {
	/// The files, each of which becomes a record, or folders of files
	#[arg(required = true, value_name = "FILE")]
	files: Vec<PathBuf>,
	/// In folders, take also files and folders whose names begin with a dot
	#[arg(long)]
	hidden: bool,
	/// Whom they are about
	#[arg(long, value_name = "NUMBER", value_parser = arguments::participant)]
	patient: ParticipantId,
	/// The center whose vault shall hold them; repeat it for up to three. The content is uploaded to the
	/// first, from where the others copy it
	#[arg(
		long = "custodian", alias = "vault-of", required = true, value_name = "CENTER",
		value_parser = arguments::participant
	)]
	custodians: Vec<ParticipantId>,
	/// The center on whose behalf you write [default: found out on the chain]
	#[arg(long, value_name = "CENTER", value_parser = arguments::participant)]
	on_behalf_of: Option<ParticipantId>,
	/// The patient's file of `ward keys export-public` or `ward enrol offer`; needed once, if no vault
	/// has the key
	#[arg(long, value_name = "FILE")]
	patient_key: Option<PathBuf>,
	/// Make one record per category out of a FHIR Bundle
	#[arg(long)]
	split: bool,
	/// The media type; any but application/fhir+json stores a file as it is
	#[arg(long, value_name = "TYPE")]
	media_type: Option<String>,
	/// A title for people; sealed with the content, never on the chain
	#[arg(long, value_name = "TEXT")]
	title: Option<String>,
	/// The categories of what is not FHIR, separated by commas [default: other]
	#[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = arguments::category)]
	categories: Vec<Category>,
	/// At least this confidential: normal, restricted or very-restricted
	#[arg(long, value_name = "LEVEL", default_value = "normal",
		value_parser = arguments::sensitivity)]
	sensitivity: Sensitivity,
	/// Nobody but patient and author can ever open it: no other readers, no emergency access, no
	/// recovery if both lose their keys
	#[arg(long)]
	patient_only: bool,
	/// Make a second record of the same content, independent of the first
	#[arg(long)]
	again: bool,
	/// The record that the new one corrects or replaces
	#[arg(long, value_name = "RECORD", value_parser = arguments::record)]
	supersedes: Option<RecordId>,
}

pub(super) async fn run(context: &Context, opts: &Opts, out: &mut Output) -> Result<()> {
	let patient_key = match &opts.patient_key {
		Some(path) => Some(recipients::read_sealing_key(&read_file(path)?)?),
		None => None,
	};
	let options = PutOptions {
		files: opts.files.clone(),
		hidden: opts.hidden,
		patient: opts.patient,
		custodians: opts.custodians.clone(),
		on_behalf_of: opts.on_behalf_of,
		split: opts.split,
		media_type: opts.media_type.clone(),
		title: opts.title.clone(),
		categories: arguments::category_set(&opts.categories),
		sensitivity: opts.sensitivity,
		patient_only: opts.patient_only,
		again: opts.again,
		supersedes: opts.supersedes,
		patient_key,
	};
	let session = context.session().await?;
	let report = put(&session, &options, context.progress()).await?;
	match report.is_folder {
		true => out.result(&report, || summary(&report))?,
		false => out.result(&report.records, || render(&report.records))?,
	}
	report.failure().map_or(Ok(()), Err)
}

/// What became of a folder: a line for each record would be too much to read.
fn summary(report: &PutReport) -> String {
	let existed = report.records.iter().filter(|outcome| outcome.existed).count();
	let bytes: u64 = report.records.iter().map(|outcome| outcome.bytes).sum();
	let mut text = format!(
		"{} records with {} are anchored, {existed} of them before; `ward records` lists them",
		report.records.len(),
		HumanBytes(bytes),
	);
	for Skipped { file, reason } in &report.skipped {
		text += &format!("\nskipped {}: {}", printable(file), reason.text());
	}
	for failure in &report.failed {
		text += &format!("\nnot put {}: {}", printable(&failure.file), failure.message);
		for cause in &failure.causes {
			text += &format!("; {}", printable(cause));
		}
	}
	text
}

fn render(outcomes: &[PutOutcome]) -> String {
	let mut table = Table::new(["record", "categories", "resources", "bytes", "state"]);
	for outcome in outcomes {
		let state = match (outcome.existed, outcome.block) {
			(true, _) => "anchored before".into(),
			(false, Some(block)) => format!("final in block {block}"),
			(false, None) => "anchored".into(),
		};
		table.row([
			outcome.record.to_string(),
			outcome.categories.join(","),
			outcome.resources.map_or_else(|| "-".into(), |count| count.to_string()),
			outcome.bytes.to_string(),
			state,
		]);
	}
	table.render()
}
