//! The client against a server that speaks HTTP and checks each signature as a vault does.

use std::sync::{Arc, Mutex};

use tokio::{
	io::{AsyncReadExt, AsyncWriteExt},
	net::{TcpListener, TcpStream},
};
use ward_crypto::request::{verify, Verified};
use ward_primitives::participant::SealingSuite;

use super::*;
use crate::{journal::Journal, keys::Keys, progress::Silent, recipients};

pub(crate) const CENTER: ParticipantId = ParticipantId(7);
const GENESIS: Digest = [9; 32];
pub(crate) const RECORD: RecordId = RecordId([1; 32]);

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
	pub(crate) method: String,
	pub(crate) target: String,
	body: Vec<u8>,
	verified: Verified,
}

pub(crate) struct Server {
	endpoint: String,
	seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
	/// Gives one answer after the other.
	pub(crate) async fn start(answers: Vec<(u16, String)>) -> Self {
		let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
		let endpoint = format!("http://{}/prefix", listener.local_addr().unwrap());
		let seen = Arc::new(Mutex::new(Vec::new()));
		let log = seen.clone();
		tokio::spawn(async move {
			for (status, body) in answers {
				let (mut stream, _) = listener.accept().await.unwrap();
				let request = read(&mut stream).await;
				log.lock().unwrap().push(request);
				let head = format!(
					"HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
					body.len()
				);
				stream.write_all(head.as_bytes()).await.unwrap();
				stream.write_all(body.as_bytes()).await.unwrap();
			}
		});
		Self { endpoint, seen }
	}

	pub(crate) fn client<'k>(&self, key: &'k RequestKey) -> VaultClient<'k> {
		let row = VaultRow {
			endpoint: self.endpoint.as_bytes().to_vec().try_into().unwrap(),
			receipt_key: [0; 32],
			release_suite: SealingSuite::XWing,
			release_key: Default::default(),
		};
		VaultClient::new(CENTER, &row, GENESIS, key, &Trust::default()).unwrap()
	}

	pub(crate) fn seen(&self) -> Vec<Seen> {
		self.seen.lock().unwrap().clone()
	}
}

/// Reads a request and verifies its signature over what really arrived.
async fn read(stream: &mut TcpStream) -> Seen {
	let mut bytes = Vec::new();
	let end = loop {
		let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
		if let Some(end) = end {
			break end;
		}
		assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0);
	};
	let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
	let mut body = bytes[end + 4..].to_vec();
	let mut lines = head.split("\r\n");
	let mut first = lines.next().unwrap().split(' ');
	let (method, target) = (first.next().unwrap().to_owned(), first.next().unwrap().to_owned());
	let fields: Vec<(String, String)> = lines
		.map(|line| line.split_once(": ").unwrap())
		.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
		.collect();
	let field = |name: &str| fields.iter().find(|(have, _)| have == name).map(|(_, v)| v.as_str());
	let length: usize = field("content-length").map_or(0, |length| length.parse().unwrap());
	while body.len() < length {
		assert_ne!(stream.read_buf(&mut body).await.unwrap(), 0);
	}
	let is_upload = field("content-type") == Some("application/octet-stream");
	let digest = (length > 0 && !is_upload).then(|| request::content_digest(&body));
	assert_eq!(field("content-digest"), digest.as_deref());
	assert_eq!(field("ward-vault"), Some("7"));
	assert_eq!(field("ward-genesis"), Some(Hex(GENESIS).to_string().as_str()));
	let (path, query) = match target.split_once('?') {
		Some((path, query)) => (path, Some(query)),
		None => (target.as_str(), None),
	};
	let parts = RequestParts {
		method: &method,
		path,
		query,
		content_digest: digest.as_deref(),
		vault: CENTER,
		genesis: GENESIS,
		purpose: PurposeOfUse::from_code(field("ward-purpose").unwrap()).unwrap(),
	};
	let input = field("signature-input").unwrap();
	let now = moment::now() / 1_000;
	let verified = verify(&parts, input, field("signature").unwrap(), now).unwrap();
	Seen { method, target, body, verified }
}

/// The body of a refusal.
pub(crate) fn problem(code: &str) -> String {
	format!(
		r#"{{"type":"urn:ward:problem:{code}","title":"t","status":1,"detail":"d","instance":"i"}}"#
	)
}

#[tokio::test]
async fn every_kind_of_request_is_signed_as_it_is_sent() {
	let wrapped = r#"{"recipient":3,"suite":"XWing","sealed":"AAAA",
		"decision":{"decision":"deny","reason":"no-basis"}}"#;
	let zeros = Hex([0; 32]);
	let receipt = format!(
		r#"{{"genesis":"{zeros}","custodian":7,"record":"{zeros}","content_root":"{zeros}",
			"size":10,"expires":5,"signature":"{}"}}"#,
		Hex([1; 64])
	);
	let server = Server::start(vec![
		(200, r#"{"entries":[],"next":null}"#.into()),
		(200, wrapped.into()),
		(200, receipt),
	])
	.await;
	let key = RequestKey::generate();
	let vault = server.client(&key);
	assert!(vault.log(ParticipantId(3), 4, 5).await.unwrap().entries.is_empty());
	let release = ReleaseRequest { suite: SealingSuite::XWing, sealing_key: Base64(vec![0; 3]) };
	let released = vault.release(RECORD, PurposeOfUse::Etreat, &release).await.unwrap();
	assert_eq!(released.wrapped.recipient, ParticipantId(3));
	let deposit = vault.upload(RECORD, 10, "ciphertext".into()).await.unwrap();
	assert_eq!((deposit.custodian, deposit.signature), (CENTER, [1; 64]));

	let seen = server.seen();
	let methods: Vec<_> = seen.iter().map(|request| request.method.as_str()).collect();
	assert_eq!(methods, ["GET", "POST", "PUT"]);
	assert_eq!(seen[0].target, "/prefix/v1/log?patient=3&from=4&limit=5");
	assert_eq!(seen[1].body, br#"{"suite":"XWing","sealingKey":"AAAA"}"#);
	assert_eq!(seen[2].target, format!("/prefix/v1/deposits/{RECORD}/content"));
	assert_eq!(seen[2].body, b"ciphertext");
	assert!(seen.iter().all(|request| request.verified.key == key.public()));
}

#[tokio::test]
async fn a_vault_that_is_busy_is_asked_again_with_a_fresh_nonce() {
	let server =
		Server::start(vec![(503, problem("busy")), (200, r#"{"entries":[],"next":null}"#.into())])
			.await;
	let key = RequestKey::generate();
	server.client(&key).log(ParticipantId(3), 0, 1).await.unwrap();
	let seen = server.seen();
	assert_eq!(seen.len(), 2);
	assert_ne!(seen[0].verified.nonce, seen[1].verified.nonce);
}

#[tokio::test]
async fn a_denial_is_not_repeated() {
	let server = Server::start(vec![(403, problem("access-denied"))]).await;
	let key = RequestKey::generate();
	let error = server.client(&key).facts(RECORD, PurposeOfUse::Treat).await.unwrap_err();
	assert_eq!((error.kind(), error.code()), (Kind::Denied, "access-denied"));
	assert_eq!(server.seen().len(), 1);
}

/// The answer with this sealing key.
fn key_answer(keys: &Keys) -> String {
	let key = Base64(keys.current_sealing().public_key());
	serde_json::to_string(&SealingKeyJson { suite: SealingSuite::XWing, sealing_key: key }).unwrap()
}

#[tokio::test]
async fn a_sealing_key_is_lodged_under_its_digest() {
	let server = Server::start(vec![(201, String::new()), (204, String::new())]).await;
	let key = RequestKey::generate();
	let (vault, owner) = (server.client(&key), Keys::generate());
	let public_key = owner.current_sealing().public_key();
	for _ in 0..2 {
		let on_chain = owner.sealing_key();
		vault.lodge_sealing_key(ParticipantId(3), &on_chain, &public_key).await.unwrap();
	}
	let seen = &server.seen()[1];
	let digest = Hex(owner.sealing_key().digest);
	assert_eq!(seen.method, "PUT");
	assert_eq!(seen.target, format!("/prefix/v1/sealing-keys/{digest}"));
	let lodged: LodgedKey = serde_json::from_slice(&seen.body).unwrap();
	assert_eq!((lodged.participant, lodged.sealing_key.0), (ParticipantId(3), public_key));
}

#[tokio::test]
async fn a_vault_that_is_a_block_behind_is_asked_again_to_take_a_key() {
	let server = Server::start(vec![(403, problem("access-denied")), (201, String::new())]).await;
	let key = RequestKey::generate();
	let (vault, owner) = (server.client(&key), Keys::generate());
	let public_key = owner.current_sealing().public_key();
	let on_chain = owner.sealing_key();
	recipients::lodge(&vault, ParticipantId(3), &on_chain, &public_key, &Silent).await.unwrap();
	assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn a_sealing_key_is_looked_for_in_one_vault_after_the_other_and_then_remembered() {
	let dir = tempfile::tempdir().unwrap();
	let journal = Journal::open(&dir.path().join("journal.redb")).await.unwrap();
	let (patient, stranger) = (Keys::generate(), Keys::generate());
	let servers = [
		Server::start(vec![(404, problem("sealing-key-unknown"))]).await,
		// A vault that lies.
		Server::start(vec![(200, key_answer(&stranger))]).await,
		Server::start(vec![(200, key_answer(&patient))]).await,
	];
	let key = RequestKey::generate();
	let vaults: Vec<_> = servers.iter().map(|server| server.client(&key)).collect();
	let on_chain = patient.sealing_key();
	let found =
		recipients::ask(&vaults, &journal, ParticipantId(3), &on_chain, &Silent).await.unwrap();
	assert_eq!(found, patient.current_sealing().public_key());
	assert_eq!(recipients::known_key(&journal, &on_chain).unwrap(), Some(found));
	assert_eq!(recipients::known_key(&journal, &stranger.sealing_key()).unwrap(), None);
}

#[tokio::test]
async fn a_sealing_key_that_no_vault_has_is_the_users_to_get_unless_a_vault_failed() {
	let dir = tempfile::tempdir().unwrap();
	let journal = Journal::open(&dir.path().join("journal.redb")).await.unwrap();
	let on_chain = Keys::generate().sealing_key();
	let key = RequestKey::generate();
	let cases =
		[("sealing-key-unknown", 404, Kind::Input), ("insufficient-storage", 507, Kind::Vault)];
	for (code, status, kind) in cases {
		let server = Server::start(vec![(status, problem(code))]).await;
		let vaults = [server.client(&key)];
		let asked = recipients::ask(&vaults, &journal, ParticipantId(3), &on_chain, &Silent).await;
		let error = asked.unwrap_err();
		assert_eq!((error.kind(), error.code()), (kind, "sealing-key-unknown"));
		assert_eq!(error.causes().is_empty(), kind == Kind::Input);
		assert!(error.remedy().unwrap().contains("ward keys publish"));
	}
}

#[test]
fn an_endpoint_that_is_neither_https_nor_loopback_is_not_talked_to() {
	let key = RequestKey::generate();
	let row = VaultRow {
		endpoint: b"http://vault.example".to_vec().try_into().unwrap(),
		receipt_key: [0; 32],
		release_suite: SealingSuite::XWing,
		release_key: Default::default(),
	};
	let client = VaultClient::new(CENTER, &row, GENESIS, &key, &Trust::default());
	assert_eq!(client.err().map(|error| error.kind()), Some(Kind::Vault));
}
