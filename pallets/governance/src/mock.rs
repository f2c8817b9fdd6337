//! A runtime with a real council that follows a real registry.

// What the macros expand to is not ours to shorten or to hide.
#![allow(missing_docs, unreachable_pub, unused_qualifications)]

use frame_support::{
	derive_impl, parameter_types,
	traits::{ConstU32, ConstU64, Contains, Hooks, Time},
	weights::Weight,
	PalletId,
};
use frame_system::EnsureRoot;
use pallet_collective::EnsureProportionAtLeast;
use pallet_ward_participants::GenesisParticipant;
use sp_io::TestExternalities;
use sp_runtime::{traits::IdentityLookup, AccountId32, BuildStorage, MultiSignature};
use ward_primitives::{
	traits::{Electorate, OnStanding, ReadParticipants},
	Interval, KeyRoles, KeyRow, Moment, ParticipantId, Role,
};

use crate::{self as pallet_ward_governance};

// Who takes part. The health authorities and the centers with a seat are the council of six.
pub(crate) const AUTHORITY: ParticipantId = ParticipantId(1);
pub(crate) const OTHER_AUTHORITY: ParticipantId = ParticipantId(2);
pub(crate) const CENTERS: [ParticipantId; 4] =
	[ParticipantId(3), ParticipantId(4), ParticipantId(5), ParticipantId(6)];
/// Centers that have no seat yet.
pub(crate) const GUESTS: [ParticipantId; 3] =
	[ParticipantId(7), ParticipantId(8), ParticipantId(9)];
pub(crate) const PATIENT: ParticipantId = ParticipantId(10);

/// The members of the council.
pub(crate) const MEMBERS: [ParticipantId; 6] =
	[AUTHORITY, OTHER_AUTHORITY, CENTERS[0], CENTERS[1], CENTERS[2], CENTERS[3]];

/// How many blocks a motion stays open.
pub(crate) const MOTION_DURATION: u64 = 10;

/// The moment of the first block.
pub(crate) const START: Moment = 1_000;

/// How long a block takes.
pub(crate) const SLOT: Moment = 2_000;

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
		Timestamp: pallet_timestamp,
		Participants: pallet_ward_participants,
		Council: pallet_collective::<Instance1>,
		Governance: pallet_ward_governance,
		Batch: batch,
	}
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = frame_system::mocking::MockBlock<Test>;
	type AccountId = AccountId32;
	type Lookup = IdentityLookup<AccountId32>;
}

#[derive_impl(pallet_timestamp::config_preludes::TestDefaultConfig)]
impl pallet_timestamp::Config for Test {}

parameter_types! {
	pub const MaxProposalWeight: Weight = Weight::from_parts(1_000_000_000_000, u64::MAX);
	pub const CouncilId: PalletId = PalletId(*b"ward/cou");
	/// The centers that have a seat.
	pub storage Seats: Vec<ParticipantId> = CENTERS.to_vec();
}

/// Tells the council whose standing it follows.
pub struct CouncilFollows;

impl OnStanding for CouncilFollows {
	fn changed(_: ParticipantId, role: Role) {
		if matches!(role, Role::HealthAuthority | Role::MedicalCenter) {
			Governance::members_may_have_changed();
		}
	}
}

impl pallet_ward_participants::Config for Test {
	type Time = Timestamp;
	type AdmitOrigin = EnsureRoot<AccountId32>;
	type Signature = MultiSignature;
	type MaxProofValidity = ConstU64<3_600_000>;
	type MaxAffiliations = ConstU32<4>;
	type MaxHealthAuthorities = ConstU32<4>;
	type OnStanding = CouncilFollows;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = ();
}

/// Active health authorities, and active centers with a seat.
pub struct Assembly;

impl Electorate for Assembly {
	fn members() -> Vec<ParticipantId> {
		let now = Timestamp::now();
		let is_active = |id: &ParticipantId| Participants::is_active(*id, Role::MedicalCenter, now);
		let centers = Seats::get().into_iter().filter(is_active);
		Participants::health_authorities(now).into_iter().chain(centers).collect()
	}

	fn max_members() -> u32 {
		10
	}
}

impl pallet_collective::Config<pallet_collective::Instance1> for Test {
	type RuntimeOrigin = RuntimeOrigin;
	type Proposal = RuntimeCall;
	type RuntimeEvent = RuntimeEvent;
	type MotionDuration = ConstU64<MOTION_DURATION>;
	type MaxProposals = ConstU32<10>;
	type MaxMembers = ConstU32<10>;
	type DefaultVote = pallet_collective::PrimeDefaultVote;
	type WeightInfo = ();
	type SetMembersOrigin = EnsureRoot<AccountId32>;
	type MaxProposalWeight = MaxProposalWeight;
	type DisapproveOrigin = EnsureRoot<AccountId32>;
	type KillOrigin = EnsureRoot<AccountId32>;
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
				| RuntimeCall::Participants(pallet_ward_participants::Call::suspend { .. })
		)
	}
}

impl crate::Config for Test {
	type EnactOrigin = EnsureProportionAtLeast<AccountId32, pallet_collective::Instance1, 2, 3>;
	type Allowed = Allowed;
	type Time = Timestamp;
	type Participants = Participants;
	type Electorate = Assembly;
	type PalletId = CouncilId;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Assembly;
}

#[cfg(feature = "runtime-benchmarks")]
impl crate::BenchmarkHelper<AccountId32> for Assembly {
	fn fill_electorate() -> Vec<(ParticipantId, AccountId32)> {
		// The authorities and all centers of genesis, and one more center, which is enrolled here.
		let next = pallet_ward_participants::NextParticipantId::<Test>::get();
		let center = ParticipantId(next);
		let mut row = Participants::participant(GUESTS[0]).expect("a center");
		row.enrolled_at = Timestamp::now();
		pallet_ward_participants::Participants::<Test>::insert(center, row);
		pallet_ward_participants::NextParticipantId::<Test>::put(next + 1);
		attach(key(center), center, KeyRoles::MAIN);
		let centers = [&CENTERS[..], &GUESTS[..], &[center]].concat();
		Seats::set(&centers);
		Self::members().into_iter().map(|member| (member, key(member))).collect()
	}
}

/// The first key of a participant.
pub(crate) fn key(id: ParticipantId) -> AccountId32 {
	[u8::try_from(id.0).expect("a small number; qed"); 32].into()
}

/// A key that has a name.
pub(crate) fn named(name: &str) -> AccountId32 {
	let mut bytes = [b'.'; 32];
	bytes[..name.len()].copy_from_slice(name.as_bytes());
	bytes.into()
}

/// The origin that is signed by a participant's first key.
pub(crate) fn by(id: ParticipantId) -> RuntimeOrigin {
	RuntimeOrigin::signed(key(id))
}

/// Gives a participant another key.
pub(crate) fn attach(key: AccountId32, participant: ParticipantId, roles: KeyRoles) {
	let row = KeyRow { participant, roles, live: Interval::open(Timestamp::now()) };
	if roles.contains(KeyRoles::ACT) {
		pallet_ward_participants::ActingKeys::<Test>::mutate(participant, |keys| *keys += 1);
	}
	if !roles.contains(KeyRoles::RECEIPT) {
		System::inc_providers(&key);
	}
	pallet_ward_participants::Keys::<Test>::insert(key, row);
}

/// Gives these centers seats, and takes them from all others.
pub(crate) fn set_seats(centers: &[ParticipantId]) {
	Seats::set(&centers.to_vec());
	Governance::members_may_have_changed();
}

/// Begins the next block: hooks first, then the clock, as in every block.
pub(crate) fn next_block() -> Weight {
	let number = System::block_number() + 1;
	System::set_block_number(number);
	let weight = Governance::on_initialize(number);
	Timestamp::set_timestamp(Timestamp::now() + SLOT);
	weight
}

/// A test environment whose state is checked at the end of the test.
pub(crate) struct TestExt(TestExternalities);

impl TestExt {
	/// Runs a test, and then every check of the state.
	pub(crate) fn execute_and_check(mut self, test: impl FnOnce()) {
		self.0.execute_with(|| {
			test();
			check();
		});
	}
}

/// Checks the state of every pallet.
pub(crate) fn check() {
	Governance::do_try_state().expect("the state is consistent");
	#[cfg(feature = "try-runtime")]
	<AllPalletsWithSystem as frame_support::traits::TryState<u64>>::try_state(
		System::block_number(),
		frame_support::traits::TryStateSelect::All,
	)
	.expect("the state of the other pallets is consistent");
}

pub(crate) fn externalities() -> TestExternalities {
	let founder = |id, role, sponsor| GenesisParticipant {
		account: key(id),
		role,
		sponsor,
		sealing_key: None,
	};
	let mut participants = vec![
		founder(AUTHORITY, Role::HealthAuthority, None),
		founder(OTHER_AUTHORITY, Role::HealthAuthority, None),
	];
	participants.extend(
		CENTERS
			.into_iter()
			.chain(GUESTS)
			.map(|center| founder(center, Role::MedicalCenter, Some(AUTHORITY))),
	);
	participants.push(founder(PATIENT, Role::Patient, Some(CENTERS[0])));
	let genesis = RuntimeGenesisConfig {
		participants: pallet_ward_participants::GenesisConfig { participants },
		..Default::default()
	};
	let mut ext = TestExternalities::new(genesis.build_storage().expect("a valid genesis; qed"));
	ext.execute_with(|| {
		System::set_block_number(1);
		Timestamp::set_timestamp(START);
	});
	ext
}

/// The council of six.
pub(crate) fn new_test_ext() -> TestExt {
	TestExt(externalities())
}

/// For the benchmarks, which run as tests too.
#[cfg(feature = "runtime-benchmarks")]
pub(crate) fn new_benchmark_ext() -> TestExternalities {
	externalities()
}
