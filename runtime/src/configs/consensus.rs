//! Who authors and who votes: Aura and GRANDPA, with seats that are participants.

use frame_support::{
	parameter_types,
	traits::{ConstBool, ConstU32, ConstU64},
};
use sp_consensus_aura::sr25519::AuthorityId as AuraId;

use super::{NoToken, SeatId, SeatKeys, SeatOf};
use crate::{BlockNumber, Runtime, RuntimeEvent, Session, SessionKeys, MINUTES, SLOT_DURATION};

/// The most seats that the chain can have.
type MaxAuthorities = ConstU32<64>;

impl pallet_aura::Config for Runtime {
	type AuthorityId = AuraId;
	type DisabledValidators = Session;
	type MaxAuthorities = MaxAuthorities;
	type AllowMultipleBlocksPerSlot = ConstBool<false>;
	type SlotDuration = ConstU64<SLOT_DURATION>;
}

impl pallet_grandpa::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = ();
	type MaxAuthorities = MaxAuthorities;
	type MaxNominators = ConstU32<0>;
	type MaxSetIdSessionEntries = ConstU64<0>;
	// Equivocations are reported from the issue on authority seats on.
	type KeyOwnerProof = sp_core::Void;
	type EquivocationReportSystem = ();
}

parameter_types! {
	/// How many blocks a session lasts: rotated keys count two sessions later.
	pub const SessionPeriod: BlockNumber = 10 * MINUTES;
	/// Sessions start with the first block.
	pub const SessionOffset: BlockNumber = 0;
	/// Setting session keys costs no deposit.
	pub const KeyDeposit: u32 = 0;
}

impl pallet_session::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type ValidatorId = SeatId;
	type ValidatorIdOf = SeatOf;
	type ShouldEndSession = pallet_session::PeriodicSessions<SessionPeriod, SessionOffset>;
	type NextSessionRotation = pallet_session::PeriodicSessions<SessionPeriod, SessionOffset>;
	// The seats of genesis stay; their keys can be rotated.
	type SessionManager = ();
	type SessionHandler = SeatKeys;
	type Keys = SessionKeys;
	type DisablingStrategy = ();
	type WeightInfo = pallet_session::weights::SubstrateWeight<Runtime>;
	type Currency = NoToken;
	type KeyDeposit = KeyDeposit;
}
