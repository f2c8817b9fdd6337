//! How the consortium governs itself: a council, and no superuser.

use alloc::vec::Vec;
use frame_support::{
	parameter_types,
	traits::{ConstU32, Contains, Get},
	weights::Weight,
	PalletId,
};
use frame_system::EnsureRoot;
use pallet_collective::{EnsureProportionAtLeast, Instance1, PrimeDefaultVote};
use sp_runtime::Perbill;
use ward_primitives::{
	traits::{Electorate, OnStanding},
	ParticipantId, Role,
};

use super::{consensus::MaxSeats, system::RuntimeBlockWeights};
use crate::{
	AccountId, Authorities, BlockNumber, Governance, Participants, Runtime, RuntimeCall,
	RuntimeEvent, RuntimeOrigin, Timestamp, DAYS,
};

parameter_types! {
	/// How many blocks a motion stays open.
	pub const MotionDuration: BlockNumber = 3 * DAYS;
	/// What the council accounts of its members are derived from.
	pub const CouncilAccounts: PalletId = PalletId(*b"ward/cou");
	/// A motion may take half a block.
	pub MaxProposalWeight: Weight =
		Perbill::from_percent(50) * RuntimeBlockWeights::get().max_block;
}

impl pallet_collective::Config<Instance1> for Runtime {
	type RuntimeOrigin = RuntimeOrigin;
	type Proposal = RuntimeCall;
	type RuntimeEvent = RuntimeEvent;
	type MotionDuration = MotionDuration;
	type MaxProposals = ConstU32<64>;
	type MaxMembers = ConstU32<128>;
	type DefaultVote = PrimeDefaultVote;
	type WeightInfo = pallet_collective::weights::SubstrateWeight<Runtime>;
	type SetMembersOrigin = EnsureRoot<AccountId>;
	type MaxProposalWeight = MaxProposalWeight;
	type DisapproveOrigin = EnsureRoot<AccountId>;
	type KillOrigin = EnsureRoot<AccountId>;
	type Consideration = ();
}

/// The most health authorities, which sit in the council beside the seats.
pub type MaxHealthAuthorities = ConstU32<64>;

/// The council: the active health authorities, and the active centers that have taken a seat.
pub struct HealthAuthoritiesAndSeats;

impl Electorate for HealthAuthoritiesAndSeats {
	fn members() -> Vec<ParticipantId> {
		let mut members = Participants::health_authorities(Timestamp::get());
		members.extend(Authorities::electors());
		members
	}

	fn max_members() -> u32 {
		<MaxHealthAuthorities as Get<u32>>::get().saturating_add(<MaxSeats as Get<u32>>::get())
	}
}

/// Lets the council follow the standing of those who can sit in it.
pub struct CouncilFollows;

impl OnStanding for CouncilFollows {
	fn changed(_: ParticipantId, role: Role) {
		if matches!(role, Role::HealthAuthority | Role::MedicalCenter) {
			Governance::members_may_have_changed();
		}
	}

	fn can_be_stopped(id: ParticipantId, role: Role) -> bool {
		role != Role::MedicalCenter || Authorities::can_be_spared(id)
	}
}

/// The calls that a two-thirds majority of the council may make as Root: who takes part, who has a
/// seat, the runtime's code by its hash, finality's recovery, parameters of the consensus, and how often
/// the custodians are looked at. Nothing that touches records or consent.
pub struct CouncilAgenda;

impl Contains<RuntimeCall> for CouncilAgenda {
	fn contains(call: &RuntimeCall) -> bool {
		use frame_system::Call as System;
		use pallet_grandpa::Call as Grandpa;
		use pallet_ward_authorities::Call as Authorities;
		use pallet_ward_participants::Call as Participants;
		use pallet_ward_receipts::Call as Receipts;
		matches!(
			call,
			RuntimeCall::System(System::authorize_upgrade { .. })
				| RuntimeCall::Grandpa(Grandpa::note_stalled { .. })
				| RuntimeCall::Authorities(
					Authorities::grant_seat { .. }
						| Authorities::revoke_seat { .. }
						| Authorities::reinstate_seat { .. }
						| Authorities::set_session_length { .. }
						| Authorities::set_minimum { .. },
				) | RuntimeCall::Receipts(Receipts::set_epoch_length { .. })
				| RuntimeCall::Participants(
					Participants::admit_health_authority { .. }
						| Participants::suspend { .. }
						| Participants::reinstate { .. }
						| Participants::deactivate { .. }
						| Participants::freeze { .. }
						| Participants::set_expiry { .. },
				)
		)
	}
}

impl pallet_ward_governance::Config for Runtime {
	type EnactOrigin = EnsureProportionAtLeast<AccountId, Instance1, 2, 3>;
	type Allowed = CouncilAgenda;
	type Time = Timestamp;
	type Participants = Participants;
	type Electorate = HealthAuthoritiesAndSeats;
	type PalletId = CouncilAccounts;
	type WeightInfo = pallet_ward_governance::weights::SubstrateWeight<Runtime>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::benchmarks::Helper;
}
