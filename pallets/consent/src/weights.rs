//! Weights for `pallet_ward_consent`: database accesses counted by hand, times estimated. To be
//! replaced by what `frame-omni-bencher` measures.

#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(unused_parens)]
#![allow(unused_imports)]
#![allow(missing_docs)]

use frame_support::{traits::Get, weights::{Weight, constants::RocksDbWeight}};
use core::marker::PhantomData;

/// Weight functions needed for `pallet_ward_consent`.
pub trait WeightInfo {
	fn request() -> Weight;
	fn cancel_request() -> Weight;
	fn decline_request() -> Weight;
	fn grant(r: u32, ) -> Weight;
	fn amend(r: u32, ) -> Weight;
	fn withdraw() -> Weight;
	fn exclude() -> Weight;
	fn end_exclusion() -> Weight;
}

/// Weights for `pallet_ward_consent`.
pub struct SubstrateWeight<T>(PhantomData<T>);
impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	/// Storage: `Consent::Requests` (r:0 w:1), the participants involved
	fn request() -> Weight {
		Weight::from_parts(30_000_000, 8000)
			.saturating_add(T::DbWeight::get().reads(4_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
	/// Storage: `Consent::Requests` (r:1 w:1), the participants involved
	fn cancel_request() -> Weight {
		Weight::from_parts(30_000_000, 8000)
			.saturating_add(T::DbWeight::get().reads(3_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
	/// Storage: `Consent::Requests` (r:1 w:1), the participants involved
	fn decline_request() -> Weight {
		Weight::from_parts(30_000_000, 8000)
			.saturating_add(T::DbWeight::get().reads(3_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
	/// Storage: `Consent::NextGrantId` (r:1 w:1), `Consent::RecentGrants` (r:1 w:1), `Consent::Grants` (r:MaxLiveGrants w:1), `Consent::PatientGrantCount` (r:1 w:1), `Consent::PatientGrants` (r:0 w:1), `Consent::GrantsToCount` (r:1 w:1), `Consent::GrantsTo` (r:0 w:1), `Consent::Requests` (r:1 w:1), the signer's key and row, and for `r` the named records (r:1 each)
	/// The range of component `r` is `[0, 80]`.
	fn grant(r: u32, ) -> Weight {
		Weight::from_parts(150_000_000, 120000)
			.saturating_add(Weight::from_parts(3_000_000, 3_000).saturating_mul(r.into()))
			.saturating_add(T::DbWeight::get().reads(40_u64))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(r.into())))
			.saturating_add(T::DbWeight::get().writes(8_u64))
	}
	/// Storage: `Consent::Grants` (r:1 w:1), `Consent::PastGrants` (r:0 w:1), the signer's key and row, and for `r` the named records (r:1 each)
	/// The range of component `r` is `[0, 80]`.
	fn amend(r: u32, ) -> Weight {
		Weight::from_parts(30_000_000, 8000)
			.saturating_add(Weight::from_parts(3_000_000, 3_000).saturating_mul(r.into()))
			.saturating_add(T::DbWeight::get().reads(3_u64))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(r.into())))
			.saturating_add(T::DbWeight::get().writes(2_u64))
	}
	/// Storage: `Consent::Grants` (r:1 w:1), the participants involved
	fn withdraw() -> Weight {
		Weight::from_parts(30_000_000, 8000)
			.saturating_add(T::DbWeight::get().reads(3_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
	/// Storage: `Consent::Exclusions` (r:1 w:1), `Consent::PastExclusions` (r:0 w:1), the participants involved
	fn exclude() -> Weight {
		Weight::from_parts(30_000_000, 8000)
			.saturating_add(T::DbWeight::get().reads(5_u64))
			.saturating_add(T::DbWeight::get().writes(2_u64))
	}
	/// Storage: `Consent::Exclusions` (r:1 w:1), the participants involved
	fn end_exclusion() -> Weight {
		Weight::from_parts(30_000_000, 8000)
			.saturating_add(T::DbWeight::get().reads(3_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
}

// For tests.
impl WeightInfo for () {
	fn request() -> Weight {
		Weight::from_parts(30_000_000, 8000)
			.saturating_add(RocksDbWeight::get().reads(4_u64))
			.saturating_add(RocksDbWeight::get().writes(1_u64))
	}
	fn cancel_request() -> Weight {
		Weight::from_parts(30_000_000, 8000)
			.saturating_add(RocksDbWeight::get().reads(3_u64))
			.saturating_add(RocksDbWeight::get().writes(1_u64))
	}
	fn decline_request() -> Weight {
		Weight::from_parts(30_000_000, 8000)
			.saturating_add(RocksDbWeight::get().reads(3_u64))
			.saturating_add(RocksDbWeight::get().writes(1_u64))
	}
	fn grant(r: u32, ) -> Weight {
		Weight::from_parts(150_000_000, 120000)
			.saturating_add(Weight::from_parts(3_000_000, 3_000).saturating_mul(r.into()))
			.saturating_add(RocksDbWeight::get().reads(40_u64))
			.saturating_add(RocksDbWeight::get().reads((1_u64).saturating_mul(r.into())))
			.saturating_add(RocksDbWeight::get().writes(8_u64))
	}
	fn amend(r: u32, ) -> Weight {
		Weight::from_parts(30_000_000, 8000)
			.saturating_add(Weight::from_parts(3_000_000, 3_000).saturating_mul(r.into()))
			.saturating_add(RocksDbWeight::get().reads(3_u64))
			.saturating_add(RocksDbWeight::get().reads((1_u64).saturating_mul(r.into())))
			.saturating_add(RocksDbWeight::get().writes(2_u64))
	}
	fn withdraw() -> Weight {
		Weight::from_parts(30_000_000, 8000)
			.saturating_add(RocksDbWeight::get().reads(3_u64))
			.saturating_add(RocksDbWeight::get().writes(1_u64))
	}
	fn exclude() -> Weight {
		Weight::from_parts(30_000_000, 8000)
			.saturating_add(RocksDbWeight::get().reads(5_u64))
			.saturating_add(RocksDbWeight::get().writes(2_u64))
	}
	fn end_exclusion() -> Weight {
		Weight::from_parts(30_000_000, 8000)
			.saturating_add(RocksDbWeight::get().reads(3_u64))
			.saturating_add(RocksDbWeight::get().writes(1_u64))
	}
}
