//! Gathers the inputs of a decision from the pallets.

use alloc::{vec, vec::Vec};

use crate::{
	decision::{ActorFacts, CenterFacts, DecisionInputs, Query},
	traits::{ReadConsents, ReadParticipants, ReadRecords},
	Interval, Moment, ParticipantId, Role,
};

/// The inputs of a decision, and how much was read for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gathered {
	/// The inputs.
	pub inputs: DecisionInputs,
	/// How much was read.
	pub extent: Extent,
}

/// How much was read for a decision about the present, beyond what each decision takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
	/// The actor's affiliations, each with the patient's exclusion of the center.
	pub affiliations: u32,
	/// The patient's grants to the actor and to centers.
	pub grants: u32,
}

impl Extent {
	/// The most that the decision on a query that names a center can take.
	pub fn most<P: ReadParticipants, C: ReadConsents>() -> Self {
		// The grants to the actor and to the center.
		let grants = C::max_grants().saturating_mul(2);
		Self { affiliations: P::max_affiliations(), grants }
	}
}

/// Reads all that the decision on `query` depends on. `as_of` is the timestamp of the state.
///
/// If the query names a center, nothing of the actor's other centers counts but that the patient
/// excluded one; such a center is among the inputs then.
pub fn gather<P: ReadParticipants, R: ReadRecords, C: ReadConsents>(
	query: Query,
	as_of: Moment,
) -> Gathered {
	let record = query.record.and_then(R::record);
	let mut extent = Extent::default();
	let actor = actor::<P, C>(&query, &mut extent);
	Gathered { inputs: DecisionInputs { as_of, query, record, actor }, extent }
}

fn actor<P: ReadParticipants, C: ReadConsents>(
	query: &Query,
	extent: &mut Extent,
) -> Option<ActorFacts> {
	let Query { patient, actor: id, at, .. } = *query;
	let (role, active) = P::participant(id, at)?;
	let affiliations = match role.can_be_affiliated() {
		true => P::affiliations(id, at),
		false => Vec::new(),
	};
	extent.affiliations = count(&affiliations);
	// A center acts for itself; nobody else works for it by default.
	let centers = match role {
		Role::MedicalCenter => vec![(id, Interval::open(0))],
		_ => affiliations,
	};
	// A center's own grants come with its center row.
	let grants = match role {
		Role::MedicalCenter => Vec::new(),
		_ => C::grants(patient, id, at),
	};
	let centers = center_facts::<P, C>(query, centers);
	let all_grants = centers.iter().map(|center| count(&center.grants));
	extent.grants = all_grants.fold(count(&grants), u32::saturating_add);
	Some(ActorFacts {
		id,
		role,
		active,
		pairing: (role == Role::Device).then(|| P::pairing(id, patient, at)).flatten(),
		exclusion: C::exclusion(patient, id, at),
		grants,
		centers,
	})
}

fn center_facts<P: ReadParticipants, C: ReadConsents>(
	query: &Query,
	centers: Vec<(ParticipantId, Interval)>,
) -> Vec<CenterFacts> {
	let Query { patient, at, .. } = *query;
	let mut excluded_elsewhere = false;
	let facts = |(center, affiliation): (ParticipantId, Interval)| {
		let counts = query.on_behalf_of.is_none_or(|only| only == center);
		// Not reading the others is what keeps writing cheap for those who work for many centers.
		if !counts && (excluded_elsewhere || !affiliation.contains(at)) {
			return None;
		}
		let exclusion = C::exclusion(patient, center, at);
		if !counts {
			excluded_elsewhere = exclusion.is_some_and(|exclusion| exclusion.contains(at));
			if !excluded_elsewhere {
				return None;
			}
		}
		let (_, active) = P::participant(center, at)?;
		Some(CenterFacts {
			center,
			active,
			affiliation,
			care: counts.then(|| P::care(patient, center, at)).flatten(),
			exclusion,
			grants: if counts { C::grants(patient, center, at) } else { Vec::new() },
		})
	};
	centers.into_iter().filter_map(facts).collect()
}

fn count<Item>(items: &[Item]) -> u32 {
	u32::try_from(items.len()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
