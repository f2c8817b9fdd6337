//! Who votes on finality, and who has voted.

use crate::{Chain, ChainError, State};
use codec::Decode;
use serde::Deserialize;
use subxt::utils::AccountId32;
use ward_primitives::{Digest, KeyBytes};

/// The engine that finality comes from, in the list of a block's justifications.
const GRANDPA: [u8; 4] = *b"FRNK";

impl State {
	/// The GRANDPA keys that may vote on the next blocks.
	pub async fn finality_voters(&self) -> Result<Vec<KeyBytes>, ChainError> {
		let voters: Vec<(KeyBytes, u64)> = self.call("GrandpaApi_grandpa_authorities", &[]).await?;
		Ok(voters.into_iter().map(|(key, _)| key).collect())
	}

	/// The GRANDPA keys whose votes made this block final, if the node has kept them: it does for one
	/// block in a few. There are as many as were needed, so one that voted may be missing.
	pub async fn finality_votes(&self) -> Result<Option<Vec<KeyBytes>>, ChainError> {
		let all = self.chain().rpc.justifications(self.hash).await?;
		let Some((_, bytes)) = all.into_iter().find(|(engine, _)| *engine == GRANDPA) else {
			return Ok(None);
		};
		voters(&bytes).map(Some).map_err(|error| ChainError::Unreadable {
			to: "a justification".into(),
			reason: error.to_string(),
		})
	}
}

impl Chain {
	/// The votes that the node lacks in each round that it has open, late ones taken into account until
	/// the round's block is final: the round that is on comes first.
	pub async fn finality_rounds(&self) -> Result<Vec<FinalityRound>, ChainError> {
		let RoundStates { best, background } = self.rpc.round_state().await?;
		Ok([best].into_iter().chain(background).map(FinalityRound::from).collect())
	}
}

/// A round of votes on finality, as a node sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FinalityRound {
	/// The GRANDPA keys of voters that have neither prevoted nor precommitted.
	pub silent: Vec<KeyBytes>,
}

impl From<RoundState> for FinalityRound {
	fn from(RoundState { prevotes, precommits }: RoundState) -> Self {
		let mut silent = prevotes.missing;
		silent.retain(|voter| precommits.missing.contains(voter));
		Self { silent: silent.into_iter().map(|AccountId32(key)| key).collect() }
	}
}

/// The answer to `grandpa_roundState`.
#[derive(Deserialize)]
pub(crate) struct RoundStates {
	best: RoundState,
	background: Vec<RoundState>,
}

#[derive(Deserialize)]
struct RoundState {
	prevotes: Missing,
	precommits: Missing,
}

/// Whose votes are missing; the node writes keys like the addresses of accounts.
#[derive(Deserialize)]
struct Missing {
	missing: Vec<AccountId32>,
}

/// A block that is voted for, and its number.
type Target = (Digest, u32);

/// A vote for a target, its signature and its voter.
type Vote = (Target, [u8; 64], KeyBytes);

/// The voters of a justification: round, target, votes, and headers that are not read here.
fn voters(mut justification: &[u8]) -> Result<Vec<KeyBytes>, codec::Error> {
	let (_round, _target, votes) = <(u64, Target, Vec<Vote>)>::decode(&mut justification)?;
	Ok(votes.into_iter().map(|(_, _, voter)| voter).collect())
}

#[cfg(test)]
mod tests {
	use super::*;
	use codec::Encode;

	#[test]
	fn who_has_voted_in_a_round_is_not_silent() {
		let [alice, bob, carol] = [1, 2, 3].map(|byte| AccountId32([byte; 32]).to_string());
		let round = |prevotes: &[&String], precommits: &[&String]| {
			serde_json::json!({
				"round": 8,
				"prevotes": { "currentWeight": 1, "missing": prevotes },
				"precommits": { "currentWeight": 0, "missing": precommits },
			})
		};
		let of = |state| FinalityRound::from(serde_json::from_value::<RoundState>(state).unwrap());
		let all = [&alice, &bob, &carol];
		assert_eq!(of(round(&all, &all)).silent, [[1; 32], [2; 32], [3; 32]]);
		assert_eq!(of(round(&[&bob], &all)).silent, [[2; 32]]);
		assert_eq!(of(round(&[&bob], &[&bob, &carol])).silent, [[2; 32]]);
		assert!(of(round(&all, &[])).silent.is_empty());
	}

	#[test]
	fn the_voters_of_a_justification_are_read_and_a_broken_one_is_refused() {
		let target = ([1u8; 32], 8u32);
		let vote = |voter: u8| (target, [0u8; 64], [voter; 32]);
		let headers = vec![0u8; 40];
		let bytes = (3u64, target, vec![vote(1), vote(2), vote(3)], headers).encode();
		assert_eq!(voters(&bytes).unwrap(), [[1; 32], [2; 32], [3; 32]]);
		assert!(voters(&bytes[..100]).is_err());
	}
}
