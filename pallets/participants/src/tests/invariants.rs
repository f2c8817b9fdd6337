//! `try_state` finds what must never be: each case breaks one thing and names the complaint.

use frame_support::{assert_ok, BoundedVec};
use sp_runtime::DispatchError;
use ward_primitives::{
	participant::Condition, Interval, KeyRoles, KeyRow, ParticipantId, ParticipantRow, Timeline,
	VaultRow,
};

use crate::{
	mock::*, ActingKeys, AffiliatedCenters, Affiliations, Care, HealthAuthorities, Keys,
	NextParticipantId, Pairings, Participants as Rows, PastActive, PastCare, Vaults,
};

/// Breaks a good state and expects exactly this complaint.
fn complains(complaint: &'static str, break_it: impl FnOnce()) {
	externalities_with_cast().execute_with(|| {
		attach_receipt_key("receipt", CENTER);
		assert_ok!(Participants::set_vault(by(CENTER), vault("receipt")));
		assert_ok!(Participants::open_care(by(PATIENT), CENTER));
		assert_ok!(Participants::end_care(by(PATIENT), PATIENT, CENTER));
		assert_ok!(Participants::open_care(by(PATIENT), CENTER));
		assert_ok!(Participants::do_try_state());
		break_it();
		assert_eq!(Participants::do_try_state(), Err(DispatchError::Other(complaint)));
	});
}

fn change(id: ParticipantId, change: impl FnOnce(&mut ParticipantRow)) {
	Rows::<Test>::mutate(id, |row| change(row.as_mut().expect("a member of the cast")));
}

#[test]
fn broken_participants_are_found() {
	complains("number out of range", || NextParticipantId::<Test>::put(7));
	complains("gap in the numbers", || NextParticipantId::<Test>::put(9));
	complains("reference to a participant that does not exist", || {
		change(DOCTOR, |row| row.sponsor = Some(NOBODY));
	});
	complains("sponsor of the wrong role", || {
		change(DOCTOR, |row| row.sponsor = Some(AUTHORITY));
	});
	complains("stopped participant with a running interval", || {
		change(DOCTOR, |row| row.condition = Condition::Frozen);
	});
}

#[test]
fn a_broken_list_of_health_authorities_is_found() {
	let put = |list: Vec<ParticipantId>| {
		HealthAuthorities::<Test>::put(BoundedVec::truncate_from(list));
	};
	complains("health authorities miscounted", || put(vec![]));
	complains("health authorities miscounted", || put(vec![AUTHORITY, CENTER]));
	complains("health authorities miscounted", || put(vec![AUTHORITY, AUTHORITY]));
}

#[test]
fn broken_keys_are_found() {
	let change = |name, change: fn(&mut KeyRow)| {
		Keys::<Test>::mutate(name, |row| change(row.as_mut().expect("a key")));
	};
	complains("key with invalid roles", || change(main_key(CENTER), |key| key.roles = KeyRoles(0)));
	complains("key with roles not allowed", || {
		change(main_key(PATIENT), |key| key.roles = KeyRoles::MAIN);
	});
	complains("key from the future", || {
		change(main_key(PATIENT), |key| key.live.from = START + 1);
	});
	complains("key without a provider reference", || {
		frame_system::Account::<Test>::remove(main_key(PATIENT));
	});
	complains("acting keys miscounted", || ActingKeys::<Test>::insert(PATIENT, 2));
	complains("participant without a key that can act", || {
		ActingKeys::<Test>::remove(PATIENT);
		Keys::<Test>::remove(main_key(PATIENT));
	});
}

#[test]
fn broken_vaults_are_found() {
	let change = |change: fn(&mut VaultRow)| {
		Vaults::<Test>::mutate(CENTER, |row| change(row.as_mut().expect("a vault")));
	};
	complains("vault of no center", || Vaults::<Test>::insert(DOCTOR, vault("receipt")));
	complains("vault with an invalid endpoint", || change(|row| row.endpoint.truncate(4)));
	complains("vault with an invalid release key", || change(|row| row.release_key.truncate(4)));
	complains("vault with an unknown receipt key", || change(|row| row.receipt_key = [0; 32]));
	complains("vault with another's receipt key", || {
		change(|row| row.receipt_key = main_key(OTHER_CENTER).into());
	});
}

#[test]
fn broken_relations_are_found() {
	let now = Timeline::start(START, None);
	complains("relation between the wrong roles", || {
		Affiliations::<Test>::insert(PATIENT, CENTER, now);
	});
	complains("relation between the wrong roles", || {
		Care::<Test>::insert(PATIENT, DOCTOR, now);
	});
	complains("relation between the wrong roles", || {
		Pairings::<Test>::insert(DEVICE, DOCTOR, now);
	});
	complains("affiliations and their lists differ", || {
		AffiliatedCenters::<Test>::remove(DOCTOR);
	});
	complains("affiliations and their lists differ", || {
		assert_ok!(AffiliatedCenters::<Test>::try_append(DOCTOR, CENTER));
	});
}

#[test]
fn broken_timelines_are_found() {
	let care = (PATIENT, CENTER);
	let past = |from, until| PastCare::<Test>::insert((care, 0), Interval { from, until });
	complains("generation missing", || PastCare::<Test>::remove((care, 0)));
	complains("stray generation", || PastCare::<Test>::insert((care, 1), Interval::open(START)));
	complains("stray generation", || {
		PastActive::<Test>::insert((DOCTOR, 0), Interval::open(0));
	});
	complains("earlier generation without an end", || past(START, None));
	complains("interval ends before it starts", || past(START, Some(START - 1)));
	complains("latest generation overlaps", || past(START, Some(START + 1)));
	complains("interval from the future", || {
		Care::<Test>::insert(PATIENT, OTHER_CENTER, Timeline::start(START + 1, None));
	});
	complains("generations overlap", || {
		let latest = Interval::open(START);
		Care::<Test>::insert(PATIENT, CENTER, Timeline { generation: 2, latest });
		PastCare::<Test>::insert((care, 1), Interval { from: START - 9, until: Some(START) });
	});
}
