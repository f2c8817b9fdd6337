//! Who authors and who votes: Aura and GRANDPA, with seats that are participants.

use frame_support::{
	parameter_types,
	traits::{ConstBool, ConstU32, ConstU64},
};
use frame_system::EnsureRoot;
use pallet_session::historical::{self, NoteHistoricalRoot};
use pallet_ward_authorities::{NameOnly, NoToken, Offender, SeatId, SeatKeys, SuspendOffenders};
use sp_consensus_aura::sr25519::AuthorityId as AuraId;
use sp_runtime::traits::OpaqueKeys;
use sp_session::MembershipProof;

use super::{CouncilFollows, SeatOf};
use crate::{
	AccountId, Authorities, Historical, Offences, Participants, Runtime, RuntimeEvent,
	RuntimeHoldReason, Session, SessionKeys, Timestamp, DAYS, SLOT_DURATION,
};

/// The most seats that the chain can have.
pub type MaxSeats = ConstU32<64>;

/// For how many sessions a breach of consensus can be proved: a day of ten-minute ones.
const HISTORY_DEPTH: u32 = 144;

impl pallet_aura::Config for Runtime {
	type AuthorityId = AuraId;
	type DisabledValidators = Session;
	type MaxAuthorities = MaxSeats;
	type AllowMultipleBlocksPerSlot = ConstBool<false>;
	type SlotDuration = ConstU64<SLOT_DURATION>;
}

impl pallet_authorship::Config for Runtime {
	// Whoever includes a report of a breach earns nothing by it.
	type FindAuthor = ();
	type EventHandler = ();
}

parameter_types! {
	/// For how many blocks a report of double voting waits in a pool.
	pub const ReportLongevity: u64 = DAYS as u64;
	/// Setting session keys costs no deposit.
	pub const KeyDeposit: u32 = 0;
}

impl pallet_grandpa::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = ();
	type MaxAuthorities = MaxSeats;
	type MaxNominators = ConstU32<0>;
	// A session has one set at most.
	type MaxSetIdSessionEntries = ConstU64<{ HISTORY_DEPTH as u64 }>;
	type KeyOwnerProof = MembershipProof;
	type EquivocationReportSystem = pallet_grandpa::EquivocationReportSystem<
		Self,
		SuspendOffenders<Self, Offences>,
		Historical,
		ReportLongevity,
	>;
}

impl pallet_session::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type ValidatorId = SeatId;
	type ValidatorIdOf = SeatOf;
	type ShouldEndSession = Authorities;
	type NextSessionRotation = Authorities;
	type SessionManager = NoteHistoricalRoot<Self, Authorities>;
	type SessionHandler = SeatKeys<<SessionKeys as OpaqueKeys>::KeyTypeIdProviders>;
	type Keys = SessionKeys;
	// A breach takes a seat out at the next session; no block is refused before.
	type DisablingStrategy = ();
	type WeightInfo = pallet_session::weights::SubstrateWeight<Runtime>;
	type Currency = NoToken<RuntimeHoldReason>;
	type KeyDeposit = KeyDeposit;
}

impl historical::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type FullIdentification = ();
	type FullIdentificationOf = NameOnly;
}

impl pallet_offences::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type IdentificationTuple = Offender;
	// `SuspendOffenders` stands before it.
	type OnOffenceHandler = ();
}

impl pallet_ward_authorities::Config for Runtime {
	type Time = Timestamp;
	type GrantOrigin = EnsureRoot<AccountId>;
	type Participants = Participants;
	type Offences = SuspendOffenders<Self, Offences>;
	type OnStanding = CouncilFollows;
	type MaxSeats = MaxSeats;
	// Ten seconds, for networks of tests.
	type MinSessionLength = ConstU32<5>;
	type MaxSessionLength = ConstU32<DAYS>;
	type HistoryDepth = ConstU32<HISTORY_DEPTH>;
	type WeightInfo = pallet_ward_authorities::weights::SubstrateWeight<Runtime>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::benchmarks::Helper;
}
