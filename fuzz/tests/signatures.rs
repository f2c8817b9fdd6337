//! Signed requests (RFC 9421).

use bolero::check;
use ward_crypto::request::{
	content_digest, sign, verify, RequestKey, RequestParts, SignedHeaders, Verified,
};
use ward_fuzz::{as_text, foreign, within};
use ward_primitives::{ParticipantId, PurposeOfUse};

/// What verifying may hold for each byte of the two fields, and besides.
const PER_BYTE: usize = 256;
const BESIDES: usize = 16 << 10;

const NOW: u64 = 1_800_000_000;

const PARTS: RequestParts<'static> = RequestParts {
	method: "POST",
	path: "/v1/deposits",
	query: Some("a=b"),
	content_digest: Some("sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"),
	vault: ParticipantId(2),
	genesis: [7; 32],
	purpose: PurposeOfUse::Treat,
};

fn signed() -> SignedHeaders {
	sign(&PARTS, &RequestKey::from_seed([1; 32]), NOW, NOW + 60, "0123456789abcdef")
}

/// What is accepted must be what was signed, however it is written.
fn attempt(input: &str, signature: &str) {
	let bound = BESIDES + PER_BYTE * (input.len() + signature.len());
	let Ok(verified) = within(bound, || verify(&PARTS, input, signature, NOW)) else { return };
	let right = Verified {
		key: RequestKey::from_seed([1; 32]).public(),
		created: NOW,
		expires: NOW + 60,
		nonce: "0123456789abcdef".into(),
	};
	assert_eq!(format!("{verified:?}"), format!("{right:?}"), "{input} {signature}");
}

#[test]
fn signature_input() {
	let signed = signed();
	verify(&PARTS, &signed.signature_input, &signed.signature, NOW).expect("it is right");
	let other = signed.signature_input.replace("ward=", "sig1=();created=1, ward=");
	let valid = [signed.signature_input, other].map(String::into_bytes);
	check!().with_iterations(20_000).for_each(|choices: &[u8]| {
		attempt(&as_text(&foreign(choices, &valid)), &signed.signature);
	});
}

#[test]
fn signature() {
	let signed = signed();
	let valid = [signed.signature.into_bytes()];
	check!().with_iterations(20_000).for_each(|choices: &[u8]| {
		attempt(&signed.signature_input, &as_text(&foreign(choices, &valid)));
	});
}

#[test]
fn covered_components() {
	let signed = signed();
	let valid = [&b"/v1/deposits"[..], b"a=b", b"sha-256=:AAAA=:"].map(<[u8]>::to_vec);
	check!().with_iterations(10_000).for_each(|choices: &[u8]| {
		let text = as_text(&foreign(choices, &valid));
		let changes = [
			RequestParts { method: &text, ..PARTS },
			RequestParts { path: &text, ..PARTS },
			RequestParts { query: Some(&text), ..PARTS },
			RequestParts { content_digest: Some(&text), ..PARTS },
		];
		for parts in changes {
			let is_same = (parts.method, parts.path, parts.query, parts.content_digest)
				== (PARTS.method, PARTS.path, PARTS.query, PARTS.content_digest);
			let verified = verify(&parts, &signed.signature_input, &signed.signature, NOW);
			assert_eq!(verified.is_ok(), is_same, "{text}");
		}
		assert!(content_digest(text.as_bytes()).is_ascii());
	});
}
