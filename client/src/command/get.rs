//! `ward get`.

use std::{
	io::{Read, Seek},
	path::{Path, PathBuf},
};

use clap::Args;
use ward_fail_points::die_at;
use ward_primitives::{PurposeOfUse, RecordId};

use super::{arguments, Context, Output};
use crate::{
	error::{Context as _, Error, Kind, Result},
	files::{self, NewFile},
	get::{get, record_row, ByteRange, GetOutcome},
	moment,
};

/// Fetch a record, verify it against the chain and open it
///
/// Nothing appears in FILE, or on standard output, before everything is verified: the ciphertext
/// against the root on the chain, each chunk's tag, the manifest against its commitment, the content
/// against the manifest. Cut off while it fetches a large record, the command goes on where it stopped
/// when it is run again.
///
/// Examples:
///   ward get 0x… --out bundle.json
///   ward get 0x… --purpose HPAYMT > claim.json
///   ward get 0x… --range 0-131 --out header.dcm
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct Opts {
	/// The record
	#[arg(value_name = "RECORD", value_parser = arguments::record)]
	record: RecordId,
	/// Where to write the content [default: standard output]
	#[arg(long, short, value_name = "FILE")]
	out: Option<PathBuf>,
	/// What for: an HL7 PurposeOfUse code [default: PATRQT for own records, else TREAT]
	#[arg(long, value_name = "CODE", value_parser = arguments::purpose)]
	purpose: Option<PurposeOfUse>,
	/// Only these bytes of the content: 0-99 the first hundred, 100- all after them, -100 the last
	/// hundred. No more is fetched than the chunks that hold them, each verified by its tag
	#[arg(long, value_name = "FIRST-LAST", allow_hyphen_values = true)]
	range: Option<ByteRange>,
}

pub(super) async fn run(context: &Context, opts: &Opts, out: &mut Output) -> Result<()> {
	if out.is_json() && opts.out.is_none() {
		return Err(Error::new(Kind::Usage, "content and JSON cannot share standard output")
			.hint("name a file with --out"));
	}
	let session = context.session().await?;
	let purpose = match opts.purpose {
		Some(purpose) => purpose,
		None => {
			let state = session.chain.finalized().await?;
			let row = record_row(&state, opts.record).await?;
			match row.content.patient == session.id {
				true => PurposeOfUse::Patrqt,
				false => PurposeOfUse::Treat,
			}
		},
	};
	let (record, range, progress) = (opts.record, opts.range, context.progress());
	match &opts.out {
		Some(path) => {
			// Half a content that an earlier run left would be in the open.
			NewFile::remove_abandoned(path)
				.context(Kind::Other, || format!("{} cannot be written", path.display()))?;
			let restart = || NewFile::create(path);
			let (outcome, file) = get(&session, record, purpose, range, restart, progress).await?;
			die_at("client.get.unnamed");
			file.keep().context(Kind::Other, || format!("{} cannot be written", path.display()))?;
			out.result(&outcome, || describe(&outcome, path))
		},
		None => {
			let restart = || files::nameless(&session.home.spool());
			let (_, mut file) = get(&session, record, purpose, range, restart, progress).await?;
			let what = || "the verified content cannot be read back".to_owned();
			file.rewind().context(Kind::Other, what)?;
			let mut buffer = vec![0; 1 << 16];
			loop {
				match file.read(&mut buffer).context(Kind::Other, what)? {
					0 => return Ok(()),
					length => out.bytes(&buffer[..length])?,
				}
			}
		},
	}
}

fn describe(outcome: &GetOutcome, path: &Path) -> String {
	let manifest = &outcome.manifest;
	let what = match &outcome.part {
		None => format!("{} bytes), verified against the chain", manifest.length),
		Some(part) => format!(
			"bytes {}-{} of {}), each chunk verified by its tag",
			part.start,
			part.end - 1,
			manifest.length
		),
	};
	let mut text = format!(
		"wrote {} ({}, {what}; from center {}, by participant {}, sealed {}",
		path.display(),
		manifest.media_type,
		outcome.custodian,
		outcome.author,
		manifest.created_at,
	);
	if let Some(title) = &manifest.title {
		text += &format!("\ntitle: {}", crate::table::printable(title));
	}
	if let Some(newer) = outcome.superseded_by {
		text += &format!("\nnote: record {newer} replaces this one");
	}
	if outcome.no_redisclosure {
		text += "\nnote: the patient does not allow it to be passed on";
	}
	text + &format!("\nread at {}", moment::display(moment::now()))
}
