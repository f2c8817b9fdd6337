//! How soon blocks are final, how many are missed, and what an authority takes of its machine, idle
//! and under load.

use std::{
	path::PathBuf,
	time::{Duration, Instant},
};

use clap::Args;
use futures::{
	future::{join_all, try_join_all},
	stream::FuturesUnordered,
	StreamExt,
};
use tokio::time::{sleep_until, Instant as Deadline};
use ward_chain_client::Chain;
use ward_client::{
	error::{Error, Kind},
	Result,
};

use super::{
	blocks::{Seen, Watch},
	connect, first,
	liveness::Counts,
};
use crate::{
	directory::keys_of,
	load::{
		anchors::{sign_ahead, Shape},
		cast::{Cast, Size},
		drive::{self, Outcome, Pace},
		node::Node,
	},
	machine::{resident_mib, Machine, Others},
	progress::Progress,
	report::Report,
	statistics::Durations,
};

/// How long calls are signed ahead of their sending, and how long the load goes on before it counts.
const WAVE: Duration = Duration::from_secs(10);

/// Finality, blocks missed, memory and CPU of authorities, idle and under load
#[derive(Debug, Args)]
pub(super) struct FinalityArgs {
	/// Directory of a network that scripts/lib/network.sh has started
	#[arg(long, value_name = "DIR")]
	network: PathBuf,
	/// WebSocket address of an authority, in the order of their numbers; repeat for each
	#[arg(long = "node", value_name = "URL", required = true)]
	nodes: Vec<String>,
	/// How long each part is watched, in seconds
	#[arg(long, default_value_t = 120, value_parser = clap::value_parser!(u32).range(60..=500))]
	seconds: u32,
	/// Single anchors sent a second under load; 0 leaves that part out
	#[arg(long, default_value_t = 160, value_parser = clap::value_parser!(u32).range(..=2_000))]
	rate: u32,
	/// How the nodes were built, for the report
	#[arg(long, default_value = "unknown")]
	node_profile: String,
}

/// A network that is watched.
struct Watched<'a> {
	chain: &'a Chain,
	nodes: &'a [Node],
	watches: &'a [Watch],
	report: &'a mut Report,
}

pub(super) async fn run(args: &FinalityArgs, machine: Machine) -> Result<Report> {
	let mut report = Report::new("network: finality", machine);
	let nodes = connect(&args.network, &args.nodes, &[]).await?;
	let chain = Chain::connect(first(&args.nodes)?).await?;
	let others = Others::watch(nodes.iter().map(|node| node.pid));
	let watches = try_join_all(nodes.iter().map(Watch::start)).await?;
	report.figure("authorities", nodes.len() as f64, "");
	let time = Duration::from_secs(args.seconds.into());
	let length = chain.finalized().await?.session().await?.length;

	let silent = Progress::none();
	let progress = Progress::new(2);
	progress.step("idle");
	let mut watched =
		Watched { chain: &chain, nodes: &nodes, watches: &watches, report: &mut report };
	watched.measure("idle", Deadline::now() + time).await?;
	if args.rate > 0 {
		progress.at(1, "centers, staff and patients are enrolled".into());
		let size = Size { centers: 8, authors: 16, patients: 8 };
		let authority = keys_of(&args.network, "authority")?;
		let mut cast = Cast::enrol(&chain, &nodes, &authority, size).await?;
		progress.step(&format!("{} anchors a second", args.rate));
		let begin = Deadline::now();
		let name = format!("{} anchors a second", args.rate);
		let measuring = async {
			sleep_until(begin + WAVE).await;
			watched.measure(&name, begin + WAVE + time).await
		};
		let load = load(&chain, &nodes, &mut cast, args.rate, WAVE + time, &silent);
		let ((), outcomes) = futures::try_join!(measuring, load)?;
		sent(&mut report, &name, &chain, &outcomes).await?;
	}
	progress.end();
	report.disturbed_by(others.cores());
	report.note(format!(
		"{} authorities on this machine (ward-node built with profile {}, runtime in release; state \
		 archived), each in a process of its own; sessions of {length} blocks. Each part is watched \
		 for {} s, at all of them; under load after {} s of it.",
		args.nodes.len(),
		args.node_profile,
		args.seconds,
		WAVE.as_secs(),
	));
	report.note(
		"To finality: until the node itself says that the block is final; from the moment at which it \
		 told that it had imported the block, and from the beginning of the block's slot. Every final \
		 block of the time counts once for each node. Blocks authored and missed: the chain's own \
		 counts (WardApi seats), all seats together.",
	);
	report.note(
		"CPU and memory: of each authority, from its /proc/PID/stat and /proc/PID/status; the median \
		 of the authorities, the lowest and the highest.",
	);
	Ok(report)
}

impl Watched<'_> {
	/// Watches the network until a moment.
	async fn measure(&mut self, name: &str, until: Deadline) -> Result<()> {
		let before = Counts::at(&self.chain.finalized().await?).await?;
		let from = self.watches.first().map_or(0, Watch::slot_now) + 1;
		let (started, cpu) = (Instant::now(), self.cpu());
		sleep_until(until).await;
		let seconds = started.elapsed().as_secs_f64();
		let used: Vec<f64> =
			self.cpu().iter().zip(cpu).map(|(after, before)| (after - before) / seconds).collect();
		let memory: Vec<_> = self.nodes.iter().map(|node| resident_mib(node.pid)).collect();
		let to = self.watches.first().map_or(0, Watch::slot_now);
		let seen = join_all(self.watches.iter().map(|watch| watch.between(from, to))).await;
		let seen: Vec<Seen> = seen.into_iter().collect::<Result<Vec<_>>>()?.concat();
		let after = Counts::at(&self.chain.finalized().await?).await?;
		let liveness = after.since(&before)?;
		if u64::from(liveness.authored) != after.number - before.number {
			let what = format!(
				"the chain counts {} blocks of {}",
				liveness.authored,
				after.number - before.number
			);
			return Err(Error::new(Kind::Node, what).hint("report this: it is a bug"));
		}

		let report = &mut *self.report;
		let mut times = |what: &str, time: fn(&Seen) -> Duration, percents: &[f64]| {
			let times = Durations::new(seen.iter().map(time));
			for percent in percents {
				let what = format!("{name}: {what}, p{percent}");
				report.figure(what, times.percentile(*percent), "s");
			}
		};
		times("import to finality", |seen| seen.import_to_finality, &[50.0, 95.0, 100.0]);
		times("slot to finality", |seen| seen.slot_to_finality, &[50.0, 95.0, 100.0]);
		times("slot to import", |seen| seen.slot_to_import, &[50.0, 95.0]);
		report.figure(format!("{name}: blocks watched, at all nodes"), seen.len() as f64, "blocks");
		report.figure(format!("{name}: blocks authored"), liveness.authored.into(), "blocks");
		report.figure(format!("{name}: blocks missed"), liveness.missed.into(), "blocks");
		report.median(format!("{name}: CPU of an authority"), used, "cores", None);
		let (now, peak) = memory.into_iter().unzip();
		report.median(format!("{name}: resident memory of an authority"), now, "MiB", None);
		report.median(format!("{name}: the most that was resident"), peak, "MiB", None);
		Ok(())
	}

	/// The CPU seconds of each node.
	fn cpu(&self) -> Vec<f64> {
		self.nodes.iter().map(Node::cpu_seconds).collect()
	}
}

/// Sends single anchors evenly for some time, and waits until all are final. They are signed a little
/// ahead, because a signed call is valid for two minutes only.
async fn load(
	chain: &Chain,
	nodes: &[Node],
	cast: &mut Cast,
	rate: u32,
	time: Duration,
	silent: &Progress,
) -> Result<Vec<Outcome>> {
	let waves = time.as_secs().div_ceil(WAVE.as_secs()) as u32;
	let calls = rate * WAVE.as_secs() as u32;
	let (mut running, mut outcomes) = (FuturesUnordered::new(), Vec::new());
	let mut next = Deadline::now();
	for _ in 0..waves {
		let lanes = sign_ahead(chain, cast, Shape::Single, calls).await?;
		running.push(drive::run(nodes, lanes, Pace::PerSecond(rate), silent));
		next += WAVE;
		loop {
			tokio::select! {
				() = sleep_until(next) => break,
				Some(outcome) = running.next() => outcomes.push(outcome?),
			}
		}
	}
	while let Some(outcome) = running.next().await {
		outcomes.push(outcome?);
	}
	Ok(outcomes)
}

/// Checks that every call did what it should, and adds how long they were on their way.
async fn sent(report: &mut Report, name: &str, chain: &Chain, outcomes: &[Outcome]) -> Result<()> {
	let calls: usize = outcomes.iter().map(|outcome| outcome.times.len()).sum();
	let mut blocks: Vec<_> =
		outcomes.iter().flat_map(|outcome| &outcome.blocks).map(|block| block.hash.0).collect();
	blocks.sort_unstable();
	blocks.dedup();
	let mut anchored = 0;
	for block in blocks {
		anchored += chain.at(block).await?.anchored_records().await?.len();
	}
	if anchored != calls {
		let what = format!("{anchored} of {calls} records were anchored");
		return Err(Error::new(Kind::Refused, what)
			.hint("see System.ExtrinsicFailed in the blocks of the run"));
	}
	let times = outcomes.iter().flat_map(|outcome| &outcome.times);
	let times = Durations::new(times.filter_map(|times| Some(times.finalized? - times.sent)));
	report.figure(format!("{name}: anchors"), calls as f64, "");
	for percent in [50.0, 95.0, 99.0] {
		let what = format!("{name}: submit to finality, p{percent}");
		report.figure(what, times.percentile(percent), "s");
	}
	for (reason, times) in outcomes.iter().flat_map(|outcome| &outcome.waits) {
		report.figure(format!("{name}: sent again: {reason}"), *times as f64, "times");
	}
	Ok(())
}
