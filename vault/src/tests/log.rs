//! The patient reads who read.

use ward_primitives::{Decision, Interval};
use ward_vault_api::log::{Event, LogPage};

use super::house::{House, GENESIS};
use crate::error::Code;

#[tokio::test]
async fn a_patient_sees_each_decision_page_by_page_even_when_not_active() {
	let house = House::new();
	let record = house.seal(b"ciphertext");
	house.deposit(&record).await;
	for _ in 0..3 {
		house.content(&house.specialist, &record).await.refused(Code::AccessDenied);
	}
	house.content(&house.doctor, &record).await;
	let patient = house.patient.id.0;
	house.chain.finalize(|tables| {
		let row = tables.participants.get_mut(&patient).unwrap();
		row.active.latest = Interval { from: 0, until: Some(1) };
	});

	let page = |path: &'static str| async {
		house.ask(&house.patient, "GET", path).send().await.ok::<LogPage>()
	};
	let first = page("/v1/log?patient=10&limit=3").await;
	let rest = page("/v1/log?patient=10&from=3&limit=500").await;
	assert_eq!((first.next, rest.next), (Some(3), None));
	let entries: Vec<_> = first.entries.into_iter().chain(rest.entries).collect();
	let events: Vec<_> = entries.iter().map(|entry| (entry.actor.0, entry.event)).collect();
	let denied = (12, Event::Content);
	assert_eq!(events, [(11, Event::Promotion), denied, denied, denied, (11, Event::Content)]);
	assert_eq!(entries[0].previous_hash.0, GENESIS);
	for pair in entries.windows(2) {
		assert_eq!(pair[1].previous_hash, pair[0].hash);
		assert_eq!(pair[1].sequence, pair[0].sequence + 1);
	}
	assert!(matches!(entries[4].decision, Decision::Permit { .. }));
	assert!(entries.iter().all(|entry| entry.record == record.id));
}

#[tokio::test]
async fn nobody_reads_the_log_of_somebody_else() {
	let house = House::new();
	for path in ["/v1/log?patient=10", "/v1/log?patient=0"] {
		house.ask(&house.doctor, "GET", path).send().await.refused(Code::AccessDenied);
	}
	for path in ["/v1/log", "/v1/log?patient=ten", "/v1/log?patient=10&until=3"] {
		house.ask(&house.patient, "GET", path).send().await.refused(Code::MalformedRequest);
	}
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_reads_leave_a_log_without_gaps() {
	let house = House::new();
	let record = house.seal(b"ciphertext");
	house.deposit(&record).await;
	let reads = (0..40).map(|n| {
		let reader = if n % 2 == 0 { &house.doctor } else { &house.specialist };
		house.content(reader, &record)
	});
	futures::future::join_all(reads).await;
	let house = house.restarted();
	let page: LogPage = house.ask(&house.patient, "GET", "/v1/log?patient=10").send().await.ok();
	assert_eq!(page.entries.len(), 41);
	let mut previous = GENESIS;
	for (number, entry) in page.entries.iter().enumerate() {
		assert_eq!((entry.sequence, entry.previous_hash.0), (number as u64, previous));
		previous = entry.hash.0;
	}
}
