//! Hosting: small centers are guests on the node of a center that has a seat.
//!
//! A practice need not run a machine of its own to take part. Both sides agree, and the chain says
//! publicly who relies on whom: a host sees its guests' calls first, and could hold them back.

use frame_support::{dispatch::DispatchResult, ensure, traits::Time};
use sp_runtime::DispatchError;
use ward_primitives::{
	traits::{ActingParticipant, ReadParticipants},
	KeyRoles, ParticipantId, Role,
};

use crate::{Config, Error, Event, HostingOffers, Hosts, Pallet, Seats};

impl<T: Config> Pallet<T> {
	/// Whether a center has taken a seat.
	fn has_taken_seat(center: ParticipantId) -> bool {
		Seats::<T>::get(center).is_some_and(|seat| seat.taken_at.is_some())
	}

	/// See the call `offer_hosting`.
	pub(crate) fn do_offer_hosting(host: ParticipantId, guest: ParticipantId) -> DispatchResult {
		ensure!(Self::has_taken_seat(host), Error::<T>::NoSeat);
		let now = <T as Config>::Time::now();
		let (role, active) =
			T::Participants::participant(guest, now).ok_or(Error::<T>::NotFound)?;
		ensure!(role == Role::MedicalCenter, Error::<T>::WrongRole);
		ensure!(active.contains(now), Error::<T>::OtherNotActive);
		ensure!(!Self::has_taken_seat(guest), Error::<T>::HasSeat);
		ensure!(Self::host_of(guest) != Some(host), Error::<T>::AlreadyExists);
		ensure!(!HostingOffers::<T>::contains_key(guest, host), Error::<T>::AlreadyExists);
		HostingOffers::<T>::insert(guest, host, ());
		Self::deposit_event(Event::HostingOffered { host, guest });
		Ok(())
	}

	/// See the call `accept_hosting`.
	pub(crate) fn do_accept_hosting(guest: ParticipantId, host: ParticipantId) -> DispatchResult {
		ensure!(HostingOffers::<T>::contains_key(guest, host), Error::<T>::NotOffered);
		ensure!(!Self::has_taken_seat(guest), Error::<T>::HasSeat);
		ensure!(Self::has_taken_seat(host), Error::<T>::NoSeat);
		ensure!(Self::host_of(guest).is_none(), Error::<T>::HasHost);
		HostingOffers::<T>::remove(guest, host);
		Hosts::<T>::insert(guest, host);
		Self::deposit_event(Event::HostingAccepted { host, guest });
		Ok(())
	}

	/// See the call `end_hosting`.
	pub(crate) fn do_end_hosting(who: &T::AccountId, guest: ParticipantId) -> DispatchResult {
		let signer = T::Participants::ensure_holder(who, KeyRoles::GOVERN)?;
		let host = match signer == guest {
			true => Hosts::<T>::get(guest).ok_or(Error::<T>::NotOffered)?,
			false => signer,
		};
		let was_host = Hosts::<T>::get(guest) == Some(host);
		let had_offered = HostingOffers::<T>::take(guest, host).is_some();
		ensure!(was_host || had_offered, Error::<T>::NotOffered);
		if was_host {
			Hosts::<T>::remove(guest);
		}
		Self::deposit_event(Event::HostingEnded { host, guest });
		Ok(())
	}

	/// On whose node a center is a guest: none if it never agreed, or the host has no seat any more.
	pub fn host_of(guest: ParticipantId) -> Option<ParticipantId> {
		Hosts::<T>::get(guest).filter(|host| Self::has_taken_seat(*host))
	}

	/// The center that `who` governs for, if it is active.
	pub(crate) fn governing_center(who: &T::AccountId) -> Result<ParticipantId, DispatchError> {
		let center = T::Participants::ensure_acting(who, KeyRoles::GOVERN)?;
		let now = <T as Config>::Time::now();
		ensure!(Self::is_active_center(center, now), Error::<T>::WrongRole);
		Ok(center)
	}
}
