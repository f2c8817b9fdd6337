//! Breaches of consensus: a real proof suspends the seat, and nothing else does.

use sp_runtime::transaction_validity::TransactionSource;
use ward_primitives::seat::{Breach, Suspension};

use super::{
	super::{
		breaches::{
			author_proof, double_authoring, double_voting, double_voting_signed, report_authoring,
			report_voting, sealed, voter_proof, Vote,
		},
		chain::{
			self, authority_keys, offer_bare, offer_general, outcome, submit_bare, submit_general,
		},
		pair,
	},
	consortium::*,
};
use crate::{Authorities, Governance, Grandpa, Runtime, RuntimeCall, Session};

fn suspensions() -> Vec<Option<Suspension>> {
	Authorities::seats().into_iter().map(|seat| seat.row.suspension).collect()
}

fn reports() -> usize {
	pallet_offences::Reports::<Runtime>::iter().count()
}

/// Asserts that a report of double voting is refused, and that all is as before.
fn assert_voting_refused(report: RuntimeCall, why: &str) {
	let before = (suspensions(), reports());
	assert_eq!(outcome(&submit_bare(report)), why);
	assert_eq!((suspensions(), reports()), before);
}

/// Asserts that a report of double authoring enters neither pool nor block, and that all is as before.
fn assert_authoring_refused(report: RuntimeCall, why: &str) {
	let before = (suspensions(), reports());
	let offered = offer_general(TransactionSource::External, report.clone());
	assert_eq!(outcome(&offered), why);
	assert_eq!(outcome(&submit_general(report)), why);
	assert_eq!((suspensions(), reports()), before);
}

#[test]
fn a_double_vote_suspends_the_seat_and_takes_it_out() {
	for vote in [Vote::Prevote, Vote::Precommit] {
		consortium(4, 1, |founders| {
			run_to_session(1);
			let (node, set) = (authority_keys(1), Grandpa::current_set_id());
			let proof = double_voting(&node.1, vote, (set, 7), [1, 2]);
			let report = report_voting(proof, voter_proof(&node.1));
			assert_eq!(
				outcome(&offer_bare(TransactionSource::Local, report.clone())),
				"permitted",
				"the node that saw it puts it into its pool"
			);
			assert_eq!(outcome(&submit_bare(report)), "permitted");
			let (center, session, breach) = (founders.id(0), 1, Breach::DoubleVoting);
			let suspended =
				pallet_ward_authorities::Event::SeatSuspended { center, session, breach };
			assert!(has_event(suspended));
			let suspension = Suspension { breach, session, at: chain::now() };
			assert_eq!(suspensions(), [Some(suspension), None, None, None]);
			assert_eq!(reports(), 1);
			next_block();
			assert!(!Governance::council().contains(&center));
			assert_eq!(is_authority(&node), (true, true), "until the sessions change");
			assert_eq!((run_two_sessions(), sitting()), (1, vec![3, 4, 5]));
			assert_eq!(is_authority(&node), (false, false));
			assert_eq!(Grandpa::current_set_id(), set + 1);
		});
	}
}

#[test]
fn a_forged_double_vote_is_refused() {
	consortium(4, 1, |_| {
		run_to_session(1);
		let (_, voter) = authority_keys(1);
		let (_, other) = authority_keys(2);
		let set = Grandpa::current_set_id();
		let owner = || voter_proof(&voter);
		let voting = |at, blocks| double_voting(&voter, Vote::Prevote, at, blocks);
		let signed =
			|second| double_voting_signed(&voter, second, Vote::Precommit, (set, 7), [1, 2]);
		let invalid = "Grandpa.InvalidEquivocationProof";
		// The same block twice, a vote of somebody else, votes of a set that never was.
		assert_voting_refused(report_voting(voting((set, 7), [1, 1]), owner()), invalid);
		assert_voting_refused(report_voting(signed(&other), owner()), invalid);
		assert_voting_refused(report_voting(voting((set + 1, 7), [1, 2]), owner()), invalid);
		// A key that is no seat's, with the proof of one that is; the proof of another seat; an altered one.
		let stranger = double_voting(&pair(99), Vote::Prevote, (set, 7), [1, 2]);
		assert_voting_refused(report_voting(stranger, owner()), "refused: BadProof");
		let others = voter_proof(&other);
		let good = || voting((set, 7), [1, 2]);
		assert_voting_refused(report_voting(good(), others), "refused: BadProof");
		let altered = sp_session::MembershipProof { validator_count: 3, ..owner() };
		assert_voting_refused(report_voting(good(), altered), "refused: BadProof");
		let altered = sp_session::MembershipProof { trie_nodes: Vec::new(), ..owner() };
		assert_voting_refused(report_voting(good(), altered), "refused: BadProof");
		// Others cannot put even the right one into a pool.
		let right = report_voting(good(), owner());
		let offered = offer_bare(TransactionSource::External, right.clone());
		assert_eq!(outcome(&offered), "refused: Call");
		assert_eq!(outcome(&submit_bare(right)), "permitted");
	});
}

#[test]
fn double_authoring_suspends_the_seat_and_takes_it_out() {
	consortium(4, 1, |founders| {
		run_to_session(1);
		let node = authority_keys(1);
		let owner = author_proof(&node.0);
		let report = report_authoring(double_authoring(&node.0, slot()), owner);
		let offered = offer_general(TransactionSource::External, report.clone());
		assert_eq!(outcome(&offered), "permitted");
		// The older form, without extensions, is for nobody.
		let bare = offer_bare(TransactionSource::Local, report.clone());
		assert_eq!(outcome(&bare), "refused: NoUnsignedValidator");
		assert_eq!(outcome(&submit_general(report)), "permitted");
		let (center, session, breach) = (founders.id(0), 1, Breach::DoubleAuthoring);
		let suspended = pallet_ward_authorities::Event::SeatSuspended { center, session, breach };
		assert!(has_event(suspended));
		let suspension = Suspension { breach, session, at: chain::now() };
		assert_eq!(suspensions(), [Some(suspension), None, None, None]);
		assert_eq!((run_two_sessions(), sitting()), (1, vec![3, 4, 5]));
		assert_eq!(is_authority(&node), (false, false));

		// The council has spoken with the center.
		let reinstate = pallet_ward_authorities::Call::<Runtime>::reinstate_seat { center };
		assert_eq!(founders.but(0).carry(reinstate), Ok(()));
		assert_eq!((run_two_sessions(), sitting()), (1, vec![2, 3, 4, 5]));
	});
}

#[test]
fn forged_double_authoring_is_in_no_pool_and_no_block() {
	consortium(4, 1, |_| {
		run_to_session(1);
		let ((author, _), (other, _)) = (authority_keys(1), authority_keys(2));
		let owner = || author_proof(&author);
		let good = || double_authoring(&author, slot());
		let mut forged = Vec::new();
		let mut proof = good();
		proof.second_header = proof.first_header.clone();
		forged.push((proof, owner()));
		let mut proof = good();
		proof.second_header = sealed(&other, slot(), 2);
		forged.push((proof, owner()));
		let mut proof = good();
		proof.first_header.number += 1;
		forged.push((proof, owner()));
		forged.push((good(), author_proof(&other)));
		forged.push((good(), sp_session::MembershipProof { session: 9, ..owner() }));
		// A slot before the session, sealed twice all the same.
		forged.push((double_authoring(&author, slot() - 20), owner()));
		for (proof, owner) in forged {
			assert_authoring_refused(report_authoring(proof, owner), "refused: BadProof");
		}
		assert_eq!(outcome(&submit_general(report_authoring(good(), owner()))), "permitted");
	});
}

#[test]
fn whatever_was_reported_is_stale() {
	consortium(4, 1, |_| {
		run_to_session(1);
		let node = authority_keys(1);
		let set = Grandpa::current_set_id();
		let authoring = |slot| {
			let owner = author_proof(&node.0);
			report_authoring(double_authoring(&node.0, slot), owner)
		};
		let voting = |round| {
			let owner = voter_proof(&node.1);
			report_voting(double_voting(&node.1, Vote::Prevote, (set, round), [1, 2]), owner)
		};
		assert_eq!(outcome(&submit_bare(voting(7))), "permitted");
		// The same, another vote, and another kind of breach: one proof is enough.
		for report in [voting(7), voting(8)] {
			assert_voting_refused(report, "refused: Stale");
		}
		assert_authoring_refused(authoring(slot()), "refused: Stale");
		let known = authoring(slot());
		run_to_session(Session::current_index() + 1);
		assert_authoring_refused(known, "refused: Stale");
	});
}

#[test]
fn at_the_minimum_an_offender_stays_and_is_flagged() {
	consortium(4, 4, |_| {
		run_to_session(1);
		let (author, _) = authority_keys(1);
		let owner = author_proof(&author);
		let report = report_authoring(double_authoring(&author, slot()), owner);
		assert_eq!(outcome(&submit_general(report)), "permitted");
		assert_eq!((run_two_sessions(), sitting()), (0, vec![2, 3, 4, 5]));
		assert!(Authorities::seats()[0].kept);
	});
}
