//! For each row of the table a call whose arguments are right for its caller, and the state that
//! makes them so.

use codec::Encode;
use frame_support::{
	assert_ok,
	storage::{storage_prefix, unhashed},
};
use pallet_collective::Instance1;
use sp_core::{
	ed25519,
	traits::{Externalities, ReadRuntimeVersion},
	Pair, H256,
};
use sp_runtime::traits::{BlakeTwo256, Hash};
use ward_primitives::{
	ActionSet, Deposit, DepositReceipt, GrantId, GrantTerms, KeyRoles, NewRecord, ParticipantId,
	PurposeOfUse, PurposeSet, RecordId, Role, Scope, Sensitivity,
};

use super::{
	super::{account, chain, pair, sealing_key, signed, GENESIS},
	cast::{attachment, enrolment, vault, Cast, Member},
};
use crate::{
	Consent, Council, Participants, Records, Runtime, RuntimeCall, RuntimeOrigin, System, VERSION,
};

type ConsentCall = pallet_ward_consent::Call<Runtime>;
type CouncilCall = pallet_collective::Call<Runtime, Instance1>;
type ParticipantsCall = pallet_ward_participants::Call<Runtime>;
type RecordsCall = pallet_ward_records::Call<Runtime>;
type SessionCall = pallet_session::Call<Runtime>;
type SystemCall = frame_system::Call<Runtime>;

/// What passes for the code of the next runtime.
const CODE: &[u8] = b"the next runtime";

/// Says of any code that it is the next version of this runtime.
pub(super) struct NextVersion;

impl ReadRuntimeVersion for NextVersion {
	fn read_runtime_version(&self, _: &[u8], _: &mut dyn Externalities) -> Result<Vec<u8>, String> {
		Ok(sp_version::RuntimeVersion { spec_version: VERSION.spec_version + 1, ..VERSION }
			.encode())
	}
}

/// A key that is not on the chain until a call of the table brings it there.
fn newcomer() -> ed25519::Pair {
	pair(251)
}

/// Reading and writing of everything, for treatment.
fn terms() -> GrantTerms {
	GrantTerms {
		actions: ActionSet::READ,
		purposes: PurposeSet::from_iter([PurposeOfUse::Treat]),
		scope: Scope::default(),
		exceptions: Default::default(),
		sensitivity: Sensitivity::Normal,
		redisclosure: false,
	}
}

/// A record about the patient with a receipt of the center.
fn record(cast: &Cast, author: &Member, on_behalf_of: Option<&Member>, number: u8) -> NewRecord {
	let mut record = NewRecord {
		patient: cast.patient.id,
		on_behalf_of: on_behalf_of.map(|center| center.id),
		commitment: [number; 32],
		attributes: [1; 32],
		content_root: [2; 32],
		size: 1_000,
		deposits: Default::default(),
	};
	let custodian = &cast.center;
	let expires = chain::now() + 3_600_000;
	let receipt = DepositReceipt {
		genesis: GENESIS,
		custodian: custodian.id,
		record: record.content(author.id).record_id(&GENESIS),
		content_root: record.content_root,
		size: record.size,
		expires,
	};
	let key = custodian.keys.get(KeyRoles::RECEIPT).expect("it has a vault");
	let signature = key.sign(&receipt.message()).0;
	let deposit = Deposit { custodian: custodian.id, expires, signature };
	record.deposits = vec![deposit].try_into().expect("one custodian");
	record
}

/// The record that is on the chain already: the practitioner's, for the center.
fn anchored(cast: &Cast) -> (NewRecord, RecordId) {
	let record = record(cast, &cast.practitioner, Some(&cast.center), 1);
	let id = record.content(cast.practitioner.id).record_id(&GENESIS);
	(record, id)
}

/// A motion of the council.
fn motion(number: u8) -> Box<RuntimeCall> {
	Box::new(RuntimeCall::System(SystemCall::remark { remark: vec![number] }))
}

fn hash_of(motion: &RuntimeCall) -> H256 {
	BlakeTwo256::hash_of(motion)
}

/// What is on the chain before each call: a record, a request, a grant, an exclusion, two motions
/// (the first without enough votes, the second with), and an authorized upgrade.
pub(super) fn stage(cast: &Cast) {
	assert_ok!(Records::anchor(signed(&cast.practitioner.main), anchored(cast).0));
	let patient = || signed(&cast.patient.main);
	let asking = signed(&cast.practitioner.main);
	assert_ok!(Consent::request(asking, cast.patient.id, terms(), None));
	assert_ok!(Consent::grant(patient(), cast.colleague.id, terms(), None, None));
	assert_ok!(Consent::exclude(patient(), cast.neighbour.id));
	for number in 0..2 {
		let call = motion(number);
		let (hash, length) = (hash_of(&call), call.encoded_size() as u32);
		assert_ok!(Council::propose(signed(&cast.neighbour.main), 2, call, length));
		if number == 1 {
			for voter in [&cast.authority, &cast.neighbour] {
				assert_ok!(Council::vote(signed(&voter.main), hash, 1, true));
			}
		}
	}
	let code_hash = BlakeTwo256::hash(CODE);
	assert_ok!(System::authorize_upgrade_without_checks(RuntimeOrigin::root(), code_hash));
}

/// What a call of this name needs besides, or needs undone.
pub(super) fn prepare(call: &str) {
	if call == "Timestamp.set" {
		// As at the start of the block.
		unhashed::kill(&storage_prefix(b"Timestamp", b"DidUpdate"));
	}
}

/// The call of the row `name` by `by`.
pub(super) fn call(name: &str, by: &str, cast: &Cast) -> Option<RuntimeCall> {
	let (pallet, call) = name.split_once('.')?;
	match pallet {
		"System" => system(call).map(RuntimeCall::System),
		"Timestamp" => {
			let now = chain::now() + 1_000;
			Some(RuntimeCall::Timestamp(pallet_timestamp::Call::set { now }))
		},
		"Participants" => registry(call, by, cast)
			.or_else(|| standing(call, by, cast))
			.map(RuntimeCall::Participants),
		"Records" => records(call, by, cast).map(RuntimeCall::Records),
		"Consent" => consent(call, cast).map(RuntimeCall::Consent),
		"Session" => session(call, cast).map(RuntimeCall::Session),
		"Grandpa" => {
			let call =
				pallet_grandpa::Call::note_stalled { delay: 10, best_finalized_block_number: 0 };
			Some(RuntimeCall::Grandpa(call))
		},
		"Council" => council(call, cast).map(RuntimeCall::Council),
		"Governance" => {
			let call = SystemCall::authorize_upgrade { code_hash: H256([7; 32]) };
			let call = Box::new(RuntimeCall::System(call));
			Some(RuntimeCall::Governance(pallet_ward_governance::Call::enact { call }))
		},
		_ => None,
	}
}

fn system(call: &str) -> Option<SystemCall> {
	let (key, code) = (b"key".to_vec(), CODE.to_vec());
	Some(match call {
		"remark" => SystemCall::remark { remark: vec![1] },
		"remark_with_event" => SystemCall::remark_with_event { remark: vec![1] },
		"set_heap_pages" => SystemCall::set_heap_pages { pages: 64 },
		"set_code" => SystemCall::set_code { code },
		"set_code_without_checks" => SystemCall::set_code_without_checks { code },
		"set_storage" => SystemCall::set_storage { items: vec![(key, vec![1])] },
		"kill_storage" => SystemCall::kill_storage { keys: vec![key] },
		"kill_prefix" => SystemCall::kill_prefix { prefix: key, subkeys: 1 },
		"authorize_upgrade" => SystemCall::authorize_upgrade { code_hash: H256([7; 32]) },
		"authorize_upgrade_without_checks" => {
			SystemCall::authorize_upgrade_without_checks { code_hash: H256([7; 32]) }
		},
		"apply_authorized_upgrade" => SystemCall::apply_authorized_upgrade { code },
		_ => return None,
	})
}

/// Enrolment, keys, vaults and relations.
fn registry(call: &str, by: &str, cast: &Cast) -> Option<ParticipantsCall> {
	let caller = cast.caller(by);
	let key = newcomer();
	let enrolled = |role| {
		let (valid_until, proof) = enrolment(caller.id, &key, role);
		let (account, sealing_key) = (account(&key), sealing_key());
		ParticipantsCall::enrol { role, account, sealing_key, care: false, valid_until, proof }
	};
	Some(match (call, by) {
		("enrol", "authority") => enrolled(Role::MedicalCenter),
		("enrol", "center") => enrolled(Role::Patient),
		("admit_health_authority", _) => {
			let consortium = pallet_ward_participants::CONSORTIUM;
			let (valid_until, proof) = enrolment(consortium, &key, Role::HealthAuthority);
			let (account, sealing_key) = (account(&key), sealing_key());
			ParticipantsCall::admit_health_authority { account, sealing_key, valid_until, proof }
		},
		("attach_key", _) => {
			let roles = KeyRoles::ACT;
			let (valid_until, proof) = attachment(caller.id, &key, roles);
			ParticipantsCall::attach_key { key: account(&key), roles, valid_until, proof }
		},
		("retire_key", _) => ParticipantsCall::retire_key { key: account(&caller.spare) },
		("rotate_key", _) => {
			let row = Participants::key(account(&caller.main)).expect("it is on the chain");
			let (valid_until, proof) = attachment(caller.id, &key, row.roles);
			ParticipantsCall::rotate_key { key: account(&key), valid_until, proof }
		},
		("set_sealing_key", _) => ParticipantsCall::set_sealing_key { sealing_key: sealing_key() },
		("set_vault", _) => ParticipantsCall::set_vault { row: vault(&cast.center) },
		("affiliate", _) => ParticipantsCall::affiliate { member: cast.colleague.id },
		("end_affiliation", _) => {
			let (member, center) = (cast.practitioner.id, cast.center.id);
			ParticipantsCall::end_affiliation { member, center }
		},
		("open_care", _) => ParticipantsCall::open_care { center: cast.neighbour.id },
		("end_care", _) => {
			let (patient, center) = (cast.patient.id, cast.center.id);
			ParticipantsCall::end_care { patient, center }
		},
		("pair_device", _) => {
			let (device, patient) = (cast.spare_device.id, cast.patient.id);
			ParticipantsCall::pair_device { device, patient }
		},
		("unpair_device", _) => {
			let (device, patient) = (cast.device.id, cast.patient.id);
			ParticipantsCall::unpair_device { device, patient }
		},
		_ => return None,
	})
}

/// Suspending and the like. Who enrolled somebody does it to that one; `freeze` and `deactivate` by
/// anybody else are about the caller itself.
fn standing(call: &str, by: &str, cast: &Cast) -> Option<ParticipantsCall> {
	let administered = |of_root: &Member, of_authority: &Member, of_center: &Member| match by {
		"root" => of_root.id,
		"authority" => of_authority.id,
		"center" => of_center.id,
		_ => cast.caller(by).id,
	};
	let participant = match call {
		"reinstate" => {
			administered(&cast.stopped_authority, &cast.stopped_center, &cast.stopped_practitioner)
		},
		// Not the caller's own center, so that the columns about its condition make sense.
		_ => administered(&cast.authority, &cast.neighbour, &cast.researcher),
	};
	let until = Some(chain::now() + 86_400_000);
	Some(match call {
		"suspend" => ParticipantsCall::suspend { participant },
		"reinstate" => ParticipantsCall::reinstate { participant, until },
		"deactivate" => ParticipantsCall::deactivate { participant },
		"freeze" => ParticipantsCall::freeze { participant },
		"set_expiry" => ParticipantsCall::set_expiry { participant, until },
		_ => return None,
	})
}

fn records(call: &str, by: &str, cast: &Cast) -> Option<RecordsCall> {
	let author = cast.caller(by);
	let on_behalf_of = match by {
		"practitioner" | "center" => Some(&cast.center),
		_ => None,
	};
	let record = record(cast, author, on_behalf_of, 2);
	Some(match call {
		"anchor" => RecordsCall::anchor { record },
		"anchor_batch" => {
			RecordsCall::anchor_batch { records: vec![record].try_into().expect("one record") }
		},
		"supersede" => RecordsCall::supersede { superseded: anchored(cast).1, record },
		_ => return None,
	})
}

fn consent(call: &str, cast: &Cast) -> Option<ConsentCall> {
	let (grant, terms, until) = (GrantId(0), terms(), None);
	let patient: ParticipantId = cast.patient.id;
	Some(match call {
		"request" => ConsentCall::request { patient, terms, until },
		"cancel_request" => ConsentCall::cancel_request { patient },
		"decline_request" => ConsentCall::decline_request { requester: cast.practitioner.id },
		"grant" => ConsentCall::grant { grantee: cast.practitioner.id, terms, from: None, until },
		"amend" => ConsentCall::amend { grant, terms, until },
		"withdraw" => ConsentCall::withdraw { grant },
		"exclude" => ConsentCall::exclude { participant: cast.colleague.id },
		"end_exclusion" => ConsentCall::end_exclusion { participant: cast.neighbour.id },
		_ => return None,
	})
}

fn session(call: &str, cast: &Cast) -> Option<SessionCall> {
	match call {
		"purge_keys" => Some(SessionCall::purge_keys {}),
		"set_keys" => {
			let node = chain::authority_keys(200);
			// Each new key signs whose key it becomes.
			let statement = [b"POP_".as_slice(), account(&cast.center.main).as_ref()].concat();
			let proof = (node.0.sign(&statement), node.1.sign(&statement)).encode();
			Some(SessionCall::set_keys { keys: chain::session_keys(&node), proof })
		},
		_ => None,
	}
}

fn council(call: &str, cast: &Cast) -> Option<CouncilCall> {
	let (open, decided, new) = (motion(0), motion(1), motion(2));
	let length_bound = new.encoded_size() as u32;
	Some(match call {
		"set_members" => {
			let new_members = vec![account(&cast.center.main)];
			CouncilCall::set_members { new_members, prime: None, old_count: 3 }
		},
		"execute" => CouncilCall::execute { proposal: new, length_bound },
		"propose" => CouncilCall::propose { threshold: 2, proposal: new, length_bound },
		"vote" => CouncilCall::vote { proposal: hash_of(&open), index: 0, approve: true },
		"close" => CouncilCall::close {
			proposal_hash: hash_of(&decided),
			index: 1,
			proposal_weight_bound: frame_support::weights::Weight::from_parts(
				1_000_000_000,
				100_000,
			),
			length_bound,
		},
		"disapprove_proposal" => CouncilCall::disapprove_proposal { proposal_hash: hash_of(&open) },
		"kill" => CouncilCall::kill { proposal_hash: hash_of(&open) },
		"release_proposal_cost" => {
			CouncilCall::release_proposal_cost { proposal_hash: hash_of(&new) }
		},
		_ => return None,
	})
}
