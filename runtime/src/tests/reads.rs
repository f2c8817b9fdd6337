//! What a node answers when it is asked.

use ward_runtime_api::{runtime_decl_for_ward_api::WardApi, BatchFault};

use super::{chain, pair};
use crate::Runtime;

#[test]
fn a_fault_in_a_batch_has_the_name_that_the_metadata_gives_it() {
	let (authority, centers) = (pair(1), [pair(2)]);
	sp_io::TestExternalities::new(chain::genesis(&authority, &centers)).execute_with(|| {
		let check = |author: &sp_core::ed25519::Pair| {
			use sp_core::Pair;
			Runtime::check_batch(author.public().0, Vec::new())
		};
		let fault = |error: &str| Err(BatchFault { index: 0, error: error.into() });
		assert_eq!(check(&pair(9)), fault("Participants::UnknownKey"));
		assert_eq!(check(&centers[0]), fault("Records::EmptyBatch"));
	});
}
