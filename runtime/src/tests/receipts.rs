//! Storage receipts in the whole runtime: seats that look at the custodians' records, and what
//! the chain says of every copy from then on.

use frame_support::assert_ok;
use sp_core::{ed25519, Pair};
use sp_runtime::{transaction_validity::TransactionSource, MultiSignature};
use ward_primitives::{
	participant::{SealingSuite, VaultRow},
	proof::KeyAttachment,
	receipt::{
		check, leaf, leaf_of, Answer, Challenge, CohortState, CustodyState, LogHead, Report, Row,
		RowAnswer,
	},
	traits::ReadCustody,
	Custodian, KeyBytes, KeyRoles, ParticipantId, RecordContent, RecordId, RecordRow,
};
use ward_runtime_api::runtime_decl_for_ward_api::WardApiV1;

use super::{
	account,
	chain::{self, offer_general, outcome, submit, submit_general},
	check_invariants, pair, signed, GENESIS, START,
};
use crate::{
	Participants, Quota, Receipts, Records, Runtime, RuntimeCall, RuntimeEvent, System,
	SLOT_DURATION,
};

/// A custodian's first cohort, and the seats that can be drawn for it.
pub(super) struct Cohort {
	pub(super) custodian: ParticipantId,
	/// The key of its vault.
	pub(super) receipt_key: ed25519::Pair,
	/// Seats with their witness keys.
	pub(super) witnesses: Vec<(ParticipantId, ed25519::Pair)>,
}

fn verify(signature: &[u8; 64], message: &[u8], key: &KeyBytes) -> bool {
	let signature = ed25519::Signature::from_raw(*signature);
	ed25519::Pair::verify(&signature, message, &ed25519::Public::from_raw(*key))
}

impl Cohort {
	/// The witness at this place of the draw, with its key.
	fn witness(&self, place: usize) -> &(ParticipantId, ed25519::Pair) {
		let drawn = Receipts::witnesses(self.custodian, 0)[place];
		self.witnesses.iter().find(|(seat, _)| *seat == drawn).expect("it is one of these")
	}

	/// What the witness at this place has to ask.
	fn challenge(&self, place: usize) -> Challenge {
		let witness = self.witness(place).0;
		let task = Runtime::receipt_task(self.custodian, 0, witness).expect("it has to report");
		Challenge {
			genesis: GENESIS,
			custodian: self.custodian,
			cohort: 0,
			epoch: task.epoch,
			witness,
			challenge: task.challenge,
			rows: task.rows,
			since: task.since,
			sealing_key: [0; 32],
		}
	}

	fn rows(&self, challenge: &Challenge) -> Vec<Row> {
		let row = |row: u16| Records::row(self.custodian, row.into()).expect("it is on the chain");
		(0..challenge.rows).map(row).collect()
	}

	/// What the vault answers and signs.
	fn answer(&self, challenge: &Challenge, answers: Vec<RowAnswer>) -> Answer {
		let log = LogHead { height: challenge.since.height + 1, head: [5; 32] };
		let sign = |message: &[u8]| self.receipt_key.sign(message).0;
		Answer::new(challenge, &self.rows(challenge), answers, log, sign).expect("one for each row")
	}

	/// The report of the witness at this place, of the custodian's `answer`.
	fn report_of(&self, place: usize, answer: &Answer, challenge: &Challenge) -> RuntimeCall {
		let key = &self.witness(place).1;
		let rows = self.rows(challenge);
		let seen = check(answer, challenge, &rows, &self.receipt_key.public().0, verify)
			.expect("the vault answers what it was asked");
		let report = Report::of(answer, key.public().0, seen.missing).expect("few are missing");
		let signature = key.sign(&report.message(&GENESIS)).0;
		pallet_ward_receipts::Call::report { report: Box::new(report), signature }.into()
	}

	/// What the witness at this place reports of a vault that has lost everything and says so.
	pub(super) fn report(&self, place: usize) -> RuntimeCall {
		let challenge = self.challenge(place);
		let answers = vec![RowAnswer::Missing; challenge.rows.into()];
		self.report_of(place, &self.answer(&challenge, answers), &challenge)
	}

	/// The proof that the vault signed something wrong about its first row.
	pub(super) fn dispute(&self) -> RuntimeCall {
		let challenge = self.challenge(0);
		let mut answers = vec![RowAnswer::Missing; challenge.rows.into()];
		answers[0] = RowAnswer::Held { leaf: vec![1], path: vec![] };
		let answer = self.answer(&challenge, answers);
		let key = self.receipt_key.public().0;
		let seen = check(&answer, &challenge, &self.rows(&challenge), &key, verify);
		let contradiction = seen.ok().and_then(|seen| seen.contradiction).expect("it lied");
		pallet_ward_receipts::Call::dispute { contradiction: Box::new(contradiction) }.into()
	}
}

/// What is in the custodian's rows: some leaves, different for each.
fn content(row: u64) -> Vec<u8> {
	(0..1_500 + row * 1_000).map(|n| (n * 3 + row) as u8).collect()
}

impl Cohort {
	/// What a witness reports of a vault that has all of it but these rows.
	fn report_without(&self, place: usize, lost: &[u64]) -> RuntimeCall {
		let challenge = self.challenge(place);
		let answer = |(number, row): (u64, Row)| {
			if lost.contains(&number) {
				return RowAnswer::Missing;
			}
			let content = content(number);
			let mut hasher = leaf::GroupHasher::new();
			hasher.update(&content);
			let asked = leaf_of(&challenge.challenge, &row.record, row.size);
			let bytes = leaf::bytes_of(asked, row.size);
			let path = leaf::path(asked, row.size, &hasher.finish().1, &content);
			RowAnswer::Held {
				leaf: content[bytes.start as usize..bytes.end as usize].to_vec(),
				path: path.expect("the leaf exists"),
			}
		};
		let answers = (0..).zip(self.rows(&challenge)).map(answer).collect();
		self.report_of(place, &self.answer(&challenge, answers), &challenge)
	}
}

/// Attaches a key with this role to the participant of `owner`.
fn attach(owner: &ed25519::Pair, id: ParticipantId, key: &ed25519::Pair, roles: KeyRoles) {
	let valid_until = chain::now() + 3_600_000;
	let bytes = key.public().0;
	let attachment =
		KeyAttachment { genesis: GENESIS, participant: id, key: bytes, roles, valid_until };
	let proof = MultiSignature::Ed25519(key.sign(&attachment.message()));
	let attached = Participants::attach_key(signed(owner), account(key), roles, valid_until, proof);
	assert_ok!(attached);
}

/// Puts a record into the next row of a custodian.
fn give_record(custodian: ParticipantId) -> RecordId {
	use pallet_ward_records::{
		Custody, CustodyCount, PatientRecordCount, PatientRecords, RecordCount,
	};
	let row = Records::rows(custodian);
	let mut hasher = leaf::GroupHasher::new();
	hasher.update(&content(row));
	let record = RecordContent {
		patient: custodian,
		author: custodian,
		commitment: [row as u8; 32],
		attributes: [1; 32],
		content_root: hasher.finish().0,
		size: content(row).len() as u64,
	};
	let id = record.record_id(&GENESIS);
	let stored = RecordRow {
		content: record,
		author_center: None,
		custodians: vec![Custodian { center: custodian, row }].try_into().expect("one"),
		anchored_at: chain::now(),
		lineage: id,
		supersedes: None,
		superseded_by: None,
	};
	pallet_ward_records::Records::<Runtime>::insert(id, stored);
	Custody::<Runtime>::insert(custodian, row, id);
	CustodyCount::<Runtime>::insert(custodian, row + 1);
	PatientRecords::<Runtime>::insert(custodian, row, id);
	PatientRecordCount::<Runtime>::insert(custodian, row + 1);
	RecordCount::<Runtime>::mutate(|count| *count += 1);
	id
}

/// Five centers with seats, each with a witness key; the first has a vault and two records.
fn consortium(test: impl FnOnce(&Cohort, &[RecordId])) {
	let centers: Vec<_> = (2..7).map(pair).collect();
	sp_io::TestExternalities::new(chain::genesis(&pair(1), &centers)).execute_with(|| {
		chain::start_block(chain::slot_of(START));
		next_block();
		let ids = (2..7).map(ParticipantId);
		let witnesses = ids.zip(&centers).map(|(id, center)| {
			let key = pair(id.0 as u8 + 100);
			attach(center, id, &key, KeyRoles::WITNESS);
			(id, key)
		});
		let witnesses: Vec<_> = witnesses.collect();
		let (custodian, receipt_key) = (ParticipantId(2), pair(90));
		attach(&centers[0], custodian, &receipt_key, KeyRoles::RECEIPT);
		let row = VaultRow {
			endpoint: b"https://vault.example".to_vec().try_into().expect("short"),
			receipt_key: receipt_key.public().0,
			release_suite: SealingSuite::XWing,
			release_key: vec![9; 1_216].try_into().expect("one key"),
		};
		assert_ok!(Participants::set_vault(signed(&centers[0]), row));
		let records = [give_record(custodian), give_record(custodian)];
		test(&Cohort { custodian, receipt_key, witnesses }, &records);
		next_block();
		check_invariants();
	});
}

/// Ends the block and starts the next one in the slot after it.
fn next_block() {
	next_block_after(1);
}

fn next_block_after(slots: u64) {
	let slot = *pallet_aura::CurrentSlot::<Runtime>::get();
	chain::finish_block();
	chain::start_block(slot + slots);
}

/// Goes on to the next epoch.
fn next_epoch() {
	let before = Receipts::receipt_epoch();
	next_block_after(before.length / SLOT_DURATION);
	next_block();
	assert_eq!(Receipts::receipt_epoch().number, before.number + 1);
}

fn taken(call: RuntimeCall) -> String {
	outcome(&submit_general(call))
}

/// How the record stands, which has one custodian.
fn state(record: RecordId) -> CohortState {
	match Runtime::custody_states(record)[..] {
		[CustodyState { state, .. }] => state,
		ref other => panic!("one custodian and not {other:?}"),
	}
}

#[test]
fn seats_look_at_the_records_of_another_and_everybody_sees_what_they_saw() {
	consortium(|cohort, records| {
		assert_eq!(Runtime::receipt_epoch().number, 1);
		let witnesses = Runtime::witnesses(cohort.custodian, 0);
		assert_eq!(witnesses.len(), 3);
		assert!(!witnesses.contains(&cohort.custodian));
		assert_eq!(state(records[0]), CohortState::New);

		assert_eq!(taken(cohort.report_without(2, &[])), "permitted");
		assert_eq!(state(records[0]), CohortState::New);
		assert_eq!(taken(cohort.report_without(0, &[1])), "permitted");
		let (at, until) = (chain::now(), Runtime::receipt_epoch().fresh_until());
		let fresh = CohortState::Fresh { seen: 2, of: 3, at, until };
		let unsettled = CohortState::Unsettled { missed: 1, reported: 2, at };
		assert_eq!((state(records[0]), state(records[1])), (fresh, unsettled));
		assert_eq!(taken(cohort.report_without(1, &[])), "permitted");
		assert_eq!(state(records[1]), CohortState::Fresh { seen: 2, of: 3, at, until });

		let row = Runtime::cohort(cohort.custodian, 0).expect("it was reported");
		assert_eq!((row.epoch, row.drawn, row.reported), (1, 3, 0b111));
		let log = Runtime::log_head(cohort.custodian).expect("it was reported");
		assert_eq!((log.since, log.latest.height), (LogHead::empty(GENESIS), 1));
		assert_eq!(Runtime::custody_states(RecordId([0; 32])), []);
		assert_eq!(Runtime::receipt_task(cohort.custodian, 0, witnesses[0]), None, "it is done");
	});
}

#[test]
fn a_report_is_offered_to_every_pool_and_charged_to_nobody() {
	consortium(|cohort, _| {
		let (report, witness) = (cohort.report(0), cohort.witness(0).0);
		let quotas = || [witness, cohort.custodian, ParticipantId(1)].map(Quota::level_of);
		let before = quotas();
		for source in [TransactionSource::Local, TransactionSource::External] {
			assert_eq!(outcome(&offer_general(source, report.clone())), "permitted");
		}
		assert_eq!(taken(report.clone()), "permitted");
		assert_eq!(quotas(), before);
		assert_eq!(taken(report), "refused: Receipts.AlreadyReported");
		let failed = System::read_events_no_consensus().any(|record| {
			matches!(
				record.event,
				RuntimeEvent::System(frame_system::Event::ExtrinsicFailed { .. })
			)
		});
		assert!(!failed, "what is refused is in no block");
	});
}

#[test]
fn neither_key_signs_a_transaction_even_for_the_report_itself() {
	consortium(|cohort, _| {
		let report = cohort.report(0);
		for key in [&cohort.witness(0).1, &cohort.receipt_key] {
			assert_eq!(outcome(&submit(key, report.clone())), "refused: KeyCannotCall");
		}
		// And signed with another key it is none.
		assert_eq!(outcome(&submit(&pair(2), report)), "BadOrigin");
	});
}

#[test]
fn a_report_of_the_last_epoch_is_refused_in_this_one() {
	consortium(|cohort, _| {
		let (report, dispute) = (cohort.report(0), cohort.dispute());
		next_epoch();
		assert_eq!(taken(report), "refused: Receipts.NotCurrentEpoch");
		assert_eq!(taken(dispute), "refused: Receipts.NotCurrentEpoch");
	});
}

#[test]
fn copies_lapse_by_the_clock() {
	consortium(|cohort, records| {
		for place in 0..2 {
			assert_eq!(taken(cohort.report_without(place, &[])), "permitted");
		}
		let at = chain::now();
		next_epoch();
		assert!(matches!(state(records[0]), CohortState::Fresh { .. }));
		next_epoch();
		assert_eq!(state(records[0]), CohortState::Lapsed { at });
	});
}

#[test]
fn a_vault_that_lied_is_named_until_others_have_seen_the_record() {
	consortium(|cohort, records| {
		assert_eq!(taken(cohort.dispute()), "permitted");
		assert_eq!(state(records[0]), CohortState::Disputed { epoch: 1 });
		assert_eq!(taken(cohort.dispute()), "refused: Receipts.AlreadyDisputed");
		next_epoch();
		for place in 0..2 {
			assert_eq!(taken(cohort.report_without(place, &[])), "permitted");
		}
		assert!(matches!(state(records[0]), CohortState::Fresh { .. }));
	});
}

#[test]
fn the_witnesses_of_an_epoch_are_the_seats_that_sat_when_it_began() {
	use pallet_ward_receipts::Witnesses;
	consortium(|_, _| {
		let sitting = || (2..7).map(ParticipantId).collect::<Vec<_>>();
		assert_eq!(Witnesses::<Runtime>::get().into_inner(), sitting());
		let give_up = pallet_ward_authorities::Call::give_up_seat {};
		assert_eq!(outcome(&submit(&pair(6), give_up.into())), "permitted");
		next_epoch();
		assert_eq!(Witnesses::<Runtime>::get().into_inner(), sitting(), "it sits still");
		let sessions = crate::Authorities::session().length * 2;
		(0..=sessions).for_each(|_| next_block());
		next_epoch();
		assert_eq!(Witnesses::<Runtime>::get().into_inner(), sitting()[..4]);
	});
}

#[test]
fn a_genesis_patch_sets_the_length_of_epochs() {
	use sp_runtime::BuildStorage;
	let with = |patch: serde_json::Value| {
		let mut config =
			serde_json::to_value(crate::RuntimeGenesisConfig::default()).expect("JSON");
		super::json_patch(&mut config, patch);
		let config: crate::RuntimeGenesisConfig =
			serde_json::from_value(config).expect("the patch fits");
		let storage = pallet_ward_receipts::GenesisConfig::<Runtime> { ..config.receipts };
		let storage = storage.build_storage().expect("genesis builds");
		sp_io::TestExternalities::new(storage)
			.execute_with(|| (Receipts::receipt_epoch().length, Runtime::receipt_epoch().number))
	};
	assert_eq!(with(serde_json::json!({ "receipts": { "epochLength": 8_000 } })), (8_000, 0));
	let hours = 6 * 3_600_000;
	assert_eq!(with(serde_json::json!({})), (hours, 0));
}
