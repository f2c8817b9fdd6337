//! The currency of a chain without one.

use frame_support::traits::tokens::{
	fungible::{hold, Dust, Inspect, Mutate, Unbalanced},
	DepositConsequence, Fortitude, Preservation, Provenance, WithdrawConsequence,
};
use sp_runtime::DispatchError;

use crate::{AccountId, RuntimeHoldReason};

/// `pallet-session` wants a currency to hold a deposit in for session keys. Ward has none and the
/// deposit is zero: everybody owns nothing, and nothing can be given or held.
pub struct NoToken;

impl Inspect<AccountId> for NoToken {
	type Balance = u32;

	fn total_issuance() -> u32 {
		0
	}

	fn minimum_balance() -> u32 {
		0
	}

	fn total_balance(_: &AccountId) -> u32 {
		0
	}

	fn balance(_: &AccountId) -> u32 {
		0
	}

	fn reducible_balance(_: &AccountId, _: Preservation, _: Fortitude) -> u32 {
		0
	}

	fn can_deposit(_: &AccountId, _: u32, _: Provenance) -> DepositConsequence {
		DepositConsequence::UnknownAsset
	}

	fn can_withdraw(_: &AccountId, _: u32) -> WithdrawConsequence<u32> {
		WithdrawConsequence::UnknownAsset
	}
}

impl Unbalanced<AccountId> for NoToken {
	fn handle_dust(_: Dust<AccountId, Self>) {}

	fn write_balance(_: &AccountId, _: u32) -> Result<Option<u32>, DispatchError> {
		Err(DispatchError::Unavailable)
	}

	fn set_total_issuance(_: u32) {}
}

impl Mutate<AccountId> for NoToken {}

impl hold::Inspect<AccountId> for NoToken {
	type Reason = RuntimeHoldReason;

	fn total_balance_on_hold(_: &AccountId) -> u32 {
		0
	}

	fn balance_on_hold(_: &RuntimeHoldReason, _: &AccountId) -> u32 {
		0
	}
}

impl hold::Unbalanced<AccountId> for NoToken {
	fn set_balance_on_hold(
		_: &RuntimeHoldReason,
		_: &AccountId,
		_: u32,
	) -> Result<(), DispatchError> {
		Err(DispatchError::Unavailable)
	}
}

impl hold::Mutate<AccountId> for NoToken {}
