//! A custodian's vault, over HTTP with signed requests.

mod distrust;
mod problem;

use std::{ops::Range, path::Path, time::Duration};

use reqwest::{header, Certificate, Client, Method, Response, Url};
use serde::{de::DeserializeOwned, Serialize};
use tokio::time::{sleep, timeout};
use ward_crypto::request::{self, RequestKey, RequestParts};
use ward_primitives::{
	participant::SealingKey, Deposit, Digest, Moment, ParticipantId, PurposeOfUse, RecordId,
	VaultRow,
};
use ward_vault_api::{
	base64::Base64,
	deposit::{Announcement, DepositStatus, ReceiptJson},
	log::LogPage,
	record::RecordFactsJson,
	release::{ReleaseRequest, ReleasedKey},
	sealing_key::{LodgedKey, SealingKeyJson},
};

use crate::{
	error::{Context, Error, Kind, Result},
	hex::Hex,
	moment,
};

/// How long a signed request counts, in seconds.
const LIFETIME: u64 = 60;

/// How long nothing may come from a vault. Transfers of any length are fine as long as they go on.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// How often a request is repeated that a vault could not answer for the moment.
const RETRIES: u32 = 3;

/// The longest answer that is read into memory.
const MAX_ANSWER: usize = 8 << 20;

/// Whom TLS trusts.
#[derive(Clone, Debug, Default)]
pub struct Trust {
	authorities: Option<Vec<Certificate>>,
}

impl Trust {
	/// The authorities in a PEM file, instead of the system's.
	pub fn from_pem_file(path: &Path) -> Result<Self> {
		let what = || format!("{} holds no certificates in PEM", path.display());
		let pem = std::fs::read(path)
			.context(Kind::Usage, || format!("{} cannot be read", path.display()))?;
		let authorities = Certificate::from_pem_bundle(&pem).context(Kind::Usage, what)?;
		match authorities.is_empty() {
			true => Err(Error::new(Kind::Usage, what())),
			false => Ok(Self { authorities: Some(authorities) }),
		}
	}
}

/// A vault, as one participant talks to it.
pub struct VaultClient<'k> {
	client: Client,
	base: Url,
	center: ParticipantId,
	genesis: Digest,
	key: &'k RequestKey,
}

impl<'k> VaultClient<'k> {
	/// The vault of `center`, whose row stands on the chain with this genesis hash.
	pub fn new(
		center: ParticipantId,
		row: &VaultRow,
		genesis: Digest,
		key: &'k RequestKey,
		trust: &Trust,
	) -> Result<Self> {
		let endpoint = String::from_utf8_lossy(&row.endpoint);
		let what = || format!("the vault address of center {center} cannot be used: {endpoint}");
		if !row.endpoint_is_valid() {
			return Err(Error::new(Kind::Vault, what()).hint("tell the center's operator"));
		}
		let base = Url::parse(&endpoint).context(Kind::Vault, what)?;
		let client = client(&base, trust).context(Kind::Vault, what)?;
		Ok(Self { client, base, center, genesis, key })
	}

	/// The center that runs the vault.
	pub const fn center(&self) -> ParticipantId {
		self.center
	}

	/// The vault's address.
	pub const fn address(&self) -> &Url {
		&self.base
	}

	/// Announces a record and learns how far its deposit has come.
	pub async fn announce(&self, announcement: &Announcement) -> Result<DepositStatus> {
		let (path, body) = ("v1/deposits", to_json(announcement)?);
		self.read(self.send(Method::POST, path, None, WRITING, Some(&body)).await?).await
	}

	/// How far the deposit of an announced record has come.
	pub async fn deposit(&self, record: RecordId) -> Result<DepositStatus> {
		let path = format!("v1/deposits/{record}");
		self.read(self.send(Method::GET, &path, None, WRITING, None).await?).await
	}

	/// Uploads ciphertext and gets the deposit receipt.
	pub async fn upload(
		&self,
		record: RecordId,
		length: u64,
		body: reqwest::Body,
	) -> Result<Deposit> {
		let path = format!("v1/deposits/{record}/content");
		let request = self
			.signed(Method::PUT, &path, None, WRITING, None)?
			.header(header::CONTENT_LENGTH, length)
			.header(header::CONTENT_TYPE, "application/octet-stream")
			.body(body);
		let answer = request.send().await.map_err(|error| self.unreachable(error))?;
		let receipt: ReceiptJson = self.read(self.accepted(answer).await?).await?;
		Ok(receipt.deposit())
	}

	/// A record's row and opening. They come from the vault: check the opening's digest.
	pub async fn facts(&self, record: RecordId, purpose: PurposeOfUse) -> Result<RecordFactsJson> {
		let path = format!("v1/records/{record}");
		self.read(self.send(Method::GET, &path, None, purpose, None).await?).await
	}

	/// Has the data key of a record released, wrapped to `sealing_key`.
	pub async fn release(
		&self,
		record: RecordId,
		purpose: PurposeOfUse,
		release: &ReleaseRequest,
	) -> Result<ReleasedKey> {
		let path = format!("v1/records/{record}/release");
		let body = to_json(release)?;
		self.read(self.send(Method::POST, &path, None, purpose, Some(&body)).await?).await
	}

	/// The ciphertext of a record, to be streamed.
	pub async fn content(&self, record: RecordId, purpose: PurposeOfUse) -> Result<Response> {
		let path = format!("v1/records/{record}/content");
		self.send(Method::GET, &path, None, purpose, None).await
	}

	/// These bytes of the ciphertext of a record that has this root, to be streamed.
	pub async fn content_range(
		&self,
		record: RecordId,
		purpose: PurposeOfUse,
		range: Range<u64>,
		root: Digest,
	) -> Result<Response> {
		let path = format!("v1/records/{record}/content");
		let last = range.end.saturating_sub(1);
		let (asked, expected) =
			(format!("bytes={}-{last}", range.start), format!("bytes {}-{last}/", range.start));
		let only_if = format!("\"{}\"", Hex(root).to_string().trim_start_matches("0x"));
		let fields = [(header::RANGE, &asked[..]), (header::IF_RANGE, &only_if)];
		let answer = self.send_with(Method::GET, &path, None, purpose, None, &fields).await?;
		let given = answer.headers().get(header::CONTENT_RANGE).and_then(|v| v.to_str().ok());
		match given.is_some_and(|given| given.starts_with(&expected)) {
			true => Ok(answer),
			false => Err(Error::new(
				Kind::Vault,
				format!("the vault of center {} did not answer with the range", self.center),
			)
			.code_is("range-ignored")
			.hint(
				"it has other content than the chain says, or does not serve ranges; get all of it",
			)),
		}
	}

	/// A page of the access log about a patient.
	pub async fn log(&self, patient: ParticipantId, from: u64, limit: u32) -> Result<LogPage> {
		let query = format!("patient={patient}&from={from}&limit={limit}");
		let purpose = PurposeOfUse::Patrqt;
		self.read(self.send(Method::GET, "v1/log", Some(&query), purpose, None).await?).await
	}

	/// Lodges a public sealing key for those who write about its owner: the own one, or that of
	/// somebody whom one sponsors.
	pub async fn lodge_sealing_key(
		&self,
		owner: ParticipantId,
		key: &SealingKey,
		public_key: &[u8],
	) -> Result<()> {
		let sealing_key = Base64(public_key.to_vec());
		let body = to_json(&LodgedKey { participant: owner, suite: key.suite, sealing_key })?;
		let path = format!("v1/sealing-keys/{}", Hex(key.digest));
		self.send(Method::PUT, &path, None, WRITING, Some(&body)).await.map(drop)
	}

	/// The public sealing key that stands on the chain as `key`, if it is lodged here.
	pub async fn sealing_key(&self, key: &SealingKey) -> Result<Option<Vec<u8>>> {
		let path = format!("v1/sealing-keys/{}", Hex(key.digest));
		let answer = match self.send(Method::GET, &path, None, WRITING, None).await {
			Err(error) if error.code() == SEALING_KEY_UNKNOWN => return Ok(None),
			answer => answer?,
		};
		let found: SealingKeyJson = self.read(answer).await?;
		found.checked(key).map(Some).ok_or_else(|| {
			let what = format!("the vault of center {} answered with another key", self.center);
			Error::new(Kind::Mismatch, what)
				.code_is("sealing-key-mismatch")
				.hint("tell the center's operator; the key was not used")
		})
	}

	/// Sends a signed request; repeats it with a fresh signature while the vault is only busy or
	/// behind. All requests can be repeated.
	async fn send(
		&self,
		method: Method,
		path: &str,
		query: Option<&str>,
		purpose: PurposeOfUse,
		body: Option<&[u8]>,
	) -> Result<Response> {
		self.send_with(method, path, query, purpose, body, &[]).await
	}

	/// The same with further header fields, which are not signed.
	async fn send_with(
		&self,
		method: Method,
		path: &str,
		query: Option<&str>,
		purpose: PurposeOfUse,
		body: Option<&[u8]>,
		fields: &[(header::HeaderName, &str)],
	) -> Result<Response> {
		let mut attempt = 0;
		loop {
			let mut request = self.signed(method.clone(), path, query, purpose, body)?;
			for (name, value) in fields {
				request = request.header(name, *value);
			}
			let outcome = match timeout(PATIENCE, request.send()).await {
				Ok(Ok(answer)) => self.accepted(answer).await,
				Ok(Err(error)) => Err(self.unreachable(error)),
				Err(elapsed) => Err(self.unreachable(elapsed)),
			};
			match outcome {
				Err(error) if attempt < RETRIES && is_passing(&error) => {
					attempt += 1;
					tracing::debug!(%error, attempt, "repeating the request");
					sleep(Duration::from_millis(400 << attempt)).await;
				},
				outcome => return outcome,
			}
		}
	}

	fn signed(
		&self,
		method: Method,
		path: &str,
		query: Option<&str>,
		purpose: PurposeOfUse,
		body: Option<&[u8]>,
	) -> Result<reqwest::RequestBuilder> {
		let mut url = self.base.clone();
		let prefix = self.base.path().trim_end_matches('/');
		url.set_path(&format!("{prefix}/{path}"));
		url.set_query(query);
		let digest = body.map(request::content_digest);
		let parts = RequestParts {
			method: method.as_str(),
			path: url.path(),
			query: url.query(),
			content_digest: digest.as_deref(),
			vault: self.center,
			genesis: self.genesis,
			purpose,
		};
		let created = moment::now() / 1_000;
		let nonce = request::random_nonce();
		let signed = request::sign(&parts, self.key, created, created + LIFETIME, &nonce);
		let mut builder = self
			.client
			.request(method, url)
			.header("ward-vault", self.center.to_string())
			.header("ward-genesis", Hex(self.genesis).to_string())
			.header("ward-purpose", purpose.code())
			.header("signature-input", signed.signature_input)
			.header("signature", signed.signature);
		if let (Some(digest), Some(body)) = (digest, body) {
			builder = builder
				.header("content-digest", digest)
				.header(header::CONTENT_TYPE, "application/json")
				.body(body.to_vec());
		}
		Ok(builder)
	}

	async fn accepted(&self, answer: Response) -> Result<Response> {
		let status = answer.status();
		if status.is_success() {
			return Ok(answer);
		}
		let body = bounded(answer, 64 << 10).await.unwrap_or_default();
		Err(problem::refused(status, &body, self.center, &self.base))
	}

	async fn read<T: DeserializeOwned>(&self, answer: Response) -> Result<T> {
		let body = bounded(answer, MAX_ANSWER).await.map_err(|error| self.unreachable(error))?;
		serde_json::from_slice(&body).context(Kind::Vault, || {
			format!("the vault of center {} answered something unexpected", self.center)
		})
	}

	/// The error for a request that got no answer, or not all of it.
	pub fn unreachable(&self, error: impl Into<Cause>) -> Error {
		let error = error.into();
		if let Some(why) = distrust::of(error.as_ref()) {
			return why.into_error(self.center, &self.base).caused_by(error);
		}
		let what = format!("the vault of center {} does not answer: {}", self.center, self.base);
		Error::new(Kind::Vault, what)
			.code_is("vault-unreachable")
			.caused_by(error)
			.hint("try again later, or ask the center's operator")
	}
}

/// The code for a sealing key that is not lodged.
pub(crate) const SEALING_KEY_UNKNOWN: &str = "sealing-key-unknown";

/// The purpose of requests that write. A vault logs it and does not decide on it.
const WRITING: PurposeOfUse = PurposeOfUse::Treat;

/// How a vault answers anybody.
pub(crate) struct Greeting {
	/// Its clock, in whole seconds.
	pub(crate) date: Option<Moment>,
	/// The certificate that it showed, in DER.
	pub(crate) certificate: Option<Vec<u8>>,
}

/// Asks a vault for anything, unsigned. What it answers does not matter.
pub(crate) async fn greet(base: &Url, trust: &Trust) -> Result<Greeting> {
	let unusable = || format!("no connection can be made to {base}");
	let client = builder(base, trust).tls_info(true).build().context(Kind::Vault, unusable)?;
	let unreachable = |error: Cause| {
		let (code, what, hint) = match distrust::of(error.as_ref()) {
			Some(why) => {
				let (code, what, hint) = why.words();
				(code, format!("the certificate of the vault at {base} {what}"), hint)
			},
			None => (
				"vault-unreachable",
				format!("the vault at {base} does not answer"),
				"start it, or look at its log and at the firewall",
			),
		};
		Error::new(Kind::Vault, what).code_is(code).hint(hint).caused_by(error)
	};
	let answer = match timeout(GREETING, client.get(base.clone()).send()).await {
		Ok(Ok(answer)) => answer,
		Ok(Err(error)) => return Err(unreachable(error.into())),
		Err(elapsed) => return Err(unreachable(elapsed.into())),
	};
	let date = answer.headers().get(header::DATE).and_then(|date| date.to_str().ok());
	let tls = answer.extensions().get::<reqwest::tls::TlsInfo>();
	let certificate = tls.and_then(|tls| tls.peer_certificate()).map(<[u8]>::to_vec);
	Ok(Greeting { date: date.and_then(moment::parse_http_date), certificate })
}

/// Has TLS use ring. No client can be built before.
pub(crate) fn use_ring() {
	// A second call finds it installed already, which is fine.
	drop(rustls::crypto::ring::default_provider().install_default());
}

/// How long a vault may take to answer a greeting.
const GREETING: Duration = Duration::from_secs(15);

fn client(base: &Url, trust: &Trust) -> reqwest::Result<Client> {
	builder(base, trust).build()
}

fn builder(base: &Url, trust: &Trust) -> reqwest::ClientBuilder {
	use_ring();
	let mut builder = Client::builder()
		.user_agent(concat!("ward/", env!("CARGO_PKG_VERSION")))
		.redirect(reqwest::redirect::Policy::none())
		.connect_timeout(Duration::from_secs(10));
	if base.scheme() == "http" {
		// Loopback only: no proxy, and no need for the system's authorities.
		builder = builder.no_proxy().tls_certs_only([]);
	} else if let Some(authorities) = &trust.authorities {
		builder = builder.https_only(true).tls_certs_only(authorities.clone());
	} else {
		builder = builder.https_only(true);
	}
	builder
}

/// Whether the same request may succeed in a moment. A key that the vault does not know may be too new
/// for its node: who asks has found it on the chain.
pub(crate) fn is_passing(error: &Error) -> bool {
	const CODES: [&str; 6] = [
		"busy",
		"chain-stalled",
		"chain-syncing",
		"chain-unreachable",
		"unknown-key",
		"vault-unreachable",
	];
	error.kind() == Kind::Vault && CODES.contains(&error.code())
}

fn to_json(body: &impl Serialize) -> Result<Vec<u8>> {
	serde_json::to_vec(body).context(Kind::Other, || "a request cannot be written as JSON".into())
}

/// The next bytes of an answer's body.
pub(crate) async fn next_chunk(answer: &mut Response) -> Result<Option<Vec<u8>>, Cause> {
	let chunk = timeout(PATIENCE, answer.chunk()).await??;
	Ok(chunk.map(Into::into))
}

/// The body of an answer, of which no more than `limit` bytes are taken.
async fn bounded(mut answer: Response, limit: usize) -> Result<Vec<u8>, Cause> {
	let mut body = Vec::new();
	while let Some(chunk) = next_chunk(&mut answer).await? {
		if body.len() + chunk.len() > limit {
			return Err("the answer is too long".into());
		}
		body.extend_from_slice(&chunk);
	}
	Ok(body)
}

#[cfg(test)]
pub(crate) mod tests;
