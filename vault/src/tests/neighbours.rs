//! Two centers with a vault each, over real sockets, on one chain.

use std::sync::Arc;

use axum::Router;
use bytes::Bytes;
use http::Uri;
use tempfile::TempDir;
use ward_crypto::{
	content::DataKey,
	request::RequestKey,
	wrap::{wrap, WrapContext},
};
use ward_primitives::{
	participant::SealingSuite, Interval, KeyBytes, KeyRoles, KeyRow, ParticipantId, VaultRow,
};
use ward_vault_api::deposit::{Announcement, DepositStatus, ReceiptJson};

use super::house::{announcement, open, options, House, Sealed, CENTER, GENESIS};
use crate::{
	config::Settings,
	keys::{self, ReceiptKey},
	release::ReleaseService,
	router,
	server::{self, Running},
	vault::Vault,
};

/// The other center.
pub(super) const OTHER: ParticipantId = ParticipantId(2);

/// A third center, which has no vault of its own unless a test gives it one.
pub(super) const THIRD: ParticipantId = ParticipantId(3);

pub(super) struct Neighbours {
	/// Its vault is the one that loses something.
	pub(super) house: House,
	/// The vault of the other center.
	pub(super) other: Arc<Vault>,
	/// What the other vault serves, without its listener.
	pub(super) other_router: Router,
	running: Running,
	_home: TempDir,
}

impl Neighbours {
	/// Both vaults; the second one serves.
	pub(super) async fn new() -> Self {
		Self::with(|_| {}).await
	}

	/// The same, with other settings for the house's vault.
	pub(super) async fn with(change: impl FnOnce(&mut Settings)) -> Self {
		Self::with_both(change, |_| {}).await
	}

	/// The same, with other settings for each vault.
	pub(super) async fn with_both(
		change: impl FnOnce(&mut Settings),
		change_other: impl FnOnce(&mut Settings),
	) -> Self {
		let house = House::with(|settings| {
			settings.allow_plain_http = true;
			settings.limits.copy_bytes_per_second = 1 << 30;
			change(settings);
		});
		let home = tempfile::tempdir().unwrap();
		let mut settings = options(home.path()).resolve().unwrap();
		settings.center = OTHER;
		settings.limits.copy_bytes_per_second = 1 << 30;
		change_other(&mut settings);
		let paths = settings.paths();
		keys::create_directory(&paths.keys).unwrap();
		ReceiptKey::create(&paths.receipt_key).unwrap();
		ReleaseService::create_key(&paths.release_key).unwrap();
		let other = open(settings, house.chain.clone(), house.now.clone());
		let running = server::start(other.clone()).await.unwrap();
		publish(&house, OTHER, other.receipt_key.public(), format!("http://{}", running.public));
		publish(&house, CENTER, house.vault.receipt_key.public(), "http://127.0.0.1:1".into());
		house.chain.finalize(|tables| {
			for (center, vault) in [(CENTER, &house.vault), (OTHER, &other)] {
				let row = tables.vaults.get_mut(&center.0).unwrap();
				row.release_key = vault.release.public().try_into().unwrap();
			}
		});
		let other_router = router::public(other.clone());
		Self { house, other, other_router, running, _home: home }
	}

	/// Both serve: the house's vault is at its address, too.
	pub(super) async fn both_serve(&self) -> Running {
		let running = server::start(self.house.vault.clone()).await.unwrap();
		let endpoint = format!("http://{}", running.public);
		publish(&self.house, CENTER, self.house.vault.receipt_key.public(), endpoint);
		running
	}

	/// What the author announces to the other vault.
	pub(super) fn announcement_to_other(&self, record: &Sealed) -> Announcement {
		let context = WrapContext { genesis: GENESIS, record: record.id, recipient: OTHER };
		let data_key = DataKey::from_bytes(*record.data_key.expose());
		let to_other = wrap(&data_key, &self.other.release.public(), &context).unwrap();
		let mut announced = announcement(record, false);
		announced.wraps.retain(|wrapped| wrapped.recipient != CENTER);
		announced.wraps.push(to_other);
		announced
	}

	/// A request of the doctor to the other vault.
	pub(super) async fn announce_to_other(&self, what: &Announcement) -> super::house::Answer {
		let mut ask = self.house.ask(&self.house.doctor, "POST", "/v1/deposits").json(what);
		ask.vault = OTHER;
		super::house::send(&self.other_router, ask.request()).await
	}

	pub(super) async fn status_at_other(&self, record: &Sealed) -> DepositStatus {
		let path = format!("/v1/deposits/{}", record.id);
		let mut ask = self.house.ask(&self.house.doctor, "GET", &path);
		ask.vault = OTHER;
		super::house::send(&self.other_router, ask.request()).await.ok()
	}

	/// Both hold a record, and the chain says so.
	pub(super) async fn both_hold(&self, record: &Sealed) {
		self.house.announce(record).await.ok::<DepositStatus>();
		self.house.upload(record).await.ok::<ReceiptJson>();
		let announced = self.announcement_to_other(record);
		self.announce_to_other(&announced).await.ok::<DepositStatus>();
		let path = format!("/v1/deposits/{}/content", record.id);
		let mut put = self.house.ask(&self.house.doctor, "PUT", &path);
		put.vault = OTHER;
		let put = put.bytes(record.ciphertext.clone()).request();
		super::house::send(&self.other_router, put).await.ok::<ReceiptJson>();
		self.house.anchor_with(record, &[OTHER]);
		self.house.vault.follow_once().await.unwrap();
		// The other one follows by itself, too; whoever comes second finds nothing new.
		self.other.follow_once().await.unwrap();
	}

	pub(super) fn file_at_other(&self, record: &Sealed) -> std::path::PathBuf {
		let name = hex::encode(record.id.0);
		self.other.settings.paths().content.join(&name[..2]).join(name)
	}

	/// Where the other vault serves.
	pub(super) fn address_of_other(&self) -> String {
		format!("http://{}", self.running.public)
	}

	/// The other vault stops to serve.
	pub(super) async fn stop_other(self) -> (House, TempDir) {
		self.running.stop().await.unwrap();
		(self.house, self._home)
	}
}

/// Puts a center's vault on the chain. A release key that it has there stays.
pub(super) fn publish(
	house: &House,
	center: ParticipantId,
	receipt_key: KeyBytes,
	endpoint: String,
) {
	let row = VaultRow {
		endpoint: endpoint.into_bytes().try_into().unwrap(),
		receipt_key,
		release_suite: SealingSuite::XWing,
		release_key: Default::default(),
	};
	let key = KeyRow { participant: center, roles: KeyRoles::RECEIPT, live: Interval::open(0) };
	house.chain.finalize(|tables| {
		let center_row = tables.participants[&CENTER.0];
		tables.participants.entry(center.0).or_insert(center_row);
		let before = tables.vaults.get(&center.0).map(|row| row.release_key.clone());
		let release_key = before.unwrap_or_default();
		tables.vaults.insert(center.0, VaultRow { release_key, ..row.clone() });
		tables.keys.insert(receipt_key, key);
	});
}

/// A vault's receipt key with which a test asks.
pub(super) fn receipt_key_of(vault: &Vault) -> RequestKey {
	let text = std::fs::read_to_string(vault.settings.paths().receipt_key).unwrap();
	let mut seed = [0; 32];
	hex::decode_to_slice(text.trim(), &mut seed).unwrap();
	RequestKey::from_seed(seed)
}

/// A server in a vault's place that answers everything with these bytes. Gives back its address.
pub(super) async fn impostor(
	answer: impl Fn(Uri) -> (http::StatusCode, Bytes) + Clone + Send + Sync + 'static,
) -> String {
	let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
	let address = listener.local_addr().unwrap();
	let router = Router::new().fallback(move |uri: Uri| {
		let answer = answer.clone();
		async move { answer(uri) }
	});
	tokio::spawn(async move { axum::serve(listener, router).await });
	format!("http://{address}")
}

/// Waits until `is_so`, but not for ever.
pub(super) async fn wait_until<F: std::future::Future<Output = bool>>(is_so: impl Fn() -> F) {
	for _ in 0..1_000 {
		if is_so().await {
			return;
		}
		tokio::time::sleep(std::time::Duration::from_millis(20)).await;
	}
	panic!("it did not come about");
}
