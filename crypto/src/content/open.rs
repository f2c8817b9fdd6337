//! Opening.

use super::{
	format::{unpadded_len, ChunkCipher, CHUNK_LEN, HEADER, PREAMBLE_LEN, TAG_LEN},
	padme, DataKey, Manifest, ManifestError, MAX_MANIFEST_LEN,
};
use std::io::{self, Write};
use ward_primitives::{record::manifest_commitment, Digest};
use zeroize::{Zeroize, Zeroizing};

/// Why sealed content cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
	/// It does not start like sealed content of a known version and suite.
	#[error("this is not sealed content of a version that this program knows; update ward")]
	UnknownFormat,
	/// A chunk is not what was sealed under this key for this commitment.
	#[error(
		"chunk {chunk} is not authentic: it was altered, moved or cut, or key or record are wrong"
	)]
	NotAuthentic {
		/// The chunk's number, from 0.
		chunk: u64,
	},
	/// The manifest and its salt are not those that the chain has the commitment of.
	#[error("the sealed manifest does not match the record's commitment")]
	WrongCommitment,
	/// The manifest is not one.
	#[error("the sealed manifest cannot be read")]
	Manifest(#[from] ManifestError),
	/// The ciphertext ends too early, or goes on for too long.
	#[error("the sealed content does not have the length that its manifest demands")]
	WrongLength,
	/// The content is not what the manifest states.
	#[error("the content does not have the digest that its manifest states")]
	WrongDigest,
	/// The padding holds something.
	#[error("the padding of the sealed content is not empty")]
	WrongPadding,
	/// The content could not be written out.
	#[error("the opened content could not be written")]
	Output(#[from] io::Error),
	/// Opening went on after an error.
	#[error("opening failed before; start anew")]
	FailedBefore,
}

impl From<OpenError> for io::Error {
	fn from(error: OpenError) -> Self {
		match error {
			OpenError::Output(error) => error,
			error => Self::new(io::ErrorKind::InvalidData, error),
		}
	}
}

/// Takes ciphertext in slices of any size through [`Write`] and writes the content to `W`, in
/// constant memory.
///
/// Content comes out as soon as its chunk is authentic, before the end of the ciphertext has been
/// seen: keep it aside (in a temporary file) until [`Self::finish`] has succeeded. A failed `write`
/// yields an [`io::Error`] that holds an [`OpenError`] unless it comes from `W`; afterwards nothing
/// succeeds any more.
pub struct Opener<W: Write> {
	out: W,
	cipher: ChunkCipher,
	commitment: Digest,
	/// Ciphertext that is not opened yet: the header, then at most one chunk, which may be the last.
	pending: Vec<u8>,
	has_header: bool,
	next_chunk: u64,
	body: Body,
	has_failed: bool,
}

/// How much of the plaintext has been read.
enum Body {
	/// Salt, length of the manifest and manifest: these bytes so far.
	Preamble(Zeroizing<Vec<u8>>),
	/// Content and padding.
	Content(Box<Progress>),
}

pub(super) struct Progress {
	pub(super) manifest: Manifest,
	hash: blake3::Hasher,
	content_left: u64,
	padding_left: u64,
}

impl<W: Write> Opener<W> {
	/// Starts to open the content of the record with this commitment.
	pub fn new(key: &DataKey, commitment: &Digest, out: W) -> Self {
		Self {
			out,
			cipher: ChunkCipher::new(key, commitment),
			commitment: *commitment,
			pending: Vec::with_capacity(CHUNK_LEN + TAG_LEN),
			has_header: false,
			next_chunk: 0,
			body: Body::Preamble(Zeroizing::default()),
			has_failed: false,
		}
	}

	/// Checks that the ciphertext has ended where it should and that the content is what the manifest
	/// states.
	pub fn finish(mut self) -> Result<(Manifest, W), OpenError> {
		if self.has_failed {
			return Err(OpenError::FailedBefore);
		}
		if !self.has_header {
			return Err(OpenError::UnknownFormat);
		}
		self.open_chunk(true)?;
		let Body::Content(body) = self.body else { return Err(OpenError::WrongLength) };
		if body.content_left > 0 || body.padding_left > 0 {
			return Err(OpenError::WrongLength);
		}
		if Digest::from(body.hash.finalize()) != body.manifest.digest {
			return Err(OpenError::WrongDigest);
		}
		self.out.flush()?;
		Ok((body.manifest, self.out))
	}

	fn push(&mut self, mut ciphertext: &[u8]) -> Result<(), OpenError> {
		while !ciphertext.is_empty() {
			let full = if self.has_header { CHUNK_LEN + TAG_LEN } else { HEADER.len() };
			// A full chunk is opened only once more follows: until then it may be the last.
			if self.pending.len() == full {
				self.open_chunk(false)?;
			}
			let taken = ciphertext.len().min(full - self.pending.len());
			let (now, later) = ciphertext.split_at(taken);
			self.pending.extend_from_slice(now);
			ciphertext = later;
			if !self.has_header && self.pending.len() == HEADER.len() {
				if self.pending != HEADER {
					return Err(OpenError::UnknownFormat);
				}
				self.has_header = true;
				self.pending.clear();
			}
		}
		Ok(())
	}

	/// Opens the pending chunk and takes its plaintext.
	fn open_chunk(&mut self, is_last: bool) -> Result<(), OpenError> {
		let chunk = self.next_chunk;
		let mut pending = std::mem::take(&mut self.pending);
		let outcome = match self.cipher.open(chunk, is_last, &mut pending) {
			// The protocol has no empty chunks, though this one is authentic.
			Ok([]) => Err(OpenError::WrongLength),
			Ok(plaintext) => self.take(plaintext),
			Err(_) => Err(OpenError::NotAuthentic { chunk }),
		};
		pending.zeroize();
		self.pending = pending;
		self.next_chunk += 1;
		outcome
	}

	/// Takes authentic plaintext.
	fn take(&mut self, mut plaintext: &[u8]) -> Result<(), OpenError> {
		if let Body::Preamble(preamble) = &mut self.body {
			let Some(rest) = fill_preamble(preamble, plaintext)? else { return Ok(()) };
			self.body = Body::Content(Box::new(check_preamble(preamble, &self.commitment)?));
			plaintext = rest;
		}
		let Body::Content(body) = &mut self.body else { return Ok(()) };
		let content_len = (plaintext.len() as u64).min(body.content_left);
		let (content, padding) = plaintext.split_at(content_len as usize);
		body.hash.update(content);
		body.content_left -= content_len;
		if padding.iter().any(|byte| *byte != 0) {
			return Err(OpenError::WrongPadding);
		}
		body.padding_left =
			body.padding_left.checked_sub(padding.len() as u64).ok_or(OpenError::WrongLength)?;
		Ok(self.out.write_all(content)?)
	}
}

/// Adds plaintext to the preamble; returns what is left of it once the preamble is complete.
pub(super) fn fill_preamble<'a>(
	preamble: &mut Zeroizing<Vec<u8>>,
	mut plaintext: &'a [u8],
) -> Result<Option<&'a [u8]>, OpenError> {
	let mut full = PREAMBLE_LEN;
	loop {
		if let Some(Ok(len)) = preamble.get(32..PREAMBLE_LEN).map(<[u8; 4]>::try_from) {
			let len = u32::from_le_bytes(len) as usize;
			if len > MAX_MANIFEST_LEN {
				return Err(ManifestError::TooLong(len).into());
			}
			full = PREAMBLE_LEN + len;
			if preamble.len() == full {
				return Ok(Some(plaintext));
			}
		}
		if plaintext.is_empty() {
			return Ok(None);
		}
		let (now, later) = plaintext.split_at(plaintext.len().min(full - preamble.len()));
		preamble.extend_from_slice(now);
		plaintext = later;
	}
}

/// Checks salt and manifest against the commitment.
pub(super) fn check_preamble(preamble: &[u8], commitment: &Digest) -> Result<Progress, OpenError> {
	let (head, manifest_bytes) = preamble.split_at(PREAMBLE_LEN);
	let salt: &[u8; 32] = head.first_chunk().ok_or(OpenError::WrongLength)?;
	if manifest_commitment(salt, manifest_bytes) != *commitment {
		return Err(OpenError::WrongCommitment);
	}
	let manifest = Manifest::from_bytes(manifest_bytes)?;
	let unpadded = unpadded_len(manifest_bytes.len(), manifest.length);
	Ok(Progress {
		hash: blake3::Hasher::new(),
		content_left: manifest.length,
		padding_left: padme(unpadded) - unpadded,
		manifest,
	})
}

impl<W: Write> Write for Opener<W> {
	fn write(&mut self, ciphertext: &[u8]) -> io::Result<usize> {
		if self.has_failed {
			return Err(OpenError::FailedBefore.into());
		}
		self.push(ciphertext).inspect_err(|_| self.has_failed = true)?;
		Ok(ciphertext.len())
	}

	fn flush(&mut self) -> io::Result<()> {
		self.out.flush()
	}
}
