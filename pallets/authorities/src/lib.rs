//! # Authorities Pallet
//!
//! Which medical centers author blocks and vote on finality, and for how long.
//!
//! ## Pallet API
//!
//! See the [`pallet`] module for more information about the interfaces this pallet exposes,
//! including its configuration trait, dispatchables, storage items, events and errors. It is the
//! session manager of `pallet-session`: [`session`] decides when a session ends and who sits next.
//!
//! ## Overview
//!
//! A *seat* is a medical center's place among the authorities, one each. The council grants it, the
//! center takes it when its node is ready, and from then on it counts for as long as the registry
//! says that the center is active, it has session keys, and it has not broken the rules of consensus.
//! Everything else follows at the next session: nobody edits a list of validators.
//!
//! ### Scenario: a fifth hospital joins
//!
//! 1. A health authority accredits the hospital, and the council votes for
//!    [`grant_seat`](pallet::Pallet::grant_seat).
//! 2. The hospital's operator lets the own node make session keys and sends them with
//!    `session.set_keys`, which proves that the node has them.
//! 3. When the node has caught up, the operator sends [`take_seat`](pallet::Pallet::take_seat). Two
//!    session boundaries later it authors and votes.
//!
//! ### Scenario: the same keys on two machines
//!
//! 1. An operator copies a node, with its keystore, and starts both. Sooner or later both seal a block
//!    for the same slot.
//! 2. Each node that sees both proves it with
//!    [`report_double_authoring`](pallet::Pallet::report_double_authoring). The seat is suspended, and out
//!    at the next session.
//! 3. The operator stops one machine and makes new keys; the council votes for
//!    [`reinstate_seat`](pallet::Pallet::reinstate_seat).
//!
//! ## Low Level / Implementation Details
//!
//! ### Terminology
//!
//! - **Seat**: granted, then taken; named by the number of its center.
//! - **Obstacle**: why a seat does not count at the moment.
//! - **Minimum**: the fewest seats that the set may have. A seat that should leave and is needed to
//!   reach it stays, and is shown as *kept*.
//! - **Guest**: a center without a seat that uses the node of one with a seat, its **host**.
//!
//! ### Design
//!
//! [`set`] chooses the next set, without storage. A set that did not change is not named again, since
//! each naming makes a new GRANDPA set. [`breach`] proves double authoring, which the SDK only logs;
//! double voting comes from `pallet-grandpa`. [`liveness`] counts and punishes nobody. The pallet
//! stands before Aura and Session: it counts slots with the set that they belong to, and the genesis
//! of the session asks it for the first set.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

pub mod breach;
mod errors;
mod events;
mod hosting;
pub mod liveness;
mod no_token;
mod reads;
mod seat;
pub mod session;
pub mod set;
#[cfg(any(feature = "try-runtime", test))]
mod try_state;

#[cfg(feature = "runtime-benchmarks")]
pub mod benchmarking;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;
pub mod weights;

use frame_support::pallet_macros::import_section;

pub use breach::{DoubleAuthoring, DoubleAuthoringProof, Offender, SuspendOffenders};
pub use no_token::NoToken;
pub use pallet::*;
pub use seat::{NameOnly, SeatId, SeatKeys};
pub use weights::WeightInfo;

/// The pallet. Its events and errors are in `events.rs` and `errors.rs`.
#[import_section(events::events)]
#[import_section(errors::errors)]
#[frame_support::pallet]
#[allow(unused_qualifications)] // What the macro expands to is not ours to shorten.
pub mod pallet {
	use alloc::{boxed::Box, vec::Vec};
	use frame_support::{
		pallet_prelude::*,
		traits::{ConstU32, Time},
	};
	use frame_system::pallet_prelude::*;
	use sp_consensus_aura::sr25519::AuthorityId;
	use sp_consensus_slots::Slot;
	use sp_session::MembershipProof;
	use sp_staking::{offence::ReportOffence, SessionIndex};
	use ward_primitives::{
		seat::{Breach, Liveness, SeatInfo, SeatRow, SessionInfo},
		traits::{ActingParticipant, OnStanding, ReadParticipants},
		KeyRoles, Moment, ParticipantId, Role,
	};

	use crate::{
		breach::{DoubleAuthoring, DoubleAuthoringProof, Offender},
		set::can_leave,
		SeatId, WeightInfo,
	};

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// The session length of a chain whose genesis names none, in blocks: ten minutes.
	pub const DEFAULT_SESSION_LENGTH: u32 = 300;

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// What the pallet needs from the runtime.
	#[pallet::config]
	pub trait Config:
		frame_system::Config
		+ pallet_aura::Config<AuthorityId = AuthorityId>
		+ pallet_session::Config<ValidatorId = SeatId>
		+ pallet_session::historical::Config<FullIdentification = ()>
	{
		/// The chain's clock, in milliseconds since the Unix epoch.
		type Time: Time<Moment = Moment>;

		/// Speaks for the consortium: a two-thirds majority of the council.
		type GrantOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// The registry.
		type Participants: ReadParticipants
			+ ActingParticipant<Self::AccountId, sp_runtime::DispatchError>;

		/// Takes reports of double authoring: [`SuspendOffenders`](crate::SuspendOffenders) before
		/// `pallet-offences`.
		type Offences: ReportOffence<Self::AccountId, Offender, DoubleAuthoring>;

		/// Hears when those who may vote in the council can have changed.
		type OnStanding: OnStanding;

		/// The most seats that there can be.
		#[pallet::constant]
		type MaxSeats: Get<u32>;

		/// The shortest session, in blocks.
		#[pallet::constant]
		type MinSessionLength: Get<u32>;

		/// The longest session, in blocks.
		#[pallet::constant]
		type MaxSessionLength: Get<u32>;

		/// For how many sessions a breach of consensus can be proved.
		#[pallet::constant]
		type HistoryDepth: Get<SessionIndex>;

		/// Weights of the calls, from the benchmarks.
		type WeightInfo: WeightInfo;

		/// Sets the scene for the benchmarks.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: crate::benchmarking::BenchmarkHelper<Self>;
	}

	/// All seats, by center, from the grant until they are given up or revoked.
	// Twox64Concat here and below: the keys are numbers that the chain assigns.
	#[pallet::storage]
	pub type Seats<T: Config> = CountedStorageMap<_, Twox64Concat, ParticipantId, SeatRow>;

	/// The seats that stay only because of the minimum, as of the last choice of a set.
	#[pallet::storage]
	pub type KeptSeats<T: Config> =
		StorageValue<_, BoundedVec<ParticipantId, T::MaxSeats>, ValueQuery>;

	/// The fewest seats that the set of authorities may have.
	#[pallet::storage]
	pub type Minimum<T> = StorageValue<_, u32, ValueQuery, ConstU32<1>>;

	/// How many blocks a session lasts.
	#[pallet::storage]
	pub type SessionLength<T> = StorageValue<_, u32, ValueQuery, ConstU32<DEFAULT_SESSION_LENGTH>>;

	/// The block that began the running session.
	#[pallet::storage]
	pub type SessionStart<T> = StorageValue<_, BlockNumberFor<T>, ValueQuery>;

	/// The slots in which sessions began, as far back as a breach can be proved.
	#[pallet::storage]
	pub type SessionStarts<T> = StorageMap<_, Twox64Concat, SessionIndex, Slot>;

	/// What each seat did in the running session so far, in the order of the session's seats.
	#[pallet::storage]
	pub type CurrentLiveness<T: Config> =
		StorageValue<_, BoundedVec<Liveness, T::MaxSeats>, ValueQuery>;

	/// What each seat did in the last session that ended.
	#[pallet::storage]
	pub type LastLiveness<T: Config> =
		StorageValue<_, BoundedVec<(ParticipantId, Liveness), T::MaxSeats>, ValueQuery>;

	/// On whose node a center without a seat is a guest, by guest. It holds while the host has a seat.
	#[pallet::storage]
	pub type Hosts<T> = StorageMap<_, Twox64Concat, ParticipantId, ParticipantId>;

	/// Hosting that was offered and not accepted yet: by guest, then host.
	#[pallet::storage]
	pub type HostingOffers<T> =
		StorageDoubleMap<_, Twox64Concat, ParticipantId, Twox64Concat, ParticipantId, ()>;

	/// Who has a seat from the first block on.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// The centers with a seat. Their session keys are in the genesis of the session.
		pub seats: Vec<ParticipantId>,
		/// The fewest seats that the set may have; 1 if it is 0.
		pub minimum: u32,
		/// How many blocks a session lasts; ten minutes if it is 0.
		pub session_length: u32,
		#[doc(hidden)]
		#[serde(skip)]
		pub _config: PhantomData<T>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			let seats = u32::try_from(self.seats.len()).unwrap_or(u32::MAX);
			assert!(
				seats <= T::MaxSeats::get(),
				"genesis has more than {} seats",
				T::MaxSeats::get()
			);
			assert!(
				self.minimum <= seats.max(1),
				"the minimum of {} is more than the {seats} seats of genesis",
				self.minimum
			);
			let now = <T as Config>::Time::now();
			for center in &self.seats {
				assert!(
					!Seats::<T>::contains_key(center),
					"center {center} has two seats in genesis"
				);
				let row = SeatRow { granted_at: now, taken_at: Some(now), suspension: None };
				Seats::<T>::insert(center, row);
			}
			Minimum::<T>::put(self.minimum.max(1));
			if self.session_length > 0 {
				assert!(
					Pallet::<T>::is_session_length(self.session_length),
					"a session of {} blocks is not between {} and {}",
					self.session_length,
					T::MinSessionLength::get(),
					T::MaxSessionLength::get()
				);
				SessionLength::<T>::put(self.session_length);
			}
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(_: BlockNumberFor<T>) -> Weight {
			Self::count_slots();
			<T as Config>::WeightInfo::on_initialize(Seats::<T>::count())
		}

		fn integrity_test() {
			assert!(T::MaxSeats::get() > 0, "a chain without seats has no blocks");
			assert!(T::MinSessionLength::get() > 0, "a session has blocks");
			assert!(Self::is_session_length(DEFAULT_SESSION_LENGTH), "the default is allowed");
			assert!(T::HistoryDepth::get() > 1, "a breach is reported in the session after it");
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Grant a medical center a seat.
		///
		/// ## Dispatch Origin
		///
		/// `GrantOrigin`: the consortium.
		///
		/// ## Details
		///
		/// Nothing changes in the set until the center takes the seat.
		///
		/// ## Errors
		///
		/// `NotFound`, `WrongRole`, `OtherNotActive`, `AlreadyExists`, `TooManySeats`.
		///
		/// ## Events
		///
		/// `SeatGranted`.
		#[pallet::call_index(0)]
		#[pallet::weight(<T as Config>::WeightInfo::grant_seat())]
		pub fn grant_seat(origin: OriginFor<T>, center: ParticipantId) -> DispatchResult {
			T::GrantOrigin::ensure_origin(origin)?;
			let now = <T as Config>::Time::now();
			let (role, active) =
				T::Participants::participant(center, now).ok_or(Error::<T>::NotFound)?;
			ensure!(role == Role::MedicalCenter, Error::<T>::WrongRole);
			ensure!(active.contains(now), Error::<T>::OtherNotActive);
			ensure!(!Seats::<T>::contains_key(center), Error::<T>::AlreadyExists);
			ensure!(Seats::<T>::count() < T::MaxSeats::get(), Error::<T>::TooManySeats);
			let row = SeatRow { granted_at: now, taken_at: None, suspension: None };
			Seats::<T>::insert(center, row);
			Self::deposit_event(Event::SeatGranted { center });
			Ok(())
		}

		/// Take the seat that the council granted.
		///
		/// ## Dispatch Origin
		///
		/// Signed by a key with the `govern` role of an active medical center.
		///
		/// ## Details
		///
		/// Do it when the node has caught up: the seat counts from the next choice of a set on, and the
		/// node is expected to author and vote two session boundaries later. A guest is one no longer.
		///
		/// ## Errors
		///
		/// `UnknownKey`, `RetiredKey`, `KeyRoleMissing`, `NotActive` of the registry; `WrongRole`,
		/// `NoSeat`, `AlreadyTaken`, `KeysMissing`.
		///
		/// ## Events
		///
		/// `SeatTaken`.
		#[pallet::call_index(1)]
		#[pallet::weight(<T as Config>::WeightInfo::take_seat())]
		pub fn take_seat(origin: OriginFor<T>) -> DispatchResult {
			let who = ensure_signed(origin)?;
			let center = Self::governing_center(&who)?;
			let seat = Seats::<T>::get(center).ok_or(Error::<T>::NoSeat)?;
			ensure!(seat.taken_at.is_none(), Error::<T>::AlreadyTaken);
			let has_keys = pallet_session::Pallet::<T>::load_keys(&SeatId(center)).is_some();
			ensure!(has_keys, Error::<T>::KeysMissing);
			let taken_at = Some(<T as Config>::Time::now());
			Seats::<T>::insert(center, SeatRow { taken_at, ..seat });
			Hosts::<T>::remove(center);
			Self::deposit_event(Event::SeatTaken { center });
			Self::seats_changed(center);
			Ok(())
		}

		/// Give the own seat up.
		///
		/// ## Dispatch Origin
		///
		/// Signed by a key with the `govern` role of the center, whatever its condition.
		///
		/// ## Details
		///
		/// The node authors and votes until it is out of the set, two session boundaries later: leave it
		/// running until then. To come back, the center needs a new grant.
		///
		/// ## Errors
		///
		/// `UnknownKey`, `RetiredKey`, `KeyRoleMissing` of the registry; `NoSeat`, `BelowMinimum`.
		///
		/// ## Events
		///
		/// `SeatGivenUp`.
		#[pallet::call_index(2)]
		#[pallet::weight(<T as Config>::WeightInfo::give_up_seat(T::MaxSeats::get()))]
		pub fn give_up_seat(origin: OriginFor<T>) -> DispatchResult {
			let who = ensure_signed(origin)?;
			let center = T::Participants::ensure_holder(&who, KeyRoles::GOVERN)?;
			Self::remove_seat(center)?;
			Self::deposit_event(Event::SeatGivenUp { center });
			Ok(())
		}

		/// Revoke a center's seat.
		///
		/// ## Dispatch Origin
		///
		/// `GrantOrigin`: the consortium.
		///
		/// ## Details
		///
		/// It sits until it is out of the set, two session boundaries later.
		///
		/// ## Errors
		///
		/// `NoSeat`, `BelowMinimum`.
		///
		/// ## Events
		///
		/// `SeatRevoked`.
		#[pallet::call_index(3)]
		#[pallet::weight(<T as Config>::WeightInfo::revoke_seat(T::MaxSeats::get()))]
		pub fn revoke_seat(origin: OriginFor<T>, center: ParticipantId) -> DispatchResult {
			T::GrantOrigin::ensure_origin(origin)?;
			Self::remove_seat(center)?;
			Self::deposit_event(Event::SeatRevoked { center });
			Ok(())
		}

		/// Reinstate a seat that was suspended for a breach of consensus.
		///
		/// ## Dispatch Origin
		///
		/// `GrantOrigin`: the consortium.
		///
		/// ## Details
		///
		/// Reinstate it when the cause is gone: one machine, new session keys.
		///
		/// ## Errors
		///
		/// `NoSeat`, `NotSuspended`.
		///
		/// ## Events
		///
		/// `SeatReinstated`.
		#[pallet::call_index(4)]
		#[pallet::weight(<T as Config>::WeightInfo::reinstate_seat())]
		pub fn reinstate_seat(origin: OriginFor<T>, center: ParticipantId) -> DispatchResult {
			T::GrantOrigin::ensure_origin(origin)?;
			let seat = Seats::<T>::get(center).ok_or(Error::<T>::NoSeat)?;
			ensure!(seat.suspension.is_some(), Error::<T>::NotSuspended);
			Seats::<T>::insert(center, SeatRow { suspension: None, ..seat });
			Self::deposit_event(Event::SeatReinstated { center });
			Self::seats_changed(center);
			Ok(())
		}

		/// Change how many blocks a session lasts.
		///
		/// ## Dispatch Origin
		///
		/// `GrantOrigin`: the consortium.
		///
		/// ## Details
		///
		/// It holds for the running session already. Short sessions let changes take effect soon; each
		/// change of the set costs a new GRANDPA set.
		///
		/// ## Errors
		///
		/// `LengthOutOfRange`.
		///
		/// ## Events
		///
		/// `SessionLengthSet`.
		#[pallet::call_index(5)]
		#[pallet::weight(<T as Config>::WeightInfo::set_session_length())]
		pub fn set_session_length(origin: OriginFor<T>, blocks: u32) -> DispatchResult {
			T::GrantOrigin::ensure_origin(origin)?;
			ensure!(Self::is_session_length(blocks), Error::<T>::LengthOutOfRange);
			SessionLength::<T>::put(blocks);
			Self::deposit_event(Event::SessionLengthSet { blocks });
			Ok(())
		}

		/// Change the fewest seats that the set of authorities may have.
		///
		/// ## Dispatch Origin
		///
		/// `GrantOrigin`: the consortium.
		///
		/// ## Details
		///
		/// Four seats tolerate the failure of one, seven of two.
		///
		/// ## Errors
		///
		/// `MinimumOutOfRange`.
		///
		/// ## Events
		///
		/// `MinimumSet`.
		#[pallet::call_index(6)]
		#[pallet::weight(<T as Config>::WeightInfo::set_minimum(T::MaxSeats::get()))]
		pub fn set_minimum(origin: OriginFor<T>, seats: u32) -> DispatchResult {
			T::GrantOrigin::ensure_origin(origin)?;
			let counting =
				Self::candidates().into_iter().filter(|seat| seat.obstacle.is_none()).count();
			let is_possible = seats > 0 && seats as usize <= counting;
			ensure!(is_possible, Error::<T>::MinimumOutOfRange);
			Minimum::<T>::put(seats);
			Self::deposit_event(Event::MinimumSet { seats });
			Ok(())
		}

		/// Prove that a seat sealed two blocks for one slot, and suspend it.
		///
		/// ## Dispatch Origin
		///
		/// None is needed: the proof speaks for itself. Nodes send it on their own.
		///
		/// ## Details
		///
		/// `key_owner_proof` shows whose the sealing key was in the session of the slot. A report that is
		/// not valid enters neither the pool nor a block.
		///
		/// ## Errors
		///
		/// `InvalidKeyOwnershipProof`, `DuplicateReport`, `InvalidEquivocationProof`; in the pool
		/// `BadProof` and `Stale`.
		///
		/// ## Events
		///
		/// `Offences.Offence`, `SeatSuspended`.
		#[pallet::call_index(7)]
		#[pallet::weight((
			<T as Config>::WeightInfo::report_double_authoring(),
			DispatchClass::Operational,
		))]
		#[pallet::weight_of_authorize(<T as Config>::WeightInfo::authorize_report())]
		#[pallet::authorize(|_, proof, owner| Self::authorize_report(proof, owner))]
		pub fn report_double_authoring(
			origin: OriginFor<T>,
			equivocation_proof: Box<DoubleAuthoringProof<T>>,
			key_owner_proof: MembershipProof,
		) -> DispatchResult {
			ensure_authorized(origin)?;
			Self::do_report(&equivocation_proof, &key_owner_proof)
		}

		/// Offer a center without a seat that it be a guest on the own node.
		///
		/// ## Dispatch Origin
		///
		/// Signed by a key with the `govern` role of an active medical center with a seat.
		///
		/// ## Errors
		///
		/// `UnknownKey`, `RetiredKey`, `KeyRoleMissing`, `NotActive` of the registry; `WrongRole`,
		/// `NoSeat`, `NotFound`, `OtherNotActive`, `HasSeat`, `AlreadyExists`.
		///
		/// ## Events
		///
		/// `HostingOffered`.
		#[pallet::call_index(8)]
		#[pallet::weight(<T as Config>::WeightInfo::offer_hosting())]
		pub fn offer_hosting(origin: OriginFor<T>, guest: ParticipantId) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_offer_hosting(Self::governing_center(&who)?, guest)
		}

		/// Become a guest on the node of a center that offered it.
		///
		/// ## Dispatch Origin
		///
		/// Signed by a key with the `govern` role of an active medical center.
		///
		/// ## Details
		///
		/// The host sees the guest's calls first and could hold them back: choose one that is trusted.
		///
		/// ## Errors
		///
		/// `UnknownKey`, `RetiredKey`, `KeyRoleMissing`, `NotActive` of the registry; `WrongRole`,
		/// `NotOffered`, `HasSeat`, `NoSeat`, `HasHost`.
		///
		/// ## Events
		///
		/// `HostingAccepted`.
		#[pallet::call_index(9)]
		#[pallet::weight(<T as Config>::WeightInfo::accept_hosting())]
		pub fn accept_hosting(origin: OriginFor<T>, host: ParticipantId) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_accept_hosting(Self::governing_center(&who)?, host)
		}

		/// End a hosting, or take an offer of one back.
		///
		/// ## Dispatch Origin
		///
		/// Signed by a key with the `govern` role of the guest or of the host, whatever its condition.
		///
		/// ## Errors
		///
		/// `UnknownKey`, `RetiredKey`, `KeyRoleMissing` of the registry; `NotOffered`.
		///
		/// ## Events
		///
		/// `HostingEnded`.
		#[pallet::call_index(10)]
		#[pallet::weight(<T as Config>::WeightInfo::end_hosting())]
		pub fn end_hosting(origin: OriginFor<T>, guest: ParticipantId) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_end_hosting(&who, guest)
		}
	}

	#[pallet::view_functions]
	impl<T: Config> Pallet<T> {
		/// All seats with all that there is to know of them, by the number of the center.
		pub fn seats() -> Vec<SeatInfo> {
			Self::all_seats()
		}

		/// The running session.
		pub fn session() -> SessionInfo {
			Self::running_session()
		}

		/// On whose node a center is a guest, if it is one.
		pub fn host(guest: ParticipantId) -> Option<ParticipantId> {
			Self::host_of(guest)
		}
	}

	impl<T: Config> Pallet<T> {
		pub(crate) fn is_session_length(blocks: u32) -> bool {
			(T::MinSessionLength::get()..=T::MaxSessionLength::get()).contains(&blocks)
		}

		/// Ends a seat, unless the minimum needs it.
		fn remove_seat(center: ParticipantId) -> DispatchResult {
			ensure!(Seats::<T>::contains_key(center), Error::<T>::NoSeat);
			let can_leave = can_leave(&Self::candidates(), Minimum::<T>::get(), center);
			ensure!(can_leave, Error::<T>::BelowMinimum);
			Seats::<T>::remove(center);
			Self::seats_changed(center);
			Ok(())
		}

		/// Says that `center` may have won or lost its vote in the council.
		pub(crate) fn seats_changed(center: ParticipantId) {
			T::OnStanding::changed(center, Role::MedicalCenter);
		}
	}
}
