//! The benchmarks from which `scripts/weights` generates the pallets' weights, and the chain that
//! they run on.

use alloc::{string::String, vec::Vec};
use frame_benchmarking::{define_benchmarks, BenchmarkBatch, BenchmarkConfig, BenchmarkList};
use frame_support::{
	traits::{Get, StorageInfo, StorageInfoTrait, WhitelistedStorageKeys},
	BoundedVec,
};
use pallet_session::Validators;
use pallet_ward_authorities::{Hosts, SeatId, Seats};
use pallet_ward_participants as participants;
use pallet_ward_records::Author;
use sp_consensus_aura::sr25519::AuthorityId as AuraId;
use sp_runtime::traits::{BlakeTwo256, Hash};
use sp_storage::TrackedStorageKey;
use ward_primitives::{
	attributes::DataPeriod,
	consent::{MAX_EXCEPTIONS, MAX_NAMED_RECORDS},
	participant::{Condition, SealingKey, SealingSuite},
	record::COHORT_SIZE,
	seat::SeatRow,
	ActionSet, CategorySet, Custodian, Grant, GrantTerms, Interval, KeyBytes, KeyRoles, KeyRow,
	ParticipantId, ParticipantRow, PurposeOfUse, PurposeSet, RecordContent, RecordId, RecordRow,
	Role, Scope, Sensitivity, Timeline, VaultRow,
};

use crate::{
	configs::{MaxHealthAuthorities, MaxSeats},
	AccountId, AllPalletsWithSystem, Authorities, Consent, Governance, Participants, Quota,
	Receipts, Records, Runtime, SessionKeys, System,
};

define_benchmarks!(
	[pallet_ward_authorities, Authorities]
	[pallet_ward_participants, Participants]
	[pallet_ward_records, Records]
	[pallet_ward_consent, Consent]
	[pallet_ward_quota, Quota]
	[pallet_ward_governance, Governance]
	[pallet_ward_receipts, Receipts]
);

/// Which benchmarks there are, and how the storage is laid out.
pub(crate) fn metadata(extra: bool) -> (Vec<BenchmarkList>, Vec<StorageInfo>) {
	let mut list = Vec::<BenchmarkList>::new();
	list_benchmarks!(list, extra);
	(list, AllPalletsWithSystem::storage_info())
}

/// The keys that every block has in memory before its first transaction, so that reading and writing
/// them is not counted.
pub(crate) fn whitelist() -> Vec<TrackedStorageKey> {
	let mut keys = AllPalletsWithSystem::whitelisted_storage_keys();
	// Each block begins with setting the clock.
	keys.push(pallet_timestamp::Now::<Runtime>::hashed_key().to_vec().into());
	keys
}

/// Runs one benchmark.
pub(crate) fn dispatch(config: BenchmarkConfig) -> Result<Vec<BenchmarkBatch>, String> {
	let whitelist = whitelist();
	let mut batches = Vec::<BenchmarkBatch>::new();
	let params = (&config, &whitelist);
	add_benchmarks!(params, batches);
	Ok(batches)
}

/// Since ever.
const ALWAYS: Timeline = Timeline { generation: 0, latest: Interval::open(0) };

/// Not any more.
const OVER: Timeline = Timeline { generation: 0, latest: Interval { from: 0, until: Some(0) } };

/// Prepares the chain for the benchmarks.
pub struct Helper;

impl Helper {
	/// An active participant with a key of its own.
	pub(crate) fn participant(
		role: Role,
		sponsor: Option<ParticipantId>,
	) -> (AccountId, ParticipantId) {
		let number = participants::NextParticipantId::<Runtime>::mutate(|next| {
			let number = *next;
			*next += 1;
			number
		});
		let id = ParticipantId(number);
		let account: AccountId = BlakeTwo256::hash(&number.to_le_bytes()).0.into();
		let row = ParticipantRow {
			role,
			sponsor,
			condition: Condition::Active,
			active: ALWAYS,
			sealing_key: SealingKey::of(SealingSuite::XWing, &[1; 1_216]),
			enrolled_at: 0,
		};
		participants::Participants::<Runtime>::insert(id, row);
		Self::attach(&account, id, KeyRoles::MAIN);
		participants::ActingKeys::<Runtime>::insert(id, 1);
		(account, id)
	}

	pub(crate) fn attach(key: &AccountId, participant: ParticipantId, roles: KeyRoles) {
		let row = KeyRow { participant, roles, live: Interval::open(0) };
		participants::Keys::<Runtime>::insert(key, row);
		System::inc_providers(key);
	}

	fn remove_seats() {
		let former: Vec<_> = Seats::<Runtime>::iter_keys().collect();
		former.into_iter().for_each(Seats::<Runtime>::remove);
	}

	fn give_seat(center: ParticipantId) {
		let row = SeatRow { granted_at: 0, taken_at: Some(0), suspension: None };
		Seats::<Runtime>::insert(center, row);
	}

	/// Terms that permit reading and take as many bytes as terms can.
	pub(crate) fn longest_terms() -> GrantTerms {
		let scope = Scope {
			categories: Some(CategorySet(1)),
			records: Some(BoundedVec::truncate_from(
				[RecordId([1; 32]); MAX_NAMED_RECORDS as usize].to_vec(),
			)),
			author: Some(ParticipantId(1)),
			period: Some(DataPeriod { start: 0, end: 1 }),
		};
		GrantTerms {
			actions: ActionSet::READ,
			purposes: PurposeSet::from_iter([PurposeOfUse::Treat]),
			exceptions: BoundedVec::truncate_from(
				alloc::vec![scope.clone(); MAX_EXCEPTIONS as usize],
			),
			scope,
			sensitivity: Sensitivity::Normal,
			redisclosure: false,
		}
	}

	pub(crate) fn affiliate(member: ParticipantId, center: ParticipantId) {
		participants::Affiliations::<Runtime>::insert(member, center, ALWAYS);
		participants::AffiliatedCenters::<Runtime>::try_append(member, center)
			.expect("the bound is respected; qed");
	}

	fn insert_record(content: RecordContent, custodians: Vec<Custodian>) -> RecordId {
		let id = content.record_id(&[0; 32]);
		let row = RecordRow {
			content,
			author_center: None,
			custodians: BoundedVec::truncate_from(custodians),
			anchored_at: 0,
			lineage: id,
			supersedes: None,
			superseded_by: None,
		};
		pallet_ward_records::Records::<Runtime>::insert(id, row);
		id
	}

	pub(crate) fn grant(patient: ParticipantId, grantee: ParticipantId, terms: GrantTerms) {
		let id = pallet_ward_consent::NextGrantId::<Runtime>::mutate(|next| {
			let id = *next;
			next.0 += 1;
			id
		});
		let interval = Interval::open(0);
		let grant = Grant { id, patient, grantee, generation: 0, interval, terms };
		pallet_ward_consent::Grants::<Runtime>::insert(id, grant);
		pallet_ward_consent::RecentGrants::<Runtime>::try_append(patient, grantee, id)
			.expect("the bound is respected; qed");
	}
}

impl pallet_ward_authorities::benchmarking::BenchmarkHelper<Runtime> for Helper {
	fn center() -> (AccountId, ParticipantId) {
		Self::participant(Role::MedicalCenter, None)
	}

	fn session_keys(aura: AuraId, number: u32) -> SessionKeys {
		let grandpa = BlakeTwo256::hash(&number.to_le_bytes()).0;
		SessionKeys { aura, grandpa: sp_core::ed25519::Public::from_raw(grandpa).into() }
	}
}

impl pallet_ward_participants::BenchmarkHelper for Helper {
	// One of as many seats as there can be.
	fn count_with(center: ParticipantId) {
		Self::remove_seats();
		Self::give_seat(center);
		for _ in 1..MaxSeats::get() {
			Self::give_seat(Self::participant(Role::MedicalCenter, None).1);
		}
	}
}

impl pallet_ward_governance::BenchmarkHelper<AccountId> for Helper {
	// Half health authorities, half centers with seats.
	fn fill_electorate() -> Vec<(ParticipantId, AccountId)> {
		let mut electorate = Vec::new();
		participants::HealthAuthorities::<Runtime>::kill();
		for _ in 0..MaxHealthAuthorities::get() {
			let (account, id) = Self::participant(Role::HealthAuthority, None);
			participants::HealthAuthorities::<Runtime>::try_append(id)
				.expect("the bound is respected; qed");
			electorate.push((id, account));
		}
		Self::remove_seats();
		for _ in 0..MaxSeats::get() {
			let (account, id) = Self::participant(Role::MedicalCenter, None);
			Self::give_seat(id);
			electorate.push((id, account));
		}
		electorate
	}
}

impl pallet_ward_quota::BenchmarkHelper<AccountId> for Helper {
	fn enrolled_account() -> AccountId {
		let (_, sponsor) = Self::participant(Role::MedicalCenter, None);
		Self::participant(Role::Patient, Some(sponsor)).0
	}
}

impl pallet_ward_records::BenchmarkHelper<AccountId> for Helper {
	// A device, for which a pairing is looked for besides what is read for staff; and with grants,
	// which only staff can have.
	fn author(affiliations: u32) -> Author<AccountId> {
		let (account, id) = Self::participant(Role::Device, None);
		let mut center = ParticipantId::default();
		for _ in 0..affiliations {
			(_, center) = Self::participant(Role::MedicalCenter, None);
			Self::affiliate(id, center);
		}
		Author { account, id, center }
	}

	fn patient(_: u32, author: &Author<AccountId>, grants: u32) -> ParticipantId {
		let (_, patient) = Self::participant(Role::Patient, None);
		for center in participants::AffiliatedCenters::<Runtime>::get(author.id) {
			pallet_ward_consent::Exclusions::<Runtime>::insert(patient, center, OVER);
		}
		let to_author = grants / 2;
		for _ in 0..to_author {
			Self::grant(patient, author.id, Self::longest_terms());
		}
		for _ in to_author + 1..grants {
			Self::grant(patient, author.center, Self::longest_terms());
		}
		let terms = GrantTerms {
			actions: ActionSet::WRITE,
			scope: Scope::default(),
			exceptions: Default::default(),
			..Self::longest_terms()
		};
		Self::grant(patient, author.center, terms);
		patient
	}

	fn custodian(_: u32, receipt_key: KeyBytes) -> (AccountId, ParticipantId) {
		let (account, center) = Self::participant(Role::MedicalCenter, None);
		Self::attach(&receipt_key.into(), center, KeyRoles::RECEIPT);
		let vault = VaultRow {
			endpoint: b"https://vault.example".to_vec().try_into().expect("short; qed"),
			receipt_key,
			release_suite: SealingSuite::XWing,
			release_key: alloc::vec![1; 1_216].try_into().expect("one key; qed"),
		};
		participants::Vaults::<Runtime>::insert(center, vault);
		(account, center)
	}
}

impl pallet_ward_receipts::BenchmarkHelper<AccountId> for Helper {
	fn seats(count: u32) -> Vec<ParticipantId> {
		Self::remove_seats();
		let seat = |_| {
			let (_, center) = Self::participant(Role::MedicalCenter, None);
			Self::give_seat(center);
			center
		};
		let seats: Vec<_> = (0..count).map(seat).collect();
		Validators::<Runtime>::put(seats.iter().copied().map(SeatId).collect::<Vec<_>>());
		seats
	}

	fn witness(seat: ParticipantId, key: KeyBytes) {
		Self::attach(&key.into(), seat, KeyRoles::WITNESS);
	}

	fn custodian(receipt_key: KeyBytes, host: ParticipantId) -> (AccountId, ParticipantId) {
		use pallet_ward_records::{BenchmarkHelper, Custody, CustodyCount};
		let (_, center) = <Self as BenchmarkHelper<AccountId>>::custodian(0, receipt_key);
		Hosts::<Runtime>::insert(center, host);
		let record = RecordContent {
			patient: center,
			author: center,
			commitment: [1; 32],
			attributes: [1; 32],
			content_root: [1; 32],
			size: <Runtime as pallet_ward_records::Config>::MaxSize::get(),
		};
		let id = Self::insert_record(record, alloc::vec![Custodian { center, row: 0 }]);
		Custody::<Runtime>::insert(center, 0, id);
		CustodyCount::<Runtime>::insert(center, COHORT_SIZE);
		let governor: AccountId = BlakeTwo256::hash(&receipt_key).0.into();
		Self::attach(&governor, center, KeyRoles::GOVERN);
		(governor, center)
	}
}

impl pallet_ward_consent::BenchmarkHelper<AccountId> for Helper {
	fn patient() -> (AccountId, ParticipantId) {
		Self::participant(Role::Patient, None)
	}

	fn practitioner() -> (AccountId, ParticipantId) {
		Self::participant(Role::Practitioner, None)
	}

	fn record(patient: ParticipantId, number: u32) -> RecordId {
		let content = RecordContent {
			patient,
			author: patient,
			commitment: [1; 32],
			attributes: [1; 32],
			content_root: [1; 32],
			size: u64::from(number) + 1,
		};
		Self::insert_record(content, Vec::new())
	}
}
