//! # Governance Pallet
//!
//! Lets the consortium decide together: a two-thirds majority of the council acts with the chain's
//! highest power, for a fixed list of calls.
//!
//! ## Pallet API
//!
//! See the [`pallet`] module for more information about the interfaces this pallet exposes,
//! including its configuration trait, dispatchables, storage items, view functions, events and
//! errors.
//!
//! ## Overview
//!
//! Some calls are for nobody alone: admitting a health authority, giving a center a seat,
//! authorizing a new runtime. They demand the origin Root. Ward has no sudo key, and a motion of the
//! council does not have that origin either: it is executed as "so many members of so many". Without
//! this pallet nothing and nobody could ever make such a call, and the chain could never be
//! upgraded. So a member [proposes](pallet::Pallet::propose) the call, others
//! [vote](pallet::Pallet::vote), and when two thirds are for it,
//! [closing](pallet::Pallet::close) the motion [enacts](pallet::Pallet::enact) the call as Root.
//!
//! What the council can do this way is its *agenda*, a list in the runtime. It cannot widen the list
//! except by a new runtime, whose code hash everyone can check before it is applied.
//!
//! The council's members are participants, not keys: who they are follows from the registry
//! ([`Electorate`](ward_primitives::traits::Electorate)), and each speaks through any of its keys
//! that have the role `govern`. A key that is rotated changes nothing in the council; a participant
//! that is suspended can neither vote nor keep its vote.
//!
//! ### Scenario: a new health authority
//!
//! 1. The newcomer signs an enrolment for the consortium and sends it to a member of the council.
//! 2. The member sends [`Call::propose`] with `participants.admit_health_authority`. The motion is
//!    open, and the proposer's vote for it is cast.
//! 3. The others find it with the view function `motions` and send [`Call::vote`] with its hash and
//!    number.
//! 4. When two thirds have voted for it, any member sends [`Call::close`]. The authority is admitted,
//!    and from the next block on it sits in the council itself.
//!
//! ### Scenario: a new runtime
//!
//! 1. An operator publishes the code. A member proposes `system.authorize_upgrade(code_hash)`.
//! 2. Everybody builds the code and compares the hash before voting.
//! 3. When the motion is closed, the hash is authorized, and anyone may hand in the code that has it.
//!
//! ## Low Level / Implementation Details
//!
//! ### Terminology
//!
//! - **Electorate**: the participants that the registry says sit in the council now.
//! - **Member**: a participant in the council. It follows the electorate at the next block.
//! - **Motion**: a call on the agenda that is put to the vote, named by the hash of
//!   `governance.enact(call)` and a running number.
//! - **Threshold**: how many votes a motion needs: two thirds of the members, rounded up, when it is
//!   proposed.
//!
//! ### Design Goals
//!
//! - No power without a majority of those who are members when a motion is closed, and none beyond
//!   the agenda.
//! - A motion that fails says so: the inner call's error is the outer one's, so that the council's
//!   event `Executed` carries it. An event of this pallet would be undone with the rest.
//!
//! ### Design
//!
//! `pallet_collective` counts the votes. It knows accounts, so each member has one that is derived
//! from its number and for which nobody has a key; what the collective announces names these, and
//! `participant_of` reads the number from them.
//!
//! The electorate is compared with the members only in the block after something has changed: the
//! registry says so ([`Pallet::members_may_have_changed`]), or a moment has come at which a member's
//! active interval ends by itself ([`MembersUntil`]). Votes of those who left are removed.
//!
//! A motion keeps its threshold. If the council grew meanwhile, the threshold may be less than two
//! thirds; such a motion waits for more votes and is rejected at its end.
//!
//! The agenda names calls one by one. Calls that carry other calls (this pallet's, batches) have no
//! place on it: it is checked for the outermost call only.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod council;
mod motions;
#[cfg(any(feature = "try-runtime", test))]
mod try_state;
pub mod weights;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

#[cfg(feature = "runtime-benchmarks")]
use alloc::vec::Vec;

pub use pallet::*;
pub use weights::WeightInfo;

/// The council, as an instance of `pallet_collective`.
pub type Council<T> = pallet_collective::Pallet<T, pallet_collective::Instance1>;

/// A call of the runtime.
pub(crate) type CallOf<T> = <T as frame_system::Config>::RuntimeCall;

/// Prepares the chain for the benchmarks.
#[cfg(feature = "runtime-benchmarks")]
pub trait BenchmarkHelper<AccountId> {
	/// Fills the electorate: as many participants as it can have, all active, and for each a key with
	/// the role `govern`. Returned as [`Electorate::members`](ward_primitives::traits::Electorate)
	/// would name them.
	fn fill_electorate() -> Vec<(ward_primitives::ParticipantId, AccountId)>;
}

#[frame_support::pallet]
#[allow(unused_qualifications)] // What the macro expands to is not ours to shorten.
pub mod pallet {
	use alloc::{boxed::Box, vec::Vec};

	use codec::Encode;
	use frame_support::{
		dispatch::{extract_actual_weight, GetDispatchInfo, PostDispatchInfo},
		pallet_prelude::*,
		traits::{Contains, IsSubType, Time},
		PalletId,
	};
	use frame_system::{pallet_prelude::*, RawOrigin};
	use pallet_collective::Instance1;
	use sp_runtime::{
		traits::{Dispatchable, Hash},
		DispatchErrorWithPostInfo,
	};
	use ward_primitives::{
		council::Motion,
		traits::{ActingParticipant, Electorate, ReadParticipants},
		Digest, Moment, ParticipantId,
	};

	use crate::{CallOf, WeightInfo};

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// What the runtime must provide.
	#[pallet::config]
	pub trait Config:
		frame_system::Config<
			Hash: Into<Digest>,
			RuntimeCall: Dispatchable<PostInfo = PostDispatchInfo>
			                 + From<Call<Self>>
			                 + IsSubType<Call<Self>>,
		> + pallet_collective::Config<Instance1, Proposal = CallOf<Self>>
	{
		/// Who may enact: a two-thirds majority of the council.
		type EnactOrigin: EnsureOrigin<<Self as frame_system::Config>::RuntimeOrigin>;

		/// The agenda: the calls that can be enacted. Calls that carry other calls do not belong here.
		type Allowed: Contains<CallOf<Self>>;

		/// The chain's clock, in milliseconds since the Unix epoch.
		type Time: Time<Moment = Moment>;

		/// Knows for whom a key acts, and until when members are active.
		type Participants: ActingParticipant<Self::AccountId, DispatchError> + ReadParticipants;

		/// Knows who sits in the council.
		type Electorate: Electorate;

		/// What the accounts of members are derived from, together with their numbers.
		#[pallet::constant]
		type PalletId: Get<PalletId>;

		/// The weights of this pallet's calls.
		type WeightInfo: WeightInfo;

		/// Prepares the chain for the benchmarks.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: crate::BenchmarkHelper<Self::AccountId>;
	}

	/// Whether the council's members may differ from the electorate, so that the next block compares
	/// them.
	#[pallet::storage]
	pub type MembersStale<T> = StorageValue<_, bool, ValueQuery>;

	/// The first moment at which a member's active interval ends by itself; none if none will.
	#[pallet::storage]
	pub type MembersUntil<T> = StorageValue<_, Moment>;

	/// The council's first members follow from the registry: nothing is configured.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		#[doc(hidden)]
		#[serde(skip)]
		pub _config: core::marker::PhantomData<T>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			Pallet::<T>::update_members();
		}
	}

	/// What happened.
	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A call was carried out with the origin Root.
		Enacted {
			/// The hash of the call.
			call_hash: T::Hash,
		},
		/// The council has other members from this block on. Together the lists are at most as long as
		/// two full councils.
		MembersChanged {
			/// Who joined.
			joined: Vec<ParticipantId>,
			/// Who left, and lost its votes on open motions.
			left: Vec<ParticipantId>,
		},
	}

	/// Why a call is refused.
	#[pallet::error]
	pub enum Error<T> {
		/// The call is not on the council's agenda, which the runtime names; propose another.
		NotAllowed,
		/// The council has grown since the motion was proposed, and its votes are no two thirds any
		/// more; wait for more votes.
		NotEnoughVotes,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(_: BlockNumberFor<T>) -> Weight {
			if Self::members_are_due() {
				Self::update_members();
				<T as Config>::WeightInfo::update_members()
			} else {
				<T as Config>::WeightInfo::keep_members()
			}
		}

		fn integrity_test() {
			assert!(
				T::Electorate::max_members() <= T::MaxMembers::get(),
				"the council must have room for the electorate"
			);
			let last = ParticipantId(u64::MAX);
			assert_eq!(
				Self::participant_of(Self::account_of(last)),
				Some(last),
				"accounts must be long enough to be derived from numbers"
			);
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Carries out a call with the origin Root.
		///
		/// ## Dispatch Origin
		///
		/// A two-thirds majority of the council: a motion that `propose` opened and `close` executes.
		///
		/// ## Details
		///
		/// Only calls on the agenda can be enacted. If the inner call fails, so does this one, with the
		/// same error and without any effect; the council's event `Executed` shows it.
		///
		/// ## Errors
		///
		/// - [`Error::NotAllowed`]: the call is not on the agenda.
		/// - Whatever the inner call fails with.
		///
		/// ## Events
		///
		/// - [`Event::Enacted`], and those of the inner call.
		#[pallet::call_index(0)]
		#[pallet::weight((
			<T as Config>::WeightInfo::enact().saturating_add(call.get_dispatch_info().call_weight),
			DispatchClass::Operational,
		))]
		pub fn enact(origin: OriginFor<T>, call: Box<CallOf<T>>) -> DispatchResultWithPostInfo {
			T::EnactOrigin::ensure_origin(origin)?;
			ensure!(T::Allowed::contains(&call), Error::<T>::NotAllowed);

			let call_hash = T::Hashing::hash_of(&call);
			let info = call.get_dispatch_info();
			let result = call.dispatch(RawOrigin::Root.into());
			let inner = extract_actual_weight(&result, &info);
			let actual_weight = Some(<T as Config>::WeightInfo::enact().saturating_add(inner));
			let post_info = PostDispatchInfo { actual_weight, pays_fee: Pays::Yes };
			result.map_err(|failed| DispatchErrorWithPostInfo { post_info, ..failed })?;

			Self::deposit_event(Event::Enacted { call_hash });
			Ok(post_info)
		}

		/// Puts a call to the vote, and votes for it.
		///
		/// ## Dispatch Origin
		///
		/// Signed by a key with the `govern` role of an active member of the council.
		///
		/// ## Details
		///
		/// The motion is to `enact` the call. It needs two thirds of those who are members now, and is
		/// named by its hash and its running number, which the council's event `Proposed` states.
		///
		/// ## Errors
		///
		/// - `Participants.UnknownKey`, `RetiredKey`, `KeyRoleMissing`, `NotActive`: the key cannot
		///   speak for a member.
		/// - `Council.NotMember`: the participant is not in the council.
		/// - [`Error::NotAllowed`]: the call is not on the agenda.
		/// - `Council.DuplicateProposal`: the same motion is open already; vote for it.
		/// - `Council.TooManyProposals`: too many motions are open; close some.
		/// - `Council.WrongProposalWeight`: the call takes more than a motion may.
		///
		/// ## Events
		///
		/// - `Council.Proposed`, `Council.Voted`.
		#[pallet::call_index(1)]
		#[pallet::weight((
			<T as Config>::WeightInfo::propose(u32::try_from(call.encoded_size()).unwrap_or(u32::MAX)),
			DispatchClass::Operational,
		))]
		pub fn propose(origin: OriginFor<T>, call: Box<CallOf<T>>) -> DispatchResult {
			let member = Self::ensure_member(origin)?;
			Self::do_propose(member, call)
		}

		/// Votes for or against a motion, or changes the vote.
		///
		/// ## Dispatch Origin
		///
		/// Signed by a key with the `govern` role of an active member of the council.
		///
		/// ## Details
		///
		/// `motion` is its hash and `index` its running number: the same call can be proposed again
		/// later, and then has another number.
		///
		/// ## Errors
		///
		/// - `Participants.UnknownKey`, `RetiredKey`, `KeyRoleMissing`, `NotActive`: the key cannot
		///   speak for a member.
		/// - `Council.NotMember`: the participant is not in the council.
		/// - `Council.ProposalMissing`: no such motion is open.
		/// - `Council.WrongIndex`: the motion has another number.
		/// - `Council.DuplicateVote`: the member has voted so already.
		///
		/// ## Events
		///
		/// - `Council.Voted`.
		#[pallet::call_index(2)]
		#[pallet::weight((<T as Config>::WeightInfo::vote(), DispatchClass::Operational))]
		pub fn vote(
			origin: OriginFor<T>,
			motion: T::Hash,
			index: u32,
			approve: bool,
		) -> DispatchResult {
			let member = Self::ensure_member(origin)?;
			crate::Council::<T>::do_vote(member, motion, index, approve)?;
			Ok(())
		}

		/// Ends the vote on a motion and, if two thirds are for it, enacts its call.
		///
		/// ## Dispatch Origin
		///
		/// Signed by a key with the `govern` role of an active member of the council.
		///
		/// ## Details
		///
		/// Possible as soon as enough members are for the motion, or so many against it that it cannot
		/// succeed; and for every motion once its time is over, when absent votes count against it.
		/// `weight_bound` is the most weight that the caller lets the motion take, and `length_bound`
		/// the most bytes that it may have. The weight and the encoded length of `enact(call)` are enough.
		///
		/// A motion that is carried is gone whether its call succeeds or fails: `Council.Executed` says
		/// which.
		///
		/// ## Errors
		///
		/// - `Participants.UnknownKey`, `RetiredKey`, `KeyRoleMissing`, `NotActive`: the key cannot
		///   speak for a member.
		/// - `Council.NotMember`: the participant is not in the council.
		/// - `Council.ProposalMissing`: no such motion is open.
		/// - `Council.WrongIndex`: the motion has another number.
		/// - `Council.TooEarly`: the vote is not decided, and its time is not over.
		/// - [`Error::NotEnoughVotes`]: the council has grown, and its time is not over.
		/// - `Council.WrongProposalWeight`, `WrongProposalLength`: a bound is too low.
		///
		/// ## Events
		///
		/// - `Council.Closed` and `Council.Approved`, `Council.Executed`, or `Council.Disapproved`.
		/// - [`Event::Enacted`] and those of the call, if it succeeds.
		#[pallet::call_index(3)]
		#[pallet::weight((
			<T as Config>::WeightInfo::close(*length_bound).saturating_add(*weight_bound),
			DispatchClass::Operational,
		))]
		pub fn close(
			origin: OriginFor<T>,
			motion: T::Hash,
			index: u32,
			weight_bound: Weight,
			length_bound: u32,
		) -> DispatchResultWithPostInfo {
			Self::ensure_member(origin)?;
			Self::do_close(motion, index, weight_bound, length_bound)
		}
	}

	#[pallet::view_functions]
	#[allow(clippy::needless_pass_by_value)] // View functions take their arguments by value.
	impl<T: Config> Pallet<T> {
		/// Who is in the council, by number.
		pub fn council() -> Vec<ParticipantId> {
			Self::members()
		}

		/// The open motions, the oldest first.
		pub fn motions() -> Vec<Motion> {
			Self::open_motions()
		}

		/// Which participant a derived account of the council stands for; none if it is no such account.
		pub fn participant_of(account: T::AccountId) -> Option<ParticipantId> {
			Self::member_behind(&account)
		}
	}
}
