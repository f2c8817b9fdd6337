//! Every call × every kind of origin, in one table.

use std::collections::BTreeSet;

use frame_support::{
	dispatch::DispatchResult,
	storage::with_transaction,
	traits::{GetCallName, UnfilteredDispatchable},
};
use sp_core::Pair;
use sp_runtime::{
	DispatchError::{self, BadOrigin},
	TransactionOutcome,
};
use ward_primitives::{KeyRoles, ParticipantId, Role};

use crate::{mock::*, Call, Error};

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

/// A call with what each kind of origin gets.
struct Row {
	call: Call<Test>,
	/// Whose main key may call it; none: root only.
	actor: Option<ParticipantId>,
	/// Root.
	root: DispatchResult,
	/// A receipt key of the center.
	receipt: DispatchResult,
	/// The main key of somebody who has nothing to do with it: the researcher.
	stranger: DispatchResult,
	/// The actor while it is suspended.
	suspended: DispatchResult,
}

fn table() -> Vec<Row> {
	let err = |error: Error<Test>| Err(DispatchError::from(error));
	let role_missing = || err(Error::KeyRoleMissing);
	let not_authorized = || err(Error::NotAuthorized);
	let not_active = || err(Error::NotActive);

	let newcomer = enrolment("newcomer", Some(CENTER), Role::Patient);
	let authority = enrolment("authority", None, Role::HealthAuthority);
	let attached = attachment(&account("new"), CENTER, KeyRoles::MAIN);
	let proof = pair("new").sign(&attached.message());

	// The call takes an acting participant.
	let acting = |call, actor, stranger| Row {
		call,
		actor: Some(actor),
		root: Err(BadOrigin),
		receipt: role_missing(),
		stranger,
		suspended: not_active(),
	};
	// The call only takes rights away, and either side may send it.
	let ending = |call, actor| Row {
		call,
		actor: Some(actor),
		root: Err(BadOrigin),
		receipt: not_authorized(),
		stranger: not_authorized(),
		suspended: Ok(()),
	};
	// The call is the center's, as administrator.
	let administration = |call| Row {
		call,
		actor: Some(CENTER),
		root: not_authorized(),
		receipt: role_missing(),
		stranger: role_missing(),
		suspended: not_active(),
	};

	vec![
		acting(
			Call::enrol {
				role: newcomer.role,
				account: account("newcomer"),
				sealing_key: newcomer.sealing_key,
				care: newcomer.care,
				valid_until: newcomer.valid_until,
				proof: sign_enrolment("newcomer", &newcomer),
			},
			CENTER,
			role_missing(),
		),
		Row {
			call: Call::admit_health_authority {
				account: account("authority"),
				sealing_key: authority.sealing_key,
				valid_until: authority.valid_until,
				proof: sign_enrolment("authority", &authority),
			},
			actor: None,
			root: Ok(()),
			receipt: Err(BadOrigin),
			stranger: Err(BadOrigin),
			suspended: Err(BadOrigin),
		},
		acting(
			Call::attach_key {
				key: account("new"),
				roles: attached.roles,
				valid_until: attached.valid_until,
				proof: proof.into(),
			},
			CENTER,
			err(Error::RolesNotAllowed),
		),
		Row {
			call: Call::retire_key { key: account("spare") },
			actor: Some(CENTER),
			root: Err(BadOrigin),
			receipt: role_missing(),
			stranger: not_authorized(),
			suspended: Ok(()),
		},
		acting(
			Call::rotate_key {
				key: account("new"),
				valid_until: attached.valid_until,
				proof: proof.into(),
			},
			CENTER,
			err(Error::InvalidProof),
		),
		// Everybody sets its own sealing key.
		acting(Call::set_sealing_key { sealing_key: sealing_key(4) }, CENTER, Ok(())),
		acting(Call::set_vault { row: vault("receipt") }, CENTER, err(Error::WrongRole)),
		acting(Call::affiliate { member: DOCTOR }, OTHER_CENTER, role_missing()),
		ending(Call::end_affiliation { member: DOCTOR, center: CENTER }, CENTER),
		acting(Call::open_care { center: OTHER_CENTER }, PATIENT, err(Error::WrongRole)),
		ending(Call::end_care { patient: PATIENT, center: CENTER }, CENTER),
		Row {
			call: Call::pair_device { device: DEVICE, patient: PATIENT },
			actor: Some(PATIENT),
			root: Err(BadOrigin),
			// It speaks for the device's center, but without the role.
			receipt: role_missing(),
			stranger: not_authorized(),
			suspended: not_active(),
		},
		ending(Call::unpair_device { device: paired_device(), patient: PATIENT }, PATIENT),
		administration(Call::suspend { participant: DOCTOR }),
		administration(Call::reinstate { participant: RESEARCHER, until: None }),
		administration(Call::deactivate { participant: DOCTOR }),
		administration(Call::freeze { participant: DOCTOR }),
		administration(Call::set_expiry { participant: DOCTOR, until: None }),
	]
}

/// The number of the second device, which `prepare` pairs.
const fn paired_device() -> ParticipantId {
	ParticipantId(8)
}

/// Brings about what the calls of the table need.
fn prepare() {
	attach_receipt_key("receipt", CENTER);
	attach(by(CENTER), "spare", CENTER, KeyRoles::ACT);
	attach(by(CENTER), "retired", CENTER, KeyRoles::MAIN);
	frame_support::assert_ok!(Participants::retire_key(by(CENTER), account("retired")));
	frame_support::assert_ok!(Participants::open_care(by(PATIENT), CENTER));
	let device = enrolment("device", Some(CENTER), Role::Device);
	frame_support::assert_ok!(Participants::enrol(
		by(CENTER),
		device.role,
		account("device"),
		device.sealing_key,
		false,
		device.valid_until,
		sign_enrolment("device", &device)
	));
	frame_support::assert_ok!(Participants::pair_device(by(PATIENT), paired_device(), PATIENT));
	tick();
}

#[test]
fn every_call_answers_every_kind_of_origin_as_the_table_says() {
	new_test_ext().execute_and_check(|| {
		prepare();
		let table = table();
		let rows: BTreeSet<_> = table.iter().map(|row| row.call.get_call_name()).collect();
		let calls: BTreeSet<_> = Call::<Test>::get_call_names().iter().copied().collect();
		assert_eq!(rows, calls, "each call has a row");

		for Row { call, actor, root, receipt, stranger, suspended } in table {
			let name = call.get_call_name();
			// The researcher is the stranger, but in its own reinstatement the suspended subject.
			if name == "reinstate" {
				frame_support::assert_ok!(Participants::suspend(by(CENTER), RESEARCHER));
			}
			let signed = RuntimeOrigin::signed;
			let stranger_to_call = |error: Error<Test>| match actor {
				Some(_) => Err(error.into()),
				None => Err(BadOrigin),
			};
			let cases = [
				("nobody", RuntimeOrigin::none(), Err(BadOrigin)),
				("root", RuntimeOrigin::root(), root),
				("an unknown key", by_key("nobody"), stranger_to_call(Error::UnknownKey)),
				("a retired key", by_key("retired"), stranger_to_call(Error::RetiredKey)),
				("a receipt key", signed(ed25519_account("receipt")), receipt),
				("a stranger", by(RESEARCHER), stranger),
			];
			for (who, origin, expected) in cases {
				assert_eq!(try_call(&call, origin), expected, "{name} by {who}");
			}
			let Some(actor) = actor else { continue };
			assert_eq!(try_call(&call, by(actor)), Ok(()), "{name} by its actor");
			let sponsor = Participants::participant(actor).and_then(|row| row.sponsor);
			let sponsor = sponsor.expect("no actor of the table is an authority");
			frame_support::assert_ok!(Participants::suspend(by(sponsor), actor));
			assert_eq!(try_call(&call, by(actor)), suspended, "{name} by its suspended actor");
			frame_support::assert_ok!(Participants::reinstate(by(sponsor), actor, None));
		}
	});
}
