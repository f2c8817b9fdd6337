//! Who looks at which cohort.

use std::collections::BTreeMap;

use proptest::prelude::*;
use ward_primitives::{receipt, receipt::EpochInfo, ParticipantId};

use crate::{mock::*, Epoch, Witnesses};

#[test]
fn neither_the_custodian_nor_its_host_is_ever_drawn() {
	new_test_ext().execute_and_check(|| {
		for cohort in 0..200 {
			assert!(!Receipts::witnesses(CLINIC, cohort).contains(&HOST));
			assert!(!Receipts::witnesses(HOSPITAL, cohort).contains(&HOSPITAL));
		}
		// The host looks at others.
		assert!((0..200).any(|cohort| Receipts::witnesses(HOSPITAL, cohort).contains(&HOST)));
	});
}

#[test]
fn the_draw_is_what_everybody_computes_from_seats_and_seed() {
	new_test_ext().execute_and_check(|| {
		let (seats, epoch) = (Witnesses::<Test>::get(), Epoch::<Test>::get());
		let expected = receipt::draw(&seats, &[CLINIC, HOST], &epoch.seed, CLINIC, 4);
		assert_eq!(Receipts::witnesses(CLINIC, 4), expected);
	});
}

#[test]
fn fewer_seats_are_fewer_witnesses() {
	for (seats, expected) in [(0, 0), (1, 0), (2, 1), (3, 2), (4, 3), (5, 3)] {
		new_test_ext().execute_and_check(|| {
			edit(|tables| tables.seats = (1..=seats).map(ParticipantId).collect());
			next_epoch();
			// The first of them is the host of the clinic.
			assert_eq!(Receipts::witnesses(CLINIC, 0).len(), expected, "of {seats} seats");
		});
	}
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..Default::default() })]

	#[test]
	fn every_seat_is_drawn_about_equally_often_whatever_the_seed(seed: [u8; 32]) {
		new_test_ext().execute_with(|| {
			Epoch::<Test>::put(EpochInfo { seed, ..Epoch::<Test>::get() });
			let mut times = BTreeMap::<ParticipantId, u32>::new();
			for cohort in 0..1_400 {
				let witnesses = Receipts::witnesses(HOSPITAL, cohort);
				assert_eq!(witnesses.len(), 3);
				witnesses.into_iter().for_each(|seat| *times.entry(seat).or_default() += 1);
			}
			// Six seats, 700 times each, with a standard deviation of 19.
			assert_eq!(times.len(), 6);
			assert!(times.values().all(|times| (600..800).contains(times)), "{times:?}");
		});
	}
}
