//! Relations: who works for whom, who is in whose care, which device measures whom.

use frame_support::{dispatch::DispatchResult, ensure};
use sp_runtime::DispatchError;
use ward_primitives::{traits::ActingParticipant, KeyRoles, ParticipantId, Role};

use crate::{
	timeline::{Affiliation, InCare, Pairing, Relation},
	Config, Error, Event, Pallet, Participants,
};

impl<T: Config> Pallet<T> {
	/// The center that `account` enrols for.
	pub(crate) fn ensure_enrolling_center(
		account: &T::AccountId,
	) -> Result<ParticipantId, DispatchError> {
		let center = Self::ensure_acting(account, KeyRoles::ENROL)?;
		let row = Participants::<T>::get(center).ok_or(Error::<T>::NotFound)?;
		ensure!(row.role == Role::MedicalCenter, Error::<T>::WrongRole);
		Ok(center)
	}

	/// Whether `id` is active and has this role.
	pub(crate) fn ensure_active(id: ParticipantId, role: Role) -> Result<(), Error<T>> {
		let row = Participants::<T>::get(id).ok_or(Error::<T>::NotFound)?;
		ensure!(row.role == role, Error::<T>::WrongRole);
		ensure!(row.active.contains(Self::now()), Error::<T>::OtherNotActive);
		Ok(())
	}

	/// Whether `account` is a live key of `party`, with the roles that its side of a relation takes.
	fn speaks_for(account: &T::AccountId, party: Option<ParticipantId>, roles: KeyRoles) -> bool {
		Self::live_key(account, roles).is_ok_and(|key| Some(key.participant) == party)
	}

	/// Whether `account` may end a relation between the first, who acts for itself, and a center.
	/// Ending takes rights away, so neither side has to be active.
	pub(crate) fn ensure_either_side(
		account: &T::AccountId,
		own: ParticipantId,
		center: ParticipantId,
	) -> DispatchResult {
		Self::ensure_holder(account, KeyRoles(0))?;
		let allowed = Self::speaks_for(account, Some(own), KeyRoles::ACT)
			|| Self::speaks_for(account, Some(center), KeyRoles::ENROL);
		ensure!(allowed, Error::<T>::NotAuthorized);
		Ok(())
	}

	/// Whether `account` may pair `device` with `patient`: the patient, or the center that enrolled
	/// the device while the patient is in its care.
	pub(crate) fn ensure_may_pair(
		account: &T::AccountId,
		device: ParticipantId,
		patient: ParticipantId,
	) -> DispatchResult {
		let actor = Self::ensure_acting(account, KeyRoles(0))?;
		let center = Self::sponsor_of(device).filter(|center| *center == actor);
		let allowed = match center {
			Some(center) => {
				Self::ensure_holder(account, KeyRoles::ENROL)?;
				<InCare as Relation<T>>::at((patient, center), Self::now())
					.is_some_and(|care| care.contains(Self::now()))
			},
			None => Self::speaks_for(account, Some(patient), KeyRoles::ACT),
		};
		ensure!(allowed, Error::<T>::NotAuthorized);
		Ok(())
	}

	/// Whether `account` may end the pairing: the patient, the device, or the device's sponsor.
	pub(crate) fn ensure_may_unpair(
		account: &T::AccountId,
		device: ParticipantId,
		patient: ParticipantId,
	) -> DispatchResult {
		Self::ensure_holder(account, KeyRoles(0))?;
		let allowed = Self::speaks_for(account, Some(patient), KeyRoles::ACT)
			|| Self::speaks_for(account, Some(device), KeyRoles::ACT)
			|| Self::speaks_for(account, Self::sponsor_of(device), KeyRoles::ENROL);
		ensure!(allowed, Error::<T>::NotAuthorized);
		Ok(())
	}

	fn sponsor_of(id: ParticipantId) -> Option<ParticipantId> {
		Participants::<T>::get(id).and_then(|row| row.sponsor)
	}

	/// Opens an affiliation and says so.
	pub(crate) fn do_affiliate(member: ParticipantId, center: ParticipantId) -> DispatchResult {
		let generation = Affiliation::open::<T>(member, center, Self::now())?;
		Self::deposit_event(Event::AffiliationOpened { member, center, generation });
		Ok(())
	}

	/// Ends an affiliation and says so.
	pub(crate) fn do_end_affiliation(
		member: ParticipantId,
		center: ParticipantId,
	) -> DispatchResult {
		<Affiliation as Relation<T>>::end((member, center), Self::now())?;
		Self::deposit_event(Event::AffiliationEnded { member, center });
		Ok(())
	}

	/// Opens a care relationship and says so.
	pub(crate) fn do_open_care(patient: ParticipantId, center: ParticipantId) -> DispatchResult {
		let generation = <InCare as Relation<T>>::open((patient, center), Self::now())?;
		Self::deposit_event(Event::CareOpened { patient, center, generation });
		Ok(())
	}

	/// Ends a care relationship and says so.
	pub(crate) fn do_end_care(patient: ParticipantId, center: ParticipantId) -> DispatchResult {
		<InCare as Relation<T>>::end((patient, center), Self::now())?;
		Self::deposit_event(Event::CareEnded { patient, center });
		Ok(())
	}

	/// Opens a pairing and says so.
	pub(crate) fn do_pair(device: ParticipantId, patient: ParticipantId) -> DispatchResult {
		let generation = <Pairing as Relation<T>>::open((device, patient), Self::now())?;
		Self::deposit_event(Event::DevicePaired { device, patient, generation });
		Ok(())
	}

	/// Ends a pairing and says so.
	pub(crate) fn do_unpair(device: ParticipantId, patient: ParticipantId) -> DispatchResult {
		<Pairing as Relation<T>>::end((device, patient), Self::now())?;
		Self::deposit_event(Event::DeviceUnpaired { device, patient });
		Ok(())
	}
}
