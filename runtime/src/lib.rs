//! # The Ward runtime
//!
//! What every authority node executes and agrees on: who takes part, which records exist and who
//! holds them, and what patients allow. There is no token, no fee and no superuser: work is bounded
//! by quotas, and Root is reached only through a two-thirds majority of the council, for an
//! allow-list of calls.
//!
//! - [`configs`]: how the pallets are put together.
//! - [`apis`]: what a node can ask of the chain's state.
//! - [`genesis_config_presets`]: how a chain starts.

#![cfg_attr(not(feature = "std"), no_std)]
// `#[frame_support::runtime]` and `impl_opaque_keys!` generate items without documentation.
#![allow(missing_docs)]
#![recursion_limit = "256"]

#[cfg(feature = "std")]
include!(concat!(env!("OUT_DIR"), "/wasm_binary.rs"));

extern crate alloc;

// The macros below name it without a path.
#[cfg(not(feature = "std"))]
use alloc::vec::Vec;

use sp_runtime::{
	generic, impl_opaque_keys,
	traits::{BlakeTwo256, IdentifyAccount, Verify},
	MultiAddress, MultiSignature,
};

pub mod apis;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarks;
pub mod configs;
pub mod genesis_config_presets;
mod reports;

#[cfg(test)]
mod tests;

/// A signature of any scheme that an account can have.
pub type Signature = MultiSignature;

/// An account: the 32 bytes of an Ed25519 or sr25519 key.
pub type AccountId = <<Signature as Verify>::Signer as IdentifyAccount>::AccountId;

/// How many transactions an account has sent.
pub type Nonce = u32;

/// A hash of the chain: BLAKE2b-256.
pub type Hash = sp_core::H256;

/// A block's number.
pub type BlockNumber = u32;

/// How a call names an account.
pub type Address = MultiAddress<AccountId, ()>;

/// A block's header.
pub type Header = generic::Header<BlockNumber, BlakeTwo256>;

/// A block.
pub type Block = generic::Block<Header, UncheckedExtrinsic>;

/// What the node needs to know of blocks whose calls it need not understand.
pub mod opaque {
	use super::{generic, BlakeTwo256, BlockNumber};

	pub use sp_runtime::OpaqueExtrinsic as UncheckedExtrinsic;

	/// A block's header.
	pub type Header = generic::Header<BlockNumber, BlakeTwo256>;

	/// A block whose extrinsics are bytes.
	pub type Block = generic::Block<Header, UncheckedExtrinsic>;
}

impl_opaque_keys! {
	/// What an authority node signs with while it takes part in consensus.
	pub struct SessionKeys {
		/// Authors blocks.
		pub aura: Aura,
		/// Votes on finality.
		pub grandpa: Grandpa,
	}
}

/// What a signed transaction carries besides its call, checked in this order. The list is part of
/// every signature, so changing it breaks every signer; Ward's own parts add no bytes to it.
pub type TxExtension = (
	frame_system::AuthorizeCall<Runtime>,
	frame_system::CheckNonZeroSender<Runtime>,
	frame_system::CheckSpecVersion<Runtime>,
	frame_system::CheckTxVersion<Runtime>,
	frame_system::CheckGenesis<Runtime>,
	frame_system::CheckEra<Runtime>,
	pallet_ward_quota::CheckParticipant<Runtime>,
	pallet_ward_quota::ChargeQuota<Runtime>,
	frame_system::CheckWeight<Runtime>,
	frame_metadata_hash_extension::CheckMetadataHash<Runtime>,
	frame_system::WeightReclaim<Runtime>,
);

/// A transaction as it travels.
pub type UncheckedExtrinsic =
	generic::UncheckedExtrinsic<Address, RuntimeCall, Signature, TxExtension>;

/// The bytes that a transaction's signer signs.
pub type SignedPayload = generic::SignedPayload<RuntimeCall, TxExtension>;

/// Executes blocks.
pub type Executive = frame_executive::Executive<
	Runtime,
	Block,
	frame_system::ChainContext<Runtime>,
	Runtime,
	AllPalletsWithSystem,
>;

/// How long a slot is in milliseconds: one block each.
pub const SLOT_DURATION: u64 = 2_000;

/// How many blocks are expected in a minute.
pub const MINUTES: BlockNumber = 60_000 / (SLOT_DURATION as BlockNumber);

/// How many blocks are expected in an hour.
pub const HOURS: BlockNumber = MINUTES * 60;

/// How many blocks are expected in a day.
pub const DAYS: BlockNumber = HOURS * 24;

/// Name and version of this runtime. `spec_version` rises with every change of what it does,
/// `transaction_version` with every change of what signers sign.
#[sp_version::runtime_version]
pub const VERSION: sp_version::RuntimeVersion = sp_version::RuntimeVersion {
	spec_name: alloc::borrow::Cow::Borrowed("ward"),
	impl_name: alloc::borrow::Cow::Borrowed("ward"),
	authoring_version: 1,
	spec_version: 1,
	impl_version: 1,
	apis: apis::RUNTIME_API_VERSIONS,
	transaction_version: 1,
	system_version: 1,
};

/// The runtime: its pallets, with numbers that never change. Reserved: 16 Emergency, 17 Disclosures.
#[frame_support::runtime]
mod runtime {
	#[runtime::runtime]
	#[runtime::derive(
		RuntimeCall,
		RuntimeEvent,
		RuntimeError,
		RuntimeOrigin,
		RuntimeFreezeReason,
		RuntimeHoldReason,
		RuntimeSlashReason,
		RuntimeLockId,
		RuntimeTask,
		RuntimeViewFunction
	)]
	pub struct Runtime;

	#[runtime::pallet_index(0)]
	pub type System = frame_system;

	#[runtime::pallet_index(1)]
	pub type Timestamp = pallet_timestamp;

	// The registry stands before the session: seats are participants.
	#[runtime::pallet_index(10)]
	pub type Participants = pallet_ward_participants;

	#[runtime::pallet_index(11)]
	pub type Records = pallet_ward_records;

	#[runtime::pallet_index(12)]
	pub type Consent = pallet_ward_consent;

	#[runtime::pallet_index(13)]
	pub type Quota = pallet_ward_quota;

	// Before Aura and the session: it counts slots with the seats that had them, and the genesis of the
	// session asks it for the first set.
	#[runtime::pallet_index(14)]
	pub type Authorities = pallet_ward_authorities;

	// Before the session: an epoch's witnesses are drawn from the seats that had the block before.
	#[runtime::pallet_index(15)]
	pub type Receipts = pallet_ward_receipts;

	#[runtime::pallet_index(19)]
	pub type Authorship = pallet_authorship;

	#[runtime::pallet_index(20)]
	pub type Aura = pallet_aura;

	#[runtime::pallet_index(21)]
	pub type Session = pallet_session;

	#[runtime::pallet_index(22)]
	pub type Historical = pallet_session::historical;

	#[runtime::pallet_index(23)]
	pub type Offences = pallet_offences;

	#[runtime::pallet_index(24)]
	pub type Grandpa = pallet_grandpa;

	#[runtime::pallet_index(30)]
	pub type Council = pallet_collective<Instance1>;

	#[runtime::pallet_index(31)]
	pub type Governance = pallet_ward_governance;
}
