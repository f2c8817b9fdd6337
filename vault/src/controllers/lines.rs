//! Answers that take long: one JSON object a line, each as soon as it is there.

use std::{io, time::Duration};

use axum::{
	body::{Body, Bytes},
	response::{IntoResponse, Response},
};
use futures::{Stream, StreamExt};
use http::header;
use serde::Serialize;
use tokio::time::{interval_at, Instant};

/// An answer of these lines. While none comes, an empty one is sent now and then: a connection on which
/// nothing happens for as long as `patience` would be ended.
pub(super) fn answer(
	lines: impl Stream<Item = Result<Bytes, io::Error>> + Send + 'static,
	patience: Duration,
) -> Response {
	let period = (patience / 3).max(Duration::from_millis(100));
	let beats = interval_at(Instant::now() + period, period);
	let lines = tokio_stream::StreamExt::timeout_repeating(lines, beats);
	let lines = lines.map(|line| line.unwrap_or_else(|_| Ok(Bytes::from_static(b"\n"))));
	let kind = [(header::CONTENT_TYPE, "application/x-ndjson")];
	(kind, Body::from_stream(lines)).into_response()
}

/// A value as a line.
pub(super) fn line(value: &impl Serialize) -> Result<Bytes, io::Error> {
	let mut line = serde_json::to_vec(value)?;
	line.push(b'\n');
	Ok(line.into())
}
