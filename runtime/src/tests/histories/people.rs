//! Chooses who acts, with which key, and on whom.

use ward_primitives::{participant::Condition, KeyRoles, Moment, Role};

use super::{
	dice::Dice,
	model::{Id, Key, KeyNo, Model, Relation},
	rules::{Proof, LONGEST_PROOF, UNATTENDED},
};

/// A key that is never on the chain.
pub(super) const STRANGER: KeyNo = 60_000;

/// The keys of the founders, who are the council at first; the histories need them.
pub(super) const COUNCIL: [KeyNo; 4] = [1, 2, 3, 4];

/// The founding centers.
pub(super) const CENTERS: [Id; 3] = [2, 3, 4];

/// Guests, who are there so that somebody can work for too many.
pub(super) const GUESTS: core::ops::RangeInclusive<Id> = 5..=35;

/// Whoever, and half the time nobody who is on the chain.
pub(super) fn anybody(dice: &mut Dice, model: &Model) -> Id {
	match dice.chance(50) {
		true => model.people.len() as Id + 7,
		false => 1 + dice.below(model.people.len()) as Id,
	}
}

/// Somebody of this role, mostly somebody active.
pub(super) fn somebody(dice: &mut Dice, model: &Model, role: Role) -> Option<Id> {
	let everybody = 1..=model.people.len() as Id;
	if dice.chance(4) {
		return Some(anybody(dice, model));
	}
	let only_active = dice.chance(90);
	let fits = |id: &Id| {
		model.role(*id) == Some(role) && (!only_active || model.is_active(*id, model.now))
	};
	let found: Vec<_> = everybody.filter(|id| !GUESTS.contains(id)).filter(fits).collect();
	dice.pick(&found)
}

/// A practitioner or a center.
pub(super) fn grantee(dice: &mut Dice, model: &Model) -> Option<Id> {
	let role = if dice.chance(60) { Role::Practitioner } else { Role::MedicalCenter };
	somebody(dice, model, role)
}

/// A live key of `id` with these roles; nobody's, if it has none.
pub(super) fn key_of(dice: &mut Dice, model: &Model, id: Id, roles: KeyRoles) -> KeyNo {
	let fits = |key: &Key| {
		key.owner == id
			&& !key.retired
			&& key.roles.contains(roles)
			&& !UNATTENDED.contains(&key.roles)
	};
	let keys: Vec<_> = model.keys.iter().filter(|(_, key)| fits(key)).map(|(no, _)| *no).collect();
	dice.pick(&keys).unwrap_or(STRANGER)
}

/// Another signer than the right one.
pub(super) fn wrong_signer(dice: &mut Dice, model: &Model, right: KeyNo) -> KeyNo {
	let owner = model.keys.get(&right).map(|key| key.owner);
	let role = owner.and_then(|owner| model.role(owner));
	let among = |fits: &dyn Fn(&Key) -> bool| {
		model.keys.iter().filter(|(_, key)| fits(key)).map(|(no, _)| *no).collect::<Vec<_>>()
	};
	let keys = match dice.below(12) {
		0 => vec![STRANGER],
		1 => among(&|key| key.retired),
		2 => among(&|key| UNATTENDED.contains(&key.roles)),
		// Another key of the same participant.
		3 | 4 => among(&|key| Some(key.owner) == owner && !key.retired),
		// A key that neither acts nor enrols.
		5 | 6 => among(&|key| key.roles == KeyRoles::GOVERN),
		// Somebody of the same role who is not active.
		7 | 8 => {
			among(&|key| model.role(key.owner) == role && !model.is_active(key.owner, model.now))
		},
		// Somebody who administers others.
		9 => among(&|key| key.roles.contains(KeyRoles::ENROL) && key.owner <= CENTERS[2]),
		_ => among(&|key| !GUESTS.contains(&key.owner)),
	};
	dice.pick(&keys).unwrap_or(STRANGER)
}

/// A key that was never used, mostly.
pub(super) fn new_key(dice: &mut Dice, model: &Model) -> KeyNo {
	let last = model.keys.last_key_value().map_or(0, |(no, _)| *no);
	match dice.chance(6) {
		true => dice.below(usize::from(last)) as KeyNo + 1,
		false => last + 1,
	}
}

pub(super) fn proof(dice: &mut Dice, model: &Model) -> Proof {
	let until = match dice.below(20) {
		0 => model.now,
		1 => model.now + LONGEST_PROOF + 1,
		2 => model.now + LONGEST_PROOF,
		_ => model.now + 3_600_000,
	};
	Proof { is_right: !dice.chance(6), is_ed25519: true, until }
}

/// An end, some slots ahead, now, or never.
pub(super) fn end(dice: &mut Dice, model: &Model) -> Option<Moment> {
	match dice.below(10) {
		0..=3 => None,
		4 => Some(model.now),
		5 => Some(model.now + 1),
		_ => Some(model.now + 2_000 * (1 + dice.below(8) as u64)),
	}
}

pub(super) fn author(dice: &mut Dice, model: &Model) -> Option<Id> {
	if dice.chance(12) {
		// Somebody who may write by a grant.
		let live = model.grants.iter().filter(|grant| !grant.is_over(model.now));
		return dice.pick(&live.map(|grant| grant.grantee).collect::<Vec<_>>());
	}
	let role = match dice.below(10) {
		0..=4 => Role::Practitioner,
		5 | 6 => Role::Patient,
		7 => Role::MedicalCenter,
		_ => Role::Device,
	};
	somebody(dice, model, role)
}

/// Somebody whose standing may change. Those who found the chain rarely, as much depends on them.
pub(super) fn subject(dice: &mut Dice, model: &Model) -> Option<Id> {
	let all = 1..=model.people.len() as Id + 1;
	let (rarely, guests) = (dice.chance(15), dice.chance(5));
	let fits = |id: &Id| {
		let is_founder = *id <= CENTERS[2];
		(guests || !GUESTS.contains(id)) && (rarely || !is_founder)
	};
	let found: Vec<_> = all.filter(fits).collect();
	dice.pick(&found)
}

pub(super) fn inactive(dice: &mut Dice, model: &Model) -> Option<Id> {
	let all = 1..=model.people.len() as Id;
	let may_come_back = |id: &Id| {
		let person = model.person(*id).expect("in range");
		!person.is_active(model.now) && person.condition != Condition::Deactivated
	};
	let found: Vec<_> = all.filter(may_come_back).collect();
	dice.pick(&found)
}

/// An open pair, mostly.
pub(super) fn pair_of(dice: &mut Dice, relation: &Relation, model: &Model) -> Option<(Id, Id)> {
	let open = relation.pairs(model.now);
	match dice.chance(8) {
		true => Some((anybody(dice, model), dice.below(5) as Id)),
		false => dice.pick(&open),
	}
}
