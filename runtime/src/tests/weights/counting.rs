//! A state that counts what is read and written, by the rule of the benchmarks: each key once, and
//! reading what was written before costs nothing.

use std::{cell::RefCell, collections::BTreeSet, fmt};

use frame_benchmarking::benchmarking::{commit_db, read_write_count, reset_read_write_count};
use sp_core::storage::{ChildInfo, StateVersion, Storage, TrackedStorageKey};
use sp_externalities::{set_and_run_with_externalities, Extensions};
use sp_keystore::{testing::MemoryKeystore, KeystoreExt};
use sp_runtime::traits::BlakeTwo256;
use sp_state_machine::{
	Backend, BackendTransaction, ChildStorageCollection, Ext, InMemoryBackend, IterArgs,
	OverlayedChanges, StorageCollection, StorageIterator, StorageKey, StorageValue, UsageInfo,
};

type State = InMemoryBackend<BlakeTwo256>;
type Root = sp_core::H256;

/// How many keys were read from the state, and how many written to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Accesses {
	pub(super) reads: u64,
	pub(super) writes: u64,
}

impl Accesses {
	/// Whether neither is more than in `other`.
	pub(super) fn fit(&self, other: &Self) -> bool {
		self.reads <= other.reads && self.writes <= other.writes
	}
}

/// Runs something on a chain that starts as `genesis`, with counting and a keystore.
pub(super) fn run<Returned>(genesis: Storage, act: impl FnOnce() -> Returned) -> Returned {
	let state = Counting::new(genesis);
	let mut overlay = OverlayedChanges::default();
	let mut extensions = Extensions::default();
	extensions.register(KeystoreExt::new(MemoryKeystore::new()));
	let mut ext = Ext::new(&mut overlay, &state, Some(&mut extensions));
	set_and_run_with_externalities(&mut ext, act)
}

/// Does something on the state as it is now and counts what it reads and writes. Call it in [`run`].
pub(super) fn counted<Returned>(act: impl FnOnce() -> Returned) -> (Returned, Accesses) {
	commit_db();
	reset_read_write_count();
	let returned = act();
	commit_db();
	let (reads, _, writes, _) = read_write_count();
	(returned, Accesses { reads: reads.into(), writes: writes.into() })
}

#[derive(Default)]
struct Keys {
	read: BTreeSet<Vec<u8>>,
	written: BTreeSet<Vec<u8>>,
}

struct Counting {
	genesis: State,
	state: RefCell<State>,
	keys: RefCell<Keys>,
	/// The keys that are not counted.
	unseen: RefCell<Vec<TrackedStorageKey>>,
}

impl Counting {
	fn new(genesis: Storage) -> Self {
		let genesis: State = (genesis, StateVersion::V1).into();
		Self {
			state: RefCell::new(genesis.clone()),
			genesis,
			keys: RefCell::default(),
			unseen: RefCell::default(),
		}
	}

	fn read(&self, key: &[u8]) {
		self.keys.borrow_mut().read.insert(key.to_vec());
	}

	fn count(&self, keys: &BTreeSet<Vec<u8>>) -> u32 {
		let unseen = self.unseen.borrow();
		keys.iter().filter(|key| unseen.iter().all(|other| other.key != **key)).count() as u32
	}
}

impl fmt::Debug for Counting {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str("Counting")
	}
}

struct RawIter(<State as Backend<BlakeTwo256>>::RawIter);

impl StorageIterator<BlakeTwo256> for RawIter {
	type Backend = Counting;
	type Error = String;

	fn next_key(&mut self, backend: &Counting) -> Option<Result<StorageKey, String>> {
		let key = self.0.next_key(&backend.state.borrow())?;
		Some(key.inspect(|key| backend.read(key)))
	}

	fn next_pair(
		&mut self,
		backend: &Counting,
	) -> Option<Result<(StorageKey, StorageValue), String>> {
		let pair = self.0.next_pair(&backend.state.borrow())?;
		Some(pair.inspect(|(key, _)| backend.read(key)))
	}

	fn was_complete(&self) -> bool {
		self.0.was_complete()
	}
}

/// No pallet of this chain has child tries.
const NO_CHILDREN: &str = "the runtime has no child tries";

impl Backend<BlakeTwo256> for Counting {
	type Error = String;
	type TrieBackendStorage = <State as Backend<BlakeTwo256>>::TrieBackendStorage;
	type RawIter = RawIter;

	fn storage(&self, key: &[u8]) -> Result<Option<StorageValue>, String> {
		self.read(key);
		self.state.borrow().storage(key)
	}

	fn storage_hash(&self, key: &[u8]) -> Result<Option<Root>, String> {
		self.read(key);
		self.state.borrow().storage_hash(key)
	}

	fn next_storage_key(&self, key: &[u8]) -> Result<Option<StorageKey>, String> {
		self.read(key);
		self.state.borrow().next_storage_key(key)
	}

	fn closest_merkle_value(
		&self,
		key: &[u8],
	) -> Result<Option<sp_trie::MerkleValue<Root>>, String> {
		self.read(key);
		self.state.borrow().closest_merkle_value(key)
	}

	fn child_closest_merkle_value(
		&self,
		_: &ChildInfo,
		_: &[u8],
	) -> Result<Option<sp_trie::MerkleValue<Root>>, String> {
		Err(NO_CHILDREN.into())
	}

	fn child_storage(&self, _: &ChildInfo, _: &[u8]) -> Result<Option<StorageValue>, String> {
		Err(NO_CHILDREN.into())
	}

	fn child_storage_hash(&self, _: &ChildInfo, _: &[u8]) -> Result<Option<Root>, String> {
		Err(NO_CHILDREN.into())
	}

	fn next_child_storage_key(
		&self,
		_: &ChildInfo,
		_: &[u8],
	) -> Result<Option<StorageKey>, String> {
		Err(NO_CHILDREN.into())
	}

	fn storage_root<'a>(
		&self,
		delta: impl Iterator<Item = (&'a [u8], Option<&'a [u8]>)>,
		version: StateVersion,
	) -> (Root, BackendTransaction<BlakeTwo256>) {
		self.state.borrow().storage_root(delta, version)
	}

	fn child_storage_root<'a>(
		&self,
		child: &ChildInfo,
		delta: impl Iterator<Item = (&'a [u8], Option<&'a [u8]>)>,
		version: StateVersion,
	) -> (Root, bool, BackendTransaction<BlakeTwo256>) {
		self.state.borrow().child_storage_root(child, delta, version)
	}

	fn raw_iter(&self, args: IterArgs<'_>) -> Result<RawIter, String> {
		self.state.borrow().raw_iter(args).map(RawIter)
	}

	fn register_overlay_stats(&self, _: &sp_state_machine::StateMachineStats) {}

	fn usage_info(&self) -> UsageInfo {
		UsageInfo::empty()
	}

	fn wipe(&self) -> Result<(), String> {
		self.state.replace(self.genesis.clone());
		self.reset_read_write_count();
		Ok(())
	}

	fn commit(
		&self,
		root: Root,
		transaction: BackendTransaction<BlakeTwo256>,
		changes: StorageCollection,
		_: ChildStorageCollection,
	) -> Result<(), String> {
		self.state.borrow_mut().apply_transaction(root, transaction);
		self.keys.borrow_mut().written.extend(changes.into_iter().map(|(key, _)| key));
		Ok(())
	}

	fn read_write_count(&self) -> (u32, u32, u32, u32) {
		let keys = self.keys.borrow();
		(self.count(&keys.read), 0, self.count(&keys.written), 0)
	}

	fn reset_read_write_count(&self) {
		self.keys.take();
	}

	fn get_whitelist(&self) -> Vec<TrackedStorageKey> {
		self.unseen.borrow().clone()
	}

	fn set_whitelist(&self, unseen: Vec<TrackedStorageKey>) {
		self.unseen.replace(unseen);
	}

	fn proof_size(&self) -> Option<u32> {
		None
	}

	fn get_read_and_written_keys(&self) -> Vec<(Vec<u8>, u32, u32, bool)> {
		Vec::new()
	}
}
