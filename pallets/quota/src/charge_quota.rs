//! The transaction extension that counts nonces and charges quotas.

use codec::{Decode, DecodeWithMemTracking, Encode};
use frame_support::{
	dispatch::DispatchClass, pallet_prelude::TransactionSource, traits::Get, weights::Weight,
};
use frame_system::CheckNonce;
use scale_info::{StaticTypeInfo, TypeInfo};
use sp_runtime::{
	traits::{
		AsSystemOriginSigner, DispatchInfoOf, DispatchOriginOf, Implication, PostDispatchInfoOf,
		TransactionExtension, ValidateResult,
	},
	transaction_validity::{TransactionPriority, TransactionValidityError},
	DispatchResult, SaturatedConversion, Saturating,
};
use ward_primitives::refusal::Refusal;

use crate::{
	payer::{self, refuse, Payer},
	Config, IsExempt, WeightInfo,
};

/// `frame_system`'s `CheckNonce`, which also charges the signer's and the sponsor's quota.
///
/// Seen from outside it is `CheckNonce`, to the byte and in the metadata, so wallets and libraries
/// need no setting. It is one extension and not two because the quota needs the nonce: the pool
/// checks each transaction against the last block's state and does not see a bucket go down, so the
/// n-th pending transaction of an account must find n times its own cost.
///
/// - `validate`: an empty bucket is refused as `Custom(4)`, never as `ExhaustsResources`, which a
///   block author would take for a full block.
/// - `prepare`: takes the worst-case cost, so that calls that fail cost too.
/// - `post_dispatch`: puts the cost of unused weight back.
///
/// A call that [`Config::ExemptCalls`] knows is not charged and goes ahead of others in the pool,
/// up to [`Config::MaxExemptPending`] of one account at a time. If it fails against expectation, it
/// is charged after all.
#[derive(Encode, Decode, DecodeWithMemTracking, Clone, Eq, PartialEq)]
pub struct ChargeQuota<T: Config>(pub CheckNonce<T>);

impl<T: Config> ChargeQuota<T> {
	/// The extension for a transaction with this nonce.
	pub fn new(nonce: T::Nonce) -> Self {
		Self(CheckNonce::from(nonce))
	}

	/// How many transactions of the account must be included before this one.
	fn pending_before(&self, account: &T::AccountId) -> u64 {
		let next = frame_system::Pallet::<T>::account_nonce(account);
		self.0 .0.saturating_sub(next).saturated_into()
	}

	/// Decides who pays what for a transaction that `account` signed.
	fn assess(
		&self,
		account: &T::AccountId,
		call: &T::RuntimeCall,
		cost: u64,
	) -> Result<Charge, TransactionValidityError> {
		let payer = Payer::of::<T>(payer::signer::<T>(account)?);
		let pending = self.pending_before(account);
		let within_exempt = pending < u64::from(T::MaxExemptPending::get());
		if within_exempt && T::ExemptCalls::is_exempt(account, call) {
			return Ok(Charge::OnFailure { payer, cost });
		}
		if payer.available::<T>() < cost.saturating_mul(pending.saturating_add(1)) {
			return Err(refuse(Refusal::QuotaExhausted));
		}
		Ok(Charge::Now { payer, cost })
	}
}

impl<T: Config> core::fmt::Debug for ChargeQuota<T> {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		write!(f, "ChargeQuota({:?})", self.0)
	}
}

// In the metadata this is `CheckNonce` and nothing else.
impl<T: Config> TypeInfo for ChargeQuota<T>
where
	CheckNonce<T>: StaticTypeInfo,
{
	type Identity = CheckNonce<T>;

	fn type_info() -> scale_info::Type {
		CheckNonce::<T>::type_info()
	}
}

/// What a transaction is charged, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charge {
	/// Nothing: it has no signer, or the chain demands it.
	Nothing,
	/// Before it is executed.
	Now {
		/// Whose buckets pay.
		payer: Payer,
		/// The worst-case cost.
		cost: u64,
	},
	/// Only if it fails: it is exempt.
	OnFailure {
		/// Whose buckets would pay.
		payer: Payer,
		/// The worst-case cost.
		cost: u64,
	},
}

type Inner<T> = CheckNonce<T>;
type InnerVal<T> =
	<Inner<T> as TransactionExtension<<T as frame_system::Config>::RuntimeCall>>::Val;
type InnerPre<T> =
	<Inner<T> as TransactionExtension<<T as frame_system::Config>::RuntimeCall>>::Pre;

impl<T: Config> TransactionExtension<T::RuntimeCall> for ChargeQuota<T>
where
	T::RuntimeOrigin: AsSystemOriginSigner<T::AccountId> + Clone,
{
	const IDENTIFIER: &'static str = "CheckNonce";
	type Implicit = ();
	type Val = (InnerVal<T>, Charge, Weight);
	type Pre = (InnerPre<T>, Charge, Weight);

	/// With what `CheckNonce` costs, which is measured together with the rest.
	fn weight(&self, call: &T::RuntimeCall) -> Weight {
		T::WeightInfo::charge_quota().saturating_add(T::ExemptCalls::weight(call))
	}

	fn validate(
		&self,
		origin: DispatchOriginOf<T::RuntimeCall>,
		call: &T::RuntimeCall,
		info: &DispatchInfoOf<T::RuntimeCall>,
		len: usize,
		self_implicit: Self::Implicit,
		inherited_implication: &impl Implication,
		source: TransactionSource,
	) -> ValidateResult<Self::Val, T::RuntimeCall> {
		let (mut validity, inner, origin) = self.0.validate(
			origin,
			call,
			info,
			len,
			self_implicit,
			inherited_implication,
			source,
		)?;
		let signer = origin.as_system_origin_signer();
		let charge = match signer {
			Some(account) if info.class != DispatchClass::Mandatory => {
				self.assess(account, call, payer::highest_cost::<T>(info, len))?
			},
			_ => Charge::Nothing,
		};
		if let Charge::OnFailure { .. } = charge {
			// What takes rights away must not wait behind a full pool.
			validity.priority = TransactionPriority::from(u32::MAX);
		}
		let unused = signer.map_or_else(|| self.weight(call), |_| Weight::zero());
		Ok((validity, (inner, charge, unused), origin))
	}

	fn prepare(
		self,
		(inner, charge, unused): Self::Val,
		origin: &DispatchOriginOf<T::RuntimeCall>,
		call: &T::RuntimeCall,
		info: &DispatchInfoOf<T::RuntimeCall>,
		len: usize,
	) -> Result<Self::Pre, TransactionValidityError> {
		if let Charge::Now { payer, cost } = charge {
			payer.debit::<T>(cost)?;
		}
		Ok((self.0.prepare(inner, origin, call, info, len)?, charge, unused))
	}

	fn post_dispatch_details(
		(inner, charge, unused): Self::Pre,
		info: &DispatchInfoOf<T::RuntimeCall>,
		post_info: &PostDispatchInfoOf<T::RuntimeCall>,
		len: usize,
		result: &DispatchResult,
	) -> Result<Weight, TransactionValidityError> {
		let actual = payer::actual_cost::<T>(info, post_info, len);
		match charge {
			Charge::Now { payer, cost } => payer.refund::<T>(cost.saturating_sub(actual)),
			Charge::OnFailure { payer, cost } if result.is_err() => {
				payer.drain::<T>(cost.min(actual));
			},
			Charge::OnFailure { .. } | Charge::Nothing => {},
		}
		// What `CheckNonce` did not use is part of what is unused here.
		Inner::<T>::post_dispatch_details(inner, info, post_info, len, result)?;
		Ok(unused)
	}
}
