//! Exclusions: a patient's refusal of a practitioner or center.

use frame_support::{ensure, pallet_prelude::*, traits::Time};
use sp_runtime::ArithmeticError;
use ward_primitives::{Interval, ParticipantId, Timeline};

use crate::{Config, Error, Event, Exclusions, Pallet, PastExclusions};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_exclude(patient: ParticipantId, excluded: ParticipantId) -> DispatchResult {
		let now = T::Time::now();
		Self::ensure_patient(patient)?;
		Self::ensure_grantee(excluded, now)?;
		let timeline = match Exclusions::<T>::get(patient, excluded) {
			None => Timeline::start(now, None),
			Some(old) => {
				ensure!(!old.contains(now), Error::<T>::AlreadyExcluded);
				let generation = old.generation.checked_add(1).ok_or(ArithmeticError::Overflow)?;
				PastExclusions::<T>::insert((patient, excluded, old.generation), old.latest);
				Timeline { generation, latest: Interval::open(now) }
			},
		};
		Exclusions::<T>::insert(patient, excluded, timeline);
		Self::deposit_event(Event::Excluded { patient, excluded });
		Ok(())
	}

	pub(crate) fn do_end_exclusion(
		patient: ParticipantId,
		excluded: ParticipantId,
	) -> DispatchResult {
		let now = T::Time::now();
		let mut timeline = Exclusions::<T>::get(patient, excluded)
			.filter(|timeline| timeline.contains(now))
			.ok_or(Error::<T>::NotFound)?;
		timeline.latest.end(now);
		Exclusions::<T>::insert(patient, excluded, timeline);
		Self::deposit_event(Event::ExclusionEnded { patient, excluded });
		Ok(())
	}
}
