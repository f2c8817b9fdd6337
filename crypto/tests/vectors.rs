//! Known answers: sealed content, a wrapped key and a signed request, which another implementation
//! can check itself against. `WARD_BLESS=1` writes them anew.

use serde_json::{json, Value};
use std::{
	io::{Read, Write},
	sync::LazyLock,
};
use ward_crypto::{
	content::{hash_and_size, DataKey, Manifest, Opener, SealPlan, Sealer},
	request::{content_digest, sign, verify, RequestKey, RequestParts},
	wrap::{unwrap, wrap, SealingSecret, WrapContext, WrappedKey},
};
use ward_primitives::{participant::SealingSuite, Digest, ParticipantId, PurposeOfUse, RecordId};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/protocol-vectors-crypto.json");

const DATA_KEY: [u8; 32] = [0x11; 32];
const SALT: [u8; 32] = [0x22; 32];
const SEALING_SEED: [u8; 32] = [0x33; 32];
const SIGNING_SEED: [u8; 32] = [0x44; 32];
const GENESIS: Digest = [0x55; 32];
const RECORD: RecordId = RecordId([0x66; 32]);
const CREATED: u64 = 1_800_000_000;

fn hex(bytes: impl AsRef<[u8]>) -> String {
	format!("0x{}", hex::encode(bytes))
}

/// The vector of a sealed content; `ciphertext` is left out where it would be long.
fn sealed(name: &str, content: &[u8]) -> Value {
	let (digest, length) = hash_and_size(content).unwrap();
	let mut manifest = Manifest::new("text/plain", length, digest, "2026-11-21T00:00:00Z");
	manifest.title = Some("Blood pressure".into());
	let plan = SealPlan::new(SALT, manifest.to_bytes().unwrap()).unwrap();
	let mut ciphertext = Vec::new();
	let mut sealer = Sealer::new(&plan, &DataKey::from_bytes(DATA_KEY), content);
	sealer.read_to_end(&mut ciphertext).unwrap();
	let (content_root, size) = hash_and_size(&ciphertext[..]).unwrap();
	json!({
		"name": name,
		"data_key": hex(DATA_KEY),
		"salt": hex(SALT),
		"manifest": String::from_utf8(plan.manifest).unwrap(),
		"content": { "length": length, "bytes": "byte i is i mod 251", "blake3": hex(digest) },
		"commitment": hex(plan.commitment),
		"size": size,
		"content_root": hex(content_root),
		"ciphertext": (size < 1_000).then(|| hex(&ciphertext)),
	})
}

fn content(len: usize) -> Vec<u8> {
	(0..len).map(|i| (i % 251) as u8).collect()
}

/// A wrap is encapsulated anew each time: only a stored one can be compared, by opening it.
fn wrapped(stored: Option<&Value>) -> Value {
	let secret = SealingSecret::from_bytes(SEALING_SEED);
	let context = WrapContext { genesis: GENESIS, record: RECORD, recipient: ParticipantId(7) };
	let sealed = match stored {
		Some(stored) => stored["sealed"].as_str().unwrap().to_owned(),
		None => {
			let key = DataKey::from_bytes(DATA_KEY);
			hex(wrap(&key, &secret.public_key(), &context).unwrap().sealed)
		},
	};
	let bytes = hex::decode(sealed.trim_start_matches("0x")).unwrap();
	let wrapped =
		WrappedKey { recipient: context.recipient, suite: SealingSuite::XWing, sealed: bytes };
	let opened = unwrap(&wrapped, &secret, &context).unwrap();
	json!({
		"sealing_seed": hex(SEALING_SEED),
		"public_key": hex(secret.public_key()),
		"sealing_key_digest": hex(secret.sealing_key().digest),
		"genesis": hex(GENESIS),
		"record": hex(RECORD.0),
		"recipient": 7,
		"data_key": hex(opened.expose()),
		"sealed": sealed,
	})
}

fn signed(name: &str, query: Option<&str>, body: Option<&str>) -> Value {
	let digest = body.map(|body| content_digest(body.as_bytes()));
	let path = format!("/v1/records/{RECORD}/release");
	let parts = RequestParts {
		method: if body.is_some() { "POST" } else { "GET" },
		path: &path,
		query,
		content_digest: digest.as_deref(),
		vault: ParticipantId(7),
		genesis: GENESIS,
		purpose: PurposeOfUse::Treat,
	};
	let key = RequestKey::from_seed(SIGNING_SEED);
	let headers = sign(&parts, &key, CREATED, CREATED + 60, "AAECAwQFBgcICQoLDA0ODw");
	verify(&parts, &headers.signature_input, &headers.signature, CREATED).unwrap();
	json!({
		"name": name,
		"seed": hex(SIGNING_SEED),
		"public_key": hex(key.public()),
		"method": parts.method,
		"path": path,
		"query": query,
		"body": body,
		"fields": {
			"Content-Digest": digest,
			"Ward-Vault": "7",
			"Ward-Genesis": hex(GENESIS),
			"Ward-Purpose": "TREAT",
			"Signature-Input": headers.signature_input,
			"Signature": headers.signature,
		},
	})
}

fn vectors(stored: Option<&Value>) -> Value {
	json!({
		"sealed_content": [
			sealed("a short content in one chunk", &content(100)),
			sealed("a content in three chunks", &content(150_000)),
			sealed("an empty content", &[]),
		],
		"wrapped_key": wrapped(stored.map(|stored| &stored["wrapped_key"])),
		"signed_requests": [
			signed("with a body", None, Some("{\"suite\":\"XWing\"}")),
			signed("with a query and no body", Some("patient=1&from=0"), None),
		],
	})
}

/// What is published, written anew first if that is asked for.
static STORED: LazyLock<Value> = LazyLock::new(|| {
	if std::env::var_os("WARD_BLESS").is_some() {
		let text = serde_json::to_string_pretty(&vectors(None)).unwrap() + "\n";
		std::fs::write(FILE, text).unwrap();
	}
	serde_json::from_slice(&std::fs::read(FILE).unwrap()).unwrap()
});

#[test]
fn the_published_vectors_are_what_this_crate_computes() {
	assert_eq!(vectors(Some(&STORED)), *STORED);
}

#[test]
fn the_published_ciphertext_opens() {
	let vector = &STORED["sealed_content"][0];
	let bytes =
		|value: &Value| hex::decode(value.as_str().unwrap().trim_start_matches("0x")).unwrap();
	let key = DataKey::from_bytes(bytes(&vector["data_key"]).try_into().unwrap());
	let commitment = bytes(&vector["commitment"]).try_into().unwrap();
	let mut opener = Opener::new(&key, &commitment, Vec::new());
	opener.write_all(&bytes(&vector["ciphertext"])).unwrap();
	let (manifest, opened) = opener.finish().unwrap();
	assert_eq!(opened, content(100));
	assert_eq!(manifest.title.as_deref(), Some("Blood pressure"));
}
