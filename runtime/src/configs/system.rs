//! The frame of every block: its limits, its clock and the accounts.

use frame_support::{
	derive_impl, parameter_types,
	traits::{ConstU64, Contains},
	weights::{
		constants::{ParityDbWeight, WEIGHT_REF_TIME_PER_SECOND},
		Weight,
	},
};
use frame_system::limits::{BlockLength, BlockWeights};
use sp_runtime::{traits::AccountIdLookup, Perbill};
use sp_version::RuntimeVersion;

use crate::{
	AccountId, Aura, Block, BlockNumber, Hash, Nonce, PalletInfo, Runtime, RuntimeCall,
	RuntimeEvent, RuntimeOrigin, RuntimeTask, SLOT_DURATION, VERSION,
};

/// The share of a block that ordinary calls may fill; the rest is for inherents and operations.
const NORMAL_SHARE: Perbill = Perbill::from_percent(75);

parameter_types! {
	/// How far back block hashes are kept: the longest life of a mortal transaction.
	pub const BlockHashCount: BlockNumber = 4_096;
	/// One second of computation in a slot of two: every authority executes every block.
	pub RuntimeBlockWeights: BlockWeights = BlockWeights::with_sensible_defaults(
		Weight::from_parts(WEIGHT_REF_TIME_PER_SECOND, u64::MAX),
		NORMAL_SHARE,
	);
	/// At most 4 MiB of transactions in a block.
	pub RuntimeBlockLength: BlockLength = BlockLength::builder()
		.max_length(4 * 1024 * 1024)
		.modify_max_length_for_class(frame_support::dispatch::DispatchClass::Normal, |max| {
			*max = NORMAL_SHARE * *max;
		})
		.build();
	/// The version of this runtime.
	pub const Version: RuntimeVersion = VERSION;
	/// The generic prefix of addresses; a consortium may register one of its own later.
	pub const SS58Prefix: u8 = 42;
}

/// The calls that the chain takes. `CheckParticipant` keeps the others out of pools and blocks.
///
/// - No remarks: what they leave in a block says nothing to the chain, could be anything about
///   anybody, and could never be erased.
/// - Not the council's own calls: its members are participants, and `Governance` asks for their
///   standing before it lets them propose, vote and close.
/// - No taking back of session keys: whoever leaves gives the seat up, and the minimum has a say. Keys
///   without a seat do nothing.
pub struct TakenCalls;

impl Contains<RuntimeCall> for TakenCalls {
	fn contains(call: &RuntimeCall) -> bool {
		use frame_system::Call::{remark, remark_with_event};
		!matches!(
			call,
			RuntimeCall::System(remark { .. } | remark_with_event { .. })
				| RuntimeCall::Council(_)
				| RuntimeCall::Session(pallet_session::Call::purge_keys { .. })
		)
	}
}

#[derive_impl(frame_system::config_preludes::SolochainDefaultConfig)]
impl frame_system::Config for Runtime {
	type AccountId = AccountId;
	type BaseCallFilter = TakenCalls;
	type Block = Block;
	type BlockHashCount = BlockHashCount;
	type BlockLength = RuntimeBlockLength;
	type BlockWeights = RuntimeBlockWeights;
	// The node keeps its state in ParityDb.
	type DbWeight = ParityDbWeight;
	type ExtensionsWeightInfo = frame_system::SubstrateExtensionsWeight<Runtime>;
	type Hash = Hash;
	type Lookup = AccountIdLookup<AccountId, ()>;
	type Nonce = Nonce;
	type SS58Prefix = SS58Prefix;
	type SystemWeightInfo = frame_system::weights::SubstrateWeight<Runtime>;
	type Version = Version;
}

impl pallet_timestamp::Config for Runtime {
	type Moment = u64;
	type OnTimestampSet = Aura;
	type MinimumPeriod = ConstU64<{ SLOT_DURATION / 2 }>;
	type WeightInfo = pallet_timestamp::weights::SubstrateWeight<Runtime>;
}
