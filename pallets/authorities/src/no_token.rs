//! The currency of a chain without one.

use codec::Encode;
use core::marker::PhantomData;
use frame_support::traits::tokens::{
	fungible::{hold, Dust, Inspect, Mutate, Unbalanced},
	DepositConsequence, Fortitude, Preservation, Provenance, WithdrawConsequence,
};
use scale_info::TypeInfo;
use sp_runtime::{AccountId32, DispatchError};

/// `pallet-session` wants a currency to hold a deposit in for session keys. Ward has none and the
/// deposit is zero: everybody owns nothing, and nothing can be given or held. `Reason` is the
/// runtime's reason for holding.
pub struct NoToken<Reason>(PhantomData<Reason>);

impl<Reason> Inspect<AccountId32> for NoToken<Reason> {
	type Balance = u32;

	fn total_issuance() -> u32 {
		0
	}

	fn minimum_balance() -> u32 {
		0
	}

	fn total_balance(_: &AccountId32) -> u32 {
		0
	}

	fn balance(_: &AccountId32) -> u32 {
		0
	}

	fn reducible_balance(_: &AccountId32, _: Preservation, _: Fortitude) -> u32 {
		0
	}

	fn can_deposit(_: &AccountId32, _: u32, _: Provenance) -> DepositConsequence {
		DepositConsequence::UnknownAsset
	}

	fn can_withdraw(_: &AccountId32, _: u32) -> WithdrawConsequence<u32> {
		WithdrawConsequence::UnknownAsset
	}
}

impl<Reason> Unbalanced<AccountId32> for NoToken<Reason> {
	fn handle_dust(_: Dust<AccountId32, Self>) {}

	fn write_balance(_: &AccountId32, _: u32) -> Result<Option<u32>, DispatchError> {
		Err(DispatchError::Unavailable)
	}

	fn set_total_issuance(_: u32) {}
}

impl<Reason> Mutate<AccountId32> for NoToken<Reason> {}

impl<Reason: Encode + TypeInfo + 'static> hold::Inspect<AccountId32> for NoToken<Reason> {
	type Reason = Reason;

	fn total_balance_on_hold(_: &AccountId32) -> u32 {
		0
	}

	fn balance_on_hold(_: &Reason, _: &AccountId32) -> u32 {
		0
	}
}

impl<Reason: Encode + TypeInfo + 'static> hold::Unbalanced<AccountId32> for NoToken<Reason> {
	fn set_balance_on_hold(_: &Reason, _: &AccountId32, _: u32) -> Result<(), DispatchError> {
		Err(DispatchError::Unavailable)
	}
}

impl<Reason: Encode + TypeInfo + 'static> hold::Mutate<AccountId32> for NoToken<Reason> {}
