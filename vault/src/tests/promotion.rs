//! What the chain says becomes so here.

use http::StatusCode;
use ward_vault_api::{
	deposit::{DepositStatus, ReceiptJson},
	log::{Event, LogPage},
};

use super::{
	deposits::files_in,
	house::{House, START},
};
use crate::{database::deposits::DepositState, error::Code};

const HOUR: u64 = 3_600_000;

#[tokio::test]
async fn an_anchored_deposit_is_promoted_once_and_logged() {
	let house = House::new();
	let record = house.seal(b"ciphertext");
	house.deposit(&record).await;
	assert_eq!(house.status(&record).await.state, "anchored");
	house.chain.finalize(|_| {});
	assert_eq!(house.vault.follow_once().await.unwrap(), []);
	let page: LogPage = house.ask(&house.patient, "GET", "/v1/log?patient=10").send().await.ok();
	let events: Vec<_> = page.entries.iter().map(|entry| entry.event).collect();
	assert_eq!(events, [Event::Promotion]);
}

#[tokio::test]
async fn what_was_anchored_while_the_vault_was_down_is_found_after_the_restart() {
	let house = House::with(|settings| settings.limits.staging.deposits = 400);
	let records: Vec<_> = (0..300u32).map(|n| house.seal(&n.to_le_bytes())).collect();
	for record in &records {
		house.announce(record).await.ok::<DepositStatus>();
		house.upload(record).await.ok::<ReceiptJson>();
	}
	house.anchor(&records[0]);
	assert_eq!(house.vault.follow_once().await.unwrap().len(), 1);
	for record in &records[1..] {
		house.anchor(record);
	}
	let now = house.chain.node.lock().unwrap().finalized.head.timestamp;
	house.now.store(now, std::sync::atomic::Ordering::SeqCst);
	let house = house.restarted();
	assert_eq!(house.vault.follow_once().await.unwrap().len(), 299, "more than one page");
	for record in [&records[0], &records[299]] {
		assert_eq!(house.status(record).await.state, "anchored");
	}
}

#[tokio::test]
async fn unclaimed_deposits_go_after_a_day_and_anchored_ones_stay() {
	let house = House::new();
	let [claimed, unclaimed, never_uploaded] = [1u8, 2, 3].map(|n| house.seal(&[n; 50]));
	for record in [&claimed, &unclaimed, &never_uploaded] {
		house.announce(record).await.ok::<DepositStatus>();
	}
	house.upload(&claimed).await.ok::<ReceiptJson>();
	house.upload(&unclaimed).await.ok::<ReceiptJson>();
	house.anchor(&claimed);
	house.pass(23 * HOUR + 1_000);
	house.vault.follow_once().await.unwrap();
	assert_eq!(files_in(&house), 2, "a receipt has ended, but the bytes are still here");
	house.pass(HOUR + 10_000);
	house.vault.follow_once().await.unwrap();
	assert_eq!(files_in(&house), 1);
	assert_eq!(house.status(&claimed).await.state, "anchored");
	for gone in [&unclaimed, &never_uploaded] {
		let path = format!("/v1/deposits/{}", gone.id);
		house.ask(&house.doctor, "GET", &path).send().await.refused(Code::AccessDenied);
		assert_eq!(house.announce(gone).await.status, StatusCode::CREATED, "it can be made anew");
	}
	assert_eq!(house.content(&house.doctor, &claimed).await.body.unwrap(), claimed.ciphertext);
}

#[tokio::test]
async fn nothing_is_discarded_before_the_chain_has_been_followed_past_its_receipt() {
	let house = House::new();
	let record = house.seal(b"ciphertext");
	house.announce(&record).await.ok::<DepositStatus>();
	house.upload(&record).await.ok::<ReceiptJson>();
	// The vault's clock runs on for days while the chain, or the way to it, stands still.
	house.now.fetch_add(72 * HOUR, std::sync::atomic::Ordering::SeqCst);
	house.chain.finalize(|_| {});
	house.vault.follow_once().await.unwrap();
	assert_eq!(files_in(&house), 1);
	// The chain comes back, and shows that the record was anchored in time.
	house.anchor(&record);
	house.pass(0);
	assert_eq!(house.vault.follow_once().await.unwrap(), [record.id]);
	assert_eq!(files_in(&house), 1);
	assert_eq!(house.status(&record).await.state, "anchored");
}

#[tokio::test]
async fn an_expired_receipt_is_renewed_by_uploading_again() {
	let house = House::new();
	let record = house.seal(b"ciphertext");
	house.announce(&record).await.ok::<DepositStatus>();
	let first: ReceiptJson = house.upload(&record).await.ok();
	house.pass(first.expires - START);
	let second: ReceiptJson = house.upload(&record).await.ok();
	assert_eq!(second.expires, first.expires + 23 * HOUR);
	house.pass(2 * HOUR);
	house.vault.follow_once().await.unwrap();
	assert_eq!(house.status(&record).await.state, "stored");
}

#[tokio::test]
async fn a_record_of_which_the_chain_says_that_it_is_here_and_is_not_is_counted() {
	let house = House::new();
	let record = house.seal(b"ciphertext");
	house.anchor(&record);
	assert_eq!(house.vault.follow_once().await.unwrap(), []);
	assert_eq!(house.vault.metrics.missing.get(), 1);
}

#[tokio::test]
async fn a_record_that_was_lost_with_the_database_is_held_again_when_its_author_brings_it() {
	let house = House::new();
	let record = house.seal(b"ciphertext");
	house.anchor(&record);
	house.vault.follow_once().await.unwrap();
	assert_eq!(house.vault.database.unknown().await.unwrap(), [record.id]);
	house.announce(&record).await.ok::<DepositStatus>();
	house.pass(0);
	assert_eq!(house.vault.follow_once().await.unwrap(), [], "only announced");
	house.upload(&record).await.ok::<ReceiptJson>();
	house.pass(0);
	assert_eq!(house.vault.follow_once().await.unwrap(), [record.id]);
	assert_eq!(house.vault.database.unknown_count().await.unwrap(), 0);
	assert_eq!(house.content(&house.patient, &record).await.body.unwrap(), record.ciphertext);
	house.pass(0);
	assert_eq!(house.vault.follow_once().await.unwrap(), []);
}

#[tokio::test]
async fn rows_written_by_an_unlisted_runtime_are_not_believed() {
	let house = House::new();
	let record = house.seal(b"ciphertext");
	house.announce(&record).await.ok::<DepositStatus>();
	house.upload(&record).await.ok::<ReceiptJson>();
	house.anchor(&record);
	house.chain.finalize(|tables| tables.code_hash = [0; 32]);
	let refusal = house.vault.follow_once().await.unwrap_err();
	assert_eq!(refusal.code, Code::RuntimeUnlisted);
	let row = house.vault.database.deposit(record.id).await.unwrap().unwrap();
	assert!(matches!(row.state, DepositState::Stored { .. }));
}
