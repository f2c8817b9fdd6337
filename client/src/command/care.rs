//! `ward care`.

use clap::Subcommand;
use serde_json::json;
use ward_chain_client::Call;
use ward_primitives::ParticipantId;

use super::{arguments, Context, Output};
use crate::error::Result;

/// Open or end a care relationship, which lets a center's staff write records.
#[derive(Subcommand, Debug)]
pub enum Opts {
	/// For patients: let a center's staff write records
	///
	/// Care permits writing, and reading what the center wrote itself. Reading more takes a grant.
	Open {
		/// The center
		#[arg(value_parser = arguments::participant, value_name = "CENTER")]
		center: ParticipantId,
	},
	/// End a care relationship, from either side
	///
	/// Examples: ward care end --center 2 (as the patient), ward care end --patient 5 (as the center)
	End {
		/// The center [default: yourself]
		#[arg(long, value_parser = arguments::participant, value_name = "NUMBER",
			required_unless_present = "patient")]
		center: Option<ParticipantId>,
		/// The patient [default: yourself]
		#[arg(long, value_parser = arguments::participant, value_name = "NUMBER")]
		patient: Option<ParticipantId>,
	},
}

pub(super) async fn run(context: &Context, opts: &Opts, out: &mut Output) -> Result<()> {
	match opts {
		Opts::Open { center } => {
			let finalized = context.submit(|_| Ok(Call::open_care(*center))).await?;
			out.called(&finalized, json!({ "center": center }), || {
				format!("you are in the care of center {center}")
			})
		},
		Opts::End { center, patient } => {
			let call = |own| Call::end_care(patient.unwrap_or(own), center.unwrap_or(own));
			let finalized = context.submit(|session| Ok(call(session.id))).await?;
			let value = json!({ "center": center, "patient": patient });
			out.called(&finalized, value, || "ended the care relationship".into())
		},
	}
}
