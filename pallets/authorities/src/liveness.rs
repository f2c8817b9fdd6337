//! Liveness: which seats use their slots. Counted and shown, never punished.
//!
//! Whoever punished silence automatically could be made to empty the set of authorities by cutting
//! cables, as `im-online` was. An operator who reads `SeatIdle` makes a telephone call.

use alloc::vec::Vec;
use frame_support::{traits::Get, BoundedVec};
use pallet_session::Pallet as Session;
use ward_primitives::{seat::Liveness, ParticipantId};

use crate::{breach::slot_in, Config, CurrentLiveness, Event, LastLiveness, Pallet, SeatId};

/// How often each of `seats` was to author in the slots from `first` up to and without `end`, if it
/// was at the place `place` of them.
fn slots_of(place: u64, seats: u64, first: u64, end: u64) -> u32 {
	// The first slot from `first` on that is the place's turn.
	let until_turn = (place + seats - first % seats) % seats;
	let turns = match end.saturating_sub(first).checked_sub(until_turn) {
		Some(left) if left > 0 => (left - 1) / seats + 1,
		_ => 0,
	};
	turns.try_into().unwrap_or(u32::MAX)
}

impl<T: Config> Pallet<T> {
	/// Counts the block's slot for its author, and the slots since the last block as missed.
	///
	/// It must run before Aura and Session: the slots since the last block are those of its seats.
	pub(crate) fn count_slots() {
		let (Some(slot), last) =
			(slot_in(&frame_system::Pallet::<T>::digest()), *pallet_aura::CurrentSlot::<T>::get())
		else {
			return;
		};
		let slot = *slot;
		CurrentLiveness::<T>::mutate(|counts| {
			let seats = counts.len() as u64;
			if seats == 0 {
				return;
			}
			for (place, count) in (0..).zip(counts.iter_mut()) {
				// Before the first block there were no slots to miss.
				if last > 0 {
					let missed = slots_of(place, seats, last.saturating_add(1), slot);
					count.missed = count.missed.saturating_add(missed);
				}
				if slot % seats == place {
					count.authored = count.authored.saturating_add(1);
				}
			}
		});
	}

	/// Ends the count of a session, and says who was idle.
	pub(crate) fn close_count(session: u32) {
		let seats = Session::<T>::validators();
		let counts: Vec<_> = seats
			.into_iter()
			.map(|SeatId(center)| center)
			.zip(CurrentLiveness::<T>::take())
			.collect();
		for (center, count) in &counts {
			if count.is_idle() {
				let (center, missed) = (*center, count.missed);
				Self::deposit_event(Event::SeatIdle { center, session, missed });
			}
		}
		LastLiveness::<T>::put(BoundedVec::truncate_from(counts));
	}

	/// Begins the count of a session with as many seats as it has.
	pub(crate) fn open_count() {
		let seats = Session::<T>::validators().len().min(T::MaxSeats::get() as usize);
		CurrentLiveness::<T>::put(BoundedVec::truncate_from(alloc::vec![
			Liveness::default();
			seats
		]));
	}

	/// What a seat did in the running session and in the one before.
	pub(crate) fn liveness_of(center: ParticipantId) -> (Liveness, Liveness) {
		let place = Session::<T>::validators().iter().position(|seat| seat.0 == center);
		let counts = CurrentLiveness::<T>::get();
		let current = place.and_then(|place| counts.get(place).copied()).unwrap_or_default();
		let last = LastLiveness::<T>::get()
			.iter()
			.find_map(|(seat, count)| (*seat == center).then_some(*count))
			.unwrap_or_default();
		(current, last)
	}
}

#[cfg(test)]
mod tests {
	use super::slots_of;
	use proptest::prelude::*;

	proptest! {
		#[test]
		fn every_slot_is_one_seats_turn(seats in 1u64..9, first in 0u64..50, length in 0u64..60) {
			let end = first + length;
			for place in 0..seats {
				let counted = (first..end).filter(|slot| slot % seats == place).count();
				prop_assert_eq!(slots_of(place, seats, first, end), counted as u32);
			}
		}
	}

	#[test]
	fn a_gap_of_years_is_counted_at_once() {
		assert_eq!(slots_of(3, 4, 0, u64::MAX), u32::MAX);
		assert_eq!(slots_of(0, 1, 7, 3), 0);
	}
}
