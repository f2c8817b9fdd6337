//! Full and failing disks, flipped bytes, and a chain that cannot be decided on.

use std::{
	fmt,
	future::Future,
	ops::Range,
	pin::Pin,
	sync::{
		atomic::{AtomicI64, AtomicU64, Ordering},
		Arc,
	},
};

use bytes::Bytes;
use futures::{future::BoxFuture, stream::BoxStream, FutureExt, StreamExt};
use http::StatusCode;
use object_store::{
	path::Path, CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta,
	ObjectStore, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result, UploadPart,
};
use redb::ReadableTable;
use tokio::sync::Notify;
use ward_primitives::{participant::SealingSuite, ParticipantId};
use ward_vault_api::{
	base64::Base64,
	deposit::{DepositStatus, ReceiptJson},
	release::{ReleaseRequest, ReleasedKey},
};

use super::{
	deposits::files_in,
	house::{House, Sealed, CENTER},
};
use crate::{
	database::deposits::{DepositState, OPENINGS, WRAPS},
	error::Code,
	store::StoreError,
};

/// A real disk with faults: it has room for so many bytes, and it makes content durable only when
/// it is let to.
#[derive(Debug)]
struct Disk {
	real: Arc<dyn ObjectStore>,
	faults: Arc<Faults>,
}

#[derive(Debug, Default)]
struct Faults {
	/// How much still fits.
	room: AtomicI64,
	/// How many completions will fail.
	failing_completions: AtomicU64,
	/// Whether completions wait for `go`.
	held: std::sync::atomic::AtomicBool,
	/// A completion has begun.
	begun: Notify,
	/// It may go on.
	go: Notify,
}

impl fmt::Display for Disk {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str("a disk with faults")
	}
}

fn full() -> object_store::Error {
	let source = std::io::Error::from(std::io::ErrorKind::StorageFull);
	object_store::Error::Generic { store: "disk", source: Box::new(source) }
}

type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

impl ObjectStore for Disk {
	fn put_opts<'a, 'b, 'c>(
		&'a self,
		location: &'b Path,
		payload: PutPayload,
		opts: PutOptions,
	) -> Answer<'c, PutResult>
	where
		'a: 'c,
		'b: 'c,
		Self: 'c,
	{
		self.real.put_opts(location, payload, opts)
	}

	fn put_multipart_opts<'a, 'b, 'c>(
		&'a self,
		location: &'b Path,
		opts: PutMultipartOptions,
	) -> Answer<'c, Box<dyn MultipartUpload>>
	where
		'a: 'c,
		'b: 'c,
		Self: 'c,
	{
		Box::pin(async move {
			let real = self.real.put_multipart_opts(location, opts).await?;
			Ok(Box::new(Upload { real, faults: self.faults.clone() }) as Box<dyn MultipartUpload>)
		})
	}

	fn get_opts<'a, 'b, 'c>(
		&'a self,
		location: &'b Path,
		options: GetOptions,
	) -> Answer<'c, GetResult>
	where
		'a: 'c,
		'b: 'c,
		Self: 'c,
	{
		self.real.get_opts(location, options)
	}

	fn get_ranges<'a, 'b, 'd, 'c>(
		&'a self,
		location: &'b Path,
		ranges: &'d [Range<u64>],
	) -> Answer<'c, Vec<Bytes>>
	where
		'a: 'c,
		'b: 'c,
		'd: 'c,
		Self: 'c,
	{
		self.real.get_ranges(location, ranges)
	}

	fn delete_stream(
		&self,
		locations: BoxStream<'static, Result<Path>>,
	) -> BoxStream<'static, Result<Path>> {
		self.real.delete_stream(locations)
	}

	fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
		self.real.list(prefix)
	}

	fn list_with_delimiter<'a, 'b, 'c>(&'a self, prefix: Option<&'b Path>) -> Answer<'c, ListResult>
	where
		'a: 'c,
		'b: 'c,
		Self: 'c,
	{
		self.real.list_with_delimiter(prefix)
	}

	fn copy_opts<'a, 'b, 'd, 'c>(
		&'a self,
		from: &'b Path,
		to: &'d Path,
		options: CopyOptions,
	) -> Answer<'c, ()>
	where
		'a: 'c,
		'b: 'c,
		'd: 'c,
		Self: 'c,
	{
		self.real.copy_opts(from, to, options)
	}
}

#[derive(Debug)]
struct Upload {
	real: Box<dyn MultipartUpload>,
	faults: Arc<Faults>,
}

impl MultipartUpload for Upload {
	fn put_part(&mut self, data: PutPayload) -> UploadPart {
		let size = data.content_length() as i64;
		if self.faults.room.fetch_sub(size, Ordering::SeqCst) < size {
			return futures::future::ready(Err(full())).boxed();
		}
		self.real.put_part(data)
	}

	fn complete<'a, 'c>(&'a mut self) -> BoxFuture<'c, Result<PutResult>>
	where
		'a: 'c,
		Self: 'c,
	{
		Box::pin(async move {
			if self.faults.held.load(Ordering::SeqCst) {
				self.faults.begun.notify_one();
				self.faults.go.notified().await;
			}
			let failing = &self.faults.failing_completions;
			let fails = failing
				.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1))
				.is_ok();
			if fails {
				return Err(full());
			}
			self.real.complete().await
		})
	}

	fn abort<'a, 'c>(&'a mut self) -> BoxFuture<'c, Result<()>>
	where
		'a: 'c,
		Self: 'c,
	{
		self.real.abort()
	}
}

fn house_with_disk(room: i64) -> (House, Arc<Faults>) {
	let faults = Arc::new(Faults { room: room.into(), ..Default::default() });
	let shared = faults.clone();
	let house = House::new().with_disk(|real| Arc::new(Disk { real, faults: shared }));
	(house, faults)
}

#[tokio::test]
async fn a_full_disk_refuses_the_upload_and_changes_nothing() {
	let (house, faults) = house_with_disk(100);
	let record = house.seal(&[1; 200]);
	house.announce(&record).await.ok::<DepositStatus>();
	house.upload(&record).await.refused(Code::InsufficientStorage);
	assert_eq!(files_in(&house), 0);
	let status = house.status(&record).await;
	assert_eq!(status.state, "announced");
	assert!(status.receipt.is_none());
	faults.room.store(1_000, Ordering::SeqCst);
	house.upload(&record).await.ok::<ReceiptJson>();
}

#[tokio::test]
async fn a_disk_that_is_full_at_the_very_end_earns_no_receipt_and_leaves_no_file() {
	let (house, faults) = house_with_disk(1_000);
	faults.failing_completions.store(1, Ordering::SeqCst);
	let record = house.seal(&[1; 200]);
	house.announce(&record).await.ok::<DepositStatus>();
	house.upload(&record).await.refused(Code::InsufficientStorage);
	assert_eq!(house.status(&record).await.state, "announced");
	assert_eq!(files_in(&house), 0);
	house.upload(&record).await.ok::<ReceiptJson>();
	assert_eq!(files_in(&house), 1);
}

#[tokio::test]
async fn no_receipt_is_signed_before_the_content_is_durable() {
	let (house, faults) = house_with_disk(1_000);
	faults.held.store(true, Ordering::SeqCst);
	let record = house.seal(&[1; 200]);
	house.announce(&record).await.ok::<DepositStatus>();
	let upload = house.upload(&record);
	let held = async {
		faults.begun.notified().await;
		// The bytes are written, but not yet under their name: whatever crashes now, nobody was
		// told that they are here.
		let row = house.vault.database.deposit(record.id).await.unwrap().unwrap();
		assert_eq!(row.state, DepositState::Announced);
		assert!(house.vault.receipt(record.id, &row).await.unwrap().is_none());
		faults.go.notify_one();
	};
	let (answer, ()) = futures::join!(upload, held);
	answer.ok::<ReceiptJson>();
	assert_eq!(house.status(&record).await.state, "stored");
}

#[tokio::test]
async fn two_uploads_of_one_record_at_once_store_it_once() {
	let (house, faults) = house_with_disk(250);
	faults.held.store(true, Ordering::SeqCst);
	let record = house.seal(&[1; 200]);
	house.announce(&record).await.ok::<DepositStatus>();
	let release = async {
		faults.begun.notified().await;
		faults.go.notify_one();
	};
	let (a, b, ()) = futures::join!(house.upload(&record), house.upload(&record), release);
	assert_eq!(a.ok::<ReceiptJson>().signature, b.ok::<ReceiptJson>().signature);
}

#[tokio::test]
async fn what_a_crash_left_of_an_upload_is_gone_after_the_restart() {
	let house = House::new();
	let record = house.seal(b"ciphertext");
	house.announce(&record).await.ok::<DepositStatus>();
	house.upload(&record).await.ok::<ReceiptJson>();
	let mut temporary = house.file_of(&record).into_os_string();
	temporary.push("#1");
	std::fs::write(&temporary, "cipher").unwrap();
	let house = house.restarted();
	assert_eq!(files_in(&house), 1);
	assert_eq!(house.status(&record).await.state, "stored");
}

fn flip_a_byte(house: &House, record: &Sealed) {
	let path = house.file_of(record);
	let mut bytes = std::fs::read(&path).unwrap();
	bytes[0] ^= 1;
	std::fs::write(&path, bytes).unwrap();
}

#[tokio::test]
async fn a_flipped_byte_breaks_the_transfer_off_and_later_reads_say_damaged() {
	let house = House::new();
	let record = house.seal(&[1; 100_000]);
	house.deposit(&record).await;
	flip_a_byte(&house, &record);
	let first = house.content(&house.patient, &record).await;
	assert_eq!((first.status, first.body), (StatusCode::OK, None), "the body is cut off");
	house.content(&house.patient, &record).await.refused(Code::ContentDamaged);
	house.content(&house.specialist, &record).await.refused(Code::AccessDenied);
	assert_eq!(house.vault.metrics.damaged.get(), 1);
	let house = house.restarted();
	house.content(&house.patient, &record).await.refused(Code::ContentDamaged);
	// Its author can bring the right bytes again.
	house.upload(&record).await.ok::<ReceiptJson>();
	let healed = house.content(&house.patient, &record).await;
	assert_eq!(healed.body.unwrap(), record.ciphertext);
}

#[tokio::test]
async fn the_last_bytes_of_damaged_content_never_leave() {
	let house = House::new();
	let record = house.seal(&[1; 100_000]);
	house.deposit(&record).await;
	flip_a_byte(&house, &record);
	let row = house.vault.database.deposit(record.id).await.unwrap().unwrap();
	let stream = house.vault.store.whole(record.id, row.expected()).await.unwrap();
	let items: Vec<_> = stream.collect().await;
	let (last, sent) = items.split_last().unwrap();
	assert!(matches!(last, Err(StoreError::Damaged)));
	let sent: usize = sent.iter().map(|item| item.as_ref().unwrap().len()).sum();
	assert!(sent < 100_000, "a reader who counts bytes would take it for complete");
}

#[tokio::test]
async fn content_that_is_missing_or_cut_is_damaged_before_the_first_byte() {
	for cut in [true, false] {
		let house = House::new();
		let record = house.seal(&[1; 100]);
		house.deposit(&record).await;
		let path = house.file_of(&record);
		if cut {
			std::fs::write(path, [1; 99]).unwrap();
		} else {
			std::fs::remove_file(path).unwrap();
		}
		let range = house
			.ask(&house.patient, "GET", &format!("/v1/records/{}/content", record.id))
			.header("range", "bytes=0-9");
		range.send().await.refused(Code::ContentDamaged);
		house.content(&house.patient, &record).await.refused(Code::ContentDamaged);
	}
}

#[tokio::test]
async fn scrubbing_finds_damage_before_a_reader_does() {
	let house = House::new();
	let record = house.seal(&[1; 100]);
	house.deposit(&record).await;
	let (found, row) = house.vault.database.next_stored(None).await.unwrap().unwrap();
	assert_eq!(found, record.id);
	house.vault.verify(found, &row).await.unwrap();
	assert_eq!((house.vault.metrics.scrubbed.get(), house.vault.metrics.damaged.get()), (1, 0));
	flip_a_byte(&house, &record);
	for _again in 0..2 {
		house.vault.verify(found, &row).await.unwrap();
		assert_eq!(house.vault.metrics.damaged.get(), 1, "counted once");
	}
	house.content(&house.patient, &record).await.refused(Code::ContentDamaged);
}

#[tokio::test]
async fn content_that_the_operator_puts_back_is_served_again_after_the_next_scrubbing() {
	let house = House::new();
	let record = house.seal(&[1; 100]);
	house.deposit(&record).await;
	flip_a_byte(&house, &record);
	let damaged = || async { house.vault.database.damaged(None, 9).await.unwrap() };
	house.content(&house.patient, &record).await;
	let [(found, row)] = damaged().await[..] else { panic!("one is damaged") };
	house.vault.verify(found, &row).await.unwrap();
	house.content(&house.patient, &record).await.refused(Code::ContentDamaged);
	flip_a_byte(&house, &record);
	house.vault.verify(found, &row).await.unwrap();
	assert_eq!(damaged().await, []);
	let healed = house.content(&house.patient, &record).await;
	assert_eq!(healed.body.unwrap(), record.ciphertext);
}

/// Changes the database behind the vault's back.
async fn change(house: &House, change: impl Fn(&redb::WriteTransaction) + Send + 'static) {
	let done = house.vault.database.write(move |transaction| {
		change(transaction);
		Ok(())
	});
	done.await.unwrap();
}

#[tokio::test]
async fn a_damaged_envelope_is_neither_used_nor_served() {
	let house = House::new();
	let record = house.seal(b"ciphertext");
	house.deposit(&record).await;
	let id = record.id.0;
	let own = house.doctor.sealing.public_key();
	let request = ReleaseRequest { suite: SealingSuite::XWing, sealing_key: Base64(own) };
	let path = format!("/v1/records/{}/release", record.id);
	house.ask(&house.doctor, "POST", &path).json(&request).send().await.ok::<ReleasedKey>();
	change(&house, move |transaction| {
		let mut wraps = transaction.open_table(WRAPS).unwrap();
		let mut row = wraps.get((&id, CENTER.0)).unwrap().unwrap().value().to_vec();
		let last = row.len() - 1;
		row[last] ^= 1;
		wraps.insert((&id, CENTER.0), row.as_slice()).unwrap();
	})
	.await;
	house
		.ask(&house.doctor, "POST", &path)
		.json(&request)
		.send()
		.await
		.refused(Code::ContentDamaged);
	change(&house, move |transaction| {
		let mut openings = transaction.open_table(OPENINGS).unwrap();
		let mut row = openings.get(&id).unwrap().unwrap().value().to_vec();
		row[0] ^= 1;
		openings.insert(&id, row.as_slice()).unwrap();
	})
	.await;
	let facts = house.ask(&house.doctor, "GET", &format!("/v1/records/{}", record.id));
	facts.send().await.refused(Code::ContentDamaged);
	house.content(&house.doctor, &record).await.refused(Code::ContentDamaged);
}

#[tokio::test]
async fn a_clock_that_was_ahead_for_a_while_lets_no_request_count_twice() {
	let house = House::new();
	let record = house.seal(b"ciphertext");
	house.deposit(&record).await;
	let path = format!("/v1/records/{}", record.id);
	let mut ask = house.ask(&house.doctor, "GET", &path);
	ask.nonce = "n".repeat(16);
	assert_eq!(ask.send().await.status, StatusCode::OK);
	let right = house.now.load(Ordering::SeqCst);
	house.now.store(right + 600_000, Ordering::SeqCst);
	house.vault.forget_nonces().await;
	house.now.store(right, Ordering::SeqCst);
	let mut again = house.ask(&house.doctor, "GET", &path);
	again.nonce = "n".repeat(16);
	again.send().await.refused(Code::RequestReplayed);
	house.pass(70_000);
	house.vault.follow_once().await.unwrap();
	house.vault.forget_nonces().await;
	let mut later = house.ask(&house.doctor, "GET", &path);
	later.nonce = "n".repeat(16);
	assert_eq!(later.send().await.status, StatusCode::OK, "it is forgotten in its time");
}

#[tokio::test]
async fn the_vault_closes_when_the_chain_cannot_be_decided_on() {
	let house = House::new();
	let record = house.seal(b"ciphertext");
	house.deposit(&record).await;
	let read = || house.content(&house.patient, &record);
	assert_eq!(read().await.status, StatusCode::OK);

	house.now.fetch_add(40_000, Ordering::SeqCst);
	read().await.refused(Code::ChainStalled);
	house.chain.node.lock().unwrap().syncing = true;
	read().await.refused(Code::ChainSyncing);
	house.chain.node.lock().unwrap().syncing = false;
	house.pass(0);
	assert_eq!(read().await.status, StatusCode::OK);

	house.chain.node.lock().unwrap().reachable = false;
	read().await.refused(Code::ChainUnreachable);
	house.chain.node.lock().unwrap().reachable = true;
	assert_eq!(read().await.status, StatusCode::OK);
	assert_eq!(house.vault.database.log_length().await.unwrap(), 1 + 3, "only decisions");
}

#[tokio::test]
async fn thirty_seconds_are_fresh_and_a_moment_more_is_not() {
	let house = House::new();
	let record = house.seal(b"ciphertext");
	house.deposit(&record).await;
	let head = house.chain.node.lock().unwrap().finalized.head.timestamp;
	house.now.store(head + 30_000, Ordering::SeqCst);
	assert_eq!(house.content(&house.patient, &record).await.status, StatusCode::OK);
	house.now.store(head + 30_001, Ordering::SeqCst);
	house.content(&house.patient, &record).await.refused(Code::ChainStalled);
}

#[tokio::test]
async fn an_unlisted_runtime_at_either_head_closes_the_vault() {
	let house = House::new();
	let record = house.seal(b"ciphertext");
	house.deposit(&record).await;
	house.chain.author(|tables| tables.code_hash = [0; 32]);
	house.content(&house.patient, &record).await.refused(Code::RuntimeUnlisted);
	house.chain.catch_up();
	house.content(&house.patient, &record).await.refused(Code::RuntimeUnlisted);
	house.announce(&record).await.refused(Code::RuntimeUnlisted);
}

#[tokio::test]
async fn a_node_that_answers_another_query_is_a_fault_and_releases_nothing() {
	let house = House::new();
	let record = house.seal(b"ciphertext");
	house.deposit(&record).await;
	let patient: ParticipantId = house.patient.id;
	house.chain.finalize(|tables| tables.mistaken_actor = Some(patient));
	house.content(&house.specialist, &record).await.refused(Code::Internal);
}
