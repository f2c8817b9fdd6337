use super::*;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use ward_primitives::{ParticipantId, PurposeOfUse};

const NOW: u64 = 1_800_000_000;
const NONCE: &str = "AAECAwQFBgcICQoLDA0ODw";

fn key() -> RequestKey {
	RequestKey::from_seed([3; 32])
}

fn parts() -> RequestParts<'static> {
	RequestParts {
		method: "POST",
		path: "/v1/records/0x01/release",
		query: Some("a=1"),
		content_digest: Some("sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:"),
		vault: ParticipantId(7),
		genesis: [0xab; 32],
		purpose: PurposeOfUse::Treat,
	}
}

fn signed(parts: &RequestParts<'_>) -> SignedHeaders {
	sign(parts, &key(), NOW, NOW + 60, NONCE)
}

fn check(parts: &RequestParts<'_>, headers: &SignedHeaders) -> Result<Verified, RequestError> {
	verify(parts, &headers.signature_input, &headers.signature, NOW)
}

#[test]
fn the_signature_base_is_that_of_rfc_9421_appendix_b_2_6() {
	let pkcs8 = STANDARD
		.decode("MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF")
		.unwrap();
	let key = RequestKey::from_seed(*pkcs8.last_chunk().unwrap());
	let components = [
		("date", "Tue, 20 Apr 2021 02:07:55 GMT".to_owned()),
		("@method", "POST".to_owned()),
		("@path", "/foo".to_owned()),
		("@authority", "example.com".to_owned()),
		("content-type", "application/json".to_owned()),
		("content-length", "18".to_owned()),
	];
	let input =
		"(\"date\" \"@method\" \"@path\" \"@authority\" \"content-type\" \"content-length\")\
	             ;created=1618884473;keyid=\"test-key-ed25519\"";
	let signature = key.sign(signature_base(&components, input).as_bytes());
	assert_eq!(
		STANDARD.encode(signature),
		"wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==",
	);
}

#[test]
fn the_content_digest_is_that_of_rfc_9530() {
	assert_eq!(
		content_digest(b"{\"hello\": \"world\"}\n"),
		"sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:",
	);
}

#[test]
fn a_signed_request_verifies_and_names_its_key() {
	let bare = RequestParts { query: None, content_digest: None, ..parts() };
	for parts in [parts(), bare] {
		let verified = check(&parts, &signed(&parts)).unwrap();
		assert_eq!(
			verified,
			Verified {
				key: key().public(),
				created: NOW,
				expires: NOW + 60,
				nonce: NONCE.to_owned()
			}
		);
	}
}

#[test]
fn an_empty_query_and_none_and_an_empty_path_and_the_root_are_the_same() {
	let none = RequestParts { query: None, path: "", ..parts() };
	let empty = RequestParts { query: Some(""), path: "/", ..parts() };
	assert!(check(&none, &signed(&empty)).is_ok());
}

#[test]
fn every_altered_component_is_refused() {
	let headers = signed(&parts());
	let altered = [
		RequestParts { method: "PUT", ..parts() },
		RequestParts { method: "post", ..parts() },
		RequestParts { path: "/v1/records/0x02/release", ..parts() },
		RequestParts { query: Some("a=2"), ..parts() },
		RequestParts { query: None, ..parts() },
		RequestParts { content_digest: Some("sha-256=:AAAA:"), ..parts() },
		RequestParts { vault: ParticipantId(8), ..parts() },
		RequestParts { genesis: [0; 32], ..parts() },
		RequestParts { purpose: PurposeOfUse::Etreat, ..parts() },
	];
	for parts in altered {
		assert_eq!(check(&parts, &headers), Err(RequestError::BadSignature), "{parts:?}");
	}
	let without_digest = RequestParts { content_digest: None, ..parts() };
	let outcome = check(&without_digest, &headers);
	assert!(matches!(outcome, Err(RequestError::WrongComponents { .. })));
	let outcome = check(&parts(), &signed(&without_digest));
	assert!(matches!(outcome, Err(RequestError::WrongComponents { .. })));
}

#[test]
fn every_altered_parameter_is_refused() {
	let SignedHeaders { signature_input, signature } = signed(&parts());
	let other_key = RequestKey::from_seed([4; 32]).public();
	let hex = |key: KeyBytes| ward_primitives::RecordId(key).to_string();
	let changes = [
		("created=1800000000", "created=1800000001"),
		("expires=1800000060", "expires=1800000059"),
		(NONCE, "BAECAwQFBgcICQoLDA0ODw"),
		(&hex(key().public()), &hex(other_key)),
	];
	for (from, to) in changes {
		let altered = signature_input.replace(from, to);
		assert_ne!(altered, signature_input);
		let outcome = verify(&parts(), &altered, &signature, NOW);
		assert_eq!(outcome, Err(RequestError::BadSignature), "{to}");
	}
}

#[test]
fn parameters_other_than_those_of_the_protocol_are_refused() {
	let SignedHeaders { signature_input, signature } = signed(&parts());
	let hex_key = ward_primitives::RecordId(key().public()).to_string();
	let changes = [
		("created=1800000000", "created=-1"),
		("created=1800000000", "created=1.5"),
		("created=1800000000", "created=\"1800000000\""),
		(";created=1800000000", ""),
		(";expires=1800000060", ""),
		("alg=\"ed25519\"", "alg=\"hmac-sha256\""),
		("alg=\"ed25519\"", "alg=ed25519"),
		(";alg=\"ed25519\"", ""),
		("ward-request/v1", "ward-request/v2"),
		("tag=", "gat="),
		(";tag=", ";more;tag="),
		(&hex_key, "test-key"),
		(NONCE, "short"),
		(NONCE, "has spaces in the middle of it"),
		(NONCE, &"x".repeat(65)),
	];
	for (from, to) in changes {
		let altered = signature_input.replace(from, to);
		assert_ne!(altered, signature_input);
		let outcome = verify(&parts(), &altered, &signature, NOW);
		assert!(matches!(outcome, Err(RequestError::Malformed(_))), "{to}: {outcome:?}");
	}
}

#[test]
fn the_order_of_components_counts_and_that_of_parameters_does_not() {
	let SignedHeaders { signature_input, signature } = signed(&parts());
	let components = [
		("\"@method\" \"@path\"", "\"@path\" \"@method\""),
		("\"ward-vault\" ", ""),
		("\"@method\"", "\"@method\";req"),
		("\"@method\"", "method"),
		("\"ward-purpose\")", "\"ward-purpose\" \"date\")"),
	];
	for (from, to) in components {
		let altered = signature_input.replace(from, to);
		assert_ne!(altered, signature_input);
		let outcome = verify(&parts(), &altered, &signature, NOW);
		assert!(matches!(outcome, Err(RequestError::WrongComponents { .. })), "{to}");
	}

	let (names, _) = signature_input.split_once(';').unwrap();
	let input = format!(
		"{};tag=\"ward-request/v1\";keyid=\"{}\";nonce=\"{NONCE}\";alg=\"ed25519\";expires={};created={NOW}",
		names.strip_prefix("ward=").unwrap(),
		ward_primitives::RecordId(key().public()),
		NOW + 1,
	);
	let signature = key().sign(signature_base(&components_of(&parts()), &input).as_bytes());
	let signature = format!("ward=:{}:", STANDARD.encode(signature));
	assert!(verify(&parts(), &format!("ward={input}"), &signature, NOW).is_ok());
}

fn components_of(parts: &RequestParts<'_>) -> Vec<(&'static str, String)> {
	components(parts)
}

#[test]
fn expired_future_and_long_lived_requests_are_refused() {
	let outcome = |created, expires, now| {
		let headers = sign(&parts(), &key(), created, expires, NONCE);
		verify(&parts(), &headers.signature_input, &headers.signature, now).map(|_| ())
	};
	assert_eq!(outcome(NOW, NOW + 60, NOW + 59), Ok(()));
	assert_eq!(outcome(NOW, NOW + 60, NOW + 60), Err(RequestError::Expired));
	assert_eq!(outcome(NOW, NOW + 61, NOW), Err(RequestError::LivesTooLong));
	assert_eq!(outcome(NOW + MAX_CLOCK_SKEW, NOW + 60, NOW), Ok(()));
	assert_eq!(outcome(NOW + MAX_CLOCK_SKEW + 1, NOW + 60, NOW), Err(RequestError::FromFuture));
	assert!(matches!(outcome(NOW, NOW - 1, NOW), Err(RequestError::Malformed(_))));
}

#[test]
fn signatures_with_other_labels_are_left_alone_and_a_missing_one_is_named() {
	let SignedHeaders { signature_input, signature } = signed(&parts());
	let with_others = format!("proxy=(\"@status\");created=1, {signature_input}");
	assert!(verify(&parts(), &with_others, &format!("proxy=:AAAA:, {signature}"), NOW).is_ok());
	let renamed = signature_input.replace("ward=", "other=");
	assert_eq!(verify(&parts(), &renamed, &signature, NOW), Err(RequestError::Missing));
	let renamed = signature.replace("ward=", "other=");
	assert_eq!(verify(&parts(), &signature_input, &renamed, NOW), Err(RequestError::Missing));
	assert_eq!(verify(&parts(), "", "", NOW), Err(RequestError::Missing));
}

#[test]
fn a_line_break_in_a_component_cannot_forge_another_one() {
	let parts = RequestParts { path: "/\n\"@query\": ?", ..parts() };
	assert!(matches!(check(&parts, &signed(&parts)), Err(RequestError::Malformed(_))));
}

#[test]
fn a_key_of_small_order_verifies_nothing() {
	let mut neutral = [0; 32];
	neutral[0] = 1;
	let mut signature = [0; 64];
	signature[0] = 1;
	assert!(!verify_signature(&neutral, b"anything", &signature));
}

#[test]
fn nonces_are_valid_and_differ_and_a_key_is_not_printed() {
	let headers = sign(&parts(), &key(), NOW, NOW + 60, &random_nonce());
	assert!(check(&parts(), &headers).is_ok());
	assert_ne!(random_nonce(), random_nonce());
	assert_eq!(format!("{:?}", key()), "RequestKey(..)");
	assert_ne!(RequestKey::generate().public(), RequestKey::generate().public());
}

proptest! {
	#[test]
	fn no_header_text_panics(input in "\\PC{0,200}", signature in "\\PC{0,100}") {
		prop_assert!(verify(&parts(), &input, &signature, NOW).is_err());
	}

	#[test]
	fn no_text_that_looks_like_a_signature_panics(
		input in "ward=\\(((\"[@a-z-]{1,14}\"|[a-z0-9:;=]{1,8}) ?){0,8}\\)(;[a-z]{1,8}=(-?[0-9.]{1,17}|\"[ -~]{0,20}\"|:[A-Za-z0-9+/=]{0,12}:)){0,8}",
		signature in "ward=:[A-Za-z0-9+/=]{0,90}:(;[a-z]{1,3}){0,2}",
	) {
		prop_assert!(verify(&parts(), &input, &signature, NOW).is_err());
	}

	#[test]
	fn no_altered_byte_of_the_headers_verifies(
		place in any::<prop::sample::Index>(),
		byte in b' '..=b'~',
	) {
		let SignedHeaders { signature_input, signature } = signed(&parts());
		let mut altered = format!("{signature_input}\n{signature}").into_bytes();
		let place = place.index(altered.len());
		prop_assume!(altered[place] != byte && altered[place] != b'\n');
		altered[place] = byte;
		let altered = String::from_utf8(altered).unwrap();
		let (input, signature) = altered.split_once('\n').unwrap();
		// Base64 has spare bits and structured fields have optional spaces: what verifies must say the same.
		if let Ok(verified) = verify(&parts(), input, signature, NOW) {
			prop_assert_eq!(verified, check(&parts(), &signed(&parts())).unwrap());
		}
	}
}
