//! # Records
//!
//! Anchors of health records: what was written about whom, by whom, and who holds it.
//!
//! ## Pallet API
//!
//! See the [`pallet`] module for the calls, events, errors, constants and storage of this pallet.
//!
//! ## Overview
//!
//! A record itself never comes near the chain. It is encrypted by its author, its ciphertext is
//! kept by one to three medical centers, and only salted hashes of it are anchored here. So anybody
//! can check that what a vault hands out is what the author wrote, and nobody learns anything
//! clinical.
//!
//! ### Terminology
//!
//! - **Anchor**: to put a record's hashes on the chain, in a row that stays for good.
//! - **Author**: the participant who signs the call. Practitioners and centers write on behalf of a
//!   center, which the row names; patients and their paired devices write for the patient.
//! - **Custodian**: a center whose vault holds the ciphertext, proved by its deposit receipt.
//! - **Hand over**: a custodian that leaves puts another center in its place, which has proved by a deposit
//!   receipt that it has the ciphertext.
//! - **Lineage**: a record and all that supersede it, one after the other. The last is its head.
//!
//! ### Scenario: a hospital writes a report
//!
//! 1. The doctor's client encrypts the report and uploads the ciphertext to the hospital's vault.
//! 2. The vault signs a deposit receipt: it holds these bytes for this record.
//! 3. The doctor anchors the record with the receipt. The chain checks that the patient is in the
//!    hospital's care (or granted it writing), checks the receipt and writes the row.
//! 4. The report had an error: the doctor anchors a corrected one that supersedes the first.
//!
//! ### Scenario: a hospital leaves
//!
//! 1. Its vault has the vault of another center fetch what it holds, which signs a deposit receipt for each
//!    record.
//! 2. The hospital hands the records over with these receipts. From then on the other center answers for
//!    them, and nobody expects them of the hospital.
//!
//! ## Low Level / Implementation Details
//!
//! ### Design
//!
//! - Whether an author may write is decided by [`ward_primitives::decide`], as everywhere in Ward.
//! - The [`RecordId`](ward_primitives::RecordId) is computed here from what the author submits, so the same submission is the
//!   same record and a repeated one is refused.
//! - A batch is all or nothing. `check_batch` names the item at fault before anything is sent.
//! - A patient's records and a custodian's rows are numbered without gaps, so that both can be read
//!   in pages, and so that 1,024 consecutive rows of a custodian make a cohort.
//! - What a call weighs depends on how many centers its author works for and how many grants the
//!   patient gave. It declares the most that there can be and gives back what it did not use.
//! - A row that was handed over keeps its number, so that numbers have no gaps; the record's own row says
//!   who holds it now.
//! - Rows are never removed. Erasing a record means destroying its salt and its data key.

#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

pub use pallet::*;
pub use reading::MAX_PAGE;
pub use weights::WeightInfo;

mod anchoring;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod deposits;
mod hand_over;
mod reading;
#[cfg(any(feature = "try-runtime", test))]
mod try_state;
pub mod weights;
mod work;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

#[cfg(feature = "runtime-benchmarks")]
pub use benchmarking::{Author, BenchmarkHelper};

#[allow(unused_qualifications)] // What the macro expands to is not ours to shorten.
#[frame_support::pallet]
pub mod pallet {
	use alloc::vec::Vec;
	use frame_support::{pallet_prelude::*, traits::Time};
	use frame_system::pallet_prelude::*;
	use ward_primitives::{
		record::MAX_CUSTODIANS,
		traits::{ActingParticipant, ReadConsents, ReadCustody, ReadParticipants},
		Custodian, HandOver, NewRecord, ParticipantId, RecordId, RecordRow,
	};

	use crate::{
		work::{weighed, Work},
		WeightInfo,
	};

	#[pallet::pallet]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config: frame_system::Config<Hash: Into<[u8; 32]>> {
		/// The clock, in milliseconds since the Unix epoch.
		type Time: Time<Moment = u64>;

		/// Who takes part: authors, patients and custodians.
		type Participants: ActingParticipant<Self::AccountId, DispatchError> + ReadParticipants;

		/// What patients allowed and forbade.
		type Consents: ReadConsents;

		/// The most records that one batch can hold. Each costs up to three signature checks, so a
		/// full batch must stay well within a block.
		#[pallet::constant]
		type MaxBatch: Get<u32>;

		/// The largest ciphertext of a record, in bytes.
		#[pallet::constant]
		type MaxSize: Get<u64>;

		/// What the calls weigh.
		type WeightInfo: WeightInfo;

		/// Prepares participants for the benchmarks.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: crate::BenchmarkHelper<Self::AccountId>;
	}

	/// Every record that was ever anchored.
	// Identity: the key is a BLAKE2b hash that the chain itself computes over fields of which the
	// author controls several, so its distribution is that of the hash; hashing it again gains
	// nothing.
	#[pallet::storage]
	pub type Records<T: Config> = StorageMap<_, Identity, RecordId, RecordRow>;

	/// How many records there are.
	#[pallet::storage]
	pub type RecordCount<T: Config> = StorageValue<_, u64, ValueQuery>;

	/// A patient's records, numbered from 0 in the order in which they were anchored.
	// Twox: both keys are numbers that the chain assigns one after the other.
	#[pallet::storage]
	pub type PatientRecords<T: Config> =
		StorageDoubleMap<_, Twox64Concat, ParticipantId, Twox64Concat, u64, RecordId>;

	/// How many records a patient has.
	// Twox: participant numbers are assigned by the chain.
	#[pallet::storage]
	pub type PatientRecordCount<T: Config> =
		StorageMap<_, Twox64Concat, ParticipantId, u64, ValueQuery>;

	/// The rows of a custodian, numbered from 0 without gaps. 1,024 consecutive ones are a cohort.
	// Twox: both keys are numbers that the chain assigns one after the other.
	#[pallet::storage]
	pub type Custody<T: Config> =
		StorageDoubleMap<_, Twox64Concat, ParticipantId, Twox64Concat, u64, RecordId>;

	/// How many rows a custodian has.
	// Twox: participant numbers are assigned by the chain.
	#[pallet::storage]
	pub type CustodyCount<T: Config> = StorageMap<_, Twox64Concat, ParticipantId, u64, ValueQuery>;

	/// How many rows of a custodian's cohort were handed over to others, by the number of the cohort.
	// Twox: both keys are numbers that the chain assigns one after the other.
	#[pallet::storage]
	pub type HandedOver<T: Config> =
		StorageDoubleMap<_, Twox64Concat, ParticipantId, Twox64Concat, u64, u16, ValueQuery>;

	/// The centers that have handed over a record of a patient: their access logs may say who read it there.
	// Twox: both keys are numbers that the chain assigns one after the other.
	#[pallet::storage]
	pub type FormerCustodians<T: Config> =
		StorageDoubleMap<_, Twox64Concat, ParticipantId, Twox64Concat, ParticipantId, ()>;

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A record was anchored.
		Anchored {
			/// The record.
			record: RecordId,
			/// Whom it is about.
			patient: ParticipantId,
			/// Who wrote it.
			author: ParticipantId,
			/// The centers that hold it, each with the number of its row.
			custodians: BoundedVec<Custodian, ConstU32<MAX_CUSTODIANS>>,
		},
		/// A record was anchored that corrects or replaces another.
		Superseded {
			/// The new record, now the head of its lineage.
			record: RecordId,
			/// The record that it corrects or replaces.
			superseded: RecordId,
		},
		/// A custodian handed a record over to another center.
		HandedOver {
			/// The record.
			record: RecordId,
			/// Who held it until now, with the number of its row.
			from: Custodian,
			/// Who holds it instead, with the number of its row: a new one, unless it held it already.
			to: Custodian,
		},
	}

	#[pallet::error]
	pub enum Error<T> {
		/// The record is on the chain already: nothing needs to be sent again. A record that is to
		/// stand beside it needs a fresh salt.
		AlreadyExists,
		/// There is no record with this id. Check the id, and that its record is anchored.
		NotFound,
		/// Nothing permits the author to write about this patient: ask the patient for a grant that
		/// includes writing, or the center to have the patient in its care.
		NotAuthorized,
		/// The patient excluded the author or a center that the author works for. Only the patient
		/// can end that.
		Excluded,
		/// The participant that the record is about is not a patient. Check its number.
		UnknownPatient,
		/// Only the patient and the patient's paired device write on nobody's behalf. Set
		/// `on_behalf_of` to the center that the author writes for.
		CenterRequired,
		/// The patient and the patient's own device write on nobody's behalf. Leave `on_behalf_of`
		/// out.
		UnexpectedCenter,
		/// The author does not work for the center that is named now. Name a center that it works
		/// for.
		NotAffiliated,
		/// The ciphertext is empty or larger than `MaxSize`. Split the record.
		InvalidSize,
		/// No custodian holds the ciphertext. Upload it to a vault and add its deposit receipt.
		NoDeposit,
		/// Two deposit receipts are of the same center. Leave one of them out.
		DuplicateCustodian,
		/// The custodian is not an active medical center that runs a vault. Deposit with another.
		NotACustodian,
		/// A deposit receipt is no longer valid. Upload the ciphertext again to get a new one.
		Expired,
		/// A deposit receipt is not signed by the custodian's receipt key for exactly this record
		/// on this chain. Ask the vault for a receipt for this record.
		InvalidSignature,
		/// The record that is to be superseded is about another patient. Anchor the new one by
		/// itself.
		PatientMismatch,
		/// A newer record already supersedes this one. Supersede the head of the lineage.
		AlreadySuperseded,
		/// Only the patient and the center that wrote a record can supersede it. Anchor the new
		/// record by itself.
		NotAuthor,
		/// The center that signs does not hold the record. Leave it out: it may have been handed over
		/// already.
		NotCustodian,
		/// The deposit receipt is of the center that hands over itself. Name another center's.
		SameCustodian,
		/// The batch holds no record. Add at least one.
		EmptyBatch,
		/// The batch holds more than `MaxBatch` records. Split it.
		TooManyRecords,
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Anchors a record.
		///
		/// ## Dispatch Origin
		///
		/// Signed with an `act` key of an active participant, who becomes the author.
		///
		/// ## Details
		///
		/// The author must be permitted to write about the patient now: as the patient, as the
		/// patient's paired device, for a center that has the patient in its care, or by a grant.
		/// `record` names one to three custodians with their deposit receipts.
		///
		/// ## Errors
		///
		/// - `KeyRoleMissing`, `NotActive`: the signing key, or its participant, may not act now.
		/// - `NotAuthorized`, `Excluded`: the author may not write about this patient.
		/// - `UnknownPatient`: the record is about somebody who is not a patient.
		/// - `CenterRequired`, `UnexpectedCenter`, `NotAffiliated`: the wrong `on_behalf_of`.
		/// - `InvalidSize`: the ciphertext is empty or too large.
		/// - `NoDeposit`, `DuplicateCustodian`, `NotACustodian`, `Expired`, `InvalidSignature`: the
		///   deposit receipts are not in order.
		/// - `AlreadyExists`: the same record was anchored before.
		///
		/// ## Events
		///
		/// - `Anchored`.
		#[pallet::call_index(0)]
		#[pallet::weight(Work::most::<T>(core::slice::from_ref(record)).as_anchor::<T>())]
		pub fn anchor(origin: OriginFor<T>, record: NewRecord) -> DispatchResultWithPostInfo {
			let account = ensure_signed(origin)?;
			let mut work = Work::default();
			let result = Self::author(&account)
				.and_then(|author| Self::do_anchor(author, &record, None, &mut work))
				.map(drop);
			weighed(result, work.as_anchor::<T>())
		}

		/// Anchors several records of one author, all or none.
		///
		/// ## Dispatch Origin
		///
		/// Signed with an `act` key of an active participant, who becomes the author of all.
		///
		/// ## Details
		///
		/// Each record is checked as by `anchor`. If one of them is refused, none is anchored; the
		/// view function `check_batch` tells beforehand which one it would be.
		///
		/// ## Errors
		///
		/// - `EmptyBatch`: there is no record in it.
		/// - Those of `anchor`, for the first record that is refused.
		///
		/// ## Events
		///
		/// - `Anchored`, for each record.
		#[pallet::call_index(1)]
		#[pallet::weight(Work::most::<T>(records).as_batch::<T>())]
		pub fn anchor_batch(
			origin: OriginFor<T>,
			records: BoundedVec<NewRecord, T::MaxBatch>,
		) -> DispatchResultWithPostInfo {
			let account = ensure_signed(origin)?;
			let mut work = Work::default();
			let result = Self::author(&account)
				.and_then(|author| Self::do_anchor_all(author, &records, &mut work));
			weighed(result, work.as_batch::<T>())
		}

		/// Anchors a record that corrects or replaces another.
		///
		/// ## Dispatch Origin
		///
		/// Signed with an `act` key of an active participant, who becomes the author of the new
		/// record: the patient, or somebody who writes on behalf of the center that wrote the
		/// superseded record.
		///
		/// ## Details
		///
		/// The new record is checked as by `anchor`, joins the lineage of the superseded one and
		/// becomes its head. The superseded record stays on the chain.
		///
		/// ## Errors
		///
		/// - `NotFound`: the superseded record is not on the chain.
		/// - `PatientMismatch`: it is about another patient.
		/// - `AlreadySuperseded`: it is not the head of its lineage.
		/// - `NotAuthor`: the author is neither the patient nor writes for the same center.
		/// - Those of `anchor`, for the new record.
		///
		/// ## Events
		///
		/// - `Anchored`, then `Superseded`.
		#[pallet::call_index(2)]
		#[pallet::weight(Work::most::<T>(core::slice::from_ref(record)).as_supersede::<T>())]
		pub fn supersede(
			origin: OriginFor<T>,
			superseded: RecordId,
			record: NewRecord,
		) -> DispatchResultWithPostInfo {
			let account = ensure_signed(origin)?;
			let mut work = Work::default();
			let result = Self::author(&account)
				.and_then(|author| Self::do_supersede(author, superseded, &record, &mut work));
			weighed(result, work.as_supersede::<T>())
		}

		/// Hands records over to other centers, all or none.
		///
		/// ## Dispatch Origin
		///
		/// Signed with an `act` key of an active center that holds all of them.
		///
		/// ## Details
		///
		/// For a custodian that leaves, or moves to another vault. Each record comes with the deposit receipt
		/// of the center that is to hold it instead, which proves that it agrees and has the ciphertext on
		/// disk. It takes the place of the center that signs; if it holds the record already, the record
		/// has one custodian less. From then on nobody expects the record of the center that signs; its
		/// row keeps its number.
		///
		/// ## Errors
		///
		/// - `KeyRoleMissing`, `NotActive`: the signing key, or its participant, may not act now.
		/// - `EmptyBatch`: there is no record in it.
		/// - `NotFound`: a record is not on the chain.
		/// - `NotCustodian`: the center does not hold a record.
		/// - `SameCustodian`: a deposit receipt is the center's own.
		/// - `NotACustodian`, `Expired`, `InvalidSignature`: a deposit receipt is not in order.
		///
		/// ## Events
		///
		/// - `HandedOver`, for each record.
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::hand_over(records.len() as u32))]
		pub fn hand_over(
			origin: OriginFor<T>,
			records: BoundedVec<HandOver, T::MaxBatch>,
		) -> DispatchResult {
			let account = ensure_signed(origin)?;
			let center = Self::author(&account)?;
			Self::do_hand_over(center, &records)
		}
	}

	#[allow(clippy::needless_pass_by_value)] // View functions take their arguments by value.
	#[pallet::view_functions]
	impl<T: Config> Pallet<T> {
		/// A record.
		pub fn record(id: RecordId) -> Option<RecordRow> {
			Records::<T>::get(id)
		}

		/// A page of a patient's records, oldest first: at most `limit` (and at most 1,000) from
		/// number `from` on.
		pub fn records_of(patient: ParticipantId, from: u64, limit: u32) -> Vec<RecordId> {
			Self::page(from, limit, |n| PatientRecords::<T>::get(patient, n))
		}

		/// A page of a center's rows by their number: at most `limit` (and at most 1,000) from row
		/// `from` on. Those that it handed over are among them; `record` says who holds them now.
		pub fn custody_of(center: ParticipantId, from: u64, limit: u32) -> Vec<RecordId> {
			Self::page(from, limit, |row| Custody::<T>::get(center, row))
		}

		/// How many rows of a center's cohort it still holds: those that it has, without those that it
		/// handed over.
		pub fn rows_held(center: ParticipantId, cohort: u64) -> u16 {
			<Self as ReadCustody>::rows_held(center, cohort)
		}

		/// A page of the centers that have handed over a record of a patient, after `after`, in no particular
		/// order but always the same: at most `limit` (and at most 1,000).
		pub fn former_custodians_of(
			patient: ParticipantId,
			after: Option<ParticipantId>,
			limit: u32,
		) -> Vec<ParticipantId> {
			Self::page_of_former_custodians(patient, after, limit)
		}

		/// Whether `anchor_batch` of these records by this account would succeed now; if not, the
		/// place of the first record at fault, from 0, and the error.
		pub fn check_batch(
			author: T::AccountId,
			records: Vec<NewRecord>,
		) -> Result<(), (u32, DispatchError)> {
			Self::try_batch(&author, &records)
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn integrity_test() {
			assert!(T::MaxBatch::get() > 0, "a batch must have room for a record");
			assert!(T::MaxSize::get() > 0, "a record must have room for a byte");
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}
}
