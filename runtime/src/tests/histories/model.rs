//! What is true on the chain and at which moments, written from the rules alone.
//!
//! The model keeps what was said and when, and replays it for every moment that is asked about. It
//! reads nothing of the chain, and shares only names (roles, purposes, reasons) with its code.

use std::collections::BTreeMap;

use ward_primitives::{
	participant::{Condition, NOTICE},
	Category, KeyRoles, Moment, PurposeOfUse, Role, Sensitivity,
};

use super::people::CENTERS;

/// A participant's number.
pub(super) type Id = u64;

/// The number of a key pair, which may not be on the chain.
pub(super) type KeyNo = u16;

/// A record's place in the order of anchoring.
pub(super) type RecordNo = usize;

/// What was said about something, each with its moment. What was said last holds.
#[derive(Clone, Debug)]
pub(super) struct Said<What>(Vec<(Moment, What)>);

impl<What> Default for Said<What> {
	fn default() -> Self {
		Self(Vec::new())
	}
}

impl<What> Said<What> {
	pub(super) fn say(&mut self, now: Moment, what: What) {
		self.0.push((now, what));
	}

	/// What held at a moment.
	pub(super) fn at(&self, at: Moment) -> Option<&What> {
		self.0.iter().rfind(|(when, _)| *when <= at).map(|(_, what)| what)
	}

	/// All that was said up to a moment.
	pub(super) fn until(&self, at: Moment) -> impl Iterator<Item = &What> {
		self.0.iter().filter(move |(when, _)| *when <= at).map(|(_, what)| what)
	}
}

/// What was said of a participant's activity.
#[derive(Clone, Copy, Debug)]
pub(super) enum Standing {
	/// Active, and until when.
	Active(Option<Moment>),
	/// Not active.
	Stopped,
}

#[derive(Clone, Debug)]
pub(super) struct Person {
	pub(super) role: Role,
	pub(super) sponsor: Option<Id>,
	pub(super) standing: Said<Standing>,
	pub(super) condition: Condition,
	/// The receipt key that a center's vault signs with.
	pub(super) vault: Option<KeyNo>,
}

impl Person {
	pub(super) fn is_active(&self, at: Moment) -> bool {
		match self.standing.at(at) {
			Some(Standing::Active(until)) => until.is_none_or(|until| at < until),
			Some(Standing::Stopped) | None => false,
		}
	}
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
	pub(super) owner: Id,
	pub(super) roles: KeyRoles,
	pub(super) retired: bool,
}

/// Whether something holds between two participants, in the order in which pairs first appeared.
#[derive(Clone, Debug, Default)]
pub(super) struct Relation(Vec<((Id, Id), Said<bool>)>);

impl Relation {
	pub(super) fn say(&mut self, now: Moment, pair: (Id, Id), holds: bool) {
		match self.0.iter_mut().find(|(known, _)| *known == pair) {
			Some((_, said)) => said.say(now, holds),
			None => self.0.push((pair, Said(vec![(now, holds)]))),
		}
	}

	fn said(&self, pair: (Id, Id)) -> Option<&Said<bool>> {
		self.0.iter().find(|(known, _)| *known == pair).map(|(_, said)| said)
	}

	pub(super) fn holds(&self, pair: (Id, Id), at: Moment) -> bool {
		self.said(pair).and_then(|said| said.at(at)).copied().unwrap_or(false)
	}

	/// How often it had begun before the time in which `at` lies.
	pub(super) fn generation(&self, pair: (Id, Id), at: Moment) -> u32 {
		let begun =
			self.said(pair).map_or(0, |said| said.until(at).filter(|holds| **holds).count());
		begun.saturating_sub(1) as u32
	}

	/// With whom `one` ever was in this relation.
	pub(super) fn ever(&self, one: Id) -> Vec<Id> {
		self.0
			.iter()
			.filter(|((first, _), _)| *first == one)
			.map(|((_, other), _)| *other)
			.collect()
	}

	/// The pairs between which it holds.
	pub(super) fn pairs(&self, at: Moment) -> Vec<(Id, Id)> {
		self.0.iter().map(|(pair, _)| *pair).filter(|pair| self.holds(*pair, at)).collect()
	}
}

/// A selection of records.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Selection {
	pub(super) categories: Option<Vec<Category>>,
	/// Records by number; a number beyond the last is of no record.
	pub(super) records: Option<Vec<RecordNo>>,
	pub(super) author: Option<Id>,
	pub(super) period: Option<(i64, i64)>,
}

#[derive(Clone, Debug)]
pub(super) struct Terms {
	pub(super) read: bool,
	pub(super) write: bool,
	pub(super) purposes: Vec<PurposeOfUse>,
	pub(super) scope: Selection,
	pub(super) exceptions: Vec<Selection>,
	pub(super) sensitivity: Sensitivity,
	pub(super) redisclosure: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Word {
	pub(super) terms: Terms,
	pub(super) until: Option<Moment>,
}

#[derive(Clone, Debug)]
pub(super) struct Grant {
	pub(super) patient: Id,
	pub(super) grantee: Id,
	pub(super) start: Moment,
	/// The terms as given, then as amended.
	pub(super) words: Said<Word>,
	pub(super) withdrawn: Option<Moment>,
}

impl Grant {
	pub(super) fn is_over(&self, now: Moment) -> bool {
		let until = self.words.at(now).and_then(|word| word.until);
		self.withdrawn.is_some() || until.is_some_and(|until| until <= now)
	}
}

/// What is in a record, known to its author and to its custodians only.
#[derive(Clone, Debug)]
pub(super) struct Content {
	/// Makes two records of the same author about the same patient different.
	pub(super) number: u32,
	pub(super) categories: Vec<Category>,
	pub(super) sensitivity: Sensitivity,
	pub(super) period: Option<(i64, i64)>,
}

#[derive(Clone, Debug)]
pub(super) struct Record {
	pub(super) patient: Id,
	pub(super) author: Id,
	pub(super) center: Option<Id>,
	pub(super) content: Content,
	/// The centers that hold it.
	pub(super) custodians: Vec<Id>,
	pub(super) anchored: Moment,
	/// The first record of its lineage.
	pub(super) first: RecordNo,
	pub(super) is_head: bool,
}

/// Everything that was said on the chain.
#[derive(Clone, Debug, Default)]
pub(super) struct Model {
	pub(super) now: Moment,
	/// Participants; the first has number 1.
	pub(super) people: Vec<Person>,
	pub(super) keys: BTreeMap<KeyNo, Key>,
	/// (member, center).
	pub(super) affiliation: Relation,
	/// (patient, center).
	pub(super) care: Relation,
	/// (device, patient).
	pub(super) pairing: Relation,
	/// (patient, excluded).
	pub(super) exclusion: Relation,
	pub(super) records: Vec<Record>,
	pub(super) grants: Vec<Grant>,
	/// Whether the request of (patient, requester) is open.
	pub(super) requests: BTreeMap<(Id, Id), bool>,
}

impl Model {
	pub(super) fn person(&self, id: Id) -> Option<&Person> {
		let index = usize::try_from(id).ok()?.checked_sub(1)?;
		self.people.get(index)
	}

	pub(super) fn person_mut(&mut self, id: Id) -> &mut Person {
		&mut self.people[id as usize - 1]
	}

	pub(super) fn role(&self, id: Id) -> Option<Role> {
		self.person(id).map(|person| person.role)
	}

	pub(super) fn is_active(&self, id: Id, at: Moment) -> bool {
		self.person(id).is_some_and(|person| person.is_active(at))
	}

	/// Who sits in the council at a moment, by number: health authorities, and the founding centers,
	/// which have seats.
	pub(super) fn council(&self, at: Moment) -> Vec<Id> {
		let sits = |id: &Id| match self.role(*id) {
			Some(Role::HealthAuthority) => true,
			_ => CENTERS.contains(id),
		};
		let all = 1..=self.people.len() as Id;
		all.filter(sits).filter(|id| self.is_active(*id, at)).collect()
	}

	/// Whether the sponsor of a center alone may stop it: not if it has a seat, and another center that
	/// has one is stopped or soon will be.
	pub(super) fn can_be_spared(&self, center: Id) -> bool {
		let stays = |id: &Id| [0, NOTICE].iter().all(|after| self.is_active(*id, self.now + after));
		let stopped = CENTERS.iter().filter(|id| !stays(id)).count();
		!CENTERS.contains(&center) || !stays(&center) || stopped == 0
	}

	/// A key that can vote in the council for `id` now, if it has one.
	pub(super) fn voter(&self, id: Id) -> Option<KeyNo> {
		let votes =
			|key: &Key| key.owner == id && !key.retired && key.roles.contains(KeyRoles::GOVERN);
		let found = self.keys.iter().find(|(_, key)| votes(key)).map(|(number, _)| *number);
		found.filter(|_| self.is_active(id, self.now))
	}

	/// The centers that `actor` works for; for a center, itself.
	pub(super) fn workplaces(&self, actor: Id, at: Moment) -> Vec<Id> {
		match self.role(actor) {
			Some(Role::MedicalCenter) => vec![actor],
			_ => {
				let ever = self.affiliation.ever(actor).into_iter();
				ever.filter(|center| self.affiliation.holds((actor, *center), at)).collect()
			},
		}
	}

	/// The nearest active sponsor of `id`, or its sponsor's, and so on; none is the consortium.
	pub(super) fn administrator(&self, id: Id) -> Option<Id> {
		let sponsor = self.person(id)?.sponsor?;
		match self.is_active(sponsor, self.now) {
			true => Some(sponsor),
			false => self.administrator(sponsor),
		}
	}

	/// The key with which the vault of `center` signs receipts now.
	pub(super) fn receipt_key(&self, center: Id) -> Option<KeyNo> {
		let vault = self.person(center).filter(|person| person.is_active(self.now))?.vault?;
		self.is_receipt_key_of(vault, center).then_some(vault)
	}

	pub(super) fn is_receipt_key_of(&self, key: KeyNo, center: Id) -> bool {
		self.keys.get(&key).is_some_and(|key| {
			key.owner == center && key.roles == KeyRoles::RECEIPT && !key.retired
		})
	}

	/// Live keys of `id` that can act.
	pub(super) fn acting_keys(&self, id: Id) -> usize {
		let acts =
			|key: &&Key| key.owner == id && !key.retired && key.roles.contains(KeyRoles::ACT);
		self.keys.values().filter(acts).count()
	}

	/// Grants of `patient` to `grantee` that are not over.
	pub(super) fn live_grants(&self, patient: Id, grantee: Id) -> usize {
		let is_live = |grant: &&Grant| {
			(grant.patient, grant.grantee) == (patient, grantee) && !grant.is_over(self.now)
		};
		self.grants.iter().filter(is_live).count()
	}
}
