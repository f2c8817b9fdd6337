//! What storage receipts cost: the vault that is asked, the witnesses that ask, the chain that remembers.

use std::{
	path::PathBuf,
	time::{Duration, Instant},
};

use clap::Args;
use futures::future::{join_all, try_join_all};
use tokio::time::sleep;
use ward_chain_client::Chain;
use ward_client::{
	error::{Error, Kind},
	Result,
};
use ward_primitives::{receipt::EpochInfo, record::COHORT_SIZE, ParticipantId};

use super::{
	blocks::{Seen, Watch},
	connect, first,
	liveness::Counts,
};
use crate::{
	directory::pid_of,
	load::node::{Node, Proposed},
	machine::{cpu_seconds, Machine, Others},
	metrics::Metrics,
	progress::Progress,
	report::Report,
	statistics::Durations,
};

/// How many rows of a custodian are asked of the chain at once.
const PAGE: u32 = 1_000;

/// Storage receipts: rows and cohorts a second, what goes on the chain, and what blocks take meanwhile
#[derive(Debug, Args)]
pub(super) struct ReceiptsArgs {
	/// Directory of a network that scripts/lib/network.sh has started
	#[arg(long, value_name = "DIR")]
	network: PathBuf,
	/// WebSocket address of an authority, in the order of their numbers; repeat for each
	#[arg(long = "node", value_name = "URL", required = true)]
	nodes: Vec<String>,
	/// Address of an authority's metrics, in the same order
	#[arg(long = "metrics", value_name = "URL", required = true)]
	metrics: Vec<String>,
	/// Address of the metrics of vault a
	#[arg(long, value_name = "URL")]
	vault_metrics: String,
	/// The center that vault a belongs to
	#[arg(long, value_name = "NUMBER")]
	custodian: u64,
	/// How many epochs are watched
	#[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=99))]
	epochs: u32,
	/// How the nodes were built, for the report
	#[arg(long, default_value = "unknown")]
	node_profile: String,
}

/// What was used and counted up to a moment.
struct Used {
	counts: Counts,
	at: Instant,
	cpu: Vec<f64>,
	vault_cpu: f64,
	proposed: Proposed,
	witnesses: Vec<Metrics>,
	vault: Metrics,
}

/// The network that is watched.
struct Watched<'a> {
	args: &'a ReceiptsArgs,
	chain: Chain,
	nodes: Vec<Node>,
	vault: u32,
}

pub(super) async fn run(args: &ReceiptsArgs, machine: Machine) -> Result<Report> {
	let mut report = Report::new("network: receipts", machine);
	let nodes = connect(&args.network, &args.nodes, &args.metrics).await?;
	let chain = Chain::connect(first(&args.nodes)?).await?;
	let vault = pid_of(&args.network, "vault-a")?;
	let others = Others::watch(nodes.iter().map(|node| node.pid).chain([vault]));
	let watches = try_join_all(nodes.iter().map(Watch::start)).await?;
	let watched = Watched { args, chain, nodes, vault };
	let rows = watched.rows().await?;
	let cohorts = rows.div_ceil(COHORT_SIZE);

	let progress = Progress::new(u64::from(args.epochs) + 1);
	progress.step("until the next epoch begins");
	let from = watched.epoch_after(0).await?;
	let before = watched.used().await?;
	let first_slot = watches.first().map_or(0, Watch::slot_now) + 1;
	let mut epoch = from;
	for n in 0..args.epochs {
		progress.step(&format!("epoch {} of {}", n + 1, args.epochs));
		epoch = watched.epoch_after(epoch.number).await?;
	}
	let last_slot = watches.first().map_or(0, Watch::slot_now);
	let after = watched.used().await?;
	let seen = join_all(watches.iter().map(|watch| watch.between(first_slot, last_slot))).await;
	let seen: Vec<Seen> = seen.into_iter().collect::<Result<Vec<_>>>()?.concat();
	progress.end();

	report.figure("rows under care", rows as f64, "rows");
	report.figure("cohorts", cohorts as f64, "cohorts");
	report.figure("an epoch", from.length as f64 / 1e3, "s");
	if rows > 0 {
		watched.care(&mut report, rows, &before, &after);
		watched.on_chain(&mut report, rows, &before, &after).await?;
		let fresh = watched.fresh(cohorts, from.number).await?;
		report.figure("cohorts that are fresh at the end", fresh as f64, "cohorts");
	}
	watched.blocks(&mut report, &before, &after, &seen)?;
	report.disturbed_by(others.cores());
	report.note(format!(
		"{} authorities with a witness key each and one vault on this machine (ward-node built with profile \
		 {}, runtime in release: the worker runs in wasm), each in a process of its own; {} whole epochs.",
		args.nodes.len(),
		args.node_profile,
		args.epochs,
	));
	report.note(
		"A receipt's time, at the vault: from the authenticated request until the answer is sealed. At the \
		 witness: from the request until the whole answer is there; checking it comes after that.",
	);
	report.note(
		"On the chain: the transactions of these epochs' blocks but the one that sets the time; nobody \
		 else sends any.",
	);
	Ok(report)
}

impl Watched<'_> {
	/// How many rows the custodian has.
	async fn rows(&self) -> Result<u64> {
		let state = self.chain.finalized().await?;
		let mut rows = 0;
		loop {
			let page = state.custody(ParticipantId(self.args.custodian), rows, PAGE).await?;
			rows += page.len() as u64;
			if page.len() < PAGE as usize {
				return Ok(rows);
			}
		}
	}

	/// Waits for an epoch with a higher number than this, or than the one that the chain is in.
	async fn epoch_after(&self, number: u64) -> Result<EpochInfo> {
		let mut known = number;
		loop {
			let epoch = self.chain.best().await?.receipt_epoch().await?;
			if known == 0 {
				known = epoch.number;
			}
			if epoch.number > known {
				return Ok(epoch);
			}
			sleep(Duration::from_millis(200)).await;
		}
	}

	async fn used(&self) -> Result<Used> {
		let mut proposed = Proposed::default();
		for node in &self.nodes {
			proposed = proposed.and(node.proposed().await?);
		}
		let witnesses = self.args.metrics.iter().map(|address| Metrics::fetch(address));
		Ok(Used {
			counts: Counts::at(&self.chain.best().await?).await?,
			at: Instant::now(),
			cpu: self.nodes.iter().map(Node::cpu_seconds).collect(),
			vault_cpu: cpu_seconds(self.vault),
			proposed,
			witnesses: try_join_all(witnesses).await?,
			vault: Metrics::fetch(&self.args.vault_metrics).await?,
		})
	}

	/// What the vault and the witnesses did.
	fn care(&self, report: &mut Report, rows: u64, before: &Used, after: &Used) {
		let at_vault =
			|name: &str, label: &str| after.vault.sum(name, label) - before.vault.sum(name, label);
		let (held, receipts) = (
			at_vault("ward_vault_receipt_rows_total", ""),
			at_vault("ward_vault_receipt_seconds_count", ""),
		);
		let busy = at_vault("ward_vault_receipt_seconds_sum", "");
		let cpu = after.vault_cpu - before.vault_cpu;
		report.figure("vault: receipts", receipts, "cohorts");
		report.figure("vault: a receipt", busy / receipts * 1e3, "ms");
		report.figure("vault: rows, of one request after the other", held / busy, "rows/s");
		report.figure(
			"vault: cohorts, of one request after the other",
			receipts / busy,
			"cohorts/s",
		);
		report.figure("vault: CPU of 1,000 rows", cpu / held * 1e6, "ms");

		let at_witnesses = |name: &str| {
			let sum = |used: &Used| {
				used.witnesses.iter().map(|metrics| metrics.sum(name, "")).sum::<f64>()
			};
			sum(after) - sum(before)
		};
		let (answers, time) = (
			at_witnesses("ward_receipts_answer_seconds_count"),
			at_witnesses("ward_receipts_answer_seconds_sum"),
		);
		report.figure("witnesses: answers", answers, "cohorts");
		report.figure("witnesses: an answer", time / answers * 1e3, "ms");
		report.figure(
			"witnesses: failures",
			at_witnesses("ward_receipts_failures_total"),
			"fetches",
		);
		let reports = at_witnesses("ward_receipts_reports_total");
		report.figure("witnesses: reports", reports, "reports");
		let epochs = f64::from(self.args.epochs);
		report.figure("rows looked at, all witnesses", held / epochs, "rows/epoch");
		report.figure("looks at each row", held / epochs / rows as f64, "");
	}

	/// What went on the chain.
	async fn on_chain(
		&self,
		report: &mut Report,
		rows: u64,
		before: &Used,
		after: &Used,
	) -> Result<()> {
		let node = self.nodes.first().ok_or_else(|| Error::new(Kind::Usage, "there is no node"))?;
		let (mut calls, mut bytes, mut weight) = (0, 0, 0.0);
		for number in before.counts.number + 1..=after.counts.number {
			let hash = node.block_hash(number).await?;
			let lengths = node.transaction_lengths(hash).await?;
			calls += lengths.len().saturating_sub(1);
			bytes += lengths.iter().skip(1).sum::<usize>();
			weight += node.normal_weight(hash).await?;
		}
		let per_million = 1e6 / rows as f64 / f64::from(self.args.epochs);
		let each = |sum: f64| sum / calls.max(1) as f64;
		report.figure("chain: transactions", calls as f64, "");
		report.figure("chain: a report's length", each(bytes as f64), "bytes");
		report.figure("chain: a report's declared weight", each(weight) * 1e3, "ms");
		let transactions = calls as f64 * per_million;
		report.figure("chain: transactions of a million rows and epoch", transactions, "");
		let megabytes = bytes as f64 * per_million / 1e6;
		report.figure("chain: bytes of a million rows and epoch", megabytes, "MB");
		Ok(())
	}

	/// How many cohorts a quorum has seen in this epoch or later.
	async fn fresh(&self, cohorts: u64, since: u64) -> Result<u64> {
		let state = self.chain.finalized().await?;
		let mut fresh = 0;
		for cohort in 0..cohorts {
			let row = state.cohort(ParticipantId(self.args.custodian), cohort).await?;
			let is_fresh = row.and_then(|row| row.fresh).is_some_and(|fresh| fresh.epoch >= since);
			fresh += u64::from(is_fresh);
		}
		Ok(fresh)
	}

	/// What blocks took meanwhile.
	fn blocks(
		&self,
		report: &mut Report,
		before: &Used,
		after: &Used,
		seen: &[Seen],
	) -> Result<()> {
		let liveness = after.counts.since(&before.counts)?;
		report.figure("blocks authored", liveness.authored.into(), "blocks");
		report.figure("blocks missed", liveness.missed.into(), "blocks");
		let proposed = after.proposed.since(before.proposed);
		report.figure("building a block", proposed.seconds / proposed.blocks * 1e3, "ms");
		let importing = proposed.import_seconds / proposed.imported * 1e3;
		report.figure("importing a block", importing, "ms");
		let mut times = |what: &str, time: fn(&Seen) -> Duration| {
			let times = Durations::new(seen.iter().map(time));
			for percent in [50.0, 95.0] {
				report.figure(format!("{what}, p{percent}"), times.percentile(percent), "s");
			}
		};
		times("slot to import", |seen| seen.slot_to_import);
		times("import to finality", |seen| seen.import_to_finality);
		let seconds = (after.at - before.at).as_secs_f64();
		let used = after.cpu.iter().zip(&before.cpu).map(|(after, before)| after - before);
		let used = used.map(|used| used / seconds).collect();
		report.median("CPU of an authority", used, "cores", None);
		let vault = (after.vault_cpu - before.vault_cpu) / seconds;
		report.figure("CPU of the vault", vault, "cores");
		Ok(())
	}
}
