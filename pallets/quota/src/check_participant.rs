//! The transaction extension that keeps strangers out of the transaction pool.

use core::marker::PhantomData;

use codec::{Decode, DecodeWithMemTracking, Encode};
use frame_support::{pallet_prelude::TransactionSource, traits::Contains, weights::Weight};
use scale_info::TypeInfo;
use sp_runtime::{
	traits::{
		AsSystemOriginSigner, DispatchInfoOf, DispatchOriginOf, Implication, PostDispatchInfoOf,
		TransactionExtension, ValidateResult,
	},
	transaction_validity::{TransactionValidityError, ValidTransaction},
	DispatchResult,
};

use ward_primitives::refusal::Refusal;

use crate::{
	payer::{self, refuse},
	Config, WeightInfo,
};

/// Refuses transactions that are signed with a key that was never registered, is retired, or may
/// sign no calls. Transactions without a signer pass.
///
/// It stands in front of [`ChargeQuota`](crate::ChargeQuota), so that a stranger reads "unknown
/// key" and not something about fees, which Ward does not have.
///
/// Refuses calls that the runtime's `BaseCallFilter` leaves out, too, whoever makes them.
#[derive(Encode, Decode, DecodeWithMemTracking, Clone, Eq, PartialEq, TypeInfo)]
#[scale_info(skip_type_params(T))]
pub struct CheckParticipant<T: Config + Send + Sync>(PhantomData<T>);

impl<T: Config + Send + Sync> CheckParticipant<T> {
	/// The extension. It carries no data.
	pub const fn new() -> Self {
		Self(PhantomData)
	}
}

impl<T: Config + Send + Sync> Default for CheckParticipant<T> {
	fn default() -> Self {
		Self::new()
	}
}

impl<T: Config + Send + Sync> core::fmt::Debug for CheckParticipant<T> {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		f.write_str("CheckParticipant")
	}
}

/// The unused weight of the check: all of it for a transaction without a signer.
type Unused = Weight;

impl<T: Config + Send + Sync> TransactionExtension<T::RuntimeCall> for CheckParticipant<T>
where
	T::RuntimeOrigin: AsSystemOriginSigner<T::AccountId>,
{
	const IDENTIFIER: &'static str = "CheckParticipant";
	type Implicit = ();
	type Val = Unused;
	type Pre = Unused;

	fn weight(&self, _: &T::RuntimeCall) -> Weight {
		T::WeightInfo::check_participant()
	}

	fn validate(
		&self,
		origin: DispatchOriginOf<T::RuntimeCall>,
		call: &T::RuntimeCall,
		_info: &DispatchInfoOf<T::RuntimeCall>,
		_len: usize,
		_self_implicit: Self::Implicit,
		_inherited_implication: &impl Implication,
		_source: TransactionSource,
	) -> ValidateResult<Self::Val, T::RuntimeCall> {
		// Not only when it is executed: a call that fails stands in the block all the same.
		if !T::BaseCallFilter::contains(call) {
			return Err(refuse(Refusal::CallForbidden));
		}
		let unused = match origin.as_system_origin_signer() {
			Some(account) => payer::signer::<T>(account).map(|_| Weight::zero())?,
			None => self.weight(call),
		};
		Ok((ValidTransaction::default(), unused, origin))
	}

	fn prepare(
		self,
		unused: Self::Val,
		_origin: &DispatchOriginOf<T::RuntimeCall>,
		_call: &T::RuntimeCall,
		_info: &DispatchInfoOf<T::RuntimeCall>,
		_len: usize,
	) -> Result<Self::Pre, TransactionValidityError> {
		Ok(unused)
	}

	fn post_dispatch_details(
		unused: Self::Pre,
		_info: &DispatchInfoOf<T::RuntimeCall>,
		_post_info: &PostDispatchInfoOf<T::RuntimeCall>,
		_len: usize,
		_result: &DispatchResult,
	) -> Result<Weight, TransactionValidityError> {
		Ok(unused)
	}
}
