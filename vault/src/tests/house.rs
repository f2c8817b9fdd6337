//! A medical center with a vault, and the people around it.

use std::{
	net::SocketAddr,
	path::{Path, PathBuf},
	sync::{
		atomic::{AtomicU64, Ordering},
		Arc,
	},
};

use axum::{body::Body, Router};
use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use object_store::ObjectStore;
use serde::{de::DeserializeOwned, Serialize};
use tempfile::TempDir;
use tower::ServiceExt;
use ward_crypto::{
	content::DataKey,
	request::{content_digest, random_nonce, sign, RequestKey, RequestParts},
	wrap::{wrap, SealingSecret, WrapContext, WrappedKey},
};
use ward_primitives::{
	consent::{ActionSet, GrantTerms, Scope},
	participant::Condition,
	Attributes, AttributesOpening, Category, CategorySet, Custodian, Digest, Grant, GrantId,
	Interval, KeyRoles, KeyRow, Moment, ParticipantId, ParticipantRow, PurposeOfUse, PurposeSet,
	RecordContent, RecordId, RecordRow, Role, Sensitivity, Timeline,
};
use ward_vault_api::{
	deposit::{Announcement, DepositStatus, ReceiptJson},
	problem::Problem,
};

use super::chain::{TableChain, Tables};
use crate::{
	chain::Head,
	config::{DataPaths, Options, Settings},
	error::Code,
	keys::{self, ReceiptKey},
	release::ReleaseService,
	router,
	vault::{Clock, Vault},
};

pub(super) const GENESIS: Digest = [7; 32];
pub(super) const RUNTIME: Digest = [0xab; 32];
pub(super) const CENTER: ParticipantId = ParticipantId(1);
pub(super) const START: Moment = 1_800_000_000_000;

/// Somebody with keys.
pub(super) struct Person {
	pub(super) id: ParticipantId,
	pub(super) key: RequestKey,
	pub(super) sealing: SealingSecret,
}

impl Person {
	pub(super) fn new(id: u64) -> Self {
		Self {
			id: ParticipantId(id),
			key: RequestKey::from_seed([id as u8; 32]),
			sealing: SealingSecret::from_bytes([id as u8 + 100; 32]),
		}
	}
}

/// A record, sealed by its author.
pub(super) struct Sealed {
	pub(super) id: RecordId,
	pub(super) content: RecordContent,
	pub(super) opening: AttributesOpening,
	pub(super) data_key: DataKey,
	pub(super) wraps: Vec<WrappedKey>,
	pub(super) ciphertext: Vec<u8>,
}

/// What the vault answered.
pub(super) struct Answer {
	pub(super) status: StatusCode,
	pub(super) headers: HeaderMap,
	/// None if the body broke off.
	pub(super) body: Option<Bytes>,
}

impl Answer {
	pub(super) fn json<T: DeserializeOwned>(&self) -> T {
		serde_json::from_slice(self.body.as_ref().unwrap()).unwrap()
	}

	pub(super) fn ok<T: DeserializeOwned>(&self) -> T {
		assert!(self.status.is_success(), "{} {:?}", self.status, self.body);
		self.json()
	}

	/// The refusal must have exactly this code, in the form that the protocol demands.
	#[track_caller]
	pub(super) fn refused(&self, code: Code) -> Problem {
		assert_eq!(self.status, code.status(), "{:?}", self.body);
		assert_eq!(self.headers["content-type"], "application/problem+json");
		let problem: Problem = self.json();
		assert_eq!(problem.kind, format!("urn:ward:problem:{}", code.name()));
		assert_eq!(problem.status, code.status().as_u16());
		assert_eq!(problem.instance, self.headers["x-request-id"].to_str().unwrap());
		problem
	}
}

pub(super) struct House {
	pub(super) chain: Arc<TableChain>,
	pub(super) vault: Arc<Vault>,
	pub(super) router: Router,
	pub(super) now: Arc<AtomicU64>,
	pub(super) patient: Person,
	pub(super) doctor: Person,
	/// A practitioner of another center.
	pub(super) specialist: Person,
	pub(super) home: TempDir,
}

pub(super) fn options(home: &Path) -> Options {
	let anywhere: SocketAddr = ([127, 0, 0, 1], 0).into();
	Options {
		center: Some(CENTER.0),
		data_dir: Some(home.into()),
		listen: Some(anywhere),
		operator_listen: Some(anywhere),
		allow_plain_http: Some(true),
		runtimes: Some(vec![format!("0x{}", hex::encode(RUNTIME))]),
		staging_bytes: Some(1 << 20),
		staging_deposits: Some(3),
		max_upload_bytes: Some(512 << 10),
		idle_timeout: Some(1),
		..Default::default()
	}
}

impl House {
	pub(super) fn new() -> Self {
		Self::with(|_| {})
	}

	/// A house with other settings.
	pub(super) fn with(change: impl FnOnce(&mut Settings)) -> Self {
		let home = tempfile::tempdir().unwrap();
		let mut settings = options(home.path()).resolve().unwrap();
		change(&mut settings);
		let paths = settings.paths();
		keys::create_directory(&paths.keys).unwrap();
		ReceiptKey::create(&paths.receipt_key).unwrap();
		ReleaseService::create_key(&paths.release_key).unwrap();
		let [patient, doctor, specialist] = [10, 11, 12].map(Person::new);
		let chain = TableChain::new(GENESIS, tables(&[&patient, &doctor, &specialist]));
		let now = Arc::new(AtomicU64::new(START));
		let vault = open(settings, chain.clone(), now.clone());
		let router = router::public(vault.clone());
		Self { chain, vault, router, now, patient, doctor, specialist, home }
	}

	/// The same house with `wrap` between vault and disk.
	pub(super) fn with_disk(
		mut self,
		wrap: impl FnOnce(Arc<dyn ObjectStore>) -> Arc<dyn ObjectStore>,
	) -> Self {
		self.router = Router::new();
		let inner = Arc::get_mut(&mut self.vault).expect("only the router shares it; qed");
		inner.store = inner.store.clone().over(wrap);
		self.router = router::public(self.vault.clone());
		self
	}

	/// The same house after a restart of the vault.
	pub(super) fn restarted(self) -> Self {
		self.restarted_after(|_| {})
	}

	/// The same house after a restart, before which something happens to the data directory.
	pub(super) fn restarted_after(self, happens: impl FnOnce(&DataPaths)) -> Self {
		let Self { chain, vault, router, now, patient, doctor, specialist, home } = self;
		let settings = vault.settings.clone();
		drop((vault, router));
		happens(&settings.paths());
		let vault = open(settings, chain.clone(), now.clone());
		let router = router::public(vault.clone());
		Self { chain, vault, router, now, patient, doctor, specialist, home }
	}

	/// Time passes, and the chain goes on in it.
	pub(super) fn pass(&self, milliseconds: u64) {
		self.now.fetch_add(milliseconds, Ordering::SeqCst);
		let now = self.now.load(Ordering::SeqCst);
		self.chain.finalize(|tables| tables.head.timestamp = now - 2_000);
	}

	/// The vault's clock follows the chain's.
	pub(super) fn keep_time(&self) {
		let head = self.chain.node.lock().unwrap().finalized.head;
		self.now.fetch_max(head.timestamp, Ordering::SeqCst);
	}

	/// A record by the doctor about the patient.
	pub(super) fn seal(&self, ciphertext: &[u8]) -> Sealed {
		self.seal_for(ciphertext, false)
	}

	pub(super) fn seal_for(&self, ciphertext: &[u8], patient_only: bool) -> Sealed {
		self.seal_committed(ciphertext, [6; 32], patient_only)
	}

	/// The same, of a manifest with this commitment.
	pub(super) fn seal_committed(
		&self,
		ciphertext: &[u8],
		commitment: Digest,
		patient_only: bool,
	) -> Sealed {
		let attributes = Attributes {
			categories: CategorySet::from_iter([Category::Laboratory]),
			sensitivity: Sensitivity::Normal,
			period: None,
		};
		let opening = AttributesOpening { salt: [5; 32], attributes };
		let content = RecordContent {
			patient: self.patient.id,
			author: self.doctor.id,
			commitment,
			attributes: opening.digest(),
			content_root: blake3::hash(ciphertext).into(),
			size: ciphertext.len() as u64,
		};
		let id = content.record_id(&GENESIS);
		let data_key = DataKey::from_bytes([9; 32]);
		let to = |recipient, public: &[u8]| {
			wrap(&data_key, public, &WrapContext { genesis: GENESIS, record: id, recipient })
				.unwrap()
		};
		let mut wraps = vec![
			to(self.patient.id, &self.patient.sealing.public_key()),
			to(self.doctor.id, &self.doctor.sealing.public_key()),
		];
		if !patient_only {
			wraps.push(to(CENTER, &self.vault.release.public()));
		}
		Sealed { id, content, opening, data_key, wraps, ciphertext: ciphertext.into() }
	}

	pub(super) async fn announce(&self, record: &Sealed) -> Answer {
		let patient_only = record.wraps.len() == 2;
		self.announce_as(&self.doctor, &announcement(record, patient_only)).await
	}

	pub(super) async fn announce_as(&self, author: &Person, what: &Announcement) -> Answer {
		self.ask(author, "POST", "/v1/deposits").json(what).send().await
	}

	pub(super) async fn upload(&self, record: &Sealed) -> Answer {
		let path = format!("/v1/deposits/{}/content", record.id);
		self.ask(&self.doctor, "PUT", &path).bytes(record.ciphertext.clone()).send().await
	}

	pub(super) async fn status(&self, record: &Sealed) -> DepositStatus {
		let path = format!("/v1/deposits/{}", record.id);
		self.ask(&self.doctor, "GET", &path).send().await.ok()
	}

	/// Where a record's content lies.
	pub(super) fn file_of(&self, record: &Sealed) -> PathBuf {
		let name = hex::encode(record.id.0);
		self.vault.settings.paths().content.join(&name[..2]).join(name)
	}

	/// Announced, uploaded, anchored and promoted.
	pub(super) async fn deposit(&self, record: &Sealed) {
		self.announce(record).await.ok::<DepositStatus>();
		self.upload(record).await.ok::<ReceiptJson>();
		self.anchor(record);
		assert_eq!(self.vault.follow_once().await.unwrap(), [record.id]);
	}

	/// Puts a record on the chain, in a finalized block.
	pub(super) fn anchor(&self, record: &Sealed) {
		self.anchor_with(record, &[]);
	}

	/// The same, with further custodians.
	pub(super) fn anchor_with(&self, record: &Sealed, others: &[ParticipantId]) {
		let custodians = |tables: &Tables| {
			let own = Custodian { center: CENTER, row: tables.custody.len() as u64 };
			let held = |center: &ParticipantId| {
				let rows = tables.custody_elsewhere.get(&center.0).map_or(0, Vec::len);
				Custodian { center: *center, row: rows as u64 }
			};
			std::iter::once(own).chain(others.iter().map(held)).collect::<Vec<_>>()
		};
		let row = |tables: &Tables| RecordRow {
			content: record.content,
			author_center: Some(CENTER),
			custodians: custodians(tables).try_into().unwrap(),
			anchored_at: tables.head.timestamp,
			lineage: record.id,
			supersedes: None,
			superseded_by: None,
		};
		self.chain.finalize(|tables| {
			tables.records.insert(record.id.0, row(tables));
			tables.custody.push(record.id);
			for other in others {
				tables.custody_elsewhere.entry(other.0).or_default().push(record.id);
			}
		});
	}

	pub(super) async fn content(&self, reader: &Person, record: &Sealed) -> Answer {
		self.ask(reader, "GET", &format!("/v1/records/{}/content", record.id)).send().await
	}

	pub(super) fn ask<'a>(&'a self, who: &'a Person, method: &'a str, path: &str) -> Ask<'a> {
		let created = self.now.load(Ordering::SeqCst) / 1000;
		Ask {
			house: self,
			key: &who.key,
			method,
			path: path.into(),
			body: None,
			covers_body: false,
			headers: Vec::new(),
			vault: CENTER,
			genesis: GENESIS,
			purpose: PurposeOfUse::Treat,
			created,
			expires: created + 60,
			nonce: random_nonce(),
		}
	}

	pub(super) async fn send(&self, request: Request<Body>) -> Answer {
		send(&self.router, request).await
	}
}

pub(super) async fn send(router: &Router, request: Request<Body>) -> Answer {
	let response = router.clone().oneshot(request).await.unwrap();
	let (parts, body) = response.into_parts();
	let body = axum::body::to_bytes(body, usize::MAX).await.ok();
	Answer { status: parts.status, headers: parts.headers, body }
}

pub(super) fn open(settings: Settings, chain: Arc<TableChain>, now: Arc<AtomicU64>) -> Arc<Vault> {
	let clock = Clock::of(move || now.load(Ordering::SeqCst));
	Arc::new(Vault::open(settings, chain, clock).unwrap())
}

fn tables(people: &[&Person]) -> Tables {
	let active = Timeline::start(0, None);
	let row = |role, sponsor, sealing_key| ParticipantRow {
		role,
		sponsor,
		condition: Condition::Active,
		active,
		sealing_key,
		enrolled_at: 0,
	};
	let center_key = SealingSecret::from_bytes([1; 32]).sealing_key();
	let other_center = ParticipantId(2);
	let mut tables = Tables {
		head: Head { hash: [1; 32], number: 1, timestamp: START - 2_000 },
		code_hash: RUNTIME,
		keys: Default::default(),
		participants: Default::default(),
		records: Default::default(),
		custody: Vec::new(),
		custody_elsewhere: Default::default(),
		custody_states: Default::default(),
		vaults: Default::default(),
		tasks: Default::default(),
		logs: Default::default(),
		is_stuck: false,
		grants: Vec::new(),
		exclusions: Default::default(),
		mistaken_actor: None,
	};
	for center in [CENTER, other_center] {
		tables.participants.insert(center.0, row(Role::MedicalCenter, None, center_key));
	}
	let roles = [
		(Role::Patient, None),
		(Role::Practitioner, Some(CENTER)),
		(Role::Practitioner, Some(other_center)),
	];
	for (person, (role, center)) in people.iter().zip(roles) {
		let sealing_key = person.sealing.sealing_key();
		tables.participants.insert(person.id.0, row(role, center, sealing_key));
		let key = KeyRow { participant: person.id, roles: KeyRoles::MAIN, live: Interval::open(0) };
		tables.keys.insert(person.key.public(), key);
	}
	tables
}

/// A grant of the patient to the specialist for treatment.
pub(super) fn grant(house: &House, categories: CategorySet) -> Grant {
	Grant {
		id: GrantId(1),
		patient: house.patient.id,
		grantee: house.specialist.id,
		generation: 0,
		interval: Interval::open(0),
		terms: GrantTerms {
			actions: ActionSet::READ,
			purposes: PurposeSet::from_iter([PurposeOfUse::Treat]),
			scope: Scope { categories: Some(categories), ..Default::default() },
			exceptions: Default::default(),
			sensitivity: Sensitivity::Normal,
			redisclosure: false,
		},
	}
}

pub(super) fn announcement(record: &Sealed, patient_only: bool) -> Announcement {
	Announcement::new(record.content, record.opening, record.wraps.clone(), patient_only)
}

/// A request in the making. Everything that is signed can be made wrong.
pub(super) struct Ask<'a> {
	house: &'a House,
	pub(super) key: &'a RequestKey,
	method: &'a str,
	pub(super) path: String,
	body: Option<Body>,
	covers_body: bool,
	headers: Vec<(String, String)>,
	pub(super) vault: ParticipantId,
	pub(super) genesis: Digest,
	pub(super) purpose: PurposeOfUse,
	pub(super) created: u64,
	pub(super) expires: u64,
	pub(super) nonce: String,
}

impl Ask<'_> {
	pub(super) fn json(mut self, value: &impl Serialize) -> Self {
		let bytes = serde_json::to_vec(value).unwrap();
		self.headers.push(("content-digest".into(), content_digest(&bytes)));
		self.covers_body = true;
		self.body = Some(bytes.into());
		self
	}

	/// A body that the signature covers.
	pub(super) fn signed_bytes(mut self, bytes: Vec<u8>) -> Self {
		self.headers.push(("content-digest".into(), content_digest(&bytes)));
		self.covers_body = true;
		self.bytes(bytes)
	}

	pub(super) fn bytes(self, bytes: Vec<u8>) -> Self {
		let length = bytes.len().to_string();
		self.body(bytes.into()).header("content-length", &length)
	}

	pub(super) fn body(mut self, body: Body) -> Self {
		self.body = Some(body);
		self
	}

	pub(super) fn header(mut self, name: &str, value: &str) -> Self {
		self.headers.push((name.into(), value.into()));
		self
	}

	pub(super) fn purpose(mut self, purpose: PurposeOfUse) -> Self {
		self.purpose = purpose;
		self
	}

	pub(super) fn request(self) -> Request<Body> {
		let (path, query) = match self.path.split_once('?') {
			Some((path, query)) => (path, Some(query)),
			None => (self.path.as_str(), None),
		};
		let digest = self.headers.iter().find(|(name, _)| name == "content-digest");
		let parts = RequestParts {
			method: self.method,
			path,
			query,
			content_digest: digest.filter(|_| self.covers_body).map(|(_, value)| value.as_str()),
			vault: self.vault,
			genesis: self.genesis,
			purpose: self.purpose,
		};
		let signed = sign(&parts, self.key, self.created, self.expires, &self.nonce);
		let mut request = Request::builder()
			.method(self.method)
			.uri(&self.path)
			.header("ward-vault", self.vault.to_string())
			.header("ward-genesis", RecordId(self.genesis).to_string())
			.header("ward-purpose", self.purpose.code())
			.header("signature-input", signed.signature_input)
			.header("signature", signed.signature);
		for (name, value) in &self.headers {
			request = request.header(name, value);
		}
		request.body(self.body.unwrap_or_default()).unwrap()
	}

	pub(super) async fn send(self) -> Answer {
		let house = self.house;
		house.send(self.request()).await
	}
}
