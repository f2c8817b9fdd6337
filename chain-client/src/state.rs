//! The chain at one block.

use crate::{rpc::REQUEST_TIMEOUT, Chain, ChainError, Event};
use codec::{Decode, DecodeAll, Encode};
use sp_crypto_hashing::{twox_128, twox_64};
use subxt::metadata::ArcMetadata;
use ward_primitives::{
	council::Motion,
	decision::{DecisionInputs, Query},
	receipt::{CohortRow, CustodyState, EpochInfo, LogRow, ReceiptTask},
	seat::{SeatInfo, SessionInfo},
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
	chain: Chain,
}

/// The first record of a batch that the chain would not anchor.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct BatchFault {
	/// Its place in the batch, from 0.
	pub index: u32,
	/// The name of the error, for example `Records::AlreadyExists`.
	pub error: String,
}

/// A runtime that the council has authorized.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Authorization {
	/// BLAKE2b-256 of its code.
	pub code_hash: Digest,
	/// Whether its version must be higher than that of the running one.
	pub checks_version: bool,
}

impl State {
	pub(crate) async fn new(chain: &Chain, hash: Digest, number: u64) -> Result<Self, ChainError> {
		let mut state = Self { hash, number, timestamp: 0, chain: chain.clone() };
		state.timestamp = state.now().await?;
		Ok(state)
	}

	async fn ask<T: Decode>(&self, function: &str, args: impl Encode) -> Result<T, ChainError> {
		self.call(&format!("WardApi_{function}"), &args.encode()).await
	}

	/// What a function of the runtime answers at this block.
	pub(crate) async fn call<T: Decode>(
		&self,
		function: &str,
		args: &[u8],
	) -> Result<T, ChainError> {
		let answer = self.chain.rpc.state_call(function, args, self.hash).await?;
		T::decode_all(&mut &answer[..]).map_err(|error| ChainError::Unreadable {
			to: function.into(),
			reason: error.to_string(),
		})
	}

	pub(crate) const fn chain(&self) -> &Chain {
		&self.chain
	}

	/// The timestamp of this state, which [`Self::timestamp`] holds already.
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

	/// The rows of a center by their number, with those that it handed over: who holds a record now is in its
	/// own row.
	pub async fn custody(
		&self,
		center: ParticipantId,
		from: u64,
		limit: u32,
	) -> Result<Vec<RecordId>, ChainError> {
		self.ask("custody", (center, from, limit)).await
	}

	/// How many rows of a center's cohort it still holds, without those that it handed over.
	pub async fn rows_held(&self, center: ParticipantId, cohort: u64) -> Result<u16, ChainError> {
		self.ask("rows_held", (center, cohort)).await
	}

	/// The centers that have handed over a record of a patient.
	pub async fn former_custodians(
		&self,
		patient: ParticipantId,
		after: Option<ParticipantId>,
		limit: u32,
	) -> Result<Vec<ParticipantId>, ChainError> {
		self.ask("former_custodians", (patient, after, limit)).await
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
		after: Option<ParticipantId>,
		limit: u32,
	) -> Result<Vec<AccessRequest>, ChainError> {
		self.ask("requests_to", (patient, after, limit)).await
	}

	/// Whom a patient excluded, and when.
	pub async fn exclusions(
		&self,
		patient: ParticipantId,
		after: Option<ParticipantId>,
		limit: u32,
	) -> Result<Vec<(ParticipantId, Timeline)>, ChainError> {
		self.ask("exclusions", (patient, after, limit)).await
	}

	/// How much of a participant's quota is left, in the unit of weight (picoseconds).
	pub async fn quota(&self, id: ParticipantId) -> Result<u64, ChainError> {
		self.ask("quota", id).await
	}

	/// All seats, whether they count or not.
	pub async fn seats(&self) -> Result<Vec<SeatInfo>, ChainError> {
		self.ask("seats", ()).await
	}

	/// The running session.
	pub async fn session(&self) -> Result<SessionInfo, ChainError> {
		self.ask("session", ()).await
	}

	/// The members of the council.
	pub async fn council(&self) -> Result<Vec<ParticipantId>, ChainError> {
		self.ask("council", ()).await
	}

	/// The motions that are open in the council.
	pub async fn motions(&self) -> Result<Vec<Motion>, ChainError> {
		self.ask("motions", ()).await
	}

	/// The seat-holder whose guest a center is.
	pub async fn host(&self, center: ParticipantId) -> Result<Option<ParticipantId>, ChainError> {
		self.ask("host", center).await
	}

	/// The epoch of storage receipts that the chain is in.
	pub async fn receipt_epoch(&self) -> Result<EpochInfo, ChainError> {
		self.ask("receipt_epoch", ()).await
	}

	/// What `witness` has to ask `custodian` in this epoch; none where it was not drawn for the cohort.
	pub async fn receipt_task(
		&self,
		custodian: ParticipantId,
		cohort: u64,
		witness: ParticipantId,
	) -> Result<Option<ReceiptTask>, ChainError> {
		self.ask("receipt_task", (custodian, cohort, witness)).await
	}

	/// What witnesses have reported of a cohort.
	pub async fn cohort(
		&self,
		custodian: ParticipantId,
		cohort: u64,
	) -> Result<Option<CohortRow>, ChainError> {
		self.ask("cohort", (custodian, cohort)).await
	}

	/// How each custodian's copy of a record stands.
	pub async fn custody_states(&self, record: RecordId) -> Result<Vec<CustodyState>, ChainError> {
		self.ask("custody_states", record).await
	}

	/// What was reported of the access log of a center's vault.
	pub async fn log_head(&self, custodian: ParticipantId) -> Result<Option<LogRow>, ChainError> {
		self.ask("log_head", custodian).await
	}

	/// The runtime that the council has authorized and that nobody has handed in yet.
	pub async fn authorized_upgrade(&self) -> Result<Option<Authorization>, ChainError> {
		let key = [twox_128(b"System"), twox_128(b"AuthorizedUpgrade")].concat();
		self.stored(&key, "the authorized upgrade").await
	}

	/// The session keys that a center has set, one after the other.
	pub async fn session_keys(&self, center: ParticipantId) -> Result<Option<Vec<u8>>, ChainError> {
		let id = center.encode();
		let map = [twox_128(b"Session"), twox_128(b"NextKeys")].concat();
		let key = [&map[..], &twox_64(&id), &id].concat();
		self.chain.rpc.storage(&key, self.hash).await
	}

	async fn stored<T: Decode>(&self, key: &[u8], what: &str) -> Result<Option<T>, ChainError> {
		let Some(bytes) = self.chain.rpc.storage(key, self.hash).await? else { return Ok(None) };
		T::decode_all(&mut &bytes[..])
			.map(Some)
			.map_err(|error| ChainError::Unreadable { to: what.into(), reason: error.to_string() })
	}

	/// The metadata of the runtime at this block.
	pub(crate) async fn metadata(&self) -> Result<ArcMetadata, ChainError> {
		Ok(self.chain.client_at(self.hash, self.number).await?.metadata())
	}

	/// BLAKE2b-256 of the runtime's code.
	pub async fn code_hash(&self) -> Result<Digest, ChainError> {
		let hash = self.chain.rpc.storage_hash(b":code", self.hash).await?;
		hash.ok_or_else(|| ChainError::Unsupported { what: "code".into() })
	}

	/// All events of this block.
	pub async fn events(&self) -> Result<Vec<Event>, ChainError> {
		Ok(self.events_and_metadata().await?.0)
	}

	/// The records that were anchored in this block.
	pub async fn anchored_records(&self) -> Result<Vec<RecordId>, ChainError> {
		Ok(self.events().await?.iter().filter_map(Event::anchored).collect())
	}

	pub(crate) async fn events_and_metadata(
		&self,
	) -> Result<(Vec<Event>, ArcMetadata), ChainError> {
		let client = self.chain.client_at(self.hash, self.number).await?;
		let client_events = client.events();
		let events = tokio::time::timeout(REQUEST_TIMEOUT, client_events.fetch())
			.await
			.map_err(|_| self.chain.rpc.unreachable(&"no answer in time"))?
			.map_err(|error| ChainError::Rpc { to: "events".into(), reason: error.to_string() })?;
		let metadata = client.metadata();
		match Event::all(&events, &metadata) {
			Ok(events) => Ok((events, metadata)),
			Err(error) => self.events_of_upgrade().await?.ok_or(error),
		}
	}

	/// The events of a block in which the runtime was upgraded: the runtime before has written them,
	/// while the state after the block has the new one. None if they do not read that way either.
	async fn events_of_upgrade(&self) -> Result<Option<(Vec<Event>, ArcMetadata)>, ChainError> {
		let Some(before) = self.number.checked_sub(1) else { return Ok(None) };
		let parent = self.chain.rpc.parent(self.hash).await?;
		let client = self.chain.client_at(parent, before).await?;
		let key = [twox_128(b"System"), twox_128(b"Events")].concat();
		let bytes = self.chain.rpc.storage(&key, self.hash).await?.unwrap_or_default();
		let (events, metadata) = (client.events().from_bytes(bytes), client.metadata());
		Ok(Event::all(&events, &metadata).ok().map(|events| (events, metadata)))
	}
}

impl std::fmt::Debug for State {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		write!(f, "State(#{} {})", self.number, crate::error::hex(&self.hash))
	}
}

#[cfg(test)]
mod tests;
