//! Whether the node answers, and whom it speaks to.

use ward_chain_client::Chain;

use super::{Reached, Subject};
use crate::error::Result;

/// Connects, also to a node that is catching up.
pub(super) async fn reach(subject: &Subject) -> Result<Reached> {
	let chain = match subject.home.genesis()? {
		Some(genesis) => Chain::connect_to(&subject.node, genesis).await?,
		None => Chain::connect(&subject.node).await?,
	};
	let (finalized, best) = (chain.finalized().await?, chain.best().await?);
	let keys = subject.home.keys();
	let own = match keys.exists() {
		true => finalized.key(keys.public()?.account).await?.map(|row| row.participant),
		false => None,
	};
	let vault = match own {
		Some(own) => finalized.vault(own).await?,
		None => None,
	};
	Ok(Reached { chain, finalized, best, own, vault })
}
