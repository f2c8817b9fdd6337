//! Grants: what a patient allows, to whom, for what and until when.
//!
//! The shape is that of IHE Privacy Consent on FHIR (PCF): a permitting provision with data limits,
//! and one level of denying provisions inside it, so that a FHIR R4 `Consent` can round-trip.

use bounded_collections::{BoundedVec, ConstU32};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use crate::{
	attributes::{Attributes, DataPeriod, Sensitivity},
	category::CategorySet,
	decision::RecordFacts,
	purpose::PurposeSet,
	Interval, Moment, ParticipantId, RecordId,
};

/// The identifier of a grant: a number that the chain assigns. It stays when the grant is amended.
#[derive(
	Clone,
	Copy,
	Debug,
	Default,
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
pub struct GrantId(pub u64);

impl core::fmt::Display for GrantId {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		self.0.fmt(f)
	}
}

/// What somebody wants to do with a patient's records.
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
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Action {
	/// Have the data key and the ciphertext of a record released.
	#[codec(index = 0)]
	Read,
	/// Anchor a record about the patient.
	#[codec(index = 1)]
	Write,
}

impl Action {
	/// All actions, in the order of their numbers.
	pub const ALL: [Self; 2] = [Self::Read, Self::Write];
}

/// A set of actions: bit `n` stands for the action with the number `n`.
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
pub struct ActionSet(pub u8);

impl ActionSet {
	/// Reading only.
	pub const READ: Self = Self(1 << Action::Read as u8);
	/// Writing only.
	pub const WRITE: Self = Self(1 << Action::Write as u8);

	/// Whether `action` is in the set.
	pub const fn contains(self, action: Action) -> bool {
		self.0 & (1 << action as u8) != 0
	}

	/// Whether at least one bit is set and all set bits have a meaning.
	pub const fn is_valid(self) -> bool {
		self.0 != 0 && self.0 >> Action::ALL.len() == 0
	}
}

/// The most records that a scope can name.
pub const MAX_NAMED_RECORDS: u32 = 16;

/// The most exceptions that a grant can have.
pub const MAX_EXCEPTIONS: u32 = 4;

/// A selection of a patient's records: those that meet every limit that is set.
#[derive(
	Clone,
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
pub struct Scope {
	/// Only records of these categories (FHIR `provision.class`).
	pub categories: Option<CategorySet>,
	/// Only the lineages of these records (FHIR `provision.data`). The chain stores the first record
	/// of each lineage, whichever of its records was named.
	pub records: Option<BoundedVec<RecordId, ConstU32<MAX_NAMED_RECORDS>>>,
	/// Only records by this author, or written on behalf of this center (FHIR `provision.actor`).
	pub author: Option<ParticipantId>,
	/// Only records about this clinical time (FHIR `provision.dataPeriod`).
	pub period: Option<DataPeriod>,
}

impl Scope {
	/// Whether no limit is set, so that the scope is everything.
	pub fn is_everything(&self) -> bool {
		*self == Self::default()
	}

	/// Whether each limit makes sense by itself: no empty set, no reversed period.
	pub fn is_valid(&self) -> bool {
		self.categories.is_none_or(CategorySet::is_valid)
			&& self.records.as_ref().is_none_or(|records| !records.is_empty())
			&& self.period.is_none_or(|period| period.is_valid())
	}

	/// Whether all of a record lies within the scope. Used for what a grant permits: a record that
	/// mixes categories, or whose time is not known, is covered only if all of it surely is.
	pub fn covers(&self, record: &RecordFacts, attributes: &Attributes) -> bool {
		self.names(record)
			&& self.categories.is_none_or(|allowed| attributes.categories.is_subset_of(allowed))
			&& self.period.is_none_or(|allowed| {
				attributes.period.is_some_and(|period| allowed.includes(&period))
			})
	}

	/// Whether any of a record may lie within the scope. Used for what a grant excepts: a record whose
	/// time is not known may.
	pub fn touches(&self, record: &RecordFacts, attributes: &Attributes) -> bool {
		self.names(record)
			&& self.categories.is_none_or(|denied| attributes.categories.intersects(denied))
			&& self.period.is_none_or(|denied| {
				attributes.period.is_none_or(|period| denied.overlaps(&period))
			})
	}

	/// Whether a record meets the limits that need no opening.
	fn names(&self, record: &RecordFacts) -> bool {
		self.records
			.as_ref()
			.is_none_or(|named| named.iter().any(|id| *id == record.id || *id == record.lineage))
			&& self.author.is_none_or(|author| {
				author == record.author || Some(author) == record.author_center
			})
	}
}

/// What a grant allows. The patient chooses all of it.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct GrantTerms {
	/// What the grantee may do.
	pub actions: ActionSet,
	/// For which purposes.
	pub purposes: PurposeSet,
	/// With which records. A grant that includes [`Action::Write`] permits writing only with a scope of
	/// everything and no exceptions, since the chain cannot see what a new record holds.
	pub scope: Scope,
	/// Records that are left out of the scope.
	pub exceptions: BoundedVec<Scope, ConstU32<MAX_EXCEPTIONS>>,
	/// The highest confidentiality that is covered.
	pub sensitivity: Sensitivity,
	/// Whether the grantee may pass on what it reads (42 CFR Part 2 has the notice).
	pub redisclosure: bool,
}

impl GrantTerms {
	/// Whether every part makes sense by itself and no exception takes everything away.
	pub fn is_valid(&self) -> bool {
		self.actions.is_valid()
			&& self.purposes.is_valid()
			&& self.scope.is_valid()
			&& self.exceptions.iter().all(|scope| scope.is_valid() && !scope.is_everything())
	}
}

/// One generation of a grant, as the chain stores it.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Grant {
	/// Its number.
	pub id: GrantId,
	/// Whose records it is about, and who gave it.
	pub patient: ParticipantId,
	/// A practitioner, or a center for its active staff.
	pub grantee: ParticipantId,
	/// 0 as given, one more for each amendment.
	pub generation: u32,
	/// When this generation holds.
	pub interval: Interval,
	/// What it allows.
	pub terms: GrantTerms,
}

/// How a request for access ended.
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
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum RequestOutcome {
	/// The patient gave the requester a grant, not necessarily with the terms asked for.
	#[codec(index = 0)]
	Granted(GrantId),
	/// The patient declined.
	#[codec(index = 1)]
	Declined,
	/// The requester took it back.
	#[codec(index = 2)]
	Cancelled,
}

/// The latest request of a requester to a patient. It grants nothing.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct AccessRequest {
	/// Whose records are asked for.
	pub patient: ParticipantId,
	/// Who asks: the practitioner or center that a grant would name.
	pub requester: ParticipantId,
	/// The terms asked for.
	pub terms: GrantTerms,
	/// Until when; none for as long as the patient likes.
	pub until: Option<Moment>,
	/// When it was asked.
	pub requested_at: Moment,
	/// How and when it ended; none while it is open.
	pub outcome: Option<(Moment, RequestOutcome)>,
}
