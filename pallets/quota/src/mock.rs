//! A runtime with a table of keys, a clock that tests move, and a pallet whose calls cost and fail
//! as a test wants.

// What the macros expand to is not ours to shorten or to hide.
#![allow(missing_docs, unreachable_pub, unused_qualifications)]

use std::collections::BTreeMap;

use frame_support::{
	derive_impl, parameter_types,
	traits::{Contains, Hooks, Time},
	weights::Weight,
};
use sp_io::TestExternalities;
use sp_runtime::BuildStorage;
use ward_primitives::{Interval, KeyRoles, KeyRow, Moment, ParticipantId};

use crate::{IsExempt, KeyLookup};

pub(crate) type AccountId = u64;

/// A doctor, sponsored by [`CENTER`].
pub(crate) const DOCTOR: AccountId = 1;
/// A patient, sponsored by [`CENTER`].
pub(crate) const PATIENT: AccountId = 2;
/// A medical center, sponsored by nobody here.
pub(crate) const CENTER: AccountId = 3;
/// The center's receipt key.
pub(crate) const RECEIPT_KEY: AccountId = 4;
/// A key that the doctor used before.
pub(crate) const RETIRED_KEY: AccountId = 5;
/// A witness key of the center.
pub(crate) const WITNESS_KEY: AccountId = 6;
/// Nobody's account, which has a reference all the same.
pub(crate) const STRANGER: AccountId = 7;
/// Another key of the center, which governs.
pub(crate) const BOARD_KEY: AccountId = 8;
/// The center's participant.
pub(crate) const CENTER_ID: ParticipantId = ParticipantId(30);
/// The doctor's participant.
pub(crate) const DOCTOR_ID: ParticipantId = ParticipantId(10);
/// The patient's participant.
pub(crate) const PATIENT_ID: ParticipantId = ParticipantId(20);

/// When the tests start.
pub(crate) const START: Moment = 1_800_000_000_000;

/// A pallet whose calls do what a test asks of them.
#[frame_support::pallet(dev_mode)]
pub mod work {
	use frame_support::pallet_prelude::*;
	use frame_system::pallet_prelude::*;

	#[pallet::pallet]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config: frame_system::Config {}

	#[pallet::error]
	pub enum Error<T> {
		/// As the test wanted.
		Failed,
	}

	/// How many grants are left to withdraw.
	#[pallet::storage]
	pub type Grants<T> = StorageValue<_, u32, ValueQuery>;

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Announces `weight`, uses `used` of it, and then fails or not.
		#[pallet::weight(Weight::from_parts(*weight, 0))]
		pub fn work(
			origin: OriginFor<T>,
			weight: u64,
			used: Option<u64>,
			fails: bool,
		) -> DispatchResultWithPostInfo {
			ensure_signed(origin)?;
			// Only announced, above.
			let _ = weight;
			let post_info: frame_support::dispatch::PostDispatchInfo =
				used.map(|used| Weight::from_parts(used, 0)).into();
			match fails {
				true => Err(sp_runtime::DispatchErrorWithPostInfo {
					post_info,
					error: Error::<T>::Failed.into(),
				}),
				false => Ok(post_info),
			}
		}

		/// Withdraws a grant; fails if none is left, or if `betrays`.
		#[pallet::weight(Weight::from_parts(1_000, 0))]
		pub fn withdraw(origin: OriginFor<T>, betrays: bool) -> DispatchResult {
			ensure_signed(origin)?;
			let left = Grants::<T>::get().checked_sub(1).ok_or(Error::<T>::Failed)?;
			ensure!(!betrays, Error::<T>::Failed);
			Grants::<T>::put(left);
			Ok(())
		}

		/// What only a block's author may do.
		#[pallet::weight((Weight::from_parts(1_000, 0), DispatchClass::Mandatory))]
		pub fn inherent(_origin: OriginFor<T>) -> DispatchResult {
			Ok(())
		}
	}
}

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Quota: crate,
		Work: work,
	}
);

/// All calls but those that only leave bytes in a block.
pub struct NoRemarks;

impl Contains<RuntimeCall> for NoRemarks {
	fn contains(call: &RuntimeCall) -> bool {
		!matches!(call, RuntimeCall::System(frame_system::Call::remark { .. }))
	}
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type BaseCallFilter = NoRemarks;
	type Block = frame_system::mocking::MockBlock<Test>;
	type AccountId = AccountId;
	type Lookup = sp_runtime::traits::IdentityLookup<AccountId>;
	type BlockWeights = BlockWeights;
}

impl work::Config for Test {}

parameter_types! {
	pub storage Now: Moment = START;
	pub storage Keys: BTreeMap<AccountId, KeyRow> = BTreeMap::new();
	pub storage Sponsors: BTreeMap<ParticipantId, ParticipantId> = BTreeMap::new();
	pub BlockWeights: frame_system::limits::BlockWeights =
		frame_system::limits::BlockWeights::builder()
			.base_block(Weight::zero())
			.for_class(frame_support::dispatch::DispatchClass::all(), |weights| {
				weights.base_extrinsic = Weight::from_parts(BASE, 0);
				weights.max_extrinsic = Some(Weight::from_parts(PARTICIPANT_CAPACITY / 2, 1));
				weights.max_total = Some(Weight::from_parts(PARTICIPANT_CAPACITY, 2));
			})
			.build_or_panic();
}

/// What any transaction costs beside its call, its extensions and its length.
pub(crate) const BASE: u64 = 5_000;
pub(crate) const COST_PER_BYTE: u64 = 10;
pub(crate) const PARTICIPANT_CAPACITY: u64 = 10_000_000_000_000;
pub(crate) const PARTICIPANT_REFILL: u64 = 1_000_000_000_000;
pub(crate) const SPONSOR_CAPACITY: u64 = 15_000_000_000_000;
pub(crate) const SPONSOR_REFILL: u64 = 1_500_000_000_000;
pub(crate) const MAX_EXEMPT_PENDING: u32 = 2;

pub struct Clock;

impl Time for Clock {
	type Moment = Moment;

	fn now() -> Moment {
		Now::get()
	}
}

pub struct Registry;

impl KeyLookup<AccountId> for Registry {
	fn key(account: &AccountId) -> Option<KeyRow> {
		Keys::get().get(account).copied()
	}

	fn sponsor(participant: ParticipantId) -> Option<ParticipantId> {
		Sponsors::get().get(&participant).copied()
	}
}

pub struct Withdrawals;

impl IsExempt<AccountId, RuntimeCall> for Withdrawals {
	fn is_exempt(_: &AccountId, call: &RuntimeCall) -> bool {
		matches!(call, RuntimeCall::Work(work::Call::withdraw { .. }))
			&& work::Grants::<Test>::get() > 0
	}

	fn weight(call: &RuntimeCall) -> Weight {
		match call {
			RuntimeCall::Work(work::Call::withdraw { .. }) => Weight::from_parts(100, 0),
			_ => Weight::zero(),
		}
	}
}

parameter_types! {
	pub const ParticipantCapacity: u64 = PARTICIPANT_CAPACITY;
	pub const ParticipantRefill: u64 = PARTICIPANT_REFILL;
	pub const SponsorCapacity: u64 = SPONSOR_CAPACITY;
	pub const SponsorRefill: u64 = SPONSOR_REFILL;
	pub const CostPerByte: u64 = COST_PER_BYTE;
	pub const MaxExemptPending: u32 = MAX_EXEMPT_PENDING;
}

impl crate::Config for Test {
	type Keys = Registry;
	type ExemptCalls = Withdrawals;
	type Time = Clock;
	type ParticipantCapacity = ParticipantCapacity;
	type ParticipantRefill = ParticipantRefill;
	type SponsorCapacity = SponsorCapacity;
	type SponsorRefill = SponsorRefill;
	type CostPerByte = CostPerByte;
	type MaxExemptPending = MaxExemptPending;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Registry;
}

#[cfg(feature = "runtime-benchmarks")]
impl crate::BenchmarkHelper<AccountId> for Registry {
	fn enrolled_account() -> AccountId {
		DOCTOR
	}
}

/// Lets time pass.
pub(crate) fn wait(milliseconds: u64) {
	Now::set(&(Now::get() + milliseconds));
}

/// The state in which each test starts.
pub struct ExtBuilder;

pub(crate) fn new_test_ext() -> ExtBuilder {
	ExtBuilder
}

impl ExtBuilder {
	pub(crate) fn build(self) -> TestExternalities {
		let storage = frame_system::GenesisConfig::<Test>::default()
			.build_storage()
			.expect("an empty genesis is valid; qed");
		let mut ext = TestExternalities::new(storage);
		ext.execute_with(|| {
			System::set_block_number(1);
			let live = Interval::open(START - 10);
			let row = |participant, roles| KeyRow { participant, roles, live };
			Keys::set(&BTreeMap::from([
				(DOCTOR, row(DOCTOR_ID, KeyRoles::MAIN)),
				(PATIENT, row(PATIENT_ID, KeyRoles::ACT)),
				(CENTER, row(CENTER_ID, KeyRoles::MAIN)),
				(RECEIPT_KEY, row(CENTER_ID, KeyRoles::RECEIPT)),
				(WITNESS_KEY, row(CENTER_ID, KeyRoles::WITNESS)),
				(BOARD_KEY, row(CENTER_ID, KeyRoles::GOVERN)),
				(
					RETIRED_KEY,
					KeyRow {
						live: Interval { from: START - 10, until: Some(START) },
						..row(DOCTOR_ID, KeyRoles::MAIN)
					},
				),
			]));
			Sponsors::set(&BTreeMap::from([(DOCTOR_ID, CENTER_ID), (PATIENT_ID, CENTER_ID)]));
			for account in DOCTOR..=BOARD_KEY {
				System::inc_sufficients(&account);
			}
		});
		ext
	}

	/// Runs a test and then checks the invariants.
	pub(crate) fn execute_and_check(self, test: impl FnOnce()) {
		self.build().execute_with(|| {
			test();
			crate::try_state::check::<Test>().expect("the invariants hold");
			Quota::integrity_test();
		});
	}
}
