//! What each basis permits, and what it does not.

use super::*;

fn patient() -> DecisionInputs {
	situation().with(|inputs| inputs.query.actor = PATIENT).with_actor(|actor| {
		actor.id = PATIENT;
		actor.role = Role::Patient;
		actor.centers.clear();
	})
}

fn device() -> DecisionInputs {
	situation().with_actor(|actor| {
		actor.role = Role::Device;
		actor.pairing = Some(SPAN);
	})
}

#[test]
fn nothing_is_permitted_without_a_basis() {
	assert_eq!(situation().decide(), deny(Reason::NoBasis));
	assert_eq!(situation().writing().decide(), deny(Reason::NoBasis));
}

#[test]
fn the_patient_reads_and_writes_without_an_opening() {
	assert_eq!(decide(&patient(), None), permit_reading(Basis::Own));
	assert_eq!(decide(&patient().writing(), None), permit_writing(Basis::Own));
}

#[test]
fn a_patient_is_a_stranger_to_another_patients_records() {
	let other = patient().with(|inputs| inputs.query.patient = AUTHOR);
	assert_eq!(other.decide(), deny(Reason::UnknownRecord));
	assert_eq!(other.writing().decide(), deny(Reason::NoBasis));
}

#[test]
fn an_inactive_patient_reads_nothing() {
	assert_eq!(patient().with_actor(|p| p.active = PAST).decide(), deny(Reason::ActorInactive));
}

#[test]
fn a_paired_device_writes_but_does_not_read() {
	assert_eq!(device().writing().decide(), permit_writing(Basis::Own));
	assert_eq!(device().decide(), deny(Reason::NoBasis));
}

#[test]
fn a_device_writes_only_while_it_is_paired() {
	for pairing in [None, Some(PAST), Some(FUTURE)] {
		let unpaired = device().writing().with_actor(|device| device.pairing = pairing);
		assert_eq!(unpaired.decide(), deny(Reason::NoBasis), "{pairing:?}");
	}
}

/// The doctor works for the center that wrote the record.
fn author_staff() -> DecisionInputs {
	situation().with_record(|record| record.author_center = Some(CENTER))
}

#[test]
fn staff_reads_its_centers_own_chart_without_an_opening() {
	let authored = permit_reading(Basis::Authored { center: CENTER });
	assert_eq!(decide(&author_staff(), None), authored);
}

#[test]
fn a_device_of_the_center_reads_no_chart() {
	let device = author_staff().with_actor(|actor| actor.role = Role::Device);
	assert_eq!(device.decide(), deny(Reason::NoBasis));
}

#[test]
fn a_center_reads_its_own_chart_itself() {
	let itself = author_staff().with_actor(|actor| {
		actor.id = CENTER;
		actor.role = Role::MedicalCenter;
		actor.centers = vec![CenterFacts { affiliation: Interval::open(0), ..center(CENTER) }];
	});
	assert_eq!(itself.decide(), permit_reading(Basis::Authored { center: CENTER }));
}

#[test]
fn former_staff_and_staff_of_an_inactive_center_read_no_chart() {
	for inputs in [
		author_staff().with_center(|center| center.affiliation = PAST),
		author_staff().with_center(|center| center.affiliation = FUTURE),
		author_staff().with_center(|center| center.active = PAST),
		author_staff().with_actor(|actor| actor.centers.clear()),
	] {
		assert_eq!(inputs.decide(), deny(Reason::NoBasis));
	}
}

#[test]
fn the_author_alone_has_no_chart_once_it_left_the_center() {
	let left = author_staff()
		.with_record(|record| record.author = DOCTOR)
		.with_center(|center| center.affiliation = PAST);
	assert_eq!(left.decide(), deny(Reason::NoBasis));
}

#[test]
fn authorship_does_not_permit_writing() {
	assert_eq!(author_staff().writing().decide(), deny(Reason::NoBasis));
	// Not even if a caller hands in a record with a query about writing.
	let with_record = author_staff().with(|inputs| inputs.query.action = Action::Write);
	assert_eq!(with_record.decide(), deny(Reason::NoBasis));
}

/// The doctor's first center has the patient in its care.
fn in_care() -> DecisionInputs {
	let care = Timeline { generation: 3, latest: SPAN };
	situation().with_center(|center| center.care = Some(care))
}

#[test]
fn care_permits_writing_and_nothing_else() {
	let care = Basis::Care { center: CENTER, generation: 3 };
	assert_eq!(in_care().writing().decide(), permit_writing(care));
	assert_eq!(in_care().decide(), deny(Reason::NoBasis));
}

#[test]
fn care_that_ended_or_has_not_begun_permits_nothing() {
	for latest in [PAST, FUTURE] {
		let care = Some(Timeline { generation: 3, latest });
		let inputs = in_care().writing().with_center(|center| center.care = care);
		assert_eq!(inputs.decide(), deny(Reason::NoBasis));
	}
}

#[test]
fn care_counts_only_for_active_staff_of_an_active_center() {
	for inputs in [
		in_care().with_center(|center| center.affiliation = PAST),
		in_care().with_center(|center| center.active = PAST),
	] {
		assert_eq!(inputs.writing().decide(), deny(Reason::NoBasis));
	}
}

#[test]
fn a_grant_permits_its_grantee() {
	assert_eq!(situation().granting(grant()).decide(), permit_by_grant());
}

#[test]
fn a_grant_to_a_center_permits_its_active_staff() {
	let granted = || situation().with_center(|center| center.grants.push(grant()));
	assert_eq!(granted().decide(), permit_by_grant());
	for inputs in [
		granted().with_center(|center| center.affiliation = PAST),
		granted().with_center(|center| center.active = PAST),
	] {
		assert_eq!(inputs.decide(), deny(Reason::NoBasis));
	}
}

#[test]
fn redisclosure_is_forbidden_unless_the_patient_allowed_it() {
	let passes_on = situation().granting(grant_with(|terms| terms.redisclosure = true));
	assert_eq!(passes_on.decide(), permit_reading(by_grant()));
	assert_eq!(situation().granting(grant()).decide(), permit_by_grant());
}

#[test]
fn the_stronger_basis_is_named() {
	let own = patient().granting(grant()).decide();
	assert_eq!(own, permit_reading(Basis::Own));
	let authored = author_staff().granting(grant()).decide();
	assert_eq!(authored, permit_reading(Basis::Authored { center: CENTER }));
	let writes = grant_with(|terms| terms.actions = ActionSet::WRITE);
	let care = in_care().writing().granting(writes).decide();
	assert_eq!(care, permit_writing(Basis::Care { center: CENTER, generation: 3 }));
}

#[test]
fn on_behalf_of_one_center_only_its_bases_count() {
	for (inputs, basis) in [
		(author_staff(), permit_reading(Basis::Authored { center: CENTER })),
		(in_care().writing(), permit_writing(Basis::Care { center: CENTER, generation: 3 })),
		(situation().with_center(|center| center.grants.push(grant())), permit_by_grant()),
	] {
		assert_eq!(inputs.clone().on_behalf_of(CENTER).decide(), basis);
		for other in [SECOND_CENTER, AUTHOR_CENTER] {
			assert_eq!(inputs.clone().on_behalf_of(other).decide(), deny(Reason::NoBasis));
		}
	}
}
