//! Tests, one file for each behaviour.

use codec::Encode;
use frame_support::{
	assert_noop, assert_ok,
	dispatch::{DispatchResultWithPostInfo, GetDispatchInfo},
	weights::Weight,
};
use sp_core::H256;
use sp_runtime::{
	traits::{BlakeTwo256, Hash},
	DispatchError, DispatchResult,
};

use crate::{mock::*, Error, Event, WeightInfo};

mod allowed;
mod majority;
mod outcome;

type CollectiveEvent = pallet_collective::Event<Test, pallet_collective::Instance1>;

fn authorize_upgrade() -> RuntimeCall {
	RuntimeCall::System(frame_system::Call::authorize_upgrade { code_hash: H256([7; 32]) })
}

fn enact(call: RuntimeCall) -> RuntimeCall {
	RuntimeCall::Governance(crate::Call::enact { call: Box::new(call) })
}

/// Lets `ayes` members of the council pass `motion`, and returns how its execution ended.
fn pass(motion: &RuntimeCall, ayes: u32) -> DispatchResult {
	let hash = BlakeTwo256::hash_of(motion);
	let len = u32::try_from(motion.encoded_size()).expect("a small motion");
	let weight = Weight::from_parts(500_000_000_000, 1_000_000);
	let index = pallet_collective::ProposalCount::<Test, pallet_collective::Instance1>::get();
	let proposer = RuntimeOrigin::signed(MEMBERS[0]);
	assert_ok!(Council::propose(proposer.clone(), ayes, Box::new(motion.clone()), len));
	for member in &MEMBERS[..ayes as usize] {
		assert_ok!(Council::vote(RuntimeOrigin::signed(*member), hash, index, true));
	}
	assert_ok!(Council::close(proposer, hash, index, weight, len));
	System::events()
		.into_iter()
		.rev()
		.find_map(|record| match record.event {
			RuntimeEvent::Council(CollectiveEvent::Executed { proposal_hash, result })
				if proposal_hash == hash =>
			{
				Some(result)
			},
			_ => None,
		})
		.expect("the motion was executed")
}
