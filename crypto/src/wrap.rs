//! Wrapped data keys: HPKE (RFC 9180) in base mode, single shot, with X-Wing, HKDF-SHA256 and
//! ChaCha20-Poly1305.

use crate::content::DataKey;
use hpke::{
	aead::ChaCha20Poly1305,
	kdf::HkdfSha256,
	kem::{Kem, XWing},
	Deserializable, OpModeR, OpModeS, Serializable,
};
use rand::{rngs::OsRng, RngCore, TryRngCore};
use serde::{Deserialize, Serialize};
use ward_primitives::{
	hash::Domain,
	participant::{SealingKey, SealingSuite},
	Digest, ParticipantId, RecordId,
};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The secret half of a sealing key: opens data keys that were wrapped to it. Erased from memory when
/// it is dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SealingSecret([u8; 32]);

impl SealingSecret {
	/// A new random secret.
	///
	/// # Panics
	/// If the operating system has no randomness to give.
	pub fn generate() -> Self {
		let mut secret = Self([0; 32]);
		OsRng.unwrap_err().fill_bytes(&mut secret.0);
		secret
	}

	/// The secret with this seed, the 32 bytes of an X-Wing decapsulation key.
	pub fn from_bytes(mut seed: [u8; 32]) -> Self {
		let secret = Self(seed);
		seed.zeroize();
		secret
	}

	/// The seed. Whoever has it can open every data key that is wrapped to this key.
	pub const fn expose(&self) -> &[u8; 32] {
		&self.0
	}

	/// The public key, 1,216 bytes.
	pub fn public_key(&self) -> Vec<u8> {
		XWing::sk_to_pk(&self.decapsulation_key()).to_bytes().to_vec()
	}

	/// The public key as the chain knows it.
	pub fn sealing_key(&self) -> SealingKey {
		SealingKey::of(SealingSuite::XWing, &self.public_key())
	}

	fn decapsulation_key(&self) -> <XWing as Kem>::PrivateKey {
		Deserializable::from_bytes(&self.0).expect("any 32 bytes are an X-Wing seed; qed")
	}
}

impl std::fmt::Debug for SealingSecret {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		f.write_str("SealingSecret(..)")
	}
}

/// What a wrapped key is bound to: it opens for nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrapContext {
	/// The hash of the chain's first block.
	pub genesis: Digest,
	/// The record whose data key it is.
	pub record: RecordId,
	/// Who may open it.
	pub recipient: ParticipantId,
}

impl WrapContext {
	/// The HPKE `info`: the tag `ward/wrap/v1` and the SCALE encoding.
	fn info(&self) -> Vec<u8> {
		Domain::Wrap.message(&(self.genesis, self.record, self.recipient))
	}
}

/// A data key, wrapped for a recipient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrappedKey {
	/// Who may open it.
	pub recipient: ParticipantId,
	/// How it is wrapped.
	pub suite: SealingSuite,
	/// The encapsulated key and the ciphertext.
	#[serde(with = "crate::wrap::base64_bytes")]
	pub sealed: Vec<u8>,
}

/// Why a data key cannot be wrapped or unwrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrapError {
	/// The recipient's public key is none of this suite.
	#[error("the recipient's sealing key is not a valid X-Wing key; have the recipient renew it")]
	InvalidPublicKey,
	/// The wrapped key has another form than its suite demands.
	#[error("the wrapped key is malformed: expected {WRAPPED_LEN} bytes")]
	Malformed,
	/// It was wrapped for somebody else.
	#[error("the key is wrapped for participant {0}")]
	OtherRecipient(ParticipantId),
	/// It opens with another secret or for another record only, or was altered.
	#[error("the wrapped key does not open with this secret for this record")]
	DoesNotOpen,
}

/// The length of the encapsulated key, which stands first in [`WrappedKey::sealed`].
const ENCAPSULATED_LEN: usize = 1_120;

/// The length of [`WrappedKey::sealed`]: the encapsulated key, the data key and its tag.
pub const WRAPPED_LEN: usize = ENCAPSULATED_LEN + 32 + 16;

/// Wraps `key` to a public sealing key.
///
/// The caller has checked that the key is the recipient's: [`SealingKey::matches`].
///
/// # Panics
/// If the operating system has no randomness to give.
pub fn wrap(key: &DataKey, to_public: &[u8], ctx: &WrapContext) -> Result<WrappedKey, WrapError> {
	let public = Deserializable::from_bytes(to_public).map_err(|_| WrapError::InvalidPublicKey)?;
	let (encapsulated, ciphertext) = hpke::single_shot_seal::<ChaCha20Poly1305, HkdfSha256, XWing>(
		&OpModeS::Base,
		&public,
		&ctx.info(),
		key.expose(),
		&[],
	)
	.map_err(|_| WrapError::InvalidPublicKey)?;
	let sealed = [&encapsulated.to_bytes()[..], &ciphertext].concat();
	Ok(WrappedKey { recipient: ctx.recipient, suite: SealingSuite::XWing, sealed })
}

/// Opens a wrapped key.
pub fn unwrap(
	wrapped: &WrappedKey,
	secret: &SealingSecret,
	ctx: &WrapContext,
) -> Result<DataKey, WrapError> {
	if wrapped.recipient != ctx.recipient {
		return Err(WrapError::OtherRecipient(wrapped.recipient));
	}
	if wrapped.sealed.len() != WRAPPED_LEN {
		return Err(WrapError::Malformed);
	}
	let (encapsulated, ciphertext) = wrapped.sealed.split_at(ENCAPSULATED_LEN);
	let encapsulated =
		Deserializable::from_bytes(encapsulated).map_err(|_| WrapError::Malformed)?;
	let opened = hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, XWing>(
		&OpModeR::Base,
		&secret.decapsulation_key(),
		&encapsulated,
		&ctx.info(),
		ciphertext,
		&[],
	);
	let opened = Zeroizing::new(opened.map_err(|_| WrapError::DoesNotOpen)?);
	let bytes = <[u8; 32]>::try_from(&opened[..]).map_err(|_| WrapError::Malformed)?;
	Ok(DataKey::from_bytes(bytes))
}

/// JSON form of a byte string: base64 with padding.
mod base64_bytes {
	use base64::{engine::general_purpose::STANDARD, Engine};
	use serde::{de::Error, Deserialize, Deserializer, Serializer};

	pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
		to.serialize_str(&STANDARD.encode(bytes))
	}

	pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
		STANDARD.decode(String::deserialize(from)?).map_err(D::Error::custom)
	}
}

#[cfg(test)]
mod tests;
