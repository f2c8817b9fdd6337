//! A custodian puts another center in its place.

use frame_support::{assert_noop, assert_ok};
use ward_primitives::{
	receipt::Row, record::COHORT_SIZE, traits::ReadCustody, Custodian, Deposit, DepositReceipt,
	NewRecord, ParticipantId, RecordId,
};

use crate::{mock::*, CustodyCount, Error, Event, HandedOver};

/// Anchors a record that these centers hold.
fn held_by(seed: u8, custodians: &[ParticipantId]) -> NewRecord {
	let record = deposited(draft(PATIENT, Some(HOSPITAL), seed), DOCTOR, custodians);
	assert_ok!(anchor(DOCTOR, record.clone()));
	record
}

fn at(center: ParticipantId, row: u64) -> Custodian {
	Custodian { center, row }
}

fn custodians(id: RecordId) -> Vec<Custodian> {
	crate::Records::<Test>::get(id).expect("it was anchored").custodians.into()
}

fn row(center: ParticipantId, number: u64) -> Option<Row> {
	<Records as ReadCustody>::row(center, number)
}

#[test]
fn the_receiver_takes_the_place_of_who_hands_over() {
	new_test_ext().execute_and_check(|| {
		let records = [held_by(1, &[HOSPITAL, CLINIC]), held_by(2, &[HOSPITAL])];
		let ids = records.each_ref().map(|record| id_of(record, DOCTOR));
		take_events();
		assert_ok!(hand_over(HOSPITAL, &records.each_ref().map(|record| to(ARCHIVE, record))));
		assert_eq!(custodians(ids[0]), [at(ARCHIVE, 0), at(CLINIC, 0)]);
		assert_eq!(custodians(ids[1]), [at(ARCHIVE, 1)]);
		let event = |n: u64| Event::HandedOver {
			record: ids[n as usize],
			from: at(HOSPITAL, n),
			to: at(ARCHIVE, n),
		};
		assert_eq!(take_events(), [event(0), event(1)]);
	});
}

#[test]
fn a_row_that_was_handed_over_keeps_its_number_and_is_held_no_more() {
	new_test_ext().execute_and_check(|| {
		let (first, second) = (held_by(1, &[HOSPITAL]), held_by(2, &[HOSPITAL]));
		assert_eq!(Records::rows_held(HOSPITAL, 0), 2);
		assert_ok!(hand_over(HOSPITAL, &[to(ARCHIVE, &first)]));
		let (id, other) = (id_of(&first, DOCTOR), id_of(&second, DOCTOR));
		assert_eq!(Records::custody_of(HOSPITAL, 0, 9), [id, other]);
		assert_eq!(row(HOSPITAL, 0).map(|row| (row.record, row.is_held)), Some((id, false)));
		assert_eq!(row(HOSPITAL, 1).map(|row| (row.record, row.is_held)), Some((other, true)));
		assert_eq!(row(ARCHIVE, 0).map(|row| (row.record, row.is_held)), Some((id, true)));
		let held = [HOSPITAL, ARCHIVE, CLINIC].map(|center| Records::rows_held(center, 0));
		assert_eq!(held, [1, 1, 0]);
		assert_eq!(<Records as ReadCustody>::rows(HOSPITAL), 2);
		let third = held_by(3, &[HOSPITAL]);
		assert_eq!(custodians(id_of(&third, DOCTOR)), [at(HOSPITAL, 2)]);
	});
}

#[test]
fn to_whom_holds_it_already_the_record_goes_without_a_new_row() {
	new_test_ext().execute_and_check(|| {
		let record = held_by(1, &[CLINIC, HOSPITAL, ARCHIVE]);
		let id = id_of(&record, DOCTOR);
		take_events();
		assert_ok!(hand_over(HOSPITAL, &[to(CLINIC, &record)]));
		assert_eq!(custodians(id), [at(CLINIC, 0), at(ARCHIVE, 0)]);
		let event = Event::HandedOver { record: id, from: at(HOSPITAL, 0), to: at(CLINIC, 0) };
		assert_eq!(take_events(), [event]);
		assert_eq!(CustodyCount::<Test>::get(CLINIC), 1);
		// One that is the last keeps it, or another takes it: it is never without.
		assert_ok!(hand_over(CLINIC, &[to(ARCHIVE, &record)]));
		assert_eq!(custodians(id), [at(ARCHIVE, 0)]);
		assert_noop!(hand_over(ARCHIVE, &[to(ARCHIVE, &record)]), Error::<Test>::SameCustodian);
	});
}

#[test]
fn what_comes_back_gets_a_new_row() {
	new_test_ext().execute_and_check(|| {
		let record = held_by(1, &[HOSPITAL]);
		assert_ok!(hand_over(HOSPITAL, &[to(ARCHIVE, &record)]));
		assert_ok!(hand_over(ARCHIVE, &[to(HOSPITAL, &record)]));
		assert_eq!(custodians(id_of(&record, DOCTOR)), [at(HOSPITAL, 1)]);
		let held = |number| row(HOSPITAL, number).map(|row| row.is_held);
		assert_eq!((held(0), held(1)), (Some(false), Some(true)));
		assert_eq!([HOSPITAL, ARCHIVE].map(|center| HandedOver::<Test>::get(center, 0)), [1, 1]);
	});
}

#[test]
fn a_patient_finds_every_center_that_ever_handed_over_a_record() {
	new_test_ext().execute_and_check(|| {
		let former = |patient| Records::former_custodians_of(patient, None, 9);
		let (first, second) = (held_by(1, &[HOSPITAL]), held_by(2, &[HOSPITAL, CLINIC]));
		assert_eq!(former(PATIENT), []);
		assert_ok!(hand_over(HOSPITAL, &[to(ARCHIVE, &first), to(ARCHIVE, &second)]));
		assert_eq!(former(PATIENT), [HOSPITAL]);
		assert_eq!(former(DOCTOR), []);
		assert_ok!(hand_over(CLINIC, &[to(ARCHIVE, &second)]));
		assert_ok!(hand_over(ARCHIVE, &[to(HOSPITAL, &first)]));
		// Also the one that holds a record again: what was read meanwhile is in two logs.
		let mut all = former(PATIENT);
		let page = |after, limit| Records::former_custodians_of(PATIENT, after, limit);
		assert_eq!(page(None, 1), all[..1]);
		assert_eq!(page(Some(all[0]), 9), all[1..]);
		assert_eq!(page(Some(all[2]), 9), []);
		all.sort();
		let mut expected = [HOSPITAL, CLINIC, ARCHIVE];
		expected.sort();
		assert_eq!(all, expected);
	});
}

#[test]
fn rows_are_counted_by_cohort() {
	new_test_ext().execute_and_check(|| {
		let numbered = |number: u64| {
			let mut record = draft(PATIENT, Some(HOSPITAL), 0);
			record.commitment[..8].copy_from_slice(&number.to_le_bytes());
			let record = deposited(record, DOCTOR, &[HOSPITAL]);
			assert_ok!(anchor(DOCTOR, record.clone()));
			record
		};
		let records: Vec<_> = (0..COHORT_SIZE + 2).map(numbered).collect();
		let held = || [0, 1, 2].map(|cohort| Records::rows_held(HOSPITAL, cohort));
		assert_eq!(held(), [1_024, 2, 0]);
		let last = [1_023, 1_024, 1_025].map(|number| to(CLINIC, &records[number]));
		assert_ok!(hand_over(HOSPITAL, &last));
		assert_eq!(held(), [1_023, 0, 0]);
		assert_eq!(Records::rows_held(HOSPITAL, u64::MAX), 0);
	});
}

#[test]
fn nobody_hands_over_what_it_does_not_hold() {
	new_test_ext().execute_and_check(|| {
		let record = held_by(1, &[HOSPITAL]);
		for stranger in [CLINIC, GUEST, DOCTOR, PATIENT, AUTHORITY] {
			assert_noop!(hand_over(stranger, &[to(ARCHIVE, &record)]), Error::<Test>::NotCustodian);
		}
		let unknown = (RecordId([0; 32]), to(ARCHIVE, &record).1);
		assert_noop!(hand_over(HOSPITAL, &[unknown]), Error::<Test>::NotFound);
		assert_ok!(hand_over(HOSPITAL, &[to(ARCHIVE, &record)]));
		assert_noop!(hand_over(HOSPITAL, &[to(CLINIC, &record)]), Error::<Test>::NotCustodian);
	});
}

#[test]
fn who_may_not_act_hands_nothing_over() {
	new_test_ext().execute_and_check(|| {
		let record = held_by(1, &[HOSPITAL]);
		edit(|tables| {
			tables.participants.get_mut(&HOSPITAL).expect("it takes part").1.end(NOW);
		});
		assert_noop!(hand_over(HOSPITAL, &[to(ARCHIVE, &record)]), INACTIVE);
	});
}

#[test]
fn the_receiver_must_have_agreed_to_exactly_this_record() {
	new_test_ext().execute_and_check(|| {
		let (record, other) = (held_by(1, &[HOSPITAL]), held_by(2, &[HOSPITAL]));
		let id = id_of(&record, DOCTOR);
		let right = receipt(&record, DOCTOR, ARCHIVE);
		let refused = |deposit: Deposit, error: Error<Test>| {
			assert_noop!(hand_over(HOSPITAL, &[(id, deposit)]), error);
		};
		refused(to(ARCHIVE, &other).1, Error::InvalidSignature);
		refused(signed(&right, CLINIC), Error::InvalidSignature);
		let wrong = [
			DepositReceipt { genesis: [0; 32], ..right },
			DepositReceipt { content_root: [0; 32], ..right },
			DepositReceipt { size: right.size + 1, ..right },
		];
		wrong.iter().for_each(|wrong| refused(signed(wrong, ARCHIVE), Error::InvalidSignature));
		let over = DepositReceipt { expires: NOW, ..right };
		refused(signed(&over, ARCHIVE), Error::Expired);
		refused(to(GUEST, &record).1, Error::NotACustodian);
		assert_ok!(hand_over(HOSPITAL, &[(id, signed(&right, ARCHIVE))]));
	});
}

#[test]
fn a_batch_is_handed_over_as_a_whole_or_not_at_all() {
	new_test_ext().execute_and_check(|| {
		assert_noop!(hand_over(HOSPITAL, &[]), Error::<Test>::EmptyBatch);
		let (first, second) = (held_by(1, &[HOSPITAL]), held_by(2, &[CLINIC]));
		let both = [to(ARCHIVE, &first), to(ARCHIVE, &second)];
		assert_noop!(hand_over(HOSPITAL, &both), Error::<Test>::NotCustodian);
		let twice = [to(ARCHIVE, &first), to(CLINIC, &first)];
		assert_noop!(hand_over(HOSPITAL, &twice), Error::<Test>::NotCustodian);
		assert_ok!(hand_over(HOSPITAL, &both[..1]));
	});
}
