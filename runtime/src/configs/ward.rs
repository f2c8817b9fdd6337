//! Ward's own pallets.

use frame_support::{
	parameter_types,
	traits::{ConstU32, ConstU64},
	weights::{constants::WEIGHT_REF_TIME_PER_SECOND, Weight},
};
use frame_system::EnsureRoot;
use pallet_ward_consent::WeightInfo as _;
use pallet_ward_participants::WeightInfo as _;
use pallet_ward_quota::{IsExempt, KeyLookup};
use ward_primitives::{KeyRow, Moment, ParticipantId};

use super::{governance::MaxHealthAuthorities, CouncilFollows, MaxSeats};
use crate::{
	AccountId, Authorities, Consent, Participants, Records, Runtime, RuntimeCall, Signature,
	Timestamp,
};

/// One hour in milliseconds.
const HOUR: Moment = 3_600_000;

impl pallet_ward_participants::Config for Runtime {
	type Time = Timestamp;
	type Signature = Signature;
	type AdmitOrigin = EnsureRoot<AccountId>;
	type MaxProofValidity = ConstU64<{ 48 * HOUR }>;
	type MaxAffiliations = ConstU32<32>;
	type MaxHealthAuthorities = MaxHealthAuthorities;
	type OnStanding = CouncilFollows;
	type WeightInfo = pallet_ward_participants::weights::SubstrateWeight<Runtime>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::benchmarks::Helper;
}

impl pallet_ward_records::Config for Runtime {
	type Time = Timestamp;
	type Participants = Participants;
	type Consents = Consent;
	type MaxBatch = ConstU32<128>;
	type MaxSize = ConstU64<{ 1 << 44 }>;
	type WeightInfo = pallet_ward_records::weights::SubstrateWeight<Runtime>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::benchmarks::Helper;
}

impl pallet_ward_consent::Config for Runtime {
	type Time = Timestamp;
	type Participants = Participants;
	type Records = Records;
	type MaxLiveGrants = ConstU32<32>;
	type WeightInfo = pallet_ward_consent::weights::SubstrateWeight<Runtime>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::benchmarks::Helper;
}

impl pallet_ward_receipts::Config for Runtime {
	type Time = Timestamp;
	type SetOrigin = EnsureRoot<AccountId>;
	type Participants = Participants;
	type Custody = Records;
	type Seats = Authorities;
	type MaxSeats = MaxSeats;
	// Two blocks, for networks of tests.
	type MinEpochLength = ConstU64<4_000>;
	type MaxEpochLength = ConstU64<{ 7 * 24 * HOUR }>;
	type WitnessId = pallet_ward_receipts::witness::WitnessId;
	type WeightInfo = pallet_ward_receipts::weights::SubstrateWeight<Runtime>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::benchmarks::Helper;
}

parameter_types! {
	/// A participant may cause two seconds of computation at once…
	pub const ParticipantCapacity: u64 = 2 * WEIGHT_REF_TIME_PER_SECOND;
	/// …and a tenth of one core in the long run.
	pub const ParticipantRefill: u64 = WEIGHT_REF_TIME_PER_SECOND / 10;
	/// All that one sponsor enrolled together may cause twenty seconds at once…
	pub const SponsorCapacity: u64 = 20 * WEIGHT_REF_TIME_PER_SECOND;
	/// …and a quarter of all blocks in the long run.
	pub const SponsorRefill: u64 = WEIGHT_REF_TIME_PER_SECOND / 8;
}

/// Calls that need no quota: taking rights away must never wait.
pub struct TakesRightsAway;

impl IsExempt<AccountId, RuntimeCall> for TakesRightsAway {
	fn is_exempt(who: &AccountId, call: &RuntimeCall) -> bool {
		match call {
			RuntimeCall::Consent(pallet_ward_consent::Call::withdraw { grant }) => {
				Consent::withdrawal_would_succeed(who, *grant)
			},
			RuntimeCall::Participants(pallet_ward_participants::Call::freeze { participant }) => {
				Participants::freeze_would_succeed(who, *participant)
			},
			_ => false,
		}
	}

	fn weight(call: &RuntimeCall) -> Weight {
		let a_write = <Runtime as frame_system::Config>::DbWeight::get().writes(1);
		match call {
			// What these calls do, but for writing the row: they check the same.
			RuntimeCall::Consent(pallet_ward_consent::Call::withdraw { .. }) => {
				<Runtime as pallet_ward_consent::Config>::WeightInfo::withdraw()
					.saturating_sub(a_write)
			},
			RuntimeCall::Participants(pallet_ward_participants::Call::freeze { .. }) => {
				<Runtime as pallet_ward_participants::Config>::WeightInfo::freeze()
					.saturating_sub(a_write)
			},
			_ => Weight::zero(),
		}
	}
}

/// The registry as the quota sees it.
pub struct Registry;

impl KeyLookup<AccountId> for Registry {
	fn key(account: &AccountId) -> Option<KeyRow> {
		pallet_ward_participants::Keys::<Runtime>::get(account)
	}

	fn sponsor(participant: ParticipantId) -> Option<ParticipantId> {
		pallet_ward_participants::Participants::<Runtime>::get(participant)?.sponsor
	}
}

impl pallet_ward_quota::Config for Runtime {
	type Keys = Registry;
	type ExemptCalls = TakesRightsAway;
	type Time = Timestamp;
	type ParticipantCapacity = ParticipantCapacity;
	type ParticipantRefill = ParticipantRefill;
	type SponsorCapacity = SponsorCapacity;
	type SponsorRefill = SponsorRefill;
	// A megabyte of transactions costs as much as a tenth of a second of computation.
	type CostPerByte = ConstU64<100_000>;
	type MaxExemptPending = ConstU32<16>;
	type WeightInfo = pallet_ward_quota::weights::SubstrateWeight<Runtime>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::benchmarks::Helper;
}
