//! A chain of tables: what a test writes into it is what the vault reads, at either head.

use std::{
	collections::HashMap,
	sync::{Arc, Mutex},
};

use ward_primitives::{
	decision::{ActorFacts, CenterFacts, DecisionInputs, Query, RecordFacts},
	receipt::{CohortState, CustodyState, LogRow, ReceiptTask},
	Custodian, Digest, Grant, Interval, KeyBytes, KeyRow, ParticipantId, ParticipantRow, RecordId,
	RecordRow, VaultRow,
};

use crate::chain::{ChainView, Head, Reply, StateView, Unreachable};

/// The state at one block.
#[derive(Clone)]
pub(super) struct Tables {
	pub(super) head: Head,
	pub(super) code_hash: Digest,
	pub(super) keys: HashMap<KeyBytes, KeyRow>,
	pub(super) participants: HashMap<u64, ParticipantRow>,
	pub(super) records: HashMap<Digest, RecordRow>,
	/// What the vault's center holds.
	pub(super) custody: Vec<RecordId>,
	/// What another center holds.
	pub(super) custody_elsewhere: HashMap<u64, Vec<RecordId>>,
	/// How the copies of records stand.
	pub(super) custody_states: HashMap<Digest, Vec<CustodyState>>,
	/// What centers publish of their vaults.
	pub(super) vaults: HashMap<u64, VaultRow>,
	/// What a witness has to ask the vault's center, by witness and cohort.
	pub(super) tasks: HashMap<(u64, u64), ReceiptTask>,
	/// What was reported of the access logs of centers.
	pub(super) logs: HashMap<u64, LogRow>,
	pub(super) grants: Vec<Grant>,
	/// Patient and whom the patient excluded, and when.
	pub(super) exclusions: HashMap<(u64, u64), Interval>,
	/// Whether the node never answers what is asked about storage receipts.
	pub(super) is_stuck: bool,
	/// Whom the node takes every query to be about, if it is confused.
	pub(super) mistaken_actor: Option<ParticipantId>,
}

/// The two heads, and the node that knows them.
pub(super) struct Node {
	pub(super) finalized: Tables,
	pub(super) best: Tables,
	pub(super) reachable: bool,
	pub(super) syncing: bool,
	/// Whether it has thrown the state of old blocks away.
	pub(super) pruned: bool,
	/// What was at each block.
	states: HashMap<Digest, Tables>,
	/// From which number on the chain is which of its forks.
	forks: Vec<(u64, u8)>,
}

impl Node {
	/// The hash of a block on the present fork.
	fn hash(&self, number: u64) -> Digest {
		let fork = self.forks.iter().rev().find(|(from, _)| *from <= number);
		let mut hash = [fork.map_or(0, |(_, fork)| *fork); 32];
		hash[..8].copy_from_slice(&number.to_le_bytes());
		hash
	}

	fn next_block(&mut self, is_final: bool) {
		let number = match is_final {
			true => self.finalized.head.number,
			false => self.best.head.number,
		};
		let hash = self.hash(number + 1);
		let tables = match is_final {
			true => &mut self.finalized,
			false => &mut self.best,
		};
		let timestamp = tables.head.timestamp + 2_000;
		tables.head = Head { hash, number: number + 1, timestamp };
		self.states.insert(hash, tables.clone());
	}
}

pub(super) struct TableChain {
	pub(super) genesis: Digest,
	pub(super) node: Mutex<Node>,
}

impl TableChain {
	pub(super) fn new(genesis: Digest, mut tables: Tables) -> Arc<Self> {
		tables.head.hash = [0; 32];
		tables.head.hash[..8].copy_from_slice(&tables.head.number.to_le_bytes());
		let node = Node {
			states: HashMap::from([(tables.head.hash, tables.clone())]),
			best: tables.clone(),
			finalized: tables,
			reachable: true,
			syncing: false,
			pruned: false,
			forks: Vec::new(),
		};
		Arc::new(Self { genesis, node: Mutex::new(node) })
	}

	/// Changes both heads.
	pub(super) fn finalize(&self, change: impl Fn(&mut Tables)) {
		let mut node = self.node.lock().unwrap();
		change(&mut node.finalized);
		change(&mut node.best);
		node.next_block(true);
		node.next_block(false);
	}

	/// Changes the best head only: the change is not final yet.
	pub(super) fn author(&self, change: impl Fn(&mut Tables)) {
		let mut node = self.node.lock().unwrap();
		change(&mut node.best);
		node.next_block(false);
	}

	/// From this number on, the node has other blocks than before, and final ones up to its heads.
	pub(super) fn fork(&self, from: u64) {
		let mut node = self.node.lock().unwrap();
		let fork = node.forks.len() as u8 + 1;
		node.forks.push((from, fork));
		node.finalized.head.hash = node.hash(node.finalized.head.number);
		node.best.head.hash = node.hash(node.best.head.number);
	}

	/// The node is as it was at a block, and knows of none after it.
	pub(super) fn revert(&self, to: Digest) {
		let mut node = self.node.lock().unwrap();
		let tables = node.states[&to].clone();
		(node.finalized, node.best) = (tables.clone(), tables);
	}

	/// Makes the best head final.
	pub(super) fn catch_up(&self) {
		let mut node = self.node.lock().unwrap();
		node.finalized = node.best.clone();
	}

	fn ask<T>(&self, read: impl FnOnce(&Node) -> T) -> Result<T, Unreachable> {
		let node = self.node.lock().unwrap();
		match node.reachable {
			true => Ok(read(&node)),
			false => Err(Unreachable("connection refused".into())),
		}
	}
}

fn now<'a, T: Send + 'a>(answer: Result<T, Unreachable>) -> Reply<'a, T> {
	Box::pin(std::future::ready(answer))
}

impl ChainView for TableChain {
	fn genesis(&self) -> Reply<'_, Digest> {
		now(self.ask(|_| self.genesis))
	}

	fn finalized(&self) -> Reply<'_, Arc<dyn StateView>> {
		now(self.ask(|node| Arc::new(node.finalized.clone()) as Arc<dyn StateView>))
	}

	fn best(&self) -> Reply<'_, Arc<dyn StateView>> {
		now(self.ask(|node| Arc::new(node.best.clone()) as Arc<dyn StateView>))
	}

	fn at(&self, hash: Digest) -> Reply<'_, Arc<dyn StateView>> {
		let found = self.ask(|node| {
			let known = |tables: &&Tables| tables.head.number <= node.best.head.number;
			let found = node.states.get(&hash).filter(known).filter(|_| !node.pruned);
			found.cloned().ok_or_else(|| Unreachable("unknown block".into()))
		});
		now(found.and_then(|found| found).map(|tables| Arc::new(tables) as Arc<dyn StateView>))
	}

	fn block_hash(&self, number: u64) -> Reply<'_, Option<Digest>> {
		now(self.ask(|node| (number <= node.best.head.number).then(|| node.hash(number))))
	}

	fn is_syncing(&self) -> Reply<'_, bool> {
		now(self.ask(|node| node.syncing))
	}
}

impl Tables {
	fn rows_of(&self, center: ParticipantId) -> &[RecordId] {
		match center == super::house::CENTER {
			true => &self.custody,
			false => self.custody_elsewhere.get(&center.0).map_or(&[], Vec::as_slice),
		}
	}

	/// A center hands a record over to another, which has a new row unless it holds the record already.
	pub(super) fn hand_over(&mut self, record: RecordId, from: ParticipantId, to: ParticipantId) {
		let next = self.rows_of(to).len() as u64;
		let row = self.records.get_mut(&record.0).unwrap();
		let mut custodians: Vec<_> = row.custodians.to_vec();
		custodians.retain(|held| held.center != from);
		let is_new = custodians.iter().all(|held| held.center != to);
		if is_new {
			custodians.push(Custodian { center: to, row: next });
		}
		row.custodians = custodians.try_into().unwrap();
		if is_new && to == super::house::CENTER {
			self.custody.push(record);
		} else if is_new {
			self.custody_elsewhere.entry(to.0).or_default().push(record);
		}
	}

	/// How the copy of a center stands.
	pub(super) fn state_is(&mut self, record: RecordId, center: ParticipantId, state: CohortState) {
		let states = self.custody_states.entry(record.0).or_default();
		states.retain(|copy| copy.center != center);
		states.push(CustodyState { center, row: 0, state });
	}

	fn exclusion(&self, patient: ParticipantId, excluded: ParticipantId) -> Option<Interval> {
		self.exclusions.get(&(patient.0, excluded.0)).copied()
	}

	fn grants(&self, patient: ParticipantId, grantee: ParticipantId) -> Vec<Grant> {
		let between = |grant: &&Grant| grant.patient == patient && grant.grantee == grantee;
		self.grants.iter().filter(between).cloned().collect()
	}

	/// Members are affiliated with their sponsor.
	fn actor(&self, query: &Query) -> Option<ActorFacts> {
		let row = self.participants.get(&query.actor.0)?;
		let center = row.sponsor.map(|center| CenterFacts {
			center,
			active: self.participants[&center.0].active.latest,
			affiliation: Interval::open(0),
			care: None,
			exclusion: self.exclusion(query.patient, center),
			grants: self.grants(query.patient, center),
		});
		Some(ActorFacts {
			id: query.actor,
			role: row.role,
			active: row.active.latest,
			pairing: None,
			exclusion: self.exclusion(query.patient, query.actor),
			grants: self.grants(query.patient, query.actor),
			centers: center.into_iter().collect(),
		})
	}
}

impl StateView for Tables {
	fn head(&self) -> Head {
		self.head
	}

	fn code_hash(&self) -> Reply<'_, Digest> {
		now(Ok(self.code_hash))
	}

	fn key(&self, key: KeyBytes) -> Reply<'_, Option<KeyRow>> {
		now(Ok(self.keys.get(&key).copied()))
	}

	fn participant(&self, id: ParticipantId) -> Reply<'_, Option<ParticipantRow>> {
		now(Ok(self.participants.get(&id.0).copied()))
	}

	fn record(&self, id: RecordId) -> Reply<'_, Option<RecordRow>> {
		now(Ok(self.records.get(&id.0).cloned()))
	}

	fn decision_inputs(&self, mut query: Query) -> Reply<'_, DecisionInputs> {
		query.actor = self.mistaken_actor.unwrap_or(query.actor);
		let facts = |row: &RecordRow, id| RecordFacts {
			id,
			lineage: row.lineage,
			patient: row.content.patient,
			author: row.content.author,
			author_center: row.author_center,
			attributes: row.content.attributes,
			anchored_at: row.anchored_at,
		};
		let record = query.record.and_then(|id| Some(facts(self.records.get(&id.0)?, id)));
		let actor = self.actor(&query);
		now(Ok(DecisionInputs { as_of: self.head.timestamp, query, record, actor }))
	}

	fn custody(&self, center: ParticipantId, from: u64, limit: u32) -> Reply<'_, Vec<RecordId>> {
		let rows = self.rows_of(center).iter().skip(from as usize).take(limit as usize);
		now(Ok(rows.copied().collect()))
	}

	fn vault(&self, center: ParticipantId) -> Reply<'_, Option<VaultRow>> {
		now(Ok(self.vaults.get(&center.0).cloned()))
	}

	fn receipt_task(
		&self,
		custodian: ParticipantId,
		cohort: u64,
		witness: ParticipantId,
	) -> Reply<'_, Option<ReceiptTask>> {
		if self.is_stuck {
			return Box::pin(std::future::pending());
		}
		let is_ours = custodian == super::house::CENTER;
		now(Ok(self.tasks.get(&(witness.0, cohort)).copied().filter(|_| is_ours)))
	}

	fn log_head(&self, custodian: ParticipantId) -> Reply<'_, Option<LogRow>> {
		now(Ok(self.logs.get(&custodian.0).copied()))
	}

	fn custody_states(&self, record: RecordId) -> Reply<'_, Vec<CustodyState>> {
		now(Ok(self.custody_states.get(&record.0).cloned().unwrap_or_default()))
	}
}
