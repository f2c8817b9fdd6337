//! The council: motions, and the calls that only a motion can carry.

use codec::{Compact, Encode};
use ward_primitives::Digest;

use super::Call;

/// How much a call may weigh that a motion carries.
///
/// Whoever closes a motion states a bound, which must not be less than the call's own weight; what was
/// not used is given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WeightBound {
	/// Computing time in picoseconds.
	pub ref_time: u64,
	/// Bytes of proof.
	pub proof_size: u64,
}

impl Call {
	fn governance(name: &'static str, args: impl Encode) -> Self {
		Self::new("Governance", name, args)
	}

	/// Moves that the council carry out a call, which [`State::encode_call`](crate::State::encode_call)
	/// has encoded, and votes for it.
	pub fn propose(call: Vec<u8>) -> Self {
		Self { pallet: "Governance", name: "propose", args: call }
	}

	/// Votes on a motion.
	pub fn vote(motion: Digest, index: u32, approve: bool) -> Self {
		Self::governance("vote", (motion, index, approve))
	}

	/// Closes a motion that is decided; if it was carried, its call is made.
	pub fn close(motion: Digest, index: u32, weight: WeightBound, length: u32) -> Self {
		let weight = (Compact(weight.ref_time), Compact(weight.proof_size));
		Self::governance("close", (motion, index, weight, length))
	}

	/// Authorizes the runtime whose code has this hash. For the consortium's council only.
	pub fn authorize_upgrade(code_hash: Digest) -> Self {
		Self::new("System", "authorize_upgrade", code_hash)
	}

	/// Hands in the code of the runtime that the council authorized.
	pub fn apply_authorized_upgrade(code: &[u8]) -> Self {
		Self::new("System", "apply_authorized_upgrade", code)
	}

	/// Notes that finality has stopped for good: `delay` blocks later a new set of authorities begins
	/// after block `best_finalized`. For the consortium's council only.
	pub fn note_stalled(delay: u32, best_finalized: u32) -> Self {
		Self::new("Grandpa", "note_stalled", (delay, best_finalized))
	}
}
