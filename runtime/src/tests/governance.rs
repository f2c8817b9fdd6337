//! What the council can and cannot do.

use codec::Encode;
use frame_support::{assert_noop, assert_ok};
use pallet_collective::Instance1;
use sp_core::H256;
use sp_keyring::Sr25519Keyring::{self, Alice, Bob, Charlie, Dave, Ferdie};
use sp_runtime::{traits::Hash as _, DispatchError};

use super::execute_and_check;
use crate::{
	configs::governance::CouncilAgenda, Council, Governance, Runtime, RuntimeCall, RuntimeEvent,
	RuntimeOrigin, System,
};

fn by(member: Sr25519Keyring) -> RuntimeOrigin {
	RuntimeOrigin::signed(member.to_account_id())
}

fn enact(call: RuntimeCall) -> RuntimeCall {
	RuntimeCall::Governance(pallet_ward_governance::Call::enact { call: Box::new(call) })
}

fn authorize_upgrade() -> RuntimeCall {
	RuntimeCall::System(frame_system::Call::authorize_upgrade { code_hash: H256([7; 32]) })
}

/// Proposes `call`, lets `voters` agree, closes; returns the result that the council announces.
fn motion(
	call: RuntimeCall,
	threshold: u32,
	voters: &[Sr25519Keyring],
) -> Option<Result<(), DispatchError>> {
	let hash = <Runtime as frame_system::Config>::Hashing::hash_of(&call);
	let length = call.encoded_size() as u32;
	assert_ok!(Council::propose(by(Ferdie), threshold, Box::new(call), length));
	for voter in voters {
		assert_ok!(Council::vote(by(*voter), hash, 0, true));
	}
	let weight = crate::configs::governance::MaxProposalWeight::get();
	if Council::close(by(Ferdie), hash, 0, weight, length).is_err() {
		return None;
	}
	System::events().into_iter().rev().find_map(|record| match record.event {
		RuntimeEvent::Council(pallet_collective::Event::<Runtime, Instance1>::Executed {
			result,
			..
		}) => Some(result),
		_ => None,
	})
}

#[test]
fn two_thirds_of_the_council_can_authorize_an_upgrade() {
	execute_and_check(|| {
		let result = motion(enact(authorize_upgrade()), 4, &[Alice, Bob, Charlie, Dave]);
		assert_eq!(result, Some(Ok(())));
		assert!(frame_system::Pallet::<Runtime>::authorized_upgrade().is_some());
	});
}

#[test]
fn less_than_two_thirds_reach_nothing() {
	execute_and_check(|| {
		let result = motion(enact(authorize_upgrade()), 3, &[Alice, Bob, Charlie]);
		assert_eq!(result, Some(Err(DispatchError::BadOrigin)));
		assert!(frame_system::Pallet::<Runtime>::authorized_upgrade().is_none());
	});
}

#[test]
fn a_motion_without_enact_is_not_root() {
	execute_and_check(|| {
		let result = motion(authorize_upgrade(), 4, &[Alice, Bob, Charlie, Dave]);
		assert_eq!(result, Some(Err(DispatchError::BadOrigin)));
	});
}

#[test]
fn nobody_enacts_alone() {
	execute_and_check(|| {
		let call = Box::new(authorize_upgrade());
		assert_noop!(Governance::enact(by(Ferdie), call.clone()), DispatchError::BadOrigin);
		assert_noop!(Governance::enact(RuntimeOrigin::none(), call), DispatchError::BadOrigin);
	});
}

#[test]
fn the_agenda_has_nothing_that_touches_records_or_consent() {
	use frame_support::traits::Contains;
	let withdraw = pallet_ward_consent::Call::withdraw { grant: Default::default() };
	assert!(!CouncilAgenda::contains(&RuntimeCall::Consent(withdraw)));
	let set_code = frame_system::Call::set_code { code: Vec::new() };
	assert!(!CouncilAgenda::contains(&RuntimeCall::System(set_code)));
	let kill = frame_system::Call::kill_storage { keys: Vec::new() };
	assert!(!CouncilAgenda::contains(&RuntimeCall::System(kill)));
	assert!(!CouncilAgenda::contains(&enact(authorize_upgrade())));
}
