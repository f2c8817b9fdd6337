//! Turns what the model says into what the chain understands.

use sp_core::{ed25519, sr25519, Pair};
use sp_io::hashing::blake2_256;
use sp_runtime::MultiSignature;
use ward_primitives::{
	attributes::DataPeriod,
	participant::{SealingSuite, VaultRow},
	proof::{Enrolment, KeyAttachment},
	Action, ActionSet, Attributes, AttributesOpening, CategorySet, Deposit, DepositReceipt,
	GrantId, GrantTerms, HandOver, KeyBytes, KeyRoles, NewRecord, ParticipantId, PurposeSet,
	RecordContent, RecordId, Role, Scope,
};

use super::{
	super::{sealing_key, GENESIS},
	model::{Content, Id, KeyNo, Model, RecordNo, Selection, Terms},
	rules::{Call, Draft, Proof, Receipt},
};
use crate::{AccountId, Runtime, RuntimeCall};

type ConsentCall = pallet_ward_consent::Call<Runtime>;
type ParticipantsCall = pallet_ward_participants::Call<Runtime>;
type RecordsCall = pallet_ward_records::Call<Runtime>;

/// The key pair with this number.
pub(super) fn pair(key: KeyNo) -> ed25519::Pair {
	ed25519::Pair::from_seed(&seed(key))
}

/// The seed of the key pair with this number.
pub(super) fn seed(key: KeyNo) -> [u8; 32] {
	blake2_256(&key.to_le_bytes())
}

/// A record's id.
pub(super) fn record_id(model: &Model, number: RecordNo) -> RecordId {
	model.records.get(number).map_or(RecordId([0xff; 32]), |record| {
		content(record.patient, record.author, &record.content, SIZE).record_id(&GENESIS)
	})
}

/// The size of all records whose size is in order.
pub(super) const SIZE: u64 = 1_000;

/// The attributes of a record, with the salt that its number stands for.
pub(super) fn opening(content: &Content) -> AttributesOpening {
	let period = content.period.map(|(start, end)| DataPeriod { start, end });
	AttributesOpening {
		salt: blake2_256(&content.number.to_le_bytes()),
		attributes: Attributes {
			categories: CategorySet::from_iter(content.categories.iter().copied()),
			sensitivity: content.sensitivity,
			period,
		},
	}
}

/// The ciphertext of a record.
pub(super) fn ciphertext(content: &Content) -> Vec<u8> {
	content.number.to_le_bytes().repeat(SIZE as usize / 4)
}

/// What makes a record.
pub(super) fn content(patient: Id, author: Id, content: &Content, size: u64) -> RecordContent {
	RecordContent {
		patient: ParticipantId(patient),
		author: ParticipantId(author),
		commitment: blake2_256(&(content.number + 1).to_be_bytes()),
		attributes: opening(content).digest(),
		content_root: blake3::hash(&ciphertext(content)).into(),
		size,
	}
}

/// A custodian's receipt for a record.
fn deposit(content: &RecordContent, receipt: &Receipt) -> Deposit {
	let (custodian, expires) = (ParticipantId(receipt.custodian), receipt.until);
	let word = DepositReceipt {
		genesis: GENESIS,
		custodian,
		record: content.record_id(&GENESIS),
		content_root: content.content_root,
		size: if receipt.is_right { content.size } else { 1 },
		expires,
	};
	Deposit { custodian, expires, signature: pair(receipt.key).sign(&word.message()).0 }
}

/// A record that goes to another custodian; one that nobody knows, if there is none with this number.
fn handed_over(model: &Model, number: RecordNo, receipt: &Receipt) -> HandOver {
	let record = model.records.get(number).or_else(|| model.records.first());
	let record = record.expect("histories begin with records");
	let content = content(record.patient, record.author, &record.content, SIZE);
	HandOver { record: record_id(model, number), deposit: deposit(&content, receipt) }
}

/// The record with its custodians' receipts.
fn new_record(author: Id, draft: &Draft) -> NewRecord {
	let content = content(draft.patient, author, &draft.content, draft.size);
	let deposits = draft.receipts.iter().map(|receipt| deposit(&content, receipt));
	NewRecord {
		patient: content.patient,
		on_behalf_of: draft.on_behalf_of.map(ParticipantId),
		commitment: content.commitment,
		attributes: content.attributes,
		content_root: content.content_root,
		size: content.size,
		deposits: deposits.collect::<Vec<_>>().try_into().expect("at most three receipts"),
	}
}

fn scope(model: &Model, selection: &Selection) -> Scope {
	let ids = |numbers: &Vec<RecordNo>| {
		let ids: Vec<_> = numbers.iter().map(|number| record_id(model, *number)).collect();
		ids.try_into().expect("few records are named")
	};
	Scope {
		categories: selection
			.categories
			.as_ref()
			.map(|some| CategorySet::from_iter(some.iter().copied())),
		records: selection.records.as_ref().map(ids),
		author: selection.author.map(ParticipantId),
		period: selection.period.map(|(start, end)| DataPeriod { start, end }),
	}
}

fn grant_terms(model: &Model, terms: &Terms) -> GrantTerms {
	let bit = |holds: bool, action: Action| u8::from(holds) << action as u8;
	let exceptions: Vec<_> = terms.exceptions.iter().map(|some| scope(model, some)).collect();
	GrantTerms {
		actions: ActionSet(bit(terms.read, Action::Read) | bit(terms.write, Action::Write)),
		purposes: PurposeSet::from_iter(terms.purposes.iter().copied()),
		scope: scope(model, &terms.scope),
		exceptions: exceptions.try_into().expect("few exceptions"),
		sensitivity: terms.sensitivity,
		redisclosure: terms.redisclosure,
	}
}

/// The account of the key and its signature of `message`, or of something else.
fn signed(
	key: KeyNo,
	proof: &Proof,
	message: impl Fn(KeyBytes) -> Vec<u8>,
) -> (AccountId, MultiSignature) {
	let (bytes, signature) = match proof.is_ed25519 {
		true => {
			let pair = pair(key);
			let bytes = pair.public().0;
			(bytes, MultiSignature::Ed25519(pair.sign(&right_or_not(proof, message(bytes)))))
		},
		false => {
			let pair = sr25519::Pair::from_seed(&seed(key));
			let bytes = pair.public().0;
			(bytes, MultiSignature::Sr25519(pair.sign(&right_or_not(proof, message(bytes)))))
		},
	};
	(bytes.into(), signature)
}

fn right_or_not(proof: &Proof, message: Vec<u8>) -> Vec<u8> {
	match proof.is_right {
		true => message,
		false => b"something else".to_vec(),
	}
}

fn enrolment(
	sponsor: Id,
	role: Role,
	key: KeyNo,
	care: bool,
	proof: &Proof,
) -> (AccountId, MultiSignature) {
	signed(key, proof, |account| {
		let (sponsor, valid_until) = (ParticipantId(sponsor), proof.until);
		let (genesis, sealing_key) = (GENESIS, sealing_key());
		Enrolment { genesis, sponsor, role, account, sealing_key, care, valid_until }.message()
	})
}

fn attachment(
	owner: Id,
	key: KeyNo,
	roles: KeyRoles,
	proof: &Proof,
) -> (AccountId, MultiSignature) {
	signed(key, proof, |key| {
		let (participant, valid_until) = (ParticipantId(owner), proof.until);
		KeyAttachment { genesis: GENESIS, participant, key, roles, valid_until }.message()
	})
}

fn account(key: KeyNo) -> AccountId {
	pair(key).public().0.into()
}

/// The call as `signer` sends it.
pub(super) fn runtime_call(model: &Model, signer: KeyNo, call: &Call) -> RuntimeCall {
	let row = model.keys.get(&signer);
	let me = row.map_or(0, |key| key.owner);
	match call {
		Call::Enact(inner) => {
			let call = Box::new(runtime_call(model, signer, inner));
			RuntimeCall::Governance(pallet_ward_governance::Call::enact { call })
		},
		Call::Anchor { draft } => {
			RuntimeCall::Records(RecordsCall::anchor { record: new_record(me, draft) })
		},
		Call::AnchorBatch { drafts } => {
			let records: Vec<_> = drafts.iter().map(|draft| new_record(me, draft)).collect();
			let records = records.try_into().expect("a small batch");
			RuntimeCall::Records(RecordsCall::anchor_batch { records })
		},
		Call::Supersede { old, draft } => {
			let (superseded, record) = (record_id(model, *old), new_record(me, draft));
			RuntimeCall::Records(RecordsCall::supersede { superseded, record })
		},
		Call::HandOver { records } => {
			let records = records.iter().map(|(number, to)| handed_over(model, *number, to));
			let records = records.collect::<Vec<_>>().try_into().expect("a small batch");
			RuntimeCall::Records(RecordsCall::hand_over { records })
		},
		_ => match consent_call(model, call) {
			Some(call) => RuntimeCall::Consent(call),
			None => RuntimeCall::Participants(participants_call(model, signer, me, call)),
		},
	}
}

fn consent_call(model: &Model, call: &Call) -> Option<ConsentCall> {
	let terms = |terms: &Terms| grant_terms(model, terms);
	let grant_id = |number: usize| GrantId(number as u64);
	Some(match call {
		Call::Request { patient, terms: wish, until } => ConsentCall::request {
			patient: ParticipantId(*patient),
			terms: terms(wish),
			until: *until,
		},
		Call::CancelRequest { patient } => {
			ConsentCall::cancel_request { patient: ParticipantId(*patient) }
		},
		Call::DeclineRequest { requester } => {
			ConsentCall::decline_request { requester: ParticipantId(*requester) }
		},
		Call::Grant { grantee, terms: given, from, until } => ConsentCall::grant {
			grantee: ParticipantId(*grantee),
			terms: terms(given),
			from: *from,
			until: *until,
		},
		Call::Amend { grant, terms: given, until } => {
			ConsentCall::amend { grant: grant_id(*grant), terms: terms(given), until: *until }
		},
		Call::Withdraw { grant } => ConsentCall::withdraw { grant: grant_id(*grant) },
		Call::Exclude { who } => ConsentCall::exclude { participant: ParticipantId(*who) },
		Call::EndExclusion { who } => {
			ConsentCall::end_exclusion { participant: ParticipantId(*who) }
		},
		_ => return None,
	})
}

fn participants_call(model: &Model, signer: KeyNo, me: Id, call: &Call) -> ParticipantsCall {
	let sealing_key = sealing_key();
	let id = |id: &Id| ParticipantId(*id);
	match call {
		Call::Enrol { role, key, care, proof } => {
			let (account, signature) = enrolment(me, *role, *key, *care, proof);
			let (role, care, valid_until, proof) = (*role, *care, proof.until, signature);
			ParticipantsCall::enrol { role, account, sealing_key, care, valid_until, proof }
		},
		Call::AdmitHealthAuthority { key, proof } => {
			let (account, signature) = enrolment(0, Role::HealthAuthority, *key, false, proof);
			let (valid_until, proof) = (proof.until, signature);
			ParticipantsCall::admit_health_authority { account, sealing_key, valid_until, proof }
		},
		Call::AttachKey { key, roles, proof } => {
			let (key, signature) = attachment(me, *key, *roles, proof);
			let (roles, valid_until, proof) = (*roles, proof.until, signature);
			ParticipantsCall::attach_key { key, roles, valid_until, proof }
		},
		Call::RotateKey { key, proof } => {
			let roles = model.keys.get(&signer).map_or(KeyRoles::ACT, |key| key.roles);
			let (key, signature) = attachment(me, *key, roles, proof);
			ParticipantsCall::rotate_key { key, valid_until: proof.until, proof: signature }
		},
		Call::RetireKey { key } => ParticipantsCall::retire_key { key: account(*key) },
		Call::SetSealingKey => ParticipantsCall::set_sealing_key { sealing_key },
		Call::SetVault { key, endpoint_is_right, release_key_is_right } => {
			ParticipantsCall::set_vault {
				row: vault(*key, *endpoint_is_right, *release_key_is_right),
			}
		},
		Call::Affiliate { member } => ParticipantsCall::affiliate { member: id(member) },
		Call::EndAffiliation { member, center } => {
			ParticipantsCall::end_affiliation { member: id(member), center: id(center) }
		},
		Call::OpenCare { center } => ParticipantsCall::open_care { center: id(center) },
		Call::EndCare { patient, center } => {
			ParticipantsCall::end_care { patient: id(patient), center: id(center) }
		},
		Call::PairDevice { device, patient } => {
			ParticipantsCall::pair_device { device: id(device), patient: id(patient) }
		},
		Call::UnpairDevice { device, patient } => {
			ParticipantsCall::unpair_device { device: id(device), patient: id(patient) }
		},
		Call::Suspend { who } => ParticipantsCall::suspend { participant: id(who) },
		Call::Reinstate { who, until } => {
			ParticipantsCall::reinstate { participant: id(who), until: *until }
		},
		Call::Deactivate { who } => ParticipantsCall::deactivate { participant: id(who) },
		Call::Freeze { who } => ParticipantsCall::freeze { participant: id(who) },
		Call::SetExpiry { who, until } => {
			ParticipantsCall::set_expiry { participant: id(who), until: *until }
		},
		other => panic!("{other:?} is another pallet's"),
	}
}

fn vault(key: KeyNo, endpoint_is_right: bool, release_key_is_right: bool) -> VaultRow {
	let endpoint = if endpoint_is_right { "https://vault.example" } else { "vault.example" };
	let length = if release_key_is_right { 1_216 } else { 32 };
	VaultRow {
		endpoint: endpoint.as_bytes().to_vec().try_into().expect("short"),
		receipt_key: pair(key).public().0,
		release_suite: SealingSuite::XWing,
		release_key: vec![9; length].try_into().expect("one key"),
	}
}
