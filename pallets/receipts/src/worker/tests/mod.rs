//! The worker over the mock chain, and vaults that are scripted. Real vaults, real sockets and the real
//! runtime are in the node's tests.

mod answers;
mod custodians;
mod fetching;
mod stage;
mod standing;
mod world;

use sp_core::offchain::{testing::TestOffchainExt, OffchainDbExt};
use sp_io::TestExternalities;

/// Does something with a local storage of its own.
pub(crate) fn in_local_storage(act: impl FnOnce()) {
	let mut externalities = TestExternalities::default();
	externalities.register_extension(OffchainDbExt::new(TestOffchainExt::new().0));
	externalities.execute_with(act);
}
