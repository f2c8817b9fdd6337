//! Benchmarks of the pallet's calls.

#![cfg(feature = "runtime-benchmarks")]

use alloc::boxed::Box;

use frame_benchmarking::v2::*;
use frame_support::{
	ensure,
	traits::{Contains, EnsureOrigin},
};
use frame_system::Pallet as System;
use sp_runtime::traits::Hash;

use crate::*;

#[benchmarks]
mod benchmarks {
	use super::*;

	/// Enacts the one call that every runtime allows. Its own cost is small, and is counted a second
	/// time in the call's weight.
	#[benchmark]
	fn enact() -> Result<(), BenchmarkError> {
		let origin =
			T::EnactOrigin::try_successful_origin().map_err(|()| BenchmarkError::Weightless)?;
		let call: <T as frame_system::Config>::RuntimeCall =
			frame_system::Call::<T>::authorize_upgrade { code_hash: T::Hash::default() }.into();
		ensure!(T::Allowed::contains(&call), "the runtime must allow `system.authorize_upgrade`");
		let call_hash = T::Hashing::hash_of(&call);

		#[extrinsic_call]
		_(origin, Box::new(call));

		System::<T>::assert_last_event(Event::<T>::Enacted { call_hash }.into());
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, mock::new_test_ext(), mock::Test);
}
