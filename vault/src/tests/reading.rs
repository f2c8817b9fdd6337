//! Who is given what.

use http::StatusCode;
use ward_crypto::wrap::{unwrap, WrapContext};
use ward_primitives::{
	Category, CategorySet, Decision, Interval, ParticipantId, PurposeOfUse, Reason, RecordId,
};
use ward_vault_api::{
	base64::Base64,
	log::{Event, LogPage},
	record::RecordFactsJson,
	release::{ReleaseRequest, ReleasedKey},
};

use super::house::{grant, Answer, House, Person, Sealed, GENESIS};
use crate::error::Code;

async fn release(house: &House, reader: &Person, record: &Sealed, key: &Person) -> Answer {
	let request = ReleaseRequest {
		suite: ward_primitives::participant::SealingSuite::XWing,
		sealing_key: Base64(key.sealing.public_key()),
	};
	let path = format!("/v1/records/{}/release", record.id);
	house.ask(reader, "POST", &path).json(&request).send().await
}

/// The reasons in the patient's log, oldest first; none for a permit.
async fn reasons(house: &House) -> Vec<Option<Reason>> {
	let page: LogPage = house.ask(&house.patient, "GET", "/v1/log?patient=10").send().await.ok();
	let reason = |decision| match decision {
		Decision::Permit { .. } => None,
		Decision::Deny { reason } => Some(reason),
	};
	let decisions = page.entries.into_iter().filter(|entry| entry.event != Event::Promotion);
	decisions.map(|entry| reason(entry.decision)).collect()
}

#[tokio::test]
async fn a_granted_reader_gets_content_and_a_key_that_opens() {
	let house = House::new();
	let record = house.seal(&[3; 5_000]);
	house.deposit(&record).await;
	house.content(&house.specialist, &record).await.refused(Code::AccessDenied);
	release(&house, &house.specialist, &record, &house.specialist)
		.await
		.refused(Code::AccessDenied);

	let terms = grant(&house, CategorySet::from_iter([Category::Laboratory]));
	house.chain.finalize(|tables| tables.grants.push(terms.clone()));
	let answer = house.content(&house.specialist, &record).await;
	assert_eq!(answer.status, StatusCode::OK);
	assert_eq!(answer.body.unwrap(), record.ciphertext);
	let released: ReleasedKey =
		release(&house, &house.specialist, &record, &house.specialist).await.ok();
	let context =
		WrapContext { genesis: GENESIS, record: record.id, recipient: house.specialist.id };
	let key = unwrap(&released.wrapped, &house.specialist.sealing, &context).unwrap();
	assert_eq!(key.expose(), record.data_key.expose());
	assert!(released.decision.is_permit());
	let path = format!("/v1/records/{}", record.id);
	let facts: RecordFactsJson = house.ask(&house.specialist, "GET", &path).send().await.ok();
	assert_eq!(facts.opening.salt.0, record.opening.salt);
	assert_eq!(facts.row.content.content_root.0, record.content.content_root);
	assert!(!facts.patient_only);
	let denied = Some(Reason::NoBasis);
	assert_eq!(reasons(&house).await, [denied, denied, None, None, None]);
}

#[tokio::test]
async fn a_record_outside_the_scope_or_the_purpose_is_denied() {
	let house = House::new();
	let record = house.seal(b"ciphertext");
	house.deposit(&record).await;
	let imaging = grant(&house, CategorySet::from_iter([Category::Imaging]));
	house.chain.finalize(|tables| tables.grants = vec![imaging.clone()]);
	house.content(&house.specialist, &record).await.refused(Code::AccessDenied);
	let laboratory = grant(&house, CategorySet::from_iter([Category::Laboratory]));
	house.chain.finalize(|tables| tables.grants = vec![laboratory.clone()]);
	let path = format!("/v1/records/{}/content", record.id);
	let research = house.ask(&house.specialist, "GET", &path).purpose(PurposeOfUse::Hresch);
	research.send().await.refused(Code::AccessDenied);
	assert_eq!(reasons(&house).await, [Some(Reason::OutOfScope), Some(Reason::PurposeNotGranted)]);
}

#[tokio::test]
async fn a_withdrawal_denies_already_at_the_best_head() {
	let house = House::new();
	let record = house.seal(b"ciphertext");
	house.deposit(&record).await;
	let terms = grant(&house, CategorySet::from_iter([Category::Laboratory]));
	house.chain.finalize(|tables| tables.grants.push(terms.clone()));
	assert_eq!(house.content(&house.specialist, &record).await.status, StatusCode::OK);
	house.chain.author(|tables| tables.grants[0].interval.end(tables.head.timestamp));
	house.content(&house.specialist, &record).await.refused(Code::AccessDenied);
	house.chain.catch_up();
	house.content(&house.specialist, &record).await.refused(Code::AccessDenied);
	let ended = Some(Reason::GrantEnded);
	assert_eq!(reasons(&house).await, [None, ended, ended]);
}

#[tokio::test]
async fn a_grant_permits_only_once_it_is_final() {
	let house = House::new();
	let record = house.seal(b"ciphertext");
	house.deposit(&record).await;
	let terms = grant(&house, CategorySet::from_iter([Category::Laboratory]));
	house.chain.author(|tables| tables.grants.push(terms.clone()));
	house.content(&house.specialist, &record).await.refused(Code::AccessDenied);
	house.chain.catch_up();
	assert_eq!(house.content(&house.specialist, &record).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_key_that_is_retired_at_the_best_head_reads_nothing() {
	let house = House::new();
	let record = house.seal(b"ciphertext");
	house.deposit(&record).await;
	assert_eq!(house.content(&house.doctor, &record).await.status, StatusCode::OK);
	let key = house.doctor.key.public();
	house.chain.author(|tables| {
		let now = tables.head.timestamp;
		tables.keys.get_mut(&key).unwrap().live.end(now);
	});
	house.content(&house.doctor, &record).await.refused(Code::UnknownKey);
}

#[tokio::test]
async fn an_excluded_or_suspended_reader_is_denied_with_the_reason_in_the_log() {
	let house = House::new();
	let record = house.seal(b"ciphertext");
	house.deposit(&record).await;
	let terms = grant(&house, CategorySet::from_iter([Category::Laboratory]));
	let (patient, specialist) = (house.patient.id.0, house.specialist.id.0);
	house.chain.finalize(|tables| {
		tables.grants.push(terms.clone());
		tables.exclusions.insert((patient, specialist), Interval::open(0));
	});
	house.content(&house.specialist, &record).await.refused(Code::AccessDenied);
	house.chain.finalize(|tables| {
		let row = tables.participants.get_mut(&specialist).unwrap();
		row.active.latest.end(tables.head.timestamp);
	});
	house.content(&house.specialist, &record).await.refused(Code::AccessDenied);
	let expected = [Some(Reason::Excluded), Some(Reason::ActorInactive)];
	assert_eq!(reasons(&house).await, expected);
}

#[tokio::test]
async fn nobody_can_tell_an_unknown_record_from_a_denied_one() {
	let house = House::new();
	let record = house.seal(b"ciphertext");
	house.deposit(&record).await;
	let unknown = Sealed { id: RecordId([1; 32]), ..house.seal(b"ciphertext") };
	let staged = house.seal(b"not anchored");
	house.announce(&staged).await;
	house.upload(&staged).await;
	let mut bodies = Vec::new();
	for record in [&record, &unknown, &staged] {
		let mut problem =
			house.content(&house.specialist, record).await.refused(Code::AccessDenied);
		problem.instance.clear();
		bodies.push(serde_json::to_string(&problem).unwrap());
	}
	assert!(bodies.iter().all(|body| *body == bodies[0]));
	assert_eq!(house.vault.database.log_length().await.unwrap(), 1 + 3, "each is logged");
	let (of_nobody, _) =
		house.vault.database.log_of_patient(ParticipantId(0), 0, 10).await.unwrap();
	assert_eq!(of_nobody.len(), 2);
}

#[tokio::test]
async fn what_is_anchored_with_other_custodians_only_is_not_released_here() {
	let house = House::new();
	let record = house.seal(b"ciphertext");
	house.deposit(&record).await;
	house.chain.finalize(|tables| {
		tables.records.get_mut(&record.id.0).unwrap().custodians[0].center = ParticipantId(2);
	});
	house.content(&house.doctor, &record).await.refused(Code::AccessDenied);
	assert_eq!(reasons(&house).await, [Some(Reason::UnknownRecord)]);
}

#[tokio::test]
async fn a_data_key_is_wrapped_only_to_the_readers_key_on_the_chain() {
	let house = House::new();
	let record = house.seal(b"ciphertext");
	house.deposit(&record).await;
	release(&house, &house.doctor, &record, &house.specialist)
		.await
		.refused(Code::SealingKeyMismatch);
	let (doctor, new_key) = (house.doctor.id.0, house.specialist.sealing.sealing_key());
	house.chain.author(|tables| {
		tables.participants.get_mut(&doctor).unwrap().sealing_key = new_key;
	});
	release(&house, &house.doctor, &record, &house.doctor).await.refused(Code::SealingKeyMismatch);
	house.chain.catch_up();
	let released: ReleasedKey =
		release(&house, &house.doctor, &record, &house.specialist).await.ok();
	let context = WrapContext { genesis: GENESIS, record: record.id, recipient: house.doctor.id };
	unwrap(&released.wrapped, &house.specialist.sealing, &context).expect("for the new key");
}

#[tokio::test]
async fn a_patient_only_record_opens_for_patient_and_author_and_for_no_grantee() {
	let house = House::new();
	let record = house.seal_for(b"ciphertext", true);
	house.deposit(&record).await;
	let terms = grant(&house, CategorySet::from_iter([Category::Laboratory]));
	house.chain.finalize(|tables| tables.grants.push(terms.clone()));
	for person in [&house.patient, &house.doctor] {
		let released: ReleasedKey = release(&house, person, &record, person).await.ok();
		let context = WrapContext { genesis: GENESIS, record: record.id, recipient: person.id };
		let key = unwrap(&released.wrapped, &person.sealing, &context).unwrap();
		assert_eq!(key.expose(), record.data_key.expose());
	}
	release(&house, &house.specialist, &record, &house.specialist)
		.await
		.refused(Code::AccessDenied);
	assert_eq!(reasons(&house).await, [None, None, Some(Reason::NoBasis)]);
	let path = format!("/v1/records/{}", record.id);
	let facts: RecordFactsJson = house.ask(&house.specialist, "GET", &path).send().await.ok();
	assert!(facts.patient_only, "a grantee can learn why");
}

#[tokio::test]
async fn ranges_are_served_and_each_is_decided_on() {
	let house = House::new();
	let bytes: Vec<u8> = (0..9_000u32).map(|n| n as u8).collect();
	let record = house.seal(&bytes);
	house.deposit(&record).await;
	let path = format!("/v1/records/{}/content", record.id);
	let get = |range| house.ask(&house.patient, "GET", &path).header("range", range);
	let part = get("bytes=1000-1999").send().await;
	assert_eq!(part.status, StatusCode::PARTIAL_CONTENT);
	assert_eq!(part.headers["content-range"], "bytes 1000-1999/9000");
	assert_eq!(part.body.unwrap(), bytes[1000..2000]);
	let end = get("bytes=-10").send().await;
	assert_eq!(end.body.unwrap(), bytes[8990..]);
	let outside = get("bytes=9000-").send().await;
	outside.refused(Code::RangeNotSatisfiable);
	assert_eq!(outside.headers["content-range"], "bytes */9000");
	assert_eq!(reasons(&house).await, [None, None, None]);
}

#[tokio::test]
async fn reading_needs_no_promotion_once_the_record_is_final() {
	let house = House::new();
	let record = house.seal(b"ciphertext");
	house.announce(&record).await;
	house.upload(&record).await;
	house.anchor(&record);
	let answer = house.content(&house.patient, &record).await;
	assert_eq!(answer.body.unwrap(), record.ciphertext);
}

#[tokio::test]
async fn an_id_that_is_none_is_malformed() {
	let house = House::new();
	for path in ["/v1/records/0xabc", "/v1/records/abc/content", "/v1/deposits/0xzz"] {
		house.ask(&house.patient, "GET", path).send().await.refused(Code::MalformedRequest);
	}
}
