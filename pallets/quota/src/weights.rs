//! Weights of `pallet_ward_quota`.
//!
//! Reads and writes are counted from the code; the times are estimates until `scripts/weights` has
//! measured them.

#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(unused_parens)]
#![allow(unused_imports)]
#![allow(missing_docs)]

use frame_support::{traits::Get, weights::{Weight, constants::RocksDbWeight}};
use core::marker::PhantomData;

/// Weight functions needed for `pallet_ward_quota`.
pub trait WeightInfo {
	fn check_participant() -> Weight;
	fn charge_quota() -> Weight;
}

/// Weights for `pallet_ward_quota` with the database of the runtime.
pub struct SubstrateWeight<T>(PhantomData<T>);
impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	/// Storage: `Participants::Keys` (r:1 w:0)
	/// Storage: `Timestamp::Now` (r:1 w:0)
	fn check_participant() -> Weight {
		Weight::from_parts(9_000_000, 3_600)
			.saturating_add(T::DbWeight::get().reads(2_u64))
	}
	/// Storage: `Participants::Keys` (r:1 w:0)
	/// Storage: `Participants::Participants` (r:1 w:0)
	/// Storage: `Timestamp::Now` (r:1 w:0)
	/// Storage: `System::Account` (r:1 w:0)
	/// Storage: `Quota::Buckets` (r:1 w:1)
	/// Storage: `Quota::SponsorBuckets` (r:1 w:1)
	fn charge_quota() -> Weight {
		Weight::from_parts(36_000_000, 7_200)
			.saturating_add(T::DbWeight::get().reads(6_u64))
			.saturating_add(T::DbWeight::get().writes(2_u64))
	}
}

// For tests.
impl WeightInfo for () {
	fn check_participant() -> Weight {
		Weight::from_parts(9_000_000, 3_600)
			.saturating_add(RocksDbWeight::get().reads(2_u64))
	}
	fn charge_quota() -> Weight {
		Weight::from_parts(36_000_000, 7_200)
			.saturating_add(RocksDbWeight::get().reads(6_u64))
			.saturating_add(RocksDbWeight::get().writes(2_u64))
	}
}
