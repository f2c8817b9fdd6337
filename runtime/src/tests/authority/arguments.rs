//! For each row of the table a call whose arguments are right for its caller, and the state that
//! makes them so.

use codec::Encode;
use frame_support::{
	assert_ok,
	dispatch::GetDispatchInfo,
	storage::{storage_prefix, unhashed},
};
use pallet_collective::Instance1;
use pallet_grandpa::Call as GrandpaCall;
use sp_core::{
	ed25519,
	traits::{Externalities, ReadRuntimeVersion},
	Pair, H256,
};
use sp_runtime::traits::{BlakeTwo256, Hash};
use ward_primitives::{
	ActionSet, Deposit, DepositReceipt, GrantId, GrantTerms, HandOver, KeyRoles, NewRecord,
	ParticipantId, PurposeOfUse, PurposeSet, RecordId, Role, Scope, Sensitivity,
};

use super::{
	super::{account, breaches, chain, pair, receipts::Cohort, sealing_key, signed, GENESIS},
	cast::{attachment, enrolment, vault, Cast, Member},
};
use crate::{
	Authorities, Consent, Governance, Grandpa, Participants, Records, Runtime, RuntimeCall,
	RuntimeOrigin, System, VERSION,
};

type AuthoritiesCall = pallet_ward_authorities::Call<Runtime>;
type ConsentCall = pallet_ward_consent::Call<Runtime>;
type CouncilCall = pallet_collective::Call<Runtime, Instance1>;
type GovernanceCall = pallet_ward_governance::Call<Runtime>;
type ParticipantsCall = pallet_ward_participants::Call<Runtime>;
type ReceiptsCall = pallet_ward_receipts::Call<Runtime>;
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
	let deposit = deposit(&cast.center, &record, author);
	record.deposits = vec![deposit].try_into().expect("one custodian");
	record
}

/// A center's receipt for a record.
fn deposit(custodian: &Member, record: &NewRecord, author: &Member) -> Deposit {
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
	Deposit { custodian: custodian.id, expires, signature: key.sign(&receipt.message()).0 }
}

/// The record that is on the chain already: the practitioner's, for the center.
fn anchored(cast: &Cast) -> (NewRecord, RecordId) {
	let record = record(cast, &cast.practitioner, Some(&cast.center), 1);
	let id = record.content(cast.practitioner.id).record_id(&GENESIS);
	(record, id)
}

/// A call on the council's agenda.
fn proposal(number: u8) -> Box<RuntimeCall> {
	let code_hash = H256([number; 32]);
	Box::new(RuntimeCall::System(SystemCall::authorize_upgrade { code_hash }))
}

/// The motion to enact it.
fn motion(number: u8) -> RuntimeCall {
	RuntimeCall::Governance(GovernanceCall::enact { call: proposal(number) })
}

fn hash_of(motion: &RuntimeCall) -> H256 {
	BlakeTwo256::hash_of(motion)
}

/// What is on the chain before each call: a record, a request, a grant, an exclusion, two motions
/// (the first without enough votes, the second with), an authorized upgrade, and the center's offer
/// to host the candidate.
pub(super) fn stage(cast: &Cast) {
	assert_ok!(Records::anchor(signed(&cast.practitioner.main), anchored(cast).0));
	let patient = || signed(&cast.patient.main);
	let asking = signed(&cast.practitioner.main);
	assert_ok!(Consent::request(asking, cast.patient.id, terms(), None));
	assert_ok!(Consent::grant(patient(), cast.colleague.id, terms(), None, None));
	assert_ok!(Consent::exclude(patient(), cast.neighbour.id));
	for number in 0..2 {
		assert_ok!(Governance::propose(signed(&cast.neighbour.main), proposal(number)));
	}
	for voter in [&cast.authority, &cast.others.authority] {
		assert_ok!(Governance::vote(signed(&voter.main), hash_of(&motion(1)), 1, true));
	}
	assert_ok!(Authorities::offer_hosting(signed(&cast.center.main), cast.candidate.id));
	let code_hash = BlakeTwo256::hash(CODE);
	assert_ok!(System::authorize_upgrade_without_checks(RuntimeOrigin::root(), code_hash));
}

/// What a call of this name needs besides, or needs undone.
pub(super) fn prepare(call: &str, cast: &Cast) {
	match call {
		// As at the start of the block.
		"Timestamp.set" => unhashed::kill(&storage_prefix(b"Timestamp", b"DidUpdate")),
		"Authorities.end_hosting" => {
			let guest = signed(&cast.candidate.main);
			assert_ok!(Authorities::accept_hosting(guest, cast.center.id));
		},
		"Records.hand_over" => {
			let neighbour = &cast.neighbour;
			assert_ok!(Participants::set_vault(signed(&neighbour.main), vault(neighbour)));
		},
		"Receipts.restart_log" => {
			assert_eq!(chain::submit_general(cohort(cast).report(0)), Ok(Ok(())));
		},
		_ => {},
	}
}

/// Proves a breach of the neighbour's, if the call is about such.
pub(super) fn prove_breach(call: &str) {
	if call == "Authorities.reinstate_seat" {
		let (proof, owner) = double_authoring();
		let nobody = frame_system::RawOrigin::Authorized.into();
		assert_ok!(Authorities::report_double_authoring(nobody, proof, owner));
	}
}

/// The neighbour's node, which has broken the rules of consensus.
fn offender() -> (sp_core::sr25519::Pair, ed25519::Pair) {
	chain::authority_keys(2)
}

fn double_authoring(
) -> (Box<pallet_ward_authorities::DoubleAuthoringProof<Runtime>>, sp_session::MembershipProof) {
	let (author, _) = offender();
	let slot = *pallet_aura::CurrentSlot::<Runtime>::get();
	let owner = breaches::author_proof(&author);
	(breaches::double_authoring(&author, slot), owner)
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
		"Authorities" => authorities(call, cast).map(RuntimeCall::Authorities),
		"Receipts" => receipts(call, cast),
		"Grandpa" => grandpa(call).map(RuntimeCall::Grandpa),
		"Council" => council(call, cast).map(RuntimeCall::Council),
		"Governance" => governance(call).map(RuntimeCall::Governance),
		_ => None,
	}
}

fn authorities(call: &str, cast: &Cast) -> Option<AuthoritiesCall> {
	Some(match call {
		"grant_seat" => AuthoritiesCall::grant_seat { center: cast.others.center.id },
		"take_seat" => AuthoritiesCall::take_seat {},
		"give_up_seat" => AuthoritiesCall::give_up_seat {},
		"revoke_seat" => AuthoritiesCall::revoke_seat { center: cast.neighbour.id },
		"reinstate_seat" => AuthoritiesCall::reinstate_seat { center: cast.neighbour.id },
		"set_session_length" => AuthoritiesCall::set_session_length { blocks: 10 },
		"set_minimum" => AuthoritiesCall::set_minimum { seats: 2 },
		"report_double_authoring" => {
			let (equivocation_proof, key_owner_proof) = double_authoring();
			AuthoritiesCall::report_double_authoring { equivocation_proof, key_owner_proof }
		},
		"offer_hosting" => AuthoritiesCall::offer_hosting { guest: cast.others.center.id },
		"accept_hosting" => AuthoritiesCall::accept_hosting { host: cast.center.id },
		"end_hosting" => AuthoritiesCall::end_hosting { guest: cast.candidate.id },
		_ => return None,
	})
}

/// The center's records, at which the neighbour looks: it has the only other seat.
fn cohort(cast: &Cast) -> Cohort {
	let key = |member: &Member, roles| *member.keys.get(roles).expect("centers have all keys");
	Cohort {
		custodian: cast.center.id,
		receipt_key: key(&cast.center, KeyRoles::RECEIPT),
		witnesses: vec![(cast.neighbour.id, key(&cast.neighbour, KeyRoles::WITNESS))],
	}
}

fn receipts(call: &str, cast: &Cast) -> Option<RuntimeCall> {
	Some(match call {
		"report" => cohort(cast).report(0),
		"dispute" => cohort(cast).dispute(),
		"set_epoch_length" => ReceiptsCall::set_epoch_length { length: 60_000 }.into(),
		"restart_log" => ReceiptsCall::restart_log {}.into(),
		_ => return None,
	})
}

fn grandpa(call: &str) -> Option<GrandpaCall<Runtime>> {
	let (_, voter) = offender();
	let set_and_round = (Grandpa::current_set_id(), 1);
	let equivocation_proof =
		breaches::double_voting(&voter, breaches::Vote::Prevote, set_and_round, [1, 2]);
	let key_owner_proof = breaches::voter_proof(&voter);
	Some(match call {
		"note_stalled" => GrandpaCall::note_stalled { delay: 10, best_finalized_block_number: 0 },
		"report_equivocation" => {
			GrandpaCall::report_equivocation { equivocation_proof, key_owner_proof }
		},
		"report_equivocation_unsigned" => {
			GrandpaCall::report_equivocation_unsigned { equivocation_proof, key_owner_proof }
		},
		_ => return None,
	})
}

fn governance(call: &str) -> Option<GovernanceCall> {
	let (open, decided) = (motion(0), motion(1));
	Some(match call {
		"enact" => GovernanceCall::enact { call: proposal(7) },
		"propose" => GovernanceCall::propose { call: proposal(2) },
		"vote" => GovernanceCall::vote { motion: hash_of(&open), index: 0, approve: true },
		"close" => GovernanceCall::close {
			motion: hash_of(&decided),
			index: 1,
			weight_bound: decided.get_dispatch_info().call_weight,
			length_bound: decided.encoded_size() as u32,
		},
		_ => return None,
	})
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
		"hand_over" => {
			let (record, id) = anchored(cast);
			let deposit = deposit(&cast.neighbour, &record, &cast.practitioner);
			let records = vec![HandOver { record: id, deposit }].try_into().expect("one record");
			RecordsCall::hand_over { records }
		},
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
		"set_keys" => match chain::set_keys(&chain::authority_keys(200), &cast.center.main) {
			RuntimeCall::Session(call) => Some(call),
			_ => None,
		},
		_ => None,
	}
}

fn council(call: &str, cast: &Cast) -> Option<CouncilCall> {
	let (open, decided, new) = (motion(0), motion(1), Box::new(motion(2)));
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
			proposal_weight_bound: decided.get_dispatch_info().call_weight,
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
