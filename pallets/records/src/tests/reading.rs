//! What others read: rows, pages and the facts for decisions.

use frame_support::assert_ok;
use ward_primitives::{decision::RecordFacts, traits::ReadRecords, RecordId};

use crate::{mock::*, reading::MAX_PAGE};

fn anchor_five() -> Vec<RecordId> {
	(1..=5u8)
		.map(|seed| {
			assert_ok!(anchor(DOCTOR, report(seed)));
			id_of(&report(seed), DOCTOR)
		})
		.collect()
}

#[test]
fn pages_start_and_stop_where_they_are_asked_to() {
	new_test_ext().execute_and_check(|| {
		let ids = anchor_five();
		assert_eq!(Records::records_of(PATIENT, 0, 2), ids[..2]);
		assert_eq!(Records::records_of(PATIENT, 2, 2), ids[2..4]);
		assert_eq!(Records::records_of(PATIENT, 4, 2), ids[4..]);
		assert_eq!(Records::custody_of(HOSPITAL, 1, 3), ids[1..4]);
		assert!(Records::records_of(PATIENT, 5, 2).is_empty());
		assert!(Records::records_of(PATIENT, u64::MAX, 2).is_empty());
		assert!(Records::records_of(PATIENT, 0, 0).is_empty());
		assert!(Records::records_of(OTHER_PATIENT, 0, 2).is_empty());
		assert!(Records::custody_of(CLINIC, 0, 2).is_empty());
	});
}

#[test]
fn a_page_is_bounded_whatever_is_asked_for() {
	new_test_ext().execute_and_check(|| {
		let endless = Records::page(0, u32::MAX, Some);
		assert_eq!(endless.len(), MAX_PAGE as usize);
	});
}

#[test]
fn a_decision_reads_the_facts_of_a_record() {
	new_test_ext().execute_and_check(|| {
		let id = anchor_five()[0];
		let facts = RecordFacts {
			id,
			lineage: id,
			patient: PATIENT,
			author: DOCTOR,
			author_center: Some(HOSPITAL),
			attributes: report(1).attributes,
			anchored_at: NOW,
		};
		assert_eq!(<Records as ReadRecords>::record(id), Some(facts));
		assert_eq!(<Records as ReadRecords>::record(RecordId([0; 32])), None);
		assert_eq!(Records::record(id), crate::Records::<Test>::get(id));
	});
}
