//! What the council can and cannot do, with the registry, the seats and the collective that the chain
//! really has.

use frame_support::{
	assert_noop, assert_ok,
	traits::{Contains, Hooks},
	weights::Weight,
};
use pallet_collective::Instance1;
use sp_core::H256;
use sp_keyring::Sr25519Keyring::{self, Alice, Bob, Charlie, Dave, Ferdie};
use sp_runtime::DispatchError;
use ward_primitives::{council::Motion, ParticipantId};

use super::execute_and_check;
use crate::{
	configs::governance::{CouncilAgenda, MaxProposalWeight},
	Authorities, Governance, Participants, Runtime, RuntimeCall, RuntimeEvent, RuntimeOrigin,
	System,
};

type CouncilError = pallet_collective::Error<Runtime, Instance1>;

/// The number of the first center's participant; the health authority is 1.
const ALICE: ParticipantId = ParticipantId(2);

fn by(member: Sr25519Keyring) -> RuntimeOrigin {
	RuntimeOrigin::signed(member.to_account_id())
}

fn propose(member: Sr25519Keyring, call: impl Into<RuntimeCall>) -> Motion {
	assert_ok!(Governance::propose(by(member), Box::new(call.into())));
	Governance::motions().pop().expect("it is open")
}

fn vote(member: Sr25519Keyring, motion: &Motion, approve: bool) -> Result<(), DispatchError> {
	Governance::vote(by(member), H256(motion.hash), motion.index, approve)
}

fn close(member: Sr25519Keyring, motion: &Motion) -> Result<(), DispatchError> {
	let (weight, length) = (MaxProposalWeight::get(), 1_000);
	Governance::close(by(member), H256(motion.hash), motion.index, weight, length)
		.map(|_| ())
		.map_err(|failed| failed.error)
}

/// What the last motion that was carried came to.
fn executed() -> Option<Result<(), DispatchError>> {
	System::events().into_iter().rev().find_map(|record| match record.event {
		RuntimeEvent::Council(pallet_collective::Event::<Runtime, Instance1>::Executed {
			result,
			..
		}) => Some(result),
		_ => None,
	})
}

/// Ferdie proposes, and Alice, Bob and Charlie agree: four of five.
fn carry(call: impl Into<RuntimeCall>) -> Result<(), DispatchError> {
	let motion = propose(Ferdie, call);
	for member in [Alice, Bob, Charlie] {
		assert_ok!(vote(member, &motion, true));
	}
	assert_ok!(close(Dave, &motion));
	executed().expect("it was carried")
}

fn authorize_upgrade() -> RuntimeCall {
	RuntimeCall::System(frame_system::Call::authorize_upgrade { code_hash: H256([7; 32]) })
}

fn suspend(id: ParticipantId) -> RuntimeCall {
	RuntimeCall::Participants(pallet_ward_participants::Call::suspend { participant: id })
}

/// The next block begins.
fn next_block() {
	System::set_block_number(System::block_number() + 1);
	<Governance as Hooks<u32>>::on_initialize(System::block_number());
}

#[test]
fn two_thirds_of_the_council_can_authorize_an_upgrade() {
	execute_and_check(|| {
		assert_ok!(carry(authorize_upgrade()));
		assert!(frame_system::Pallet::<Runtime>::authorized_upgrade().is_some());
	});
}

#[test]
fn less_than_two_thirds_reach_nothing_before_the_time_is_over_nor_after() {
	execute_and_check(|| {
		let motion = propose(Ferdie, authorize_upgrade());
		assert_eq!(motion.threshold, 4);
		for member in [Alice, Bob] {
			assert_ok!(vote(member, &motion, true));
		}
		assert_noop!(close(Ferdie, &motion), CouncilError::TooEarly);
		System::set_block_number(motion.ends);
		assert_ok!(close(Ferdie, &motion));
		assert_eq!(executed(), None);
		assert!(frame_system::Pallet::<Runtime>::authorized_upgrade().is_none());
		assert_eq!(Governance::motions(), []);
	});
}

#[test]
fn a_vote_counts_once_and_only_of_who_is_active() {
	execute_and_check(|| {
		let motion = propose(Ferdie, authorize_upgrade());
		assert_noop!(vote(Ferdie, &motion, true), CouncilError::DuplicateVote);
		assert_ok!(vote(Alice, &motion, true));
		assert_noop!(vote(Alice, &motion, true), CouncilError::DuplicateVote);
		// The health authority suspends the center: at once it votes no more, and from the next block on
		// the vote that it cast does not count.
		assert_ok!(Participants::suspend(by(Ferdie), ALICE));
		let refused = pallet_ward_participants::Error::<Runtime>::NotActive;
		assert_noop!(vote(Alice, &motion, false), refused);
		next_block();
		assert_eq!(Governance::motions()[0].ayes, [ParticipantId(1)]);
		assert!(!Governance::council().contains(&ALICE));
		assert_ok!(Participants::reinstate(by(Ferdie), ALICE, None));
		next_block();
		assert_ok!(vote(Alice, &motion, true));
	});
}

#[test]
fn a_center_without_a_seat_has_no_vote_until_it_takes_one() {
	execute_and_check(|| {
		let motion = propose(Ferdie, authorize_upgrade());
		assert_ok!(Authorities::give_up_seat(by(Alice)));
		next_block();
		assert_noop!(vote(Alice, &motion, true), CouncilError::NotMember);
		let grant = pallet_ward_authorities::Call::grant_seat { center: ALICE };
		let grant = propose(Bob, RuntimeCall::Authorities(grant));
		assert_eq!(grant.threshold, 3);
		assert_ok!(vote(Charlie, &grant, true));
		assert_ok!(vote(Dave, &grant, true));
		assert_ok!(close(Bob, &grant));
		assert_eq!(executed(), Some(Ok(())));
		assert_ok!(Authorities::take_seat(by(Alice)));
		next_block();
		assert_ok!(vote(Alice, &motion, true));
	});
}

#[test]
fn the_consortium_suspends_a_health_authority_and_it_leaves_the_council() {
	execute_and_check(|| {
		assert_ok!(carry(suspend(ParticipantId(1))));
		next_block();
		assert!(!Governance::council().contains(&ParticipantId(1)));
		// A center is the health authority's to suspend; while that is not active, the consortium's.
		let motion = propose(Bob, suspend(ALICE));
		for member in [Charlie, Dave] {
			assert_ok!(vote(member, &motion, true));
		}
		assert_ok!(close(Bob, &motion));
		assert_eq!(executed(), Some(Ok(())));
	});
}

#[test]
fn a_motion_that_fails_says_why_and_changes_nothing() {
	execute_and_check(|| {
		let refused = pallet_ward_participants::Error::<Runtime>::NotAuthorized;
		assert_eq!(carry(suspend(ALICE)), Err(refused.into()));
		let minimum = pallet_ward_authorities::Call::set_minimum { seats: 9 };
		let refused = pallet_ward_authorities::Error::<Runtime>::MinimumOutOfRange;
		assert_eq!(carry(RuntimeCall::Authorities(minimum)), Err(refused.into()));
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
fn a_motion_cannot_take_more_weight_than_its_closer_allows() {
	execute_and_check(|| {
		let motion = propose(Ferdie, authorize_upgrade());
		for member in [Alice, Bob, Charlie] {
			assert_ok!(vote(member, &motion, true));
		}
		let hash = H256(motion.hash);
		assert!(Governance::close(by(Dave), hash, motion.index, Weight::zero(), 1_000).is_err());
		assert!(Governance::close(by(Dave), hash, motion.index, Weight::MAX, 1).is_err());
		assert_ok!(close(Dave, &motion));
	});
}

#[test]
fn the_agenda_has_nothing_that_touches_records_or_consent() {
	let withdraw = pallet_ward_consent::Call::withdraw { grant: Default::default() };
	let set_code = frame_system::Call::set_code { code: Vec::new() };
	let kill = frame_system::Call::kill_storage { keys: Vec::new() };
	let members =
		pallet_collective::Call::set_members { new_members: vec![], prime: None, old_count: 0 };
	let enact = pallet_ward_governance::Call::enact { call: Box::new(authorize_upgrade()) };
	let off_the_agenda = [
		RuntimeCall::Consent(withdraw),
		RuntimeCall::System(set_code),
		RuntimeCall::System(kill),
		RuntimeCall::Council(members),
		RuntimeCall::Governance(enact),
	];
	execute_and_check(|| {
		for call in off_the_agenda {
			assert!(!CouncilAgenda::contains(&call), "{call:?}");
			let refused = pallet_ward_governance::Error::<Runtime>::NotAllowed;
			assert_noop!(Governance::propose(by(Ferdie), Box::new(call)), refused);
		}
	});
}
