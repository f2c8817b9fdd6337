//! `try_state` finds what must never be: each case breaks one thing and names the complaint.

use pallet_collective::{Members, ProposalOf, Votes, Voting};

use super::*;
use crate::{motions::TallyOf, MembersUntil};

/// Breaks a good state and expects exactly this complaint.
fn complains(complaint: &'static str, break_it: impl FnOnce()) {
	externalities().execute_with(|| {
		assert_ok!(propose(AUTHORITY, &authorize_upgrade()));
		assert_ok!(Governance::do_try_state());
		break_it();
		assert_eq!(Governance::do_try_state(), Err(DispatchError::Other(complaint)));
	});
}

/// Changes how the vote on the open motion stands.
fn change(change: impl FnOnce(&mut TallyOf<Test>)) {
	let hash = hash(&authorize_upgrade());
	let mut tally = Governance::tally(hash).expect("it decodes").expect("it is open");
	change(&mut tally);
	let votes = <Votes<_, _> as codec::Decode>::decode(&mut &tally.encode()[..]);
	Voting::<Test, Instance1>::insert(hash, votes.expect("the same fields"));
}

#[test]
fn broken_members_are_found() {
	complains("member that stands for no participant", || {
		Members::<Test, Instance1>::append(key(AUTHORITY));
	});
	complains("council and electorate differ", || {
		Members::<Test, Instance1>::mutate(|members| members.truncate(5));
	});
	complains("council and electorate differ", || Seats::set(&CENTERS[..2].to_vec()));
	complains("wrong end of the members' time", || MembersUntil::<Test>::put(START + 1));
}

#[test]
fn broken_motions_are_found() {
	let account = Governance::account_of;
	complains("motion that enacts nothing", || {
		let hash = hash(&authorize_upgrade());
		ProposalOf::<Test, Instance1>::insert(hash, authorize_upgrade());
	});
	complains("motion that needs no votes", || change(|tally| tally.threshold = 0));
	complains("vote of one who is no member", || {
		change(|tally| tally.nays.push(account(GUESTS[0])));
	});
	complains("vote for and against", || change(|tally| tally.nays.push(account(AUTHORITY))));
}
