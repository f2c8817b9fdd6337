//! What the operator sees, and the whole server over real sockets.

use std::time::Duration;

use axum::body::Body;
use http::{Request, StatusCode};
use ward_vault_api::info::VaultInfo;

use super::house::{send, House, CENTER, GENESIS, RUNTIME};
use crate::{config::Transport, controllers::health::Readiness, error::Code, router, server};

async fn readiness(house: &House) -> (StatusCode, Vec<String>) {
	let request = Request::get("/readyz").body(Body::empty()).unwrap();
	let answer = send(&router::operator(house.vault.clone()), request).await;
	let report: Readiness = answer.json();
	assert_eq!(report.ready, answer.status == StatusCode::OK);
	let failed = report.parts.into_iter().filter(|part| !part.ok);
	(answer.status, failed.map(|part| part.name).collect())
}

#[tokio::test]
async fn readiness_names_the_part_that_is_in_the_way() {
	let house = House::new();
	assert_eq!(readiness(&house).await, (StatusCode::OK, vec![]));
	house.chain.finalize(|tables| tables.code_hash = [0; 32]);
	assert_eq!(readiness(&house).await.1, ["runtime"]);
	house.chain.finalize(|tables| tables.code_hash = RUNTIME);
	house.now.fetch_add(60_000, std::sync::atomic::Ordering::SeqCst);
	assert_eq!(readiness(&house).await.1, ["finality"]);
	house.chain.node.lock().unwrap().syncing = true;
	assert_eq!(readiness(&house).await.1, ["sync"]);
	house.chain.node.lock().unwrap().reachable = false;
	assert_eq!(readiness(&house).await, (StatusCode::SERVICE_UNAVAILABLE, vec!["node".into()]));
}

#[tokio::test]
async fn readiness_names_a_disk_that_is_gone() {
	let house = House::new();
	let content = house.vault.settings.paths().content;
	std::fs::remove_dir_all(&content).unwrap();
	std::fs::write(&content, "a file where the directory was").unwrap();
	assert_eq!(readiness(&house).await.1, ["disk"]);
}

#[tokio::test]
async fn a_node_on_another_chain_is_refused_for_the_same_data_directory() {
	let house = House::new();
	house.vault.database.ensure_chain(GENESIS).await.unwrap();
	assert!(house.vault.database.ensure_chain([8; 32]).await.is_err());
	assert_eq!(readiness(&house).await, (StatusCode::OK, vec![]));
}

#[tokio::test]
async fn metrics_count_requests_by_route_and_name_no_record() {
	let house = House::new();
	let record = house.seal(b"ciphertext");
	house.content(&house.patient, &record).await.refused(Code::AccessDenied);
	let request = Request::get("/metrics").body(Body::empty()).unwrap();
	let answer = send(&router::operator(house.vault.clone()), request).await;
	let text = String::from_utf8(answer.body.unwrap().to_vec()).unwrap();
	let counted =
		"ward_vault_requests_total{method=\"GET\",route=\"/v1/records/{record}/content\",\
	               status=\"403\"} 1";
	assert!(text.contains(counted), "{text}");
	let denied = "ward_vault_decisions_total{event=\"content\",outcome=\"unknown-record\"} 1";
	assert!(text.contains(denied), "{text}");
	assert!(!text.contains(&hex::encode(record.id.0)));
	assert!(text.ends_with("# EOF\n"));
}

#[test]
fn the_description_has_every_path_of_the_protocol() {
	let description = serde_json::to_value(router::description()).unwrap();
	for (path, method) in [
		("/v1/vault", "get"),
		("/v1/deposits", "post"),
		("/v1/deposits/{record}", "get"),
		("/v1/deposits/{record}/content", "put"),
		("/v1/records/{record}", "get"),
		("/v1/records/{record}/release", "post"),
		("/v1/records/{record}/content", "get"),
		("/v1/log", "get"),
		("/v1/receipts", "post"),
		("/repair", "post"),
		("/drain", "post"),
		("/livez", "get"),
		("/readyz", "get"),
		("/metrics", "get"),
	] {
		let operation = &description["paths"][path][method];
		assert!(operation["summary"].is_string(), "{method} {path}");
	}
}

#[tokio::test]
async fn a_served_vault_describes_itself_and_stops_when_told() {
	let house = House::new();
	let running = server::start(house.vault.clone()).await.unwrap();
	let base = format!("http://{}", running.public);
	let client = reqwest_client();
	let info: VaultInfo =
		client.get(format!("{base}/v1/vault")).send().await.unwrap().json().await.unwrap();
	assert_eq!((info.participant, info.genesis.0), (CENTER, GENESIS));
	assert_eq!(info.receipt_key.0, house.vault.receipt_key.public());
	assert_eq!(info.release_key.0, house.vault.release.public());
	let live = client.get(format!("http://{}/livez", running.operator)).send().await.unwrap();
	assert_eq!(live.status(), StatusCode::OK);
	let hidden = client.get(format!("{base}/metrics")).send().await.unwrap();
	assert_eq!(hidden.status(), StatusCode::NOT_FOUND, "metrics are not for everybody");
	running.stop().await.unwrap();
	client.get(format!("{base}/v1/vault")).send().await.expect_err("nobody listens any more");
}

#[tokio::test]
async fn a_vault_serves_over_tls_and_takes_a_new_certificate_without_a_restart() {
	let _installed = rustls::crypto::ring::default_provider().install_default();
	let certificates = tempfile::tempdir().unwrap();
	let (cert, key) = (certificates.path().join("cert.pem"), certificates.path().join("key.pem"));
	let renew = || {
		let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
		std::fs::write(&cert, made.cert.pem()).unwrap();
		std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
		reqwest::Certificate::from_pem(made.cert.pem().as_bytes()).unwrap()
	};
	let old = renew();
	let transport = Transport::Tls { cert: cert.clone(), key: key.clone() };
	let house = House::with(|settings| settings.transport = transport);
	let running = server::start(house.vault.clone()).await.unwrap();
	let url = format!("https://localhost:{}/v1/vault", running.public.port());
	let ask = |trusted: reqwest::Certificate| {
		let client = reqwest::Client::builder().tls_certs_only([trusted]).build().unwrap();
		let url = url.clone();
		async move { client.get(url).send().await }
	};
	assert_eq!(ask(old.clone()).await.unwrap().status(), StatusCode::OK);
	let new = renew();
	running.reload_certificate().await;
	assert_eq!(ask(new).await.unwrap().status(), StatusCode::OK);
	ask(old).await.expect_err("the old certificate is served no more");
	running.stop().await.unwrap();
}

#[tokio::test]
async fn a_request_under_way_is_finished_at_shutdown() {
	let house = House::new();
	let record = house.seal(&[1; 100]);
	house.announce(&record).await;
	let running = server::start(house.vault.clone()).await.unwrap();
	let (sender, body) = futures::channel::mpsc::unbounded::<Result<Vec<u8>, std::io::Error>>();
	let path = format!("/v1/deposits/{}/content", record.id);
	let (parts, _) = house.ask(&house.doctor, "PUT", &path).request().into_parts();
	let request = reqwest_client()
		.put(format!("http://{}{path}", running.public))
		.headers(parts.headers)
		.header("content-length", "100")
		.body(reqwest::Body::wrap_stream(body));
	let upload = tokio::spawn(request.send());
	// The slot is taken once the upload is under way.
	let limit = house.vault.settings.limits.concurrent_uploads;
	while house.vault.uploads.available_permits() == limit {
		tokio::time::sleep(Duration::from_millis(5)).await;
	}
	let stop = tokio::spawn(running.stop());
	sender.unbounded_send(Ok(vec![1; 100])).unwrap();
	drop(sender);
	assert_eq!(upload.await.unwrap().unwrap().status(), StatusCode::OK);
	stop.await.unwrap().unwrap();
	assert_eq!(house.status(&record).await.state, "stored");
}

fn reqwest_client() -> reqwest::Client {
	let _installed = rustls::crypto::ring::default_provider().install_default();
	reqwest::Client::builder().build().unwrap()
}
