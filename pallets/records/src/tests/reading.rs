//! What others read: rows, pages and the facts for decisions.

use frame_support::assert_ok;
use ward_primitives::{
	decision::RecordFacts,
	receipt::Row,
	traits::{ReadCustody, ReadRecords},
	RecordId,
};

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

#[test]
fn a_custodians_rows_are_read_one_by_one_with_root_and_size() {
	new_test_ext().execute_and_check(|| {
		let ids = anchor_five();
		assert_eq!(<Records as ReadCustody>::rows(HOSPITAL), 5);
		assert_eq!(<Records as ReadCustody>::rows(CLINIC), 0);
		let row = |number| <Records as ReadCustody>::row(HOSPITAL, number);
		let (record, content) = (ids[3], report(4));
		let found = Row { record, root: content.content_root, size: content.size, is_held: true };
		assert_eq!(row(3), Some(found));
		assert_eq!(row(5), None);
	});
}

#[test]
fn all_custodians_are_found_in_pages() {
	new_test_ext().execute_and_check(|| {
		assert!(<Records as ReadCustody>::custodians(None, 9).is_empty());
		for (seed, custodians) in [(1, &[HOSPITAL, CLINIC][..]), (2, &[HOSPITAL, ARCHIVE])] {
			let record = deposited(draft(PATIENT, Some(HOSPITAL), seed), DOCTOR, custodians);
			assert_ok!(anchor(DOCTOR, record));
		}
		let (mut found, mut after) = (Vec::new(), None);
		while let [one] = <Records as ReadCustody>::custodians(after, 1)[..] {
			after = Some(one.0);
			found.push(one);
		}
		assert_eq!(found, <Records as ReadCustody>::custodians(None, 9));
		found.sort();
		assert_eq!(found, [(HOSPITAL, 2), (CLINIC, 1), (ARCHIVE, 1)]);
	});
}
