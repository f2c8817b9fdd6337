//! Every interval is half-open: its first moment belongs to it, its last one does not.

use super::*;

/// Whether reading or writing is permitted at each of the four moments around an interval's ends.
fn around_the_ends(inputs: &DecisionInputs) -> [bool; 4] {
	[49, 50, 149, 150].map(|at| inputs.clone().at(at).decide().is_permit())
}

const HALF_OPEN: [bool; 4] = [false, true, true, false];

/// The situation with a record that was there all the time.
fn always() -> DecisionInputs {
	situation()
		.with_record(|record| record.anchored_at = 0)
		.with_actor(|actor| actor.centers[0].affiliation = Interval::open(0))
}

fn grant_always() -> Grant {
	Grant { interval: Interval::open(0), ..grant() }
}

#[test]
fn a_grant_is_half_open() {
	assert_eq!(around_the_ends(&always().granting(grant())), HALF_OPEN);
}

#[test]
fn the_actors_activity_is_half_open() {
	let inputs = always().granting(grant_always()).with_actor(|actor| actor.active = SPAN);
	assert_eq!(around_the_ends(&inputs), HALF_OPEN);
}

#[test]
fn an_affiliation_is_half_open() {
	let inputs = always().with_center(|center| {
		center.grants.push(grant_always());
		center.affiliation = SPAN;
	});
	assert_eq!(around_the_ends(&inputs), HALF_OPEN);
}

#[test]
fn a_centers_activity_is_half_open() {
	let inputs = always().with_center(|center| {
		center.grants.push(grant_always());
		center.active = SPAN;
	});
	assert_eq!(around_the_ends(&inputs), HALF_OPEN);
}

#[test]
fn care_is_half_open() {
	let care = Timeline { generation: 0, latest: SPAN };
	let inputs = always().with_center(|center| center.care = Some(care)).writing();
	assert_eq!(around_the_ends(&inputs), HALF_OPEN);
}

#[test]
fn a_pairing_is_half_open() {
	let inputs = always().with_actor(|actor| actor.pairing = Some(SPAN)).writing();
	assert_eq!(around_the_ends(&inputs), HALF_OPEN);
}

#[test]
fn an_exclusion_is_half_open() {
	let inputs = always().granting(grant_always());
	let actor = inputs.clone().with_actor(|actor| actor.exclusion = Some(SPAN));
	let center = inputs.with_center(|center| center.exclusion = Some(SPAN));
	for excluded in [actor, center] {
		assert_eq!(around_the_ends(&excluded), HALF_OPEN.map(|denied| !denied));
	}
}

#[test]
fn a_record_is_there_from_the_moment_it_was_anchored() {
	let inputs = situation().with_record(|record| record.anchored_at = 70).granting(grant());
	assert_eq!(inputs.clone().at(69).decide(), deny(Reason::UnknownRecord));
	assert_eq!(inputs.at(70).decide(), permit_by_grant());
}

#[test]
fn the_states_own_moment_is_the_last_that_can_be_asked_for() {
	let inputs = situation().granting(grant()).with(|inputs| inputs.as_of = NOW);
	assert_eq!(inputs.decide(), permit_by_grant());
	assert_eq!(inputs.at(NOW + 1).decide(), deny(Reason::FutureMoment));
}

#[test]
fn what_was_granted_and_withdrawn_at_one_moment_never_held() {
	let mut withdrawn = grant();
	withdrawn.interval = Interval::open(NOW);
	withdrawn.interval.end(NOW);
	for at in [NOW - 1, NOW, NOW + 1] {
		assert!(!situation().granting(withdrawn.clone()).at(at).decide().is_permit());
	}
}
