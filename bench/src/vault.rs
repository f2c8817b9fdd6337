//! Reading from a vault: signed requests with a decision each, compared with a plain file.

mod plain;
mod reading;

use std::{fs, path::PathBuf, time::Duration};

use clap::Args;
use reqwest::Url;
use ward_chain_client::Chain;
use ward_client::{
	error::{Context, Error, Kind},
	Result,
};
use ward_primitives::{ParticipantId, RecordId};

use crate::{
	directory::{keys_of, pid_of},
	machine::{cpu_seconds, Machine, Others},
	metrics::Metrics,
	progress::Progress,
	report::{Aim, Report},
	statistics::Durations,
};
pub(crate) use plain::{serve, PlainArgs};
use reading::{Readings, Signer, Target};

/// Reading from a vault
///
/// Reads the ciphertext of a record again and again with signed requests, each with a nonce of its
/// own, each decided on and logged; and the same bytes as a plain file from a server made of the same
/// crates.
#[derive(Debug, Args)]
pub(crate) struct VaultArgs {
	/// Directory of a network that scripts/lib/network.sh has started
	#[arg(long, value_name = "DIR")]
	network: PathBuf,
	/// WebSocket address of the vault's node, which is number 1
	#[arg(long, value_name = "URL")]
	node: String,
	/// Address of the vault
	#[arg(long, value_name = "URL")]
	vault: Url,
	/// Address of the node's metrics
	#[arg(long, value_name = "URL")]
	metrics: String,
	/// The vault's name in the network's directory
	#[arg(long, default_value = "a")]
	name: String,
	/// The center that the vault belongs to
	#[arg(long, value_name = "NUMBER")]
	center: u64,
	/// Who reads: a home and a passphrase in the network's directory have this name
	#[arg(long)]
	reader: String,
	/// A record that the reader may read; repeat for more
	#[arg(long = "record", value_name = "ID", required = true)]
	records: Vec<RecordId>,
	/// The file in which the vault keeps it, in the same order
	#[arg(long = "file", value_name = "FILE", required = true)]
	files: Vec<PathBuf>,
	/// How many read at the same time, comma-separated
	#[arg(long, value_delimiter = ',', default_value = "1,16", value_parser = clap::value_parser!(u32).range(1..=1_000))]
	clients: Vec<u32>,
	/// How long each measuring takes, in seconds
	#[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=600))]
	seconds: u32,
	/// How often everything is measured; the median counts
	#[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=99))]
	rounds: u32,
	/// How the node was built, for the report
	#[arg(long, default_value = "unknown")]
	node_profile: String,
}

/// Rounds of reading one record with so many clients.
#[derive(Default)]
struct Rounds {
	plain: Vec<f64>,
	signed: Vec<f64>,
	ratio: Vec<f64>,
	plain_p50: Vec<f64>,
	plain_p99: Vec<f64>,
	p50: Vec<f64>,
	p99: Vec<f64>,
	errors: u64,
	vault_cpu: Vec<f64>,
	node_cpu: Vec<f64>,
	node_requests: Vec<f64>,
	bench_cpu: Vec<f64>,
}

pub(crate) async fn run(args: &VaultArgs, machine: Machine) -> Result<Report> {
	if args.files.len() != args.records.len() {
		return Err(Error::new(Kind::Usage, "each --record needs its --file"));
	}
	let (vault_pid, node_pid) =
		(pid_of(&args.network, &format!("vault-{}", args.name))?, pid_of(&args.network, "node-1")?);
	let keys = keys_of(&args.network, &args.reader)?;
	let chain = Chain::connect(&args.node).await?;
	let signer = Signer {
		key: keys.account().clone(),
		center: ParticipantId(args.center),
		genesis: chain.genesis(),
	};
	let plain = plain::start(&args.files).await?;
	let others = Others::watch([vault_pid, node_pid, plain.pid()]);

	let mut report = Report::new("vault", machine);
	let steps = args.records.len() * args.clients.len() * args.rounds as usize * 2;
	let progress = Progress::new(steps as u64);
	let time = Duration::from_secs(args.seconds.into());
	for (n, (record, file)) in args.records.iter().zip(&args.files).enumerate() {
		let content =
			fs::read(file).context(Kind::Usage, || format!("{} cannot be read", file.display()))?;
		let signed = Target::signed(&args.vault, *record, signer.clone())?;
		let unsigned = Target::unsigned(plain.url(n)?)?;
		for target in [&signed, &unsigned] {
			target.check(&content).await?;
		}
		let length = content.len() as f64 / 1024.0;
		for clients in &args.clients {
			let mut rounds = Rounds::default();
			for _ in 0..args.rounds {
				let what = format!("{length:.0} KiB, {clients} clients");
				progress.step(&format!("plain file, {what}"));
				let plain = unsigned.read_for(time, *clients, content.len()).await;
				progress.step(&format!("vault, {what}"));
				let asked = requests_to_node(&args.metrics).await?;
				let pids = [vault_pid, node_pid, std::process::id()];
				let before = pids.map(cpu_seconds);
				let vault = signed.read_for(time, *clients, content.len()).await;
				let used = [0, 1, 2].map(|n| cpu_seconds(pids[n]) - before[n]);
				let asked = requests_to_node(&args.metrics).await? - asked;
				rounds.add(&plain, &vault, used, asked)?;
			}
			rounds.report(
				&mut report,
				&format!("{length:.0} KiB, {clients} clients"),
				content.len(),
			);
		}
	}
	progress.end();
	report.disturbed_by(others.cores());
	report.note(
		"Vault: GET /v1/records/{record}/content over HTTP/1.1 with kept connections; each request is \
		 signed (Ed25519, RFC 9421) with a nonce of its own, which the vault remembers durably; each is \
		 decided on at the finalized and at the best head of the node, and logged durably before the \
		 first byte; the whole ciphertext is read and hashed by the vault while it is sent.",
	);
	report.note(
		"Plain file: the file in which the vault keeps that ciphertext, opened and streamed for each \
		 request by a process of its own with axum and axum-server as in the vault; no signature, no \
		 decision, no hash. Readers and connections are the same, and run on the same machine.",
	);
	report.note(format!(
		"One authority (ward-node built with profile {}), one vault; {} rounds of {} s, the median \
		 counts.",
		args.node_profile, args.rounds, args.seconds
	));
	Ok(report)
}

/// How many RPC requests a node has answered.
async fn requests_to_node(metrics: &str) -> Result<f64> {
	Ok(Metrics::fetch(metrics).await?.sum("substrate_rpc_calls_finished", ""))
}

impl Rounds {
	fn add(&mut self, plain: &Readings, vault: &Readings, cpu: [f64; 3], asked: f64) -> Result<()> {
		if plain.times.is_empty() || vault.times.is_empty() {
			let error = vault.errors.keys().chain(plain.errors.keys()).next();
			let what = error.map_or("nothing was read in time", String::as_str);
			return Err(Error::new(Kind::Vault, format!("no request succeeded: {what}"))
				.hint("see the vault's log in the network's directory"));
		}
		let times = |readings: &Readings| Durations::new(readings.times.iter().copied());
		self.plain.push(plain.per_second());
		self.signed.push(vault.per_second());
		self.ratio.push(vault.per_second() / plain.per_second());
		self.plain_p50.push(times(plain).percentile(50.0) * 1e3);
		self.plain_p99.push(times(plain).percentile(99.0) * 1e3);
		self.p50.push(times(vault).percentile(50.0) * 1e3);
		self.p99.push(times(vault).percentile(99.0) * 1e3);
		self.errors += plain.errors.values().sum::<u64>() + vault.errors.values().sum::<u64>();
		let [vault_cpu, node_cpu, bench_cpu] =
			cpu.map(|seconds| seconds / vault.times.len() as f64 * 1e3);
		self.vault_cpu.push(vault_cpu);
		self.node_cpu.push(node_cpu);
		self.bench_cpu.push(bench_cpu);
		self.node_requests.push(asked / vault.times.len() as f64);
		Ok(())
	}

	fn report(self, report: &mut Report, name: &str, length: usize) {
		let aim = (length < 100_000).then_some(Aim::AtLeast(0.5));
		report.median(format!("{name}: plain file"), self.plain, "requests/s", None);
		report.median("… p50", self.plain_p50, "ms", None);
		report.median("… p99", self.plain_p99, "ms", None);
		report.median(format!("{name}: vault"), self.signed, "requests/s", None);
		report.median("… of the plain file", self.ratio, "", aim);
		report.median("… p50", self.p50, "ms", None);
		report.median("… p99", self.p99, "ms", None);
		report.figure("… errors", self.errors as f64, "");
		report.median("… CPU of the vault", self.vault_cpu, "ms/request", None);
		report.median("… CPU of the node", self.node_cpu, "ms/request", None);
		report.median("… the vault asks its node", self.node_requests, "times/request", None);
		report.median("… CPU of the readers", self.bench_cpu, "ms/request", None);
	}
}
