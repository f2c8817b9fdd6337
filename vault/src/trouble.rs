//! What can be in the way of a decision: troubles of the chain, of the node, or of what they say.

use ward_primitives::{Digest, Moment};

use crate::{
	chain::Unreachable,
	error::{Code, Refusal},
};

/// Why the chain cannot be decided on. Each text is for the operator: what is wrong, and what to do.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Trouble {
	/// The node does not answer.
	#[error(transparent)]
	Unreachable(#[from] Unreachable),
	/// The node is on another chain than the data directory.
	#[error(
		"the node is on the chain {}, but this data directory belongs to {}; name the center's own \
		 node with --node", hex::encode(.found), hex::encode(.known)
	)]
	OtherChain {
		/// The genesis hash that the data directory was made for.
		known: Digest,
		/// The node's.
		found: Digest,
	},
	/// The node contradicts what the vault has followed.
	#[error(
		"the vault has followed block {number} with the hash {}, and the node now has another one \
		 there or has left it out; compare with other members which one is final, and let the vault \
		 follow a node that has it, or see `ward-vault accept-chain`", hex::encode(.hash)
	)]
	Forked {
		/// The number of a block that was final.
		number: u64,
		/// The hash that it had.
		hash: Digest,
	},
	/// The chain runs a runtime that the operator has not listed.
	#[error("the runtime 0x{} is not listed; check it, then add it with --runtime", hex::encode(.0))]
	Unlisted(Digest),
	/// The node is still catching up.
	#[error("the node is behind: its finalized head is {} s old; wait until it has caught up", .0 / 1000)]
	Behind(Moment),
	/// The chain goes on, always at another time than the machine's.
	#[error(
		"the finalized head moves on, but its time and this machine's clock are {} s apart; set the \
		 clock", .0 / 1000
	)]
	Clock(Moment),
	/// The finalized head is old.
	#[error(
		"the finalized head is {} s old and does not move; check the node's peers, and whether more \
		 than two thirds of the authorities are up", .0 / 1000
	)]
	Stalled(Moment),
}

impl Trouble {
	/// The codes of all troubles.
	pub const CODES: [Code; 6] = [
		Code::ChainUnreachable,
		Code::ChainForked,
		Code::RuntimeUnlisted,
		Code::ChainSyncing,
		Code::ClockDiffers,
		Code::ChainStalled,
	];

	/// The parts that a decision depends on, in the order in which they are looked at.
	pub const PARTS: [&str; 6] = ["node", "chain", "runtime", "sync", "clock", "finality"];

	/// The part that this is a trouble of.
	pub const fn part(&self) -> &'static str {
		match self {
			Self::Unreachable(_) => "node",
			Self::OtherChain { .. } | Self::Forked { .. } => "chain",
			Self::Unlisted(_) => "runtime",
			Self::Behind(_) => "sync",
			Self::Clock(_) => "clock",
			Self::Stalled(_) => "finality",
		}
	}

	/// What a requester is told.
	pub const fn code(&self) -> Code {
		match self {
			Self::Unreachable(_) => Code::ChainUnreachable,
			Self::OtherChain { .. } | Self::Forked { .. } => Code::ChainForked,
			Self::Unlisted(_) => Code::RuntimeUnlisted,
			Self::Behind(_) => Code::ChainSyncing,
			Self::Clock(_) => Code::ClockDiffers,
			Self::Stalled(_) => Code::ChainStalled,
		}
	}

	/// Whether nobody need be lying, and a state to decide at can still be read: only then may
	/// contingency mode open. A wrong clock is the operator's own to set while the chain goes on.
	pub const fn is_outage(&self) -> bool {
		matches!(self, Self::Behind(_) | Self::Stalled(_))
	}
}

impl From<Unreachable> for Refusal {
	fn from(error: Unreachable) -> Self {
		Trouble::from(error).into()
	}
}

impl From<Trouble> for Refusal {
	fn from(trouble: Trouble) -> Self {
		if let Trouble::Unreachable(cause) = &trouble {
			tracing::warn!(%cause, "no answer from the node");
		}
		trouble.code().into()
	}
}
