//! Calls that are charged for what they did, in random situations: never less than that, and never
//! more than they declared.

use std::cell::RefCell;

use frame_benchmarking::benchmarking::set_whitelist;
use frame_support::{
	dispatch::{DispatchResultWithPostInfo, GetDispatchInfo},
	storage::transactional::TRANSACTION_LEVEL_KEY,
	traits::{Get, UnfilteredDispatchable},
	weights::Weight,
	BoundedVec,
};
use pallet_ward_consent::WeightInfo as _;
use pallet_ward_participants::WeightInfo as _;
use pallet_ward_quota::IsExempt;
use pallet_ward_records::{BenchmarkHelper, WeightInfo};
use proptest::{prelude::*, test_runner::TestRunner};
use sp_core::{crypto::KeyTypeId, ed25519};
use sp_runtime::DispatchError;
use ward_primitives::{
	record::MAX_CUSTODIANS, ActionSet, Deposit, DepositReceipt, GrantTerms, Moment, NewRecord,
	ParticipantId, RecordId, RecordRow, Role, Scope, Timeline,
};

use super::{
	counting::{counted, run, Accesses},
	declared::{accesses, Priced},
	development,
};
use crate::{
	benchmarks::{self, Helper},
	configs::TakesRightsAway,
	AccountId, Runtime, RuntimeCall, RuntimeOrigin, System,
};

const NOW: Moment = 1_000_000;
const KEY_TYPE: KeyTypeId = KeyTypeId(*b"rcpt");

type Declared<T> = pallet_ward_records::weights::SubstrateWeight<T>;

/// In which call a record is anchored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
	Single,
	Successor,
	Batch(u32),
}

/// Whom the author says that it writes for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Named {
	Nobody,
	/// A center that it works for, or itself.
	Own,
	Stranger,
}

/// Somebody writes about a patient.
#[derive(Clone, Copy, Debug)]
struct Case {
	shape: Shape,
	role: Role,
	named: Named,
	affiliations: u32,
	/// How many of the author's centers the patient excludes, from the first on.
	excluded: u32,
	/// Whether those exclusions are over.
	exclusions_are_over: bool,
	in_care: bool,
	is_paired: bool,
	grants_to_author: u32,
	grants_to_center: u32,
	/// Whether the last of these permits writing.
	may_write: bool,
	custodians: u32,
	/// Whether the last receipt of the last record is not genuine.
	is_forged: bool,
}

fn case() -> impl Strategy<Value = Case> {
	let shape = prop_oneof![
		2 => Just(Shape::Single),
		1 => Just(Shape::Successor),
		2 => (1..5u32).prop_map(Shape::Batch),
	];
	let role = prop_oneof![
		3 => Just(Role::Practitioner),
		2 => Just(Role::Device),
		1 => Just(Role::Patient),
		1 => Just(Role::MedicalCenter),
	];
	let named = prop_oneof![
		6 => Just(Named::Own),
		1 => Just(Named::Nobody),
		1 => Just(Named::Stranger),
	];
	let few_or_all = || prop_oneof![3 => 0..4u32, 1 => Just(32u32)];
	let excluded = prop_oneof![3 => Just(0u32), 1 => 0..33u32];
	let relations = (few_or_all(), excluded, any::<bool>(), any::<bool>(), any::<bool>());
	let grants = (few_or_all(), few_or_all(), any::<bool>());
	let deposits = (1..=MAX_CUSTODIANS, prop::bool::weighted(0.2));
	(shape, role, named, relations, grants, deposits).prop_map(
		|(shape, role, named, relations, grants, deposits)| {
			let (affiliations, excluded, exclusions_are_over, in_care, is_paired) = relations;
			let (grants_to_author, grants_to_center, may_write) = grants;
			let (custodians, is_forged) = deposits;
			Case {
				shape,
				role,
				named,
				affiliations,
				excluded,
				exclusions_are_over,
				in_care,
				is_paired,
				grants_to_author,
				grants_to_center,
				may_write,
				custodians,
				is_forged,
			}
		},
	)
}

/// What the weights' components have to be for a case.
#[derive(Clone, Copy, Debug)]
struct Components {
	records: u32,
	deposits: u32,
	affiliations: u32,
	grants: u32,
}

impl Components {
	/// What a call of this shape weighs with them.
	fn weight<W: WeightInfo>(&self, shape: Shape) -> Weight {
		let Self { records, deposits, affiliations, grants } = *self;
		let further = |all: u32, weight_with: fn(u32) -> Weight| {
			weight_with(1 + all.saturating_sub(records)) - weight_with(1)
		};
		let reads =
			further(affiliations, W::anchor_affiliated) + further(grants, W::anchor_granted);
		reads
			+ match shape {
				Shape::Single => W::anchor(deposits),
				Shape::Successor => W::supersede(deposits),
				Shape::Batch(_) => W::anchor_batch(records) + further(deposits, W::anchor),
			}
	}
}

/// A case on the chain.
struct Scene {
	author: ParticipantId,
	account: AccountId,
	call: RuntimeCall,
	/// What each record takes whose author is looked at.
	each: Components,
	records: u32,
}

impl Case {
	/// Whether centers count for the author at all.
	fn is_staff(&self) -> bool {
		self.role.can_be_affiliated()
	}

	/// Puts everybody on the chain.
	fn stage(&self) -> Scene {
		let (account, author) = Helper::participant(self.role, None);
		let mut centers = Vec::new();
		for _ in 0..self.affiliations {
			let (_, center) = Helper::participant(Role::MedicalCenter, None);
			if self.is_staff() {
				Helper::affiliate(author, center);
				centers.push(center);
			}
		}
		let (_, stranger) = Helper::participant(Role::MedicalCenter, None);
		let own = match self.role {
			Role::MedicalCenter => Some(author),
			_ => centers.last().copied(),
		};
		let named = match self.named {
			Named::Nobody => None,
			Named::Own => own,
			Named::Stranger => Some(stranger),
		};
		let custodians: Vec<_> = (0..self.custodians)
			.map(|number| {
				let key = sp_io::crypto::ed25519_generate(KEY_TYPE, None);
				let (_, center) = <Helper as BenchmarkHelper<AccountId>>::custodian(number, key.0);
				(center, key)
			})
			.collect();
		let records = match self.shape {
			Shape::Batch(records) => records,
			Shape::Single | Shape::Successor => 1,
		};
		let patient = |_| match self.role {
			Role::Patient => author,
			_ => self.patient(author, named, &centers),
		};
		let mut batch: Vec<_> = (0..records)
			.map(|number| self.record(number, patient(number), author, named, &custodians))
			.collect();
		if self.is_forged {
			let last = batch.last_mut().and_then(|record| record.deposits.last_mut());
			last.expect("there is a record with a deposit").signature[0] ^= 1;
		}
		let call = match self.shape {
			Shape::Single => pallet_ward_records::Call::anchor { record: batch.remove(0) },
			Shape::Successor => {
				let record = batch.remove(0);
				pallet_ward_records::Call::supersede { superseded: superseded(&record), record }
			},
			Shape::Batch(_) => {
				let records = BoundedVec::try_from(batch).expect("a small batch");
				pallet_ward_records::Call::anchor_batch { records }
			},
		};

		let of_center = match named {
			Some(center) if Some(center) == own => self.grants_to_center,
			_ => 0,
		};
		let of_author = match self.role {
			Role::MedicalCenter | Role::Patient => 0,
			_ => self.grants_to_author,
		};
		let each = Components {
			records: 1,
			deposits: self.custodians,
			affiliations: centers.len() as u32,
			grants: of_author + of_center * u32::from(self.role != Role::Patient),
		};
		Scene { author, account, call: call.into(), each, records }
	}

	/// Another patient with this case's relations.
	fn patient(
		&self,
		author: ParticipantId,
		named: Option<ParticipantId>,
		centers: &[ParticipantId],
	) -> ParticipantId {
		use pallet_ward_consent::Exclusions;
		use pallet_ward_participants::{Care, Pairings};
		let (_, patient) = Helper::participant(Role::Patient, None);
		let until = self.exclusions_are_over.then_some(NOW);
		for center in centers.iter().take(self.excluded as usize) {
			Exclusions::<Runtime>::insert(patient, center, Timeline::start(0, until));
		}
		if self.is_paired && self.role == Role::Device {
			Pairings::<Runtime>::insert(author, patient, Timeline::start(0, None));
		}
		let write = GrantTerms {
			actions: ActionSet::WRITE,
			scope: Scope::default(),
			exceptions: Default::default(),
			..Helper::longest_terms()
		};
		let give = |count: u32, grantee, last: &GrantTerms| {
			for number in 1..=count {
				let terms = if number == count { last.clone() } else { Helper::longest_terms() };
				Helper::grant(patient, grantee, terms);
			}
		};
		if self.role != Role::MedicalCenter {
			give(self.grants_to_author, author, &Helper::longest_terms());
		}
		if let Some(center) = named {
			let last = if self.may_write { write } else { Helper::longest_terms() };
			give(self.grants_to_center, center, &last);
			if self.in_care {
				Care::<Runtime>::insert(patient, center, Timeline::start(0, None));
			}
		}
		patient
	}

	fn record(
		&self,
		number: u32,
		patient: ParticipantId,
		author: ParticipantId,
		named: Option<ParticipantId>,
		custodians: &[(ParticipantId, ed25519::Public)],
	) -> NewRecord {
		let mut record = NewRecord {
			patient,
			on_behalf_of: named,
			commitment: [number as u8; 32],
			attributes: [1; 32],
			content_root: [2; 32],
			size: 1,
			deposits: Default::default(),
		};
		let genesis = System::block_hash(0).0;
		let id = record.content(author).record_id(&genesis);
		let expires = NOW + 1;
		let deposit = |&(custodian, key): &(ParticipantId, ed25519::Public)| {
			let NewRecord { content_root, size, .. } = record;
			let receipt =
				DepositReceipt { genesis, custodian, record: id, content_root, size, expires };
			let signature = sp_io::crypto::ed25519_sign(KEY_TYPE, &key, &receipt.message());
			Deposit { custodian, expires, signature: signature.expect("the key is there").0 }
		};
		let deposits: Vec<_> = custodians.iter().map(deposit).collect();
		record.deposits = deposits.try_into().expect("at most three");
		record
	}
}

/// A record on the chain that `record` may supersede if its author wrote for the same center.
fn superseded(record: &NewRecord) -> RecordId {
	let id = RecordId([9; 32]);
	let row = RecordRow {
		content: record.content(record.patient),
		author_center: record.on_behalf_of,
		custodians: Default::default(),
		anchored_at: 0,
		lineage: id,
		supersedes: None,
		superseded_by: None,
	};
	pallet_ward_records::Records::<Runtime>::insert(id, row);
	id
}

/// Makes a call on a chain that `stage` prepares, and returns what it weighed, or declared if it
/// does not say, what it did, and its outcome.
fn made(call: RuntimeCall, signer: AccountId) -> (Weight, Accesses, Result<(), DispatchError>) {
	let declared = call.get_dispatch_info().call_weight;
	let (result, accesses): (DispatchResultWithPostInfo, _) =
		counted(|| call.dispatch_bypass_filter(RuntimeOrigin::signed(signer)));
	let post_info = match &result {
		Ok(post_info) => post_info,
		Err(error) => &error.post_info,
	};
	let actual = post_info.actual_weight.unwrap_or(declared);
	assert!(actual.all_lte(declared), "{actual:?} is more than the declared {declared:?}");
	(actual, accesses, result.map(|_| ()).map_err(|error| error.error))
}

/// Does something in a block of the development chain.
pub(super) fn in_block<Returned>(act: impl FnOnce() -> Returned) -> Returned {
	run(development(), || {
		let mut unseen = benchmarks::whitelist();
		unseen.push(TRANSACTION_LEVEL_KEY.to_vec().into());
		set_whitelist(unseen);
		System::set_block_number(1);
		pallet_timestamp::Now::<Runtime>::put(NOW);
		act()
	})
}

/// How a call of the records pallet ended, for the tally.
fn name_of(result: &Result<(), DispatchError>) -> String {
	match result {
		Ok(()) => "Ok".into(),
		Err(DispatchError::Module(error)) => error.message.unwrap_or("?").into(),
		Err(other) => format!("{other:?}"),
	}
}

#[test]
fn anchoring_is_charged_for_what_it_did_and_never_for_less() {
	let outcomes = RefCell::new(std::collections::BTreeMap::<String, u32>::new());
	let config = ProptestConfig { cases: 256, failure_persistence: None, ..Default::default() };
	let result = TestRunner::new(config).run(&case(), |case| {
		in_block(|| {
			let Scene { author, account, call, each, records } = case.stage();
			let (actual, found, result) = made(call, account);
			let outcome = name_of(&result);

			// Records of one case are alike, so the first is refused or none but the last.
			let looked_at = match outcome.as_str() {
				"Ok" | "InvalidSignature" => records,
				_ => 1,
			};
			let is_looked_at = outcome != "NotAuthor";
			let times = |count: u32| count * looked_at * u32::from(is_looked_at);
			let expected = Components {
				records: looked_at,
				deposits: times(each.deposits),
				affiliations: times(each.affiliations),
				grants: times(each.grants),
			};
			assert_eq!(
				actual,
				expected.weight::<Declared<Runtime>>(case.shape),
				"{outcome} by {author:?}: {expected:?}"
			);
			let declared = accesses(|| expected.weight::<Declared<Priced>>(case.shape));
			assert!(found.fit(&declared), "{outcome}: {found:?} is more than {declared:?}");
			*outcomes.borrow_mut().entry(outcome).or_default() += 1;
		});
		Ok(())
	});
	result.unwrap_or_else(|error| panic!("{error}"));
	let outcomes = outcomes.into_inner();
	let met = ["Ok", "InvalidSignature", "NotAuthorized", "Excluded", "NotAuthor"];
	assert!(met.iter().all(|outcome| outcomes.contains_key(*outcome)), "only {outcomes:?}");
}

#[test]
fn a_grant_is_charged_for_making_room_only_if_it_did() {
	type Weights<T> = pallet_ward_consent::weights::SubstrateWeight<T>;
	in_block(|| {
		let (account, patient) = Helper::participant(Role::Patient, None);
		let (_, grantee) = Helper::participant(Role::Practitioner, None);
		let terms = GrantTerms {
			scope: Scope::default(),
			exceptions: Default::default(),
			..Helper::longest_terms()
		};
		let grant = || -> RuntimeCall {
			let (terms, from, until) = (terms.clone(), None, Some(NOW + 1));
			pallet_ward_consent::Call::grant { grantee, terms, from, until }.into()
		};
		let room = <Runtime as pallet_ward_consent::Config>::MaxLiveGrants::get();
		for _ in 0..room {
			let (actual, found, result) = made(grant(), account.clone());
			assert_eq!((result, actual), (Ok(()), Weights::<Runtime>::grant(0)));
			let declared = accesses(|| Weights::<Priced>::grant(0));
			assert!(found.fit(&declared), "{found:?} is more than {declared:?}");
		}
		// There is none left, and then all are over.
		for (now, succeeds) in [(NOW, false), (NOW + 1, true)] {
			pallet_timestamp::Now::<Runtime>::put(now);
			let call = pallet_ward_consent::Call::grant {
				grantee,
				terms: terms.clone(),
				from: None,
				until: None,
			};
			let (actual, found, result) = made(call.into(), account.clone());
			assert_eq!(result.is_ok(), succeeds, "{result:?}");
			assert_eq!(actual, Weights::<Runtime>::grant_making_room(0));
			let declared = accesses(|| Weights::<Priced>::grant_making_room(0));
			assert!(found.fit(&declared), "{found:?} is more than {declared:?}");
		}
		assert_eq!(pallet_ward_consent::RecentGrants::<Runtime>::get(patient, grantee).len(), 1);
	});
}

#[test]
fn looking_whether_a_call_is_exempt_costs_at_most_what_is_added_for_it() {
	in_block(|| {
		let (_, authority) = Helper::participant(Role::HealthAuthority, None);
		let (center_account, center) = Helper::participant(Role::MedicalCenter, Some(authority));
		let (account, patient) = Helper::participant(Role::Patient, Some(center));
		let (_, grantee) = Helper::participant(Role::Practitioner, Some(center));
		Helper::grant(patient, grantee, Helper::longest_terms());
		let withdraw = pallet_ward_consent::Call::withdraw { grant: ward_primitives::GrantId(0) };
		let freeze = pallet_ward_participants::Call::freeze { participant: patient };
		type Consent = pallet_ward_consent::weights::SubstrateWeight<Priced>;
		type Participants = pallet_ward_participants::weights::SubstrateWeight<Priced>;
		let cases: [(AccountId, RuntimeCall, Accesses); 2] = [
			(account, withdraw.into(), accesses(Consent::withdraw)),
			(center_account, freeze.into(), accesses(Participants::freeze)),
		];
		for (who, call, declared) in cases {
			let (is_exempt, found) = counted(|| TakesRightsAway::is_exempt(&who, &call));
			assert!(is_exempt);
			assert!(found.reads <= declared.reads && found.writes == 0, "{found:?}");
		}
	});
}

#[test]
fn stopping_a_center_costs_what_it_declares_when_there_are_as_many_seats_as_can_be() {
	use pallet_ward_participants::Call::{deactivate, freeze, set_expiry, suspend};
	type Weights = pallet_ward_participants::weights::SubstrateWeight<Priced>;
	in_block(|| {
		let (sponsor, authority) = Helper::participant(Role::HealthAuthority, None);
		let mut electorate =
			<Helper as pallet_ward_governance::BenchmarkHelper<AccountId>>::fill_electorate();
		// The last ones are centers with seats. Of so many, several can be spared.
		let mut center = || {
			let (id, _) = electorate.pop().expect("it is full");
			pallet_ward_participants::Participants::<Runtime>::mutate(id, |row| {
				row.as_mut().expect("it is on the chain").sponsor = Some(authority);
			});
			id
		};
		let until = Some(NOW + 1);
		let cases: [(RuntimeCall, Accesses); 4] = [
			(suspend { participant: center() }.into(), accesses(Weights::suspend)),
			(freeze { participant: center() }.into(), accesses(Weights::freeze)),
			(deactivate { participant: center() }.into(), accesses(Weights::deactivate)),
			(set_expiry { participant: center(), until }.into(), accesses(Weights::set_expiry)),
		];
		for (call, declared) in cases {
			let (_, found, result) = made(call.clone(), sponsor.clone());
			assert_eq!(result, Ok(()), "{call:?}");
			assert!(found.fit(&declared), "{call:?}: {found:?} is more than {declared:?}");
		}
	});
}
