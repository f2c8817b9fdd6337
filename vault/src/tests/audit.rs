//! An audit finds whatever is not as it must be, and nothing else.

use std::{fs, path::PathBuf, sync::Arc};

use codec::Encode;
use redb::ReadableTable;
use tempfile::TempDir;
use ward_primitives::{
	participant::{SealingKey, SealingSuite},
	RecordId,
};
use ward_vault_api::deposit::{DepositStatus, ReceiptJson};

use super::{
	chain::TableChain,
	house::{House, Sealed, CENTER, GENESIS},
};
use crate::{
	access_log::{Event, LogFacts, LOG},
	audit::{Audit, AuditError, Report},
	config::DataPaths,
	database::{
		deposits::{DAMAGED, DEPOSITS, HANDED_OVER, OPENINGS, STAGED, WRAPS},
		loss,
		nonces::BY_EXPIRY,
		sealing_keys::{BY_DIGEST, SEALING_KEYS},
		Database,
	},
};

/// A vault that has stopped.
struct Closed {
	chain: Arc<TableChain>,
	home: TempDir,
	anchored: Sealed,
	stored: Sealed,
}

impl Closed {
	/// With a record, a deposit with a receipt, one without, and an access log.
	async fn new() -> Self {
		let house = House::new();
		let [anchored, stored, announced] = [1u8, 2, 3].map(|n| house.seal(&[n; 50]));
		house.deposit(&anchored).await;
		house.announce(&stored).await.ok::<DepositStatus>();
		house.upload(&stored).await.ok::<ReceiptJson>();
		house.announce(&announced).await.ok::<DepositStatus>();
		house.content(&house.doctor, &anchored).await;
		house.content(&house.specialist, &anchored).await;
		let House { chain, home, vault, router, .. } = house;
		drop((vault, router));
		Self { chain, home, anchored, stored }
	}

	async fn try_audit(&self, lengths_only: bool) -> Result<Report, AuditError> {
		let chain = Some((self.chain.clone() as _, CENTER));
		Audit { chain, lengths_only }.run(self.home.path(), |_, _| {}).await
	}

	/// The codes of all findings.
	async fn findings(&self) -> Vec<&'static str> {
		let report = self.try_audit(false).await.unwrap();
		report.findings.iter().map(|finding| finding.code).collect()
	}

	fn file(&self, record: &Sealed) -> PathBuf {
		let name = hex::encode(record.id.0);
		DataPaths::of(self.home.path()).content.join(&name[..2]).join(name)
	}

	/// Changes the database behind the vault's back.
	fn change(&self, change: impl FnOnce(&redb::WriteTransaction)) {
		let database = redb::Database::open(DataPaths::of(self.home.path()).database).unwrap();
		let transaction = database.begin_write().unwrap();
		change(&transaction);
		transaction.commit().unwrap();
	}
}

#[tokio::test]
async fn a_sound_vault_is_described_and_nothing_is_found() {
	let closed = Closed::new().await;
	let report = closed.try_audit(false).await.unwrap();
	assert_eq!(report.findings, []);
	let deposits = report.deposits;
	assert_eq!((deposits.announced, deposits.stored, deposits.anchored), (1, 1, 1));
	assert_eq!((report.files.sound, report.files.bytes, report.files.temporary), (2, 100, 0));
	assert_eq!(report.log.entries, 3, "a promotion and two decisions");
	assert!(report.log.head.is_some());
	let custody = report.custody.unwrap();
	assert_eq!((custody.records, custody.waiting), (1, 0));
}

#[tokio::test]
async fn a_vault_that_works_is_not_audited() {
	let closed = Closed::new().await;
	let _working = Database::open(&DataPaths::of(closed.home.path()).database).unwrap();
	assert!(matches!(closed.try_audit(false).await, Err(AuditError::Running)));
	let empty = tempfile::tempdir().unwrap();
	let audit = Audit { chain: None, lengths_only: false }.run(empty.path(), |_, _| {}).await;
	assert!(matches!(audit, Err(AuditError::NoDatabase(_))));
	assert_eq!(fs::read_dir(empty.path()).unwrap().count(), 0, "nothing was made");
}

#[tokio::test]
async fn what_is_on_its_way_is_no_finding() {
	let closed = Closed::new().await;
	let folder = closed.file(&closed.stored).parent().unwrap().to_owned();
	fs::write(folder.join(format!("{}#7", hex::encode(closed.stored.id.0))), b"half").unwrap();
	let report = closed.try_audit(false).await.unwrap();
	assert_eq!((report.findings.len(), report.files.temporary), (0, 1));
	// Anchored while the vault was down.
	let waiting = closed.stored.id;
	closed.chain.finalize(|tables| tables.custody.push(waiting));
	let report = closed.try_audit(false).await.unwrap();
	assert_eq!((report.findings.len(), report.custody.unwrap().waiting), (0, 1));
}

#[tokio::test]
async fn files_of_groups_are_no_finding_and_those_of_nothing_are() {
	let closed = Closed::new().await;
	let file = closed.file(&closed.anchored);
	fs::write(file.with_extension("groups"), [1; 64]).unwrap();
	let report = closed.try_audit(false).await.unwrap();
	assert_eq!((report.findings.len(), report.files.groups), (0, 1));
	fs::write(file.with_file_name("notes.groups"), b"").unwrap();
	assert_eq!(closed.findings().await, ["unknown-file"]);
}

#[tokio::test]
async fn a_list_of_damage_that_differs_from_the_rows_is_found() {
	let closed = Closed::new().await;
	let id = closed.anchored.id.0;
	closed.change(|transaction| {
		transaction.open_table(DAMAGED).unwrap().insert(&id, ()).unwrap();
	});
	assert_eq!(closed.findings().await, ["damage-mismatch"]);
}

#[tokio::test]
async fn a_missing_short_changed_or_unknown_file_is_found() {
	let closed = Closed::new().await;
	let file = closed.file(&closed.anchored);
	let sound = fs::read(&file).unwrap();

	let mut flipped = sound.clone();
	flipped[25] ^= 1;
	fs::write(&file, flipped).unwrap();
	assert_eq!(closed.findings().await, ["content-damaged"]);
	assert_eq!(closed.try_audit(true).await.unwrap().findings, [], "lengths are blind for it");
	fs::write(&file, &sound[1..]).unwrap();
	assert_eq!(closed.findings().await, ["content-damaged"]);
	fs::remove_file(&file).unwrap();
	assert_eq!(closed.findings().await, ["content-missing"]);
	fs::write(&file, &sound).unwrap();

	let content = DataPaths::of(closed.home.path()).content;
	let unknown = [
		content.join("notes.txt"),
		content.join(file.file_name().unwrap()),
		file.with_file_name(format!(
			"{}{}",
			&hex::encode(closed.anchored.id.0)[..2],
			"0".repeat(62)
		)),
	];
	for path in unknown {
		fs::write(&path, b"x").unwrap();
		assert_eq!(closed.findings().await, ["unknown-file"], "{}", path.display());
		fs::remove_file(&path).unwrap();
	}
	assert!(closed.findings().await.is_empty());
}

#[tokio::test]
async fn rows_that_do_not_belong_together_are_found() {
	let record = |closed: &Closed| closed.stored.id.0;
	let closed = Closed::new().await;
	closed.change(|transaction| {
		transaction.open_table(OPENINGS).unwrap().remove(&record(&closed)).unwrap();
	});
	assert_eq!(closed.findings().await, ["opening-mismatch"]);

	let closed = Closed::new().await;
	closed.change(|transaction| {
		let mut wraps = transaction.open_table(WRAPS).unwrap();
		wraps.remove((&record(&closed), closed.stored.content.patient.0)).unwrap();
	});
	assert_eq!(closed.findings().await, ["wraps-missing"]);

	let closed = Closed::new().await;
	closed.change(|transaction| {
		let mut wraps = transaction.open_table(WRAPS).unwrap();
		let mut row = wraps.get((&record(&closed), CENTER.0)).unwrap().unwrap().value().to_vec();
		row[700] ^= 1;
		wraps.insert((&record(&closed), CENTER.0), row.as_slice()).unwrap();
	});
	assert_eq!(closed.findings().await, ["wrap-damaged"]);

	let closed = Closed::new().await;
	closed.change(|transaction| {
		let author = closed.stored.content.author.0;
		transaction.open_table(STAGED).unwrap().remove((author, &record(&closed))).unwrap();
	});
	assert_eq!(closed.findings().await, ["staging-mismatch"]);

	let closed = Closed::new().await;
	closed.change(|transaction| {
		transaction.open_table(DEPOSITS).unwrap().remove(&record(&closed)).unwrap();
	});
	let mut findings = closed.findings().await;
	findings.sort_unstable();
	assert_eq!(findings, ["orphan-row", "orphan-row", "orphan-row", "unknown-file"]);

	let closed = Closed::new().await;
	closed.change(|transaction| {
		let mut deposits = transaction.open_table(DEPOSITS).unwrap();
		deposits.insert(&record(&closed), b"x".as_slice()).unwrap();
	});
	assert!(closed.findings().await.contains(&"row-unreadable"));

	let closed = Closed::new().await;
	closed.change(|transaction| {
		transaction.open_table(BY_EXPIRY).unwrap().pop_first().unwrap();
	});
	assert_eq!(closed.findings().await, ["nonce-mismatch"]);

	let closed = Closed::new().await;
	closed.change(|transaction| {
		let key = (SealingSuite::XWing, vec![1u8; 9]).encode();
		let mut keys = transaction.open_table(SEALING_KEYS).unwrap();
		keys.insert(1, key.as_slice()).unwrap();
		let digest = SealingKey::of(SealingSuite::XWing, &[1; 9]).digest;
		transaction.open_table(BY_DIGEST).unwrap().insert((&digest, 1), ()).unwrap();
	});
	assert!(closed.findings().await.is_empty());
	assert_eq!(closed.try_audit(false).await.unwrap().deposits.sealing_keys, 1);
	closed.change(|transaction| {
		transaction.open_table(BY_DIGEST).unwrap().pop_first().unwrap();
	});
	assert_eq!(closed.findings().await, ["sealing-key-mismatch"]);
	closed.change(|transaction| {
		transaction.open_table(BY_DIGEST).unwrap().insert((&[2; 32], 1), ()).unwrap();
	});
	assert_eq!(closed.findings().await, ["sealing-key-mismatch"]);
}

#[tokio::test]
async fn what_counts_as_handed_over_and_is_anchored_or_not_there_is_found() {
	let closed = Closed::new().await;
	closed.change(|transaction| {
		let mut handed_over = transaction.open_table(HANDED_OVER).unwrap();
		handed_over.insert(&closed.anchored.id.0, 2).unwrap();
	});
	assert_eq!(closed.findings().await, ["staging-mismatch"]);
	closed.change(|transaction| {
		let mut handed_over = transaction.open_table(HANDED_OVER).unwrap();
		handed_over.remove(&closed.anchored.id.0).unwrap();
		handed_over.insert(&[4; 32], 2).unwrap();
	});
	assert_eq!(closed.findings().await, ["orphan-row"]);
	// In the place of the author's own, it is in order.
	closed.change(|transaction| {
		let mut handed_over = transaction.open_table(HANDED_OVER).unwrap();
		handed_over.remove(&[4; 32]).unwrap();
		handed_over.insert(&closed.stored.id.0, 2).unwrap();
		let author = closed.stored.content.author.0;
		transaction.open_table(STAGED).unwrap().remove((author, &closed.stored.id.0)).unwrap();
	});
	assert_eq!(closed.findings().await, [""; 0]);
}

#[tokio::test]
async fn an_older_database_is_a_finding_until_its_loss_is_accepted() {
	let closed = Closed::new().await;
	let path = DataPaths::of(closed.home.path()).database;
	let old = fs::read(&path).unwrap();
	let database = Database::open(&path).unwrap();
	let facts =
		database.log_of_patient(closed.anchored.content.patient, 0, 9).await.unwrap().0[0].facts;
	database.log(LogFacts { event: Event::Content, ..facts }, GENESIS).await.unwrap();
	drop(database);
	fs::write(&path, &old).unwrap();
	assert_eq!(closed.findings().await, ["database-behind"]);
	assert_eq!(closed.findings().await, ["database-behind"], "an audit changes nothing");
	loss::accept(&path, 0).unwrap().unwrap();
	assert!(closed.findings().await.is_empty(), "also before an entry carries on behind the gap");
	let database = Database::open(&path).unwrap();
	database.log(LogFacts { event: Event::Content, ..facts }, GENESIS).await.unwrap();
	drop(database);
	let report = closed.try_audit(false).await.unwrap();
	assert_eq!((report.findings.len(), report.log.entries, report.log.lost), (0, 4, 1));
}

#[tokio::test]
async fn a_gap_a_changed_entry_and_a_lost_promotion_are_found_in_the_log() {
	let closed = Closed::new().await;
	closed.change(|transaction| {
		transaction.open_table(LOG).unwrap().remove(1).unwrap();
	});
	assert_eq!(closed.findings().await, ["log-gap"]);

	let closed = Closed::new().await;
	closed.change(|transaction| {
		let mut log = transaction.open_table(LOG).unwrap();
		let mut entry = log.get(1).unwrap().unwrap().value().to_vec();
		// The first byte of the moment.
		entry[40] ^= 1;
		log.insert(1, entry.as_slice()).unwrap();
	});
	assert_eq!(closed.findings().await, ["log-broken"]);

	let closed = Closed::new().await;
	closed.change(|transaction| {
		transaction.open_table(LOG).unwrap().retain(|_, _| false).unwrap();
	});
	let findings = closed.findings().await;
	assert_eq!(findings, ["database-behind", "log-index", "promotion-unlogged"]);
}

#[tokio::test]
async fn what_the_chain_says_otherwise_is_found() {
	let closed = Closed::new().await;
	let unknown = RecordId([4; 32]);
	closed.chain.finalize(|tables| tables.custody.push(unknown));
	assert_eq!(closed.findings().await, ["not-held"]);

	let closed = Closed::new().await;
	closed.chain.finalize(|tables| tables.custody.clear());
	assert_eq!(closed.findings().await, ["not-on-chain"]);
}
