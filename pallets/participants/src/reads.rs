//! What the registry answers to other pallets.

use alloc::vec::Vec;
use frame_support::{ensure, traits::Get};
use sp_runtime::DispatchError;
use ward_primitives::{
	traits::{ActingParticipant, ReadParticipants},
	Interval, KeyBytes, KeyRoles, Moment, ParticipantId, Role, Timeline,
};

use crate::{
	timeline::{last_started, Affiliation, InCare, Pairing, Relation},
	AffiliatedCenters, Config, Error, HealthAuthorities, Pallet, Participants, PastActive, Vaults,
};

impl<T: Config> ActingParticipant<T::AccountId, DispatchError> for Pallet<T> {
	fn ensure_acting(
		account: &T::AccountId,
		roles: KeyRoles,
	) -> Result<ParticipantId, DispatchError> {
		let participant = Self::ensure_holder(account, roles)?;
		let row = Participants::<T>::get(participant).ok_or(Error::<T>::NotFound)?;
		ensure!(row.active.contains(Self::now()), Error::<T>::NotActive);
		Ok(participant)
	}

	fn ensure_holder(
		account: &T::AccountId,
		roles: KeyRoles,
	) -> Result<ParticipantId, DispatchError> {
		Ok(Self::live_key(account, roles)?.participant)
	}
}

impl<T: Config> Pallet<T> {
	/// When `id` was last active at or before `at`, with the generation of that interval.
	pub(crate) fn active_at(id: ParticipantId, at: Moment) -> Option<(Role, Timeline)> {
		let row = Participants::<T>::get(id)?;
		Some((row.role, last_started::<_, PastActive<T>>(row.active, id, at)?))
	}

	/// The health authorities that are active at `now`, in the order of their admission.
	pub fn health_authorities(now: Moment) -> Vec<ParticipantId> {
		let is_active = |id: &ParticipantId| Self::is_active(*id, Role::HealthAuthority, now);
		HealthAuthorities::<T>::get().into_iter().filter(is_active).collect()
	}
}

impl<T: Config> ReadParticipants for Pallet<T> {
	fn participant(id: ParticipantId, at: Moment) -> Option<(Role, Interval)> {
		let (role, active) = Self::active_at(id, at)?;
		Some((role, active.latest))
	}

	fn affiliations(member: ParticipantId, at: Moment) -> Vec<(ParticipantId, Interval)> {
		let interval = |center| {
			let affiliation = <Affiliation as Relation<T>>::at((member, center), at)?;
			Some((center, affiliation.latest))
		};
		AffiliatedCenters::<T>::get(member).into_iter().filter_map(interval).collect()
	}

	fn max_affiliations() -> u32 {
		T::MaxAffiliations::get()
	}

	fn care(patient: ParticipantId, center: ParticipantId, at: Moment) -> Option<Timeline> {
		<InCare as Relation<T>>::at((patient, center), at)
	}

	fn pairing(device: ParticipantId, patient: ParticipantId, at: Moment) -> Option<Interval> {
		<Pairing as Relation<T>>::at((device, patient), at).map(|pairing| pairing.latest)
	}

	fn receipt_key(center: ParticipantId) -> Option<KeyBytes> {
		Self::live_receipt_key(center)
	}

	fn witness_of(key: &KeyBytes) -> Option<ParticipantId> {
		Self::ensure_acting(&(*key).into(), KeyRoles::WITNESS).ok()
	}

	fn vault_endpoint(center: ParticipantId) -> Option<Vec<u8>> {
		let is_active = Self::is_active(center, Role::MedicalCenter, Self::now());
		Some(Vaults::<T>::get(center).filter(|_| is_active)?.endpoint.into_inner())
	}
}
