//! The blocks of a history as a vault's node shows them: a best head, and a finalized one behind it.

use std::{
	collections::BTreeMap,
	sync::{Arc, Mutex, PoisonError},
};

use codec::{Decode, Encode};
use sp_core::storage::{well_known_keys::CODE, Storage};
use sp_io::{hashing::blake2_256, TestExternalities};
use sp_runtime::traits::Header as _;
use ward_primitives::{
	decision::{DecisionInputs, Query},
	Digest, KeyBytes, KeyRow, ParticipantId, ParticipantRow, RecordId, RecordRow, VaultRow,
};
use ward_vault::chain::{ChainView, Head, Reply, StateView, Unreachable};

use super::{super::GENESIS, World};
use crate::{apis::api, Header};

/// A complete block: its state, and what the model says there.
pub(super) struct Snapshot {
	pub(super) head: Head,
	pub(super) world: World,
	code_hash: Digest,
	state: Mutex<TestExternalities>,
}

impl Snapshot {
	/// The present state, at the end of `block`.
	pub(super) fn take(world: &World, block: &Header) -> Self {
		let head = Head {
			hash: block.hash().0,
			number: block.number().to_owned().into(),
			timestamp: world.model.now,
		};
		let state = Mutex::new(TestExternalities::new(Storage {
			top: all(),
			children_default: Default::default(),
		}));
		Self { head, world: world.clone(), code_hash: code_hash(), state }
	}

	/// Calls a function of the runtime's API, as `state_call` does.
	fn call<T: Decode>(&self, name: &str, arguments: impl Encode) -> Result<T, Unreachable> {
		let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
		let call = || api::dispatch(&format!("WardApi_{name}"), &arguments.encode());
		let answer = state.execute_with(call).expect("the runtime has this function");
		Ok(T::decode(&mut &answer[..]).expect("it answers what it says"))
	}
}

/// Everything in the present state.
fn all() -> BTreeMap<Vec<u8>, Vec<u8>> {
	let mut all = BTreeMap::new();
	let mut last = Vec::new();
	while let Some(key) = sp_io::storage::next_key(&last) {
		let value = sp_io::storage::get(&key).expect("there is a value for each key");
		all.insert(key.clone(), value.into());
		last = key;
	}
	all
}

/// The hash of the present runtime's code.
pub(super) fn code_hash() -> Digest {
	blake2_256(&sp_io::storage::get(CODE).unwrap_or_default())
}

fn now<'a, T: Send + 'a>(answer: Result<T, Unreachable>) -> Reply<'a, T> {
	Box::pin(std::future::ready(answer))
}

impl StateView for Snapshot {
	fn head(&self) -> Head {
		self.head
	}

	fn code_hash(&self) -> Reply<'_, Digest> {
		now(Ok(self.code_hash))
	}

	fn key(&self, key: KeyBytes) -> Reply<'_, Option<KeyRow>> {
		now(self.call("key", key))
	}

	fn participant(&self, id: ParticipantId) -> Reply<'_, Option<ParticipantRow>> {
		now(self.call("participant", id))
	}

	fn record(&self, id: RecordId) -> Reply<'_, Option<RecordRow>> {
		now(self.call("record", id))
	}

	fn decision_inputs(&self, query: Query) -> Reply<'_, DecisionInputs> {
		now(self.call("decision_inputs", query))
	}

	fn custody(&self, center: ParticipantId, from: u64, limit: u32) -> Reply<'_, Vec<RecordId>> {
		now(self.call("custody", (center, from, limit)))
	}

	fn vault(&self, center: ParticipantId) -> Reply<'_, Option<VaultRow>> {
		now(self.call("vault", center))
	}
}

/// The two heads of a chain.
#[derive(Clone)]
pub(super) struct Heads {
	pub(super) finalized: Arc<Snapshot>,
	pub(super) best: Arc<Snapshot>,
}

/// A node: the blocks so far, and how many of them are final.
#[derive(Default)]
pub(super) struct Node {
	chain: Mutex<(Vec<Arc<Snapshot>>, usize)>,
}

impl Node {
	/// A new best block, the finalized one at most `lag` blocks behind. Never goes back.
	pub(super) fn extend(&self, block: Snapshot, lag: usize) {
		let mut chain = self.chain.lock().unwrap_or_else(PoisonError::into_inner);
		let (blocks, finalized) = &mut *chain;
		blocks.push(Arc::new(block));
		*finalized = (*finalized).max((blocks.len() - 1).saturating_sub(lag));
	}

	/// The heads; none before the first block.
	pub(super) fn heads(&self) -> Option<Heads> {
		let chain = self.chain.lock().unwrap_or_else(PoisonError::into_inner);
		let (blocks, finalized) = &*chain;
		Some(Heads { finalized: blocks.get(*finalized)?.clone(), best: blocks.last()?.clone() })
	}

	fn find(&self, is_it: impl Fn(Head) -> bool) -> Option<Arc<Snapshot>> {
		let chain = self.chain.lock().unwrap_or_else(PoisonError::into_inner);
		chain.0.iter().find(|block| is_it(block.head)).cloned()
	}
}

fn known<T>(found: Option<T>) -> Result<T, Unreachable> {
	found.ok_or_else(|| Unreachable("there is no such block".into()))
}

fn view(found: Option<Arc<Snapshot>>) -> Result<Arc<dyn StateView>, Unreachable> {
	known(found).map(|block| block as Arc<dyn StateView>)
}

impl ChainView for Node {
	fn genesis(&self) -> Reply<'_, Digest> {
		now(Ok(GENESIS))
	}

	fn finalized(&self) -> Reply<'_, Arc<dyn StateView>> {
		now(view(self.heads().map(|heads| heads.finalized)))
	}

	fn best(&self) -> Reply<'_, Arc<dyn StateView>> {
		now(view(self.heads().map(|heads| heads.best)))
	}

	fn at(&self, hash: Digest) -> Reply<'_, Arc<dyn StateView>> {
		now(view(self.find(|head| head.hash == hash)))
	}

	fn block_hash(&self, number: u64) -> Reply<'_, Option<Digest>> {
		now(Ok(self.find(|head| head.number == number).map(|block| block.head.hash)))
	}

	fn is_syncing(&self) -> Reply<'_, bool> {
		now(Ok(false))
	}
}
