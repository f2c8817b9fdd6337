//! The network of the tests: vaults that answer as they are told, and a clock that moves only when somebody
//! waits.

use std::{
	collections::BTreeMap,
	sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use codec::Decode;
use sp_core::offchain::{
	Externalities, HttpError, HttpRequestId, HttpRequestStatus, OpaqueNetworkState, Timestamp,
	TransactionPool,
};
use sp_core::OpaquePeerId;
use ward_primitives::{receipt::Challenge, Moment, ParticipantId};

/// What a vault does with a request.
#[derive(Clone)]
pub(crate) struct Reply {
	/// The status; none where there is no connection.
	pub(crate) status: Option<u16>,
	/// After how many milliseconds the head comes.
	pub(crate) head: Moment,
	/// After how many more the body is there. It comes as a whole.
	pub(crate) body_after: Moment,
	/// The body.
	pub(crate) body: Vec<u8>,
}

/// How long a reply takes that never comes.
const NEVER: Moment = 1 << 40;

impl Reply {
	pub(crate) fn ok(body: Vec<u8>) -> Self {
		Self { status: Some(200), head: 20, body_after: 5, body }
	}

	pub(crate) fn status(status: u16) -> Self {
		Self { status: Some(status), ..Self::ok(Vec::new()) }
	}

	pub(crate) fn silence() -> Self {
		Self { head: NEVER, ..Self::ok(Vec::new()) }
	}

	pub(crate) fn head_only() -> Self {
		Self { body_after: NEVER, ..Self::ok(Vec::new()) }
	}

	pub(crate) fn after(self, time: Moment) -> Self {
		Self { head: time, ..self }
	}
}

/// A request as it was sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sent {
	pub(crate) method: String,
	pub(crate) url: String,
	pub(crate) headers: Vec<(String, String)>,
	pub(crate) body: Vec<u8>,
	pub(crate) at: Moment,
}

impl Sent {
	pub(crate) fn challenge(&self) -> Challenge {
		Challenge::decode(&mut &*self.body).expect("a challenge")
	}

	pub(crate) fn header(&self, name: &str) -> &str {
		let named = |header: &&(String, String)| header.0 == name;
		&self.headers.iter().find(named).expect("a header field").1
	}
}

/// How a custodian's vault replies.
type Vault = Box<dyn FnMut(&Challenge) -> Reply + Send>;

#[derive(Default)]
struct State {
	now: Moment,
	random: u64,
	is_validator: bool,
	vaults: BTreeMap<ParticipantId, Vault>,
	sent: Vec<Sent>,
	replies: BTreeMap<u16, (Reply, Moment, usize)>,
	transactions: Vec<Vec<u8>>,
	is_pool_full: bool,
	sending_time: Moment,
}

/// The network.
#[derive(Clone, Default)]
pub(crate) struct World(Arc<Mutex<State>>);

impl World {
	fn state(&self) -> MutexGuard<'_, State> {
		// A vault that panics stands for a fault in the worker.
		self.0.lock().unwrap_or_else(PoisonError::into_inner)
	}

	pub(crate) fn now(&self) -> Moment {
		self.state().now
	}

	pub(crate) fn set_now(&self, now: Moment) {
		self.state().now = now;
	}

	pub(crate) fn set_validator(&self, is_validator: bool) {
		self.state().is_validator = is_validator;
	}

	/// From now on a custodian's vault replies like this. Those of others cannot be reached.
	pub(crate) fn vault(
		&self,
		custodian: ParticipantId,
		reply: impl FnMut(&Challenge) -> Reply + Send + 'static,
	) {
		self.state().vaults.insert(custodian, Box::new(reply));
	}

	/// From now on the node's pool takes nothing more, or everything again.
	pub(crate) fn set_pool_full(&self, is_full: bool) {
		self.state().is_pool_full = is_full;
	}

	/// From now on it takes so many milliseconds to send a request.
	pub(crate) fn set_sending_time(&self, time: Moment) {
		self.state().sending_time = time;
	}

	/// What the node's pool took since this was asked last.
	pub(crate) fn take_transactions(&self) -> Vec<Vec<u8>> {
		core::mem::take(&mut self.state().transactions)
	}

	/// What was sent since this was asked last.
	pub(crate) fn take_sent(&self) -> Vec<Sent> {
		core::mem::take(&mut self.state().sent)
	}
}

impl Externalities for World {
	fn is_validator(&self) -> bool {
		self.state().is_validator
	}

	fn network_state(&self) -> Result<OpaqueNetworkState, ()> {
		Err(())
	}

	fn timestamp(&mut self) -> Timestamp {
		Timestamp::from_unix_millis(self.now())
	}

	fn sleep_until(&mut self, deadline: Timestamp) {
		self.set_now(deadline.unix_millis());
	}

	fn random_seed(&mut self) -> [u8; 32] {
		let mut state = self.state();
		state.random += 1;
		sp_io::hashing::blake2_256(&state.random.to_le_bytes())
	}

	fn http_request_start(
		&mut self,
		method: &str,
		url: &str,
		_: &[u8],
	) -> Result<HttpRequestId, ()> {
		let mut state = self.state();
		let id = state.sent.len() as u16;
		state.now += state.sending_time;
		let at = state.now;
		let sent = Sent { method: method.into(), url: url.into(), at, ..Sent::default() };
		state.sent.push(sent);
		Ok(HttpRequestId(id))
	}

	fn http_request_add_header(
		&mut self,
		id: HttpRequestId,
		name: &str,
		value: &str,
	) -> Result<(), ()> {
		let mut state = self.state();
		let sent = state.sent.get_mut(usize::from(id.0)).ok_or(())?;
		sent.headers.push((name.into(), value.into()));
		Ok(())
	}

	fn http_request_write_body(
		&mut self,
		id: HttpRequestId,
		chunk: &[u8],
		_: Option<Timestamp>,
	) -> Result<(), HttpError> {
		let mut state = self.state();
		let state = &mut *state;
		let sent = state.sent.get_mut(usize::from(id.0)).ok_or(HttpError::Invalid)?;
		if !chunk.is_empty() {
			sent.body.extend_from_slice(chunk);
			return Ok(());
		}
		let (challenge, at) = (sent.challenge(), sent.at);
		let refused = Reply { status: None, ..Reply::ok(Vec::new()) };
		let vault = state.vaults.get_mut(&challenge.custodian);
		let reply = vault.map_or(refused, |vault| vault(&challenge));
		state.replies.insert(id.0, (reply, at, 0));
		Ok(())
	}

	fn http_response_wait(
		&mut self,
		ids: &[HttpRequestId],
		deadline: Option<Timestamp>,
	) -> Vec<HttpRequestStatus> {
		let mut state = self.state();
		let head =
			|id: &HttpRequestId| state.replies.get(&id.0).map(|(reply, at, _)| at + reply.head);
		let all = ids.iter().filter_map(head).max().unwrap_or_default();
		let until = deadline.expect("the worker never waits for ever").unix_millis();
		state.now = state.now.max(all.min(until));
		let now = state.now;
		let status = |id: &HttpRequestId| match state.replies.get(&id.0) {
			None => HttpRequestStatus::Invalid,
			Some((reply, at, _)) if at + reply.head > now => HttpRequestStatus::DeadlineReached,
			Some((Reply { status: None, .. }, ..)) => HttpRequestStatus::IoError,
			Some((Reply { status: Some(status), .. }, ..)) => HttpRequestStatus::Finished(*status),
		};
		ids.iter().map(status).collect()
	}

	fn http_response_headers(&mut self, _: HttpRequestId) -> Vec<(Vec<u8>, Vec<u8>)> {
		Vec::new()
	}

	fn http_response_read_body(
		&mut self,
		id: HttpRequestId,
		buffer: &mut [u8],
		deadline: Option<Timestamp>,
	) -> Result<usize, HttpError> {
		let mut state = self.state();
		let state = &mut *state;
		let until = deadline.expect("the worker never waits for ever").unix_millis();
		let before = state.now;
		let (reply, at, read) = state.replies.get_mut(&id.0).ok_or(HttpError::Invalid)?;
		let there = *at + reply.head + reply.body_after;
		if there > until {
			state.now = before.max(until);
			return Err(HttpError::DeadlineReached);
		}
		let rest = &reply.body[*read..];
		let count = rest.len().min(buffer.len());
		buffer[..count].copy_from_slice(&rest[..count]);
		*read += count;
		state.now = before.max(there);
		Ok(count)
	}

	fn set_authorized_nodes(&mut self, _: Vec<OpaquePeerId>, _: bool) {}
}

impl TransactionPool for World {
	fn submit_transaction(&mut self, transaction: Vec<u8>) -> Result<(), ()> {
		let mut state = self.state();
		if state.is_pool_full {
			return Err(());
		}
		state.transactions.push(transaction);
		Ok(())
	}
}
