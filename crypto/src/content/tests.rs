use super::{
	format::{CHUNK_LEN, HEADER, PREAMBLE_LEN, TAG_LEN},
	*,
};
use proptest::prelude::*;
use std::io::{Read, Write};

const KEY: [u8; 32] = [7; 32];
const SALT: [u8; 32] = [9; 32];

fn key() -> DataKey {
	DataKey::from_bytes(KEY)
}

fn content(len: usize) -> Vec<u8> {
	(0..len).map(|i| (i * 31 % 251) as u8).collect()
}

fn plan(content: &[u8]) -> SealPlan {
	let (digest, len) = hash_and_size(content).unwrap();
	let manifest = Manifest::new("text/plain", len, digest, "2026-11-21T00:00:00Z");
	SealPlan::new(SALT, manifest.to_bytes().unwrap()).unwrap()
}

fn seal(plan: &SealPlan, content: &[u8]) -> Vec<u8> {
	let mut ciphertext = Vec::new();
	Sealer::new(plan, &key(), content).read_to_end(&mut ciphertext).unwrap();
	ciphertext
}

fn open_with(key: &DataKey, commitment: &Digest, ciphertext: &[u8]) -> Result<Vec<u8>, OpenError> {
	let mut opener = Opener::new(key, commitment, Vec::new());
	if let Err(error) = opener.write_all(ciphertext) {
		assert!(matches!(opener.finish(), Err(OpenError::FailedBefore)));
		return Err(error.downcast::<OpenError>().unwrap());
	}
	opener.finish().map(|(_, content)| content)
}

fn open(plan: &SealPlan, ciphertext: &[u8]) -> Result<Vec<u8>, OpenError> {
	open_with(&key(), &plan.commitment, ciphertext)
}

/// The content whose padded plaintext has `chunks` chunks, and the ciphertext.
fn sealed_with_chunks(chunks: usize) -> (SealPlan, Vec<u8>) {
	let content = content(chunks * CHUNK_LEN - CHUNK_LEN / 2);
	let plan = plan(&content);
	let ciphertext = seal(&plan, &content);
	let count = (ciphertext.len() - HEADER.len()).div_ceil(CHUNK_LEN + TAG_LEN);
	assert_eq!(count, chunks);
	(plan, ciphertext)
}

fn chunk_range(ciphertext: &[u8], index: usize) -> std::ops::Range<usize> {
	let start = HEADER.len() + index * (CHUNK_LEN + TAG_LEN);
	start..ciphertext.len().min(start + CHUNK_LEN + TAG_LEN)
}

#[test]
fn every_size_around_the_chunk_edges_round_trips() {
	let preamble = PREAMBLE_LEN + plan(&[]).manifest.len();
	let around = |edge: usize| edge.saturating_sub(40)..edge + 40;
	let edges = [CHUNK_LEN - preamble, CHUNK_LEN, 2 * CHUNK_LEN - preamble, 2 * CHUNK_LEN];
	for len in (0..40).chain(edges.into_iter().flat_map(around)) {
		let content = content(len);
		let plan = plan(&content);
		let ciphertext = seal(&plan, &content);
		assert_eq!(ciphertext.len() as u64, plan.ciphertext_len(), "content of {len} bytes");
		assert!(open(&plan, &ciphertext).unwrap() == content, "content of {len} bytes");
	}
}

#[test]
fn a_plaintext_of_whole_chunks_has_no_empty_last_chunk() {
	let overhead = PREAMBLE_LEN + plan(&content(130_000)).manifest.len();
	let content = content(2 * CHUNK_LEN - overhead);
	let plan = plan(&content);
	let ciphertext = seal(&plan, &content);
	assert_eq!(ciphertext.len(), HEADER.len() + 2 * (CHUNK_LEN + TAG_LEN));
	assert!(open(&plan, &ciphertext).unwrap() == content);
}

#[test]
fn the_manifest_comes_back_whole_and_may_span_chunks() {
	let content = content(10);
	let (digest, length) = hash_and_size(&content[..]).unwrap();
	let mut manifest =
		Manifest::new("application/fhir+json", length, digest, "2026-11-21T00:00:00Z");
	manifest.title = Some("x".repeat(MAX_MANIFEST_LEN - 500));
	manifest.file_name = Some("bundle.json".into());
	manifest.fhir_type = Some("Bundle".into());
	manifest.fhir_version = Some("4.0.1".into());
	let plan = SealPlan::generate(&manifest).unwrap();
	let mut opener = Opener::new(&key(), &plan.commitment, Vec::new());
	std::io::copy(&mut Sealer::new(&plan, &key(), &content[..]), &mut opener).unwrap();
	assert_eq!(opener.finish().unwrap(), (manifest, content));
}

#[test]
fn too_long_and_foreign_manifests_are_refused() {
	let mut manifest = Manifest::new("text/plain", 0, [0; 32], "2026-11-21T00:00:00Z");
	manifest.title = Some("x".repeat(MAX_MANIFEST_LEN));
	assert!(matches!(manifest.to_bytes(), Err(ManifestError::TooLong(_))));
	let other_version = br#"{"format":"ward-manifest/v2"}"#.to_vec();
	assert!(matches!(SealPlan::new(SALT, other_version), Err(ManifestError::Malformed(_))));
}

#[test]
fn content_in_memory_gives_the_same_ciphertext_and_no_other_is_taken_for_it() {
	for len in [0, 1, CHUNK_LEN, 3 * CHUNK_LEN + 5] {
		let content = content(len);
		let plan = plan(&content);
		let mut ciphertext = Vec::new();
		let mut sealer = Sealer::of_bytes(&plan, &key(), content.clone().into()).unwrap();
		sealer.read_to_end(&mut ciphertext).unwrap();
		assert_eq!(ciphertext, seal(&plan, &content));
		let other = ContentBytes::from([&content[..], b"more"].concat());
		let refused = Sealer::of_bytes(&plan, &key(), other).err();
		assert_eq!(refused, Some(SealError::ContentChanged));
	}
}

#[test]
fn content_that_changed_since_its_manifest_is_not_sealed() {
	let sealed = content(CHUNK_LEN + 5);
	let mut altered = sealed.clone();
	altered[3] ^= 1;
	let longer = [&sealed[..], b"more"].concat();
	for changed in [&altered[..], &longer, &sealed[..100], &[]] {
		let mut sealer = Sealer::new(&plan(&sealed), &key(), changed);
		let error = sealer.read_to_end(&mut Vec::new()).unwrap_err();
		assert_eq!(error.downcast::<SealError>().unwrap(), SealError::ContentChanged);
		assert!(sealer.read(&mut [0]).is_err(), "a failed sealing cannot go on");
	}
}

#[test]
fn content_cut_at_any_chunk_is_refused() {
	let (plan, ciphertext) = sealed_with_chunks(4);
	for index in 0..4 {
		let range = chunk_range(&ciphertext, index);
		for cut in [range.start, range.start + 1, range.end - TAG_LEN, range.end - 1] {
			assert!(open(&plan, &ciphertext[..cut]).is_err(), "cut at {cut}");
		}
	}
}

#[test]
fn swapped_repeated_dropped_and_appended_chunks_are_refused() {
	let (plan, ciphertext) = sealed_with_chunks(4);
	let chunk = |index| &ciphertext[chunk_range(&ciphertext, index)];
	let refused_at = |chunks: &[&[u8]], expected: u64| {
		let altered = [&HEADER[..], &chunks.concat()].concat();
		match open(&plan, &altered) {
			Err(OpenError::NotAuthentic { chunk }) => assert_eq!(chunk, expected),
			other => panic!("{other:?}"),
		}
	};
	refused_at(&[chunk(1), chunk(0), chunk(2), chunk(3)], 0);
	refused_at(&[chunk(0), chunk(2), chunk(1), chunk(3)], 1);
	refused_at(&[chunk(0), chunk(0), chunk(1), chunk(2), chunk(3)], 1);
	refused_at(&[chunk(0), chunk(2), chunk(3)], 1);
	refused_at(&[chunk(0), chunk(1), chunk(2)], 2);
	refused_at(&[chunk(0), chunk(1), chunk(2), chunk(3), chunk(3)], 3);
}

#[test]
fn another_key_commitment_or_version_opens_nothing() {
	let content = content(100);
	let plan = plan(&content);
	let ciphertext = seal(&plan, &content);
	let first_chunk = |outcome| matches!(outcome, Err(OpenError::NotAuthentic { chunk: 0 }));
	let other_key = DataKey::from_bytes([8; 32]);
	assert!(first_chunk(open_with(&other_key, &plan.commitment, &ciphertext)));
	assert!(first_chunk(open_with(&key(), &[0; 32], &ciphertext)));
	for position in 0..HEADER.len() {
		let mut altered = ciphertext.clone();
		altered[position] ^= 1;
		assert!(matches!(open(&plan, &altered), Err(OpenError::UnknownFormat)));
	}
	assert!(matches!(open(&plan, &[]), Err(OpenError::UnknownFormat)));
	assert!(matches!(open(&plan, &HEADER[..5]), Err(OpenError::UnknownFormat)));
}

/// What somebody who has the data key could forge: authentic chunks with a wrong inside.
mod forged_by_a_key_holder {
	use super::{super::format::ChunkCipher, *};

	fn seal_plaintext(commitment: &Digest, plaintext: &[u8]) -> Vec<u8> {
		let cipher = ChunkCipher::new(&key(), commitment);
		let chunks: Vec<_> = plaintext.chunks(CHUNK_LEN).collect();
		let mut ciphertext = HEADER.to_vec();
		for (index, chunk) in chunks.iter().enumerate() {
			let mut chunk = chunk.to_vec();
			cipher.seal(index as u64, index + 1 == chunks.len(), &mut chunk);
			ciphertext.extend(chunk);
		}
		ciphertext
	}

	fn plaintext(plan: &SealPlan, content: &[u8]) -> Vec<u8> {
		let len = (plan.manifest.len() as u32).to_le_bytes();
		let mut plaintext = [&plan.salt[..], &len, &plan.manifest, content].concat();
		plaintext.resize(padme(plaintext.len() as u64) as usize, 0);
		plaintext
	}

	#[test]
	fn the_forger_of_this_test_can_seal_honestly() {
		let content = content(70_000);
		let plan = plan(&content);
		let forged = seal_plaintext(&plan.commitment, &plaintext(&plan, &content));
		assert!(forged == seal(&plan, &content));
	}

	#[test]
	fn another_content_is_refused_by_its_digest() {
		let sealed = plan(&content(100));
		let forged = seal_plaintext(&sealed.commitment, &plaintext(&sealed, &[1; 100]));
		assert!(matches!(open(&sealed, &forged), Err(OpenError::WrongDigest)));
	}

	#[test]
	fn another_manifest_is_refused_by_the_commitment() {
		let (sealed, other) = (plan(&content(100)), plan(&content(101)));
		let forged = seal_plaintext(&sealed.commitment, &plaintext(&other, &content(101)));
		assert!(matches!(open(&sealed, &forged), Err(OpenError::WrongCommitment)));
	}

	#[test]
	fn bytes_hidden_in_or_after_the_padding_are_refused() {
		let content = content(100_000);
		let plan = plan(&content);
		let honest = plaintext(&plan, &content);
		let mut hidden = honest.clone();
		*hidden.last_mut().unwrap() = 1;
		let forged = seal_plaintext(&plan.commitment, &hidden);
		assert!(matches!(open(&plan, &forged), Err(OpenError::WrongPadding)));
		let longer = [&honest[..], &[0]].concat();
		let forged = seal_plaintext(&plan.commitment, &longer);
		assert!(matches!(open(&plan, &forged), Err(OpenError::WrongLength)));
		let shorter = &honest[..honest.len() - 1];
		let forged = seal_plaintext(&plan.commitment, shorter);
		assert!(matches!(open(&plan, &forged), Err(OpenError::WrongLength)));
	}

	#[test]
	fn a_cut_preamble_and_an_empty_last_chunk_are_refused() {
		let plan = plan(&[]);
		for len in [1, 31, 33, PREAMBLE_LEN, PREAMBLE_LEN + plan.manifest.len() - 1] {
			let forged = seal_plaintext(&plan.commitment, &plaintext(&plan, &[])[..len]);
			assert!(matches!(open(&plan, &forged), Err(OpenError::WrongLength)), "{len} bytes");
		}
		let mut empty = Vec::new();
		ChunkCipher::new(&key(), &plan.commitment).seal(0, true, &mut empty);
		let forged = [&HEADER[..], &empty].concat();
		assert!(matches!(open(&plan, &forged), Err(OpenError::WrongLength)));
	}

	#[test]
	fn a_manifest_length_out_of_bounds_is_refused_before_it_is_believed() {
		let plan = plan(&[]);
		let mut wrong = plaintext(&plan, &[]);
		wrong[32..36].copy_from_slice(&u32::MAX.to_le_bytes());
		let forged = seal_plaintext(&plan.commitment, &wrong);
		let refused = open(&plan, &forged);
		assert!(matches!(refused, Err(OpenError::Manifest(ManifestError::TooLong(_)))));
	}

	#[test]
	fn a_content_length_near_the_integer_limit_is_refused_without_overflow() {
		let manifest = Manifest::new("text/plain", u64::MAX, [0; 32], "2026-11-21T00:00:00Z");
		let plan = SealPlan::new(SALT, manifest.to_bytes().unwrap()).unwrap();
		assert_eq!(plan.ciphertext_len(), u64::MAX);
		let forged = seal_plaintext(&plan.commitment, &plaintext(&plan, &[]));
		assert!(matches!(open(&plan, &forged), Err(OpenError::WrongLength)));
	}
}

#[test]
fn an_output_that_fails_is_reported_as_such() {
	struct Full;
	impl Write for Full {
		fn write(&mut self, _: &[u8]) -> io::Result<usize> {
			Err(io::ErrorKind::StorageFull.into())
		}
		fn flush(&mut self) -> io::Result<()> {
			Ok(())
		}
	}
	let (plan, ciphertext) = sealed_with_chunks(2);
	let mut opener = Opener::new(&key(), &plan.commitment, Full);
	let error = opener.write_all(&ciphertext).unwrap_err();
	assert_eq!(error.kind(), io::ErrorKind::StorageFull);
}

#[test]
fn secrets_are_not_printed() {
	assert_eq!(format!("{:?}", DataKey::from_bytes([0xab; 32])), "DataKey(..)");
	assert_ne!(DataKey::generate().expose(), DataKey::generate().expose());
}

#[test]
fn padme_follows_its_definition() {
	// The paper's Algorithm 1, in floating point.
	let by_definition = |len: u64| {
		let exponent = (len as f64).log2().floor();
		let size_bits = exponent.log2().floor() + 1.0;
		let mask = 2f64.powf(exponent - size_bits) as u64 - 1;
		(len + mask) & !mask
	};
	for len in (2..100_000).chain((1..52).flat_map(|bit| (1u64 << bit) + 1..(1 << bit) + 4)) {
		if len >= 2 {
			assert_eq!(padme(len), by_definition(len), "length {len}");
		}
	}
	assert_eq!((padme(0), padme(1), padme(u64::MAX)), (0, 1, u64::MAX));
	// The values that the paper's reference code gives.
	assert_eq!((padme(9), padme(33), padme(1_000_001)), (10, 36, 1_015_808));
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(48))]

	#[test]
	fn slices_of_any_size_seal_and_open_the_same(
		len in 0usize..3 * CHUNK_LEN,
		sizes in prop::collection::vec(1usize..90_000, 1..8),
	) {
		let content = content(len);
		let plan = plan(&content);
		let whole = seal(&plan, &content);

		let mut sealer = Sealer::new(&plan, &key(), &content[..]);
		let mut opener = Opener::new(&key(), &plan.commitment, Vec::new());
		let mut pieces = Vec::new();
		for size in sizes.iter().cycle() {
			let mut piece = vec![0; *size];
			let read = sealer.read(&mut piece).unwrap();
			if read == 0 {
				break;
			}
			pieces.extend_from_slice(&piece[..read]);
			opener.write_all(&piece[..read]).unwrap();
		}
		prop_assert!(pieces == whole);
		prop_assert!(opener.finish().unwrap().1 == content);
	}

	#[test]
	fn a_flipped_bit_anywhere_is_refused(
		len in 0usize..2 * CHUNK_LEN,
		place in any::<prop::sample::Index>(),
		bit in 0u8..8,
	) {
		let content = content(len);
		let plan = plan(&content);
		let mut ciphertext = seal(&plan, &content);
		let place = place.index(ciphertext.len());
		ciphertext[place] ^= 1 << bit;
		prop_assert!(open(&plan, &ciphertext).is_err());
	}

	#[test]
	fn a_cut_anywhere_is_refused(len in 0usize..2 * CHUNK_LEN, cut in any::<prop::sample::Index>()) {
		let content = content(len);
		let plan = plan(&content);
		let ciphertext = seal(&plan, &content);
		prop_assert!(open(&plan, &ciphertext[..cut.index(ciphertext.len())]).is_err());
	}

	#[test]
	fn padding_costs_at_most_twelve_percent_and_never_shrinks(len in 2u64..1 << 60) {
		prop_assert!(padme(len) >= len && padme(len) - len <= len / 100 * 12 + 1);
		prop_assert_eq!(padme(padme(len)), padme(len));
		prop_assert!(padme(len + 1) >= padme(len));
	}

	#[test]
	fn no_bytes_panic_the_opener(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
		let _ = open(&plan(&[]), &bytes);
		let _ = open(&plan(&[]), &[&HEADER[..], &bytes].concat());
		let _ = Manifest::from_bytes(&bytes);
	}
}

/// Opens a part from nothing but the ciphertext that is asked for; also says how much that was.
fn open_part(
	plan: &SealPlan,
	ciphertext: &[u8],
	part: std::ops::Range<u64>,
) -> Result<(Vec<u8>, usize), OpenError> {
	let at = |range: std::ops::Range<u64>| &ciphertext[range.start as usize..range.end as usize];
	let mut fetched = 0;
	let mut opener = PartOpener::new(&key(), &plan.commitment, ciphertext.len() as u64)?;
	while let Some(range) = opener.wanted_head() {
		fetched += at(range.clone()).len();
		opener.push_head(at(range))?;
	}
	let wanted = opener.wanted(&part);
	let mut writer = opener.open(&part, Vec::new())?;
	if let Some(range) = wanted {
		fetched += at(range.clone()).len();
		for slice in at(range).chunks(10_007) {
			writer.write_all(slice).map_err(|error| error.downcast::<OpenError>().unwrap())?;
		}
	}
	Ok((writer.finish()?, fetched))
}

#[test]
fn a_part_opens_from_the_head_and_its_own_chunks_only() {
	let content = content(5 * CHUNK_LEN);
	let plan = plan(&content);
	let ciphertext = seal(&plan, &content);
	let preamble = PREAMBLE_LEN + plan.manifest.len();
	let edge = CHUNK_LEN - preamble;
	let (len, chunk) = (content.len(), CHUNK_LEN + TAG_LEN);
	for (part, chunks) in [
		(0..1, 1),
		(0..edge, 1),
		(edge - 1..edge, 1),
		(edge - 1..edge + 1, 2),
		(edge..edge + CHUNK_LEN, 2),
		(edge..edge + CHUNK_LEN + 1, 3),
		(3 * CHUNK_LEN..3 * CHUNK_LEN, 1),
		(3 * CHUNK_LEN..3 * CHUNK_LEN + 9, 2),
	] {
		let (opened, fetched) =
			open_part(&plan, &ciphertext, part.start as u64..part.end as u64).unwrap();
		assert!(opened == content[part.clone()], "{part:?}");
		assert_eq!(fetched, HEADER.len() + chunks * chunk, "{part:?}");
	}
	let (opened, fetched) = open_part(&plan, &ciphertext, 0..len as u64).unwrap();
	assert!(opened == content);
	assert!(fetched <= ciphertext.len());
	let beyond = open_part(&plan, &ciphertext, 5..len as u64 + 1);
	assert!(matches!(beyond, Err(OpenError::WrongLength)));
}

#[test]
fn a_part_of_small_content_and_one_behind_a_long_manifest_open() {
	for (title, len) in [(0, 3), (0, 70_000), (60_000, 100), (60_000, 200_000)] {
		let content = content(len);
		let (digest, length) = hash_and_size(&content[..]).unwrap();
		let mut manifest = Manifest::new("text/plain", length, digest, "2026-11-21T00:00:00Z");
		manifest.title = Some("t".repeat(title));
		let plan = SealPlan::new(SALT, manifest.to_bytes().unwrap()).unwrap();
		let ciphertext = seal(&plan, &content);
		for part in [0..len, len - 3..len, len / 2..len / 2 + 1] {
			let (opened, _) =
				open_part(&plan, &ciphertext, part.start as u64..part.end as u64).unwrap();
			assert!(opened == content[part]);
		}
	}
	// The manifest goes on in the second chunk.
	let mut manifest = Manifest::new("text/plain", 3, [0; 32], "2026-11-21T00:00:00Z");
	let (digest, _) = hash_and_size(&b"abc"[..]).unwrap();
	manifest.digest = digest;
	manifest.title = Some("t".repeat(MAX_MANIFEST_LEN - manifest.to_bytes().unwrap().len() - 20));
	let plan = SealPlan::new(SALT, manifest.to_bytes().unwrap()).unwrap();
	assert!(plan.manifest.len() + PREAMBLE_LEN > CHUNK_LEN);
	let ciphertext = seal(&plan, b"abc");
	assert_eq!(open_part(&plan, &ciphertext, 1..3).unwrap().0, b"bc");
}

#[test]
fn a_part_that_was_altered_moved_or_cut_does_not_open() {
	let (plan, ciphertext) = sealed_with_chunks(5);
	let part = 3 * CHUNK_LEN as u64..3 * CHUNK_LEN as u64 + 10;
	assert!(open_part(&plan, &ciphertext, part.clone()).is_ok());
	for chunk in 0..5 {
		let mut altered = ciphertext.clone();
		altered[chunk_range(&ciphertext, chunk).start + 5] ^= 1;
		let outcome = open_part(&plan, &altered, part.clone());
		match chunk {
			0 | 3 => assert!(matches!(outcome, Err(OpenError::NotAuthentic { .. })), "{chunk}"),
			_ => assert!(outcome.is_ok(), "{chunk} is not looked at"),
		}
	}
	let mut moved = ciphertext.clone();
	moved.copy_within(chunk_range(&ciphertext, 2), chunk_range(&ciphertext, 3).start);
	let outcome = open_part(&plan, &moved, part.clone());
	assert!(matches!(outcome, Err(OpenError::NotAuthentic { chunk: 3 })));
	// A shorter record than the one that was sealed.
	let cut = &ciphertext[..chunk_range(&ciphertext, 3).end];
	assert!(matches!(open_part(&plan, cut, part), Err(OpenError::WrongLength)));
	for size in [0, 8, 8 + 16, 8 + 65_552 + 16] {
		let opener = PartOpener::new(&key(), &plan.commitment, size);
		assert!(matches!(opener.err(), Some(OpenError::WrongLength)), "{size}");
	}
}

#[test]
fn a_length_that_does_not_fit_is_refused_although_the_manifest_has_it() {
	let text = plan(b"x").manifest;
	let text = String::from_utf8(text).unwrap();
	let text = text.replace("\"length\":1", &format!("\"length\":{}", u64::MAX));
	let plan = SealPlan::new(SALT, text.into_bytes()).unwrap();
	assert_eq!(plan.ciphertext_len(), u64::MAX);
	let opener = PartOpener::new(&key(), &plan.commitment, u64::MAX);
	assert!(matches!(opener, Err(OpenError::WrongLength)));
	// Just below, places in the ciphertext are still counted without an overflow.
	let opener = PartOpener::new(&key(), &plan.commitment, u64::MAX - 1).unwrap();
	assert_eq!(opener.wanted_head(), Some(0..(HEADER.len() + CHUNK_LEN + TAG_LEN) as u64));
}
