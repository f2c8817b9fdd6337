//! Opening a part.

use super::{
	format::{ciphertext_len, ChunkCipher, CHUNK_LEN, HEADER, PREAMBLE_LEN, TAG_LEN},
	open::{check_preamble, fill_preamble},
	DataKey, Manifest, OpenError,
};
use std::{
	io::{self, Write},
	ops::Range,
};
use ward_primitives::Digest;
use zeroize::{Zeroize, Zeroizing};

/// The ciphertext bytes in every chunk but the last.
const STRIDE: u64 = (CHUNK_LEN + TAG_LEN) as u64;

/// Opens parts of sealed content from no more of its ciphertext than the chunks that hold them.
///
/// First comes the head, which holds the manifest: push what [`Self::wanted_head`] names until it names
/// nothing. Then each part is opened from the ciphertext that [`Self::wanted`] names.
///
/// What comes out is authentic: sealed under this data key, for this commitment, at this place. It is
/// not compared with the hash of all of the ciphertext, so whoever else has the data key could have
/// made it.
pub struct PartOpener {
	cipher: ChunkCipher,
	commitment: Digest,
	/// The length of the ciphertext.
	size: u64,
	/// The number of chunks.
	count: u64,
	/// The plaintext of the first chunks.
	head: Zeroizing<Vec<u8>>,
	/// How many chunks those are.
	head_chunks: u64,
	/// The manifest, and where in the plaintext the content begins.
	found: Option<(Manifest, u64)>,
}

impl PartOpener {
	/// Starts with sealed content of which only key, commitment and the ciphertext's length are known.
	pub fn new(key: &DataKey, commitment: &Digest, size: u64) -> Result<Self, OpenError> {
		let body = size.saturating_sub(HEADER.len() as u64);
		let count = body.div_ceil(STRIDE);
		let last = body - count.saturating_sub(1) * STRIDE;
		// The greatest number stands for lengths that do not fit.
		if last <= TAG_LEN as u64 || size == u64::MAX {
			return Err(OpenError::WrongLength);
		}
		Ok(Self {
			cipher: ChunkCipher::new(key, commitment),
			commitment: *commitment,
			size,
			count,
			head: Zeroizing::default(),
			head_chunks: 0,
			found: None,
		})
	}

	/// The ciphertext that holds the next piece of the head; none once the manifest is known.
	pub fn wanted_head(&self) -> Option<Range<u64>> {
		match (self.found.is_some(), self.head_chunks) {
			(true, _) => None,
			(false, 0) => Some(0..self.ciphertext(0..1).end),
			(false, next) => Some(self.ciphertext(next..next + 1)),
		}
	}

	/// Takes the ciphertext that [`Self::wanted_head`] named.
	pub fn push_head(&mut self, ciphertext: &[u8]) -> Result<(), OpenError> {
		let wanted = self.wanted_head().ok_or(OpenError::WrongLength)?;
		if ciphertext.len() as u64 != wanted.end - wanted.start {
			return Err(OpenError::WrongLength);
		}
		let chunk = match self.head_chunks {
			0 => ciphertext.strip_prefix(&HEADER).ok_or(OpenError::UnknownFormat)?,
			_ => ciphertext,
		};
		let mut chunk = Zeroizing::new(chunk.to_vec());
		let plaintext = self.open_chunk(self.head_chunks, &mut chunk)?;
		self.head.extend_from_slice(plaintext);
		self.head_chunks += 1;

		let mut preamble = Zeroizing::default();
		if fill_preamble(&mut preamble, &self.head)?.is_none() {
			return match self.head_chunks < self.count {
				true => Ok(()),
				false => Err(OpenError::WrongLength),
			};
		}
		let manifest = check_preamble(&preamble, &self.commitment)?.manifest;
		let manifest_len = preamble.len() - PREAMBLE_LEN;
		if ciphertext_len(manifest_len, manifest.length) != self.size {
			return Err(OpenError::WrongLength);
		}
		self.found = Some((manifest, preamble.len() as u64));
		Ok(())
	}

	/// The manifest, once the head is known.
	pub fn manifest(&self) -> Option<&Manifest> {
		self.found.as_ref().map(|(manifest, _)| manifest)
	}

	/// The ciphertext that has to be had, beside the head, to open these bytes of the content; none if
	/// the head is enough.
	pub fn wanted(&self, part: &Range<u64>) -> Option<Range<u64>> {
		let chunks = self.chunks_after_head(&self.plaintext(part)?);
		(!chunks.is_empty()).then(|| self.ciphertext(chunks))
	}

	/// Opens these bytes of the content into `out`. What it wants to be written to it is the ciphertext
	/// that [`Self::wanted`] names.
	pub fn open<W: Write>(
		&self,
		part: &Range<u64>,
		mut out: W,
	) -> Result<PartWriter<'_, W>, OpenError> {
		let wanted = self.plaintext(part).ok_or(OpenError::WrongLength)?;
		out.write_all(within(&self.head, 0, &wanted))?;
		let chunks = self.chunks_after_head(&wanted);
		Ok(PartWriter { opener: self, out, wanted, chunks, pending: Vec::new(), has_failed: false })
	}

	/// Where these bytes of the content are in the plaintext; none if they are not all there.
	fn plaintext(&self, part: &Range<u64>) -> Option<Range<u64>> {
		let (manifest, begin) = self.found.as_ref()?;
		let is_inside = part.start <= part.end && part.end <= manifest.length;
		is_inside.then(|| begin + part.start..begin + part.end)
	}

	/// The chunks that hold this plaintext and do not belong to the head.
	fn chunks_after_head(&self, plaintext: &Range<u64>) -> Range<u64> {
		if plaintext.is_empty() {
			return 0..0;
		}
		let first = (plaintext.start / CHUNK_LEN as u64).max(self.head_chunks);
		first..plaintext.end.div_ceil(CHUNK_LEN as u64)
	}

	/// Where these chunks are in the ciphertext.
	fn ciphertext(&self, chunks: Range<u64>) -> Range<u64> {
		let place = |chunk: u64| chunk.saturating_mul(STRIDE).saturating_add(HEADER.len() as u64);
		place(chunks.start)..self.size.min(place(chunks.end))
	}

	fn open_chunk<'c>(&self, chunk: u64, ciphertext: &'c mut [u8]) -> Result<&'c [u8], OpenError> {
		let is_last = chunk + 1 == self.count;
		let opened = self.cipher.open(chunk, is_last, ciphertext);
		opened.map_err(|_| OpenError::NotAuthentic { chunk })
	}
}

/// Takes the ciphertext of a part in slices of any size, and writes the part.
pub struct PartWriter<'o, W> {
	opener: &'o PartOpener,
	out: W,
	/// The plaintext that is wanted.
	wanted: Range<u64>,
	/// The chunks that have not come yet, the next one first.
	chunks: Range<u64>,
	pending: Vec<u8>,
	has_failed: bool,
}

impl<W: Write> PartWriter<'_, W> {
	/// Makes sure that all of it has come.
	pub fn finish(mut self) -> Result<W, OpenError> {
		if self.has_failed {
			return Err(OpenError::FailedBefore);
		}
		if !self.chunks.is_empty() {
			return Err(OpenError::WrongLength);
		}
		self.out.flush()?;
		Ok(self.out)
	}

	fn push(&mut self, mut ciphertext: &[u8]) -> Result<(), OpenError> {
		while !ciphertext.is_empty() {
			if self.chunks.is_empty() {
				return Err(OpenError::WrongLength);
			}
			let chunk = self.chunks.start;
			let place = self.opener.ciphertext(chunk..chunk + 1);
			let full = (place.end - place.start) as usize;
			let taken = ciphertext.len().min(full - self.pending.len());
			let (now, later) = ciphertext.split_at(taken);
			self.pending.extend_from_slice(now);
			ciphertext = later;
			if self.pending.len() == full {
				self.open_pending(chunk)?;
				self.chunks.start += 1;
			}
		}
		Ok(())
	}

	fn open_pending(&mut self, chunk: u64) -> Result<(), OpenError> {
		let mut pending = std::mem::take(&mut self.pending);
		let outcome = self.opener.open_chunk(chunk, &mut pending).and_then(|plaintext| {
			let wanted = within(plaintext, chunk * CHUNK_LEN as u64, &self.wanted);
			Ok(self.out.write_all(wanted)?)
		});
		pending.zeroize();
		self.pending = pending;
		outcome
	}
}

impl<W: Write> Write for PartWriter<'_, W> {
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

/// Those of the bytes, of which the first has this place, that are wanted.
fn within<'b>(bytes: &'b [u8], place: u64, wanted: &Range<u64>) -> &'b [u8] {
	let end = place + bytes.len() as u64;
	let from = wanted.start.clamp(place, end) - place;
	let until = wanted.end.clamp(place, end) - place;
	bytes.get(from as usize..until as usize).unwrap_or_default()
}
