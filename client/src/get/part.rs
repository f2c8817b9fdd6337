//! A part of a content: nothing is fetched but the chunks that hold it.

use std::{io::Write, ops::Range};

use ward_crypto::content::{DataKey, Manifest, OpenError, PartOpener};

use super::{
	fault::{cannot_be_written, open_error, Fault},
	ByteRange, Reading,
};
use crate::{
	error::{Error, Kind, Result},
	vault,
};

/// Fetches and opens a part. Each of its chunks is verified by its tag: sealed under the record's key,
/// for the record's commitment, at this place.
pub(super) async fn fetch<W: Write>(
	reading: &Reading<'_>,
	data_key: &DataKey,
	range: ByteRange,
	out: W,
) -> Result<(Manifest, Range<u64>, W)> {
	let content = &reading.row.content;
	let fault = |error| match error {
		OpenError::Output(error) => cannot_be_written(error),
		error => Fault::Part(error).into_error(reading.vault, reading.record),
	};
	reading.progress.step(&format!("fetching from center {}", reading.vault.center()));
	let mut opener = PartOpener::new(data_key, &content.commitment, content.size).map_err(fault)?;
	while let Some(wanted) = opener.wanted_head() {
		let mut head = Vec::new();
		receive(reading, wanted, &mut head).await?;
		opener.push_head(&head).map_err(fault)?;
	}
	let manifest = opener.manifest().cloned().ok_or_else(|| fault(OpenError::WrongLength))?;
	let part = range.of(manifest.length).ok_or_else(|| {
		Error::new(
			Kind::Input,
			format!("the content has {} bytes, none of them in {range}", manifest.length),
		)
		.code_is("range-not-satisfiable")
		.hint("bytes are counted from 0")
	})?;
	let mut writer = opener.open(&part, out).map_err(fault)?;
	if let Some(wanted) = opener.wanted(&part) {
		receive(reading, wanted, &mut writer).await?;
	}
	let out = writer.finish().map_err(fault)?;
	Ok((manifest, part, out))
}

/// Passes these bytes of the ciphertext on, and no more.
async fn receive(reading: &Reading<'_>, wanted: Range<u64>, to: &mut impl Write) -> Result<()> {
	let Reading { vault, row, record, purpose, progress } = *reading;
	let total = wanted.end - wanted.start;
	let mut answer = vault.content_range(record, purpose, wanted, row.content.content_root).await?;
	let mut done = 0;
	while done < total {
		let chunk = match vault::next_chunk(&mut answer).await {
			Ok(Some(chunk)) => chunk,
			Ok(None) => {
				return Err(reading.broken_off(done).hint("try again; nothing was written"))
			},
			Err(error) => {
				return Err(reading
					.broken_off(done)
					.caused_by(error)
					.hint("try again; nothing was written"))
			},
		};
		let left = usize::try_from(total - done).unwrap_or(usize::MAX);
		let chunk = &chunk[..chunk.len().min(left)];
		to.write_all(chunk).map_err(|error| match open_error(error) {
			OpenError::Output(error) => cannot_be_written(error),
			error => Fault::Part(error).into_error(vault, record),
		})?;
		done += chunk.len() as u64;
		progress.bytes(done, total);
	}
	Ok(())
}
