//! Tests, one file for each behaviour.

use codec::Encode;
use frame_support::dispatch::{GetDispatchInfo, PostDispatchInfo};
use sp_runtime::{
	traits::{DispatchTransaction, TransactionExtension},
	transaction_validity::{
		InvalidTransaction, TransactionSource, TransactionValidityError, ValidTransaction,
	},
	ApplyExtrinsicResultWithInfo,
};
use ward_primitives::refusal::Refusal;

use crate::{mock::*, ChargeQuota, CheckParticipant};

mod bucket;
mod charging;
mod exempt;
mod keys;
mod pending;
mod wire;

/// The two extensions in the order in which the runtime has them.
type Extensions = (CheckParticipant<Test>, ChargeQuota<Test>);

/// The length that test transactions pretend to have.
const LEN: usize = 100;

fn extensions(nonce: u32) -> Extensions {
	(CheckParticipant::new(), ChargeQuota::new(nonce))
}

/// A call that weighs `weight` and uses all of it.
fn work(weight: u64) -> RuntimeCall {
	RuntimeCall::Work(work::Call::work { weight, used: None, fails: false })
}

fn info(call: &RuntimeCall) -> frame_support::dispatch::DispatchInfo {
	let mut info = call.get_dispatch_info();
	info.extension_weight = extensions(0).weight(call);
	info
}

/// What a call costs at most, written down independently of the pallet.
fn full_cost(call: &RuntimeCall) -> u64 {
	let info = info(call);
	info.call_weight.ref_time()
		+ info.extension_weight.ref_time()
		+ BASE + COST_PER_BYTE * LEN as u64
}

/// A call that costs `cost` in all.
fn work_costing(cost: u64) -> RuntimeCall {
	let call = work(cost - full_cost(&work(0)));
	assert_eq!(full_cost(&call), cost);
	call
}

/// What the pool does with a transaction.
fn submit(
	account: AccountId,
	nonce: u32,
	call: &RuntimeCall,
) -> Result<ValidTransaction, TransactionValidityError> {
	let origin = RuntimeOrigin::signed(account);
	extensions(nonce)
		.validate_only(origin, call, &info(call), LEN, TransactionSource::External, 0)
		.map(|(validity, ..)| validity)
}

/// What a block does with a transaction that carries the account's next nonce.
fn apply(account: AccountId, call: RuntimeCall) -> ApplyExtrinsicResultWithInfo<PostDispatchInfo> {
	let nonce = System::account_nonce(account);
	let info = info(&call);
	let origin = RuntimeOrigin::signed(account);
	extensions(nonce).dispatch_transaction(origin, call, &info, LEN, 0)
}

fn refused(refusal: Refusal) -> TransactionValidityError {
	TransactionValidityError::Invalid(InvalidTransaction::Custom(refusal.code()))
}

fn encoded_len(value: &impl Encode) -> usize {
	value.encode().len()
}
