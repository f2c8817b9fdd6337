//! Whether strangers reach what only the operator may ask of the node: to make keys, to forget peers.

use std::{
	net::{IpAddr, SocketAddr, UdpSocket},
	time::Duration,
};

use reqwest::{header, Client, Url};
use serde::Deserialize;
use serde_json::{json, Value};
use tokio::{net::TcpStream, time::timeout};
use ward_chain_client::Chain;

use super::Finding;
use crate::{error::Result, vault::use_ring};

const CHECK: &str = "rpc exposure";

/// How long the own machine may take to accept a connection, and to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a port of the node does for others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exposure {
	/// Nobody else reaches it.
	Closed,
	/// It refuses what is unsafe.
	Safe,
	/// It answers what is unsafe.
	Unsafe,
	/// It is open, and what it answers is not understood.
	Unclear,
}

/// Asks the node for something unsafe where others would: at its address if that is no loopback one,
/// else at the machine's address in its network.
pub(super) async fn examine(chain: &Chain) -> Result<Finding> {
	let Some((port, is_loopback)) = host(chain.url()) else {
		return Ok(Finding::skipped(CHECK, format!("{} names no host and port", chain.url())));
	};
	if !is_loopback {
		let exposure = match chain.answers_unsafe_methods().await? {
			true => Exposure::Unsafe,
			false => Exposure::Safe,
		};
		return Ok(judge(chain.url(), exposure));
	}
	let Some(own) = own_address() else {
		return Ok(Finding::skipped(CHECK, "this machine has no address in a network"));
	};
	let address = SocketAddr::new(own, port);
	Ok(judge(&address.to_string(), probe(address).await))
}

fn judge(address: &str, exposure: Exposure) -> Finding {
	match exposure {
		Exposure::Closed => Finding::ok(CHECK, "the node listens on loopback only"),
		Exposure::Safe => {
			Finding::ok(CHECK, format!("{address} refuses what only the operator may ask"))
		},
		Exposure::Unsafe => Finding::failed(
			CHECK,
			format!("{address} answers what only the operator may ask"),
			"start the node without --rpc-methods unsafe, or without --rpc-external",
		),
		Exposure::Unclear => Finding::warning(
			CHECK,
			format!("{address} is open to the network, and does not answer as a node does"),
			"look which program listens there, and close the port in the firewall",
		),
	}
}

/// Asks as a stranger would, who writes into the request what host it likes: that the node answers to
/// `localhost` only keeps browsers out, and nobody else.
async fn probe(address: SocketAddr) -> Exposure {
	#[derive(Deserialize)]
	struct Answer {
		result: Option<Value>,
		error: Option<Value>,
	}
	if !matches!(timeout(PATIENCE, TcpStream::connect(address)).await, Ok(Ok(_))) {
		return Exposure::Closed;
	}
	use_ring();
	let ask = async {
		let client = Client::builder().no_proxy().tls_certs_only([]).timeout(PATIENCE).build()?;
		let question = json!({"jsonrpc": "2.0", "id": 1, "method": "system_peers", "params": []});
		let request = client
			.post(format!("http://{address}/"))
			.header(header::HOST, format!("localhost:{}", address.port()))
			.json(&question);
		request.send().await?.json::<Answer>().await
	};
	match ask.await {
		Ok(Answer { result: Some(_), .. }) => Exposure::Unsafe,
		Ok(Answer { error: Some(_), .. }) => Exposure::Safe,
		_ => Exposure::Unclear,
	}
}

/// The port in the address of a node, and whether its host is this machine's loopback.
fn host(url: &str) -> Option<(u16, bool)> {
	let url = Url::parse(url).ok()?;
	let port = url.port_or_known_default()?;
	let host = url.host_str()?;
	let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
	Some((port, host == "localhost" || address.is_ok_and(|address| address.is_loopback())))
}

/// The address with which this machine would send to others. Nothing is sent: the address asked for
/// stands in documents only (RFC 5737).
fn own_address() -> Option<IpAddr> {
	let socket = UdpSocket::bind(("0.0.0.0", 0)).ok()?;
	socket.connect(("203.0.113.1", 9)).ok()?;
	let address = socket.local_addr().ok()?.ip();
	(!address.is_loopback() && !address.is_unspecified()).then_some(address)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::doctor::Verdict;
	use tokio::{
		io::{AsyncReadExt, AsyncWriteExt},
		net::TcpListener,
	};

	#[test]
	fn only_an_answer_from_outside_is_a_fault() {
		let verdict = |exposure| judge("192.0.2.1:9944", exposure).verdict;
		assert_eq!(verdict(Exposure::Unsafe), Verdict::Failed);
		assert_eq!(verdict(Exposure::Unclear), Verdict::Warning);
		assert_eq!([Exposure::Closed, Exposure::Safe].map(verdict), [Verdict::Ok; 2]);
	}

	/// Probes a server that answers every request with this body, and says what it was asked.
	async fn probed(body: &str) -> (Exposure, String) {
		let server = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
		let address = server.local_addr().unwrap();
		let answer = format!(
			"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
			body.len()
		);
		let serve = async {
			// The first connection is the one that looks whether the port is open.
			drop(server.accept().await.unwrap());
			let (mut stream, _) = server.accept().await.unwrap();
			let mut question = vec![0; 4_096];
			let length = stream.read(&mut question).await.unwrap();
			stream.write_all(answer.as_bytes()).await.unwrap();
			String::from_utf8_lossy(&question[..length]).to_lowercase()
		};
		tokio::join!(probe(address), serve)
	}

	#[tokio::test]
	async fn what_a_port_answers_strangers_is_told_apart() {
		let (exposure, asked) = probed(r#"{"jsonrpc":"2.0","id":1,"result":[]}"#).await;
		assert_eq!(exposure, Exposure::Unsafe);
		assert!(asked.contains("\r\nhost: localhost:"), "as if it came from the machine: {asked}");
		let refusal = r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"unsafe"}}"#;
		assert_eq!(probed(refusal).await.0, Exposure::Safe);
		assert_eq!(probed("<html>").await.0, Exposure::Unclear);
		let free = TcpListener::bind(("127.0.0.1", 0)).await.unwrap().local_addr().unwrap();
		assert_eq!(probe(free).await, Exposure::Closed);
	}

	#[test]
	fn loopback_addresses_are_told_from_others() {
		let is_loopback = |url| host(url).unwrap().1;
		for url in
			["ws://127.0.0.1:9944", "ws://localhost:9944", "ws://[::1]:9944", "ws://127.1.2.3"]
		{
			assert!(is_loopback(url), "{url}");
		}
		for url in ["ws://192.0.2.1:9944", "wss://node.example", "ws://localhost.example:1"] {
			assert!(!is_loopback(url), "{url}");
		}
		assert_eq!(host("wss://node.example"), Some((443, false)));
		assert_eq!(host("nothing"), None);
	}
}
