//! `ward seat`.

use clap::Subcommand;
use serde_json::json;
use ward_chain_client::{Call, ChainError};
use ward_primitives::{KeyRoles, Moment, ParticipantId, Role};

use super::{arguments, Context, Output};
use crate::{
	error::{Error, Kind, Result},
	hex::Hex,
	moment,
	motion::digits,
	seats,
	session::{self, role_names},
	table::Table,
	votes::{self, Votes},
};

/// For medical centers: take part in consensus, or be the guest of a center that does.
///
/// The council grants a seat (`ward council propose grant-seat`); its center sets session keys
/// (`rotate-keys`, on its own node), takes it (`take`), and is in the set within two sessions.
#[derive(Subcommand, Debug)]
pub enum Opts {
	/// List all seats: who sits, joins, leaves or waits, and what each did
	List,
	/// Show the own seat: whether it is in the set, authors and votes; or the host of a guest
	Status {
		/// Another center
		#[arg(long, value_parser = arguments::participant, value_name = "CENTER")]
		center: Option<ParticipantId>,
	},
	/// Make new session keys in the own node and set them on the chain
	///
	/// `--node` must be the address of the own node, on its own machine: nobody else may have it make
	/// keys. The keys before stay in use for up to two sessions; the node keeps both.
	///
	/// Example: ward seat rotate-keys --node ws://127.0.0.1:9944
	RotateKeys,
	/// Take the seat that the council has granted
	Take,
	/// Give the own seat up: the center leaves the set with the next session
	GiveUp {
		/// Really: only the council can grant it again
		#[arg(long)]
		yes: bool,
	},
	/// For holders of seats: offer a center without one to be its host
	OfferHosting {
		/// The guest
		#[arg(value_parser = arguments::participant, value_name = "CENTER")]
		guest: ParticipantId,
	},
	/// For centers without a seat: become the guest of a center that offered it
	AcceptHosting {
		/// The host
		#[arg(value_parser = arguments::participant, value_name = "CENTER")]
		host: ParticipantId,
	},
	/// End the hosting of a guest, from either side
	EndHosting {
		/// The guest [default: yourself]
		#[arg(value_parser = arguments::participant, value_name = "CENTER")]
		guest: Option<ParticipantId>,
	},
}

pub(super) async fn run(context: &Context, opts: &Opts, out: &mut Output) -> Result<()> {
	match opts {
		Opts::List => list(context, out).await,
		Opts::Status { center } => status(context, *center, out).await,
		Opts::RotateKeys => rotate_keys(context, out).await,
		Opts::Take => {
			let finalized =
				context.govern(Call::take_seat()).await.map_err(|error| match error.code() {
					"Authorities::KeysMissing" => {
						error.hint("set session keys first: `ward seat rotate-keys`")
					},
					"Authorities::NoSeat" | "Authorities::NotFound" => {
						error.hint("ask the council for `ward council propose grant-seat`")
					},
					_ => error,
				})?;
			out.called(&finalized, json!({ "seat": "taken" }), || {
				"took the seat; in the set within two sessions".into()
			})
		},
		Opts::GiveUp { yes: false } => {
			Err(Error::new(Kind::Usage, "only the council can grant a seat again")
				.hint("say --yes if the seat is to be given up"))
		},
		Opts::GiveUp { yes: true } => {
			let finalized = context.govern(Call::give_up_seat()).await?;
			out.called(&finalized, json!({ "seat": "given-up" }), || {
				"gave the seat up; keep the node running until `ward seat status` says that it is out \
				 of the set"
					.into()
			})
		},
		Opts::OfferHosting { guest } => {
			let finalized = context.govern(Call::offer_hosting(*guest)).await?;
			out.called(&finalized, json!({ "guest": guest }), || {
				format!("offered center {guest} to be its host")
			})
		},
		Opts::AcceptHosting { host } => {
			let finalized = context.govern(Call::accept_hosting(*host)).await?;
			out.called(&finalized, json!({ "host": host }), || {
				format!("you are a guest of center {host}")
			})
		},
		Opts::EndHosting { guest } => {
			let session = context.session().await?;
			let guest = guest.unwrap_or(session.id);
			let call = Call::end_hosting(guest);
			let finalized = session.govern(call, context.progress()).await?;
			out.called(&finalized, json!({ "guest": guest }), || {
				format!("center {guest} is no guest any more")
			})
		},
	}
}

async fn list(context: &Context, out: &mut Output) -> Result<()> {
	let chain = context.chain().await?;
	let (state, best) = (context.governing_state(&chain).await?, chain.best().await?);
	let (all, info) = (seats::all(&state).await?, state.session().await?);
	let value = json!({
		"session": info,
		"blocksLeft": seats::blocks_left(&info, best.number),
		"seats": all.iter().map(|seat| json!({
			"center": seat.center,
			"seat": seat,
			"inWords": seats::in_words(seat),
		})).collect::<Vec<_>>(),
	});
	out.result(&value, || {
		let mut table = Table::new(["center", "seat", "this session", "last session", "granted"]);
		for seat in &all {
			table.row([
				seat.center.to_string(),
				seats::in_words(seat),
				seats::liveness(&seat.current),
				seats::liveness(&seat.last),
				granted(seat.row.granted_at),
			]);
		}
		let session = seats::session(&info, best.number);
		match table.is_empty() {
			true => format!("no seats\n{session}\n"),
			false => format!("{}{session}\n", table.render()),
		}
	})
}

/// When a seat was granted.
fn granted(at: Moment) -> String {
	match at {
		0 => "at genesis".into(),
		at => moment::display(at),
	}
}

async fn status(context: &Context, center: Option<ParticipantId>, out: &mut Output) -> Result<()> {
	let chain = context.chain().await?;
	let (state, best) = (context.governing_state(&chain).await?, chain.best().await?);
	let center = match center {
		Some(center) => center,
		None => context.own_id(&state).await?,
	};
	let row = session::participant(&state, center).await?;
	if row.role != Role::MedicalCenter {
		return Err(Error::new(Kind::Input, format!("{center} is no medical center"))
			.code_is("wrong-role")
			.hint("only medical centers have seats"));
	}
	let info = state.session().await?;
	let left = seats::blocks_left(&info, best.number);
	let session = seats::session(&info, best.number);
	let seat = seats::all(&state).await?.into_iter().find(|seat| seat.center == center);
	let Some(seat) = seat else {
		let host = state.host(center).await?;
		let still_votes = match state.session_keys(center).await? {
			Some(keys) => votes::is_voter(&state, &keys).await?,
			None => false,
		};
		let value = json!({
			"center": center,
			"seat": null,
			"stillVotes": still_votes,
			"host": host,
			"session": info,
			"blocksLeft": left,
		});
		return out.result(&value, || match host {
			Some(host) => format!("center {center} has no seat; it is a guest of center {host}"),
			None if still_votes => format!(
				"center {center} has no seat any more, and is still in the set: keep the node running \
				 until it is out\n{session}"
			),
			None => format!("center {center} has no seat and is nobody's guest\n{session}"),
		});
	};
	let keys = state.session_keys(center).await?;
	let votes = match &keys {
		Some(keys) => Votes::of(&chain, &state, keys).await?,
		None => Votes::NotActive,
	};
	let value = json!({
		"center": center,
		"seat": seat,
		"inWords": seats::in_words(&seat),
		"sessionKeys": keys.as_deref().map(digits),
		"votes": votes.to_json(),
		"session": info,
		"blocksLeft": left,
		"remedy": seats::remedy(&seat),
	});
	out.result(&value, || {
		let mut lines = vec![
			format!("seat     of center {center}: {}", seats::in_words(&seat)),
			format!("blocks   this session: {}", seats::liveness(&seat.current)),
			format!("         last session: {}", seats::liveness(&seat.last)),
			format!("votes    {}", votes.in_words()),
			format!("keys     {}", keys.as_deref().map_or_else(|| "none set".into(), digits)),
			format!("session  {session}"),
		];
		lines.extend(seats::remedy(&seat).map(|remedy| format!("to do    {remedy}")));
		lines.join("\n")
	})
}

async fn rotate_keys(context: &Context, out: &mut Output) -> Result<()> {
	let session = context.session().await?;
	let state = context.governing_state(&session.chain).await?;
	let owner = session.signer().public();
	let row = state.key(owner).await?;
	let roles = row.map_or(KeyRoles::default(), |row| row.roles);
	let center = session::participant(&state, session.id).await?;
	if center.role != Role::MedicalCenter {
		let what = format!("participant {} is no medical center", session.id);
		return Err(Error::new(Kind::Input, what)
			.code_is("wrong-role")
			.hint("only medical centers have session keys; name the home of one with --home"));
	}
	if !center.active.contains(state.timestamp) {
		let what =
			format!("center {} is not active, so the chain would not take its keys", session.id);
		return Err(Error::new(Kind::Refused, what)
			.code_is("not-active")
			.hint("ask the health authority that enrolled it to reinstate it"));
	}
	if !roles.contains(KeyRoles::GOVERN) {
		let what = format!(
			"the key of this home belongs to participant {} and is for {}",
			session.id,
			role_names(roles)
		);
		return Err(Error::new(Kind::Keys, what)
			.code_is("key-cannot-govern")
			.hint("use the home of the medical center, with a key that may govern"));
	}
	context.progress().step("having the node make session keys");
	let made = session.chain.rotate_session_keys(owner).await.map_err(not_ones_own)?;
	let call = Call::set_session_keys(&made.keys, &made.proof);
	let finalized = session.govern(call, context.progress()).await?;
	let value = json!({
		"center": session.id,
		"account": Hex(owner),
		"sessionKeys": digits(&made.keys),
	});
	out.called(&finalized, value, || {
		format!(
			"the session keys of center {} are now {}; they are in use within two sessions",
			session.id,
			digits(&made.keys)
		)
	})
}

/// The error for a node that makes no keys for who asks.
fn not_ones_own(error: ChainError) -> Error {
	match error {
		ChainError::Unsafe { .. } => Error::from(error).hint(
			"run this on the machine of your own node and name it as --node ws://127.0.0.1:PORT; a \
			 node that listens to the whole network refuses: start it without --rpc-external, or \
			 with --rpc-methods unsafe behind a firewall",
		),
		error => error.into(),
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_node_that_makes_no_keys_for_strangers_is_explained() {
		let method = "author_rotateKeysWithOwner".to_owned();
		let error = not_ones_own(ChainError::Unsafe { method });
		assert_eq!((error.kind(), error.code()), (Kind::Node, "node-refuses"));
		assert!(error.remedy().unwrap().contains("127.0.0.1"));
		let other = not_ones_own(ChainError::Syncing);
		assert_eq!(other.code(), "node-syncing");
	}
}
