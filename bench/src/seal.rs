//! Sealing and opening: how fast, compared with OpenSSL's same AEAD in the same run.

mod aead;
mod openssl;
mod pipeline;

use std::path::{Path, PathBuf};

use clap::Args;
use ring::rand::{SecureRandom, SystemRandom};
use ward_client::{
	error::{Context, Kind},
	files, Result,
};
use ward_crypto::content::ContentBytes;

use crate::{
	machine::{forget_peak_memory, peak_memory_mib, Machine, Others},
	progress::Progress,
	report::{Aim, Report},
};
use pipeline::{Measured, Record};

/// The plaintext bytes of a chunk of sealed content (docs/protocol.md §2).
const CHUNK: usize = 1 << 16;

const GB: f64 = 1e9;

/// Sealing and opening
///
/// Compares what a core seals in a second with what `openssl speed` encrypts with the same AEAD in
/// the same run: the AEAD alone, in chunks as Ward seals them, and all that `ward put` and `ward get`
/// do with a file.
#[derive(Debug, Args)]
pub(crate) struct SealArgs {
	/// How long each measuring takes at least, in seconds
	#[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=60))]
	seconds: u32,
	/// How often everything is measured; the median counts
	#[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=99))]
	rounds: u32,
	/// Lengths of content, comma-separated: bytes, or with KiB, MiB, GiB
	#[arg(long, value_delimiter = ',', value_parser = parse_size, default_value = "4KiB,1MiB,256MiB")]
	sizes: Vec<u64>,
	/// Directory for the files; on the disk that counts
	#[arg(long, value_name = "DIR", default_value = ".")]
	dir: PathBuf,
}

/// Rounds of one figure.
#[derive(Default)]
struct Rounds {
	speed: Vec<f64>,
	ratio: Vec<f64>,
}

impl Rounds {
	fn add(&mut self, bytes_per_second: f64, yardstick: f64) {
		self.speed.push(bytes_per_second / GB);
		self.ratio.push(bytes_per_second / yardstick);
	}
}

/// What was measured of one length.
#[derive(Default)]
struct OfSize {
	seal: Rounds,
	open: Rounds,
	seal_wall: Vec<f64>,
	open_wall: Vec<f64>,
	in_memory: Rounds,
	sync_share: Vec<f64>,
	memory: f64,
}

pub(crate) fn run(args: &SealArgs, machine: Machine) -> Result<Report> {
	let mut report = Report::new("seal", machine);
	let seconds = f64::from(args.seconds);
	let dir = args.dir.join("seal-files");
	files::make_private_directory(&dir)
		.context(Kind::Usage, || format!("{} cannot be made", dir.display()))?;
	let others = Others::watch([]);

	let per_round = 3 + args.sizes.len() as u64;
	let progress = Progress::new(u64::from(args.rounds) * per_round);
	let mut yardstick = Vec::new();
	let (mut seal, mut open) = (Rounds::default(), Rounds::default());
	let mut hash = [Vec::new(), Vec::new()];
	let mut of_sizes: Vec<OfSize> = args.sizes.iter().map(|_| OfSize::default()).collect();
	for _ in 0..args.rounds {
		progress.step("openssl speed");
		let openssl = openssl::bytes_per_second(CHUNK, args.seconds)?;
		yardstick.push(openssl / GB);
		progress.step("the AEAD alone");
		let (sealed, opened) = aead::bytes_per_second(CHUNK, seconds);
		seal.add(sealed, openssl);
		open.add(opened, openssl);
		progress.step("BLAKE3 alone");
		for (first, hash) in [0, 8].into_iter().zip(&mut hash) {
			hash.push(aead::hashed_bytes_per_second(first, CHUNK, seconds / 2.0) / GB);
		}
		for (size, found) in args.sizes.iter().zip(&mut of_sizes) {
			progress.step(&format!("files of {}", size_name(*size)));
			measure_size(&dir, *size, seconds, openssl, found)?;
		}
	}
	progress.end();
	std::fs::remove_dir_all(&dir)
		.context(Kind::Other, || format!("{} cannot be removed", dir.display()))?;

	report.median("openssl speed, 64 KiB blocks", yardstick, "GB/s", None);
	report.median("AEAD alone, sealing", seal.speed, "GB/s", None);
	report.median("… of openssl", seal.ratio, "", Some(Aim::AtLeast(0.7)));
	report.median("AEAD alone, opening", open.speed, "GB/s", None);
	report.median("… of openssl", open.ratio, "", Some(Aim::AtLeast(0.7)));
	let [whole, cut] = hash;
	report.median("BLAKE3 alone, 64 KiB at a time", whole, "GB/s", None);
	report.median("… after 8 bytes, so that chunks are cut", cut, "GB/s", None);
	for (size, found) in args.sizes.iter().zip(of_sizes) {
		let name = size_name(*size);
		// A small file costs what its creation costs, so only larger ones have an aim.
		let aim = (*size >= 1 << 20).then_some(Aim::AtLeast(0.4));
		report.median(format!("{name} in memory, sealing"), found.in_memory.speed, "GB/s", None);
		report.median("… of openssl", found.in_memory.ratio, "", aim);
		report.median(format!("{name} file, sealing"), found.seal.speed, "GB/s", None);
		report.median("… of openssl", found.seal.ratio, "", aim);
		report.median("… by the clock, with the disk", found.seal_wall, "GB/s", None);
		report.median("… share of fsync in that", found.sync_share, "", None);
		report.median(format!("{name} file, opening"), found.open.speed, "GB/s", None);
		report.median("… of openssl", found.open.ratio, "", aim);
		report.median("… by the clock, with the disk", found.open_wall, "GB/s", None);
		report.figure(format!("{name} file, peak memory"), found.memory, "MiB");
	}
	report.disturbed_by(others.cores());
	report.note(format!(
		"The yardstick is `openssl speed -evp chacha20-poly1305 -seconds {} -bytes {CHUNK}` of {} in \
		 each of {} rounds; the median counts, the ratios are within a round.",
		args.seconds,
		openssl::version()?,
		args.rounds
	));
	report.note(
		"Speeds are content bytes per second of CPU time (user and system) of one thread, so that what \
		 else runs hardly counts; `by the clock` is real time and includes waiting for the disk.",
	);
	report.note(
		"In memory: BLAKE3 of the content, sealing in chunks, BLAKE3 of the ciphertext; no files. \
		 Sealing a file: read it for its BLAKE3 digest, make key, salt and manifest, read it again, \
		 seal chunks, hash the ciphertext with BLAKE3, write it aside, fsync, rename, as `ward put` \
		 does. Opening: read ciphertext, hash it, open and check chunks, hash the content, write it \
		 aside, fsync, rename, as `ward get` does with what comes from the network.",
	);
	Ok(report)
}

fn measure_size(
	dir: &Path,
	size: u64,
	seconds: f64,
	yardstick: f64,
	found: &mut OfSize,
) -> Result<()> {
	let failed = || format!("a file of {} could not be sealed and opened", size_name(size));
	let path = dir.join(format!("content-{size}"));
	write_random(&path, size).context(Kind::Other, failed)?;
	forget_peak_memory().context(Kind::Other, failed)?;
	let mut record = pipeline::seal(&path, dir).context(Kind::Other, failed)?.1;
	let (mut sealing, mut opening) = (Measured::default(), Measured::default());
	while sealing.wall < seconds {
		let (measured, latest) = pipeline::seal(&path, dir).context(Kind::Other, failed)?;
		sealing.add(&measured);
		record = latest;
	}
	while opening.wall < seconds {
		opening.add(&open(&record, dir, size).context(Kind::Other, failed)?);
	}
	found.memory = found.memory.max(peak_memory_mib());
	let content = ContentBytes::from(std::fs::read(&path).context(Kind::Other, failed)?);
	std::fs::remove_file(&path).context(Kind::Other, failed)?;
	let mut in_memory = Measured::default();
	while in_memory.wall < seconds {
		in_memory.add(&pipeline::seal_in_memory(&content).context(Kind::Other, failed)?);
	}

	let bytes = |measured: &Measured| size as f64 * f64::from(measured.times);
	found.seal.add(bytes(&sealing) / sealing.cpu, yardstick);
	found.open.add(bytes(&opening) / opening.cpu, yardstick);
	found.seal_wall.push(bytes(&sealing) / sealing.wall / GB);
	found.open_wall.push(bytes(&opening) / opening.wall / GB);
	found.in_memory.add(bytes(&in_memory) / in_memory.cpu, yardstick);
	found.sync_share.push(sealing.sync_wall / sealing.wall);
	Ok(())
}

/// Opens once, and makes sure that it did open.
fn open(record: &Record, dir: &Path, size: u64) -> std::io::Result<Measured> {
	let (measured, length) = pipeline::open(record, dir)?;
	match length == size {
		true => Ok(measured),
		false => Err(std::io::Error::other("the opened content has another length")),
	}
}

/// A file that cannot be compressed.
fn write_random(path: &Path, size: u64) -> std::io::Result<()> {
	use std::io::Write;
	let random = SystemRandom::new();
	let mut block = vec![0; CHUNK];
	let mut file = std::io::BufWriter::new(std::fs::File::create(path)?);
	let mut left = size;
	while left > 0 {
		random.fill(&mut block).map_err(|_| std::io::Error::other("no randomness"))?;
		let length = left.min(CHUNK as u64) as usize;
		file.write_all(&block[..length])?;
		left -= length as u64;
	}
	file.into_inner()?.sync_all()
}

const UNITS: [(&str, u64); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];

fn parse_size(text: &str) -> Result<u64, String> {
	let (number, factor) = UNITS
		.iter()
		.find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, *factor)))
		.unwrap_or((text, 1));
	let size = number.trim().parse().ok().and_then(|n: u64| n.checked_mul(factor));
	match size {
		Some(size) if size > 0 => Ok(size),
		_ => Err("write a length such as 4KiB, 1MiB or 1000".into()),
	}
}

fn size_name(size: u64) -> String {
	let unit = UNITS.iter().find(|(_, factor)| size.is_multiple_of(*factor));
	unit.map_or_else(
		|| format!("{size} bytes"),
		|(unit, factor)| format!("{} {unit}", size / factor),
	)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn sizes_are_read_and_named() {
		for (text, size, name) in
			[("4KiB", 4096, "4 KiB"), ("1000", 1000, "1000 bytes"), ("3 MiB", 3 << 20, "3 MiB")]
		{
			assert_eq!(parse_size(text), Ok(size));
			assert_eq!(size_name(size), name);
		}
		for bad in ["", "0", "-1", "4kb", "99999999999GiB"] {
			assert!(parse_size(bad).is_err(), "{bad}");
		}
	}

	#[test]
	fn a_short_run_measures_every_size() {
		let dir = tempfile::tempdir().unwrap();
		let (mut small, mut larger) = (OfSize::default(), OfSize::default());
		measure_size(dir.path(), 4096, 0.01, 1e9, &mut small).unwrap();
		measure_size(dir.path(), 200_000, 0.01, 1e9, &mut larger).unwrap();
		for found in [small, larger] {
			assert_eq!(found.seal.ratio.len(), 1);
			assert!(found.seal_wall[0] > 0.0 && found.open_wall[0] > 0.0);
			assert!(found.in_memory.ratio.len() == 1 && found.sync_share[0] < 1.0);
		}
	}
}
