//! Single leaves of content, with their paths to its root: what a storage receipt is made of.
//!
//! A path needs the chaining values of all groups of 64 KiB. Those of the leaf's own group come from its
//! bytes, the others from a file beside the content, `<id>.groups`: 32 bytes for each group, and no such file for
//! content of one group. It is derived from the content, so it is a file that may get lost, and no row of
//! the database, which must not: whatever stands in it counts only if it leads to the content's root.

use bytes::Bytes;
use futures::{StreamExt, TryFutureExt, TryStreamExt};
use object_store::{path::Path as ObjectPath, GetOptions, ObjectStoreExt, PutPayload};
use ward_primitives::{
	receipt::leaf::{self, GROUP_LEAVES},
	Digest, RecordId,
};

use super::{location, missing_is_damage, pieces, ContentStore, Expected, StoreError};

/// What the name of a file with chaining values ends in.
const SUFFIX: &str = ".groups";

/// A leaf that leads to the content's root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Leaf {
	/// Its bytes, as they are on disk.
	pub(crate) bytes: Vec<u8>,
	/// The chaining values beside its way up.
	pub(crate) path: Vec<Digest>,
}

/// Why there is no such leaf.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LeafFault {
	/// The content is missing or has another length.
	#[error("the content is missing or has another length")]
	Gone,
	/// The leaf does not lead to the root: it, its group or the file with chaining values is damaged, or
	/// the latter is missing.
	#[error("what is on disk does not lead to the content root")]
	Unproved,
	/// The disk failed.
	#[error(transparent)]
	Disk(StoreError),
}

/// The record whose chaining values lie at a path, if it is the right place for them.
pub(crate) fn record_of_groups(path: &std::path::Path) -> Option<RecordId> {
	let name = path.file_name()?.to_str()?.strip_suffix(SUFFIX)?;
	super::record_at(&path.with_file_name(name))
}

pub(super) fn location_of_groups(record: RecordId) -> ObjectPath {
	ObjectPath::from(format!("{}{SUFFIX}", location(record)))
}

impl ContentStore {
	/// Reads a leaf and its path from disk. Nothing is remembered from one time to the next.
	pub(crate) async fn leaf(
		&self,
		record: RecordId,
		expected: Expected,
		number: u64,
	) -> Result<Leaf, LeafFault> {
		let Expected { root, size } = expected;
		let group_number = number / GROUP_LEAVES;
		let place = leaf::bytes_of_group(group_number, size);
		let fault = |error| match error {
			StoreError::Damaged => LeafFault::Gone,
			other => LeafFault::Disk(other),
		};
		let group = self.read_group(record, size, place.clone()).await.map_err(fault)?;
		let groups = match leaf::groups(size) {
			// What its only group hashes to is not needed for its own path.
			1 => vec![Digest::default()],
			_ => self.groups(record).await.map_err(fault)?,
		};
		let path = leaf::path(number, size, &groups, &group).ok_or(LeafFault::Unproved)?;
		let within = leaf::bytes_of(number, size);
		let (start, end) = (within.start - place.start, within.end - place.start);
		let bytes = group[start as usize..end as usize].to_vec();
		let leaves = leaf::leaves(size);
		let value = leaf::value(number, leaves, &bytes);
		match leaf::root(number, leaves, value, &path) == Some(root) {
			true => Ok(Leaf { bytes, path }),
			false => Err(LeafFault::Unproved),
		}
	}

	/// The bytes of a group; damage if the file is missing or has another length.
	async fn read_group(
		&self,
		record: RecordId,
		size: u64,
		place: std::ops::Range<u64>,
	) -> Result<Vec<u8>, StoreError> {
		// The length first: a range beyond the end is an error of its own.
		self.check_length(record, size).await?;
		if place.is_empty() {
			return Ok(Vec::new());
		}
		let length = place.end - place.start;
		let options = GetOptions { range: Some(place.into()), ..Default::default() };
		let found =
			self.objects.get_opts(&location(record), options).map_err(missing_is_damage).await?;
		let mut bytes = pieces(found);
		let mut group = Vec::new();
		while let Some(piece) = bytes.next().await {
			group.extend_from_slice(&piece?);
		}
		match group.len() as u64 == length {
			true => Ok(group),
			false => Err(StoreError::Damaged),
		}
	}

	/// The chaining values that are kept of a record; none if there are none.
	async fn groups(&self, record: RecordId) -> Result<Vec<Digest>, StoreError> {
		let found = match self.objects.get(&location_of_groups(record)).await {
			Err(object_store::Error::NotFound { .. }) => return Ok(Vec::new()),
			found => found?,
		};
		let kept: Vec<Bytes> = pieces(found).try_collect().await?;
		let kept = kept.concat();
		let (values, rest) = kept.as_chunks::<32>();
		Ok(if rest.is_empty() { values.to_vec() } else { Vec::new() })
	}

	/// Writes down the chaining values of a record whose content is on disk.
	pub(super) async fn keep_groups(&self, record: RecordId, groups: &[Digest]) {
		if groups.len() < 2 {
			return;
		}
		let values = PutPayload::from(groups.concat());
		if let Err(cause) = self.objects.put(&location_of_groups(record), values).await {
			// No harm to the content; the scrubber writes them when there is room again.
			tracing::warn!(%cause, "the hashes of a record's groups were not written");
		}
	}

	/// Writes them anew if others are there, or none.
	pub(super) async fn mend_groups(&self, record: RecordId, groups: &[Digest]) {
		let is_kept = groups.len() < 2
			|| self.groups(record).await.is_ok_and(|kept| kept.as_slice() == groups);
		if !is_kept {
			self.keep_groups(record, groups).await;
		}
	}
}
