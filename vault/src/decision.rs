//! When a vault releases: only if `decide` permits at the finalized head and at the best head, each
//! with its own timestamp. In contingency mode the last verified state takes the place of the
//! finalized head.

use std::sync::Arc;

use ward_primitives::{
	decide,
	decision::{Obligations, Query},
	Action, Basis, Decision, ParticipantId, Reason, RecordId, RecordRow,
};

use crate::{
	access_log::{Event, LogFacts},
	authentication::{Actor, Reader},
	chain::StateView,
	contingency::Contingency,
	database::deposits::{DepositRow, DepositState, Lodged},
	error::{Code, Refusal},
	promotion::basis_of,
	vault::Vault,
};

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
	/// Decides on reading `record`, and writes the decision to the access log, durably.
	pub(crate) async fn decide_read(
		&self,
		reader: &Reader,
		record: RecordId,
		event: Event,
	) -> Result<Permitted, Refusal> {
		let Reader { actor, contingency } = reader;
		let finalized = actor.finalized.as_ref();
		let best = self.best(finalized.head()).await?;
		if !actor.holds_key_at(best.as_ref()).await? {
			return Err(Code::UnknownKey.into());
		}
		let row = finalized.record(record).await?;
		let lodged = self.database.lodged(record).await?;
		let patient = row.as_ref().map_or(ParticipantId(0), |row| row.content.patient);

		let word_at = |state| self.decide_at(state, reader, patient, record, lodged.as_ref());
		let (final_word, latest_word) =
			futures::try_join!(word_at(finalized), word_at(best.as_ref()))?;
		// Any deny wins.
		let denied = [final_word, latest_word].into_iter().find(|word| !word.is_permit());
		let mut decision = denied.unwrap_or(final_word);
		if decision.is_permit() {
			if let Err(reason) = self.can_serve(actor, row.as_ref(), lodged.as_ref(), event) {
				decision = Decision::Deny { reason };
			}
		}

		let event = match contingency {
			None => event,
			Some(_) => event.in_contingency(),
		};
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

	/// Decides on giving a record's content to the vault of another custodian, and writes the decision to
	/// the access log, durably. The chain permits it to whom it names as a custodian; of what is not
	/// anchored yet, the author to whom the announcement names; of what this center hands over, its
	/// operator to the center that takes it.
	pub(crate) async fn decide_copy(
		&self,
		actor: &Actor,
		record: RecordId,
	) -> Result<DepositRow, Refusal> {
		let finalized = actor.finalized.as_ref();
		let best = self.best(finalized.head()).await?;
		if !actor.holds_key_at(best.as_ref()).await? {
			return Err(Code::UnknownKey.into());
		}
		let row = finalized.record(record).await?;
		let lodged = self.database.lodged(record).await?;
		let decision = match self.copying_basis(actor, row.as_ref(), lodged.as_ref()) {
			Ok(basis) => Decision::Permit { basis, obligations: Obligations::LOG },
			Err(reason) => Decision::Deny { reason },
		};
		let facts = LogFacts {
			at: self.clock.now(),
			actor: actor.id,
			patient: row.map_or(ParticipantId(0), |row| row.content.patient),
			record,
			action: Action::Read,
			purpose: actor.purpose,
			event: Event::Copy,
			decision,
			finalized: finalized.head().hash,
		};
		self.database.log(facts, self.genesis().await?).await?;
		self.metrics.decision(Event::Copy, &decision);
		let lodged = lodged.filter(|_| decision.is_permit()).ok_or(Code::AccessDenied)?;
		self.metrics.copies_sent.inc();
		Ok(lodged.row)
	}

	/// On which basis another vault may have the content.
	fn copying_basis(
		&self,
		actor: &Actor,
		row: Option<&RecordRow>,
		lodged: Option<&Lodged>,
	) -> Result<Basis, Reason> {
		actor.ensure_active().map_err(|_| Reason::ActorInactive)?;
		let lodged = lodged.filter(|lodged| lodged.row.state != DepositState::Announced);
		let lodged = lodged.ok_or(Reason::UnknownRecord)?;
		let is_named = lodged.copiers.contains(&actor.id);
		let Some(row) = row else {
			return match is_named {
				true => Ok(Basis::Own),
				false => Err(Reason::UnknownRecord),
			};
		};
		let holds = |center| row.custodians.iter().any(|held| held.center == center);
		match (holds(self.center()), holds(actor.id), is_named) {
			(true, true, _) | (true, _, true) => Ok(basis_of(row)),
			// Handed over to it, and still here: it may have lost it before anybody else has seen it there.
			(false, true, true) => Ok(basis_of(row)),
			(true, false, false) => Err(Reason::NoBasis),
			(false, ..) => Err(Reason::UnknownRecord),
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

	/// The decision at one head.
	async fn decide_at(
		&self,
		state: &dyn StateView,
		reader: &Reader,
		patient: ParticipantId,
		record: RecordId,
		lodged: Option<&Lodged>,
	) -> Result<Decision, Refusal> {
		let Reader { actor, contingency } = reader;
		let query = Query {
			patient,
			record: Some(record),
			actor: actor.id,
			// Then what somebody may as another center's staff does not count.
			on_behalf_of: contingency.map(|_| self.center()),
			action: Action::Read,
			purpose: actor.purpose,
			at: state.head().timestamp,
		};
		let mut inputs = state.decision_inputs(query).await?;
		if inputs.query != query {
			return Err(Refusal::internal("the node answered another query than it was asked"));
		}
		let opening = lodged.map(|lodged| &lodged.opening);
		let decision = decide(&inputs, opening);
		let Some(Contingency { now, code, .. }) = *contingency else { return Ok(decision) };

		// Once more for now, as if nothing had changed since: what has run out by itself is over.
		let was_staff = Contingency::is_staff(&inputs, self.center());
		(inputs.as_of, inputs.query.at) = (now, now);
		if !was_staff || !Contingency::is_staff(&inputs, self.center()) {
			// For everybody else the vault is closed.
			return Err(code.into());
		}
		match decision.is_permit() {
			true => Ok(decide(&inputs, opening)),
			false => Ok(decision),
		}
	}
}
