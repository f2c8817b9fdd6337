//! The pages that view functions return.

use std::collections::BTreeSet;

use frame_support::assert_ok;
use ward_primitives::{GrantId, Interval, ParticipantId, Role, Timeline};

use crate::mock::*;

fn give(patient: ParticipantId, grantee: ParticipantId) {
	assert_ok!(Consent::grant(signed_by(patient), grantee, read_everything(), None, None));
}

fn ids(from: u64, limit: u32) -> Vec<u64> {
	let page = Consent::grants_of(PATIENT, GrantId(from), limit);
	page.into_iter().map(|grant| grant.id.0).collect()
}

#[test]
fn grants_are_listed_by_their_number() {
	new_test_ext().execute_and_check(|| {
		for grantee in [DOCTOR, SPECIALIST, HOSPITAL] {
			give(PATIENT, grantee);
			give(OTHER_PATIENT, grantee);
		}
		assert_eq!(ids(0, 10), [0, 2, 4]);
		assert_eq!(ids(1, 10), [2, 4]);
		assert_eq!(ids(2, 1), [2]);
		assert_eq!(ids(4, 10), [4]);
		assert_eq!(ids(5, 10), [0u64; 0]);
		assert_eq!(ids(0, 0), [0u64; 0]);
		assert_eq!(Consent::grants_of(PATIENT, GrantId(0), u32::MAX).len(), 3);
	});
}

/// Enrols `count` more practitioners.
fn practitioners(count: u64) -> Vec<ParticipantId> {
	let ids: Vec<_> = (500..500 + count).map(ParticipantId).collect();
	edit(|tables| {
		for id in &ids {
			tables.participants.insert(*id, (Role::Practitioner, Interval::open(0)));
			let key = (*id, ward_primitives::KeyRoles::MAIN);
			tables.keys.insert(account(*id), key);
		}
	});
	ids
}

#[test]
fn pages_of_requests_and_exclusions_visit_each_row_once() {
	new_test_ext().execute_and_check(|| {
		let ids = practitioners(7);
		for id in &ids {
			assert_ok!(Consent::request(signed_by(*id), PATIENT, read_everything(), None));
			assert_ok!(Consent::exclude(signed_by(PATIENT), *id));
		}
		let (mut requesters, mut excluded) = (vec![], vec![]);
		loop {
			let page = Consent::requests_to(PATIENT, requesters.last().copied(), 3);
			if page.is_empty() {
				break;
			}
			requesters.extend(page.into_iter().map(|request| request.requester));
		}
		loop {
			let page = Consent::exclusions_of(PATIENT, excluded.last().copied(), 3);
			if page.is_empty() {
				break;
			}
			assert!(page.iter().all(|(_, span)| *span == Timeline::start(NOW, None)));
			excluded.extend(page.into_iter().map(|(id, _)| id));
		}
		let all: BTreeSet<_> = ids.iter().copied().collect();
		assert_eq!((requesters.len(), excluded.len()), (7, 7));
		assert_eq!(BTreeSet::from_iter(requesters), all);
		assert_eq!(BTreeSet::from_iter(excluded), all);
		assert!(Consent::requests_to(OTHER_PATIENT, None, 3).is_empty());
		assert!(Consent::exclusions_of(OTHER_PATIENT, None, 3).is_empty());
	});
}
