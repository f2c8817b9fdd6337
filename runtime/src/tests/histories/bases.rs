//! What the model says of access: which bases are live, or why there is none.

use ward_primitives::{
	decision::Obligations, Action, Basis, GrantId, Moment, ParticipantId, PurposeOfUse, Reason,
	Role,
};

use super::model::{Content, Grant, Id, Model, Record, RecordNo, Selection, Terms};

/// What the custodian's opening of the record's attributes is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Opening {
	Right,
	Wrong,
	Missing,
}

/// A question about access.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question {
	pub(super) patient: Id,
	/// A number beyond the last is of no record.
	pub(super) record: Option<RecordNo>,
	pub(super) actor: Id,
	pub(super) on_behalf_of: Option<Id>,
	pub(super) action: Action,
	pub(super) purpose: PurposeOfUse,
	pub(super) at: Moment,
	pub(super) opening: Opening,
}

/// A basis, and what acting on it obliges to.
pub(super) type Live = (Basis, Obligations);

impl Model {
	/// Every basis that is live at the moment asked about; if there is none, the reason.
	pub(super) fn bases(&self, ask: &Question) -> Result<Vec<Live>, Reason> {
		let Question { patient, actor, at, action, .. } = *ask;
		if at > self.now {
			return Err(Reason::FutureMoment);
		}
		let person = self.person(actor).filter(|person| person.standing.at(at).is_some());
		let person = person.ok_or(Reason::UnknownActor)?;
		if !person.is_active(at) {
			return Err(Reason::ActorInactive);
		}
		let is_reading = action == Action::Read;
		let record = match action {
			Action::Read => Some(self.anchored(ask).ok_or(Reason::UnknownRecord)?),
			Action::Write => None,
		};
		let log = if is_reading { Obligations::LOG } else { Obligations::NONE };

		let is_paired = person.role == Role::Device && self.pairing.holds((actor, patient), at);
		if actor == patient || (is_paired && !is_reading) {
			return Ok(vec![(Basis::Own, log)]);
		}
		let workplaces = self.workplaces(actor, at);
		// Those in whose name the actor may act here.
		let mut principals = workplaces.clone();
		principals.retain(|center| self.is_active(*center, at));
		principals.retain(|center| ask.on_behalf_of.is_none_or(|only| only == *center));
		if is_reading && person.role == Role::Device {
			principals.clear();
		}
		let author = record.and_then(|record| record.center);
		if let Some(center) = author.filter(|center| principals.contains(center)) {
			return Ok(vec![(Basis::Authored { center: ParticipantId(center) }, log)]);
		}
		let is_excluded = |who: Id| self.exclusion.holds((patient, who), at);
		if is_excluded(actor) || workplaces.iter().any(|center| is_excluded(*center)) {
			return Err(Reason::Excluded);
		}

		let mut live = Vec::new();
		if !is_reading {
			for center in principals.iter().filter(|c| self.care.holds((patient, **c), at)) {
				let generation = self.care.generation((patient, *center), at);
				let basis = Basis::Care { center: ParticipantId(*center), generation };
				live.push((basis, log));
			}
		}
		let mut reasons = vec![Reason::NoBasis];
		// A center acting for another center does not act on its own grants.
		let mut grantees = principals;
		if person.role != Role::MedicalCenter {
			grantees.push(actor);
		}
		for (id, grant) in (0u64..).zip(&self.grants) {
			if grant.patient != patient || !grantees.contains(&grant.grantee) {
				continue;
			}
			match self.grant_permits(grant, ask, record) {
				Ok((generation, redisclosure)) => {
					let basis = Basis::Grant { grant: GrantId(id), generation };
					let limit = match redisclosure {
						true => Obligations::NONE,
						false => Obligations::NO_REDISCLOSURE,
					};
					live.push((basis, Obligations(log.0 | limit.0)));
				},
				Err(reason) => reasons.push(reason),
			}
		}
		match live.is_empty() {
			false => Ok(live),
			true => Err(reasons.into_iter().max().expect("there is one")),
		}
	}

	fn anchored(&self, ask: &Question) -> Option<&Record> {
		let record = self.records.get(ask.record?)?;
		(record.patient == ask.patient && record.anchored <= ask.at).then_some(record)
	}

	/// The generation of the grant that permits, and whether what is read may be passed on; or what
	/// stands in the way.
	fn grant_permits(
		&self,
		grant: &Grant,
		ask: &Question,
		record: Option<&Record>,
	) -> Result<(u32, bool), Reason> {
		let at = ask.at;
		let said = grant.words.until(at).count() as u32;
		if said == 0 || at < grant.start {
			return Err(Reason::GrantNotStarted);
		}
		let word = grant.words.at(at).expect("something was said");
		let withdrawn = grant.withdrawn.is_some_and(|when| when <= at);
		if withdrawn || word.until.is_some_and(|until| until <= at) {
			return Err(Reason::GrantEnded);
		}
		let terms: &Terms = &word.terms;
		let includes = match ask.action {
			Action::Read => terms.read,
			Action::Write => terms.write,
		};
		if !includes {
			return Err(Reason::ActionNotGranted);
		}
		let is_emergency = ask.purpose == PurposeOfUse::Etreat;
		let treatment = is_emergency && terms.purposes.contains(&PurposeOfUse::Treat);
		if !treatment && !terms.purposes.contains(&ask.purpose) {
			return Err(Reason::PurposeNotGranted);
		}
		let permitted = (said - 1, terms.redisclosure);
		let Some(record) = record else {
			let is_everything = terms.scope == Selection::default() && terms.exceptions.is_empty();
			return is_everything.then_some(permitted).ok_or(Reason::OutOfScope);
		};
		match ask.opening {
			Opening::Missing => return Err(Reason::OpeningMissing),
			Opening::Wrong => return Err(Reason::OpeningMismatch),
			Opening::Right => {},
		}
		let Content { categories, sensitivity, period, .. } = &record.content;
		if *sensitivity > terms.sensitivity {
			return Err(Reason::SensitivityNotGranted);
		}
		let all_in = |scope: &Selection| {
			self.names(scope, record)
				&& scope.categories.as_ref().is_none_or(|allowed| {
					categories.iter().all(|category| allowed.contains(category))
				}) && scope.period.is_none_or(|(start, end)| {
				period.is_some_and(|(first, last)| start <= first && last <= end)
			})
		};
		let some_in = |scope: &Selection| {
			self.names(scope, record)
				&& scope.categories.as_ref().is_none_or(|denied| {
					categories.iter().any(|category| denied.contains(category))
				}) && scope.period.is_none_or(|(start, end)| {
				period.is_none_or(|(first, last)| first <= end && start <= last)
			})
		};
		if !all_in(&terms.scope) {
			return Err(Reason::OutOfScope);
		}
		match terms.exceptions.iter().any(some_in) {
			true => Err(Reason::Excepted),
			false => Ok(permitted),
		}
	}

	/// Whether a selection means this record as far as records and authors go. A record stands for
	/// its whole lineage.
	fn names(&self, scope: &Selection, record: &Record) -> bool {
		let first = |number: &RecordNo| self.records.get(*number).map(|record| record.first);
		let by_number = scope
			.records
			.as_ref()
			.is_none_or(|named| named.iter().any(|number| first(number) == Some(record.first)));
		let by_author = scope
			.author
			.is_none_or(|author| author == record.author || Some(author) == record.center);
		by_number && by_author
	}
}
