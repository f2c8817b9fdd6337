//! SCALE: what nodes answer, what transactions carry, and the rows of databases.

use std::fmt::Debug;

use bolero::check;
use codec::{Compact, DecodeAll, Encode};
use ward_chain_client::BatchFault;
use ward_client::journal::{LogHead, PutRow};
use ward_fuzz::{foreign, within};
use ward_primitives::{
	decide,
	decision::{ActorFacts, CenterFacts, DecisionInputs, Obligations, Query, RecordFacts},
	participant::{Condition, SealingKey, SealingSuite},
	proof::{Enrolment, KeyAttachment},
	AccessRequest, Action, ActionSet, Attributes, AttributesOpening, Basis, Category, CategorySet,
	Custodian, DataPeriod, Decision, Deposit, DepositReceipt, Grant, GrantId, GrantTerms, Interval,
	KeyRoles, KeyRow, NewRecord, ParticipantId, ParticipantRow, PurposeOfUse, PurposeSet,
	RecordContent, RecordId, RecordRow, Role, Scope, Sensitivity, Timeline, VaultRow,
};
use ward_vault::{
	access_log::{Entry, Event, LogFacts},
	chain::Head,
};

/// What a decoder may hold for each byte that it is given, and besides.
const PER_BYTE: usize = 64;
const BESIDES: usize = 32 << 10;

/// What decodes must have been written exactly so.
fn read<T: DecodeAll + Encode + PartialEq + Debug>(bytes: &[u8]) -> Option<T> {
	let read = within(BESIDES + PER_BYTE * bytes.len(), || T::decode_all(&mut &bytes[..]).ok())?;
	assert_eq!(read.encode(), bytes, "{read:?}");
	Some(read)
}

fn opening() -> AttributesOpening {
	let attributes = Attributes {
		categories: CategorySet::from_iter([Category::Laboratory, Category::Imaging]),
		sensitivity: Sensitivity::Restricted,
		period: Some(DataPeriod { start: -5, end: 7 }),
	};
	AttributesOpening { salt: [5; 32], attributes }
}

fn content() -> RecordContent {
	RecordContent {
		patient: ParticipantId(10),
		author: ParticipantId(11),
		commitment: [6; 32],
		attributes: opening().digest(),
		content_root: [8; 32],
		size: 1_000,
	}
}

fn deposit() -> Deposit {
	Deposit { custodian: ParticipantId(2), expires: 1_800_000_000_000, signature: [9; 64] }
}

fn terms() -> GrantTerms {
	let scope = Scope {
		categories: Some(CategorySet::from_iter([Category::Laboratory])),
		records: Some(vec![RecordId([1; 32])].try_into().unwrap()),
		author: Some(ParticipantId(11)),
		period: Some(DataPeriod { start: 0, end: 9 }),
	};
	GrantTerms {
		actions: ActionSet::READ,
		purposes: PurposeSet::from_iter([PurposeOfUse::Treat]),
		scope: scope.clone(),
		exceptions: vec![scope].try_into().unwrap(),
		sensitivity: Sensitivity::Normal,
		redisclosure: true,
	}
}

fn grant() -> Grant {
	Grant {
		id: GrantId(3),
		patient: ParticipantId(10),
		grantee: ParticipantId(12),
		generation: 1,
		interval: Interval::open(5),
		terms: terms(),
	}
}

fn query() -> Query {
	Query {
		patient: ParticipantId(10),
		record: Some(RecordId([1; 32])),
		actor: ParticipantId(12),
		on_behalf_of: Some(ParticipantId(2)),
		action: Action::Read,
		purpose: PurposeOfUse::Treat,
		at: 50,
	}
}

fn inputs() -> DecisionInputs {
	let center = CenterFacts {
		center: ParticipantId(2),
		active: Interval::open(0),
		affiliation: Interval::open(1),
		care: Some(Timeline::start(2, None)),
		exclusion: Some(Interval::open(90)),
		grants: vec![grant()],
	};
	let actor = ActorFacts {
		id: ParticipantId(12),
		role: Role::Practitioner,
		active: Interval::open(0),
		pairing: Some(Interval::open(0)),
		exclusion: None,
		grants: vec![grant()],
		centers: vec![center],
	};
	let record = RecordFacts {
		id: RecordId([1; 32]),
		lineage: RecordId([1; 32]),
		patient: ParticipantId(10),
		author: ParticipantId(11),
		author_center: Some(ParticipantId(4)),
		attributes: opening().digest(),
		anchored_at: 3,
	};
	DecisionInputs { as_of: 60, query: query(), record: Some(record), actor: Some(actor) }
}

fn sealing_key() -> SealingKey {
	SealingKey { suite: SealingSuite::XWing, digest: [3; 32] }
}

#[test]
fn rows() {
	let active = Timeline::start(5, Some(70));
	let participant = ParticipantRow {
		role: Role::Patient,
		sponsor: Some(ParticipantId(2)),
		condition: Condition::Active,
		active,
		sealing_key: sealing_key(),
		enrolled_at: 5,
	};
	let key =
		KeyRow { participant: ParticipantId(10), roles: KeyRoles::MAIN, live: Interval::open(5) };
	let vault = VaultRow {
		endpoint: b"https://vault.example:4001/ward".to_vec().try_into().unwrap(),
		receipt_key: [4; 32],
		release_suite: SealingSuite::XWing,
		release_key: vec![7; 1_216].try_into().unwrap(),
	};
	let record = RecordRow {
		content: content(),
		author_center: Some(ParticipantId(2)),
		custodians: vec![Custodian { center: ParticipantId(2), row: 4 }].try_into().unwrap(),
		anchored_at: 3,
		lineage: RecordId([1; 32]),
		supersedes: Some(RecordId([2; 32])),
		superseded_by: None,
	};
	let valid = [
		Some(participant).encode(),
		Some(key).encode(),
		Some(vault).encode(),
		Some(record).encode(),
		Some(grant()).encode(),
		vec![grant(), grant()].encode(),
		vec![(ParticipantId(1), active)].encode(),
		vec![(ParticipantId(1), Interval::open(4))].encode(),
		vec![RecordId([1; 32]); 3].encode(),
		Some(active).encode(),
		Err::<(), _>(BatchFault { index: 3, error: "Records::AlreadyExists".into() }).encode(),
	];
	check!().with_iterations(20_000).for_each(|choices: &[u8]| {
		let bytes = foreign(choices, &valid);
		read::<Option<ParticipantRow>>(&bytes);
		read::<Option<KeyRow>>(&bytes);
		if let Some(Some(vault)) = read::<Option<VaultRow>>(&bytes) {
			// What it says of itself is foreign as well.
			let _ = (vault.endpoint_is_valid(), vault.release_key_is_valid());
		}
		read::<Option<RecordRow>>(&bytes);
		read::<Option<Grant>>(&bytes);
		read::<Vec<Grant>>(&bytes);
		read::<Vec<AccessRequest>>(&bytes);
		read::<Vec<(ParticipantId, Timeline)>>(&bytes);
		read::<Vec<(ParticipantId, Interval)>>(&bytes);
		read::<Vec<RecordId>>(&bytes);
		read::<Option<Timeline>>(&bytes);
		read::<Result<(), BatchFault>>(&bytes);
	});
}

#[test]
fn arguments() {
	let record = NewRecord {
		patient: ParticipantId(10),
		on_behalf_of: Some(ParticipantId(2)),
		commitment: [6; 32],
		attributes: [7; 32],
		content_root: [8; 32],
		size: 1_000,
		deposits: vec![deposit()].try_into().unwrap(),
	};
	let valid = [record.encode(), vec![record.clone(); 2].encode(), terms().encode()];
	check!().with_iterations(20_000).for_each(|choices: &[u8]| {
		let bytes = foreign(choices, &valid);
		read::<NewRecord>(&bytes);
		read::<Vec<NewRecord>>(&bytes);
		read::<GrantTerms>(&bytes);
		read::<Deposit>(&bytes);
		read::<Query>(&bytes);
	});
}

#[test]
fn signed_messages() {
	let enrolment = Enrolment {
		genesis: [1; 32],
		sponsor: ParticipantId(2),
		role: Role::Patient,
		account: [3; 32],
		sealing_key: sealing_key(),
		care: true,
		valid_until: 9,
	};
	let attachment = KeyAttachment {
		genesis: [1; 32],
		participant: ParticipantId(2),
		key: [3; 32],
		roles: KeyRoles::RECEIPT,
		valid_until: 9,
	};
	let receipt = DepositReceipt {
		genesis: [1; 32],
		custodian: ParticipantId(2),
		record: RecordId([3; 32]),
		content_root: [4; 32],
		size: 9,
		expires: 9,
	};
	let valid = [enrolment.encode(), attachment.encode(), receipt.encode(), opening().encode()];
	check!().with_iterations(10_000).for_each(|choices: &[u8]| {
		let bytes = foreign(choices, &valid);
		if let Some(opening) = read::<AttributesOpening>(&bytes) {
			opening.digest();
		}
		if let Some(content) = read::<RecordContent>(&bytes) {
			content.record_id(&[1; 32]);
		}
	});
}

#[test]
fn decisions() {
	let valid = [inputs().encode()];
	let right = opening();
	assert!(decide(&inputs(), Some(&right)) != decide(&inputs(), None));
	check!().with_iterations(20_000).for_each(|choices: &[u8]| {
		let bytes = foreign(choices, &valid);
		let Some(inputs) = read::<DecisionInputs>(&bytes) else { return };
		for opening in [None, Some(&right)] {
			let decision = within(BESIDES + PER_BYTE * bytes.len(), || decide(&inputs, opening));
			read::<Decision>(&decision.encode());
			// Nobody may do anything before it is so.
			assert!(!decision.is_permit() || inputs.query.at <= inputs.as_of);
			assert!(!decision.is_permit() || inputs.actor.is_some());
		}
	});
}

#[test]
fn databases() {
	let decision = Decision::Permit {
		basis: Basis::Grant { grant: GrantId(3), generation: 1 },
		obligations: Obligations::LOG,
	};
	let facts = LogFacts {
		at: 7,
		actor: ParticipantId(5),
		patient: ParticipantId(6),
		record: RecordId([3; 32]),
		action: Action::Read,
		purpose: PurposeOfUse::Treat,
		event: Event::Content,
		decision,
		finalized: [4; 32],
	};
	let put = PutRow {
		record: RecordId([1; 32]),
		content: content(),
		on_behalf_of: None,
		supersedes: None,
		custodians: vec![ParticipantId(4)],
		patient_only: false,
		salt: [10; 32],
		manifest: b"{}".to_vec(),
		opening: opening(),
		data_key: Some(vec![12; 60]),
		deposits: vec![deposit()],
		anchored: Some((4, [3; 32])),
		begun_at: 13,
	};
	let valid = [
		Entry { previous_hash: [1; 32], sequence: 2, facts }.encode(),
		put.encode(),
		LogHead { sequence: 4, hash: [1; 32] }.encode(),
		Head { hash: [1; 32], number: 5, timestamp: 6 }.encode(),
	];
	assert!(valid.iter().any(|bytes| read::<PutRow>(bytes).is_some()));
	check!().with_iterations(20_000).for_each(|choices: &[u8]| {
		let bytes = foreign(choices, &valid);
		read::<Entry>(&bytes);
		read::<PutRow>(&bytes);
		read::<LogHead>(&bytes);
		read::<Head>(&bytes);
	});
}

#[test]
fn a_length_that_promises_more_than_there_is_costs_nothing() {
	for length in [1_000_000, u32::MAX] {
		let bytes = [&Compact(length).encode()[..], &[0; 100]].concat();
		assert_eq!(read::<Vec<Grant>>(&bytes), None);
		assert_eq!(read::<Vec<RecordId>>(&bytes), None);
		assert_eq!(read::<Vec<NewRecord>>(&bytes), None);
	}
}
