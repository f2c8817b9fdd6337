//! Only who signs with a live key, for this vault, on this chain, now and once, is heard.

use axum::body::Body;
use http::{Request, StatusCode};
use ward_crypto::request::RequestKey;
use ward_primitives::{Interval, KeyRoles, ParticipantId};
use ward_vault_api::log::LogPage;

use super::house::{House, GENESIS};
use crate::error::Code;

const LOG: &str = "/v1/log?patient=10";

#[tokio::test]
async fn a_request_of_a_live_key_is_heard() {
	let house = House::new();
	let page: LogPage = house.ask(&house.patient, "GET", LOG).send().await.ok();
	assert!(page.entries.is_empty());
}

#[tokio::test]
async fn an_unsigned_request_is_refused() {
	let house = House::new();
	let request = Request::get(LOG).body(Body::empty()).unwrap();
	house.send(request).await.refused(Code::SignatureMissing);
}

#[tokio::test]
async fn a_request_for_another_vault_or_chain_is_refused() {
	let house = House::new();
	let mut ask = house.ask(&house.patient, "GET", LOG);
	ask.vault = ParticipantId(99);
	ask.send().await.refused(Code::WrongVault);
	let mut ask = house.ask(&house.patient, "GET", LOG);
	ask.genesis = [8; 32];
	ask.send().await.refused(Code::WrongGenesis);
}

#[tokio::test]
async fn a_request_counts_only_in_its_time() {
	let house = House::new();
	let mut ask = house.ask(&house.patient, "GET", LOG);
	(ask.created, ask.expires) = (ask.created - 61, ask.created - 1);
	ask.send().await.refused(Code::RequestExpired);
	let mut ask = house.ask(&house.patient, "GET", LOG);
	(ask.created, ask.expires) = (ask.created + 6, ask.created + 60);
	ask.send().await.refused(Code::RequestFromFuture);
	let mut ask = house.ask(&house.patient, "GET", LOG);
	ask.expires = ask.created + 61;
	ask.send().await.refused(Code::SignatureInvalid);
}

#[tokio::test]
async fn a_clock_of_the_vault_that_is_wrong_is_not_blamed_on_the_requester() {
	let house = House::new();
	let ask = house.ask(&house.patient, "GET", LOG);
	house.now.fetch_sub(600_000, std::sync::atomic::Ordering::SeqCst);
	ask.send().await.refused(Code::ClockDiffers);
}

#[tokio::test]
async fn a_nonce_works_once_also_across_a_restart() {
	let house = House::new();
	let ask = |house: &House| {
		let mut ask = house.ask(&house.patient, "GET", LOG);
		ask.nonce = "0123456789abcdef".into();
		ask.request()
	};
	assert_eq!(house.send(ask(&house)).await.status, StatusCode::OK);
	house.send(ask(&house)).await.refused(Code::RequestReplayed);
	let house = house.restarted();
	house.send(ask(&house)).await.refused(Code::RequestReplayed);
}

#[tokio::test]
async fn of_many_equal_requests_at_once_one_is_heard() {
	let house = House::new();
	let sends = (0..16).map(|_| {
		let mut ask = house.ask(&house.patient, "GET", LOG);
		ask.nonce = "0123456789abcdef".into();
		house.send(ask.request())
	});
	let answers = futures::future::join_all(sends).await;
	let heard = answers.iter().filter(|answer| answer.status == StatusCode::OK).count();
	assert_eq!(heard, 1);
}

#[tokio::test]
async fn keys_that_are_unknown_retired_or_without_the_act_role_are_refused() {
	let house = House::new();
	let stranger = RequestKey::from_seed([77; 32]);
	let mut ask = house.ask(&house.patient, "GET", LOG);
	ask.key = &stranger;
	ask.send().await.refused(Code::UnknownKey);

	let key = house.patient.key.public();
	house.chain.finalize(|tables| tables.keys.get_mut(&key).unwrap().roles = KeyRoles::ENROL);
	house.ask(&house.patient, "GET", LOG).send().await.refused(Code::UnknownKey);
	house.chain.finalize(|tables| {
		let row = tables.keys.get_mut(&key).unwrap();
		row.roles = KeyRoles::ACT;
		row.live = Interval { from: 0, until: Some(tables.head.timestamp) };
	});
	house.ask(&house.patient, "GET", LOG).send().await.refused(Code::UnknownKey);
}

#[tokio::test]
async fn what_was_signed_cannot_be_changed() {
	let house = House::new();
	let signed = || house.ask(&house.patient, "GET", LOG).request();

	let mut other_query = signed();
	*other_query.uri_mut() = "/v1/log?patient=11".parse().unwrap();
	house.send(other_query).await.refused(Code::SignatureInvalid);

	let mut other_purpose = signed();
	other_purpose.headers_mut().insert("ward-purpose", "ETREAT".parse().unwrap());
	house.send(other_purpose).await.refused(Code::SignatureInvalid);

	let mut other_method = signed();
	*other_method.method_mut() = http::Method::HEAD;
	assert_eq!(house.send(other_method).await.status, StatusCode::UNAUTHORIZED);

	let record = house.seal(b"some ciphertext");
	let announcement = super::house::announcement(&record, false);
	let mut other_body =
		house.ask(&house.doctor, "POST", "/v1/deposits").json(&announcement).request();
	*other_body.body_mut() = Body::from("{}");
	house.send(other_body).await.refused(Code::SignatureInvalid);
}

#[tokio::test]
async fn header_fields_that_make_no_sense_are_malformed() {
	let house = House::new();
	let signed = || house.ask(&house.patient, "GET", LOG).request();
	let mut unknown_purpose = signed();
	unknown_purpose.headers_mut().insert("ward-purpose", "CURIOSITY".parse().unwrap());
	house.send(unknown_purpose).await.refused(Code::MalformedRequest);
	let mut no_vault = signed();
	no_vault.headers_mut().remove("ward-vault");
	house.send(no_vault).await.refused(Code::MalformedRequest);
	let mut twice = signed();
	let genesis = format!("0x{}", hex::encode(GENESIS));
	twice.headers_mut().append("ward-genesis", genesis.parse().unwrap());
	house.send(twice).await.refused(Code::MalformedRequest);
}

#[tokio::test]
async fn a_path_that_does_not_exist_is_not_found_and_says_nothing_of_records() {
	let house = House::new();
	for (method, path) in [("GET", "/v2/vault"), ("GET", "/"), ("DELETE", "/v1/vault")] {
		let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
		house.send(request).await.refused(Code::NotFound);
	}
}

#[tokio::test]
async fn a_path_that_decodes_to_no_text_is_malformed() {
	let house = House::new();
	for path in ["/v1/records/%ff", "/v1/deposits/%c0%ae", "/v1/sealing-keys/%ed%a0%80"] {
		house.ask(&house.patient, "GET", path).send().await.refused(Code::MalformedRequest);
	}
}

#[tokio::test]
async fn nothing_is_read_of_the_body_of_an_unsigned_request() {
	let house = House::new();
	let body = futures::stream::poll_fn(|_| -> std::task::Poll<Option<std::io::Result<Vec<u8>>>> {
		panic!("the body is read")
	});
	let request = Request::post("/v1/deposits").body(Body::from_stream(body)).unwrap();
	house.send(request).await.refused(Code::SignatureMissing);
}

#[tokio::test]
async fn the_path_is_signed_as_the_requester_sees_it() {
	let house = House::with(|settings| settings.path_prefix = "/ward".into());
	let answer = house.ask(&house.patient, "GET", "/ward/v1/log?patient=10").send().await;
	assert_eq!(answer.status, StatusCode::OK);
	house.ask(&house.patient, "GET", LOG).send().await.refused(Code::NotFound);
}
