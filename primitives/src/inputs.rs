//! Gathers the inputs of a decision from the pallets.

use alloc::{vec, vec::Vec};

use crate::{
	decision::{ActorFacts, CenterFacts, DecisionInputs, Query},
	traits::{ReadConsents, ReadParticipants, ReadRecords},
	Interval, Moment, Role,
};

/// Reads all that the decision on `query` depends on. `as_of` is the timestamp of the state.
pub fn gather<P: ReadParticipants, R: ReadRecords, C: ReadConsents>(
	query: Query,
	as_of: Moment,
) -> DecisionInputs {
	let record = query.record.and_then(R::record);
	DecisionInputs { as_of, query, record, actor: actor::<P, C>(&query) }
}

fn actor<P: ReadParticipants, C: ReadConsents>(query: &Query) -> Option<ActorFacts> {
	let Query { patient, actor: id, at, .. } = *query;
	let (role, active) = P::participant(id, at)?;
	// A center acts for itself; nobody else works for it by default.
	let centers = match role {
		Role::MedicalCenter => vec![(id, Interval::open(0))],
		_ if role.can_be_affiliated() => P::affiliations(id, at),
		_ => Vec::new(),
	};
	let center_facts = |(center, affiliation)| {
		let (_, active) = P::participant(center, at)?;
		// Of another center than the named one only an exclusion counts. Without this, the cost of
		// writing would grow with the grants to all centers that the author works for.
		let counts = query.on_behalf_of.is_none_or(|only| only == center);
		Some(CenterFacts {
			center,
			active,
			affiliation,
			care: counts.then(|| P::care(patient, center, at)).flatten(),
			exclusion: C::exclusion(patient, center, at),
			grants: if counts { C::grants(patient, center, at) } else { Vec::new() },
		})
	};
	Some(ActorFacts {
		id,
		role,
		active,
		pairing: (role == Role::Device).then(|| P::pairing(id, patient, at)).flatten(),
		exclusion: C::exclusion(patient, id, at),
		// A center's own grants come with its center row.
		grants: match role {
			Role::MedicalCenter => Vec::new(),
			_ => C::grants(patient, id, at),
		},
		centers: centers.into_iter().filter_map(center_facts).collect(),
	})
}
