//! Benchmarks of the two transaction extensions.

#![cfg(feature = "runtime-benchmarks")]

use frame_benchmarking::v2::*;
use frame_support::{
	dispatch::{GetDispatchInfo, PostDispatchInfo},
	traits::Get,
	weights::Weight,
};
use frame_system::RawOrigin;
use sp_runtime::traits::{AsSystemOriginSigner, DispatchTransaction};

use crate::{payer::Payer, *};

/// A call that the runtime takes. It is not made: the extensions look at it only.
fn call<T: Config>() -> T::RuntimeCall {
	frame_system::Call::<T>::kill_storage { keys: Default::default() }.into()
}

#[benchmarks(where T: Send + Sync, T::RuntimeOrigin: AsSystemOriginSigner<T::AccountId> + Clone)]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn check_participant() {
		let account = T::BenchmarkHelper::enrolled_account();
		let origin: T::RuntimeOrigin = RawOrigin::Signed(account).into();
		let call = call::<T>();
		let info = call.get_dispatch_info();
		let extension = CheckParticipant::<T>::new();

		let outcome;
		#[block]
		{
			outcome = extension.test_run(origin, &call, &info, 0, 0, |_| Ok(().into()));
		}

		assert!(matches!(outcome, Ok(Ok(_))));
	}

	/// Both buckets exist, and unused weight is put back into both. The nonce is checked, too; what
	/// [`IsExempt`] costs is added by the extension.
	#[benchmark]
	fn charge_quota() -> Result<(), BenchmarkError> {
		let account = T::BenchmarkHelper::enrolled_account();
		let participant = T::Keys::key(&account).map(|key| key.participant);
		let payer = Payer::of::<T>(participant.ok_or("the helper's account is not enrolled")?);
		payer.debit::<T>(1).map_err(|_| "the helper's account has no quota")?;
		let nonce = frame_system::Pallet::<T>::account_nonce(&account);
		let origin: T::RuntimeOrigin = RawOrigin::Signed(account).into();
		let call = call::<T>();
		let extension = ChargeQuota::<T>::new(nonce);
		let mut info = call.get_dispatch_info();
		info.call_weight = T::BlockWeights::get().get(info.class).base_extrinsic;
		let before = payer.available::<T>();

		let outcome;
		#[block]
		{
			outcome = extension.test_run(origin, &call, &info, 0, 0, |_| {
				Ok(PostDispatchInfo { actual_weight: Some(Weight::zero()), ..().into() })
			});
		}

		assert!(matches!(outcome, Ok(Ok(_))));
		assert!(payer.available::<T>() < before);
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, mock::new_test_ext().build(), mock::Test);
}
