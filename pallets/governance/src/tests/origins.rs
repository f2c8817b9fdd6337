//! Every call × every kind of origin, in one table.

use std::collections::BTreeSet;

use frame_support::{
	storage::with_transaction,
	traits::{GetCallName, UnfilteredDispatchable},
};
use pallet_collective::RawOrigin::{Member, Members};
use sp_runtime::{DispatchError::BadOrigin, TransactionOutcome};

use super::*;
use crate::Call;

/// Calls, and undoes what the call did.
fn try_call(call: &Call<Test>, origin: RuntimeOrigin) -> DispatchResult {
	with_transaction(|| {
		let result = call.clone().dispatch_bypass_filter(origin);
		TransactionOutcome::Rollback(Ok::<_, DispatchError>(
			result.map(|_| ()).map_err(|error| error.error),
		))
	})
	.expect("the closure returns no error")
}

#[test]
fn every_call_answers_every_kind_of_origin_as_the_table_says() {
	use pallet_ward_participants::Error::{KeyRoleMissing, NotActive, RetiredKey, UnknownKey};
	new_test_ext().execute_and_check(|| {
		attach(named("clerk"), MEMBERS[0], KeyRoles::ENROL);
		attach(named("governor"), MEMBERS[0], KeyRoles::GOVERN);
		attach(named("receipt"), CENTERS[0], KeyRoles::RECEIPT);
		attach(named("witness"), CENTERS[0], KeyRoles::WITNESS);
		attach(named("retired"), MEMBERS[0], KeyRoles::GOVERN);
		assert_ok!(Participants::retire_key(by(MEMBERS[0]), named("retired")));
		// Still in the council, as the next block has not come.
		assert_ok!(Participants::suspend(by(AUTHORITY), CENTERS[3]));

		let decided = authorize_upgrade();
		open_with_ayes(&decided, 4);
		let open = authorize_upgrade_to(8);
		assert_ok!(propose(MEMBERS[1], &open));
		let motion = enact(decided.clone());
		let calls = [
			Call::enact { call: Box::new(decided.clone()) },
			Call::propose { call: Box::new(authorize_upgrade_to(9)) },
			Call::vote { motion: hash(&open), index: 1, approve: true },
			Call::close {
				motion: hash(&decided),
				index: 0,
				weight_bound: motion.get_dispatch_info().call_weight,
				length_bound: length(&motion),
			},
		];
		let covered: BTreeSet<_> = calls.iter().map(GetCallName::get_call_name).collect();
		let all: BTreeSet<_> = Call::<Test>::get_call_names().iter().copied().collect();
		assert_eq!(covered, all, "each call has a row");

		let signed = |name| RuntimeOrigin::signed(named(name));
		let account = Governance::account_of(MEMBERS[0]);
		let refused = |error: pallet_ward_participants::Error<Test>| Err(error.into());
		let bad = || Err(BadOrigin);
		// With what each origin gets from `enact` and from the other calls.
		let cases = [
			("nobody", RuntimeOrigin::none(), bad(), bad()),
			("root", RuntimeOrigin::root(), bad(), bad()),
			("two thirds", Members(4, 6).into(), Ok(()), bad()),
			("one half", Members(3, 6).into(), bad(), bad()),
			("one member as such", Member(account.clone()).into(), bad(), bad()),
			("an unknown key", signed("unknown"), bad(), refused(UnknownKey)),
			// Nobody has its key; and if somebody had, it would be none of the registry's.
			("a derived account", RuntimeOrigin::signed(account), bad(), refused(UnknownKey)),
			("a retired key", signed("retired"), bad(), refused(RetiredKey)),
			("a receipt key", signed("receipt"), bad(), refused(KeyRoleMissing)),
			("a witness key", signed("witness"), bad(), refused(KeyRoleMissing)),
			("a key that only enrols", signed("clerk"), bad(), refused(KeyRoleMissing)),
			("a patient", by(PATIENT), bad(), refused(KeyRoleMissing)),
			("a suspended member", by(CENTERS[3]), bad(), refused(NotActive)),
			("a center without a seat", by(GUESTS[0]), bad(), Err(NotInCouncil::NotMember.into())),
			("a key that only governs", signed("governor"), bad(), Ok(())),
			("a health authority", by(AUTHORITY), bad(), Ok(())),
			("a center with a seat", by(CENTERS[2]), bad(), Ok(())),
		];
		for call in calls {
			let name = call.get_call_name();
			for (who, origin, enacts, speaks) in cases.clone() {
				let expected = if name == "enact" { enacts } else { speaks };
				assert_eq!(try_call(&call, origin), expected, "{name} by {who}");
			}
		}
	});
}
