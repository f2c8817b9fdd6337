//! What is damaged or missing comes back from another custodian, and only what is right.

use std::{
	fs,
	sync::atomic::{AtomicUsize, Ordering},
	sync::Arc,
	time::Duration,
};

use bytes::Bytes;
use http::StatusCode;
use ward_primitives::{Decision, Interval, PurposeOfUse, Reason, RecordId};
use ward_vault_api::{
	deposit::ReceiptJson,
	log::{Event, LogPage},
};

use super::{
	house::{House, Person, Sealed},
	neighbours::{impostor, publish, receipt_key_of, wait_until, Neighbours, OTHER, THIRD},
};
use crate::{config::Transport, error::Code, operator, repair::Outcome, server};

fn flip(path: std::path::PathBuf) {
	let mut bytes = fs::read(&path).unwrap();
	let last = bytes.len() - 1;
	bytes[last] ^= 1;
	fs::write(path, bytes).unwrap();
}

fn content(seed: u8, size: usize) -> Vec<u8> {
	(0..size).map(|n| (n * 7 + n / 251) as u8 ^ seed).collect()
}

async fn is_noted(house: &House, record: &Sealed) -> bool {
	house.vault.database.deposit(record.id).await.unwrap().unwrap().damaged
}

#[track_caller]
fn left(outcome: Outcome) -> String {
	match outcome {
		Outcome::Left { why } => why,
		other => panic!("{other:?}"),
	}
}

#[tokio::test]
async fn a_damaged_a_cut_and_a_missing_file_come_back_from_the_other_custodian() {
	let both = Neighbours::new().await;
	for (number, harm) in [0u8, 1, 2].into_iter().enumerate() {
		let record = both.house.seal(&content(harm, 100_000 + number));
		both.both_hold(&record).await;
		let file = both.house.file_of(&record);
		let groups = file.with_extension("groups");
		match harm {
			0 => flip(file.clone()),
			1 => fs::write(&file, &record.ciphertext[..99_999]).unwrap(),
			_ => fs::remove_file(&file).unwrap(),
		}
		fs::remove_file(&groups).unwrap();
		let outcome = both.house.vault.mend(record.id).await;
		assert_eq!(outcome, Outcome::Repaired { from: OTHER });
		assert_eq!(fs::read(&file).unwrap(), record.ciphertext);
		assert_eq!(fs::read(&groups).unwrap().len(), 64);
		assert!(!is_noted(&both.house, &record).await);
		let read = both.house.content(&both.house.patient, &record).await;
		assert_eq!(read.body.unwrap(), record.ciphertext);
	}
	assert_eq!(both.house.vault.metrics.damaged.get(), 3, "each was told to the operator");
}

#[tokio::test]
async fn what_is_sound_is_left_alone_and_nobody_is_asked() {
	let both = Neighbours::new().await;
	let record = both.house.seal(&content(0, 5_000));
	both.both_hold(&record).await;
	let asked = || both.other.metrics.copies_sent.get();
	let before = fs::metadata(both.house.file_of(&record)).unwrap().modified().unwrap();
	assert_eq!(both.house.vault.mend(record.id).await, Outcome::Sound);
	assert_eq!(asked(), 0);
	let after = fs::metadata(both.house.file_of(&record)).unwrap().modified().unwrap();
	assert_eq!(before, after);
	// Noted as damaged, and put right by hand.
	flip(both.house.file_of(&record));
	both.house.content(&both.house.patient, &record).await;
	assert!(is_noted(&both.house, &record).await);
	flip(both.house.file_of(&record));
	assert_eq!(both.house.vault.mend(record.id).await, Outcome::Sound);
	assert!(!is_noted(&both.house, &record).await);
	assert_eq!(asked(), 0);
}

#[tokio::test]
async fn a_vault_that_serves_repairs_by_itself() {
	let both = Neighbours::new().await;
	let record = both.house.seal(&content(0, 5_000));
	both.both_hold(&record).await;
	flip(both.house.file_of(&record));
	let running = server::start(both.house.vault.clone()).await.unwrap();
	// The scrubber finds it, or has been by already and a reader does.
	both.house.content(&both.house.patient, &record).await;
	let is_repaired = || async {
		fs::read(both.house.file_of(&record)).unwrap() == record.ciphertext
			&& !is_noted(&both.house, &record).await
	};
	wait_until(is_repaired).await;
	running.stop().await.unwrap();
}

#[tokio::test]
async fn bytes_of_another_content_are_not_taken_and_the_damage_stays_noted() {
	let both = Neighbours::new().await;
	let record = both.house.seal(&content(0, 5_000));
	both.both_hold(&record).await;
	flip(both.house.file_of(&record));
	let harmed = fs::read(both.house.file_of(&record)).unwrap();
	let lies: [(Vec<u8>, &str); 4] = [
		(content(1, 5_000), "is not the record's content"),
		(content(0, 4_999), "is not the record's content"),
		(content(0, 5_001), "is not the record's content"),
		(vec![], "is not the record's content"),
	];
	for (lie, why) in lies {
		let lie = Bytes::from(lie);
		let address = impostor(move |_| (StatusCode::OK, lie.clone())).await;
		publish(&both.house, OTHER, both.other.receipt_key.public(), address);
		let said = left(both.house.vault.mend(record.id).await);
		assert!(said.contains(why), "{said}");
		assert_eq!(fs::read(both.house.file_of(&record)).unwrap(), harmed);
		assert!(is_noted(&both.house, &record).await);
	}
}

#[tokio::test]
async fn refusals_redirects_and_addresses_that_must_not_be_asked_are_told() {
	let both = Neighbours::new().await;
	let record = both.house.seal(&content(0, 5_000));
	both.both_hold(&record).await;
	flip(both.house.file_of(&record));
	let key = both.other.receipt_key.public();
	let asked = Arc::new(AtomicUsize::new(0));
	let counted = asked.clone();
	let elsewhere = impostor(move |_| {
		counted.fetch_add(1, Ordering::SeqCst);
		(StatusCode::OK, Bytes::new())
	});
	let elsewhere = elsewhere.await;
	let answers: Vec<(StatusCode, String, &str)> = vec![
		(StatusCode::FOUND, elsewhere.clone(), "302"),
		(StatusCode::FORBIDDEN, "nonsense".into(), "403"),
		(StatusCode::FORBIDDEN, "x".repeat(100_000), "403"),
		(
			StatusCode::SERVICE_UNAVAILABLE,
			r#"{"type":"urn:ward:problem:chain-stalled","title":"","status":503,"detail":"","instance":""}"#
				.into(),
			"chain-stalled",
		),
	];
	for (status, body, word) in answers {
		let body = Bytes::from(body);
		let address = impostor(move |_| (status, body.clone())).await;
		publish(&both.house, OTHER, key, address);
		let said = left(both.house.vault.mend(record.id).await);
		assert!(said.contains(word), "{said}");
	}
	for (address, word) in [
		("http://127.0.0.1:1", "no connection"),
		("http://192.168.0.1", "cannot be used"),
		("https://user@vault.example", "cannot be used"),
		("ftp://vault.example", "cannot be used"),
	] {
		publish(&both.house, OTHER, key, address.into());
		let said = left(both.house.vault.mend(record.id).await);
		assert!(said.contains(word), "{said}");
		assert!(!said.contains(&hex::encode(record.id.0)), "{said}");
	}
	assert_eq!(asked.load(Ordering::SeqCst), 0, "no redirect is followed");
	assert!(is_noted(&both.house, &record).await);
}

#[tokio::test]
async fn plain_http_is_asked_only_where_it_is_allowed() {
	let both = Neighbours::new().await;
	let record = both.house.seal(&content(0, 500));
	both.both_hold(&record).await;
	let Neighbours { mut house, other, .. } = both;
	house.router = axum::Router::new();
	let vault = Arc::get_mut(&mut house.vault).expect("only the router shares it; qed");
	vault.settings.allow_plain_http = false;
	flip(house.file_of(&record));
	let said = left(house.vault.mend(record.id).await);
	assert!(said.contains("--allow-plain-http"), "{said}");
	assert_eq!(other.metrics.copies_sent.get(), 0);
}

#[tokio::test]
async fn a_vault_with_a_certificate_that_nobody_vouches_for_is_not_believed() {
	let both = Neighbours::new().await;
	let record = both.house.seal(&content(0, 500));
	both.both_hold(&record).await;
	flip(both.house.file_of(&record));
	let certificates = tempfile::tempdir().unwrap();
	let (cert, key) = (certificates.path().join("cert.pem"), certificates.path().join("key.pem"));
	let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
	fs::write(&cert, made.cert.pem()).unwrap();
	fs::write(&key, made.signing_key.serialize_pem()).unwrap();
	let _installed = rustls::crypto::ring::default_provider().install_default();
	let stranger = House::with(|settings| settings.transport = Transport::Tls { cert, key });
	let running = server::start(stranger.vault.clone()).await.unwrap();
	let address = format!("https://localhost:{}", running.public.port());
	publish(&both.house, OTHER, both.other.receipt_key.public(), address);
	let said = left(both.house.vault.mend(record.id).await);
	assert!(said.contains("no connection") && said.contains("certificate"), "{said}");
	running.stop().await.unwrap();
}

#[tokio::test]
async fn where_both_copies_are_damaged_nothing_is_repaired_and_both_operators_know() {
	let both = Neighbours::new().await;
	let record = both.house.seal(&content(0, 100_000));
	both.both_hold(&record).await;
	flip(both.house.file_of(&record));
	flip(both.file_at_other(&record));
	for _again in 0..2 {
		left(both.house.vault.mend(record.id).await);
		assert!(is_noted(&both.house, &record).await);
	}
	let there = || async { both.other.database.deposit(record.id).await.unwrap().unwrap().damaged };
	wait_until(there).await;
	let said = left(both.house.vault.mend(record.id).await);
	assert!(said.contains("content-damaged"), "{said}");
}

#[tokio::test]
async fn an_only_custodian_and_a_silent_one_leave_it_with_a_reason() {
	let both = Neighbours::new().await;
	let [alone, shared] = [0u8, 1].map(|seed| both.house.seal(&content(seed, 500)));
	both.house.deposit(&alone).await;
	both.both_hold(&shared).await;
	let unanchored = both.house.seal(b"stored and not anchored");
	both.house.announce(&unanchored).await;
	both.house.upload(&unanchored).await;
	for record in [&alone, &shared, &unanchored] {
		flip(both.house.file_of(record));
	}
	let (house, _home) = both.stop_other().await;
	let why = |record: &Sealed| {
		let (vault, record) = (house.vault.clone(), record.id);
		async move { left(vault.mend(record).await) }
	};
	assert!(why(&alone).await.contains("only custodian"));
	assert!(why(&shared).await.contains("does not answer"));
	assert!(why(&unanchored).await.contains("not anchored"));
	let unknown = left(house.vault.mend(RecordId([1; 32])).await);
	assert!(unknown.contains("unknown here"));
	house.chain.node.lock().unwrap().reachable = false;
	assert!(why(&shared).await.contains("node"));
}

#[tokio::test]
async fn the_patient_brings_back_what_the_vault_has_lost_of_an_anchored_record() {
	let house = House::new();
	let record = house.seal(&content(0, 5_000));
	house.announce(&record).await;
	let path = format!("/v1/deposits/{}/content", record.id);
	let put = |who| house.ask(who, "PUT", &path).bytes(record.ciphertext.clone()).send();
	put(&house.patient).await.refused(Code::AccessDenied);
	put(&house.doctor).await.ok::<ReceiptJson>();
	house.anchor(&record);
	house.vault.follow_once().await.unwrap();
	fs::remove_file(house.file_of(&record)).unwrap();
	house.content(&house.patient, &record).await.refused(Code::ContentDamaged);
	put(&house.specialist).await.refused(Code::AccessDenied);
	put(&house.patient).await.ok::<ReceiptJson>();
	assert_eq!(fs::read(house.file_of(&record)).unwrap(), record.ciphertext);
	assert!(!is_noted(&house, &record).await);
}

/// Asks for a record's content at the house's vault with somebody's key.
async fn ask_for(house: &House, who: &Person, record: RecordId) -> super::house::Answer {
	let path = format!("/v1/records/{record}/content");
	house.ask(who, "GET", &path).purpose(PurposeOfUse::Hoperat).send().await
}

#[tokio::test]
async fn only_the_vault_of_a_custodian_gets_a_copy_and_the_patient_sees_it() {
	let both = Neighbours::new().await;
	let house = &both.house;
	let [shared, own] = [0u8, 1].map(|seed| house.seal(&content(seed, 5_000)));
	both.both_hold(&shared).await;
	house.deposit(&own).await;
	let [mut other, mut third] = [OTHER.0, THIRD.0].map(Person::new);
	other.key = receipt_key_of(&both.other);
	third.key = ward_crypto::request::RequestKey::from_seed([77; 32]);
	publish(house, THIRD, third.key.public(), "https://third.example".into());

	let copy = ask_for(house, &other, shared.id).await;
	assert_eq!(
		(copy.status, copy.body.unwrap()),
		(StatusCode::OK, shared.ciphertext.clone().into())
	);
	ask_for(house, &other, own.id).await.refused(Code::AccessDenied);
	ask_for(house, &third, shared.id).await.refused(Code::AccessDenied);
	ask_for(house, &other, RecordId([9; 32])).await.refused(Code::AccessDenied);
	// Such a key gets ciphertext, and nothing else.
	let facts = house.ask(&other, "GET", &format!("/v1/records/{}", shared.id));
	facts.send().await.refused(Code::UnknownKey);
	let log = house.ask(&other, "GET", "/v1/log?patient=2");
	log.send().await.refused(Code::UnknownKey);

	let page: LogPage = house.ask(&house.patient, "GET", "/v1/log?patient=10").send().await.ok();
	let copies = page.entries.iter().filter(|entry| entry.event == Event::Copy);
	let copies: Vec<_> = copies.map(|entry| (entry.actor, entry.decision)).collect();
	let denied = Decision::Deny { reason: Reason::NoBasis };
	assert_eq!(copies.len(), 3);
	assert!(copies[0].0 == OTHER && copies[0].1.is_permit());
	assert_eq!(copies[1..], [(OTHER, denied), (THIRD, denied)]);
	assert!(page.entries.iter().all(|entry| entry.hash.0 == entry.expected_hash(house.patient.id)));
}

#[tokio::test]
async fn a_suspended_center_and_a_retired_receipt_key_get_no_copy() {
	let both = Neighbours::new().await;
	let house = &both.house;
	let record = house.seal(&content(0, 500));
	both.both_hold(&record).await;
	let mut other = Person::new(OTHER.0);
	other.key = receipt_key_of(&both.other);
	assert_eq!(ask_for(house, &other, record.id).await.status, StatusCode::OK);
	house.chain.finalize(|tables| {
		let row = tables.participants.get_mut(&OTHER.0).unwrap();
		row.active.latest = Interval { from: 0, until: Some(1) };
	});
	ask_for(house, &other, record.id).await.refused(Code::AccessDenied);
	let key = other.key.public();
	house.chain.author(|tables| {
		let now = tables.head.timestamp;
		tables.keys.get_mut(&key).unwrap().live.end(now);
	});
	ask_for(house, &other, record.id).await.refused(Code::UnknownKey);
}

#[tokio::test]
async fn no_copy_is_given_in_contingency_mode() {
	let house = House::with(|settings| settings.contingency = 3_600_000);
	let record = house.seal(&content(0, 500));
	house.deposit(&record).await;
	let key = ward_crypto::request::RequestKey::from_seed([77; 32]);
	publish(&house, OTHER, key.public(), "https://other.example".into());
	let mut other = Person::new(OTHER.0);
	other.key = key;
	house.vault.follow_once().await.unwrap();
	house.now.fetch_add(60_000, Ordering::SeqCst);
	let path = format!("/v1/records/{}/content", record.id);
	let ask = house.ask(&other, "GET", &path).purpose(PurposeOfUse::Etreat);
	ask.send().await.refused(Code::ChainStalled);
}

#[tokio::test]
async fn the_operators_command_tells_of_each_record_what_became_of_it() {
	let both = Neighbours::with(|settings| settings.repair = false).await;
	let [damaged, missing, alone] = [0u8, 1, 2].map(|seed| both.house.seal(&content(seed, 500)));
	both.both_hold(&damaged).await;
	both.both_hold(&missing).await;
	both.house.deposit(&alone).await;
	let vault = both.house.vault.clone();
	let running = server::start(vault.clone()).await.unwrap();
	let report = |records: Vec<RecordId>| async {
		let mut lines = Vec::new();
		let asked = operator::repair(running.operator, records, |done, all, line| {
			lines.push((done, all, line.record, line.outcome.clone()));
		});
		asked.await.unwrap();
		lines
	};
	let sound = report(vec![damaged.id, alone.id]).await;
	assert_eq!(sound[0], (1, 2, damaged.id, Outcome::Sound));
	assert_eq!(sound[1], (2, 2, alone.id, Outcome::Sound));
	assert_eq!(report(vec![]).await, []);
	fs::remove_file(both.house.file_of(&missing)).unwrap();
	fs::remove_file(both.house.file_of(&alone)).unwrap();
	let mut repaired = report(vec![]).await;
	repaired.sort_by_key(|line| line.2 != missing.id);
	assert_eq!((repaired[0].2, &repaired[0].3), (missing.id, &Outcome::Repaired { from: OTHER }));
	assert!(repaired[1].2 == alone.id && repaired[1].3.is_left());
	running.stop().await.unwrap();
	let gone = operator::repair(running_address(), vec![], |_, _, _| {}).await;
	assert!(gone.unwrap_err().to_string().contains("--operator-listen"));
}

fn running_address() -> std::net::SocketAddr {
	// Port 1 refuses.
	([127, 0, 0, 1], 1).into()
}

#[tokio::test]
async fn a_vault_whose_bytes_stop_coming_is_given_up() {
	let both = Neighbours::new().await;
	let record = both.house.seal(&content(0, 5_000));
	both.both_hold(&record).await;
	flip(both.house.file_of(&record));
	let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
	let address = format!("http://{}", listener.local_addr().unwrap());
	tokio::spawn(async move {
		let mut open = Vec::new();
		while let Ok((mut stream, _)) = listener.accept().await {
			let mut request = [0; 4_096];
			assert!(tokio::io::AsyncReadExt::read(&mut stream, &mut request).await.unwrap() > 0);
			let head = b"HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\nsome";
			tokio::io::AsyncWriteExt::write_all(&mut stream, head).await.unwrap();
			open.push(stream);
		}
	});
	publish(&both.house, OTHER, both.other.receipt_key.public(), address);
	let begun = std::time::Instant::now();
	let said = left(both.house.vault.mend(record.id).await);
	assert!(said.contains("too slowly"), "{said}");
	assert!(begun.elapsed() < Duration::from_secs(10));
}
