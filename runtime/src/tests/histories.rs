//! Random histories of the whole chain against a model of what is true when.
//!
//! Real signed transactions of many participants go through all transaction extensions into real
//! blocks. Each must succeed exactly if the model knows no rule that it breaks, or name such a rule;
//! and at random moments, now and past, the decision of the chain must be the model's.
//!
//! - `WARD_HISTORIES=n`: how many histories (10,000 in the long mode).
//! - `WARD_SEED=n`: which ones. Fixed unless set, or unless `WARD_HISTORIES` is: then a new seed each
//!   time. It is printed; a history that fails is shortened, printed and kept in
//!   `histories.failed`, from where it is run first the next time.
//! - `WARD_HISTORIES_PRINT=1`: print what happens, and at the end what was seen how often. With
//!   `WARD_HISTORIES=1` that shows the history that failed.

mod answers;
mod bases;
mod calls;
mod coverage;
mod dice;
mod drafts;
mod model;
mod moves;
mod people;
mod questions;
mod readers;
mod rules;
mod snapshots;
mod terms;
mod vault;

use std::{
	cell::RefCell,
	panic,
	sync::Arc,
	thread,
	time::{SystemTime, UNIX_EPOCH},
};

use codec::Encode;
use frame_support::dispatch::GetDispatchInfo;
use pallet_collective::Instance1;
use proptest::{
	prelude::*,
	test_runner::{Config, FileFailurePersistence, RngAlgorithm, TestRng, TestRunner},
};
use sp_core::{ed25519, storage::StateVersion, H256};
use sp_io::TestExternalities;
use sp_runtime::traits::{BlakeTwo256, Hash};
use ward_primitives::{
	decide, decision::Query, Decision, KeyRoles, Moment, ParticipantId, PurposeOfUse, Reason, Role,
	Sensitivity,
};
use ward_runtime_api::runtime_decl_for_ward_api::WardApiV1;

use self::{
	bases::{Opening, Question},
	calls::{opening, pair, record_id, runtime_call, SIZE},
	coverage::Tally,
	dice::Dice,
	model::{Id, KeyNo, Model, Selection, Terms},
	moves::Move,
	people::{COUNCIL, GUESTS},
	rules::{Call, Caller, Draft, Proof, Receipt, MOST_GRANTS},
};
use super::{
	chain::{self, dispatch_outcome, outcome, submit},
	check_invariants, START,
};
use crate::{Block, Governance, Header, Runtime, RuntimeCall, RuntimeEvent, System, SLOT_DURATION};

/// How many histories are tried if nothing else is asked for. So many have seen everything.
const FEW: u32 = 300;

/// How many moves a history has at most.
const LONGEST: usize = 180;

/// Whoever looks on while a history happens.
trait Witness {
	/// A block is complete.
	fn block(&mut self, _world: &World, _block: &Header) {}
	/// Somebody is about to call.
	fn call(&mut self, _world: &World, _signer: KeyNo, _call: &Call) {}
}

/// Nobody looks on.
impl Witness for () {}

/// A chain with the model of it.
#[derive(Clone)]
struct World {
	model: Model,
	/// The moments of the blocks so far.
	moments: Vec<Moment>,
}

type GovernanceCall = pallet_ward_governance::Call<Runtime>;

/// Lets these members of the council carry out a motion to enact `call`, and returns what it
/// announces, or why it cannot be put to the vote.
fn motion(voters: &[KeyNo], call: &RuntimeCall) -> String {
	let enact: RuntimeCall = GovernanceCall::enact { call: Box::new(call.clone()) }.into();
	let (motion, length_bound) = (BlakeTwo256::hash_of(&enact), enact.encoded_size() as u32);
	let weight_bound = enact.get_dispatch_info().call_weight;
	let by = |key: KeyNo, call: GovernanceCall| submit(&pair(key), call.into());
	let index = pallet_collective::ProposalCount::<Runtime, Instance1>::get();
	let proposed = by(voters[0], GovernanceCall::propose { call: Box::new(call.clone()) });
	if proposed != Ok(Ok(())) {
		return outcome(&proposed);
	}
	for member in &voters[1..] {
		let vote = GovernanceCall::vote { motion, index, approve: true };
		assert_eq!(by(*member, vote), Ok(Ok(())), "the council votes");
	}
	let close = GovernanceCall::close { motion, index, weight_bound, length_bound };
	assert_eq!(by(voters[0], close), Ok(Ok(())), "enough have voted");
	let executed = System::read_events_no_consensus().filter_map(|record| match record.event {
		RuntimeEvent::Council(pallet_collective::Event::Executed { result, .. }) => Some(result),
		_ => None,
	});
	dispatch_outcome(&executed.last().expect("a motion that passes is carried out"))
}

/// The council's members on the chain, by number.
fn members() -> Vec<Id> {
	Governance::council().into_iter().map(|member| member.0).collect()
}

impl World {
	/// A consortium with three founding centers, at its first block.
	fn found() -> Self {
		let mut model = Model { now: START, ..Model::default() };
		// The founders are on the chain since ever.
		model.now = 0;
		model.enrol(None, Role::HealthAuthority, COUNCIL[0], false);
		for center in &COUNCIL[1..] {
			model.enrol(Some(1), Role::MedicalCenter, *center, false);
		}
		model.now = START;
		chain::start_block(chain::slot_of(START));
		Self { model, moments: vec![START] }
	}

	/// Enrols those whom the histories start with, by transactions like any other.
	fn populate(&mut self, tally: &mut Tally) {
		// Those of the founders were made when nobody had keys.
		for founder in COUNCIL {
			assert_eq!(self.call(founder, &Call::SetSealingKey, tally), "permitted");
		}
		let mut enrol = |world: &mut Self, by: KeyNo, role, care| {
			let (key, proof) = (world.new_key(), world.good_proof());
			let result = world.call(by, &Call::Enrol { role, key, care, proof }, tally);
			assert_eq!(result, "permitted");
		};
		for _ in GUESTS {
			enrol(self, COUNCIL[0], Role::MedicalCenter, false);
		}
		let (a, b) = (COUNCIL[1], COUNCIL[2]);
		for by in [a, a, b] {
			enrol(self, by, Role::Practitioner, false);
		}
		for (by, care) in [(a, true), (a, false), (b, true)] {
			enrol(self, by, Role::Patient, care);
		}
		for by in [a, b] {
			enrol(self, by, Role::Device, false);
		}
		enrol(self, a, Role::Researcher, false);
		for by in [a, b] {
			let (key, proof, roles) = (self.new_key(), self.good_proof(), KeyRoles::RECEIPT);
			for call in [
				Call::AttachKey { key, roles, proof },
				Call::SetVault { key, endpoint_is_right: true, release_key_is_right: true },
			] {
				assert_eq!(self.call(by, &call, tally), "permitted");
			}
		}
		// Keys that can do nothing here, and a center that may not.
		for (by, roles) in
			[(a, KeyRoles::WITNESS), (b, KeyRoles::GOVERN), (COUNCIL[0], KeyRoles::ACT)]
		{
			let key = self.new_key();
			let proof = self.good_proof();
			assert_eq!(self.call(by, &Call::AttachKey { key, roles, proof }, tally), "permitted");
		}
		let stopped = Call::Suspend { who: *GUESTS.end() };
		assert_eq!(self.call(COUNCIL[0], &stopped, tally), "permitted");
		self.wait(1, &mut ());
		self.begin(tally);
		self.wait(1, &mut ());
	}

	/// The first records and grants. Everybody still has one key, with the same number.
	fn begin(&mut self, tally: &mut Tally) {
		let (doctor, specialist): (Id, Id) = (36, 38);
		let (in_care, not_in_care, elsewhere) = (39, 40, 41);
		let cuff = 42;
		let (custodian, until) = (2, self.model.now + 3_600_000);
		let key = self.model.receipt_key(custodian).expect("it has a vault");
		let mut number = 0;
		let mut anchor = |patient, on_behalf_of| {
			number += 1;
			let receipts = vec![Receipt { custodian, key, is_right: true, until }];
			let content = drafts::content(number);
			Call::Anchor { draft: Draft { patient, on_behalf_of, content, size: SIZE, receipts } }
		};
		let everything = Terms {
			read: true,
			write: true,
			purposes: vec![PurposeOfUse::Treat],
			scope: Selection::default(),
			exceptions: Vec::new(),
			sensitivity: Sensitivity::Restricted,
			redisclosure: false,
		};
		let grant = |grantee| {
			let (terms, from, until) = (everything.clone(), None, None);
			Call::Grant { grantee, terms, from, until }
		};
		let calls = [
			(in_care, Call::PairDevice { device: cuff, patient: in_care }),
			(cuff, anchor(in_care, None)),
			(doctor, anchor(in_care, Some(2))),
			(doctor, anchor(in_care, Some(2))),
			(not_in_care, anchor(not_in_care, None)),
			(specialist, anchor(elsewhere, Some(3))),
			(in_care, grant(3)),
			(not_in_care, grant(doctor)),
		];
		for (by, call) in calls {
			assert_eq!(self.call(by as KeyNo, &call, tally), "permitted");
		}
	}

	fn new_key(&self) -> KeyNo {
		self.model.keys.last_key_value().map_or(0, |(last, _)| *last) + 1
	}

	fn good_proof(&self) -> Proof {
		Proof { is_right: true, is_ed25519: true, until: self.model.now + 3_600_000 }
	}

	/// Ends the block and starts one some slots later.
	fn wait(&mut self, slots: u64, witness: &mut dyn Witness) {
		let block = chain::finish_block();
		witness.block(self, &block);
		// A block begins with the clock of the one before.
		let council = self.model.council(self.model.now);
		self.model.now += slots * SLOT_DURATION;
		self.moments.push(self.model.now);
		chain::start_block(chain::slot_of(self.model.now));
		assert_eq!(members(), council, "the council follows the registry");
	}

	/// Those members of the council, by a key each, who carry out a motion together; none if too few of
	/// them can vote now.
	fn majority(&self) -> Option<Vec<KeyNo>> {
		let members = members();
		let needed = (2 * members.len()).div_ceil(3);
		let mut voters: Vec<_> = members.iter().filter_map(|id| self.model.voter(*id)).collect();
		voters.truncate(needed);
		(voters.len() == needed && needed > 0).then_some(voters)
	}

	/// Makes a call on the chain and in the model, which must agree; returns what it came to.
	fn call(&mut self, signer: KeyNo, call: &Call, tally: &mut Tally) -> String {
		let on_chain = runtime_call(&self.model, signer, call);
		let is_motion = matches!(call, Call::Enact(_));
		let found = match &on_chain {
			RuntimeCall::Governance(GovernanceCall::enact { call }) => {
				let Some(voters) = self.majority() else {
					tally.note_no_majority();
					return "no majority".into();
				};
				motion(&voters, call)
			},
			_ => outcome(&submit(&pair(signer), on_chain.clone())),
		};
		tally.note(&on_chain, &found);
		let refusal = self.model.refusal(signer).filter(|_| !is_motion);
		if let Some(refusal) = refusal {
			assert_eq!(found, format!("refused: {refusal}"), "{signer} {call:?}");
			return found;
		}
		let broken = self.model.broken(Caller::Key(signer), call);
		let named = found.rsplit('.').next().unwrap_or_default();
		match broken.is_empty() {
			true => {
				assert_eq!(found, "permitted", "{signer} {call:?} breaks no rule");
				self.model.apply(Caller::Key(signer), call);
			},
			false => {
				assert!(
					broken.contains(named),
					"{signer} {call:?}: {found}, but breaks {broken:?}"
				);
			},
		}
		found
	}

	/// Asks the chain and the model, which must agree.
	fn ask(&self, ask: &Question, tally: &mut Tally) {
		let id = ParticipantId;
		let query = Query {
			patient: id(ask.patient),
			record: ask.record.map(|number| record_id(&self.model, number)),
			actor: id(ask.actor),
			on_behalf_of: ask.on_behalf_of.map(id),
			action: ask.action,
			purpose: ask.purpose,
			at: ask.at,
		};
		let inputs = <Runtime as WardApiV1<Block>>::decision_inputs(query);
		let content = ask.record.and_then(|number| self.model.records.get(number));
		let carried = match (ask.opening, content) {
			(Opening::Right, Some(record)) => Some(opening(&record.content)),
			(Opening::Wrong, _) | (Opening::Right, None) => Some(opening(&drafts::content(0))),
			(Opening::Missing, _) => None,
		};
		let found = decide(&inputs, carried.as_ref());
		tally.note_decision(&found);
		match (self.model.bases(ask), found) {
			(Ok(live), Decision::Permit { basis, obligations }) => {
				let is_live = live.contains(&(basis, obligations));
				assert!(is_live, "{ask:?}: {basis:?} {obligations:?} is not among {live:?}");
			},
			(Err(expected), Decision::Deny { reason }) => {
				let forgotten = self.may_have_forgotten(ask, expected, reason);
				assert!(reason == expected || forgotten, "{ask:?}: {reason:?}, not {expected:?}");
			},
			(expected, found) => panic!("{ask:?}: {found:?}, but {expected:?}"),
		}
	}

	/// Of grants that are over, the present may know no more once there was need for room.
	fn may_have_forgotten(&self, ask: &Question, expected: Reason, found: Reason) -> bool {
		let mut grantees = self.model.workplaces(ask.actor, ask.at);
		grantees.push(ask.actor);
		let is_crowded = grantees.iter().any(|grantee| {
			let pair = (ask.patient, *grantee);
			let all = self.model.grants.iter().filter(|g| (g.patient, g.grantee) == pair);
			all.count() > MOST_GRANTS
		});
		let over = [Reason::GrantEnded, Reason::GrantNotStarted];
		ask.at == self.model.now
			&& is_crowded
			&& over.contains(&expected)
			&& (found == Reason::NoBasis || found < expected && over.contains(&found))
	}

	fn ask_some(&self, how_many: u32, dice: &mut Dice, tally: &mut Tally) {
		for _ in 0..how_many {
			if let Some(question) = questions::question(dice, &self.model, &self.moments) {
				self.ask(&question, tally);
			}
		}
	}

	/// Lives through a history: one seed for each step.
	fn live(&mut self, steps: &[u64], tally: &mut Tally, witness: &mut dyn Witness) {
		for seed in steps {
			let mut dice = Dice(*seed);
			for happening in moves::next(&mut dice, &self.model) {
				if prints() {
					println!("{happening:?}");
				}
				match happening {
					Move::Wait(slots) => {
						self.ask_some(4, &mut dice, tally);
						self.wait(slots, witness);
					},
					Move::Call(signer, call) => {
						witness.call(self, signer, &call);
						self.call(signer, &call, tally);
					},
				}
			}
			self.ask_some(1, &mut dice, tally);
		}
		self.wait(1, witness);
		let mut dice = Dice(steps.len() as u64);
		self.ask_some(40, &mut dice, tally);
		let block = chain::finish_block();
		witness.block(self, &block);
		check_invariants();
	}
}

/// Whether everything that happens is to be printed.
fn prints() -> bool {
	std::env::var_os("WARD_HISTORIES_PRINT").is_some()
}

/// How many histories, and the seed that determines them.
fn how_many() -> (u32, u64) {
	let number = |name| std::env::var(name).ok().map(|text: String| text.parse::<u64>());
	let histories = number("WARD_HISTORIES").map(|n| n.expect("WARD_HISTORIES is a number"));
	let seed = number("WARD_SEED").map(|n| n.expect("WARD_SEED is a number"));
	let fresh = || {
		let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
		since.as_secs()
	};
	let seed = seed.unwrap_or_else(|| if histories.is_some() { fresh() } else { 1 });
	(histories.map_or(FEW, |n| n as u32), seed)
}

/// Does something without a word of this thread's panics: a history that is being shortened fails
/// hundreds of times.
pub(super) fn quietly<Returned>(act: impl FnOnce() -> Returned) -> Returned {
	let usual = Arc::new(panic::take_hook());
	let (here, of_others) = (thread::current().id(), usual.clone());
	panic::set_hook(Box::new(move |info| {
		if thread::current().id() != here {
			of_others(info);
		}
	}));
	let returned = act();
	panic::set_hook(Box::new(move |info| usual(info)));
	returned
}

/// The chain on which all histories begin.
struct Founding {
	world: World,
	raw: Vec<(Vec<u8>, (Vec<u8>, i32))>,
	root: H256,
}

impl Founding {
	fn new(tally: &mut Tally) -> Self {
		let founders: Vec<ed25519::Pair> = COUNCIL.iter().map(|key| pair(*key)).collect();
		let mut founding = TestExternalities::new(chain::genesis(&founders[0], &founders[1..]));
		let world = founding.execute_with(|| {
			let mut world = World::found();
			world.populate(tally);
			world
		});
		founding.commit_all().expect("no storage transaction is open");
		let (raw, root) = founding.into_raw_snapshot();
		Self { world, raw, root }
	}

	/// Lives through a history that begins here, and returns what was seen.
	fn live(&self, steps: &[u64], witness: &mut dyn Witness) -> Tally {
		let (raw, mut seen) = (self.raw.clone(), Tally::default());
		let mut ext = TestExternalities::from_raw_snapshot(raw, self.root, StateVersion::V1);
		ext.execute_with(|| self.world.clone().live(steps, &mut seen, witness));
		seen
	}
}

/// Runs so many histories, those that have failed before first. A failing one is shortened and kept.
fn try_many(
	histories: u32,
	seed: u64,
	kept: &'static str,
	most_attempts: u32,
	history: impl Fn(&[u64]),
) {
	println!("{histories} histories, WARD_SEED={seed}");
	let config = Config {
		cases: histories,
		failure_persistence: Some(Box::new(FileFailurePersistence::Direct(kept))),
		max_shrink_iters: most_attempts,
		..Config::default()
	};
	let mut bytes = [0; 32];
	bytes[..8].copy_from_slice(&seed.to_le_bytes());
	let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
	let steps = prop::collection::vec(any::<u64>().no_shrink(), 1..LONGEST);
	let mut runner = TestRunner::new_with_rng(config, rng);
	let result = quietly(|| {
		runner.run(&steps, |steps| {
			history(&steps);
			Ok(())
		})
	});
	result.unwrap_or_else(|error| panic!("WARD_SEED={seed}: {error}"));
}

#[test]
fn every_call_and_every_decision_of_random_histories_is_that_of_the_model() {
	let (histories, seed) = how_many();
	let mut tally = Tally::default();
	let founding = Founding::new(&mut tally);
	let tally = RefCell::new(tally);
	let kept = concat!(env!("CARGO_MANIFEST_DIR"), "/src/tests/histories.failed");
	// Counted only if it passes: shortened histories do not count.
	try_many(histories, seed, kept, 400, |steps| {
		let seen = founding.live(steps, &mut ());
		tally.borrow_mut().add(seen);
	});
	tally.into_inner().check(histories >= FEW);
}
