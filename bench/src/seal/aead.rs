//! The parts alone, in memory: the AEAD and BLAKE3.

use std::hint::black_box;

use ring::aead::{Aad, LessSafeKey, Nonce, UnboundKey, CHACHA20_POLY1305};

use crate::machine::thread_cpu_seconds;

/// As many bytes of associated data as Ward's chunks have: tag, header and commitment.
const ASSOCIATED: [u8; 56] = [7; 56];

/// The bytes that are sealed, and those that are opened, in a second of CPU time.
pub(super) fn bytes_per_second(chunk: usize, seconds: f64) -> (f64, f64) {
	let key = UnboundKey::new(&CHACHA20_POLY1305, &[1; 32])
		.expect("32 bytes are what ChaCha20-Poly1305 takes; qed");
	let key = LessSafeKey::new(key);
	let mut buffer = Vec::with_capacity(chunk + CHACHA20_POLY1305.tag_len());
	buffer.resize(chunk, 0);
	let mut number = 0u64;
	let sealing = rate(seconds, || seal(&key, &mut number, &mut buffer, chunk));
	// What opens must have been sealed before: both together, and then the difference.
	let both = rate(seconds, || {
		seal(&key, &mut number, &mut buffer, chunk);
		let opened = key.open_in_place(nonce(number), Aad::from(ASSOCIATED), &mut buffer);
		black_box(opened.is_ok());
	});
	let opening = 1.0 / (1.0 / both - 1.0 / sealing);
	(sealing * chunk as f64, opening * chunk as f64)
}

fn seal(key: &LessSafeKey, number: &mut u64, buffer: &mut Vec<u8>, chunk: usize) {
	*number += 1;
	buffer.truncate(chunk);
	key.seal_in_place_append_tag(nonce(*number), Aad::from(ASSOCIATED), buffer)
		.expect("a chunk is far shorter than what one nonce can encrypt; qed");
	black_box(&buffer);
}

fn nonce(number: u64) -> Nonce {
	let mut nonce = [0; 12];
	nonce[4..].copy_from_slice(&number.to_be_bytes());
	Nonce::assume_unique_for_key(nonce)
}

/// The bytes that BLAKE3 hashes in a second of CPU time, so many at a time after the first few.
pub(super) fn hashed_bytes_per_second(first: usize, buffer: usize, seconds: f64) -> f64 {
	let (content, mut hasher) = (vec![3; buffer], blake3::Hasher::new());
	hasher.update(&content[..first]);
	let updates = rate(seconds, || {
		hasher.update(black_box(&content));
	});
	black_box(hasher.finalize());
	updates * buffer as f64
}

/// How often something can be done in a second of CPU time.
fn rate(seconds: f64, mut work: impl FnMut()) -> f64 {
	/// Enough not to notice the looking at the clock.
	const AT_ONCE: u32 = 256;
	let (started, mut done) = (thread_cpu_seconds(), 0.0);
	loop {
		(0..AT_ONCE).for_each(|_| work());
		done += f64::from(AT_ONCE);
		let elapsed = thread_cpu_seconds() - started;
		if elapsed >= seconds {
			return done / elapsed;
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn both_directions_and_the_hash_have_a_speed() {
		let (sealing, opening) = bytes_per_second(1 << 14, 0.1);
		assert!(sealing > 1e6 && opening > 1e6, "{sealing} {opening}");
		assert!(hashed_bytes_per_second(8, 1 << 13, 0.05) > 1e6);
	}
}
