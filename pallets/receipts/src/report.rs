//! What witnesses report.

use codec::Encode;
use frame_support::{
	dispatch::DispatchResultWithPostInfo,
	ensure,
	pallet_prelude::{InvalidTransaction, ValidTransaction},
	traits::{Get, Time},
};
use sp_runtime::{
	app_crypto::ed25519::{Public, Signature},
	transaction_validity::TransactionValidityWithRefund,
	SaturatedConversion,
};
use ward_primitives::{
	receipt::{challenge_digest, EpochInfo, LogHead, Report},
	traits::ReadParticipants,
	KeyBytes,
};

use crate::{Cohorts, Config, Epoch, Error, Event, Pallet, WeightInfo, Witnesses};

/// For how many blocks a report or a dispute waits in a pool.
pub const LONGEVITY: u64 = 32;

/// The refusal of a pool for the error with the number 0; the others follow it. Those of Ward's transaction
/// extensions, [`Refusal`](ward_primitives::refusal::Refusal), are smaller.
pub const FIRST_REFUSAL: u8 = 100;

/// What the chain knows of a report that is in order.
pub(crate) struct Assignment {
	/// The running epoch.
	pub(crate) epoch: EpochInfo,
	/// The witness's place in the draw.
	pub(crate) place: u8,
	/// How many witnesses were drawn.
	pub(crate) drawn: u8,
	/// From how many seats.
	pub(crate) seats: u32,
	/// The access log that the vault had to confirm.
	pub(crate) since: LogHead,
}

/// Whether `key` signed `message`.
pub(crate) fn verify(signature: &[u8; 64], message: &[u8], key: &KeyBytes) -> bool {
	sp_io::crypto::ed25519_verify(
		&Signature::from_raw(*signature),
		message,
		&Public::from_raw(*key),
	)
}

/// How a pool is told of an error.
#[allow(clippy::needless_pass_by_value)] // As `map_err` hands it over.
pub(crate) fn refusal<T: Config>(error: Error<T>) -> InvalidTransaction {
	let number = error.using_encoded(|bytes| bytes.first().copied().unwrap_or_default());
	InvalidTransaction::Custom(FIRST_REFUSAL.saturating_add(number))
}

impl<T: Config> Pallet<T> {
	/// What a report is about, if it may be made now as far as the state can tell without a signature.
	pub(crate) fn assignment(report: &Report) -> Result<Assignment, Error<T>> {
		let epoch = Epoch::<T>::get();
		ensure!(report.epoch == epoch.number, Error::<T>::NotCurrentEpoch);
		ensure!(report.missing_is_valid(), Error::<T>::InvalidMissing);
		let rows = Self::rows_in(report.custodian, report.cohort);
		ensure!((1..=rows).contains(&report.rows), Error::<T>::WrongRows);
		let draw = Self::draw(&epoch, report.custodian, report.cohort);
		let place = draw.place_of(report.witness).ok_or(Error::<T>::NotDrawn)?;
		let cohort = Cohorts::<T>::get(report.custodian, report.cohort).unwrap_or_default();
		ensure!(!cohort.has_reported(epoch.number, place), Error::<T>::AlreadyReported);
		let since = Self::check_log(report.custodian, epoch.number, &report.log)?;
		Ok(Assignment { place, drawn: draw.drawn(), seats: draw.seats, since, epoch })
	}

	/// Whether the witness signed the report, and the custodian the receipt that it stands for.
	fn check_signatures(
		report: &Report,
		signature: &[u8; 64],
		assignment: &Assignment,
	) -> Result<(), Error<T>> {
		let is_witness = T::Participants::witness_of(&report.key) == Some(report.witness);
		ensure!(is_witness, Error::<T>::NotAuthorized);
		let receipt_key = T::Participants::receipt_key(report.custodian);
		let receipt_key = receipt_key.ok_or(Error::<T>::NotACustodian)?;
		let genesis = Self::genesis();
		let is_signed = verify(signature, &report.message(&genesis), &report.key);
		ensure!(is_signed, Error::<T>::InvalidSignature);
		let Report { custodian, cohort, witness, .. } = *report;
		let challenge = challenge_digest(&genesis, &assignment.epoch, custodian, cohort, witness);
		let receipt = report.receipt(genesis, challenge, assignment.since);
		let is_received = verify(&report.receipt_signature, &receipt.message(), &receipt_key);
		ensure!(is_received, Error::<T>::InvalidReceipt);
		Ok(())
	}

	/// Whether a report is right in all that the chain can see.
	///
	/// # Errors
	/// The first thing that is not.
	pub fn check_report(report: &Report, signature: &[u8; 64]) -> Result<(), Error<T>> {
		let assignment = Self::assignment(report)?;
		Self::check_signatures(report, signature, &assignment)
	}

	/// Whether a report may enter the pool and blocks: all of it is checked here.
	pub(crate) fn authorize_report(
		report: &Report,
		signature: &[u8; 64],
	) -> TransactionValidityWithRefund {
		Self::check_report(report, signature).map_err(refusal::<T>)?;
		let valid = ValidTransaction::with_tag_prefix("WardReport")
			.and_provides((report.epoch, report.custodian, report.cohort, report.witness))
			.longevity(LONGEVITY)
			.propagate(true)
			.build()?;
		let seats = Witnesses::<T>::decode_len().unwrap_or_default().saturated_into();
		let declared = T::WeightInfo::authorize_report(T::MaxSeats::get());
		Ok((valid, declared.saturating_sub(T::WeightInfo::authorize_report(seats))))
	}

	/// See the call `report`.
	pub(crate) fn do_report(report: &Report) -> DispatchResultWithPostInfo {
		let Assignment { epoch, place, drawn, seats, since } = Self::assignment(report)?;
		let Report { custodian, cohort, witness, .. } = *report;
		let mut row = Cohorts::<T>::get(custodian, cohort).unwrap_or_default();
		let has_quorum = row.take(report, place, drawn, &epoch, T::Time::now());
		Self::note_log(custodian, epoch.number, since, report.log);
		Self::deposit_event(Event::Seen {
			custodian,
			cohort,
			epoch: epoch.number,
			witness,
			missing: report.missing.len().saturated_into(),
		});
		if let Some(fresh) = row.fresh.as_ref().filter(|_| has_quorum) {
			Self::deposit_event(Event::Confirmed {
				custodian,
				cohort,
				epoch: fresh.epoch,
				seen: fresh.seen,
				of: fresh.of,
				until: fresh.until,
				exceptions: fresh.exceptions.len().saturated_into(),
			});
		}
		Cohorts::<T>::insert(custodian, cohort, row);
		Ok(Some(T::WeightInfo::report(seats)).into())
	}
}
