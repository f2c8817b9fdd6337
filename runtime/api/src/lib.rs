//! What a Ward node answers about its chain's state, for vaults, clients and wallets.
//!
//! Every list is paged: `from` is the number of the first entry, or `after` the last one seen, and
//! `limit` is capped by the runtime. All of it can also be called at past blocks whose state the node keeps.

#![cfg_attr(not(feature = "std"), no_std)]
// The macro below generates items without documentation.
#![allow(missing_docs)]

extern crate alloc;

use alloc::{string::String, vec::Vec};
use codec::{Decode, Encode};
use scale_info::TypeInfo;
use sp_consensus_aura::sr25519::AuthorityId as AuraId;
use sp_consensus_slots::EquivocationProof;
use sp_session::MembershipProof;
use ward_primitives::{
	council::Motion,
	decision::{DecisionInputs, Query},
	receipt::{CohortRow, CustodyState, EpochInfo, LogRow, ReceiptTask},
	seat::{SeatInfo, SessionInfo},
	AccessRequest, Grant, GrantId, Interval, KeyBytes, KeyRow, Moment, NewRecord, ParticipantId,
	ParticipantRow, RecordId, RecordRow, Timeline, VaultRow,
};

/// The first record of a batch that the chain would not anchor.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct BatchFault {
	/// Its place in the batch, from 0.
	pub index: u32,
	/// The name of the error, for example `Records::AlreadyExists`.
	pub error: String,
}

sp_api::decl_runtime_apis! {
	/// Reads of Ward's own pallets.
	pub trait WardApi {
		/// The timestamp of this state.
		fn now() -> Moment;

		/// All that `ward_primitives::decide` needs to decide `query`.
		fn decision_inputs(query: Query) -> DecisionInputs;

		/// A participant.
		fn participant(id: ParticipantId) -> Option<ParticipantRow>;

		/// A key: whose it is, what it may be used for and when it was live.
		fn key(key: KeyBytes) -> Option<KeyRow>;

		/// What a center publishes of its vault.
		fn vault(center: ParticipantId) -> Option<VaultRow>;

		/// The centers that a participant is or was affiliated with.
		fn affiliations(member: ParticipantId) -> Vec<(ParticipantId, Interval)>;

		/// The care relationship of a patient with a center.
		fn care(patient: ParticipantId, center: ParticipantId) -> Option<Timeline>;

		/// A record.
		fn record(id: RecordId) -> Option<RecordRow>;

		/// A patient's records, oldest first.
		fn patient_records(patient: ParticipantId, from: u64, limit: u32) -> Vec<RecordId>;

		/// The rows of a center by their number, with those that it handed over.
		fn custody(center: ParticipantId, from: u64, limit: u32) -> Vec<RecordId>;

		/// How many rows of a center's cohort it still holds, without those that it handed over.
		fn rows_held(center: ParticipantId, cohort: u64) -> u16;

		/// The centers that have handed over a record of a patient, after `after`, in no particular order.
		fn former_custodians(
			patient: ParticipantId,
			after: Option<ParticipantId>,
			limit: u32,
		) -> Vec<ParticipantId>;

		/// Whether `anchor_batch` of these records by this key would succeed now.
		fn check_batch(author: KeyBytes, records: Vec<NewRecord>) -> Result<(), BatchFault>;

		/// A grant in its latest generation.
		fn grant(id: GrantId) -> Option<Grant>;

		/// A patient's grants with numbers from `from` on, in their latest generations.
		fn patient_grants(patient: ParticipantId, from: GrantId, limit: u32) -> Vec<Grant>;

		/// The requests made to a patient, open ones and ended ones, after that of requester `after`,
		/// in no particular order.
		fn requests_to(
			patient: ParticipantId,
			after: Option<ParticipantId>,
			limit: u32,
		) -> Vec<AccessRequest>;

		/// Whom a patient excluded, and when, after `after`, in no particular order.
		fn exclusions(
			patient: ParticipantId,
			after: Option<ParticipantId>,
			limit: u32,
		) -> Vec<(ParticipantId, Timeline)>;

		/// How much of a participant's quota is left, in the unit of weight (picoseconds).
		fn quota(id: ParticipantId) -> u64;

		/// All seats among the authorities, by the number of their center.
		fn seats() -> Vec<SeatInfo>;

		/// The running session.
		fn session() -> SessionInfo;

		/// On whose node a center is a guest, if it is one.
		fn host(guest: ParticipantId) -> Option<ParticipantId>;

		/// The epoch of storage receipts that the chain is in.
		fn receipt_epoch() -> EpochInfo;

		/// What a witness has to ask a custodian about a cohort now; none if it is not drawn for it, has
		/// reported it in this epoch, or there is no such cohort.
		fn receipt_task(
			custodian: ParticipantId,
			cohort: u64,
			witness: ParticipantId,
		) -> Option<ReceiptTask>;

		/// What witnesses have seen of a custodian's cohort; none if nobody has reported it yet.
		fn cohort(custodian: ParticipantId, cohort: u64) -> Option<CohortRow>;

		/// The witnesses of a cohort in this epoch, in the order of the draw.
		fn witnesses(custodian: ParticipantId, cohort: u64) -> Vec<ParticipantId>;

		/// How each custodian's copy of a record stands; nothing for a record that is not on the chain.
		fn custody_states(record: RecordId) -> Vec<CustodyState>;

		/// What the chain knows of the access log of a center's vault; none before the first report.
		fn log_head(custodian: ParticipantId) -> Option<LogRow>;

		/// Who is in the council.
		fn council() -> Vec<ParticipantId>;

		/// The open motions, the oldest first.
		fn motions() -> Vec<Motion>;
	}

	/// What a node needs to report a seat that authors two blocks for one slot.
	pub trait AuthoritiesApi {
		/// The proof that an Aura key is a seat's in the running session.
		fn key_ownership_proof(key: AuraId) -> Option<MembershipProof>;

		/// Hands a report to the node's own transaction pool. Whether it was taken there.
		fn report_double_authoring(
			proof: EquivocationProof<Block::Header, AuraId>,
			owner: MembershipProof,
		) -> bool;
	}
}
