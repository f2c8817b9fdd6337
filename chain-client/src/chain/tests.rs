use super::*;
use std::{net::TcpListener, time::Instant};

#[tokio::test]
async fn an_address_without_a_node_is_reported_at_once() {
	let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
	let url = format!("ws://127.0.0.1:{port}");
	let start = Instant::now();
	match Chain::connect(&url).await {
		Err(ChainError::Unreachable { url: named, reason }) => {
			assert_eq!(named, url);
			assert!(reason.contains("refused"), "{reason}");
		},
		other => panic!("{other:?}"),
	}
	assert!(start.elapsed() < CONNECT_TIMEOUT);
	assert!(matches!(Chain::connect("no url").await, Err(ChainError::Unreachable { .. })));
}

#[test]
fn attempts_to_reconnect_never_end_and_never_pause_long() {
	let mut policy = ReconnectPolicy::default();
	assert_eq!(policy.next(), None);
	policy.is_connected.store(true, Ordering::Relaxed);
	let pauses: Vec<_> = policy.take(1_000).collect();
	assert_eq!(pauses.len(), 1_000);
	assert!(pauses.iter().all(|pause| *pause <= MAX_RECONNECT_PAUSE));
}
