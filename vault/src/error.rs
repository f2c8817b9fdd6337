//! What a vault answers when it refuses: `application/problem+json` (RFC 9457).
//!
//! A refusal says nothing that its code does not say: bodies are constant, so that nobody learns
//! from one what a vault holds. Only a malformed request is explained further, from the request
//! itself.

use std::borrow::Cow;

use axum::{
	extract::Request,
	middleware::Next,
	response::{IntoResponse, Response},
	Json,
};
use http::{header, HeaderValue, StatusCode};
use ward_vault_api::problem::{Problem, TYPE_PREFIX};

/// Why a request is refused. The codes are part of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
	/// The request cannot be understood.
	MalformedRequest,
	/// The request is not signed.
	SignatureMissing,
	/// The signature does not fit the request.
	SignatureInvalid,
	/// The request's time is over.
	RequestExpired,
	/// The request was made later than now.
	RequestFromFuture,
	/// The request's nonce was used before.
	RequestReplayed,
	/// The request is meant for another vault.
	WrongVault,
	/// The request is meant for another chain.
	WrongGenesis,
	/// The signing key is no live key with the role that the request needs.
	UnknownKey,
	/// The vault does not give this to the requester, whether it exists or not.
	AccessDenied,
	/// The vault takes no records over from the center that asks.
	HandOverNotAccepted,
	/// There is no such path.
	NotFound,
	/// No sealing key with this digest is lodged here.
	SealingKeyUnknown,
	/// The record was announced before with other facts.
	DepositConflict,
	/// The vault's access log does not go on from what the chain knows of it.
	LogDiverged,
	/// The body does not come, or comes too slowly.
	TooSlow,
	/// An upload must say its length.
	LengthRequired,
	/// The body, or the announced content, is larger than the vault takes.
	TooLarge,
	/// The range lies outside the content.
	RangeNotSatisfiable,
	/// The content's hash is not the announced one.
	ContentMismatch,
	/// The content's length is not the announced one.
	SizeMismatch,
	/// The opening does not have the digest that the content names.
	OpeningMismatch,
	/// The sealing key is not the one on the chain.
	SealingKeyMismatch,
	/// The author, or those that hand over, have too much in staging.
	StagingQuotaExceeded,
	/// A fault of the vault.
	Internal,
	/// The stored content is damaged.
	ContentDamaged,
	/// The vault's node does not answer.
	ChainUnreachable,
	/// The vault's node is still catching up.
	ChainSyncing,
	/// The chain's finalized head is too old.
	ChainStalled,
	/// The node contradicts what the vault has followed.
	ChainForked,
	/// The chain goes on, but its timestamps and the vault's clock differ too much.
	ClockDiffers,
	/// The chain runs a runtime that the operator has not listed.
	RuntimeUnlisted,
	/// All slots for what is asked are taken.
	Busy,
	/// The answer would take longer than the vault allows.
	TimedOut,
	/// The disk is full.
	InsufficientStorage,
}

impl Code {
	/// All codes.
	pub const ALL: [Self; 35] = [
		Self::MalformedRequest,
		Self::SignatureMissing,
		Self::SignatureInvalid,
		Self::RequestExpired,
		Self::RequestFromFuture,
		Self::RequestReplayed,
		Self::WrongVault,
		Self::WrongGenesis,
		Self::UnknownKey,
		Self::AccessDenied,
		Self::HandOverNotAccepted,
		Self::NotFound,
		Self::SealingKeyUnknown,
		Self::DepositConflict,
		Self::LogDiverged,
		Self::TooSlow,
		Self::LengthRequired,
		Self::TooLarge,
		Self::RangeNotSatisfiable,
		Self::ContentMismatch,
		Self::SizeMismatch,
		Self::OpeningMismatch,
		Self::SealingKeyMismatch,
		Self::StagingQuotaExceeded,
		Self::Internal,
		Self::ContentDamaged,
		Self::ChainUnreachable,
		Self::ChainSyncing,
		Self::ChainStalled,
		Self::ChainForked,
		Self::ClockDiffers,
		Self::RuntimeUnlisted,
		Self::Busy,
		Self::TimedOut,
		Self::InsufficientStorage,
	];

	/// The status, the code's name in `type`, the title and the detail: cause and remedy.
	const fn text(self) -> (u16, &'static str, &'static str, &'static str) {
		match self {
			Self::MalformedRequest => (
				400,
				"malformed-request",
				"The request cannot be understood",
				"Compare the request with the vault's description at /openapi.json.",
			),
			Self::SignatureMissing => (
				401,
				"signature-missing",
				"The request is not signed",
				"Sign it with HTTP Message Signatures under the label `ward`.",
			),
			Self::SignatureInvalid => (
				401,
				"signature-invalid",
				"The signature does not fit the request",
				"Sign method, path, query, body digest, vault, genesis and purpose in this order \
				 with the key that is named, and change nothing afterwards.",
			),
			Self::RequestExpired => (
				401,
				"request-expired",
				"The request's time is over",
				"Sign a new request; check the clock if this happens again.",
			),
			Self::RequestFromFuture => (
				401,
				"request-from-future",
				"The request was made later than now",
				"Set the clock of the machine that signs.",
			),
			Self::RequestReplayed => (
				401,
				"request-replayed",
				"The request's nonce was used before",
				"Sign each request, and each retry, with a fresh random nonce.",
			),
			Self::WrongVault => (
				401,
				"wrong-vault",
				"The request is meant for another vault",
				"Ask this vault for its participant number at /v1/vault, or use the endpoint that \
				 stands on the chain.",
			),
			Self::WrongGenesis => (
				401,
				"wrong-genesis",
				"The request is meant for another chain",
				"Check which chain client and vault are connected to.",
			),
			Self::UnknownKey => (
				401,
				"unknown-key",
				"The signing key is no live key with the role that this request needs",
				"Enrol the key, or sign with one that is attached to a participant with that role, and \
				 not retired.",
			),
			Self::AccessDenied => (
				403,
				"access-denied",
				"Access is denied",
				"There is no such record here, or nothing on the chain permits this. The patient \
				 can read the reason in the access log.",
			),
			Self::HandOverNotAccepted => (
				403,
				"hand-over-not-accepted",
				"This vault takes no records over from that center",
				"Ask the operator to start it with `--accept-from` and the center's number, or hand over to \
				 another center.",
			),
			Self::NotFound => (
				404,
				"not-found",
				"There is no such path",
				"Compare method and path with the vault's description at /openapi.json.",
			),
			Self::SealingKeyUnknown => (
				404,
				"sealing-key-unknown",
				"No sealing key with this digest is lodged here",
				"Ask another vault, or its owner: `ward keys publish` lodges it.",
			),
			Self::DepositConflict => (
				409,
				"deposit-conflict",
				"The record was announced before with other facts",
				"Repeat the first announcement, or seal the content anew to make another record.",
			),
			Self::LogDiverged => (
				409,
				"log-diverged",
				"The vault's access log does not go on from what the chain knows of it",
				"The operator has been told. A log that is lost for good is begun anew on the chain by its \
				 center.",
			),
			Self::TooSlow => (
				408,
				"too-slow",
				"The body does not come, or comes more slowly than the vault waits for",
				"Send it again over a faster connection; nothing of it is kept.",
			),
			Self::LengthRequired => (
				411,
				"length-required",
				"An upload must say its length",
				"Send Content-Length with the length of the ciphertext.",
			),
			Self::TooLarge => (
				413,
				"too-large",
				"The body is larger than this vault takes",
				"Ask for the limits at /v1/vault, and split the record.",
			),
			Self::RangeNotSatisfiable => (
				416,
				"range-not-satisfiable",
				"The range lies outside the content",
				"Ask for bytes within the length that Content-Range names.",
			),
			Self::ContentMismatch => (
				422,
				"content-mismatch",
				"The content's hash is not the announced one",
				"Upload exactly the ciphertext that was announced.",
			),
			Self::SizeMismatch => (
				422,
				"size-mismatch",
				"The content's length is not the announced one",
				"Upload exactly the ciphertext that was announced.",
			),
			Self::OpeningMismatch => (
				422,
				"opening-mismatch",
				"The opening does not have the digest that the content names",
				"Send the salt and the attributes that the record was made with.",
			),
			Self::SealingKeyMismatch => (
				422,
				"sealing-key-mismatch",
				"The sealing key is not the one on the chain",
				"Send the public key whose digest stands in its owner's row.",
			),
			Self::StagingQuotaExceeded => (
				429,
				"staging-quota-exceeded",
				"There is too much in staging",
				"Anchor, or hand over, what is here, or wait until unclaimed deposits are discarded.",
			),
			Self::Internal => (
				500,
				"internal",
				"The vault has a fault",
				"Try again; if it stays, give the operator the request id in `instance`.",
			),
			Self::ContentDamaged => (
				500,
				"content-damaged",
				"The stored content is damaged",
				"Fetch the record from another custodian; the operator has been told.",
			),
			Self::ChainUnreachable => (
				503,
				"chain-unreachable",
				"The vault's node does not answer",
				"Try again later; the operator sees the cause at /readyz.",
			),
			Self::ChainSyncing => (
				503,
				"chain-syncing",
				"The vault's node is still catching up with the chain",
				"Try again later. Until then the center's own staff may be served with purpose ETREAT, if \
				 the operator allows it.",
			),
			Self::ChainStalled => (
				503,
				"chain-stalled",
				"The chain's finalized head is too old to decide on",
				"Try again when the chain finalizes blocks again. Until then the center's own staff may be \
				 served with purpose ETREAT, if the operator allows it.",
			),
			Self::ChainForked => (
				503,
				"chain-forked",
				"The vault's node contradicts the chain that the vault has followed",
				"Try again when the operator has found out who is wrong; /readyz names the block.",
			),
			Self::ClockDiffers => (
				503,
				"clock-differs",
				"The chain's time and the vault's clock differ too much",
				"Try again when the operator has set the clock.",
			),
			Self::RuntimeUnlisted => (
				503,
				"runtime-unlisted",
				"The chain runs a runtime that this vault's operator has not listed",
				"Try again when the operator has checked and listed the new runtime.",
			),
			Self::Busy => (
				503,
				"busy",
				"All slots of the vault for this are taken",
				"Try again in a few seconds.",
			),
			Self::TimedOut => (
				503,
				"timed-out",
				"The answer would take longer than the vault allows",
				"Try again later; if it stays, the operator has to look at disk and node.",
			),
			Self::InsufficientStorage => (
				507,
				"insufficient-storage",
				"The vault's disk is full",
				"Try again later, or deposit with another custodian.",
			),
		}
	}

	/// The code's name: the last part of a problem's `type`.
	pub const fn name(self) -> &'static str {
		self.text().1
	}

	/// The HTTP status that goes with it.
	pub fn status(self) -> StatusCode {
		StatusCode::from_u16(self.text().0).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
	}
}

/// A refusal on its way to the requester.
#[derive(Clone, Debug)]
pub struct Refusal {
	/// Why.
	pub code: Code,
	detail: Option<Cow<'static, str>>,
	content_length: Option<u64>,
}

impl Refusal {
	/// A request that cannot be understood, with what is wrong with it.
	pub fn malformed(detail: impl Into<Cow<'static, str>>) -> Self {
		Self { detail: Some(detail.into()), ..Code::MalformedRequest.into() }
	}

	/// A range that lies outside content of this length.
	pub fn range_not_satisfiable(length: u64) -> Self {
		Self { content_length: Some(length), ..Code::RangeNotSatisfiable.into() }
	}

	/// A fault of the vault: the operator is told `cause`, the requester is not.
	pub fn internal(cause: impl std::fmt::Display) -> Self {
		tracing::error!(%cause, "a request failed");
		Code::Internal.into()
	}
}

impl From<Code> for Refusal {
	fn from(code: Code) -> Self {
		Self { code, detail: None, content_length: None }
	}
}

impl IntoResponse for Refusal {
	/// Leaves the body to [`describe_refusals`], which knows the request's id.
	fn into_response(self) -> Response {
		let mut response = self.code.status().into_response();
		if let Some(length) = self.content_length {
			if let Ok(value) = HeaderValue::from_str(&format!("bytes */{length}")) {
				response.headers_mut().insert(header::CONTENT_RANGE, value);
			}
		}
		if self.code.status() == StatusCode::SERVICE_UNAVAILABLE {
			response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
		}
		response.extensions_mut().insert(self);
		response
	}
}

/// The identity of one request, in the answer and in the logs.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

/// Gives each request an id and each refusal its body.
pub async fn describe_refusals(mut request: Request, next: Next) -> Response {
	let id = RequestId(hex::encode(rand::random::<[u8; 8]>()));
	request.extensions_mut().insert(id.clone());
	let mut response = next.run(request).await;
	if let Some(refusal) = response.extensions().get::<Refusal>().cloned() {
		let (status, name, title, detail) = refusal.code.text();
		let body = Problem {
			kind: format!("{TYPE_PREFIX}{name}"),
			title: title.into(),
			status,
			detail: refusal.detail.as_deref().unwrap_or(detail).into(),
			instance: id.0.clone(),
		};
		let (parts, _) = response.into_parts();
		response = (parts.status, Json(body)).into_response();
		for name in [header::CONTENT_RANGE, header::RETRY_AFTER] {
			if let Some(value) = parts.headers.get(&name) {
				response.headers_mut().insert(name, value.clone());
			}
		}
		response
			.headers_mut()
			.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
		response.extensions_mut().insert(refusal);
	}
	response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
	if let Ok(value) = HeaderValue::from_str(&id.0) {
		response.headers_mut().insert("x-request-id", value);
	}
	response
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn every_code_has_a_name_of_its_own_and_an_error_status() {
		let mut names: Vec<_> = Code::ALL.iter().map(|code| code.name()).collect();
		names.sort_unstable();
		names.dedup();
		assert_eq!(names.len(), Code::ALL.len());
		for code in Code::ALL {
			let status = code.status();
			assert_eq!(status.as_u16(), code.text().0);
			assert!(status.is_client_error() || status.is_server_error(), "{}", code.name());
		}
	}
}
