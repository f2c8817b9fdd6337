//! # Quota Pallet
//!
//! Decides who may send transactions, and how much work they may cause: Ward has no fees.
//!
//! ## Pallet API
//!
//! See the [`pallet`] module for more information about the interfaces this pallet exposes,
//! including its configuration trait, constants, storage items and view functions. It has no calls:
//! it works through two transaction extensions, [`CheckParticipant`] and [`ChargeQuota`].
//!
//! ## Overview
//!
//! Every participant has a bucket that holds a quota of work and refills with time. Every
//! transaction takes out what it costs: its weight, something for each of its bytes, and the fixed
//! cost of any transaction. Who sends too much too fast waits some seconds, and nobody else notices.
//! A sponsor has a second, larger bucket for all that it enrolled, so that a center cannot get
//! around its share by enrolling many.
//!
//! Transactions of unknown and retired keys, and of keys that only sign receipts, never enter the
//! pool.
//!
//! ### Example
//!
//! A center's script sends 10,000 calls at once. The first ones fill its quota; the pool refuses
//! the rest with `Custom(4)` ([`Refusal::QuotaExhausted`](ward_primitives::refusal::Refusal)). The
//! script waits and sends again. Meanwhile a patient whose quota is used up withdraws a grant: that
//! gets through, since [`Config::ExemptCalls`] lets through what only takes rights away.
//!
//! ## Low Level / Implementation Details
//!
//! ### Design Goals
//!
//! - Nothing is free: calls that fail are charged, and no transaction costs nothing.
//! - Nothing to configure: the extensions add no byte to a transaction and no unknown type to the
//!   metadata.
//! - The pool is bounded: pending transactions of an account count against its bucket.
//!
//! ### Design
//!
//! A bucket is a level and the moment it was true; what it gained since is computed, so no hook
//! runs per block. A missing bucket is a full one. There are at most as many buckets as
//! participants, and participants are admitted one by one.
//!
//! Pending transactions are counted for each account by itself. What several accounts of one
//! participant or sponsor have pending is not added up before it is included; the pool's own limits
//! bound that.

#![cfg_attr(not(feature = "std"), no_std)]

pub mod bucket;
pub mod charge_quota;
pub mod check_participant;
pub mod interfaces;
pub mod payer;
pub mod weights;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;
#[cfg(any(feature = "try-runtime", test))]
mod try_state;

#[cfg(feature = "runtime-benchmarks")]
pub use interfaces::BenchmarkHelper;
pub use {
	bucket::{Bucket, Limits},
	charge_quota::ChargeQuota,
	check_participant::CheckParticipant,
	interfaces::{IsExempt, KeyLookup},
	pallet::*,
	weights::WeightInfo,
};

#[frame_support::pallet]
#[allow(unused_qualifications)] // What the macro expands to is not ours to shorten.
pub mod pallet {
	use frame_support::{
		dispatch::{DispatchInfo, PostDispatchInfo},
		pallet_prelude::*,
		traits::Time,
	};
	use frame_system::pallet_prelude::*;
	use sp_runtime::traits::Dispatchable;
	use ward_primitives::{Moment, ParticipantId};

	use super::*;

	#[pallet::pallet]
	pub struct Pallet<T>(_);

	/// What the runtime must provide.
	#[pallet::config]
	pub trait Config:
		frame_system::Config<
		RuntimeCall: Dispatchable<Info = DispatchInfo, PostInfo = PostDispatchInfo>,
	>
	{
		/// Knows whose an account is.
		type Keys: KeyLookup<Self::AccountId>;

		/// The calls that get through even if a bucket is empty.
		type ExemptCalls: IsExempt<Self::AccountId, Self::RuntimeCall>;

		/// The clock that buckets refill by.
		type Time: Time<Moment = Moment>;

		/// What a participant's full bucket holds, in picoseconds of computation. It must suffice for
		/// the dearest call, or nobody could ever send that.
		#[pallet::constant]
		type ParticipantCapacity: Get<u64>;

		/// What a participant's bucket gains in a second.
		#[pallet::constant]
		type ParticipantRefill: Get<u64>;

		/// What a sponsor's full bucket holds for all that it enrolled.
		#[pallet::constant]
		type SponsorCapacity: Get<u64>;

		/// What a sponsor's bucket gains in a second.
		#[pallet::constant]
		type SponsorRefill: Get<u64>;

		/// What each byte of a transaction costs, in picoseconds of computation.
		#[pallet::constant]
		type CostPerByte: Get<u64>;

		/// How many exempt transactions of one account may be pending: they take nothing from a
		/// bucket, so the pool needs another bound.
		#[pallet::constant]
		type MaxExemptPending: Get<u32>;

		/// The weights of the transaction extensions.
		type WeightInfo: WeightInfo;

		/// Sets up the benchmarks.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: BenchmarkHelper<Self::AccountId>;
	}

	/// What each participant has left. A participant without an entry has spent nothing yet.
	// The chain assigns the ids in order, so nobody can choose one to unbalance the trie.
	#[pallet::storage]
	pub type Buckets<T: Config> = StorageMap<_, Twox64Concat, ParticipantId, Bucket>;

	/// What is left for all that a sponsor enrolled, together. A sponsor without an entry has all of
	/// it.
	// As above.
	#[pallet::storage]
	pub type SponsorBuckets<T: Config> = StorageMap<_, Twox64Concat, ParticipantId, Bucket>;

	#[pallet::view_functions]
	impl<T: Config> Pallet<T> {
		/// What a participant can still spend on its own account, in picoseconds of computation.
		pub fn level_of(participant: ParticipantId) -> u64 {
			payer::participant_bucket::<T>(participant).level
		}

		/// What all that a sponsor enrolled can still spend together, in picoseconds of computation.
		pub fn sponsored_level_of(sponsor: ParticipantId) -> u64 {
			payer::sponsor_bucket::<T>(sponsor).level
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn integrity_test() {
			let limits = [payer::participant_limits::<T>(), payer::sponsor_limits::<T>()];
			assert!(limits.iter().all(|limits| limits.refill > 0), "a bucket must refill");
			for class in [DispatchClass::Normal, DispatchClass::Operational] {
				let weights = T::BlockWeights::get();
				let weights = weights.get(class);
				let dearest = weights.max_extrinsic.unwrap_or_default();
				let dearest = dearest.saturating_add(weights.base_extrinsic).ref_time();
				assert!(
					limits.iter().all(|limits| limits.capacity >= dearest),
					"a full bucket must suffice for the dearest call",
				);
			}
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			try_state::check::<T>()
		}
	}
}
