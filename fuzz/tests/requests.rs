//! Requests to a vault: any method, path, header field and body, signed by somebody whom the chain knows.

use std::sync::Arc;

use axum::{body::Body, Router};
use bolero::check;
use http::{HeaderName, HeaderValue, Method, Request, StatusCode};
use serde_json::json;
use tempfile::TempDir;
use tokio::runtime;
use tower::ServiceExt;
use ward_crypto::{
	content::DataKey,
	request::{content_digest, random_nonce, sign, RequestKey, RequestParts},
	wrap::{wrap, SealingSecret, WrapContext, WrappedKey},
};
use ward_fuzz::{as_text, foreign, within};
use ward_primitives::{
	decision::{DecisionInputs, Query},
	participant::{Condition, SealingKey},
	Attributes, AttributesOpening, Category, CategorySet, Digest, Interval, KeyBytes, KeyRoles,
	KeyRow, ParticipantId, ParticipantRow, PurposeOfUse, RecordContent, RecordId, RecordRow, Role,
	Sensitivity, Timeline, VaultRow,
};
use ward_vault::{
	chain::{ChainView, Head, Reply, StateView},
	config::Options,
	keys::{self, ReceiptKey},
	release::ReleaseService,
	router,
	vault::{Clock, Vault},
};
use ward_vault_api::{deposit::Announcement, problem::Problem};

const GENESIS: Digest = [7; 32];
const RUNTIME: Digest = [0xab; 32];
const NOW: u64 = 1_800_000_000_000;
const CENTER: ParticipantId = ParticipantId(1);
const AUTHOR: ParticipantId = ParticipantId(11);
const PATIENT: ParticipantId = ParticipantId(10);

/// What a vault may hold on one thread for a request: its limit for a body, a few times.
const MOST: usize = 1 << 20;

fn key() -> RequestKey {
	RequestKey::from_seed([1; 32])
}

fn sealing_key() -> SealingKey {
	SealingSecret::from_bytes([2; 32]).sealing_key()
}

/// A chain of one block that knows the author, and no record.
#[derive(Clone, Copy)]
struct OneBlock;

fn now<'a, T: Send + 'a>(answer: T) -> Reply<'a, T> {
	Box::pin(std::future::ready(Ok(answer)))
}

impl ChainView for OneBlock {
	fn genesis(&self) -> Reply<'_, Digest> {
		now(GENESIS)
	}

	fn finalized(&self) -> Reply<'_, Arc<dyn StateView>> {
		now(Arc::new(*self))
	}

	fn best(&self) -> Reply<'_, Arc<dyn StateView>> {
		now(Arc::new(*self))
	}

	fn at(&self, _: Digest) -> Reply<'_, Arc<dyn StateView>> {
		now(Arc::new(*self))
	}

	fn block_hash(&self, number: u64) -> Reply<'_, Option<Digest>> {
		now((number == 1).then_some([1; 32]))
	}

	fn is_syncing(&self) -> Reply<'_, bool> {
		now(false)
	}
}

impl StateView for OneBlock {
	fn head(&self) -> Head {
		Head { hash: [1; 32], number: 1, timestamp: NOW }
	}

	fn code_hash(&self) -> Reply<'_, Digest> {
		now(RUNTIME)
	}

	fn key(&self, asked: KeyBytes) -> Reply<'_, Option<KeyRow>> {
		let row = KeyRow { participant: AUTHOR, roles: KeyRoles::MAIN, live: Interval::open(0) };
		now((asked == key().public()).then_some(row))
	}

	fn participant(&self, id: ParticipantId) -> Reply<'_, Option<ParticipantRow>> {
		let row = ParticipantRow {
			role: Role::Practitioner,
			sponsor: Some(CENTER),
			condition: Condition::Active,
			active: Timeline::start(0, None),
			sealing_key: sealing_key(),
			enrolled_at: 0,
		};
		now((id == AUTHOR).then_some(row))
	}

	fn record(&self, _: RecordId) -> Reply<'_, Option<RecordRow>> {
		now(None)
	}

	fn decision_inputs(&self, query: Query) -> Reply<'_, DecisionInputs> {
		now(DecisionInputs { as_of: NOW, query, record: None, actor: None })
	}

	fn custody(&self, _: ParticipantId, _: u64, _: u32) -> Reply<'_, Vec<RecordId>> {
		now(Vec::new())
	}

	fn vault(&self, _: ParticipantId) -> Reply<'_, Option<VaultRow>> {
		now(None)
	}
}

struct House {
	router: Router,
	vault: Arc<Vault>,
	runtime: runtime::Runtime,
	_home: TempDir,
}

impl House {
	fn new() -> Self {
		let home = tempfile::tempdir().unwrap();
		let options = Options {
			center: Some(CENTER.0),
			data_dir: Some(home.path().into()),
			allow_plain_http: Some(true),
			runtimes: Some(vec![RecordId(RUNTIME).to_string()]),
			..Options::default()
		};
		let settings = options.resolve().unwrap();
		let paths = settings.paths();
		keys::create_directory(&paths.keys).unwrap();
		ReceiptKey::create(&paths.receipt_key).unwrap();
		ReleaseService::create_key(&paths.release_key).unwrap();
		let vault = Vault::open(settings, Arc::new(OneBlock), Clock::of(|| NOW)).unwrap();
		let vault = Arc::new(vault);
		let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
		Self { router: router::public(vault.clone()), vault, runtime, _home: home }
	}

	/// The status of the answer, and its code if it is a refusal. No answer may say that the vault has
	/// a fault.
	fn send(&self, request: Request<Body>) -> (StatusCode, Option<String>) {
		let asked = format!("{request:?}");
		let answer = || {
			self.runtime.block_on(async {
				let answer = self.router.clone().oneshot(request).await.unwrap();
				let (parts, body) = answer.into_parts();
				(parts.status, axum::body::to_bytes(body, 1 << 20).await.unwrap())
			})
		};
		let (status, body) = within(MOST, answer);
		assert_ne!(status, StatusCode::INTERNAL_SERVER_ERROR, "{asked}");
		let code = match status.is_success() {
			true => None,
			false => {
				let problem: Problem = serde_json::from_slice(&body).expect("a problem");
				Some(problem.code().expect("one of Ward's").to_owned())
			},
		};
		(status, code)
	}
}

/// A signed request. A body is covered by the signature unless it is content.
fn request(
	method: &Method,
	target: &str,
	body: Option<&[u8]>,
	is_content: bool,
) -> Option<http::request::Builder> {
	let (path, query) = match target.split_once('?') {
		Some((path, query)) => (path, Some(query)),
		None => (target, None),
	};
	let digest = body.filter(|_| !is_content).map(content_digest);
	let purpose = PurposeOfUse::Treat;
	let parts = RequestParts {
		method: method.as_str(),
		path,
		query,
		content_digest: digest.as_deref(),
		vault: CENTER,
		genesis: GENESIS,
		purpose,
	};
	let created = NOW / 1_000;
	let signed = sign(&parts, &key(), created, created + 60, &random_nonce());
	let uri: http::Uri = target.parse().ok()?;
	let mut request = Request::builder()
		.method(method)
		.uri(uri)
		.header("ward-vault", CENTER.to_string())
		.header("ward-genesis", RecordId(GENESIS).to_string())
		.header("ward-purpose", purpose.code())
		.header("signature-input", signed.signature_input)
		.header("signature", signed.signature);
	if let Some(digest) = digest {
		request = request.header("content-digest", digest);
	}
	if let Some(body) = body {
		request = request.header("content-length", body.len());
	}
	Some(request)
}

fn opening() -> AttributesOpening {
	let attributes = Attributes {
		categories: CategorySet::from_iter([Category::Laboratory]),
		sensitivity: Sensitivity::Normal,
		period: None,
	};
	AttributesOpening { salt: [5; 32], attributes }
}

fn content() -> RecordContent {
	RecordContent {
		patient: PATIENT,
		author: AUTHOR,
		commitment: [6; 32],
		attributes: opening().digest(),
		content_root: blake3::hash(b"ciphertext").into(),
		size: 10,
	}
}

fn announcement(house: &House) -> Vec<u8> {
	let record = content().record_id(&GENESIS);
	let public = SealingSecret::from_bytes([2; 32]).public_key();
	let to = |recipient, public: &[u8]| -> WrappedKey {
		let context = WrapContext { genesis: GENESIS, record, recipient };
		wrap(&DataKey::from_bytes([9; 32]), public, &context).unwrap()
	};
	let wraps =
		vec![to(PATIENT, &public), to(AUTHOR, &public), to(CENTER, &house.vault.release.public())];
	serde_json::to_vec(&Announcement::new(content(), opening(), wraps, false)).unwrap()
}

#[test]
fn bodies() {
	let house = House::new();
	let record = content().record_id(&GENESIS);
	let digest = RecordId(sealing_key().digest);
	let public = SealingSecret::from_bytes([2; 32]).public_key();
	let public = serde_json::to_value(ward_vault_api::base64::Base64(public)).unwrap();
	let release = json!({"suite": "XWing", "sealingKey": public});
	let lodged = json!({"participant": AUTHOR.0, "suite": "XWing", "sealingKey": public});
	let routes = [
		(Method::POST, "/v1/deposits".to_owned(), announcement(&house)),
		(Method::POST, format!("/v1/records/{record}/release"), release.to_string().into_bytes()),
		(Method::PUT, format!("/v1/sealing-keys/{digest}"), lodged.to_string().into_bytes()),
		(Method::PUT, format!("/v1/deposits/{record}/content"), b"ciphertext".to_vec()),
	];
	let ask = |route: &(Method, String, Vec<u8>), body: Vec<u8>| {
		let (method, path, _) = route;
		let built = request(method, path, Some(&body), path.ends_with("content")).unwrap();
		house.send(built.body(body.into()).unwrap())
	};
	let right: Vec<_> = routes.iter().map(|route| ask(route, route.2.clone()).0).collect();
	assert_eq!(right, [201, 403, 201, 200].map(|code| StatusCode::from_u16(code).unwrap()));
	let ask = std::panic::AssertUnwindSafe(&ask);
	check!().with_iterations(400).for_each(|choices: &[u8]| {
		let Some((which, choices)) = choices.split_first() else { return };
		let which = usize::from(*which) % routes.len();
		let route = &routes[which];
		let body = foreign(choices, std::slice::from_ref(&route.2));
		let length = body.len();
		let said = serde_json::from_slice::<serde_json::Value>(&body).ok();
		let (status, code) = (*ask)(route, body);
		assert_ne!(code.as_deref(), Some("internal"));
		match which {
			// Nothing is anchored.
			1 => assert!(!status.is_success()),
			2 => assert!(!status.is_success() || said == Some(lodged.clone())),
			// It is here already, so that its length is all that is looked at.
			3 => assert_eq!(status.is_success(), length == 10),
			_ => {},
		}
	});
}

#[test]
fn paths_and_fields() {
	let house = House::new();
	let record = content().record_id(&GENESIS);
	let targets = [
		format!("/v1/records/{record}/content"),
		format!("/v1/records/{record}"),
		format!("/v1/deposits/{record}"),
		format!("/v1/sealing-keys/{record}"),
		"/v1/log?patient=11&from=0&limit=7".to_owned(),
		"/v1/vault".to_owned(),
	];
	let targets = targets.map(String::into_bytes);
	let fields = [
		"range: bytes=0-99",
		"if-range: \"00\"",
		"content-length: 18446744073709551615",
		"content-digest: sha-256=:AAAA=:",
		"ward-vault: 1",
		"ward-genesis: 0x00",
		"ward-purpose: TREAT",
		"signature: ward=:AAAA:",
		"signature-input: ward=(\"@method\");created=1",
		"transfer-encoding: chunked",
		"host: a",
	];
	let fields = fields.map(|field| field.as_bytes().to_vec());
	let house = std::panic::AssertUnwindSafe(&house);
	check!().with_iterations(600).for_each(|choices: &[u8]| {
		let (target, more) = choices.split_at(choices.len() / 2);
		let target = as_text(&foreign(target, &targets));
		let field = foreign(more, &fields);
		let Some(mut built) = request(&Method::GET, &target, None, false) else { return };
		let mut halves = field.splitn(2, |byte| *byte == b':');
		let name = halves.next().map(HeaderName::from_bytes);
		let value = halves.next().map(|value| HeaderValue::from_bytes(value.trim_ascii()));
		if let (Some(Ok(name)), Some(Ok(value))) = (name, value) {
			built = built.header(name, value);
		}
		let Ok(sent) = built.body(Body::empty()) else { return };
		let (status, code) = house.send(sent);
		// Nothing is anchored or lodged.
		let path = target.split('?').next().unwrap_or_default();
		assert!(!status.is_success() || ["/v1/vault", "/v1/log"].contains(&path), "{target}");
		assert_ne!(code.as_deref(), Some("internal"));
	});
}
