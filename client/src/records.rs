//! Lists of records, grants, requests and exclusions, page by page.

use futures::{stream, StreamExt, TryStreamExt};
use ward_chain_client::State;
use ward_primitives::{
	receipt::CustodyState, AccessRequest, AttributesOpening, Custodian, Grant, GrantId,
	ParticipantId, PurposeOfUse, RecordId, RecordRow, Timeline,
};

use crate::{
	error::{Error, Kind, Result},
	journal::Journal,
	session::Session,
};

/// The most records that go into one call: `Records::MaxBatch` of the runtime.
pub const MAX_BATCH: usize = 128;

/// How many entries are asked for at once.
const PAGE: u32 = 200;

/// How many questions are under way at the same time.
const PARALLEL: usize = 16;

/// A patient's records, the oldest first.
pub async fn of_patient(
	state: &State,
	patient: ParticipantId,
) -> Result<Vec<(RecordId, RecordRow)>> {
	let mut ids = Vec::new();
	loop {
		let page = state.patient_records(patient, ids.len() as u64, PAGE).await?;
		if page.is_empty() {
			break;
		}
		ids.extend(page);
	}
	rows(state, ids).await
}

/// What a center holds, by the number of the row, and how many rows it has handed over to others.
pub async fn in_custody(
	state: &State,
	center: ParticipantId,
) -> Result<(Vec<(RecordId, RecordRow)>, u64)> {
	let mut ids = Vec::new();
	loop {
		let page = state.custody(center, ids.len() as u64, PAGE).await?;
		if page.is_empty() {
			break;
		}
		ids.extend(page);
	}
	let all = ids.len() as u64;
	let numbered = (0..).zip(ids).map(|(row, id)| async move {
		let custodian = Custodian { center, row };
		let record = state.record(id).await?.filter(|record| names(record, &custodian));
		Ok::<_, Error>(record.map(|record| (id, record)))
	});
	let found: Vec<_> = stream::iter(numbered).buffered(PARALLEL).try_collect().await?;
	let held: Vec<_> = found.into_iter().flatten().collect();
	let handed_over = all - held.len() as u64;
	Ok((held, handed_over))
}

/// The record that a center holds by this row; none if it has handed it over.
pub async fn held(state: &State, custodian: &Custodian) -> Result<Option<RecordId>> {
	let Some(id) = state.custody(custodian.center, custodian.row, 1).await?.first().copied() else {
		return Ok(None);
	};
	let record = state.record(id).await?;
	Ok(record.is_some_and(|record| names(&record, custodian)).then_some(id))
}

/// Whether a center holds a record by this row. If not, it has handed it over.
fn names(record: &RecordRow, custodian: &Custodian) -> bool {
	record.custodians.contains(custodian)
}

async fn rows(state: &State, ids: Vec<RecordId>) -> Result<Vec<(RecordId, RecordRow)>> {
	let row = |id| async move {
		let row = state.record(id).await?;
		Ok::<_, Error>(row.map(|row| (id, row)))
	};
	let found: Vec<_> = stream::iter(ids).map(row).buffered(PARALLEL).try_collect().await?;
	Ok(found.into_iter().flatten().collect())
}

/// What other centers have seen of the copies of these records, in the same order.
pub async fn copies_of(
	state: &State,
	rows: &[(RecordId, RecordRow)],
) -> Result<Vec<Vec<CustodyState>>> {
	let copies = |id| async move { Ok::<_, Error>(state.custody_states(id).await?) };
	stream::iter(rows.iter().map(|(id, _)| *id)).map(copies).buffered(PARALLEL).try_collect().await
}

/// How many rows a center has, those included that it has handed over.
pub async fn count_of_rows(state: &State, center: ParticipantId) -> Result<u64> {
	let has = async |row| Ok(!state.custody(center, row, 1).await?.is_empty());
	count(has).await
}

/// How many there are of what is numbered from 0 without gaps, found by asking whether there is this one.
async fn count(has: impl AsyncFn(u64) -> Result<bool>) -> Result<u64> {
	let mut above = 1_u64;
	while has(above - 1).await? {
		above = above.saturating_mul(2);
	}
	// All are there below the one, none from the other on.
	let (mut below, mut above) = (above / 2, above - 1);
	while below < above {
		let middle = below + (above - below) / 2;
		match has(middle).await? {
			true => below = middle + 1,
			false => above = middle,
		}
	}
	Ok(below)
}

/// A patient's grants in their latest generations, the oldest first.
pub async fn grants_of(state: &State, patient: ParticipantId) -> Result<Vec<Grant>> {
	let mut grants: Vec<Grant> = Vec::new();
	let mut from = GrantId(0);
	loop {
		let page = state.patient_grants(patient, from, PAGE).await?;
		let Some(last) = page.iter().map(|grant| grant.id).max() else { return Ok(grants) };
		from = GrantId(last.0.saturating_add(1));
		grants.extend(page);
	}
}

/// All requests to a patient, open ones and ended ones.
pub async fn requests_to(state: &State, patient: ParticipantId) -> Result<Vec<AccessRequest>> {
	let mut requests: Vec<AccessRequest> = Vec::new();
	loop {
		let after = requests.last().map(|request| request.requester);
		let page = state.requests_to(patient, after, PAGE).await?;
		if page.is_empty() {
			return Ok(requests);
		}
		requests.extend(page);
	}
}

/// All whom a patient excludes or excluded, with the latest interval.
pub async fn exclusions_of(
	state: &State,
	patient: ParticipantId,
) -> Result<Vec<(ParticipantId, Timeline)>> {
	let mut exclusions: Vec<(ParticipantId, Timeline)> = Vec::new();
	loop {
		let after = exclusions.last().map(|(excluded, _)| *excluded);
		let page = state.exclusions(patient, after, PAGE).await?;
		if page.is_empty() {
			return Ok(exclusions);
		}
		exclusions.extend(page);
	}
}

/// The centers that have handed over a record of a patient.
pub async fn former_custodians_of(
	state: &State,
	patient: ParticipantId,
) -> Result<Vec<ParticipantId>> {
	let mut centers: Vec<ParticipantId> = Vec::new();
	loop {
		let page = state.former_custodians(patient, centers.last().copied(), PAGE).await?;
		if page.is_empty() {
			return Ok(centers);
		}
		centers.extend(page);
	}
}

/// The opening of the attributes of a record that the participant may read: from the journal, or from
/// a custodian, checked against the chain.
pub async fn opening(
	session: &Session,
	state: &State,
	journal: &Journal,
	record: RecordId,
	row: &RecordRow,
) -> Result<AttributesOpening> {
	let fits = |opening: &AttributesOpening| opening.digest() == row.content.attributes;
	if let Some(known) = journal.opening(record)?.filter(fits) {
		return Ok(known);
	}
	let mut failure = None;
	for custodian in &row.custodians {
		let vault = session.vault(state, custodian.center).await?;
		match vault.facts(record, PurposeOfUse::Patrqt).await.map(|facts| facts.opening.into()) {
			Ok(opening) if fits(&opening) => {
				journal.save_opening(record, &opening)?;
				return Ok(opening);
			},
			Ok(_) => {
				let what = format!(
					"center {} has other attributes for record {record} than the chain",
					custodian.center
				);
				failure = Some(Error::new(Kind::Mismatch, what).code_is("opening-mismatch"));
			},
			Err(error) => failure = Some(error),
		}
	}
	Err(failure.unwrap_or_else(|| Error::new(Kind::Other, "the record has no custodian")))
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::cell::Cell;

	#[tokio::test]
	async fn what_is_numbered_is_counted_without_looking_at_all_of_it() {
		for there in (0..70).chain([1_023, 1_024, 1_025, 1_000_000]) {
			let asked = Cell::new(0);
			let has = async |number| {
				asked.set(asked.get() + 1);
				Ok(number < there)
			};
			assert_eq!(count(has).await.unwrap(), there);
			assert!(asked.get() <= 2 * (there + 2).ilog2() + 2, "{there}: {}", asked.get());
		}
	}
}
