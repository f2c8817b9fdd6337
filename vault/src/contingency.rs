//! Contingency mode: in an outage of the chain, the center's own staff may read for emergency treatment
//! what the last verified state permits them.
//!
//! It permits nothing that the chain has not permitted; it only lets an old answer count for longer.
//! Nothing is switched: every request is looked at anew, so it ends by itself.

use std::sync::Arc;

use ward_primitives::{decision::DecisionInputs, Moment, ParticipantId, PurposeOfUse, Role};
use ward_vault_api::{contingency::ContingencyJson, hex::Hex};

use crate::{
	chain::{Head, StateView},
	error::Code,
	trouble::Trouble,
	vault::Vault,
};

/// The only purpose that is served in contingency mode.
pub const PURPOSE: PurposeOfUse = PurposeOfUse::Etreat;

/// Contingency mode, as it is open now.
#[derive(Clone, Copy, Debug)]
pub struct Contingency {
	/// The state that decisions are made at.
	pub head: Head,
	/// The first moment at which it is over, should the chain not be back before.
	pub until: Moment,
	/// What is wrong with the chain; also the answer for everybody whom this mode is not for.
	pub code: Code,
	/// When it was looked at, by the vault's clock.
	pub now: Moment,
}

impl Contingency {
	/// Whether the actor of a decision works for `center` as a person, at the moment asked for.
	pub(crate) fn is_staff(inputs: &DecisionInputs, center: ParticipantId) -> bool {
		let at = inputs.query.at;
		inputs.actor.as_ref().is_some_and(|actor| {
			let works_here = actor.centers.iter().any(|facts| {
				facts.center == center
					&& facts.active.contains(at)
					&& facts.affiliation.contains(at)
			});
			actor.role == Role::Practitioner && actor.active.contains(at) && works_here
		})
	}
}

impl From<Contingency> for ContingencyJson {
	fn from(contingency: Contingency) -> Self {
		let Contingency { head, until, code, .. } = contingency;
		Self {
			block: head.number,
			hash: Hex(head.hash),
			at: head.timestamp,
			until,
			trouble: code.name().into(),
		}
	}
}

impl Vault {
	/// Contingency mode with the state to decide at, if the operator allows it and the trouble is an
	/// outage: the last finalized head that this vault has verified and followed, as long as the node
	/// still has it on its chain with its state.
	pub(crate) async fn contingency(
		&self,
		trouble: &Trouble,
	) -> Option<(Contingency, Arc<dyn StateView>)> {
		if !trouble.is_outage() {
			return None;
		}
		let head = self.seen.verified()?;
		let now = self.clock.now();
		let until = head.timestamp.saturating_add(self.settings.contingency);
		if !(head.timestamp..until).contains(&now) {
			return None;
		}
		let state = self.chain.at(head.hash).await.ok()?;
		let is_on_chain = self.chain.block_hash(head.number).await.ok()? == Some(head.hash);
		if state.head() != head || !is_on_chain {
			return None;
		}
		self.ensure_listed(state.as_ref()).await.ok()?;
		// Later blocks can take permits away.
		self.best(head).await.ok()?;
		Some((Contingency { head, until, code: trouble.code(), now }, state))
	}
}
