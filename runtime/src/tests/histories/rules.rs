//! What the model says of calls: the rules that a call breaks, and what it says if it breaks none.
//!
//! Which of several broken rules a pallet names first is its own affair; that it names one of them,
//! and succeeds only if there is none, is not.

use std::collections::BTreeSet;

use ward_primitives::{
	participant::{Condition, NOTICE},
	Action, Basis, KeyRoles, Moment, Reason, Role,
};

use super::{
	bases::{Opening, Question},
	model::{
		Content, Grant, Id, Key, KeyNo, Model, Person, Record, RecordNo, Said, Selection, Standing,
		Terms, Word,
	},
};

/// The most centers that somebody can ever be affiliated with.
pub(super) const MOST_AFFILIATIONS: usize = 32;

/// The most grants to one grantee that are not over.
pub(super) const MOST_GRANTS: usize = 32;

/// The largest ciphertext.
pub(super) const MOST_BYTES: u64 = 1 << 44;

/// How far ahead the end of a proof may lie.
pub(super) const LONGEST_PROOF: Moment = 48 * 3_600_000;

/// A key's word that it wants to be on the chain.
#[derive(Clone, Copy, Debug)]
pub(super) struct Proof {
	/// Whether it is signed with the key and says what the call says.
	pub(super) is_right: bool,
	/// Whether the key is an Ed25519 key.
	pub(super) is_ed25519: bool,
	pub(super) until: Moment,
}

/// A custodian's word that it holds a record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Receipt {
	pub(super) custodian: Id,
	/// The key that signed it.
	pub(super) key: KeyNo,
	/// Whether it is about this record.
	pub(super) is_right: bool,
	pub(super) until: Moment,
}

/// A record that is to be anchored.
#[derive(Clone, Debug)]
pub(super) struct Draft {
	pub(super) patient: Id,
	pub(super) on_behalf_of: Option<Id>,
	pub(super) content: Content,
	pub(super) size: u64,
	pub(super) receipts: Vec<Receipt>,
}

/// A call of Ward's.
#[derive(Clone, Debug)]
pub(super) enum Call {
	Enrol {
		role: Role,
		key: KeyNo,
		care: bool,
		proof: Proof,
	},
	AdmitHealthAuthority {
		key: KeyNo,
		proof: Proof,
	},
	AttachKey {
		key: KeyNo,
		roles: KeyRoles,
		proof: Proof,
	},
	RetireKey {
		key: KeyNo,
	},
	RotateKey {
		key: KeyNo,
		proof: Proof,
	},
	SetSealingKey,
	SetVault {
		key: KeyNo,
		endpoint_is_right: bool,
		release_key_is_right: bool,
	},
	Affiliate {
		member: Id,
	},
	EndAffiliation {
		member: Id,
		center: Id,
	},
	OpenCare {
		center: Id,
	},
	EndCare {
		patient: Id,
		center: Id,
	},
	PairDevice {
		device: Id,
		patient: Id,
	},
	UnpairDevice {
		device: Id,
		patient: Id,
	},
	Suspend {
		who: Id,
	},
	Reinstate {
		who: Id,
		until: Option<Moment>,
	},
	Deactivate {
		who: Id,
	},
	Freeze {
		who: Id,
	},
	SetExpiry {
		who: Id,
		until: Option<Moment>,
	},
	Anchor {
		draft: Draft,
	},
	AnchorBatch {
		drafts: Vec<Draft>,
	},
	Supersede {
		old: RecordNo,
		draft: Draft,
	},
	HandOver {
		/// Each with the receipt of who takes it over.
		records: Vec<(RecordNo, Receipt)>,
	},
	Request {
		patient: Id,
		terms: Terms,
		until: Option<Moment>,
	},
	CancelRequest {
		patient: Id,
	},
	DeclineRequest {
		requester: Id,
	},
	Grant {
		grantee: Id,
		terms: Terms,
		from: Option<Moment>,
		until: Option<Moment>,
	},
	Amend {
		grant: usize,
		terms: Terms,
		until: Option<Moment>,
	},
	Withdraw {
		grant: usize,
	},
	Exclude {
		who: Id,
	},
	EndExclusion {
		who: Id,
	},
	/// A two-thirds majority of the council makes the call.
	Enact(Box<Call>),
}

/// Whose call it is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Caller {
	Consortium,
	Key(KeyNo),
}

/// The names of errors.
pub(super) type Broken = BTreeSet<&'static str>;

/// Collects the rules that do not hold.
#[derive(Default)]
struct Rules(Broken);

impl Rules {
	fn must(&mut self, holds: bool, otherwise: &'static str) {
		if !holds {
			self.0.insert(otherwise);
		}
	}
}

impl Selection {
	fn is_valid(&self) -> bool {
		self.categories.as_ref().is_none_or(|some| !some.is_empty())
			&& self.records.as_ref().is_none_or(|some| !some.is_empty())
			&& self.period.is_none_or(|(start, end)| start <= end)
	}
}

impl Terms {
	fn is_valid(&self) -> bool {
		let is_exception = |some: &Selection| some.is_valid() && *some != Selection::default();
		(self.read || self.write)
			&& !self.purposes.is_empty()
			&& self.scope.is_valid()
			&& self.exceptions.iter().all(is_exception)
	}

	fn records(&self) -> impl Iterator<Item = RecordNo> + '_ {
		let scopes = [&self.scope].into_iter().chain(&self.exceptions);
		scopes.flat_map(|scope| scope.records.iter().flatten().copied())
	}
}

/// The roles that a key of such a participant can have.
fn possible_roles(role: Role) -> KeyRoles {
	match role {
		Role::HealthAuthority => KeyRoles(0b00111),
		Role::MedicalCenter => KeyRoles(0b11111),
		_ => KeyRoles(0b00001),
	}
}

/// The roles of keys that sign no call.
pub(super) const UNATTENDED: [KeyRoles; 2] = [KeyRoles::RECEIPT, KeyRoles::WITNESS];

/// The roles of the key that such a participant is enrolled with.
pub(super) fn first_roles(role: Role) -> KeyRoles {
	match role {
		Role::HealthAuthority | Role::MedicalCenter => KeyRoles(0b00111),
		_ => KeyRoles(0b00001),
	}
}

impl Model {
	/// Why a transaction signed with this key goes into no block, whatever it says.
	pub(super) fn refusal(&self, signer: KeyNo) -> Option<&'static str> {
		match self.keys.get(&signer) {
			None => Some("UnknownKey"),
			Some(key) if key.retired => Some("RetiredKey"),
			Some(key) if UNATTENDED.contains(&key.roles) => Some("KeyCannotCall"),
			Some(_) => None,
		}
	}

	/// The rules that the call breaks. Only asked for signers that are not refused.
	pub(super) fn broken(&self, caller: Caller, call: &Call) -> Broken {
		let mut rules = Rules::default();
		match caller {
			Caller::Consortium => self.judge_administration(&mut rules, caller, call),
			Caller::Key(signer) => match call {
				Call::Suspend { .. }
				| Call::Reinstate { .. }
				| Call::Deactivate { .. }
				| Call::Freeze { .. }
				| Call::SetExpiry { .. } => self.judge_administration(&mut rules, caller, call),
				Call::Enact(inner) => match **inner {
					Call::AdmitHealthAuthority { .. }
					| Call::Suspend { .. }
					| Call::Reinstate { .. }
					| Call::Deactivate { .. }
					| Call::Freeze { .. }
					| Call::SetExpiry { .. } => return self.broken(Caller::Consortium, inner),
					_ => rules.must(false, "NotAllowed"),
				},
				_ => self.judge_own(&mut rules, signer, call),
			},
		}
		rules.0
	}

	/// Calls in the name of the signer's participant.
	fn judge_own(&self, rules: &mut Rules, signer: KeyNo, call: &Call) {
		let key = self.keys[&signer];
		let (me, now) = (key.owner, self.now);
		let my_role = self.role(me).expect("keys have owners");
		let needed = match call {
			Call::Enrol { .. } | Call::Affiliate { .. } => KeyRoles::ENROL,
			Call::RotateKey { .. }
			| Call::EndAffiliation { .. }
			| Call::EndCare { .. }
			| Call::PairDevice { .. }
			| Call::UnpairDevice { .. } => KeyRoles(0),
			_ => KeyRoles::ACT,
		};
		rules.must(key.roles.contains(needed), "KeyRoleMissing");
		// What only takes away rights does not ask whether the caller is active.
		let only_ends = matches!(
			call,
			Call::RetireKey { .. }
				| Call::EndAffiliation { .. }
				| Call::EndCare { .. }
				| Call::UnpairDevice { .. }
				| Call::CancelRequest { .. }
				| Call::DeclineRequest { .. }
				| Call::Withdraw { .. }
				| Call::Exclude { .. }
		);
		rules.must(only_ends || self.is_active(me, now), "NotActive");
		let acts_for = |id| key.owner == id && key.roles.contains(KeyRoles::ACT);
		let enrols_for = |id| key.owner == id && key.roles.contains(KeyRoles::ENROL);
		let active_as = |rules: &mut Rules, id, role| {
			rules.must(self.role(id).is_some(), "NotFound");
			rules.must(self.role(id) == Some(role), "WrongRole");
			rules.must(self.is_active(id, now), "OtherNotActive");
		};
		match call {
			Call::Enrol { role, key, care, proof } => {
				rules.must(role.sponsor() == Some(my_role), "SponsorMismatch");
				rules.must(!care || *role == Role::Patient, "CareWithoutPatient");
				self.judge_proof(rules, *key, proof);
			},
			Call::AttachKey { key, roles, proof } => {
				let fit = roles.is_valid() && possible_roles(my_role).contains(*roles);
				rules.must(fit, "RolesNotAllowed");
				let may_be_any = !UNATTENDED.contains(roles);
				rules.must(may_be_any || proof.is_ed25519, "NotEd25519");
				self.judge_proof(rules, *key, proof);
			},
			Call::RotateKey { key, proof } => self.judge_proof(rules, *key, proof),
			Call::RetireKey { key } => {
				let target = self.keys.get(key);
				rules.must(target.is_some(), "UnknownKey");
				let Some(target) = target else { return };
				rules.must(target.owner == me, "NotAuthorized");
				rules.must(!target.retired, "RetiredKey");
				let is_last = target.roles.contains(KeyRoles::ACT) && self.acting_keys(me) < 2;
				rules.must(!is_last, "LastActingKey");
			},
			Call::SetSealingKey => {},
			Call::SetVault { key, endpoint_is_right, release_key_is_right } => {
				rules.must(my_role == Role::MedicalCenter, "WrongRole");
				rules.must(*endpoint_is_right, "InvalidEndpoint");
				rules.must(*release_key_is_right, "InvalidReleaseKey");
				rules.must(self.is_receipt_key_of(*key, me), "InvalidReceiptKey");
			},
			Call::Affiliate { member } => {
				rules.must(my_role == Role::MedicalCenter, "WrongRole");
				let role = self.role(*member);
				rules.must(role.is_some(), "NotFound");
				let works = matches!(role, Some(Role::Practitioner | Role::Device));
				rules.must(works, "WrongRole");
				rules.must(self.is_active(*member, now), "OtherNotActive");
				rules.must(!self.affiliation.holds((*member, me), now), "AlreadyExists");
				let ever = self.affiliation.ever(*member);
				let has_room = ever.contains(&me) || ever.len() < MOST_AFFILIATIONS;
				rules.must(has_room, "TooManyAffiliations");
			},
			Call::EndAffiliation { member, center } => {
				rules.must(acts_for(*member) || enrols_for(*center), "NotAuthorized");
				rules.must(self.affiliation.holds((*member, *center), now), "NotFound");
			},
			Call::OpenCare { center } => {
				rules.must(my_role == Role::Patient, "WrongRole");
				active_as(rules, *center, Role::MedicalCenter);
				rules.must(!self.care.holds((me, *center), now), "AlreadyExists");
			},
			Call::EndCare { patient, center } => {
				rules.must(acts_for(*patient) || enrols_for(*center), "NotAuthorized");
				rules.must(self.care.holds((*patient, *center), now), "NotFound");
			},
			Call::PairDevice { device, patient } => {
				let is_sponsor = self.person(*device).is_some_and(|d| d.sponsor == Some(me));
				if is_sponsor {
					rules.must(key.roles.contains(KeyRoles::ENROL), "KeyRoleMissing");
					rules.must(self.care.holds((*patient, me), now), "NotAuthorized");
				} else {
					rules.must(acts_for(*patient), "NotAuthorized");
				}
				active_as(rules, *device, Role::Device);
				active_as(rules, *patient, Role::Patient);
				rules.must(!self.pairing.holds((*device, *patient), now), "AlreadyExists");
			},
			Call::UnpairDevice { device, patient } => {
				let sponsor = self.person(*device).and_then(|device| device.sponsor);
				let may =
					acts_for(*patient) || acts_for(*device) || sponsor.is_some_and(enrols_for);
				rules.must(may, "NotAuthorized");
				rules.must(self.pairing.holds((*device, *patient), now), "NotFound");
			},
			Call::Anchor { draft } => self.judge_draft(rules, me, draft, &[]),
			Call::AnchorBatch { drafts } => {
				rules.must(!drafts.is_empty(), "EmptyBatch");
				for (number, draft) in drafts.iter().enumerate() {
					self.judge_draft(rules, me, draft, &drafts[..number]);
				}
			},
			Call::Supersede { old, draft } => {
				rules.must(self.records.get(*old).is_some(), "NotFound");
				if let Some(old) = self.records.get(*old) {
					rules.must(old.patient == draft.patient, "PatientMismatch");
					rules.must(old.is_head, "AlreadySuperseded");
					let same_center = old.center.is_some() && old.center == draft.on_behalf_of;
					rules.must(me == draft.patient || same_center, "NotAuthor");
				}
				self.judge_draft(rules, me, draft, &[]);
			},
			Call::HandOver { records } => {
				rules.must(!records.is_empty(), "EmptyBatch");
				for (number, (record, receipt)) in records.iter().enumerate() {
					let found = self.records.get(*record);
					rules.must(found.is_some(), "NotFound");
					let is_gone = records[..number].iter().any(|(earlier, _)| earlier == record);
					let is_held = found.is_some_and(|found| found.custodians.contains(&me));
					rules.must(is_held && !is_gone, "NotCustodian");
					rules.must(receipt.custodian != me, "SameCustodian");
					self.judge_receipt(rules, receipt);
				}
			},
			_ => self.judge_consent(rules, me, my_role, call),
		}
	}

	/// Calls about a patient's will.
	fn judge_consent(&self, rules: &mut Rules, me: Id, my_role: Role, call: &Call) {
		let now = self.now;
		let is_grantee =
			|id| matches!(self.role(id), Some(Role::Practitioner | Role::MedicalCenter));
		let lasts = |from: Moment, until: &Option<Moment>| until.is_none_or(|until| from < until);
		let judge_terms = |rules: &mut Rules, terms: &Terms| {
			rules.must(terms.is_valid(), "InvalidTerms");
			let is_mine = |number: RecordNo| {
				self.records.get(number).is_some_and(|record| record.patient == me)
			};
			rules.must(terms.records().all(is_mine), "UnknownRecord");
		};
		let judge_request = |rules: &mut Rules, pair| {
			rules.must(self.requests.contains_key(&pair), "NotFound");
			rules.must(self.requests.get(&pair) != Some(&false), "AlreadyClosed");
		};
		let judge_grant = |rules: &mut Rules, number: usize| {
			let grant = self.grants.get(number);
			rules.must(grant.is_some(), "NotFound");
			rules.must(grant.is_none_or(|grant| grant.patient == me), "NotAuthorized");
			rules.must(grant.is_none_or(|grant| !grant.is_over(now)), "AlreadyEnded");
		};
		match call {
			Call::Request { patient, terms, until } => {
				rules.must(is_grantee(me), "WrongRole");
				rules.must(self.role(*patient) == Some(Role::Patient), "UnknownPatient");
				rules.must(terms.is_valid(), "InvalidTerms");
				rules.must(lasts(now, until), "InvalidInterval");
			},
			Call::CancelRequest { patient } => judge_request(rules, (*patient, me)),
			Call::DeclineRequest { requester } => judge_request(rules, (me, *requester)),
			Call::Grant { grantee, terms, from, until } => {
				rules.must(my_role == Role::Patient, "NotAPatient");
				rules.must(is_grantee(*grantee), "WrongRole");
				rules.must(self.is_active(*grantee, now), "InactiveGrantee");
				let from = from.unwrap_or(now);
				rules.must(now <= from, "Backdated");
				rules.must(lasts(from, until), "InvalidInterval");
				judge_terms(rules, terms);
				rules.must(self.live_grants(me, *grantee) < MOST_GRANTS, "TooManyGrants");
			},
			Call::Amend { grant, terms, until } => {
				judge_grant(rules, *grant);
				let start = self.grants.get(*grant).map_or(now, |grant| grant.start.max(now));
				rules.must(lasts(start, until), "InvalidInterval");
				judge_terms(rules, terms);
			},
			Call::Withdraw { grant } => judge_grant(rules, *grant),
			Call::Exclude { who } => {
				rules.must(my_role == Role::Patient, "NotAPatient");
				rules.must(is_grantee(*who), "WrongRole");
				rules.must(!self.exclusion.holds((me, *who), now), "AlreadyExcluded");
			},
			Call::EndExclusion { who } => {
				rules.must(self.exclusion.holds((me, *who), now), "NotFound");
			},
			other => panic!("{other:?} is judged elsewhere"),
		}
	}

	/// Calls about somebody's standing, and those of the consortium.
	fn judge_administration(&self, rules: &mut Rules, caller: Caller, call: &Call) {
		let now = self.now;
		let (who, until, own_key_suffices) = match call {
			Call::AdmitHealthAuthority { key, proof } => {
				return self.judge_proof(rules, *key, proof);
			},
			Call::Suspend { who } => (*who, None, false),
			Call::Reinstate { who, until } | Call::SetExpiry { who, until } => {
				(*who, *until, false)
			},
			Call::Deactivate { who } | Call::Freeze { who } => (*who, None, true),
			other => panic!("{other:?} is not the consortium's"),
		};
		let Some(person) = self.person(who) else { return rules.must(false, "NotFound") };
		let administrator = self.administrator(who);
		match caller {
			Caller::Consortium => rules.must(administrator.is_none(), "NotAuthorized"),
			Caller::Key(signer) => {
				let key = self.keys[&signer];
				let is_own = key.owner == who && key.roles.contains(KeyRoles::ACT);
				if !(own_key_suffices && is_own) {
					rules.must(key.roles.contains(KeyRoles::ENROL), "KeyRoleMissing");
					rules.must(self.is_active(key.owner, now), "NotActive");
					rules.must(administrator == Some(key.owner), "NotAuthorized");
					let stops = match call {
						Call::Reinstate { .. } => false,
						Call::SetExpiry { until, .. } => {
							until.is_some_and(|until| until <= now + NOTICE)
						},
						_ => true,
					};
					rules.must(!stops || self.can_be_spared(who), "CannotBeSpared");
				}
			},
		}
		let fits = match call {
			Call::Suspend { .. } => person.condition == Condition::Active,
			Call::Reinstate { .. } => {
				!person.is_active(now) && person.condition != Condition::Deactivated
			},
			Call::Deactivate { .. } => person.condition != Condition::Deactivated,
			Call::Freeze { .. } => {
				matches!(person.condition, Condition::Active | Condition::Suspended)
			},
			_ => person.is_active(now),
		};
		rules.must(fits, "WrongCondition");
		rules.must(until.is_none_or(|until| now < until), "EndNotAhead");
	}

	fn judge_proof(&self, rules: &mut Rules, key: KeyNo, proof: &Proof) {
		rules.must(self.now < proof.until, "Expired");
		rules.must(proof.until <= self.now + LONGEST_PROOF, "ValidityTooLong");
		rules.must(!self.keys.contains_key(&key), "AlreadyExists");
		rules.must(proof.is_right, "InvalidProof");
	}

	/// A new record of `me`, after the `earlier` ones of its batch.
	fn judge_draft(&self, rules: &mut Rules, me: Id, draft: &Draft, earlier: &[Draft]) {
		let now = self.now;
		rules.must((1..=MOST_BYTES).contains(&draft.size), "InvalidSize");
		rules.must(self.role(draft.patient) == Some(Role::Patient), "UnknownPatient");
		let same = |patient: Id, content: &Content| {
			(patient, content.number) == (draft.patient, draft.content.number)
		};
		let known = self.records.iter().any(|r| r.author == me && same(r.patient, &r.content))
			|| earlier.iter().any(|other| same(other.patient, &other.content));
		rules.must(!known, "AlreadyExists");

		let ask = Question {
			patient: draft.patient,
			record: None,
			actor: me,
			on_behalf_of: draft.on_behalf_of,
			action: Action::Write,
			purpose: ward_primitives::PurposeOfUse::Treat,
			at: now,
			opening: Opening::Missing,
		};
		match self.bases(&ask) {
			Err(Reason::Excluded) => rules.must(false, "Excluded"),
			Err(_) if draft.on_behalf_of.is_none() && may_name_center(self.role(me)) => {
				rules.must(false, "CenterRequired");
			},
			Err(_) => rules.must(false, "NotAuthorized"),
			Ok(live) if live.iter().any(|(basis, _)| *basis == Basis::Own) => {
				rules.must(draft.on_behalf_of.is_none(), "UnexpectedCenter");
			},
			Ok(_) => match draft.on_behalf_of {
				None => rules.must(false, "CenterRequired"),
				Some(center) => {
					let works = self.workplaces(me, now).contains(&center);
					rules.must(works && self.is_active(center, now), "NotAffiliated");
				},
			},
		}
		rules.must(!draft.receipts.is_empty(), "NoDeposit");
		for (number, receipt) in draft.receipts.iter().enumerate() {
			let repeats = |other: &Receipt| other.custodian == receipt.custodian;
			let is_repeated = draft.receipts[..number].iter().any(repeats);
			rules.must(!is_repeated, "DuplicateCustodian");
			self.judge_receipt(rules, receipt);
		}
	}

	fn judge_receipt(&self, rules: &mut Rules, receipt: &Receipt) {
		rules.must(self.now < receipt.until, "Expired");
		let key = self.receipt_key(receipt.custodian);
		rules.must(key.is_some(), "NotACustodian");
		let is_genuine = receipt.is_right && key.is_none_or(|key| key == receipt.key);
		rules.must(is_genuine, "InvalidSignature");
	}

	/// Says what a call that breaks no rule says.
	pub(super) fn apply(&mut self, caller: Caller, call: &Call) {
		let now = self.now;
		let signer = match (caller, call) {
			(_, Call::Enact(inner)) => return self.apply(Caller::Consortium, inner),
			(Caller::Key(key), _) => Some(key),
			(Caller::Consortium, _) => None,
		};
		let me = signer.map_or(0, |signer| self.keys[&signer].owner);
		match call.clone() {
			Call::Enrol { role, key, care, .. } => self.enrol(Some(me), role, key, care),
			Call::AdmitHealthAuthority { key, .. } => {
				self.enrol(None, Role::HealthAuthority, key, false);
			},
			Call::AttachKey { key, roles, .. } => {
				self.keys.insert(key, Key { owner: me, roles, retired: false });
			},
			Call::RetireKey { key } => self.retire(key),
			Call::RotateKey { key, .. } => {
				let old = signer.expect("the consortium has no keys");
				self.keys.insert(key, self.keys[&old]);
				self.retire(old);
			},
			Call::SetSealingKey => {},
			Call::SetVault { key, .. } => self.person_mut(me).vault = Some(key),
			Call::Affiliate { member } => self.affiliation.say(now, (member, me), true),
			Call::EndAffiliation { member, center } => {
				self.affiliation.say(now, (member, center), false);
			},
			Call::OpenCare { center } => self.care.say(now, (me, center), true),
			Call::EndCare { patient, center } => self.care.say(now, (patient, center), false),
			Call::PairDevice { device, patient } => self.pairing.say(now, (device, patient), true),
			Call::UnpairDevice { device, patient } => {
				self.pairing.say(now, (device, patient), false);
			},
			Call::Suspend { who } => self.stop(who, Condition::Suspended),
			Call::Deactivate { who } => self.stop(who, Condition::Deactivated),
			Call::Freeze { who } => self.stop(who, Condition::Frozen),
			Call::Reinstate { who, until } | Call::SetExpiry { who, until } => {
				let person = self.person_mut(who);
				person.standing.say(now, Standing::Active(until));
				person.condition = Condition::Active;
			},
			Call::Anchor { draft } => self.anchor(me, draft, None),
			Call::AnchorBatch { drafts } => {
				drafts.into_iter().for_each(|draft| self.anchor(me, draft, None));
			},
			Call::Supersede { old, draft } => {
				self.anchor(me, draft, Some(old));
				self.records[old].is_head = false;
			},
			Call::HandOver { records } => {
				for (record, receipt) in records {
					let custodians = &mut self.records[record].custodians;
					custodians.retain(|center| ![me, receipt.custodian].contains(center));
					custodians.push(receipt.custodian);
				}
			},
			Call::Request { patient, .. } => {
				self.requests.insert((patient, me), true);
			},
			Call::CancelRequest { patient } => {
				self.requests.insert((patient, me), false);
			},
			Call::DeclineRequest { requester } => {
				self.requests.insert((me, requester), false);
			},
			Call::Grant { grantee, terms, from, until } => {
				let mut words = Said::default();
				words.say(now, Word { terms, until });
				let start = from.unwrap_or(now);
				self.grants.push(Grant { patient: me, grantee, start, words, withdrawn: None });
				if let Some(open) = self.requests.get_mut(&(me, grantee)) {
					*open = false;
				}
			},
			Call::Amend { grant, terms, until } => {
				self.grants[grant].words.say(now, Word { terms, until });
			},
			Call::Withdraw { grant } => self.grants[grant].withdrawn = Some(now),
			Call::Exclude { who } => self.exclusion.say(now, (me, who), true),
			Call::EndExclusion { who } => self.exclusion.say(now, (me, who), false),
			Call::Enact(_) => {},
		}
	}

	/// Brings somebody onto the chain.
	pub(super) fn enrol(&mut self, sponsor: Option<Id>, role: Role, key: KeyNo, care: bool) {
		let now = self.now;
		let mut standing = Said::default();
		standing.say(now, Standing::Active(None));
		let condition = Condition::Active;
		self.people.push(Person { role, sponsor, standing, condition, vault: None });
		let id = self.people.len() as Id;
		self.keys.insert(key, Key { owner: id, roles: first_roles(role), retired: false });
		if let Some(center) = sponsor {
			if matches!(role, Role::Practitioner | Role::Device) {
				self.affiliation.say(now, (id, center), true);
			}
			if care {
				self.care.say(now, (id, center), true);
			}
		}
	}

	fn retire(&mut self, key: KeyNo) {
		self.keys.get_mut(&key).expect("it is on the chain").retired = true;
	}

	fn stop(&mut self, who: Id, condition: Condition) {
		let now = self.now;
		let person = self.person_mut(who);
		person.standing.say(now, Standing::Stopped);
		person.condition = condition;
	}

	fn anchor(&mut self, author: Id, draft: Draft, old: Option<RecordNo>) {
		let number = self.records.len();
		self.records.push(Record {
			patient: draft.patient,
			author,
			center: draft.on_behalf_of,
			content: draft.content,
			custodians: draft.receipts.iter().map(|receipt| receipt.custodian).collect(),
			anchored: self.now,
			first: old.map_or(number, |old| self.records[old].first),
			is_head: true,
		});
	}
}

/// Whether somebody of this role writes on behalf of a center.
fn may_name_center(role: Option<Role>) -> bool {
	matches!(role, Some(Role::MedicalCenter | Role::Practitioner | Role::Device))
}
