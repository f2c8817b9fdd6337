//! Taking records over from a center that leaves: its vault announces them, this one fetches them and signs for
//! them, and the chain then names this center in the place of that one. How the other side does it is in
//! [`crate::drain`].

use std::sync::Arc;

use ward_primitives::{
	decision::Obligations, Action, Decision, Deposit, ParticipantId, RecordContent, RecordId,
	RecordRow,
};
use ward_vault_api::deposit::Announcement;

use crate::{
	access_log::{Event, LogFacts},
	authentication::Actor,
	chain::StateView,
	database::deposits::{Announced, Bringer, DepositRow, DepositState},
	error::{Code, Refusal},
	peer::PURPOSE,
	promotion::basis_of,
	vault::Vault,
};

/// How many deposits may wait to be handed over on the chain. The author's quota is not for them; but the vault
/// looks at each of them at each block.
const MAX_DEPOSITS: u64 = 20_000;

impl Vault {
	/// Lodges a record that a custodian hands over, and begins to fetch it from there.
	pub(crate) async fn take_over(
		self: &Arc<Self>,
		custodian: &Actor,
		announcement: Announcement,
	) -> Result<(RecordId, Announced), Refusal> {
		self.ensure_accepted(custodian)?;
		let genesis = self.genesis().await?;
		let record = RecordContent::from(announcement.content).record_id(&genesis);
		let row = ensure_custodian(custodian, record).await?;
		if announcement.from != Some(custodian.id) || !announcement.custodians.is_empty() {
			return Err(Refusal::malformed(
				"A record that is handed over comes from the vault of the center that signs, and goes nowhere else.",
			));
		}
		self.take_back(custodian, record, &row).await?;
		let bringer = Bringer::Custodian { center: custodian.id, deposits: MAX_DEPOSITS };
		let (record, announced) = self.lodge(announcement, bringer).await?;
		if matches!(announced, Announced::New(_)) {
			self.metrics.handed_over("taken");
		}
		Ok((record, announced))
	}

	/// A deposit here of a record that a custodian hands over.
	pub(crate) async fn offered_deposit(
		&self,
		custodian: &Actor,
		record: RecordId,
	) -> Result<DepositRow, Refusal> {
		self.ensure_accepted(custodian)?;
		let row = ensure_custodian(custodian, record).await?;
		let deposit = self.database.deposit(record).await?.ok_or(Code::AccessDenied)?;
		match deposit.state == DepositState::Anchored && !self.is_custodian(&row) {
			// What this center has handed over itself, and may be about to delete.
			true => Err(Code::AccessDenied.into()),
			false => Ok(deposit),
		}
	}

	/// The word for another custodian that a record is here, if it is, and as far as is known as it must be.
	/// Until that has run out, nothing of the record is deleted.
	pub(crate) async fn promise(
		&self,
		record: RecordId,
		row: &DepositRow,
	) -> Result<Option<Deposit>, Refusal> {
		let deposit = self.standing_receipt(record, row).await?;
		let Some(expires) = deposit.map(|deposit| deposit.expires) else { return Ok(None) };
		let holds = match row.state {
			DepositState::Anchored => self.database.note_promised(record, expires).await?,
			_ => true,
		};
		Ok(deposit.filter(|_| holds))
	}

	/// Makes a mere deposit of a record that this center has handed over itself, and that comes back before it
	/// was deleted here.
	async fn take_back(
		&self,
		custodian: &Actor,
		record: RecordId,
		row: &RecordRow,
	) -> Result<(), Refusal> {
		if self.is_custodian(row) {
			return Ok(());
		}
		let _lock = self.locks.lock(record).await;
		let deposit = self.database.deposit(record).await?;
		if deposit.is_none_or(|deposit| deposit.state != DepositState::Anchored) {
			return Ok(());
		}
		let state = custodian.finalized.as_ref();
		let facts = self.end_of_custody(state, record, row);
		let (genesis, horizon) = (self.genesis().await?, state.head().timestamp);
		match self.database.end_custody(record, custodian.id, horizon, facts, genesis).await? {
			true => Ok(()),
			// Another one has this center's word, and may hand over to it with that.
			false => Err(Code::AccessDenied.into()),
		}
	}

	/// The log's entry for a record that this center has handed over.
	pub(crate) fn end_of_custody(
		&self,
		state: &dyn StateView,
		record: RecordId,
		row: &RecordRow,
	) -> LogFacts {
		LogFacts {
			at: self.clock.now(),
			actor: self.center(),
			patient: row.content.patient,
			record,
			action: Action::Write,
			purpose: PURPOSE,
			event: Event::HandOver,
			decision: Decision::Permit { basis: basis_of(row), obligations: Obligations::NONE },
			finalized: state.head().hash,
		}
	}

	fn is_custodian(&self, row: &RecordRow) -> bool {
		row.custodians.iter().any(|held| held.center == self.center())
	}

	/// Refuses a center from which this vault takes nothing over.
	fn ensure_accepted(&self, center: &Actor) -> Result<(), Refusal> {
		if !self.settings.accept_from.contains(&center.id) {
			return Err(Code::HandOverNotAccepted.into());
		}
		if center.purpose != PURPOSE {
			return Err(Refusal::malformed("A record is handed over with the purpose HOPERAT."));
		}
		center.ensure_active()
	}

	/// The centers that may still have what they have handed over to this one.
	pub(crate) fn former_custodians<'a>(
		&'a self,
		row: &'a RecordRow,
	) -> impl Iterator<Item = ParticipantId> + 'a {
		let accepted = self.settings.accept_from.iter().copied();
		accepted.filter(|center| row.custodians.iter().all(|held| held.center != *center))
	}
}

/// Refuses who is not a custodian of the record by the finalized chain, as everybody is refused who asks for
/// a record that there is not.
async fn ensure_custodian(center: &Actor, record: RecordId) -> Result<RecordRow, Refusal> {
	let row = center.finalized.record(record).await?;
	let names_it = |row: &RecordRow| row.custodians.iter().any(|held| held.center == center.id);
	row.filter(names_it).ok_or(Code::AccessDenied.into())
}
