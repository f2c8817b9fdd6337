//! Storage receipts: what a witness gets, what it does not, and what the operator hears.

mod handed_over;
mod turns;

use std::{fs, time::Duration};

use axum::body::{Body, Bytes};
use codec::{DecodeAll, Encode};
use http::{Request, StatusCode};
use redb::ReadableTable;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use ward_crypto::request::verify_signature;
use ward_primitives::{
	participant::Condition,
	receipt::{
		challenge_digest, check,
		leaf::{self, GROUP_SIZE},
		leaf_of,
		seal::Opener,
		Answer, Challenge, EpochInfo, LogHead, LogRow, ReceiptTask, Row, RowAnswer, Seen,
	},
	Custodian, Interval, KeyRoles, KeyRow, ParticipantId, ParticipantRow, PurposeOfUse, RecordId,
	Role, Timeline,
};
use ward_vault_api::{
	deposit::{DepositStatus, ReceiptJson},
	log::LogPage,
};

use super::house::{self, send, Ask, House, Person, Sealed, CENTER, GENESIS};
use crate::{
	access_log::LOG,
	controllers::health::Readiness,
	database::loss,
	error::Code,
	router,
	server::{self, Running},
};

const EPOCH: EpochInfo = EpochInfo { number: 5, seed: [4; 32], started: 0, length: 1 };

/// A witness of the house's first cohort, and the key that answers are sealed to.
struct Witness {
	person: Person,
	opener: Opener,
}

impl Witness {
	/// The seat with this number, enrolled with a witness key, and not drawn for anything.
	fn enrolled(house: &House, number: u64) -> Self {
		let person = Person::new(number);
		let key = person.key.public();
		house.chain.finalize(|tables| {
			let roles = KeyRoles::WITNESS;
			let row = KeyRow { participant: ParticipantId(number), roles, live: Interval::open(0) };
			tables.keys.insert(key, row);
			tables.participants.insert(number, seat());
		});
		Self { person, opener: Opener::new(&[number as u8; 32]) }
	}

	/// The same, drawn for the first cohort.
	fn drawn(house: &House, number: u64) -> Self {
		let witness = Self::enrolled(house, number);
		let since = LogHead::empty(GENESIS);
		witness.draw(house, EPOCH, since);
		witness
	}

	fn draw(&self, house: &House, epoch: EpochInfo, since: LogHead) {
		let id = self.person.id;
		let challenge = challenge_digest(&GENESIS, &epoch, CENTER, 0, id);
		house.chain.finalize(|tables| {
			let rows = tables.custody.len() as u16;
			let task = ReceiptTask { epoch: epoch.number, challenge, since, rows };
			tables.tasks.insert((id.0, 0), task);
		});
	}

	/// What the chain has it ask.
	fn challenge(&self, house: &House) -> Challenge {
		let node = house.chain.node.lock().unwrap();
		let ReceiptTask { epoch, challenge, since, rows } =
			node.finalized.tasks[&(self.person.id.0, 0)];
		Challenge {
			genesis: GENESIS,
			custodian: CENTER,
			cohort: 0,
			epoch,
			witness: self.person.id,
			challenge,
			rows,
			since,
			sealing_key: self.opener.public(),
		}
	}

	fn ask<'a>(&'a self, house: &'a House, challenge: &Challenge) -> Ask<'a> {
		let ask = house.ask(&self.person, "POST", "/v1/receipts").purpose(PurposeOfUse::Hoperat);
		ask.signed_bytes(challenge.encode())
	}

	async fn send(&self, house: &House, challenge: &Challenge) -> house::Answer {
		self.ask(house, challenge).send().await
	}

	/// The answer to what the chain has it ask, checked as a witness checks it.
	async fn fetch(&self, house: &House) -> (Answer, Seen) {
		let challenge = self.challenge(house);
		let answer = self.send(house, &challenge).await;
		assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.body);
		let sealed = answer.body.unwrap();
		let opened = self.opener.open(&challenge.challenge, &sealed).expect("sealed to this one");
		let answer = Answer::decode_all(&mut &opened[..]).unwrap();
		let key = house.vault.receipt_key.public();
		let verify = |signature: &[u8; 64], message: &[u8], key: &[u8; 32]| {
			verify_signature(key, message, signature)
		};
		let seen = check(&answer, &challenge, &rows(house), &key, verify).unwrap();
		(answer, seen)
	}

	async fn missing(&self, house: &House) -> Vec<u16> {
		let (_, seen) = self.fetch(house).await;
		assert!(seen.contradiction.is_none(), "the vault signed something wrong");
		seen.missing
	}
}

fn seat() -> ParticipantRow {
	ParticipantRow {
		role: Role::MedicalCenter,
		sponsor: None,
		condition: Condition::Active,
		active: Timeline::start(0, None),
		sealing_key: Person::new(1).sealing.sealing_key(),
		enrolled_at: 0,
	}
}

/// The rows of the first cohort, as the chain has them.
fn rows(house: &House) -> Vec<Row> {
	let node = house.chain.node.lock().unwrap();
	let row = |(row, record): (u64, &RecordId)| {
		let on_chain = &node.finalized.records[&record.0];
		let is_held = on_chain.custodians.contains(&Custodian { center: CENTER, row });
		let content = on_chain.content;
		Row { record: *record, root: content.content_root, size: content.size, is_held }
	};
	(0..).zip(&node.finalized.custody).map(row).collect()
}

fn content(size: usize) -> Vec<u8> {
	(0..size).map(|n| (n * 7 + n / 251) as u8).collect()
}

async fn deposited(house: &House, sizes: &[usize]) -> Vec<Sealed> {
	let records: Vec<_> = sizes.iter().map(|size| house.seal(&content(*size))).collect();
	for record in &records {
		house.deposit(record).await;
	}
	records
}

/// Changes one byte of a record's file, at a place between 0 and 1.
fn flip(house: &House, record: &Sealed, byte: u64) {
	let path = house.file_of(record);
	let mut bytes = fs::read(&path).unwrap();
	bytes[byte as usize] ^= 1;
	fs::write(path, bytes).unwrap();
}

fn groups_file(house: &House, record: &Sealed) -> std::path::PathBuf {
	house.file_of(record).with_extension("groups")
}

/// Where the leaf begins that the witness asks for.
fn asked_byte(house: &House, witness: &Witness, record: &Sealed) -> u64 {
	let challenge = witness.challenge(house).challenge;
	let size = record.content.size;
	leaf::bytes_of(leaf_of(&challenge, &record.id, size), size).start
}

async fn noted(house: &House) -> Vec<RecordId> {
	let damaged = house.vault.database.damaged(None, 100).await.unwrap();
	damaged.into_iter().map(|(record, _)| record).collect()
}

#[tokio::test]
async fn a_witness_gets_a_leaf_of_every_row_that_leads_to_its_root() {
	let house = House::new();
	let sizes = [1, 1_024, 1_025, 65_536, 65_537, 200_000, 300_000];
	deposited(&house, &sizes).await;
	let witness = Witness::drawn(&house, 3);
	let (answer, seen) = witness.fetch(&house).await;
	assert_eq!((seen.missing, seen.contradiction), (vec![], None));
	assert_eq!(answer.rows.len(), sizes.len());
	let (_, log) = house.vault.database.log_at(0, GENESIS).await.unwrap();
	assert_eq!((answer.receipt.log, log.height), (log, 7), "one entry for each promotion");
}

#[tokio::test]
async fn a_receipt_is_no_decision_and_leaves_no_entry_in_the_access_log() {
	let house = House::new();
	deposited(&house, &[100]).await;
	let witness = Witness::drawn(&house, 3);
	witness.fetch(&house).await;
	witness.fetch(&house).await;
	assert_eq!(house.vault.database.log_length().await.unwrap(), 1);
	let page: LogPage = house.ask(&house.patient, "GET", "/v1/log?patient=10").send().await.ok();
	assert_eq!(page.entries.len(), 1);
}

#[tokio::test]
async fn fewer_rows_than_the_chain_has_can_be_asked_for_and_more_cannot() {
	let house = House::new();
	deposited(&house, &[10, 20, 30]).await;
	let witness = Witness::drawn(&house, 3);
	let challenge = witness.challenge(&house);
	let ask = |rows| witness.send_rows(&house, challenge, rows);
	assert_eq!(ask(2).await.status, StatusCode::OK);
	ask(0).await.refused(Code::AccessDenied);
	ask(4).await.refused(Code::AccessDenied);
}

impl Witness {
	async fn send_rows(&self, house: &House, challenge: Challenge, rows: u16) -> house::Answer {
		self.send(house, &Challenge { rows, ..challenge }).await
	}
}

#[tokio::test]
async fn a_damaged_leaf_is_missing_and_noted_and_counted() {
	let house = House::new();
	let records = deposited(&house, &[5_000, 200_000, 700]).await;
	let witness = Witness::drawn(&house, 3);
	for record in &records[..2] {
		flip(&house, record, asked_byte(&house, &witness, record));
	}
	assert_eq!(witness.missing(&house).await, [0, 1]);
	let mut expected = vec![records[0].id, records[1].id];
	expected.sort();
	assert_eq!(noted(&house).await, expected);
	assert_eq!(house.vault.metrics.damaged.get(), 2);
	house.content(&house.patient, &records[1]).await.refused(Code::ContentDamaged);
}

#[tokio::test]
async fn what_is_read_is_what_is_on_disk_at_that_moment() {
	let house = House::new();
	let records = deposited(&house, &[5_000]).await;
	let witness = Witness::drawn(&house, 3);
	let byte = asked_byte(&house, &witness, &records[0]);
	assert_eq!(witness.missing(&house).await, [0u16; 0]);
	flip(&house, &records[0], byte);
	assert_eq!(witness.missing(&house).await, [0]);
	// As an operator puts a file back.
	flip(&house, &records[0], byte);
	assert_eq!(witness.missing(&house).await, [0u16; 0]);
	assert_eq!(noted(&house).await, []);
}

#[tokio::test]
async fn a_cut_and_a_missing_file_are_missing_and_noted() {
	let house = House::new();
	let records = deposited(&house, &[5_000, 200_000, 700]).await;
	let witness = Witness::drawn(&house, 3);
	let bytes = fs::read(house.file_of(&records[0])).unwrap();
	fs::write(house.file_of(&records[0]), &bytes[..4_999]).unwrap();
	fs::remove_file(house.file_of(&records[1])).unwrap();
	assert_eq!(witness.missing(&house).await, [0, 1]);
	assert_eq!(noted(&house).await.len(), 2);
}

#[tokio::test]
async fn a_record_that_the_vault_never_had_is_missing() {
	let house = House::new();
	deposited(&house, &[100]).await;
	let unknown = house.seal(b"held nowhere");
	house.anchor(&unknown);
	house.vault.follow_once().await.unwrap();
	let witness = Witness::drawn(&house, 3);
	assert_eq!(witness.missing(&house).await, [1]);
}

#[tokio::test]
async fn a_missing_cut_or_wrong_file_of_groups_is_made_anew_and_nothing_is_missing() {
	let house = House::new();
	let records = deposited(&house, &[200_000]).await;
	let witness = Witness::drawn(&house, 3);
	let groups = groups_file(&house, &records[0]);
	let sound = fs::read(&groups).unwrap();
	assert_eq!(sound.len(), 4 * 32);
	fs::remove_file(&groups).unwrap();
	assert_eq!(witness.missing(&house).await, [0u16; 0]);
	for spoilt in [&sound[..64], &sound[..65], &[7; 128][..]] {
		fs::write(&groups, spoilt).unwrap();
		assert_eq!(witness.missing(&house).await, [0u16; 0]);
		assert_eq!(fs::read(&groups).unwrap(), sound);
	}
	assert_eq!(noted(&house).await, []);
}

#[tokio::test]
async fn damage_beside_the_leaf_is_the_scrubbers_to_find_and_missing_from_then_on() {
	let house = House::new();
	let records = deposited(&house, &[200_000]).await;
	let witness = Witness::drawn(&house, 3);
	let asked = asked_byte(&house, &witness, &records[0]);
	let elsewhere = (asked / GROUP_SIZE + 1) % 3 * GROUP_SIZE;
	flip(&house, &records[0], elsewhere);
	assert_eq!(witness.missing(&house).await, [0u16; 0], "a sample sees no more than it looks at");
	let (record, row) = house.vault.database.next_stored(None).await.unwrap().unwrap();
	assert!(!house.vault.verify(record, &row).await.unwrap());
	assert_eq!(witness.missing(&house).await, [0], "its own leaf is sound, but the vault knows");
}

#[tokio::test]
async fn who_was_not_drawn_asks_of_another_epoch_or_of_another_vault_is_told_nothing() {
	let house = House::new();
	deposited(&house, &[100]).await;
	let witness = Witness::drawn(&house, 3);
	let other = Witness::enrolled(&house, 4);
	let right = witness.challenge(&house);
	let later = EpochInfo { number: 6, ..EPOCH };
	let old = challenge_digest(&GENESIS, &later, CENTER, 0, witness.person.id);
	let wrong = [
		Challenge { epoch: 4, ..right },
		Challenge { epoch: 6, challenge: old, ..right },
		Challenge { challenge: old, ..right },
		Challenge { cohort: 1, ..right },
		Challenge { custodian: ParticipantId(2), ..right },
		Challenge { genesis: [8; 32], ..right },
		Challenge { since: LogHead { height: 1, head: [1; 32] }, ..right },
		Challenge { witness: ParticipantId(4), ..right },
		Challenge { cohort: u64::MAX, ..right },
	];
	let mut said = Vec::new();
	for challenge in &wrong {
		said.push(witness.send(&house, challenge).await.refused(Code::AccessDenied));
	}
	said.push(other.send(&house, &right).await.refused(Code::AccessDenied));
	let own = Challenge { witness: other.person.id, ..right };
	said.push(other.send(&house, &own).await.refused(Code::AccessDenied));
	assert!(said.iter().all(|problem| problem.detail == said[0].detail));
	assert_eq!(witness.send(&house, &right).await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_old_challenge_is_over_with_its_epoch() {
	let house = House::new();
	deposited(&house, &[100]).await;
	let witness = Witness::drawn(&house, 3);
	let old = witness.challenge(&house);
	witness.draw(&house, EpochInfo { number: 6, seed: [5; 32], ..EPOCH }, old.since);
	witness.send(&house, &old).await.refused(Code::AccessDenied);
	assert_eq!(witness.missing(&house).await, [0u16; 0]);
}

#[tokio::test]
async fn only_a_live_witness_key_of_an_active_center_asks_and_it_asks_for_nothing_else() {
	let house = House::new();
	let records = deposited(&house, &[100]).await;
	let witness = Witness::drawn(&house, 3);
	let right = witness.challenge(&house);
	let body = right.encode();
	let acting = house.ask(&house.doctor, "POST", "/v1/receipts").signed_bytes(body.clone());
	acting.send().await.refused(Code::UnknownKey);
	let unsigned = Request::post("/v1/receipts").body(Body::from(body)).unwrap();
	house.send(unsigned).await.refused(Code::SignatureMissing);
	house.content(&witness.person, &records[0]).await.refused(Code::UnknownKey);
	let log = house.ask(&witness.person, "GET", "/v1/log?patient=3");
	log.send().await.refused(Code::UnknownKey);

	house.chain.finalize(|tables| {
		let now = tables.head.timestamp;
		tables.participants.get_mut(&3).unwrap().active.latest.end(now);
	});
	witness.send(&house, &right).await.refused(Code::AccessDenied);
	let key = witness.person.key.public();
	house.chain.finalize(|tables| {
		let now = tables.head.timestamp;
		tables.keys.get_mut(&key).unwrap().live.end(now);
	});
	witness.send(&house, &right).await.refused(Code::UnknownKey);
}

#[tokio::test]
async fn an_answer_opens_for_the_key_that_asked_only() {
	let house = House::new();
	deposited(&house, &[100]).await;
	let witness = Witness::drawn(&house, 3);
	let challenge = witness.challenge(&house);
	let sealed = witness.send(&house, &challenge).await.body.unwrap();
	assert!(witness.opener.open(&challenge.challenge, &sealed).is_some());
	assert!(Opener::new(&[9; 32]).open(&challenge.challenge, &sealed).is_none());
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused_and_one_that_trickles_is_given_up() {
	let house = House::new();
	deposited(&house, &[100]).await;
	let witness = Witness::drawn(&house, 3);
	let ask = || house.ask(&witness.person, "POST", "/v1/receipts");
	ask().signed_bytes(vec![0; 513]).send().await.refused(Code::TooLarge);
	ask().body(vec![0; 513].into()).send().await.refused(Code::TooLarge);
	ask().signed_bytes(vec![0; 512]).send().await.refused(Code::MalformedRequest);
	let mut trailing = witness.challenge(&house).encode();
	trailing.push(0);
	ask().signed_bytes(trailing).send().await.refused(Code::MalformedRequest);
	let drip = futures::stream::unfold((), |()| async {
		tokio::time::sleep(Duration::from_millis(100)).await;
		Some((Ok::<_, std::io::Error>(Bytes::from_static(&[1])), ()))
	});
	ask().body(Body::from_stream(drip)).send().await.refused(Code::TooSlow);
	assert_eq!(witness.missing(&house).await, [0u16; 0]);
}

#[tokio::test]
async fn a_receipt_that_takes_too_long_is_given_up_and_frees_its_slot() {
	let house = House::with(|settings| {
		settings.limits.receipt_timeout = Duration::from_millis(50);
		settings.limits.concurrent_receipts = 1;
	});
	deposited(&house, &[100]).await;
	let witness = Witness::drawn(&house, 3);
	house.chain.finalize(|tables| tables.is_stuck = true);
	for _again in 0..3 {
		witness.send(&house, &witness.challenge(&house)).await.refused(Code::TimedOut);
	}
	house.chain.finalize(|tables| tables.is_stuck = false);
	assert_eq!(witness.missing(&house).await, [0u16; 0]);
}

/// Sends a signed request to a vault that serves.
async fn send_to(running: &Running, request: Request<Body>) -> reqwest::Response {
	let _installed = rustls::crypto::ring::default_provider().install_default();
	let (parts, body) = request.into_parts();
	let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
	let url = format!("http://{}{}", running.public, parts.uri);
	let client = reqwest::Client::builder().build().unwrap();
	client.post(url).headers(parts.headers).body(body).send().await.unwrap()
}

#[tokio::test]
async fn a_witness_whose_bytes_stop_coming_holds_no_slot_and_is_given_up() {
	let house = House::with(|settings| settings.limits.concurrent_receipts = 1);
	deposited(&house, &[100]).await;
	let witness = Witness::drawn(&house, 3);
	let running = server::start(house.vault.clone()).await.unwrap();
	let (parts, _) = witness.ask(&house, &witness.challenge(&house)).request().into_parts();
	let mut head = String::from("POST /v1/receipts HTTP/1.1\r\nhost: x\r\n");
	for (name, value) in &parts.headers {
		head += &format!("{name}: {}\r\n", value.to_str().unwrap());
	}
	let mut stalled = tokio::net::TcpStream::connect(running.public).await.unwrap();
	stalled.write_all(format!("{head}\r\nsome").as_bytes()).await.unwrap();
	let answer = send_to(&running, witness.ask(&house, &witness.challenge(&house)).request()).await;
	assert_eq!(answer.status(), StatusCode::OK);
	let mut said = Vec::new();
	let reading = stalled.read_to_end(&mut said);
	let _ended = tokio::time::timeout(Duration::from_secs(20), reading).await.expect("given up");
	let said = String::from_utf8_lossy(&said);
	assert!(said.is_empty() || said.starts_with("HTTP/1.1 408"), "{said}");
	running.stop().await.unwrap();
}

/// What `/readyz` says of the access log: whether it is well, and whether the vault serves.
async fn log_is_well(house: &House) -> (bool, bool) {
	let request = Request::get("/readyz").body(Body::empty()).unwrap();
	let report: Readiness = send(&router::operator(house.vault.clone()), request).await.json();
	let part = report.parts.into_iter().find(|part| part.name == "log").unwrap();
	assert_eq!(part.code.is_some(), !part.ok);
	(part.ok, report.ready)
}

/// The log as it is now becomes what the chain knows of it.
async fn report_log(house: &House, witness: &Witness, epoch: u64) -> LogHead {
	let (_, head) = house.vault.database.log_at(0, GENESIS).await.unwrap();
	let row = LogRow { epoch, since: head, latest: head };
	house.chain.finalize(|tables| {
		tables.logs.insert(CENTER.0, row);
	});
	witness.draw(house, EpochInfo { number: epoch, ..EPOCH }, head);
	head
}

async fn read_some(house: &House, record: &Sealed, times: usize) {
	for _ in 0..times {
		assert_eq!(house.content(&house.doctor, record).await.status, StatusCode::OK);
	}
}

#[tokio::test]
async fn a_log_that_goes_on_from_what_the_chain_knows_is_confirmed() {
	let house = House::new();
	let records = deposited(&house, &[100]).await;
	let witness = Witness::drawn(&house, 3);
	read_some(&house, &records[0], 2).await;
	let since = report_log(&house, &witness, 6).await;
	read_some(&house, &records[0], 2).await;
	let (answer, _) = witness.fetch(&house).await;
	assert_eq!((answer.receipt.since, answer.receipt.log.height), (since, since.height + 2));
	house.vault.follow_once().await.unwrap();
	assert_eq!(log_is_well(&house).await, (true, true));
}

#[tokio::test]
async fn a_log_restored_from_a_backup_is_refused_shorter_and_grown_past_until_it_is_begun_anew() {
	let house = House::new();
	let records = deposited(&house, &[100]).await;
	let witness = Witness::drawn(&house, 3);
	let mut backup = Vec::new();
	let house = house.restarted_after(|paths| backup = fs::read(&paths.database).unwrap());
	read_some(&house, &records[0], 3).await;
	report_log(&house, &witness, 6).await;
	house.vault.follow_once().await.unwrap();
	assert_eq!(log_is_well(&house).await, (true, true));

	let house = house.restarted_after(|paths| {
		fs::write(&paths.database, &backup).unwrap();
		// Whoever hides a rollback from the vault itself.
		fs::remove_file(paths.database.with_extension("mark")).unwrap();
		loss::accept(&paths.database, 0).unwrap();
	});
	house.pass(60_000);
	house.vault.follow_once().await.unwrap();
	assert_eq!(log_is_well(&house).await, (false, true), "told before any witness asks");
	assert_eq!(house.vault.metrics.log_diverged.get(), 1);
	witness.send(&house, &witness.challenge(&house)).await.refused(Code::LogDiverged);
	read_some(&house, &records[0], 5).await;
	witness.send(&house, &witness.challenge(&house)).await.refused(Code::LogDiverged);
	assert_eq!(log_is_well(&house).await, (false, true));

	house.chain.finalize(|tables| {
		tables.logs.remove(&CENTER.0);
	});
	witness.draw(&house, EpochInfo { number: 7, ..EPOCH }, LogHead::empty(GENESIS));
	house.vault.follow_once().await.unwrap();
	assert_eq!(witness.missing(&house).await, [0u16; 0]);
	assert_eq!(
		(log_is_well(&house).await, house.vault.metrics.log_diverged.get()),
		((true, true), 0)
	);
}

#[tokio::test]
async fn a_log_rolled_back_within_an_epoch_is_refused_though_its_checkpoint_stands() {
	let house = House::new();
	let records = deposited(&house, &[100]).await;
	let witness = Witness::drawn(&house, 3);
	read_some(&house, &records[0], 2).await;
	let (_, now) = house.vault.database.log_at(0, GENESIS).await.unwrap();
	let ahead = LogHead { height: now.height + 1, head: [3; 32] };
	let forked = LogHead { head: [3; 32], ..now };
	for (latest, is_well) in [(ahead, false), (forked, false), (now, true)] {
		let row = LogRow { epoch: EPOCH.number, since: LogHead::empty(GENESIS), latest };
		house.chain.finalize(|tables| {
			tables.logs.insert(CENTER.0, row);
		});
		let answer = witness.send(&house, &witness.challenge(&house)).await;
		assert_eq!(answer.status == StatusCode::OK, is_well);
		assert_eq!(log_is_well(&house).await.0, is_well);
	}
}

#[tokio::test]
async fn entries_that_are_lost_behind_the_mark_do_not_break_the_log_at_their_end() {
	let house = House::new();
	let records = deposited(&house, &[100]).await;
	let witness = Witness::drawn(&house, 3);
	let mut backup = Vec::new();
	let house = house.restarted_after(|paths| backup = fs::read(&paths.database).unwrap());
	read_some(&house, &records[0], 2).await;
	let within = report_log(&house, &witness, 6).await;
	read_some(&house, &records[0], 2).await;
	let (_, end) = house.vault.database.log_at(0, GENESIS).await.unwrap();
	let house = house.restarted_after(|paths| {
		fs::write(&paths.database, &backup).unwrap();
		loss::accept(&paths.database, 0).unwrap().unwrap();
	});
	house.pass(60_000);
	// What lies in the gap nobody can confirm; its end is known from the mark.
	assert_eq!(witness.challenge(&house).since, within);
	witness.send(&house, &witness.challenge(&house)).await.refused(Code::LogDiverged);
	house.chain.finalize(|tables| {
		tables.logs.insert(CENTER.0, LogRow { epoch: 7, since: end, latest: end });
	});
	witness.draw(&house, EpochInfo { number: 7, ..EPOCH }, end);
	assert_eq!(witness.missing(&house).await, [0u16; 0]);
}

#[tokio::test]
async fn a_log_with_a_changed_entry_is_refused() {
	let house = House::new();
	let records = deposited(&house, &[100]).await;
	let witness = Witness::drawn(&house, 3);
	read_some(&house, &records[0], 2).await;
	report_log(&house, &witness, 6).await;
	let changed = house.vault.database.write(|transaction| {
		let mut log = transaction.open_table(LOG)?;
		let mut last = log.get(2)?.unwrap().value().to_vec();
		// The first byte of the moment.
		last[40] ^= 1;
		log.insert(2, last.as_slice())?;
		Ok(())
	});
	changed.await.unwrap();
	witness.send(&house, &witness.challenge(&house)).await.refused(Code::LogDiverged);
}

#[tokio::test]
async fn a_whole_cohort_is_answered_at_once_within_the_size_that_a_witness_reads() {
	let house = House::with(|settings| {
		settings.limits.staging.deposits = 2_000;
		settings.limits.staging.bytes = 2 << 20;
	});
	let records: Vec<_> =
		(0..1_024u32).map(|n| house.seal(&[n.to_le_bytes(); 300].concat())).collect();
	for record in &records {
		house.announce(record).await.ok::<DepositStatus>();
		house.upload(record).await.ok::<ReceiptJson>();
	}
	for record in &records {
		house.anchor(record);
	}
	let now = house.chain.node.lock().unwrap().finalized.head.timestamp;
	house.now.store(now, std::sync::atomic::Ordering::SeqCst);
	assert_eq!(house.vault.follow_once().await.unwrap().len(), 1_024);
	fs::remove_file(house.file_of(&records[700])).unwrap();
	let witness = Witness::drawn(&house, 3);
	let (answer, seen) = witness.fetch(&house).await;
	assert_eq!(seen.missing, [700]);
	assert!(matches!(answer.rows[1_023], RowAnswer::Held { .. }));
	assert!(answer.encoded_size() < ward_primitives::receipt::MAX_ANSWER);
}
