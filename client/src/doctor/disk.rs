//! The disk of a node or a vault: its free space, and how long a write takes to be safe on it.

use std::{
	fs::{self, OpenOptions},
	io::{self, Write},
	os::unix::fs::OpenOptionsExt,
	path::{Path, PathBuf},
	time::{Duration, Instant},
};

use super::Finding;

/// How many writes are timed.
const WRITES: usize = 32;

/// How many bytes each of them writes.
const SIZE: usize = 4_096;

/// A vault signs a receipt only after the bytes are safe, so each receipt waits as long at least.
const SLOW: Duration = Duration::from_millis(20);

/// Below this, nothing may work tomorrow.
const LEAST: u64 = 1 << 30;

/// Below this, somebody should look for room.
const LITTLE: u64 = 10 << 30;

const SPACE: &str = "disk space";
const SYNC: &str = "disk sync";

/// Looks at the file system of a directory.
pub(super) async fn examine(directory: &Path) -> Vec<Finding> {
	if !directory.is_dir() {
		let found = format!("{} is no directory", directory.display());
		return vec![Finding::failed("disk", found, "name the directory of the node or the vault")];
	}
	let space = match rustix::fs::statvfs(directory) {
		Ok(file_system) => {
			let free = file_system.f_bavail.saturating_mul(file_system.f_frsize);
			let all = file_system.f_blocks.saturating_mul(file_system.f_frsize);
			judge_space(directory, free, all)
		},
		Err(error) => {
			let found = format!("{}: {error}", directory.display());
			Finding::failed(SPACE, found, "check the permissions of the directory")
		},
	};
	let path = directory.to_owned();
	let measuring = tokio::task::spawn_blocking(move || measure(&path));
	let measured = measuring.await.unwrap_or_else(|error| Err(io::Error::other(error)));
	let sync = match measured {
		Ok(times) => judge_sync(directory, times),
		Err(error) => Finding::failed(
			SYNC,
			format!("{} cannot be written to: {error}", directory.display()),
			"run this as the user of the node or the vault, and check the mount",
		),
	};
	vec![space, sync]
}

fn judge_space(directory: &Path, free: u64, all: u64) -> Finding {
	let gigabytes =
		|bytes: u64| format!("{}.{} GB", bytes / 1_000_000_000, bytes / 100_000_000 % 10);
	let found =
		format!("{} of {} free in {}", gigabytes(free), gigabytes(all), directory.display());
	let remedy = "make room, or move the directory to a larger disk before it is full";
	if free < LEAST {
		Finding::failed(SPACE, found, remedy)
	} else if free < LITTLE {
		Finding::warning(SPACE, found, remedy)
	} else {
		Finding::ok(SPACE, found)
	}
}

/// Times writes that are synced, one after the other, in a file that is deleted again.
fn measure(directory: &Path) -> io::Result<Vec<Duration>> {
	let probe = Probe(directory.join(format!(".ward-doctor-{}.probe", std::process::id())));
	let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&probe.0)?;
	let mut times = Vec::with_capacity(WRITES);
	for number in 0..WRITES {
		let content = [u8::try_from(number).unwrap_or(u8::MAX); SIZE];
		let started = Instant::now();
		file.write_all(&content)?;
		file.sync_all()?;
		times.push(started.elapsed());
	}
	Ok(times)
}

/// A file that goes when it is no longer needed.
struct Probe(PathBuf);

impl Drop for Probe {
	fn drop(&mut self) {
		if let Err(error) = fs::remove_file(&self.0) {
			tracing::debug!(%error, "the probe was not deleted");
		}
	}
}

fn judge_sync(directory: &Path, mut times: Vec<Duration>) -> Finding {
	times.sort_unstable();
	let Some((median, slowest)) = times.get(times.len() / 2).zip(times.last()) else {
		return Finding::skipped(SYNC, "nothing was measured");
	};
	let found = format!(
		"a synced write to {} takes {} (the slowest of {} took {})",
		directory.display(),
		milliseconds(*median),
		times.len(),
		milliseconds(*slowest)
	);
	match *median > SLOW {
		true => Finding::warning(
			SYNC,
			found,
			"use a local SSD with power-loss protection; network disks and SD cards are too slow",
		),
		false => Finding::ok(SYNC, found),
	}
}

fn milliseconds(span: Duration) -> String {
	format!("{:.1} ms", span.as_secs_f64() * 1_000.0)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::doctor::Verdict;

	#[test]
	fn little_space_is_told_before_there_is_none() {
		let judge = |free| judge_space(Path::new("/d"), free, 1 << 40).verdict;
		assert_eq!(judge(LITTLE), Verdict::Ok);
		assert_eq!(judge(LITTLE - 1), Verdict::Warning);
		assert_eq!(judge(LEAST - 1), Verdict::Failed);
	}

	#[test]
	fn the_median_of_the_writes_decides_and_not_the_slowest() {
		let times = |slow: usize| {
			let span = |number| Duration::from_millis(if number < slow { 900 } else { 2 });
			(0..WRITES).map(span).collect()
		};
		let judge = |slow| judge_sync(Path::new("/d"), times(slow)).verdict;
		assert_eq!(judge(1), Verdict::Ok);
		assert_eq!(judge(WRITES / 2 + 1), Verdict::Warning);
		assert_eq!(judge_sync(Path::new("/d"), vec![]).verdict, Verdict::Skipped);
	}

	#[tokio::test]
	async fn a_real_directory_is_measured_and_left_as_it_was() {
		let directory = tempfile::tempdir().unwrap();
		let findings = examine(directory.path()).await;
		let checks: Vec<_> = findings.iter().map(|finding| finding.check).collect();
		assert_eq!(checks, [SPACE, SYNC]);
		assert!(findings[1].found.contains("of 32"), "{findings:?}");
		assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
		let missing = examine(&directory.path().join("none")).await;
		assert_eq!(missing[0].verdict, Verdict::Failed);
	}
}
