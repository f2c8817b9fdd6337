//! What must always hold of the stored buckets.

use frame_support::{ensure, traits::Get};
use sp_runtime::TryRuntimeError;

use crate::{Buckets, Config, SponsorBuckets};

/// No bucket holds more than it can.
pub(crate) fn check<T: Config>() -> Result<(), TryRuntimeError> {
	let capacity = T::ParticipantCapacity::get();
	ensure!(
		Buckets::<T>::iter_values().all(|bucket| bucket.level <= capacity),
		"A participant's bucket holds more than its capacity"
	);
	let capacity = T::SponsorCapacity::get();
	ensure!(
		SponsorBuckets::<T>::iter_values().all(|bucket| bucket.level <= capacity),
		"A sponsor's bucket holds more than its capacity"
	);
	Ok(())
}
