//! A node as the benchmark sees it: its RPC, its process, its database and its metrics.

use std::{
	fs, io,
	os::unix::fs::MetadataExt,
	path::{Path, PathBuf},
};

use codec::{Compact, Decode};
use sp_crypto_hashing::{blake2_256, twox_128};
use subxt::{
	config::{
		substrate::{SubstrateConfig, SubstrateHeader},
		RpcConfigFor,
	},
	rpcs::{
		client::{rpc_params, RpcClient, RpcSubscription},
		methods::legacy::LegacyRpcMethods,
		Error as RpcError,
	},
	utils::H256,
};
use ward_client::{
	error::{Context, Error, Kind},
	Result,
};
use ward_primitives::Digest;

use crate::{machine::cpu_seconds, metrics::Metrics, network::pid_of};

/// A node.
pub(super) struct Node {
	url: String,
	rpc: RpcClient,
	methods: LegacyRpcMethods<RpcConfigFor<SubstrateConfig>>,
	/// Its process.
	pub(super) pid: u32,
	/// Its base directory.
	directory: PathBuf,
	/// The address of its metrics.
	metrics: Option<String>,
}

/// How much the chain's state holds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct StateSize {
	pub(super) entries: u64,
	/// Bytes of keys and values.
	pub(super) bytes: u64,
}

/// What a node's metrics say about the blocks that it made.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Proposed {
	pub(super) blocks: f64,
	pub(super) seconds: f64,
	/// Blocks that ended because of their weight, because of the time, and because the pool was empty.
	pub(super) at_weight: f64,
	pub(super) at_deadline: f64,
	pub(super) at_end: f64,
	pub(super) imported: f64,
	pub(super) import_seconds: f64,
}

impl Node {
	/// Connects to number `n` of the network in `network`.
	pub(super) async fn connect(
		url: &str,
		metrics: Option<String>,
		network: &Path,
		n: usize,
	) -> Result<Self> {
		let unreachable = || format!("the node at {url} does not answer");
		let rpc = RpcClient::from_insecure_url(url).await.context(Kind::Node, unreachable)?;
		let pid = pid_of(network, &format!("node-{n}"))?;
		let directory = network.join(format!("node-{n}"));
		let methods = LegacyRpcMethods::new(rpc.clone());
		Ok(Self { url: url.into(), rpc, methods, pid, directory, metrics })
	}

	/// The CPU seconds that its process has used.
	pub(super) fn cpu_seconds(&self) -> f64 {
		cpu_seconds(self.pid)
	}

	/// The bytes that its base directory takes on the disk.
	pub(super) fn disk_bytes(&self) -> Result<u64> {
		disk_bytes(&self.directory).context(Kind::Other, || {
			format!("the size of {} cannot be measured", self.directory.display())
		})
	}

	fn failed(&self, error: RpcError, what: &str) -> Error {
		Error::new(Kind::Node, format!("the node at {} could not answer {what}", self.url))
			.caused_by(error)
	}

	/// Gives a transaction to the node's pool.
	pub(super) async fn submit(&self, transaction: &[u8]) -> Result<(), RpcError> {
		self.methods.author_submit_extrinsic(transaction).await.map(drop)
	}

	/// The heads of the best chain as they come.
	pub(super) async fn best_heads(&self) -> Result<RpcSubscription<SubstrateHeader<H256>>> {
		let heads = self.methods.chain_subscribe_new_heads().await;
		heads.map_err(|error| self.failed(error, "new heads"))
	}

	/// The finalized heads as they come; there may be gaps.
	pub(super) async fn finalized_heads(&self) -> Result<RpcSubscription<SubstrateHeader<H256>>> {
		let heads = self.methods.chain_subscribe_finalized_heads().await;
		heads.map_err(|error| self.failed(error, "finalized heads"))
	}

	/// The hash of a block of the best chain.
	pub(super) async fn block_hash(&self, number: u64) -> Result<H256> {
		let hash = self.rpc.request("chain_getBlockHash", rpc_params![number]).await;
		let hash: Option<H256> = hash.map_err(|error| self.failed(error, "a block's hash"))?;
		hash.ok_or_else(|| Error::new(Kind::Node, format!("the node has no block {number}")))
	}

	/// The hashes of a block's transactions.
	pub(super) async fn transactions(&self, block: H256) -> Result<Vec<Digest>> {
		let found = self.methods.chain_get_block(Some(block)).await;
		let found = found.map_err(|error| self.failed(error, "a block"))?;
		let block = found.ok_or_else(|| Error::new(Kind::Node, "the node lost a block"))?.block;
		Ok(block.extrinsics.iter().map(|bytes| blake2_256(&bytes.0)).collect())
	}

	/// The declared weight of a block's ordinary calls, in seconds.
	pub(super) async fn normal_weight(&self, block: H256) -> Result<f64> {
		let key = [twox_128(b"System"), twox_128(b"BlockWeight")].concat();
		let value = self.methods.state_get_storage(&key, Some(block)).await;
		let value = value.map_err(|error| self.failed(error, "a block's weight"))?;
		// For each class (the first is `normal`): computation and proof size.
		let weight = value.and_then(|bytes| Compact::<u64>::decode(&mut &bytes[..]).ok());
		Ok(weight.map_or(0.0, |weight| weight.0 as f64 / 1e12))
	}

	/// How much the state of a block holds.
	pub(super) async fn state_size(&self, block: H256) -> Result<StateSize> {
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
	pub(super) async fn proposed(&self) -> Result<Proposed> {
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
	pub(super) fn since(self, before: Self) -> Self {
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
	pub(super) fn and(self, other: Self) -> Self {
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
