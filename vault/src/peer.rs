//! Asking the vault of another custodian: for content, and to take records over.
//!
//! Asked is only the address in a center's row on the chain, at fixed paths, without following redirects; content
//! that comes counts only if it has the record's length and root. The other vault decides by the chain what
//! this one may: the requests are signed with the receipt key.

use std::{
	sync::{Arc, OnceLock},
	time::Duration,
};

use axum::body::Body;
use bytes::Bytes;
use futures::{Stream, StreamExt};
use http::{header, Method, StatusCode};
use reqwest::{Client, Response, Url};
use serde::de::DeserializeOwned;
use tokio::time::timeout;
use ward_crypto::request::{content_digest, RequestParts};
use ward_primitives::{ParticipantId, PurposeOfUse, RecordId, VaultRow};
use ward_vault_api::{hex::Hex, problem::Problem};

use crate::{
	body::{timely, Interruption},
	chain::StateView,
	store::{Expected, StoreError},
	trouble::Trouble,
	vault::Vault,
};

/// What vaults ask each other for.
pub(crate) const PURPOSE: PurposeOfUse = PurposeOfUse::Hoperat;

/// How long a connection to another vault may take to come about.
const CONNECTING: Duration = Duration::from_secs(10);

/// The longest answer that is read, other than content.
const MAX_ANSWER: usize = 16 << 10;

/// Why another vault does not give what it is asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
	/// What stands on the chain is no address that may be asked.
	#[error("its address on the chain cannot be used: {0}; its operator has to set it anew")]
	Endpoint(String),
	/// It does not answer.
	#[error("it does not answer: {0}; ask its operator")]
	Unreachable(String),
	/// It refuses.
	#[error("it refuses with {0}; ask its operator")]
	Refused(String),
	/// It has other content than the chain says.
	#[error("what it sends is not the record's content; ask its operator to look at its disk")]
	Mismatch,
	/// It sends too slowly.
	#[error("it sends too slowly")]
	TooSlow,
	/// The content cannot be stored here.
	#[error("it cannot be stored here: {0}")]
	Storage(String),
	/// The chain cannot be decided on.
	#[error("the chain does not say where it is: {0}")]
	Chain(String),
}

impl Failure {
	/// A name for programs.
	pub(crate) const fn name(&self) -> &'static str {
		match self {
			Self::Endpoint(_) => "endpoint",
			Self::Unreachable(_) => "unreachable",
			Self::Refused(_) => "refused",
			Self::Mismatch => "mismatch",
			Self::TooSlow => "too-slow",
			Self::Storage(_) => "storage",
			Self::Chain(_) => "chain",
		}
	}

	/// Whether it may be over in a moment.
	pub(crate) fn is_passing(&self) -> bool {
		match self {
			Self::Unreachable(_) => true,
			Self::Refused(code) => {
				matches!(code.as_str(), "busy" | "chain-syncing" | "chain-unreachable")
			},
			_ => false,
		}
	}
}

impl From<StoreError> for Failure {
	fn from(error: StoreError) -> Self {
		match error {
			StoreError::BrokenOff(cause) => Self::Unreachable(cause),
			StoreError::StoodStill => Self::TooSlow,
			StoreError::WrongSize | StoreError::WrongContent => Self::Mismatch,
			other => Self::Storage(other.to_string()),
		}
	}
}

impl From<Trouble> for Failure {
	fn from(trouble: Trouble) -> Self {
		Self::Chain(trouble.to_string())
	}
}

impl From<crate::chain::Unreachable> for Failure {
	fn from(error: crate::chain::Unreachable) -> Self {
		Self::Chain(error.to_string())
	}
}

/// What other vaults are asked with. Each half is made when it is needed first.
#[derive(Default)]
pub(crate) struct Peers {
	tls: OnceLock<Client>,
	plain: OnceLock<Client>,
}

impl Peers {
	fn client(&self, address: &Url) -> Result<&Client, Failure> {
		let is_plain = address.scheme() == "http";
		let place = if is_plain { &self.plain } else { &self.tls };
		if let Some(client) = place.get() {
			return Ok(client);
		}
		// The only cryptography of the vault's TLS; an error means that it is installed already.
		let _installed = rustls::crypto::ring::default_provider().install_default().is_ok();
		let builder = Client::builder()
			.user_agent(concat!("ward-vault/", env!("CARGO_PKG_VERSION")))
			.redirect(reqwest::redirect::Policy::none())
			.connect_timeout(CONNECTING);
		let builder = match is_plain {
			// Loopback only: no proxy, and no need for the system's authorities.
			true => builder.no_proxy().tls_certs_only([]),
			false => builder.https_only(true),
		};
		let client = builder.build().map_err(|error| Failure::Unreachable(in_full(&error)))?;
		Ok(place.get_or_init(|| client))
	}
}

impl Vault {
	/// Fetches a record's content from the vault of `center`, and puts it in place once all of it is here and
	/// verified. The caller holds the record's lock.
	pub(crate) async fn fetch(
		&self,
		state: &Arc<dyn StateView>,
		center: ParticipantId,
		record: RecordId,
		expected: Expected,
	) -> Result<(), Failure> {
		let row = state.vault(center).await?;
		let row = row.ok_or_else(|| Failure::Endpoint("the center has no vault there".into()))?;
		let limits = &self.settings.limits;
		let path = format!("/v1/records/{record}/content");
		let answer = self.ask(center, &row, Method::GET, &path, None).await?;
		if answer.status() != StatusCode::OK {
			return Err(self.refusal_of(answer).await);
		}
		if answer.content_length().is_some_and(|length| length != expected.size) {
			return Err(Failure::Mismatch);
		}
		let body = timely(Body::from_stream(answer.bytes_stream()), limits.idle_timeout);
		let body = throttled(body, limits.copy_bytes_per_second);
		let slowest = limits.copy_bytes_per_second.min(limits.min_upload_bytes_per_second);
		let patience = limits.idle_timeout + Duration::from_secs(expected.size / slowest);
		timeout(patience, self.store.put(record, expected, body))
			.await
			.map_err(|_| Failure::TooSlow)??;
		self.metrics.copied_bytes.inc_by(expected.size);
		Ok(())
	}

	/// Asks the vault of `center` something that it answers in JSON, with a body in JSON if there is one.
	pub(crate) async fn ask_json<T: DeserializeOwned>(
		&self,
		center: ParticipantId,
		row: &VaultRow,
		method: Method,
		path: &str,
		body: Option<Vec<u8>>,
	) -> Result<T, Failure> {
		let answer = self.ask(center, row, method, path, body).await?;
		if !answer.status().is_success() {
			return Err(self.refusal_of(answer).await);
		}
		let reading = timeout(self.settings.limits.idle_timeout, short_body(answer)).await;
		let body = reading.map_err(|_| Failure::TooSlow)?;
		let said = body.and_then(|body| serde_json::from_slice(&body).ok());
		said.ok_or_else(|| Failure::Unreachable("its answer cannot be read".into()))
	}

	/// Sends a signed request to the vault of `center`.
	async fn ask(
		&self,
		center: ParticipantId,
		row: &VaultRow,
		method: Method,
		path: &str,
		body: Option<Vec<u8>>,
	) -> Result<Response, Failure> {
		let address = self.address_of(row, path)?;
		let digest = body.as_deref().map(content_digest);
		let genesis = self.genesis().await.map_err(|_| {
			Failure::Chain("the node does not answer; check that it runs".to_owned())
		})?;
		let parts = RequestParts {
			method: method.as_str(),
			path: address.path(),
			query: None,
			content_digest: digest.as_deref(),
			vault: center,
			genesis,
			purpose: PURPOSE,
		};
		let signed = self.receipt_key.sign_request(&parts, self.clock.now() / 1000);
		let mut request = self
			.peers
			.client(&address)?
			.request(method, address)
			.header("ward-vault", center.to_string())
			.header("ward-genesis", Hex(genesis).to_string())
			.header("ward-purpose", PURPOSE.code())
			.header("signature-input", signed.signature_input)
			.header("signature", signed.signature);
		if let (Some(body), Some(digest)) = (body, &digest) {
			let kind = "application/json";
			request = request.header("content-digest", digest).header(header::CONTENT_TYPE, kind);
			request = request.body(body);
		}
		match timeout(self.settings.limits.idle_timeout, request.send()).await {
			Ok(Ok(answer)) => Ok(answer),
			Ok(Err(error)) => Err(Failure::Unreachable(in_full(&error))),
			Err(_) => Err(Failure::Unreachable("no answer in time".into())),
		}
	}

	async fn refusal_of(&self, answer: Response) -> Failure {
		let status = answer.status();
		let reading = timeout(self.settings.limits.idle_timeout, problem_of(answer));
		let code = reading.await.ok().flatten();
		Failure::Refused(code.unwrap_or_else(|| status.to_string()))
	}

	/// Where the other vault has a path.
	fn address_of(&self, row: &VaultRow, path: &str) -> Result<Url, Failure> {
		let endpoint = String::from_utf8_lossy(&row.endpoint).into_owned();
		let mut address = match Url::parse(&endpoint) {
			Ok(address) if row.endpoint_is_valid() => address,
			_ => return Err(Failure::Endpoint(endpoint)),
		};
		if address.scheme() != "https" && !self.settings.allow_plain_http {
			let what = format!("{endpoint} is plain HTTP, which needs --allow-plain-http here");
			return Err(Failure::Endpoint(what));
		}
		let prefix = address.path().trim_end_matches('/').to_owned();
		address.set_path(&format!("{prefix}{path}"));
		Ok(address)
	}
}

/// The bytes as they come, at most so many a second.
fn throttled(
	body: impl Stream<Item = Result<Bytes, Interruption>> + Send + Unpin,
	bytes_per_second: u64,
) -> impl Stream<Item = Result<Bytes, Interruption>> + Unpin + Send {
	Box::pin(body.then(move |item| async move {
		if let Ok(bytes) = &item {
			let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
			let pause = f64::from(length) / bytes_per_second as f64;
			tokio::time::sleep(Duration::from_secs_f64(pause)).await;
		}
		item
	}))
}

/// All of a body, if it is short.
async fn short_body(answer: Response) -> Option<Vec<u8>> {
	let mut bytes = answer.bytes_stream();
	let mut body = Vec::new();
	while let Some(Ok(more)) = bytes.next().await {
		if body.len() + more.len() > MAX_ANSWER {
			return None;
		}
		body.extend_from_slice(&more);
	}
	Some(body)
}

/// The code of a refusal, if the answer is one.
async fn problem_of(answer: Response) -> Option<String> {
	let problem: Problem = serde_json::from_slice(&short_body(answer).await?).ok()?;
	let code = problem.code()?;
	// It is shown to the operator.
	let is_word = code.len() <= 40 && code.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
	is_word.then(|| code.to_owned())
}

/// An error with its causes, but without the address, which names a record.
fn in_full(error: &reqwest::Error) -> String {
	let mut words = match (error.is_connect(), error.is_timeout()) {
		(_, true) => "no answer in time".to_owned(),
		(true, _) => "no connection".to_owned(),
		_ => "the request failed".to_owned(),
	};
	let mut cause = std::error::Error::source(error);
	while let Some(error) = cause {
		words = format!("{words}: {error}");
		cause = error.source();
	}
	words
}
