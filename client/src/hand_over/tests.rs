use super::*;
use ward_crypto::request::RequestKey;
use ward_primitives::{
	participant::SealingSuite, Custodian, Deposit, DepositReceipt, RecordContent,
};

const OWN: ParticipantId = ParticipantId(2);
const TO: ParticipantId = ParticipantId(7);
const RECORD: RecordId = RecordId([1; 32]);
const NOW: Moment = 1_700_000_000_000;
const LEAVING: Leaving = Leaving { center: OWN, genesis: [9; 32], now: NOW };

fn row(custodians: &[ParticipantId]) -> RecordRow {
	let custodians: Vec<_> =
		custodians.iter().map(|center| Custodian { center: *center, row: 0 }).collect();
	RecordRow {
		content: RecordContent {
			patient: ParticipantId(5),
			author: ParticipantId(6),
			commitment: [3; 32],
			attributes: [4; 32],
			content_root: [5; 32],
			size: 6,
		},
		author_center: None,
		custodians: custodians.try_into().unwrap(),
		anchored_at: 1,
		lineage: RECORD,
		supersedes: None,
		superseded_by: None,
	}
}

fn key() -> RequestKey {
	RequestKey::from_seed([8; 32])
}

fn vault() -> VaultRow {
	VaultRow {
		endpoint: b"https://vault.example".to_vec().try_into().unwrap(),
		receipt_key: key().public(),
		release_suite: SealingSuite::XWing,
		release_key: Vec::new().try_into().unwrap(),
	}
}

/// With the receipt of a center for the record.
fn item(custodian: ParticipantId, expires: Moment) -> HandOver {
	let content = row(&[]).content;
	let receipt = DepositReceipt {
		genesis: LEAVING.genesis,
		custodian,
		record: RECORD,
		content_root: content.content_root,
		size: content.size,
		expires,
	};
	let signature = key().sign(&receipt.message());
	HandOver { record: RECORD, deposit: Deposit { custodian, expires, signature } }
}

#[track_caller]
fn is_left(item: &HandOver, row: Option<&RecordRow>, vault: Option<&VaultRow>, why: &str) {
	match LEAVING.judge(item, row, vault) {
		Standing::Left(left) => {
			assert!(left.why.contains(why), "{}", left.why);
			assert_eq!(left.record, RECORD);
			assert!(left.hint.is_some(), "{why}");
		},
		other => panic!("{other:?}"),
	}
}

#[test]
fn what_the_center_holds_and_another_one_has_is_handed_over_once() {
	let item = item(TO, NOW + MARGIN + 1);
	let judge = |custodians: &[_]| LEAVING.judge(&item, Some(&row(custodians)), Some(&vault()));
	assert_eq!(judge(&[OWN]), Standing::Ready);
	assert_eq!(judge(&[ParticipantId(3), OWN]), Standing::Ready);
	assert_eq!(judge(&[OWN, TO]), Standing::Ready, "the other one has it already and stays");
	assert_eq!(judge(&[TO]), Standing::HandedOver);
	assert_eq!(judge(&[ParticipantId(3), TO]), Standing::HandedOver);
	let late = super::tests::item(TO, NOW);
	let handed_over = LEAVING.judge(&late, Some(&row(&[TO])), None);
	assert_eq!(handed_over, Standing::HandedOver, "its receipt has served");
}

#[test]
fn what_the_chain_would_refuse_is_left_with_what_helps_before_it_spoils_a_batch() {
	let (held, vault) = (row(&[OWN]), vault());
	let good = item(TO, NOW + MARGIN + 1);
	is_left(&good, None, Some(&vault), "no such record");
	is_left(&item(OWN, NOW + MARGIN + 1), Some(&held), Some(&vault), "the vault that it is in");
	is_left(&good, Some(&held), None, "center 7 runs no vault");
	for expires in [0, NOW, NOW + MARGIN] {
		is_left(&item(TO, expires), Some(&held), Some(&vault), "counts only until");
	}
	let mut forged = good;
	forged.deposit.expires += 1;
	is_left(&forged, Some(&held), Some(&vault), "not signed with its key");
	let other = VaultRow { receipt_key: [0; 32], ..vault };
	is_left(&good, Some(&held), Some(&other), "not signed with its key");
}

#[test]
fn what_neither_of_the_two_holds_is_somebody_elses() {
	let judge = |custodians: &[_]| {
		let item = item(TO, NOW + MARGIN + 1);
		LEAVING.judge(&item, Some(&row(custodians)), Some(&vault()))
	};
	assert_eq!(judge(&[ParticipantId(3)]), Standing::Foreign);
	assert_eq!(judge(&[ParticipantId(3), ParticipantId(4)]), Standing::Foreign);
}

#[test]
fn what_is_left_or_stopped_it_makes_it_fail_and_what_is_done_does_not() {
	let mut report = HandOverReport { handed_over: 2, existed: 1, ..HandOverReport::default() };
	assert!(report.failure().is_none() && !report.is_empty());
	report.left.push(Left { record: RECORD, why: "it is damaged".into(), hint: None });
	let error = report.failure().unwrap();
	assert_eq!((error.kind(), error.code()), (Kind::Other, "some-not-handed-over"));
	assert_eq!(error.to_string(), "1 of 4 records are not handed over");
	assert_eq!(error.causes(), [format!("{RECORD}: it is damaged")]);
	report.error = Some(Error::new(Kind::Node, "it is gone"));
	assert_eq!(report.failure().unwrap().kind(), Kind::Node);
}
