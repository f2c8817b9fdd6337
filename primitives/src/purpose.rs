//! Why somebody wants access: HL7 v3 `PurposeOfUse` codes.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// A purpose of use (code system `http://terminology.hl7.org/CodeSystem/v3-ActReason`). The number
/// of each is part of the protocol.
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
#[cfg_attr(feature = "serde", serde(rename_all = "UPPERCASE"))]
pub enum PurposeOfUse {
	/// `TREAT`: treatment.
	#[codec(index = 0)]
	Treat,
	/// `ETREAT`: emergency treatment. Covered wherever `TREAT` is, of which it is a special case.
	#[codec(index = 1)]
	Etreat,
	/// `HPAYMT`: healthcare payment.
	#[codec(index = 2)]
	Hpaymt,
	/// `HOPERAT`: healthcare operations.
	#[codec(index = 3)]
	Hoperat,
	/// `HRESCH`: healthcare research.
	#[codec(index = 4)]
	Hresch,
	/// `PUBHLTH`: public health.
	#[codec(index = 5)]
	Pubhlth,
	/// `PATRQT`: the patient asks for the own data.
	#[codec(index = 6)]
	Patrqt,
	/// `FAMRQT`: the family asks.
	#[codec(index = 7)]
	Famrqt,
	/// `COVERAGE`: coverage under a policy.
	#[codec(index = 8)]
	Coverage,
	/// `HMARKT`: healthcare marketing.
	#[codec(index = 9)]
	Hmarkt,
}

impl PurposeOfUse {
	/// All purposes, in the order of their numbers.
	pub const ALL: [Self; 10] = [
		Self::Treat,
		Self::Etreat,
		Self::Hpaymt,
		Self::Hoperat,
		Self::Hresch,
		Self::Pubhlth,
		Self::Patrqt,
		Self::Famrqt,
		Self::Coverage,
		Self::Hmarkt,
	];

	/// The HL7 code.
	pub const fn code(self) -> &'static str {
		match self {
			Self::Treat => "TREAT",
			Self::Etreat => "ETREAT",
			Self::Hpaymt => "HPAYMT",
			Self::Hoperat => "HOPERAT",
			Self::Hresch => "HRESCH",
			Self::Pubhlth => "PUBHLTH",
			Self::Patrqt => "PATRQT",
			Self::Famrqt => "FAMRQT",
			Self::Coverage => "COVERAGE",
			Self::Hmarkt => "HMARKT",
		}
	}

	/// The purpose with this HL7 code, in upper case.
	pub fn from_code(code: &str) -> Option<Self> {
		Self::ALL.into_iter().find(|purpose| purpose.code() == code)
	}

	const fn bit(self) -> u16 {
		1 << self as u16
	}
}

/// A set of purposes: bit `n` stands for the purpose with the number `n`.
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
pub struct PurposeSet(pub u16);

impl PurposeSet {
	/// Whether `purpose` is covered: it is in the set, or is `ETREAT` while `TREAT` is in the set.
	pub const fn covers(self, purpose: PurposeOfUse) -> bool {
		let wanted = match purpose {
			PurposeOfUse::Etreat => PurposeOfUse::Etreat.bit() | PurposeOfUse::Treat.bit(),
			other => other.bit(),
		};
		self.0 & wanted != 0
	}

	/// Whether at least one bit is set and all set bits have a meaning.
	pub const fn is_valid(self) -> bool {
		self.0 != 0 && self.0 >> PurposeOfUse::ALL.len() == 0
	}

	/// The purposes in the set, in the order of their numbers.
	pub fn iter(self) -> impl Iterator<Item = PurposeOfUse> {
		PurposeOfUse::ALL.into_iter().filter(move |purpose| self.0 & purpose.bit() != 0)
	}
}

impl FromIterator<PurposeOfUse> for PurposeSet {
	fn from_iter<I: IntoIterator<Item = PurposeOfUse>>(purposes: I) -> Self {
		Self(purposes.into_iter().fold(0, |bits, purpose| bits | purpose.bit()))
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn numbers_and_codes_are_stable_and_distinct() {
		for (number, purpose) in PurposeOfUse::ALL.into_iter().enumerate() {
			assert_eq!(purpose.encode(), [number as u8]);
			assert_eq!(PurposeOfUse::from_code(purpose.code()), Some(purpose));
		}
		assert_eq!(PurposeOfUse::from_code("treat"), None);
	}

	#[test]
	fn emergency_treatment_is_covered_by_treatment_but_not_the_other_way() {
		let treat = PurposeSet::from_iter([PurposeOfUse::Treat]);
		let etreat = PurposeSet::from_iter([PurposeOfUse::Etreat]);
		assert!(treat.covers(PurposeOfUse::Etreat) && !etreat.covers(PurposeOfUse::Treat));
		assert!(!treat.covers(PurposeOfUse::Hresch));
	}

	#[test]
	fn empty_sets_and_unknown_bits_are_invalid() {
		assert!(!PurposeSet(0).is_valid() && !PurposeSet(1 << 10).is_valid());
		assert!(PurposeSet((1 << 10) - 1).is_valid());
	}
}
