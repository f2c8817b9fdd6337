//! What a vault takes over from another center, and what it does not.

use ward_primitives::{AttributesOpening, Interval, ParticipantId, PurposeOfUse, RecordId};
use ward_vault_api::deposit::{Announcement, DepositStatus};

use super::{
	house::{announcement, send, Answer, Ask, Person, Sealed, CENTER},
	neighbours::{publish, receipt_key_of, Neighbours, OTHER, THIRD},
};
use crate::error::Code;

/// The house's center hands over to the other one, which accepts it and a third one.
async fn accepting() -> Neighbours {
	let accept = vec![CENTER, THIRD];
	Neighbours::with_both(|_| {}, |settings| settings.accept_from = accept).await
}

/// A center that asks with its vault's receipt key.
fn center(both: &Neighbours) -> Person {
	let mut center = Person::new(CENTER.0);
	center.key = receipt_key_of(&both.house.vault);
	center
}

/// Another one, with a key that is published.
fn third(both: &Neighbours) -> Person {
	let mut third = Person::new(THIRD.0);
	third.key = ward_crypto::request::RequestKey::from_seed([77; 32]);
	publish(&both.house, THIRD, third.key.public(), "https://third.example".into());
	third
}

fn ask<'a>(both: &'a Neighbours, who: &'a Person, method: &'a str, path: &str) -> Ask<'a> {
	let mut ask = both.house.ask(who, method, path).purpose(PurposeOfUse::Hoperat);
	ask.vault = OTHER;
	ask
}

async fn announce(both: &Neighbours, who: &Person, what: &Announcement) -> Answer {
	send(&both.other_router, ask(both, who, "POST", "/v1/deposits").json(what).request()).await
}

async fn status(both: &Neighbours, who: &Person, record: RecordId) -> Answer {
	let path = format!("/v1/deposits/{record}");
	send(&both.other_router, ask(both, who, "GET", &path).request()).await
}

fn handed_over(both: &Neighbours, record: &Sealed) -> Announcement {
	both.announcement_to_other(record).fetched_from(CENTER)
}

async fn staged_there(both: &Neighbours) -> usize {
	both.other.database.staged().await.unwrap().len()
}

#[tokio::test]
async fn only_a_custodian_that_is_accepted_hands_a_record_over_and_the_others_learn_nothing() {
	let both = accepting().await;
	let (center, third) = (center(&both), third(&both));
	let [held, elsewhere, unknown] = [1u8, 2, 3].map(|n| both.house.seal(&[n; 500]));
	both.house.deposit(&held).await;
	both.house.anchor_with(&elsewhere, &[]);
	both.house.chain.finalize(|tables| tables.hand_over(elsewhere.id, CENTER, ParticipantId(9)));
	both.house.keep_time();

	let denials = [
		announce(&both, &third, &both.announcement_to_other(&held).fetched_from(THIRD)).await,
		announce(&both, &center, &handed_over(&both, &elsewhere)).await,
		announce(&both, &center, &handed_over(&both, &unknown)).await,
		status(&both, &third, held.id).await,
		status(&both, &center, elsewhere.id).await,
		status(&both, &center, unknown.id).await,
		// Nothing of it is there yet.
		status(&both, &center, held.id).await,
	];
	let told: Vec<_> = denials.iter().map(|denial| denial.refused(Code::AccessDenied)).collect();
	let same = |told: &ward_vault_api::problem::Problem| (told.title.clone(), told.detail.clone());
	assert!(told.iter().all(|denial| same(denial) == same(&told[0])), "constant words");
	assert_eq!(staged_there(&both).await, 0);

	announce(&both, &center, &handed_over(&both, &held)).await.ok::<DepositStatus>();
	let known: DepositStatus = status(&both, &center, held.id).await.ok();
	assert_eq!((known.record, known.receipt), (held.id, None));
	status(&both, &third, held.id).await.refused(Code::AccessDenied);
	assert_eq!(staged_there(&both).await, 1);
}

#[tokio::test]
async fn a_vault_that_names_nobody_takes_nothing_over() {
	let both = Neighbours::new().await;
	let center = center(&both);
	let record = both.house.seal(b"ciphertext");
	both.house.deposit(&record).await;
	let refused = announce(&both, &center, &handed_over(&both, &record)).await;
	assert!(refused.refused(Code::HandOverNotAccepted).detail.contains("--accept-from"));
	status(&both, &center, record.id).await.refused(Code::HandOverNotAccepted);
	assert_eq!(staged_there(&both).await, 0);
}

#[tokio::test]
async fn a_suspended_center_and_a_retired_receipt_key_hand_nothing_over() {
	let both = accepting().await;
	let center = center(&both);
	let record = both.house.seal(b"ciphertext");
	both.house.deposit(&record).await;
	let active = both.house.chain.node.lock().unwrap().finalized.participants[&CENTER.0].active;
	both.house.chain.finalize(|tables| {
		let row = tables.participants.get_mut(&CENTER.0).unwrap();
		row.active.latest = Interval { from: 0, until: Some(1) };
	});
	let what = handed_over(&both, &record);
	announce(&both, &center, &what).await.refused(Code::AccessDenied);
	status(&both, &center, record.id).await.refused(Code::AccessDenied);
	let key = center.key.public();
	both.house.chain.finalize(|tables| {
		tables.participants.get_mut(&CENTER.0).unwrap().active = active;
		let now = tables.head.timestamp;
		tables.keys.get_mut(&key).unwrap().live.end(now);
	});
	announce(&both, &center, &what).await.refused(Code::UnknownKey);
	assert_eq!(staged_there(&both).await, 0);
}

#[tokio::test]
async fn what_is_handed_over_must_fit_together_and_come_from_who_signs() {
	let both = accepting().await;
	let center = center(&both);
	let record = both.house.seal(b"ciphertext");
	both.house.deposit(&record).await;
	let right = || handed_over(&both, &record);

	let elsewhere = [
		both.announcement_to_other(&record),
		both.announcement_to_other(&record).fetched_from(THIRD),
		right().shared_with(vec![THIRD]),
		announcement(&record, false).fetched_from(CENTER),
	];
	for wrong in elsewhere {
		announce(&both, &center, &wrong).await.refused(Code::MalformedRequest);
	}
	let other_opening = AttributesOpening { salt: [9; 32], ..record.opening };
	let wrong = Announcement { opening: other_opening.into(), ..right() };
	announce(&both, &center, &wrong).await.refused(Code::OpeningMismatch);
	let mut wrong = right();
	wrong.content.size += 1;
	// That is another record, of which the chain knows nothing.
	announce(&both, &center, &wrong).await.refused(Code::AccessDenied);
	let treating = ask(&both, &center, "POST", "/v1/deposits").json(&right());
	let treating = treating.purpose(PurposeOfUse::Treat).request();
	send(&both.other_router, treating).await.refused(Code::MalformedRequest);
	assert_eq!(staged_there(&both).await, 0);
	announce(&both, &center, &right()).await.ok::<DepositStatus>();
}

#[tokio::test]
async fn what_is_handed_over_counts_for_no_authors_quota() {
	let both = accepting().await;
	let center = center(&both);
	// Each author may have three deposits in staging.
	let records: Vec<_> = (0..5u8).map(|n| both.house.seal(&[n; 50])).collect();
	for record in &records {
		both.house.anchor(record);
	}
	both.house.keep_time();
	for record in &records {
		announce(&both, &center, &handed_over(&both, record)).await.ok::<DepositStatus>();
	}
	for n in 5..8u8 {
		let own = both.announcement_to_other(&both.house.seal(&[n; 50]));
		both.announce_to_other(&own).await.ok::<DepositStatus>();
	}
	let fourth = both.announcement_to_other(&both.house.seal(&[9; 50]));
	both.announce_to_other(&fourth).await.refused(Code::StagingQuotaExceeded);
	assert_eq!(staged_there(&both).await, 8);
}

#[tokio::test]
async fn what_was_announced_and_never_handed_over_is_discarded_in_time() {
	let both = accepting().await;
	let center = center(&both);
	let record = both.house.seal(b"ciphertext");
	both.house.deposit(&record).await;
	announce(&both, &center, &handed_over(&both, &record)).await.ok::<DepositStatus>();
	assert_eq!(staged_there(&both).await, 1);
	both.house.pass(25 * 3_600_000);
	both.other.follow_once().await.unwrap();
	super::neighbours::wait_until(|| async { staged_there(&both).await == 0 }).await;
	status(&both, &center, record.id).await.refused(Code::AccessDenied);
}
