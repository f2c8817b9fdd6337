//! A node as the benchmark sees it: its RPC, its process, its database and its metrics.

use std::{
	fs, io,
	os::unix::fs::MetadataExt,
	path::{Path, PathBuf},
};

use codec::{Compact, Decode};
use serde::Deserialize;
use sp_crypto_hashing::{blake2_256, twox_128};
use subxt::{
	config::{
		substrate::{SubstrateConfig, SubstrateHeader},
		RpcConfigFor,
	},
	rpcs::{
		client::{rpc_params, RpcClient, RpcSubscription},
		methods::legacy::{Bytes, LegacyRpcMethods},
		Error as RpcError,
	},
	utils::H256,
};
use ward_client::{
	error::{Context, Error, Kind},
	Result,
};
use ward_primitives::Digest;

use crate::{directory::pid_of, machine::cpu_seconds, metrics::Metrics};

/// A node.
pub(crate) struct Node {
	url: String,
	rpc: RpcClient,
	methods: LegacyRpcMethods<RpcConfigFor<SubstrateConfig>>,
	/// Its process.
	pub(crate) pid: u32,
	/// Its base directory.
	directory: PathBuf,
	/// The address of its metrics.
	metrics: Option<String>,
}

/// How far a node has come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NodeProgress {
	/// The number of its best block.
	pub(crate) best: u64,
	/// The number of the last block that is final for it.
	pub(crate) finalized: u64,
}

/// What `ward_status` says, as far as it matters here.
#[derive(Deserialize)]
struct Status {
	best: Head,
	finalized: Head,
}

#[derive(Deserialize)]
struct Head {
	number: u64,
}

/// How much the chain's state holds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct StateSize {
	pub(crate) entries: u64,
	/// Bytes of keys and values.
	pub(crate) bytes: u64,
}

/// What a node's metrics say about the blocks that it made.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Proposed {
	pub(crate) blocks: f64,
	pub(crate) seconds: f64,
	/// Blocks that ended because of their weight, because of the time, and because the pool was empty.
	pub(crate) at_weight: f64,
	pub(crate) at_deadline: f64,
	pub(crate) at_end: f64,
	pub(crate) imported: f64,
	pub(crate) import_seconds: f64,
}

impl Node {
	/// Connects to number `n` of the network in `network`.
	pub(crate) async fn connect(
		url: &str,
		metrics: Option<String>,
		network: &Path,
		n: usize,
	) -> Result<Self> {
		let pid = pid_of(network, &format!("node-{n}"))?;
		let directory = network.join(format!("node-{n}"));
		Ok(Self { metrics, ..Self::of_process(url, pid, directory).await? })
	}

	/// Connects to a process with that base directory.
	pub(crate) async fn of_process(url: &str, pid: u32, directory: PathBuf) -> Result<Self> {
		let unreachable = || format!("the node at {url} does not answer");
		let rpc = RpcClient::from_insecure_url(url).await.context(Kind::Node, unreachable)?;
		let methods = LegacyRpcMethods::new(rpc.clone());
		Ok(Self { url: url.into(), rpc, methods, pid, directory, metrics: None })
	}

	/// The CPU seconds that its process has used.
	pub(crate) fn cpu_seconds(&self) -> f64 {
		cpu_seconds(self.pid)
	}

	/// The bytes that its base directory takes on the disk.
	pub(crate) fn disk_bytes(&self) -> Result<u64> {
		disk_bytes(&self.directory).context(Kind::Other, || {
			format!("the size of {} cannot be measured", self.directory.display())
		})
	}

	fn failed(&self, error: RpcError, what: &str) -> Error {
		Error::new(Kind::Node, format!("the node at {} could not answer {what}", self.url))
			.caused_by(error)
	}

	/// Gives a transaction to the node's pool.
	pub(crate) async fn submit(&self, transaction: &[u8]) -> Result<(), RpcError> {
		self.methods.author_submit_extrinsic(transaction).await.map(drop)
	}

	/// The heads of the best chain as they come.
	pub(crate) async fn best_heads(&self) -> Result<RpcSubscription<SubstrateHeader<H256>>> {
		let heads = self.methods.chain_subscribe_new_heads().await;
		heads.map_err(|error| self.failed(error, "new heads"))
	}

	/// The heads of all blocks as the node imports them, after that of the best block.
	pub(crate) async fn all_heads(&self) -> Result<RpcSubscription<SubstrateHeader<H256>>> {
		let heads = self.methods.chain_subscribe_all_heads().await;
		heads.map_err(|error| self.failed(error, "imported heads"))
	}

	/// The finalized heads as they come; there may be gaps.
	pub(crate) async fn finalized_heads(&self) -> Result<RpcSubscription<SubstrateHeader<H256>>> {
		let heads = self.methods.chain_subscribe_finalized_heads().await;
		heads.map_err(|error| self.failed(error, "finalized heads"))
	}

	/// How far it has come.
	pub(crate) async fn progress(&self) -> Result<NodeProgress> {
		let status: Status = self
			.rpc
			.request("ward_status", rpc_params![])
			.await
			.map_err(|error| self.failed(error, "how far it is"))?;
		Ok(NodeProgress { best: status.best.number, finalized: status.finalized.number })
	}

	/// How long a slot of Aura lasts, in milliseconds.
	pub(crate) async fn slot_millis(&self) -> Result<u64> {
		let answer = self.methods.state_call("AuraApi_slot_duration", None, None).await;
		let answer = answer.map_err(|error| self.failed(error, "how long a slot lasts"))?;
		u64::decode(&mut &answer[..])
			.map_err(|_| Error::new(Kind::Node, "a slot's length is unreadable"))
	}

	/// Whether it has a block of its best chain with its transactions.
	pub(crate) async fn has_block(&self, number: u64) -> Result<bool> {
		let hash: Option<H256> = self
			.rpc
			.request("chain_getBlockHash", rpc_params![number])
			.await
			.map_err(|error| self.failed(error, "a block's hash"))?;
		let Some(hash) = hash else { return Ok(false) };
		let block = self.methods.chain_get_block(Some(hash)).await;
		Ok(block.map_err(|error| self.failed(error, "a block"))?.is_some())
	}

	/// The hash of a block of the best chain.
	pub(crate) async fn block_hash(&self, number: u64) -> Result<H256> {
		let hash = self.rpc.request("chain_getBlockHash", rpc_params![number]).await;
		let hash: Option<H256> = hash.map_err(|error| self.failed(error, "a block's hash"))?;
		hash.ok_or_else(|| Error::new(Kind::Node, format!("the node has no block {number}")))
	}

	/// The hashes of a block's transactions.
	pub(crate) async fn transactions(&self, block: H256) -> Result<Vec<Digest>> {
		let bodies = self.bodies(block).await?;
		Ok(bodies.iter().map(|bytes| blake2_256(&bytes.0)).collect())
	}

	/// The lengths of a block's transactions, in bytes.
	pub(crate) async fn transaction_lengths(&self, block: H256) -> Result<Vec<usize>> {
		Ok(self.bodies(block).await?.iter().map(|bytes| bytes.0.len()).collect())
	}

	/// A block's transactions.
	async fn bodies(&self, block: H256) -> Result<Vec<Bytes>> {
		let found = self.methods.chain_get_block(Some(block)).await;
		let found = found.map_err(|error| self.failed(error, "a block"))?;
		let block = found.ok_or_else(|| Error::new(Kind::Node, "the node lost a block"))?.block;
		Ok(block.extrinsics)
	}

	/// The declared weight of a block's ordinary calls, in seconds.
	pub(crate) async fn normal_weight(&self, block: H256) -> Result<f64> {
		let key = [twox_128(b"System"), twox_128(b"BlockWeight")].concat();
		let value = self.methods.state_get_storage(&key, Some(block)).await;
		let value = value.map_err(|error| self.failed(error, "a block's weight"))?;
		// For each class (the first is `normal`): computation and proof size.
		let weight = value.and_then(|bytes| Compact::<u64>::decode(&mut &bytes[..]).ok());
		Ok(weight.map_or(0.0, |weight| weight.0 as f64 / 1e12))
	}

	/// How much the state of a block holds.
	pub(crate) async fn state_size(&self, block: H256) -> Result<StateSize> {
		const PAGE: u32 = 1_000;
		let mut size = StateSize::default();
		let mut last: Option<Vec<u8>> = None;
		loop {
			let page =
				self.methods.state_get_keys_paged(&[], PAGE, last.as_deref(), Some(block)).await;
			let page = page.map_err(|error| self.failed(error, "keys of the state"))?;
			size.entries += page.len() as u64;
			size.bytes += page.iter().map(|key| key.len() as u64).sum::<u64>();
			match page.last() {
				Some(key) if page.len() == PAGE as usize => last = Some(key.clone()),
				_ => break,
			}
		}
		let values = self.rpc.request("state_getStorageSize", rpc_params!["0x", block]).await;
		let values: Option<u64> = values.map_err(|error| self.failed(error, "the state's size"))?;
		size.bytes += values.unwrap_or(0);
		Ok(size)
	}

	/// What its metrics say about block production; nothing without an address of metrics.
	pub(crate) async fn proposed(&self) -> Result<Proposed> {
		let Some(address) = &self.metrics else { return Ok(Proposed::default()) };
		let metrics = Metrics::fetch(address).await?;
		let sum = |name: &str, label: &str| metrics.sum(name, label);
		let reason = |reason| sum("substrate_proposer_end_proposal_reason", reason);
		Ok(Proposed {
			blocks: sum("substrate_proposer_block_constructed_count", ""),
			seconds: sum("substrate_proposer_block_constructed_sum", ""),
			at_weight: reason("hit_block_weight_limit"),
			at_deadline: reason("hit_deadline"),
			at_end: reason("no_more_transactions"),
			imported: sum("substrate_block_verification_and_import_time_count", ""),
			import_seconds: sum("substrate_block_verification_and_import_time_sum", ""),
		})
	}
}

impl Proposed {
	/// What was added since `before`.
	pub(crate) fn since(self, before: Self) -> Self {
		Self {
			blocks: self.blocks - before.blocks,
			seconds: self.seconds - before.seconds,
			at_weight: self.at_weight - before.at_weight,
			at_deadline: self.at_deadline - before.at_deadline,
			at_end: self.at_end - before.at_end,
			imported: self.imported - before.imported,
			import_seconds: self.import_seconds - before.import_seconds,
		}
	}

	/// Both together.
	pub(crate) fn and(self, other: Self) -> Self {
		Self {
			blocks: self.blocks + other.blocks,
			seconds: self.seconds + other.seconds,
			at_weight: self.at_weight + other.at_weight,
			at_deadline: self.at_deadline + other.at_deadline,
			at_end: self.at_end + other.at_end,
			imported: self.imported + other.imported,
			import_seconds: self.import_seconds + other.import_seconds,
		}
	}
}

/// The bytes of all files below a directory, as the disk stores them. Files that vanish meanwhile do
/// not count.
fn disk_bytes(directory: &Path) -> io::Result<u64> {
	/// The unit of `st_blocks`.
	const BLOCK: u64 = 512;
	let mut sum = 0;
	for entry in fs::read_dir(directory)? {
		let entry = entry?;
		let metadata = match entry.metadata() {
			Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
			metadata => metadata?,
		};
		sum += match metadata.is_dir() {
			true => disk_bytes(&entry.path())?,
			false => metadata.blocks() * BLOCK,
		};
	}
	Ok(sum)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_disk_is_counted_through_directories() {
		let dir = tempfile::tempdir().unwrap();
		fs::create_dir(dir.path().join("inner")).unwrap();
		fs::write(dir.path().join("inner/file"), vec![1; 100_000]).unwrap();
		assert!(disk_bytes(dir.path()).unwrap() >= 100_000);
	}
}
