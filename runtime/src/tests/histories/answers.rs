//! What a vault answers over HTTP, compared with what the model says at both heads.

use std::{
	cell::RefCell,
	collections::{BTreeMap, BTreeSet},
	time::Instant,
};

use reqwest::StatusCode;
use ward_primitives::{Decision, ParticipantId, Reason, RecordId};
use ward_vault::access_log::Entry;
use ward_vault_api::{
	log::{Event, LogEntryJson},
	problem::Problem,
	record::RecordFactsJson,
	release::ReleasedKey,
};

use super::{
	super::GENESIS,
	bases::Live,
	calls::{self, ciphertext, record_id, SIZE},
	coverage::Tally,
	dice::Dice,
	how_many,
	model::{Content, Id, KeyNo, Model},
	readers::{copier, holder, reader, Reader},
	rules::{Call, Draft},
	snapshots::{Heads, Snapshot},
	try_many,
	vault::{is_patient_only, Answer, House, CENTER},
	Founding, Header, Witness, World, FEW,
};

/// One history with a vault for so many without.
const SHARE: u32 = 25;

/// How many blocks the finalized head may be behind.
const MOST_LAG: usize = 4;

/// The health authority, which is nobody's patient.
const AUTHORITY: Id = 1;

/// What must have been seen once the usual number of histories is through.
const EXPECTED: [&str; 14] = [
	"content",
	"facts",
	"key",
	"key unknown",
	"denied at the best head only",
	"denied at the finalized head only",
	"denied as not kept here",
	"denied as not lodged",
	"denied: ActorInactive",
	"denied: Excluded",
	"denied: GrantEnded",
	"denied: NoBasis",
	"denied: OpeningMissing",
	"denied: UnknownRecord",
];

/// The people who ask a vault while a history happens.
struct Audience {
	house: Option<House>,
	dice: Dice,
	/// What the vault has.
	lodged: BTreeSet<RecordId>,
	/// The first denial, but for the request's id; all others are the same.
	denial: Option<Problem>,
	requests: u32,
	seen: BTreeMap<String, u32>,
}

impl Witness for Audience {
	fn block(&mut self, world: &World, block: &Header) {
		let is_first = self.house.is_none();
		let house = self.house.get_or_insert_with(House::new);
		house.set_time(world.model.now);
		house.node.extend(Snapshot::take(world, block), self.dice.below(MOST_LAG));
		if is_first {
			self.deposit_first(&world.model);
		}
		self.ask(6);
	}

	fn call(&mut self, world: &World, signer: KeyNo, call: &Call) {
		let drafts = match call {
			Call::Anchor { draft } | Call::Supersede { draft, .. } => std::slice::from_ref(draft),
			Call::AnchorBatch { drafts } => &drafts[..],
			_ => return,
		};
		for draft in drafts {
			self.deposit(&world.model, signer, draft);
		}
	}
}

impl Audience {
	fn new(seed: u64) -> Self {
		Self {
			house: None,
			dice: Dice(seed),
			lodged: BTreeSet::new(),
			denial: None,
			requests: 0,
			seen: BTreeMap::new(),
		}
	}

	fn note(&mut self, what: &str) {
		*self.seen.entry(what.into()).or_default() += 1;
	}

	fn heads(&self) -> Option<Heads> {
		self.house.as_ref()?.node.heads()
	}

	fn house(&self) -> &House {
		self.house.as_ref().expect("there was a block")
	}

	/// Lodges the records with which all histories begin.
	fn deposit_first(&mut self, now: &Model) {
		for record in now.records.iter().filter(|record| record.custodians.contains(&CENTER)) {
			let keys = now.keys.iter().filter(|(_, key)| key.owner == record.author);
			let keys: Vec<_> = keys.map(|(number, _)| *number).collect();
			self.lodge(keys[0], (record.patient, record.author), &record.content);
		}
	}

	/// The author lodges the record with the vault before it is anchored, mostly.
	fn deposit(&mut self, now: &Model, signer: KeyNo, draft: &Draft) {
		let Some(author) = now.keys.get(&signer).map(|key| key.owner) else { return };
		let names_it = draft.receipts.iter().any(|receipt| receipt.custodian == CENTER);
		let lodges = self.dice.chance(if names_it { 90 } else { 20 });
		if draft.size == SIZE && lodges && self.house.is_some() {
			self.lodge(signer, (draft.patient, author), &draft.content);
		}
	}

	/// Announces and uploads; the vault must take it exactly if the author is in order at the finalized
	/// head.
	fn lodge(&mut self, signer: KeyNo, (patient, author): (Id, Id), what: &Content) {
		let heads = self.heads().expect("there was a block");
		let found = self.house().deposit(signer, patient, author, what);
		self.requests += 2;
		let final_word = &heads.finalized.world.model;
		let expected = match holder(final_word, signer) {
			// Another vault may hand records over; this one takes none.
			None if copier(final_word, signer).is_some() => StatusCode::FORBIDDEN,
			None => StatusCode::UNAUTHORIZED,
			Some(id) if !final_word.is_active(id, final_word.now) => StatusCode::FORBIDDEN,
			Some(_) => StatusCode::OK,
		};
		assert_eq!(found, expected, "{signer} deposits {what:?} about {patient}");
		if found == StatusCode::OK {
			let content = calls::content(patient, author, what, SIZE);
			self.lodged.insert(content.record_id(&GENESIS));
		}
	}

	/// Asks so many times for something.
	fn ask(&mut self, many: u32) {
		let Some(heads) = self.heads() else { return };
		for _ in 0..many {
			if let Some(reader) = reader(&mut self.dice, &heads) {
				self.check(&heads, reader);
			}
		}
	}

	/// Asks for something, and compares the answer and what is logged with the model.
	fn check(&mut self, heads: &Heads, reader: Reader) {
		let Heads { finalized, best } = heads;
		let record = record_id(&best.world.model, reader.record);
		let house = self.house();
		let from = house.log_length();
		let answer = house.read(reader.key, record, reader.event, reader.purpose);
		let final_word = &finalized.world.model;
		let patient = final_word.records.get(reader.record).map_or(0, |record| record.patient);
		let logged = house.decisions(patient, from);
		self.requests += 1;

		let copiers = [finalized, best].map(|head| copier(&head.world.model, reader.key));
		if let (Event::Content, [Some(center), Some(_)]) = (reader.event, copiers) {
			return self.check_copy(heads, &reader, (center, record), &answer, &logged);
		}
		let holders = [finalized, best].map(|head| holder(&head.world.model, reader.key));
		let Some(actor) = holders[0].filter(|_| holders[0] == holders[1]) else {
			assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{reader:?}");
			assert_eq!(logged, [], "{reader:?}");
			self.note("key unknown");
			if holders[0].is_some() {
				self.note("key unknown at the best head only");
			}
			return;
		};
		let [entry] = &logged[..] else {
			panic!("{reader:?}: {}, and not one entry but {logged:?}", answer.status);
		};
		let facts = &entry.facts;
		let found = (facts.actor, facts.record, facts.purpose, facts.event, facts.finalized);
		let said =
			(ParticipantId(actor), record, reader.purpose, reader.event, finalized.head.hash);
		assert_eq!(found, said, "{reader:?}");
		self.check_decision(heads, &reader, (actor, patient, record), facts.decision);
		match facts.decision {
			Decision::Permit { .. } => self.check_given(&best.world.model, &reader, &answer, entry),
			Decision::Deny { .. } => self.check_denial(&reader, &answer),
		}
	}

	/// The vaults of a record's other custodians may copy its content, and no others.
	fn check_copy(
		&mut self,
		heads: &Heads,
		reader: &Reader,
		(center, record): (Id, RecordId),
		answer: &Answer,
		logged: &[Entry],
	) {
		let final_word = &heads.finalized.world.model;
		let [entry] = logged else {
			panic!("{reader:?}: {}, and not one entry but {logged:?}", answer.status);
		};
		let facts = &entry.facts;
		let found = (facts.actor, facts.record, facts.event, facts.finalized);
		assert_eq!(found, (ParticipantId(center), record, Event::Copy, heads.finalized.head.hash));
		let row = final_word.records.get(reader.record);
		let row = row.filter(|row| row.custodians.contains(&CENTER));
		let refused = match row {
			_ if !final_word.is_active(center, final_word.now) => Some(Reason::ActorInactive),
			Some(row) if self.lodged.contains(&record) => {
				(!row.custodians.contains(&center)).then_some(Reason::NoBasis)
			},
			_ => Some(Reason::UnknownRecord),
		};
		match (refused, facts.decision) {
			(Some(expected), Decision::Deny { reason }) => {
				assert_eq!(reason, expected, "{reader:?}");
				self.note(&format!("copy denied: {reason:?}"));
				self.check_denial(reader, answer);
			},
			(None, Decision::Permit { .. }) => {
				assert_eq!(answer.status, StatusCode::OK, "{reader:?}");
				let row = row.expect("what is permitted is on the chain");
				assert_eq!(answer.body, ciphertext(&row.content), "{reader:?}");
				self.note("copy");
			},
			(expected, found) => panic!("{reader:?}: {found:?}, but {expected:?}"),
		}
	}

	/// The decision that the vault has logged must be that of the model.
	fn check_decision(
		&mut self,
		heads: &Heads,
		reader: &Reader,
		(actor, patient, record): (Id, Id, RecordId),
		found: Decision,
	) {
		let is_lodged = self.lodged.contains(&record);
		let ask = |head: &Snapshot| reader.question(head, actor, patient, is_lodged);
		let word = |head: &Snapshot| head.world.model.bases(&ask(head));
		let words = [word(&heads.finalized), word(&heads.best)];
		match &words {
			[Ok(_), Err(_)] => self.note("denied at the best head only"),
			[Err(_), Ok(_)] => self.note("denied at the finalized head only"),
			_ => {},
		}
		let [at_finalized, at_best] = words;
		let (head, word) = match at_finalized {
			Ok(live) => (&heads.best, at_best.map(|_| live)),
			denied @ Err(_) => (&heads.finalized, denied),
		};
		match (word, found) {
			(Err(expected), Decision::Deny { reason }) => {
				let forgotten = head.world.may_have_forgotten(&ask(head), expected, reason);
				assert!(
					reason == expected || forgotten,
					"{reader:?}: {reason:?}, not {expected:?}"
				);
				self.note(&format!("denied: {reason:?}"));
			},
			(Ok(live), found) => {
				self.check_permitted(heads, reader, (actor, is_lodged), &live, found);
			},
			(expected, found) => panic!("{reader:?}: {found:?}, but {expected:?}"),
		}
	}

	/// What the chain permits, the vault gives if it has it.
	fn check_permitted(
		&mut self,
		heads: &Heads,
		reader: &Reader,
		(actor, is_lodged): (Id, bool),
		live: &[Live],
		found: Decision,
	) {
		let row = heads.finalized.world.model.records.get(reader.record);
		let row = row.expect("what is permitted is on the chain");
		let is_theirs = [row.patient, row.author].contains(&actor);
		let withheld = reader.event == Event::Key && is_patient_only(&row.content) && !is_theirs;
		let (expected, why) = if !row.custodians.contains(&CENTER) {
			(Reason::UnknownRecord, "not kept here")
		} else if !is_lodged {
			(Reason::UnknownRecord, "not lodged")
		} else if withheld {
			(Reason::NoBasis, "for the patient only")
		} else {
			let Decision::Permit { basis, obligations } = found else {
				panic!("{reader:?}: {found:?}, but {live:?}");
			};
			assert!(live.contains(&(basis, obligations)), "{reader:?}: {found:?}, {live:?}");
			return;
		};
		assert_eq!(found, Decision::Deny { reason: expected }, "{reader:?}");
		self.note(&format!("denied as {why}"));
	}

	fn check_given(&mut self, now: &Model, reader: &Reader, answer: &Answer, entry: &Entry) {
		assert_eq!(answer.status, StatusCode::OK, "{reader:?}");
		let what = &now.records[reader.record].content;
		let decision = entry.facts.decision;
		match reader.event {
			Event::Content => assert_eq!(answer.body, ciphertext(what), "{reader:?}"),
			Event::Facts => {
				let facts: RecordFactsJson =
					serde_json::from_slice(&answer.body).expect("facts of a record");
				assert_eq!(facts.opening, calls::opening(what).into(), "{reader:?}");
				assert_eq!(facts.decision, decision, "{reader:?}");
			},
			_ => {
				let key: ReleasedKey =
					serde_json::from_slice(&answer.body).expect("a released key");
				assert_eq!(key.wrapped.recipient, entry.facts.actor, "{reader:?}");
				assert_eq!(key.decision, decision, "{reader:?}");
			},
		}
		self.note(match reader.event {
			Event::Key if is_patient_only(what) => "key as lodged",
			event => event.name(),
		});
	}

	/// All denials look the same.
	fn check_denial(&mut self, reader: &Reader, answer: &Answer) {
		assert_eq!(answer.status, StatusCode::FORBIDDEN, "{reader:?}");
		let mut problem: Problem = serde_json::from_slice(&answer.body).expect("a problem");
		problem.instance.clear();
		let first = self.denial.get_or_insert_with(|| problem.clone());
		assert_eq!(*first, problem, "{reader:?}");
	}

	/// Every patient who can ask reads in the log what was decided, and nobody else does.
	fn check_logs(&self) {
		let heads = self.heads().expect("there was a block");
		let model = &heads.finalized.world.model;
		let keys = model.keys.keys().filter_map(|key| Some((*key, holder(model, *key)?)));
		let owners: BTreeMap<Id, KeyNo> = keys.map(|(key, owner)| (owner, key)).collect();
		let patients: BTreeSet<Id> = model.records.iter().map(|record| record.patient).collect();
		for patient in patients {
			let Some(key) = owners.get(&patient) else { continue };
			let (mut read, mut from) = (Vec::new(), Some(0));
			while let Some(next) = from {
				let page = self.house().log(*key, patient, next).expect("it is the patient's");
				(read, from) = ([read, page.entries].concat(), page.next);
			}
			read.retain(|entry| entry.event != Event::Promotion);
			let decisions = self.house().decisions(patient, 0);
			let expected: Vec<_> = decisions.iter().map(LogEntryJson::from).collect();
			assert_eq!(read, expected, "the log of {patient}");
			let other = owners[&AUTHORITY];
			let refused = self.house().log(other, patient, 0);
			assert_eq!(refused.err(), Some(StatusCode::FORBIDDEN));
		}
	}
}

#[test]
fn a_vault_answers_over_http_as_the_model_says_at_both_heads() {
	let (histories, seed) = how_many();
	let histories = histories.div_ceil(SHARE);
	let founding = Founding::new(&mut Tally::default());
	let kept = concat!(env!("CARGO_MANIFEST_DIR"), "/src/tests/answers.failed");
	let all = RefCell::new((BTreeMap::<String, u32>::new(), 0));
	let started = Instant::now();
	try_many(histories, seed, kept, 40, |steps| {
		let mut audience = Audience::new(steps[0]);
		founding.live(steps, &mut audience);
		audience.ask(60);
		audience.check_logs();
		let (seen, requests) = (audience.seen, audience.requests);
		audience.house.expect("there was a block").close();
		let all = &mut *all.borrow_mut();
		seen.into_iter().for_each(|(what, many)| *all.0.entry(what).or_default() += many);
		all.1 += requests;
	});
	let (seen, requests) = all.into_inner();
	println!("{histories} histories, {requests} requests, {:?}: {seen:#?}", started.elapsed());
	if histories >= FEW.div_ceil(SHARE) {
		let missing: Vec<_> = EXPECTED.iter().filter(|what| !seen.contains_key(**what)).collect();
		assert!(missing.is_empty(), "never seen: {missing:?}");
	}
}
