//! Scrubbing goes through everything, round by round, also across restarts.

use std::{fs, sync::Arc};

use axum::body::Body;
use http::Request;
use tokio::sync::{mpsc, watch};

use super::{
	house::{send, House, Sealed},
	neighbours::wait_until,
};
use crate::{database::scrubbing::Scrubbing, router, scrub::scrub, vault::Vault};

async fn deposited(house: &House, count: u8) -> Vec<Sealed> {
	let records: Vec<_> = (0..count).map(|n| house.seal(&[n; 1_000])).collect();
	for record in &records {
		house.deposit(record).await;
	}
	records
}

async fn state(vault: &Arc<Vault>) -> Scrubbing {
	vault.database.scrubbing().await.unwrap().unwrap_or_default()
}

/// Scrubs until `is_enough`.
async fn scrub_until<F: std::future::Future<Output = bool>>(
	vault: &Arc<Vault>,
	is_enough: impl Fn() -> F,
) {
	let (_fresh, to_scrub) = mpsc::channel(9);
	let (stop, stopped) = watch::channel(false);
	let scrubbing = tokio::spawn(scrub(vault.clone(), to_scrub, stopped));
	wait_until(is_enough).await;
	stop.send_replace(true);
	scrubbing.await.unwrap();
}

#[tokio::test]
async fn a_round_goes_on_after_a_restart_where_it_was() {
	let house = House::with(|settings| settings.limits.scrub_bytes_per_second = 5_000);
	deposited(&house, 10).await;
	let looked_at = || async { house.vault.metrics.scrubbed.get() >= 4 };
	scrub_until(&house.vault, looked_at).await;
	let before = house.vault.metrics.scrubbed.get();
	let round = state(&house.vault).await.round.unwrap();
	assert_eq!((round.records, round.bytes), (before, before * 1_000));
	assert!(before < 10, "it was not stopped in time");

	let house = house.restarted();
	let is_complete = || async { state(&house.vault).await.completed.is_some() };
	scrub_until(&house.vault, is_complete).await;
	assert_eq!(house.vault.metrics.scrubbed.get(), 10 - before, "nothing twice");
	assert_eq!(state(&house.vault).await.round, None);
}

#[tokio::test]
async fn the_next_round_waits_an_hour_and_what_receipts_found_wanting_does_not() {
	let house = House::new();
	deposited(&house, 3).await;
	let looked_at = || house.vault.metrics.scrubbed.get();
	let (_fresh, to_scrub) = mpsc::channel(9);
	let (stop, stopped) = watch::channel(false);
	let scrubbing = tokio::spawn(scrub(house.vault.clone(), to_scrub, stopped));
	wait_until(|| async { state(&house.vault).await.completed.is_some() }).await;
	assert_eq!(looked_at(), 3);
	let ended = state(&house.vault).await.completed;
	let (record, _) = house.vault.database.next_stored(None).await.unwrap().unwrap();
	house.vault.suspects.add(record);
	wait_until(|| async { looked_at() == 4 }).await;
	house.pass(3_600_000);
	house.vault.suspects.add(record);
	wait_until(|| async { state(&house.vault).await.completed > ended }).await;
	assert_eq!(looked_at(), 4 + 1 + 3);
	stop.send_replace(true);
	scrubbing.await.unwrap();
}

#[tokio::test]
async fn a_start_between_two_rounds_begins_the_next_one_at_once() {
	let house = House::new();
	let records = deposited(&house, 3).await;
	scrub_until(&house.vault, || async { state(&house.vault).await.completed.is_some() }).await;
	let file = house.file_of(&records[1]);
	let house = house.restarted_after(|_| fs::remove_file(file).unwrap());
	let found = || async { house.vault.database.damaged_count().await.unwrap() == 1 };
	scrub_until(&house.vault, found).await;
}

#[tokio::test]
async fn a_round_counts_what_it_finds_and_the_operator_sees_it() {
	let house = House::new();
	let records = deposited(&house, 4).await;
	fs::remove_file(house.file_of(&records[0])).unwrap();
	fs::write(house.file_of(&records[1]), [9; 1_000]).unwrap();
	scrub_until(&house.vault, || async { state(&house.vault).await.completed.is_some() }).await;
	house.pass(90_000);
	let request = Request::get("/metrics").body(Body::empty()).unwrap();
	let answer = send(&router::operator(house.vault.clone()), request).await;
	let text = String::from_utf8(answer.body.unwrap().to_vec()).unwrap();
	for line in [
		"ward_vault_damaged_now 2",
		"ward_vault_damaged_total 2",
		"ward_vault_scrubbed_total 2",
		"ward_vault_scrubbed_bytes_total 2000",
		"ward_vault_scrub_age_seconds 90",
		"ward_vault_log_diverged 0",
	] {
		assert!(text.contains(&format!("{line}\n")), "{line}: {text}");
	}
}

#[tokio::test]
async fn content_that_was_stored_before_there_were_files_of_groups_gets_them() {
	let house = House::new();
	let record = house.seal(&[7; 200_000]);
	house.deposit(&record).await;
	let groups = house.file_of(&record).with_extension("groups");
	let sound = fs::read(&groups).unwrap();
	fs::remove_file(&groups).unwrap();
	scrub_until(&house.vault, || async { state(&house.vault).await.completed.is_some() }).await;
	assert_eq!(fs::read(&groups).unwrap(), sound);
}

#[tokio::test]
async fn a_scrubber_that_is_switched_off_still_looks_at_what_receipts_found_wanting() {
	let house = House::with(|settings| settings.limits.scrub_bytes_per_second = 0);
	let records = deposited(&house, 2).await;
	house.vault.suspects.add(records[1].id);
	scrub_until(&house.vault, || async { house.vault.metrics.scrubbed.get() == 1 }).await;
	assert_eq!(state(&house.vault).await.round, None);
}
