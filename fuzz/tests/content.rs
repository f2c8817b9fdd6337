//! Sealed content, as it comes from a vault, and as an author who means harm seals it.

use std::io::{Read, Write};

use bolero::check;
use ring::aead::{Aad, LessSafeKey, Nonce, UnboundKey, CHACHA20_POLY1305};
use ward_crypto::content::{DataKey, Manifest, OpenError, Opener, PartOpener, SealPlan, Sealer};
use ward_fuzz::{foreign, within};
use ward_primitives::{hash::Domain, record::manifest_commitment, Digest};

/// What opening may hold: two chunks, a manifest, and some.
const MOST: usize = 512 << 10;

const KEY: [u8; 32] = [9; 32];

fn key() -> DataKey {
	DataKey::from_bytes(KEY)
}

fn manifest(content: &[u8]) -> Manifest {
	let digest = blake3::hash(content).into();
	Manifest::new("text/plain", content.len() as u64, digest, "2027-01-31T12:00:00Z")
}

/// Sealed content as the client makes it, with its commitment.
fn sealed(content: &[u8]) -> (Vec<u8>, Digest) {
	let plan = SealPlan::new([5; 32], manifest(content).to_bytes().unwrap()).unwrap();
	let mut ciphertext = Vec::new();
	Sealer::new(&plan, &key(), content).read_to_end(&mut ciphertext).unwrap();
	(ciphertext, plan.commitment)
}

/// The content, if all of it is right; as whoever reads all of it opens it.
fn open(ciphertext: &[u8], commitment: &Digest, slice: usize) -> Result<Vec<u8>, OpenError> {
	let mut opener = Opener::new(&key(), commitment, Vec::new());
	for part in ciphertext.chunks(slice) {
		if let Err(error) = opener.write_all(part) {
			let found = error.downcast::<OpenError>().expect("nothing else fails here");
			assert!(opener.finish().is_err(), "what has failed stays failed");
			return Err(found);
		}
	}
	opener.finish().map(|(_, content)| content)
}

/// The part, as whoever reads a range opens it.
fn open_part(ciphertext: &[u8], commitment: &Digest, size: u64) -> Result<Vec<u8>, OpenError> {
	let mut opener = PartOpener::new(&key(), commitment, size)?;
	let range = |wanted: &std::ops::Range<u64>| {
		let end = usize::try_from(wanted.end).unwrap_or(usize::MAX).min(ciphertext.len());
		&ciphertext[(wanted.start as usize).min(end)..end]
	};
	while let Some(wanted) = opener.wanted_head() {
		opener.push_head(range(&wanted))?;
	}
	let length = opener.manifest().map_or(0, |manifest| manifest.length);
	for part in [0..length.min(100), length / 2..length, length.saturating_sub(3)..length] {
		let mut writer = opener.open(&part, Vec::new())?;
		if let Some(wanted) = opener.wanted(&part) {
			assert!(wanted.end <= size, "nothing is wanted that is not there");
			writer.write_all(range(&wanted)).map_err(OpenError::from)?;
		}
		let content = writer.finish()?;
		assert_eq!(content.len() as u64, part.end - part.start);
	}
	Ok(Vec::new())
}

#[test]
fn what_is_not_the_authors_does_not_open() {
	let contents = [b"content".to_vec(), vec![3; 70_000]];
	let all: Vec<_> = contents.iter().map(|content| sealed(content)).collect();
	let (valid, commitments): (Vec<_>, Vec<_>) = all.into_iter().unzip();
	for ((ciphertext, commitment), content) in valid.iter().zip(&commitments).zip(&contents) {
		assert_eq!(open(ciphertext, commitment, 1_000).unwrap(), *content);
		open_part(ciphertext, commitment, ciphertext.len() as u64).unwrap();
	}
	check!().with_iterations(3_000).for_each(|choices: &[u8]| {
		let bytes = foreign(choices, &valid);
		let slice = 1 + choices.len();
		for ((ciphertext, commitment), content) in valid.iter().zip(&commitments).zip(&contents) {
			let opened = within(MOST, || open(&bytes, commitment, slice));
			match bytes == *ciphertext {
				true => assert_eq!(opened.unwrap(), *content),
				false => assert!(opened.is_err()),
			}
			let size = bytes.len() as u64;
			for size in [size, ciphertext.len() as u64, u64::MAX, u64::MAX - size] {
				drop(within(MOST, || open_part(&bytes, commitment, size)));
			}
		}
	});
}

/// Seals any plaintext, as somebody can who has a data key and another program.
fn seal(plaintext: &[u8]) -> (Vec<u8>, Digest) {
	let salt: [u8; 32] = plaintext.first_chunk().copied().unwrap_or_default();
	let length = plaintext.get(32..36).and_then(|bytes| bytes.try_into().ok());
	let length = length.map_or(0, u32::from_le_bytes) as usize;
	let manifest = plaintext.get(36..).unwrap_or_default();
	let commitment = manifest_commitment(&salt, &manifest[..length.min(manifest.len())]);
	let header = *b"ward\x01\x01\x10\x00";
	let associated = [Domain::Content.tag(), &header, &commitment].concat();
	let key = LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, &KEY).unwrap());
	let mut ciphertext = header.to_vec();
	let chunks = plaintext.len().div_ceil(1 << 16).max(1);
	for number in 0..chunks {
		let end = plaintext.len().min((number + 1) << 16);
		let mut chunk = plaintext[number << 16..end].to_vec();
		let mut nonce = [0; 12];
		nonce[3..11].copy_from_slice(&(number as u64).to_be_bytes());
		nonce[11] = u8::from(number + 1 == chunks);
		let nonce = Nonce::assume_unique_for_key(nonce);
		key.seal_in_place_append_tag(nonce, Aad::from(&associated), &mut chunk).unwrap();
		ciphertext.extend(chunk);
	}
	(ciphertext, commitment)
}

/// Salt, manifest and content, without padding.
fn plaintext(manifest: &[u8], content: &[u8]) -> Vec<u8> {
	[&[5; 32], &(manifest.len() as u32).to_le_bytes()[..], manifest, content].concat()
}

#[test]
fn what_an_author_seals_harms_no_reader() {
	let right = manifest(b"content").to_bytes().unwrap();
	let huge = |length: u64| {
		let text = String::from_utf8(right.clone()).unwrap();
		text.replace("\"length\":7", &format!("\"length\":{length}")).into_bytes()
	};
	let manifests = [right.clone(), huge(u64::MAX), huge(u64::MAX - 300), huge(1 << 63), huge(0)];
	let mut valid: Vec<_> = manifests.iter().map(|text| plaintext(text, b"content")).collect();
	valid.push(plaintext(&[b' '; 70_000], b"content"));
	// More than a chunk, so that the manifest is believed before the end is seen.
	valid.extend(manifests.iter().map(|text| plaintext(text, &[0; 140_000])));
	check!().with_iterations(10_000).for_each(|choices: &[u8]| {
		let plaintext = foreign(choices, &valid);
		let (ciphertext, commitment) = seal(&plaintext);
		if let Ok(content) = within(MOST, || open(&ciphertext, &commitment, 5_000)) {
			assert!(plaintext.len() >= content.len() + 36);
		}
		for size in [ciphertext.len() as u64, u64::MAX] {
			drop(within(MOST, || open_part(&ciphertext, &commitment, size)));
		}
	});
}

#[test]
fn manifests() {
	let valid = [manifest(b"content").to_bytes().unwrap()];
	check!().with_iterations(20_000).for_each(|choices: &[u8]| {
		let bytes = foreign(choices, &valid);
		let Ok(manifest) = within(MOST, || Manifest::from_bytes(&bytes)) else { return };
		let written = manifest.to_bytes().unwrap();
		assert_eq!(Manifest::from_bytes(&written).unwrap(), manifest);
		if let Ok(plan) = SealPlan::new([5; 32], bytes) {
			assert!(plan.ciphertext_len() >= plan.content_len());
		}
	});
}
