//! # Consent
//!
//! What patients allow and forbid: requests, grants and exclusions.
//!
//! ## Pallet API
//!
//! See the [`pallet`] module for the calls, events, errors, constants and storage of this pallet.
//!
//! ## Overview
//!
//! Nobody reads a patient's records unless something on the chain permits it, and mostly that is a
//! grant: the patient names a practitioner or a center, what it may do, for which purposes, with
//! which records, and until when. The patient can change or withdraw it at any moment, and can
//! exclude somebody altogether. What was allowed at any past moment stays on the chain for good.
//!
//! ### Terminology
//!
//! - **Request**: a practitioner's or center's wish for a grant. It grants nothing.
//! - **Grant**: a patient's permission to one grantee, with [`GrantTerms`](ward_primitives::GrantTerms) and an interval.
//! - **Generation**: a grant as it stood until it was amended. Amending starts the next one.
//! - **Exclusion**: a patient's refusal of a practitioner or center, whatever else permits it.
//!
//! ### Scenario: a second opinion
//!
//! 1. A specialist requests laboratory and imaging records for treatment.
//! 2. The patient grants imaging only, for 30 days. The request is closed.
//! 3. The specialist's vault decides on the grant and releases the images.
//! 4. The patient withdraws the grant: from this block on nothing is released.
//!
//! ## Low Level / Implementation Details
//!
//! ### Design
//!
//! - Nothing is backdated. A grant starts now or later, and ends now or later.
//! - Ending writes the end into the row that is there, so it needs no room and cannot fail for want
//!   of it. Withdrawing and excluding work for a patient who is suspended or frozen, too.
//! - For decisions about the present, `RecentGrants` lists what is not over for a patient and a
//!   grantee, in a bounded list. What is over leaves it only when room is needed, so that a
//!   decision can tell "your grant has ended" from "you never had one".
//! - For decisions about the past, all grants are read, the newest 1,024 of a pair at most. To
//!   leave out older ones can only deny.

#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

pub use pallet::*;
pub use reading::{MAX_PAGE, MAX_PAST_GRANTS};
pub use weights::WeightInfo;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod exclusions;
mod grants;
mod reading;
mod requests;
#[cfg(any(feature = "try-runtime", test))]
mod try_state;
pub mod weights;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

#[cfg(feature = "runtime-benchmarks")]
pub use benchmarking::BenchmarkHelper;

#[allow(unused_qualifications)] // What the macro expands to is not ours to shorten.
#[frame_support::pallet]
pub mod pallet {
	use alloc::vec::Vec;
	use frame_support::{pallet_prelude::*, traits::Time};
	use frame_system::pallet_prelude::*;
	use ward_primitives::{
		traits::{ActingParticipant, ReadParticipants, ReadRecords},
		AccessRequest, Grant, GrantId, GrantTerms, Interval, KeyRoles, Moment, ParticipantId,
		Timeline,
	};

	use crate::WeightInfo;

	#[pallet::pallet]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config: frame_system::Config {
		/// The clock, in milliseconds since the Unix epoch.
		type Time: Time<Moment = u64>;

		/// Who takes part: patients, practitioners and centers.
		type Participants: ActingParticipant<Self::AccountId, DispatchError> + ReadParticipants;

		/// The records that scopes name.
		type Records: ReadRecords;

		/// The most grants of one patient to one grantee that are not over at the same time. Each
		/// of them is read for each decision.
		#[pallet::constant]
		type MaxLiveGrants: Get<u32>;

		/// What the calls weigh.
		type WeightInfo: WeightInfo;

		/// Prepares participants and records for the benchmarks.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: crate::BenchmarkHelper<Self::AccountId>;
	}

	/// The number of the next grant.
	#[pallet::storage]
	pub type NextGrantId<T: Config> = StorageValue<_, GrantId, ValueQuery>;

	/// Every grant, in its latest generation.
	// Twox here and below: all keys are numbers that the chain assigns one after the other.
	#[pallet::storage]
	pub type Grants<T: Config> = StorageMap<_, Twox64Concat, GrantId, Grant>;

	/// The earlier generations of grants that were amended.
	#[pallet::storage]
	pub type PastGrants<T: Config> =
		StorageDoubleMap<_, Twox64Concat, GrantId, Twox64Concat, u32, Grant>;

	/// A patient's grants, numbered from 0 in the order in which they were given.
	#[pallet::storage]
	pub type PatientGrants<T: Config> =
		StorageDoubleMap<_, Twox64Concat, ParticipantId, Twox64Concat, u64, GrantId>;

	/// How many grants a patient has given.
	#[pallet::storage]
	pub type PatientGrantCount<T: Config> =
		StorageMap<_, Twox64Concat, ParticipantId, u64, ValueQuery>;

	/// A patient's grants to one grantee, numbered from 0 in the order in which they were given:
	/// for decisions about the past.
	#[pallet::storage]
	pub type GrantsTo<T: Config> = StorageNMap<
		_,
		(
			NMapKey<Twox64Concat, ParticipantId>,
			NMapKey<Twox64Concat, ParticipantId>,
			NMapKey<Twox64Concat, u64>,
		),
		GrantId,
	>;

	/// How many grants a patient has given to one grantee.
	#[pallet::storage]
	pub type GrantsToCount<T: Config> = StorageDoubleMap<
		_,
		Twox64Concat,
		ParticipantId,
		Twox64Concat,
		ParticipantId,
		u64,
		ValueQuery,
	>;

	/// A patient's grants to one grantee that are not over, and as many that are over as there is
	/// room for: for decisions about the present.
	#[pallet::storage]
	pub type RecentGrants<T: Config> = StorageDoubleMap<
		_,
		Twox64Concat,
		ParticipantId,
		Twox64Concat,
		ParticipantId,
		BoundedVec<GrantId, T::MaxLiveGrants>,
		ValueQuery,
	>;

	/// When a patient excluded a practitioner or center: the latest interval.
	#[pallet::storage]
	pub type Exclusions<T: Config> =
		StorageDoubleMap<_, Twox64Concat, ParticipantId, Twox64Concat, ParticipantId, Timeline>;

	/// The earlier intervals of exclusions that were repeated, by patient, excluded and generation.
	#[pallet::storage]
	pub type PastExclusions<T: Config> = StorageNMap<
		_,
		(
			NMapKey<Twox64Concat, ParticipantId>,
			NMapKey<Twox64Concat, ParticipantId>,
			NMapKey<Twox64Concat, u32>,
		),
		Interval,
	>;

	/// The latest request to a patient of each requester.
	// One row for each pair: a new request takes the place of the one before.
	#[pallet::storage]
	pub type Requests<T: Config> = StorageDoubleMap<
		_,
		Twox64Concat,
		ParticipantId,
		Twox64Concat,
		ParticipantId,
		AccessRequest,
	>;

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// Somebody asked a patient for a grant.
		Requested {
			/// The patient.
			patient: ParticipantId,
			/// The practitioner or center that asks.
			requester: ParticipantId,
		},
		/// A requester took its request back.
		RequestCancelled {
			/// The patient.
			patient: ParticipantId,
			/// The practitioner or center that had asked.
			requester: ParticipantId,
		},
		/// A patient declined a request.
		RequestDeclined {
			/// The patient.
			patient: ParticipantId,
			/// The practitioner or center that had asked.
			requester: ParticipantId,
		},
		/// A patient gave a grant.
		Granted {
			/// The grant.
			grant: GrantId,
			/// The patient.
			patient: ParticipantId,
			/// The practitioner or center that it is given to.
			grantee: ParticipantId,
		},
		/// A patient amended a grant.
		Amended {
			/// The grant.
			grant: GrantId,
			/// The number of the new generation.
			generation: u32,
			/// The patient.
			patient: ParticipantId,
			/// The grantee.
			grantee: ParticipantId,
		},
		/// A patient withdrew a grant.
		Withdrawn {
			/// The grant.
			grant: GrantId,
			/// The patient.
			patient: ParticipantId,
			/// The grantee.
			grantee: ParticipantId,
		},
		/// A patient excluded a practitioner or center.
		Excluded {
			/// The patient.
			patient: ParticipantId,
			/// Whom the patient excluded.
			excluded: ParticipantId,
		},
		/// A patient ended an exclusion.
		ExclusionEnded {
			/// The patient.
			patient: ParticipantId,
			/// Who is no longer excluded.
			excluded: ParticipantId,
		},
	}

	#[pallet::error]
	pub enum Error<T> {
		/// There is no grant, request or exclusion like that. Check the numbers.
		NotFound,
		/// The grant is another patient's. Only the patient who gave it can change or end it.
		NotAuthorized,
		/// Only patients give grants and exclude. Sign with a patient's key.
		NotAPatient,
		/// The participant that is asked is not a patient. Check its number.
		UnknownPatient,
		/// Grants and exclusions name practitioners and medical centers only, and only these make
		/// requests. Check the number.
		WrongRole,
		/// The grantee is not active now. Wait until it is reinstated, or name another.
		InactiveGrantee,
		/// A part of the terms makes no sense by itself: an empty set, an unknown bit, a reversed
		/// period, or an exception that takes everything away. Correct the terms.
		InvalidTerms,
		/// A record that the scope or an exception names is not on the chain or is another
		/// patient's. Name the patient's own anchored records.
		UnknownRecord,
		/// The grant would start in the past. Leave `from` out to start now.
		Backdated,
		/// The end does not lie after the start, or not after now. Choose a later end or leave it
		/// out.
		InvalidInterval,
		/// There are `MaxLiveGrants` grants to this grantee already that are not over. Withdraw or
		/// amend one of them.
		TooManyGrants,
		/// The grant is over already. Give a new one if that is meant.
		AlreadyEnded,
		/// The request was answered or cancelled already. Nothing is left to do.
		AlreadyClosed,
		/// The participant is excluded already. Nothing is left to do.
		AlreadyExcluded,
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Asks a patient for a grant.
		///
		/// ## Dispatch Origin
		///
		/// Signed with an `act` key of an active practitioner or medical center, who asks for
		/// itself.
		///
		/// ## Details
		///
		/// The request grants nothing. It takes the place of the requester's earlier request to
		/// this patient, open or not. `until` tells for how long the grant is wished.
		///
		/// ## Errors
		///
		/// - `KeyRoleMissing`, `NotActive`: the signing key, or its participant, may not act now.
		/// - `WrongRole`: the requester is neither a practitioner nor a medical center.
		/// - `UnknownPatient`: the one who is asked is not a patient.
		/// - `InvalidTerms`, `InvalidInterval`: the wish makes no sense.
		///
		/// ## Events
		///
		/// - `Requested`.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::request())]
		pub fn request(
			origin: OriginFor<T>,
			patient: ParticipantId,
			terms: GrantTerms,
			until: Option<Moment>,
		) -> DispatchResult {
			let account = ensure_signed(origin)?;
			let requester = T::Participants::ensure_acting(&account, KeyRoles::ACT)?;
			Self::do_request(requester, patient, terms, until)
		}

		/// Takes back the requester's open request.
		///
		/// ## Dispatch Origin
		///
		/// Signed with an `act` key of the requester, active or not.
		///
		/// ## Details
		///
		/// The request stays readable, as cancelled.
		///
		/// ## Errors
		///
		/// - `KeyRoleMissing`: the signing key has no `act` role.
		/// - `NotFound`: the signer never asked this patient.
		/// - `AlreadyClosed`: the request is not open.
		///
		/// ## Events
		///
		/// - `RequestCancelled`.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::cancel_request())]
		pub fn cancel_request(origin: OriginFor<T>, patient: ParticipantId) -> DispatchResult {
			let account = ensure_signed(origin)?;
			let requester = T::Participants::ensure_holder(&account, KeyRoles::ACT)?;
			Self::do_cancel_request(requester, patient)
		}

		/// Declines an open request.
		///
		/// ## Dispatch Origin
		///
		/// Signed with an `act` key of the patient, active or not.
		///
		/// ## Details
		///
		/// The request stays readable, as declined. The requester may ask again.
		///
		/// ## Errors
		///
		/// - `KeyRoleMissing`: the signing key has no `act` role.
		/// - `NotFound`: this requester never asked the signer.
		/// - `AlreadyClosed`: the request is not open.
		///
		/// ## Events
		///
		/// - `RequestDeclined`.
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::decline_request())]
		pub fn decline_request(origin: OriginFor<T>, requester: ParticipantId) -> DispatchResult {
			let account = ensure_signed(origin)?;
			let patient = T::Participants::ensure_holder(&account, KeyRoles::ACT)?;
			Self::do_decline_request(patient, requester)
		}

		/// Allows a practitioner, or a center and its active staff, something.
		///
		/// ## Dispatch Origin
		///
		/// Signed with an `act` key of an active patient.
		///
		/// ## Details
		///
		/// The grant starts at `from`, or now without it, and ends at `until`, or when it is
		/// withdrawn. Records that the terms name are replaced by the first of their lineage, so
		/// that corrections are covered. An open request of the grantee is closed as granted.
		///
		/// ## Errors
		///
		/// - `KeyRoleMissing`, `NotActive`: the signing key, or its participant, may not act now.
		/// - `NotAPatient`: the signer is not a patient.
		/// - `WrongRole`, `InactiveGrantee`: the grantee is no active practitioner or medical
		///   center.
		/// - `Backdated`, `InvalidInterval`: the interval starts in the past or has no extent.
		/// - `InvalidTerms`, `UnknownRecord`: the terms make no sense.
		/// - `TooManyGrants`: `MaxLiveGrants` grants to this grantee are not over.
		///
		/// ## Events
		///
		/// - `Granted`.
		#[pallet::call_index(3)]
		#[pallet::weight(crate::grants::most_weight::<T>(terms))]
		pub fn grant(
			origin: OriginFor<T>,
			grantee: ParticipantId,
			terms: GrantTerms,
			from: Option<Moment>,
			until: Option<Moment>,
		) -> DispatchResultWithPostInfo {
			let account = ensure_signed(origin)?;
			let patient = T::Participants::ensure_acting(&account, KeyRoles::ACT)?;
			let named = crate::grants::named_records(&terms);
			let weight = match Self::do_grant(patient, grantee, terms, from, until)? {
				true => T::WeightInfo::grant_making_room(named),
				false => T::WeightInfo::grant(named),
			};
			Ok(Some(weight).into())
		}

		/// Replaces a grant's terms and end from now on.
		///
		/// ## Dispatch Origin
		///
		/// Signed with an `act` key of the active patient who gave the grant.
		///
		/// ## Details
		///
		/// The grant keeps its number. What it allowed until now stays on the chain as its past
		/// generation. The new generation starts now, or when the grant was to start if that lies
		/// ahead.
		///
		/// ## Errors
		///
		/// - `KeyRoleMissing`, `NotActive`: the signing key, or its participant, may not act now.
		/// - `NotFound`, `NotAuthorized`: there is no such grant, or it is another patient's.
		/// - `AlreadyEnded`: the grant is over.
		/// - `InvalidTerms`, `UnknownRecord`, `InvalidInterval`: as for `grant`.
		///
		/// ## Events
		///
		/// - `Amended`.
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::amend(crate::grants::named_records(terms)))]
		pub fn amend(
			origin: OriginFor<T>,
			grant: GrantId,
			terms: GrantTerms,
			until: Option<Moment>,
		) -> DispatchResult {
			let account = ensure_signed(origin)?;
			let patient = T::Participants::ensure_acting(&account, KeyRoles::ACT)?;
			Self::do_amend(patient, grant, terms, until)
		}

		/// Ends a grant in this block.
		///
		/// ## Dispatch Origin
		///
		/// Signed with an `act` key of the patient who gave the grant, active or not: nobody who is
		/// suspended or frozen loses the power to withdraw.
		///
		/// ## Details
		///
		/// Ends exactly this grant; other grants to the same grantee go on. It needs no room and no
		/// quota. A grant that has not started yet never will.
		///
		/// ## Errors
		///
		/// - `KeyRoleMissing`: the signing key has no `act` role.
		/// - `NotFound`, `NotAuthorized`: there is no such grant, or it is another patient's.
		/// - `AlreadyEnded`: the grant is over.
		///
		/// ## Events
		///
		/// - `Withdrawn`.
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::withdraw())]
		pub fn withdraw(origin: OriginFor<T>, grant: GrantId) -> DispatchResult {
			let account = ensure_signed(origin)?;
			let patient = T::Participants::ensure_holder(&account, KeyRoles::ACT)?;
			Self::do_withdraw(patient, grant)
		}

		/// Forbids a practitioner or center everything, whatever else permits it, except the
		/// records that the center itself wrote.
		///
		/// ## Dispatch Origin
		///
		/// Signed with an `act` key of a patient, active or not.
		///
		/// ## Details
		///
		/// Excluding a center excludes all who work for it, whomever they act for. Grants stay as
		/// they are and count again when the exclusion ends.
		///
		/// ## Errors
		///
		/// - `KeyRoleMissing`: the signing key has no `act` role.
		/// - `NotAPatient`: the signer is not a patient.
		/// - `WrongRole`: the participant is neither a practitioner nor a medical center.
		/// - `AlreadyExcluded`: the participant is excluded now.
		///
		/// ## Events
		///
		/// - `Excluded`.
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::exclude())]
		pub fn exclude(origin: OriginFor<T>, participant: ParticipantId) -> DispatchResult {
			let account = ensure_signed(origin)?;
			let patient = T::Participants::ensure_holder(&account, KeyRoles::ACT)?;
			Self::do_exclude(patient, participant)
		}

		/// Ends an exclusion in this block.
		///
		/// ## Dispatch Origin
		///
		/// Signed with an `act` key of the active patient who excluded the participant.
		///
		/// ## Details
		///
		/// What is permitted by a grant or otherwise counts again.
		///
		/// ## Errors
		///
		/// - `KeyRoleMissing`, `NotActive`: the signing key, or its participant, may not act now.
		/// - `NotFound`: the participant is not excluded now.
		///
		/// ## Events
		///
		/// - `ExclusionEnded`.
		#[pallet::call_index(7)]
		#[pallet::weight(T::WeightInfo::end_exclusion())]
		pub fn end_exclusion(origin: OriginFor<T>, participant: ParticipantId) -> DispatchResult {
			let account = ensure_signed(origin)?;
			let patient = T::Participants::ensure_acting(&account, KeyRoles::ACT)?;
			Self::do_end_exclusion(patient, participant)
		}
	}

	#[pallet::view_functions]
	impl<T: Config> Pallet<T> {
		/// A grant in its latest generation.
		pub fn grant_by_id(id: GrantId) -> Option<Grant> {
			Grants::<T>::get(id)
		}

		/// A grant in an earlier generation.
		pub fn past_grant(id: GrantId, generation: u32) -> Option<Grant> {
			PastGrants::<T>::get(id, generation)
		}

		/// A page of a patient's grants in their latest generations, oldest first: at most `limit`
		/// (and at most 1,000) with numbers from `from` on.
		pub fn grants_of(patient: ParticipantId, from: GrantId, limit: u32) -> Vec<Grant> {
			Self::page_of_grants(patient, from, limit)
		}

		/// The latest request of one requester to a patient.
		pub fn access_request(
			patient: ParticipantId,
			requester: ParticipantId,
		) -> Option<AccessRequest> {
			Requests::<T>::get(patient, requester)
		}

		/// A page of the requests to a patient, open ones and closed ones: at most `limit` (and at
		/// most 1,000) in no particular order, after that of `after`.
		pub fn requests_to(
			patient: ParticipantId,
			after: Option<ParticipantId>,
			limit: u32,
		) -> Vec<AccessRequest> {
			Self::page_of_requests(patient, after, limit)
		}

		/// A page of those whom a patient excludes or excluded, with the latest interval: at most
		/// `limit` (and at most 1,000) in no particular order, after `after`.
		pub fn exclusions_of(
			patient: ParticipantId,
			after: Option<ParticipantId>,
			limit: u32,
		) -> Vec<(ParticipantId, Timeline)> {
			Self::page_of_exclusions(patient, after, limit)
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn integrity_test() {
			assert!(T::MaxLiveGrants::get() > 0, "a grantee must have room for a grant");
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}
}
