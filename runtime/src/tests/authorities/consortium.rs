//! A consortium whose chain moves on block by block.

use codec::Encode;
use frame_support::dispatch::GetDispatchInfo;
use pallet_collective::Instance1;
use pallet_ward_authorities::SeatId;
use sp_consensus_aura::sr25519::AuthorityId as AuraId;
use sp_consensus_grandpa::{AuthorityId as GrandpaId, GRANDPA_ENGINE_ID};
use sp_core::{ed25519, sr25519, Pair, H256};
use sp_io::TestExternalities;
use sp_runtime::{
	traits::{BlakeTwo256, Hash},
	DigestItem, DispatchError, MultiSignature,
};
use ward_primitives::{
	proof::{Enrolment, KeyAttachment},
	KeyRoles, ParticipantId, Role,
};

use super::super::{
	account,
	chain::{self, outcome, submit},
	check_invariants, pair, sealing_key, GENESIS, START,
};
use crate::{
	genesis_config_presets::FoundingTerms, Governance, Grandpa, Header, Runtime, RuntimeCall,
	RuntimeEvent, Session, System,
};

/// How many blocks a session has.
const SESSION_LENGTH: u32 = 5;

/// The keys of an authority node.
pub(super) type Node = (sr25519::Pair, ed25519::Pair);

/// The founders of the chain.
pub(super) struct Consortium {
	/// The health authority, participant 1.
	pub(super) authority: ed25519::Pair,
	/// The centers, participants 2 and up. The node of the first has the keys
	/// `chain::authority_keys(1)`, and so on.
	pub(super) centers: Vec<ed25519::Pair>,
}

/// Runs a test in the first block of a chain with so many centers, and checks the state after it.
pub(super) fn consortium(centers: u8, minimum: u32, test: impl FnOnce(&Consortium)) {
	externalities(centers, minimum).execute_with(|| in_first_block(centers, test));
}

/// The chain before its first block.
pub(super) fn externalities(centers: u8, minimum: u32) -> TestExternalities {
	let Consortium { authority, centers } = Consortium::of(centers);
	let terms = FoundingTerms { session_length: SESSION_LENGTH, minimum };
	TestExternalities::new(chain::genesis_on(terms, &authority, &centers))
}

/// Runs a test in the first block, and checks the state after it.
pub(super) fn in_first_block(centers: u8, test: impl FnOnce(&Consortium)) {
	chain::start_block(chain::slot_of(START));
	test(&Consortium::of(centers));
	next_block();
	check_invariants();
}

/// The slot of the running block.
pub(super) fn slot() -> u64 {
	*pallet_aura::CurrentSlot::<Runtime>::get()
}

/// Ends the block, whose header is returned, and starts the next one in the slot after it.
pub(super) fn next_block() -> Header {
	let header = chain::finish_block();
	chain::start_block(slot() + 1);
	header
}

/// Executes blocks until that session has run for one block, and returns how often these blocks name a
/// new GRANDPA set.
pub(super) fn run_to_session(session: u32) -> usize {
	let mut named = 0;
	while Session::current_index() < session {
		named += names_a_set(&next_block());
	}
	// The set is replaced at the end of the session's first block.
	named + names_a_set(&next_block())
}

fn names_a_set(header: &Header) -> usize {
	let is_grandpa = |log: &&DigestItem| matches!(log, DigestItem::Consensus(engine, _) if *engine == GRANDPA_ENGINE_ID);
	header.digest.logs.iter().filter(is_grandpa).count()
}

/// Executes blocks until what was decided now holds: two session boundaries.
pub(super) fn run_two_sessions() -> usize {
	run_to_session(Session::current_index() + 2)
}

/// The centers that have seats in the running session.
pub(super) fn sitting() -> Vec<u64> {
	Session::validators().iter().map(|SeatId(center)| center.0).collect()
}

/// Whether Aura, GRANDPA, both or neither count a node among the authorities.
pub(super) fn is_authority((aura, grandpa): &Node) -> (bool, bool) {
	let (aura, grandpa) = (AuraId::from(aura.public()), GrandpaId::from(grandpa.public()));
	let authors = pallet_aura::Authorities::<Runtime>::get();
	(authors.contains(&aura), Grandpa::grandpa_authorities().iter().any(|(key, _)| *key == grandpa))
}

/// Whether the running block has this event.
pub(super) fn has_event(event: impl Into<RuntimeEvent>) -> bool {
	let event = event.into();
	System::read_events_no_consensus().any(|record| record.event == event)
}

/// What a signed call comes to, in words.
pub(super) fn call(signer: &ed25519::Pair, call: impl Into<RuntimeCall>) -> String {
	outcome(&submit(signer, call.into()))
}

/// Attaches a key with these roles to the participant of `owner`.
pub(super) fn attach_key(
	owner: &ed25519::Pair,
	participant: ParticipantId,
	key: &ed25519::Pair,
	roles: KeyRoles,
) {
	let valid_until = chain::now() + 3_600_000;
	let bytes = key.public().0;
	let proof = KeyAttachment { genesis: GENESIS, participant, key: bytes, roles, valid_until };
	let proof = MultiSignature::Ed25519(key.sign(&proof.message()));
	let attach = pallet_ward_participants::Call::<Runtime>::attach_key {
		key: account(key),
		roles,
		valid_until,
		proof,
	};
	assert_eq!(call(owner, attach), "permitted");
}

impl Consortium {
	fn of(centers: u8) -> Self {
		Self { authority: pair(1), centers: (2..2 + centers).map(pair).collect() }
	}

	/// The number of a founding center's participant.
	pub(super) fn id(&self, center: usize) -> ParticipantId {
		ParticipantId(center as u64 + 2)
	}

	/// The same founders without this center.
	pub(super) fn but(&self, center: usize) -> Self {
		let mut centers = self.centers.clone();
		centers.remove(center);
		Self { authority: self.authority, centers }
	}

	/// The health authority accredits a center.
	pub(super) fn enrol(&self, center: &ed25519::Pair) -> ParticipantId {
		let number = pallet_ward_participants::NextParticipantId::<Runtime>::get();
		let (role, valid_until) = (Role::MedicalCenter, chain::now() + 3_600_000);
		let proof = Enrolment {
			genesis: GENESIS,
			sponsor: ParticipantId(1),
			role,
			account: center.public().0,
			sealing_key: sealing_key(),
			care: false,
			valid_until,
		};
		let enrol = pallet_ward_participants::Call::<Runtime>::enrol {
			role,
			account: account(center),
			sealing_key: sealing_key(),
			care: false,
			valid_until,
			proof: MultiSignature::Ed25519(center.sign(&proof.message())),
		};
		assert_eq!(call(&self.authority, enrol), "permitted");
		ParticipantId(number)
	}

	/// All founders vote for the call, in this block, and what it comes to is returned.
	pub(super) fn carry(&self, proposal: impl Into<RuntimeCall>) -> Result<(), DispatchError> {
		use pallet_ward_governance::Call::{close, enact, propose, vote};
		let proposal = Box::new(proposal.into());
		let index = pallet_collective::ProposalCount::<Runtime, Instance1>::get();
		let motion = RuntimeCall::Governance(enact { call: proposal.clone() });
		let (hash, length_bound): (H256, _) =
			(BlakeTwo256::hash_of(&motion), motion.encoded_size() as u32);
		let weight_bound = motion.get_dispatch_info().call_weight;
		let proposed = call(&self.authority, propose::<Runtime> { call: proposal });
		assert_eq!(proposed, "permitted");
		for center in &self.centers {
			let vote = vote::<Runtime> { motion: hash, index, approve: true };
			assert_eq!(call(center, vote), "permitted");
		}
		let close = close::<Runtime> { motion: hash, index, weight_bound, length_bound };
		assert_eq!(call(&self.authority, close), "permitted");
		assert_eq!(Governance::motions(), []);
		let executed = System::read_events_no_consensus().filter_map(|record| match record.event {
			RuntimeEvent::Council(pallet_collective::Event::Executed { result, .. }) => {
				Some(result)
			},
			_ => None,
		});
		executed.last().expect("it was carried")
	}
}
