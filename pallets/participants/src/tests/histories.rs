//! Random histories against a model that knows no intervals: it marks, moment by moment, when
//! something holds.

use std::collections::BTreeMap;

use frame_support::dispatch::DispatchResult;
use proptest::{
	prelude::*,
	test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use sp_runtime::DispatchError;
use ward_primitives::{
	participant::Condition, traits::ReadParticipants, Interval, Moment, ParticipantId, Timeline,
};

use crate::{mock::*, Error};

/// Moments after `START` that a history can reach, and ends of intervals that it can name.
const HORIZON: usize = 400;

/// Whose standing changes.
const MEMBERS: [ParticipantId; 3] = [DOCTOR, PATIENT, DEVICE];

#[derive(Clone, Copy, Debug)]
enum Step {
	Wait(u64),
	Suspend(usize),
	Reinstate(usize, Option<u64>),
	Freeze(usize),
	Deactivate(usize),
	SetExpiry(usize, Option<u64>),
	Affiliate,
	EndAffiliation,
	OpenCare,
	EndCare,
	PairByPatient,
	PairByCenter,
	Unpair,
}

fn step() -> impl Strategy<Value = Step> {
	let member = 0..MEMBERS.len();
	// Zero is an end that does not lie ahead.
	let length = || prop::option::of(0u64..20);
	prop_oneof![
		12 => (0u64..6).prop_map(Step::Wait),
		3 => member.clone().prop_map(Step::Suspend),
		8 => (member.clone(), length()).prop_map(|(m, length)| Step::Reinstate(m, length)),
		3 => member.clone().prop_map(Step::Freeze),
		// Rare, as it ends a member's history.
		1 => (member.clone(), 0..3u8).prop_map(|(m, dice)| match dice {
			0 => Step::Deactivate(m),
			_ => Step::Wait(1),
		}),
		4 => (member, length()).prop_map(|(m, length)| Step::SetExpiry(m, length)),
		4 => Just(Step::Affiliate),
		3 => Just(Step::EndAffiliation),
		4 => Just(Step::OpenCare),
		3 => Just(Step::EndCare),
		4 => Just(Step::PairByPatient),
		4 => Just(Step::PairByCenter),
		4 => Just(Step::Unpair),
	]
}

/// When one thing holds: a mark for each moment from `START` on.
#[derive(Clone)]
struct Marks {
	held: Vec<bool>,
	opened: u32,
}

impl Marks {
	fn new(held: bool) -> Self {
		Self { held: vec![held; HORIZON], opened: u32::from(held) }
	}

	fn holds(&self, now: usize) -> bool {
		self.held[now]
	}

	/// From `now` on it holds for `length` moments, or for good, and then no longer.
	fn set(&mut self, now: usize, length: Option<u64>) {
		let end = length.map_or(HORIZON, |length| now + length as usize);
		for (moment, held) in self.held.iter_mut().enumerate().skip(now) {
			*held = moment < end;
		}
	}

	fn open(&mut self, now: usize, length: Option<u64>) {
		self.opened += 1;
		self.set(now, length);
	}
}

struct Model {
	now: usize,
	active: [Marks; 3],
	condition: [Condition; 3],
	affiliation: Marks,
	care: Marks,
	pairing: Marks,
}

impl Model {
	fn new() -> Self {
		Self {
			now: 0,
			active: [Marks::new(true), Marks::new(true), Marks::new(true)],
			condition: [Condition::Active; 3],
			affiliation: Marks::new(false),
			care: Marks::new(false),
			pairing: Marks::new(false),
		}
	}

	fn is_active(&self, member: ParticipantId) -> bool {
		let index = MEMBERS.iter().position(|id| *id == member).expect("one of the members");
		self.active[index].holds(self.now)
	}

	fn stop(&mut self, member: usize, from: &[Condition], to: Condition) -> Option<Error<Test>> {
		if !from.contains(&self.condition[member]) {
			return Some(Error::WrongCondition);
		}
		self.condition[member] = to;
		self.active[member].set(self.now, Some(0));
		None
	}

	/// What the step leads to: nothing, or the error that the pallet is to answer with.
	fn apply(&mut self, step: Step) -> Option<Error<Test>> {
		use Condition::{Active, Deactivated, Frozen, Suspended};
		let now = self.now;
		let check = |fine: bool, error: Error<Test>| (!fine).then_some(error);
		let open = |marks: &mut Marks| {
			let error = check(!marks.holds(now), Error::AlreadyExists);
			if error.is_none() {
				marks.open(now, None);
			}
			error
		};
		let end = |marks: &mut Marks| {
			let error = check(marks.holds(now), Error::NotFound);
			if error.is_none() {
				marks.set(now, Some(0));
			}
			error
		};
		let (doctor, patient, device) =
			(self.is_active(DOCTOR), self.is_active(PATIENT), self.is_active(DEVICE));
		match step {
			Step::Wait(moments) => {
				self.now += moments as usize;
				None
			},
			Step::Suspend(member) => self.stop(member, &[Active], Suspended),
			Step::Freeze(member) => self.stop(member, &[Active, Suspended], Frozen),
			Step::Deactivate(member) => {
				self.stop(member, &[Active, Suspended, Frozen], Deactivated)
			},
			Step::Reinstate(member, length) => {
				let gone = self.condition[member] == Deactivated;
				if gone || self.active[member].holds(now) {
					return Some(Error::WrongCondition);
				}
				if length == Some(0) {
					return Some(Error::EndNotAhead);
				}
				self.condition[member] = Active;
				self.active[member].open(now, length);
				None
			},
			Step::SetExpiry(member, length) => {
				if !self.active[member].holds(now) {
					return Some(Error::WrongCondition);
				}
				if length == Some(0) {
					return Some(Error::EndNotAhead);
				}
				self.active[member].set(now, length);
				None
			},
			Step::Affiliate => {
				check(doctor, Error::OtherNotActive).or_else(|| open(&mut self.affiliation))
			},
			Step::EndAffiliation => end(&mut self.affiliation),
			Step::OpenCare => check(patient, Error::NotActive).or_else(|| open(&mut self.care)),
			Step::EndCare => end(&mut self.care),
			Step::PairByPatient => check(patient, Error::NotActive)
				.or_else(|| check(device, Error::OtherNotActive))
				.or_else(|| open(&mut self.pairing)),
			Step::PairByCenter => check(self.care.holds(now), Error::NotAuthorized)
				.or_else(|| check(device && patient, Error::OtherNotActive))
				.or_else(|| open(&mut self.pairing)),
			Step::Unpair => end(&mut self.pairing),
		}
	}
}

/// Makes the step on the chain.
fn call(step: Step) -> DispatchResult {
	let now = Timestamp::get();
	let until = |length: Option<u64>| length.map(|length| now + length);
	match step {
		Step::Wait(moments) => {
			set_now(now + moments);
			Ok(())
		},
		Step::Suspend(member) => Participants::suspend(by(CENTER), MEMBERS[member]),
		Step::Reinstate(member, length) => {
			Participants::reinstate(by(CENTER), MEMBERS[member], until(length))
		},
		Step::Freeze(member) => Participants::freeze(by(MEMBERS[member]), MEMBERS[member]),
		Step::Deactivate(member) => Participants::deactivate(by(CENTER), MEMBERS[member]),
		Step::SetExpiry(member, length) => {
			Participants::set_expiry(by(CENTER), MEMBERS[member], until(length))
		},
		Step::Affiliate => Participants::affiliate(by(OTHER_CENTER), DOCTOR),
		Step::EndAffiliation => {
			Participants::end_affiliation(by(OTHER_CENTER), DOCTOR, OTHER_CENTER)
		},
		Step::OpenCare => Participants::open_care(by(PATIENT), CENTER),
		Step::EndCare => Participants::end_care(by(CENTER), PATIENT, CENTER),
		Step::PairByPatient => Participants::pair_device(by(PATIENT), DEVICE, PATIENT),
		Step::PairByCenter => Participants::pair_device(by(CENTER), DEVICE, PATIENT),
		Step::Unpair => Participants::unpair_device(by(DEVICE), DEVICE, PATIENT),
	}
}

/// The chain's answer for every moment up to now, against the model's marks.
fn compare(what: &str, marks: &Marks, now: usize, read: impl Fn(Moment) -> Option<Timeline>) {
	for offset in 0..=now {
		let at = START + offset as Moment;
		let answer = read(at);
		let held = answer.is_some_and(|timeline| timeline.contains(at));
		assert_eq!(held, marks.holds(offset), "{what} at {offset}");
		assert!(answer.is_none_or(|timeline| timeline.latest.from <= at), "{what} at {offset}");
	}
	let opened = read(START + now as Moment).map_or(0, |timeline| timeline.generation + 1);
	assert_eq!(opened, marks.opened, "{what} is counted");
}

fn compare_all(model: &Model) {
	for (id, marks) in MEMBERS.into_iter().zip(&model.active) {
		compare("activity", marks, model.now, |at| Participants::status(id, at));
		let interval = |at| <Participants as ReadParticipants>::participant(id, at);
		let now = START + model.now as Moment;
		assert_eq!(
			interval(now).map(|(_, active)| active),
			Participants::status(id, now).map(|active| active.latest)
		);
	}
	// The affiliation's generation is not part of the trait; take it from the row.
	let generations = |interval: Interval| Timeline {
		generation: crate::Affiliations::<Test>::get(DOCTOR, OTHER_CENTER)
			.map_or(0, |row| row.generation),
		latest: interval,
	};
	compare("affiliation", &model.affiliation, model.now, |at| {
		let all = Participants::affiliations(DOCTOR, at);
		all.into_iter()
			.find(|(center, _)| *center == OTHER_CENTER)
			.map(|(_, interval)| generations(interval))
	});
	compare("care", &model.care, model.now, |at| {
		<Participants as ReadParticipants>::care(PATIENT, CENTER, at)
	});
	compare("pairing", &model.pairing, model.now, |at| {
		let all = Participants::pairings_of(DEVICE, at);
		all.into_iter().find(|(patient, _)| *patient == PATIENT).map(|(_, pairing)| pairing)
	});
}

/// The name of one of the pallet's errors.
fn error_name(error: DispatchError) -> &'static str {
	match error {
		DispatchError::Module(module) => module.message.expect("errors have names here"),
		other => panic!("not an error of the pallet: {other:?}"),
	}
}

/// The name of a step, without its arguments.
fn name(step: Step) -> String {
	let debug = format!("{step:?}");
	debug.split('(').next().unwrap_or_default().to_owned()
}

#[test]
fn at_every_moment_the_chain_says_what_a_model_without_intervals_says() {
	let mut tally = BTreeMap::<(String, &str), u32>::new();
	let config = Config { cases: 200, failure_persistence: None, ..Config::default() };
	let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
	let mut runner = TestRunner::new_with_rng(config, rng);
	let seen = std::cell::RefCell::new(&mut tally);
	runner
		.run(&prop::collection::vec(step(), 1..120), |steps| {
			new_test_ext().execute_and_check(|| {
				let mut model = Model::new();
				for step in steps {
					if model.now + 30 >= HORIZON {
						break;
					}
					let expected = model.apply(step).map_or(Ok(()), |error| Err(error.into()));
					let result = call(step);
					assert_eq!(result, expected, "{step:?}");
					let outcome = result.map_or_else(error_name, |()| "ok");
					*seen.borrow_mut().entry((name(step), outcome)).or_default() += 1;
					Participants::do_try_state().expect("the state is consistent");
				}
				compare_all(&model);
			});
			Ok(())
		})
		.expect("chain and model agree");

	let calls = || tally.iter().filter(|((name, _), _)| name != "Wait");
	let all: u32 = calls().map(|(_, count)| count).sum();
	let good: u32 = calls().filter(|((_, outcome), _)| *outcome == "ok").map(|(_, n)| n).sum();
	assert!(good * 10 >= all * 3, "{good} of {all} calls succeeded: {tally:#?}");
	// Each call was seen to succeed, and to fail with each error that it can meet here.
	let outcomes: [(&str, &[&str]); 12] = [
		("Suspend", &["WrongCondition"]),
		("Reinstate", &["WrongCondition", "EndNotAhead"]),
		("Freeze", &["WrongCondition"]),
		("Deactivate", &["WrongCondition"]),
		("SetExpiry", &["WrongCondition", "EndNotAhead"]),
		("Affiliate", &["OtherNotActive", "AlreadyExists"]),
		("EndAffiliation", &["NotFound"]),
		("OpenCare", &["NotActive", "AlreadyExists"]),
		("EndCare", &["NotFound"]),
		("PairByPatient", &["NotActive", "OtherNotActive", "AlreadyExists"]),
		("PairByCenter", &["NotAuthorized", "OtherNotActive", "AlreadyExists"]),
		("Unpair", &["NotFound"]),
	];
	for (call, errors) in outcomes {
		for outcome in errors.iter().chain(&["ok"]) {
			let found = tally.contains_key(&(call.to_owned(), outcome));
			assert!(found, "{call} never ended with {outcome}: {tally:#?}");
		}
	}
}
