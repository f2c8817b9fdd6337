//! A center leaves: what its vault holds is taken over by another one, and deleted when others have seen it there.

use std::{
	fs,
	io::Write,
	sync::{atomic::Ordering, Arc},
};

use futures::TryStreamExt;
use http::StatusCode;
use ward_crypto::{
	content::{DataKey, Manifest, Opener, SealPlan, Sealer},
	request::verify_signature,
	wrap::{unwrap, wrap, WrapContext},
};
use ward_primitives::{
	participant::SealingSuite, receipt::CohortState, Deposit, DepositReceipt, Interval, KeyRoles,
	KeyRow, RecordContent, RecordId,
};
use ward_vault_api::{
	base64::Base64,
	deposit::{DepositStatus, ReceiptJson},
	log::{Event, LogPage},
	release::{ReleaseRequest, ReleasedKey},
};

use super::{
	house::{announcement, send, Answer, House, Person, Sealed, CENTER, GENESIS},
	neighbours::{publish, wait_until, Neighbours, OTHER, THIRD},
};
use crate::{
	access_log::{Event as LogEvent, LogFacts},
	audit::{Audit, Report},
	chain::ChainView,
	controllers::drain::DrainRequest,
	drain::{Outcome, Plan},
	error::Code,
	operator::{self, DrainLine},
	repair,
	server::Running,
	vault::Vault,
};

/// Both vaults, of which the other one accepts the house's center; nothing happens by itself.
async fn neighbours() -> Neighbours {
	let quiet = |settings: &mut crate::config::Settings| {
		settings.repair = false;
		settings.limits.scrub_bytes_per_second = 0;
	};
	let accepting = move |settings: &mut crate::config::Settings| {
		quiet(settings);
		settings.accept_from = vec![CENTER];
	};
	Neighbours::with_both(quiet, accepting).await
}

/// The same, both of which serve; the house has a record.
async fn about_to_leave() -> (Neighbours, Sealed, Running) {
	let both = neighbours().await;
	let record = sealed(&both.house, false);
	both.house.deposit(&record).await;
	let running = both.both_serve().await;
	(both, record, running)
}

/// A plan of the house's in which there is nothing to do.
fn nothing() -> Plan {
	Plan { from: CENTER, ..Plan::default() }
}

/// What the operator of the house is told.
async fn drain(running: &Running) -> (Plan, Vec<(RecordId, Outcome)>) {
	drain_with(running, false).await
}

async fn drain_with(running: &Running, dry_run: bool) -> (Plan, Vec<(RecordId, Outcome)>) {
	let (mut plan, mut lines) = (None, Vec::new());
	let drained =
		operator::drain(running.operator, DrainRequest { to: OTHER, dry_run }, |line| match line {
			DrainLine::Plan(told) => plan = Some(told),
			DrainLine::Drained(told) => lines.push((told.record, told.outcome)),
		});
	drained.await.unwrap();
	(plan.unwrap(), lines)
}

/// The outcome for the only record.
async fn drained(running: &Running) -> Outcome {
	let (_, mut lines) = drain(running).await;
	assert_eq!(lines.len(), 1, "{lines:?}");
	lines.pop().unwrap().1
}

#[track_caller]
fn left(outcome: &Outcome) -> &str {
	match outcome {
		Outcome::Left { why } => why,
		other => panic!("{other:?}"),
	}
}

/// What is ready must count on the chain.
#[track_caller]
fn ready(both: &Neighbours, record: &Sealed, outcome: &Outcome) -> Deposit {
	let Outcome::Ready { deposit } = outcome else { panic!("{outcome:?}") };
	let receipt = DepositReceipt {
		genesis: GENESIS,
		custodian: OTHER,
		record: record.id,
		content_root: record.content.content_root,
		size: record.content.size,
		expires: deposit.expires,
	};
	let key = both.other.receipt_key.public();
	assert!(verify_signature(&key, &receipt.message(), &deposit.signature));
	assert_eq!(deposit.custodian, OTHER);
	assert!(deposit.expires > both.house.now.load(Ordering::SeqCst) + 600_000);
	*deposit
}

/// The chain names the other center in the place of the house's, and both vaults know.
async fn hand_over(both: &Neighbours, record: &Sealed) {
	both.house.chain.finalize(|tables| tables.hand_over(record.id, CENTER, OTHER));
	both.house.keep_time();
	both.house.vault.follow_once().await.unwrap();
	both.other.follow_once().await.unwrap();
	let anchored = || async {
		let row = both.other.database.deposit(record.id).await.unwrap();
		row.is_some_and(|row| row.state == crate::database::deposits::DepositState::Anchored)
	};
	wait_until(anchored).await;
}

const FRESH: CohortState = CohortState::Fresh { seen: 2, of: 3, at: 1, until: 2 };

/// Others see the copy of the other center.
fn is_seen(both: &Neighbours, record: &Sealed) {
	both.house.chain.finalize(|tables| tables.state_is(record.id, OTHER, FRESH));
	both.house.keep_time();
}

async fn is_known(house: &House, record: &Sealed) -> bool {
	house.vault.database.lodged(record.id).await.unwrap().is_some()
}

async fn at_other(both: &Neighbours, who: &Person, method: &'static str, path: &str) -> Answer {
	let mut ask = both.house.ask(who, method, path);
	ask.vault = OTHER;
	send(&both.other_router, ask.request()).await
}

/// The data key that the other vault releases to somebody.
async fn released(both: &Neighbours, who: &Person, record: &Sealed) -> DataKey {
	let request = ReleaseRequest {
		suite: SealingSuite::XWing,
		sealing_key: Base64(who.sealing.public_key()),
	};
	let path = format!("/v1/records/{}/release", record.id);
	let mut ask = both.house.ask(who, "POST", &path).json(&request);
	ask.vault = OTHER;
	let key: ReleasedKey = send(&both.other_router, ask.request()).await.ok();
	let context = WrapContext { genesis: GENESIS, record: record.id, recipient: who.id };
	unwrap(&key.wrapped, &who.sealing, &context).unwrap()
}

const TEXT: &[u8] = b"the finding, as the doctor wrote it";

/// A record that really opens.
fn sealed(house: &House, patient_only: bool) -> Sealed {
	let manifest =
		Manifest::new("text/plain", TEXT.len() as u64, blake3::hash(TEXT).into(), "2026-11-21");
	let plan = SealPlan::generate(&manifest).unwrap();
	let mut ciphertext = Vec::new();
	// The key that the house seals with.
	let key = DataKey::from_bytes([9; 32]);
	std::io::copy(&mut Sealer::new(&plan, &key, TEXT), &mut ciphertext).unwrap();
	house.seal_committed(&ciphertext, plan.commitment, patient_only)
}

fn opened(key: &DataKey, record: &Sealed, ciphertext: &[u8]) -> Vec<u8> {
	let mut opener = Opener::new(key, &record.content.commitment, Vec::new());
	opener.write_all(ciphertext).unwrap();
	opener.finish().unwrap().1
}

async fn audit(house: &House) -> Report {
	audit_of(house, &house.vault).await
}

async fn audit_of(house: &House, vault: &Vault) -> Report {
	let chain = Some((house.chain.clone() as Arc<dyn ChainView>, vault.center()));
	let home = tempfile::tempdir().unwrap();
	// The vault works in its own.
	let copied = std::process::Command::new("cp")
		.args(["-a", &format!("{}/.", vault.settings.data_dir.display())])
		.arg(home.path())
		.status()
		.unwrap();
	assert!(copied.success());
	Audit { chain, lengths_only: false }.run(home.path(), |_, _| {}).await.unwrap()
}

async fn events(house: &House) -> Vec<(Event, u64)> {
	let page: LogPage = house.ask(&house.patient, "GET", "/v1/log?patient=10").send().await.ok();
	page.entries.iter().map(|entry| (entry.event, entry.actor.0)).collect()
}

#[tokio::test]
async fn a_drained_record_is_read_from_the_new_vault_and_no_longer_from_the_old_one() {
	let (both, record, running) = about_to_leave().await;
	let house = &both.house;
	let (plan, lines) = drain(&running).await;
	let bytes = record.ciphertext.len() as u64;
	assert_eq!(plan, Plan { rows: 1, bytes, ..nothing() });
	assert_eq!(lines[0].0, record.id);
	ready(&both, &record, &lines[0].1);
	assert_eq!(fs::read(both.file_at_other(&record)).unwrap(), record.ciphertext);
	// As long as the chain does not say so, it is read here and not there.
	assert_eq!(house.content(&house.doctor, &record).await.status, StatusCode::OK);
	let path = format!("/v1/records/{}/content", record.id);
	at_other(&both, &house.doctor, "GET", &path).await.refused(Code::AccessDenied);

	hand_over(&both, &record).await;
	house.content(&house.doctor, &record).await.refused(Code::AccessDenied);
	for reader in [&house.doctor, &house.patient] {
		let key = released(&both, reader, &record).await;
		let content = at_other(&both, reader, "GET", &path).await.body.unwrap();
		assert_eq!(opened(&key, &record, &content), TEXT);
	}
	let (plan, lines) = drain(&running).await;
	assert_eq!(plan, Plan { rows: 1, handed_over: 1, ..nothing() });
	assert_eq!(lines, [(record.id, Outcome::HandedOver)]);
	assert!(house.file_of(&record).exists() && is_known(house, &record).await);

	is_seen(&both, &record);
	assert_eq!(drained(&running).await, Outcome::Discarded);
	assert!(!house.file_of(&record).exists() && !is_known(house, &record).await);
	assert_eq!(drained(&running).await, Outcome::Discarded, "it stays so");
	let key = (Event::Key, OTHER.0);
	let kept: Vec<_> = events(house).await.into_iter().filter(|e| e.0 != Event::Content).collect();
	let gone = (Event::HandOver, CENTER.0);
	let promoted = (Event::Promotion, house.doctor.id.0);
	assert_eq!(kept, [promoted, key, (Event::Copy, OTHER.0), gone]);
	let report = audit(house).await;
	assert_eq!(report.findings, []);
	let custody = report.custody.unwrap();
	assert_eq!((custody.records, custody.handed_over), (0, 1));
	let text = house.vault.metrics.text().unwrap();
	assert!(text.contains("ward_vault_handed_over_total{outcome=\"discarded\"} 1"), "{text}");
	running.stop().await.unwrap();
}

#[tokio::test]
async fn a_patient_only_record_goes_with_the_wraps_that_it_has() {
	let both = neighbours().await;
	let house = &both.house;
	let record = sealed(house, true);
	house.deposit(&record).await;
	let running = both.both_serve().await;
	ready(&both, &record, &drained(&running).await);
	let there = both.other.database.lodged(record.id).await.unwrap().unwrap();
	assert!(there.row.patient_only);
	let recipients: Vec<_> = there.wraps.iter().map(|wrapped| wrapped.recipient).collect();
	assert_eq!(recipients, [house.patient.id, house.doctor.id]);
	assert!(events(house).await.iter().all(|(event, _)| *event != Event::Key), "no key was given");
	hand_over(&both, &record).await;
	let key = released(&both, &house.patient, &record).await;
	let path = format!("/v1/records/{}/content", record.id);
	let content = at_other(&both, &house.patient, "GET", &path).await.body.unwrap();
	assert_eq!(opened(&key, &record, &content), TEXT);
	running.stop().await.unwrap();
}

/// A record that the other center has written itself.
fn sealed_by_other(house: &House, author: &Person, patient_only: bool) -> Sealed {
	let by_doctor = sealed(house, patient_only);
	let content = RecordContent { author: OTHER, ..by_doctor.content };
	let id = content.record_id(&GENESIS);
	let to = |recipient, public: &[u8]| {
		let context = WrapContext { genesis: GENESIS, record: id, recipient };
		wrap(&by_doctor.data_key, public, &context).unwrap()
	};
	let mut wraps = vec![
		to(house.patient.id, &house.patient.sealing.public_key()),
		to(OTHER, &author.sealing.public_key()),
	];
	if !patient_only {
		wraps.push(to(CENTER, &house.vault.release.public()));
	}
	Sealed { id, content, wraps, ..by_doctor }
}

#[tokio::test]
async fn what_the_receiver_has_written_itself_opens_for_it_as_before() {
	let both = neighbours().await;
	let house = &both.house;
	let author = Person::new(OTHER.0);
	house.chain.finalize(|tables| {
		let key = KeyRow { participant: OTHER, roles: KeyRoles::MAIN, live: Interval::open(0) };
		tables.keys.insert(author.key.public(), key);
		let row = tables.participants.get_mut(&OTHER.0).unwrap();
		row.sealing_key = author.sealing.sealing_key();
		// In these tables, that is whom somebody acts for; a center acts for itself.
		row.sponsor = Some(OTHER);
	});
	let records = [false, true].map(|patient_only| sealed_by_other(house, &author, patient_only));
	for (record, patient_only) in records.iter().zip([false, true]) {
		let what = announcement(record, patient_only);
		house.announce_as(&author, &what).await.ok::<DepositStatus>();
		let path = format!("/v1/deposits/{}/content", record.id);
		let put = house.ask(&author, "PUT", &path).bytes(record.ciphertext.clone());
		put.send().await.ok::<ReceiptJson>();
		house.anchor(record);
		house.chain.finalize(|tables| {
			tables.records.get_mut(&record.id.0).unwrap().author_center = Some(OTHER);
		});
		house.keep_time();
		house.vault.follow_once().await.unwrap();
	}
	let running = both.both_serve().await;
	let (_, lines) = drain(&running).await;
	for (id, outcome) in &lines {
		let record = records.iter().find(|record| record.id == *id).unwrap();
		ready(&both, record, outcome);
		hand_over(&both, record).await;
		for reader in [&author, &house.patient] {
			let key = released(&both, reader, record).await;
			assert_eq!(opened(&key, record, &record.ciphertext), TEXT);
		}
	}
	assert_eq!(lines.len(), 2);
	assert_eq!(audit_of(house, &both.other).await.findings, []);
	running.stop().await.unwrap();
}

#[tokio::test]
async fn a_vault_that_does_not_accept_it_is_asked_no_more_and_the_setting_is_named() {
	let both = Neighbours::new().await;
	for n in 0..20u8 {
		both.house.keep_time();
		both.house.deposit(&both.house.seal(&[n; 50])).await;
	}
	let running = both.both_serve().await;
	both.house.keep_time();
	let (plan, lines) = drain(&running).await;
	assert_eq!((plan.rows, lines.len()), (20, 20));
	assert!(lines.iter().all(|(_, outcome)| left(outcome).contains("--accept-from 1")));
	let text = both.other.metrics.text().unwrap();
	let asked = text.lines().filter(|line| line.contains("status=\"403\""));
	let asked = asked.filter_map(|line| line.rsplit(' ').next()?.parse::<u32>().ok()).sum::<u32>();
	assert!((1..20).contains(&asked), "{text}");
	assert!(both.other.database.staged().await.unwrap().is_empty());
	running.stop().await.unwrap();
}

#[tokio::test]
async fn what_the_receiver_holds_already_is_neither_sent_nor_is_its_key() {
	let both = neighbours().await;
	let record = sealed(&both.house, false);
	both.both_hold(&record).await;
	// Not even if it is lost here.
	fs::remove_file(both.house.file_of(&record)).unwrap();
	let running = both.both_serve().await;
	let (plan, lines) = drain(&running).await;
	assert_eq!(plan, Plan { rows: 1, already_there: 1, ..nothing() });
	ready(&both, &record, &lines[0].1);
	assert_eq!(both.house.vault.metrics.copies_sent.get(), 0);
	assert!(events(&both.house).await.iter().all(|(event, _)| *event == Event::Promotion));
	hand_over(&both, &record).await;
	is_seen(&both, &record);
	assert_eq!(drained(&running).await, Outcome::Discarded);
	running.stop().await.unwrap();
}

#[tokio::test]
async fn what_is_damaged_here_is_left_until_it_is_repaired() {
	let both = neighbours().await;
	let house = &both.house;
	let [noted, unnoted, unknown] = [1u8, 2, 3].map(|n| house.seal(&[n; 5_000]));
	for record in [&noted, &unnoted] {
		house.deposit(record).await;
		let mut bytes = record.ciphertext.clone();
		bytes[77] ^= 1;
		fs::write(house.file_of(record), bytes).unwrap();
	}
	house.vault.database.note_damaged(noted.id).await.unwrap();
	house.anchor(&unknown);
	house.keep_time();
	let running = both.both_serve().await;
	let (plan, lines) = drain(&running).await;
	assert_eq!((plan.rows, plan.damaged), (3, 2), "what nobody has read is not known");
	for (record, outcome) in &lines {
		let remedy = format!("`ward-vault repair {record}`");
		assert!(left(outcome).contains(&remedy), "{outcome:?}");
	}
	fs::write(house.file_of(&noted), &noted.ciphertext).unwrap();
	assert_eq!(house.vault.mend(noted.id).await, repair::Outcome::Sound);
	house.keep_time();
	let (_, lines) = drain(&running).await;
	let (_, outcome) = lines.iter().find(|(record, _)| *record == noted.id).unwrap();
	ready(&both, &noted, outcome);
	running.stop().await.unwrap();
}

#[tokio::test]
async fn a_receiver_that_is_away_and_a_sender_that_is_not_reached_are_named_and_it_goes_on_later() {
	let (both, record, running) = about_to_leave().await;
	let house = &both.house;
	let key = both.other.receipt_key.public();
	publish(house, OTHER, key, "http://127.0.0.1:1".into());
	assert!(left(&drained(&running).await).contains("does not answer"));
	assert!(both.other.database.staged().await.unwrap().is_empty());

	// Announced, and then the content does not come.
	publish(house, OTHER, key, both.address_of_other());
	let own_key = house.vault.receipt_key.public();
	publish(house, CENTER, own_key, "http://127.0.0.1:1".into());
	house.keep_time();
	let said = drained(&running).await;
	assert!(left(&said).contains("does not reach this vault"), "{said:?}");
	assert_eq!(both.other.database.staged().await.unwrap().len(), 1);

	publish(house, CENTER, own_key, format!("http://{}", running.public));
	house.keep_time();
	ready(&both, &record, &drained(&running).await);
	running.stop().await.unwrap();
}

#[tokio::test]
async fn a_record_that_the_receiver_has_stopped_fetching_is_announced_again() {
	let both = neighbours().await;
	let record = sealed(&both.house, false);
	both.house.deposit(&record).await;
	let running = both.both_serve().await;
	// A drain of before, of which the receiver only remembers the announcement.
	let announced = both.announcement_to_other(&record);
	both.announce_to_other(&announced).await.ok::<DepositStatus>();
	let status: DepositStatus = both.status_at_other(&record).await;
	assert_eq!((status.state.as_str(), status.copy), ("announced", None));
	ready(&both, &record, &drained(&running).await);
	running.stop().await.unwrap();
}

#[tokio::test]
async fn nothing_is_deleted_that_the_chain_names_this_center_for_or_that_nobody_else_was_seen_to_hold(
) {
	let (both, record, running) = about_to_leave().await;
	let house = &both.house;
	// However fresh another copy is.
	is_seen(&both, &record);
	ready(&both, &record, &drained(&running).await);
	ready(&both, &record, &drained(&running).await);
	house.chain.finalize(|tables| tables.custody_states.clear());
	hand_over(&both, &record).await;
	let unseen = [
		CohortState::New,
		CohortState::Lapsed { at: 1 },
		CohortState::Missing { at: 1 },
		CohortState::Disputed { epoch: 1 },
		CohortState::Unsettled { missed: 1, reported: 2, at: 1 },
	];
	for state in unseen {
		house.chain.finalize(|tables| tables.state_is(record.id, OTHER, state));
		house.keep_time();
		assert_eq!(drained(&running).await, Outcome::HandedOver);
	}
	// A state of this center's own row proves nothing of another copy.
	house.chain.finalize(|tables| tables.state_is(record.id, CENTER, FRESH));
	house.keep_time();
	assert_eq!(drained(&running).await, Outcome::HandedOver);
	assert_eq!(fs::read(house.file_of(&record)).unwrap(), record.ciphertext);
	is_seen(&both, &record);
	assert_eq!(drained(&running).await, Outcome::Discarded);
	running.stop().await.unwrap();
}

#[tokio::test]
async fn a_dry_run_says_what_there_is_to_do_and_changes_nothing() {
	let both = neighbours().await;
	let record = sealed(&both.house, false);
	both.house.deposit(&record).await;
	let running = both.both_serve().await;
	let log = both.house.vault.database.log_length().await.unwrap();
	let (plan, lines) = drain_with(&running, true).await;
	assert_eq!((plan.rows, plan.bytes, lines.len()), (1, record.ciphertext.len() as u64, 0));
	assert_eq!(both.house.vault.database.log_length().await.unwrap(), log);
	assert!(both.other.database.staged().await.unwrap().is_empty());
	let lodged = both.house.vault.database.lodged(record.id).await.unwrap().unwrap();
	assert!(lodged.copiers.is_empty());
	running.stop().await.unwrap();
}

#[tokio::test]
async fn what_is_in_the_way_of_every_record_is_said_at_once() {
	let both = neighbours().await;
	let running = both.both_serve().await;
	let refusal = |to| {
		let request = DrainRequest { to, dry_run: false };
		let asked = operator::drain(running.operator, request, |_| {});
		async move { asked.await.unwrap_err().to_string() }
	};
	assert!(refusal(CENTER).await.contains("nothing over to itself"));
	assert!(refusal(THIRD).await.contains("Center 3 has no vault on the chain"));
	publish(&both.house, THIRD, [9; 32], "https://third.example".into());
	both.house.keep_time();
	assert!(refusal(THIRD).await.contains("release key of center 3"));
	let turn = both.house.vault.begin_drain(OTHER).await.unwrap();
	assert!(refusal(OTHER).await.contains("All slots of the vault"));
	drop(turn);
	assert_eq!(drain(&running).await.1, []);
	both.house.chain.node.lock().unwrap().reachable = false;
	assert!(refusal(OTHER).await.contains("node does not answer"));
	running.stop().await.unwrap();
}

#[tokio::test]
async fn a_receipt_that_ends_soon_is_renewed_without_another_copy() {
	let (both, record, running) = about_to_leave().await;
	let house = &both.house;
	let first = ready(&both, &record, &drained(&running).await);
	let now = house.now.load(Ordering::SeqCst);
	house.pass(first.expires - now - 60_000);
	let second = ready(&both, &record, &drained(&running).await);
	assert!(second.expires > first.expires);
	assert_eq!(house.vault.metrics.copies_sent.get(), 1);
	running.stop().await.unwrap();
}

#[tokio::test]
async fn what_comes_back_is_one_record_again_and_stays() {
	let (both, record, running) = about_to_leave().await;
	let house = &both.house;
	ready(&both, &record, &drained(&running).await);
	hand_over(&both, &record).await;
	house.chain.finalize(|tables| {
		tables.hand_over(record.id, OTHER, CENTER);
		tables.state_is(record.id, OTHER, FRESH);
	});
	house.keep_time();
	let (plan, lines) = drain(&running).await;
	assert_eq!((plan.rows, plan.handed_over, lines.len()), (2, 0, 1));
	ready(&both, &record, &lines[0].1);
	assert_eq!(house.content(&house.doctor, &record).await.status, StatusCode::OK);
	running.stop().await.unwrap();
}

#[tokio::test]
async fn what_comes_back_before_it_was_deleted_is_fetched_anew_and_not_deleted() {
	let both = Neighbours::with_both(
		|settings| settings.accept_from = vec![OTHER],
		|settings| settings.accept_from = vec![CENTER],
	)
	.await;
	let house = &both.house;
	let record = sealed(house, false);
	house.deposit(&record).await;
	let running = both.both_serve().await;
	ready(&both, &record, &drained(&running).await);
	hand_over(&both, &record).await;
	// The other center leaves, too, or has changed its mind.
	let _turn = both.other.begin_drain(CENTER).await.unwrap();
	let lines: Vec<_> = both.other.drain(CENTER, 9).try_collect().await.unwrap();
	let Outcome::Ready { deposit } = lines[0].outcome else { panic!("{lines:?}") };
	assert_eq!((lines.len(), deposit.custodian), (1, CENTER));
	// Before the chain has it, this vault is told to let go of what it has handed over.
	is_seen(&both, &record);
	assert_eq!(drained(&running).await, Outcome::HandedOver);
	assert_eq!(fs::read(house.file_of(&record)).unwrap(), record.ciphertext);

	house.chain.finalize(|tables| tables.hand_over(record.id, OTHER, CENTER));
	house.keep_time();
	house.vault.follow_once().await.unwrap();
	wait_until(|| async { house.status(&record).await.state == "anchored" }).await;
	assert_eq!(house.content(&house.doctor, &record).await.status, StatusCode::OK);
	assert_eq!(audit(house).await.findings, []);
	running.stop().await.unwrap();
}

#[tokio::test]
async fn as_long_as_another_custodian_has_its_word_nothing_is_deleted() {
	let both = neighbours().await;
	let house = &both.house;
	let record = sealed(house, false);
	both.both_hold(&record).await;
	house.chain.finalize(|tables| tables.state_is(record.id, CENTER, FRESH));
	let running = both.both_serve().await;
	house.keep_time();
	// This center hands over to the other one, and has its word.
	let promised = ready(&both, &record, &drained(&running).await);
	// The other one hands over to a third, before that is on the chain.
	let lets_go = || async {
		house.keep_time();
		let _turn = both.other.begin_drain(CENTER).await.unwrap();
		let lines: Vec<_> = both.other.drain(CENTER, 9).try_collect().await.unwrap();
		lines[0].outcome.clone()
	};
	house.chain.finalize(|tables| tables.hand_over(record.id, OTHER, THIRD));
	assert_eq!(lets_go().await, Outcome::HandedOver);
	assert!(both.file_at_other(&record).exists());
	let now = house.now.load(Ordering::SeqCst);
	house.pass(promised.expires - now + crate::staging::RECEIPT_MARGIN);
	assert_eq!(lets_go().await, Outcome::Discarded);
	assert!(!both.file_at_other(&record).exists());
	running.stop().await.unwrap();
}

#[tokio::test]
async fn a_receiver_that_loses_what_it_took_gets_it_again_as_long_as_it_is_here() {
	let (both, record, running) = about_to_leave().await;
	ready(&both, &record, &drained(&running).await);
	hand_over(&both, &record).await;
	fs::remove_file(both.file_at_other(&record)).unwrap();
	let repaired = both.other.mend(record.id).await;
	assert_eq!(repaired, repair::Outcome::Repaired { from: CENTER });
	assert_eq!(fs::read(both.file_at_other(&record)).unwrap(), record.ciphertext);
	running.stop().await.unwrap();
}

#[tokio::test]
async fn a_deletion_that_was_cut_off_leaves_nothing_unaccounted_for_and_goes_on() {
	let both = neighbours().await;
	let house = &both.house;
	let [first, second] = [false, true].map(|patient_only| sealed(house, patient_only));
	for record in [&first, &second] {
		house.deposit(record).await;
		house.chain.finalize(|tables| tables.hand_over(record.id, CENTER, THIRD));
		let facts = LogFacts {
			at: 1,
			actor: CENTER,
			patient: house.patient.id,
			record: record.id,
			action: ward_primitives::Action::Write,
			purpose: ward_primitives::PurposeOfUse::Hoperat,
			event: LogEvent::HandOver,
			decision: ward_primitives::Decision::Deny { reason: ward_primitives::Reason::NoBasis },
			finalized: [0; 32],
		};
		let begun = house.vault.database.end_custody(record.id, CENTER, 9, facts, GENESIS);
		assert!(begun.await.unwrap());
	}
	assert_eq!(audit(house).await.findings, []);
	house.vault.store.delete(second.id).await.unwrap();
	let report = audit(house).await;
	assert_eq!((report.findings.len(), report.files.unclaimed), (0, 1));

	// Drained again, or in the course of time.
	house.chain.finalize(|tables| tables.state_is(first.id, THIRD, FRESH));
	let running = both.both_serve().await;
	house.keep_time();
	let (_, lines) = drain(&running).await;
	let outcome = |record: &Sealed| &lines.iter().find(|line| line.0 == record.id).unwrap().1;
	assert_eq!((outcome(&first), outcome(&second)), (&Outcome::Discarded, &Outcome::HandedOver));
	assert!(!house.file_of(&first).exists() && !is_known(house, &first).await);
	house.pass(25 * 3_600_000);
	house.vault.follow_once().await.unwrap();
	wait_until(|| async { !is_known(house, &second).await }).await;
	running.stop().await.unwrap();
	assert_eq!(audit(house).await.findings, []);
}

#[tokio::test]
async fn a_row_that_was_handed_over_before_it_was_seen_is_neither_promoted_nor_missed() {
	let house = House::new();
	let [gone, here] = [1u8, 2].map(|n| house.seal(&[n; 50]));
	house.anchor(&gone);
	house.chain.finalize(|tables| tables.hand_over(gone.id, CENTER, OTHER));
	house.announce(&here).await.ok::<DepositStatus>();
	house.upload(&here).await;
	house.anchor(&here);
	assert_eq!(house.vault.follow_once().await.unwrap(), [here.id]);
	assert_eq!(house.vault.metrics.missing.get(), 0);
	assert!(house.vault.database.unknown().await.unwrap().is_empty());
	let report = audit(&house).await;
	assert_eq!(report.findings, []);
	let custody = report.custody.unwrap();
	assert_eq!((custody.records, custody.handed_over), (1, 1));
}

#[tokio::test]
async fn what_was_lost_with_the_database_and_is_handed_over_is_missed_no_more() {
	let both = neighbours().await;
	let record = sealed(&both.house, false);
	both.both_hold(&record).await;
	let house = &both.house;
	house.vault.database.finish_discard(record.id).await.unwrap();
	let lost = house.seal(b"of which only the chain knows");
	house.anchor_with(&lost, &[OTHER]);
	house.keep_time();
	house.vault.follow_once().await.unwrap();
	assert_eq!(house.vault.database.unknown_count().await.unwrap(), 1);
	house.chain.finalize(|tables| {
		tables.hand_over(record.id, CENTER, OTHER);
		tables.hand_over(lost.id, CENTER, OTHER);
	});
	let running = both.both_serve().await;
	house.keep_time();
	let (_, lines) = drain(&running).await;
	assert!(lines.iter().all(|(_, outcome)| *outcome == Outcome::Discarded), "{lines:?}");
	assert_eq!(house.vault.database.unknown_count().await.unwrap(), 0);
	running.stop().await.unwrap();
}
