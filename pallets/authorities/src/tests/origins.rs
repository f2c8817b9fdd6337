//! Every call × the origins that it is not for.

use frame_support::assert_noop;
use frame_system::RawOrigin;
use sp_runtime::{traits::Dispatchable, DispatchError};
use ward_primitives::ParticipantId;

use crate::{mock::*, Call};

#[test]
fn every_call_refuses_the_origins_that_it_is_not_for() {
	genesis(4, 1).execute_and_check(|| {
		run_to_session(1);
		let id = ParticipantId(5);
		let root: [Call<Test>; 5] = [
			Call::grant_seat { center: id },
			Call::revoke_seat { center: id },
			Call::reinstate_seat { center: id },
			Call::set_session_length { blocks: 5 },
			Call::set_minimum { seats: 2 },
		];
		let signed: [Call<Test>; 5] = [
			Call::take_seat {},
			Call::give_up_seat {},
			Call::offer_hosting { guest: id },
			Call::accept_hosting { host: id },
			Call::end_hosting { guest: id },
		];
		let authorized = Call::report_double_authoring {
			equivocation_proof: double_authoring(2, 0, slot()),
			key_owner_proof: ownership(2, 0),
		};
		let none: RuntimeOrigin = RawOrigin::None.into();
		let by_root = RuntimeOrigin::root();
		let by_center = RuntimeOrigin::signed(account(1));
		let nobody: RuntimeOrigin = RawOrigin::Authorized.into();
		let cases = root
			.into_iter()
			.map(|call| (call, vec![none.clone(), by_center.clone(), nobody.clone()]))
			.chain(
				signed
					.into_iter()
					.map(|call| (call, vec![none.clone(), by_root.clone(), nobody.clone()])),
			)
			.chain([(authorized, vec![none.clone(), by_root.clone(), by_center.clone()])]);
		for (call, origins) in cases {
			for origin in origins {
				let call = RuntimeCall::from(call.clone());
				assert_noop!(call.dispatch(origin).map_err(|e| e.error), DispatchError::BadOrigin);
			}
		}
	});
}
