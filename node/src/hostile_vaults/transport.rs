//! What can be wrong before there is an answer: with connections, certificates, HTTP and addresses.

use std::time::Duration;

use pallet_ward_receipts::worker::{Address, Cause, Settings};

use super::{
	is_found_out,
	scene::honest,
	tls,
	vault::{Reaction, Server},
	with_loopback, LONGEST, QUICK,
};

/// A hostile vault that speaks plain http.
fn found_out(
	cause: Cause,
	at_most: Duration,
	react: impl Fn(&super::vault::Received) -> Reaction + Send + Sync + 'static,
) -> Server {
	let hostile = Server::start(None, react);
	is_found_out(&hostile.url("http"), &with_loopback(), cause, at_most);
	hostile
}

#[test]
fn silence_ends_with_the_run() {
	let hostile = Server::start(None, |_| Reaction::IsSilent);
	let took = is_found_out(&hostile.url("http"), &with_loopback(), Cause::Deadline, LONGEST);
	assert!(took >= Duration::from_secs(10), "{took:?}");
	assert_eq!(hostile.take_received().len(), 1);
}

#[test]
fn a_body_that_trickles_ends_with_the_run() {
	found_out(Cause::Deadline, LONGEST, |_| Reaction::Trickles);
}

#[test]
fn of_a_body_of_a_gib_little_is_read() {
	let hostile = found_out(Cause::TooLarge, QUICK, |_| Reaction::Floods);
	// What an answer can have, and what lies in buffers.
	assert!(hostile.sent() < 24 * 1024 * 1024, "{} bytes", hostile.sent());
}

#[test]
fn a_redirect_is_not_followed() {
	for status in [301, 302, 303, 307, 308] {
		let elsewhere = Server::start(None, honest);
		let location = format!("{}/v1/receipts", elsewhere.url("http"));
		let react = move |_: &_| {
			Reaction::Answers(status, vec![("Location", location.clone())], Vec::new())
		};
		let hostile = found_out(Cause::Status, QUICK, react);
		assert_eq!(hostile.take_received().len(), 1);
		assert!(elsewhere.raw().is_empty(), "nobody went there");
	}
}

#[test]
fn errors_of_the_server_are_failures_also_with_a_good_body() {
	for status in [500, 502, 503, 418, 204, 206] {
		found_out(Cause::Status, QUICK, move |request| {
			let Reaction::Answers(_, fields, body) = honest(request) else { unreachable!() };
			// What has no body by its status must not be sent one.
			Reaction::Answers(status, fields, if status == 204 { Vec::new() } else { body })
		});
	}
	found_out(Cause::Denied, QUICK, |_| Reaction::Answers(403, Vec::new(), Vec::new()));
	found_out(Cause::LogDiverged, QUICK, |_| Reaction::Answers(409, Vec::new(), Vec::new()));
}

#[test]
fn a_connection_that_breaks_is_a_failure() {
	found_out(Cause::Unreachable, QUICK, |_| Reaction::HangsUp);
	found_out(Cause::Interrupted, QUICK, |request| {
		let Reaction::Answers(_, _, mut body) = honest(request) else { unreachable!() };
		body.pop();
		Reaction::BreaksOff(body)
	});
}

#[test]
fn where_nobody_listens_nothing_is_waited_for() {
	let hostile = Server::start(None, honest);
	let url = hostile.url("http");
	drop(hostile);
	is_found_out(&url, &with_loopback(), Cause::Unreachable, QUICK);
}

#[test]
fn a_certificate_that_nobody_trusts_gets_no_request() {
	let hostile = Server::start(Some(tls::untrusted()), honest);
	is_found_out(&hostile.url("https"), &with_loopback(), Cause::Unreachable, QUICK);
	assert!(hostile.take_received().is_empty());
}

#[test]
fn what_speaks_no_tls_gets_no_request() {
	let hostile = Server::start(None, honest);
	is_found_out(&hostile.url("https"), &with_loopback(), Cause::Unreachable, QUICK);
	assert!(hostile.take_received().is_empty());
	let raw = hostile.raw();
	assert!(!raw.windows(4).any(|four| four == b"POST" || four == b"Ward"), "{raw:?}");
}

#[test]
fn plain_http_and_private_addresses_are_not_even_tried() {
	let settings = with_loopback();
	for endpoint in [
		"http://vault.example",
		"http://10.255.255.1:4001",
		"https://10.255.255.1",
		"https://169.254.169.254",
		"https://192.168.0.1",
		"https://[fd00::1]",
		"https://0x7f.0.0.1",
		"https://2130706433",
		"https://user@vault.example",
	] {
		is_found_out(endpoint, &settings, Cause::Endpoint, QUICK);
	}
}

#[test]
fn this_machine_is_not_asked_unless_its_operator_says_so() {
	let hostile = Server::start(None, honest);
	let good = super::good_vault();
	for scheme in ["http", "https"] {
		// The good one is on this machine, too, so nobody is asked at all.
		let (mut scene, node) = super::stage(&hostile.url(scheme), &good, &Settings::default());
		node.after(&scene.block());
		assert_eq!(node.disk.counters().failures_by(Cause::Endpoint), 2);
		assert!(node.take_submitted().is_empty());
	}
	assert_eq!((hostile.raw(), good.raw()), (Vec::new(), Vec::new()));
}

#[test]
fn an_address_that_is_allowed_is_no_other() {
	// Allowed is the neighbour; this machine is not, however it is written.
	let allowed = vec![Address::V4([10, 0, 0, 7])];
	let settings = Settings { loopback: true, allowed, ..Settings::default() };
	is_found_out("https://10.0.0.8", &settings, Cause::Endpoint, QUICK);
}

#[test]
fn a_name_that_resolves_to_this_machine_does_no_harm() {
	let Some(name) = tls::name_of_loopback() else {
		eprintln!("no name in /etc/hosts leads to 127.0.0.1: nothing is tested here");
		return;
	};
	let settings = with_loopback();
	// Something else listens there, as the node's own RPC does: it gets a handshake and no request.
	let rpc = Server::start(None, |_| Reaction::Answers(200, Vec::new(), b"{}".to_vec()));
	let at = |server: &Server| format!("https://{name}:{}", server.address.port());
	is_found_out(&at(&rpc), &settings, Cause::Unreachable, QUICK);
	assert!(rpc.take_received().is_empty());
	// Even with a certificate for that name: it gets the one fixed request, and what it says counts for nothing.
	let other = Server::start(Some(tls::good()), |_| {
		Reaction::Answers(200, Vec::new(), b"{\"result\":true}".to_vec())
	});
	is_found_out(&at(&other), &settings, Cause::Sealed, QUICK);
	let received = other.take_received();
	assert_eq!(received.len(), 1);
	assert_eq!(received[0].line(), "POST /v1/receipts HTTP/1.1");
}
