//! Anchoring: one record by itself, several in batches.

use std::time::Duration;

use tokio::time::sleep;
use ward_chain_client::{Call, Finalized};
use ward_fail_points::die_at;
use ward_primitives::NewRecord;

use super::{
	line::{Line, Ready},
	spool,
};
use crate::error::{Context, Error, Kind, Result};

/// How long to wait until what is in a block is in a final one, in seconds.
const FINALITY_PATIENCE: u32 = 60;

/// How often, in a folder, an exhausted quota is waited for once more; each time for half a minute.
const QUOTA_PATIENCE: u32 = 20;

/// What became of a batch.
#[derive(Default)]
pub(super) struct Anchored {
	/// Anchored, final and noted.
	pub(super) done: Vec<Ready>,
	/// What the chain would not anchor; only where that does not end all.
	pub(super) refused: Vec<(Ready, Error)>,
	/// What stopped it. The rest is in the journal.
	pub(super) error: Option<Error>,
}

/// Why a batch was not anchored, and the number of the record that is at fault, if it is one's.
struct Refused {
	at: Option<usize>,
	error: Error,
}

impl<E: Into<Error>> From<E> for Refused {
	fn from(error: E) -> Self {
		Self { at: None, error: error.into() }
	}
}

/// Anchors what is not anchored yet, waits for finality, and notes it.
pub(super) async fn anchor(line: &Line<'_>, batch: Vec<Ready>) -> Anchored {
	let mut anchored = Anchored::default();
	anchored.error = anchor_all(line, batch, &mut anchored).await.err();
	anchored
}

async fn anchor_all(line: &Line<'_>, mut batch: Vec<Ready>, anchored: &mut Anchored) -> Result<()> {
	batch = without_anchored(line, batch, anchored, |record| record.is_resumed).await?;
	let mut quota_patience = if line.is_folder { QUOTA_PATIENCE } else { 0 };
	while !batch.is_empty() {
		match send(line, &batch).await {
			Ok(finalized) => {
				let at = (finalized.number, finalized.block);
				note(line, &mut batch, at)?;
				anchored.done.append(&mut batch);
			},
			// The call of an earlier run was still on its way, and came first.
			Err(Refused { error, .. }) if is_anchored_already(&error) => {
				line.progress.step("waiting for what an earlier run has sent");
				let all = batch.len();
				let mut patience = FINALITY_PATIENCE;
				while batch.len() == all {
					patience = match patience.checked_sub(1) {
						Some(less) => less,
						None => return Err(error),
					};
					sleep(Duration::from_secs(1)).await;
					batch = without_anchored(line, batch, anchored, |_| true).await?;
				}
			},
			Err(Refused { at: Some(index), error }) if line.is_folder => {
				anchored.refused.push((batch.remove(index), error));
			},
			Err(Refused { error, .. })
				if error.code() == "quota-exhausted" && quota_patience > 0 =>
			{
				quota_patience -= 1;
			},
			Err(Refused { error, .. }) => return Err(error),
		}
	}
	Ok(())
}

fn is_anchored_already(error: &Error) -> bool {
	error.code() == "Records::AlreadyExists"
}

/// Leaves out, and notes, what is anchored at the finalized head, of those that may be: an earlier run
/// sent the call and did not hear of its end.
async fn without_anchored(
	line: &Line<'_>,
	batch: Vec<Ready>,
	anchored: &mut Anchored,
	may_be: impl Fn(&Ready) -> bool,
) -> Result<Vec<Ready>> {
	if !batch.iter().any(&may_be) {
		return Ok(batch);
	}
	let state = line.session.chain.finalized().await?;
	let (mut open, mut found) = (Vec::new(), Vec::new());
	for record in batch {
		match may_be(&record) && state.record(record.row.record).await?.is_some() {
			true => found.push(record),
			false => open.push(record),
		}
	}
	if !found.is_empty() {
		note(line, &mut found, (0, state.hash))?;
		anchored.done.append(&mut found);
	}
	Ok(open)
}

/// Anchors these in one call, and waits until it is final.
async fn send(line: &Line<'_>, batch: &[Ready]) -> Result<Finalized, Refused> {
	let records: Vec<NewRecord> = batch.iter().map(new_record).collect::<Result<_>>()?;
	let call = match (&records[..], batch) {
		([record], [ready]) => match ready.row.supersedes {
			Some(old) => Call::supersede(old, record),
			None => Call::anchor(record),
		},
		_ => {
			check_batch(line, batch, &records).await?;
			Call::anchor_batch(&records)
		},
	};
	Ok(line.session.submit(call, line.progress).await?)
}

fn new_record(ready: &Ready) -> Result<NewRecord> {
	let row = &ready.row;
	let deposits = row.deposits.clone().try_into();
	Ok(NewRecord {
		patient: row.content.patient,
		on_behalf_of: row.on_behalf_of,
		commitment: row.content.commitment,
		attributes: row.content.attributes,
		content_root: row.content.content_root,
		size: row.content.size,
		deposits: deposits
			.map_err(|_| Error::new(Kind::Usage, "a record has at most three custodians"))?,
	})
}

/// Finds the record at fault before anything is sent.
async fn check_batch(
	line: &Line<'_>,
	batch: &[Ready],
	records: &[NewRecord],
) -> Result<(), Refused> {
	let state = line.session.chain.best().await?;
	let account = line.session.signer().public();
	let Err(fault) = state.check_batch(account, records).await? else { return Ok(()) };
	let at = usize::try_from(fault.index).ok().filter(|index| *index < batch.len());
	let label = at.map_or("a record", |index| &batch[index].label[..]);
	let error =
		Error::new(Kind::Refused, format!("the chain would not anchor {label}: {}", fault.error))
			.code_is(fault.error)
			.hint("leave it out or correct it, and run the command again; it was not anchored");
	Err(Refused { at, error })
}

/// Notes that records are anchored, and forgets their ciphertexts.
fn note(line: &Line<'_>, batch: &mut [Ready], at: (u64, [u8; 32])) -> Result<()> {
	for ready in &mut *batch {
		ready.is_anchored_in(at);
	}
	die_at("client.anchor.not-journaled");
	line.journal.save_puts(batch.iter().map(|ready| (ready.key, &ready.row)))?;
	die_at("client.anchor.journaled");
	for ready in batch {
		let forgotten = spool::forget(&line.session.home.spool(), ready.key);
		if let Err(error) =
			forgotten.context(Kind::Other, || "a spooled ciphertext cannot be deleted".into())
		{
			line.progress.warn(&format!("{error}: {}", error.causes().join(", ")));
		}
	}
	Ok(())
}
