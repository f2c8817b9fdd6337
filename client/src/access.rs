//! Who can see what right now, and why: the patient's own view of the chain's decisions.

use std::collections::{BTreeMap, BTreeSet};

use futures::{stream, StreamExt, TryStreamExt};
use serde::Serialize;
use ward_chain_client::State;
use ward_primitives::{
	decide,
	decision::{DecisionInputs, Query},
	Action, AttributesOpening, Basis, Decision, Grant, ParticipantId, PurposeOfUse, PurposeSet,
	RecordId, RecordRow, Role,
};

use crate::{
	error::{Error, Result},
	progress::Progress,
	records,
	session::{self, Session},
};

/// How many questions are under way at the same time.
const PARALLEL: usize = 16;

/// What one reader can see for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Access {
	/// Who.
	pub reader: ParticipantId,
	/// What the reader is. A center stands for its active staff.
	pub role: Role,
	/// Why.
	pub basis: Basis,
	/// For which purposes.
	pub purposes: PurposeSet,
	/// Which records.
	pub records: Vec<RecordId>,
}

/// A record with what a decision needs to know of it.
struct Known {
	record: RecordId,
	opening: Option<AttributesOpening>,
}

/// Who can see which of the patient's records right now. A record whose custodians all fail is decided
/// without its opening, and warned about: no grant then counts.
pub async fn overview(session: &Session, progress: &dyn Progress) -> Result<Vec<Access>> {
	let state = session.chain.finalized().await?;
	let journal = session.home.journal().await?;
	let rows = records::of_patient(&state, session.id).await?;
	let grants = records::grants_of(&state, session.id).await?;
	let mut known = Vec::with_capacity(rows.len());
	for (count, (record, row)) in rows.iter().enumerate() {
		progress.step(&format!("reading what record {} of {} is about", count + 1, rows.len()));
		let opening = match records::opening(session, &state, &journal, *record, row).await {
			Ok(opening) => Some(opening),
			Err(error) => {
				progress.warn(&format!("{record} is decided without its attributes: {error}"));
				None
			},
		};
		known.push(Known { record: *record, opening });
	}
	let readers = potential_readers(session.id, &rows, &grants, state.timestamp);
	progress.step(&format!("deciding for {} readers", readers.len()));
	let mut found = Vec::new();
	for reader in readers {
		let role = session::participant(&state, reader).await?.role;
		let permits = permits(&state, session.id, reader, &known).await?;
		found.extend(group(reader, role, permits));
	}
	Ok(found)
}

/// Everybody whom something may permit reading: authors, the centers that they wrote for, grantees.
fn potential_readers(
	patient: ParticipantId,
	rows: &[(RecordId, RecordRow)],
	grants: &[Grant],
	now: u64,
) -> BTreeSet<ParticipantId> {
	let authors = rows.iter().map(|(_, row)| row.content.author);
	let centers = rows.iter().filter_map(|(_, row)| row.author_center);
	let grantees =
		grants.iter().filter(|grant| grant.interval.contains(now)).map(|grant| grant.grantee);
	[patient].into_iter().chain(authors).chain(centers).chain(grantees).collect()
}

/// Each permit of a reader: record, purpose, basis.
async fn permits(
	state: &State,
	patient: ParticipantId,
	reader: ParticipantId,
	known: &[Known],
) -> Result<Vec<(RecordId, PurposeOfUse, Basis)>> {
	let ask = |known: &Known| {
		let query = Query {
			patient,
			record: Some(known.record),
			actor: reader,
			on_behalf_of: None,
			action: Action::Read,
			purpose: PurposeOfUse::Treat,
			at: state.timestamp,
		};
		let (record, opening) = (known.record, known.opening);
		async move {
			let inputs = state.decision_inputs(query).await?;
			Ok::<_, Error>(permits_of(record, inputs, opening.as_ref()))
		}
	};
	let asked: Vec<_> = known.iter().map(ask).collect();
	let answers: Vec<_> = stream::iter(asked).buffered(PARALLEL).try_collect().await?;
	Ok(answers.into_iter().flatten().collect())
}

/// What one record's inputs permit, for every purpose: the purpose is no input of the chain's.
fn permits_of(
	record: RecordId,
	mut inputs: DecisionInputs,
	opening: Option<&AttributesOpening>,
) -> Vec<(RecordId, PurposeOfUse, Basis)> {
	let mut permits = Vec::new();
	for purpose in PurposeOfUse::ALL {
		inputs.query.purpose = purpose;
		if let Decision::Permit { basis, .. } = decide(&inputs, opening) {
			permits.push((record, purpose, basis));
		}
	}
	permits
}

/// Joins permits of one basis with the same purposes.
fn group(
	reader: ParticipantId,
	role: Role,
	permits: Vec<(RecordId, PurposeOfUse, Basis)>,
) -> Vec<Access> {
	let mut by_record: BTreeMap<(Vec<u8>, RecordId), (Basis, Vec<PurposeOfUse>)> = BTreeMap::new();
	for (record, purpose, basis) in permits {
		let key = (codec::Encode::encode(&basis), record);
		by_record.entry(key).or_insert((basis, Vec::new())).1.push(purpose);
	}
	let mut found: Vec<Access> = Vec::new();
	for ((_, record), (basis, purposes)) in by_record {
		let purposes = PurposeSet::from_iter(purposes);
		let same = found.iter_mut().find(|have| have.basis == basis && have.purposes == purposes);
		match same {
			Some(have) => have.records.push(record),
			None => found.push(Access { reader, role, basis, purposes, records: vec![record] }),
		}
	}
	found
}

#[cfg(test)]
mod tests {
	use super::*;
	use ward_primitives::GrantId;

	#[test]
	fn permits_of_one_basis_and_the_same_purposes_become_one_line() {
		let (a, b) = (RecordId([1; 32]), RecordId([2; 32]));
		let grant = Basis::Grant { grant: GrantId(7), generation: 0 };
		let own = Basis::Authored { center: ParticipantId(3) };
		let permits = vec![
			(a, PurposeOfUse::Treat, grant),
			(a, PurposeOfUse::Etreat, grant),
			(b, PurposeOfUse::Treat, grant),
			(b, PurposeOfUse::Etreat, grant),
			(b, PurposeOfUse::Hresch, own),
		];
		let found = group(ParticipantId(5), Role::Practitioner, permits);
		assert_eq!(found.len(), 2);
		let by_grant = found.iter().find(|access| access.basis == grant).unwrap();
		assert_eq!(by_grant.records, [a, b]);
		assert!(by_grant.purposes.covers(PurposeOfUse::Etreat));
		assert!(!by_grant.purposes.covers(PurposeOfUse::Hresch));
	}
}
