//! How an answer is kept from all but the witness that asked: HPKE (RFC 9180) in base mode, single shot,
//! with DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and ChaCha20-Poly1305, to a key made for one request.
//!
//! What is sealed is ciphertext already, and which records a center holds is on the chain. The seal keeps
//! an answer from whoever ends the TLS before the vault, and makes it worthless to another witness.

use alloc::vec::Vec;

use hpke::{
	aead::ChaCha20Poly1305,
	kdf::HkdfSha256,
	kem::{Kem, X25519HkdfSha256},
	Deserializable, OpModeR, Serializable,
};

use crate::{hash::Domain, Digest};

/// The length of the encapsulated key, which stands first.
const ENCAPSULATED_LEN: usize = 32;

/// The HPKE `info`: the tag `ward/receipt-seal/v1` and the challenge's digest.
fn info(challenge: &Digest) -> Vec<u8> {
	Domain::ReceiptSeal.message(challenge)
}

/// Seals an answer to the key that its challenge names: the encapsulated key and the ciphertext. None if
/// that is no key.
///
/// # Panics
/// If the operating system has no randomness to give.
#[cfg(feature = "std")]
pub fn seal(
	sealing_key: &[u8; 32],
	challenge: &Digest,
	answer: &impl codec::Encode,
) -> Option<Vec<u8>> {
	let public = Deserializable::from_bytes(sealing_key).ok()?;
	let (encapsulated, ciphertext) =
		hpke::single_shot_seal::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
			&hpke::OpModeS::Base,
			&public,
			&info(challenge),
			&answer.encode(),
			&[],
		)
		.ok()?;
	Some([&encapsulated.to_bytes()[..], &ciphertext].concat())
}

/// The secret half of a request's sealing key. Erased from memory when it is dropped.
pub struct Opener {
	secret: <X25519HkdfSha256 as Kem>::PrivateKey,
	public: [u8; 32],
}

impl Opener {
	/// The key with this seed, which nobody else may know and which is used once.
	pub fn new(seed: &[u8; 32]) -> Self {
		let (secret, public) = X25519HkdfSha256::derive_keypair(seed);
		let public = <[u8; 32]>::try_from(&public.to_bytes()[..])
			.expect("a public key of X25519 has 32 bytes; qed");
		Self { secret, public }
	}

	/// The public half, which the request names.
	pub const fn public(&self) -> [u8; 32] {
		self.public
	}

	/// Opens an answer; none if it was sealed to another key or for another challenge, or was altered.
	pub fn open(&self, challenge: &Digest, sealed: &[u8]) -> Option<Vec<u8>> {
		let (encapsulated, ciphertext) = sealed.split_at_checked(ENCAPSULATED_LEN)?;
		let encapsulated = Deserializable::from_bytes(encapsulated).ok()?;
		hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
			&OpModeR::Base,
			&self.secret,
			&encapsulated,
			&info(challenge),
			ciphertext,
			&[],
		)
		.ok()
	}
}
