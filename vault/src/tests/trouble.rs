//! The chain in trouble: the vault closes, says why, and serves the center's own staff in an outage.

use std::sync::atomic::Ordering;

use axum::body::Body;
use http::{Request, StatusCode};
use ward_crypto::wrap::{unwrap, WrapContext};
use ward_primitives::{
	participant::SealingSuite, Category, CategorySet, Interval, ParticipantId, PurposeOfUse,
};
use ward_vault_api::{
	base64::Base64,
	contingency::{ContingencyJson, CONTINGENCY_HEADER},
	log::{Event, LogPage},
	record::RecordFactsJson,
	release::{ReleaseRequest, ReleasedKey},
};

use super::house::{announcement, grant, send, Answer, House, Person, Sealed, CENTER, GENESIS};
use crate::{
	chain::Head,
	controllers::health::{Mode, Readiness},
	error::Code,
	router,
};

const HOUR: u64 = 3_600_000;

fn house() -> House {
	House::with(|settings| settings.contingency = 72 * HOUR)
}

async fn readiness(house: &House) -> Readiness {
	let request = Request::get("/readyz").body(Body::empty()).unwrap();
	send(&router::operator(house.vault.clone()), request).await.json()
}

/// The name and the code of the one part that is not well.
async fn ill_part(house: &House) -> (String, String) {
	let report = readiness(house).await;
	let [part] =
		report.parts.into_iter().filter(|part| !part.ok).collect::<Vec<_>>().try_into().unwrap();
	assert!(part.detail.is_some());
	(part.name, part.code.unwrap())
}

fn finalized(house: &House) -> Head {
	house.chain.node.lock().unwrap().finalized.head
}

/// Time passes, and the chain does not go on.
fn stall(house: &House) {
	house.now.fetch_add(40_000, Ordering::SeqCst);
}

async fn emergency(house: &House, reader: &Person, record: &Sealed) -> Answer {
	let path = format!("/v1/records/{}/content", record.id);
	house.ask(reader, "GET", &path).purpose(PurposeOfUse::Etreat).send().await
}

async fn emergency_key(house: &House, reader: &Person, record: &Sealed) -> Answer {
	let request = ReleaseRequest {
		suite: SealingSuite::XWing,
		sealing_key: Base64(reader.sealing.public_key()),
	};
	let path = format!("/v1/records/{}/release", record.id);
	house.ask(reader, "POST", &path).json(&request).purpose(PurposeOfUse::Etreat).send().await
}

/// A record that another center's staff wrote.
async fn foreign_record(house: &House) -> Sealed {
	let record = house.seal(b"ciphertext");
	house.deposit(&record).await;
	house.chain.finalize(|tables| {
		tables.records.get_mut(&record.id.0).unwrap().author_center = Some(ParticipantId(2));
	});
	record
}

#[tokio::test]
async fn in_an_outage_own_staff_reads_for_emergencies_and_the_answer_is_marked() {
	let house = house();
	let record = house.seal(b"ciphertext");
	house.deposit(&record).await;
	let state = finalized(&house);
	assert!(emergency(&house, &house.doctor, &record)
		.await
		.headers
		.get(CONTINGENCY_HEADER)
		.is_none());
	stall(&house);

	let answer = emergency(&house, &house.doctor, &record).await;
	assert_eq!(answer.status, StatusCode::OK);
	assert_eq!(answer.body.as_ref().unwrap(), &record.ciphertext);
	let mark = answer.headers[CONTINGENCY_HEADER].to_str().unwrap();
	assert!(mark.starts_with(&format!("block={}, hash=0x", state.number)), "{mark}");
	assert!(mark.ends_with(", trouble=chain-stalled"), "{mark}");
	let released: ReleasedKey = emergency_key(&house, &house.doctor, &record).await.ok();
	let context = WrapContext { genesis: GENESIS, record: record.id, recipient: house.doctor.id };
	let key = unwrap(&released.wrapped, &house.doctor.sealing, &context).unwrap();
	assert_eq!(key.expose(), record.data_key.expose());
	let path = format!("/v1/records/{}", record.id);
	let facts = house.ask(&house.doctor, "GET", &path).purpose(PurposeOfUse::Etreat).send().await;
	let facts: RecordFactsJson = facts.ok();
	let expected = ContingencyJson {
		block: state.number,
		hash: ward_vault_api::hex::Hex(state.hash),
		at: state.timestamp,
		until: state.timestamp + 72 * HOUR,
		trouble: "chain-stalled".into(),
	};
	assert_eq!(facts.contingency.as_ref(), Some(&expected));
	assert_eq!(released.contingency, Some(expected));

	house.pass(0);
	let answer = house.content(&house.doctor, &record).await;
	assert_eq!(answer.status, StatusCode::OK);
	assert!(answer.headers.get(CONTINGENCY_HEADER).is_none(), "it is over by itself");
	let page: LogPage = house.ask(&house.patient, "GET", "/v1/log?patient=10").send().await.ok();
	let marked: Vec<_> = page
		.entries
		.iter()
		.filter(|entry| entry.finalized_hash.0 == state.hash && entry.event != Event::Promotion)
		.map(|entry| entry.event)
		.collect();
	let in_outage =
		[Event::ContentInContingency, Event::KeyInContingency, Event::FactsInContingency];
	assert_eq!(marked, [&[Event::Content], &in_outage[..]].concat());
	assert_eq!(page.entries.last().unwrap().event, Event::Content);
	for entry in &page.entries {
		assert_eq!(entry.hash.0, entry.expected_hash(house.patient.id));
	}
}

#[tokio::test]
async fn in_an_outage_the_vault_is_closed_for_everybody_and_everything_else() {
	let house = house();
	let record = house.seal(b"ciphertext");
	house.deposit(&record).await;
	let terms = grant(&house, CategorySet::from_iter([Category::Laboratory]));
	house.chain.finalize(|tables| tables.grants.push(terms.clone()));
	house.vault.follow_once().await.unwrap();
	assert_eq!(emergency(&house, &house.specialist, &record).await.status, StatusCode::OK);
	let logged = house.vault.database.log_length().await.unwrap();
	stall(&house);

	for purpose in PurposeOfUse::ALL.into_iter().filter(|purpose| *purpose != PurposeOfUse::Etreat)
	{
		let path = format!("/v1/records/{}/content", record.id);
		let answer = house.ask(&house.doctor, "GET", &path).purpose(purpose).send().await;
		answer.refused(Code::ChainStalled);
	}
	for outsider in [&house.specialist, &house.patient] {
		emergency(&house, outsider, &record).await.refused(Code::ChainStalled);
		emergency_key(&house, outsider, &record).await.refused(Code::ChainStalled);
	}
	let stranger = Person {
		id: ParticipantId(99),
		key: ward_crypto::request::RequestKey::from_seed([99; 32]),
		sealing: ward_crypto::wrap::SealingSecret::from_bytes([99; 32]),
	};
	emergency(&house, &stranger, &record).await.refused(Code::ChainStalled);
	let other = house.seal(b"another one");
	let announced = house.ask(&house.doctor, "POST", "/v1/deposits");
	let announced = announced.json(&announcement(&other, false)).purpose(PurposeOfUse::Etreat);
	announced.send().await.refused(Code::ChainStalled);
	let log = house.ask(&house.patient, "GET", "/v1/log?patient=10");
	log.purpose(PurposeOfUse::Etreat).send().await.refused(Code::ChainStalled);
	assert_eq!(house.vault.database.log_length().await.unwrap(), logged, "nothing was decided");
	assert_eq!(emergency(&house, &house.doctor, &record).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_request_that_was_served_in_an_outage_is_not_served_again() {
	let house = house();
	let record = house.seal(b"ciphertext");
	house.deposit(&record).await;
	stall(&house);
	let path = format!("/v1/records/{}/content", record.id);
	let mut once = house.ask(&house.doctor, "GET", &path).purpose(PurposeOfUse::Etreat);
	let mut again = house.ask(&house.doctor, "GET", &path).purpose(PurposeOfUse::Etreat);
	again.nonce = std::mem::replace(&mut once.nonce, "0123456789abcdef".into());
	once.nonce = again.nonce.clone();
	assert_eq!(once.send().await.status, StatusCode::OK);
	again.send().await.refused(Code::RequestReplayed);
}

#[tokio::test]
async fn an_outage_serves_nobody_unless_the_operator_wants_it() {
	let house = House::new();
	let record = house.seal(b"ciphertext");
	house.deposit(&record).await;
	stall(&house);
	emergency(&house, &house.doctor, &record).await.refused(Code::ChainStalled);
	assert_eq!(readiness(&house).await.mode, Mode::Closed);
}

#[tokio::test]
async fn contingency_ends_when_its_state_is_too_old() {
	let house = house();
	let record = house.seal(b"ciphertext");
	house.deposit(&record).await;
	let until = finalized(&house).timestamp + 72 * HOUR;
	house.now.store(until - 1, Ordering::SeqCst);
	assert_eq!(emergency(&house, &house.doctor, &record).await.status, StatusCode::OK);
	house.now.store(until, Ordering::SeqCst);
	emergency(&house, &house.doctor, &record).await.refused(Code::ChainStalled);
}

#[tokio::test]
async fn contingency_outlives_a_restart_and_needs_a_head_that_was_fresh() {
	let house = house();
	let record = house.seal(b"ciphertext");
	house.announce(&record).await;
	house.upload(&record).await;
	house.anchor(&record);
	stall(&house);
	house.vault.follow_once().await.unwrap();
	emergency(&house, &house.doctor, &record).await.refused(Code::ChainStalled);
	house.pass(0);
	house.vault.follow_once().await.unwrap();
	stall(&house);
	let house = house.restarted();
	assert_eq!(emergency(&house, &house.doctor, &record).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_permit_must_hold_at_the_last_state_at_the_best_head_and_now() {
	let house = house();
	let record = foreign_record(&house).await;
	let terms = grant(&house, CategorySet::from_iter([Category::Laboratory]));
	let mut to_doctor = ward_primitives::Grant { grantee: house.doctor.id, ..terms };
	let verified = |grants: Vec<ward_primitives::Grant>| {
		house.pass(0);
		house.chain.finalize(|tables| tables.grants = grants.clone());
		async {
			house.vault.follow_once().await.unwrap();
			stall(&house);
			emergency(&house, &house.doctor, &record).await
		}
	};
	verified(vec![]).await.refused(Code::AccessDenied);
	assert_eq!(verified(vec![to_doctor.clone()]).await.status, StatusCode::OK);

	// Withdrawn, or excluded, in a block that is not final.
	house.chain.author(|tables| tables.grants.clear());
	emergency(&house, &house.doctor, &record).await.refused(Code::AccessDenied);
	assert_eq!(verified(vec![to_doctor.clone()]).await.status, StatusCode::OK);
	let (patient, doctor) = (house.patient.id.0, house.doctor.id.0);
	house.chain.author(|tables| {
		tables.exclusions.insert((patient, doctor), Interval::open(0));
	});
	emergency(&house, &house.doctor, &record).await.refused(Code::AccessDenied);
	house.chain.author(|tables| tables.exclusions.clear());

	// Over by itself, as everybody could know beforehand.
	let soon = house.now.load(Ordering::SeqCst) + 20_000;
	to_doctor.interval = Interval { from: 0, until: Some(soon) };
	verified(vec![to_doctor]).await.refused(Code::AccessDenied);
}

#[tokio::test]
async fn who_is_no_longer_staff_in_a_block_that_is_not_final_is_not_served() {
	let house = house();
	let record = house.seal(b"ciphertext");
	house.deposit(&record).await;
	stall(&house);
	let doctor = house.doctor.id.0;
	house.chain.author(|tables| {
		tables.participants.get_mut(&doctor).unwrap().sponsor = None;
	});
	emergency(&house, &house.doctor, &record).await.refused(Code::ChainStalled);
}

#[tokio::test]
async fn a_device_of_the_center_is_no_staff() {
	let house = house();
	let record = house.seal(b"ciphertext");
	house.deposit(&record).await;
	let doctor = house.doctor.id.0;
	house.chain.finalize(|tables| {
		let row = tables.participants.get_mut(&doctor).unwrap();
		row.role = ward_primitives::Role::Device;
	});
	house.vault.follow_once().await.unwrap();
	stall(&house);
	emergency(&house, &house.doctor, &record).await.refused(Code::ChainStalled);
}

#[tokio::test]
async fn a_patient_only_record_stays_closed_for_staff_in_an_outage() {
	let house = house();
	let record = house.seal_for(b"ciphertext", true);
	house.deposit(&record).await;
	let colleague = house.specialist.id.0;
	house.chain.finalize(|tables| {
		tables.participants.get_mut(&colleague).unwrap().sponsor = Some(CENTER);
	});
	house.vault.follow_once().await.unwrap();
	stall(&house);
	emergency_key(&house, &house.specialist, &record).await.refused(Code::AccessDenied);
	emergency_key(&house, &house.doctor, &record).await.ok::<ReleasedKey>();
}

#[tokio::test]
async fn a_fork_below_what_was_followed_closes_the_vault_for_everybody() {
	let house = house();
	let record = house.seal(b"ciphertext");
	house.deposit(&record).await;
	let followed = finalized(&house);
	house.chain.fork(followed.number + 1);
	house.chain.finalize(|_| {});
	assert_eq!(
		house.content(&house.doctor, &record).await.status,
		StatusCode::OK,
		"goes on from it"
	);
	house.vault.follow_once().await.unwrap();

	house.chain.fork(followed.number);
	house.chain.finalize(|_| {});
	house.content(&house.doctor, &record).await.refused(Code::ChainForked);
	emergency(&house, &house.doctor, &record).await.refused(Code::ChainForked);
	assert_eq!(house.vault.follow_once().await.unwrap_err().code, Code::ChainForked);
	let house = house.restarted();
	stall(&house);
	emergency(&house, &house.doctor, &record).await.refused(Code::ChainForked);
	assert_eq!(ill_part(&house).await, ("chain".into(), "chain-forked".into()));
	assert_eq!(readiness(&house).await.mode, Mode::Closed);

	// The consortium agrees that this is the chain, and the operator says so.
	assert_eq!(
		house.vault.database.forget_followed().await.unwrap().unwrap().number,
		followed.number + 1
	);
	let house = house.restarted();
	house.pass(0);
	assert_eq!(house.content(&house.doctor, &record).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_shorter_chain_with_later_blocks_is_a_fork() {
	let house = house();
	let start = finalized(&house);
	let record = house.seal(b"ciphertext");
	house.deposit(&record).await;
	house.chain.revert(start.hash);
	house.chain.node.lock().unwrap().finalized.head.timestamp += 60_000;
	house.now.fetch_add(60_000, Ordering::SeqCst);
	emergency(&house, &house.doctor, &record).await.refused(Code::ChainForked);
}

#[tokio::test]
async fn a_best_chain_without_the_finalized_block_closes_the_vault_for_everybody() {
	let house = house();
	let record = house.seal(b"ciphertext");
	house.deposit(&record).await;
	house.chain.finalize(|_| {});
	let head = finalized(&house);
	house.chain.fork(head.number);
	house.chain.node.lock().unwrap().finalized.head = head;
	house.content(&house.doctor, &record).await.refused(Code::ChainForked);
	stall(&house);
	emergency(&house, &house.doctor, &record).await.refused(Code::ChainForked);
}

#[tokio::test]
async fn in_an_outage_a_best_chain_without_the_followed_block_serves_nobody() {
	let house = house();
	let record = house.seal(b"ciphertext");
	house.deposit(&record).await;
	assert_eq!(house.content(&house.doctor, &record).await.status, StatusCode::OK);
	stall(&house);
	let head = finalized(&house);
	house.chain.fork(head.number);
	house.chain.node.lock().unwrap().finalized.head = head;
	emergency(&house, &house.doctor, &record).await.refused(Code::ChainStalled);
}

#[tokio::test]
async fn a_node_that_lost_its_latest_blocks_is_behind_and_serves_when_it_has_caught_up() {
	let house = house();
	let start = finalized(&house);
	let record = house.seal(b"ciphertext");
	house.deposit(&record).await;
	house.chain.revert(start.hash);
	house.content(&house.doctor, &record).await.refused(Code::ChainSyncing);
	// The state that was followed last is gone with them.
	emergency(&house, &house.doctor, &record).await.refused(Code::ChainSyncing);
	assert_eq!(ill_part(&house).await, ("sync".into(), "chain-syncing".into()));
	house.anchor(&record);
	assert_eq!(house.content(&house.doctor, &record).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_node_that_catches_up_serves_staff_at_what_was_followed_if_it_still_has_that() {
	let house = house();
	let record = house.seal(b"ciphertext");
	house.deposit(&record).await;
	stall(&house);
	house.chain.node.lock().unwrap().syncing = true;
	house.content(&house.doctor, &record).await.refused(Code::ChainSyncing);
	assert_eq!(emergency(&house, &house.doctor, &record).await.status, StatusCode::OK);
	assert_eq!(readiness(&house).await.mode, Mode::Contingency);
	house.chain.node.lock().unwrap().pruned = true;
	emergency(&house, &house.doctor, &record).await.refused(Code::ChainSyncing);
	assert_eq!(readiness(&house).await.mode, Mode::Closed);
}

#[tokio::test]
async fn an_unlisted_runtime_closes_the_vault_for_everybody_also_in_an_outage() {
	let house = house();
	let record = house.seal(b"ciphertext");
	house.deposit(&record).await;
	stall(&house);
	house.chain.author(|tables| tables.code_hash = [0; 32]);
	emergency(&house, &house.doctor, &record).await.refused(Code::ChainStalled);
	assert_eq!(readiness(&house).await.mode, Mode::Closed);
	house.chain.catch_up();
	emergency(&house, &house.doctor, &record).await.refused(Code::RuntimeUnlisted);
	assert_eq!(ill_part(&house).await, ("runtime".into(), "runtime-unlisted".into()));
}

#[tokio::test]
async fn a_node_that_does_not_answer_leaves_nothing_to_decide_on() {
	let house = house();
	let record = house.seal(b"ciphertext");
	house.deposit(&record).await;
	stall(&house);
	house.chain.node.lock().unwrap().reachable = false;
	emergency(&house, &house.doctor, &record).await.refused(Code::ChainUnreachable);
	assert_eq!(ill_part(&house).await, ("node".into(), "chain-unreachable".into()));
}

#[tokio::test]
async fn a_wrong_clock_is_no_outage() {
	let house = house();
	let record = house.seal(b"ciphertext");
	house.deposit(&record).await;
	house.now.fetch_add(600_000, Ordering::SeqCst);
	for _ in 0..3 {
		house.now.fetch_add(2_000, Ordering::SeqCst);
		house.chain.finalize(|_| {});
		house.vault.follow_once().await.unwrap();
	}
	emergency(&house, &house.doctor, &record).await.refused(Code::ClockDiffers);
	assert_eq!(ill_part(&house).await, ("clock".into(), "clock-differs".into()));

	// The clock is right, and finality far behind it.
	let now = house.now.load(Ordering::SeqCst);
	house.chain.author(|tables| tables.head.timestamp = now - 2_000);
	house.content(&house.doctor, &record).await.refused(Code::ChainStalled);

	house.now.store(finalized(&house).timestamp - 60_000, Ordering::SeqCst);
	emergency(&house, &house.doctor, &record).await.refused(Code::ClockDiffers);
}

#[tokio::test]
async fn the_operator_sees_the_mode_and_its_state() {
	let house = house();
	let record = house.seal(b"ciphertext");
	house.deposit(&record).await;
	let report = readiness(&house).await;
	assert_eq!((report.mode, report.contingency), (Mode::Open, None));
	let mut stood = None;
	house.vault.watch(&mut stood).await;
	let metrics = |what: &str| {
		let text = house.vault.metrics.text().unwrap();
		assert!(text.contains(what), "{what} in {text}");
	};
	metrics("ward_vault_chain_trouble{code=\"chain-stalled\"} 0");
	metrics("ward_vault_contingency 0");

	stall(&house);
	let report = readiness(&house).await;
	assert_eq!((report.ready, report.mode), (false, Mode::Contingency));
	assert_eq!(report.contingency.unwrap().block, finalized(&house).number);
	assert_eq!(ill_part(&house).await, ("finality".into(), "chain-stalled".into()));
	house.vault.watch(&mut stood).await;
	metrics("ward_vault_chain_trouble{code=\"chain-stalled\"} 1");
	metrics("ward_vault_chain_trouble{code=\"chain-forked\"} 0");
	metrics("ward_vault_contingency 1");
	emergency(&house, &house.doctor, &record).await;
	metrics("ward_vault_decisions_total{event=\"content-in-contingency\",outcome=\"permit\"} 1");
}

#[tokio::test]
async fn a_node_on_another_chain_is_named() {
	let house = house();
	house.vault.database.ensure_chain([8; 32]).await.unwrap();
	let record = house.seal(b"ciphertext");
	house.content(&house.doctor, &record).await.refused(Code::ChainForked);
	assert_eq!(ill_part(&house).await, ("chain".into(), "chain-forked".into()));
}
