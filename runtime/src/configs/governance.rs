//! How the consortium governs itself: a council, and no superuser.

use frame_support::{
	parameter_types,
	traits::{ConstU32, Contains},
	weights::Weight,
};
use frame_system::EnsureRoot;
use pallet_collective::{EnsureProportionAtLeast, Instance1, PrimeDefaultVote};
use sp_runtime::Perbill;

use super::system::RuntimeBlockWeights;
use crate::{AccountId, BlockNumber, Runtime, RuntimeCall, RuntimeEvent, RuntimeOrigin, DAYS};

parameter_types! {
	/// How many blocks a motion stays open.
	pub const MotionDuration: BlockNumber = 3 * DAYS;
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

/// The calls that a two-thirds majority of the council may make as Root: membership, the runtime's
/// code by its hash, and finality's recovery. Nothing that touches records or consent.
pub struct CouncilAgenda;

impl Contains<RuntimeCall> for CouncilAgenda {
	fn contains(call: &RuntimeCall) -> bool {
		use frame_system::Call as System;
		use pallet_collective::Call as Council;
		use pallet_grandpa::Call as Grandpa;
		use pallet_ward_participants::Call as Participants;
		matches!(
			call,
			RuntimeCall::System(System::authorize_upgrade { .. })
				| RuntimeCall::Grandpa(Grandpa::note_stalled { .. })
				| RuntimeCall::Council(Council::set_members { .. })
				| RuntimeCall::Participants(
					Participants::admit_health_authority { .. }
						| Participants::suspend { .. }
						| Participants::reinstate { .. }
						| Participants::deactivate { .. }
						| Participants::set_expiry { .. },
				)
		)
	}
}

impl pallet_ward_governance::Config for Runtime {
	type EnactOrigin = EnsureProportionAtLeast<AccountId, Instance1, 2, 3>;
	type Allowed = CouncilAgenda;
	type WeightInfo = pallet_ward_governance::weights::SubstrateWeight<Runtime>;
}
