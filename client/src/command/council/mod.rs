//! `ward council`.

mod list;
mod propose;
mod upgrade;
mod vote;

use clap::Subcommand;
use ward_chain_client::State;
use ward_primitives::council::Motion;

use super::{Context, Output};
use crate::{
	error::Result,
	motion::{self, MotionName, Standing},
};

/// Decide together: propose, vote, close, and see what is pending.
///
/// Members are the active health authorities and the active holders of seats; each has one vote, cast
/// with a key that may govern. Two thirds of them carry a motion, and nothing happens before somebody
/// closes it.
#[derive(Subcommand, Debug)]
pub enum Opts {
	/// List the open motions: what they would do, who voted how, how many ayes are missing
	List,
	/// Show one motion with all that it would do
	Show {
		/// Its number, or the first digits of its hash
		motion: MotionName,
	},
	/// List the members
	Members,
	/// Propose something and vote for it
	///
	/// Proposed again while it is open, the same thing is not proposed twice.
	///
	/// Example: ward council propose grant-seat 7
	#[command(subcommand)]
	Propose(propose::What),
	Vote(vote::Opts),
	/// Close a decided motion; if it was carried, what it says happens now
	///
	/// The exit code is 6 if it was carried and could not be carried out.
	Close {
		/// Its number, or the first digits of its hash
		motion: MotionName,
	},
	#[command(subcommand)]
	Upgrade(upgrade::Opts),
}

pub(super) async fn run(context: &Context, opts: &Opts, out: &mut Output) -> Result<()> {
	match opts {
		Opts::List => list::list(context, out).await,
		Opts::Show { motion } => list::show(context, motion, out).await,
		Opts::Members => list::members(context, out).await,
		Opts::Propose(what) => propose::run(context, what, out).await,
		Opts::Vote(opts) => vote::vote(context, opts, out).await,
		Opts::Close { motion } => vote::close(context, motion, out).await,
		Opts::Upgrade(opts) => upgrade::run(context, opts, out).await,
	}
}

/// The open motion with this name, and how it stands.
async fn find(state: &State, name: &MotionName) -> Result<(Motion, Standing)> {
	let motion = motion::find(state.motions().await?, name)?;
	let standing = Standing::of(&motion, members(state).await?, state.number);
	Ok((motion, standing))
}

/// How many members the council has.
async fn members(state: &State) -> Result<u32> {
	Ok(u32::try_from(state.council().await?.len()).unwrap_or(u32::MAX))
}
