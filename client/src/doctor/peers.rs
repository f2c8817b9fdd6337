//! Whether the node is among its peers.

use ward_chain_client::{Chain, State, SyncStatus};

use super::Finding;
use crate::error::Result;

const CHECK: &str = "peers";

/// More than these make a node no safer.
const ENOUGH: usize = 3;

/// Asks the node how many peers it has.
pub(super) async fn examine(chain: &Chain, state: &State) -> Result<Finding> {
	let status = chain.sync_status().await?;
	Ok(judge(status, state.session().await?.seats))
}

fn judge(status: SyncStatus, seats: u32) -> Finding {
	let others = usize::try_from(seats.saturating_sub(1)).unwrap_or(usize::MAX);
	let wanted = ENOUGH.min(others);
	let SyncStatus { is_syncing, peers } = status;
	let noun = if peers == 1 { "peer" } else { "peers" };
	let found = format!("{peers} {noun}; {seats} seats in the set");
	let remedy =
		"open the node's port to the other centers, and name them with --reserved-nodes or \
	              --bootnodes";
	if peers == 0 && wanted > 0 {
		Finding::failed(CHECK, found, remedy)
	} else if is_syncing {
		let found = format!("{found}; the node is catching up");
		Finding::warning(CHECK, found, "wait; `ward status` shows how far it has come")
	} else if peers < wanted {
		Finding::warning(CHECK, found, remedy)
	} else {
		Finding::ok(CHECK, found)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::doctor::Verdict;

	#[test]
	fn a_node_wants_all_others_of_a_small_set_and_three_of_a_large_one() {
		let judge = |peers, seats| judge(SyncStatus { is_syncing: false, peers }, seats).verdict;
		assert_eq!(judge(3, 4), Verdict::Ok);
		assert_eq!(judge(2, 4), Verdict::Warning);
		assert_eq!(judge(0, 4), Verdict::Failed);
		assert_eq!(judge(3, 20), Verdict::Ok);
		assert_eq!(judge(1, 2), Verdict::Ok);
		assert_eq!(judge(0, 1), Verdict::Ok, "alone by intention");
	}

	#[test]
	fn a_node_that_catches_up_is_not_well_yet() {
		let status = |peers| SyncStatus { is_syncing: true, peers };
		assert_eq!(judge(status(5), 4).verdict, Verdict::Warning);
		assert_eq!(judge(status(0), 4).verdict, Verdict::Failed);
	}
}
