//! The access log: without gaps, chained, and true about what was promoted and handed over.

use std::collections::BTreeMap;

use redb::{ReadTransaction, ReadableTable, ReadableTableMetadata};
use serde::Serialize;
use ward_primitives::{Digest, RecordId};

use super::{hex, Finding};
use crate::{
	access_log::{gaps, Entry, Event, Gap, BY_PATIENT, LOG},
	database::{
		decode,
		deposits::{DepositRow, DepositState},
		Result, FACTS,
	},
};

/// The access log as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Log {
	/// How many entries it has.
	pub entries: u64,
	/// How many it lacks because the operator has accepted their loss.
	pub lost: u64,
	/// The hash of the last one; none if there are none.
	pub head: Option<String>,
}

/// What the log says.
pub(super) struct Logged {
	/// How often each record was promoted, less how often it was handed over.
	pub(super) promoted: BTreeMap<RecordId, i64>,
	pub(super) findings: Vec<Finding>,
}

const REMEDY: &str = "keep this copy as evidence, and put the latest sound copy of vault.redb back";

pub(super) fn read(
	transaction: &ReadTransaction,
	genesis: Option<Digest>,
) -> Result<(Log, Logged)> {
	let mut logged = Logged { promoted: BTreeMap::new(), findings: Vec::new() };
	let by_patient = transaction.open_table(BY_PATIENT)?;
	let gaps = gaps(&transaction.open_table(FACTS)?)?;
	let lost: u64 = gaps.iter().map(Gap::len).sum();
	let (mut next, mut previous, mut unindexed) = (0u64, genesis.unwrap_or_default(), 0u64);
	let mut entries = 0u64;
	for value in transaction.open_table(LOG)?.iter()? {
		let (number, value) = value?;
		let number = number.value();
		entries += 1;
		if let Some(gap) = gaps.iter().find(|gap| (gap.from, gap.to) == (next, number)) {
			(next, previous) = (number, gap.head);
		}
		let Ok(entry) = decode::<Entry>(value.value()) else {
			let what = format!("entry {number} of the access log cannot be decoded; {REMEDY}");
			logged.findings.push(Finding::new("log-unreadable", what));
			next = number.saturating_add(1);
			continue;
		};
		if number != next || entry.sequence != number {
			let what = format!("the access log lacks entry {next}; {REMEDY}");
			logged.findings.push(Finding::new("log-gap", what));
		} else if entry.previous_hash != previous {
			let what = format!("entry {number} of the access log does not carry on; {REMEDY}");
			logged.findings.push(Finding::new("log-broken", what));
		}
		if by_patient.get((entry.facts.patient.0, number))?.is_none() {
			unindexed += 1;
		}
		let change = match entry.facts.event {
			Event::Promotion => 1,
			Event::HandOver => -1,
			_ => 0,
		};
		if change != 0 {
			*logged.promoted.entry(entry.facts.record).or_default() += change;
		}
		(next, previous) = (number.saturating_add(1), entry.hash());
	}
	// A gap at the log's end lies behind the last entry, and nothing has carried on from it yet.
	let passed: u64 = gaps.iter().filter(|gap| gap.to <= next).map(Gap::len).sum();
	if unindexed > 0 || by_patient.len()? != next.saturating_sub(passed) {
		let what = format!("patients do not see the entries of the log that are theirs; {REMEDY}");
		logged.findings.push(Finding::new("log-index", what));
	}
	let head = (entries > 0).then(|| hex(&previous));
	Ok((Log { entries, lost, head }, logged))
}

/// Each anchored record has one entry that says so, and no other record has, unless it was handed over since.
pub(super) fn compare(
	promoted: &BTreeMap<RecordId, i64>,
	deposits: &BTreeMap<RecordId, DepositRow>,
) -> Vec<Finding> {
	let is_anchored = |record| {
		deposits.get(record).is_some_and(|row: &DepositRow| row.state == DepositState::Anchored)
	};
	let mut findings = Vec::new();
	for (record, times) in promoted {
		if *times != i64::from(is_anchored(record)) {
			let what = format!(
				"by the log it became anchored, and was not handed over, {times} times; {REMEDY}"
			);
			findings.push(Finding::of(*record, "promotion-mismatch", what));
		}
	}
	for record in deposits.keys().filter(|record| is_anchored(record)) {
		if !promoted.contains_key(record) {
			let what = format!("it is anchored, and the log does not say so; {REMEDY}");
			findings.push(Finding::of(*record, "promotion-unlogged", what));
		}
	}
	findings
}
