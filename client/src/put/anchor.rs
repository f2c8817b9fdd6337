//! Anchoring: one record by itself, several in batches.

use ward_chain_client::Call;
use ward_primitives::NewRecord;

use super::{spool, Work};
use crate::{
	error::{Context, Error, Kind, Result},
	journal::Journal,
	progress::Progress,
	session::Session,
};

/// How many records go into one call.
const BATCH: usize = 32;

/// Anchors what is not anchored yet, waits for finality, and notes it.
pub(super) async fn anchor(
	session: &Session,
	journal: &Journal,
	works: &mut [Work],
	progress: &dyn Progress,
) -> Result<()> {
	let state = session.chain.finalized().await?;
	let mut open = Vec::new();
	for (index, work) in works.iter_mut().enumerate() {
		if work.row.anchored.is_some() {
			continue;
		}
		match state.record(work.row.record).await? {
			Some(_) => {
				// An earlier run sent the call and did not hear of its end.
				note(session, journal, work, (0, state.hash), progress)?;
				work.existed = true;
			},
			None => open.push(index),
		}
	}
	for chunk in open.chunks(BATCH) {
		let records: Vec<NewRecord> =
			chunk.iter().map(|index| new_record(&works[*index])).collect::<Result<_>>()?;
		let single = match &records[..] {
			[record] => Some((record, works[chunk[0]].row.supersedes)),
			_ => None,
		};
		let call = match single {
			Some((record, Some(old))) => Call::supersede(old, record),
			Some((record, None)) => Call::anchor(record),
			None => {
				check_batch(session, works, chunk, &records).await?;
				Call::anchor_batch(&records)
			},
		};
		let finalized = session.submit(call, progress).await?;
		for index in chunk {
			let at = (finalized.number, finalized.block);
			note(session, journal, &mut works[*index], at, progress)?;
		}
	}
	Ok(())
}

fn new_record(work: &Work) -> Result<NewRecord> {
	let row = &work.row;
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
	session: &Session,
	works: &[Work],
	chunk: &[usize],
	records: &[NewRecord],
) -> Result<()> {
	let state = session.chain.best().await?;
	let account = session.signer().public();
	let Err(fault) = state.check_batch(account, records).await? else { return Ok(()) };
	let index = usize::try_from(fault.index).ok().and_then(|index| chunk.get(index));
	let label = index.map_or_else(|| "a record".into(), |index| works[*index].item.label());
	Err(Error::new(Kind::Refused, format!("the chain would not anchor {label}: {}", fault.error))
		.code_is(fault.error)
		.hint("nothing was anchored; leave it out or correct it, and run the command again"))
}

/// Notes that a record is anchored. Its data key is not needed any more: the author has a wrap.
fn note(
	session: &Session,
	journal: &Journal,
	work: &mut Work,
	at: (u64, [u8; 32]),
	progress: &dyn Progress,
) -> Result<()> {
	work.row.anchored = Some(at);
	work.row.data_key = None;
	journal.save_put(work.key, &work.row)?;
	let forgotten = spool::forget(&session.home.spool(), work.key);
	if let Err(error) =
		forgotten.context(Kind::Other, || "a spooled ciphertext cannot be deleted".into())
	{
		progress.warn(&format!("{error}: {}", error.causes().join(", ")));
	}
	Ok(())
}
