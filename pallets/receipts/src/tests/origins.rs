//! Who may call what.

use frame_support::{assert_noop, assert_ok};
use frame_system::RawOrigin;
use sp_runtime::{AccountId32, DispatchError};

use crate::{mock::*, report::verify};

fn origins() -> Vec<RuntimeOrigin> {
	let signed = |account: AccountId32| RuntimeOrigin::signed(account);
	let key = |pair: sp_core::ed25519::Pair| {
		use sp_core::Pair;
		signed(pair.public().0.into())
	};
	vec![
		RuntimeOrigin::root(),
		RuntimeOrigin::none(),
		signed(governor(CLINIC)),
		key(receipt_key(CLINIC)),
		key(witness_key(HOSPITAL)),
		RawOrigin::Authorized.into(),
	]
}

#[test]
fn reports_and_disputes_are_taken_from_the_pool_alone() {
	new_test_ext().execute_and_check(|| {
		let asked = challenge(CLINIC, 0, drawn(CLINIC, 0, 0), 10);
		let report = Box::new(report_of(&asked, &[], log(5, 0)));
		let mut answers = right_answers(&asked);
		answers[0] = ward_primitives::receipt::RowAnswer::Held { leaf: vec![1], path: vec![] };
		let answer = answer(&asked, answers, log(5, 0));
		let key = sp_core::Pair::public(&receipt_key(CLINIC)).0;
		let seen = ward_primitives::receipt::check(&answer, &asked, &rows_of(&asked), &key, verify);
		let contradiction = seen.ok().and_then(|seen| seen.contradiction).expect("a leaf is wrong");
		let mut origins = origins();
		let authorized = origins.pop().expect("it is the last");
		for origin in origins {
			let signature = sign(&report);
			assert_noop!(
				Receipts::report(origin.clone(), report.clone(), signature)
					.map_err(|failed| failed.error),
				DispatchError::BadOrigin
			);
			let contradiction = Box::new(contradiction.clone());
			assert_noop!(Receipts::dispute(origin, contradiction), DispatchError::BadOrigin);
		}
		assert_ok!(Receipts::report(authorized.clone(), report.clone(), sign(&report)));
		assert_ok!(Receipts::dispute(authorized, Box::new(contradiction)));
	});
}

#[test]
fn only_the_consortium_sets_the_length_of_epochs() {
	new_test_ext().execute_and_check(|| {
		let mut origins = origins();
		let root = origins.remove(0);
		for origin in origins {
			assert_noop!(Receipts::set_epoch_length(origin, 5_000), DispatchError::BadOrigin);
		}
		assert_ok!(Receipts::set_epoch_length(root, 5_000));
	});
}

#[test]
fn only_who_governs_for_an_active_center_gives_up_its_log() {
	new_test_ext().execute_and_check(|| {
		assert_ok!(look(CLINIC, 0, 0, &[]));
		for origin in [RuntimeOrigin::root(), RuntimeOrigin::none(), RawOrigin::Authorized.into()] {
			assert_noop!(Receipts::restart_log(origin), DispatchError::BadOrigin);
		}
		let by = |pair: sp_core::ed25519::Pair| {
			RuntimeOrigin::signed(sp_core::Pair::public(&pair).0.into())
		};
		assert_noop!(Receipts::restart_log(by(pair("stranger", CLINIC))), UNKNOWN_KEY);
		assert_noop!(Receipts::restart_log(by(witness_key(HOSPITAL))), MISSING_ROLE);
		assert_noop!(Receipts::restart_log(by(pair("doctor", CLINIC))), MISSING_ROLE);
		let other = RuntimeOrigin::signed(governor(PRACTICE));
		assert_noop!(Receipts::restart_log(other), crate::Error::<Test>::NoLog);
		edit(|tables| tables.inactive.push(CLINIC));
		let own = RuntimeOrigin::signed(governor(CLINIC));
		assert_noop!(Receipts::restart_log(own.clone()), INACTIVE);
		edit(|tables| tables.inactive.clear());
		assert_ok!(Receipts::restart_log(own));
	});
}
