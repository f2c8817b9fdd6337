//! Weights of `pallet_ward_participants`.
//!
//! The reads and writes are counted by hand; the times are estimates until the benchmarks of the
//! runtime replace this file.

#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(unused_parens)]
#![allow(unused_imports)]
#![allow(missing_docs)]

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::{constants::RocksDbWeight, Weight}};

/// Weight functions needed for `pallet_ward_participants`.
pub trait WeightInfo {
	fn enrol() -> Weight;
	fn admit_health_authority() -> Weight;
	fn attach_key() -> Weight;
	fn retire_key() -> Weight;
	fn rotate_key() -> Weight;
	fn set_sealing_key() -> Weight;
	fn set_vault() -> Weight;
	fn affiliate() -> Weight;
	fn end_affiliation() -> Weight;
	fn open_care() -> Weight;
	fn end_care() -> Weight;
	fn pair_device() -> Weight;
	fn unpair_device() -> Weight;
	fn suspend() -> Weight;
	fn reinstate() -> Weight;
	fn deactivate() -> Weight;
	fn freeze() -> Weight;
	fn set_expiry() -> Weight;
}

/// Weights for the chain's own database.
pub struct SubstrateWeight<T>(PhantomData<T>);
impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn enrol() -> Weight {
		Weight::from_parts(95_000_000, 35000)
			.saturating_add(T::DbWeight::get().reads(10_u64))
			.saturating_add(T::DbWeight::get().writes(7_u64))
	}
	fn admit_health_authority() -> Weight {
		Weight::from_parts(70_000_000, 21000)
			.saturating_add(T::DbWeight::get().reads(6_u64))
			.saturating_add(T::DbWeight::get().writes(5_u64))
	}
	fn attach_key() -> Weight {
		Weight::from_parts(75_000_000, 24500)
			.saturating_add(T::DbWeight::get().reads(7_u64))
			.saturating_add(T::DbWeight::get().writes(3_u64))
	}
	fn retire_key() -> Weight {
		Weight::from_parts(25_000_000, 14000)
			.saturating_add(T::DbWeight::get().reads(4_u64))
			.saturating_add(T::DbWeight::get().writes(2_u64))
	}
	fn rotate_key() -> Weight {
		Weight::from_parts(85_000_000, 24500)
			.saturating_add(T::DbWeight::get().reads(7_u64))
			.saturating_add(T::DbWeight::get().writes(4_u64))
	}
	fn set_sealing_key() -> Weight {
		Weight::from_parts(20_000_000, 10500)
			.saturating_add(T::DbWeight::get().reads(3_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
	fn set_vault() -> Weight {
		Weight::from_parts(28_000_000, 14000)
			.saturating_add(T::DbWeight::get().reads(4_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
	fn affiliate() -> Weight {
		Weight::from_parts(32_000_000, 21000)
			.saturating_add(T::DbWeight::get().reads(6_u64))
			.saturating_add(T::DbWeight::get().writes(2_u64))
	}
	fn end_affiliation() -> Weight {
		Weight::from_parts(22_000_000, 10500)
			.saturating_add(T::DbWeight::get().reads(3_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
	fn open_care() -> Weight {
		Weight::from_parts(30_000_000, 17500)
			.saturating_add(T::DbWeight::get().reads(5_u64))
			.saturating_add(T::DbWeight::get().writes(2_u64))
	}
	fn end_care() -> Weight {
		Weight::from_parts(22_000_000, 10500)
			.saturating_add(T::DbWeight::get().reads(3_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
	fn pair_device() -> Weight {
		Weight::from_parts(34_000_000, 24500)
			.saturating_add(T::DbWeight::get().reads(7_u64))
			.saturating_add(T::DbWeight::get().writes(2_u64))
	}
	fn unpair_device() -> Weight {
		Weight::from_parts(24_000_000, 14000)
			.saturating_add(T::DbWeight::get().reads(4_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
	fn suspend() -> Weight {
		Weight::from_parts(28_000_000, 17500)
			.saturating_add(T::DbWeight::get().reads(5_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
	fn reinstate() -> Weight {
		Weight::from_parts(30_000_000, 17500)
			.saturating_add(T::DbWeight::get().reads(5_u64))
			.saturating_add(T::DbWeight::get().writes(2_u64))
	}
	fn deactivate() -> Weight {
		Weight::from_parts(28_000_000, 17500)
			.saturating_add(T::DbWeight::get().reads(5_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
	fn freeze() -> Weight {
		Weight::from_parts(28_000_000, 17500)
			.saturating_add(T::DbWeight::get().reads(5_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
	fn set_expiry() -> Weight {
		Weight::from_parts(28_000_000, 17500)
			.saturating_add(T::DbWeight::get().reads(5_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
}

// For tests.
impl WeightInfo for () {
	fn enrol() -> Weight {
		Weight::from_parts(95_000_000, 35000)
			.saturating_add(RocksDbWeight::get().reads(10_u64))
			.saturating_add(RocksDbWeight::get().writes(7_u64))
	}
	fn admit_health_authority() -> Weight {
		Weight::from_parts(70_000_000, 21000)
			.saturating_add(RocksDbWeight::get().reads(6_u64))
			.saturating_add(RocksDbWeight::get().writes(5_u64))
	}
	fn attach_key() -> Weight {
		Weight::from_parts(75_000_000, 24500)
			.saturating_add(RocksDbWeight::get().reads(7_u64))
			.saturating_add(RocksDbWeight::get().writes(3_u64))
	}
	fn retire_key() -> Weight {
		Weight::from_parts(25_000_000, 14000)
			.saturating_add(RocksDbWeight::get().reads(4_u64))
			.saturating_add(RocksDbWeight::get().writes(2_u64))
	}
	fn rotate_key() -> Weight {
		Weight::from_parts(85_000_000, 24500)
			.saturating_add(RocksDbWeight::get().reads(7_u64))
			.saturating_add(RocksDbWeight::get().writes(4_u64))
	}
	fn set_sealing_key() -> Weight {
		Weight::from_parts(20_000_000, 10500)
			.saturating_add(RocksDbWeight::get().reads(3_u64))
			.saturating_add(RocksDbWeight::get().writes(1_u64))
	}
	fn set_vault() -> Weight {
		Weight::from_parts(28_000_000, 14000)
			.saturating_add(RocksDbWeight::get().reads(4_u64))
			.saturating_add(RocksDbWeight::get().writes(1_u64))
	}
	fn affiliate() -> Weight {
		Weight::from_parts(32_000_000, 21000)
			.saturating_add(RocksDbWeight::get().reads(6_u64))
			.saturating_add(RocksDbWeight::get().writes(2_u64))
	}
	fn end_affiliation() -> Weight {
		Weight::from_parts(22_000_000, 10500)
			.saturating_add(RocksDbWeight::get().reads(3_u64))
			.saturating_add(RocksDbWeight::get().writes(1_u64))
	}
	fn open_care() -> Weight {
		Weight::from_parts(30_000_000, 17500)
			.saturating_add(RocksDbWeight::get().reads(5_u64))
			.saturating_add(RocksDbWeight::get().writes(2_u64))
	}
	fn end_care() -> Weight {
		Weight::from_parts(22_000_000, 10500)
			.saturating_add(RocksDbWeight::get().reads(3_u64))
			.saturating_add(RocksDbWeight::get().writes(1_u64))
	}
	fn pair_device() -> Weight {
		Weight::from_parts(34_000_000, 24500)
			.saturating_add(RocksDbWeight::get().reads(7_u64))
			.saturating_add(RocksDbWeight::get().writes(2_u64))
	}
	fn unpair_device() -> Weight {
		Weight::from_parts(24_000_000, 14000)
			.saturating_add(RocksDbWeight::get().reads(4_u64))
			.saturating_add(RocksDbWeight::get().writes(1_u64))
	}
	fn suspend() -> Weight {
		Weight::from_parts(28_000_000, 17500)
			.saturating_add(RocksDbWeight::get().reads(5_u64))
			.saturating_add(RocksDbWeight::get().writes(1_u64))
	}
	fn reinstate() -> Weight {
		Weight::from_parts(30_000_000, 17500)
			.saturating_add(RocksDbWeight::get().reads(5_u64))
			.saturating_add(RocksDbWeight::get().writes(2_u64))
	}
	fn deactivate() -> Weight {
		Weight::from_parts(28_000_000, 17500)
			.saturating_add(RocksDbWeight::get().reads(5_u64))
			.saturating_add(RocksDbWeight::get().writes(1_u64))
	}
	fn freeze() -> Weight {
		Weight::from_parts(28_000_000, 17500)
			.saturating_add(RocksDbWeight::get().reads(5_u64))
			.saturating_add(RocksDbWeight::get().writes(1_u64))
	}
	fn set_expiry() -> Weight {
		Weight::from_parts(28_000_000, 17500)
			.saturating_add(RocksDbWeight::get().reads(5_u64))
			.saturating_add(RocksDbWeight::get().writes(1_u64))
	}
}
