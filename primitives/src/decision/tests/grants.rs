//! What a grant's terms include and leave out.

use super::*;

fn granting(change: impl FnOnce(&mut GrantTerms)) -> DecisionInputs {
	situation().granting(grant_with(change))
}

fn scope(change: impl FnOnce(&mut Scope)) -> Scope {
	let mut scope = Scope::default();
	change(&mut scope);
	scope
}

fn in_scope(change: impl FnOnce(&mut Scope)) -> DecisionInputs {
	granting(|terms| terms.scope = scope(change))
}

fn excepting(change: impl FnOnce(&mut Scope)) -> DecisionInputs {
	granting(|terms| {
		terms.exceptions = vec![scope(change)].try_into().expect("one exception fits");
	})
}

/// The decision about a record with other attributes.
fn decide_about(inputs: DecisionInputs, attributes: Attributes) -> Decision {
	let opening = AttributesOpening { salt: [9; 32], attributes };
	let inputs = inputs.with_record(|record| record.attributes = opening.digest());
	decide(&inputs, Some(&opening))
}

fn categories(of: &[Category]) -> CategorySet {
	of.iter().copied().collect()
}

const MIXED: [Category; 2] = [Category::Laboratory, Category::Imaging];

#[test]
fn a_grant_without_the_right_opening_permits_no_reading() {
	let inputs = situation().granting(grant());
	assert_eq!(decide(&inputs, None), deny(Reason::OpeningMissing));
	let other_salt = AttributesOpening { salt: [8; 32], ..opening() };
	assert_eq!(decide(&inputs, Some(&other_salt)), deny(Reason::OpeningMismatch));
	let milder = Attributes { sensitivity: Sensitivity::Restricted, ..attributes() };
	let other = AttributesOpening { attributes: milder, ..opening() };
	assert_eq!(decide(&inputs, Some(&other)), deny(Reason::OpeningMismatch));
}

#[test]
fn treatment_covers_emergency_treatment_and_not_the_other_way() {
	let asks_for = |inputs: DecisionInputs, purpose| {
		inputs.with(|inputs| inputs.query.purpose = purpose).decide()
	};
	let treat = situation().granting(grant());
	assert_eq!(asks_for(treat.clone(), PurposeOfUse::Etreat), permit_by_grant());
	for purpose in PurposeOfUse::ALL {
		if !matches!(purpose, PurposeOfUse::Treat | PurposeOfUse::Etreat) {
			assert_eq!(asks_for(treat.clone(), purpose), deny(Reason::PurposeNotGranted));
		}
	}
	let only_emergency: PurposeSet = [PurposeOfUse::Etreat].into_iter().collect();
	let etreat = granting(|terms| terms.purposes = only_emergency);
	assert_eq!(asks_for(etreat.clone(), PurposeOfUse::Treat), deny(Reason::PurposeNotGranted));
	assert_eq!(asks_for(etreat, PurposeOfUse::Etreat), permit_by_grant());
}

#[test]
fn a_record_must_lie_in_the_categories_entirely() {
	let laboratory = in_scope(|s| s.categories = Some(categories(&[Category::Laboratory])));
	let both = in_scope(|s| s.categories = Some(categories(&MIXED)));
	let mixed = Attributes { categories: categories(&MIXED), ..attributes() };
	assert_eq!(laboratory.decide(), permit_by_grant());
	assert_eq!(decide_about(laboratory, mixed), deny(Reason::OutOfScope));
	assert_eq!(decide_about(both, mixed), permit_by_grant());
}

#[test]
fn an_exception_hits_a_record_of_which_any_part_lies_in_it() {
	let no_imaging = excepting(|s| s.categories = Some(categories(&[Category::Imaging])));
	let mixed = Attributes { categories: categories(&MIXED), ..attributes() };
	assert_eq!(no_imaging.decide(), permit_by_grant());
	assert_eq!(decide_about(no_imaging, mixed), deny(Reason::Excepted));
}

#[test]
fn a_record_must_lie_in_the_period_entirely() {
	for (start, end, permitted) in
		[(10, 20, true), (0, 100, true), (11, 20, false), (10, 19, false), (30, 40, false)]
	{
		let inputs = in_scope(|s| s.period = Some(DataPeriod { start, end }));
		assert_eq!(inputs.decide().is_permit(), permitted, "{start}..={end}");
	}
}

#[test]
fn an_excepted_period_hits_a_record_that_overlaps_it() {
	for (start, end, excepted) in
		[(0, 9, false), (0, 10, true), (15, 15, true), (20, 30, true), (21, 30, false)]
	{
		let inputs = excepting(|s| s.period = Some(DataPeriod { start, end }));
		let expected = if excepted { deny(Reason::Excepted) } else { permit_by_grant() };
		assert_eq!(inputs.decide(), expected, "{start}..={end}");
	}
}

#[test]
fn a_record_of_unknown_time_lies_in_no_period_and_may_lie_in_any_exception() {
	let unknown = Attributes { period: None, ..attributes() };
	let everything = DataPeriod { start: i64::MIN, end: i64::MAX };
	let limited = in_scope(|s| s.period = Some(everything));
	assert_eq!(decide_about(limited, unknown), deny(Reason::OutOfScope));
	let moment = DataPeriod { start: 5_000, end: 5_000 };
	let excepted = excepting(|s| s.period = Some(moment));
	assert_eq!(decide_about(excepted, unknown), deny(Reason::Excepted));
	assert_eq!(decide_about(situation().granting(grant()), unknown), permit_by_grant());
}

#[test]
fn a_named_record_stands_for_its_lineage() {
	let names = |id| in_scope(|s| s.records = Some(vec![id].try_into().expect("one fits")));
	assert_eq!(names(record().lineage).decide(), permit_by_grant());
	assert_eq!(names(record().id).decide(), permit_by_grant());
	assert_eq!(names(RecordId([3; 32])).decide(), deny(Reason::OutOfScope));
}

#[test]
fn an_author_is_a_person_or_a_center() {
	for (author, permitted) in
		[(AUTHOR, true), (AUTHOR_CENTER, true), (CENTER, false), (PATIENT, false)]
	{
		let inputs = in_scope(|s| s.author = Some(author));
		assert_eq!(inputs.decide().is_permit(), permitted, "{author}");
		let inputs = excepting(|s| s.author = Some(author));
		assert_eq!(inputs.decide().is_permit(), !permitted, "{author}");
	}
}

#[test]
fn every_limit_of_a_scope_must_hold() {
	let inputs = in_scope(|s| {
		s.author = Some(AUTHOR);
		s.categories = Some(categories(&[Category::Imaging]));
	});
	assert_eq!(inputs.decide(), deny(Reason::OutOfScope));
	// For an exception likewise: only what meets all its limits is left out.
	let inputs = excepting(|s| {
		s.author = Some(AUTHOR);
		s.categories = Some(categories(&[Category::Imaging]));
	});
	assert_eq!(inputs.decide(), permit_by_grant());
}

#[test]
fn a_grant_reaches_up_to_its_sensitivity() {
	use Sensitivity::{Normal, Restricted, VeryRestricted};
	for granted in [Normal, Restricted, VeryRestricted] {
		for sensitivity in [Normal, Restricted, VeryRestricted] {
			let inputs = granting(|terms| terms.sensitivity = granted);
			let decision = decide_about(inputs, Attributes { sensitivity, ..attributes() });
			let expected = match sensitivity <= granted {
				true => permit_by_grant(),
				false => deny(Reason::SensitivityNotGranted),
			};
			assert_eq!(decision, expected, "{sensitivity:?} of {granted:?}");
		}
	}
}

#[test]
fn reading_and_writing_are_granted_separately() {
	assert_eq!(situation().writing().granting(grant()).decide(), deny(Reason::ActionNotGranted));
	let writes = granting(|terms| terms.actions = ActionSet::WRITE);
	assert_eq!(writes.decide(), deny(Reason::ActionNotGranted));
	let limits = Obligations::NO_REDISCLOSURE;
	let permitted = Decision::Permit { basis: by_grant(), obligations: limits };
	assert_eq!(writes.writing().decide(), permitted);
}

#[test]
fn writing_needs_a_grant_without_limits_and_no_opening() {
	let writes = |change: fn(&mut GrantTerms)| {
		granting(|terms| {
			terms.actions = ActionSet::WRITE;
			change(terms);
		})
		.writing()
	};
	assert!(decide(&writes(|_| ()), None).is_permit());
	let laboratory = || Scope { categories: Some(CategorySet(1 << 4)), ..Scope::default() };
	let limited = granting(|terms| {
		terms.actions = ActionSet::WRITE;
		terms.scope = laboratory();
	});
	assert_eq!(limited.writing().decide(), deny(Reason::OutOfScope));
	let excepted = granting(|terms| {
		terms.actions = ActionSet::WRITE;
		terms.exceptions = vec![laboratory()].try_into().expect("one exception fits");
	});
	assert_eq!(excepted.writing().decide(), deny(Reason::OutOfScope));
}

#[test]
fn a_grant_of_another_patient_permits_nothing() {
	let others = Grant { patient: AUTHOR, ..grant() };
	assert_eq!(situation().granting(others).decide(), deny(Reason::NoBasis));
}

#[test]
fn one_sufficient_grant_is_enough_and_the_nearest_names_the_reason() {
	let ended = Grant { interval: PAST, id: GrantId(1), ..grant() };
	let purpose = Grant { id: GrantId(2), ..grant_with(|t| t.purposes = PurposeSet(1 << 4)) };
	let inputs = situation().granting(purpose).granting(ended);
	assert_eq!(inputs.decide(), deny(Reason::PurposeNotGranted));
	assert_eq!(inputs.granting(grant()).decide(), permit_by_grant());
}
