//! One kind of calls, sent as fast as the network takes them, with all that it costs.

use std::time::{Duration, Instant};

use tokio::time::sleep;
use ward_chain_client::{Chain, SignedCall, State};
use ward_client::{
	error::{Error, Kind},
	Result,
};

use super::{
	anchors::Shape,
	drive::{self, Outcome, Pace},
	node::{Node, Proposed, StateSize},
};
use crate::{
	progress::Progress,
	report::{Aim, Report},
	statistics::Durations,
};

/// The nodes, and the chain as seen through the first of them.
pub(super) struct Network {
	pub(super) chain: Chain,
	pub(super) nodes: Vec<Node>,
}

/// What is sent, and what should come of it.
pub(super) struct Stage<'a> {
	pub(super) name: &'a str,
	pub(super) shape: Shape,
	/// How many calls may be sent and not yet included.
	pub(super) window: usize,
	/// Of calls finalized per second.
	pub(super) aim: Option<Aim>,
}

/// What the network has used up to a moment.
struct Used {
	cpu: f64,
	disk: u64,
	state: StateSize,
	proposed: Proposed,
}

impl Network {
	/// The CPU seconds of all nodes.
	pub(super) fn cpu_seconds(&self) -> f64 {
		self.nodes.iter().map(Node::cpu_seconds).sum()
	}

	async fn used(&self, at: &State) -> Result<Used> {
		let mut proposed = Proposed::default();
		let mut disk = 0;
		for node in &self.nodes {
			proposed = proposed.and(node.proposed().await?);
			disk += node.disk_bytes()?;
		}
		let state = self.observer()?.state_size(at.hash.into()).await?;
		Ok(Used { cpu: self.cpu_seconds(), disk, state, proposed })
	}

	fn observer(&self) -> Result<&Node> {
		self.nodes.first().ok_or_else(|| Error::new(Kind::Usage, "there is no node"))
	}

	/// Waits for a finalized block without calls, and for databases that grow no more.
	async fn rest(&self) -> Result<State> {
		const PAUSE: Duration = Duration::from_millis(500);
		const STILL: u32 = 3;
		let from = self.chain.best().await?.number;
		let (mut still, mut last) = (0, 0);
		loop {
			let state = self.chain.finalized().await?;
			let disk = self.nodes.iter().map(Node::disk_bytes).sum::<Result<u64>>()?;
			still = if disk == last { still + 1 } else { 0 };
			last = disk;
			// The databases of idle nodes grow, too, with every block: three looks are enough.
			if state.number > from && still >= STILL || state.number > from + 5 {
				return Ok(state);
			}
			sleep(PAUSE).await;
		}
	}
}

impl Stage<'_> {
	/// Sends calls, adds the figures, and returns how many bytes the state grew by for each call.
	pub(super) async fn run(
		&self,
		network: &Network,
		lanes: Vec<Vec<SignedCall>>,
		report: &mut Report,
	) -> Result<f64> {
		let calls: usize = lanes.iter().map(Vec::len).sum();
		let bytes: usize = lanes.iter().flatten().map(|call| call.bytes.len()).sum();
		let before = network.used(&network.chain.finalized().await?).await?;
		let progress = Progress::new(calls as u64);
		let started = Instant::now();
		let outcome =
			drive::run(&network.nodes, lanes, Pace::Window(self.window), &progress).await?;
		let seconds = started.elapsed().as_secs_f64();
		let cpu = network.cpu_seconds() - before.cpu;
		progress.end();
		let weight = self.check(network, &outcome, calls).await?;
		let after = network.used(&network.rest().await?).await?;

		let name = self.name;
		let mut figure = |what: &str, value: f64, unit: &'static str| {
			report.figure(format!("{name}: {what}"), value, unit);
		};
		figure("calls", calls as f64, "");
		figure("a call's length", bytes as f64 / calls as f64, "bytes");
		figure("accepted", self.accepted_per_second(&outcome), "calls/s");
		let included = per_second(outcome.times.iter().filter_map(|times| times.included));
		if let Some(included) = included {
			figure("included", included, "calls/s");
		}
		let finalized = per_second(outcome.times.iter().filter_map(|times| times.finalized));
		if let Some(finalized) = finalized {
			figure("finalized", finalized, "calls/s");
		}
		// The aim counts all of the run: between blocks that become final together, a short run looks
		// faster than blocks can be.
		let what = format!("{name}: finalized, from first sending to last finality");
		match self.aim {
			None => report.figure(what, calls as f64 / seconds, "calls/s"),
			Some(aim) => report.aimed(what, calls as f64 / seconds, "calls/s", aim),
		}
		let mut figure = |what: &str, value: f64, unit: &'static str| {
			report.figure(format!("{name}: {what}"), value, unit);
		};
		if let (2.., Some(finalized)) = (self.shape.records(), finalized) {
			let records = f64::from(self.shape.records());
			figure("records finalized", finalized * records, "records/s");
		}
		let latency =
			Durations::new(outcome.times.iter().filter_map(|t| Some(t.finalized? - t.sent)));
		for percent in [50.0, 95.0, 99.0] {
			let value = latency.percentile(percent);
			figure(&format!("submit to finality, p{percent}"), value, "s");
		}
		let per_call = |sum: f64| sum / calls as f64;
		let nodes = network.nodes.len() as f64;
		figure("CPU of all nodes", per_call(cpu) * 1e3, "ms/call");
		figure("CPU of all nodes meanwhile", cpu / seconds, "cores");
		figure("declared weight", per_call(weight) * 1e3, "ms/call");
		let proposed = after.proposed.since(before.proposed);
		figure("building blocks", per_call(proposed.seconds) * 1e3, "ms/call");
		figure("blocks ended by their weight", proposed.at_weight, "blocks");
		figure("blocks ended by the time", proposed.at_deadline, "blocks");
		figure("blocks ended by an empty pool", proposed.at_end, "blocks");
		if nodes > 1.0 {
			let imports = proposed.import_seconds / proposed.imported.max(1.0);
			figure("importing a block", imports * 1e3, "ms");
		}
		let grown = |after: u64, before: u64| after as f64 - before as f64;
		let state = grown(after.state.bytes, before.state.bytes);
		figure("state", per_call(state), "bytes/call");
		let entries = grown(after.state.entries, before.state.entries);
		figure("state", per_call(entries), "entries/call");
		if self.shape.records() > 1 {
			let records = f64::from(self.shape.records());
			figure("state", per_call(state) / records, "bytes/record");
		}
		let disk = per_call(grown(after.disk, before.disk)) / nodes;
		figure("disk of a node", disk, "bytes/call");
		for (reason, times) in &outcome.waits {
			figure(&format!("sent again: {reason}"), *times as f64, "times");
		}
		Ok(per_call(state))
	}

	/// Checks that every call did what it should. Returns the declared weight of them all, in seconds.
	async fn check(&self, network: &Network, outcome: &Outcome, calls: usize) -> Result<f64> {
		let (mut anchored, mut weight) = (0, 0.0);
		for block in &outcome.blocks {
			anchored += network.chain.at(block.hash.0).await?.anchored_records().await?.len();
			weight += network.observer()?.normal_weight(block.hash).await?;
		}
		let expected = calls * self.shape.records() as usize;
		let included: usize = outcome.blocks.iter().map(|block| block.calls).sum();
		match anchored == expected && included == calls {
			true => Ok(weight),
			false => Err(Error::new(
				Kind::Refused,
				format!(
					"{included} of {calls} calls are final, and {anchored} of {expected} records \
					 were anchored"
				),
			)
			.hint("see System.ExtrinsicFailed in the blocks of the run")),
		}
	}

	/// Until the window is full, nothing but the pool slows the sending down.
	fn accepted_per_second(&self, outcome: &Outcome) -> f64 {
		let mut accepted: Vec<_> = outcome.times.iter().map(|times| times.accepted).collect();
		accepted.sort_unstable();
		accepted.truncate(self.window);
		let first = outcome.times.iter().map(|times| times.sent).min();
		match (first, accepted.last()) {
			(Some(first), Some(last)) => accepted.len() as f64 / (*last - first).as_secs_f64(),
			_ => 0.0,
		}
	}
}

/// How many a second there were after the first ones, up to the last; none of fewer than three
/// moments.
fn per_second(moments: impl Iterator<Item = Instant>) -> Option<f64> {
	let mut moments: Vec<_> = moments.collect();
	moments.sort_unstable();
	let (first, last) = (*moments.first()?, *moments.last()?);
	let later: Vec<_> = moments.into_iter().filter(|moment| *moment > first).collect();
	let has_three = later.first().is_some_and(|second| *second < last);
	has_three.then(|| later.len() as f64 / (last - first).as_secs_f64())
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_rate_leaves_out_the_first_block() {
		let now = Instant::now();
		let at = |seconds| now + Duration::from_secs(seconds);
		let moments = [at(2), at(0), at(0), at(0), at(2), at(4), at(4)];
		assert_eq!(per_second(moments.into_iter()), Some(1.0));
		assert_eq!(per_second([now, now, at(2), at(2)].into_iter()), None);
	}
}
