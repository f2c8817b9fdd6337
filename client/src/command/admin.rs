//! `ward admin`.

use clap::{Args, Subcommand};
use serde_json::json;
use ward_chain_client::Call;
use ward_primitives::ParticipantId;

use super::{arguments, Context, Output};
use crate::{
	error::{Error, Kind, Result},
	moment::{self, End},
};

/// For sponsors: suspend, reinstate, freeze, deactivate, limit in time.
#[derive(Subcommand, Debug)]
pub enum Opts {
	/// Stop a participant until it is reinstated
	Suspend(Whom),
	/// Make a suspended, frozen or expired participant active again
	Reinstate {
		/// The participant
		#[arg(value_parser = arguments::participant, value_name = "NUMBER")]
		participant: ParticipantId,
		/// When it ends by itself: 30d, 12h, a date, or open
		#[arg(long, value_parser = moment::parse_end, value_name = "END", default_value = "open")]
		until: End,
	},
	/// End a participant for good
	Deactivate {
		/// The participant
		#[arg(value_parser = arguments::participant, value_name = "NUMBER")]
		participant: ParticipantId,
		/// Really: it can never be undone
		#[arg(long)]
		yes: bool,
	},
	/// Stop a participant at once: for a lost key or a stolen device; also oneself
	Freeze(Whom),
	/// Set or lift the end of a participant's activity
	SetExpiry {
		/// The participant
		#[arg(value_parser = arguments::participant, value_name = "NUMBER")]
		participant: ParticipantId,
		/// When it ends: 30d, 12h, a date, or open
		#[arg(long, value_parser = moment::parse_end, value_name = "END")]
		until: End,
	},
}

/// A participant.
#[derive(Args, Debug)]
pub struct Whom {
	/// The participant
	#[arg(value_parser = arguments::participant, value_name = "NUMBER")]
	participant: ParticipantId,
}

pub(super) async fn run(context: &Context, opts: &Opts, out: &mut Output) -> Result<()> {
	let now = moment::now();
	let (whom, call, what) = match opts {
		Opts::Suspend(Whom { participant: id }) => (id, Call::suspend(*id), "suspended"),
		Opts::Freeze(Whom { participant: id }) => (id, Call::freeze(*id), "froze"),
		Opts::Reinstate { participant: id, until } => {
			(id, Call::reinstate(*id, until.moment(now)), "reinstated")
		},
		Opts::SetExpiry { participant: id, until } => {
			(id, Call::set_expiry(*id, until.moment(now)), "set the end of")
		},
		Opts::Deactivate { participant: id, yes: true } => {
			(id, Call::deactivate(*id), "deactivated")
		},
		Opts::Deactivate { participant: id, yes: false } => {
			let what = format!("deactivating {id} can never be undone");
			return Err(Error::new(Kind::Usage, what)
				.hint("say --yes if that is meant; `ward admin suspend` can be undone"));
		},
	};
	let finalized = context.submit(|_| Ok(call)).await?;
	out.called(&finalized, json!({ "participant": whom }), || format!("{what} {whom}"))
}
