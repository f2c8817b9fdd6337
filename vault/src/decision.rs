//! When a vault releases: only if `decide` permits at the finalized head and at the best head, each
//! with its own timestamp, on fresh state and under a runtime that the operator has listed.

use std::sync::Arc;

use ward_primitives::{
	decide, decision::Query, Action, Decision, Moment, ParticipantId, Reason, RecordId, RecordRow,
};

use crate::{
	access_log::{Event, LogFacts},
	authentication::Actor,
	chain::{StateView, Unreachable},
	database::deposits::{DepositState, Lodged},
	error::{Code, Refusal},
	vault::Vault,
};

/// How far a finalized timestamp may be from now before the vault closes, in milliseconds.
pub const MAX_FINALITY_AGE: Moment = 30_000;

impl From<Unreachable> for Refusal {
	fn from(error: Unreachable) -> Self {
		tracing::warn!(cause = %error, "no answer from the node");
		Code::ChainUnreachable.into()
	}
}

/// A permitted read: what it is about.
pub struct Permitted {
	/// The record's row at the finalized head.
	pub row: RecordRow,
	/// What is lodged here.
	pub lodged: Lodged,
	/// The decision, with its basis and what it obliges to.
	pub decision: Decision,
	/// The best head, at which it was permitted too.
	pub best: Arc<dyn StateView>,
}

impl Vault {
	/// The chain at its finalized head, if that is fresh and its runtime listed.
	pub async fn finalized(&self) -> Result<Arc<dyn StateView>, Refusal> {
		let state = self.chain.finalized().await?;
		if self.clock.now().abs_diff(state.head().timestamp) > MAX_FINALITY_AGE {
			// A node that is catching up has old heads, too.
			return Err(match self.chain.is_syncing().await? {
				true => Code::ChainSyncing.into(),
				false => Code::ChainStalled.into(),
			});
		}
		self.ensure_listed(state.as_ref()).await?;
		Ok(state)
	}

	/// The chain at its best head, if its runtime is listed.
	async fn best(&self) -> Result<Arc<dyn StateView>, Refusal> {
		let state = self.chain.best().await?;
		self.ensure_listed(state.as_ref()).await?;
		Ok(state)
	}

	/// Refuses state that an unlisted runtime has written.
	pub(crate) async fn ensure_listed(&self, state: &dyn StateView) -> Result<(), Refusal> {
		match self.settings.runtimes.contains(&state.code_hash().await?) {
			true => Ok(()),
			false => Err(Code::RuntimeUnlisted.into()),
		}
	}

	/// Decides on reading `record`, and writes the decision to the access log, durably.
	pub(crate) async fn decide_read(
		&self,
		actor: &Actor,
		record: RecordId,
		event: Event,
	) -> Result<Permitted, Refusal> {
		let finalized = actor.finalized.as_ref();
		let best = self.best().await?;
		if !actor.holds_key_at(best.as_ref()).await? {
			return Err(Code::UnknownKey.into());
		}
		let row = finalized.record(record).await?;
		let lodged = self.database.lodged(record).await?;
		let patient = row.as_ref().map_or(ParticipantId(0), |row| row.content.patient);

		let final_word = decide_at(finalized, actor, patient, record, lodged.as_ref()).await?;
		let latest_word = decide_at(best.as_ref(), actor, patient, record, lodged.as_ref()).await?;
		// Any deny wins.
		let denied = [final_word, latest_word].into_iter().find(|word| !word.is_permit());
		let mut decision = denied.unwrap_or(final_word);
		if decision.is_permit() {
			if let Err(reason) = self.can_serve(actor, row.as_ref(), lodged.as_ref(), event) {
				decision = Decision::Deny { reason };
			}
		}

		let facts = LogFacts {
			at: self.clock.now(),
			actor: actor.id,
			patient,
			record,
			action: Action::Read,
			purpose: actor.purpose,
			event,
			decision,
			finalized: finalized.head().hash,
		};
		self.database.log(facts, self.genesis().await?).await?;
		self.metrics.decision(event, &decision);
		match (decision.is_permit(), row, lodged) {
			(true, Some(row), Some(lodged)) => Ok(Permitted { row, lodged, decision, best }),
			_ => Err(Code::AccessDenied.into()),
		}
	}

	/// Whether this vault has what is permitted.
	fn can_serve(
		&self,
		actor: &Actor,
		row: Option<&RecordRow>,
		lodged: Option<&Lodged>,
		event: Event,
	) -> Result<(), Reason> {
		let (Some(row), Some(lodged)) = (row, lodged) else { return Err(Reason::UnknownRecord) };
		let is_custodian = row.custodians.iter().any(|held| held.center == self.center());
		if !is_custodian || lodged.row.state == DepositState::Announced {
			return Err(Reason::UnknownRecord);
		}
		// The key of a patient-only record is only there for those whom it was wrapped to.
		let key_is_here = !lodged.row.patient_only || lodged.wrap_for(actor.id).is_some();
		if event == Event::Key && !key_is_here {
			return Err(Reason::NoBasis);
		}
		Ok(())
	}
}

/// The decision at one head.
async fn decide_at(
	state: &dyn StateView,
	actor: &Actor,
	patient: ParticipantId,
	record: RecordId,
	lodged: Option<&Lodged>,
) -> Result<Decision, Refusal> {
	let query = Query {
		patient,
		record: Some(record),
		actor: actor.id,
		on_behalf_of: None,
		action: Action::Read,
		purpose: actor.purpose,
		at: state.head().timestamp,
	};
	let inputs = state.decision_inputs(query).await?;
	if inputs.query != query {
		return Err(Refusal::internal("the node answered another query than it was asked"));
	}
	Ok(decide(&inputs, lodged.map(|lodged| &lodged.opening)))
}
