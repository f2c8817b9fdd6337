//! Chooses what is asked about access.

use ward_primitives::{Action, Moment, PurposeOfUse, Role};

use super::{
	bases::{Opening, Question},
	dice::Dice,
	model::Model,
	people::{anybody, author, grantee, somebody, CENTERS},
};

/// A question about access that is likely to have an interesting answer.
pub(super) fn question(dice: &mut Dice, model: &Model, moments: &[Moment]) -> Option<Question> {
	let beyond = usize::from(dice.chance(5));
	let number = dice.below(model.records.len() + beyond);
	// Often one that was superseded or supersedes.
	let in_lineage = |number: &usize| {
		let record = &model.records[*number];
		!record.is_head || record.first != *number
	};
	let in_lineages: Vec<_> = (0..model.records.len()).filter(in_lineage).collect();
	let number = match dice.chance(40) {
		true => dice.pick(&in_lineages).unwrap_or(number),
		false => number,
	};
	let (owner, anchored) = match model.records.get(number) {
		Some(record) => (Some(record.patient), record.anchored),
		None => (None, 0),
	};
	let patient = match owner {
		Some(owner) if !dice.chance(6) => owner,
		_ => somebody(dice, model, Role::Patient)?,
	};
	let concerned = model.grants.iter().filter(|grant| grant.patient == patient);
	let concerned: Vec<_> = concerned.map(|grant| grant.grantee).collect();
	let actor = match dice.below(8) {
		0..=3 => {
			let grantee = dice.pick(&concerned).or_else(|| grantee(dice, model))?;
			let staff: Vec<_> = model.affiliation.pairs(model.now);
			let staff: Vec<_> =
				staff.iter().filter(|(_, c)| *c == grantee).map(|(m, _)| *m).collect();
			if dice.chance(40) {
				dice.pick(&staff).unwrap_or(grantee)
			} else {
				grantee
			}
		},
		4 | 5 => author(dice, model)?,
		6 if dice.chance(50) => anybody(dice, model),
		6 => grantee(dice, model)?,
		_ => patient,
	};
	// Mostly of the time in which there is the record.
	let early = dice.chance(10);
	let moments: Vec<_> = moments.iter().copied().filter(|at| early || *at >= anchored).collect();
	let moment = dice.pick(&moments).unwrap_or(model.now);
	let at = match dice.below(10) {
		0..=4 => model.now,
		5 => moment + 1,
		6 => moment - 1,
		7 if dice.chance(20) => model.now + 1,
		_ => moment,
	};
	Some(Question {
		patient,
		record: if dice.chance(97) { Some(number) } else { None },
		actor,
		on_behalf_of: match dice.below(10) {
			0 => dice.pick(&CENTERS),
			1 => dice.pick(&model.workplaces(actor, model.now)),
			_ => None,
		},
		action: if dice.chance(75) { Action::Read } else { Action::Write },
		purpose: match dice.chance(85) {
			true => PurposeOfUse::Treat,
			false => dice.pick(&PurposeOfUse::ALL)?,
		},
		at,
		opening: match dice.below(14) {
			0 => Opening::Wrong,
			1 => Opening::Missing,
			_ => Opening::Right,
		},
	})
}
