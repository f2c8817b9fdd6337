//! What this node remembers of a custodian: how far it has looked through its cohorts, how many rows its
//! vault surely knows, and whether it is left alone for now.

use codec::{Decode, Encode};
use sp_runtime::offchain::storage::StorageValueRef;
use ward_primitives::ParticipantId;

use super::{backoff::Backoff, cursor::Cursor, settled::Settled};

/// Before the number of the custodian, where its standing lies in the persistent local storage.
const PREFIX: &[u8] = b"ward/receipts/custodian/";

/// What is remembered of a custodian.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Standing {
	/// Where to go on among its cohorts.
	pub cursor: Cursor,
	/// How many rows its vault surely knows.
	pub settled: Settled,
	/// Whether it is asked now.
	pub backoff: Backoff,
}

impl Standing {
	/// What is remembered; nothing where that cannot be read.
	pub(crate) fn read(custodian: ParticipantId) -> Self {
		let key = (PREFIX, custodian).encode();
		StorageValueRef::persistent(&key).get().ok().flatten().unwrap_or_default()
	}

	/// Remembers it.
	pub(crate) fn write(&self, custodian: ParticipantId) {
		let key = (PREFIX, custodian).encode();
		StorageValueRef::persistent(&key).set(self);
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::worker::tests::in_local_storage;

	#[test]
	fn each_custodian_has_its_own() {
		in_local_storage(|| {
			let mut standing = Standing::read(ParticipantId(1));
			assert_eq!(standing, Standing::default());
			standing.backoff.failed(1_000, 1_000_000, 0);
			standing.write(ParticipantId(1));
			assert_eq!(Standing::read(ParticipantId(1)), standing);
			assert_eq!(Standing::read(ParticipantId(2)), Standing::default());
		});
	}
}
