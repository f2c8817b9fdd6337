//! The line of work: several deposits at once, anchored in batches as they come in.

use std::{collections::HashMap, mem, sync::Arc, time::Duration};

use futures::{
	stream::{self, FuturesUnordered},
	StreamExt,
};
use tokio::{
	sync::{Notify, OwnedSemaphorePermit, Semaphore},
	time::sleep,
};
use ward_primitives::{ParticipantId, VaultRow};

use super::{
	anchor::{anchor, Anchored},
	begin::{begin, Work},
	deposit::deposit,
	input::{self, Entry},
	PutFailure, PutOptions, PutOutcome,
};
use crate::{
	error::{Error, Kind, Result},
	journal::{Journal, PutKey, PutRow},
	progress::{Progress, Tally},
	records::MAX_BATCH,
	session::Session,
	vault::{self, VaultClient},
};

/// How many files are on their way to the vaults at once.
pub(super) const AT_ONCE: usize = 8;

/// From how many records on a batch is sent, if none is on its way.
const SMALL_BATCH: usize = 32;

/// From how many bytes on it is sent in any case: their ciphertext takes room in the spool.
const LARGE_BATCH: u64 = 256 << 20;

/// How many batches are on their way at once.
const BATCHES_AT_ONCE: usize = 3;

/// How many records may lie in the vaults without being anchored. A vault takes a thousand of an
/// author, unless its operator says otherwise.
const STAGED: usize = 4 * MAX_BATCH;

/// How often something passing is waited for, and how long.
const PATIENCE: (u32, Duration) = (30, Duration::from_secs(2));

/// The code with which a vault says that too much lies there without being anchored.
const STAGING_FULL: &str = "staging-quota-exceeded";

/// A center whose vault shall hold the records.
pub(super) struct Custodian<'s> {
	pub(super) row: VaultRow,
	pub(super) vault: VaultClient<'s>,
}

/// What all records of a put share.
pub(super) struct Line<'s> {
	pub(super) session: &'s Session,
	pub(super) options: &'s PutOptions,
	pub(super) journal: Journal,
	/// The center on whose behalf they are written.
	pub(super) on_behalf_of: Option<ParticipantId>,
	/// The public sealing key of the patient.
	pub(super) patient_key: Vec<u8>,
	/// That of the author.
	pub(super) own_key: Vec<u8>,
	pub(super) custodians: Vec<Custodian<'s>>,
	/// Whether a bad file is left out rather than the end of all.
	pub(super) is_folder: bool,
	/// Whether they are counted, rather than told of one by one.
	pub(super) is_many: bool,
	pub(super) progress: &'s dyn Progress,
}

/// A record that is deposited with all its custodians.
pub(super) struct Ready {
	/// The number of its entry.
	index: usize,
	pub(super) key: PutKey,
	pub(super) row: PutRow,
	pub(super) label: String,
	pub(super) is_resumed: bool,
	outcome: PutOutcome,
	_staged: Option<OwnedSemaphorePermit>,
}

impl Ready {
	fn new(index: usize, work: Work, staged: Option<OwnedSemaphorePermit>) -> Self {
		let Work { item, key, row, is_resumed } = work;
		let outcome = PutOutcome {
			record: row.record,
			file: item.path.display().to_string(),
			categories: row.opening.attributes.categories.iter().map(|c| c.name()).collect(),
			sensitivity: row.opening.attributes.sensitivity,
			resources: item.resources,
			bytes: item.length,
			custodians: row.custodians.clone(),
			block: None,
			existed: row.anchored.is_some(),
		};
		let label = item.label();
		Self { index, key, row, label, is_resumed, outcome, _staged: staged }
	}

	/// Notes the final block that it is in; 0 says that it was found on the chain.
	pub(super) fn is_anchored_in(&mut self, block: (u64, [u8; 32])) {
		self.outcome.existed |= block.0 == 0;
		self.row.anchored = Some(block);
		// Not needed any more: the author has a wrap.
		self.row.data_key = None;
	}

	fn into_outcome(mut self) -> PutOutcome {
		let block = self.row.anchored.map(|(number, _)| number);
		self.outcome.block = block.filter(|number| *number > 0);
		self.outcome
	}
}

/// Puts all entries. Gives back what became of them, in their order.
pub(super) async fn run(
	line: &Line<'_>,
	entries: Vec<Entry>,
) -> Result<(Vec<PutOutcome>, Vec<PutFailure>)> {
	let mut books = Books::new(line, &entries);
	let staging = Staging { slots: Arc::new(Semaphore::new(STAGED)), is_full: Notify::new() };
	let is_alone = entries.len() == 1;
	let bring_in = |(index, entry): (usize, Entry)| {
		let staging = &staging;
		async move { (index, bring_in(line, staging, index, entry, is_alone).await) }
	};
	let deposits = stream::iter(entries.into_iter().enumerate()).map(bring_in);
	let mut deposits = Some(Box::pin(deposits.buffer_unordered(AT_ONCE)));
	let mut anchoring = FuturesUnordered::new();
	let mut ready: Vec<Ready> = Vec::new();
	let mut fatal = None;
	let mut hurries = false;
	loop {
		hurries |= ready.iter().map(|record| record.outcome.bytes).sum::<u64>() >= LARGE_BATCH;
		let enough = match (deposits.is_none() || mem::take(&mut hurries), anchoring.len()) {
			(true, _) => 1,
			(false, 0) => SMALL_BATCH,
			(false, _) => MAX_BATCH,
		};
		while ready.len() >= enough && anchoring.len() < BATCHES_AT_ONCE {
			let batch: Vec<_> = ready.drain(..ready.len().min(MAX_BATCH)).collect();
			anchoring.push(anchor(line, batch));
		}
		let Some(running) = &mut deposits else {
			let Some(anchored) = anchoring.next().await else { break };
			take(&mut books, anchored, &mut fatal);
			continue;
		};
		tokio::select! {
			brought = running.next() => match brought {
				None => deposits = None,
				Some((index, Ok(brought))) => {
					books.expect(index, brought.len());
					for record in brought {
						match record.row.anchored {
							Some(_) => books.anchored(record),
							None => ready.push(record),
						}
					}
				},
				Some((index, Err(error))) if line.is_folder && is_of_the_file(&error) => {
					books.failed(index, &error);
				},
				Some((_, Err(error))) => fatal = fatal.or(Some(error)),
			},
			Some(anchored) = anchoring.next() => take(&mut books, anchored, &mut fatal),
			() = staging.is_full.notified() => hurries = true,
		}
		if let Some(error) = &fatal {
			// What is deposited is in the journal; the next run goes on with it.
			deposits = None;
			if !line.is_folder || error.kind() == Kind::Node {
				ready.clear();
			}
		}
	}
	match fatal {
		None => Ok(books.close()),
		Some(error) if !line.is_folder => Err(error),
		Some(error) => Err(books.stopped_by(&error)),
	}
}

fn take(books: &mut Books<'_>, anchored: Anchored, fatal: &mut Option<Error>) {
	let Anchored { done, refused, error } = anchored;
	for record in done {
		books.anchored(record);
	}
	for (record, error) in refused {
		books.failed(record.index, &error);
	}
	if fatal.is_none() {
		*fatal = error;
	}
}

/// Whether the next file may fare better.
fn is_of_the_file(error: &Error) -> bool {
	const CODES: [&str; 6] = [
		"content-mismatch",
		"deposit-conflict",
		"malformed-request",
		"opening-mismatch",
		"size-mismatch",
		"too-large",
	];
	matches!(error.kind(), Kind::Input | Kind::Usage)
		|| error.kind() != Kind::Denied && CODES.contains(&error.code())
}

/// What lies in the vaults without being anchored.
struct Staging {
	/// Room for more.
	slots: Arc<Semaphore>,
	/// Somebody waits until something of it is anchored.
	is_full: Notify,
}

/// Reads an entry, begins its records, and deposits them.
async fn bring_in(
	line: &Line<'_>,
	staging: &Staging,
	index: usize,
	entry: Entry,
	is_alone: bool,
) -> Result<Vec<Ready>> {
	let items = match entry {
		Entry::Item(item) => vec![item],
		Entry::File(path, _) => input::read(path, line.options, line.progress).await?,
	};
	let mut brought = Vec::with_capacity(items.len());
	for item in items {
		let mut work = begin(line, item).await?;
		let mut slot = None;
		if work.row.anchored.is_none() {
			// Never closed.
			slot = staging.slots.clone().acquire_owned().await.ok();
			deposit_patiently(line, staging, &mut work, is_alone).await?;
		}
		brought.push(Ready::new(index, work, slot));
	}
	Ok(brought)
}

/// Waits while a vault has no room, since what is anchored leaves room; and in a folder, while a vault
/// does not answer.
async fn deposit_patiently(
	line: &Line<'_>,
	staging: &Staging,
	work: &mut Work,
	is_alone: bool,
) -> Result<()> {
	let (mut left, pause) = PATIENCE;
	loop {
		let error = match deposit(line, work).await {
			Ok(()) => return Ok(()),
			Err(error) => error,
		};
		let has_no_room = error.code() == STAGING_FULL && !is_alone;
		let is_passing = line.is_folder && vault::is_passing(&error);
		if left == 0 || !has_no_room && !is_passing {
			return Err(error);
		}
		tracing::debug!(%error, left, "waiting");
		if has_no_room {
			staging.is_full.notify_one();
		}
		left -= 1;
		// It may have come further than this end has heard.
		work.is_resumed = true;
		sleep(pause).await;
	}
}

/// What became of the entries so far.
struct Books<'l> {
	progress: &'l dyn Progress,
	is_many: bool,
	tally: Tally,
	/// Path and length of each entry.
	entries: Vec<(String, u64)>,
	/// How many records of an entry are still on their way, where it is more than one.
	left: HashMap<usize, usize>,
	done: Vec<(usize, PutOutcome)>,
	failed: Vec<(usize, PutFailure)>,
}

impl<'l> Books<'l> {
	fn new(line: &'l Line<'_>, entries: &[Entry]) -> Self {
		let entries: Vec<_> =
			entries.iter().map(|e| (e.path().display().to_string(), e.bytes())).collect();
		let tally = Tally {
			of_files: entries.len() as u64,
			of_bytes: entries.iter().map(|(_, bytes)| bytes).sum(),
			..Default::default()
		};
		let (left, done, failed) = Default::default();
		let (progress, is_many) = (line.progress, line.is_many);
		let books = Self { progress, is_many, tally, entries, left, done, failed };
		books.tell();
		books
	}

	/// So many records come of this entry.
	fn expect(&mut self, index: usize, records: usize) {
		if records > 1 {
			self.left.insert(index, records);
		}
	}

	fn anchored(&mut self, record: Ready) {
		self.ended(record.index);
		self.done.push((record.index, record.into_outcome()));
	}

	fn failed(&mut self, index: usize, error: &Error) {
		self.tally.failed += 1;
		self.ended(index);
		let file = self.entries.get(index).map(|(file, _)| file.clone()).unwrap_or_default();
		self.failed.push((index, PutFailure::new(file, error)));
	}

	/// One of the entry's records is done with.
	fn ended(&mut self, index: usize) {
		if let Some(left) = self.left.get_mut(&index) {
			*left -= 1;
			if *left > 0 {
				return;
			}
			self.left.remove(&index);
		}
		self.tally.files += 1;
		self.tally.bytes += self.entries.get(index).map_or(0, |(_, bytes)| *bytes);
		self.tell();
	}

	fn tell(&self) {
		if self.is_many {
			self.progress.tally(&self.tally);
		}
	}

	fn close(mut self) -> (Vec<PutOutcome>, Vec<PutFailure>) {
		// Stable: the records of one entry stay in their order.
		self.done.sort_by_key(|(index, _)| *index);
		self.failed.sort_by_key(|(index, _)| *index);
		let records = self.done.into_iter().map(|(_, outcome)| outcome).collect();
		(records, self.failed.into_iter().map(|(_, failure)| failure).collect())
	}

	/// The error for a put that did not come to its end.
	fn stopped_by(&self, error: &Error) -> Error {
		let done = format!("{} of {} files are done", self.tally.files, self.tally.of_files);
		let hint = match error.remedy() {
			Some(remedy) => format!("{remedy}; {done}, the same command goes on with the rest"),
			None => format!("{done}, the same command goes on with the rest"),
		};
		let stopped = Error::new(error.kind(), error.to_string()).code_is(error.code()).hint(hint);
		match error.causes()[..] {
			[] => stopped,
			ref causes => stopped.caused_by(causes.join(", ")),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_bad_file_is_left_out_and_what_concerns_all_ends_the_put() {
		let error = |kind, code: &str| Error::new(kind, "x").code_is(code);
		for (kind, code) in [
			(Kind::Input, "empty-file"),
			(Kind::Input, "invalid-fhir"),
			(Kind::Usage, "usage"),
			(Kind::Vault, "too-large"),
			(Kind::Mismatch, "size-mismatch"),
		] {
			assert!(is_of_the_file(&error(kind, code)), "{code}");
		}
		for (kind, code) in [
			(Kind::Denied, "access-denied"),
			(Kind::Keys, "keys"),
			(Kind::Node, "node-unreachable"),
			(Kind::Other, "failed"),
			(Kind::Vault, "insufficient-storage"),
			(Kind::Vault, "receipt-invalid"),
			(Kind::Vault, "vault-unreachable"),
			(Kind::Vault, STAGING_FULL),
		] {
			assert!(!is_of_the_file(&error(kind, code)), "{code}");
		}
	}
}
