//! A chain with this pallet, real sessions and real offences, and a registry that is a table.

// What the macros expand to is not ours to shorten or to hide.
#![allow(missing_docs, unreachable_pub, unused_qualifications)]

use frame_support::{
	assert_ok, derive_impl, parameter_types,
	traits::{ConstBool, ConstU32, ConstU64, KeyOwnerProofSystem, OnFinalize, OnInitialize},
};
use frame_system::EnsureRoot;
use pallet_session::historical;
use sp_consensus_aura::{
	digests::CompatibleDigestItem,
	sr25519::{AuthorityId, AuthorityPair, AuthoritySignature},
};
use sp_consensus_slots::Slot;
use sp_core::Pair;
use sp_keystore::{testing::MemoryKeystore, KeystoreExt};
use sp_runtime::{
	impl_opaque_keys,
	key_types::AURA,
	testing::H256,
	traits::{Convert, Header as _, IdentityLookup, OpaqueKeys},
	AccountId32, BuildStorage, Digest, DigestItem, DispatchError,
};
use sp_session::MembershipProof;
use ward_primitives::{
	traits::{ActingParticipant, OnStanding, ReadParticipants},
	Interval, KeyBytes, KeyRoles, Moment, ParticipantId, Role, Timeline,
};

use crate::{
	self as pallet_ward_authorities, DoubleAuthoringProof, NameOnly, NoToken, Pallet, SeatId,
	SeatKeys, SuspendOffenders,
};

type Block = frame_system::mocking::MockBlockU32<Test>;
pub(crate) type Header = <Block as sp_runtime::traits::Block>::Header;

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Timestamp: pallet_timestamp,
		Authorities: pallet_ward_authorities,
		Aura: pallet_aura,
		Session: pallet_session,
		Historical: historical,
		Offences: pallet_offences,
	}
);

impl_opaque_keys! {
	pub struct Keys {
		pub aura: Aura,
	}
}

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

impl pallet_aura::Config for Test {
	type AuthorityId = AuthorityId;
	type MaxAuthorities = ConstU32<8>;
	type DisabledValidators = ();
	type AllowMultipleBlocksPerSlot = ConstBool<false>;
	type SlotDuration = ConstU64<2>;
}

impl pallet_session::Config for Test {
	type RuntimeEvent = RuntimeEvent;
	type ValidatorId = SeatId;
	type ValidatorIdOf = Table;
	type ShouldEndSession = Authorities;
	type NextSessionRotation = Authorities;
	type SessionManager = historical::NoteHistoricalRoot<Test, Authorities>;
	type SessionHandler = SeatKeys<<Keys as OpaqueKeys>::KeyTypeIdProviders>;
	type Keys = Keys;
	type DisablingStrategy = ();
	type WeightInfo = ();
	type Currency = NoToken<RuntimeHoldReason>;
	type KeyDeposit = ConstU32<0>;
}

impl historical::Config for Test {
	type RuntimeEvent = RuntimeEvent;
	type FullIdentification = ();
	type FullIdentificationOf = NameOnly;
}

impl pallet_offences::Config for Test {
	type RuntimeEvent = RuntimeEvent;
	type IdentificationTuple = crate::Offender;
	type OnOffenceHandler = ();
}

impl crate::Config for Test {
	type Time = Timestamp;
	type GrantOrigin = EnsureRoot<AccountId32>;
	type Participants = Table;
	type Offences = SuspendOffenders<Test, Offences>;
	type OnStanding = Listener;
	type MaxSeats = ConstU32<8>;
	type MinSessionLength = ConstU32<2>;
	type MaxSessionLength = ConstU32<1_000>;
	type HistoryDepth = ConstU32<4>;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Table;
}

/// How many blocks a session of the tests lasts.
pub(crate) const SESSION: u32 = 5;

/// A patient, whose account governs for nobody.
pub(crate) const PATIENT: u64 = 100;

parameter_types! {
	/// The participants that are not active, in storage so that it is undone with a failed call.
	pub storage Inactive: Vec<u64> = Vec::new();
	/// How often a change of the electors was told.
	pub storage Told: u32 = 0;
	/// How many centers the benchmarks have made.
	pub storage Made: u64 = 1_000;
}

/// A registry in which every number but [`PATIENT`] and those over 2,000 is a medical center.
pub struct Table;

/// The governing account of a participant.
pub(crate) fn account(number: u64) -> AccountId32 {
	let mut bytes = [0; 32];
	bytes[..8].copy_from_slice(&number.to_le_bytes());
	bytes.into()
}

fn number(account: &AccountId32) -> u64 {
	let bytes: &[u8] = account.as_ref();
	u64::from_le_bytes(bytes[..8].try_into().expect("eight bytes; qed"))
}

impl ActingParticipant<AccountId32, DispatchError> for Table {
	fn ensure_acting(who: &AccountId32, roles: KeyRoles) -> Result<ParticipantId, DispatchError> {
		let id = Self::ensure_holder(who, roles)?;
		match Inactive::get().contains(&id.0) {
			true => Err(DispatchError::Other("NotActive")),
			false => Ok(id),
		}
	}

	fn ensure_holder(who: &AccountId32, _: KeyRoles) -> Result<ParticipantId, DispatchError> {
		Ok(ParticipantId(number(who)))
	}
}

impl ReadParticipants for Table {
	fn participant(id: ParticipantId, _: Moment) -> Option<(Role, Interval)> {
		let role = match id.0 {
			0 | 2_001.. => return None,
			PATIENT => Role::Patient,
			_ => Role::MedicalCenter,
		};
		let until = Inactive::get().contains(&id.0).then_some(0);
		Some((role, Interval { from: 0, until }))
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

impl Convert<AccountId32, Option<SeatId>> for Table {
	fn convert(who: AccountId32) -> Option<SeatId> {
		Some(SeatId(ParticipantId(number(&who))))
	}
}

#[cfg(feature = "runtime-benchmarks")]
impl crate::benchmarking::BenchmarkHelper<Test> for Table {
	fn center() -> (AccountId32, ParticipantId) {
		Made::set(&(Made::get() + 1));
		(account(Made::get()), ParticipantId(Made::get()))
	}

	fn session_keys(aura: AuthorityId, _: u32) -> Keys {
		Keys { aura }
	}
}

/// Counts what it is told.
pub struct Listener;

impl OnStanding for Listener {
	fn changed(_: ParticipantId, _: Role) {
		Told::set(&(Told::get() + 1));
	}
}

/// The Aura key of a center; `generation` tells its rotated keys apart.
pub(crate) fn pair(center: u64, generation: u32) -> AuthorityPair {
	AuthorityPair::from_string(&format!("//{center}/{generation}"), None).expect("a seed; qed")
}

pub(crate) fn keys(center: u64, generation: u32) -> Keys {
	Keys { aura: pair(center, generation).public() }
}

/// Sets the keys of a center as `session.set_keys` does, but for the proof.
pub(crate) fn set_keys(center: u64, generation: u32) {
	pallet_session::NextKeys::<Test>::insert(
		SeatId(ParticipantId(center)),
		keys(center, generation),
	);
}

/// The seats 1 to `seats` from genesis on, and a minimum.
pub(crate) fn genesis(seats: u64, minimum: u32) -> sp_io::TestExternalities {
	let genesis = RuntimeGenesisConfig {
		authorities: crate::GenesisConfig {
			seats: (1..=seats).map(ParticipantId).collect(),
			minimum,
			session_length: SESSION,
			..Default::default()
		},
		session: pallet_session::GenesisConfig {
			keys: (1..=seats).map(|n| (account(n), SeatId(ParticipantId(n)), keys(n, 0))).collect(),
			..Default::default()
		},
		..Default::default()
	};
	let mut ext: sp_io::TestExternalities =
		genesis.build_storage().expect("a valid genesis; qed").into();
	ext.register_extension(KeystoreExt::new(MemoryKeystore::new()));
	ext
}

#[cfg(feature = "runtime-benchmarks")]
pub(crate) fn new_test_ext() -> sp_io::TestExternalities {
	genesis(1, 1)
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

fn pre_digest(slot: u64) -> DigestItem {
	CompatibleDigestItem::<AuthoritySignature>::aura_pre_digest(Slot::from(slot))
}

/// Executes an empty block in this slot.
pub(crate) fn block_in(slot: u64) {
	let number = System::block_number() + 1;
	System::reset_events();
	System::initialize(&number, &H256::default(), &Digest { logs: vec![pre_digest(slot)] });
	AllPalletsWithSystem::on_initialize(number);
	Timestamp::set_timestamp(slot * 2);
	AllPalletsWithSystem::on_finalize(number);
}

/// Executes blocks without a gap until that session runs.
pub(crate) fn run_to_session(session: u32) {
	while Session::current_index() < session {
		block_in(*pallet_aura::CurrentSlot::<Test>::get() + 1);
	}
}

/// Executes blocks until the next session but one, when what was decided now holds.
pub(crate) fn run_two_sessions() {
	run_to_session(Session::current_index() + 2);
}

/// Who sits.
pub(crate) fn sitting() -> Vec<u64> {
	Session::validators().iter().map(|seat| seat.0 .0).collect()
}

pub(crate) fn grant_and_take(center: u64) {
	assert_ok!(Authorities::grant_seat(RuntimeOrigin::root(), ParticipantId(center)));
	set_keys(center, 0);
	assert_ok!(Authorities::take_seat(RuntimeOrigin::signed(account(center))));
}

/// A header that `author` sealed for a slot; `salt` tells several apart.
pub(crate) fn sealed(author: &AuthorityPair, slot: u64, salt: u8) -> Header {
	let digest = Digest { logs: vec![pre_digest(slot), DigestItem::Other(vec![salt])] };
	let mut header =
		Header::new(9, Default::default(), Default::default(), Default::default(), digest);
	let seal = author.sign(header.hash().as_ref());
	header.digest_mut().push(DigestItem::aura_seal(seal));
	header
}

/// The proof that the center sealed two blocks for a slot, with the keys of that generation.
pub(crate) fn double_authoring(
	center: u64,
	generation: u32,
	slot: u64,
) -> Box<DoubleAuthoringProof<Test>> {
	let author = pair(center, generation);
	Box::new(DoubleAuthoringProof::<Test> {
		offender: author.public(),
		slot: slot.into(),
		first_header: sealed(&author, slot, 1),
		second_header: sealed(&author, slot, 2),
	})
}

/// The proof that the key is the center's in the running session.
pub(crate) fn ownership(center: u64, generation: u32) -> MembershipProof {
	Historical::prove((AURA, pair(center, generation).public())).expect("the seat sits")
}

pub(crate) fn slot() -> u64 {
	*pallet_aura::CurrentSlot::<Test>::get()
}
