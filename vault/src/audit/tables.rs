//! The rows of the database, compared with each other.

use std::collections::{BTreeMap, BTreeSet};

use redb::{ReadTransaction, ReadableTable, ReadableTableMetadata};
use serde::Serialize;
use ward_primitives::{AttributesOpening, Digest, ParticipantId, RecordId};

use super::Finding;
use crate::database::{
	decode,
	deposits::{DepositRow, DepositState, DAMAGED, DEPOSITS, HANDED_OVER, OPENINGS, STAGED, WRAPS},
	nonces::{BY_EXPIRY, NONCES},
	sealing_keys::{self, BY_DIGEST, SEALING_KEYS},
	Result,
};

/// How many deposits there are, by state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Deposits {
	/// Announced, without content that counts.
	pub announced: u64,
	/// With a receipt, not anchored.
	pub stored: u64,
	/// Anchored.
	pub anchored: u64,
	/// Nonces that are remembered.
	pub nonces: u64,
	/// Public sealing keys that are lodged.
	pub sealing_keys: u64,
}

/// What the database holds.
pub(super) struct Rows {
	pub(super) counts: Deposits,
	pub(super) deposits: BTreeMap<RecordId, DepositRow>,
	pub(super) findings: Vec<Finding>,
}

const RESTORE: &str = "put the latest sound copy of vault.redb back";

pub(super) fn read(transaction: &ReadTransaction, genesis: Option<Digest>) -> Result<Rows> {
	let mut rows =
		Rows { counts: Deposits::default(), deposits: BTreeMap::new(), findings: Vec::new() };
	read_deposits(transaction, genesis, &mut rows)?;
	check_lodged(transaction, &mut rows)?;
	check_staged(transaction, &mut rows)?;
	check_damaged(transaction, &mut rows)?;
	check_nonces(transaction, &mut rows)?;
	check_sealing_keys(transaction, &mut rows)?;
	Ok(rows)
}

fn read_deposits(
	transaction: &ReadTransaction,
	genesis: Option<Digest>,
	rows: &mut Rows,
) -> Result<()> {
	for entry in transaction.open_table(DEPOSITS)?.iter()? {
		let (key, value) = entry?;
		let record = RecordId(*key.value());
		let Ok(row) = decode::<DepositRow>(value.value()) else {
			let what = format!("its row cannot be decoded; {RESTORE}");
			rows.findings.push(Finding::of(record, "row-unreadable", what));
			continue;
		};
		if genesis.map(|genesis| row.content.record_id(&genesis)) != Some(record) {
			let what = format!("its row does not make this record's id; {RESTORE}");
			rows.findings.push(Finding::of(record, "row-mismatch", what));
		}
		match row.state {
			DepositState::Announced => rows.counts.announced += 1,
			DepositState::Stored { .. } => rows.counts.stored += 1,
			DepositState::Anchored => rows.counts.anchored += 1,
		}
		rows.deposits.insert(record, row);
	}
	Ok(())
}

/// Each deposit has its opening and its wraps, and there are no others.
fn check_lodged(transaction: &ReadTransaction, rows: &mut Rows) -> Result<()> {
	let openings = transaction.open_table(OPENINGS)?;
	let mut recipients: BTreeMap<RecordId, Vec<ParticipantId>> = BTreeMap::new();
	for entry in transaction.open_table(WRAPS)?.iter()? {
		let key = entry?.0;
		let (record, recipient) = key.value();
		recipients.entry(RecordId(*record)).or_default().push(ParticipantId(recipient));
	}
	for (record, row) in &rows.deposits {
		let opening = openings.get(&record.0)?;
		let opening = opening.and_then(|value| decode::<AttributesOpening>(value.value()).ok());
		if opening.map(|opening| opening.digest()) != Some(row.content.attributes) {
			let what =
				format!("the opening of its attributes is missing or another one; {RESTORE}");
			rows.findings.push(Finding::of(*record, "opening-mismatch", what));
		}
		let lodged = recipients.remove(record).unwrap_or_default();
		if !lodged.contains(&row.content.patient) || !lodged.contains(&row.content.author) {
			let what = format!("the data key is not lodged for patient and author; {RESTORE}");
			rows.findings.push(Finding::of(*record, "wraps-missing", what));
		}
	}
	let orphan = |record, what: &str| {
		let what = format!("{what} without its deposit; {RESTORE}");
		Finding::of(record, "orphan-row", what)
	};
	let without_row = recipients.into_keys().map(|record| orphan(record, "wrapped keys"));
	rows.findings.extend(without_row);
	for entry in openings.iter()? {
		let record = RecordId(*entry?.0.value());
		if !rows.deposits.contains_key(&record) {
			rows.findings.push(orphan(record, "an opening"));
		}
	}
	Ok(())
}

/// What counts against an author's staging quota, or is handed over, is what is not anchored, and nothing else.
fn check_staged(transaction: &ReadTransaction, rows: &mut Rows) -> Result<()> {
	let mut staged = BTreeMap::new();
	for entry in transaction.open_table(STAGED)?.iter()? {
		let (key, size) = entry?;
		let (author, record) = key.value();
		staged.insert(RecordId(*record), (author, size.value()));
	}
	let mut handed = BTreeSet::new();
	for entry in transaction.open_table(HANDED_OVER)?.iter()? {
		handed.insert(RecordId(*entry?.0.value()));
	}
	for (record, row) in &rows.deposits {
		let is_handed_over = handed.remove(record);
		let is_anchored = row.state == DepositState::Anchored;
		let expected =
			(!is_anchored && !is_handed_over).then_some((row.content.author.0, row.content.size));
		let is_both = is_anchored && is_handed_over;
		if staged.remove(record) != expected || is_both {
			let what = format!("the staging quota counts it wrongly; {RESTORE}");
			rows.findings.push(Finding::of(*record, "staging-mismatch", what));
		}
	}
	let others = staged.into_keys().chain(handed).map(|record| {
		let what = format!("the staging quota counts a deposit that is not there; {RESTORE}");
		Finding::of(record, "orphan-row", what)
	});
	rows.findings.extend(others);
	Ok(())
}

/// What is noted as damaged is in the list of it, and nothing else is.
fn check_damaged(transaction: &ReadTransaction, rows: &mut Rows) -> Result<()> {
	let damaged = transaction.open_table(DAMAGED)?;
	let mut listed = 0;
	for record in rows.deposits.iter().filter(|(_, row)| row.damaged).map(|(record, _)| record) {
		match damaged.get(&record.0)? {
			Some(_) => listed += 1,
			None => {
				let what =
					format!("it is noted as damaged, and no repair would find it; {RESTORE}");
				rows.findings.push(Finding::of(*record, "damage-mismatch", what));
			},
		}
	}
	if damaged.len()? != listed {
		let what = format!("the list of damaged content has records that are not; {RESTORE}");
		rows.findings.push(Finding::new("damage-mismatch", what));
	}
	Ok(())
}

/// Each nonce that is remembered will be forgotten at its time.
fn check_nonces(transaction: &ReadTransaction, rows: &mut Rows) -> Result<()> {
	let nonces = transaction.open_table(NONCES)?;
	let by_expiry = transaction.open_table(BY_EXPIRY)?;
	rows.counts.nonces = nonces.len()?;
	let mut is_sound = by_expiry.len()? == rows.counts.nonces;
	for entry in nonces.iter()? {
		let (key, expiry) = entry?;
		let (signer, nonce) = key.value();
		is_sound &= by_expiry.get((expiry.value(), signer, nonce))?.is_some();
	}
	if !is_sound {
		let what = format!("the memory of nonces and its order by time differ; {RESTORE}");
		rows.findings.push(Finding::new("nonce-mismatch", what));
	}
	Ok(())
}

/// Each lodged key is found by its digest, and nothing else is.
fn check_sealing_keys(transaction: &ReadTransaction, rows: &mut Rows) -> Result<()> {
	let keys = transaction.open_table(SEALING_KEYS)?;
	let by_digest = transaction.open_table(BY_DIGEST)?;
	rows.counts.sealing_keys = keys.len()?;
	let mut is_sound = by_digest.len()? == rows.counts.sealing_keys;
	for entry in keys.iter()? {
		let (owner, value) = entry?;
		let digest = decode::<sealing_keys::Row>(value.value()).map(|row| row.sealing_key().digest);
		is_sound &= match digest {
			Ok(digest) => by_digest.get((&digest, owner.value()))?.is_some(),
			Err(_) => false,
		};
	}
	if !is_sound {
		let what = format!("lodged sealing keys and their digests differ; {RESTORE}");
		rows.findings.push(Finding::new("sealing-key-mismatch", what));
	}
	Ok(())
}
