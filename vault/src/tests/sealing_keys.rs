//! Public sealing keys: lodged by their owners and by those who enrolled them, found by their digests.

use http::StatusCode;
use ward_crypto::{request::RequestKey, wrap::SealingSecret};
use ward_primitives::{
	participant::{SealingKey, SealingSuite},
	Interval, KeyRoles, KeyRow, ParticipantId,
};
use ward_vault_api::{
	base64::Base64,
	hex::Hex,
	problem::Problem,
	sealing_key::{LodgedKey, SealingKeyJson},
};

use super::house::{Answer, House, Person, CENTER};
use crate::error::Code;

fn key_of(owner: &Person) -> LodgedKey {
	LodgedKey {
		participant: owner.id,
		suite: SealingSuite::XWing,
		sealing_key: Base64(owner.sealing.public_key()),
	}
}

fn path(key: &SealingKey) -> String {
	format!("/v1/sealing-keys/{}", Hex(key.digest))
}

/// Lodges a key under the digest that it has.
async fn lodge(house: &House, who: &Person, key: &LodgedKey) -> Answer {
	let path = path(&SealingKey::of(key.suite, &key.sealing_key.0));
	house.ask(who, "PUT", &path).json(key).send().await
}

async fn find(house: &House, who: &Person, key: &SealingKey) -> Answer {
	house.ask(who, "GET", &path(key)).send().await
}

/// The vault's own center, with a key on the chain.
fn center(house: &House) -> Person {
	let center = Person {
		id: CENTER,
		key: RequestKey::from_seed([1; 32]),
		sealing: SealingSecret::from_bytes([1; 32]),
	};
	let row = KeyRow { participant: CENTER, roles: KeyRoles::MAIN, live: Interval::open(0) };
	let public = center.key.public();
	house.chain.finalize(|tables| {
		tables.keys.insert(public, row);
	});
	center
}

#[tokio::test]
async fn whoever_is_enrolled_finds_what_its_owner_lodged_also_after_a_restart() {
	let house = House::new();
	let on_chain = house.patient.sealing.sealing_key();
	find(&house, &house.doctor, &on_chain).await.refused(Code::SealingKeyUnknown);
	let key = key_of(&house.patient);
	assert_eq!(lodge(&house, &house.patient, &key).await.status, StatusCode::CREATED);
	assert_eq!(lodge(&house, &house.patient, &key).await.status, StatusCode::NO_CONTENT);
	let house = house.restarted();
	for reader in [&house.doctor, &house.specialist, &house.patient] {
		let found: SealingKeyJson = find(&house, reader, &on_chain).await.ok();
		assert_eq!(found.checked(&on_chain), Some(house.patient.sealing.public_key()));
	}
}

#[tokio::test]
async fn a_sponsor_lodges_for_those_it_enrolled_and_for_nobody_else() {
	let house = House::new();
	let center = center(&house);
	// The specialist belongs to another center, the patient to none.
	for other in [&house.specialist, &house.patient] {
		lodge(&house, &center, &key_of(other)).await.refused(Code::AccessDenied);
	}
	lodge(&house, &house.doctor, &key_of(&house.patient)).await.refused(Code::AccessDenied);
	let mut nobody = key_of(&house.patient);
	nobody.participant = ParticipantId(999);
	lodge(&house, &center, &nobody).await.refused(Code::AccessDenied);
	assert_eq!(lodge(&house, &center, &key_of(&house.doctor)).await.status, StatusCode::CREATED);
	let on_chain = house.doctor.sealing.sealing_key();
	find(&house, &house.patient, &on_chain).await.ok::<SealingKeyJson>();
	let unlodged = house.patient.sealing.sealing_key();
	find(&house, &house.patient, &unlodged).await.refused(Code::SealingKeyUnknown);
}

#[tokio::test]
async fn only_the_key_whose_digest_is_on_the_chain_is_taken() {
	let house = House::new();
	let patient = &house.patient;
	let mut other = key_of(patient);
	other.sealing_key = Base64(house.doctor.sealing.public_key());
	lodge(&house, patient, &other).await.refused(Code::SealingKeyMismatch);
	let under = path(&patient.sealing.sealing_key());
	let ask = house.ask(patient, "PUT", &under).json(&other);
	ask.send().await.refused(Code::SealingKeyMismatch);
	let mut cut = key_of(patient);
	cut.sealing_key.0.pop();
	lodge(&house, patient, &cut).await.refused(Code::SealingKeyMismatch);
	let elsewhere = path(&house.doctor.sealing.sealing_key());
	let ask = house.ask(patient, "PUT", &elsewhere).json(&key_of(patient));
	ask.send().await.refused(Code::SealingKeyMismatch);

	// A short key whose digest the chain does have: it must fit its suite, too.
	let short = SealingKey::of(SealingSuite::XWing, &[1, 2, 3]);
	let id = patient.id.0;
	house.chain.finalize(|tables| tables.participants.get_mut(&id).unwrap().sealing_key = short);
	let mut fits = key_of(patient);
	fits.sealing_key = Base64(vec![1, 2, 3]);
	lodge(&house, patient, &fits).await.refused(Code::SealingKeyMismatch);
	for key in [short, patient.sealing.sealing_key(), house.doctor.sealing.sealing_key()] {
		find(&house, patient, &key).await.refused(Code::SealingKeyUnknown);
	}
}

#[tokio::test]
async fn a_renewed_key_takes_the_place_of_the_one_before() {
	let house = House::new();
	lodge(&house, &house.patient, &key_of(&house.patient)).await;
	let before = house.patient.sealing.sealing_key();
	let renewed = SealingSecret::from_bytes([200; 32]);
	let (id, on_chain) = (house.patient.id.0, renewed.sealing_key());
	house.chain.finalize(|tables| tables.participants.get_mut(&id).unwrap().sealing_key = on_chain);
	lodge(&house, &house.patient, &key_of(&house.patient)).await.refused(Code::SealingKeyMismatch);
	let mut key = key_of(&house.patient);
	key.sealing_key = Base64(renewed.public_key());
	assert_eq!(lodge(&house, &house.patient, &key).await.status, StatusCode::CREATED);
	find(&house, &house.doctor, &before).await.refused(Code::SealingKeyUnknown);
	let found: SealingKeyJson = find(&house, &house.doctor, &on_chain).await.ok();
	assert_eq!(found.sealing_key.0, renewed.public_key());
}

#[tokio::test]
async fn who_is_not_active_neither_lodges_nor_finds() {
	let house = House::new();
	let key = key_of(&house.patient);
	lodge(&house, &house.patient, &key).await;
	let id = house.patient.id.0;
	house.chain.finalize(|tables| {
		let row = tables.participants.get_mut(&id).unwrap();
		row.active.latest = Interval { from: 0, until: Some(1) };
	});
	lodge(&house, &house.patient, &key).await.refused(Code::AccessDenied);
	let on_chain = house.patient.sealing.sealing_key();
	find(&house, &house.patient, &on_chain).await.refused(Code::AccessDenied);
	find(&house, &house.doctor, &on_chain).await.ok::<SealingKeyJson>();
}

#[tokio::test]
async fn what_makes_no_sense_is_malformed_and_what_is_unknown_is_always_answered_alike() {
	let house = House::new();
	let key = key_of(&house.patient);
	for path in ["/v1/sealing-keys/0x00", "/v1/sealing-keys/key"] {
		let put = house.ask(&house.patient, "PUT", path).json(&key);
		put.send().await.refused(Code::MalformedRequest);
		let get = house.ask(&house.patient, "GET", path);
		get.send().await.refused(Code::MalformedRequest);
	}
	let nonsense = house.ask(&house.patient, "PUT", &path(&key_on_chain(&house))).json(&"key");
	nonsense.send().await.refused(Code::MalformedRequest);
	let long = "x".repeat(70_000);
	let long = house.ask(&house.patient, "PUT", &path(&key_on_chain(&house))).json(&long);
	long.send().await.refused(Code::TooLarge);
	let mut answers = Vec::new();
	for digest in [key_on_chain(&house).digest, [0; 32]] {
		let unknown = SealingKey { suite: SealingSuite::XWing, digest };
		let answer = find(&house, &house.doctor, &unknown).await;
		let Problem { instance: _, kind, title, status, detail } =
			answer.refused(Code::SealingKeyUnknown);
		answers.push((kind, title, status, detail));
	}
	assert_eq!(answers[0], answers[1]);
}

fn key_on_chain(house: &House) -> SealingKey {
	house.patient.sealing.sealing_key()
}
