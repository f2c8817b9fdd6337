//! From announcement to receipt.

use axum::body::{Body, Bytes};
use http::StatusCode;
use ward_crypto::request::verify_signature;
use ward_primitives::{DepositReceipt, Interval, RecordId};
use ward_vault_api::{
	deposit::{Announcement, DepositStatus, ReceiptJson},
	hex::Hex,
};

use super::house::{announcement, Answer, House, CENTER, GENESIS, START};
use crate::{error::Code, staging::RECEIPT_MARGIN};

const DAY: u64 = 86_400_000;

#[tokio::test]
async fn an_upload_earns_a_receipt_that_the_chain_can_check() {
	let house = House::new();
	let record = house.seal(&[1; 3_000]);
	let announced: DepositStatus = {
		let answer = house.announce(&record).await;
		assert_eq!(answer.status, StatusCode::CREATED);
		answer.json()
	};
	assert_eq!((announced.record, announced.state.as_str()), (record.id, "announced"));
	assert!(announced.receipt.is_none());
	assert_eq!(announced.upload, format!("/v1/deposits/{}/content", record.id));

	let receipt: ReceiptJson = house.upload(&record).await.ok();
	let signed = DepositReceipt {
		genesis: GENESIS,
		custodian: CENTER,
		record: record.id,
		content_root: record.content.content_root,
		size: 3_000,
		expires: START + DAY - RECEIPT_MARGIN,
	};
	assert_eq!(receipt.expires, signed.expires, "well before unclaimed content is discarded");
	let key = house.vault.receipt_key.public();
	assert!(verify_signature(&key, &signed.message(), &receipt.signature.0));

	let status = house.status(&record).await;
	assert_eq!(status.state, "stored");
	assert_eq!(status.receipt.unwrap().signature, receipt.signature);
	let stored = stored_file(&house, record.id);
	assert_eq!(std::fs::read(stored).unwrap(), record.ciphertext);
}

fn stored_file(house: &House, record: RecordId) -> std::path::PathBuf {
	let name = hex::encode(record.0);
	house.vault.settings.paths().content.join(&name[..2]).join(name)
}

#[tokio::test]
async fn a_retry_of_any_step_gives_the_same_answer() {
	let house = House::new();
	let record = house.seal(b"ciphertext");
	house.announce(&record).await.ok::<DepositStatus>();
	let again = house.announce(&record).await;
	assert_eq!(again.status, StatusCode::OK);
	let first: ReceiptJson = house.upload(&record).await.ok();
	let house = house.restarted();
	let second: ReceiptJson = house.upload(&record).await.ok();
	assert_eq!(first.signature, second.signature);
	assert_eq!(house.announce(&record).await.status, StatusCode::OK);
}

#[tokio::test]
async fn fresh_wraps_for_the_same_recipients_are_no_conflict_and_others_are() {
	let house = House::new();
	let record = house.seal(b"ciphertext");
	house.announce(&record).await.ok::<DepositStatus>();
	let rewrapped = house.seal(b"ciphertext");
	assert_ne!(record.wraps, rewrapped.wraps);
	assert_eq!(house.announce(&rewrapped).await.status, StatusCode::OK);
	let patient_only = house.seal_for(b"ciphertext", true);
	house.announce(&patient_only).await.refused(Code::DepositConflict);
}

#[tokio::test]
async fn only_the_active_author_can_announce_ask_and_upload() {
	let house = House::new();
	let record = house.seal(b"ciphertext");
	let what = announcement(&record, false);
	house.announce_as(&house.specialist, &what).await.refused(Code::AccessDenied);
	house.announce(&record).await.ok::<DepositStatus>();
	let path = format!("/v1/deposits/{}", record.id);
	house.ask(&house.patient, "GET", &path).send().await.refused(Code::AccessDenied);
	let upload = house.ask(&house.patient, "PUT", &format!("{path}/content"));
	upload.bytes(record.ciphertext.clone()).send().await.refused(Code::AccessDenied);

	let unknown = format!("/v1/deposits/{}", RecordId([1; 32]));
	house.ask(&house.doctor, "GET", &unknown).send().await.refused(Code::AccessDenied);

	let doctor = house.doctor.id.0;
	house.chain.finalize(|tables| {
		let row = tables.participants.get_mut(&doctor).unwrap();
		row.active.latest = Interval { from: 0, until: Some(1) };
	});
	house.announce(&record).await.refused(Code::AccessDenied);
	house.upload(&record).await.refused(Code::AccessDenied);
}

#[tokio::test]
async fn an_announcement_that_does_not_hold_together_is_refused() {
	let house = House::new();
	let record = house.seal(b"ciphertext");
	let good = || announcement(&record, false);
	async fn post((house, what): (&House, Announcement)) -> Answer {
		house.announce_as(&house.doctor, &what).await
	}

	let mut other_salt = good();
	other_salt.opening.salt = Hex([1; 32]);
	post((&house, other_salt)).await.refused(Code::OpeningMismatch);

	let mut too_large = good();
	too_large.content.size = (512 << 10) + 1;
	post((&house, too_large)).await.refused(Code::TooLarge);

	for missing in 0..3 {
		let mut incomplete = good();
		incomplete.wraps.remove(missing);
		post((&house, incomplete)).await.refused(Code::MalformedRequest);
	}
	let mut cut = good();
	cut.wraps[0].sealed.pop();
	post((&house, cut)).await.refused(Code::MalformedRequest);
	let mut unopenable = good();
	unopenable.wraps[2].sealed = unopenable.wraps[0].sealed.clone();
	post((&house, unopenable)).await.refused(Code::MalformedRequest);
	let mut twice = good();
	twice.wraps.push(twice.wraps[0].clone());
	post((&house, twice)).await.refused(Code::MalformedRequest);
	let mut not_only = good();
	not_only.patient_only = true;
	post((&house, not_only)).await.refused(Code::MalformedRequest);

	let nonsense = house.ask(&house.doctor, "POST", "/v1/deposits").json(&"nonsense");
	nonsense.send().await.refused(Code::MalformedRequest);
	let staged = house.vault.database.staged().await.unwrap();
	assert!(staged.is_empty(), "refusals leave nothing behind");
	assert_eq!(house.announce(&record).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_json_body_beyond_the_limit_is_refused_before_it_is_read() {
	let house = House::new();
	let long = "x".repeat(70_000);
	let ask = house.ask(&house.doctor, "POST", "/v1/deposits").json(&long);
	ask.send().await.refused(Code::TooLarge);
	let ask = house.ask(&house.doctor, "POST", "/v1/deposits").header("content-length", "70000");
	ask.send().await.refused(Code::TooLarge);
}

#[tokio::test]
async fn an_upload_must_be_what_was_announced() {
	let house = House::new();
	let record = house.seal(b"ciphertext");
	house.announce(&record).await.ok::<DepositStatus>();
	let path = format!("/v1/deposits/{}/content", record.id);
	let put = || house.ask(&house.doctor, "PUT", &path);

	put().body("ciphertext".into()).send().await.refused(Code::LengthRequired);
	put().bytes(b"ciphertext!".to_vec()).send().await.refused(Code::SizeMismatch);
	put().bytes(b"ciphertexT".to_vec()).send().await.refused(Code::ContentMismatch);
	let longer = put().header("content-length", "10").body("ciphertext and more".into());
	longer.send().await.refused(Code::SizeMismatch);
	let shorter = put().header("content-length", "10").body("cipher".into());
	shorter.send().await.refused(Code::SizeMismatch);
	let broken = futures::stream::iter([
		Ok(Bytes::from_static(b"cipher")),
		Err(std::io::Error::other("connection reset")),
	]);
	let broken = put().header("content-length", "10").body(Body::from_stream(broken));
	broken.send().await.refused(Code::MalformedRequest);

	assert_eq!(house.status(&record).await.state, "announced");
	assert_eq!(files_in(&house), 0, "nothing of a refused upload stays on disk");
	house.upload(&record).await.ok::<ReceiptJson>();
}

/// How many files there are in the content directory, temporary ones included.
pub(super) fn files_in(house: &House) -> usize {
	fn count(directory: &std::path::Path) -> usize {
		let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
		entries.map(|path| if path.is_dir() { count(&path) } else { 1 }).sum()
	}
	count(&house.vault.settings.paths().content)
}

#[tokio::test]
async fn an_upload_that_stands_still_is_given_up() {
	let house = House::new();
	let record = house.seal(b"ciphertext");
	house.announce(&record).await.ok::<DepositStatus>();
	let path = format!("/v1/deposits/{}/content", record.id);
	let stalled = Body::from_stream(futures::stream::pending::<Result<Bytes, std::io::Error>>());
	let put = house.ask(&house.doctor, "PUT", &path).header("content-length", "10").body(stalled);
	put.send().await.refused(Code::TooSlow);
	house.upload(&record).await.ok::<ReceiptJson>();
}

#[tokio::test]
async fn an_author_cannot_stage_more_than_the_quota_until_something_is_anchored() {
	let house = House::new();
	let records: Vec<_> = (0..4u8).map(|n| house.seal(&[n; 100])).collect();
	for record in &records[..3] {
		assert_eq!(house.announce(record).await.status, StatusCode::CREATED);
	}
	house.announce(&records[3]).await.refused(Code::StagingQuotaExceeded);
	assert_eq!(house.announce(&records[0]).await.status, StatusCode::OK, "it is known");
	house.upload(&records[0]).await.ok::<ReceiptJson>();
	house.anchor(&records[0]);
	house.vault.follow_once().await.unwrap();
	assert_eq!(house.announce(&records[3]).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn the_quota_counts_bytes_too() {
	let house = House::new();
	for (byte, expected) in [(0, StatusCode::CREATED), (1, StatusCode::CREATED)] {
		let record = house.seal(&vec![byte; 500 << 10]);
		assert_eq!(house.announce(&record).await.status, expected);
	}
	let record = house.seal(&vec![2; 500 << 10]);
	house.announce(&record).await.refused(Code::StagingQuotaExceeded);
}

#[tokio::test]
async fn an_upload_without_a_free_slot_is_told_to_come_back() {
	let house = House::with(|settings| settings.limits.concurrent_uploads = 1);
	let record = house.seal(b"ciphertext");
	house.announce(&record).await.ok::<DepositStatus>();
	let slot = house.vault.uploads.acquire().await.unwrap();
	let answer = house.upload(&record).await;
	answer.refused(Code::Busy);
	assert!(answer.headers.contains_key("retry-after"));
	drop(slot);
	house.upload(&record).await.ok::<ReceiptJson>();
}

#[tokio::test]
async fn an_upload_that_drips_is_given_up() {
	let house = House::with(|settings| settings.limits.min_upload_bytes_per_second = 1 << 20);
	let record = house.seal(&[1; 1_000]);
	house.announce(&record).await.ok::<DepositStatus>();
	let drip = futures::stream::unfold((), |()| async {
		tokio::time::sleep(std::time::Duration::from_millis(100)).await;
		Some((Ok::<_, std::io::Error>(Bytes::from_static(&[1])), ()))
	});
	let path = format!("/v1/deposits/{}/content", record.id);
	let put = house.ask(&house.doctor, "PUT", &path).header("content-length", "1000");
	put.body(Body::from_stream(drip)).send().await.refused(Code::TooSlow);
	assert_eq!(house.status(&record).await.state, "announced");
	house.upload(&record).await.ok::<ReceiptJson>();
}
