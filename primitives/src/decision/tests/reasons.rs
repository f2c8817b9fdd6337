//! Every reason for a denial, and which of two wins.

use super::*;

/// One situation for each reason, in the order of their numbers.
fn cases() -> Vec<(Reason, DecisionInputs, Option<AttributesOpening>)> {
	let granted = |change: fn(&mut Grant)| {
		let mut grant = grant();
		change(&mut grant);
		situation().granting(grant)
	};
	let excepted = Scope { author: Some(AUTHOR), ..Scope::default() };
	let other_author = Scope { author: Some(PATIENT), ..Scope::default() };
	let restricted = Attributes { sensitivity: Sensitivity::Restricted, ..attributes() };
	let restricted = AttributesOpening { attributes: restricted, ..opening() };
	let permitted = || granted(|_| ());
	let right = Some(opening());
	vec![
		(Reason::FutureMoment, permitted().with(|inputs| inputs.as_of = NOW - 1), right),
		(Reason::UnknownRecord, permitted().with(|inputs| inputs.record = None), right),
		(Reason::UnknownActor, permitted().with(|inputs| inputs.actor = None), right),
		(Reason::ActorInactive, permitted().with_actor(|actor| actor.active = PAST), right),
		(Reason::Excluded, permitted().with_actor(|actor| actor.exclusion = Some(SPAN)), right),
		(Reason::NoBasis, situation(), right),
		(Reason::GrantEnded, granted(|grant| grant.interval = PAST), right),
		(Reason::GrantNotStarted, granted(|grant| grant.interval = FUTURE), right),
		(Reason::ActionNotGranted, granted(|grant| grant.terms.actions = ActionSet::WRITE), right),
		(Reason::PurposeNotGranted, granted(|grant| grant.terms.purposes = PurposeSet(4)), right),
		(Reason::OpeningMissing, permitted(), None),
		(Reason::OpeningMismatch, permitted(), Some(restricted)),
		(
			Reason::SensitivityNotGranted,
			permitted().with_record(|record| record.attributes = restricted.digest()),
			Some(restricted),
		),
		(
			Reason::OutOfScope,
			situation().granting(grant_with(|terms| terms.scope = other_author)),
			right,
		),
		(
			Reason::Excepted,
			situation().granting(grant_with(|terms| {
				terms.exceptions = vec![excepted].try_into().expect("one exception fits");
			})),
			right,
		),
	]
}

#[test]
fn every_reason_is_given_in_its_situation() {
	let cases = cases();
	let covered: Vec<Reason> = cases.iter().map(|(reason, ..)| *reason).collect();
	assert_eq!(covered, Reason::ALL);
	for (reason, inputs, opening) in cases {
		assert_eq!(decide(&inputs, opening.as_ref()), deny(reason));
	}
}

#[test]
fn without_its_cause_each_of_these_situations_is_permitted() {
	assert_eq!(situation().granting(grant()).decide(), permit_by_grant());
}

#[test]
fn numbers_and_codes_are_stable_and_distinct() {
	for (number, reason) in Reason::ALL.into_iter().enumerate() {
		assert_eq!(reason.encode(), [number as u8]);
		let same_code = Reason::ALL.iter().filter(|other| other.code() == reason.code());
		assert_eq!(same_code.count(), 1);
	}
}

#[cfg(feature = "serde")]
#[test]
fn the_code_is_the_json_form() {
	for reason in Reason::ALL {
		let json = serde_json::to_value(reason).expect("a reason has a JSON form");
		assert_eq!(json, serde_json::json!(reason.code()));
	}
}

#[test]
fn the_actor_is_checked_before_the_record() {
	let nothing = situation().with(|inputs| inputs.record = None);
	let inactive = nothing.clone().with_actor(|actor| actor.active = PAST);
	assert_eq!(inactive.decide(), deny(Reason::ActorInactive));
	assert_eq!(nothing.with(|inputs| inputs.actor = None).decide(), deny(Reason::UnknownActor));
}

#[test]
fn a_record_of_another_patient_is_unknown() {
	let other = situation().granting(grant()).with_record(|record| record.patient = AUTHOR);
	assert_eq!(other.decide(), deny(Reason::UnknownRecord));
}
