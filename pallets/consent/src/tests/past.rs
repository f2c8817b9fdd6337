//! What decisions about the past read.

use frame_support::assert_ok;
use ward_primitives::{traits::ReadConsents, Decision, GrantId, Reason};

use crate::{mock::*, reading::MAX_PAST_GRANTS, RecentGrants};

fn give_and_withdraw() {
	let id = crate::NextGrantId::<Test>::get();
	assert_ok!(Consent::grant(signed_by(PATIENT), SPECIALIST, read_everything(), None, None));
	advance(1);
	assert_ok!(Consent::withdraw(signed_by(PATIENT), id));
}

#[test]
fn a_grant_that_left_the_recent_ones_still_counts_in_the_past() {
	new_test_ext().execute_and_check(|| {
		for _ in 0..=MAX_LIVE_GRANTS {
			give_and_withdraw();
		}
		let recent = RecentGrants::<Test>::get(PATIENT, SPECIALIST);
		assert!(!recent.contains(&GrantId(0)));
		assert!(decide_at(SPECIALIST, LAB, NOW).is_permit());
		let later = NOW + u64::from(MAX_LIVE_GRANTS) + 1;
		let ended = Decision::Deny { reason: Reason::GrantEnded };
		assert_eq!(decide_at(SPECIALIST, LAB, later), ended);
	});
}

#[test]
fn a_state_knows_nothing_of_what_comes_after_it() {
	new_test_ext().execute_and_check(|| {
		give_and_withdraw();
		let unknown = Decision::Deny { reason: Reason::FutureMoment };
		assert_eq!(decide_at(SPECIALIST, LAB, NOW + 2), unknown);
	});
}

#[test]
fn the_past_is_read_up_to_a_limit_newest_first() {
	new_test_ext().execute_and_check(|| {
		for _ in 0..MAX_PAST_GRANTS + 3 {
			give_and_withdraw();
		}
		advance(1);
		let read = <Consent as ReadConsents>::grants(PATIENT, SPECIALIST, NOW);
		assert_eq!(read.len() as u64, MAX_PAST_GRANTS);
		assert_eq!(read.first().map(|grant| grant.id), Some(GrantId(3)));
		assert_eq!(read.last().map(|grant| grant.id), Some(GrantId(MAX_PAST_GRANTS + 2)));
		// Leaving out denies; it never permits.
		assert!(!decide_at(SPECIALIST, LAB, NOW).is_permit());
		assert!(decide_at(SPECIALIST, LAB, NOW + 3).is_permit());
	});
}
