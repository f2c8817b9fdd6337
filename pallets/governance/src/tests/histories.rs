//! Random histories against a model that keeps a list of ballots and nothing else.

use std::collections::BTreeMap;

use proptest::{
	prelude::*,
	test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use ward_primitives::Moment;

use super::*;

/// All who can ever sit in the council.
const CAST: [ParticipantId; 9] = [
	AUTHORITY,
	OTHER_AUTHORITY,
	CENTERS[0],
	CENTERS[1],
	CENTERS[2],
	CENTERS[3],
	GUESTS[0],
	GUESTS[1],
	GUESTS[2],
];

#[derive(Clone, Copy, Debug)]
enum Step {
	NextBlock,
	/// By a member, the call with this number.
	Propose(usize, u8),
	Vote(usize, u8, bool),
	Close(usize, u8),
	/// By the consortium or the first authority.
	Suspend(usize),
	Reinstate(usize),
	/// Ends by itself after so many milliseconds.
	SetExpiry(usize, Moment),
	/// So many centers have a seat.
	Seats(usize),
}

fn step() -> impl Strategy<Value = Step> {
	let who = || 0..CAST.len();
	let call = || 0u8..3;
	prop_oneof![
		6 => Just(Step::NextBlock),
		4 => (who(), call()).prop_map(|(who, call)| Step::Propose(who, call)),
		30 => (who(), call(), prop::bool::weighted(0.8))
			.prop_map(|(who, call, approve)| Step::Vote(who, call, approve)),
		8 => (who(), call()).prop_map(|(who, call)| Step::Close(who, call)),
		1 => who().prop_map(Step::Suspend),
		3 => who().prop_map(Step::Reinstate),
		1 => (who(), 1..5 * SLOT).prop_map(|(who, after)| Step::SetExpiry(who, after)),
		2 => (2usize..8).prop_map(Step::Seats),
	]
}

/// An open motion: when it ends and how many votes it needs, and who voted how.
#[derive(Clone, Debug)]
struct Ballot {
	index: u32,
	threshold: usize,
	ends: u64,
	votes: BTreeMap<ParticipantId, bool>,
}

impl Ballot {
	fn voters(&self, approve: bool) -> Vec<ParticipantId> {
		self.votes.iter().filter(|(_, vote)| **vote == approve).map(|(id, _)| *id).collect()
	}

	fn ayes(&self) -> usize {
		self.voters(true).len()
	}
}

#[derive(Default)]
struct Model {
	council: Vec<ParticipantId>,
	ballots: BTreeMap<u8, Ballot>,
	proposed: u32,
	enacted: u32,
	rejected: u32,
	waited_for_growth: u32,
}

impl Model {
	fn speaks(&self, member: ParticipantId) -> bool {
		let row = Participants::participant(member).expect("one of the cast");
		row.active.contains(Timestamp::get()) && self.council.contains(&member)
	}

	/// Whether two thirds of the council are for the motion.
	fn two_thirds(&self, ballot: &Ballot) -> bool {
		ballot.ayes() * 3 >= self.council.len() * 2
	}

	/// Whether the step succeeds, and what changes then.
	fn apply(&mut self, step: Step) -> bool {
		match step {
			Step::Propose(who, call) => {
				let fine = self.speaks(CAST[who]) && !self.ballots.contains_key(&call);
				if fine {
					let threshold =
						(1..).find(|votes| votes * 3 >= self.council.len() * 2).expect("endless");
					let votes = BTreeMap::from([(CAST[who], true)]);
					let ends = System::block_number() + MOTION_DURATION;
					let index = self.proposed;
					self.ballots.insert(call, Ballot { index, threshold, ends, votes });
					self.proposed += 1;
				}
				fine
			},
			Step::Vote(who, call, approve) => {
				let speaks = self.speaks(CAST[who]);
				let ballot = self.ballots.get_mut(&call).filter(|_| speaks);
				ballot
					.is_some_and(|ballot| ballot.votes.insert(CAST[who], approve) != Some(approve))
			},
			Step::Close(who, call) => {
				let speaks = self.speaks(CAST[who]);
				let Some(ballot) = self.ballots.get(&call).filter(|_| speaks) else {
					return false;
				};
				let enough = ballot.ayes() >= ballot.threshold;
				let carried = enough && self.two_thirds(ballot);
				let against = ballot.voters(false).len();
				let hopeless =
					!enough && self.council.len().saturating_sub(against) < ballot.threshold;
				let over = ballot.ends <= System::block_number();
				if carried {
					self.enacted += 1;
				} else if hopeless || over {
					self.rejected += 1;
				} else {
					self.waited_for_growth += u32::from(enough);
					return false;
				}
				self.ballots.remove(&call);
				true
			},
			_ => true,
		}
	}

	/// The council as it is now; those who left lose their votes.
	fn follow(&mut self) {
		self.council = Governance::council();
		for ballot in self.ballots.values_mut() {
			ballot.votes.retain(|voter, _| self.council.contains(voter));
		}
	}

	fn check(&self) {
		let mut ballots: Vec<_> = self.ballots.iter().collect();
		ballots.sort_by_key(|(_, ballot)| ballot.index);
		let motions = Governance::motions();
		assert_eq!(motions.len(), ballots.len());
		for (motion, (call, ballot)) in motions.iter().zip(ballots) {
			assert_eq!(motion.index, ballot.index);
			assert_eq!(motion.call, authorize_upgrade_to(*call).encode());
			assert_eq!(motion.threshold as usize, ballot.threshold);
			assert_eq!(u64::from(motion.ends), ballot.ends);
			assert_eq!((&motion.ayes, &motion.nays), (&ballot.voters(true), &ballot.voters(false)));
		}
	}
}

/// Does the step to the pallets.
fn act(step: Step, model: &Model) -> bool {
	let index = |call: u8| model.ballots.get(&call).map_or(0, |ballot| ballot.index);
	match step {
		Step::NextBlock => {
			next_block();
			true
		},
		Step::Propose(who, call) => propose(CAST[who], &authorize_upgrade_to(call)).is_ok(),
		Step::Vote(who, call, approve) => {
			vote(CAST[who], &authorize_upgrade_to(call), index(call), approve).is_ok()
		},
		Step::Close(who, call) => {
			close(CAST[who], &authorize_upgrade_to(call), index(call)).is_ok()
		},
		// Whether these succeed is the registry's concern.
		Step::Suspend(who) => {
			let _ = administer(who, Participants::suspend);
			true
		},
		Step::Reinstate(who) => {
			let _ = administer(who, |origin, id| Participants::reinstate(origin, id, None));
			true
		},
		Step::SetExpiry(who, after) => {
			let until = Some(Timestamp::get() + after);
			let _ = administer(who, |origin, id| Participants::set_expiry(origin, id, until));
			true
		},
		Step::Seats(many) => {
			set_seats(&CAST[2..2 + many.min(7)]);
			true
		},
	}
}

/// Administers one of the cast, as the consortium where it may.
fn administer(
	who: usize,
	call: impl Fn(RuntimeOrigin, ParticipantId) -> DispatchResult,
) -> DispatchResult {
	let id = CAST[who];
	frame_support::storage::with_storage_layer(|| call(RuntimeOrigin::root(), id))
		.or_else(|_| frame_support::storage::with_storage_layer(|| call(by(AUTHORITY), id)))
}

#[test]
fn random_histories_agree_with_the_model() {
	let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[4; 32]);
	let config = Config { cases: 96, failure_persistence: None, ..Config::default() };
	let mut runner = TestRunner::new_with_rng(config, rng);
	let seen = std::cell::Cell::new((0, 0, 0));
	runner
		.run(&prop::collection::vec(step(), 1..250), |steps| {
			externalities().execute_with(|| {
				let mut model = Model { council: Governance::council(), ..Model::default() };
				for step in steps {
					System::reset_events();
					let done = frame_support::storage::with_storage_layer(|| {
						if act(step, &model) {
							Ok(())
						} else {
							Err(DispatchError::Other("refused"))
						}
					});
					let enacted = model.enacted;
					assert_eq!(done.is_ok(), model.apply(step), "{step:?}");
					let expected = (model.enacted > enacted).then_some(Ok(()));
					assert_eq!(executed(), expected, "{step:?}");
					model.follow();
					model.check();
					check();
				}
				let (enacted, rejected, waited) = seen.get();
				seen.set((
					enacted + model.enacted,
					rejected + model.rejected,
					waited + model.waited_for_growth,
				));
			});
			Ok(())
		})
		.expect("every history agrees");
	// The histories are worth something: all ends of a motion are among them.
	let (enacted, rejected, waited) = seen.get();
	assert!(enacted > 20 && rejected > 20 && waited > 0, "{enacted} {rejected} {waited}");
}
