//! A real vault of one of the centers, on the history's blocks: real files, a real listener, signed
//! requests.

use std::{
	collections::BTreeSet,
	sync::{
		atomic::{AtomicU64, Ordering},
		Arc,
	},
};

use reqwest::{Client, Method, StatusCode};
use tempfile::TempDir;
use tokio::runtime;
use ward_crypto::{
	content::DataKey,
	request::{content_digest, random_nonce, sign, verify_signature, RequestKey, RequestParts},
	wrap::{wrap, WrapContext},
};
use ward_primitives::{
	participant::SealingSuite, ParticipantId, PurposeOfUse, RecordContent, RecordId,
};
use ward_vault::{
	access_log::Entry,
	config::Options,
	keys::{self, ReceiptKey},
	release::ReleaseService,
	server::{self, Running},
	vault::{Clock, Vault},
};
use ward_vault_api::{
	base64::Base64, deposit::Announcement, deposit::ReceiptJson, log::Event, log::LogPage,
	release::ReleaseRequest,
};

use super::{
	super::GENESIS,
	calls::{ciphertext, content, opening, seed, SIZE},
	model::{Content, Id, KeyNo},
	snapshots::{code_hash, Node},
};

/// The center whose vault it is.
pub(super) const CENTER: Id = 2;

/// The public sealing key of everybody.
const SEALING_KEY: [u8; 1_216] = [1; 1_216];

/// What the vault answered.
pub(super) struct Answer {
	pub(super) status: StatusCode,
	pub(super) body: Vec<u8>,
}

/// A vault that serves.
pub(super) struct House {
	pub(super) node: Arc<Node>,
	vault: Arc<Vault>,
	running: Option<Running>,
	now: Arc<AtomicU64>,
	client: Client,
	runtime: runtime::Runtime,
	_home: TempDir,
}

impl House {
	/// A vault for the present runtime.
	pub(super) fn new() -> Self {
		let home = tempfile::tempdir().expect("there is room");
		let anywhere = ([127, 0, 0, 1], 0).into();
		let options = Options {
			center: Some(CENTER),
			data_dir: Some(home.path().into()),
			listen: Some(anywhere),
			operator_listen: Some(anywhere),
			allow_plain_http: Some(true),
			runtimes: Some(vec![RecordId(code_hash()).to_string()]),
			..Options::default()
		};
		let settings = options.resolve().expect("the settings are complete");
		let paths = settings.paths();
		keys::create_directory(&paths.keys).expect("there is room");
		ReceiptKey::create(&paths.receipt_key).expect("there is room");
		ReleaseService::create_key(&paths.release_key).expect("there is room");

		let (node, now) = (Arc::new(Node::default()), Arc::new(AtomicU64::new(0)));
		let clock = now.clone();
		let clock = Clock::of(move || clock.load(Ordering::SeqCst));
		let vault = Vault::open(settings, node.clone(), clock).expect("it is new");
		let vault = Arc::new(vault);
		let mut runtime = runtime::Builder::new_multi_thread();
		let runtime = runtime.worker_threads(1).enable_all().build().expect("it starts");
		let running = runtime.block_on(server::start(vault.clone())).expect("a port is free");
		let _installed = rustls::crypto::ring::default_provider().install_default();
		let client = Client::builder().build().expect("the client needs nothing");
		Self { node, vault, running: Some(running), now, client, runtime, _home: home }
	}

	/// Moves the vault's clock.
	pub(super) fn set_time(&self, now: u64) {
		self.now.store(now, Ordering::SeqCst);
	}

	/// Takes no more requests.
	pub(super) fn close(mut self) {
		let running = self.running.take().expect("it is closed once");
		self.runtime.block_on(running.stop()).expect("it stops when it is told to");
	}

	fn ask(
		&self,
		key: KeyNo,
		method: &Method,
		path: &str,
		purpose: PurposeOfUse,
		body: Option<(Vec<u8>, bool)>,
	) -> Answer {
		let digest = body.as_ref().filter(|(_, is_json)| *is_json);
		let digest = digest.map(|(bytes, _)| content_digest(bytes));
		let (plain, query) = match path.split_once('?') {
			Some((plain, query)) => (plain, Some(query)),
			None => (path, None),
		};
		let vault = ParticipantId(CENTER);
		let parts = RequestParts {
			method: method.as_str(),
			path: plain,
			query,
			content_digest: digest.as_deref(),
			vault,
			genesis: GENESIS,
			purpose,
		};
		let created = self.now.load(Ordering::SeqCst) / 1_000;
		let key = RequestKey::from_seed(seed(key));
		let signed = sign(&parts, &key, created, created + 60, &random_nonce());
		let address = self.running.as_ref().expect("it is open").public;
		let mut request = self
			.client
			.request(method.clone(), format!("http://{address}{path}"))
			.header("ward-vault", vault.to_string())
			.header("ward-genesis", RecordId(GENESIS).to_string())
			.header("ward-purpose", purpose.code())
			.header("signature-input", signed.signature_input)
			.header("signature", signed.signature);
		if let Some(digest) = digest {
			request = request.header("content-digest", digest);
		}
		if let Some((bytes, _)) = body {
			request = request.body(bytes);
		}
		self.runtime.block_on(async {
			let answer = request.send().await.expect("the vault answers");
			let status = answer.status();
			let body = answer.bytes().await.expect("the answer is complete").to_vec();
			Answer { status, body }
		})
	}

	/// Asks for something of a record.
	pub(super) fn read(
		&self,
		key: KeyNo,
		record: RecordId,
		event: Event,
		purpose: PurposeOfUse,
	) -> Answer {
		let path = format!("/v1/records/{record}");
		match event {
			Event::Facts => self.ask(key, &Method::GET, &path, purpose, None),
			Event::Content => {
				self.ask(key, &Method::GET, &format!("{path}/content"), purpose, None)
			},
			Event::Key => {
				let suite = SealingSuite::XWing;
				let request = ReleaseRequest { suite, sealing_key: Base64(SEALING_KEY.into()) };
				let body = serde_json::to_vec(&request).expect("it is JSON");
				let path = format!("{path}/release");
				self.ask(key, &Method::POST, &path, purpose, Some((body, true)))
			},
			other => unreachable!("nobody asks for {other:?}"),
		}
	}

	/// Announces a record and uploads its ciphertext. The status of what failed, or of the upload.
	pub(super) fn deposit(
		&self,
		key: KeyNo,
		patient: Id,
		author: Id,
		what: &Content,
	) -> StatusCode {
		let facts = content(patient, author, what, SIZE);
		let record = facts.record_id(&GENESIS);
		let announcement = self.announcement(facts, record, what);
		let body = serde_json::to_vec(&announcement).expect("it is JSON");
		let treat = PurposeOfUse::Treat;
		let announced = self.ask(key, &Method::POST, "/v1/deposits", treat, Some((body, true)));
		if !announced.status.is_success() {
			return announced.status;
		}
		let path = format!("/v1/deposits/{record}/content");
		let body = Some((ciphertext(what), false));
		let uploaded = self.ask(key, &Method::PUT, &path, treat, body);
		if uploaded.status.is_success() {
			let receipt: ReceiptJson = serde_json::from_slice(&uploaded.body).expect("a receipt");
			self.check_receipt(&receipt, record, &facts);
		}
		uploaded.status
	}

	fn announcement(&self, facts: RecordContent, record: RecordId, what: &Content) -> Announcement {
		let patient_only = is_patient_only(what);
		let data_key = DataKey::from_bytes([9; 32]);
		let center = ParticipantId(CENTER);
		let mut recipients = BTreeSet::from([facts.patient, facts.author]);
		if !patient_only {
			recipients.insert(center);
		}
		let release_key = self.vault.release.public();
		let wraps = recipients.into_iter().map(|recipient| {
			let context = WrapContext { genesis: GENESIS, record, recipient };
			let public = if recipient == center { &release_key[..] } else { &SEALING_KEY };
			wrap(&data_key, public, &context).expect("it is a key")
		});
		Announcement::new(facts, opening(what), wraps.collect(), patient_only)
	}

	fn check_receipt(&self, receipt: &ReceiptJson, record: RecordId, facts: &RecordContent) {
		let word = ward_primitives::DepositReceipt {
			genesis: GENESIS,
			custodian: ParticipantId(CENTER),
			record,
			content_root: facts.content_root,
			size: facts.size,
			expires: receipt.expires,
		};
		let key = self.vault.receipt_key.public();
		assert!(verify_signature(&key, &word.message(), &receipt.signature.0), "{receipt:?}");
	}

	/// The patient's log as the vault shows it to the holder of `key`.
	pub(super) fn log(&self, key: KeyNo, patient: Id, from: u64) -> Result<LogPage, StatusCode> {
		let path = format!("/v1/log?patient={patient}&from={from}");
		let answer = self.ask(key, &Method::GET, &path, PurposeOfUse::Treat, None);
		match answer.status {
			StatusCode::OK => Ok(serde_json::from_slice(&answer.body).expect("a page")),
			other => Err(other),
		}
	}

	/// The decisions about a patient from entry `from` on, from the vault's database.
	pub(super) fn decisions(&self, patient: Id, from: u64) -> Vec<Entry> {
		let database = &self.vault.database;
		let page = database.log_of_patient(ParticipantId(patient), from, usize::MAX);
		let (entries, _) = self.runtime.block_on(page).expect("the database is readable");
		entries.into_iter().filter(|entry| entry.facts.event != Event::Promotion).collect()
	}

	/// How many entries the access log has.
	pub(super) fn log_length(&self) -> u64 {
		let length = self.vault.database.log_length();
		self.runtime.block_on(length).expect("the database is readable")
	}
}

/// Whether a record's data key is for its patient and its author only.
pub(super) fn is_patient_only(what: &Content) -> bool {
	what.number.is_multiple_of(5)
}
