//! More requests than receipts that are made at the same time.

use futures::poll;

use super::*;
use crate::turns::PLACES;

#[tokio::test]
async fn a_request_that_finds_all_slots_taken_waits_for_its_turn() {
	let house = House::with(|settings| settings.limits.concurrent_receipts = 1);
	deposited(&house, &[100]).await;
	let witness = Witness::drawn(&house, 3);
	let receipts = &house.vault.receipts;
	let turn = receipts.take(ParticipantId(9)).await.unwrap();
	let mut answer = Box::pin(witness.missing(&house));
	let waits = async {
		while receipts.waiting() == 0 {
			tokio::task::yield_now().await;
		}
	};
	tokio::select! {
		missing = &mut answer => panic!("it had no turn, and misses {missing:?}"),
		() = waits => {},
	}
	let request = Request::get("/metrics").body(Body::empty()).unwrap();
	let metrics = send(&router::operator(house.vault.clone()), request).await;
	let text = String::from_utf8(metrics.body.unwrap().to_vec()).unwrap();
	assert!(text.contains("ward_vault_receipts_waiting 1\n"), "{text}");
	drop(turn);
	assert_eq!(answer.await, [0u16; 0]);
	assert_eq!((receipts.taken(), receipts.waiting()), (0, 0));
}

#[tokio::test]
async fn more_requests_than_slots_and_places_are_told_to_come_back() {
	let house = House::with(|settings| settings.limits.concurrent_receipts = 1);
	deposited(&house, &[100]).await;
	let witness = Witness::drawn(&house, 3);
	let turn = house.vault.receipts.take(ParticipantId(9)).await.unwrap();
	let others = (0..PLACES as u64).map(|n| house.vault.receipts.take(ParticipantId(100 + n)));
	let mut others: Vec<_> = others.map(Box::pin).collect();
	for other in &mut others {
		assert!(poll!(other).is_pending());
	}
	let answer = witness.send(&house, &witness.challenge(&house)).await;
	answer.refused(Code::Busy);
	assert!(answer.headers.contains_key("retry-after"));
	drop((turn, others));
	assert_eq!(witness.missing(&house).await, [0u16; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn witnesses_at_the_same_time_over_real_sockets_are_answered_one_after_the_other() {
	let house = House::with(|settings| settings.limits.concurrent_receipts = 2);
	deposited(&house, &[5_000, 200_000, 300_000]).await;
	let witnesses: Vec<_> = (3..7).map(|number| Witness::drawn(&house, number)).collect();
	let running = server::start(house.vault.clone()).await.unwrap();
	let ask = |witness: &Witness| {
		let challenge = witness.challenge(&house);
		send_to(&running, witness.ask(&house, &challenge).request())
	};
	let asked = (0..16).map(|n| ask(&witnesses[n / 4]));
	let answers = futures::future::join_all(asked).await;
	for (n, answer) in answers.into_iter().enumerate() {
		assert_eq!(answer.status(), StatusCode::OK);
		assert_eq!(answer.headers()["content-type"], "application/octet-stream");
		let sealed = answer.bytes().await.unwrap();
		let challenge = witnesses[n / 4].challenge(&house).challenge;
		assert!(witnesses[n / 4].opener.open(&challenge, &sealed).is_some());
	}
	assert_eq!((house.vault.receipts.taken(), house.vault.receipts.waiting()), (0, 0));
	running.stop().await.unwrap();
}
