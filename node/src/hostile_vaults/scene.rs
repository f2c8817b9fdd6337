//! The chain that the tests begin with: the preset of four authorities, one of which is the witness, and two
//! of which hold records.

use std::time::{SystemTime, UNIX_EPOCH};

use codec::{Decode, Encode};
use frame_support::traits::OnInitialize;
use sp_core::{ed25519, storage::Storage, Pair, H256};
use sp_runtime::{
	traits::{BlakeTwo256, Header as _},
	BuildStorage,
};
use sp_state_machine::{InMemoryBackend, TestExternalities};
use ward_primitives::{
	participant::{SealingSuite, VaultRow},
	receipt::{
		leaf::{bytes_of, bytes_of_group, path, GroupHasher, GROUP_LEAVES},
		leaf_of,
		seal::seal,
		Answer, Challenge, CohortRow, LogHead, Report, Row, RowAnswer,
	},
	Custodian, Digest, Interval, KeyRoles, KeyRow, Moment, ParticipantId, RecordContent, RecordId,
	RecordRow,
};
use ward_runtime::{
	genesis_config_presets::get_preset, opaque::UncheckedExtrinsic as Opaque, AccountId, Executive,
	Header, Receipts, Runtime, RuntimeCall, RuntimeGenesisConfig, System, UncheckedExtrinsic,
};

use super::{
	node::Node,
	vault::{Reaction, Received},
};

/// The seat whose node the tests run.
pub(super) const WITNESS: ParticipantId = ParticipantId(2);

/// A custodian whose vault is up to something.
pub(super) const HOSTILE: ParticipantId = ParticipantId(3);

/// A custodian whose vault is as it should be.
pub(super) const GOOD: ParticipantId = ParticipantId(4);

/// The seed of the witness key.
pub(super) const WITNESS_SEED: &str = "//witness";

/// How many rows each custodian has.
pub(super) const ROWS: u64 = 12;

const GENESIS: Digest = [0x47; 32];

/// A block and the state after it.
pub(super) struct Block {
	pub(super) header: Header,
	state: InMemoryBackend<BlakeTwo256>,
}

/// The chain.
pub(super) struct Scene {
	state: TestExternalities<BlakeTwo256>,
	number: u32,
	parent: H256,
}

/// The time.
fn now() -> Moment {
	let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
	since.as_millis().try_into().expect("a few hundred years")
}

/// The state in which the preset's chain starts.
fn genesis() -> Storage {
	let patch = get_preset(&sp_genesis_builder::LOCAL_TESTNET_RUNTIME_PRESET.into());
	let patch = serde_json::from_slice(&patch.expect("the preset exists")).expect("it is JSON");
	let mut config = serde_json::to_value(RuntimeGenesisConfig::default()).expect("it is JSON");
	sc_chain_spec::json_patch::merge(&mut config, patch);
	let config: RuntimeGenesisConfig = serde_json::from_value(config).expect("the patch fits");
	config.build_storage().expect("genesis builds")
}

/// The key with which a custodian signs receipts.
pub(super) fn receipt_key(center: ParticipantId) -> ed25519::Pair {
	ed25519::Pair::from_string(&format!("//receipt//{center}"), None).expect("a seed")
}

/// The ciphertext in a custodian's row: a few leaves, different for each row.
fn content(center: ParticipantId, row: u64) -> Vec<u8> {
	let size = 700 * (row % 5 + 1) as usize;
	(0..size).map(|n| (n as u64 * 31 + row * 7 + center.0) as u8).collect()
}

/// What the chain has in a custodian's row.
fn row_of(center: ParticipantId, row: u64) -> Row {
	let content = content(center, row);
	let mut hasher = GroupHasher::new();
	hasher.update(&content);
	let record = RecordId(sp_io::hashing::blake2_256(&(center, row).encode()));
	Row { record, root: hasher.finish().0, size: content.len() as u64, is_held: true }
}

/// The rows that a challenge asks for.
fn rows_of(challenge: &Challenge) -> Vec<Row> {
	(0..challenge.rows.into()).map(|row| row_of(challenge.custodian, row)).collect()
}

/// The answers of a vault that has everything.
pub(super) fn right_answers(challenge: &Challenge) -> Vec<RowAnswer> {
	let answer = |(number, row): (u64, Row)| {
		let content = content(challenge.custodian, number);
		let mut hasher = GroupHasher::new();
		hasher.update(&content);
		let leaf = leaf_of(&challenge.challenge, &row.record, row.size);
		let group = bytes_of_group(leaf / GROUP_LEAVES, row.size);
		let group = &content[group.start as usize..group.end as usize];
		let bytes = bytes_of(leaf, row.size);
		RowAnswer::Held {
			leaf: content[bytes.start as usize..bytes.end as usize].to_vec(),
			path: path(leaf, row.size, &hasher.finish().1, group).expect("the leaf exists"),
		}
	};
	(0..).zip(rows_of(challenge)).map(answer).collect()
}

/// What the custodian's vault signs of these answers.
pub(super) fn answer(challenge: &Challenge, answers: Vec<RowAnswer>) -> Answer {
	let height = challenge.since.height + 3;
	let log = LogHead { height, head: [height as u8; 32] };
	let key = receipt_key(challenge.custodian);
	Answer::new(challenge, &rows_of(challenge), answers, log, |message| key.sign(message).0)
		.expect("one for each row")
}

/// The answer of a vault that has everything.
pub(super) fn right(challenge: &Challenge) -> Answer {
	answer(challenge, right_answers(challenge))
}

/// An answer as it is sent to who asked.
pub(super) fn sealed(challenge: &Challenge, answer: &impl Encode) -> Reaction {
	let sealed = seal(&challenge.sealing_key, &challenge.challenge, answer).expect("a key");
	Reaction::Answers(200, Vec::new(), sealed)
}

/// What a vault does that is as it should be.
pub(super) fn honest(request: &Received) -> Reaction {
	let challenge = request.challenge();
	sealed(&challenge, &right(&challenge))
}

impl Scene {
	/// The chain, with the witness's key attached.
	pub(super) fn new() -> Self {
		let mut state = TestExternalities::new(genesis());
		state.execute_with(|| {
			frame_system::BlockHash::<Runtime>::insert(0, H256(GENESIS));
			let key = ed25519::Pair::from_string(WITNESS_SEED, None).expect("a seed").public();
			attach(key.0, WITNESS, KeyRoles::WITNESS);
			for custodian in [HOSTILE, GOOD] {
				attach(receipt_key(custodian).public().0, custodian, KeyRoles::RECEIPT);
				(0..ROWS).for_each(|row| anchor(custodian, row));
				pallet_ward_records::CustodyCount::<Runtime>::insert(custodian, ROWS);
			}
		});
		Self { state, number: 0, parent: H256(GENESIS) }
	}

	/// Does something with the chain.
	pub(super) fn on_chain<Returned>(&mut self, act: impl FnOnce() -> Returned) -> Returned {
		self.state.execute_with(act)
	}

	/// Puts the address of a vault into its center's row.
	pub(super) fn move_vault(&mut self, center: ParticipantId, endpoint: &str) {
		let row = VaultRow {
			endpoint: endpoint.as_bytes().to_vec().try_into().expect("a short URL"),
			receipt_key: receipt_key(center).public().0,
			release_suite: SealingSuite::XWing,
			release_key: vec![9; 1_216].try_into().expect("a key"),
		};
		self.on_chain(|| pallet_ward_participants::Vaults::<Runtime>::insert(center, row));
	}

	/// The next block, with these transactions, all of which count.
	pub(super) fn block_with(&mut self, transactions: &[Opaque]) -> Block {
		self.number += 1;
		let (number, parent) = (self.number, self.parent);
		self.on_chain(|| {
			System::reset_events();
			System::initialize(&number, &parent, &Default::default());
			let time = now();
			pallet_timestamp::Now::<Runtime>::put(time);
			Receipts::on_initialize(number);
			for transaction in transactions {
				let transaction = UncheckedExtrinsic::decode(&mut &*transaction.encode());
				let applied = Executive::apply_extrinsic(transaction.expect("a transaction"));
				assert_eq!(applied, Ok(Ok(())), "the chain takes it");
			}
		});
		let state = self.state.as_backend();
		let salt = H256(sp_io::hashing::blake2_256(&(number, parent, transactions).encode()));
		let header = Header::new(number, salt, *state.root(), parent, Default::default());
		self.parent = header.hash();
		Block { header, state }
	}

	/// The next block.
	pub(super) fn block(&mut self) -> Block {
		self.block_with(&[])
	}

	/// Goes on as if the epoch had begun in another block.
	pub(super) fn fork(&mut self) {
		self.on_chain(|| {
			pallet_ward_receipts::Epoch::<Runtime>::mutate(|epoch| epoch.seed = [0xf0; 32]);
		});
		self.parent = H256([0xf0; 32]);
	}

	/// Lets the epoch end.
	pub(super) fn end_epoch(&mut self) {
		self.on_chain(|| {
			pallet_ward_receipts::Epoch::<Runtime>::mutate(|epoch| epoch.started = 0);
		});
	}

	/// What the chain has seen of a custodian.
	pub(super) fn cohort(&mut self, custodian: ParticipantId) -> Option<CohortRow> {
		self.on_chain(|| Receipts::cohort(custodian, 0))
	}
}

fn attach(key: Digest, participant: ParticipantId, roles: KeyRoles) {
	let row = KeyRow { participant, roles, live: Interval::open(0) };
	pallet_ward_participants::Keys::<Runtime>::insert(AccountId::from(key), row);
}

fn anchor(center: ParticipantId, row: u64) {
	let Row { record, root, size, .. } = row_of(center, row);
	let content = RecordContent {
		patient: ParticipantId(1_000),
		author: ParticipantId(1_001),
		commitment: [1; 32],
		attributes: [2; 32],
		content_root: root,
		size,
	};
	let value = RecordRow {
		content,
		author_center: Some(center),
		custodians: vec![Custodian { center, row }].try_into().expect("one custodian"),
		anchored_at: 0,
		lineage: record,
		supersedes: None,
		superseded_by: None,
	};
	pallet_ward_records::Records::<Runtime>::insert(record, value);
	pallet_ward_records::Custody::<Runtime>::insert(center, row, record);
}

impl Node {
	/// Takes a block for the best, and waits until the worker has run. How long that took.
	pub(super) fn after(&self, block: &Block) -> std::time::Duration {
		self.chain.note(block.header.hash(), block.state.clone());
		self.run(&block.header)
	}

	/// The same without waiting.
	pub(super) fn begin_after(&self, block: &Block) {
		self.chain.note(block.header.hash(), block.state.clone());
		self.import(&block.header);
	}
}

/// The call in a transaction.
pub(super) fn call_in(transaction: &Opaque) -> RuntimeCall {
	let transaction = UncheckedExtrinsic::decode(&mut &*transaction.encode());
	transaction.expect("a transaction").function
}

/// The reports among these transactions.
pub(super) fn reports_in(transactions: &[Opaque]) -> Vec<Report> {
	let report = |transaction| match call_in(transaction) {
		RuntimeCall::Receipts(pallet_ward_receipts::Call::report { report, .. }) => Some(*report),
		_ => None,
	};
	transactions.iter().filter_map(report).collect()
}
