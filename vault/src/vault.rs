//! The vault's parts, joined: what every request and every background task works with.

use std::{
	collections::HashMap,
	sync::{Arc, Mutex, PoisonError},
	time::{SystemTime, UNIX_EPOCH},
};

use tokio::sync::{Mutex as AsyncMutex, Notify, OnceCell, OwnedMutexGuard, Semaphore};
use ward_primitives::{Digest, Moment, ParticipantId, RecordId};

use crate::{
	chain::ChainView,
	checkpoint::Watch,
	config::Settings,
	copying::Copies,
	database::{Database, DatabaseError},
	drain::Drains,
	error::{Code, Refusal},
	keys::{KeyError, ReceiptKey},
	metrics::Metrics,
	peer::Peers,
	release::ReleaseService,
	scrub::Suspects,
	standing::Memory,
	store::{ContentStore, StoreError},
	turns::Turns,
};

/// What time it is.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Moment + Send + Sync>);

impl Clock {
	/// The machine's clock.
	pub fn system() -> Self {
		Self::of(|| {
			let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
			u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
		})
	}

	/// Any other clock.
	pub fn of(now: impl Fn() -> Moment + Send + Sync + 'static) -> Self {
		Self(Arc::new(now))
	}

	/// Now, in milliseconds since the Unix epoch.
	pub fn now(&self) -> Moment {
		(self.0)()
	}
}

/// Why a vault cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
	/// A key file cannot be used.
	#[error(transparent)]
	Key(#[from] KeyError),
	/// The database cannot be used.
	#[error(transparent)]
	Database(#[from] DatabaseError),
	/// The data directory cannot be used.
	#[error(transparent)]
	Store(#[from] StoreError),
}

/// A vault.
pub struct Vault {
	/// Its settings.
	pub settings: Settings,
	/// The chain that it follows.
	pub chain: Arc<dyn ChainView>,
	/// Its memory.
	pub database: Database,
	/// Its ciphertext.
	pub store: ContentStore,
	/// The key that signs receipts.
	pub receipt_key: ReceiptKey,
	/// The service that releases data keys.
	pub release: ReleaseService,
	/// Its counters.
	pub metrics: Metrics,
	/// Its clock.
	pub clock: Clock,
	/// What it remembers of the chain between two looks.
	pub(crate) seen: Memory,
	/// Slots for uploads.
	pub(crate) uploads: Semaphore,
	/// The turns at storage receipts.
	pub(crate) receipts: Turns,
	/// What the scrubber is to look at first.
	pub(crate) suspects: Suspects,
	/// Told when content was found damaged.
	pub(crate) damage: Notify,
	/// Deposits that are being fetched from other vaults.
	pub(crate) copies: Copies,
	/// The drain that is under way.
	pub(crate) drains: Drains,
	/// What other vaults are asked with.
	pub(crate) peers: Peers,
	/// Whether the access log goes on from what the chain knows of it.
	pub(crate) log_watch: Watch,
	/// One lock per record whose content is being changed.
	pub(crate) locks: Locks,
	genesis: OnceCell<Digest>,
}

impl Vault {
	/// Opens the vault in the data directory of `settings`.
	pub fn open(
		settings: Settings,
		chain: Arc<dyn ChainView>,
		clock: Clock,
	) -> Result<Self, OpenError> {
		let paths = settings.paths();
		let database = Database::open(&paths.database)?;
		Ok(Self {
			receipt_key: ReceiptKey::read(&paths.receipt_key)?,
			release: ReleaseService::read(&paths.release_key, settings.center)?,
			seen: Memory::starting_at(database.verified()?),
			database,
			store: ContentStore::open(&paths.content)?,
			uploads: Semaphore::new(settings.limits.concurrent_uploads),
			receipts: Turns::new(settings.limits.concurrent_receipts),
			suspects: Suspects::default(),
			damage: Notify::new(),
			copies: Copies::default(),
			drains: Drains::default(),
			peers: Peers::default(),
			log_watch: Watch::default(),
			settings,
			chain,
			clock,
			metrics: Metrics::default(),
			locks: Locks::default(),
			genesis: OnceCell::new(),
		})
	}

	/// The participant that this vault belongs to.
	pub const fn center(&self) -> ParticipantId {
		self.settings.center
	}

	/// The hash of the chain's first block. Asked once; a node that is on another chain than the data
	/// directory stays refused.
	pub async fn genesis(&self) -> Result<Digest, Refusal> {
		let ask = || async {
			let genesis = self.chain.genesis().await.map_err(|error| {
				tracing::warn!(cause = %error, "no answer from the node");
				Refusal::from(Code::ChainUnreachable)
			})?;
			self.database.ensure_chain(genesis).await?;
			Ok(genesis)
		};
		self.genesis.get_or_try_init(ask).await.copied()
	}
}

impl From<DatabaseError> for Refusal {
	fn from(error: DatabaseError) -> Self {
		match error {
			DatabaseError::Full => Code::InsufficientStorage.into(),
			DatabaseError::DamagedRecord(_) => {
				tracing::error!(cause = %error, "a request failed");
				Code::ContentDamaged.into()
			},
			DatabaseError::OtherChain { .. } => {
				tracing::error!(cause = %error, "a request failed");
				Code::ChainForked.into()
			},
			other => Self::internal(other),
		}
	}
}

/// Locks by record.
#[derive(Default)]
pub(crate) struct Locks(Mutex<HashMap<Digest, Arc<AsyncMutex<()>>>>);

impl Locks {
	fn of(&self, record: RecordId) -> Arc<AsyncMutex<()>> {
		let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
		locks.retain(|_, lock| Arc::strong_count(lock) > 1);
		locks.entry(record.0).or_default().clone()
	}

	/// Waits for a record's lock.
	pub(crate) async fn lock(&self, record: RecordId) -> OwnedMutexGuard<()> {
		self.of(record).lock_owned().await
	}

	/// A record's lock, if nobody has it.
	pub(crate) fn try_lock(&self, record: RecordId) -> Option<OwnedMutexGuard<()>> {
		self.of(record).try_lock_owned().ok()
	}
}
