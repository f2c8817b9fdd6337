//! Breaches of consensus: what proves them, what does not, and what follows.

use codec::Encode;
use frame_support::{assert_noop, assert_ok};
use frame_system::RawOrigin;
use sp_runtime::{
	traits::Header as _,
	transaction_validity::{InvalidTransaction, TransactionValidityError},
	DigestItem,
};
use sp_session::MembershipProof;
use ward_primitives::{
	seat::{Breach, Obstacle, Suspension},
	ParticipantId,
};

use crate::{mock::*, DoubleAuthoringProof, Error, Event, Seats};

type Proof = Box<DoubleAuthoringProof<Test>>;

fn report(proof: &Proof, owner: &MembershipProof) -> sp_runtime::DispatchResult {
	Authorities::report_double_authoring(RawOrigin::Authorized.into(), proof.clone(), owner.clone())
}

/// What the pool says to a report.
fn pool(proof: &Proof, owner: &MembershipProof) -> Result<(), TransactionValidityError> {
	Authorities::authorize_report(proof, owner).map(|_| ())
}

fn refused(why: InvalidTransaction) -> Result<(), TransactionValidityError> {
	Err(why.into())
}

/// A report that is refused, in the pool and in a block, with the state unchanged.
fn assert_refused(proof: &Proof, owner: &MembershipProof, why: Error<Test>) {
	let in_pool = match why {
		Error::DuplicateReport => InvalidTransaction::Stale,
		_ => InvalidTransaction::BadProof,
	};
	assert_eq!(pool(proof, owner), refused(in_pool));
	assert_noop!(report(proof, owner), why);
}

#[test]
fn a_proven_double_authoring_suspends_the_seat_and_takes_it_out() {
	genesis(4, 1).execute_and_check(|| {
		run_to_session(1);
		let (proof, owner) = (double_authoring(2, 0, slot()), ownership(2, 0));
		assert_ok!(pool(&proof, &owner));
		assert_ok!(report(&proof, &owner));
		let center = ParticipantId(2);
		let breach = Breach::DoubleAuthoring;
		System::assert_last_event(Event::SeatSuspended { center, session: 1, breach }.into());
		let kind = crate::breach::DOUBLE_AUTHORING;
		System::assert_has_event(
			pallet_offences::Event::Offence { kind, slot: slot().encode() }.into(),
		);
		let suspension = Suspension { breach, session: 1, at: slot() * 2 };
		assert_eq!(Seats::<Test>::get(center).and_then(|seat| seat.suspension), Some(suspension));
		assert_eq!(Authorities::seats()[1].obstacle, Some(Obstacle::Suspended));
		assert_eq!(Authorities::electors().len(), 3, "nor does it vote");
		run_two_sessions();
		assert_eq!(sitting(), [1, 3, 4]);

		assert_ok!(Authorities::reinstate_seat(RuntimeOrigin::root(), center));
		System::assert_last_event(Event::SeatReinstated { center }.into());
		run_two_sessions();
		assert_eq!(sitting(), [1, 2, 3, 4]);
	});
}

#[test]
fn a_suspended_seat_stays_at_the_minimum() {
	genesis(4, 4).execute_and_check(|| {
		run_to_session(1);
		assert_ok!(report(&double_authoring(2, 0, slot()), &ownership(2, 0)));
		run_two_sessions();
		assert_eq!(sitting(), [1, 2, 3, 4]);
		assert!(Authorities::seats()[1].kept);
	});
}

#[test]
fn one_breach_is_reported_once_and_a_suspended_seat_not_again() {
	genesis(4, 1).execute_and_check(|| {
		run_to_session(1);
		let (proof, owner) = (double_authoring(2, 0, slot()), ownership(2, 0));
		assert_ok!(report(&proof, &owner));
		assert_refused(&proof, &owner, Error::DuplicateReport);
		// Another slot of the same seat.
		block_in(slot() + 1);
		assert_refused(&double_authoring(2, 0, slot()), &owner, Error::DuplicateReport);
		// What was reported stays known after the seat is reinstated.
		assert_ok!(Authorities::reinstate_seat(RuntimeOrigin::root(), ParticipantId(2)));
		assert_refused(&proof, &owner, Error::DuplicateReport);
		assert_ok!(report(&double_authoring(2, 0, slot()), &owner));
	});
}

#[test]
fn a_forged_proof_is_refused() {
	genesis(4, 1).execute_and_check(|| {
		run_to_session(1);
		let (good, owner) = (double_authoring(2, 0, slot()), ownership(2, 0));
		let forged = |change: &dyn Fn(&mut DoubleAuthoringProof<Test>)| {
			let mut proof = good.clone();
			change(&mut proof);
			proof
		};
		// The same block twice; sealed by another; not sealed; sealed for another slot; changed after.
		let mut proofs = vec![
			forged(&|proof| proof.second_header = proof.first_header.clone()),
			forged(&|proof| proof.second_header = sealed(&pair(3, 0), *proof.slot, 2)),
			forged(&|proof| proof.second_header = sealed(&pair(2, 0), *proof.slot + 1, 2)),
			forged(&|proof| proof.first_header.number += 1),
		];
		proofs.push(forged(&|proof| {
			proof.second_header.digest_mut().pop();
		}));
		proofs.push(forged(&|proof| {
			proof.second_header.digest_mut().pop();
			proof.second_header.digest_mut().push(DigestItem::Other(vec![]));
		}));
		for proof in &proofs {
			assert_refused(proof, &owner, Error::InvalidEquivocationProof);
		}
		assert_ok!(report(&good, &owner));
	});
}

#[test]
fn a_key_that_was_no_seats_proves_nothing() {
	genesis(4, 1).execute_and_check(|| {
		run_to_session(1);
		let why = || Error::InvalidKeyOwnershipProof;
		// Another seat's proof, a key of nobody, a proof of another session, one that was altered.
		assert_refused(&double_authoring(2, 0, slot()), &ownership(3, 0), why());
		assert_refused(&double_authoring(2, 7, slot()), &ownership(2, 0), why());
		let altered = MembershipProof { validator_count: 3, ..ownership(2, 0) };
		assert_refused(&double_authoring(2, 0, slot()), &altered, why());
		let altered = MembershipProof { trie_nodes: vec![], ..ownership(2, 0) };
		assert_refused(&double_authoring(2, 0, slot()), &altered, why());
		let altered = MembershipProof { session: 9, ..ownership(2, 0) };
		assert_refused(&double_authoring(2, 0, slot()), &altered, why());
	});
}

#[test]
fn a_slot_outside_of_the_session_of_the_key_proves_nothing() {
	genesis(4, 1).execute_and_check(|| {
		run_to_session(1);
		let (begin, owner) = (slot(), ownership(2, 0));
		run_to_session(2);
		let end = slot();
		for slot in [begin - 1, end + 1, u64::MAX] {
			let proof = double_authoring(2, 0, slot);
			assert_refused(&proof, &owner, Error::InvalidKeyOwnershipProof);
		}
		assert_ok!(report(&double_authoring(2, 0, end), &owner));
	});
}

#[test]
fn a_stale_proof_is_refused_when_the_history_is_gone() {
	genesis(4, 1).execute_and_check(|| {
		run_to_session(1);
		let (proof, owner) = (double_authoring(2, 0, slot()), ownership(2, 0));
		run_to_session(5);
		assert_ok!(pool(&proof, &owner));
		run_to_session(6);
		assert_refused(&proof, &owner, Error::InvalidKeyOwnershipProof);
	});
}

#[test]
fn a_seat_that_is_gone_is_not_suspended() {
	genesis(4, 1).execute_and_check(|| {
		run_to_session(1);
		let (proof, owner) = (double_authoring(2, 0, slot()), ownership(2, 0));
		assert_ok!(Authorities::revoke_seat(RuntimeOrigin::root(), ParticipantId(2)));
		assert_refused(&proof, &owner, Error::DuplicateReport);
	});
}

#[test]
fn only_a_suspended_seat_can_be_reinstated() {
	genesis(4, 1).execute_and_check(|| {
		block_in(1);
		let reinstate = |n| Authorities::reinstate_seat(RuntimeOrigin::root(), ParticipantId(n));
		assert_noop!(reinstate(2), Error::<Test>::NotSuspended);
		assert_noop!(reinstate(7), Error::<Test>::NoSeat);
	});
}
