//! `ward device`.

use clap::{Args, Subcommand};
use serde_json::json;
use ward_chain_client::Call;
use ward_primitives::ParticipantId;

use super::{arguments, Context, Output};
use crate::error::Result;

/// Pair a patient's device, or end that.
#[derive(Subcommand, Debug)]
pub enum Opts {
	/// Let a device write records about a patient
	///
	/// Examples: ward device pair 7 (as the patient), ward device pair 7 --patient 5 (as the center that
	/// enrolled it)
	Pair(Pair),
	/// End the pairing of a device
	Unpair(Pair),
}

/// A device and a patient.
#[derive(Args, Debug)]
pub struct Pair {
	/// The device
	#[arg(value_parser = arguments::participant, value_name = "DEVICE")]
	device: ParticipantId,
	/// The patient [default: yourself]
	#[arg(long, value_parser = arguments::participant, value_name = "NUMBER")]
	patient: Option<ParticipantId>,
}

pub(super) async fn run(context: &Context, opts: &Opts, out: &mut Output) -> Result<()> {
	let (pair, call, what): (_, fn(_, _) -> Call, _) = match opts {
		Opts::Pair(pair) => (pair, Call::pair_device, "paired"),
		Opts::Unpair(pair) => (pair, Call::unpair_device, "ended the pairing of"),
	};
	let Pair { device, patient } = *pair;
	let finalized =
		context.submit(|session| Ok(call(device, patient.unwrap_or(session.id)))).await?;
	let value = json!({ "device": device, "patient": patient });
	out.called(&finalized, value, || format!("{what} device {device}"))
}
