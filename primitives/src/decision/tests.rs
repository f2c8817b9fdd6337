//! Tests of the decision. Each starts from the same situation and changes what it is about.

use alloc::{vec, vec::Vec};

use super::*;
use crate::{
	attributes::{Attributes, DataPeriod},
	category::{Category, CategorySet},
	consent::{ActionSet, GrantTerms, Scope},
	purpose::PurposeSet,
};

mod bases;
mod edges;
mod exclusions;
mod grants;
mod properties;
mod reasons;

const PATIENT: ParticipantId = ParticipantId(1);
const DOCTOR: ParticipantId = ParticipantId(2);
/// Where the doctor works.
const CENTER: ParticipantId = ParticipantId(3);
/// Where the doctor works too.
const SECOND_CENTER: ParticipantId = ParticipantId(4);
/// Where the record was written.
const AUTHOR_CENTER: ParticipantId = ParticipantId(5);
const AUTHOR: ParticipantId = ParticipantId(6);

/// The moment that the queries ask for.
const NOW: Moment = 100;
/// Around [`NOW`].
const SPAN: Interval = Interval { from: 50, until: Some(150) };
/// Over at [`NOW`].
const PAST: Interval = Interval { from: 50, until: Some(NOW) };
/// Starts after [`NOW`].
const FUTURE: Interval = Interval { from: NOW + 1, until: None };

fn attributes() -> Attributes {
	Attributes {
		categories: [Category::Laboratory].into_iter().collect(),
		sensitivity: Sensitivity::Normal,
		period: Some(DataPeriod { start: 10, end: 20 }),
	}
}

fn opening() -> AttributesOpening {
	AttributesOpening { salt: [9; 32], attributes: attributes() }
}

fn record() -> RecordFacts {
	RecordFacts {
		id: RecordId([1; 32]),
		lineage: RecordId([2; 32]),
		patient: PATIENT,
		author: AUTHOR,
		author_center: Some(AUTHOR_CENTER),
		attributes: opening().digest(),
		anchored_at: 60,
	}
}

fn center(id: ParticipantId) -> CenterFacts {
	CenterFacts {
		center: id,
		active: Interval::open(0),
		affiliation: SPAN,
		care: None,
		exclusion: None,
		grants: Vec::new(),
	}
}

/// A doctor of two centers wants to read a record that another center wrote. Nothing permits it.
fn situation() -> DecisionInputs {
	DecisionInputs {
		as_of: 1_000,
		query: Query {
			patient: PATIENT,
			record: Some(record().id),
			actor: DOCTOR,
			on_behalf_of: None,
			action: Action::Read,
			purpose: PurposeOfUse::Treat,
			at: NOW,
		},
		record: Some(record()),
		actor: Some(ActorFacts {
			id: DOCTOR,
			role: Role::Practitioner,
			active: Interval::open(0),
			pairing: None,
			exclusion: None,
			grants: Vec::new(),
			centers: vec![center(CENTER), center(SECOND_CENTER)],
		}),
	}
}

fn terms() -> GrantTerms {
	GrantTerms {
		actions: ActionSet::READ,
		purposes: [PurposeOfUse::Treat].into_iter().collect(),
		scope: Scope::default(),
		exceptions: Default::default(),
		sensitivity: Sensitivity::Normal,
		redisclosure: false,
	}
}

/// A grant that permits what the doctor wants in [`situation`].
fn grant() -> Grant {
	Grant {
		id: GrantId(7),
		patient: PATIENT,
		grantee: DOCTOR,
		generation: 2,
		interval: SPAN,
		terms: terms(),
	}
}

fn grant_with(change: impl FnOnce(&mut GrantTerms)) -> Grant {
	let mut grant = grant();
	change(&mut grant.terms);
	grant
}

impl DecisionInputs {
	fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
		change(&mut self);
		self
	}

	fn with_actor(self, change: impl FnOnce(&mut ActorFacts)) -> Self {
		self.with(|inputs| change(inputs.actor.as_mut().expect("the situation has an actor")))
	}

	fn with_record(self, change: impl FnOnce(&mut RecordFacts)) -> Self {
		self.with(|inputs| change(inputs.record.as_mut().expect("the situation has a record")))
	}

	/// Gives the doctor a grant.
	fn granting(self, grant: Grant) -> Self {
		self.with_actor(|actor| actor.grants.push(grant))
	}

	/// Changes what is known of the doctor's first center.
	fn with_center(self, change: impl FnOnce(&mut CenterFacts)) -> Self {
		self.with_actor(|actor| change(&mut actor.centers[0]))
	}

	/// Asks for writing a new record instead.
	fn writing(self) -> Self {
		self.with(|inputs| {
			inputs.query.action = Action::Write;
			inputs.query.record = None;
			inputs.record = None;
		})
	}

	fn at(self, at: Moment) -> Self {
		self.with(|inputs| inputs.query.at = at)
	}

	fn on_behalf_of(self, center: ParticipantId) -> Self {
		self.with(|inputs| inputs.query.on_behalf_of = Some(center))
	}

	/// The decision with the right opening.
	fn decide(&self) -> Decision {
		decide(self, Some(&opening()))
	}
}

fn deny(reason: Reason) -> Decision {
	Decision::Deny { reason }
}

fn permit_reading(basis: Basis) -> Decision {
	Decision::Permit { basis, obligations: Obligations::LOG }
}

fn permit_writing(basis: Basis) -> Decision {
	Decision::Permit { basis, obligations: Obligations::NONE }
}

fn by_grant() -> Basis {
	Basis::Grant { grant: GrantId(7), generation: 2 }
}

fn permit_by_grant() -> Decision {
	let obligations = Obligations(Obligations::LOG.0 | Obligations::NO_REDISCLOSURE.0);
	Decision::Permit { basis: by_grant(), obligations }
}
