//! A runtime with a real council of six.

// What the macros expand to is not ours to shorten or to hide.
#![allow(missing_docs, unreachable_pub, unused_qualifications)]

use frame_support::{
	derive_impl, parameter_types,
	traits::{ConstU32, ConstU64, Contains},
	weights::Weight,
};
use frame_system::EnsureRoot;
use pallet_collective::EnsureProportionAtLeast;
use sp_io::TestExternalities;
use sp_runtime::{traits::IdentityLookup, BuildStorage};

pub(crate) type AccountId = u64;

/// The members of the council.
pub(crate) const MEMBERS: [AccountId; 6] = [1, 2, 3, 4, 5, 6];

/// A pallet with a call that carries calls, as some runtimes have.
#[frame_support::pallet(dev_mode)]
pub mod batch {
	use frame_support::pallet_prelude::*;
	use frame_system::pallet_prelude::*;
	use sp_runtime::traits::Dispatchable;

	#[pallet::pallet]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config: frame_system::Config {}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Dispatches each call with the caller's origin.
		#[pallet::weight(Weight::zero())]
		pub fn batch(
			origin: OriginFor<T>,
			calls: Vec<Box<<T as frame_system::Config>::RuntimeCall>>,
		) -> DispatchResult {
			calls.into_iter().try_for_each(|call| {
				call.dispatch(origin.clone()).map(|_| ()).map_err(|failed| failed.error)
			})
		}
	}
}

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Council: pallet_collective::<Instance1>,
		Governance: crate,
		Batch: batch,
	}
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = frame_system::mocking::MockBlock<Test>;
	type AccountId = AccountId;
	type Lookup = IdentityLookup<AccountId>;
}

parameter_types! {
	pub const MaxProposalWeight: Weight = Weight::from_parts(1_000_000_000_000, u64::MAX);
}

impl pallet_collective::Config<pallet_collective::Instance1> for Test {
	type RuntimeOrigin = RuntimeOrigin;
	type Proposal = RuntimeCall;
	type RuntimeEvent = RuntimeEvent;
	type MotionDuration = ConstU64<10>;
	type MaxProposals = ConstU32<10>;
	type MaxMembers = ConstU32<10>;
	type DefaultVote = pallet_collective::PrimeDefaultVote;
	type WeightInfo = ();
	type SetMembersOrigin = EnsureRoot<AccountId>;
	type MaxProposalWeight = MaxProposalWeight;
	type DisapproveOrigin = EnsureRoot<AccountId>;
	type KillOrigin = EnsureRoot<AccountId>;
	type Consideration = ();
}

impl batch::Config for Test {}

/// What the council of the tests may enact.
pub struct Allowed;

impl Contains<RuntimeCall> for Allowed {
	fn contains(call: &RuntimeCall) -> bool {
		matches!(
			call,
			RuntimeCall::System(
				frame_system::Call::authorize_upgrade { .. }
					| frame_system::Call::apply_authorized_upgrade { .. }
			) | RuntimeCall::Council(pallet_collective::Call::set_members { .. })
		)
	}
}

impl crate::Config for Test {
	type EnactOrigin = EnsureProportionAtLeast<AccountId, pallet_collective::Instance1, 2, 3>;
	type Allowed = Allowed;
	type WeightInfo = ();
}

pub(crate) fn new_test_ext() -> TestExternalities {
	let genesis = RuntimeGenesisConfig {
		council: pallet_collective::GenesisConfig {
			members: MEMBERS.to_vec(),
			..Default::default()
		},
		..Default::default()
	};
	let mut ext = TestExternalities::new(genesis.build_storage().expect("a valid genesis; qed"));
	ext.execute_with(|| System::set_block_number(1));
	ext
}
