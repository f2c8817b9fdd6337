//! Chooses who asks a vault for what.

use ward_primitives::{Action, KeyRoles, PurposeOfUse};
use ward_vault_api::log::Event;

use super::{
	bases::{Opening, Question},
	dice::Dice,
	model::{Id, KeyNo, Model, RecordNo},
	people::{key_of, GUESTS},
	questions::question,
	snapshots::{Heads, Snapshot},
};

/// How often one is looked for that the two heads do not agree on.
const ATTEMPTS: usize = 20;

/// Somebody who asks a vault for a record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader {
	pub(super) key: KeyNo,
	/// A number beyond the last is of no record.
	pub(super) record: RecordNo,
	pub(super) purpose: PurposeOfUse,
	/// What of the record is asked for.
	pub(super) event: Event,
}

/// Whom a key acts for at the end of a block.
pub(super) fn holder(model: &Model, key: KeyNo) -> Option<Id> {
	let key = model.keys.get(&key)?;
	(!key.retired && key.roles.contains(KeyRoles::ACT)).then_some(key.owner)
}

/// For whose vault a key signs at the end of a block.
pub(super) fn copier(model: &Model, key: KeyNo) -> Option<Id> {
	let key = model.keys.get(&key)?;
	(!key.retired && key.roles == KeyRoles::RECEIPT).then_some(key.owner)
}

impl Reader {
	/// What the vault has to ask of the chain at `snapshot`. `patient` is whom the record is about at
	/// the finalized head.
	pub(super) fn question(
		&self,
		snapshot: &Snapshot,
		actor: Id,
		patient: Id,
		is_lodged: bool,
	) -> Question {
		Question {
			patient,
			record: Some(self.record),
			actor,
			on_behalf_of: None,
			action: Action::Read,
			purpose: self.purpose,
			at: snapshot.world.model.now,
			opening: if is_lodged { Opening::Right } else { Opening::Missing },
		}
	}
}

/// Any reader of any record for any purpose, or one whose answer is likely to be interesting.
fn anyone(dice: &mut Dice, heads: &Heads) -> Option<Reader> {
	let best = &heads.best.world;
	let model = &best.model;
	let (actor, record, purpose) = match dice.chance(30) {
		true => {
			let people: Vec<_> = (1..=model.people.len() as Id).collect();
			let people: Vec<_> = people.into_iter().filter(|id| !GUESTS.contains(id)).collect();
			let record = dice.below(model.records.len());
			(dice.pick(&people)?, record, dice.pick(&PurposeOfUse::ALL)?)
		},
		false => {
			let ask = question(dice, model, &best.moments)?;
			(ask.actor, ask.record?, ask.purpose)
		},
	};
	let any_key = || {
		let keys = model.keys.iter().filter(|(_, key)| key.owner == actor);
		keys.map(|(number, _)| *number).collect::<Vec<_>>()
	};
	let key = match dice.chance(6) {
		true => dice.pick(&any_key()),
		false => None,
	};
	let key = key.unwrap_or_else(|| key_of(dice, model, actor, KeyRoles::ACT));
	let event = dice.pick(&[Event::Content, Event::Content, Event::Facts, Event::Key])?;
	Some(Reader { key, record, purpose, event })
}

/// Whether the finalized head alone would permit what the best one does not, or the other way round.
fn is_disputed(reader: &Reader, heads: &Heads) -> bool {
	let at_best = &heads.best.world.model;
	let actor = holder(at_best, reader.key);
	if actor != holder(&heads.finalized.world.model, reader.key) {
		return true;
	}
	let Some(actor) = actor else { return false };
	let Some(record) = at_best.records.get(reader.record) else { return false };
	let permits = |snapshot: &Snapshot| {
		let ask = reader.question(snapshot, actor, record.patient, true);
		snapshot.world.model.bases(&ask).is_ok()
	};
	permits(&heads.finalized) != permits(&heads.best)
}

/// Somebody who asks now, if possible something that the two heads do not agree on.
pub(super) fn reader(dice: &mut Dice, heads: &Heads) -> Option<Reader> {
	let mut found = None;
	let attempts = if dice.chance(50) { ATTEMPTS } else { 1 };
	for _ in 0..attempts {
		found = anyone(dice, heads).or(found);
		if found.is_some_and(|reader| is_disputed(&reader, heads)) {
			break;
		}
	}
	found
}
