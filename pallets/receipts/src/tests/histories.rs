//! Random epochs of honest, lying and silent witnesses, against a plain statement of what has to follow.

use std::collections::{BTreeMap, BTreeSet};

use proptest::{collection::btree_set, prelude::*};
use ward_primitives::{
	receipt::{quorum, CohortState, LogHead},
	Moment,
};

use crate::{mock::*, Epoch, Logs, Pallet};

/// What happens next.
#[derive(Clone, Debug)]
enum Step {
	/// The witness at this place of the draw reports so many rows of the custodian's cohort.
	Report {
		of_hospital: bool,
		place: usize,
		rows: u16,
		missing: BTreeSet<u16>,
		log: u64,
		branch: u8,
	},
	/// Blocks go by.
	Wait(Moment),
	/// The custodian gets more rows.
	Anchor(u64),
	/// So many seats sit.
	Seats(u64),
	/// The clinic gives its log up.
	Restart,
}

fn step() -> impl Strategy<Value = Step> {
	let report = (any::<bool>(), 0..3usize, 0..14u16, btree_set(0..14u16, 0..6), 0..12u64, 0..2u8)
		.prop_map(|(of_hospital, place, rows, missing, log, branch)| Step::Report {
			of_hospital,
			place,
			rows,
			missing,
			log,
			// Mostly the true one.
			branch: branch * u8::from(log % 5 == 0),
		});
	prop_oneof![
		12 => report,
		3 => (1..LENGTH).prop_map(Step::Wait),
		1 => (LENGTH..5 * LENGTH).prop_map(Step::Wait),
		1 => (1..4u64).prop_map(Step::Anchor),
		1 => (2..8u64).prop_map(Step::Seats),
		1 => Just(Step::Restart),
	]
}

/// What a witness said that was believed.
#[derive(Clone, Debug)]
struct Word {
	rows: u16,
	missing: BTreeSet<u16>,
	at: Moment,
}

/// All that was believed: by custodian and epoch, then by the witness's place.
#[derive(Clone, Debug, Default)]
struct Model {
	words: BTreeMap<(u64, u64), BTreeMap<usize, Word>>,
	drawn: BTreeMap<(u64, u64), u8>,
	until: BTreeMap<u64, Moment>,
}

impl Model {
	/// How many saw the row in that epoch.
	fn saw(&self, key: (u64, u64), row: u16) -> u8 {
		let words = self.words.get(&key).into_iter().flat_map(BTreeMap::values);
		words.filter(|word| row < word.rows && !word.missing.contains(&row)).count() as u8
	}

	/// How many looked for the row in that epoch in vain.
	fn missed(&self, key: (u64, u64), row: u16) -> u8 {
		let words = self.words.get(&key).into_iter().flat_map(BTreeMap::values);
		words.filter(|word| word.missing.contains(&row)).count() as u8
	}

	/// How a row has to stand.
	fn state(&self, custodian: u64, row: u16, now: Moment) -> CohortState {
		let has_quorum = |key: &&(u64, u64)| {
			let needed = quorum(self.drawn[*key]).expect("somebody reported");
			self.words[*key].len() as u8 >= needed
		};
		let keys = self.words.keys().filter(|key| key.0 == custodian);
		let Some(key) = keys.filter(has_quorum).max() else { return CohortState::New };
		let of = self.drawn[key];
		let needed = quorum(of).expect("somebody reported");
		let looked = self.words[key].values().filter(|word| row < word.rows).count() as u8;
		if looked < needed {
			return CohortState::New;
		}
		let (until, at) = (self.until[&key.1], self.words[key].values().map(|word| word.at).max());
		let at = at.expect("somebody reported");
		let latest = self.words.keys().filter(|key| key.0 == custodian).max();
		let reported = self.words[key].len() as u8;
		match (self.saw(*key, row), self.missed(*key, row)) {
			_ if now >= until => CohortState::Lapsed { at },
			(_, missed) if missed >= needed => CohortState::Missing { at },
			(seen, missed) if seen < needed => CohortState::Unsettled { missed, reported, at },
			// While nobody has looked again it is known who missed the row, and later how many looked.
			(seen, _) if latest == Some(key) => CohortState::Fresh { seen, of, at, until },
			_ => CohortState::Fresh { seen: reported, of, at, until },
		}
	}
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..Default::default() })]

	#[test]
	fn whatever_is_reported_what_is_fresh_was_seen_by_a_quorum(
		steps in proptest::collection::vec(step(), 1..60),
	) {
		new_test_ext().execute_with(|| {
			let mut model = Model::default();
			for step in steps {
				match step {
					Step::Wait(time) => {
						block_after(time);
						block_after(1);
					},
					Step::Anchor(rows) => edit(|tables| {
						*tables.rows.entry(CLINIC).or_default() += rows;
					}),
					Step::Seats(count) => edit(|tables| {
						tables.seats = (1..=count).map(ward_primitives::ParticipantId).collect();
					}),
					Step::Restart => {
						let had_one = Logs::<Test>::contains_key(CLINIC);
						let by = RuntimeOrigin::signed(governor(CLINIC));
						assert_eq!(Receipts::restart_log(by).is_ok(), had_one);
					},
					Step::Report { of_hospital, place, rows, missing, log: height, branch } => {
						let custodian = if of_hospital { HOSPITAL } else { CLINIC };
						report(&mut model, custodian, place, rows, missing, height, branch);
					},
				}
				Pallet::<Test>::do_try_state().expect("the invariants hold");
				for custodian in [CLINIC, HOSPITAL] {
					for row in 0..16 {
						let expected = model.state(custodian.0, row, now());
						let found = Receipts::row_state(custodian, row.into());
						assert_eq!(found, expected, "row {row} of {custodian}");
					}
				}
			}
		});
	}
}

/// A witness reports, and is believed exactly if nothing speaks against it.
fn report(
	model: &mut Model,
	custodian: ward_primitives::ParticipantId,
	place: usize,
	rows: u16,
	missing: BTreeSet<u16>,
	height: u64,
	branch: u8,
) {
	let witnesses = Receipts::witnesses(custodian, 0);
	let Some(witness) = witnesses.get(place) else { return };
	let asked = challenge(custodian, 0, *witness, rows);
	let log = match height {
		0 if branch == 0 => LogHead::empty(GENESIS),
		height => log(height, branch),
	};
	let sorted: Vec<_> = missing.iter().copied().collect();
	let epoch = Epoch::<Test>::get();
	let key = (custodian.0, epoch.number);
	let is_first = !model.words.get(&key).is_some_and(|words| words.contains_key(&place));
	let latest = Logs::<Test>::get(custodian).map(|row| row.latest);
	let grows = asked.since.height < log.height || asked.since == log;
	let is_fork = latest.is_some_and(|latest| latest.height == log.height && latest != log);
	let is_right = is_first
		&& (1..=all_rows(custodian, 0)).contains(&rows)
		&& missing.iter().all(|row| *row < rows)
		&& grows
		&& !is_fork;
	let taken = submit(report_of(&asked, &sorted, log));
	assert_eq!(taken.is_ok(), is_right, "{taken:?}");
	if is_right {
		let word = Word { rows, missing, at: now() };
		model.words.entry(key).or_default().insert(place, word);
		model.drawn.insert(key, witnesses.len() as u8);
		model.until.insert(epoch.number, epoch.fresh_until());
	}
}
