//! Whom a patient excludes, has no access by anything but own writing.

use super::*;

fn excluding_the_actor(inputs: DecisionInputs) -> DecisionInputs {
	inputs.with_actor(|actor| actor.exclusion = Some(SPAN))
}

fn excluding_the_center(inputs: DecisionInputs) -> DecisionInputs {
	inputs.with_center(|center| center.exclusion = Some(SPAN))
}

#[test]
fn an_exclusion_beats_grants_and_care() {
	let care = Timeline { generation: 0, latest: SPAN };
	let writes = grant_with(|terms| terms.actions = ActionSet::WRITE);
	for permitted in [
		situation().granting(grant()),
		situation().with_center(|center| center.grants.push(grant())),
		situation().writing().with_center(|center| center.care = Some(care)),
		situation().writing().granting(writes),
	] {
		assert!(permitted.decide().is_permit());
		assert_eq!(excluding_the_actor(permitted.clone()).decide(), deny(Reason::Excluded));
		assert_eq!(excluding_the_center(permitted).decide(), deny(Reason::Excluded));
	}
}

#[test]
fn an_exclusion_does_not_beat_authorship() {
	let authored = situation().with_record(|record| record.author_center = Some(CENTER));
	let permitted = permit_reading(Basis::Authored { center: CENTER });
	assert_eq!(excluding_the_actor(authored.clone()).decide(), permitted);
	assert_eq!(excluding_the_center(authored).decide(), permitted);
}

#[test]
fn an_exclusion_does_not_beat_what_is_ones_own() {
	let patient = situation().with_actor(|actor| actor.id = PATIENT);
	let device = situation().writing().with_actor(|actor| actor.pairing = Some(SPAN));
	assert_eq!(excluding_the_actor(patient).decide(), permit_reading(Basis::Own));
	assert_eq!(excluding_the_center(device).decide(), permit_writing(Basis::Own));
}

#[test]
fn an_excluded_center_excludes_its_staff_also_when_acting_for_another() {
	let granted_to_second = situation().with_actor(|actor| actor.centers[1].grants.push(grant()));
	for inputs in [granted_to_second.clone(), granted_to_second.on_behalf_of(SECOND_CENTER)] {
		assert!(inputs.decide().is_permit());
		assert_eq!(excluding_the_center(inputs).decide(), deny(Reason::Excluded));
	}
}

#[test]
fn an_excluded_center_excludes_its_staff_even_while_it_is_inactive() {
	let inputs = excluding_the_center(situation().granting(grant()))
		.with_center(|center| center.active = PAST);
	assert_eq!(inputs.decide(), deny(Reason::Excluded));
}

#[test]
fn who_has_left_an_excluded_center_is_no_longer_excluded() {
	let inputs = excluding_the_center(situation().granting(grant()))
		.with_center(|center| center.affiliation = PAST);
	assert_eq!(inputs.decide(), permit_by_grant());
}

#[test]
fn an_exclusion_that_ended_excludes_nobody() {
	let inputs = situation().granting(grant());
	let ended = inputs.clone().with_actor(|actor| actor.exclusion = Some(PAST));
	assert_eq!(ended.decide(), permit_by_grant());
	let ended = inputs.with_center(|center| center.exclusion = Some(PAST));
	assert_eq!(ended.decide(), permit_by_grant());
}
