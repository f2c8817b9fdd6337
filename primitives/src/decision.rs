//! The access decision: the one place in Ward that says who may do what.
//!
//! [`decide`] is a pure function. Pallets, vaults, clients and verifiers call it on the same
//! [`DecisionInputs`], which one runtime API returns for a query, and nothing else decides. Access
//! is denied unless a [`Basis`] permits it.

use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use crate::{
	attributes::{AttributesOpening, Sensitivity},
	consent::{Action, Grant, GrantId},
	Digest, Interval, Moment, ParticipantId, PurposeOfUse, RecordId, Role, Timeline,
};

/// What is being asked.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Query {
	/// Whose records are concerned.
	pub patient: ParticipantId,
	/// The record; none when a new one is to be written.
	pub record: Option<RecordId>,
	/// Who wants to act.
	pub actor: ParticipantId,
	/// The only center that the actor acts for; none for any of its centers.
	pub on_behalf_of: Option<ParticipantId>,
	/// What the actor wants to do.
	pub action: Action,
	/// What for.
	pub purpose: PurposeOfUse,
	/// At which moment.
	pub at: Moment,
}

/// The part of a record's row that a decision depends on.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct RecordFacts {
	/// The record.
	pub id: RecordId,
	/// The first record of its lineage.
	pub lineage: RecordId,
	/// Whom it is about.
	pub patient: ParticipantId,
	/// Who wrote it.
	pub author: ParticipantId,
	/// The center on whose behalf it was written.
	pub author_center: Option<ParticipantId>,
	/// The digest of its attributes.
	#[cfg_attr(feature = "serde", serde(with = "crate::json::hex"))]
	pub attributes: Digest,
	/// When it was anchored.
	pub anchored_at: Moment,
}

/// What the chain knows of a center that the actor works for, in relation to the patient.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct CenterFacts {
	/// The center.
	pub center: ParticipantId,
	/// When the center was active.
	pub active: Interval,
	/// When the actor was affiliated with it. For the center itself: since ever.
	pub affiliation: Interval,
	/// When the patient was in its care. None, too, if the query names another center.
	pub care: Option<Timeline>,
	/// When the patient excluded it.
	pub exclusion: Option<Interval>,
	/// The patient's grants to it. None, too, if the query names another center.
	pub grants: Vec<Grant>,
}

/// What the chain knows of the actor, in relation to the patient.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ActorFacts {
	/// The actor.
	pub id: ParticipantId,
	/// Its role.
	pub role: Role,
	/// When it was active.
	pub active: Interval,
	/// For a device: when it was paired with the patient.
	pub pairing: Option<Interval>,
	/// When the patient excluded it.
	pub exclusion: Option<Interval>,
	/// The patient's grants to it.
	pub grants: Vec<Grant>,
	/// The centers that it works for; for a center, itself. If the query names a center, of the
	/// others at most one that the patient excludes, since only that counts.
	pub centers: Vec<CenterFacts>,
}

/// All that a decision depends on, read from one state of the chain. Of everything that can hold
/// repeatedly it has the last interval that starts at or before the moment asked for.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct DecisionInputs {
	/// The timestamp of that state: what comes later is not known yet.
	pub as_of: Moment,
	/// What is being asked.
	pub query: Query,
	/// The record, if it is on the chain.
	pub record: Option<RecordFacts>,
	/// The actor, if it is on the chain.
	pub actor: Option<ActorFacts>,
}

/// Why access is permitted.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(tag = "basis", rename_all = "kebab-case"))]
pub enum Basis {
	/// The patient, or for writing the patient's own paired device.
	#[codec(index = 0)]
	Own,
	// 1: Guardian, from the issue on guardians on.
	/// The center on whose behalf the record was written, and its active staff.
	#[codec(index = 2)]
	Authored {
		/// The center.
		center: ParticipantId,
	},
	/// A center that the patient is in the care of. For writing only.
	#[codec(index = 3)]
	Care {
		/// The center.
		center: ParticipantId,
		/// The generation of the care relationship.
		generation: u32,
	},
	/// A grant of the patient.
	#[codec(index = 4)]
	Grant {
		/// The grant.
		grant: GrantId,
		/// Its generation.
		generation: u32,
	},
	// 5: Emergency, 6: Permit (research), from their issues on.
}

/// What a permit obliges to: a set of bits.
#[derive(
	Clone,
	Copy,
	Debug,
	Default,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Obligations(pub u8);

impl Obligations {
	/// Nothing.
	pub const NONE: Self = Self(0);
	/// Log the release durably before the first byte leaves.
	pub const LOG: Self = Self(1);
	/// The reader may not pass on what it reads.
	pub const NO_REDISCLOSURE: Self = Self(1 << 1);

	/// Whether every bit of `other` is set here.
	pub const fn contains(self, other: Self) -> bool {
		self.0 & other.0 == other.0
	}
}

/// Why access is denied. The numbers are part of the protocol.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Reason {
	/// The moment lies after the state that was read.
	#[codec(index = 0)]
	FutureMoment,
	/// No such record was on the chain at that moment, or it is another patient's.
	#[codec(index = 1)]
	UnknownRecord,
	/// No such participant is on the chain.
	#[codec(index = 2)]
	UnknownActor,
	/// The actor was not active: suspended, frozen, expired or deactivated.
	#[codec(index = 3)]
	ActorInactive,
	/// The patient excluded the actor or a center that the actor works for.
	#[codec(index = 4)]
	Excluded,
	/// Nothing on the chain permits it: no grant, no care relationship, no authorship.
	#[codec(index = 5)]
	NoBasis,
	/// A grant has ended, by withdrawal or by its own end.
	#[codec(index = 6)]
	GrantEnded,
	/// A grant has not started yet.
	#[codec(index = 7)]
	GrantNotStarted,
	/// A grant does not include the action.
	#[codec(index = 8)]
	ActionNotGranted,
	/// A grant does not include the purpose.
	#[codec(index = 9)]
	PurposeNotGranted,
	/// A grant would have to be checked against the record's attributes, whose opening is missing.
	#[codec(index = 10)]
	OpeningMissing,
	/// The opening is not the one that the chain has the digest of.
	#[codec(index = 11)]
	OpeningMismatch,
	/// The record is more confidential than a grant allows.
	#[codec(index = 12)]
	SensitivityNotGranted,
	/// The record lies outside a grant's scope.
	#[codec(index = 13)]
	OutOfScope,
	/// The record is excepted from a grant.
	#[codec(index = 14)]
	Excepted,
}

impl Reason {
	/// All reasons, in the order of their numbers.
	pub const ALL: [Self; 15] = [
		Self::FutureMoment,
		Self::UnknownRecord,
		Self::UnknownActor,
		Self::ActorInactive,
		Self::Excluded,
		Self::NoBasis,
		Self::GrantEnded,
		Self::GrantNotStarted,
		Self::ActionNotGranted,
		Self::PurposeNotGranted,
		Self::OpeningMissing,
		Self::OpeningMismatch,
		Self::SensitivityNotGranted,
		Self::OutOfScope,
		Self::Excepted,
	];

	/// The code used in JSON, in logs and on the command line.
	pub const fn code(self) -> &'static str {
		match self {
			Self::FutureMoment => "future-moment",
			Self::UnknownRecord => "unknown-record",
			Self::UnknownActor => "unknown-actor",
			Self::ActorInactive => "actor-inactive",
			Self::Excluded => "excluded",
			Self::NoBasis => "no-basis",
			Self::GrantEnded => "grant-ended",
			Self::GrantNotStarted => "grant-not-started",
			Self::ActionNotGranted => "action-not-granted",
			Self::PurposeNotGranted => "purpose-not-granted",
			Self::OpeningMissing => "opening-missing",
			Self::OpeningMismatch => "opening-mismatch",
			Self::SensitivityNotGranted => "sensitivity-not-granted",
			Self::OutOfScope => "out-of-scope",
			Self::Excepted => "excepted",
		}
	}
}

/// The answer to a [`Query`].
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(tag = "decision", rename_all = "kebab-case"))]
pub enum Decision {
	/// Access is permitted.
	#[codec(index = 0)]
	Permit {
		/// What permits it.
		#[cfg_attr(feature = "serde", serde(flatten))]
		basis: Basis,
		/// What it obliges to.
		obligations: Obligations,
	},
	/// Access is denied.
	#[codec(index = 1)]
	Deny {
		/// The first reason that alone suffices, or that of the grant which comes nearest to permitting.
		reason: Reason,
	},
}

impl Decision {
	/// Whether access is permitted.
	pub const fn is_permit(&self) -> bool {
		matches!(self, Self::Permit { .. })
	}
}

/// Decides `inputs.query`.
///
/// `opening` is what the custodian holds for the record. Only grants need it: without a matching one
/// they permit no reading.
pub fn decide(inputs: &DecisionInputs, opening: Option<&AttributesOpening>) -> Decision {
	match permit(inputs, opening) {
		Ok((basis, obligations)) => Decision::Permit { basis, obligations },
		Err(reason) => Decision::Deny { reason },
	}
}

fn permit(
	inputs: &DecisionInputs,
	opening: Option<&AttributesOpening>,
) -> Result<(Basis, Obligations), Reason> {
	let Query { at, action, patient, .. } = inputs.query;
	if at > inputs.as_of {
		return Err(Reason::FutureMoment);
	}
	let actor = inputs.actor.as_ref().ok_or(Reason::UnknownActor)?;
	if !actor.active.contains(at) {
		return Err(Reason::ActorInactive);
	}
	let record = match action {
		Action::Write => None,
		Action::Read => Some(known_record(inputs)?),
	};
	let duty = match action {
		Action::Read => Obligations::LOG,
		Action::Write => Obligations::NONE,
	};
	let holds = |span: &Option<Interval>| span.is_some_and(|span| span.contains(at));

	let is_own_device = action == Action::Write && holds(&actor.pairing);
	if actor.id == patient || is_own_device {
		return Ok((Basis::Own, duty));
	}

	// A device writes for its center; it is not one of those who read its charts.
	let is_device_reading = action == Action::Read && actor.role == Role::Device;
	let asked_for = |center: &&CenterFacts| {
		let is_named = inputs.query.on_behalf_of.is_none_or(|only| only == center.center);
		is_named && !is_device_reading
	};
	let centers = || {
		let works_for = |c: &&CenterFacts| c.active.contains(at) && c.affiliation.contains(at);
		actor.centers.iter().filter(asked_for).filter(works_for)
	};
	if let Some(author_center) = record.and_then(|record| record.author_center) {
		if centers().any(|c| c.center == author_center) {
			return Ok((Basis::Authored { center: author_center }, duty));
		}
	}

	// An exclusion counts for all who work for the excluded center, whomever they act for.
	let works_for_excluded =
		actor.centers.iter().any(|c| c.affiliation.contains(at) && holds(&c.exclusion));
	if holds(&actor.exclusion) || works_for_excluded {
		return Err(Reason::Excluded);
	}

	if action == Action::Write {
		let care = |c: &CenterFacts| c.care.filter(|care| care.contains(at));
		if let Some((c, care)) = centers().find_map(|c| care(c).map(|care| (c, care))) {
			return Ok((Basis::Care { center: c.center, generation: care.generation }, duty));
		}
	}

	let mut nearest = Reason::NoBasis;
	for grant in actor.grants.iter().chain(centers().flat_map(|c| &c.grants)) {
		match check_grant(grant, &inputs.query, record, opening) {
			Ok(()) => {
				let limit = match grant.terms.redisclosure {
					true => Obligations::NONE,
					false => Obligations::NO_REDISCLOSURE,
				};
				let basis = Basis::Grant { grant: grant.id, generation: grant.generation };
				return Ok((basis, Obligations(duty.0 | limit.0)));
			},
			// Reasons are numbered by how far the check of a grant got.
			Err(reason) => nearest = nearest.max(reason),
		}
	}
	Err(nearest)
}

fn known_record(inputs: &DecisionInputs) -> Result<&RecordFacts, Reason> {
	let Query { at, patient, .. } = inputs.query;
	inputs
		.record
		.as_ref()
		.filter(|record| record.patient == patient && record.anchored_at <= at)
		.ok_or(Reason::UnknownRecord)
}

/// Whether one grant permits the query; the checks stand in the order of the reasons' numbers.
fn check_grant(
	grant: &Grant,
	query: &Query,
	record: Option<&RecordFacts>,
	opening: Option<&AttributesOpening>,
) -> Result<(), Reason> {
	let ensure = |holds: bool, otherwise| if holds { Ok(()) } else { Err(otherwise) };
	let terms = &grant.terms;
	ensure(grant.patient == query.patient, Reason::NoBasis)?;
	ensure(!grant.interval.is_over(query.at), Reason::GrantEnded)?;
	ensure(grant.interval.contains(query.at), Reason::GrantNotStarted)?;
	ensure(terms.actions.contains(query.action), Reason::ActionNotGranted)?;
	ensure(terms.purposes.covers(query.purpose), Reason::PurposeNotGranted)?;
	let Some(record) = record else {
		let unlimited = terms.scope.is_everything() && terms.exceptions.is_empty();
		return ensure(unlimited, Reason::OutOfScope);
	};
	let opening = opening.ok_or(Reason::OpeningMissing)?;
	ensure(opening.digest() == record.attributes, Reason::OpeningMismatch)?;
	let attributes = &opening.attributes;
	let covered: Sensitivity = terms.sensitivity;
	ensure(attributes.sensitivity <= covered, Reason::SensitivityNotGranted)?;
	ensure(terms.scope.covers(record, attributes), Reason::OutOfScope)?;
	let excepted = terms.exceptions.iter().any(|scope| scope.touches(record, attributes));
	ensure(!excepted, Reason::Excepted)
}

#[cfg(test)]
mod tests;
