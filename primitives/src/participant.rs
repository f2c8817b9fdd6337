//! Who takes part: identities, their roles, their keys and a center's public row.

use bounded_collections::{BoundedVec, ConstU32};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use crate::{hash::Domain, Digest, Interval, KeyBytes, Moment, Timeline};

/// An identity on the chain: a number that the chain assigns. Keys come and go, the number stays.
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
pub struct ParticipantId(pub u64);

impl core::fmt::Display for ParticipantId {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		self.0.fmt(f)
	}
}

/// What a participant is in the consortium. Fixed when it is enrolled.
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
pub enum Role {
	/// Accredits medical centers, reviews emergencies, recalls devices.
	#[codec(index = 0)]
	HealthAuthority,
	/// A hospital or practice: runs a vault and a node, or is the guest of one that does.
	#[codec(index = 1)]
	MedicalCenter,
	/// A doctor, nurse or other clinician (FHIR `Practitioner`).
	#[codec(index = 2)]
	Practitioner,
	/// The person whom records are about (FHIR `Patient`).
	#[codec(index = 3)]
	Patient,
	/// A measuring device with a key of its own (FHIR `Device`).
	#[codec(index = 4)]
	Device,
	/// Reads for research under a permit, never for care.
	#[codec(index = 5)]
	Researcher,
}

impl Role {
	/// The role whose holders may enrol this one; none where only the consortium's council may.
	pub const fn sponsor(self) -> Option<Self> {
		match self {
			Self::HealthAuthority => None,
			Self::MedicalCenter => Some(Self::HealthAuthority),
			Self::Practitioner | Self::Patient | Self::Device | Self::Researcher => {
				Some(Self::MedicalCenter)
			},
		}
	}

	/// Whether holders of this role work for a center, so that they can be affiliated with one.
	pub const fn can_be_affiliated(self) -> bool {
		matches!(self, Self::Practitioner | Self::Device)
	}
}

/// What a key may be used for: a set of bits.
///
/// A receipt or witness key can do nothing else, so a program that runs unattended never holds a
/// key that could grant, anchor or govern.
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
pub struct KeyRoles(pub u8);

impl KeyRoles {
	/// Signs the participant's own calls and requests.
	pub const ACT: Self = Self(1);
	/// Enrols others and administers those enrolled.
	pub const ENROL: Self = Self(1 << 1);
	/// Votes in the council.
	pub const GOVERN: Self = Self(1 << 2);
	/// Signs deposit and storage receipts in a vault. Signs no call.
	pub const RECEIPT: Self = Self(1 << 3);
	/// Signs what an authority's off-chain worker asks vaults for and reports of them. Signs no call.
	pub const WITNESS: Self = Self(1 << 4);
	/// The keys of programs that run unattended: they sign no call, and each stands alone.
	pub const UNATTENDED: Self = Self(Self::RECEIPT.0 | Self::WITNESS.0);
	/// Every bit that has a meaning.
	pub const ALL: Self = Self(0b1_1111);
	/// The bits of a person's or a center's main key.
	pub const MAIN: Self = Self(Self::ACT.0 | Self::ENROL.0 | Self::GOVERN.0);

	/// Whether every bit of `other` is set here.
	pub const fn contains(self, other: Self) -> bool {
		self.0 & other.0 == other.0
	}

	/// Whether at least one bit is set, all set bits have a meaning, and `RECEIPT` and `WITNESS`
	/// each stand alone.
	pub const fn is_valid(self) -> bool {
		let known = self.0 != 0 && self.0 & !Self::ALL.0 == 0;
		let unattended = self.0 & Self::UNATTENDED.0 != 0;
		known && (!unattended || self.0.is_power_of_two())
	}

	/// Both sets joined.
	pub const fn union(self, other: Self) -> Self {
		Self(self.0 | other.0)
	}
}

/// How data keys are wrapped for a recipient.
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
pub enum SealingSuite {
	/// HPKE (RFC 9180) with X-Wing (X25519 and ML-KEM-768), HKDF-SHA256, ChaCha20-Poly1305.
	#[codec(index = 1)]
	XWing,
}

impl SealingSuite {
	/// The length of a public key of this suite in bytes.
	pub const fn public_key_len(self) -> usize {
		match self {
			Self::XWing => 1_216,
		}
	}
}

/// A participant's sealing key as the chain knows it. The key itself, over a kilobyte, travels with
/// the request and is checked against the digest.
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
pub struct SealingKey {
	/// The suite that the key belongs to.
	pub suite: SealingSuite,
	/// `H("ward/sealing-key/v1", suite ‖ key)`, see [`SealingKey::of`].
	#[cfg_attr(feature = "serde", serde(with = "crate::json::hex"))]
	pub digest: Digest,
}

impl SealingKey {
	/// The chain's form of a public sealing key.
	pub fn of(suite: SealingSuite, public_key: &[u8]) -> Self {
		Self { suite, digest: Domain::SealingKey.hash(&(suite, public_key)) }
	}

	/// Whether `public_key` is the key that this digest was made from.
	pub fn matches(&self, public_key: &[u8]) -> bool {
		*self == Self::of(self.suite, public_key)
	}
}

/// How long before its end a limit of activity counts as a stop, in milliseconds: 30 days, in which the
/// council can meet and vote.
pub const NOTICE: Moment = 30 * 24 * 3_600_000;

/// Whether a participant may act, as far as its own row says.
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
pub enum Condition {
	/// May act until the end of its active interval, if that has one.
	#[codec(index = 0)]
	Active,
	/// Stopped by its sponsor, who may reinstate it.
	#[codec(index = 1)]
	Suspended,
	/// Stopped at once by itself or its sponsor, who alone may reinstate it.
	#[codec(index = 2)]
	Frozen,
	/// Gone for good.
	#[codec(index = 3)]
	Deactivated,
}

/// A participant as the chain stores it.
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
pub struct ParticipantRow {
	/// What it is.
	pub role: Role,
	/// Who enrolled it and administers it; none for those that the consortium admitted.
	pub sponsor: Option<ParticipantId>,
	/// Its condition.
	pub condition: Condition,
	/// When it was active.
	pub active: Timeline,
	/// The key to which data keys are wrapped for it.
	pub sealing_key: SealingKey,
	/// When it was enrolled.
	pub enrolled_at: Moment,
}

/// A key as the chain stores it. It stays when it is retired: signatures made before stay checkable,
/// and a key never comes to belong to somebody else.
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
pub struct KeyRow {
	/// Whose key it is.
	pub participant: ParticipantId,
	/// What it may be used for.
	pub roles: KeyRoles,
	/// From attachment to retirement.
	pub live: Interval,
}

/// The longest vault address, in bytes of its URL.
pub const MAX_ENDPOINT_LEN: u32 = 128;

/// The longest release key, in bytes: an X-Wing public key.
pub const MAX_RELEASE_KEY_LEN: u32 = 1_216;

/// What a medical center that runs a vault publishes about it.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct VaultRow {
	/// The vault's base URL: `https://`, or `http://` on a loopback address for development.
	#[cfg_attr(feature = "serde", serde(with = "crate::json::text"))]
	pub endpoint: BoundedVec<u8, ConstU32<MAX_ENDPOINT_LEN>>,
	/// The Ed25519 key with which the vault signs receipts. It is attached to the center with the
	/// [`KeyRoles::RECEIPT`] bit.
	#[cfg_attr(feature = "serde", serde(with = "crate::json::hex"))]
	pub receipt_key: KeyBytes,
	/// The suite of `release_key`.
	pub release_suite: SealingSuite,
	/// The public key to which data keys are wrapped for the vault's release service, in full.
	#[cfg_attr(feature = "serde", serde(with = "crate::json::hex"))]
	pub release_key: BoundedVec<u8, ConstU32<MAX_RELEASE_KEY_LEN>>,
}

impl VaultRow {
	/// Whether the endpoint is a URL that Ward accepts: `https://`, or `http://` on loopback; a
	/// host, no user, no query, no fragment, only printable ASCII.
	pub fn endpoint_is_valid(&self) -> bool {
		let Ok(url) = core::str::from_utf8(&self.endpoint) else { return false };
		if !url.bytes().all(|b| b.is_ascii_graphic() && !b"@?#\\\"<>".contains(&b)) {
			return false;
		}
		let (host, loopback_only) =
			match (url.strip_prefix("https://"), url.strip_prefix("http://")) {
				(Some(rest), _) => (rest, false),
				(_, Some(rest)) => (rest, true),
				_ => return false,
			};
		let authority = host.split('/').next().unwrap_or_default();
		let is_loopback = ["127.0.0.1", "localhost", "[::1]"].iter().any(|name| {
			authority
				.strip_prefix(name)
				.is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
		});
		!authority.is_empty() && !authority.starts_with(':') && (!loopback_only || is_loopback)
	}

	/// Whether the release key has the length that its suite demands.
	pub fn release_key_is_valid(&self) -> bool {
		self.release_key.len() == self.release_suite.public_key_len()
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn vault(endpoint: &str) -> VaultRow {
		VaultRow {
			endpoint: endpoint.as_bytes().to_vec().try_into().expect("a short URL; qed"),
			receipt_key: [1; 32],
			release_suite: SealingSuite::XWing,
			release_key: Default::default(),
		}
	}

	#[test]
	fn only_https_or_loopback_endpoints_are_valid() {
		for good in [
			"https://vault.hospital.example",
			"https://vault.hospital.example:8443/ward",
			"http://127.0.0.1:4001",
			"http://localhost",
			"http://[::1]:80/",
		] {
			assert!(vault(good).endpoint_is_valid(), "{good}");
		}
		for bad in [
			"",
			"https://",
			"https:///path",
			"https://:443",
			"ftp://vault.example",
			"http://vault.example",
			"http://127.0.0.1.evil.example",
			"http://localhost.evil.example",
			"https://user@vault.example",
			"https://vault.example?x=1",
			"https://vault.example#x",
			"https://vault example",
			"https://vault.example\n",
		] {
			assert!(!vault(bad).endpoint_is_valid(), "{bad}");
		}
	}

	#[test]
	fn unattended_key_roles_stand_alone() {
		assert!(KeyRoles::RECEIPT.is_valid() && KeyRoles::WITNESS.is_valid());
		assert!(KeyRoles::MAIN.is_valid() && KeyRoles::ACT.is_valid());
		assert!(!KeyRoles(0).is_valid() && !KeyRoles(1 << 5).is_valid());
		assert!(!KeyRoles::RECEIPT.union(KeyRoles::ACT).is_valid());
		assert!(!KeyRoles::RECEIPT.union(KeyRoles::WITNESS).is_valid());
	}
}
