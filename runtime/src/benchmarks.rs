//! The benchmarks from which `scripts/weights` generates the pallets' weights.

use alloc::{string::String, vec::Vec};
use frame_benchmarking::{
	define_benchmarks, BenchmarkBatch, BenchmarkConfig, BenchmarkList, Benchmarking,
};
use frame_support::traits::{StorageInfo, StorageInfoTrait, WhitelistedStorageKeys};

use crate::{AllPalletsWithSystem, Consent, Governance, Participants, Quota, Records, Runtime};

define_benchmarks!(
	[pallet_ward_participants, Participants]
	[pallet_ward_records, Records]
	[pallet_ward_consent, Consent]
	[pallet_ward_quota, Quota]
	[pallet_ward_governance, Governance]
);

/// Which benchmarks there are, and how the storage is laid out.
pub(crate) fn metadata(extra: bool) -> (Vec<BenchmarkList>, Vec<StorageInfo>) {
	let mut list = Vec::<BenchmarkList>::new();
	list_benchmarks!(list, extra);
	(list, AllPalletsWithSystem::storage_info())
}

/// Runs one benchmark.
pub(crate) fn dispatch(config: BenchmarkConfig) -> Result<Vec<BenchmarkBatch>, String> {
	use sp_storage::TrackedStorageKey;
	let whitelist: Vec<TrackedStorageKey> = AllPalletsWithSystem::whitelisted_storage_keys();
	let mut batches = Vec::<BenchmarkBatch>::new();
	let params = (&config, &whitelist);
	add_benchmarks!(params, batches);
	Ok(batches)
}
