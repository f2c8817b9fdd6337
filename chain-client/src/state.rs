//! The chain at one block.

use crate::{ChainError, Event};
use codec::{Decode, Encode};
use ward_primitives::{
	decision::{DecisionInputs, Query},
	AccessRequest, Digest, Grant, GrantId, Interval, KeyBytes, KeyRow, Moment, NewRecord,
	ParticipantId, ParticipantRow, RecordId, RecordRow, Timeline, VaultRow,
};

/// The chain at one block.
#[derive(Clone)]
pub struct State {
	/// The hash of the block.
	pub hash: Digest,
	/// The number of the block.
	pub number: u64,
	/// The timestamp of the block.
	pub timestamp: Moment,
}

/// The first record of a batch that the chain would not anchor.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct BatchFault {
	/// Its place in the batch, from 0.
	pub index: u32,
	/// The name of the error, for example `Records::AlreadyExists`.
	pub error: String,
}

impl State {
	async fn ask<T: Decode>(&self, _function: &str, _args: impl Encode) -> Result<T, ChainError> {
		unimplemented!()
	}

	/// The timestamp of this state.
	pub async fn now(&self) -> Result<Moment, ChainError> {
		self.ask("now", ()).await
	}

	/// All that [`ward_primitives::decide`] needs to decide `query`.
	pub async fn decision_inputs(&self, query: Query) -> Result<DecisionInputs, ChainError> {
		self.ask("decision_inputs", query).await
	}

	/// A participant.
	pub async fn participant(
		&self,
		id: ParticipantId,
	) -> Result<Option<ParticipantRow>, ChainError> {
		self.ask("participant", id).await
	}

	/// A key: whose it is, what it may be used for and when it was live.
	pub async fn key(&self, key: KeyBytes) -> Result<Option<KeyRow>, ChainError> {
		self.ask("key", key).await
	}

	/// What a center publishes of its vault.
	pub async fn vault(&self, center: ParticipantId) -> Result<Option<VaultRow>, ChainError> {
		self.ask("vault", center).await
	}

	/// The centers that a participant is or was affiliated with.
	pub async fn affiliations(
		&self,
		member: ParticipantId,
	) -> Result<Vec<(ParticipantId, Interval)>, ChainError> {
		self.ask("affiliations", member).await
	}

	/// The care relationship of a patient with a center.
	pub async fn care(
		&self,
		patient: ParticipantId,
		center: ParticipantId,
	) -> Result<Option<Timeline>, ChainError> {
		self.ask("care", (patient, center)).await
	}

	/// A record.
	pub async fn record(&self, id: RecordId) -> Result<Option<RecordRow>, ChainError> {
		self.ask("record", id).await
	}

	/// A patient's records, oldest first.
	pub async fn patient_records(
		&self,
		patient: ParticipantId,
		from: u64,
		limit: u32,
	) -> Result<Vec<RecordId>, ChainError> {
		self.ask("patient_records", (patient, from, limit)).await
	}

	/// The rows that a center holds, by their number.
	pub async fn custody(
		&self,
		center: ParticipantId,
		from: u64,
		limit: u32,
	) -> Result<Vec<RecordId>, ChainError> {
		self.ask("custody", (center, from, limit)).await
	}

	/// Whether `anchor_batch` of these records by this key would succeed now.
	pub async fn check_batch(
		&self,
		author: KeyBytes,
		records: &[NewRecord],
	) -> Result<Result<(), BatchFault>, ChainError> {
		self.ask("check_batch", (author, records)).await
	}

	/// A grant in its latest generation.
	pub async fn grant(&self, id: GrantId) -> Result<Option<Grant>, ChainError> {
		self.ask("grant", id).await
	}

	/// A patient's grants with numbers from `from` on, in their latest generations.
	pub async fn patient_grants(
		&self,
		patient: ParticipantId,
		from: GrantId,
		limit: u32,
	) -> Result<Vec<Grant>, ChainError> {
		self.ask("patient_grants", (patient, from, limit)).await
	}

	/// The requests made to a patient, open ones and ended ones.
	pub async fn requests_to(
		&self,
		patient: ParticipantId,
		limit: u32,
	) -> Result<Vec<AccessRequest>, ChainError> {
		self.ask("requests_to", (patient, limit)).await
	}

	/// Whom a patient excluded, and when.
	pub async fn exclusions(
		&self,
		patient: ParticipantId,
		limit: u32,
	) -> Result<Vec<(ParticipantId, Timeline)>, ChainError> {
		self.ask("exclusions", (patient, limit)).await
	}

	/// How much of a participant's quota is left, in the unit of weight (picoseconds).
	pub async fn quota(&self, id: ParticipantId) -> Result<u64, ChainError> {
		self.ask("quota", id).await
	}

	/// BLAKE2b-256 of the runtime's code.
	pub async fn code_hash(&self) -> Result<Digest, ChainError> {
		unimplemented!()
	}

	/// All events of this block.
	pub async fn events(&self) -> Result<Vec<Event>, ChainError> {
		unimplemented!()
	}

	/// The records that were anchored in this block.
	pub async fn anchored_records(&self) -> Result<Vec<RecordId>, ChainError> {
		Ok(self.events().await?.iter().filter_map(Event::anchored).collect())
	}
}
