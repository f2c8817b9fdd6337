//! Says once per epoch what the operator should know, and not in every block.

use codec::{Decode, Encode};
use sp_runtime::offchain::storage::StorageValueRef;

/// Where the epochs lie in the persistent local storage.
const KEY: &[u8] = b"ward/receipts/epoch";

/// The epoch as this node met it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Met {
	/// Its seed: on another fork an epoch of the same number is another one.
	seed: [u8; 32],
	/// The block at which this node met it.
	at: u32,
	/// What was said in it: bits.
	said: u8,
}

/// What is said once per epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Notice {
	/// There is no witness key.
	NoKey = 1,
	/// There is a key, but it is no seat's.
	NoSeat = 2,
	/// This node witnesses.
	Witness = 4,
}

impl Met {
	/// The epoch with this seed, as it was met at this block or before.
	pub(crate) fn at(seed: [u8; 32], block: u32) -> Self {
		let value = StorageValueRef::persistent(KEY);
		match value.get::<Self>() {
			Ok(Some(met)) if met.seed == seed && met.at <= block => met,
			_ => {
				let met = Self { seed, at: block, said: 0 };
				value.set(&met);
				met
			},
		}
	}

	/// How many blocks ago that was.
	pub(crate) const fn age(&self, block: u32) -> u32 {
		block.saturating_sub(self.at)
	}

	/// Whether this is to be said now: the first time that it is asked in an epoch.
	pub(crate) fn says(&mut self, notice: Notice) -> bool {
		let is_first = self.said & notice as u8 == 0;
		if is_first {
			self.said |= notice as u8;
			StorageValueRef::persistent(KEY).set(self);
		}
		is_first
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::worker::tests::in_local_storage;

	#[test]
	fn each_notice_is_given_once_in_an_epoch() {
		in_local_storage(|| {
			assert!(Met::at([1; 32], 10).says(Notice::NoKey));
			assert!(!Met::at([1; 32], 11).says(Notice::NoKey));
			assert!(Met::at([1; 32], 11).says(Notice::NoSeat));
			assert!(Met::at([2; 32], 12).says(Notice::NoKey));
		});
	}

	#[test]
	fn an_epoch_is_as_old_as_this_node_has_known_it() {
		in_local_storage(|| {
			assert_eq!(Met::at([1; 32], 10).age(10), 0);
			assert_eq!(Met::at([1; 32], 14).age(14), 4);
			// A fork with another seed, and one that comes to the epoch later.
			assert_eq!(Met::at([2; 32], 14).age(14), 0);
			assert_eq!(Met::at([2; 32], 13).age(13), 0);
		});
	}
}
