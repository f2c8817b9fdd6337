//! Random histories, against a model written from the rules alone: a log of who said what when,
//! which is replayed for every moment. It knows no intervals, no generations in storage and no
//! limits on what is read.

use std::cell::Cell;

use frame_support::{assert_ok, traits::Time};
use proptest::{prelude::*, sample::Index, test_runner::TestRunner};
use ward_primitives::{
	Basis, Category, CategorySet, Decision, GrantId, GrantTerms, Moment, ParticipantId,
	PurposeOfUse, PurposeSet, Reason, RecordId, Scope,
};

use crate::mock::*;

const GRANTEES: [ParticipantId; 3] = [DOCTOR, HOSPITAL, SPECIALIST];
const RECORDS: [RecordId; 3] = [LAB, LAB_CORRECTED, IMAGE];
const PURPOSES: [PurposeOfUse; 2] = [PurposeOfUse::Treat, PurposeOfUse::Hpaymt];

/// What a grant is about.
#[derive(Clone, Copy, Debug)]
enum What {
	Everything,
	Images,
	LabLineage,
	AllButImages,
	EverythingForPayment,
}

impl What {
	fn terms(self) -> GrantTerms {
		let images = Scope {
			categories: Some(CategorySet::from_iter([Category::Imaging])),
			..Scope::default()
		};
		let all = read_everything();
		match self {
			Self::Everything => all,
			Self::Images => GrantTerms { scope: images, ..all },
			Self::LabLineage => GrantTerms { scope: naming(&[LAB_CORRECTED]), ..all },
			Self::AllButImages => {
				let exceptions = vec![images].try_into().expect("one fits");
				GrantTerms { exceptions, ..all }
			},
			Self::EverythingForPayment => {
				GrantTerms { purposes: PurposeSet::from_iter([PurposeOfUse::Hpaymt]), ..all }
			},
		}
	}

	/// What is missing for reading `record`, if anything.
	fn lacks(self, record: RecordId, purpose: PurposeOfUse) -> Option<Reason> {
		let is_for_payment = matches!(self, Self::EverythingForPayment);
		if is_for_payment != (purpose == PurposeOfUse::Hpaymt) {
			return Some(Reason::PurposeNotGranted);
		}
		match (self, record == IMAGE) {
			(Self::Images, false) | (Self::LabLineage, true) => Some(Reason::OutOfScope),
			(Self::AllButImages, true) => Some(Reason::Excepted),
			_ => None,
		}
	}
}

#[derive(Clone, Debug)]
enum Step {
	Grant { grantee: usize, what: What, delay: Option<Moment>, length: Option<Moment> },
	Amend { grant: Index, what: What, length: Option<Moment> },
	Withdraw { grant: Index },
	Exclude { who: usize },
	Readmit { who: usize },
	Wait { by: Moment },
}

fn step() -> impl Strategy<Value = Step> {
	let what = || {
		prop_oneof![
			Just(What::Everything),
			Just(What::Images),
			Just(What::LabLineage),
			Just(What::AllButImages),
			Just(What::EverythingForPayment),
		]
	};
	let length = || prop::option::of(0..9u64);
	let delay = prop::option::weighted(0.3, 0..6u64);
	prop_oneof![
		5 => (0..3usize, what(), delay, length())
			.prop_map(|(grantee, what, delay, length)| Step::Grant { grantee, what, delay, length }),
		3 => (any::<Index>(), what(), length())
			.prop_map(|(grant, what, length)| Step::Amend { grant, what, length }),
		3 => any::<Index>().prop_map(|grant| Step::Withdraw { grant }),
		1 => (0..3usize).prop_map(|who| Step::Exclude { who }),
		2 => (0..3usize).prop_map(|who| Step::Readmit { who }),
		5 => (1..4u64).prop_map(|by| Step::Wait { by }),
	]
}

/// What the patient said of one grant.
#[derive(Clone, Copy)]
struct Word {
	what: What,
	until: Option<Moment>,
}

struct ModelGrant {
	grantee: ParticipantId,
	start: Moment,
	/// The terms as given and as amended, each with the moment at which they were said.
	words: Vec<(Moment, Word)>,
	withdrawn: Option<Moment>,
}

impl ModelGrant {
	fn is_over(&self, now: Moment) -> bool {
		let until = self.words.last().and_then(|(_, word)| word.until);
		self.withdrawn.is_some() || until.is_some_and(|until| until <= now)
	}

	/// The generation that permits, or the reason why none does.
	fn permits(&self, record: RecordId, purpose: PurposeOfUse, at: Moment) -> Result<u32, Reason> {
		let said = self.words.iter().filter(|(when, _)| *when <= at).count();
		if said == 0 || at < self.start {
			return Err(Reason::GrantNotStarted);
		}
		let (_, word) = self.words[said - 1];
		let withdrawn = self.withdrawn.is_some_and(|when| when <= at);
		if withdrawn || word.until.is_some_and(|until| until <= at) {
			return Err(Reason::GrantEnded);
		}
		word.what.lacks(record, purpose).map_or(Ok(said as u32 - 1), Err)
	}
}

#[derive(Default)]
struct Model {
	grants: Vec<ModelGrant>,
	/// Who was excluded or readmitted, and when.
	exclusions: Vec<(Moment, ParticipantId, bool)>,
	/// How many calls were made, and how many of them succeeded.
	made: u32,
	succeeded: u32,
}

impl Model {
	/// For whom a grant or an exclusion counts: the actor and the center that it works for.
	fn parties(actor: ParticipantId) -> Vec<ParticipantId> {
		match actor {
			DOCTOR => vec![DOCTOR, HOSPITAL],
			other => vec![other],
		}
	}

	fn is_excluded(&self, who: ParticipantId, at: Moment) -> bool {
		let said = |(when, whom, _): &&(Moment, ParticipantId, bool)| *when <= at && *whom == who;
		self.exclusions.iter().rfind(said).is_some_and(|(_, _, excluded)| *excluded)
	}

	fn decide(
		&self,
		actor: ParticipantId,
		record: RecordId,
		purpose: PurposeOfUse,
		at: Moment,
	) -> Result<(usize, u32), Reason> {
		let parties = Self::parties(actor);
		if parties.iter().any(|who| self.is_excluded(*who, at)) {
			return Err(Reason::Excluded);
		}
		let mut nearest = Reason::NoBasis;
		for who in parties {
			for (id, grant) in self.grants.iter().enumerate().filter(|(_, g)| g.grantee == who) {
				match grant.permits(record, purpose, at) {
					Ok(generation) => return Ok((id, generation)),
					Err(reason) => nearest = nearest.max(reason),
				}
			}
		}
		Err(nearest)
	}

	/// Whether grants of a party may have left the list of recent ones.
	fn is_crowded(&self, actor: ParticipantId) -> bool {
		let count = |who| self.grants.iter().filter(|grant| grant.grantee == who).count();
		Self::parties(actor).into_iter().any(|who| count(who) > MAX_LIVE_GRANTS as usize)
	}

	fn count(&mut self, succeeded: bool) {
		self.made += 1;
		self.succeeded += u32::from(succeeded);
	}

	/// Takes the step on the chain and here, if the rules allow it; the chain must agree.
	fn take(&mut self, step: &Step) {
		let now = Timestamp::now();
		let patient = || signed_by(PATIENT);
		match *step {
			Step::Wait { by } => advance(by),
			Step::Grant { grantee, what, delay, length } => {
				let grantee = GRANTEES[grantee];
				let from = delay.map(|delay| now + delay);
				let start = from.unwrap_or(now);
				let until = length.map(|length| start + length);
				let going_on =
					self.grants.iter().filter(|g| g.grantee == grantee && !g.is_over(now));
				let has_room = going_on.count() < MAX_LIVE_GRANTS as usize;
				let result = Consent::grant(patient(), grantee, what.terms(), from, until);
				assert_eq!(result.is_ok(), has_room && length != Some(0), "{result:?}");
				self.count(result.is_ok());
				if result.is_ok() {
					let words = vec![(now, Word { what, until })];
					self.grants.push(ModelGrant { grantee, start, words, withdrawn: None });
				}
			},
			Step::Amend { ref grant, what, length } => {
				let Some((id, grant)) = self.pick(grant) else { return };
				let until = length.map(|length| now + length);
				let lasts = until.is_none_or(|until| until > now.max(grant.start));
				let expected = lasts && !grant.is_over(now);
				let result = Consent::amend(patient(), id, what.terms(), until);
				assert_eq!(result.is_ok(), expected, "{result:?}");
				if expected {
					grant.words.push((now, Word { what, until }));
				}
				self.count(expected);
			},
			Step::Withdraw { ref grant } => {
				let Some((id, grant)) = self.pick(grant) else { return };
				let expected = !grant.is_over(now);
				let result = Consent::withdraw(patient(), id);
				assert_eq!(result.is_ok(), expected, "{result:?}");
				if expected {
					grant.withdrawn = Some(now);
				}
				self.count(expected);
			},
			Step::Exclude { who } => {
				let who = GRANTEES[who];
				let result = Consent::exclude(patient(), who);
				assert_eq!(result.is_ok(), !self.is_excluded(who, now), "{result:?}");
				self.count(result.is_ok());
				if result.is_ok() {
					self.exclusions.push((now, who, true));
				}
			},
			Step::Readmit { who } => {
				let who = GRANTEES[who];
				let result = Consent::end_exclusion(patient(), who);
				assert_eq!(result.is_ok(), self.is_excluded(who, now), "{result:?}");
				self.count(result.is_ok());
				if result.is_ok() {
					self.exclusions.push((now, who, false));
				}
			},
		}
	}

	fn pick(&mut self, index: &Index) -> Option<(GrantId, &mut ModelGrant)> {
		if self.grants.is_empty() {
			return None;
		}
		let n = index.index(self.grants.len());
		Some((GrantId(n as u64), &mut self.grants[n]))
	}

	/// Every decision about `at` is the same, with the same grant, generation or reason.
	fn assert_agrees(&self, at: Moment) {
		for actor in GRANTEES {
			for record in RECORDS {
				for purpose in PURPOSES {
					let expected = self.decide(actor, record, purpose, at);
					let decided = match decide_for(purpose, actor, record, at) {
						Decision::Permit { basis: Basis::Grant { grant, generation }, .. } => {
							Ok((grant.0 as usize, generation))
						},
						Decision::Permit { basis, .. } => panic!("unexpected {basis:?}"),
						Decision::Deny { reason } => Err(reason),
					};
					// Of grants that ended, the present may know no more once room was needed.
					let may_be_forgotten = at == Timestamp::now() && self.is_crowded(actor);
					let forgotten = expected == Err(Reason::GrantEnded)
						&& decided == Err(Reason::NoBasis)
						&& may_be_forgotten;
					assert!(
						decided == expected || forgotten,
						"{actor} {record} {purpose:?} at {at}: {decided:?}, expected {expected:?}"
					);
				}
			}
		}
	}
}

#[test]
fn every_decision_at_every_moment_is_that_of_the_model() {
	let calls = Cell::new((0u32, 0u32));
	let config = ProptestConfig { cases: 96, failure_persistence: None, ..Default::default() };
	let histories = prop::collection::vec(step(), 1..40);
	let result = TestRunner::new(config).run(&histories, |steps| {
		new_test_ext().execute_and_check(|| {
			let mut model = Model::default();
			for step in &steps {
				model.take(step);
				model.assert_agrees(Timestamp::now());
				assert_ok!(Consent::do_try_state());
			}
			// The present as the past, once a later block reads it.
			advance(1);
			for at in NOW - 1..=Timestamp::now() {
				model.assert_agrees(at);
			}
			let (made, succeeded) = calls.get();
			calls.set((made + model.made, succeeded + model.succeeded));
		});
		Ok(())
	});
	result.unwrap_or_else(|error| panic!("{error}"));
	let (made, succeeded) = calls.get();
	assert!(succeeded * 10 >= made * 3, "only {succeeded} of {made} calls succeeded");
	assert!(succeeded < made, "no call failed");
}
