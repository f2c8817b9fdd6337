//! An author uploads once, and the vaults copy among themselves.

use std::fs;

use http::StatusCode;
use ward_primitives::PurposeOfUse;
use ward_vault_api::deposit::{DepositStatus, ReceiptJson};

use super::{
	house::{announcement, Person, CENTER},
	neighbours::{publish, receipt_key_of, wait_until, Neighbours, OTHER, THIRD},
};
use crate::error::Code;

fn content(size: usize) -> Vec<u8> {
	(0..size).map(|n| (n * 7 + n / 251) as u8).collect()
}

#[tokio::test]
async fn the_second_vault_fetches_what_the_author_has_uploaded_to_the_first() {
	let both = Neighbours::new().await;
	let house = &both.house;
	let running = both.both_serve().await;
	let record = house.seal(&content(100_000));
	let first = announcement(&record, false).shared_with(vec![OTHER]);
	house.announce_as(&house.doctor, &first).await.ok::<DepositStatus>();
	house.upload(&record).await.ok::<ReceiptJson>();
	let second = both.announcement_to_other(&record).fetched_from(CENTER);
	let answer = both.announce_to_other(&second).await;
	assert_eq!(answer.status, StatusCode::CREATED);
	assert_eq!(answer.ok::<DepositStatus>().copy.unwrap().failure, None);
	wait_until(|| async { both.status_at_other(&record).await.state == "stored" }).await;
	let status = both.status_at_other(&record).await;
	assert_eq!((status.receipt.unwrap().custodian, status.copy), (OTHER, None));
	assert_eq!(fs::read(both.file_at_other(&record)).unwrap(), record.ciphertext);

	// Announced again, it is stored already and nobody is asked.
	let sent = house.vault.metrics.copies_sent.get();
	let again: DepositStatus = both.announce_to_other(&second).await.ok();
	assert_eq!((again.state.as_str(), again.copy), ("stored", None));
	assert_eq!(house.vault.metrics.copies_sent.get(), sent);
	running.stop().await.unwrap();
}

#[tokio::test]
async fn a_vault_that_the_author_has_not_named_gets_nothing_and_the_author_is_told() {
	let both = Neighbours::new().await;
	let house = &both.house;
	let running = both.both_serve().await;
	let record = house.seal(&content(500));
	house.announce(&record).await.ok::<DepositStatus>();
	house.upload(&record).await.ok::<ReceiptJson>();
	let second = both.announcement_to_other(&record).fetched_from(CENTER);
	both.announce_to_other(&second).await.ok::<DepositStatus>();
	let failure = || async {
		let copy = both.status_at_other(&record).await.copy.unwrap();
		(copy.from, copy.failure)
	};
	wait_until(|| async { failure().await.1.is_some() }).await;
	assert_eq!(failure().await, (CENTER, Some("refused".into())));
	assert_eq!(both.status_at_other(&record).await.state, "announced");

	// Named after all, and asked for again, it comes.
	let first = announcement(&record, false).shared_with(vec![OTHER]);
	house.announce_as(&house.doctor, &first).await.ok::<DepositStatus>();
	both.announce_to_other(&second).await.ok::<DepositStatus>();
	wait_until(|| async { both.status_at_other(&record).await.state == "stored" }).await;
	running.stop().await.unwrap();
}

#[tokio::test]
async fn who_may_copy_what_is_not_anchored_follows_the_authors_latest_word() {
	let both = Neighbours::new().await;
	let house = &both.house;
	let record = house.seal(&content(500));
	let mut other = Person::new(OTHER.0);
	other.key = receipt_key_of(&both.other);
	let path = format!("/v1/records/{}/content", record.id);
	let ask = || house.ask(&other, "GET", &path).purpose(PurposeOfUse::Hoperat).send();
	let announce = |custodians| {
		let what = announcement(&record, false).shared_with(custodians);
		async move { house.announce_as(&house.doctor, &what).await.ok::<DepositStatus>() }
	};
	announce(vec![OTHER]).await;
	ask().await.refused(Code::AccessDenied);
	house.upload(&record).await.ok::<ReceiptJson>();
	assert_eq!(ask().await.status, StatusCode::OK);
	announce(vec![THIRD]).await;
	ask().await.refused(Code::AccessDenied);
	announce(vec![OTHER]).await;
	assert_eq!(ask().await.status, StatusCode::OK);
	// From here on the chain says who may.
	house.anchor(&record);
	house.vault.follow_once().await.unwrap();
	ask().await.refused(Code::AccessDenied);
}

#[tokio::test]
async fn too_many_custodians_and_a_vault_that_is_to_copy_from_itself_are_malformed() {
	let both = Neighbours::new().await;
	let house = &both.house;
	let record = house.seal(&content(500));
	let plain = || announcement(&record, false);
	for wrong in [
		plain().shared_with(vec![OTHER, THIRD, THIRD]),
		plain().shared_with(vec![CENTER]),
		plain().fetched_from(CENTER),
	] {
		house.announce_as(&house.doctor, &wrong).await.refused(Code::MalformedRequest);
	}
	assert!(house.vault.database.staged().await.unwrap().is_empty());
}

#[tokio::test]
async fn an_upload_takes_the_place_of_a_copy_that_failed() {
	let both = Neighbours::new().await;
	let house = &both.house;
	publish(house, OTHER, both.other.receipt_key.public(), "https://user@nowhere".into());
	let record = house.seal(&content(500));
	let what = announcement(&record, false).fetched_from(OTHER);
	house.announce_as(&house.doctor, &what).await.ok::<DepositStatus>();
	let failure = || async { house.status(&record).await.copy.and_then(|copy| copy.failure) };
	wait_until(|| async { failure().await.is_some() }).await;
	assert_eq!(failure().await.as_deref(), Some("endpoint"));
	house.upload(&record).await.ok::<ReceiptJson>();
	let status = house.status(&record).await;
	assert_eq!((status.state.as_str(), status.copy), ("stored", None));
}
