//! A runtime with this pallet, beside participants and consents that are tables.

// What the macros expand to is not ours to shorten or to document.
#![allow(missing_docs, unreachable_pub, unused_qualifications)]

use std::{cell::RefCell, collections::BTreeMap};

use frame_support::{
	derive_impl,
	dispatch::{DispatchResult, DispatchResultWithPostInfo},
	parameter_types,
	traits::{ConstU32, ConstU64, Time},
	BoundedVec,
};
use sp_core::{ed25519, Pair, H256};
use sp_runtime::{AccountId32, BuildStorage, DispatchError};
use ward_primitives::{
	consent::{ActionSet, GrantTerms},
	traits::{ActingParticipant, ReadConsents, ReadParticipants},
	Deposit, DepositReceipt, Digest, Grant, GrantId, HandOver, Interval, KeyBytes, KeyRoles,
	Moment, NewRecord, ParticipantId, PurposeOfUse, PurposeSet, RecordId, Role, Scope, Sensitivity,
	Timeline,
};

use crate as pallet_ward_records;

pub(crate) type Block = frame_system::mocking::MockBlock<Test>;

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Timestamp: pallet_timestamp,
		Records: pallet_ward_records,
	}
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type AccountId = AccountId32;
	type Lookup = sp_runtime::traits::IdentityLookup<AccountId32>;
}

impl pallet_timestamp::Config for Test {
	type Moment = u64;
	type OnTimestampSet = ();
	type MinimumPeriod = ConstU64<1>;
	type WeightInfo = ();
}

parameter_types! {
	pub const MaxSize: u64 = 1_000_000;
}

impl pallet_ward_records::Config for Test {
	type Time = Timestamp;
	type Participants = Participants;
	type Consents = Consents;
	type MaxBatch = ConstU32<MAX_BATCH>;
	type MaxSize = MaxSize;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Tables;
}

pub(crate) const MAX_BATCH: u32 = 8;
pub(crate) const MAX_AFFILIATIONS: u32 = 4;
pub(crate) const MAX_GRANTS: u32 = 3;

/// The moment at which each test starts.
pub(crate) const NOW: Moment = 1_000_000;

pub(crate) const PATIENT: ParticipantId = ParticipantId(1);
pub(crate) const OTHER_PATIENT: ParticipantId = ParticipantId(2);
/// Has the patients in its care and runs a vault.
pub(crate) const HOSPITAL: ParticipantId = ParticipantId(10);
/// Runs a vault.
pub(crate) const CLINIC: ParticipantId = ParticipantId(11);
/// Runs a vault.
pub(crate) const ARCHIVE: ParticipantId = ParticipantId(12);
/// Runs no vault.
pub(crate) const GUEST: ParticipantId = ParticipantId(13);
/// Works for the hospital.
pub(crate) const DOCTOR: ParticipantId = ParticipantId(20);
/// Works for the hospital.
pub(crate) const NURSE: ParticipantId = ParticipantId(21);
/// Works for the clinic.
pub(crate) const SPECIALIST: ParticipantId = ParticipantId(22);
/// Paired with the patient.
pub(crate) const CUFF: ParticipantId = ParticipantId(30);
/// Affiliated with the hospital, paired with nobody.
pub(crate) const MONITOR: ParticipantId = ParticipantId(31);
pub(crate) const AUTHORITY: ParticipantId = ParticipantId(40);
pub(crate) const RESEARCHER: ParticipantId = ParticipantId(41);

/// What the tables say of the other pallets' storage.
#[derive(Clone, Default)]
pub struct Tables {
	pub(crate) participants: BTreeMap<ParticipantId, (Role, Interval)>,
	pub(crate) keys: BTreeMap<AccountId32, (ParticipantId, KeyRoles)>,
	pub(crate) affiliations: BTreeMap<ParticipantId, Vec<(ParticipantId, Interval)>>,
	pub(crate) care: BTreeMap<(ParticipantId, ParticipantId), Timeline>,
	pub(crate) pairings: BTreeMap<(ParticipantId, ParticipantId), Interval>,
	pub(crate) receipt_keys: BTreeMap<ParticipantId, KeyBytes>,
	pub(crate) grants: BTreeMap<(ParticipantId, ParticipantId), Vec<Grant>>,
	pub(crate) exclusions: BTreeMap<(ParticipantId, ParticipantId), Interval>,
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

/// Errors of the participants' side.
pub(crate) const UNKNOWN_KEY: DispatchError = DispatchError::Other("unknown key");
pub(crate) const MISSING_ROLE: DispatchError = DispatchError::Other("key lacks a role");
pub(crate) const INACTIVE: DispatchError = DispatchError::Other("participant is not active");

pub struct Participants;

impl ActingParticipant<AccountId32, DispatchError> for Participants {
	fn ensure_acting(
		account: &AccountId32,
		roles: KeyRoles,
	) -> Result<ParticipantId, DispatchError> {
		let id = Self::ensure_holder(account, roles)?;
		let active = read(|tables| tables.participants[&id].1);
		active.contains(Timestamp::now()).then_some(id).ok_or(INACTIVE)
	}

	fn ensure_holder(
		account: &AccountId32,
		roles: KeyRoles,
	) -> Result<ParticipantId, DispatchError> {
		let (id, has) = read(|tables| tables.keys.get(account).copied()).ok_or(UNKNOWN_KEY)?;
		has.contains(roles).then_some(id).ok_or(MISSING_ROLE)
	}
}

impl ReadParticipants for Participants {
	fn participant(id: ParticipantId, _: Moment) -> Option<(Role, Interval)> {
		read(|tables| tables.participants.get(&id).copied())
	}

	fn affiliations(member: ParticipantId, _: Moment) -> Vec<(ParticipantId, Interval)> {
		read(|tables| tables.affiliations.get(&member).cloned()).unwrap_or_default()
	}

	fn max_affiliations() -> u32 {
		MAX_AFFILIATIONS
	}

	fn care(patient: ParticipantId, center: ParticipantId, _: Moment) -> Option<Timeline> {
		read(|tables| tables.care.get(&(patient, center)).copied())
	}

	fn pairing(device: ParticipantId, patient: ParticipantId, _: Moment) -> Option<Interval> {
		read(|tables| tables.pairings.get(&(device, patient)).copied())
	}

	fn receipt_key(center: ParticipantId) -> Option<KeyBytes> {
		let active = Self::is_active(center, Role::MedicalCenter, Timestamp::now());
		active.then(|| read(|tables| tables.receipt_keys.get(&center).copied())).flatten()
	}

	fn witness_of(_: &KeyBytes) -> Option<ParticipantId> {
		None
	}

	fn vault_endpoint(_: ParticipantId) -> Option<Vec<u8>> {
		None
	}
}

pub struct Consents;

impl ReadConsents for Consents {
	fn grants(patient: ParticipantId, grantee: ParticipantId, _: Moment) -> Vec<Grant> {
		read(|tables| tables.grants.get(&(patient, grantee)).cloned()).unwrap_or_default()
	}

	fn max_grants() -> u32 {
		MAX_GRANTS
	}

	fn exclusion(patient: ParticipantId, excluded: ParticipantId, _: Moment) -> Option<Interval> {
		read(|tables| tables.exclusions.get(&(patient, excluded)).copied())
	}
}

/// The account of a participant's acting key.
pub(crate) fn account(id: ParticipantId) -> AccountId32 {
	AccountId32::new(key_bytes(id))
}

/// 32 bytes that differ for each participant.
fn key_bytes(id: ParticipantId) -> [u8; 32] {
	let mut bytes = [0xaa; 32];
	bytes[..8].copy_from_slice(&id.0.to_le_bytes());
	bytes
}

/// The key with which a center's vault signs receipts.
pub(crate) fn vault_key(center: ParticipantId) -> ed25519::Pair {
	ed25519::Pair::from_seed(&key_bytes(center))
}

pub(crate) fn genesis() -> Digest {
	[0x47; 32]
}

fn cast() -> Tables {
	let mut tables = Tables::default();
	let roles = [
		(Role::Patient, vec![PATIENT, OTHER_PATIENT]),
		(Role::MedicalCenter, vec![HOSPITAL, CLINIC, ARCHIVE, GUEST]),
		(Role::Practitioner, vec![DOCTOR, NURSE, SPECIALIST]),
		(Role::Device, vec![CUFF, MONITOR]),
		(Role::HealthAuthority, vec![AUTHORITY]),
		(Role::Researcher, vec![RESEARCHER]),
	];
	for (role, ids) in roles {
		for id in ids {
			tables.participants.insert(id, (role, Interval::open(0)));
			tables.keys.insert(account(id), (id, KeyRoles::MAIN));
		}
	}
	for center in [HOSPITAL, CLINIC, ARCHIVE] {
		tables.receipt_keys.insert(center, vault_key(center).public().0);
	}
	for (member, center) in
		[(DOCTOR, HOSPITAL), (NURSE, HOSPITAL), (SPECIALIST, CLINIC), (MONITOR, HOSPITAL)]
	{
		tables.affiliations.insert(member, vec![(center, Interval::open(0))]);
	}
	for patient in [PATIENT, OTHER_PATIENT] {
		tables.care.insert((patient, HOSPITAL), Timeline::start(0, None));
	}
	tables.pairings.insert((CUFF, PATIENT), Interval::open(0));
	tables
}

/// A grant that allows writing about everything.
pub(crate) fn write_grant(patient: ParticipantId, grantee: ParticipantId) -> Grant {
	Grant {
		id: GrantId(0),
		patient,
		grantee,
		generation: 0,
		interval: Interval::open(0),
		terms: GrantTerms {
			actions: ActionSet::WRITE,
			purposes: PurposeSet::from_iter([PurposeOfUse::Treat]),
			scope: Scope::default(),
			exceptions: Default::default(),
			sensitivity: Sensitivity::VeryRestricted,
			redisclosure: false,
		},
	}
}

/// A record about `patient` whose content differs with `seed`, without deposits.
pub(crate) fn draft(
	patient: ParticipantId,
	on_behalf_of: Option<ParticipantId>,
	seed: u8,
) -> NewRecord {
	NewRecord {
		patient,
		on_behalf_of,
		commitment: [seed; 32],
		attributes: [1; 32],
		content_root: [seed ^ 0xff; 32],
		size: 4_096,
		deposits: Default::default(),
	}
}

pub(crate) fn with_size(record: NewRecord, size: u64) -> NewRecord {
	NewRecord { size, ..record }
}

/// The receipt of `custodian`'s vault for a record that `author` is going to anchor.
pub(crate) fn receipt(
	record: &NewRecord,
	author: ParticipantId,
	custodian: ParticipantId,
) -> DepositReceipt {
	DepositReceipt {
		genesis: genesis(),
		custodian,
		record: record.content(author).record_id(&genesis()),
		content_root: record.content_root,
		size: record.size,
		expires: NOW + 86_400_000,
	}
}

/// `receipt` signed with the key of `signer`'s vault.
pub(crate) fn signed(receipt: &DepositReceipt, signer: ParticipantId) -> Deposit {
	Deposit {
		custodian: receipt.custodian,
		expires: receipt.expires,
		signature: vault_key(signer).sign(&receipt.message()).0,
	}
}

/// `record` with genuine receipts of `custodians`.
pub(crate) fn deposited(
	mut record: NewRecord,
	author: ParticipantId,
	custodians: &[ParticipantId],
) -> NewRecord {
	let deposit = |custodian: &_| signed(&receipt(&record, author, *custodian), *custodian);
	let deposits: Vec<_> = custodians.iter().map(deposit).collect();
	record.deposits = deposits.try_into().expect("at most three custodians; qed");
	record
}

/// A record of the hospital's doctor about the patient, held by the hospital.
pub(crate) fn report(seed: u8) -> NewRecord {
	deposited(draft(PATIENT, Some(HOSPITAL), seed), DOCTOR, &[HOSPITAL])
}

/// The id that the chain gives to a record of `author`.
pub(crate) fn id_of(record: &NewRecord, author: ParticipantId) -> RecordId {
	record.content(author).record_id(&genesis())
}

pub(crate) fn signed_by(id: ParticipantId) -> RuntimeOrigin {
	RuntimeOrigin::signed(account(id))
}

/// `Records::anchor`, without what it weighed.
pub(crate) fn anchor(author: ParticipantId, record: NewRecord) -> DispatchResult {
	unweighed(Records::anchor(signed_by(author), record))
}

/// `Records::anchor_batch`, without what it weighed.
pub(crate) fn anchor_batch(
	author: ParticipantId,
	records: BoundedVec<NewRecord, ConstU32<MAX_BATCH>>,
) -> DispatchResult {
	unweighed(Records::anchor_batch(signed_by(author), records))
}

/// `Records::supersede`, without what it weighed.
pub(crate) fn supersede(
	author: ParticipantId,
	superseded: RecordId,
	record: NewRecord,
) -> DispatchResult {
	unweighed(Records::supersede(signed_by(author), superseded, record))
}

/// A record of the hospital's doctor, with the receipt of another center that takes it over.
pub(crate) fn to(center: ParticipantId, record: &NewRecord) -> (RecordId, Deposit) {
	(id_of(record, DOCTOR), signed(&receipt(record, DOCTOR, center), center))
}

/// `Records::hand_over` by a center, of records of which each has this receipt.
pub(crate) fn hand_over(from: ParticipantId, records: &[(RecordId, Deposit)]) -> DispatchResult {
	let records =
		records.iter().map(|(record, deposit)| HandOver { record: *record, deposit: *deposit });
	let records = records.collect::<Vec<_>>().try_into().expect("at most MaxBatch; qed");
	Records::hand_over(signed_by(from), records)
}

fn unweighed(result: DispatchResultWithPostInfo) -> DispatchResult {
	result.map(|_| ()).map_err(|error| error.error)
}

/// The events of this pallet since the last call of this function.
pub(crate) fn take_events() -> Vec<crate::Event<Test>> {
	let events = System::events();
	System::reset_events();
	events
		.into_iter()
		.filter_map(|record| match record.event {
			RuntimeEvent::Records(event) => Some(event),
			_ => None,
		})
		.collect()
}

pub(crate) struct TestExternalities(sp_io::TestExternalities);

impl TestExternalities {
	/// Runs a test and checks the storage that it leaves.
	pub(crate) fn execute_and_check(mut self, test: impl FnOnce()) {
		self.0.execute_with(|| {
			test();
			Records::do_try_state().expect("the storage is in order");
		});
	}
}

pub(crate) fn new_test_ext() -> TestExternalities {
	TestExternalities(storage())
}

fn storage() -> sp_io::TestExternalities {
	TABLES.set(cast());
	let storage = frame_system::GenesisConfig::<Test>::default()
		.build_storage()
		.expect("a plain genesis; qed");
	let mut ext = sp_io::TestExternalities::new(storage);
	ext.execute_with(|| {
		System::set_block_number(1);
		frame_system::BlockHash::<Test>::insert(0, H256(genesis()));
		Timestamp::set_timestamp(NOW);
	});
	ext
}

/// For the benchmarks' own tests.
#[cfg(feature = "runtime-benchmarks")]
pub(crate) fn new_bench_ext() -> sp_io::TestExternalities {
	let mut ext = storage();
	let keystore = sp_keystore::testing::MemoryKeystore::new();
	ext.register_extension(sp_keystore::KeystoreExt::new(keystore));
	ext
}

#[cfg(feature = "runtime-benchmarks")]
impl crate::BenchmarkHelper<AccountId32> for Tables {
	fn author(affiliations: u32) -> crate::benchmarking::Author<AccountId32> {
		let centers = [GUEST, ARCHIVE, CLINIC, HOSPITAL];
		let centers = centers[4 - affiliations as usize..].iter();
		let affiliations = centers.map(|center| (*center, Interval::open(0))).collect();
		edit(|tables| {
			tables.affiliations.insert(DOCTOR, affiliations);
		});
		crate::benchmarking::Author { account: account(DOCTOR), id: DOCTOR, center: HOSPITAL }
	}

	fn patient(
		number: u32,
		author: &crate::benchmarking::Author<AccountId32>,
		all: u32,
	) -> ParticipantId {
		let patient = ParticipantId(1_000 + u64::from(number));
		let own = all / 2;
		let grants = |count: u32, to| vec![write_grant(patient, to); count as usize];
		edit(|tables| {
			tables.participants.insert(patient, (Role::Patient, Interval::open(0)));
			tables.grants.insert((patient, author.id), grants(own, author.id));
			tables.grants.insert((patient, HOSPITAL), grants(all - own, HOSPITAL));
		});
		patient
	}

	fn custodian(number: u32, receipt_key: KeyBytes) -> (AccountId32, ParticipantId) {
		let center = [HOSPITAL, CLINIC, ARCHIVE, GUEST][number as usize];
		edit(|tables| {
			tables.receipt_keys.insert(center, receipt_key);
		});
		(account(center), center)
	}
}
