//! One record crosses, seen from the chain: the same steps as `scripts/demo`, without the programs
//! around it.

use frame_support::{assert_noop, assert_ok};
use sp_core::{ed25519, Pair};
use sp_keyring::Sr25519Keyring::Ferdie;
use sp_runtime::MultiSignature;
use ward_primitives::{
	decide,
	decision::{Basis, Decision, Obligations, Query, Reason},
	inputs::gather,
	participant::{SealingSuite, VaultRow},
	proof::KeyAttachment,
	Action, ActionSet, Attributes, AttributesOpening, Category, CategorySet, Deposit,
	DepositReceipt, GrantId, GrantTerms, KeyRoles, NewRecord, ParticipantId, PurposeOfUse,
	PurposeSet, RecordId, Role, Scope, Sensitivity,
};

use super::{account, enrol, execute_and_check, pair, set_time, signed, GENESIS, START};
use crate::{Consent, Participants, Records, RuntimeOrigin, Timestamp};

/// The health authority of the preset.
const AUTHORITY: ParticipantId = ParticipantId(1);

/// Two centers with vaults, and who belongs to them.
struct Cast {
	center_a: ParticipantId,
	receipt_key: ed25519::Pair,
	doctor: (ed25519::Pair, ParticipantId),
	patient: (ed25519::Pair, ParticipantId),
	cuff: (ed25519::Pair, ParticipantId),
	specialist: (ed25519::Pair, ParticipantId),
}

fn cast() -> Cast {
	let health_authority = || RuntimeOrigin::signed(Ferdie.to_account_id());
	let (a, b) = (pair(1), pair(2));
	let center_a = enrol(health_authority(), AUTHORITY, &a, Role::MedicalCenter, false);
	let center_b = enrol(health_authority(), AUTHORITY, &b, Role::MedicalCenter, false);
	let receipt_key = pair(3);
	open_vault(&a, center_a, &receipt_key);
	let member = |center: &ed25519::Pair, id, seed, role, care| {
		let key = pair(seed);
		let member = enrol(signed(center), id, &key, role, care);
		(key, member)
	};
	let doctor = member(&a, center_a, 4, Role::Practitioner, false);
	let patient = member(&a, center_a, 5, Role::Patient, true);
	let cuff = member(&a, center_a, 6, Role::Device, false);
	let specialist = member(&b, center_b, 7, Role::Practitioner, false);
	assert_ok!(Participants::pair_device(signed(&patient.0), cuff.1, patient.1));
	Cast { center_a, receipt_key, doctor, patient, cuff, specialist }
}

fn open_vault(center: &ed25519::Pair, id: ParticipantId, receipt_key: &ed25519::Pair) {
	let valid_until = Timestamp::get() + 3_600_000;
	let attachment = KeyAttachment {
		genesis: GENESIS,
		participant: id,
		key: receipt_key.public().0,
		roles: KeyRoles::RECEIPT,
		valid_until,
	};
	let proof = MultiSignature::Ed25519(receipt_key.sign(&attachment.message()));
	assert_ok!(Participants::attach_key(
		signed(center),
		account(receipt_key),
		KeyRoles::RECEIPT,
		valid_until,
		proof,
	));
	let row = VaultRow {
		endpoint: b"https://vault.example".to_vec().try_into().expect("short"),
		receipt_key: receipt_key.public().0,
		release_suite: SealingSuite::XWing,
		release_key: vec![9; 1_216].try_into().expect("one key"),
	};
	assert_ok!(Participants::set_vault(signed(center), row));
}

fn opening(category: Category, salt: u8) -> AttributesOpening {
	AttributesOpening {
		salt: [salt; 32],
		attributes: Attributes {
			categories: CategorySet::from_iter([category]),
			sensitivity: Sensitivity::Normal,
			period: None,
		},
	}
}

/// A record with a valid deposit receipt, and its id.
fn deposited(
	cast: &Cast,
	author: ParticipantId,
	on_behalf_of: Option<ParticipantId>,
	opening: &AttributesOpening,
) -> (NewRecord, RecordId) {
	let mut record = NewRecord {
		patient: cast.patient.1,
		on_behalf_of,
		commitment: [opening.salt[0]; 32],
		attributes: opening.digest(),
		content_root: [2; 32],
		size: 1_000,
		deposits: Default::default(),
	};
	let id = record.content(author).record_id(&GENESIS);
	let expires = Timestamp::get() + 3_600_000;
	let receipt = DepositReceipt {
		genesis: GENESIS,
		custodian: cast.center_a,
		record: id,
		content_root: record.content_root,
		size: record.size,
		expires,
	};
	let signature = cast.receipt_key.sign(&receipt.message()).0;
	let deposit = Deposit { custodian: cast.center_a, expires, signature };
	record.deposits = vec![deposit].try_into().expect("one custodian");
	(record, id)
}

fn read(
	cast: &Cast,
	record: RecordId,
	actor: ParticipantId,
	opening: &AttributesOpening,
) -> Decision {
	let query = Query {
		patient: cast.patient.1,
		record: Some(record),
		actor,
		on_behalf_of: None,
		action: Action::Read,
		purpose: PurposeOfUse::Treat,
		at: Timestamp::get(),
	};
	let inputs = gather::<Participants, Records, Consent>(query, Timestamp::get()).inputs;
	decide(&inputs, Some(opening))
}

#[test]
fn one_record_crosses() {
	execute_and_check(|| {
		let cast = cast();
		let lab = opening(Category::Laboratory, 10);
		let notes = opening(Category::CareProcess, 11);
		let vitals = opening(Category::VitalSigns, 12);

		let (record, measured) = deposited(&cast, cast.cuff.1, None, &vitals);
		assert_ok!(Records::anchor(signed(&cast.cuff.0), record));
		let (record, lab_id) = deposited(&cast, cast.doctor.1, Some(cast.center_a), &lab);
		assert_ok!(Records::anchor(signed(&cast.doctor.0), record));
		let (record, notes_id) = deposited(&cast, cast.doctor.1, Some(cast.center_a), &notes);
		assert_ok!(Records::anchor(signed(&cast.doctor.0), record.clone()));
		assert_noop!(
			Records::anchor(signed(&cast.doctor.0), record).map_err(|refused| refused.error),
			pallet_ward_records::Error::<crate::Runtime>::AlreadyExists
		);

		let specialist = cast.specialist.1;
		let deny = |reason| Decision::Deny { reason };
		assert_eq!(read(&cast, lab_id, specialist, &lab), deny(Reason::NoBasis));
		let own = Decision::Permit { basis: Basis::Own, obligations: Obligations::LOG };
		assert_eq!(read(&cast, measured, cast.patient.1, &vitals), own);
		let authored = Decision::Permit {
			basis: Basis::Authored { center: cast.center_a },
			obligations: Obligations::LOG,
		};
		assert_eq!(read(&cast, lab_id, cast.doctor.1, &lab), authored);

		let terms = GrantTerms {
			actions: ActionSet::READ,
			purposes: PurposeSet::from_iter([PurposeOfUse::Treat]),
			scope: Scope {
				categories: Some(CategorySet::from_iter([Category::Laboratory, Category::Imaging])),
				..Default::default()
			},
			exceptions: Default::default(),
			sensitivity: Sensitivity::Normal,
			redisclosure: false,
		};
		let month = Some(START + 30 * 86_400_000);
		assert_ok!(Consent::request(
			signed(&cast.specialist.0),
			cast.patient.1,
			terms.clone(),
			month
		));
		assert_ok!(Consent::grant(signed(&cast.patient.0), specialist, terms, None, month));
		let grant = Consent::grants_of(cast.patient.1, GrantId(0), 10)[0].id;
		let granted = Decision::Permit {
			basis: Basis::Grant { grant, generation: 0 },
			obligations: Obligations(Obligations::LOG.0 | Obligations::NO_REDISCLOSURE.0),
		};
		assert_eq!(read(&cast, lab_id, specialist, &lab), granted);
		assert_eq!(read(&cast, lab_id, specialist, &notes), deny(Reason::OpeningMismatch));
		assert_eq!(read(&cast, notes_id, specialist, &notes), deny(Reason::OutOfScope));

		set_time(START + 2_000);
		assert_ok!(Consent::withdraw(signed(&cast.patient.0), grant));
		assert_eq!(read(&cast, lab_id, specialist, &lab), deny(Reason::GrantEnded));
	});
}
