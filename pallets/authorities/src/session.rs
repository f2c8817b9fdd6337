//! Sessions: when one ends, and who sits in the next.

use alloc::vec::Vec;
use frame_support::{
	pallet_prelude::Weight,
	traits::{EstimateNextSessionRotation, Get, Time},
	BoundedVec,
};
use frame_system::pallet_prelude::BlockNumberFor;
use pallet_session::{
	historical::{self, Pallet as Historical},
	Pallet as Session, SessionManager, ShouldEndSession,
};
use sp_runtime::{
	traits::{SaturatedConversion, Saturating, Zero},
	Permill,
};
use sp_staking::SessionIndex;
use ward_primitives::{
	seat::{Obstacle, SeatRow},
	traits::ReadParticipants,
	Moment, ParticipantId, Role,
};

use crate::{
	set::{choose, Candidate, Chosen},
	Config, Event, KeptSeats, Minimum, Pallet, SeatId, Seats, SessionLength, SessionStart,
	SessionStarts,
};

impl<T: Config> Pallet<T> {
	/// What speaks against a seat now.
	pub(crate) fn obstacle(
		center: ParticipantId,
		row: &SeatRow,
		has_keys: bool,
	) -> Option<Obstacle> {
		let now = <T as Config>::Time::now();
		match row {
			SeatRow { taken_at: None, .. } => Some(Obstacle::NotTaken),
			_ if !has_keys => Some(Obstacle::KeysMissing),
			_ if !Self::is_active_center(center, now) => Some(Obstacle::NotActive),
			SeatRow { suspension: Some(_), .. } => Some(Obstacle::Suspended),
			_ => None,
		}
	}

	pub(crate) fn is_active_center(center: ParticipantId, now: Moment) -> bool {
		T::Participants::is_active(center, Role::MedicalCenter, now)
	}

	/// All seats as the choice of the next set sees them.
	pub(crate) fn candidates() -> Vec<Candidate> {
		let sitting = Session::<T>::validators();
		Seats::<T>::iter()
			.map(|(center, row)| {
				let seat = SeatId(center);
				let has_keys = Session::<T>::load_keys(&seat).is_some();
				let obstacle = Self::obstacle(center, &row, has_keys);
				Candidate { center, obstacle, has_keys, sits: sitting.contains(&seat) }
			})
			.collect()
	}

	/// Notes who stays only because of the minimum, and says so of those who did not before.
	fn note_kept(chosen: &[Chosen]) {
		let kept: Vec<_> = chosen.iter().filter(|seat| seat.kept).map(|seat| seat.center).collect();
		let before = KeptSeats::<T>::get();
		if kept == *before {
			return;
		}
		for center in kept.iter().copied().filter(|center| !before.contains(center)) {
			Self::deposit_event(Event::SeatKept { center });
		}
		KeptSeats::<T>::put(BoundedVec::truncate_from(kept));
	}

	/// The next set, if it or any of its keys differ from what the session has that just started.
	///
	/// A set that did not change must not be named again: each naming makes a new GRANDPA set. But
	/// one whose keys changed must be: the history of sessions would have the old keys otherwise, and
	/// a breach with the new ones could not be proved.
	fn next_set() -> Option<Vec<SeatId>> {
		let chosen = choose(&Self::candidates(), Minimum::<T>::get());
		Self::note_kept(&chosen);
		let next: Vec<_> = chosen.into_iter().map(|seat| SeatId(seat.center)).collect();
		if next.is_empty() {
			log::error!(target: "runtime::authorities", "no seat is left; the set stays as it is");
			return None;
		}
		let keys = |seat: &SeatId| Session::<T>::load_keys(seat).map(|keys| (*seat, keys));
		let with_keys: Vec<_> = next.iter().filter_map(keys).collect();
		(with_keys != Session::<T>::queued_keys()).then_some(next)
	}
}

impl<T: Config> SessionManager<SeatId> for Pallet<T> {
	fn new_session(_: SessionIndex) -> Option<Vec<SeatId>> {
		Self::next_set()
	}

	fn new_session_genesis(_: SessionIndex) -> Option<Vec<SeatId>> {
		let chosen = choose(&Self::candidates(), Minimum::<T>::get());
		Some(chosen.into_iter().map(|seat| SeatId(seat.center)).collect())
	}

	fn end_session(session: SessionIndex) {
		Self::close_count(session);
	}

	fn start_session(session: SessionIndex) {
		SessionStart::<T>::put(frame_system::Pallet::<T>::block_number());
		SessionStarts::<T>::insert(session, pallet_aura::CurrentSlot::<T>::get());
		let oldest = session.saturating_sub(T::HistoryDepth::get());
		if let Some(past) = oldest.checked_sub(1) {
			SessionStarts::<T>::remove(past);
			Historical::<T>::prune_up_to(oldest);
		}
		Self::open_count();
	}
}

/// The same, with names for all that the history of sessions keeps.
impl<T: Config> historical::SessionManager<SeatId, ()> for Pallet<T> {
	fn new_session(session: SessionIndex) -> Option<Vec<(SeatId, ())>> {
		named(<Self as SessionManager<SeatId>>::new_session(session))
	}

	fn new_session_genesis(session: SessionIndex) -> Option<Vec<(SeatId, ())>> {
		named(<Self as SessionManager<SeatId>>::new_session_genesis(session))
	}

	fn start_session(session: SessionIndex) {
		<Self as SessionManager<SeatId>>::start_session(session);
	}

	fn end_session(session: SessionIndex) {
		<Self as SessionManager<SeatId>>::end_session(session);
	}
}

fn named(seats: Option<Vec<SeatId>>) -> Option<Vec<(SeatId, ())>> {
	seats.map(|seats| seats.into_iter().map(|seat| (seat, ())).collect())
}

impl<T: Config> ShouldEndSession<BlockNumberFor<T>> for Pallet<T> {
	fn should_end_session(now: BlockNumberFor<T>) -> bool {
		now >= SessionStart::<T>::get().saturating_add(SessionLength::<T>::get().into())
	}
}

impl<T: Config> EstimateNextSessionRotation<BlockNumberFor<T>> for Pallet<T> {
	fn average_session_length() -> BlockNumberFor<T> {
		SessionLength::<T>::get().into()
	}

	fn estimate_current_session_progress(now: BlockNumberFor<T>) -> (Option<Permill>, Weight) {
		let passed: u32 = now.saturating_sub(SessionStart::<T>::get()).saturated_into();
		let progress = Permill::from_rational(passed, SessionLength::<T>::get());
		(Some(progress), T::DbWeight::get().reads(2))
	}

	fn estimate_next_session_rotation(_: BlockNumberFor<T>) -> (Option<BlockNumberFor<T>>, Weight) {
		let length: BlockNumberFor<T> = SessionLength::<T>::get().into();
		let next = SessionStart::<T>::get().saturating_add(length);
		((!length.is_zero()).then_some(next), T::DbWeight::get().reads(2))
	}
}
