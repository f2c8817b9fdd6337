//! Who asks: from signed header fields (RFC 9421) to a participant on the chain.

use std::sync::Arc;

use axum::{
	extract::{FromRequest, FromRequestParts, OriginalUri, Path, Request},
	http::request::Parts,
};
use codec::DecodeAll;
use http::HeaderMap;
use serde::de::DeserializeOwned;
use ward_crypto::request::{
	content_digest, verify, RequestError, RequestParts, Verified, MAX_CLOCK_SKEW,
};
use ward_fail_points::die_at;
use ward_primitives::{
	receipt::{Challenge, MAX_CHALLENGE},
	Digest, KeyBytes, KeyRoles, Moment, ParticipantId, ParticipantRow, PurposeOfUse, RecordId,
};
use ward_vault_api::hex::Hex;

use crate::{
	body,
	chain::StateView,
	contingency::{self, Contingency},
	error::{Code, Refusal},
	trouble::Trouble,
	vault::Vault,
};

/// The participant who signed a request.
#[derive(Clone)]
pub struct Actor {
	/// Who it is.
	pub id: ParticipantId,
	/// Its row at the finalized head.
	pub row: ParticipantRow,
	/// What the request is for.
	pub purpose: PurposeOfUse,
	/// The finalized head at which the key was looked up: the decision is made at the same.
	pub finalized: Arc<dyn StateView>,
	/// The role of the key for which the request is taken.
	pub role: KeyRoles,
	key: KeyBytes,
}

impl Actor {
	/// Refuses who is not active.
	pub fn ensure_active(&self) -> Result<(), Refusal> {
		match self.row.active.contains(self.finalized.head().timestamp) {
			true => Ok(()),
			false => Err(Code::AccessDenied.into()),
		}
	}

	/// Whether the key is this participant's at `state`, too, with the same role.
	pub(crate) async fn holds_key_at(&self, state: &dyn StateView) -> Result<bool, Refusal> {
		let at = state.head().timestamp;
		Ok(holder(state, self.key, at, &[self.role]).await? == Some((self.id, self.role)))
	}
}

/// The participant who wants to read something.
#[derive(Clone)]
pub struct Reader {
	/// Who it is.
	pub actor: Actor,
	/// Contingency mode, if the request can only be served in that.
	pub contingency: Option<Contingency>,
}

/// Requests that people, devices and centers make for themselves.
const ACTORS: &[KeyRoles] = &[KeyRoles::ACT];

/// Besides these, the vaults of other centers.
const ACTORS_AND_VAULTS: &[KeyRoles] = &[KeyRoles::ACT, KeyRoles::RECEIPT];

/// The off-chain workers of authorities.
const WITNESSES: &[KeyRoles] = &[KeyRoles::WITNESS];

/// Whose key this is by `state`, and for which of `roles` it counts, if it is live from its head until
/// `at`.
async fn holder(
	state: &dyn StateView,
	key: KeyBytes,
	at: Moment,
	roles: &[KeyRoles],
) -> Result<Option<(ParticipantId, KeyRoles)>, Refusal> {
	let Some(row) = state.key(key).await? else { return Ok(None) };
	if !row.live.contains(state.head().timestamp) || !row.live.contains(at) {
		return Ok(None);
	}
	let role = roles.iter().find(|role| row.roles.contains(**role));
	Ok(role.map(|role| (row.participant, *role)))
}

/// A signed request without a body that is covered by the signature.
pub struct Signed(pub Actor);

impl FromRequestParts<Arc<Vault>> for Signed {
	type Rejection = Refusal;

	async fn from_request_parts(parts: &mut Parts, vault: &Arc<Vault>) -> Result<Self, Refusal> {
		authenticate(vault, parts, None, ACTORS).await?.in_order().map(Self)
	}
}

/// As [`Signed`], for what the vaults of other centers may ask, too.
pub struct SignedOrVault(pub Actor);

impl FromRequestParts<Arc<Vault>> for SignedOrVault {
	type Rejection = Refusal;

	async fn from_request_parts(parts: &mut Parts, vault: &Arc<Vault>) -> Result<Self, Refusal> {
		authenticate(vault, parts, None, ACTORS_AND_VAULTS).await?.in_order().map(Self)
	}
}

/// As [`Signed`], for what is served in contingency mode, too.
pub struct SignedReader(pub Reader);

impl FromRequestParts<Arc<Vault>> for SignedReader {
	type Rejection = Refusal;

	async fn from_request_parts(parts: &mut Parts, vault: &Arc<Vault>) -> Result<Self, Refusal> {
		authenticate(vault, parts, None, ACTORS).await.map(Self)
	}
}

/// As [`SignedReader`], for what other vaults may fetch, too.
pub struct SignedReaderOrVault(pub Reader);

impl FromRequestParts<Arc<Vault>> for SignedReaderOrVault {
	type Rejection = Refusal;

	async fn from_request_parts(parts: &mut Parts, vault: &Arc<Vault>) -> Result<Self, Refusal> {
		authenticate(vault, parts, None, ACTORS_AND_VAULTS).await.map(Self)
	}
}

/// A signed request with a JSON body.
pub struct SignedJson<T>(pub Actor, pub T);

impl<T: DeserializeOwned> FromRequest<Arc<Vault>> for SignedJson<T> {
	type Rejection = Refusal;

	async fn from_request(request: Request, vault: &Arc<Vault>) -> Result<Self, Refusal> {
		let (reader, value) = with_json(request, vault, ACTORS).await?;
		Ok(Self(reader.in_order()?, value))
	}
}

/// As [`SignedJson`], for what the vaults of other centers may ask, too.
pub struct SignedJsonOrVault<T>(pub Actor, pub T);

impl<T: DeserializeOwned> FromRequest<Arc<Vault>> for SignedJsonOrVault<T> {
	type Rejection = Refusal;

	async fn from_request(request: Request, vault: &Arc<Vault>) -> Result<Self, Refusal> {
		let (reader, value) = with_json(request, vault, ACTORS_AND_VAULTS).await?;
		Ok(Self(reader.in_order()?, value))
	}
}

/// As [`SignedJson`], for what is served in contingency mode, too.
pub struct SignedReaderJson<T>(pub Reader, pub T);

impl<T: DeserializeOwned> FromRequest<Arc<Vault>> for SignedReaderJson<T> {
	type Rejection = Refusal;

	async fn from_request(request: Request, vault: &Arc<Vault>) -> Result<Self, Refusal> {
		with_json(request, vault, ACTORS).await.map(|(reader, value)| Self(reader, value))
	}
}

/// The challenge of a witness, signed with its witness key.
pub struct SignedChallenge(pub Actor, pub Challenge);

impl FromRequest<Arc<Vault>> for SignedChallenge {
	type Rejection = Refusal;

	async fn from_request(request: Request, vault: &Arc<Vault>) -> Result<Self, Refusal> {
		let (reader, body) = with_body(request, vault, MAX_CHALLENGE, WITNESSES).await?;
		let challenge = Challenge::decode_all(&mut &body[..])
			.map_err(|_| Refusal::malformed("The body is no challenge in SCALE."))?;
		Ok(Self(reader.in_order()?, challenge))
	}
}

/// A signed request with a JSON body.
async fn with_json<T: DeserializeOwned>(
	request: Request,
	vault: &Vault,
	roles: &'static [KeyRoles],
) -> Result<(Reader, T), Refusal> {
	let limit = vault.settings.limits.json_bytes;
	let (reader, body) = with_body(request, vault, limit, roles).await?;
	let value = serde_json::from_slice(&body)
		.map_err(|error| Refusal::malformed(format!("The body does not parse: {error}.")))?;
	Ok((reader, value))
}

/// A signed request with a body of at most `limit` bytes.
async fn with_body(
	request: Request,
	vault: &Vault,
	limit: usize,
	roles: &'static [KeyRoles],
) -> Result<(Reader, Vec<u8>), Refusal> {
	let (parts, body) = request.into_parts();
	// Nothing is read for who has not even signed.
	signature_fields(&parts.headers)?;
	let announced = single(&parts.headers, "content-length")?.map(str::parse::<u64>);
	if announced.is_some_and(|length| length.is_ok_and(|n| n > limit as u64)) {
		return Err(Code::TooLarge.into());
	}
	let body = body::read(body, limit, vault.settings.limits.idle_timeout).await?;
	let reader = authenticate(vault, &parts, Some(&body), roles).await?;
	Ok((reader, body))
}

/// Verifies the signature, looks the key up on the chain, and uses up the nonce.
async fn authenticate(
	vault: &Vault,
	parts: &Parts,
	body: Option<&[u8]>,
	roles: &[KeyRoles],
) -> Result<Reader, Refusal> {
	let headers = &parts.headers;
	let (input, signature) = signature_fields(headers)?;
	let genesis = vault.genesis().await?;
	// As the signature covers it: without zeros or signs before it.
	if required(headers, "ward-vault")? != vault.center().to_string() {
		return Err(Code::WrongVault.into());
	}
	if digest(required(headers, "ward-genesis")?) != Some(genesis) {
		return Err(Code::WrongGenesis.into());
	}
	let purpose = PurposeOfUse::from_code(required(headers, "ward-purpose")?)
		.ok_or_else(|| Refusal::malformed("Ward-Purpose is no HL7 PurposeOfUse code of Ward."))?;
	let body_digest = body.map(content_digest);
	if body_digest.is_some() && single(headers, "content-digest")? != body_digest.as_deref() {
		return Err(Code::SignatureInvalid.into());
	}

	// The path as the requester wrote it, also where the router is nested under a prefix.
	let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |original| &original.0);
	let covered = RequestParts {
		method: parts.method.as_str(),
		path: uri.path(),
		query: uri.query(),
		content_digest: body_digest.as_deref(),
		vault: vault.center(),
		genesis,
		purpose,
	};
	let now = vault.clock.now();
	match verify(&covered, input, signature, now / 1000) {
		Ok(verified) => admit(vault, verified, purpose, roles).await,
		// Whose clock is wrong, the chain can tell.
		Err(error @ (RequestError::Expired | RequestError::FromFuture)) => {
			match vault.finalized().await {
				Err(trouble @ Trouble::Clock(_)) => Err(trouble.into()),
				_ => Err(error.into()),
			}
		},
		Err(error) => Err(error.into()),
	}
}

/// From a verified signature to a participant.
async fn admit(
	vault: &Vault,
	verified: Verified,
	purpose: PurposeOfUse,
	roles: &[KeyRoles],
) -> Result<Reader, Refusal> {
	let Verified { key, expires, nonce, .. } = verified;
	if vault.database.is_nonce_used(key, nonce.clone()).await? {
		return Err(Code::RequestReplayed.into());
	}
	let (finalized, contingency) = match vault.finalized().await {
		Ok(finalized) => (finalized, None),
		Err(trouble) if purpose == contingency::PURPOSE => {
			match vault.contingency(&trouble).await {
				Some((contingency, state)) => (state, Some(contingency)),
				None => return Err(trouble.into()),
			}
		},
		Err(trouble) => return Err(trouble.into()),
	};
	// A key that the state does not know can be newer than that in an outage: then it is closed for it.
	let unknown = contingency.map_or(Code::UnknownKey, |contingency| contingency.code);
	let at = contingency.map_or(finalized.head().timestamp, |contingency| contingency.now);
	let (id, role) = holder(finalized.as_ref(), key, at, roles).await?.ok_or(unknown)?;
	let row = finalized.participant(id).await?.ok_or(unknown)?;
	// Last, so that keys that are not on the chain cannot fill the memory. Whoever comes second with
	// the same nonce is refused here, however close the two are.
	let forget_at = expires.saturating_add(MAX_CLOCK_SKEW).saturating_mul(1000);
	if !vault.database.use_nonce(key, nonce, forget_at).await? {
		return Err(Code::RequestReplayed.into());
	}
	die_at("vault.request.nonce-stored");
	Ok(Reader { actor: Actor { id, row, purpose, finalized, role, key }, contingency })
}

impl Reader {
	/// For what is not served in contingency mode.
	pub(crate) fn in_order(self) -> Result<Actor, Refusal> {
		match self.contingency {
			None => Ok(self.actor),
			Some(contingency) => Err(contingency.code.into()),
		}
	}
}

impl From<RequestError> for Refusal {
	fn from(error: RequestError) -> Self {
		match error {
			RequestError::Missing => Code::SignatureMissing,
			RequestError::FromFuture => Code::RequestFromFuture,
			RequestError::Expired => Code::RequestExpired,
			RequestError::Malformed(_)
			| RequestError::WrongComponents { .. }
			| RequestError::LivesTooLong
			| RequestError::BadSignature => Code::SignatureInvalid,
		}
		.into()
	}
}

/// The two fields that carry a signature.
fn signature_fields(headers: &HeaderMap) -> Result<(&str, &str), Refusal> {
	let fields = single(headers, "signature-input")?.zip(single(headers, "signature")?);
	fields.ok_or(Code::SignatureMissing.into())
}

/// The value of a header field that may stand only once.
fn single<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, Refusal> {
	let mut values = headers.get_all(name).iter();
	let value = values.next().map(|value| value.to_str()).transpose();
	match (value, values.next()) {
		(Ok(value), None) => Ok(value),
		_ => Err(Refusal::malformed(format!("{name} must stand once, in ASCII."))),
	}
}

fn required<'a>(headers: &'a HeaderMap, name: &str) -> Result<&'a str, Refusal> {
	single(headers, name)?.ok_or_else(|| Refusal::malformed(format!("{name} is missing.")))
}

/// `0x` and 64 hexadecimal digits, as record ids are written.
fn digest(text: &str) -> Option<Digest> {
	text.parse::<RecordId>().ok().map(|parsed| parsed.0)
}

/// The one parameter of a path.
pub struct PathParameter(pub String);

impl<S: Send + Sync> FromRequestParts<S> for PathParameter {
	type Rejection = Refusal;

	async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
		// Percent encoding that gives no UTF-8.
		let Path(text) = Path::from_request_parts(parts, state)
			.await
			.map_err(|_| Refusal::malformed("The path is no text."))?;
		Ok(Self(text))
	}
}

/// Reads a digest from a path.
pub(crate) fn digest_in_path(text: &str) -> Result<Digest, Refusal> {
	let parsed = text.parse::<Hex<32>>();
	parsed.map(|hex| hex.0).map_err(|error| Refusal::malformed(format!("In the path: {error}.")))
}

/// Reads a record id from a path.
pub(crate) fn record_id(text: &str) -> Result<RecordId, Refusal> {
	text.parse().map_err(|error| Refusal::malformed(format!("In the path: {error}.")))
}
