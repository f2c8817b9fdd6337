//! Signed requests to a vault: the bytes that a signature covers (HTTP Message Signatures, RFC 9421, section
//! 2.5), as programs without a standard library write them, too.

use alloc::{
	borrow::ToOwned,
	format,
	string::{String, ToString},
	vec,
	vec::Vec,
};

use base64::{engine::general_purpose::STANDARD, Engine};
use sp_crypto_hashing::sha2_256;

use crate::{Digest, KeyBytes, ParticipantId, PurposeOfUse, RecordId};

/// The label of Ward's signature among those that a request may carry.
pub const LABEL: &str = "ward";

/// What says that a signature is made for this protocol.
pub const TAG: &str = "ward-request/v1";

/// The algorithm's name in the registry of RFC 9421.
pub const ALGORITHM: &str = "ed25519";

/// The most seconds between a request's creation and its expiry.
pub const MAX_LIFETIME: u64 = 60;

/// What a request's signature covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestParts<'a> {
	/// The HTTP method.
	pub method: &'a str,
	/// The path as it stands in the request line, with its percent encoding.
	pub path: &'a str,
	/// The query as it stands in the request line, without its `?`.
	pub query: Option<&'a str>,
	/// The value of `Content-Digest`, if the request has one.
	pub content_digest: Option<&'a str>,
	/// The vault's center, the value of `Ward-Vault`.
	pub vault: ParticipantId,
	/// The chain, the value of `Ward-Genesis`.
	pub genesis: Digest,
	/// The purpose of use, the value of `Ward-Purpose`.
	pub purpose: PurposeOfUse,
}

/// The two header fields that carry a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedHeaders {
	/// The value of `Signature-Input`.
	pub signature_input: String,
	/// The value of `Signature`.
	pub signature: String,
}

/// The parameters of a signature that differ from request to request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameters {
	/// When it was signed, in seconds since the Unix epoch.
	pub created: u64,
	/// Until when the request counts, in seconds since the Unix epoch.
	pub expires: u64,
	/// 16 to 64 characters of base64url, which the key uses only once.
	pub nonce: String,
	/// The key that signs.
	pub key: KeyBytes,
}

/// The names and values of the components that a signature covers, in their order.
pub fn components(parts: &RequestParts<'_>) -> Vec<(&'static str, String)> {
	let path = if parts.path.is_empty() { "/" } else { parts.path };
	let mut components = vec![
		("@method", parts.method.to_owned()),
		("@path", path.to_owned()),
		("@query", format!("?{}", parts.query.unwrap_or_default())),
	];
	components.extend(parts.content_digest.map(|digest| ("content-digest", digest.to_owned())));
	components.extend([
		("ward-vault", parts.vault.to_string()),
		("ward-genesis", hex(&parts.genesis)),
		("ward-purpose", parts.purpose.code().to_owned()),
	]);
	components
}

/// The bytes that are signed: a line for each component and one for the parameters.
pub fn signature_base(components: &[(&str, String)], signature_params: &str) -> String {
	let mut base = String::new();
	for (name, value) in components {
		base += &format!("\"{name}\": {value}\n");
	}
	base + &format!("\"@signature-params\": {signature_params}")
}

/// The names of components as a list in `Signature-Input`.
pub fn list(components: &[(&str, String)]) -> String {
	let names: Vec<_> = components.iter().map(|(name, _)| format!("\"{name}\"")).collect();
	format!("({})", names.join(" "))
}

impl Parameters {
	/// The value of `@signature-params`.
	pub fn signature_params(&self, components: &[(&str, String)]) -> String {
		let Self { created, expires, nonce, key } = self;
		let names = list(components);
		format!(
			"{names};created={created};expires={expires};nonce=\"{nonce}\";alg=\"{ALGORITHM}\";\
			 keyid=\"{}\";tag=\"{TAG}\"",
			hex(key),
		)
	}

	/// Signs a request: `sign` is Ed25519 with the key that is named here.
	pub fn sign(
		&self,
		parts: &RequestParts<'_>,
		sign: impl FnOnce(&[u8]) -> [u8; 64],
	) -> SignedHeaders {
		let components = components(parts);
		let input = self.signature_params(&components);
		let signature = sign(signature_base(&components, &input).as_bytes());
		SignedHeaders {
			signature_input: format!("{LABEL}={input}"),
			signature: format!("{LABEL}=:{}:", STANDARD.encode(signature)),
		}
	}
}

/// The value of `Content-Digest` (RFC 9530) for a body: its SHA-256.
pub fn content_digest(body: &[u8]) -> String {
	format!("sha-256=:{}:", STANDARD.encode(sha2_256(body)))
}

/// `0x` and 64 hexadecimal digits.
pub fn hex(bytes: &[u8; 32]) -> String {
	RecordId(*bytes).to_string()
}
