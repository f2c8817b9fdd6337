//! A node, as far as its off-chain worker sees it: the SDK's own workers with their HTTP client, keystore and
//! local storage. Only the network is missing, and the pool keeps what it takes.

use std::{
	collections::HashSet,
	future::Future,
	pin::Pin,
	sync::{mpsc, Arc, Mutex},
	time::{Duration, Instant},
};

use codec::Decode;
use futures::future::BoxFuture;
use pallet_ward_receipts::{
	witness::KEY_TYPE,
	worker::{Counters, Settings, COUNTERS_KEY, SETTINGS_KEY},
};
use sc_client_api::{
	BlockImportNotification, BlockchainEvents, FinalityNotifications, ImportNotifications,
	StorageEventStream,
};
use sc_network::{
	config::MultiaddrWithPeerId, types::ProtocolName, Multiaddr, NetworkPeers, NetworkStateInfo,
	ObservedRole, PeerId, ReputationChange,
};
use sc_offchain::{OffchainWorkerOptions, OffchainWorkers};
use sc_transaction_pool_api::{
	error::Error as PoolError, LocalTransactionFor, LocalTransactionPool,
	OffchainTransactionPoolFactory,
};
use sc_utils::mpsc::{tracing_unbounded, TracingUnboundedSender};
use sp_core::{
	offchain::{testing::TestPersistentOffchainDB, OffchainStorage, STORAGE_PREFIX},
	storage::StorageKey,
	traits::SpawnNamed,
	H256,
};
use sp_keystore::{testing::MemoryKeystore, Keystore};
use ward_runtime::{
	opaque::{Block, UncheckedExtrinsic},
	Header,
};

use super::{chain::Chain, tls};

/// How long a run may take, with the SDK's work around it.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the pool does with a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pool {
	/// Takes it.
	Takes,
	/// Nothing more ever comes back: the node is killed while it hands over a report.
	Killed,
}

/// A pool that takes what the runtime finds valid, and keeps it.
struct KeepingPool {
	chain: Arc<Chain>,
	mode: Pool,
	taken: Mutex<Vec<UncheckedExtrinsic>>,
	refused: Mutex<Vec<UncheckedExtrinsic>>,
	offered: Mutex<mpsc::Sender<()>>,
}

impl LocalTransactionPool for KeepingPool {
	type Block = Block;
	type Hash = H256;
	type Error = PoolError;

	fn submit_local(
		&self,
		at: H256,
		transaction: LocalTransactionFor<Self>,
	) -> Result<H256, PoolError> {
		let _ = self.offered.lock().unwrap().send(());
		if self.mode == Pool::Killed {
			loop {
				std::thread::park();
			}
		}
		match self.chain.validate(at, &transaction) {
			Ok(_) => {
				self.taken.lock().unwrap().push(transaction);
				Ok(H256::default())
			},
			Err(_) => {
				self.refused.lock().unwrap().push(transaction);
				Err(PoolError::ImmediatelyDropped)
			},
		}
	}
}

/// What outlives a node: its disk, and its keys.
#[derive(Clone)]
pub(super) struct Disk {
	storage: TestPersistentOffchainDB,
	keys: Arc<MemoryKeystore>,
}

impl Disk {
	pub(super) fn new(settings: &Settings) -> Self {
		use codec::Encode;
		let mut storage = TestPersistentOffchainDB::new();
		storage.set(STORAGE_PREFIX, SETTINGS_KEY, &settings.encode());
		Self { storage, keys: Arc::new(MemoryKeystore::new()) }
	}

	/// Inserts a witness key, and returns the public one.
	pub(super) fn insert_key(&self, seed: &str) -> [u8; 32] {
		self.keys.ed25519_generate_new(KEY_TYPE, Some(seed)).expect("a seed").0
	}

	/// What the worker has counted.
	pub(super) fn counters(&self) -> Counters {
		let stored = OffchainStorage::get(&self.storage, STORAGE_PREFIX, COUNTERS_KEY);
		stored.map_or_else(Counters::default, |bytes| {
			Counters::decode(&mut &*bytes).expect("the worker's counters")
		})
	}
}

/// A node that runs.
pub(super) struct Node {
	pub(super) chain: Arc<Chain>,
	pub(super) disk: Disk,
	pool: Arc<KeepingPool>,
	imports: TracingUnboundedSender<BlockImportNotification<Block>>,
	ended: mpsc::Receiver<()>,
	offered: mpsc::Receiver<()>,
	_runtime: tokio::runtime::Runtime,
}

impl Node {
	/// Starts a node with this disk.
	pub(super) fn start(disk: Disk, mode: Pool) -> Self {
		tls::trust();
		let runtime = tokio::runtime::Builder::new_multi_thread()
			.worker_threads(2)
			.enable_all()
			.build()
			.expect("a runtime");
		let (ended_sender, ended) = mpsc::channel();
		let (offered_sender, offered) = mpsc::channel();
		let chain = Arc::new(Chain::new(ended_sender));
		let pool = Arc::new(KeepingPool {
			chain: chain.clone(),
			mode,
			taken: Mutex::default(),
			refused: Mutex::default(),
			offered: Mutex::new(offered_sender),
		});
		let (imports, stream) = tracing_unbounded("imports", 100);
		let options = OffchainWorkerOptions {
			runtime_api_provider: chain.clone(),
			keystore: Some(disk.keys.clone()),
			offchain_db: Some(disk.storage.clone()),
			transaction_pool: Some(OffchainTransactionPoolFactory::new(pool.clone())),
			network_provider: Arc::new(NoNetwork),
			is_validator: true,
			enable_http_requests: true,
			custom_extensions: |_| Vec::new(),
		};
		let workers = OffchainWorkers::new(options).expect("the HTTP client starts");
		let events = Arc::new(Events(Mutex::new(Some(stream))));
		let spawner = Spawner(runtime.handle().clone());
		runtime.spawn(workers.run(events, spawner));
		Self { chain, disk, pool, imports, ended, offered, _runtime: runtime }
	}

	/// The node takes this block for the best.
	pub(super) fn import(&self, header: &Header) {
		let (unpin, _) = tracing_unbounded("unpin", 100);
		let notification = BlockImportNotification::new(
			header.hash(),
			sp_consensus_origin(),
			header.clone(),
			true,
			None,
			unpin,
		);
		self.imports.unbounded_send(notification).expect("the workers run");
	}

	/// Imports a block and waits until the worker has run. How long that took.
	pub(super) fn run(&self, header: &Header) -> Duration {
		let start = Instant::now();
		self.import(header);
		self.ended.recv_timeout(PATIENCE).expect("the worker ends");
		start.elapsed()
	}

	/// Waits until the worker hands something to the pool.
	pub(super) fn wait_for_offer(&self) {
		self.offered.recv_timeout(PATIENCE).expect("the worker comes that far");
	}

	/// What the pool took since this was asked last. It must not have been offered anything else.
	pub(super) fn take_submitted(&self) -> Vec<UncheckedExtrinsic> {
		assert!(
			self.pool.refused.lock().unwrap().is_empty(),
			"the worker submits only what counts"
		);
		std::mem::take(&mut self.pool.taken.lock().unwrap())
	}
}

/// Blocks that the node imports by itself come from the network.
fn sp_consensus_origin() -> sp_consensus::BlockOrigin {
	sp_consensus::BlockOrigin::NetworkBroadcast
}

/// The stream of imported blocks, once.
struct Events(Mutex<Option<ImportNotifications<Block>>>);

impl BlockchainEvents<Block> for Events {
	fn import_notification_stream(&self) -> ImportNotifications<Block> {
		self.0.lock().unwrap().take().expect("asked for once")
	}

	fn every_import_notification_stream(&self) -> ImportNotifications<Block> {
		unreachable!("the workers do not ask")
	}

	fn finality_notification_stream(&self) -> FinalityNotifications<Block> {
		unreachable!("the workers do not ask")
	}

	fn storage_changes_notification_stream(
		&self,
		_: Option<&[StorageKey]>,
		_: Option<&[(StorageKey, Option<Vec<StorageKey>>)]>,
	) -> sp_blockchain::Result<StorageEventStream<H256>> {
		unreachable!("the workers do not ask")
	}
}

/// Spawns where the HTTP client finds its sockets.
#[derive(Clone)]
struct Spawner(tokio::runtime::Handle);

impl SpawnNamed for Spawner {
	fn spawn_blocking(
		&self,
		_: &'static str,
		_: Option<&'static str>,
		task: BoxFuture<'static, ()>,
	) {
		self.0.spawn(task);
	}

	fn spawn(&self, _: &'static str, _: Option<&'static str>, task: BoxFuture<'static, ()>) {
		self.0.spawn(task);
	}
}

/// A network without anybody.
struct NoNetwork;

impl NetworkStateInfo for NoNetwork {
	fn external_addresses(&self) -> Vec<Multiaddr> {
		Vec::new()
	}

	fn listen_addresses(&self) -> Vec<Multiaddr> {
		Vec::new()
	}

	fn local_peer_id(&self) -> PeerId {
		PeerId::random()
	}
}

impl NetworkPeers for NoNetwork {
	fn set_authorized_peers(&self, _: HashSet<PeerId>) {}

	fn set_authorized_only(&self, _: bool) {}

	fn add_known_address(&self, _: PeerId, _: Multiaddr) {}

	fn report_peer(&self, _: PeerId, _: ReputationChange) {}

	fn peer_reputation(&self, _: &PeerId) -> i32 {
		0
	}

	fn disconnect_peer(&self, _: PeerId, _: ProtocolName) {}

	fn accept_unreserved_peers(&self) {}

	fn deny_unreserved_peers(&self) {}

	fn add_reserved_peer(&self, _: MultiaddrWithPeerId) -> Result<(), String> {
		Ok(())
	}

	fn remove_reserved_peer(&self, _: PeerId) {}

	fn set_reserved_peers(&self, _: ProtocolName, _: HashSet<Multiaddr>) -> Result<(), String> {
		Ok(())
	}

	fn add_peers_to_reserved_set(
		&self,
		_: ProtocolName,
		_: HashSet<Multiaddr>,
	) -> Result<(), String> {
		Ok(())
	}

	fn remove_peers_from_reserved_set(
		&self,
		_: ProtocolName,
		_: Vec<PeerId>,
	) -> Result<(), String> {
		Ok(())
	}

	fn sync_num_connected(&self) -> usize {
		0
	}

	fn peer_role(&self, _: PeerId, _: Vec<u8>) -> Option<ObservedRole> {
		None
	}

	fn reserved_peers<'life, 'future>(
		&'life self,
	) -> Pin<Box<dyn Future<Output = Result<Vec<PeerId>, ()>> + Send + 'future>>
	where
		'life: 'future,
		Self: 'future,
	{
		Box::pin(async { Ok(Vec::new()) })
	}
}
