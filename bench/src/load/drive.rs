//! Sends signed calls and watches what becomes of them: accepted, included, finalized.

use std::{
	collections::{BTreeMap, HashMap},
	sync::{Mutex, MutexGuard, PoisonError},
	time::{Duration, Instant},
};

use subxt::{rpcs::Error as RpcError, utils::H256};
use tokio::{
	sync::{Notify, Semaphore},
	time::{sleep, sleep_until, timeout},
};
use ward_chain_client::SignedCall;
use ward_client::{
	error::{Error, Kind},
	Result,
};
use ward_primitives::{refusal::Refusal, Digest};

use super::node::Node;
use crate::progress::Progress;

/// How long nothing more may become final before the run is given up.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long nothing may become final before calls are sent again that a pool may have lost.
const SUSPICION: Duration = Duration::from_secs(10);

/// The pause before a call is sent again that the pool had no room or no quota for.
const PAUSE: Duration = Duration::from_millis(200);

/// The code with which a pool says that it is full.
const POOL_IS_FULL: i32 = 1016;

/// The code with which a pool says that a transaction is not valid now.
const NOT_VALID: i32 = 1010;

/// What became of a call, and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
	pub(crate) sent: Instant,
	pub(crate) accepted: Instant,
	pub(crate) included: Option<Instant>,
	pub(crate) finalized: Option<Instant>,
}

/// A finalized block with calls of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block {
	pub(crate) hash: H256,
	/// How many of the run's calls it holds.
	pub(crate) calls: usize,
}

/// What a run came to.
pub(crate) struct Outcome {
	/// One for each call, in no order.
	pub(crate) times: Vec<Times>,
	/// In their order.
	pub(crate) blocks: Vec<Block>,
	/// How often a pool refused a call because the quota was used up, or because it was full, or lost
	/// it after it had accepted it; such a call was sent again.
	pub(crate) waits: BTreeMap<&'static str, u64>,
}

/// What is known of the calls so far.
#[derive(Default)]
struct Ledger {
	times: HashMap<Digest, Times>,
	/// The calls in each block that was looked at.
	blocks: HashMap<H256, Vec<Digest>>,
	finalized_blocks: Vec<Block>,
	waits: BTreeMap<&'static str, u64>,
	included: usize,
	finalized: usize,
}

/// How fast calls are sent.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pace {
	/// As fast as the network takes them, with at most so many sent and not yet included.
	Window(usize),
	/// So many a second, evenly, whatever becomes of them.
	PerSecond(u32),
}

impl Pace {
	/// When the call with this number may be sent, counted from the start.
	fn due(self, call: usize) -> Duration {
		match self {
			Self::Window(_) => Duration::ZERO,
			Self::PerSecond(calls) => Duration::from_secs_f64(call as f64 / f64::from(calls)),
		}
	}
}

/// A run under way.
struct Run<'a> {
	nodes: &'a [Node],
	total: usize,
	pace: Pace,
	started: Instant,
	ledger: Mutex<Ledger>,
	/// Room for calls that are sent and not included yet.
	room: Semaphore,
	changed: Notify,
}

/// Sends calls and waits until all are final. Each lane goes to one node, in order, one call after
/// another.
pub(crate) async fn run(
	nodes: &[Node],
	lanes: Vec<Vec<SignedCall>>,
	pace: Pace,
	progress: &Progress,
) -> Result<Outcome> {
	let total = lanes.iter().map(Vec::len).sum();
	let room = match pace {
		Pace::Window(window) => window,
		Pace::PerSecond(_) => total,
	};
	let run = Run {
		nodes,
		total,
		pace,
		started: Instant::now(),
		ledger: Mutex::default(),
		room: Semaphore::new(room),
		changed: Notify::new(),
	};
	let observer = nodes.first().ok_or_else(|| Error::new(Kind::Usage, "there is no node"))?;
	let mut best_heads = observer.best_heads().await?;
	let mut finalized_heads = observer.finalized_heads().await?;

	let sending = futures::future::try_join_all(
		lanes.iter().enumerate().map(|(n, lane)| run.send_lane(n, lanes.len(), lane)),
	);
	let watching_best = async {
		while let Some(Ok(head)) = best_heads.next().await {
			let hash = observer.block_hash(head.number).await?;
			run.note_included(observer, hash).await?;
		}
		Err::<(), _>(connection_lost())
	};
	let watching_finalized = async {
		let mut next = None;
		while let Some(Ok(head)) = finalized_heads.next().await {
			for number in next.unwrap_or(head.number)..=head.number {
				let hash = observer.block_hash(number).await?;
				run.note_finalized(observer, hash).await?;
			}
			next = Some(head.number + 1);
		}
		Err::<(), _>(connection_lost())
	};
	let sent_and_final =
		async { tokio::try_join!(sending, run.finished(&lanes, progress)).map(drop) };
	tokio::select! {
		outcome = sent_and_final => outcome?,
		outcome = watching_best => outcome?,
		outcome = watching_finalized => outcome?,
	}
	let Ledger { times, finalized_blocks, waits, .. } =
		run.ledger.into_inner().unwrap_or_else(PoisonError::into_inner);
	Ok(Outcome { times: times.into_values().collect(), blocks: finalized_blocks, waits })
}

/// Sends calls that must come first and waits until they are final.
pub(crate) async fn finalize(
	nodes: &[Node],
	lanes: Vec<Vec<SignedCall>>,
	what: &str,
) -> Result<()> {
	/// Calls of setting up are few; a pool takes them all.
	const WINDOW: usize = 2_000;
	let progress = Progress::new(lanes.iter().map(Vec::len).sum::<usize>() as u64);
	progress.at(0, what.to_owned());
	run(nodes, lanes, Pace::Window(WINDOW), &progress).await.map(drop)
}

impl Run<'_> {
	fn ledger(&self) -> MutexGuard<'_, Ledger> {
		self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
	}

	/// Sends the calls of lane `n` of so many. Calls take turns: the first of each lane, then the
	/// second of each.
	async fn send_lane(&self, n: usize, lanes: usize, lane: &[SignedCall]) -> Result<()> {
		let node = &self.nodes[n % self.nodes.len()];
		for (place, call) in lane.iter().enumerate() {
			sleep_until((self.started + self.pace.due(place * lanes + n)).into()).await;
			// Given back when the call is included.
			match self.room.acquire().await {
				Ok(permit) => permit.forget(),
				Err(_) => return Ok(()),
			}
			self.send(node, call).await?;
		}
		Ok(())
	}

	/// Sends one call, again if there was no room or quota for it.
	async fn send(&self, node: &Node, call: &SignedCall) -> Result<()> {
		let started = Instant::now();
		loop {
			// Known before it can be in a block.
			let sent = Instant::now();
			self.ledger().times.entry(call.hash).or_insert(Times {
				sent,
				accepted: sent,
				included: None,
				finalized: None,
			});
			let refusal = match node.submit(&call.bytes).await {
				Ok(()) => {
					if let Some(times) = self.ledger().times.get_mut(&call.hash) {
						times.accepted = Instant::now();
					}
					return Ok(());
				},
				Err(error) => error,
			};
			let Some(reason) = passing_reason(&refusal) else {
				return Err(Error::new(Kind::Refused, "a node's pool refused a call")
					.caused_by(refusal)
					.hint("see the nodes' logs"));
			};
			*self.ledger().waits.entry(reason).or_default() += 1;
			if started.elapsed() > PATIENCE {
				return Err(Error::new(Kind::Refused, format!("a call waited too long: {reason}"))
					.hint("use more --centers and --authors, or a smaller --window"));
			}
			sleep(PAUSE).await;
			if let Some(times) = self.ledger().times.get_mut(&call.hash) {
				times.sent = Instant::now();
			}
		}
	}

	/// The run's calls in a block. A block is fetched once only.
	async fn calls_in(&self, node: &Node, block: H256) -> Result<Vec<Digest>> {
		if let Some(calls) = self.ledger().blocks.get(&block) {
			return Ok(calls.clone());
		}
		let mut calls = node.transactions(block).await?;
		let mut ledger = self.ledger();
		calls.retain(|hash| ledger.times.contains_key(hash));
		ledger.blocks.insert(block, calls.clone());
		Ok(calls)
	}

	async fn note_included(&self, node: &Node, block: H256) -> Result<()> {
		let now = Instant::now();
		let calls = self.calls_in(node, block).await?;
		self.include(&calls, now);
		Ok(())
	}

	fn include(&self, calls: &[Digest], now: Instant) {
		let mut ledger = self.ledger();
		let mut count = 0;
		for hash in calls {
			if let Some(times) = ledger.times.get_mut(hash) {
				count += usize::from(times.included.is_none());
				times.included.get_or_insert(now);
			}
		}
		ledger.included += count;
		self.room.add_permits(count);
		self.changed.notify_one();
	}

	async fn note_finalized(&self, node: &Node, block: H256) -> Result<()> {
		let now = Instant::now();
		let calls = self.calls_in(node, block).await?;
		// Finality may be heard of first.
		self.include(&calls, now);
		let mut ledger = self.ledger();
		let mut count = 0;
		for hash in &calls {
			if let Some(times) = ledger.times.get_mut(hash) {
				count += usize::from(times.finalized.is_none());
				times.finalized.get_or_insert(now);
			}
		}
		ledger.finalized += count;
		if count > 0 {
			ledger.finalized_blocks.push(Block { hash: block, calls: count });
		}
		self.changed.notify_one();
		Ok(())
	}

	/// Sends what a pool has accepted and lost. What it still has, it refuses.
	async fn rescue(&self, lanes: &[Vec<SignedCall>]) {
		for (n, lane) in lanes.iter().enumerate() {
			for call in lane {
				let is_lost =
					self.ledger().times.get(&call.hash).is_some_and(|times| {
						times.included.is_none() && times.accepted > times.sent
					});
				if is_lost && self.nodes[n % self.nodes.len()].submit(&call.bytes).await.is_ok() {
					*self.ledger().waits.entry("lost by the pool").or_default() += 1;
				}
			}
		}
	}

	/// Comes back when all calls are final, or when nothing more becomes final.
	async fn finished(&self, lanes: &[Vec<SignedCall>], progress: &Progress) -> Result<()> {
		let (mut last, mut since) = (0, Instant::now());
		let mut rescued = since;
		loop {
			// Looks now and then even if nothing is heard of.
			drop(timeout(Duration::from_millis(500), self.changed.notified()).await);
			let (accepted, included, finalized) = {
				let ledger = self.ledger();
				(ledger.times.len(), ledger.included, ledger.finalized)
			};
			let what = format!("sent {accepted}, included {included}, final {finalized}");
			progress.at(finalized as u64, what);
			if finalized == self.total {
				return Ok(());
			}
			if finalized > last {
				(last, since) = (finalized, Instant::now());
				rescued = since;
			}
			if rescued.elapsed() > SUSPICION {
				self.rescue(lanes).await;
				rescued = Instant::now();
			}
			if since.elapsed() > PATIENCE {
				let what = format!(
					"nothing more becomes final: {accepted} of {} calls sent, {included} included, \
					 {finalized} final, on {} nodes",
					self.total,
					self.nodes.len()
				);
				return Err(Error::new(Kind::Node, what).hint("see the nodes' logs"));
			}
		}
	}
}

/// Why a pool has no room for a call now, if it may have later.
fn passing_reason(error: &RpcError) -> Option<&'static str> {
	let RpcError::User(error) = error else { return None };
	let data = error.data.as_ref().map(|data| data.get().trim_matches('"'));
	let code = data.and_then(|data| data.strip_prefix("Custom error: ")?.parse().ok());
	match (error.code, code.and_then(Refusal::from_code)) {
		(NOT_VALID, Some(Refusal::QuotaExhausted)) => Some("quota exhausted"),
		(POOL_IS_FULL, _) => Some("pool full"),
		_ => None,
	}
}

fn connection_lost() -> Error {
	Error::new(Kind::Node, "the connection to the node was lost").hint("see the nodes' logs")
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_pace_spreads_calls_evenly_and_a_window_lets_them_go_at_once() {
		assert_eq!(Pace::PerSecond(160).due(80), Duration::from_millis(500));
		assert_eq!(Pace::PerSecond(160).due(0), Duration::ZERO);
		assert_eq!(Pace::Window(1).due(80), Duration::ZERO);
	}
}
