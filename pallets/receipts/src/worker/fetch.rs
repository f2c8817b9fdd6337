//! Fetches several answers at the same time, each with a deadline and a cap.
//!
//! Whatever a vault does, it costs this node no more than [`MAX_ANSWER`] bytes for each request and the time
//! that the run has; and while one vault is slow, the answers of the others are read and dealt with. A vault
//! has few requests of this node at once, so that those of all witnesses find room there.

use alloc::{collections::BTreeMap, string::String, vec, vec::Vec};
use sp_core::offchain::{
	Duration, HttpError, HttpRequestId, HttpRequestStatus as Status, Timestamp,
};
use sp_io::offchain::{http_response_read_body, http_response_wait, timestamp};
use sp_runtime::offchain::http;
use ward_primitives::{receipt::MAX_ANSWER, Moment, ParticipantId};

use super::counters::{Cause, Counters};

/// How many requests to a vault are under way at the same time. A vault makes a few receipts at once, for all
/// its witnesses together; of the two one is read and checked here while the other is made there.
pub(crate) const AT_ONCE: usize = 2;

/// How much of a body is read at once, in bytes.
const PIECE: usize = 64 * 1024;

/// How long one pass waits for heads, and for the next piece of each body, in milliseconds.
const SLICE: u64 = 25;

/// A request as it goes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Post {
	/// Whose vault is asked.
	pub vault: ParticipantId,
	/// Where to.
	pub url: String,
	/// The header fields.
	pub headers: Vec<(&'static str, String)>,
	/// The body.
	pub body: Vec<u8>,
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fetched {
	/// The body of a `200`, or why there is none.
	pub body: Result<Vec<u8>, Cause>,
	/// How long it took, in milliseconds.
	pub took: Moment,
}

/// A request that is under way.
struct Pending<K> {
	key: K,
	vault: ParticipantId,
	id: HttpRequestId,
	since: Timestamp,
	/// What came so far, once the head is there and says `200`.
	body: Option<Vec<u8>>,
}

/// What one look at a request has shown.
enum Look {
	Waiting,
	Done(Result<Vec<u8>, Cause>),
}

/// The requests to one vault.
#[derive(Default)]
struct Line {
	/// How many are under way.
	under_way: usize,
	/// How long the longest of those that have ended took, in milliseconds.
	longest: Moment,
}

impl Line {
	/// Whether another one may go out now: there is room for it, and time for as long an answer as there was.
	fn has_room(&self, until: Timestamp) -> bool {
		let end = timestamp().add(Duration::from_millis(self.longest));
		self.under_way < AT_ONCE && end < until
	}
}

/// Sends each request as soon as its vault has room for it and hands over each answer, with its key, as it
/// comes; what has not come `until` then has failed. What could not be sent in time is dropped: nothing is
/// known of it.
pub(crate) fn fetch<K>(
	mut posts: Vec<(K, Post)>,
	until: Timestamp,
	mut done: impl FnMut(K, Fetched),
) {
	let mut lines = BTreeMap::<ParticipantId, Line>::new();
	let mut pending = Vec::new();
	let mut piece = vec![0; PIECE];
	loop {
		let mut waiting = Vec::with_capacity(posts.len());
		for (key, post) in posts {
			let (vault, since) = (post.vault, timestamp());
			let line = lines.entry(vault).or_default();
			if !line.has_room(until) {
				waiting.push((key, post));
				continue;
			}
			match send(post, until) {
				Ok(id) => {
					line.under_way = line.under_way.saturating_add(1);
					pending.push(Pending { key, vault, id, since, body: None });
				},
				Err(cause) => done(key, Fetched { body: Err(cause), took: since_then(since) }),
			}
		}
		posts = waiting;
		if pending.is_empty() {
			return;
		}
		let now = timestamp();
		let is_last = now >= until;
		let slice = now.add(Duration::from_millis(SLICE)).min(until);
		let heads = heads(&pending, slice);
		let mut still = Vec::with_capacity(pending.len());
		for mut request in pending {
			let head = heads.iter().find(|(id, _)| *id == request.id).map(|(_, status)| status);
			let body = match look(&mut request, head, &mut piece, until) {
				Look::Done(body) => body,
				Look::Waiting if is_last => Err(Cause::Deadline),
				Look::Waiting => {
					still.push(request);
					continue;
				},
			};
			let took = since_then(request.since);
			let line = lines.entry(request.vault).or_default();
			line.under_way = line.under_way.saturating_sub(1);
			line.longest = line.longest.max(took);
			done(request.key, Fetched { body, took });
		}
		pending = still;
	}
}

/// How many milliseconds have passed.
fn since_then(then: Timestamp) -> Moment {
	timestamp().unix_millis().saturating_sub(then.unix_millis())
}

/// Sends a request without waiting for the answer.
fn send(post: Post, until: Timestamp) -> Result<HttpRequestId, Cause> {
	Counters::add(|counters| &mut counters.fetches, 1);
	let Post { url, headers, body, .. } = post;
	let mut request = http::Request::post(&url, vec![body]).deadline(until);
	for (name, value) in &headers {
		request = request.add_header(name, value);
	}
	match request.send() {
		Ok(sent) => Ok(sent.id),
		Err(HttpError::DeadlineReached) => Err(Cause::Deadline),
		Err(HttpError::IoError | HttpError::Invalid) => Err(Cause::Unreachable),
	}
}

/// Waits a little for the heads that have not come yet.
fn heads<K>(pending: &[Pending<K>], slice: Timestamp) -> Vec<(HttpRequestId, Status)> {
	let is_headless = |request: &&Pending<K>| request.body.is_none();
	let ids: Vec<_> = pending.iter().filter(is_headless).map(|request| request.id).collect();
	if ids.is_empty() {
		return Vec::new();
	}
	let statuses = http_response_wait(&ids, Some(slice));
	ids.into_iter().zip(statuses).collect()
}

/// Looks at what has come of a request.
fn look<K>(
	request: &mut Pending<K>,
	head: Option<&Status>,
	piece: &mut [u8],
	until: Timestamp,
) -> Look {
	match head {
		Some(Status::DeadlineReached) => return Look::Waiting,
		Some(Status::IoError | Status::Invalid) => return Look::Done(Err(Cause::Unreachable)),
		Some(Status::Finished(200)) => request.body = Some(Vec::new()),
		Some(Status::Finished(403)) => return Look::Done(Err(Cause::Denied)),
		Some(Status::Finished(409)) => return Look::Done(Err(Cause::LogDiverged)),
		Some(Status::Finished(_)) => return Look::Done(Err(Cause::Status)),
		None => {},
	}
	let Some(body) = &mut request.body else { return Look::Waiting };
	// Not longer than a slice for this one, however fast it is.
	let slice = timestamp().add(Duration::from_millis(SLICE)).min(until);
	loop {
		match http_response_read_body(request.id, piece, Some(slice)) {
			Ok(0) => return Look::Done(Ok(core::mem::take(body))),
			Ok(count) => {
				let came = piece.get(..count as usize).unwrap_or_default();
				if body.len().saturating_add(came.len()) > MAX_ANSWER {
					return Look::Done(Err(Cause::TooLarge));
				}
				body.extend_from_slice(came);
			},
			Err(HttpError::DeadlineReached) => return Look::Waiting,
			Err(HttpError::IoError | HttpError::Invalid) => {
				return Look::Done(Err(Cause::Interrupted))
			},
		}
		if timestamp() >= slice {
			return Look::Waiting;
		}
	}
}
