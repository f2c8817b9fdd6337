//! Known answers for every byte string that is hashed or signed in this crate.
//!
//! `docs/protocol-vectors.json` holds them for other languages. This test makes them anew and compares;
//! with `WARD_BLESS=1` in the environment it writes the file instead, which is right only for a new
//! format: the present ones are final. `scripts/check-vectors` recomputes the file in Python.

mod receipts;

use std::{fs, path::PathBuf};

use codec::Encode;
use ed25519_dalek::{Signer, SigningKey};
use serde_json::{json, Value};
use ward_primitives::{
	hash::Domain,
	participant::{SealingKey, SealingSuite},
	proof::{Enrolment, KeyAttachment},
	record::manifest_commitment,
	Attributes, AttributesOpening, Category, CategorySet, DataPeriod, DepositReceipt, Digest,
	KeyRoles, ParticipantId, RecordContent, RecordId, Role, Sensitivity,
};

/// Secret and public keys of RFC 8032, section 7.1, tests 1 to 3.
const RFC_8032: [(&str, &str); 3] = [
	(
		"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
		"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
	),
	(
		"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
		"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
	),
	(
		"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
		"fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
	),
];

const GENESIS: Digest = [0xA1; 32];

/// Of unequal bytes, so that a mix-up of byte orders shows; below 2^53, so that every JSON parser
/// reads it exactly.
const LARGE: u64 = 0x0012_3456_789A_BCDE;

fn hex(bytes: impl AsRef<[u8]>) -> String {
	format!("0x{}", hex::encode(bytes))
}

/// `len` bytes that count up from `first`.
fn counting(first: u8, len: usize) -> Vec<u8> {
	(0..len).map(|i| first.wrapping_add(i as u8)).collect()
}

fn digest(first: u8) -> Digest {
	counting(first, 32).try_into().expect("32 bytes")
}

/// The protocol's number of an enumeration's member, which is not always Rust's discriminant.
fn number(member: &impl Encode) -> u8 {
	let encoded = member.encode();
	assert_eq!(encoded.len(), 1);
	encoded[0]
}

fn tag(domain: Domain) -> String {
	String::from_utf8(domain.tag().to_vec()).expect("ASCII").trim_end_matches('\0').into()
}

/// A vector whose message is hashed.
fn hashed(domain: Domain, inputs: &Value, fields: &impl Encode, hash: Digest) -> Value {
	json!({
		"tag": tag(domain),
		"inputs": inputs,
		"message": hex(domain.message(fields)),
		"hash": hex(hash),
	})
}

/// A vector whose message is signed.
fn signed(domain: Domain, inputs: &Value, message: &[u8], key: &SigningKey) -> Value {
	json!({
		"tag": tag(domain),
		"inputs": inputs,
		"message": hex(message),
		"ed25519": {
			"secretKey": hex(key.to_bytes()),
			"publicKey": hex(key.verifying_key().to_bytes()),
			"signature": hex(key.sign(message).to_bytes()),
		},
	})
}

fn key(number: usize) -> SigningKey {
	let (secret, public) = RFC_8032[number - 1];
	let secret: [u8; 32] = hex::decode(secret).expect("hex").try_into().expect("32 bytes");
	let key = SigningKey::from_bytes(&secret);
	assert_eq!(hex::encode(key.verifying_key().to_bytes()), public);
	key
}

fn manifest(salt: [u8; 32], manifest: &[u8]) -> Value {
	let inputs = json!({ "salt": hex(salt), "manifest": hex(manifest) });
	let hash = manifest_commitment(&salt, manifest);
	hashed(Domain::Manifest, &inputs, &(salt, manifest), hash)
}

fn attributes(salt: [u8; 32], attributes: Attributes) -> Value {
	let inputs = json!({
		"salt": hex(salt),
		"categories": attributes.categories.0,
		"sensitivity": number(&attributes.sensitivity),
		"period": attributes.period.map(|period| json!({
			"start": period.start,
			"end": period.end,
		})),
	});
	let opening = AttributesOpening { salt, attributes };
	hashed(Domain::Attributes, &inputs, &opening, opening.digest())
}

fn record_id(content: RecordContent) -> Value {
	let inputs = json!({
		"genesis": hex(GENESIS),
		"patient": content.patient.0,
		"author": content.author.0,
		"commitment": hex(content.commitment),
		"attributes": hex(content.attributes),
		"contentRoot": hex(content.content_root),
		"size": content.size,
	});
	let RecordId(id) = content.record_id(&GENESIS);
	hashed(Domain::RecordId, &inputs, &(GENESIS, content), id)
}

fn sealing_key(suite: SealingSuite, public_key: &[u8]) -> Value {
	let inputs = json!({ "suite": number(&suite), "publicKey": hex(public_key) });
	let digest = SealingKey::of(suite, public_key).digest;
	hashed(Domain::SealingKey, &inputs, &(suite, public_key), digest)
}

fn deposit(receipt: &DepositReceipt) -> Value {
	let inputs = json!({
		"genesis": hex(receipt.genesis),
		"custodian": receipt.custodian.0,
		"record": hex(receipt.record.0),
		"contentRoot": hex(receipt.content_root),
		"size": receipt.size,
		"expires": receipt.expires,
	});
	signed(Domain::Deposit, &inputs, &receipt.message(), &key(1))
}

fn enrolment(role: Role, care: bool) -> Value {
	let key = key(2);
	let enrolment = Enrolment {
		genesis: GENESIS,
		sponsor: ParticipantId(7),
		role,
		account: key.verifying_key().to_bytes(),
		sealing_key: SealingKey { suite: SealingSuite::XWing, digest: digest(0x60) },
		care,
		valid_until: 1_795_000_000_123,
	};
	let inputs = json!({
		"genesis": hex(enrolment.genesis),
		"sponsor": enrolment.sponsor.0,
		"role": number(&role),
		"account": hex(enrolment.account),
		"sealingKey": {
			"suite": number(&enrolment.sealing_key.suite),
			"digest": hex(enrolment.sealing_key.digest),
		},
		"care": care,
		"validUntil": enrolment.valid_until,
	});
	signed(Domain::Enrolment, &inputs, &enrolment.message(), &key)
}

fn key_attachment(roles: KeyRoles) -> Value {
	let key = key(3);
	let attachment = KeyAttachment {
		genesis: GENESIS,
		participant: ParticipantId(LARGE),
		key: key.verifying_key().to_bytes(),
		roles,
		valid_until: 1_795_000_000_123,
	};
	let inputs = json!({
		"genesis": hex(attachment.genesis),
		"participant": attachment.participant.0,
		"key": hex(attachment.key),
		"roles": roles.0,
		"validUntil": attachment.valid_until,
	});
	signed(Domain::KeyAttachment, &inputs, &attachment.message(), &key)
}

fn vectors() -> Value {
	let content = RecordContent {
		patient: ParticipantId(11),
		author: ParticipantId(LARGE),
		commitment: digest(0x10),
		attributes: digest(0x30),
		content_root: digest(0x50),
		size: 65_808,
	};
	let receipt = DepositReceipt {
		genesis: GENESIS,
		custodian: ParticipantId(7),
		record: content.record_id(&GENESIS),
		content_root: content.content_root,
		size: content.size,
		expires: 1_795_000_000_123,
	};
	let period = DataPeriod { start: -86_400_000, end: 1_700_000_000_000 };
	let laboratory: CategorySet = [Category::Laboratory].into_iter().collect();
	let everything = CategorySet::from_iter(Category::ALL);
	let mut formats = vec![
		manifest(digest(0x00), b""),
		manifest(digest(0x00), br#"{"format":"ward-manifest/v1","mediaType":"text/plain"}"#),
		// Long enough for a compact length of two bytes, and of four.
		manifest(digest(0x20), &counting(0, 64)),
		manifest(digest(0x20), &counting(0, 16_384)),
		attributes(
			digest(0x40),
			Attributes { categories: laboratory, sensitivity: Sensitivity::Normal, period: None },
		),
		attributes(
			digest(0x40),
			Attributes {
				categories: everything,
				sensitivity: Sensitivity::VeryRestricted,
				period: Some(period),
			},
		),
		record_id(content),
		record_id(RecordContent { size: LARGE, ..content }),
		sealing_key(SealingSuite::XWing, &counting(3, 1_216)),
		deposit(&receipt),
		enrolment(Role::Patient, true),
		enrolment(Role::Practitioner, false),
		key_attachment(KeyRoles::RECEIPT),
		key_attachment(KeyRoles::MAIN),
	];
	formats.extend(receipts::vectors());
	json!({
		"about": "Known answers for docs/protocol.md. Byte strings are 0x and hexadecimal digits; \
			enumerations and bit sets are the protocol's numbers; a message is the tag, a NUL byte \
			and the SCALE encoding of the inputs in the order of docs/protocol.md; a hash is \
			BLAKE2b-256 of the message. The keys are tests 1 to 3 of RFC 8032, section 7.1. In the \
			trees, byte n of content is n mod 251.",
		"tags": Domain::ALL.map(|domain| json!({ "tag": tag(domain), "bytes": hex(domain.tag()) })),
		"vectors": formats,
		"trees": receipts::trees(),
	})
}

fn path() -> PathBuf {
	PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/protocol-vectors.json")
}

#[test]
fn the_known_answers_are_still_the_answers() {
	let made = vectors();
	if std::env::var_os("WARD_BLESS").is_some_and(|value| value == "1") {
		let text = serde_json::to_string_pretty(&made).expect("JSON") + "\n";
		fs::write(path(), text).expect("docs/ is writable");
	}
	let text = fs::read_to_string(path()).expect("docs/protocol-vectors.json exists");
	let stored: Value = serde_json::from_str(&text).expect("docs/protocol-vectors.json is JSON");
	for (made, stored) in made["vectors"]
		.as_array()
		.into_iter()
		.flatten()
		.zip(stored["vectors"].as_array().into_iter().flatten())
	{
		assert_eq!(made, stored, "a format changed; a changed layout needs a new tag");
	}
	assert_eq!(made["trees"], stored["trees"], "a tree, the draw or the choice of leaves changed");
	assert_eq!(made, stored, "WARD_BLESS=1 writes the file, if that is what is wanted");
}

#[test]
fn every_format_of_this_crate_has_a_vector() {
	let vectors = vectors();
	let covered: Vec<_> = vectors["vectors"]
		.as_array()
		.expect("a list")
		.iter()
		.map(|vector| vector["tag"].as_str().expect("a tag").to_owned())
		.collect();
	for domain in Domain::ALL {
		// These bind logs, contents and wraps, whose formats live with the programs that make them, and
		// sealed answers.
		let elsewhere = matches!(
			domain,
			Domain::AccessLog | Domain::Content | Domain::Wrap | Domain::ReceiptSeal
		);
		assert_eq!(covered.contains(&tag(domain)), !elsewhere, "{}", tag(domain));
	}
}
