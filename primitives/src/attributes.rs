//! What a decision needs to know of a record's content, without the chain knowing it.
//!
//! The chain holds only a salted hash of the [`Attributes`]. Their opening is lodged with the
//! record's custodian, who carries it to each decision.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use crate::{category::CategorySet, hash::Domain, Digest};

/// How confidential a record is (HL7 v3 `Confidentiality`), in rising order.
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
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Sensitivity {
	/// `N`: as confidential as health data always is.
	#[default]
	#[codec(index = 0)]
	Normal,
	/// `R`: psychiatry, substance use, HIV, sexual health and the like.
	#[codec(index = 1)]
	Restricted,
	/// `V`: held back even from most of those who treat.
	#[codec(index = 2)]
	VeryRestricted,
}

/// The span of clinical time that a record covers, both ends included, in milliseconds since the
/// Unix epoch (negative before 1970).
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
pub struct DataPeriod {
	/// The earliest clinical moment in the record.
	pub start: i64,
	/// The latest clinical moment in the record; not before `start`.
	pub end: i64,
}

impl DataPeriod {
	/// Whether the ends are in order.
	pub const fn is_valid(&self) -> bool {
		self.start <= self.end
	}

	/// Whether all of `other` lies in this period.
	pub const fn includes(&self, other: &Self) -> bool {
		self.start <= other.start && other.end <= self.end
	}

	/// Whether the two periods share a moment.
	pub const fn overlaps(&self, other: &Self) -> bool {
		self.start <= other.end && other.start <= self.end
	}
}

/// What scopes of a grant refer to.
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
pub struct Attributes {
	/// The categories of everything in the record; never empty.
	pub categories: CategorySet,
	/// The highest confidentiality of anything in the record.
	pub sensitivity: Sensitivity,
	/// The clinical time that the record covers; none if it is not known.
	pub period: Option<DataPeriod>,
}

/// The attributes with the salt that hides them behind their digest.
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
pub struct AttributesOpening {
	/// 32 random bytes, used for this record only.
	#[cfg_attr(feature = "serde", serde(with = "crate::json::hex"))]
	pub salt: [u8; 32],
	/// The attributes themselves.
	pub attributes: Attributes,
}

impl AttributesOpening {
	/// `H("ward/attributes/v1", salt ‖ attributes)`: what the chain stores.
	pub fn digest(&self) -> Digest {
		Domain::Attributes.hash(self)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_salt_hides_equal_attributes() {
		let attributes = Attributes {
			categories: CategorySet(1),
			sensitivity: Sensitivity::Normal,
			period: None,
		};
		let a = AttributesOpening { salt: [1; 32], attributes };
		let b = AttributesOpening { salt: [2; 32], attributes };
		assert_ne!(a.digest(), b.digest());
		assert_eq!(a.digest(), AttributesOpening { salt: [1; 32], attributes }.digest());
	}

	#[test]
	fn periods_include_their_ends() {
		let year = DataPeriod { start: 0, end: 10 };
		assert!(year.includes(&year) && year.overlaps(&DataPeriod { start: 10, end: 20 }));
		assert!(!year.includes(&DataPeriod { start: 5, end: 11 }));
		assert!(!year.overlaps(&DataPeriod { start: 11, end: 20 }));
		assert!(!DataPeriod { start: 1, end: 0 }.is_valid());
	}
}
