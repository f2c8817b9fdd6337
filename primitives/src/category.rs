//! What kind of health data a record holds.
//!
//! The first six are the priority categories of the European Health Data Space (Regulation (EU)
//! 2025/327, Article 14(1)); the rest are Ward's own. `docs/categories.md` maps FHIR resources to
//! them.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// A category of health data. The number of each is part of the protocol.
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
pub enum Category {
	/// Patient summary: problems, allergies, immunizations, procedures, history (EHDS 14(1)(a)).
	#[codec(index = 0)]
	PatientSummary,
	/// Electronic prescription (EHDS 14(1)(b)).
	#[codec(index = 1)]
	Prescription,
	/// Electronic dispensation (EHDS 14(1)(c)).
	#[codec(index = 2)]
	Dispensation,
	/// Imaging study or report (EHDS 14(1)(d)).
	#[codec(index = 3)]
	Imaging,
	/// Laboratory or other diagnostic test result (EHDS 14(1)(e)).
	#[codec(index = 4)]
	Laboratory,
	/// Discharge report (EHDS 14(1)(f)).
	#[codec(index = 5)]
	Discharge,
	/// Vital signs and other measurements, by staff or by the patient's devices.
	#[codec(index = 6)]
	VitalSigns,
	/// Encounters, care plans, care teams and clinical notes.
	#[codec(index = 7)]
	CareProcess,
	/// Claims, coverage and other administrative data.
	#[codec(index = 8)]
	Administrative,
	/// Anything that no rule puts elsewhere. Never guessed.
	#[codec(index = 9)]
	Other,
}

impl Category {
	/// All categories, in the order of their numbers.
	pub const ALL: [Self; 10] = [
		Self::PatientSummary,
		Self::Prescription,
		Self::Dispensation,
		Self::Imaging,
		Self::Laboratory,
		Self::Discharge,
		Self::VitalSigns,
		Self::CareProcess,
		Self::Administrative,
		Self::Other,
	];

	/// The name used on the command line, in JSON and in the docs.
	pub const fn name(self) -> &'static str {
		match self {
			Self::PatientSummary => "patient-summary",
			Self::Prescription => "prescription",
			Self::Dispensation => "dispensation",
			Self::Imaging => "imaging",
			Self::Laboratory => "laboratory",
			Self::Discharge => "discharge",
			Self::VitalSigns => "vital-signs",
			Self::CareProcess => "care-process",
			Self::Administrative => "administrative",
			Self::Other => "other",
		}
	}

	/// The category with this name.
	pub fn from_name(name: &str) -> Option<Self> {
		Self::ALL.into_iter().find(|category| category.name() == name)
	}

	const fn bit(self) -> u16 {
		1 << self as u16
	}
}

/// A set of categories: bit `n` stands for the category with the number `n`.
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
pub struct CategorySet(pub u16);

impl CategorySet {
	/// The set without members.
	pub const EMPTY: Self = Self(0);

	/// Whether `category` is in the set.
	pub const fn contains(self, category: Category) -> bool {
		self.0 & category.bit() != 0
	}

	/// Whether every member of this set is in `other`.
	pub const fn is_subset_of(self, other: Self) -> bool {
		self.0 & !other.0 == 0
	}

	/// Whether the two sets share a member.
	pub const fn intersects(self, other: Self) -> bool {
		self.0 & other.0 != 0
	}

	/// Whether at least one bit is set and all set bits have a meaning.
	pub const fn is_valid(self) -> bool {
		self.0 != 0 && self.0 >> Category::ALL.len() == 0
	}

	/// The categories in the set, in the order of their numbers.
	pub fn iter(self) -> impl Iterator<Item = Category> {
		Category::ALL.into_iter().filter(move |category| self.contains(*category))
	}
}

impl FromIterator<Category> for CategorySet {
	fn from_iter<I: IntoIterator<Item = Category>>(categories: I) -> Self {
		Self(categories.into_iter().fold(0, |bits, category| bits | category.bit()))
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn numbers_and_names_are_stable_and_distinct() {
		for (number, category) in Category::ALL.into_iter().enumerate() {
			assert_eq!(category.encode(), [number as u8]);
			assert_eq!(Category::from_name(category.name()), Some(category));
		}
		assert_eq!(Category::from_name("unknown"), None);
	}

	#[test]
	fn empty_sets_and_unknown_bits_are_invalid() {
		assert!(!CategorySet::EMPTY.is_valid() && !CategorySet(1 << 10).is_valid());
		assert!(CategorySet::from_iter(Category::ALL).is_valid());
	}
}
