//! What a read and a write of the state cost on this machine's disk, through the node's own database
//! layer: the figures that the runtime's `DbWeight` has to cover. `scripts/weights --database` runs
//! it.
//!
//! It makes a database in a new directory with a state of Ward's shape, reads keys at random, and
//! then commits blocks of anchors: three new entries each, and five that change.

use std::{
	collections::BTreeMap,
	env,
	error::Error,
	path::{Path, PathBuf},
	time::{Duration, Instant},
};

use sc_client_api::{Backend as _, BlockImportOperation, NewBlockState, TrieCacheContext};
use sc_client_db::{Backend, BlocksPruning, DatabaseSettings, DatabaseSource, PruningMode};
use sp_blockchain::HeaderBackend;
use sp_core::{storage::Storage, H256};
use sp_runtime::{
	generic,
	traits::{BlakeTwo256, Hash, Header as _},
	OpaqueExtrinsic, StateVersion,
};
use sp_state_machine::Backend as _;

type Header = generic::Header<u32, BlakeTwo256>;
type Block = generic::Block<Header, OpaqueExtrinsic>;
type Outcome<Returned> = Result<Returned, Box<dyn Error>>;

/// The node's own: how much of the state it keeps in memory.
const TRIE_CACHE: usize = 64 << 20;
const READS: u64 = 40_000;
const BLOCKS: u32 = 12;
const CALLS: u64 = 500;

/// The entries of a record, as long as they are on the chain: its row, its numbers with the patient
/// and the custodian, and something small that changes.
const LENGTHS: [usize; 4] = [230, 32, 32, 24];

fn key(kind: usize, number: u64) -> Vec<u8> {
	let hash = BlakeTwo256::hash(&[number.to_le_bytes(), (kind as u64).to_le_bytes()].concat());
	let mut key = BlakeTwo256::hash(&[kind as u8]).0.to_vec();
	match kind {
		0 => key.extend(hash.0),
		_ => {
			key.extend(&hash.0[..8]);
			key.extend(number.to_le_bytes());
		},
	}
	key
}

fn value(kind: usize, number: u64) -> Vec<u8> {
	let mut value = vec![7; LENGTHS[kind]];
	value[..8].copy_from_slice(&number.to_le_bytes());
	value
}

/// Numbers in no order, the same in every run: xorshift.
struct Shuffle(u64);

impl Shuffle {
	fn below(&mut self, end: u64) -> u64 {
		self.0 ^= self.0 << 13;
		self.0 ^= self.0 >> 7;
		self.0 ^= self.0 << 17;
		self.0 % end
	}
}

fn open(path: &Path) -> Outcome<Backend<Block>> {
	let settings = DatabaseSettings {
		trie_cache_maximum_size: Some(TRIE_CACHE),
		state_pruning: Some(PruningMode::blocks_pruning(256)),
		source: DatabaseSource::ParityDb { path: path.to_path_buf() },
		blocks_pruning: BlocksPruning::KeepAll,
		pruning_filters: Vec::new(),
		metrics_registry: None,
	};
	Ok(Backend::new(settings, 4_096)?)
}

/// Prints times in microseconds.
fn report(what: &str, times: &mut [Duration]) {
	times.sort_unstable();
	let micros = |time: Duration| time.as_secs_f64() * 1e6;
	let mean = times.iter().copied().map(micros).sum::<f64>() / times.len() as f64;
	let at = |percent: usize| micros(times[(times.len() - 1) * percent / 100]);
	println!("{what}: mean {mean:.1} us, p50 {:.1}, p75 {:.1}, p99 {:.1}", at(50), at(75), at(99));
}

fn fill(path: &Path, records: u64) -> Outcome<()> {
	let backend = open(path)?;
	let mut storage = Storage::default();
	for number in 0..records {
		storage.top.extend((0..4).map(|kind| (key(kind, number), value(kind, number))));
	}
	let mut operation = backend.begin_operation()?;
	let root = operation.set_genesis_state(storage, true, StateVersion::V1)?;
	let header = Header::new(0, H256::zero(), root, H256::zero(), Default::default());
	let body = Some(Vec::new());
	operation.set_block_data(header, body, None, None, NewBlockState::Final, true)?;
	Ok(backend.commit_operation(operation)?)
}

fn read(path: &Path, records: u64, shuffle: &mut Shuffle) -> Outcome<()> {
	let backend = open(path)?;
	let best = backend.blockchain().info().best_hash;
	let mut times = Vec::new();
	for _ in 0..READS / CALLS {
		// As in a block: what one call read, the next finds in memory.
		let state = backend.state_at(best, TrieCacheContext::Trusted)?;
		for _ in 0..CALLS {
			let key = key(shuffle.below(4) as usize, shuffle.below(records));
			let started = Instant::now();
			let found = state.storage(&key)?;
			times.push(started.elapsed());
			found.ok_or("the database lacks what was written to it")?;
		}
	}
	report("a read", &mut times);
	Ok(())
}

/// What a block of calls changes.
fn changes(records: u64, first: u64, shuffle: &mut Shuffle) -> BTreeMap<Vec<u8>, Vec<u8>> {
	let mut changes = BTreeMap::new();
	for number in first..first + CALLS {
		changes.extend((0..3).map(|kind| (key(kind, number), value(kind, number))));
		let changed = (0..5).map(|_| shuffle.below(records));
		changes.extend(changed.map(|other| (key(3, other), value(3, number))));
	}
	changes
}

fn write(path: &Path, records: u64, shuffle: &mut Shuffle) -> Outcome<()> {
	let backend = open(path)?;
	let mut parent = backend.blockchain().info().best_hash;
	let mut times = Vec::new();
	for number in 1..=BLOCKS {
		let changes = changes(records, records + u64::from(number) * CALLS, shuffle);
		let state = backend.state_at(parent, TrieCacheContext::Trusted)?;
		for key in changes.keys() {
			// The calls read before they write.
			state.storage(key)?;
		}
		let started = Instant::now();
		let delta = changes.iter().map(|(key, value)| (&key[..], Some(&value[..])));
		let (root, transaction) = state.storage_root(delta, StateVersion::V1);
		drop(state);
		let mut operation = backend.begin_operation()?;
		backend.begin_state_operation(&mut operation, parent)?;
		operation.update_db_storage(transaction)?;
		let header = Header::new(number, H256::zero(), root, parent, Default::default());
		parent = header.hash();
		let body = Some(Vec::new());
		operation.set_block_data(header, body, None, None, NewBlockState::Best, true)?;
		backend.commit_operation(operation)?;
		times.push(started.elapsed() / u32::try_from(changes.len())?);
	}
	report("a write, with its share of the state's root", &mut times);
	Ok(())
}

fn main() -> Outcome<()> {
	let arguments: Vec<_> = env::args().skip(1).collect();
	let [directory, entries] = &arguments[..] else {
		return Err("usage: database DIRECTORY ENTRIES".into());
	};
	let path = PathBuf::from(directory);
	if path.exists() {
		return Err(format!("{directory} exists already: name a new directory").into());
	}
	let records = (entries.parse::<u64>()? / 4).max(1);
	std::fs::create_dir_all(&path)?;
	fill(&path, records)?;
	let shuffle = &mut Shuffle(0x9e37_79b9_7f4a_7c15);
	read(&path, records, shuffle)?;
	write(&path, records, shuffle)
}
