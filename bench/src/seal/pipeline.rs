//! All that `ward put` and `ward get` do with a file, apart from the network.

use std::{
	fs::File,
	io::{self, Read, Write},
	path::{Path, PathBuf},
	time::Instant,
};

use ward_client::{
	files::{NewFile, Tee},
	moment,
};
use ward_crypto::content::{
	hash_and_size, ContentBytes, DataKey, Manifest, Opener, SealPlan, Sealer,
};
use ward_primitives::Digest;

use crate::machine::thread_cpu_seconds;

/// How long something took, done so many times.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Measured {
	pub(super) times: u32,
	/// CPU seconds of the thread.
	pub(super) cpu: f64,
	/// Seconds by the clock.
	pub(super) wall: f64,
	/// Of these, for fsync and rename.
	pub(super) sync_wall: f64,
}

impl Measured {
	/// Adds what was measured once more.
	pub(super) fn add(&mut self, other: &Self) {
		self.times += other.times;
		self.cpu += other.cpu;
		self.wall += other.wall;
		self.sync_wall += other.sync_wall;
	}
}

/// A sealed file, and what opens it.
pub(super) struct Record {
	ciphertext: PathBuf,
	key: DataKey,
	commitment: Digest,
	root: Digest,
}

/// Seals a file into another one, as `ward put` seals into its spool.
pub(super) fn seal(content: &Path, dir: &Path) -> io::Result<(Measured, Record)> {
	let (started, cpu) = (Instant::now(), thread_cpu_seconds());
	let (digest, length) = File::open(content).and_then(hash_and_size)?;

	let sealed_at = moment::display(moment::now());
	let manifest = Manifest::new("application/octet-stream", length, digest, sealed_at);
	let plan = SealPlan::generate(&manifest).map_err(io::Error::other)?;
	let key = DataKey::generate();
	let ciphertext = dir.join("ciphertext");
	let mut file = NewFile::create(&ciphertext)?;
	let sealer = Sealer::new(&plan, &key, File::open(content)?);
	let (root, _) = hash_and_size(Tee::new(sealer, &mut file))?;
	let syncing = Instant::now();
	file.keep()?;
	let measured = Measured {
		times: 1,
		cpu: thread_cpu_seconds() - cpu,
		wall: started.elapsed().as_secs_f64(),
		sync_wall: syncing.elapsed().as_secs_f64(),
	};
	Ok((measured, Record { ciphertext, key, commitment: plan.commitment, root }))
}

/// Does with a content in memory what `ward put` does with FHIR, and keeps nothing.
pub(super) fn seal_in_memory(content: &ContentBytes) -> io::Result<Measured> {
	let (started, cpu) = (Instant::now(), thread_cpu_seconds());
	// What making `content` has cost.
	let (digest, length) = hash_and_size(content.as_ref())?;
	let sealed_at = moment::display(moment::now());
	let manifest = Manifest::new("application/octet-stream", length, digest, sealed_at);
	let plan = SealPlan::generate(&manifest).map_err(io::Error::other)?;
	hash_and_size(Sealer::of_bytes(&plan, &DataKey::generate(), content.clone())?)?;
	let (cpu, wall) = (thread_cpu_seconds() - cpu, started.elapsed().as_secs_f64());
	Ok(Measured { times: 1, cpu, wall, sync_wall: 0.0 })
}

/// Opens a sealed file into another one, as `ward get` opens what it downloads. Returns the length of
/// the content, too.
pub(super) fn open(record: &Record, dir: &Path) -> io::Result<(Measured, u64)> {
	/// About what a connection delivers at a time.
	const SLICE: usize = 1 << 14;
	let (started, cpu) = (Instant::now(), thread_cpu_seconds());
	let mut ciphertext = File::open(&record.ciphertext)?;
	let content = NewFile::create(&dir.join("opened"))?;
	let mut opener = Opener::new(&record.key, &record.commitment, content);
	let (mut hasher, mut buffer) = (blake3::Hasher::new(), vec![0; SLICE]);
	loop {
		let length = ciphertext.read(&mut buffer)?;
		if length == 0 {
			break;
		}
		hasher.update(&buffer[..length]);
		opener.write_all(&buffer[..length])?;
	}
	let (manifest, content) = opener.finish()?;
	if *hasher.finalize().as_bytes() != record.root {
		return Err(io::Error::other("the ciphertext has another hash"));
	}
	let syncing = Instant::now();
	content.keep()?;
	let measured = Measured {
		times: 1,
		cpu: thread_cpu_seconds() - cpu,
		wall: started.elapsed().as_secs_f64(),
		sync_wall: syncing.elapsed().as_secs_f64(),
	};
	Ok((measured, manifest.length))
}
