//! What the chain says that this vault holds, compared with what it holds.

use std::collections::{BTreeMap, BTreeSet};

use futures::{stream, StreamExt, TryStreamExt};
use serde::Serialize;
use ward_primitives::{Custodian, Digest, ParticipantId, RecordId};

use super::{hex, Finding};
use crate::{
	chain::{ChainView, Unreachable},
	database::deposits::{DepositRow, DepositState, Progress},
	promotion::is_held,
};

/// How many rows are asked for at once.
const PAGE: u32 = 128;

/// How many records are asked for at the same time.
const READERS: usize = 16;

/// What the chain says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Custody {
	/// How many records the finalized chain names as held by this center.
	pub records: u64,
	/// How many of them are stored, and will be promoted when the vault runs again.
	pub waiting: u64,
	/// How many rows it has of records that were handed over to other centers.
	pub handed_over: u64,
}

pub(super) async fn compare(
	chain: &dyn ChainView,
	center: ParticipantId,
	known: Option<Digest>,
	progress: Progress,
	deposits: &BTreeMap<RecordId, DepositRow>,
) -> Result<(Custody, Vec<Finding>), Unreachable> {
	let (mut custody, mut findings) = (Custody::default(), Vec::new());
	let genesis = chain.genesis().await?;
	if known.is_some_and(|known| known != genesis) {
		let what = format!("the node is on another chain, {}; name another node", hex(&genesis));
		return Ok((custody, vec![Finding::new("other-chain", what)]));
	}
	let state = chain.finalized().await?;
	let mut known = BTreeSet::new();
	let mut first = 0;
	loop {
		let rows = state.custody(center, first, PAGE).await?;
		if rows.is_empty() {
			break;
		}
		let next = first + rows.len() as u64;
		let state = state.as_ref();
		let rows = stream::iter(rows.into_iter().zip(first..)).map(|(record, row)| async move {
			let on_chain = state.record(record).await?;
			// Of what it does not have the chain cannot say that it was handed over.
			let own = Custodian { center, row };
			Ok::<_, Unreachable>((record, row, on_chain.is_none_or(|row| is_held(&row, own))))
		});
		let rows: Vec<_> = rows.buffered(READERS).try_collect().await?;
		first = next;
		for (record, row, is_held) in rows {
			known.insert(record);
			if !is_held {
				custody.handed_over += 1;
				continue;
			}
			custody.records += 1;
			let was_followed = row < progress.next_row;
			match deposits.get(&record).map(|row| row.state) {
				Some(DepositState::Anchored) => {},
				Some(DepositState::Stored { .. }) if !was_followed => custody.waiting += 1,
				state => findings.push(missing(record, state.is_some())),
			}
		}
	}
	let is_anchored = |row: &DepositRow| row.state == DepositState::Anchored;
	for (record, _) in deposits.iter().filter(|(_, row)| is_anchored(row)) {
		if !known.contains(record) {
			let what =
				"it is anchored here, and the finalized chain does not say so; check that the \
			            node has caught up and that the center's number is the right one";
			findings.push(Finding::of(*record, "not-on-chain", what));
		}
	}
	Ok((custody, findings))
}

fn missing(record: RecordId, is_known: bool) -> Finding {
	let what = match is_known {
		true => "the chain says that it is held here, and it was not promoted",
		false => "the chain says that it is held here, and it is unknown",
	};
	let what = format!("{what}; put the latest sound copy of vault.redb and its files back, or read it from another custodian");
	Finding::of(record, "not-held", what)
}
