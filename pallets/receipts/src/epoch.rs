//! Epochs: when everything is to be looked at again.

use frame_support::{
	pallet_prelude::Weight,
	traits::{Get, Time},
	BoundedVec,
};
use sp_runtime::SaturatedConversion;
use ward_primitives::{receipt::EpochInfo, traits::ReadSeats, Moment};

use crate::{Config, Epoch, EpochLength, Event, Pallet, WeightInfo, Witnesses};

impl<T: Config> Pallet<T> {
	pub(crate) fn is_epoch_length(length: Moment) -> bool {
		(T::MinEpochLength::get()..=T::MaxEpochLength::get()).contains(&length)
	}

	/// Begins the next epoch if the last block came when this one was over. What it takes is returned.
	///
	/// At the start of a block the clock shows the time of the block before. So the seed is the hash of a
	/// block whose time counts to the epoch that ends, and no call of this block can depend on it sooner than
	/// everybody else.
	pub(crate) fn begin_block() -> Weight {
		let (epoch, now) = (Epoch::<T>::get(), T::Time::now());
		if now < epoch.started.saturating_add(epoch.length) {
			return T::WeightInfo::continue_epoch();
		}
		let witnesses = BoundedVec::<_, T::MaxSeats>::truncate_from(T::Seats::sitting());
		let seats: u32 = witnesses.len().saturated_into();
		let next = EpochInfo {
			number: epoch.number.saturating_add(1),
			seed: frame_system::Pallet::<T>::parent_hash().into(),
			started: now,
			length: EpochLength::<T>::get(),
		};
		Epoch::<T>::put(next);
		Witnesses::<T>::put(witnesses);
		Self::deposit_event(Event::EpochStarted { epoch: next.number, witnesses: seats });
		T::WeightInfo::start_epoch(seats)
	}
}
