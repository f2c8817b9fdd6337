//! The layout that sealing and opening share: header, chunks, nonces, associated data.

use super::{padme, DataKey};
use ring::aead::{Aad, LessSafeKey, Nonce, UnboundKey, CHACHA20_POLY1305, NONCE_LEN};
use ward_primitives::{hash::Domain, Digest};

/// `ward`, format version 1, suite 1 (ChaCha20-Poly1305), log2 of the chunk size, reserved.
pub(super) const HEADER: [u8; 8] = *b"ward\x01\x01\x10\x00";

/// The plaintext bytes in every chunk but the last.
pub(super) const CHUNK_LEN: usize = 1 << 16;

/// The length of a chunk's tag.
pub(super) const TAG_LEN: usize = 16;

/// The salt and the manifest's length stand before the manifest.
pub(super) const PREAMBLE_LEN: usize = 32 + 4;

/// The length of the plaintext before padding.
pub(super) const fn unpadded_len(manifest_len: usize, content_len: u64) -> u64 {
	content_len.saturating_add((PREAMBLE_LEN + manifest_len) as u64)
}

/// The length of the ciphertext; `u64::MAX` if it would not fit.
pub(super) const fn ciphertext_len(manifest_len: usize, content_len: u64) -> u64 {
	let padded = padme(unpadded_len(manifest_len, content_len));
	let tags = padded.div_ceil(CHUNK_LEN as u64).saturating_mul(TAG_LEN as u64);
	padded.saturating_add(tags).saturating_add(HEADER.len() as u64)
}

/// The AEAD of one record's chunks.
pub(super) struct ChunkCipher {
	// ring erases no key; it lives as long as one sealing or opening.
	key: LessSafeKey,
	associated: Vec<u8>,
}

/// A chunk that is not what was sealed.
pub(super) struct Forged;

impl ChunkCipher {
	pub(super) fn new(key: &DataKey, commitment: &Digest) -> Self {
		let key = UnboundKey::new(&CHACHA20_POLY1305, key.expose())
			.expect("a data key has the 32 bytes that ChaCha20-Poly1305 takes; qed");
		let associated = [Domain::Content.tag(), &HEADER, commitment].concat();
		Self { key: LessSafeKey::new(key), associated }
	}

	/// Encrypts a chunk in place and appends its tag.
	pub(super) fn seal(&self, index: u64, is_last: bool, chunk: &mut Vec<u8>) {
		let (nonce, associated) = (nonce(index, is_last), Aad::from(&self.associated));
		self.key
			.seal_in_place_append_tag(nonce, associated, chunk)
			.expect("a chunk is far shorter than what one nonce can encrypt; qed");
	}

	/// Decrypts a chunk with its tag in place and returns the plaintext.
	pub(super) fn open<'a>(
		&self,
		index: u64,
		is_last: bool,
		chunk: &'a mut [u8],
	) -> Result<&'a [u8], Forged> {
		let (nonce, associated) = (nonce(index, is_last), Aad::from(&self.associated));
		self.key.open_in_place(nonce, associated, chunk).map(|plain| &*plain).map_err(|_| Forged)
	}
}

/// The chunk's number as 11 bytes, big-endian, and whether it is the last.
fn nonce(index: u64, is_last: bool) -> Nonce {
	let mut nonce = [0; NONCE_LEN];
	nonce[3..11].copy_from_slice(&index.to_be_bytes());
	nonce[11] = is_last.into();
	Nonce::assume_unique_for_key(nonce)
}
