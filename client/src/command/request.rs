//! `ward request`.

use clap::Args;
use serde_json::json;
use ward_chain_client::Call;
use ward_primitives::ParticipantId;

use super::{arguments, terms::Terms, Context, Output};
use crate::{
	error::{Error, Kind, Result},
	explain,
	moment::{self, End},
};

/// Ask a patient for access, as a practitioner or center
///
/// A request grants nothing. It takes the place of an earlier one to the same patient.
///
/// Examples:
///   ward request --patient 5 --purpose TREAT --categories laboratory,imaging --until 30d
///   ward request --patient 5 --cancel
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct Opts {
	/// The patient
	#[arg(long, value_name = "NUMBER", value_parser = arguments::participant)]
	patient: ParticipantId,
	/// Until when: 30d, 12h, a date, or open
	#[arg(long, value_name = "END", value_parser = moment::parse_end, default_value = "open")]
	until: End,
	/// Take the own request back
	#[arg(long, conflicts_with_all = ["purpose", "categories", "records", "all"])]
	cancel: bool,
	#[command(flatten)]
	terms: Terms,
}

pub(super) async fn run(context: &Context, opts: &Opts, out: &mut Output) -> Result<()> {
	let patient = opts.patient;
	if opts.cancel {
		if !opts.terms.is_empty() {
			return Err(Error::new(Kind::Usage, "--cancel takes no terms").hint("leave them out"));
		}
		let finalized = context.submit(|_| Ok(Call::cancel_request(patient))).await?;
		return out.called(&finalized, json!({ "patient": patient }), || {
			format!("took the request to patient {patient} back")
		});
	}
	let terms = opts.terms.build()?;
	let until = opts.until.moment(moment::now());
	let finalized = context.submit(|_| Ok(Call::request(patient, &terms, until))).await?;
	out.called(&finalized, json!({ "patient": patient }), || {
		format!("asked patient {patient}: {}", explain::terms(&terms))
	})
}
