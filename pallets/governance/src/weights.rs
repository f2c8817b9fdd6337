//! Weights of `pallet_ward_governance`.
//!
//! Reads and writes are counted from the code; the times are estimates until `scripts/weights` has
//! measured them.

#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(unused_parens)]
#![allow(unused_imports)]
#![allow(missing_docs)]

use frame_support::{traits::Get, weights::{Weight, constants::RocksDbWeight}};
use core::marker::PhantomData;

/// Weight functions needed for `pallet_ward_governance`.
pub trait WeightInfo {
	fn enact() -> Weight;
}

/// Weights for `pallet_ward_governance` with the database of the runtime.
pub struct SubstrateWeight<T>(PhantomData<T>);
impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	/// Storage: `System::AuthorizedUpgrade` (r:0 w:1), from the call that the benchmark enacts.
	fn enact() -> Weight {
		Weight::from_parts(14_000_000, 0)
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
}

// For tests.
impl WeightInfo for () {
	fn enact() -> Weight {
		Weight::from_parts(14_000_000, 0)
			.saturating_add(RocksDbWeight::get().writes(1_u64))
	}
}
