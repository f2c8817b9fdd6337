//! # Participants Pallet
//!
//! Who takes part in the consortium, with which keys, and how participants relate to each other.
//!
//! ## Pallet API
//!
//! See the [`pallet`] module for more information about the interfaces this pallet exposes,
//! including its configuration trait, dispatchables, storage items, events and errors. Other pallets
//! meet it through [`ActingParticipant`](ward_primitives::traits::ActingParticipant) and
//! [`ReadParticipants`](ward_primitives::traits::ReadParticipants).
//!
//! ## Overview
//!
//! Every person, device and organization has a number. Keys belong to a number; they come and go,
//! the number stays. The consortium admits health authorities, a health authority accredits medical
//! centers, and a medical center enrols practitioners, patients, devices and researchers. Whoever
//! enrols another is its *sponsor* and administers it. Nobody is registered without having signed
//! for it, and no name, no birth date and no free text is on the chain.
//!
//! Nothing is deleted and nothing is backdated: a status or relation that ends keeps the interval in
//! which it held, so what was allowed at a past moment can be decided at any later time.
//!
//! ### Scenario: a patient joins
//!
//! 1. A patient's phone makes a key pair and signs an enrolment that names the medical center, a
//!    moment some hours ahead and, if the patient agrees, care.
//! 2. The center sends [`Call::enrol`] with that signature. The patient needs no funds and no prior
//!    account, has a number from then on, and with care the center's staff may write records.
//! 3. The patient ends it with [`Call::end_care`] whenever it likes.
//!
//! ### Scenario: a stolen key
//!
//! 1. A practitioner whose laptop is stolen sends [`Call::freeze`] from the phone, or the center does:
//!    from that block on no decision permits the practitioner anything.
//! 2. The phone's key retires the stolen one with [`Call::retire_key`], which works while frozen.
//! 3. The center reinstates the practitioner. Signatures made before the theft stay checkable.
//!
//! ## Low Level / Implementation Details
//!
//! ### Terminology
//!
//! - **Participant**: a number with a role, a sponsor, a condition and a sealing key.
//! - **Key**: an account mapped to a participant once and for all, with the uses it is good for.
//! - **Relation**: an affiliation (member, center), care (patient, center) or pairing (device,
//!   patient).
//! - **Timeline**: the latest interval of a status or relation, and its generation; earlier
//!   intervals are in a map of their own.
//! - **Administrator**: a participant's sponsor; while that is not active, the next one up the line
//!   of sponsorship; at the top the consortium.
//! - **Standing**: whether a participant may act. Other pallets hear of every change through
//!   [`OnStanding`](ward_primitives::traits::OnStanding).
//!
//! ### Design
//!
//! Whether a participant is active at a moment is solely whether its active interval contains that
//! moment; the condition says why an interval ended and what may follow. Ending writes the end in
//! place and never needs free capacity. The files are named after what they keep: `enrolment`,
//! `keys`, `standing`, `relations`, `vaults`, and `timeline`, the mechanism under three of them.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod calls;
mod enrolment;
mod errors;
mod events;
mod keys;
mod reads;
mod relations;
mod standing;
mod timeline;
#[cfg(any(feature = "try-runtime", test))]
mod try_state;
mod vaults;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;
pub mod weights;

use frame_support::pallet_macros::import_section;

#[cfg(feature = "runtime-benchmarks")]
pub use benchmarking::BenchmarkHelper;
pub use enrolment::{GenesisParticipant, CONSORTIUM, NO_SEALING_KEY};
pub use pallet::*;
pub use weights::WeightInfo;

/// The pallet. Its calls, events and errors are in `calls.rs`, `events.rs` and `errors.rs`.
#[import_section(calls::calls)]
#[import_section(events::events)]
#[import_section(errors::errors)]
#[frame_support::pallet]
#[allow(unused_qualifications)] // What the macro expands to is not ours to shorten.
pub mod pallet {
	use alloc::vec::Vec;
	use frame_support::{
		pallet_prelude::*,
		traits::{ConstU64, Time},
	};
	use frame_system::pallet_prelude::*;
	use sp_runtime::{
		traits::{IdentifyAccount, Verify},
		MultiSignature,
	};
	use ward_primitives::{
		participant::SealingKey,
		traits::{ActingParticipant, OnStanding, ReadParticipants},
		Digest, Interval, KeyBytes, KeyRoles, KeyRow, Moment, ParticipantId, ParticipantRow, Role,
		Timeline, VaultRow,
	};

	use crate::{
		enrolment::{GenesisParticipant, Newcomer},
		keys::signs_calls,
		timeline::{last_started, Pair},
		WeightInfo,
	};

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// What the pallet needs from the runtime.
	#[pallet::config]
	pub trait Config:
		frame_system::Config<AccountId: From<KeyBytes> + Into<KeyBytes>, Hash: Into<Digest>>
	{
		/// The chain's clock, in milliseconds since the Unix epoch.
		type Time: Time<Moment = Moment>;

		/// Speaks for the consortium: admits health authorities and administers them.
		type AdmitOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// The signature of a proof. Receipt keys are recognized by its Ed25519 variant.
		type Signature: Parameter
			+ Into<MultiSignature>
			+ Verify<Signer: IdentifyAccount<AccountId = Self::AccountId>>;

		/// How far ahead, in milliseconds, the end of a proof's validity may lie: hours, so that a
		/// signature that went astray is soon worthless.
		#[pallet::constant]
		type MaxProofValidity: Get<Moment>;

		/// The most centers that a participant can ever be affiliated with. Each decision about it
		/// reads all of them.
		#[pallet::constant]
		type MaxAffiliations: Get<u32>;

		/// The most health authorities that the consortium can ever admit: they sit in the council.
		#[pallet::constant]
		type MaxHealthAuthorities: Get<u32>;

		/// Is told when a participant's standing changes: the council follows it.
		type OnStanding: OnStanding;

		/// Weights of the calls, from the benchmarks.
		type WeightInfo: WeightInfo;

		/// Sets the scene for the benchmarks.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: crate::BenchmarkHelper;
	}

	/// The number that the next participant gets. Numbers start at 1; 0 stands for the consortium.
	#[pallet::storage]
	pub type NextParticipantId<T> = StorageValue<_, u64, ValueQuery, ConstU64<1>>;

	/// Every participant there ever was, by number.
	// Twox64Concat here and below: the keys are numbers that the chain assigns.
	#[pallet::storage]
	pub type Participants<T> = StorageMap<_, Twox64Concat, ParticipantId, ParticipantRow>;

	/// Every health authority there ever was, in the order of admission. Nobody is taken off: readers
	/// ask who of them is active.
	#[pallet::storage]
	pub type HealthAuthorities<T: Config> =
		StorageValue<_, BoundedVec<ParticipantId, T::MaxHealthAuthorities>, ValueQuery>;

	/// Earlier active intervals of participants that were reinstated, by number and generation.
	#[pallet::storage]
	pub type PastActive<T> = StorageMap<_, Twox64Concat, (ParticipantId, u32), Interval>;

	/// Every key there ever was: whose it is, what it may be used for, and since and until when.
	// Blake2_128Concat: whoever signs for a key chooses it.
	#[pallet::storage]
	pub type Keys<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, KeyRow>;

	/// How many live keys of a participant can act: never none, or it could not act again.
	#[pallet::storage]
	pub type ActingKeys<T> = StorageMap<_, Twox64Concat, ParticipantId, u32, ValueQuery>;

	/// The vaults of medical centers: where they are and which keys they use.
	#[pallet::storage]
	pub type Vaults<T> = StorageMap<_, Twox64Concat, ParticipantId, VaultRow>;

	/// When a practitioner or device works for a medical center: by member, then center.
	#[pallet::storage]
	pub type Affiliations<T> =
		StorageDoubleMap<_, Twox64Concat, ParticipantId, Twox64Concat, ParticipantId, Timeline>;

	/// Earlier affiliations that were opened again, by (member, center) and generation.
	#[pallet::storage]
	pub type PastAffiliations<T> = StorageMap<_, Twox64Concat, (Pair, u32), Interval>;

	/// The centers that a participant is or was ever affiliated with, each once.
	#[pallet::storage]
	pub type AffiliatedCenters<T: Config> = StorageMap<
		_,
		Twox64Concat,
		ParticipantId,
		BoundedVec<ParticipantId, T::MaxAffiliations>,
		ValueQuery,
	>;

	/// When a patient is in the care of a medical center, whose staff may then write: by patient,
	/// then center.
	#[pallet::storage]
	pub type Care<T> =
		StorageDoubleMap<_, Twox64Concat, ParticipantId, Twox64Concat, ParticipantId, Timeline>;

	/// Earlier care relationships that were opened again, by (patient, center) and generation.
	#[pallet::storage]
	pub type PastCare<T> = StorageMap<_, Twox64Concat, (Pair, u32), Interval>;

	/// When a device measures a patient, so that it may write for it: by device, then patient.
	#[pallet::storage]
	pub type Pairings<T> =
		StorageDoubleMap<_, Twox64Concat, ParticipantId, Twox64Concat, ParticipantId, Timeline>;

	/// Earlier pairings that were opened again, by (device, patient) and generation.
	#[pallet::storage]
	pub type PastPairings<T> = StorageMap<_, Twox64Concat, (Pair, u32), Interval>;

	/// Who takes part from the first block on.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// The founding participants, each sponsor before those it sponsors; the first gets number 1.
		pub participants: Vec<GenesisParticipant<T::AccountId>>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			Pallet::<T>::enrol_at_genesis(&self.participants)
				.unwrap_or_else(|error| panic!("genesis participants: {error:?}"));
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn integrity_test() {
			assert!(T::MaxAffiliations::get() > 0, "enrolling staff opens an affiliation");
			assert!(T::MaxProofValidity::get() > 0, "no proof would ever be valid");
			assert!(T::MaxHealthAuthorities::get() > 0, "nobody could accredit a center");
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::view_functions]
	impl<T: Config> Pallet<T> {
		/// A participant's row: role, sponsor, condition, active interval and sealing key.
		pub fn participant(id: ParticipantId) -> Option<ParticipantRow> {
			Participants::<T>::get(id)
		}

		/// When a participant was last active at or before a moment; compare its end to know whether
		/// it still was.
		pub fn status(id: ParticipantId, at: Moment) -> Option<Timeline> {
			Self::active_at(id, at).map(|(_, active)| active)
		}

		/// A key's row: whose it is, what it may be used for, and since and until when.
		pub fn key(account: T::AccountId) -> Option<KeyRow> {
			Keys::<T>::get(account)
		}

		/// The vault of a medical center, if it runs one.
		pub fn vault(center: ParticipantId) -> Option<VaultRow> {
			Vaults::<T>::get(center)
		}

		/// The centers that a participant was affiliated with up to a moment, with the last interval
		/// of each that had started by then.
		pub fn affiliations(member: ParticipantId, at: Moment) -> Vec<(ParticipantId, Interval)> {
			<Self as ReadParticipants>::affiliations(member, at)
		}

		/// The centers that a patient was in the care of up to a moment, with the last interval of
		/// each that had started by then.
		pub fn care_of(patient: ParticipantId, at: Moment) -> Vec<(ParticipantId, Timeline)> {
			Care::<T>::iter_prefix(patient)
				.filter_map(|(center, care)| {
					let care = last_started::<_, PastCare<T>>(care, (patient, center), at)?;
					Some((center, care))
				})
				.collect()
		}

		/// The patients that a device was paired with up to a moment, with the last interval of each
		/// that had started by then.
		pub fn pairings_of(device: ParticipantId, at: Moment) -> Vec<(ParticipantId, Timeline)> {
			Pairings::<T>::iter_prefix(device)
				.filter_map(|(patient, pairing)| {
					let key = (device, patient);
					Some((patient, last_started::<_, PastPairings<T>>(pairing, key, at)?))
				})
				.collect()
		}

		/// The Ed25519 key with which a center signs receipts now; none if it runs no vault, its key
		/// is retired, or it is not active.
		pub fn receipt_key_of(center: ParticipantId) -> Option<KeyBytes> {
			Self::live_receipt_key(center)
		}
	}
}
