//! Chooses what is in a record, who holds it, and for whom it is written.

use ward_primitives::{Action, Category, PurposeOfUse, Role, Sensitivity};

use super::{
	bases::{Opening, Question},
	calls::SIZE,
	dice::Dice,
	model::{Content, Id, KeyNo, Model, RecordNo},
	people::{anybody, somebody, CENTERS, COUNCIL, GUESTS},
	rules::{Draft, Receipt, MOST_BYTES},
};

pub(super) fn categories(dice: &mut Dice) -> Vec<Category> {
	let many = 1 + dice.below(3);
	// A few of them, so that they meet.
	(0..many).map(|_| Category::ALL[3 + dice.below(4)]).collect()
}

pub(super) fn period(dice: &mut Dice) -> (i64, i64) {
	let start = dice.below(5) as i64;
	(start, start + dice.below(4) as i64)
}

/// What is in the record with this number.
pub(super) fn content(number: u32) -> Content {
	let mut dice = Dice(u64::from(number));
	Content {
		number,
		categories: categories(&mut dice),
		sensitivity: match dice.below(4) {
			0 | 1 => Sensitivity::Normal,
			2 => Sensitivity::Restricted,
			_ => Sensitivity::VeryRestricted,
		},
		period: dice.chance(60).then(|| period(&mut dice)),
	}
}

/// The centers that run a vault, with its key.
pub(super) fn vaults(model: &Model) -> Vec<(Id, KeyNo)> {
	let all = 1..=model.people.len() as Id;
	all.filter_map(|id| Some((id, model.receipt_key(id)?))).collect()
}

pub(super) fn receipts(dice: &mut Dice, model: &Model) -> Vec<Receipt> {
	let many = 1 + dice.below(2);
	let mut open = vaults(model);
	let mut receipts = Vec::new();
	for _ in 0..many {
		if open.is_empty() {
			break;
		}
		let (custodian, key) = open.remove(dice.below(open.len()));
		receipts.push(Receipt { custodian, key, is_right: true, until: model.now + 3_600_000 });
	}
	let somebody = somebody(dice, model, Role::MedicalCenter);
	if let (true, Some(first)) = (dice.chance(24), receipts.first_mut()) {
		match dice.below(6) {
			0 => first.is_right = false,
			1 => first.until = model.now,
			2 => first.key = COUNCIL[1],
			3 if dice.chance(50) => first.custodian = *GUESTS.start(),
			3 => first.custodian = somebody.unwrap_or(1),
			4 => {
				let again = *first;
				receipts.push(again);
			},
			_ => receipts.clear(),
		}
	}
	receipts
}

/// Whether the model lets `author` write so.
pub(super) fn may_write(model: &Model, author: Id, patient: Id, on_behalf_of: Option<Id>) -> bool {
	let ask = Question {
		patient,
		record: None,
		actor: author,
		on_behalf_of,
		action: Action::Write,
		purpose: PurposeOfUse::Treat,
		at: model.now,
		opening: Opening::Missing,
	};
	model.bases(&ask).is_ok()
}

pub(super) fn has_grant(model: &Model, patient: Id, grantee: Id) -> bool {
	model.live_grants(patient, grantee) > 0
}

/// A record that `author` may anchor, mostly. If one is to be superseded, it is about its patient.
pub(super) fn draft(
	dice: &mut Dice,
	model: &Model,
	author: Id,
	old: Option<RecordNo>,
) -> Option<Draft> {
	let mut center = dice.pick(&model.workplaces(author, model.now));
	let people = 1..=model.people.len() as Id;
	let patients: Vec<_> = people.filter(|id| model.role(*id) == Some(Role::Patient)).collect();
	let named = |patient: &Id| {
		let is_own = *patient == author || model.pairing.holds((author, *patient), model.now);
		if is_own {
			None
		} else {
			center
		}
	};
	let writable = |patient: &Id| may_write(model, author, *patient, named(patient));
	let open: Vec<_> = patients.iter().copied().filter(writable).collect();
	let mut patient = match (old, dice.chance(85)) {
		(Some(old), true) => model.records[old].patient,
		(None, true) => dice.pick(&open).or_else(|| dice.pick(&patients))?,
		_ => dice.pick(&patients)?,
	};
	let mut on_behalf_of = named(&patient);
	match dice.below(32) {
		0 => on_behalf_of = None,
		1 | 2 => on_behalf_of = dice.pick(&CENTERS),
		3 => {
			center = dice.pick(&CENTERS);
			on_behalf_of = center;
		},
		4 => patient = anybody(dice, model),
		_ => {},
	}
	if has_grant(model, patient, author) && dice.chance(30) {
		// A grant in person says nothing about the center.
		on_behalf_of = dice.pick(&CENTERS);
	}
	let earlier = model.records.iter().filter(|r| r.author == author && r.patient == patient);
	let earlier: Vec<_> = earlier.map(|record| record.content.number).collect();
	let number = match (dice.chance(5), dice.pick(&earlier)) {
		(true, Some(number)) => number,
		_ => 1 + model.records.len() as u32 * 8 + dice.below(8) as u32,
	};
	let size = match dice.below(60) {
		0 => 0,
		1 => MOST_BYTES + 1,
		_ => SIZE,
	};
	let receipts = receipts(dice, model);
	Some(Draft { patient, on_behalf_of, content: content(number), size, receipts })
}
