//! Weights for `pallet_ward_records`: database accesses counted by hand, times estimated. To be
//! replaced by what `frame-omni-bencher` measures.

#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(unused_parens)]
#![allow(unused_imports)]
#![allow(missing_docs)]

use frame_support::{traits::Get, weights::{Weight, constants::RocksDbWeight}};
use core::marker::PhantomData;

/// Weight functions needed for `pallet_ward_records`.
pub trait WeightInfo {
	fn anchor(c: u32, ) -> Weight;
	fn anchor_batch(n: u32, ) -> Weight;
	fn supersede(c: u32, ) -> Weight;
}

/// Weights for `pallet_ward_records`.
pub struct SubstrateWeight<T>(PhantomData<T>);
impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	/// Storage: `Records::Records` (r:1 w:1), `Records::PatientRecordCount` (r:1 w:1),
	/// `Records::RecordCount` (r:1 w:1), `Records::PatientRecords` (r:0 w:1),
	/// `Records::CustodyCount` (r:3 w:3), `Records::Custody` (r:0 w:3), `System::BlockHash` (r:1 w:0),
	/// and what the participants' and consents' side reads for the decision and the receipt keys.
	/// The range of component `c` is `[1, 3]`.
	fn anchor(c: u32, ) -> Weight {
		Weight::from_parts(60_000_000, 8_000)
			.saturating_add(Weight::from_parts(60_000_000, 4_000).saturating_mul(c.into()))
			.saturating_add(T::DbWeight::get().reads(50_u64))
			.saturating_add(T::DbWeight::get().reads((3_u64).saturating_mul(c.into())))
			.saturating_add(T::DbWeight::get().writes(4_u64))
			.saturating_add(T::DbWeight::get().writes((2_u64).saturating_mul(c.into())))
	}
	/// As `anchor` with one custodian, for each record.
	/// The range of component `n` is `[1, MaxBatch]`.
	fn anchor_batch(n: u32, ) -> Weight {
		Weight::from_parts(20_000_000, 8_000)
			.saturating_add(Weight::from_parts(120_000_000, 12_000).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(5_u64))
			.saturating_add(T::DbWeight::get().reads((50_u64).saturating_mul(n.into())))
			.saturating_add(T::DbWeight::get().writes(3_u64))
			.saturating_add(T::DbWeight::get().writes((4_u64).saturating_mul(n.into())))
	}
	/// As `anchor`, with `Records::Records` (r:2 w:2).
	/// The range of component `c` is `[1, 3]`.
	fn supersede(c: u32, ) -> Weight {
		Weight::from_parts(70_000_000, 12_000)
			.saturating_add(Weight::from_parts(60_000_000, 4_000).saturating_mul(c.into()))
			.saturating_add(T::DbWeight::get().reads(51_u64))
			.saturating_add(T::DbWeight::get().reads((3_u64).saturating_mul(c.into())))
			.saturating_add(T::DbWeight::get().writes(5_u64))
			.saturating_add(T::DbWeight::get().writes((2_u64).saturating_mul(c.into())))
	}
}

// For tests.
impl WeightInfo for () {
	fn anchor(c: u32, ) -> Weight {
		Weight::from_parts(60_000_000, 8_000)
			.saturating_add(Weight::from_parts(60_000_000, 4_000).saturating_mul(c.into()))
			.saturating_add(RocksDbWeight::get().reads(50_u64))
			.saturating_add(RocksDbWeight::get().reads((3_u64).saturating_mul(c.into())))
			.saturating_add(RocksDbWeight::get().writes(4_u64))
			.saturating_add(RocksDbWeight::get().writes((2_u64).saturating_mul(c.into())))
	}
	fn anchor_batch(n: u32, ) -> Weight {
		Weight::from_parts(20_000_000, 8_000)
			.saturating_add(Weight::from_parts(120_000_000, 12_000).saturating_mul(n.into()))
			.saturating_add(RocksDbWeight::get().reads(5_u64))
			.saturating_add(RocksDbWeight::get().reads((50_u64).saturating_mul(n.into())))
			.saturating_add(RocksDbWeight::get().writes(3_u64))
			.saturating_add(RocksDbWeight::get().writes((4_u64).saturating_mul(n.into())))
	}
	fn supersede(c: u32, ) -> Weight {
		Weight::from_parts(70_000_000, 12_000)
			.saturating_add(Weight::from_parts(60_000_000, 4_000).saturating_mul(c.into()))
			.saturating_add(RocksDbWeight::get().reads(51_u64))
			.saturating_add(RocksDbWeight::get().reads((3_u64).saturating_mul(c.into())))
			.saturating_add(RocksDbWeight::get().writes(5_u64))
			.saturating_add(RocksDbWeight::get().writes((2_u64).saturating_mul(c.into())))
	}
}
