//! How long a new node takes to have the chain.

use std::{
	fs::{self, File},
	path::{Path, PathBuf},
	process::Stdio,
	time::{Duration, Instant},
};

use clap::Args;
use tokio::{
	process::{Child, Command},
	time::sleep,
};
use ward_client::{
	error::{Context, Error, Kind},
	Result,
};

use super::{clock::Clock, connect};
use crate::{
	load::node::{Node, NodeProgress},
	machine::{resident_mib, Machine, Others},
	progress::Progress,
	report::Report,
};

/// The pause before a node is asked again how far it has come.
const PAUSE: Duration = Duration::from_millis(50);

/// How long a node may come no further.
const PATIENCE: Duration = Duration::from_secs(90);

/// The figures are for so many blocks.
const UNIT: f64 = 10_000.0;

/// Full and warp sync of a new node
///
/// Starts nodes with empty databases, one after the other, and waits until each has the chain as far as
/// it was final at the authorities.
#[derive(Debug, Args)]
pub(super) struct SyncArgs {
	/// Directory of a network that scripts/lib/network.sh has started
	#[arg(long, value_name = "DIR")]
	network: PathBuf,
	/// WebSocket address of an authority, in the order of their numbers; repeat for each
	#[arg(long = "node", value_name = "URL", required = true)]
	nodes: Vec<String>,
	/// The clock of the authorities, a file that libfaketime reads: they author --blocks first
	#[arg(long, value_name = "FILE", requires = "blocks")]
	clock: Option<PathBuf>,
	/// How many blocks the chain shall have
	#[arg(long, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
	blocks: Option<u64>,
	/// The chain spec
	#[arg(long, value_name = "FILE")]
	spec: PathBuf,
	/// Address of an authority for other nodes; repeat. A warp sync needs three
	#[arg(long = "peer", value_name = "MULTIADDR", required = true)]
	peers: Vec<String>,
	/// The node's program
	#[arg(long, value_name = "FILE")]
	program: PathBuf,
	/// A port for the new nodes; and the next one
	#[arg(long)]
	port: u16,
	/// How often each kind of sync is measured; the median counts
	#[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=9))]
	rounds: u32,
	/// How the nodes were built, for the report
	#[arg(long, default_value = "unknown")]
	node_profile: String,
}

/// A new node; it ends when this is dropped.
struct Newcomer {
	process: Child,
	node: Node,
	started: Instant,
}

/// What a sync took.
struct Taken {
	/// From the start of the process until it answered.
	start: f64,
	/// From the start of the process until the chain's end was final for it.
	end: f64,
	/// From the start of the process until it had all blocks before the end, too.
	complete: f64,
	/// CPU seconds until then.
	cpu: f64,
	disk: f64,
}

pub(super) async fn run(args: &SyncArgs, machine: Machine) -> Result<Report> {
	let mut report = Report::new("network: sync", machine);
	let authorities = connect(&args.network, &args.nodes, &[]).await?;
	let clock = match &args.clock {
		Some(file) => {
			let mut clock = Clock::of(file)?;
			clock.author(&authorities, args.blocks.unwrap_or(0)).await?;
			Some(clock.go_on())
		},
		None => None,
	};
	let end = end_of(&authorities, args.blocks.unwrap_or(1)).await?;
	let calls = count_calls(&authorities, end).await?;
	let others = Others::watch(authorities.iter().map(|node| node.pid));
	report.figure("authorities", authorities.len() as f64, "");
	report.figure("final blocks", end as f64, "blocks");
	report.figure("calls in them", calls as f64, "calls");
	let resident = authorities.iter().map(|node| resident_mib(node.pid).0).collect();
	report.median("resident memory of an authority that made them", resident, "MiB", None);
	let scale = UNIT / end as f64;

	let kinds: &[&str] = if args.peers.len() < 3 { &["full"] } else { &["full", "warp"] };
	let progress = Progress::new(u64::from(args.rounds) * kinds.len() as u64);
	for kind in kinds {
		let mut taken = Vec::new();
		for _ in 0..args.rounds {
			progress.step(&format!("{kind} sync"));
			taken.push(sync(args, kind, end).await?);
		}
		let all = |of: fn(&Taken) -> f64| taken.iter().map(of).collect::<Vec<_>>();
		let mut median = |what: &str, values, unit| {
			report.median(format!("{kind} sync: {what}"), values, unit, None);
		};
		median("start to answering", all(|taken| taken.start), "s");
		median("start to the end of the chain", all(|taken| taken.end), "s");
		match *kind {
			"full" => {
				let blocks =
					|of: fn(&Taken) -> f64| all(of).into_iter().map(|s| s * scale).collect();
				median("per 10,000 blocks, without the start", blocks(|t| t.end - t.start), "s");
				median("CPU per 10,000 blocks", blocks(|t| t.cpu), "s");
			},
			_ => median("start to all blocks", all(|taken| taken.complete), "s"),
		}
		median("CPU until then", all(|taken| taken.cpu), "s");
		median("disk", all(|taken| taken.disk), "MiB");
	}
	progress.end();
	// What the ended nodes have used counts as this process's: it waited for them.
	report.disturbed_by(others.cores());
	if let Some(clock) = clock {
		clock.abort();
	}
	report.note(format!(
		"A new node (ward-node built with profile {}, runtime in release) and the {} \
		 authorities that it gets the chain from, on this machine. Start: of the process, with an empty \
		 database. End of the chain: its best and its final block are those that were final at the \
		 authorities before, who go on meanwhile with a block every two seconds.",
		args.node_profile,
		args.nodes.len()
	));
	report.note(
		"After a full sync the node has the state of every block (--state-pruning archive); warp sync is \
		 refused to such a node, so there it keeps those of the last 256 blocks.",
	);
	if args.clock.is_some() {
		report.note(
			"The blocks are real ones of these authorities, whose clock (libfaketime) went on with \
			 every block instead of every two seconds, and lies in the past. They hold no calls but the one that \
			 sets the time.",
		);
	}
	if (scale - 1.0).abs() > 0.01 {
		report.note(format!("Per 10,000 blocks: computed from {end} blocks."));
	}
	Ok(report)
}

/// The last block that is final at all authorities, once there are so many.
async fn end_of(authorities: &[Node], blocks: u64) -> Result<u64> {
	let started = Instant::now();
	loop {
		let all = authorities.iter().map(Node::progress);
		let all: Vec<NodeProgress> = futures::future::try_join_all(all).await?;
		let end = all.iter().map(|node| node.finalized).min().unwrap_or(0);
		if end >= blocks {
			return Ok(end);
		}
		if started.elapsed() > PATIENCE {
			let what = format!("no more than {end} of {blocks} blocks are final");
			return Err(Error::new(Kind::Node, what).hint("see the nodes' logs"));
		}
		sleep(PAUSE).await;
	}
}

/// The calls in the blocks up to one, without the one in each that sets the time.
async fn count_calls(authorities: &[Node], end: u64) -> Result<usize> {
	let none = || Error::new(Kind::Usage, "there is no node");
	let node = authorities.first().ok_or_else(none)?;
	let mut calls = 0;
	for number in 1..=end {
		calls += node.transactions(node.block_hash(number).await?).await?.len() - 1;
	}
	Ok(calls)
}

/// Syncs a new node up to a block.
async fn sync(args: &SyncArgs, kind: &str, end: u64) -> Result<Taken> {
	let newcomer = Newcomer::start(args, kind).await?;
	let Newcomer { node, started, .. } = &newcomer;
	let start = started.elapsed().as_secs_f64();
	newcomer.until(|node| node.best >= end && node.finalized >= end).await?;
	let reached = started.elapsed().as_secs_f64();
	let mut cpu = node.cpu_seconds();
	if kind == "warp" {
		// The blocks before the end come afterwards.
		let asked = Instant::now();
		while !(node.has_block(1).await? && node.has_block(end - 1).await?) {
			if asked.elapsed() > PATIENCE * 4 {
				return Err(Error::new(
					Kind::Node,
					"a node does not get the blocks before a warp sync",
				)
				.hint("see its log"));
			}
			sleep(PAUSE).await;
		}
		cpu = node.cpu_seconds();
	}
	let complete = started.elapsed().as_secs_f64();
	let disk = node.disk_bytes()? as f64 / f64::from(1 << 20);
	newcomer.end().await?;
	Ok(Taken { start, end: reached, complete, cpu, disk })
}

impl Newcomer {
	/// Starts a node with an empty database, and waits until it answers.
	async fn start(args: &SyncArgs, kind: &str) -> Result<Self> {
		let directory = args.network.join(format!("node-{kind}"));
		remove(&directory)?;
		let log = args.network.join(format!("logs/node-{kind}.log"));
		let unwritable = || format!("{} cannot be written", log.display());
		let output = File::create(&log).context(Kind::Other, unwritable)?;
		let errors = output.try_clone().context(Kind::Other, unwritable)?;
		let mut command = Command::new(&args.program);
		command
			.arg("--chain")
			.arg(&args.spec)
			.arg("--base-path")
			.arg(&directory)
			.args(["--name", "newcomer", "--sync", kind])
			// A node that keeps the state of all blocks cannot leave blocks out.
			.args(["--state-pruning", if kind == "warp" { "256" } else { "archive" }])
			.args(["--listen-addr", &format!("/ip4/127.0.0.1/tcp/{}", args.port)])
			.args(["--rpc-port", &(args.port + 1).to_string()])
			.args(["--no-prometheus", "--no-mdns", "--no-telemetry", "--allow-private-ip"])
			.arg("--reserved-only");
		for peer in &args.peers {
			command.args(["--reserved-nodes", peer]);
		}
		let started = Instant::now();
		let failed = || format!("{} does not start", args.program.display());
		let mut process = command
			.stdin(Stdio::null())
			.stdout(output)
			.stderr(errors)
			.kill_on_drop(true)
			.spawn()
			.context(Kind::Other, failed)?;
		let pid = process.id().ok_or_else(|| Error::new(Kind::Other, failed()))?;
		let url = format!("ws://127.0.0.1:{}", args.port + 1);
		loop {
			let running = process.try_wait().context(Kind::Other, failed)?.is_none();
			match Node::of_process(&url, pid, directory.clone()).await {
				Err(_) if running && started.elapsed() < PATIENCE => sleep(PAUSE).await,
				node => return Ok(Self { process, node: node?, started }),
			}
		}
	}

	/// Waits until the node has come so far.
	async fn until(&self, far: impl Fn(NodeProgress) -> bool) -> Result<()> {
		let (mut best, mut since) = (0, Instant::now());
		loop {
			let progress = self.node.progress().await?;
			if far(progress) {
				return Ok(());
			}
			if progress.best > best {
				(best, since) = (progress.best, Instant::now());
			}
			if since.elapsed() > PATIENCE {
				let what = format!("a new node comes no further: {progress:?}");
				return Err(Error::new(Kind::Node, what).hint("see its log"));
			}
			sleep(PAUSE).await;
		}
	}

	async fn end(mut self) -> Result<()> {
		self.process.kill().await.context(Kind::Other, || "a node does not end".into())
	}
}

fn remove(directory: &Path) -> Result<()> {
	match fs::remove_dir_all(directory) {
		Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
			Err(Error::new(Kind::Other, format!("{} cannot be removed", directory.display()))
				.caused_by(error))
		},
		_ => Ok(()),
	}
}
