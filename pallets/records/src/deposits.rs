//! The check of custodians' deposit receipts.

use frame_support::{ensure, sp_runtime::traits::Zero};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::app_crypto::ed25519::{Public, Signature};
use ward_primitives::{
	traits::ReadParticipants, Deposit, DepositReceipt, Digest, Moment, NewRecord, ParticipantId,
	RecordContent, RecordId,
};

use crate::{Config, Error, Pallet};

impl<T: Config> Pallet<T> {
	/// The hash of the chain's first block, which ties ids and signatures to this chain.
	pub(crate) fn genesis() -> Digest {
		frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero()).into()
	}

	/// Whether each custodian named accepted custody of exactly this record, and none is named
	/// twice.
	pub(crate) fn check_deposits(
		genesis: Digest,
		id: RecordId,
		author: ParticipantId,
		record: &NewRecord,
		now: Moment,
	) -> Result<(), Error<T>> {
		let content = record.content(author);
		ensure!(!record.deposits.is_empty(), Error::<T>::NoDeposit);
		for (n, deposit) in record.deposits.iter().enumerate() {
			let earlier = record.deposits.iter().take(n);
			let is_repeated = earlier.into_iter().any(|other| other.custodian == deposit.custodian);
			ensure!(!is_repeated, Error::<T>::DuplicateCustodian);
			Self::check_deposit(genesis, id, &content, deposit, now)?;
		}
		Ok(())
	}

	/// Whether a custodian accepted custody of exactly this record, and still stands by it.
	pub(crate) fn check_deposit(
		genesis: Digest,
		id: RecordId,
		content: &RecordContent,
		deposit: &Deposit,
		now: Moment,
	) -> Result<(), Error<T>> {
		ensure!(now < deposit.expires, Error::<T>::Expired);
		// Only an active center that runs a vault has a receipt key.
		let key =
			T::Participants::receipt_key(deposit.custodian).ok_or(Error::<T>::NotACustodian)?;
		let receipt = DepositReceipt {
			genesis,
			custodian: deposit.custodian,
			record: id,
			content_root: content.content_root,
			size: content.size,
			expires: deposit.expires,
		};
		let is_genuine = sp_io::crypto::ed25519_verify(
			&Signature::from_raw(deposit.signature),
			&receipt.message(),
			&Public::from_raw(key),
		);
		ensure!(is_genuine, Error::<T>::InvalidSignature);
		Ok(())
	}
}
