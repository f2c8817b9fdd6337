//! Random histories of anchoring, superseding and handing over, against a model that knows neither storage nor
//! decisions.

use std::{cell::Cell, collections::BTreeSet};

use proptest::{prelude::*, test_runner::TestRunner};
use ward_primitives::{NewRecord, ParticipantId, RecordId};

use crate::{mock::*, CustodyCount, RecordCount};

const AUTHORS: [(ParticipantId, Option<ParticipantId>); 5] = [
	(DOCTOR, Some(HOSPITAL)),
	(NURSE, Some(HOSPITAL)),
	(PATIENT, None),
	(CUFF, None),
	(SPECIALIST, Some(CLINIC)),
];
const PATIENTS: [ParticipantId; 2] = [PATIENT, OTHER_PATIENT];
const CENTERS: [ParticipantId; 3] = [HOSPITAL, CLINIC, ARCHIVE];
const CUSTODIANS: [&[ParticipantId]; 3] = [&[HOSPITAL], &[CLINIC, HOSPITAL], &[ARCHIVE]];

#[derive(Clone, Debug)]
struct Step {
	author: usize,
	patient: usize,
	seed: u8,
	custodians: usize,
	/// Which of the records so far it is to supersede, if any.
	supersede: Option<prop::sample::Index>,
	/// Which of the records so far is handed over before, if any: by which center to which.
	hand_over: Option<(prop::sample::Index, usize, usize)>,
}

fn step() -> impl Strategy<Value = Step> {
	let supersede = prop::option::weighted(0.6, any::<prop::sample::Index>());
	// Weighted so that most steps can succeed.
	let author =
		prop_oneof![4 => 0..2usize, 2 => Just(2usize), 1 => Just(3usize), 1 => Just(4usize)];
	let patient = prop_oneof![4 => Just(0usize), 1 => Just(1usize)];
	let hand_over = prop::option::of((any::<prop::sample::Index>(), 0..3usize, 0..3usize));
	(author, patient, 0..20u8, 0..3usize, supersede, hand_over).prop_map(
		|(author, patient, seed, custodians, supersede, hand_over)| Step {
			author,
			patient,
			seed,
			custodians,
			supersede,
			hand_over,
		},
	)
}

/// A record as the model remembers it.
struct Remembered {
	id: RecordId,
	patient: ParticipantId,
	center: Option<ParticipantId>,
	is_head: bool,
	author: ParticipantId,
	record: NewRecord,
	held_by: BTreeSet<ParticipantId>,
	/// How many rows it ever had.
	rows: u64,
}

impl Remembered {
	/// Whether a center can hand it over to another.
	fn hand_over(&mut self, from: ParticipantId, to: ParticipantId) -> bool {
		if from == to || !self.held_by.remove(&from) {
			return false;
		}
		self.rows += u64::from(self.held_by.insert(to));
		true
	}
}

/// The rules in a sentence each.
fn may_write(author: ParticipantId, patient: ParticipantId) -> bool {
	match author {
		// Both patients are in the hospital's care.
		DOCTOR | NURSE => true,
		// The patient and its cuff write about this patient only.
		PATIENT | CUFF => patient == PATIENT,
		_ => false,
	}
}

fn may_supersede(author: ParticipantId, center: Option<ParticipantId>, old: &Remembered) -> bool {
	old.is_head && (author == old.patient || center.is_some() && center == old.center)
}

#[test]
fn every_history_follows_the_rules_and_keeps_the_books() {
	let calls = Cell::new((0u32, 0u32));
	let config = ProptestConfig { cases: 48, failure_persistence: None, ..Default::default() };
	let histories = prop::collection::vec(step(), 1..30);
	let result = TestRunner::new(config).run(&histories, |steps| {
		new_test_ext().execute_and_check(|| {
			let mut remembered = Vec::<Remembered>::new();
			let mut written = BTreeSet::new();
			for Step { author, patient, seed, custodians, supersede, hand_over } in steps {
				if let Some((index, from, to)) = hand_over.filter(|_| !remembered.is_empty()) {
					let (from, to) = (CENTERS[from], CENTERS[to]);
					let place = index.index(remembered.len());
					let old = &mut remembered[place];
					let deposit = signed(&receipt(&old.record, old.author, to), to);
					let result = crate::mock::hand_over(from, &[(old.id, deposit)]);
					assert_eq!(result.is_ok(), old.hand_over(from, to), "{result:?}");
					Records::do_try_state().expect("the storage is in order");
				}
				let (author, center) = AUTHORS[author];
				let patient = PATIENTS[patient];
				let held_by = CUSTODIANS[custodians];
				let record = deposited(draft(patient, center, seed), author, held_by);
				let id = id_of(&record, author);
				let target = match supersede {
					Some(index) if !remembered.is_empty() => Some(index.index(remembered.len())),
					_ => None,
				};

				let (origin, new) = (signed_by(author), record.clone());
				let (result, fits_target) = match target.map(|n| &remembered[n]) {
					None => (Records::anchor(origin, new), true),
					Some(old) => (
						Records::supersede(origin, old.id, new),
						old.patient == patient && may_supersede(author, center, old),
					),
				};
				let is_new = !written.contains(&(author, patient, seed));
				let expected = is_new && fits_target && may_write(author, patient);
				assert_eq!(result.is_ok(), expected, "{result:?}");
				let (made, succeeded) = calls.get();
				calls.set((made + 1, succeeded + u32::from(expected)));
				Records::do_try_state().expect("the storage is in order");
				if expected {
					written.insert((author, patient, seed));
					if let Some(n) = target {
						remembered[n].is_head = false;
					}
					let (rows, held_by) = (held_by.len() as u64, held_by.iter().copied().collect());
					let is_head = true;
					remembered.push(Remembered {
						id,
						patient,
						center,
						is_head,
						author,
						record,
						held_by,
						rows,
					});
				}
			}

			assert_eq!(RecordCount::<Test>::get(), remembered.len() as u64);
			for patient in PATIENTS {
				let ids: Vec<_> =
					remembered.iter().filter(|r| r.patient == patient).map(|r| r.id).collect();
				assert_eq!(Records::records_of(patient, 0, 100), ids);
			}
			let rows: u64 = CENTERS.map(CustodyCount::<Test>::get).iter().sum();
			assert_eq!(rows, remembered.iter().map(|r| r.rows).sum::<u64>());
			for center in CENTERS {
				let held = remembered.iter().filter(|record| record.held_by.contains(&center));
				assert_eq!(usize::from(Records::rows_held(center, 0)), held.count());
			}
			for record in &remembered {
				let row = crate::Records::<Test>::get(record.id).expect("it was anchored");
				assert_eq!(row.superseded_by.is_none(), record.is_head);
				let held_by =
					row.custodians.iter().map(|held| held.center).collect::<BTreeSet<_>>();
				assert_eq!(held_by, record.held_by);
			}
		});
		Ok(())
	});
	result.unwrap_or_else(|error| panic!("{error}"));
	let (made, succeeded) = calls.get();
	assert!(succeeded * 10 >= made * 3, "only {succeeded} of {made} calls succeeded");
	assert!(succeeded < made, "no call failed");
}
