//! From an answer to what the chain is told.

use alloc::{boxed::Box, vec::Vec};
use codec::{Compact, Decode, DecodeAll, MaxEncodedLen};
use frame_system::offchain::SubmitTransaction;
use ward_primitives::{
	receipt::{check, Answer, Challenge, Contradiction, Report, Seen, StorageReceipt},
	traits::ReadParticipants,
};

use super::{counters::Cause, due};
use crate::{report::verify, witness::Witness, Call, Config, Error, Pallet};

/// Reads an answer for so many rows.
///
/// A row can be one byte long and takes a few dozen in memory, so their number is looked at before any is
/// read: what claims to be two million of them would end the whole run.
fn decode(bytes: &[u8], rows: u16) -> Option<Answer> {
	let before = StorageReceipt::max_encoded_len().checked_add(size_of::<[u8; 64]>())?;
	let Compact(count) = Compact::<u32>::decode(&mut bytes.get(before..)?).ok()?;
	if count != u32::from(rows) {
		return None;
	}
	Answer::decode_all(&mut &*bytes).ok()
}

/// What an answer shows, for a report that the chain would take.
pub(crate) fn examine<T: Config>(
	challenge: &Challenge,
	opened: &[u8],
) -> Result<(Answer, Seen), Cause> {
	let answer = decode(opened, challenge.rows).ok_or(Cause::Malformed)?;
	let rows = due::rows::<T>(challenge).ok_or(Cause::NotDue)?;
	let key = T::Participants::receipt_key(challenge.custodian).ok_or(Cause::NoVault)?;
	let seen = check(&answer, challenge, &rows, &key, verify)?;
	Ok((answer, seen))
}

/// Reports what was seen, if the chain would take it.
pub(crate) fn report<T: Config>(
	witness: &Witness<T::WitnessId>,
	answer: &Answer,
	missing: Vec<u16>,
) -> Result<(), Cause> {
	let report = Report::of(answer, witness.key, missing).ok_or(Cause::TooManyMissing)?;
	let signature =
		witness.sign(&report.message(&answer.receipt.genesis)).ok_or(Cause::NotSubmitted)?;
	Pallet::<T>::check_report(&report, &signature).map_err(|error| match error {
		Error::LogShorter => Cause::LogShorter,
		Error::LogForked => Cause::LogForked,
		_ => Cause::NotDue,
	})?;
	submit::<T>(Call::report { report: Box::new(report), signature })
}

/// Shows the chain that the custodian signed a wrong answer, unless it knows.
pub(crate) fn dispute<T: Config>(contradiction: Contradiction) -> Result<(), Cause> {
	Pallet::<T>::check_dispute(&contradiction).map_err(|_| Cause::NotDue)?;
	submit::<T>(Call::dispute { contradiction: Box::new(contradiction) })
}

/// Hands a call to this node's pool.
fn submit<T: Config>(call: Call<T>) -> Result<(), Cause> {
	let transaction = T::create_authorized_transaction(call.into());
	SubmitTransaction::<T, Call<T>>::submit_transaction(transaction)
		.map_err(|()| Cause::NotSubmitted)
}
