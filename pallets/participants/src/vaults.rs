//! The row that a center publishes about its vault.

use frame_support::ensure;
use ward_primitives::{
	traits::ReadParticipants, KeyBytes, KeyRoles, ParticipantId, Role, VaultRow,
};

use crate::{Config, Error, Pallet, Vaults};

impl<T: Config> Pallet<T> {
	/// Whether `key` is a live receipt key of `center`.
	fn is_receipt_key(center: ParticipantId, key: KeyBytes) -> bool {
		Self::live_key(&key.into(), KeyRoles::RECEIPT)
			.is_ok_and(|row| row.participant == center && row.roles == KeyRoles::RECEIPT)
	}

	/// Whether `center` may publish this row.
	pub(crate) fn ensure_vault(center: ParticipantId, vault: &VaultRow) -> Result<(), Error<T>> {
		let is_center = Self::is_active(center, Role::MedicalCenter, Self::now());
		ensure!(is_center, Error::<T>::WrongRole);
		ensure!(vault.endpoint_is_valid(), Error::<T>::InvalidEndpoint);
		ensure!(vault.release_key_is_valid(), Error::<T>::InvalidReleaseKey);
		ensure!(Self::is_receipt_key(center, vault.receipt_key), Error::<T>::InvalidReceiptKey);
		Ok(())
	}

	/// The key with which the vault of `center` signs receipts, while both are in force.
	pub(crate) fn live_receipt_key(center: ParticipantId) -> Option<KeyBytes> {
		let key = Vaults::<T>::get(center)?.receipt_key;
		let in_force = Self::is_active(center, Role::MedicalCenter, Self::now())
			&& Self::is_receipt_key(center, key);
		in_force.then_some(key)
	}
}
