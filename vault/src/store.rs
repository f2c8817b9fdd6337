//! Where ciphertext lies: one file per record, named by the record's id.
//!
//! A file appears under its name only after all of it, and its directory entry, is on disk. Until
//! then it has a temporary name, which [`ContentStore::open`] clears away. Beside content of more than one
//! group lies a second file with what a path from a leaf to the root needs: see [`leaves`].

use std::{
	io,
	os::unix::fs::FileExt,
	path::{Path, PathBuf},
	sync::Arc,
};

use bytes::Bytes;
use futures::{
	stream::{BoxStream, Stream, StreamExt, TryStreamExt},
	TryFutureExt,
};
use object_store::{
	local::LocalFileSystem, path::Path as ObjectPath, GetOptions, GetResult, GetResultPayload,
	MultipartUpload, ObjectStore, ObjectStoreExt, PutPayload,
};
use ward_fail_points::die_at;
use ward_primitives::{receipt::leaf::GroupHasher, Digest, RecordId};

use crate::body::Interruption;

mod leaves;

pub(crate) use leaves::{record_of_groups, Leaf, LeafFault};

/// How much is written to disk, and hashed, at once.
const PART_SIZE: usize = 1024 * 1024;

/// How much is read from disk at once.
const READ_SIZE: usize = 256 * 1024;

/// The name of what is written to see whether the disk takes it.
const PROBE: &str = "probe";

/// Why content could not be stored or read.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
	/// The disk, or the vault's share of it, is full.
	#[error("the disk is full; make room or move the data directory")]
	Full,
	/// The uploader's connection broke.
	#[error("the upload broke off: {0}")]
	BrokenOff(String),
	/// The uploader's bytes stopped coming.
	#[error("the upload stood still")]
	StoodStill,
	/// More or fewer bytes than announced.
	#[error("the content has another length than announced")]
	WrongSize,
	/// Other bytes than announced.
	#[error("the content has another hash than announced")]
	WrongContent,
	/// The file is missing, or has another length or hash than when it was stored.
	#[error("the stored content is damaged")]
	Damaged,
	/// The disk failed.
	#[error("the disk failed: {0}")]
	Disk(#[source] object_store::Error),
	/// The data directory cannot be used.
	#[error("the data directory cannot be used: {0}; check owner and mode")]
	Directory(#[source] io::Error),
}

impl From<Interruption> for StoreError {
	fn from(interruption: Interruption) -> Self {
		match interruption {
			Interruption::BrokenOff(cause) => Self::BrokenOff(cause),
			Interruption::StoodStill => Self::StoodStill,
		}
	}
}

impl From<object_store::Error> for StoreError {
	fn from(error: object_store::Error) -> Self {
		if is_full(&error) {
			Self::Full
		} else {
			Self::Disk(error)
		}
	}
}

/// Whether an I/O error that says "no space" is among the causes.
fn is_full(error: &object_store::Error) -> bool {
	let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
	while let Some(error) = cause {
		if let Some(io) = error.downcast_ref::<io::Error>() {
			if matches!(io.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) {
				return true;
			}
		}
		cause = error.source();
	}
	false
}

/// What the ciphertext of a record must be.
#[derive(Clone, Copy, Debug)]
pub struct Expected {
	/// BLAKE3 of all of it.
	pub root: Digest,
	/// Its length in bytes.
	pub size: u64,
}

/// The ciphertext of records, on a local disk.
#[derive(Clone)]
pub struct ContentStore {
	objects: Arc<dyn ObjectStore>,
	directory: PathBuf,
}

impl ContentStore {
	/// Opens the store in `directory`, makes the directory if need be, and removes what broken-off
	/// uploads left.
	pub fn open(directory: &Path) -> Result<Self, StoreError> {
		std::fs::create_dir_all(directory).map_err(StoreError::Directory)?;
		remove_temporary_files(directory, "").map_err(StoreError::Directory)?;
		let files = LocalFileSystem::new_with_prefix(directory)?.with_fsync(true);
		Ok(Self { objects: Arc::new(files), directory: directory.into() })
	}

	/// The same directory, with `wrap` between the store and its object store.
	#[cfg(test)]
	pub(crate) fn over(
		self,
		wrap: impl FnOnce(Arc<dyn ObjectStore>) -> Arc<dyn ObjectStore>,
	) -> Self {
		Self { objects: wrap(self.objects), ..self }
	}

	/// Stores a record's ciphertext from a stream. When this returns, it is on disk under its name;
	/// after an error nothing is left of it.
	pub async fn put(
		&self,
		record: RecordId,
		expected: Expected,
		body: impl Stream<Item = Result<Bytes, Interruption>> + Unpin,
	) -> Result<(), StoreError> {
		let mut upload = self.objects.put_multipart(&location(record)).await?;
		match receive(upload.as_mut(), expected, body).await {
			Ok(groups) => match complete(upload.as_mut()).await {
				Ok(()) => {
					self.keep_groups(record, &groups).await;
					Ok(())
				},
				Err(error) => {
					// A failed completion leaves the temporary file. No other upload of this record
					// is under way: the caller holds its lock.
					let folder = self.directory.join(&hex::encode(record.0)[..2]);
					if let Err(left) = remove_temporary_files(&folder, &hex::encode(record.0)) {
						tracing::warn!(cause = %left, "a broken-off upload was not removed");
					}
					Err(error.into())
				},
			},
			Err(error) => {
				if let Err(left) = upload.abort().await {
					tracing::warn!(cause = %left, "a broken-off upload was not removed");
				}
				Err(error)
			},
		}
	}

	/// The length of a record's file.
	pub async fn check_length(&self, record: RecordId, size: u64) -> Result<(), StoreError> {
		match self.objects.head(&location(record)).await {
			Ok(meta) if meta.size == size => Ok(()),
			Ok(_) | Err(object_store::Error::NotFound { .. }) => Err(StoreError::Damaged),
			Err(error) => Err(error.into()),
		}
	}

	/// Some of a record's ciphertext, unverified: a reader of ranges verifies what it assembles.
	pub async fn range(
		&self,
		record: RecordId,
		range: std::ops::Range<u64>,
	) -> Result<BoxStream<'static, Result<Bytes, StoreError>>, StoreError> {
		let options = GetOptions { range: Some(range.into()), ..Default::default() };
		let found =
			self.objects.get_opts(&location(record), options).map_err(missing_is_damage).await?;
		Ok(pieces(found).map_err(StoreError::from).boxed())
	}

	/// All of a record's ciphertext. The last bytes come only if the whole has the expected hash;
	/// otherwise the stream ends with [`StoreError::Damaged`].
	pub async fn whole(
		&self,
		record: RecordId,
		expected: Expected,
	) -> Result<BoxStream<'static, Result<Bytes, StoreError>>, StoreError> {
		let found = self.objects.get(&location(record)).map_err(missing_is_damage).await?;
		let check = Check::new(expected);
		let stream =
			futures::stream::unfold((pieces(found), check), |(mut bytes, mut check)| async move {
				let item = check.next(bytes.next().await)?;
				Some((item, (bytes, check)))
			});
		Ok(stream.boxed())
	}

	/// Reads all of a record's ciphertext and compares it with what it must be. What lies beside it for
	/// paths is written anew if it is missing or another one.
	pub async fn verify(&self, record: RecordId, expected: Expected) -> Result<(), StoreError> {
		let found = self.objects.get(&location(record)).map_err(missing_is_damage).await?;
		if found.meta.size != expected.size {
			return Err(StoreError::Damaged);
		}
		let (mut bytes, mut check) = (pieces(found), Check::new(expected));
		while let Some(item) = check.next(bytes.next().await) {
			item?;
		}
		self.mend_groups(record, &check.groups).await;
		Ok(())
	}

	/// Deletes a record's ciphertext, if there is any.
	pub async fn delete(&self, record: RecordId) -> Result<(), StoreError> {
		for path in [leaves::location_of_groups(record), location(record)] {
			match self.objects.delete(&path).await {
				Ok(()) | Err(object_store::Error::NotFound { .. }) => {},
				Err(error) => return Err(error.into()),
			}
		}
		Ok(())
	}

	/// Whether the disk takes a durable write now.
	pub async fn probe(&self) -> Result<(), StoreError> {
		let path = ObjectPath::from(PROBE);
		self.objects.put(&path, PutPayload::from_static(b"ward")).await?;
		self.objects.delete(&path).await.map_err(Into::into)
	}
}

fn missing_is_damage(error: object_store::Error) -> StoreError {
	match error {
		object_store::Error::NotFound { .. } => StoreError::Damaged,
		other => other.into(),
	}
}

/// What was found, piece by piece. Where it is a file, in larger pieces than the object store's own: each
/// of them costs a change of threads.
fn pieces(found: GetResult) -> BoxStream<'static, Result<Bytes, object_store::Error>> {
	match found.payload {
		GetResultPayload::File(file, _) => {
			futures::stream::try_unfold((Arc::new(file), found.range), next_piece).boxed()
		},
		GetResultPayload::Stream(stream) => stream,
	}
}

type Unread = (Arc<std::fs::File>, std::ops::Range<u64>);

/// The next piece of a file; none at its end, even if that comes too early.
async fn next_piece((file, range): Unread) -> Result<Option<(Bytes, Unread)>, object_store::Error> {
	let left = usize::try_from(range.end.saturating_sub(range.start)).unwrap_or(usize::MAX);
	let (reading, start) = (file.clone(), range.start);
	let piece = tokio::task::spawn_blocking(move || {
		let mut piece = vec![0; left.min(READ_SIZE)];
		let length = reading.read_at(&mut piece, start)?;
		piece.truncate(length);
		Ok::<_, io::Error>(piece)
	});
	let failed = |source: Box<dyn std::error::Error + Send + Sync>| object_store::Error::Generic {
		store: "vault",
		source,
	};
	let piece = piece.await.map_err(|e| failed(e.into()))?.map_err(|e| failed(e.into()))?;
	let next = start + piece.len() as u64;
	Ok((!piece.is_empty()).then(|| (piece.into(), (file, next..range.end))))
}

/// `ab/abcd…`: 256 directories keep each of them small.
fn location(record: RecordId) -> ObjectPath {
	let name = hex::encode(record.0);
	ObjectPath::from(format!("{}/{name}", &name[..2]))
}

/// The record whose ciphertext lies at a path, if it is the right place for one.
pub(crate) fn record_at(path: &Path) -> Option<RecordId> {
	let name = path.file_name()?.to_str()?;
	let folder = path.parent()?.file_name()?.to_str()?;
	let record: RecordId = format!("0x{name}").parse().ok()?;
	let is_its_place = name == hex::encode(record.0) && folder == name.get(..2)?;
	is_its_place.then_some(record)
}

/// Whether a file of this name is only there for a while: an upload under way, which ends in `#` and a
/// number, or a probe.
pub(crate) fn is_temporary(name: &str) -> bool {
	name.contains('#') || name == PROBE
}

/// Removes temporary files whose names start with `prefix`.
fn remove_temporary_files(directory: &Path, prefix: &str) -> io::Result<()> {
	for entry in std::fs::read_dir(directory)? {
		let entry = entry?;
		let name = entry.file_name().to_string_lossy().into_owned();
		if entry.file_type()?.is_dir() {
			remove_temporary_files(&entry.path(), prefix)?;
		} else if name.starts_with(prefix) && is_temporary(&name) {
			std::fs::remove_file(entry.path())?;
		}
	}
	Ok(())
}

/// Writes a body to an upload in parts, and checks length and hash. Gives back the chaining values of its
/// groups.
async fn receive(
	upload: &mut dyn MultipartUpload,
	expected: Expected,
	mut body: impl Stream<Item = Result<Bytes, Interruption>> + Unpin,
) -> Result<Vec<Digest>, StoreError> {
	let mut hasher = GroupHasher::new();
	let (mut received, mut part, mut part_size) = (0u64, Vec::new(), 0usize);
	while let Some(chunk) = body.next().await {
		let chunk = chunk?;
		received = received.saturating_add(chunk.len() as u64);
		if received > expected.size {
			return Err(StoreError::WrongSize);
		}
		hasher.update(&chunk);
		die_at("vault.upload.bytes-coming");
		part_size += chunk.len();
		part.push(chunk);
		if part_size >= PART_SIZE {
			upload.put_part(PutPayload::from_iter(part.drain(..))).await?;
			part_size = 0;
		}
	}
	if received != expected.size {
		return Err(StoreError::WrongSize);
	}
	let (root, groups) = hasher.finish();
	if root != expected.root {
		return Err(StoreError::WrongContent);
	}
	upload.put_part(PutPayload::from_iter(part)).await?;
	Ok(groups)
}

/// Syncs an upload and gives it its name.
async fn complete(upload: &mut dyn MultipartUpload) -> Result<(), object_store::Error> {
	die_at("vault.upload.bytes-written");
	upload.complete().await.map(drop)
}

/// The state of a verified read.
struct Check {
	hasher: GroupHasher,
	/// The chaining values of the content's groups, once all of it was read.
	groups: Vec<Digest>,
	seen: u64,
	expected: Expected,
	/// Whether all of it was read and is as expected.
	is_sound: bool,
	failed: bool,
}

impl Check {
	fn new(expected: Expected) -> Self {
		let hasher = GroupHasher::new();
		Self { hasher, groups: Vec::new(), seen: 0, expected, is_sound: false, failed: false }
	}

	/// What the reader gets for what came from disk; none ends the stream.
	fn next(
		&mut self,
		item: Option<Result<Bytes, object_store::Error>>,
	) -> Option<Result<Bytes, StoreError>> {
		if self.failed {
			return None;
		}
		let verdict = match item {
			Some(Ok(bytes)) => {
				self.hasher.update(&bytes);
				self.seen = self.seen.saturating_add(bytes.len() as u64);
				let is_complete = self.seen >= self.expected.size;
				(!is_complete || self.finish()).then_some(bytes).ok_or(StoreError::Damaged)
			},
			Some(Err(error)) => Err(error.into()),
			None if self.is_sound || self.finish() => return None,
			None => Err(StoreError::Damaged),
		};
		self.failed = verdict.is_err();
		Some(verdict)
	}

	/// Whether what came is all of it, and nothing else.
	fn finish(&mut self) -> bool {
		let (root, groups) = std::mem::take(&mut self.hasher).finish();
		self.groups = groups;
		self.is_sound = self.seen == self.expected.size && root == self.expected.root;
		self.is_sound
	}
}
