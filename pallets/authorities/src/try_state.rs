//! What always holds in this pallet's storage.

use frame_support::{ensure, traits::Get};
use pallet_session::Pallet as Session;
use sp_runtime::TryRuntimeError;

use crate::{
	Config, CurrentLiveness, Hosts, KeptSeats, Minimum, Pallet, Seats, SessionLength, SessionStarts,
};

impl<T: Config> Pallet<T> {
	/// # Invariants
	///
	/// - No more seats than `MaxSeats`, and their count is right.
	/// - A minimum of at least 1; a session length that the runtime allows.
	/// - As many counts of liveness as the session has seats.
	/// - Only a center that sits or is to sit next is kept.
	/// - Who has taken a seat is nobody's guest.
	/// - The start of the running session is known, and not more of them than the history is deep.
	pub(crate) fn do_try_state() -> Result<(), TryRuntimeError> {
		let seats = Seats::<T>::iter_keys().count() as u32;
		ensure!(seats == Seats::<T>::count(), "the count of seats is wrong");
		ensure!(seats <= T::MaxSeats::get(), "too many seats");
		ensure!(Minimum::<T>::get() > 0, "the minimum is 0");
		ensure!(
			Self::is_session_length(SessionLength::<T>::get()),
			"a session length out of range"
		);

		let sitting = Session::<T>::validators();
		ensure!(!sitting.is_empty(), "nobody sits");
		ensure!(CurrentLiveness::<T>::get().len() == sitting.len(), "counts of other seats");

		let queued = Session::<T>::queued_keys();
		for center in KeptSeats::<T>::get() {
			let sits = sitting.iter().any(|seat| seat.0 == center);
			let will_sit = queued.iter().any(|(seat, _)| seat.0 == center);
			ensure!(sits || will_sit, "a seat is kept that does not sit");
		}
		for guest in Hosts::<T>::iter_keys() {
			let has_taken = Seats::<T>::get(guest).is_some_and(|seat| seat.taken_at.is_some());
			ensure!(!has_taken, "a guest has a seat");
		}

		let current = Session::<T>::current_index();
		ensure!(SessionStarts::<T>::contains_key(current), "the session has no start");
		let starts = SessionStarts::<T>::iter_keys().count() as u32;
		ensure!(starts <= T::HistoryDepth::get().saturating_add(1), "starts of past sessions stay");
		Ok(())
	}
}
