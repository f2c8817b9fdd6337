//! All of a large content: its ciphertext is fetched into the home first, so that a transfer that was
//! cut off goes on where it stopped, and no content is on disk before the whole is verified.

use std::{
	io::{Read, Write},
	path::PathBuf,
};

use ward_crypto::content::{DataKey, Manifest, OpenError, Opener};
use ward_fail_points::die_at;

use super::{
	fault::{cannot_be_written, open_error, Fault},
	partial::Partial,
	whole::{self, other_root},
	Reading,
};
use crate::{
	aside::aside,
	error::{Error, Kind, Result},
	vault,
};

/// From this length on, a ciphertext is fetched into the home first.
pub(super) const LARGE: u64 = 16 << 20;

/// How often in a row a vault may break off without having sent anything.
const ATTEMPTS: u32 = 3;

/// Fetches the ciphertext into `directory`, verifies it against the chain, and opens it.
pub(super) async fn fetch<W: Write>(
	reading: &Reading<'_>,
	directory: PathBuf,
	data_key: &DataKey,
	out: W,
) -> Result<(Manifest, W)> {
	let Reading { vault, row, record, progress, .. } = *reading;
	let size = row.content.size;
	progress.step("looking at what an earlier run has fetched");
	let opened =
		aside(progress, size, move |watch| Partial::open(&directory, record, size, watch)).await?;
	let Some(mut partial) = opened else {
		progress.warn("another ward is fetching this record; fetching it a second time");
		return whole::fetch(reading, data_key, out).await;
	};
	loop {
		complete(reading, &mut partial).await?;
		let root = partial.root();
		if root == row.content.content_root {
			break;
		}
		// Was it damaged here, or by another custodian, or is it this one's fault?
		let is_all_from_here = partial.found() == 0;
		partial.restart().map_err(cannot_be_kept)?;
		if is_all_from_here {
			let what = other_root(root, row.content.content_root);
			return Err(Fault::Custodian(what, None).into_error(vault, record));
		}
		progress.warn("what an earlier run has fetched is damaged; fetching it anew");
	}
	progress.step("opening what was verified");
	let mut opener = Opener::new(data_key, &row.content.commitment, out);
	let mut ciphertext = partial.read().map_err(cannot_be_kept)?;
	let (mut buffer, mut done) = (vec![0; 1 << 18], 0);
	loop {
		let length = ciphertext.read(&mut buffer).map_err(cannot_be_kept)?;
		if length == 0 {
			break;
		}
		opener.write_all(&buffer[..length]).map_err(|error| match open_error(error) {
			OpenError::Output(error) => cannot_be_written(error),
			error => Fault::Author(error).into_error(vault, record),
		})?;
		done += length as u64;
		progress.bytes(done, size);
		// An interrupt is heard in between.
		tokio::task::yield_now().await;
	}
	drop(ciphertext);
	let opened = opener.finish().map_err(|error| match error {
		OpenError::Output(error) => cannot_be_written(error),
		error => Fault::Author(error).into_error(vault, record),
	})?;
	partial.forget().map_err(cannot_be_kept)?;
	Ok(opened)
}

/// Fetches what is missing. Where the vault breaks off, it is asked for the rest.
async fn complete(reading: &Reading<'_>, partial: &mut Partial) -> Result<()> {
	let size = reading.row.content.size;
	let mut attempt = 1;
	while partial.length() < size {
		let before = partial.length();
		let Err(error) = fetch_rest(reading, partial).await else { continue };
		if error.code() != "transfer-broken" {
			return Err(error);
		}
		attempt = if partial.length() > before { 1 } else { attempt + 1 };
		if attempt > ATTEMPTS {
			return Err(error);
		}
		reading.progress.warn(&format!("{error}; asking for the rest"));
		tokio::time::sleep(std::time::Duration::from_secs(attempt.into())).await;
	}
	Ok(())
}

async fn fetch_rest(reading: &Reading<'_>, partial: &mut Partial) -> Result<()> {
	let Reading { vault, row, record, purpose, progress } = *reading;
	let (size, root) = (row.content.size, row.content.content_root);
	progress.step(&format!("fetching from center {}", vault.center()));
	let mut answer = match partial.length() {
		// The vault itself verifies what it sends as a whole.
		0 => vault.content(record, purpose).await?,
		from => vault.content_range(record, purpose, from..size, root).await?,
	};
	while partial.length() < size {
		let broken = || {
			reading
				.broken_off(partial.length())
				.hint("run the same command again: it goes on from there")
		};
		let chunk = match vault::next_chunk(&mut answer).await {
			Ok(Some(chunk)) => chunk,
			Ok(None) => return Err(broken()),
			Err(error) => return Err(broken().caused_by(error)),
		};
		if chunk.len() as u64 > size - partial.length() {
			let what = format!("it has more than the {size} bytes that the chain says");
			return Err(Fault::Custodian(what, None).into_error(vault, record));
		}
		partial.push(&chunk).map_err(cannot_be_kept)?;
		die_at("client.get.fetching");
		progress.bytes(partial.length(), size);
	}
	Ok(())
}

fn cannot_be_kept(error: std::io::Error) -> Error {
	Error::new(Kind::Other, "what was fetched cannot be kept in the home")
		.caused_by(error)
		.hint("make room on the disk of the home, and run it again")
}
