//! Signed requests to a vault: HTTP Message Signatures (RFC 9421) with Ed25519.

mod parse;

use base64::{engine::general_purpose::URL_SAFE_NO_PAD, Engine};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use rand::{rngs::OsRng, RngCore, TryRngCore};
pub use ward_primitives::request::{content_digest, RequestParts, SignedHeaders, MAX_LIFETIME};
use ward_primitives::{
	request::{components, signature_base, Parameters},
	KeyBytes,
};
use zeroize::Zeroize;

/// How many seconds a request may seem to be created in the future.
pub const MAX_CLOCK_SKEW: u64 = 5;

/// An Ed25519 key that signs requests, calls and receipts. Erased from memory when it is dropped.
///
/// What is signed can never be taken for something else: a request's signature base starts with a
/// quotation mark, Ward's messages with their tag, and a call's payload with the pallet's index.
#[derive(Clone)]
pub struct RequestKey(SigningKey);

impl RequestKey {
	/// A new random key.
	///
	/// # Panics
	/// If the operating system has no randomness to give.
	pub fn generate() -> Self {
		let mut seed = [0; 32];
		OsRng.unwrap_err().fill_bytes(&mut seed);
		let key = Self::from_seed(seed);
		seed.zeroize();
		key
	}

	/// The key with this seed (the secret key of RFC 8032).
	pub fn from_seed(mut seed: [u8; 32]) -> Self {
		let key = Self(SigningKey::from_bytes(&seed));
		seed.zeroize();
		key
	}

	/// The seed. Whoever has it can sign as this key.
	pub fn expose(&self) -> &[u8; 32] {
		self.0.as_bytes()
	}

	/// The public key.
	pub fn public(&self) -> KeyBytes {
		self.0.verifying_key().to_bytes()
	}

	/// Signs a message.
	pub fn sign(&self, message: &[u8]) -> [u8; 64] {
		self.0.sign(message).to_bytes()
	}
}

impl std::fmt::Debug for RequestKey {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		f.write_str("RequestKey(..)")
	}
}

/// Whether `signature` is that of `key` over `message`.
///
/// Strict: signatures in a second form and keys of small order, which would verify for more than one
/// message, are refused.
pub fn verify_signature(key: &KeyBytes, message: &[u8], signature: &[u8; 64]) -> bool {
	VerifyingKey::from_bytes(key)
		.is_ok_and(|key| key.verify_strict(message, &Signature::from_bytes(signature)).is_ok())
}

/// What a verified signature says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
	/// The key that signed.
	pub key: KeyBytes,
	/// When it was signed, in seconds since the Unix epoch.
	pub created: u64,
	/// Until when the request counts, in seconds since the Unix epoch.
	pub expires: u64,
	/// The nonce; this key may use it only once.
	pub nonce: String,
}

/// Why a signed request is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
	/// There is no signature with the label `ward`.
	#[error("the request carries no signature labelled `ward`")]
	Missing,
	/// A header field does not parse, or its parameters are not those of the protocol.
	#[error("the signature fields are malformed: {0}")]
	Malformed(&'static str),
	/// The signature covers other components, or in another order.
	#[error("the signature must cover exactly {expected}")]
	WrongComponents {
		/// The list that it must cover.
		expected: String,
	},
	/// The signature was made in the future.
	#[error("the request was created in the future; check the clock")]
	FromFuture,
	/// The request has expired.
	#[error("the request has expired; sign it anew")]
	Expired,
	/// The request is valid for longer than [`MAX_LIFETIME`].
	#[error("the request is valid for more than {MAX_LIFETIME} seconds")]
	LivesTooLong,
	/// The signature is not that of the key over these parts.
	#[error("the signature does not match the request")]
	BadSignature,
}

/// Signs a request; `created` and `expires` are seconds since the Unix epoch.
///
/// A verifier accepts a nonce of 16 to 64 characters of base64url, such as [`random_nonce`] makes.
pub fn sign(
	parts: &RequestParts<'_>,
	key: &RequestKey,
	created: u64,
	expires: u64,
	nonce: &str,
) -> SignedHeaders {
	let parameters = Parameters { created, expires, nonce: nonce.into(), key: key.public() };
	parameters.sign(parts, |base| key.sign(base))
}

/// A random nonce, 22 characters of base64url.
///
/// # Panics
/// If the operating system has no randomness to give.
pub fn random_nonce() -> String {
	let mut nonce = [0; 16];
	OsRng.unwrap_err().fill_bytes(&mut nonce);
	URL_SAFE_NO_PAD.encode(nonce)
}

/// Verifies a request at `now`, in seconds since the Unix epoch. Whether the nonce was used before
/// and whether the key counts on the chain is for the caller to check.
///
/// `signature_input` and `signature` are the values of the header fields; signatures with other
/// labels are left alone.
pub fn verify(
	parts: &RequestParts<'_>,
	signature_input: &str,
	signature: &str,
	now: u64,
) -> Result<Verified, RequestError> {
	let components = components(parts);
	if components.iter().any(|(_, value)| !is_field_text(value)) {
		return Err(RequestError::Malformed("a covered component holds a control character"));
	}
	let (input, parameters) = parse::parse_input(signature_input, &components)?;
	let signature = parse::parse_signature(signature)?;
	let Parameters { created, expires, nonce, key } = parameters;
	match expires.checked_sub(created) {
		None => return Err(RequestError::Malformed("it expires before it is created")),
		Some(lifetime) if lifetime > MAX_LIFETIME => return Err(RequestError::LivesTooLong),
		Some(_) => {},
	}
	if created > now.saturating_add(MAX_CLOCK_SKEW) {
		return Err(RequestError::FromFuture);
	}
	if expires <= now {
		return Err(RequestError::Expired);
	}
	if !verify_signature(&key, signature_base(&components, &input).as_bytes(), &signature) {
		return Err(RequestError::BadSignature);
	}
	Ok(Verified { key, created, expires, nonce })
}

/// Whether a value can stand on one line of a signature base.
fn is_field_text(value: &str) -> bool {
	value.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

#[cfg(test)]
mod tests;
