//! Requests, one after another by each of several clients.

use std::{
	collections::BTreeMap,
	time::{Duration, Instant},
};

use reqwest::{Client, RequestBuilder, Response, Url};
use ward_client::{
	error::{Context, Error, Kind},
	hex::Hex,
	moment, Result,
};
use ward_crypto::request::{random_nonce, sign, RequestKey, RequestParts};
use ward_primitives::{Digest, ParticipantId, PurposeOfUse, RecordId};

/// How long a signed request counts, in seconds.
const LIFETIME: u64 = 60;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Who signs requests to whom.
#[derive(Clone)]
pub(super) struct Signer {
	pub(super) key: RequestKey,
	pub(super) center: ParticipantId,
	pub(super) genesis: Digest,
}

/// What is read, over kept connections.
pub(super) struct Target {
	client: Client,
	url: Url,
	signer: Option<Signer>,
}

/// What came of reading for a while.
#[derive(Default)]
pub(super) struct Readings {
	/// How long each successful request took, up to the last byte.
	pub(super) times: Vec<Duration>,
	/// What else was answered, and how often.
	pub(super) errors: BTreeMap<String, u64>,
	/// For how long it was read.
	elapsed: Duration,
}

impl Readings {
	/// Successful requests per second.
	pub(super) fn per_second(&self) -> f64 {
		self.times.len() as f64 / self.elapsed.as_secs_f64()
	}
}

impl Target {
	/// A record's ciphertext in a vault.
	pub(super) fn signed(vault: &Url, record: RecordId, signer: Signer) -> Result<Self> {
		let url = vault
			.join(&format!("/v1/records/{record}/content"))
			.context(Kind::Usage, || format!("{vault} is no address of a vault"))?;
		Self::new(url, Some(signer))
	}

	/// Whatever is at an address.
	pub(super) fn unsigned(url: Url) -> Result<Self> {
		Self::new(url, None)
	}

	fn new(url: Url, signer: Option<Signer>) -> Result<Self> {
		let client = Client::builder()
			.no_proxy()
			.tls_certs_only([])
			.http1_only()
			.timeout(PATIENCE)
			.build()
			.context(Kind::Other, || "no HTTP client can be made".into())?;
		Ok(Self { client, url, signer })
	}

	fn request(&self) -> RequestBuilder {
		let request = self.client.get(self.url.clone());
		let Some(Signer { key, center, genesis }) = &self.signer else { return request };
		let purpose = PurposeOfUse::Treat;
		let parts = RequestParts {
			method: "GET",
			path: self.url.path(),
			query: None,
			content_digest: None,
			vault: *center,
			genesis: *genesis,
			purpose,
		};
		let created = moment::now() / 1_000;
		let signed = sign(&parts, key, created, created + LIFETIME, &random_nonce());
		request
			.header("ward-vault", center.to_string())
			.header("ward-genesis", Hex(*genesis).to_string())
			.header("ward-purpose", purpose.code())
			.header("signature-input", signed.signature_input)
			.header("signature", signed.signature)
	}

	/// Reads once, and compares what came with what should have come.
	pub(super) async fn check(&self, expected: &[u8]) -> Result<()> {
		let what = || format!("{} cannot be read", self.url);
		let answer = self.request().send().await.context(Kind::Vault, what)?;
		let status = answer.status();
		let body = answer.bytes().await.context(Kind::Vault, what)?;
		match status.is_success() && body == expected {
			true => Ok(()),
			false => Err(Error::new(Kind::Vault, format!("{}: {status}", what()))
				.caused_by(String::from_utf8_lossy(&body[..body.len().min(1_000)]).into_owned())),
		}
	}

	/// Reads with so many clients for a while. An answer of another length is an error.
	pub(super) async fn read_for(&self, time: Duration, clients: u32, length: usize) -> Readings {
		let started = Instant::now();
		let readers = (0..clients).map(|_| {
			let (client, url, signer) =
				(self.client.clone(), self.url.clone(), self.signer.clone());
			let target = Self { client, url, signer };
			tokio::spawn(async move { target.read_until(started + time, length).await })
		});
		let mut all = Readings::default();
		for reader in futures::future::join_all(readers).await {
			let Ok(Readings { times, errors, .. }) = reader else {
				*all.errors.entry("a reader failed".into()).or_default() += 1;
				continue;
			};
			all.times.extend(times);
			for (error, times) in errors {
				*all.errors.entry(error).or_default() += times;
			}
		}
		all.elapsed = started.elapsed();
		all
	}

	async fn read_until(&self, end: Instant, length: usize) -> Readings {
		let mut readings = Readings::default();
		while Instant::now() < end {
			let started = Instant::now();
			match self.read_once(length).await {
				Ok(()) => readings.times.push(started.elapsed()),
				Err(error) => *readings.errors.entry(error).or_default() += 1,
			}
		}
		readings
	}

	async fn read_once(&self, length: usize) -> Result<(), String> {
		let mut answer = self.request().send().await.map_err(|error| error.to_string())?;
		let status = answer.status();
		let read = drain(&mut answer).await.map_err(|error| error.to_string())?;
		match status.is_success() && read == length {
			true => Ok(()),
			false => Err(format!("{status} with {read} bytes")),
		}
	}
}

/// Takes all of a body, and says how much it was.
async fn drain(answer: &mut Response) -> reqwest::Result<usize> {
	let mut read = 0;
	while let Some(chunk) = answer.chunk().await? {
		read += chunk.len();
	}
	Ok(read)
}
