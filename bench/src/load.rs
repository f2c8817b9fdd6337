//! Anchoring: how many calls a network takes, and how long each is on its way to finality.

pub(crate) mod anchors;
pub(crate) mod cast;
pub(crate) mod drive;
pub(crate) mod node;
mod stage;

use std::{path::PathBuf, time::Duration};

use clap::Args;
use tokio::time::sleep;
use ward_chain_client::Chain;
use ward_client::{
	error::{Error, Kind},
	Result,
};

use crate::{
	directory::keys_of,
	machine::{Machine, Others},
	progress::Progress,
	report::{Aim, Report},
	statistics::Durations,
};
use anchors::{sign_ahead, Shape};
use cast::{Cast, Size};
use drive::Pace;
use node::Node;
use stage::{Network, Stage};

/// Anchoring on a network of nodes
///
/// Enrols centers, staff and patients by real calls, signs anchors ahead with custodians' receipts,
/// sends them, and follows each into the pool, into a block and to finality. Quotas hold: a call that
/// finds its quota used up is sent again later, and counted.
#[derive(Debug, Args)]
pub(crate) struct LoadArgs {
	/// Directory of a network that scripts/lib/network.sh has started
	#[arg(long, value_name = "DIR")]
	network: PathBuf,
	/// WebSocket address of an authority, in the order of their numbers; repeat for each
	#[arg(long = "node", value_name = "URL", required = true)]
	nodes: Vec<String>,
	/// Address of an authority's metrics, in the same order
	#[arg(long = "metrics", value_name = "URL")]
	metrics: Vec<String>,
	/// How many single anchors are sent one at a time, on an idle network
	#[arg(long, default_value_t = 20)]
	idle: u32,
	/// How many single anchors are sent as fast as the network takes them
	#[arg(long, default_value_t = 6_000)]
	calls: u32,
	/// How many batches are sent as fast as the network takes them
	#[arg(long, default_value_t = 100)]
	batches: u32,
	/// Records in a batch; the most that the runtime takes is its constant Records.MaxBatch
	#[arg(long, default_value_t = 128, value_parser = clap::value_parser!(u32).range(1..))]
	batch: u32,
	/// Fill the chain with so many records, and measure single anchors once more
	#[arg(long, value_name = "RECORDS")]
	fill: Option<u32>,
	/// How many calls may be sent and not yet included
	#[arg(long, default_value_t = 3_000, value_parser = clap::value_parser!(u32).range(1..=8_000))]
	window: u32,
	/// Medical centers; each sponsors its staff and patients with a quota of its own
	#[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..))]
	centers: u32,
	/// Practitioners of each center, who sign the anchors
	#[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..))]
	authors: u32,
	/// Patients of each center
	#[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..))]
	patients: u32,
	/// How the nodes were built, for the report
	#[arg(long, default_value = "unknown")]
	node_profile: String,
}

/// How many batches are signed at a time while the chain is filled: a signed call is valid for two
/// minutes only.
const WAVE: u32 = 200;

pub(crate) async fn run(args: &LoadArgs, machine: Machine) -> Result<Report> {
	let mut report = Report::new("load", machine);
	let mut nodes = Vec::new();
	for (n, url) in args.nodes.iter().enumerate() {
		nodes.push(Node::connect(url, args.metrics.get(n).cloned(), &args.network, n + 1).await?);
	}
	let first = args.nodes.first().ok_or_else(|| Error::new(Kind::Usage, "there is no node"))?;
	let network = Network { chain: Chain::connect(first).await?, nodes };
	let others = Others::watch(network.nodes.iter().map(|node| node.pid));

	let size = Size { centers: args.centers, authors: args.authors, patients: args.patients };
	let authority = keys_of(&args.network, "authority")?;
	let mut cast = Cast::enrol(&network.chain, &network.nodes, &authority, size).await?;

	idle(&mut report, &network, &mut cast, args.idle).await?;
	let mut at_first = None;
	let stages = [
		("single anchors", Shape::Single, args.calls),
		("batches", Shape::Batch(args.batch), args.batches),
	];
	for (name, shape, calls) in stages.into_iter().filter(|(.., calls)| *calls > 0) {
		let lanes = sign_ahead(&network.chain, &mut cast, shape, calls).await?;
		let aim = (shape == Shape::Single).then(|| aim_for(args.nodes.len())).flatten();
		let stage = Stage { name, shape, window: args.window as usize, aim };
		let state = stage.run(&network, lanes, &mut report).await?;
		if shape == Shape::Single {
			at_first = Some(state);
		}
	}
	if let Some(records) = args.fill {
		let later = fill(&mut report, &network, &mut cast, args, records).await?;
		if let Some(at_first) = at_first {
			let what = format!("state per call above {records} records, of that at first");
			report.aimed(what, later / at_first, "", Aim::AtMost(1.5));
		}
	}

	let cores = others.cores();
	report.disturbed_by(cores);
	report.note(format!(
		"{} authorities on this machine (ward-node built with profile {}, runtime in release; state \
		 archived), each in a process of its own, and the benchmark beside them.",
		args.nodes.len(),
		args.node_profile
	));
	report.note(format!(
		"{} centers sponsor {} authors and {} patients; anchors are signed by the authors in turn, \
		 about patients in their centers' care, each with one receipt of the center, and all checked \
		 to have succeeded by their events. At most {} are sent and not yet included.",
		args.centers,
		args.centers * args.authors,
		args.centers * args.patients,
		args.window
	));
	report.note(
		"Included and finalized per second: between the first and the last block of the run, the \
		 first one's calls not counted. Accepted per second: until the window is full.",
	);
	Ok(report)
}

/// The aim of single anchors finalized per second.
fn aim_for(authorities: usize) -> Option<Aim> {
	match authorities {
		1 => Some(Aim::AtLeast(1_000.0)),
		4 => Some(Aim::AtLeast(300.0)),
		_ => None,
	}
}

/// One anchor at a time, each at another moment of a slot.
async fn idle(report: &mut Report, network: &Network, cast: &mut Cast, calls: u32) -> Result<()> {
	/// The golden ratio spreads moments evenly.
	const STEP: f64 = 0.618_033_988_749_895;
	const SLOT: f64 = 2.0;
	if calls == 0 {
		return Ok(());
	}
	let progress = Progress::new(calls.into());
	let silent = Progress::none();
	let (mut times, mut included) = (Vec::new(), Vec::new());
	let cpu = network.cpu_seconds();
	let started = std::time::Instant::now();
	for n in 0..calls {
		progress.at(n.into(), "single anchors, one at a time".into());
		sleep(Duration::from_secs_f64(SLOT * (f64::from(n) * STEP).fract())).await;
		let lanes = sign_ahead(&network.chain, cast, Shape::Single, 1).await?;
		let outcome = drive::run(&network.nodes, lanes, Pace::Window(1), &silent).await?;
		for call in &outcome.times {
			times.extend(call.finalized.map(|at| at - call.sent));
			included.extend(call.included.map(|at| at - call.sent));
		}
	}
	let cores = (network.cpu_seconds() - cpu) / started.elapsed().as_secs_f64();
	progress.end();
	let (times, included) = (Durations::new(times), Durations::new(included));
	let aim = Aim::AtMost(3.0);
	report.figure("idle: submit to inclusion, p50", included.percentile(50.0), "s");
	report.figure("idle: submit to finality, p50", times.percentile(50.0), "s");
	report.aimed("idle: submit to finality, p95", times.percentile(95.0), "s", aim);
	report.figure("idle: submit to finality, p99", times.percentile(99.0), "s");
	report.figure("idle: CPU of all nodes", cores, "cores");
	Ok(())
}

/// Fills the chain, and measures again.
async fn fill(
	report: &mut Report,
	network: &Network,
	cast: &mut Cast,
	args: &LoadArgs,
	records: u32,
) -> Result<f64> {
	let progress = Progress::new(records.into());
	let silent = Progress::none();
	let window = Pace::Window(args.window as usize);
	let mut left = records.div_ceil(args.batch);
	while left > 0 {
		progress.at(u64::from(records.saturating_sub(left * args.batch)), "filling".into());
		let wave = left.min(WAVE);
		let lanes = sign_ahead(&network.chain, cast, Shape::Batch(args.batch), wave).await?;
		drive::run(&network.nodes, lanes, window, &silent).await?;
		left -= wave;
	}
	progress.end();
	let lanes = sign_ahead(&network.chain, cast, Shape::Single, args.calls).await?;
	let name = format!("single anchors above {records} records");
	let stage =
		Stage { name: &name, shape: Shape::Single, window: args.window as usize, aim: None };
	stage.run(network, lanes, report).await
}
