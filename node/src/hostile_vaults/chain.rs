//! The real runtime, executed natively over states in memory, behind the API by which a node calls it.

use std::{
	collections::HashMap,
	sync::{mpsc, Mutex},
};

use codec::{Decode, Encode};
use sp_api::{
	ApiError, ApiRef, CallApiAt, CallApiAtParams, CallContext, ConstructRuntimeApi,
	ProvideRuntimeApi,
};
use sp_core::H256;
use sp_externalities::Extensions;
use sp_runtime::{
	traits::BlakeTwo256,
	transaction_validity::{TransactionSource, TransactionValidity},
};
use sp_state_machine::{Ext, InMemoryBackend, OverlayedChanges};
use ward_runtime::{
	apis::{api::dispatch, RuntimeApi},
	opaque::{Block, UncheckedExtrinsic},
};

/// The state after each block, and who hears when a worker has ended.
pub(super) struct Chain {
	states: Mutex<HashMap<H256, InMemoryBackend<BlakeTwo256>>>,
	ended: Mutex<mpsc::Sender<()>>,
}

impl Chain {
	pub(super) fn new(ended: mpsc::Sender<()>) -> Self {
		Self { states: Mutex::default(), ended: Mutex::new(ended) }
	}

	/// Notes the state after a block.
	pub(super) fn note(&self, hash: H256, state: InMemoryBackend<BlakeTwo256>) {
		self.states.lock().unwrap().insert(hash, state);
	}

	/// Calls the runtime on the state after a block; what that changes is lost.
	fn call(
		&self,
		at: H256,
		function: &str,
		arguments: &[u8],
		extensions: &mut Extensions,
	) -> Result<Vec<u8>, ApiError> {
		let state = self.states.lock().unwrap().get(&at).cloned();
		let state = state.ok_or_else(|| ApiError::UnknownBlock(at.to_string()))?;
		let mut changes = OverlayedChanges::default();
		let mut ext = Ext::new(&mut changes, &state, Some(extensions));
		sp_externalities::set_and_run_with_externalities(&mut ext, || dispatch(function, arguments))
			.ok_or_else(|| ApiError::Application(format!("no {function}").into()))
	}

	/// Whether the runtime would take a transaction into a block after this one.
	pub(super) fn validate(
		&self,
		at: H256,
		transaction: &UncheckedExtrinsic,
	) -> TransactionValidity {
		let arguments = (TransactionSource::Local, transaction, at).encode();
		// On a stack of its own: who asks is within a call of the runtime.
		let function = "TaggedTransactionQueue_validate_transaction";
		let answer = std::thread::scope(|scope| {
			let call = || self.call(at, function, &arguments, &mut Extensions::default());
			scope.spawn(call).join().expect("the runtime does not panic")
		});
		let answer = answer.expect("the state is known");
		TransactionValidity::decode(&mut &*answer).expect("the runtime's answer")
	}
}

impl CallApiAt<Block> for Chain {
	type StateBackend = InMemoryBackend<BlakeTwo256>;

	fn call_api_at(&self, params: CallApiAtParams<'_, Block>) -> Result<Vec<u8>, ApiError> {
		let CallApiAtParams { at, function, arguments, extensions, .. } = params;
		let answer = self.call(at, function, &arguments, &mut extensions.borrow_mut());
		if function == "OffchainWorkerApi_offchain_worker" {
			// Nobody listens to a node that was killed.
			let _ = self.ended.lock().unwrap().send(());
		}
		answer
	}

	fn runtime_version_at(
		&self,
		_: H256,
		_: CallContext,
	) -> Result<sp_version::RuntimeVersion, ApiError> {
		Ok(ward_runtime::VERSION)
	}

	fn state_at(&self, at: H256) -> Result<Self::StateBackend, ApiError> {
		let state = self.states.lock().unwrap().get(&at).cloned();
		state.ok_or_else(|| ApiError::UnknownBlock(at.to_string()))
	}

	fn initialize_extensions(&self, _: H256, _: &mut Extensions) -> Result<(), ApiError> {
		Ok(())
	}
}

impl ProvideRuntimeApi<Block> for Chain {
	type Api = <RuntimeApi as ConstructRuntimeApi<Block, Self>>::RuntimeApi;

	fn runtime_api(&self) -> ApiRef<'_, Self::Api> {
		RuntimeApi::construct_runtime_api(self)
	}
}
