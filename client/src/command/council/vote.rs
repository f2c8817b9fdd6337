//! Voting on motions and closing them.

use clap::Args;
use serde_json::{json, Value};
use ward_chain_client::{Call, Failure, Finalized, State, WeightBound};
use ward_primitives::council::Motion;

use super::find;
use crate::{
	command::{Context, Output},
	error::{Error, Kind, Result},
	hex::Hex,
	motion::{Meaning, MotionName, Standing},
	session::Session,
};

/// More than any call that a motion can carry weighs; what is not used is given back to the quota.
const WEIGHT: WeightBound = WeightBound { ref_time: 20_000_000_000, proof_size: 512 << 10 };

/// More bytes than what a motion carries has besides the call itself.
const ENVELOPE: usize = 16;

/// Vote on a motion
///
/// Voting the other way later changes the vote.
///
/// Example: ward council vote 3 --aye --close
#[derive(Args, Debug)]
pub struct Opts {
	/// Its number, or the first digits of its hash
	motion: MotionName,
	#[command(flatten)]
	way: Way,
	/// Close it, too, if the vote decides it
	#[arg(long)]
	close: bool,
}

/// Which way to vote.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
pub(super) struct Way {
	/// For it
	#[arg(long)]
	aye: bool,
	/// Against it
	#[arg(long)]
	nay: bool,
}

pub(super) async fn vote(context: &Context, opts: &Opts, out: &mut Output) -> Result<()> {
	let session = context.session().await?;
	let state = context.governing_state(&session.chain).await?;
	let (motion, standing) = find(&state, &opts.motion).await?;
	let meaning = Meaning::of(&state, &motion).await;
	let aye = opts.way.aye;
	let call = Call::vote(motion.hash, motion.index, aye);
	let voted = session
		.govern(call, context.progress())
		.await
		.map_err(|error| explained(error, &motion, standing))?;
	let after = session.chain.at(voted.block).await?;
	// Somebody else may have closed it in the same block.
	let hash = MotionName::Hash(crate::motion::digits(&motion.hash)[2..].to_owned());
	let standing = match find(&after, &hash).await {
		Ok((_, standing)) => Some(standing),
		Err(error) if error.code() == "unknown-motion" => None,
		Err(error) => return Err(error),
	};
	let mut value = json!({
		"motion": motion.index,
		"hash": Hex(motion.hash),
		"vote": if aye { "aye" } else { "nay" },
		"inWords": meaning.words,
		"state": standing.map_or("closed", Standing::code),
		"closed": standing.is_none(),
	});
	let for_or_against = if aye { "for" } else { "against" };
	let text = format!("voted {for_or_against} motion {}: {}", motion.index, meaning.words);
	let words = standing.map_or_else(|| "closed".into(), Standing::in_words);
	if opts.close && standing.is_some_and(Standing::is_decided) {
		let (closed, outcome) = close_motion(context, &session, &motion).await?;
		value["closed"] = true.into();
		value["outcome"] = outcome.code().into();
		return out.called(&closed, value, || format!("{text}; {}", outcome.words()));
	}
	out.called(&voted, value, || format!("{text}; {words}"))
}

pub(super) async fn close(context: &Context, name: &MotionName, out: &mut Output) -> Result<()> {
	let session = context.session().await?;
	let state = context.governing_state(&session.chain).await?;
	let (motion, _) = find(&state, name).await?;
	let meaning = Meaning::of(&state, &motion).await;
	let (closed, outcome) = close_motion(context, &session, &motion).await?;
	let value = json!({
		"motion": motion.index,
		"hash": Hex(motion.hash),
		"inWords": meaning.words,
		"outcome": outcome.code(),
	});
	out.called(&closed, value, || {
		format!("motion {} is {}: {}", motion.index, outcome.words(), meaning.words)
	})
}

/// What became of a motion that was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
	/// It was carried, and what it says has happened.
	Enacted,
	/// It was not carried.
	Rejected,
}

impl Outcome {
	const fn code(self) -> &'static str {
		match self {
			Self::Enacted => "enacted",
			Self::Rejected => "rejected",
		}
	}

	const fn words(self) -> &'static str {
		match self {
			Self::Enacted => "carried and carried out",
			Self::Rejected => "closed without being carried",
		}
	}
}

async fn close_motion(
	context: &Context,
	session: &Session,
	motion: &Motion,
) -> Result<(Finalized, Outcome)> {
	let length = u32::try_from(motion.call.len() + ENVELOPE).unwrap_or(u32::MAX);
	let call = Call::close(motion.hash, motion.index, WEIGHT, length);
	let closed = match session.govern(call, context.progress()).await {
		Ok(closed) => closed,
		Err(error) => {
			let standing = standing_now(&session.chain.head().await?.state, motion).await?;
			return Err(explained(error, motion, standing));
		},
	};
	match &closed.carried_out {
		Some(Ok(())) => Ok((closed, Outcome::Enacted)),
		Some(Err(failure)) => Err(not_carried_out(motion.index, failure)),
		None => Ok((closed, Outcome::Rejected)),
	}
}

async fn standing_now(state: &State, motion: &Motion) -> Result<Standing> {
	let members = super::members(state).await?;
	let now = state.motions().await?.into_iter().find(|open| open.hash == motion.hash);
	Ok(Standing::of(&now.unwrap_or_else(|| motion.clone()), members, state.number))
}

fn not_carried_out(index: u32, failure: &Failure) -> Error {
	let Failure { name, explanation } = failure;
	let what = format!(
		"motion {index} was carried and is closed, but what it says could not be carried out: {name}: \
		 {explanation}"
	);
	Error::new(Kind::Refused, what)
		.code_is(name.clone())
		.hint("nothing was changed by it; mend what is named above and propose it again")
}

/// The error of a vote or a closing with what helps here.
fn explained(error: Error, motion: &Motion, standing: Standing) -> Error {
	let index = motion.index;
	let hint = match error.code() {
		"Council::DuplicateVote" => {
			"your vote stands as it is; to change it, vote the other way".to_owned()
		},
		"Council::TooEarly" | "Governance::NotEnoughVotes" => format!(
			"motion {index}: {}; `ward council show {index}` names who has voted",
			standing.in_words()
		),
		"Council::ProposalMissing" | "Council::WrongIndex" => {
			"somebody has closed it meanwhile; `ward council list` shows what is open".into()
		},
		"Council::NotMember" => {
			"only active health authorities and active holders of seats vote: `ward council members`"
				.into()
		},
		"Participants::KeyRoleMissing" => {
			"vote with a key of the participant that may govern: `ward show key`".into()
		},
		_ => return error,
	};
	error.hint(hint)
}

/// For programs: what a motion has become when it was proposed.
pub(super) fn proposed(motion: &Motion, words: &str, standing: Standing, existed: bool) -> Value {
	json!({
		"motion": motion.index,
		"hash": Hex(motion.hash),
		"inWords": words,
		"state": standing.code(),
		"threshold": motion.threshold,
		"ends": motion.ends,
		"existed": existed,
	})
}

#[cfg(test)]
mod tests {
	use super::*;
	use ward_primitives::ParticipantId;

	fn motion() -> Motion {
		Motion {
			hash: [1; 32],
			index: 3,
			ayes: vec![ParticipantId(1)],
			nays: vec![],
			threshold: 3,
			ends: 100,
			call: vec![],
		}
	}

	#[test]
	fn a_refused_vote_keeps_its_code_and_says_what_helps() {
		let open = Standing::Open { missing: 2 };
		let explained = |code: &str| {
			let error = Error::new(Kind::Refused, "no").code_is(code).hint("general");
			explained(error, &motion(), open)
		};
		for code in ["Council::DuplicateVote", "Council::NotMember", "Council::ProposalMissing"] {
			let error = explained(code);
			assert_eq!(error.code(), code);
			assert_ne!(error.remedy(), Some("general"), "{code}");
		}
		assert!(explained("Council::TooEarly").remedy().unwrap().contains("2 ayes missing"));
		assert_eq!(explained("Participants::NotActive").remedy(), Some("general"));
	}

	#[test]
	fn a_carried_motion_whose_call_fails_is_a_failure_with_the_inner_errors_name() {
		let failure =
			Failure { name: "Authorities::BelowMinimum".into(), explanation: "Too few.".into() };
		let error = not_carried_out(3, &failure);
		assert_eq!((error.kind(), error.code()), (Kind::Refused, "Authorities::BelowMinimum"));
		assert!(error.to_string().contains("Too few."));
	}
}
