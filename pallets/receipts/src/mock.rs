//! A chain with this pallet, and a consortium that is a table: who sits, who holds what, and whose key is
//! whose. Vaults and witnesses sign with real keys.

// What the macros expand to is not ours to shorten or to hide.
#![allow(missing_docs, unreachable_pub, unused_qualifications)]

use std::{cell::RefCell, collections::BTreeMap};

use frame_support::{
	derive_impl,
	traits::{Authorize, ConstU32, ConstU64, OnInitialize},
};
use frame_system::{
	mocking::MockUncheckedExtrinsic,
	offchain::{CreateAuthorizedTransaction, CreateTransaction, CreateTransactionBase},
	AuthorizeCall, EnsureRoot, RawOrigin,
};
use sp_core::{ed25519, Pair, H256};
use sp_keystore::{testing::MemoryKeystore, KeystoreExt};
use sp_runtime::{
	generic,
	traits::{BlakeTwo256, Dispatchable, IdentityLookup},
	transaction_validity::{
		InvalidTransaction, TransactionSource, TransactionValidityError, ValidTransaction,
	},
	AccountId32, BoundedVec, BuildStorage, DispatchError,
};
use ward_primitives::{
	receipt::{
		challenge_digest,
		leaf::{bytes_of, bytes_of_group, path, GroupHasher, GROUP_LEAVES},
		leaf_of, Answer, Challenge, LogHead, Report, Row, RowAnswer,
	},
	record::COHORT_SIZE,
	traits::{ActingParticipant, ReadCustody, ReadParticipants, ReadSeats},
	Digest, Interval, KeyBytes, KeyRoles, Moment, ParticipantId, RecordId, Role, Timeline,
};

use crate::{self as pallet_ward_receipts, Epoch, Error, Logs, Pallet, FIRST_REFUSAL};

type Header = generic::Header<u32, BlakeTwo256>;
pub(crate) type Extrinsic = MockUncheckedExtrinsic<Test, (), AuthorizeCall<Test>>;
type Block = generic::Block<Header, Extrinsic>;

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Timestamp: pallet_timestamp,
		Receipts: pallet_ward_receipts,
	}
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type AccountId = AccountId32;
	type Lookup = IdentityLookup<AccountId32>;
}

impl pallet_timestamp::Config for Test {
	type Moment = Moment;
	type OnTimestampSet = ();
	type MinimumPeriod = ConstU64<1>;
	type WeightInfo = ();
}

impl<Call> CreateTransactionBase<Call> for Test
where
	RuntimeCall: From<Call>,
{
	type Extrinsic = Extrinsic;
	type RuntimeCall = RuntimeCall;
}

impl<Call> CreateTransaction<Call> for Test
where
	RuntimeCall: From<Call>,
{
	type Extension = AuthorizeCall<Test>;

	fn create_transaction(call: RuntimeCall, extension: AuthorizeCall<Test>) -> Extrinsic {
		Extrinsic::new_transaction(call, extension)
	}
}

impl<Call> CreateAuthorizedTransaction<Call> for Test
where
	RuntimeCall: From<Call>,
{
	fn create_extension() -> AuthorizeCall<Test> {
		AuthorizeCall::new()
	}
}

impl crate::Config for Test {
	type Time = Timestamp;
	type SetOrigin = EnsureRoot<AccountId32>;
	type Participants = Consortium;
	type Custody = Consortium;
	type Seats = Consortium;
	type MaxSeats = ConstU32<MAX_SEATS>;
	type MinEpochLength = ConstU64<4_000>;
	type MaxEpochLength = ConstU64<{ 7 * 24 * 3_600_000 }>;
	type WitnessId = crate::witness::WitnessId;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Consortium;
}

pub(crate) const MAX_SEATS: u32 = 16;

/// How long an epoch of the tests lasts.
pub(crate) const LENGTH: Moment = 10_000;

/// When the tests start.
pub(crate) const START: Moment = 1_800_000_000_000;

/// The hash of the chain's first block.
pub(crate) const GENESIS: Digest = [0x47; 32];

/// Has no seat, and is a guest of [`HOST`].
pub(crate) const CLINIC: ParticipantId = ParticipantId(20);
/// Has a seat, and is the clinic's host.
pub(crate) const HOST: ParticipantId = ParticipantId(1);
/// Has a seat, and records of its own.
pub(crate) const HOSPITAL: ParticipantId = ParticipantId(2);
/// Has neither a vault nor a seat.
pub(crate) const PRACTICE: ParticipantId = ParticipantId(30);

/// A key on the table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TableKey {
	pub(crate) owner: ParticipantId,
	pub(crate) roles: KeyRoles,
	pub(crate) is_live: bool,
}

/// What the tables say of the other pallets' storage.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tables {
	/// Who sits in consensus.
	pub(crate) seats: Vec<ParticipantId>,
	pub(crate) hosts: BTreeMap<ParticipantId, ParticipantId>,
	/// How many rows each custodian has.
	pub(crate) rows: BTreeMap<ParticipantId, u64>,
	/// Rows whose content is not what [`content`] says.
	pub(crate) special: BTreeMap<(ParticipantId, u64), Row>,
	pub(crate) keys: BTreeMap<KeyBytes, TableKey>,
	pub(crate) inactive: Vec<ParticipantId>,
	pub(crate) receipt_keys: BTreeMap<ParticipantId, KeyBytes>,
	pub(crate) endpoints: BTreeMap<ParticipantId, Vec<u8>>,
}

thread_local! {
	static TABLES: RefCell<Tables> = RefCell::default();
}

pub(crate) fn read<R>(of: impl FnOnce(&Tables) -> R) -> R {
	TABLES.with_borrow(of)
}

pub(crate) fn edit(how: impl FnOnce(&mut Tables)) {
	TABLES.with_borrow_mut(how);
}

/// The registry, the records and the seats, as the tables have them.
pub struct Consortium;

pub(crate) const UNKNOWN_KEY: DispatchError = DispatchError::Other("unknown key");
pub(crate) const MISSING_ROLE: DispatchError = DispatchError::Other("key lacks a role");
pub(crate) const INACTIVE: DispatchError = DispatchError::Other("participant is not active");

fn is_active(id: ParticipantId) -> bool {
	read(|tables| !tables.inactive.contains(&id))
}

impl ActingParticipant<AccountId32, DispatchError> for Consortium {
	fn ensure_acting(
		account: &AccountId32,
		roles: KeyRoles,
	) -> Result<ParticipantId, DispatchError> {
		let id = Self::ensure_holder(account, roles)?;
		is_active(id).then_some(id).ok_or(INACTIVE)
	}

	fn ensure_holder(
		account: &AccountId32,
		roles: KeyRoles,
	) -> Result<ParticipantId, DispatchError> {
		let bytes: &[u8; 32] = account.as_ref();
		let key = read(|tables| tables.keys.get(bytes).copied());
		let key = key.filter(|key| key.is_live).ok_or(UNKNOWN_KEY)?;
		key.roles.contains(roles).then_some(key.owner).ok_or(MISSING_ROLE)
	}
}

impl ReadParticipants for Consortium {
	fn participant(_: ParticipantId, _: Moment) -> Option<(Role, Interval)> {
		None
	}

	fn affiliations(_: ParticipantId, _: Moment) -> Vec<(ParticipantId, Interval)> {
		Vec::new()
	}

	fn max_affiliations() -> u32 {
		0
	}

	fn care(_: ParticipantId, _: ParticipantId, _: Moment) -> Option<Timeline> {
		None
	}

	fn pairing(_: ParticipantId, _: ParticipantId, _: Moment) -> Option<Interval> {
		None
	}

	fn receipt_key(center: ParticipantId) -> Option<KeyBytes> {
		is_active(center).then(|| read(|tables| tables.receipt_keys.get(&center).copied()))?
	}

	fn witness_of(key: &KeyBytes) -> Option<ParticipantId> {
		Self::ensure_acting(&(*key).into(), KeyRoles::WITNESS).ok()
	}

	fn vault_endpoint(center: ParticipantId) -> Option<Vec<u8>> {
		is_active(center).then(|| read(|tables| tables.endpoints.get(&center).cloned()))?
	}
}

impl ReadCustody for Consortium {
	fn custodians(after: Option<ParticipantId>, limit: u32) -> Vec<(ParticipantId, u64)> {
		read(|tables| {
			let all = tables.rows.iter().map(|(id, rows)| (*id, *rows));
			all.filter(|(id, _)| Some(*id) > after).take(limit as usize).collect()
		})
	}

	fn rows(center: ParticipantId) -> u64 {
		read(|tables| tables.rows.get(&center).copied()).unwrap_or_default()
	}

	fn rows_held(center: ParticipantId, cohort: u64) -> u16 {
		let first = cohort.saturating_mul(COHORT_SIZE);
		let rows = Self::rows(center).saturating_sub(first).min(COHORT_SIZE) as u16;
		let places = (center, first)..(center, first.saturating_add(COHORT_SIZE));
		let handed_over = |tables: &Tables| {
			tables.special.range(places).filter(|(_, row)| !row.is_held).count() as u16
		};
		rows.saturating_sub(read(handed_over))
	}

	fn row(center: ParticipantId, row: u64) -> Option<Row> {
		let special = read(|tables| tables.special.get(&(center, row)).copied());
		(row < Self::rows(center)).then(|| special.unwrap_or_else(|| row_of(center, row)))
	}
}

impl ReadSeats for Consortium {
	fn sitting() -> Vec<ParticipantId> {
		read(|tables| tables.seats.clone())
	}

	fn host(center: ParticipantId) -> Option<ParticipantId> {
		read(|tables| tables.hosts.get(&center).copied())
	}
}

/// The ciphertext in a custodian's row: a few leaves, different for each row.
pub(crate) fn content(center: ParticipantId, row: u64) -> Vec<u8> {
	let size = 700 * (row % 5 + 1) as usize;
	(0..size).map(|n| (n as u64 * 31 + row * 7 + center.0) as u8).collect()
}

/// A row as the chain has it.
pub(crate) fn row_of(center: ParticipantId, row: u64) -> Row {
	let content = content(center, row);
	let mut hasher = GroupHasher::new();
	hasher.update(&content);
	let mut record = [center.0 as u8; 32];
	record[..8].copy_from_slice(&row.to_le_bytes());
	let (root, size) = (hasher.finish().0, content.len() as u64);
	Row { record: RecordId(record), root, size, is_held: true }
}

/// The pair with this name.
pub(crate) fn pair(name: &str, owner: ParticipantId) -> ed25519::Pair {
	ed25519::Pair::from_string(&format!("//{name}//{}", owner.0), None).expect("a seed; qed")
}

/// The witness key of a seat.
pub(crate) fn witness_key(seat: ParticipantId) -> ed25519::Pair {
	pair("witness", seat)
}

/// The key with which a center's vault signs.
pub(crate) fn receipt_key(center: ParticipantId) -> ed25519::Pair {
	pair("receipt", center)
}

/// The account that governs for a center.
pub(crate) fn governor(center: ParticipantId) -> AccountId32 {
	pair("governor", center).public().0.into()
}

/// Puts a live key on the table.
pub(crate) fn attach(key: &ed25519::Pair, owner: ParticipantId, roles: KeyRoles) {
	let row = TableKey { owner, roles, is_live: true };
	edit(|tables| {
		tables.keys.insert(key.public().0, row);
	});
}

/// Seven seats, of which one has records, and a clinic without a seat.
fn cast() -> Tables {
	let mut tables = Tables {
		seats: (1..=7).map(ParticipantId).collect(),
		hosts: BTreeMap::from([(CLINIC, HOST)]),
		rows: BTreeMap::from([(CLINIC, 10), (HOSPITAL, COHORT_SIZE + 3)]),
		..Tables::default()
	};
	for center in [CLINIC, HOSPITAL] {
		tables.receipt_keys.insert(center, receipt_key(center).public().0);
		let endpoint = format!("https://vault-{}.example", center.0);
		tables.endpoints.insert(center, endpoint.into_bytes());
	}
	let mut attach = |key: ed25519::Pair, owner, roles| {
		tables.keys.insert(key.public().0, TableKey { owner, roles, is_live: true });
	};
	for seat in (1..=7).map(ParticipantId) {
		attach(witness_key(seat), seat, KeyRoles::WITNESS);
		attach(pair("governor", seat), seat, KeyRoles::MAIN);
	}
	for center in [CLINIC, PRACTICE] {
		attach(pair("governor", center), center, KeyRoles::MAIN);
	}
	attach(pair("doctor", CLINIC), CLINIC, KeyRoles::ACT);
	tables
}

/// The log of a vault with so many entries; another one for each `branch`.
pub(crate) fn log(height: u64, branch: u8) -> LogHead {
	LogHead { height, head: [branch ^ height as u8; 32] }
}

/// What the chain asks a witness to ask, for the cohort's first `rows` rows.
pub(crate) fn challenge(
	custodian: ParticipantId,
	cohort: u64,
	witness: ParticipantId,
	rows: u16,
) -> Challenge {
	let epoch = Epoch::<Test>::get();
	let known = Logs::<Test>::get(custodian);
	let since = known.map_or(LogHead::empty(GENESIS), |row| row.checkpoint(epoch.number));
	Challenge {
		genesis: GENESIS,
		custodian,
		cohort,
		epoch: epoch.number,
		witness,
		challenge: challenge_digest(&GENESIS, &epoch, custodian, cohort, witness),
		rows,
		since,
		sealing_key: [0; 32],
	}
}

/// The rows that a challenge asks for.
pub(crate) fn rows_of(challenge: &Challenge) -> Vec<Row> {
	let first = challenge.cohort * COHORT_SIZE;
	let row = |place| Consortium::row(challenge.custodian, first + u64::from(place));
	(0..challenge.rows).map(|place| row(place).expect("the row exists")).collect()
}

/// The right answer of a vault for each row.
pub(crate) fn right_answers(challenge: &Challenge) -> Vec<RowAnswer> {
	let first = challenge.cohort * COHORT_SIZE;
	let answer = |(place, row): (u64, Row)| {
		let content = content(challenge.custodian, first + place);
		let mut hasher = GroupHasher::new();
		hasher.update(&content);
		let number = leaf_of(&challenge.challenge, &row.record, row.size);
		let group = bytes_of_group(number / GROUP_LEAVES, row.size);
		let group = &content[group.start as usize..group.end as usize];
		let leaf = bytes_of(number, row.size);
		RowAnswer::Held {
			leaf: content[leaf.start as usize..leaf.end as usize].to_vec(),
			path: path(number, row.size, &hasher.finish().1, group).expect("the leaf exists"),
		}
	};
	(0..).zip(rows_of(challenge)).map(answer).collect()
}

/// The answer of the custodian's vault with these leaves.
pub(crate) fn answer(challenge: &Challenge, answers: Vec<RowAnswer>, log: LogHead) -> Answer {
	let key = receipt_key(challenge.custodian);
	let sign = |message: &[u8]| key.sign(message).0;
	Answer::new(challenge, &rows_of(challenge), answers, log, sign).expect("one for each row")
}

/// The report of a witness that asked for `rows` rows and did not see those that are `missing`. The
/// custodian has signed the receipt. What it signed of its rows is not of interest to the chain.
pub(crate) fn report_of(challenge: &Challenge, missing: &[u16], log: LogHead) -> Report {
	let mut report = Report {
		witness: challenge.witness,
		key: witness_key(challenge.witness).public().0,
		custodian: challenge.custodian,
		cohort: challenge.cohort,
		epoch: challenge.epoch,
		rows: challenge.rows,
		ids: [1; 32],
		results: [2; 32],
		missing: BoundedVec::truncate_from(missing.to_vec()),
		log,
		receipt_signature: [0; 64],
	};
	resign_receipt(&mut report, challenge);
	report
}

/// Lets the custodian sign the receipt that the report stands for.
pub(crate) fn resign_receipt(report: &mut Report, challenge: &Challenge) {
	let receipt = report.receipt(challenge.genesis, challenge.challenge, challenge.since);
	report.receipt_signature = receipt_key(report.custodian).sign(&receipt.message()).0;
}

/// The witness's signature.
pub(crate) fn sign(report: &Report) -> [u8; 64] {
	witness_key(report.witness).sign(&report.message(&GENESIS)).0
}

/// Why something is in no block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
	/// It was not authorized.
	Pool(TransactionValidityError),
	/// It was, and failed.
	Call(DispatchError),
}

impl From<Error<Test>> for Refused {
	fn from(error: Error<Test>) -> Self {
		let DispatchError::Module(module) = error.into() else { panic!("an error of a pallet") };
		let code = FIRST_REFUSAL + module.error[0];
		Self::Pool(InvalidTransaction::Custom(code).into())
	}
}

/// What a pool says to a call that nobody signed.
pub(crate) fn offer(call: &RuntimeCall) -> Result<ValidTransaction, TransactionValidityError> {
	let authorized = call.authorize(TransactionSource::External);
	authorized.expect("the call can be authorized").map(|(valid, _)| valid)
}

/// Puts a call that nobody signed into the block, as `AuthorizeCall` does.
pub(crate) fn apply(call: impl Into<RuntimeCall>) -> Result<(), Refused> {
	let call = call.into();
	offer(&call).map_err(Refused::Pool)?;
	let result = call.dispatch(RawOrigin::Authorized.into());
	result.map(drop).map_err(|failed| Refused::Call(failed.error))
}

/// Puts a report with this signature into the block.
pub(crate) fn submit_signed(report: Report, signature: [u8; 64]) -> Result<(), Refused> {
	apply(crate::Call::report { report: Box::new(report), signature })
}

/// Puts a report into the block, signed by the witness.
pub(crate) fn submit(report: Report) -> Result<(), Refused> {
	let signature = sign(&report);
	submit_signed(report, signature)
}

/// The witness at this place of the draw.
pub(crate) fn drawn(custodian: ParticipantId, cohort: u64, place: usize) -> ParticipantId {
	Receipts::witnesses(custodian, cohort)[place]
}

/// How many rows a custodian has in a cohort.
pub(crate) fn all_rows(custodian: ParticipantId, cohort: u64) -> u16 {
	Pallet::<Test>::rows_in(custodian, cohort)
}

/// The witness at this place looks at a whole cohort, misses these rows, and reports.
pub(crate) fn look(
	custodian: ParticipantId,
	cohort: u64,
	place: usize,
	missing: &[u16],
) -> Result<(), Refused> {
	let witness = drawn(custodian, cohort, place);
	let challenge = challenge(custodian, cohort, witness, all_rows(custodian, cohort));
	let log = log(challenge.since.height + 1, 0);
	submit(report_of(&challenge, missing, log))
}

/// The clock.
pub(crate) fn now() -> Moment {
	Timestamp::get()
}

/// Starts the next block, at this time.
pub(crate) fn block_at(time: Moment) {
	let parent = System::block_number();
	let parent_hash = match parent {
		0 => H256(GENESIS),
		_ => H256::repeat_byte(parent as u8),
	};
	System::reset_events();
	System::initialize(&(parent + 1), &parent_hash, &Default::default());
	Receipts::on_initialize(parent + 1);
	Timestamp::set_timestamp(time);
}

/// Starts the next block, so long after the one before.
pub(crate) fn block_after(time: Moment) {
	block_at(now() + time);
}

/// Goes on to the first block of the next epoch.
pub(crate) fn next_epoch() {
	let before = Epoch::<Test>::get();
	block_at(before.started + before.length);
	block_after(1);
	assert_eq!(Epoch::<Test>::get().number, before.number + 1);
}

/// The events of this pallet since the last call of this function or the start of the block.
pub(crate) fn take_events() -> Vec<crate::Event<Test>> {
	let events = System::events();
	System::reset_events();
	let ours = events.into_iter().filter_map(|record| match record.event {
		RuntimeEvent::Receipts(event) => Some(event),
		_ => None,
	});
	ours.collect()
}

/// The chain before its first block, with epochs of this length.
pub(crate) fn genesis(epoch_length: Moment) -> sp_io::TestExternalities {
	TABLES.set(cast());
	let genesis = RuntimeGenesisConfig {
		receipts: crate::GenesisConfig { epoch_length, ..Default::default() },
		..Default::default()
	};
	let mut ext: sp_io::TestExternalities =
		genesis.build_storage().expect("a valid genesis; qed").into();
	ext.register_extension(KeystoreExt::new(MemoryKeystore::new()));
	ext
}

/// The chain in the first block of epoch 1.
pub(crate) fn new_test_ext() -> sp_io::TestExternalities {
	let mut ext = genesis(LENGTH);
	ext.execute_with(|| {
		block_at(START);
		block_after(1);
		take_events();
	});
	ext
}

/// For the benchmarks' own tests.
#[cfg(feature = "runtime-benchmarks")]
pub(crate) fn new_bench_ext() -> sp_io::TestExternalities {
	let mut ext = genesis(LENGTH);
	ext.execute_with(|| block_at(START));
	ext
}

pub(crate) trait Checked {
	/// Runs a test, and checks the state after it.
	fn execute_and_check(&mut self, test: impl FnOnce());
}

impl Checked for sp_io::TestExternalities {
	fn execute_and_check(&mut self, test: impl FnOnce()) {
		self.execute_with(|| {
			test();
			Pallet::<Test>::do_try_state().expect("the invariants hold");
		});
	}
}

#[cfg(feature = "runtime-benchmarks")]
impl crate::BenchmarkHelper<AccountId32> for Consortium {
	fn seats(count: u32) -> Vec<ParticipantId> {
		let seats: Vec<_> = (1..=u64::from(count)).map(ParticipantId).collect();
		edit(|tables| tables.seats.clone_from(&seats));
		seats
	}

	fn witness(seat: ParticipantId, key: KeyBytes) {
		let row = TableKey { owner: seat, roles: KeyRoles::WITNESS, is_live: true };
		edit(|tables| {
			tables.keys.insert(key, row);
		});
	}

	fn custodian(receipt_key: KeyBytes, host: ParticipantId) -> (AccountId32, ParticipantId) {
		let size = 1 << 44;
		let largest = Row { record: RecordId([7; 32]), root: [7; 32], size, is_held: true };
		edit(|tables| {
			tables.receipt_keys.insert(CLINIC, receipt_key);
			tables.hosts.insert(CLINIC, host);
			tables.rows.insert(CLINIC, COHORT_SIZE);
			tables.special.insert((CLINIC, 0), largest);
		});
		(governor(CLINIC), CLINIC)
	}
}
