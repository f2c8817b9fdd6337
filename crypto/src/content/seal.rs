//! Sealing.

use super::{
	format::{ciphertext_len, unpadded_len, ChunkCipher, CHUNK_LEN, HEADER, TAG_LEN},
	padme, ContentBytes, DataKey, Manifest, ManifestError,
};
use rand::{rngs::OsRng, RngCore, TryRngCore};
use std::io::{self, Cursor, Read};
use ward_primitives::{record::manifest_commitment, Digest};
use zeroize::{Zeroize, Zeroizing};

/// What a sealing starts from, besides the data key and the content. With the same plan, key and
/// content it yields the same ciphertext, so a journal that holds salt and manifest can repeat it.
///
/// Key and salt belong to one content: sealing another one with them would reveal both. So seal from
/// a copy that cannot change if a sealing may have to be repeated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealPlan {
	/// The commitment to the manifest, which the chain stores.
	pub commitment: Digest,
	/// 32 random bytes, used for this record only.
	pub salt: [u8; 32],
	/// The manifest's JSON bytes.
	pub manifest: Vec<u8>,
	content_len: u64,
	content_digest: Digest,
}

impl SealPlan {
	/// The plan for content that `manifest` describes, with a random salt.
	///
	/// # Panics
	/// If the operating system has no randomness to give.
	pub fn generate(manifest: &Manifest) -> Result<Self, ManifestError> {
		let mut salt = [0; 32];
		OsRng.unwrap_err().fill_bytes(&mut salt);
		Self::new(salt, manifest.to_bytes()?)
	}

	/// The plan with this salt and the JSON bytes of a manifest, for example from a journal.
	pub fn new(salt: [u8; 32], manifest: Vec<u8>) -> Result<Self, ManifestError> {
		let Manifest { length, digest, .. } = Manifest::from_bytes(&manifest)?;
		let commitment = manifest_commitment(&salt, &manifest);
		Ok(Self { commitment, salt, manifest, content_len: length, content_digest: digest })
	}

	/// The length of the content, as the manifest states it.
	pub const fn content_len(&self) -> u64 {
		self.content_len
	}

	/// The length of the ciphertext in bytes.
	pub const fn ciphertext_len(&self) -> u64 {
		ciphertext_len(self.manifest.len(), self.content_len)
	}
}

/// Why content cannot be sealed. [`Sealer`] yields it inside an [`io::Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
	/// The content is not what the manifest says, most likely because it changed meanwhile.
	#[error(
		"the content does not have the length or digest that its manifest states; seal it anew"
	)]
	ContentChanged,
}

impl From<SealError> for io::Error {
	fn from(error: SealError) -> Self {
		Self::new(io::ErrorKind::InvalidData, error)
	}
}

/// Reads content and yields its ciphertext, in constant memory.
///
/// The last chunk comes only if the content was what the manifest states: what was read before an
/// error is a truncated ciphertext, which nobody can open to the end.
pub struct Sealer<R: Read> {
	content: R,
	content_left: u64,
	/// None for a content whose digest is known, because it cannot change.
	content_hash: Option<blake3::Hasher>,
	content_digest: Digest,
	/// Salt, manifest length and manifest, and how many of their bytes are sealed already.
	preamble: Zeroizing<Vec<u8>>,
	preamble_done: usize,
	/// The plaintext bytes that are not sealed yet, with the padding.
	plaintext_left: u64,
	cipher: ChunkCipher,
	next_chunk: u64,
	/// Bytes ready to be read, and how many of them have been.
	ready: Vec<u8>,
	taken: usize,
	has_failed: bool,
}

impl Sealer<Cursor<ContentBytes>> {
	/// Starts to seal a content in memory, without hashing it once more.
	pub fn of_bytes(
		plan: &SealPlan,
		key: &DataKey,
		content: ContentBytes,
	) -> Result<Self, SealError> {
		match content.digest() == plan.content_digest {
			true => Ok(Self { content_hash: None, ..Self::new(plan, key, content.reader()) }),
			false => Err(SealError::ContentChanged),
		}
	}
}

impl<R: Read> Sealer<R> {
	/// Starts to seal `content`, which is hashed on its way: it may have changed since it was planned.
	pub fn new(plan: &SealPlan, key: &DataKey, content: R) -> Self {
		let manifest_len = u32::try_from(plan.manifest.len())
			.expect("a plan holds a manifest of at most 64 KiB; qed");
		let preamble = [&plan.salt[..], &manifest_len.to_le_bytes(), &plan.manifest].concat();
		let mut ready = Vec::with_capacity(CHUNK_LEN + TAG_LEN);
		ready.extend_from_slice(&HEADER);
		Self {
			content,
			content_left: plan.content_len,
			content_hash: Some(blake3::Hasher::new()),
			content_digest: plan.content_digest,
			preamble: Zeroizing::new(preamble),
			preamble_done: 0,
			plaintext_left: padme(unpadded_len(plan.manifest.len(), plan.content_len)),
			cipher: ChunkCipher::new(key, &plan.commitment),
			next_chunk: 0,
			ready,
			taken: 0,
			has_failed: false,
		}
	}

	/// Replaces what is ready by the next sealed chunk.
	fn seal_next_chunk(&mut self) -> io::Result<()> {
		let len = self.plaintext_left.min(CHUNK_LEN as u64);
		let is_last = len == self.plaintext_left;
		let mut chunk = std::mem::take(&mut self.ready);
		self.taken = 0;
		chunk.clear();
		chunk.resize(len as usize, 0);
		if let Err(error) = self.fill_chunk(&mut chunk, is_last) {
			chunk.zeroize();
			// Part of the content is consumed, so there is no way on from here.
			self.has_failed = true;
			return Err(error);
		}
		self.cipher.seal(self.next_chunk, is_last, &mut chunk);
		self.ready = chunk;
		self.next_chunk += 1;
		self.plaintext_left -= len;
		Ok(())
	}

	/// Fills a chunk of zeros with the next bytes of preamble and content; the rest is padding.
	fn fill_chunk(&mut self, chunk: &mut [u8], is_last: bool) -> io::Result<()> {
		let preamble = &self.preamble[self.preamble_done..];
		let (head, tail) = chunk.split_at_mut(preamble.len().min(chunk.len()));
		head.copy_from_slice(&preamble[..head.len()]);
		self.preamble_done += head.len();

		let wanted = (tail.len() as u64).min(self.content_left) as usize;
		let content = &mut tail[..wanted];
		if read_full(&mut self.content, content)? < wanted {
			return Err(SealError::ContentChanged.into());
		}
		if let Some(hash) = &mut self.content_hash {
			hash.update(content);
		}
		self.content_left -= wanted as u64;
		if is_last {
			let is_longer = read_full(&mut self.content, &mut [0])? != 0;
			let hash = self.content_hash.as_ref().map(|hash| Digest::from(hash.finalize()));
			if is_longer || hash.is_some_and(|found| found != self.content_digest) {
				return Err(SealError::ContentChanged.into());
			}
		}
		Ok(())
	}
}

/// Reads until `buffer` is full or the input ends, and returns how many bytes were read.
pub(super) fn read_full(input: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
	let mut len = 0;
	while len < buffer.len() {
		match input.read(&mut buffer[len..]) {
			Ok(0) => break,
			Ok(read) => len += read,
			Err(error) if error.kind() == io::ErrorKind::Interrupted => {},
			Err(error) => return Err(error),
		}
	}
	Ok(len)
}

impl<R: Read> Read for Sealer<R> {
	fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
		if out.is_empty() {
			return Ok(0);
		}
		if self.has_failed {
			return Err(io::Error::other("sealing failed before; start anew"));
		}
		if self.taken == self.ready.len() && self.plaintext_left > 0 {
			self.seal_next_chunk()?;
		}
		let len = out.len().min(self.ready.len() - self.taken);
		out[..len].copy_from_slice(&self.ready[self.taken..self.taken + len]);
		self.taken += len;
		Ok(len)
	}
}
