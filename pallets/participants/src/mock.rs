//! A runtime with this pallet, and a small consortium to test with.

use std::sync::OnceLock;

use frame_support::{
	derive_impl, parameter_types,
	traits::{ConstU32, ConstU64},
};
use frame_system::EnsureRoot;
use sp_core::{ed25519, sr25519, Pair, H256};
use sp_keystore::{testing::MemoryKeystore, KeystoreExt};
use sp_runtime::{
	traits::{IdentityLookup, Verify},
	AccountId32, BuildStorage, MultiSignature,
};
use ward_primitives::{
	participant::{SealingKey, SealingSuite},
	proof::{Enrolment, KeyAttachment},
	traits::{OnStanding, ReadParticipants},
	KeyRoles, Moment, ParticipantId, Role, VaultRow,
};

use crate::{self as pallet_ward_participants, GenesisParticipant, CONSORTIUM};

type Block = frame_system::mocking::MockBlock<Test>;

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Timestamp: pallet_timestamp,
		Participants: pallet_ward_participants,
	}
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type AccountId = AccountId32;
	type Lookup = IdentityLookup<AccountId32>;
}

#[derive_impl(pallet_timestamp::config_preludes::TestDefaultConfig)]
impl pallet_timestamp::Config for Test {}

pub(crate) const MAX_PROOF_VALIDITY: Moment = 3_600_000;
pub(crate) const MAX_AFFILIATIONS: u32 = 4;
pub(crate) const MAX_HEALTH_AUTHORITIES: u32 = 4;

parameter_types! {
	/// The changes of standing that were told, in storage so that they are undone with a failed call.
	pub storage Told: Vec<(ParticipantId, Role)> = Vec::new();
	/// Who cannot be spared.
	pub storage Needed: Vec<ParticipantId> = Vec::new();
	/// Whether the participant was active when each was told.
	pub storage ToldWhileActive: Vec<bool> = Vec::new();
}

/// Writes down what it is told.
pub struct Listener;

impl OnStanding for Listener {
	fn changed(id: ParticipantId, role: Role) {
		let mut told = Told::get();
		told.push((id, role));
		Told::set(&told);
		let mut active = ToldWhileActive::get();
		active.push(Participants::is_active(id, role, Timestamp::get()));
		ToldWhileActive::set(&active);
	}

	fn can_be_stopped(id: ParticipantId, _: Role) -> bool {
		!Needed::get().contains(&id)
	}
}

/// What was told since the last call of this function.
pub(crate) fn take_told() -> Vec<(ParticipantId, Role)> {
	let told = Told::get();
	Told::set(&Vec::new());
	ToldWhileActive::set(&Vec::new());
	told
}

/// Whether the participants were active when something was told, since the last call of either.
pub(crate) fn told_while_active() -> Vec<bool> {
	let active = ToldWhileActive::get();
	take_told();
	active
}

impl crate::Config for Test {
	type Time = Timestamp;
	type AdmitOrigin = EnsureRoot<AccountId32>;
	type Signature = MultiSignature;
	type MaxProofValidity = ConstU64<MAX_PROOF_VALIDITY>;
	type MaxAffiliations = ConstU32<MAX_AFFILIATIONS>;
	type MaxHealthAuthorities = ConstU32<MAX_HEALTH_AUTHORITIES>;
	type OnStanding = Listener;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = ();
}

/// The moment at which tests start.
pub(crate) const START: Moment = 1_000;

/// The hash of the mock's first block.
pub(crate) const GENESIS: [u8; 32] = [0xe5; 32];

// The consortium that every test starts with, one of each role and a second center.
pub(crate) const AUTHORITY: ParticipantId = ParticipantId(1);
pub(crate) const CENTER: ParticipantId = ParticipantId(2);
pub(crate) const OTHER_CENTER: ParticipantId = ParticipantId(3);
pub(crate) const DOCTOR: ParticipantId = ParticipantId(4);
pub(crate) const PATIENT: ParticipantId = ParticipantId(5);
pub(crate) const DEVICE: ParticipantId = ParticipantId(6);
pub(crate) const RESEARCHER: ParticipantId = ParticipantId(7);
pub(crate) const NOBODY: ParticipantId = ParticipantId(99);

/// The participants above, with role and sponsor.
pub(crate) const CAST: [(ParticipantId, Role, Option<ParticipantId>); 7] = [
	(AUTHORITY, Role::HealthAuthority, None),
	(CENTER, Role::MedicalCenter, Some(AUTHORITY)),
	(OTHER_CENTER, Role::MedicalCenter, Some(AUTHORITY)),
	(DOCTOR, Role::Practitioner, Some(CENTER)),
	(PATIENT, Role::Patient, Some(CENTER)),
	(DEVICE, Role::Device, Some(CENTER)),
	(RESEARCHER, Role::Researcher, Some(CENTER)),
];

/// An sr25519 key pair with this name.
pub(crate) fn pair(name: &str) -> sr25519::Pair {
	Pair::from_string(&format!("//{name}"), None).expect("a derivation path; qed")
}

/// The account of the key pair with this name.
pub(crate) fn account(name: &str) -> AccountId32 {
	pair(name).public().0.into()
}

/// An Ed25519 key pair with this name.
pub(crate) fn ed25519_pair(name: &str) -> ed25519::Pair {
	Pair::from_string(&format!("//{name}"), None).expect("a derivation path; qed")
}

/// The account of the Ed25519 key pair with this name.
pub(crate) fn ed25519_account(name: &str) -> AccountId32 {
	ed25519_pair(name).public().0.into()
}

/// The first key of a member of the cast.
pub(crate) fn main_key(id: ParticipantId) -> AccountId32 {
	// Deriving a key is slow, and random histories sign tens of thousands of calls.
	static KEYS: OnceLock<[AccountId32; CAST.len()]> = OnceLock::new();
	let keys = KEYS.get_or_init(|| CAST.map(|(id, _, _)| account(&format!("main/{id}"))));
	keys[id.0 as usize - 1].clone()
}

/// The origin that is signed by a member's first key.
pub(crate) fn by(id: ParticipantId) -> RuntimeOrigin {
	RuntimeOrigin::signed(main_key(id))
}

/// The origin that is signed by the key with this name.
pub(crate) fn by_key(name: &str) -> RuntimeOrigin {
	RuntimeOrigin::signed(account(name))
}

/// A sealing key that is different for each byte.
pub(crate) fn sealing_key(byte: u8) -> SealingKey {
	SealingKey::of(SealingSuite::XWing, &[byte; 1_216])
}

/// The enrolment that the key with this name would sign, with an end of validity ahead.
pub(crate) fn enrolment(name: &str, sponsor: Option<ParticipantId>, role: Role) -> Enrolment {
	Enrolment {
		genesis: GENESIS,
		sponsor: sponsor.unwrap_or(CONSORTIUM),
		role,
		account: account(name).into(),
		sealing_key: sealing_key(1),
		care: false,
		valid_until: Timestamp::get() + 1_000,
	}
}

/// A newcomer's signature.
pub(crate) fn sign_enrolment(name: &str, enrolment: &Enrolment) -> MultiSignature {
	pair(name).sign(&enrolment.message()).into()
}

/// The attachment that a key would sign, with an end of validity ahead.
pub(crate) fn attachment(
	key: &AccountId32,
	participant: ParticipantId,
	roles: KeyRoles,
) -> KeyAttachment {
	KeyAttachment {
		genesis: GENESIS,
		participant,
		key: key.clone().into(),
		roles,
		valid_until: Timestamp::get() + 1_000,
	}
}

/// Attaches the sr25519 key with this name.
pub(crate) fn attach(origin: RuntimeOrigin, name: &str, to: ParticipantId, roles: KeyRoles) {
	let attachment = attachment(&account(name), to, roles);
	let proof: MultiSignature = pair(name).sign(&attachment.message()).into();
	assert!(proof.verify(attachment.message().as_slice(), &account(name)));
	let valid_until = attachment.valid_until;
	frame_support::assert_ok!(Participants::attach_key(
		origin,
		account(name),
		roles,
		valid_until,
		proof
	));
}

/// Attaches the Ed25519 key with this name as a receipt key.
pub(crate) fn attach_receipt_key(name: &str, center: ParticipantId) {
	attach_unattended(name, center, KeyRoles::RECEIPT);
}

/// Attaches the Ed25519 key with this name as a witness key.
pub(crate) fn attach_witness_key(name: &str, center: ParticipantId) {
	attach_unattended(name, center, KeyRoles::WITNESS);
}

fn attach_unattended(name: &str, center: ParticipantId, roles: KeyRoles) {
	let attachment = attachment(&ed25519_account(name), center, roles);
	let proof = ed25519_pair(name).sign(&attachment.message()).into();
	frame_support::assert_ok!(Participants::attach_key(
		by(center),
		ed25519_account(name),
		roles,
		attachment.valid_until,
		proof
	));
}

/// The origin that is signed by the Ed25519 key with this name.
pub(crate) fn by_ed25519(name: &str) -> RuntimeOrigin {
	RuntimeOrigin::signed(ed25519_account(name))
}

/// A vault's row with the receipt key with this name.
pub(crate) fn vault(receipt_key: &str) -> VaultRow {
	VaultRow {
		endpoint: b"https://vault.example".to_vec().try_into().expect("a short URL; qed"),
		receipt_key: ed25519_account(receipt_key).into(),
		release_suite: SealingSuite::XWing,
		release_key: vec![7; 1_216].try_into().expect("the suite's length; qed"),
	}
}

/// Moves the clock; block and events go on.
pub(crate) fn set_now(now: Moment) {
	Timestamp::set_timestamp(now);
}

/// Moves the clock by one.
pub(crate) fn tick() -> Moment {
	let now = Timestamp::get() + 1;
	set_now(now);
	now
}

/// The events of this pallet since the last call of this function.
pub(crate) fn take_events() -> Vec<crate::Event<Test>> {
	let events = System::events().into_iter().filter_map(|record| match record.event {
		RuntimeEvent::Participants(event) => Some(event),
		_ => None,
	});
	let events = events.collect();
	System::reset_events();
	events
}

/// A test environment whose state is checked at the end of the test.
pub(crate) struct TestExt(sp_io::TestExternalities);

impl TestExt {
	/// Runs a test, and then every check of the state.
	pub(crate) fn execute_and_check(mut self, test: impl FnOnce()) {
		self.0.execute_with(|| {
			test();
			Participants::do_try_state().expect("the state is consistent");
		});
	}
}

/// The environment before any participant but those of the genesis configuration.
pub(crate) fn externalities(
	participants: Vec<GenesisParticipant<AccountId32>>,
) -> sp_io::TestExternalities {
	let mut storage = frame_system::GenesisConfig::<Test>::default()
		.build_storage()
		.expect("the system's genesis is valid; qed");
	crate::GenesisConfig::<Test> { participants }
		.assimilate_storage(&mut storage)
		.expect("the genesis is valid; qed");
	let mut ext = sp_io::TestExternalities::new(storage);
	ext.register_extension(KeystoreExt::new(MemoryKeystore::new()));
	ext.execute_with(|| {
		System::set_block_number(1);
		frame_system::BlockHash::<Test>::insert(0, H256(GENESIS));
		set_now(START);
	});
	ext
}

/// The whole cast, enrolled at genesis; the patient is not in care.
pub(crate) fn externalities_with_cast() -> sp_io::TestExternalities {
	let participants = CAST.map(|(id, role, sponsor)| GenesisParticipant {
		account: main_key(id),
		role,
		sponsor,
		sealing_key: Some(sealing_key(0)),
	});
	externalities(participants.to_vec())
}

/// The whole cast, and a check of the state at the end.
pub(crate) fn new_test_ext() -> TestExt {
	TestExt(externalities_with_cast())
}

/// An environment without participants.
pub(crate) fn empty_test_ext() -> TestExt {
	TestExt(externalities(Vec::new()))
}

/// For the benchmarks, which run as tests too.
#[cfg(feature = "runtime-benchmarks")]
pub(crate) fn benchmark_ext() -> sp_io::TestExternalities {
	externalities(Vec::new())
}
