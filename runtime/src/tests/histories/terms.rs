//! Chooses what a patient allows.

use ward_primitives::{PurposeOfUse, Role, Sensitivity};

use super::{
	dice::Dice,
	drafts::{categories, period},
	model::{Id, Model, RecordNo, Selection, Terms},
	people::somebody,
};

fn records_of(model: &Model, patient: Id) -> Vec<RecordNo> {
	(0..model.records.len()).filter(|number| model.records[*number].patient == patient).collect()
}

fn selection(dice: &mut Dice, model: &Model, patient: Id) -> Selection {
	let mut selection = Selection::default();
	let mut own = records_of(model, patient);
	let corrected: Vec<_> =
		own.iter().copied().filter(|number| model.records[*number].first != *number).collect();
	if !corrected.is_empty() && dice.chance(60) {
		// Of a lineage that is then meant as a whole.
		own = corrected;
	}
	match dice.below(7) {
		0 | 1 => selection.categories = Some(categories(dice)),
		2 => selection.author = somebody(dice, model, Role::MedicalCenter),
		3 => selection.period = Some(period(dice)),
		4 | 5 if !own.is_empty() => {
			let named = (0..1 + dice.below(2)).filter_map(|_| dice.pick(&own)).collect();
			selection.records = Some(named);
		},
		_ => {
			selection.categories = Some(categories(dice));
			selection.author = somebody(dice, model, Role::Practitioner);
		},
	}
	if dice.chance(7) {
		// Of another patient, or of none.
		selection.records = Some(vec![dice.below(model.records.len() + 2)]);
	}
	if dice.chance(3) {
		match dice.below(3) {
			0 => selection.categories = Some(Vec::new()),
			1 => selection.records = Some(Vec::new()),
			_ => selection.period = Some((2, 1)),
		}
	}
	selection
}

pub(super) fn terms(dice: &mut Dice, model: &Model, patient: Id) -> Terms {
	let purposes = match dice.below(10) {
		0 => vec![PurposeOfUse::Hpaymt],
		1 => vec![PurposeOfUse::Etreat],
		2 => vec![PurposeOfUse::Treat, PurposeOfUse::Hresch],
		_ => vec![PurposeOfUse::Treat],
	};
	let mut terms = Terms {
		read: dice.chance(85),
		write: dice.chance(30),
		purposes,
		scope: Selection::default(),
		exceptions: Vec::new(),
		sensitivity: Sensitivity::Normal,
		redisclosure: dice.chance(30),
	};
	if dice.chance(50) {
		terms.scope = selection(dice, model, patient);
	}
	if dice.chance(35) {
		terms.exceptions =
			(0..1 + dice.below(2)).map(|_| selection(dice, model, patient)).collect();
	}
	if dice.chance(40) {
		let higher = [Sensitivity::Restricted, Sensitivity::VeryRestricted];
		terms.sensitivity = higher[dice.below(2)];
	}
	if !terms.read && !terms.write && dice.chance(50) {
		terms.read = true;
	}
	if dice.chance(25) {
		// Whatever there is and will be.
		terms.write = true;
		terms.scope = Selection::default();
		terms.exceptions = Vec::new();
	}
	match dice.below(60) {
		0 => terms.purposes = Vec::new(),
		1 => terms.exceptions = vec![Selection::default()],
		_ => {},
	}
	terms
}
