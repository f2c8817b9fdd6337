//! Storage receipts, as far as the node has a part in them: what its operator allows the off-chain worker,
//! and what that has done, for the metrics. The work itself is the runtime's.

mod args;
mod metrics;
#[cfg(test)]
mod tests;

use sp_core::offchain::{OffchainStorage, STORAGE_PREFIX};

pub(crate) use args::ReceiptsArgs;
pub(crate) use metrics::register;

/// Hands the operator's decisions to the off-chain worker. Those of an earlier start do not count any more.
pub(crate) fn write_settings(args: &ReceiptsArgs, storage: &mut impl OffchainStorage) {
	use codec::Encode;
	let settings = args.settings().encode();
	storage.set(STORAGE_PREFIX, pallet_ward_receipts::worker::SETTINGS_KEY, &settings);
}
