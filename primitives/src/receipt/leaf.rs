//! The tree of BLAKE3 over a record's ciphertext: its leaves, and the path from one to the root.
//!
//! BLAKE3 hashes chunks of 1 KiB, the leaves, to chaining values and merges these two by two; the left
//! part of a tree is the largest power of two of leaves that leaves something for the right part. With
//! the siblings on the way up, a leaf proves itself against the hash of the whole, which is the record's
//! content root.

use alloc::vec::Vec;

use blake3::{
	hazmat::{merge_subtrees_non_root, merge_subtrees_root, HasherExt, Mode},
	Hasher,
};

use crate::Digest;

/// The bytes of a leaf; the last one may be shorter.
pub const LEAF_SIZE: u64 = 1_024;

/// The leaves of a group, whose chaining values a vault keeps beside the content.
pub const GROUP_LEAVES: u64 = 64;

/// The bytes of a group; the last one may be shorter.
pub const GROUP_SIZE: u64 = GROUP_LEAVES * LEAF_SIZE;

/// The longest path: that of content of 2^44 bytes.
pub const MAX_PATH: u32 = 34;

/// How many leaves content of `size` bytes has: at least one.
pub const fn leaves(size: u64) -> u64 {
	match size.div_ceil(LEAF_SIZE) {
		0 => 1,
		leaves => leaves,
	}
}

/// How many groups content of `size` bytes has: at least one.
pub const fn groups(size: u64) -> u64 {
	leaves(size).div_ceil(GROUP_LEAVES)
}

/// Where a leaf lies in content of `size` bytes.
pub const fn bytes_of(leaf: u64, size: u64) -> core::ops::Range<u64> {
	clamped(leaf, LEAF_SIZE, size)
}

/// Where the group with this number lies in content of `size` bytes.
pub const fn bytes_of_group(group: u64, size: u64) -> core::ops::Range<u64> {
	clamped(group, GROUP_SIZE, size)
}

const fn clamped(number: u64, length: u64, size: u64) -> core::ops::Range<u64> {
	let start = number.saturating_mul(length);
	let end = start.saturating_add(length);
	start..if end < size { end } else { size }
}

/// The chaining value of a leaf; that of an only leaf is the root itself.
pub fn value(leaf: u64, leaves: u64, bytes: &[u8]) -> Digest {
	match leaves {
		1 => *blake3::hash(bytes).as_bytes(),
		_ => subtree(leaf, bytes),
	}
}

/// The chaining value of the leaves from `first` on that are `bytes`, a whole subtree but not the root.
fn subtree(first: u64, bytes: &[u8]) -> Digest {
	let mut hasher = Hasher::new();
	hasher.set_input_offset(first.saturating_mul(LEAF_SIZE));
	hasher.update(bytes).finalize_non_root()
}

/// The number of leaves in the left part of a tree of `count`, which has at least two.
const fn left_part(count: u64) -> u64 {
	1 << (count - 1).ilog2()
}

/// The root to which a leaf's chaining value and its path, the siblings from the leaf up, lead. None
/// where the path has another length than the leaf's place demands.
pub fn root(leaf: u64, leaves: u64, value: Digest, path: &[Digest]) -> Option<Digest> {
	if leaf >= leaves {
		return None;
	}
	// From the root down: on which side of each node the leaf lies.
	let (mut first, mut count, mut is_left) = (0, leaves, Vec::new());
	while count > 1 {
		let left = left_part(count);
		is_left.push(leaf < first + left);
		(first, count) =
			if leaf < first + left { (first, left) } else { (first + left, count - left) };
	}
	if path.len() != is_left.len() {
		return None;
	}
	let top = path.len();
	let steps = path.iter().zip(is_left.iter().rev()).enumerate();
	Some(steps.fold(value, |value, (step, (sibling, is_left))| {
		let (left, right) = if *is_left { (&value, sibling) } else { (sibling, &value) };
		match step + 1 == top {
			true => *merge_subtrees_root(left, right, Mode::Hash).as_bytes(),
			false => merge_subtrees_non_root(left, right, Mode::Hash),
		}
	}))
}

/// The siblings of a leaf from the leaf up, out of the bytes of its group and the chaining values of all
/// groups. None where these are not as many as content of `size` bytes has.
pub fn path(leaf: u64, size: u64, groups: &[Digest], group: &[u8]) -> Option<Vec<Digest>> {
	let number = leaf / GROUP_LEAVES;
	let place = bytes_of_group(number, size);
	let fits = leaf < leaves(size)
		&& groups.len() as u64 == self::groups(size)
		&& group.len() as u64 == place.end.checked_sub(place.start)?;
	if !fits {
		return None;
	}
	let mut path = Vec::new();
	let above = siblings(number, groups.len() as u64, &mut |first, count| {
		let range = first as usize..(first + count) as usize;
		merged(&groups[range])
	});
	let first_leaf = number * GROUP_LEAVES;
	let count = leaves(group.len() as u64);
	path.extend(siblings(leaf - first_leaf, count, &mut |first, count| {
		let bytes = bytes_of(first, group.len() as u64).start
			..bytes_of(first + count - 1, group.len() as u64).end;
		subtree(first_leaf + first, &group[bytes.start as usize..bytes.end as usize])
	}));
	path.extend(above);
	Some(path)
}

/// The chaining values beside a leaf's way up through a tree of `count`, from below, where `value` gives
/// that of a subtree by its first leaf and their number.
fn siblings(leaf: u64, count: u64, value: &mut dyn FnMut(u64, u64) -> Digest) -> Vec<Digest> {
	let (mut first, mut count, mut siblings) = (0, count, Vec::new());
	while count > 1 {
		let left = left_part(count);
		if leaf < first + left {
			siblings.push(value(first + left, count - left));
			count = left;
		} else {
			siblings.push(value(first, left));
			(first, count) = (first + left, count - left);
		}
	}
	siblings.reverse();
	siblings
}

/// The chaining value over those of neighbours, at least one.
fn merged(values: &[Digest]) -> Digest {
	match values {
		[] => Digest::default(),
		[only] => *only,
		_ => {
			let (left, right) = values.split_at(left_part(values.len() as u64) as usize);
			merge_subtrees_non_root(&merged(left), &merged(right), Mode::Hash)
		},
	}
}

/// Hashes content that comes in pieces: its root, and the chaining value of each of its groups.
pub struct GroupHasher {
	group: Hasher,
	/// How many bytes of the present group are hashed.
	filled: u64,
	values: Vec<Digest>,
}

impl Default for GroupHasher {
	fn default() -> Self {
		Self::new()
	}
}

impl GroupHasher {
	/// A hasher that has seen nothing.
	pub fn new() -> Self {
		Self { group: Hasher::new(), filled: 0, values: Vec::new() }
	}

	/// Goes on with these bytes.
	pub fn update(&mut self, mut bytes: &[u8]) {
		while !bytes.is_empty() {
			if self.filled == GROUP_SIZE {
				self.finish_group();
			}
			let room = (GROUP_SIZE - self.filled).min(bytes.len() as u64) as usize;
			let (now, later) = bytes.split_at(room);
			self.group.update(now);
			self.filled += room as u64;
			bytes = later;
		}
	}

	fn finish_group(&mut self) {
		self.values.push(self.group.finalize_non_root());
		self.group = Hasher::new();
		self.group.set_input_offset(self.values.len() as u64 * GROUP_SIZE);
		self.filled = 0;
	}

	/// The root of all that came, and the chaining values of its groups. That of an only group is the root
	/// itself.
	pub fn finish(mut self) -> (Digest, Vec<Digest>) {
		if self.values.is_empty() {
			let root = *self.group.finalize().as_bytes();
			return (root, alloc::vec![root]);
		}
		self.finish_group();
		let (left, right) = self.values.split_at(left_part(self.values.len() as u64) as usize);
		let root = merge_subtrees_root(&merged(left), &merged(right), Mode::Hash);
		(*root.as_bytes(), self.values)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	fn content(size: usize) -> Vec<u8> {
		(0..size).map(|n| (n * 7 + n / 251) as u8).collect()
	}

	fn group_of(leaf: u64, content: &[u8]) -> &[u8] {
		let range = bytes_of_group(leaf / GROUP_LEAVES, content.len() as u64);
		&content[range.start as usize..range.end as usize]
	}

	fn proves(leaf: u64, content: &[u8]) -> bool {
		let size = content.len() as u64;
		let mut hasher = GroupHasher::new();
		hasher.update(content);
		let (whole, groups) = hasher.finish();
		let path = path(leaf, size, &groups, group_of(leaf, content)).unwrap();
		let range = bytes_of(leaf, size);
		let value = value(leaf, leaves(size), &content[range.start as usize..range.end as usize]);
		whole == *blake3::hash(content).as_bytes()
			&& root(leaf, leaves(size), value, &path) == Some(whole)
	}

	#[test]
	fn every_leaf_of_every_shape_proves_itself() {
		let group = GROUP_SIZE as usize;
		for size in [0, 1, 1023, 1024, 1025, 3000, 8192, group - 1, group, group + 1, 3 * group + 5]
		{
			let content = content(size);
			for leaf in 0..leaves(size as u64) {
				assert!(proves(leaf, &content), "leaf {leaf} of {size} bytes");
			}
		}
	}

	#[test]
	fn a_leaf_proves_itself_nowhere_else_and_with_no_other_path() {
		let content = content(5 * 1024);
		let mut hasher = GroupHasher::new();
		hasher.update(&content);
		let (whole, groups) = hasher.finish();
		let right = path(2, 5 * 1024, &groups, &content).unwrap();
		let bytes = &content[2048..3072];
		let leads = |leaf: u64, leaves: u64, path: &[Digest]| {
			root(leaf, leaves, value(leaf, leaves, bytes), path) == Some(whole)
		};
		assert!(leads(2, 5, &right));
		assert!(!leads(3, 5, &right));
		assert!(!leads(2, 4, &right));
		assert!(!leads(5, 5, &right));
		assert!(!leads(2, 5, &right[1..]));
		let mut swapped = right.clone();
		swapped.swap(0, 1);
		assert!(!leads(2, 5, &swapped));
		let longer: Vec<_> = right.iter().copied().chain([[0; 32]]).collect();
		assert!(!leads(2, 5, &longer));
	}

	#[test]
	fn groups_that_do_not_fit_give_no_path() {
		let content = content(3 * GROUP_SIZE as usize);
		let mut hasher = GroupHasher::new();
		hasher.update(&content);
		let (_, groups) = hasher.finish();
		let size = content.len() as u64;
		let group = group_of(70, &content);
		assert!(path(70, size, &groups, group).is_some());
		assert_eq!(path(70, size, &groups[1..], group), None);
		assert_eq!(path(70, size, &groups, &group[1..]), None);
		assert_eq!(path(192, size, &groups, group), None);
	}

	proptest! {
		#[test]
		fn any_leaf_of_any_content_in_any_pieces_proves_itself(
			size in 0usize..300_000, at: u64, pieces in proptest::collection::vec(1usize..90_000, 0..8),
		) {
			let content = content(size);
			let mut hasher = GroupHasher::new();
			let mut rest = &content[..];
			for piece in pieces {
				let (now, later) = rest.split_at(piece.min(rest.len()));
				hasher.update(now);
				rest = later;
			}
			hasher.update(rest);
			prop_assert_eq!(hasher.finish().0, *blake3::hash(&content).as_bytes());
			prop_assert!(proves(at % leaves(size as u64), &content));
		}
	}
}
