//! What calls declare to weigh, and what they are charged for.

use frame_support::{
	dispatch::{DispatchResultWithPostInfo, GetDispatchInfo},
	weights::Weight,
};
use ward_primitives::{Interval, NewRecord};

use crate::{mock::*, Call, Error, WeightInfo};

/// The weights of the pallet.
type Weights = ();

/// What these reads weigh if they belong to one record.
fn reads(affiliations: u32, grants: u32) -> Weight {
	let further =
		|count: u32, weight_with: fn(u32) -> Weight| weight_with(count.max(1)) - weight_with(1);
	further(affiliations, Weights::anchor_affiliated) + further(grants, Weights::anchor_granted)
}

/// What an anchor weighs with these.
fn anchor_with(deposits: u32, affiliations: u32, grants: u32) -> Weight {
	Weights::anchor(deposits) + reads(affiliations, grants)
}

/// What a call weighed in the end.
fn charged(result: DispatchResultWithPostInfo) -> Weight {
	let post_info = result.unwrap_or_else(|error| error.post_info);
	post_info.actual_weight.expect("these calls say what they weighed")
}

fn declared(call: &Call<Test>) -> Weight {
	call.get_dispatch_info().call_weight
}

fn batch(records: Vec<NewRecord>) -> Call<Test> {
	Call::anchor_batch { records: records.try_into().expect("at most MaxBatch records") }
}

#[test]
fn a_call_declares_the_most_that_there_can_be() {
	let most = anchor_with(1, MAX_AFFILIATIONS, 2 * MAX_GRANTS);
	assert_eq!(declared(&Call::anchor { record: report(1) }), most);
	let superseded = id_of(&report(1), DOCTOR);
	let most = Weights::supersede(1) + reads(MAX_AFFILIATIONS, 2 * MAX_GRANTS);
	assert_eq!(declared(&Call::supersede { superseded, record: report(2) }), most);
	let most = Weights::anchor_batch(2) + reads(2 * MAX_AFFILIATIONS - 1, 4 * MAX_GRANTS - 1);
	assert_eq!(declared(&batch(vec![report(1), report(2)])), most);
}

#[test]
fn who_names_no_center_declares_the_grants_to_none() {
	let record = deposited(draft(PATIENT, None, 1), PATIENT, &[HOSPITAL]);
	let most = anchor_with(1, MAX_AFFILIATIONS, MAX_GRANTS);
	assert_eq!(declared(&Call::anchor { record }), most);
}

#[test]
fn each_custodian_is_declared() {
	let all = [HOSPITAL, CLINIC, ARCHIVE];
	let record =
		|seed, count| deposited(draft(PATIENT, Some(HOSPITAL), seed), DOCTOR, &all[..count]);
	let plain = declared(&batch(vec![record(1, 1), record(2, 1), record(3, 1)]));
	let mixed = declared(&batch(vec![record(1, 3), record(2, 1), record(3, 2)]));
	let per_custodian = Weights::anchor(2) - Weights::anchor(1);
	assert_eq!(mixed, plain + per_custodian * 3);
}

#[test]
fn an_anchor_is_charged_for_the_affiliations_and_grants_that_were_read() {
	new_test_ext().execute_and_check(|| {
		edit(|tables| {
			let centers = [CLINIC, HOSPITAL].map(|center| (center, Interval::open(0)));
			tables.affiliations.insert(DOCTOR, centers.to_vec());
			tables.grants.insert((PATIENT, DOCTOR), vec![write_grant(PATIENT, DOCTOR)]);
			tables.grants.insert((PATIENT, HOSPITAL), vec![write_grant(PATIENT, HOSPITAL); 2]);
			// Of another center than the named one the grants do not count.
			tables.grants.insert((PATIENT, CLINIC), vec![write_grant(PATIENT, CLINIC); 3]);
		});
		let result = Records::anchor(signed_by(DOCTOR), report(1));
		assert_eq!(charged(result), anchor_with(1, 2, 3));

		// The patient has neither.
		let own = deposited(draft(PATIENT, None, 2), PATIENT, &[CLINIC, ARCHIVE]);
		assert_eq!(charged(Records::anchor(signed_by(PATIENT), own)), anchor_with(2, 0, 0));
	});
}

#[test]
fn a_refused_anchor_is_charged_for_how_far_it_got() {
	new_test_ext().execute_and_check(|| {
		edit(|tables| {
			tables.grants.insert((PATIENT, DOCTOR), vec![write_grant(PATIENT, DOCTOR)]);
		});
		let weight_of = |error: Error<Test>, result: DispatchResultWithPostInfo| {
			assert_eq!(result.map_err(|refused| refused.error), Err(error.into()));
			charged(result)
		};
		let unknown = deposited(draft(DOCTOR, Some(HOSPITAL), 1), DOCTOR, &[HOSPITAL]);
		let result = Records::anchor(signed_by(DOCTOR), unknown);
		assert_eq!(weight_of(Error::UnknownPatient, result), anchor_with(1, 0, 0));

		let mut forged = report(1);
		forged.deposits[0].signature[0] ^= 1;
		let result = Records::anchor(signed_by(DOCTOR), forged);
		assert_eq!(weight_of(Error::InvalidSignature, result), anchor_with(1, 1, 1));

		let result = Records::supersede(signed_by(DOCTOR), id_of(&report(9), DOCTOR), report(1));
		assert_eq!(weight_of(Error::NotFound, result), Weights::supersede(0));
	});
}

#[test]
fn a_batch_is_charged_for_each_record_that_was_looked_at() {
	new_test_ext().execute_and_check(|| {
		let records = |seeds: &[u8]| -> Vec<_> { seeds.iter().map(|seed| report(*seed)).collect() };
		let anchor = |records: Vec<NewRecord>| {
			let records = records.try_into().expect("at most MaxBatch records");
			charged(Records::anchor_batch(signed_by(DOCTOR), records))
		};
		// The doctor has one affiliation, and there are no grants.
		assert_eq!(anchor(records(&[1, 2, 3])), Weights::anchor_batch(3));
		// The second is refused, and the third is not looked at.
		assert_eq!(anchor(records(&[4, 1, 5])), Weights::anchor_batch(2));
		assert_eq!(anchor(Vec::new()), Weights::anchor_batch(0));
	});
}
