//! All of a content: fetched, verified against the chain, opened.

use std::io::Write;

use ward_crypto::content::{DataKey, Manifest, OpenError, Opener};
use ward_fail_points::die_at;
use ward_primitives::RecordRow;

use super::{
	fault::{cannot_be_written, open_error, Fault},
	Reading,
};
use crate::{
	error::{Error, Kind, Result},
	hex::Hex,
	vault,
};

/// Fetches the ciphertext, opens it on the way, and verifies all of it against the chain.
pub(super) async fn fetch<W: Write>(
	reading: &Reading<'_>,
	data_key: &DataKey,
	out: W,
) -> Result<(Manifest, W)> {
	let Reading { vault, row, record, purpose, progress } = *reading;
	progress.step(&format!("fetching from center {}", vault.center()));
	let mut answer = vault.content(record, purpose).await?;
	let mut check = Check::new(row, data_key, out);
	loop {
		match vault::next_chunk(&mut answer).await {
			Ok(Some(chunk)) => {
				check.push(&chunk)?;
				die_at("client.get.fetching");
				progress.bytes(check.size, row.content.size);
				if check.size > row.content.size {
					break;
				}
			},
			Ok(None) => break,
			// A vault that finds damage on its disk while it sends breaks off.
			Err(error) if check.size < row.content.size => {
				let again = vault.content(record, purpose).await;
				return Err(match again {
					Err(known) if known.kind() == Kind::Mismatch => known,
					_ => reading
						.broken_off(check.size)
						.caused_by(error)
						.hint("try again; nothing was written"),
				});
			},
			Err(error) => return Err(vault.unreachable(error)),
		}
	}
	progress.step("verifying against the chain");
	check.finish().map_err(|fault| fault.into_error(vault, record))
}

impl Reading<'_> {
	/// The error for a transfer that ended before its end.
	pub(super) fn broken_off(&self, at: u64) -> Error {
		let what = format!(
			"center {} at {} broke off after {at} of {} bytes",
			self.vault.center(),
			self.vault.address(),
			self.row.content.size
		);
		Error::new(Kind::Vault, what).code_is("transfer-broken")
	}
}

/// Hashes and opens ciphertext side by side. A chunk that does not open does not end the hashing, so
/// that in the end it is known whose fault it is.
pub(super) struct Check<W: Write> {
	opener: Option<Opener<W>>,
	first_fault: Option<OpenError>,
	hash: blake3::Hasher,
	pub(super) size: u64,
	expected_root: [u8; 32],
	expected_size: u64,
}

impl<W: Write> Check<W> {
	pub(super) fn new(row: &RecordRow, data_key: &DataKey, out: W) -> Self {
		Self {
			opener: Some(Opener::new(data_key, &row.content.commitment, out)),
			first_fault: None,
			hash: blake3::Hasher::new(),
			size: 0,
			expected_root: row.content.content_root,
			expected_size: row.content.size,
		}
	}

	pub(super) fn push(&mut self, ciphertext: &[u8]) -> Result<()> {
		self.hash.update(ciphertext);
		self.size = self.size.saturating_add(ciphertext.len() as u64);
		let Some(opener) = &mut self.opener else { return Ok(()) };
		let Err(error) = opener.write_all(ciphertext) else { return Ok(()) };
		self.opener = None;
		match open_error(error) {
			OpenError::Output(error) => Err(cannot_be_written(error)),
			fault => {
				self.first_fault = Some(fault);
				Ok(())
			},
		}
	}

	pub(super) fn finish(mut self) -> Result<(Manifest, W), Fault> {
		let opened = match (self.opener.take(), self.first_fault.take()) {
			(Some(opener), _) => opener.finish(),
			(None, Some(fault)) => Err(fault),
			(None, None) => Err(OpenError::FailedBefore),
		};
		if self.size != self.expected_size {
			let what = format!("it has {} bytes, the chain says {}", self.size, self.expected_size);
			return Err(Fault::Custodian(what, opened.err()));
		}
		let root = *self.hash.finalize().as_bytes();
		if root != self.expected_root {
			return Err(Fault::Custodian(other_root(root, self.expected_root), opened.err()));
		}
		opened.map_err(|error| match error {
			OpenError::Output(error) => Fault::Output(error),
			error => Fault::Author(error),
		})
	}
}

/// Says that the hash is another one than the chain's.
pub(super) fn other_root(found: [u8; 32], expected: [u8; 32]) -> String {
	format!("its BLAKE3 root is {}, the chain says {}", Hex(found), Hex(expected))
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::io::Read;
	use ward_crypto::content::{hash_and_size, SealPlan, Sealer};
	use ward_primitives::{ParticipantId, RecordContent, RecordId};

	const CONTENT: &[u8] = b"what was put";

	fn sealed(content: &[u8]) -> (RecordRow, DataKey, Vec<u8>) {
		let (digest, length) = hash_and_size(content).unwrap();
		let manifest = Manifest::new("text/plain", length, digest, "1970-01-01T00:00:00Z");
		let (plan, key) = (SealPlan::generate(&manifest).unwrap(), DataKey::generate());
		let mut ciphertext = Vec::new();
		Sealer::new(&plan, &key, content).read_to_end(&mut ciphertext).unwrap();
		let content = RecordContent {
			patient: ParticipantId(1),
			author: ParticipantId(2),
			commitment: plan.commitment,
			attributes: [0; 32],
			content_root: *blake3::hash(&ciphertext).as_bytes(),
			size: ciphertext.len() as u64,
		};
		let row = RecordRow {
			content,
			author_center: None,
			custodians: Default::default(),
			anchored_at: 0,
			lineage: RecordId([0; 32]),
			supersedes: None,
			superseded_by: None,
		};
		(row, key, ciphertext)
	}

	fn check(row: &RecordRow, key: &DataKey, ciphertext: &[u8]) -> Result<Vec<u8>, Fault> {
		let mut check = Check::new(row, key, Vec::new());
		for slice in ciphertext.chunks(7) {
			check.push(slice).unwrap();
		}
		check.finish().map(|(_, out)| out)
	}

	#[test]
	fn the_content_comes_back_bit_for_bit() {
		let (row, key, ciphertext) = sealed(CONTENT);
		assert_eq!(check(&row, &key, &ciphertext).unwrap(), CONTENT);
	}

	#[test]
	fn a_flipped_byte_anywhere_is_the_custodians_fault() {
		let (row, key, ciphertext) = sealed(CONTENT);
		for place in [0, 8, ciphertext.len() / 2, ciphertext.len() - 1] {
			let mut flipped = ciphertext.clone();
			flipped[place] ^= 1;
			let fault = check(&row, &key, &flipped).unwrap_err();
			let Fault::Custodian(what, Some(_)) = fault else { panic!("{place}: {fault:?}") };
			assert!(what.contains("BLAKE3 root"));
		}
	}

	#[test]
	fn content_that_is_cut_off_or_goes_on_is_the_custodians_fault() {
		let (row, key, ciphertext) = sealed(CONTENT);
		let longer = [&ciphertext[..], b"x"].concat();
		for wrong in [&ciphertext[..ciphertext.len() - 1], &longer] {
			let fault = check(&row, &key, wrong).unwrap_err();
			let Fault::Custodian(what, _) = fault else { panic!("{fault:?}") };
			assert!(what.contains("bytes"));
		}
	}

	#[test]
	fn what_is_anchored_and_does_not_open_is_not_the_custodians_fault() {
		let (row, _, ciphertext) = sealed(CONTENT);
		let fault = check(&row, &DataKey::generate(), &ciphertext).unwrap_err();
		assert!(matches!(fault, Fault::Author(_)));
	}
}
