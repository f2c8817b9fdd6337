//! When a node imported blocks, and when it saw them final.

use std::{
	collections::HashMap,
	sync::{Arc, Mutex, MutexGuard, PoisonError},
	time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use codec::{Decode, Encode};
use sp_crypto_hashing::blake2_256;
use subxt::{
	config::substrate::{DigestItem, SubstrateHeader},
	utils::H256,
};
use tokio::{
	sync::Notify,
	task::JoinHandle,
	time::{timeout_at, Instant as Deadline},
};
use ward_client::{
	error::{Error, Kind},
	Result,
};
use ward_primitives::Digest;

use crate::load::node::Node;

/// How long a block may wait to be final before the run is given up.
const PATIENCE: Duration = Duration::from_secs(120);

/// A final block as one node saw it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
	/// From the beginning of its slot until it was imported.
	pub(super) slot_to_import: Duration,
	/// From its import until it was final.
	pub(super) import_to_finality: Duration,
	/// From the beginning of its slot until it was final.
	pub(super) slot_to_finality: Duration,
}

/// A block that is not final yet.
#[derive(Clone, Copy, Debug)]
struct Imported {
	parent: Digest,
	slot: u64,
	at: Instant,
	clock: Duration,
}

/// What a node has told so far.
#[derive(Default)]
struct Record {
	slot_millis: u64,
	imported: HashMap<Digest, Imported>,
	/// By their slots.
	seen: Vec<(u64, Seen)>,
	/// The slot of the last final block.
	last: u64,
	lost: bool,
}

/// A node that is watched; until this is dropped.
pub(super) struct Watch {
	record: Arc<Mutex<Record>>,
	changed: Arc<Notify>,
	task: JoinHandle<()>,
}

impl Watch {
	/// Begins to watch a node.
	pub(super) async fn start(node: &Node) -> Result<Self> {
		let slot_millis = node.slot_millis().await?;
		let (mut imports, mut finals) = (node.all_heads().await?, node.finalized_heads().await?);
		let record = Arc::new(Mutex::new(Record { slot_millis, ..Record::default() }));
		let changed = Arc::new(Notify::new());
		let (theirs, notify) = (Arc::clone(&record), Arc::clone(&changed));
		let task = tokio::spawn(async move {
			loop {
				tokio::select! {
					biased;
					Some(Ok(header)) = imports.next() => lock(&theirs).import(&header),
					Some(Ok(header)) = finals.next() => lock(&theirs).finalize(&header),
					else => break,
				}
				notify.notify_one();
			}
			lock(&theirs).lost = true;
			notify.notify_one();
		});
		Ok(Self { record, changed, task })
	}

	/// The slot of this moment.
	pub(super) fn slot_now(&self) -> u64 {
		now().as_millis() as u64 / lock(&self.record).slot_millis.max(1)
	}

	/// The final blocks of the slots from one to before another. Waits until all of them are final.
	pub(super) async fn between(&self, from: u64, to: u64) -> Result<Vec<Seen>> {
		let deadline = Deadline::now() + PATIENCE;
		loop {
			{
				let record = lock(&self.record);
				if record.last >= to {
					let wanted = record.seen.iter().filter(|(slot, _)| (from..to).contains(slot));
					return Ok(wanted.map(|(_, seen)| *seen).collect());
				}
				if record.lost {
					return Err(Error::new(Kind::Node, "the connection to a node was lost")
						.hint("see the nodes' logs"));
				}
			}
			timeout_at(deadline, self.changed.notified()).await.map_err(|_| {
				Error::new(Kind::Node, "finality stands still").hint("see the nodes' logs")
			})?;
		}
	}
}

impl Drop for Watch {
	fn drop(&mut self) {
		self.task.abort();
	}
}

impl Record {
	fn import(&mut self, header: &SubstrateHeader<H256>) {
		let imported = Imported {
			parent: header.parent_hash.0,
			slot: slot_of(header),
			at: Instant::now(),
			clock: now(),
		};
		self.imported.entry(hash_of(header)).or_insert(imported);
	}

	/// With a block, those before it are final, too.
	fn finalize(&mut self, header: &SubstrateHeader<H256>) {
		let (at, clock) = (Instant::now(), now());
		let mut hash = hash_of(header);
		while let Some(block) = self.imported.remove(&hash) {
			let began = Duration::from_millis(block.slot * self.slot_millis);
			let seen = Seen {
				slot_to_import: block.clock.saturating_sub(began),
				import_to_finality: at - block.at,
				slot_to_finality: clock.saturating_sub(began),
			};
			self.seen.push((block.slot, seen));
			hash = block.parent;
		}
		self.last = self.last.max(slot_of(header));
	}
}

fn lock(record: &Mutex<Record>) -> MutexGuard<'_, Record> {
	record.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the clock says, which the authorities of this machine have, too.
fn now() -> Duration {
	SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

fn hash_of(header: &SubstrateHeader<H256>) -> Digest {
	blake2_256(&header.encode())
}

/// The slot that Aura says in a header; 0 of the first block, which has none.
fn slot_of(header: &SubstrateHeader<H256>) -> u64 {
	let slot = header.digest.logs.iter().find_map(|item| match item {
		DigestItem::PreRuntime([b'a', b'u', b'r', b'a'], bytes) => {
			u64::decode(&mut &bytes[..]).ok()
		},
		_ => None,
	});
	slot.unwrap_or(0)
}

#[cfg(test)]
mod tests {
	use super::*;
	use subxt::config::substrate::Digest as HeaderDigest;

	fn header(parent: H256, number: u64, slot: u64) -> SubstrateHeader<H256> {
		SubstrateHeader {
			parent_hash: parent,
			number,
			state_root: H256::zero(),
			extrinsics_root: H256::zero(),
			digest: HeaderDigest { logs: vec![DigestItem::PreRuntime(*b"aura", slot.encode())] },
		}
	}

	#[test]
	fn a_final_block_makes_those_before_it_final_and_leaves_forks_out() {
		let mut record = Record { slot_millis: 2_000, ..Record::default() };
		let first = header(H256::zero(), 1, 10);
		let second = header(H256(hash_of(&first)), 2, 11);
		let fork = header(H256(hash_of(&first)), 2, 12);
		for block in [&first, &second, &fork] {
			record.import(block);
		}
		record.finalize(&second);
		let mut slots: Vec<u64> = record.seen.iter().map(|(slot, _)| *slot).collect();
		slots.sort_unstable();
		assert_eq!((slots, record.last), (vec![10, 11], 11));
	}
}
