//! Whether a center votes on finality.

use serde_json::json;
use std::time::Duration;
use tokio::time::{sleep, Instant};
use ward_chain_client::{Chain, ChainError, State};
use ward_primitives::KeyBytes;

use crate::error::Result;

/// Whether a center votes on finality.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Votes {
	/// Its key is not among those that may vote.
	NotActive,
	/// Its key may vote.
	Active {
		/// Whether the node has seen a vote of it just now.
		seen: bool,
		/// In how many of the justifications that were looked at its vote stands. Each has only as many votes
		/// as were needed, so that of a center whose votes come last may never stand in one.
		counted: usize,
		/// How many justifications were looked at.
		of: usize,
	},
}

impl Votes {
	/// How many justifications are looked at, and how far back.
	const SAMPLE: usize = 5;
	const REACH: u64 = 40;

	/// How long a vote is waited for: at least two rounds, which take somewhat more than a second each.
	const PATIENCE: Duration = Duration::from_secs(4);

	/// How often the node is asked for the votes that it has: some votes stand there for half a second.
	const PAUSE: Duration = Duration::from_millis(150);

	/// Looks at the last stored justifications before a state, and waits for a vote in the rounds that are open.
	pub async fn of(chain: &Chain, state: &State, keys: &[u8]) -> Result<Self> {
		let Some(own) = voter(state, keys).await? else { return Ok(Self::NotActive) };
		let (mut counted, mut of) = (0, 0);
		for back in 0..Self::REACH.min(state.number) {
			let votes = chain.at_number(state.number - back).await?.finality_votes().await?;
			let Some(voters) = votes else { continue };
			of += 1;
			counted += usize::from(voters.contains(&own));
			if of == Self::SAMPLE {
				break;
			}
		}
		Ok(Self::Active { seen: is_seen(chain, own).await?, counted, of })
	}

	/// For JSON.
	pub fn to_json(self) -> serde_json::Value {
		match self {
			Self::NotActive => json!({ "active": false }),
			Self::Active { seen, counted, of } => {
				json!({ "active": true, "seen": seen, "counted": counted, "of": of })
			},
		}
	}

	/// For humans.
	pub fn in_words(self) -> String {
		match self {
			Self::NotActive => "its key is not among the voters on finality now".into(),
			Self::Active { seen, counted, of } => {
				let seen = if seen {
					"seen just now".into()
				} else {
					format!("none seen in {} seconds", Self::PATIENCE.as_secs())
				};
				let stored = match of {
					0 => "no justification is stored yet".into(),
					_ => format!(
						"in {counted} of the last {of} stored justifications (which have \
						 the votes that came first)"
					),
				};
				format!("{seen}; {stored}")
			},
		}
	}
}

/// Whether the node sees a vote of this voter in one of the next rounds.
async fn is_seen(chain: &Chain, voter: KeyBytes) -> Result<bool> {
	let give_up = Instant::now() + Votes::PATIENCE;
	loop {
		match chain.finality_rounds().await {
			Ok(rounds) if rounds.iter().any(|round| !round.silent.contains(&voter)) => {
				return Ok(true)
			},
			// A node that takes no part in the voting, or not yet.
			Ok(_) | Err(ChainError::Rpc { .. }) => {},
			Err(error) => return Err(error.into()),
		}
		if Instant::now() > give_up {
			return Ok(false);
		}
		sleep(Votes::PAUSE).await;
	}
}

/// Whether the voters on finality have the GRANDPA key among these session keys.
pub async fn is_voter(state: &State, keys: &[u8]) -> Result<bool> {
	Ok(voter(state, keys).await?.is_some())
}

/// The GRANDPA key, which is the last of the session keys, if it may vote.
async fn voter(state: &State, keys: &[u8]) -> Result<Option<KeyBytes>> {
	let Some(own) = keys.last_chunk().copied() else { return Ok(None) };
	Ok(state.finality_voters().await?.contains(&own).then_some(own))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn votes_are_said_in_words() {
		let active = |seen, counted, of| Votes::Active { seen, counted, of }.in_words();
		assert!(Votes::NotActive.in_words().contains("not among"));
		assert!(active(true, 0, 5).starts_with("seen just now; in 0 of the last 5"));
		assert!(active(false, 4, 5).starts_with("none seen in 4 seconds; in 4 of the last 5"));
		assert!(active(true, 0, 0).contains("no justification is stored"));
	}
}
