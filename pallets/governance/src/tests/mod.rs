//! Tests, one file for each behaviour.

use codec::Encode;
use frame_support::{
	assert_noop, assert_ok,
	dispatch::{DispatchResultWithPostInfo, GetDispatchInfo},
	weights::Weight,
};
use pallet_collective::{Error as CouncilError, Instance1};
use sp_core::H256;
use sp_runtime::{
	traits::{BlakeTwo256, Hash},
	DispatchError, DispatchResult,
};
use ward_primitives::{KeyRoles, ParticipantId};

use crate::{mock::*, Error, Event, WeightInfo};

mod allowed;
mod closing;
mod histories;
mod invariants;
mod majority;
mod members;
mod origins;
mod outcome;
mod reads;
mod voting;

type CollectiveEvent = pallet_collective::Event<Test, Instance1>;
type NotInCouncil = CouncilError<Test, Instance1>;

fn authorize_upgrade() -> RuntimeCall {
	authorize_upgrade_to(7)
}

/// A call on the agenda that is different for each byte.
fn authorize_upgrade_to(byte: u8) -> RuntimeCall {
	RuntimeCall::System(frame_system::Call::authorize_upgrade { code_hash: H256([byte; 32]) })
}

fn enact(call: RuntimeCall) -> RuntimeCall {
	RuntimeCall::Governance(crate::Call::enact { call: Box::new(call) })
}

/// The hash that names the motion to enact `call`.
fn hash(call: &RuntimeCall) -> H256 {
	BlakeTwo256::hash_of(&enact(call.clone()))
}

fn propose(by_whom: ParticipantId, call: &RuntimeCall) -> DispatchResult {
	Governance::propose(by(by_whom), Box::new(call.clone()))
}

/// Votes on the motion with this number to enact `call`.
fn vote(by_whom: ParticipantId, call: &RuntimeCall, index: u32, approve: bool) -> DispatchResult {
	Governance::vote(by(by_whom), hash(call), index, approve)
}

/// Closes the motion with this number to enact `call`, with the bounds that are just enough.
fn close(by_whom: ParticipantId, call: &RuntimeCall, index: u32) -> DispatchResultWithPostInfo {
	let motion = enact(call.clone());
	let weight = motion.get_dispatch_info().call_weight;
	Governance::close(by(by_whom), hash(call), index, weight, length(&motion))
}

/// The length of a motion.
fn length(motion: &RuntimeCall) -> u32 {
	u32::try_from(motion.encoded_size()).expect("a small motion")
}

/// Lets the first `ayes` members pass the motion to enact `call`, the first in the chain's history.
fn open_with_ayes(call: &RuntimeCall, ayes: usize) {
	assert_ok!(propose(MEMBERS[0], call));
	for member in &MEMBERS[1..ayes] {
		assert_ok!(vote(*member, call, 0, true));
	}
}

/// How the execution of the latest motion ended; none if none was executed.
fn executed() -> Option<DispatchResult> {
	System::events().into_iter().rev().find_map(|record| match record.event {
		RuntimeEvent::Council(CollectiveEvent::Executed { result, .. }) => Some(result),
		_ => None,
	})
}

/// The number of motions that are open.
fn open_motions() -> usize {
	Governance::motions().len()
}

/// Whether an upgrade was authorized, and to what.
fn authorized() -> Option<H256> {
	System::authorized_upgrade().map(|upgrade| *upgrade.code_hash())
}
