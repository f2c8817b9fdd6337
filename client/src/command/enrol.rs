//! `ward enrol`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;
use ward_chain_client::Call;
use ward_primitives::{ParticipantId, Role};

use super::{
	arguments,
	keys::{read_file, write_json},
	Context, Output,
};
use crate::{
	error::{Error, Kind, Result},
	explain,
	hex::Hex,
	moment,
	proof::{EnrolmentOffer, CONSORTIUM},
	recipients,
};

/// Become a participant, or enrol one.
#[derive(Subcommand, Debug)]
pub enum Opts {
	/// For newcomers: sign an offer to be enrolled, as a file for the sponsor
	///
	/// Needs no connection if --genesis is given. The offer counts for one sponsor, one role and some
	/// hours. A health authority names the sponsor 0 and gives the offer to a member of the council
	/// (`ward council propose admit-authority`).
	///
	/// Example: ward enrol offer --role patient --sponsor 2 --care --out offer.json
	Offer(Offer),
	/// For sponsors: enrol the newcomer who signed an offer
	///
	/// A patient's sealing key is lodged with the own vault, if there is one, for those who write about
	/// the patient.
	///
	/// Example: ward enrol accept offer.json
	Accept {
		/// The newcomer's offer
		#[arg(value_name = "FILE")]
		offer: PathBuf,
	},
}

/// An offer to be enrolled.
#[derive(Args, Debug)]
pub struct Offer {
	/// health-authority, medical-center, practitioner, patient, device or researcher
	#[arg(long, value_parser = arguments::role)]
	role: Role,
	/// The participant number of who shall enrol; 0, the consortium, for a health authority
	#[arg(long, value_name = "NUMBER", value_parser = arguments::participant)]
	sponsor: ParticipantId,
	/// For patients: the enrolling center may write records from now on
	#[arg(long)]
	care: bool,
	/// How many hours the offer counts
	#[arg(long, value_name = "HOURS", default_value_t = 24,
		value_parser = clap::value_parser!(u64).range(1..=48))]
	hours: u64,
	/// The genesis hash of the chain [default: the home's, else the node's]
	#[arg(long, value_name = "HASH", value_parser = arguments::bytes32)]
	genesis: Option<Hex<32>>,
	/// Where to write it instead of standard output
	#[arg(long, short, value_name = "FILE")]
	out: Option<PathBuf>,
}

pub(super) async fn run(context: &Context, opts: &Opts, out: &mut Output) -> Result<()> {
	match opts {
		Opts::Offer(opts) => offer(context, opts, out).await,
		Opts::Accept { offer } => accept(context, offer, out).await,
	}
}

async fn offer(context: &Context, opts: &Offer, out: &mut Output) -> Result<()> {
	if opts.care && opts.role != Role::Patient {
		return Err(Error::new(Kind::Usage, "--care is for patients").hint("leave it out"));
	}
	check_sponsor(opts.role, opts.sponsor)?;
	let (keys, _) = context.unlock().await?;
	let genesis = match (opts.genesis, context.home.genesis()?) {
		(Some(given), _) => {
			context.home.belong_to(given.0)?;
			given.0
		},
		(None, Some(known)) => known,
		(None, None) => context.chain().await?.genesis(),
	};
	// Less a minute, so that a sponsor's clock that is behind does not find it too long.
	let span = opts.hours.saturating_mul(3_600_000).saturating_sub(60_000);
	let until = moment::now().saturating_add(span);
	let offer = EnrolmentOffer::sign(&keys, genesis, opts.sponsor, opts.role, opts.care, until);
	write_json(&offer, opts.out.as_deref(), out)
}

/// The council admits health authorities, and a participant everybody else.
fn check_sponsor(role: Role, sponsor: ParticipantId) -> Result<()> {
	let wrong = |what: &str, hint: &str| Err(Error::new(Kind::Usage, what).hint(hint));
	match (role, sponsor) {
		(Role::HealthAuthority, CONSORTIUM) => Ok(()),
		(Role::HealthAuthority, _) => wrong(
			"no participant enrols a health authority: the council admits it",
			"write --sponsor 0, and give the offer to a member of the council, who proposes it with \
			 `ward council propose admit-authority`",
		),
		(_, CONSORTIUM) => wrong(
			"the consortium as a whole (0) admits health authorities only",
			"name the participant that shall enrol: a health authority for medical centers, a medical \
			 center for all others",
		),
		_ => Ok(()),
	}
}

async fn accept(context: &Context, path: &std::path::Path, out: &mut Output) -> Result<()> {
	let offer = EnrolmentOffer::read(&read_file(path)?)?;
	if offer.role == Role::HealthAuthority {
		return Err(Error::new(Kind::Input, "only the council admits a health authority")
			.code_is("wrong-role")
			.hint("a member proposes it with `ward council propose admit-authority FILE`"));
	}
	let session = context.session().await?;
	let state = session.chain.finalized().await?;
	let role = explain::role(offer.role);
	if let Some(row) = state.key(offer.account.0).await? {
		// An earlier run enrolled it, or somebody else did.
		let newcomer = state.participant(row.participant).await?;
		let sponsor = newcomer.and_then(|newcomer| newcomer.sponsor);
		if sponsor == Some(session.id) {
			let key = offer.public_sealing_key()?;
			let is_lodged =
				recipients::lodge_with_sponsor(&session, row.participant, &key, context.progress())
					.await;
			let value = json!({
				"participant": row.participant, "role": offer.role, "existed": true,
				"keyLodged": is_lodged,
			});
			return out.result(&value, || format!("enrolled already: {role} {}", row.participant));
		}
		return Err(Error::new(
			Kind::Refused,
			format!("the key belongs to participant {} already", row.participant),
		)
		.code_is("key-taken")
		.hint("a key is never registered twice; the newcomer makes new keys"));
	}
	offer.check(session.id, &session.genesis(), state.timestamp)?;
	let sealing_key = offer.sealing_digest()?;
	let call = Call::enrol(
		offer.role,
		offer.account.0,
		sealing_key,
		offer.care,
		offer.valid_until,
		offer.signature.0,
	);
	let finalized = session.submit(call, context.progress()).await?;
	let key = offer.public_sealing_key()?;
	let journal = session.home.journal().await?;
	recipients::remember(&journal, &key)?;
	let participant = match finalized.enrolled() {
		Some(participant) => participant,
		None => context.own_id_of(&session, offer.account.0).await?,
	};
	let is_lodged =
		recipients::lodge_with_sponsor(&session, participant, &key, context.progress()).await;
	let value = json!({
		"participant": participant, "role": offer.role, "existed": false, "keyLodged": is_lodged,
	});
	out.called(&finalized, value, || format!("enrolled {role} {participant}"))
}
