//! Who votes on finality, and who has voted.

use crate::{ChainError, State};
use codec::Decode;
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
	fn the_voters_of_a_justification_are_read_and_a_broken_one_is_refused() {
		let target = ([1u8; 32], 8u32);
		let vote = |voter: u8| (target, [0u8; 64], [voter; 32]);
		let headers = vec![0u8; 40];
		let bytes = (3u64, target, vec![vote(1), vote(2), vote(3)], headers).encode();
		assert_eq!(voters(&bytes).unwrap(), [[1; 32], [2; 32], [3; 32]]);
		assert!(voters(&bytes[..100]).is_err());
	}
}
