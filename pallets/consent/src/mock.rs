//! A runtime with this pallet, beside participants and records that are tables.

// What the macros expand to is not ours to shorten or to document.
#![allow(missing_docs, unreachable_pub, unused_qualifications)]

use std::{cell::RefCell, collections::BTreeMap};

use frame_support::{
	derive_impl,
	traits::{ConstU32, ConstU64, Time},
};
use sp_runtime::{AccountId32, BuildStorage, DispatchError};
use ward_primitives::{
	consent::ActionSet,
	decide,
	decision::{Query, RecordFacts},
	inputs,
	traits::{ActingParticipant, ReadParticipants, ReadRecords},
	Action, Attributes, AttributesOpening, Category, CategorySet, Decision, GrantTerms, Interval,
	KeyBytes, KeyRoles, Moment, ParticipantId, PurposeOfUse, PurposeSet, Reason, RecordId, Role,
	Scope, Sensitivity, Timeline,
};

use crate as pallet_ward_consent;

pub(crate) type Block = frame_system::mocking::MockBlock<Test>;

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Timestamp: pallet_timestamp,
		Consent: pallet_ward_consent,
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

/// Small, so that tests and random histories meet the limit.
pub(crate) const MAX_LIVE_GRANTS: u32 = 4;

impl pallet_ward_consent::Config for Test {
	type Time = Timestamp;
	type Participants = Participants;
	type Records = Records;
	type MaxLiveGrants = ConstU32<MAX_LIVE_GRANTS>;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Tables;
}

/// The moment at which each test starts.
pub(crate) const NOW: Moment = 1_000;

pub(crate) const PATIENT: ParticipantId = ParticipantId(1);
pub(crate) const OTHER_PATIENT: ParticipantId = ParticipantId(2);
/// Works for the hospital.
pub(crate) const DOCTOR: ParticipantId = ParticipantId(10);
/// Works for nobody.
pub(crate) const SPECIALIST: ParticipantId = ParticipantId(11);
pub(crate) const HOSPITAL: ParticipantId = ParticipantId(20);
pub(crate) const DEVICE: ParticipantId = ParticipantId(30);
pub(crate) const AUTHORITY: ParticipantId = ParticipantId(31);
pub(crate) const RESEARCHER: ParticipantId = ParticipantId(32);
/// Never enrolled.
pub(crate) const STRANGER: ParticipantId = ParticipantId(99);

/// The patient's own laboratory record, and one that supersedes it.
pub(crate) const LAB: RecordId = RecordId([1; 32]);
pub(crate) const LAB_CORRECTED: RecordId = RecordId([2; 32]);
/// The patient's own imaging record.
pub(crate) const IMAGE: RecordId = RecordId([3; 32]);
/// A record of the other patient.
pub(crate) const FOREIGN: RecordId = RecordId([4; 32]);
/// Not on the chain.
pub(crate) const UNKNOWN: RecordId = RecordId([5; 32]);

/// What the tables say of the other pallets' storage.
#[derive(Clone, Default)]
pub struct Tables {
	pub(crate) participants: BTreeMap<ParticipantId, (Role, Interval)>,
	pub(crate) keys: BTreeMap<AccountId32, (ParticipantId, KeyRoles)>,
	pub(crate) records: BTreeMap<RecordId, RecordFacts>,
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

/// Ends a participant's activity now.
pub(crate) fn suspend(id: ParticipantId) {
	let now = Timestamp::now();
	edit(|tables| tables.participants.get_mut(&id).expect("it takes part").1.end(now));
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
		match member {
			DOCTOR => vec![(HOSPITAL, Interval::open(0))],
			_ => vec![],
		}
	}

	fn max_affiliations() -> u32 {
		1
	}

	fn care(_: ParticipantId, _: ParticipantId, _: Moment) -> Option<Timeline> {
		None
	}

	fn pairing(_: ParticipantId, _: ParticipantId, _: Moment) -> Option<Interval> {
		None
	}

	fn receipt_key(_: ParticipantId) -> Option<KeyBytes> {
		None
	}

	fn witness_of(_: &KeyBytes) -> Option<ParticipantId> {
		None
	}

	fn vault_endpoint(_: ParticipantId) -> Option<Vec<u8>> {
		None
	}
}

pub struct Records;

impl ReadRecords for Records {
	fn record(id: RecordId) -> Option<RecordFacts> {
		read(|tables| tables.records.get(&id).copied())
	}
}

/// The account of a participant's acting key.
pub(crate) fn account(id: ParticipantId) -> AccountId32 {
	let mut bytes = [0xaa; 32];
	bytes[..8].copy_from_slice(&id.0.to_le_bytes());
	AccountId32::new(bytes)
}

pub(crate) fn signed_by(id: ParticipantId) -> RuntimeOrigin {
	RuntimeOrigin::signed(account(id))
}

/// What the custodian holds of a record's attributes.
pub(crate) fn opening(category: Category) -> AttributesOpening {
	let attributes = Attributes {
		categories: CategorySet::from_iter([category]),
		sensitivity: Sensitivity::Normal,
		period: None,
	};
	AttributesOpening { salt: [7; 32], attributes }
}

pub(crate) fn category_of(record: RecordId) -> Category {
	if record == IMAGE {
		Category::Imaging
	} else {
		Category::Laboratory
	}
}

/// A record that the patient wrote; never `Authored` for anybody else.
pub(crate) fn record_facts(id: RecordId, lineage: RecordId, patient: ParticipantId) -> RecordFacts {
	RecordFacts {
		id,
		lineage,
		patient,
		author: patient,
		author_center: None,
		attributes: opening(category_of(id)).digest(),
		anchored_at: 0,
	}
}

fn cast() -> Tables {
	let mut tables = Tables::default();
	for (id, role) in [
		(PATIENT, Role::Patient),
		(OTHER_PATIENT, Role::Patient),
		(DOCTOR, Role::Practitioner),
		(SPECIALIST, Role::Practitioner),
		(HOSPITAL, Role::MedicalCenter),
		(DEVICE, Role::Device),
		(AUTHORITY, Role::HealthAuthority),
		(RESEARCHER, Role::Researcher),
	] {
		tables.participants.insert(id, (role, Interval::open(0)));
		tables.keys.insert(account(id), (id, KeyRoles::MAIN));
	}
	for (id, lineage, patient) in [
		(LAB, LAB, PATIENT),
		(LAB_CORRECTED, LAB, PATIENT),
		(IMAGE, IMAGE, PATIENT),
		(FOREIGN, FOREIGN, OTHER_PATIENT),
	] {
		tables.records.insert(id, record_facts(id, lineage, patient));
	}
	tables
}

/// Reading for treatment, everything.
pub(crate) fn read_everything() -> GrantTerms {
	GrantTerms {
		actions: ActionSet::READ,
		purposes: PurposeSet::from_iter([PurposeOfUse::Treat]),
		scope: Scope::default(),
		exceptions: Default::default(),
		sensitivity: Sensitivity::Restricted,
		redisclosure: false,
	}
}

/// A selection of these records.
pub(crate) fn naming(records: &[RecordId]) -> Scope {
	let records = records.to_vec().try_into().expect("at most 16 records");
	Scope { records: Some(records), ..Scope::default() }
}

/// The decision on `actor` reading `record` for treatment at `at`, from the state as it is.
pub(crate) fn decide_at(actor: ParticipantId, record: RecordId, at: Moment) -> Decision {
	decide_for(PurposeOfUse::Treat, actor, record, at)
}

/// The same for any purpose.
pub(crate) fn decide_for(
	purpose: PurposeOfUse,
	actor: ParticipantId,
	record: RecordId,
	at: Moment,
) -> Decision {
	let query = Query {
		patient: PATIENT,
		record: Some(record),
		actor,
		on_behalf_of: None,
		action: Action::Read,
		purpose,
		at,
	};
	let inputs = inputs::gather::<Participants, Records, Consent>(query, Timestamp::now()).inputs;
	decide(&inputs, Some(&opening(category_of(record))))
}

/// Whether `actor` may read the laboratory record now; if not, why.
pub(crate) fn may_read(actor: ParticipantId) -> Result<(), Reason> {
	match decide_at(actor, LAB, Timestamp::now()) {
		Decision::Permit { .. } => Ok(()),
		Decision::Deny { reason } => Err(reason),
	}
}

/// Lets `by` milliseconds pass.
pub(crate) fn advance(by: Moment) {
	Timestamp::set_timestamp(Timestamp::now() + by);
}

/// The events of this pallet since the last call of this function.
pub(crate) fn take_events() -> Vec<crate::Event<Test>> {
	let events = System::events();
	System::reset_events();
	events
		.into_iter()
		.filter_map(|record| match record.event {
			RuntimeEvent::Consent(event) => Some(event),
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
			Consent::do_try_state().expect("the storage is in order");
		});
	}
}

pub(crate) fn new_test_ext() -> TestExternalities {
	TestExternalities(bench_ext())
}

pub(crate) fn bench_ext() -> sp_io::TestExternalities {
	TABLES.set(cast());
	let storage = frame_system::GenesisConfig::<Test>::default()
		.build_storage()
		.expect("a plain genesis; qed");
	let mut ext = sp_io::TestExternalities::new(storage);
	ext.execute_with(|| {
		System::set_block_number(1);
		Timestamp::set_timestamp(NOW);
	});
	ext
}

#[cfg(feature = "runtime-benchmarks")]
impl crate::BenchmarkHelper<AccountId32> for Tables {
	fn patient() -> (AccountId32, ParticipantId) {
		(account(PATIENT), PATIENT)
	}

	fn practitioner() -> (AccountId32, ParticipantId) {
		(account(SPECIALIST), SPECIALIST)
	}

	fn record(patient: ParticipantId, number: u32) -> RecordId {
		let mut id = [0xee; 32];
		id[..4].copy_from_slice(&number.to_le_bytes());
		let id = RecordId(id);
		edit(|tables| {
			tables.records.insert(id, record_facts(id, id, patient));
		});
		id
	}
}
