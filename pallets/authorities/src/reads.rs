//! What the pallet answers to readers and to the council.

use alloc::vec::Vec;
use frame_support::traits::Time;
use pallet_session::Pallet as Session;
use sp_runtime::SaturatedConversion;
use ward_primitives::{
	participant::NOTICE,
	seat::{SeatInfo, SessionInfo},
	traits::{ReadParticipants, ReadSeats},
	ParticipantId,
};

use crate::{Config, KeptSeats, Minimum, Pallet, SeatId, Seats, SessionLength, SessionStart};

impl<T: Config> Pallet<T> {
	/// All seats, by the number of the center.
	pub(crate) fn all_seats() -> Vec<SeatInfo> {
		let kept = KeptSeats::<T>::get();
		let queued = Session::<T>::queued_keys();
		let mut candidates = Self::candidates();
		candidates.sort_by_key(|seat| seat.center);
		candidates
			.into_iter()
			.filter_map(|seat| {
				let center = seat.center;
				let (current, last) = Self::liveness_of(center);
				Some(SeatInfo {
					center,
					row: Seats::<T>::get(center)?,
					obstacle: seat.obstacle,
					sits: seat.sits,
					sits_next: queued.iter().any(|(queued, _)| *queued == SeatId(center)),
					kept: kept.contains(&center),
					current,
					last,
				})
			})
			.collect()
	}

	/// The running session.
	pub(crate) fn running_session() -> SessionInfo {
		SessionInfo {
			index: Session::<T>::current_index(),
			started: SessionStart::<T>::get().saturated_into(),
			length: SessionLength::<T>::get(),
			minimum: Minimum::<T>::get(),
			seats: Session::<T>::validators().len().saturated_into(),
		}
	}

	/// The centers that vote in the council: they have taken their seats, are active, and their seats
	/// are not suspended. Session keys make no difference to a vote.
	pub fn electors() -> Vec<ParticipantId> {
		let now = <T as Config>::Time::now();
		let mut electors: Vec<_> = Seats::<T>::iter()
			.filter(|(_, seat)| seat.taken_at.is_some() && seat.suspension.is_none())
			.map(|(center, _)| center)
			.filter(|center| Self::is_active_center(*center, now))
			.collect();
		electors.sort();
		electors
	}

	/// Whether the sponsor of a center alone may stop it now.
	///
	/// Not more than a third of the seats, though always one, may be stopped at a time or come to an end
	/// within [`NOTICE`]. Otherwise a health authority could suspend centers until it is two thirds of
	/// the council; so the centers that are left can always suspend the health authority.
	pub fn can_be_spared(center: ParticipantId) -> bool {
		let now = <T as Config>::Time::now();
		let notice = now.saturating_add(NOTICE);
		let stays = |center: &ParticipantId| {
			T::Participants::participant(*center, now)
				.is_some_and(|(_, active)| active.contains(notice))
		};
		let staying: Vec<_> = Self::electors().into_iter().filter(stays).collect();
		let seats = Seats::<T>::iter_values().filter(|seat| seat.taken_at.is_some()).count();
		let stopped = seats.saturating_sub(staying.len()).saturating_add(1);
		!staying.contains(&center) || stopped <= (seats / 3).max(1)
	}
}

impl<T: Config> ReadSeats for Pallet<T> {
	fn sitting() -> Vec<ParticipantId> {
		Session::<T>::validators().into_iter().map(|seat| seat.0).collect()
	}

	fn host(center: ParticipantId) -> Option<ParticipantId> {
		Self::host_of(center)
	}
}
