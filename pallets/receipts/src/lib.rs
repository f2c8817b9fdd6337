//! # Receipts Pallet
//!
//! Whether the records that the chain anchors still exist, as other medical centers have seen.
//!
//! ## Pallet API
//!
//! See the [`pallet`] module for more information about the interfaces this pallet exposes,
//! including its configuration trait, dispatchables, storage items, events and errors. What is hashed and
//! signed is in [`ward_primitives::receipt`].
//!
//! ## Overview
//!
//! A hash on a chain proves that a record was not changed. It does not prove that anybody still has it.
//! So the nodes of the authorities ask the custodians' vaults for it, again and again, and tell the
//! chain what they have seen: here it stands for every copy of every record whether a quorum of other
//! centers has seen it lately.
//!
//! ### Terminology
//!
//! - **Cohort**: up to 1,024 consecutive rows of a custodian; the unit that is looked at.
//! - **Epoch**: a span of time, six hours if nobody decides otherwise, in which every cohort is looked
//!   at once by each of its witnesses.
//! - **Witness**: a seat that was drawn to look at a cohort in an epoch. Up to three are, never the
//!   custodian itself, nor the host on whose node it is a guest.
//! - **Receipt**: the custodian's signed answer to a witness's challenge.
//! - **Report**: the witness's signed word to the chain of what the answer contained.
//! - **Quorum**: more than half of the witnesses that were drawn.
//! - **Fresh**, **lapsed**, **missing**, **unsettled**, **new**, **disputed**: how a row stands,
//!   [`CohortState`](ward_primitives::receipt::CohortState).
//!
//! ### Scenario: an epoch
//!
//! 1. A block finds that the epoch is over. The next one takes the hash of the block before as its seed,
//!    and the seats that sit at that moment.
//! 2. From these anybody can compute who looks at which cohort, and which leaf of which record each of
//!    them asks for. Nobody could do so before.
//! 3. The off-chain worker of each node asks the vaults for its cohorts, checks the answers leaf by leaf
//!    against the content roots on the chain, and sends a [`report`](pallet::Call::report) for each.
//! 4. With the second of three reports a cohort is fresh, until the next epoch is over. A row that
//!    fewer than two of them saw is an exception: missing if two did not see it, and else unsettled until the
//!    third has reported.
//!
//! ### Scenario: a hospital loses a disk
//!
//! 1. Its vault says of each lost row that it is missing, and signs that; or it says nothing at all.
//! 2. The rows become exceptions with the reports of the next epoch; or the cohort lapses by itself when
//!    its time is over, without anybody writing anything.
//! 3. The vault fetches the content from another custodian. In the next epoch the rows are fresh.
//!
//! ## Low Level / Implementation Details
//!
//! ### Design
//!
//! - What there is to do is computed from the state and never queued, so the work of a block does not grow
//!   with the number of records: an ordinary block reads one value, and one that begins an epoch writes two.
//! - A row of storage for 1,024 records: who of the witnesses reported, the rows that they miss, and
//!   what a quorum saw last. `Lapsed` is derived from the clock.
//! - A report carries one signature of the witness and one of the custodian. The chain rebuilds the receipt
//!   from the report and from what it knows itself, so nothing that it knows is taken on trust.
//! - The receipt includes height and head of the vault's access log. [`Logs`] keeps the longest that
//!   was reported, and a receipt with a shorter or another one is refused: a vault cannot forget whom it
//!   gave records to and still be seen.
//!
//! The files are named after what they decide: `epoch` and `draw` when and by whom a cohort is looked at,
//! `report`, `access_log` and `dispute` what is taken in, and [`worker`] is what a node does off the chain.
//!
//! ### Why a report is no signed transaction
//!
//! A report is a general transaction that carries its witness's signature inside, and the pool
//! [authorizes](pallet::Pallet::report) it. A signed one would need an account and its nonces: two reports
//! of one node would wait for each other, a report that a fork took with it would leave a gap that holds up
//! all that follow, and a node that was killed between counting and sending, too. Here each stands alone.
//! Sending it twice, or on two forks, does nothing: the bit of a witness is set once. It is charged to no
//! quota, since the center does not choose how much there is to look at.
//!
//! ### Why nobody can fill a pool with reports
//!
//! - The pool takes only what the chain would take: of this epoch, from a witness that is drawn and has not
//!   reported, signed with a live witness key of that seat, over a receipt that the custodian signed for
//!   exactly this. So there are never more than three for each 1,024 rows.
//! - Each is tagged with epoch, custodian, cohort and witness, so of several the pool holds one; also if
//!   witness and custodian together sign as many different ones as they like.
//! - What no block takes leaves the pool after [`LONGEVITY`] blocks. The worker asks again.
//! - Without the keys of a witness and of a custodian nothing gets as far as that. What is wrong is
//!   refused at its first fault, the cheap ones first, signatures last.
//!
//! ### What the chain proves, and what it does not
//!
//! - It proves that the custodian's receipt key signed the receipt, and that the key of a drawn witness signed
//!   the report. It does not see the leaves. That the missing rows are those and no others is the
//!   witnesses' word, and it counts when a quorum says so: one that lies, or keeps silent, changes
//!   nothing that two others agree on. One that lies while another is silent leaves rows unsettled, which are
//!   then neither fresh nor missing, until a quorum agrees on them in a later epoch.
//! - Witnesses that lie cannot make anything fresh without the custodian's signature, and less than a quorum
//!   cannot with it. A quorum of lying witnesses together with the custodian can.
//! - A wrong answer that the custodian signed is proved by itself, with
//!   [`dispute`](pallet::Call::dispute): it takes no witness's word.
//! - A leaf of 1 KiB is asked for of each row. A row of which a share is lost is found with the
//!   probability of that share, by each witness, in each epoch. Vaults read all of their content
//!   themselves, too, and say what they lack.
//! - Who authors the last block of an epoch can try several blocks and so choose among a few seeds. It
//!   does not help a custodian that lacks much, and costs an authority its slot.
//! - A chain that stands still sees nothing, and its rows lapse by the clock. It does not make up for
//!   the epochs that it missed.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod access_log;
mod dispute;
mod draw;
mod epoch;
mod errors;
mod events;
mod reads;
mod report;
#[cfg(any(feature = "try-runtime", test))]
mod try_state;
pub mod weights;
pub mod witness;
pub mod worker;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

use frame_support::pallet_macros::import_section;

#[cfg(feature = "runtime-benchmarks")]
pub use benchmarking::BenchmarkHelper;
pub use pallet::*;
pub use report::{FIRST_REFUSAL, LONGEVITY};
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
		traits::{ConstU64, Time},
	};
	use frame_system::{offchain::CreateAuthorizedTransaction, pallet_prelude::*};
	use sp_application_crypto::RuntimeAppPublic;
	use ward_primitives::{
		receipt::{
			CohortRow, CohortState, Contradiction, EpochInfo, LogHead, LogRow, ReceiptTask, Report,
		},
		traits::{ActingParticipant, ReadCustody, ReadParticipants, ReadSeats},
		Digest, Moment, ParticipantId,
	};

	use crate::WeightInfo;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// The length of an epoch of a chain whose genesis names none, in milliseconds: six hours.
	pub const DEFAULT_EPOCH_LENGTH: Moment = 6 * 3_600_000;

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// What the pallet needs from the runtime.
	#[pallet::config]
	pub trait Config:
		frame_system::Config<Hash: Into<Digest>> + CreateAuthorizedTransaction<Call<Self>>
	{
		/// The chain's clock, in milliseconds since the Unix epoch.
		type Time: Time<Moment = Moment>;

		/// Speaks for the consortium: a two-thirds majority of the council.
		type SetOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// The registry.
		type Participants: ReadParticipants + ActingParticipant<Self::AccountId, DispatchError>;

		/// Who holds which records.
		type Custody: ReadCustody;

		/// Who takes part in consensus, and so can be a witness.
		type Seats: ReadSeats;

		/// The most seats that there can be.
		#[pallet::constant]
		type MaxSeats: Get<u32>;

		/// The shortest epoch, in milliseconds.
		#[pallet::constant]
		type MinEpochLength: Get<Moment>;

		/// The longest epoch, in milliseconds.
		#[pallet::constant]
		type MaxEpochLength: Get<Moment>;

		/// The key with which a node's off-chain worker signs:
		/// [`witness::WitnessId`](crate::witness::WitnessId).
		type WitnessId: RuntimeAppPublic;

		/// Weights of the calls, from the benchmarks.
		type WeightInfo: WeightInfo;

		/// Sets the scene for the benchmarks.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: crate::BenchmarkHelper<Self::AccountId>;
	}

	/// The epoch that the chain is in.
	#[pallet::storage]
	pub type Epoch<T> = StorageValue<_, EpochInfo, ValueQuery>;

	/// The seats from which this epoch's witnesses are drawn: those that sat when it began.
	#[pallet::storage]
	pub type Witnesses<T: Config> =
		StorageValue<_, BoundedVec<ParticipantId, T::MaxSeats>, ValueQuery>;

	/// How long the epochs from the next one on last, in milliseconds.
	#[pallet::storage]
	pub type EpochLength<T> = StorageValue<_, Moment, ValueQuery, ConstU64<DEFAULT_EPOCH_LENGTH>>;

	/// What witnesses have seen of each cohort: by custodian, then the cohort's number.
	// Twox64Concat here and below: the keys are numbers that the chain assigns.
	#[pallet::storage]
	pub type Cohorts<T> =
		StorageDoubleMap<_, Twox64Concat, ParticipantId, Twox64Concat, u64, CohortRow>;

	/// What the chain knows of each vault's access log, by center.
	#[pallet::storage]
	pub type Logs<T> = StorageMap<_, Twox64Concat, ParticipantId, LogRow>;

	/// How long an epoch lasts from the first block on.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// The length of an epoch in milliseconds; six hours if it is 0.
		pub epoch_length: Moment,
		#[doc(hidden)]
		#[serde(skip)]
		pub _config: PhantomData<T>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			let length = match self.epoch_length {
				0 => DEFAULT_EPOCH_LENGTH,
				length => length,
			};
			assert!(
				Pallet::<T>::is_epoch_length(length),
				"an epoch of {length} ms is not between {} and {}",
				T::MinEpochLength::get(),
				T::MaxEpochLength::get()
			);
			EpochLength::<T>::put(length);
			// Epoch 0, of which nobody is a witness, is over as soon as the chain has a clock.
			Epoch::<T>::put(EpochInfo { length, ..EpochInfo::default() });
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(_: BlockNumberFor<T>) -> Weight {
			Self::begin_block()
		}

		fn offchain_worker(block: BlockNumberFor<T>) {
			crate::worker::run::<T>(block);
		}

		fn integrity_test() {
			assert!(T::MaxSeats::get() > 0, "a chain without seats has no blocks");
			assert!(T::MinEpochLength::get() > 0, "an epoch takes time");
			assert!(Self::is_epoch_length(DEFAULT_EPOCH_LENGTH), "the default is allowed");
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Report what a witness has seen of a cohort.
		///
		/// ## Dispatch Origin
		///
		/// None is needed: the report carries the witness's signature. Nodes send it on their own.
		///
		/// ## Details
		///
		/// `signature` is the Ed25519 signature of the witness key over the report's message. The report stands
		/// for a receipt of the custodian, which the chain rebuilds and whose signature it checks. What is not
		/// right enters neither a pool nor a block. It costs no quota.
		///
		/// ## Errors
		///
		/// `NotCurrentEpoch`, `InvalidMissing`, `WrongRows`, `NotDrawn`, `AlreadyReported`, `LogShorter`,
		/// `LogForked`; in the pool also `NotAuthorized`, `NotACustodian`, `InvalidSignature`,
		/// `InvalidReceipt`.
		///
		/// ## Events
		///
		/// `Seen`; with a quorum `Confirmed`.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::report(T::MaxSeats::get()))]
		#[pallet::weight_of_authorize(T::WeightInfo::authorize_report(T::MaxSeats::get()))]
		#[pallet::authorize(|_, report, signature| Self::authorize_report(report, signature))]
		pub fn report(
			origin: OriginFor<T>,
			report: Box<Report>,
			signature: [u8; 64],
		) -> DispatchResultWithPostInfo {
			ensure_authorized(origin)?;
			// Verified when the report was authorized, in this block and on the same state.
			let _ = signature;
			Self::do_report(&report)
		}

		/// Prove that a custodian signed a wrong answer about one of its rows.
		///
		/// ## Dispatch Origin
		///
		/// None is needed: the proof speaks for itself. Nodes send it on their own.
		///
		/// ## Details
		///
		/// The row stays disputed until a quorum of witnesses has seen it in a later epoch. A vault that
		/// lost or damaged content says so and never comes to this; only one that lies does. The receipt must
		/// be of the running epoch, so that what is settled is not disputed again.
		///
		/// ## Errors
		///
		/// `NotCurrentEpoch`, `AlreadyDisputed`, `NotACustodian`, `InvalidContradiction`.
		///
		/// ## Events
		///
		/// `Disputed`.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::dispute())]
		#[pallet::weight_of_authorize(T::WeightInfo::authorize_dispute())]
		#[pallet::authorize(|_, contradiction| Self::authorize_dispute(contradiction))]
		pub fn dispute(origin: OriginFor<T>, contradiction: Box<Contradiction>) -> DispatchResult {
			ensure_authorized(origin)?;
			Self::do_dispute(&contradiction)
		}

		/// Change how long an epoch lasts, in milliseconds.
		///
		/// ## Dispatch Origin
		///
		/// `SetOrigin`: the consortium.
		///
		/// ## Details
		///
		/// It holds from the next epoch on; the running one ends when it was going to. Short epochs find
		/// losses sooner and cost more: three reports for each 1,024 rows and epoch.
		///
		/// ## Errors
		///
		/// `LengthOutOfRange`.
		///
		/// ## Events
		///
		/// `EpochLengthSet`.
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::set_epoch_length())]
		pub fn set_epoch_length(origin: OriginFor<T>, length: Moment) -> DispatchResult {
			T::SetOrigin::ensure_origin(origin)?;
			ensure!(Self::is_epoch_length(length), Error::<T>::LengthOutOfRange);
			EpochLength::<T>::put(length);
			Self::deposit_event(Event::EpochLengthSet { length });
			Ok(())
		}

		/// Give up the access log of the own vault, and begin another one.
		///
		/// ## Dispatch Origin
		///
		/// Signed by a key with the `govern` role of an active participant.
		///
		/// ## Details
		///
		/// For a vault that lost its log or came back from an old backup: until then no receipt of it counts.
		/// That it was done, and which log was lost, everybody sees for good.
		///
		/// ## Errors
		///
		/// `UnknownKey`, `RetiredKey`, `KeyRoleMissing`, `NotActive` of the registry; `NoLog`.
		///
		/// ## Events
		///
		/// `LogRestarted`.
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::restart_log())]
		pub fn restart_log(origin: OriginFor<T>) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_restart_log(&who)
		}
	}

	#[pallet::view_functions]
	impl<T: Config> Pallet<T> {
		/// The epoch that the chain is in.
		pub fn receipt_epoch() -> EpochInfo {
			Epoch::<T>::get()
		}

		/// What a witness has to ask a custodian about a cohort; none if it is not drawn for it, has
		/// reported it in this epoch, or there is no such cohort.
		pub fn receipt_task(
			custodian: ParticipantId,
			cohort: u64,
			witness: ParticipantId,
		) -> Option<ReceiptTask> {
			Self::task_of(custodian, cohort, witness)
		}

		/// What witnesses have seen of a cohort.
		pub fn cohort(custodian: ParticipantId, cohort: u64) -> Option<CohortRow> {
			Cohorts::<T>::get(custodian, cohort)
		}

		/// The witnesses of a cohort in this epoch, in the order of the draw.
		pub fn witnesses(custodian: ParticipantId, cohort: u64) -> Vec<ParticipantId> {
			Self::draw(&Epoch::<T>::get(), custodian, cohort).witnesses
		}

		/// How a custodian's row stands.
		pub fn row_state(custodian: ParticipantId, row: u64) -> CohortState {
			Self::state_of(custodian, row)
		}

		/// What the chain knows of the access log of a center's vault.
		pub fn log_head(custodian: ParticipantId) -> Option<LogRow> {
			Logs::<T>::get(custodian)
		}
	}
}
