//! What this node has just dealt with, so that it does not do it again before the chain can show it.

use alloc::vec::Vec;
use codec::{Decode, Encode};
use sp_runtime::offchain::storage::StorageValueRef;
use ward_primitives::Digest;

/// Where it lies in the persistent local storage.
const KEY: &[u8] = b"ward/receipts/memory";

/// For how many blocks a cohort is left alone after it was dealt with: a report is long in a block by then.
pub(crate) const REMEMBERED_BLOCKS: u32 = 10;

/// The most that is remembered: a few times what is fetched in that many blocks.
const MAX_ENTRIES: usize = 512;

/// The challenges that were answered lately, each with the block at which that was.
///
/// A challenge is one witness's for one cohort on one fork: after a change of forks it is another one, and
/// fetched again. Only what is over is remembered, so a node that is killed in between fetches again, too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Memory(Vec<(Digest, u32)>);

impl Memory {
	/// What is remembered at a block; nothing where it cannot be read.
	pub(crate) fn read(block: u32) -> Self {
		let stored: Option<Self> = StorageValueRef::persistent(KEY).get().ok().flatten();
		let mut memory = stored.unwrap_or_default();
		// Blocks ahead are those of a fork that was left.
		memory.0.retain(|(_, at)| *at <= block && block.saturating_sub(*at) < REMEMBERED_BLOCKS);
		memory
	}

	/// Whether the challenge was dealt with.
	pub(crate) fn holds(&self, challenge: &Digest) -> bool {
		self.0.iter().any(|(held, _)| held == challenge)
	}

	/// Notes that the challenge is dealt with, at once and for good.
	pub(crate) fn note(&mut self, challenge: Digest, block: u32) {
		let excess = self.0.len().saturating_add(1).saturating_sub(MAX_ENTRIES);
		self.0.drain(..excess);
		self.0.push((challenge, block));
		StorageValueRef::persistent(KEY).set(&*self);
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::worker::tests::in_local_storage;

	#[test]
	fn what_is_noted_is_held_for_a_few_blocks() {
		in_local_storage(|| {
			Memory::read(100).note([1; 32], 100);
			assert!(Memory::read(100).holds(&[1; 32]));
			assert!(Memory::read(109).holds(&[1; 32]));
			assert!(!Memory::read(109).holds(&[2; 32]));
			assert!(!Memory::read(110).holds(&[1; 32]));
		});
	}

	#[test]
	fn a_shorter_fork_forgets_the_blocks_of_the_longer_one() {
		in_local_storage(|| {
			Memory::read(100).note([1; 32], 100);
			assert!(!Memory::read(99).holds(&[1; 32]));
		});
	}

	#[test]
	fn it_does_not_grow_beyond_its_bound_and_keeps_the_latest() {
		in_local_storage(|| {
			let mut memory = Memory::read(7);
			for n in 0..2_000u32 {
				let mut challenge = [0; 32];
				challenge[..4].copy_from_slice(&n.to_le_bytes());
				memory.note(challenge, 7);
			}
			let read = Memory::read(7);
			assert_eq!(read.0.len(), MAX_ENTRIES);
			assert!(read.0[MAX_ENTRIES - 1].0.starts_with(&1_999u32.to_le_bytes()));
		});
	}

	#[test]
	fn what_cannot_be_read_counts_as_nothing() {
		in_local_storage(|| {
			StorageValueRef::persistent(KEY).set(&u64::MAX);
			assert_eq!(Memory::read(1), Memory::default());
		});
	}
}
