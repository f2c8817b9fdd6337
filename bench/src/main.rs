//! `ward-bench`: what Ward costs on this machine. `scripts/bench` builds it and starts what it needs.

#![forbid(unsafe_code)]

mod directory;
mod load;
mod machine;
mod metrics;
mod network;
mod progress;
mod report;
mod seal;
mod statistics;
mod vault;

use std::{io::Write, process::ExitCode};

use clap::{Parser, Subcommand};
use ward_client::{
	command::{print_error, Format},
	error::{Context, Kind},
	Result,
};

use crate::{machine::Machine, report::Report};

/// What Ward costs on this machine
///
/// Figures come with the machine, the commit and how busy others kept the machine meanwhile.
/// `scripts/bench` is the way to call it: it builds everything and starts nodes and vaults.
#[derive(Debug, Parser)]
#[command(name = "ward-bench", version, max_term_width = 100, after_help = EXAMPLES)]
struct Cli {
	#[command(subcommand)]
	benchmark: Benchmark,
	/// How to print the figures
	#[arg(long, global = true, value_enum, default_value_t = Format::Text)]
	output: Format,
	/// The commit that was built, for the report
	#[arg(long, global = true, env = "WARD_BENCH_COMMIT", default_value = "unknown")]
	commit: String,
}

const EXAMPLES: &str = "Examples:
  scripts/bench seal
  scripts/bench seal --sizes 64KiB,1GiB --rounds 5 --output json";

#[derive(Debug, Subcommand)]
enum Benchmark {
	Seal(seal::SealArgs),
	Vault(Box<vault::VaultArgs>),
	Load(Box<load::LoadArgs>),
	Network(Box<network::NetworkArgs>),
	#[command(hide = true)]
	PlainFile(vault::PlainArgs),
}

#[tokio::main]
async fn main() -> ExitCode {
	let cli = Cli::parse();
	match run(&cli).await {
		Ok(()) => ExitCode::SUCCESS,
		Err(error) => {
			print_error(&error, cli.output);
			ExitCode::from(error.kind().exit_code())
		},
	}
}

async fn run(cli: &Cli) -> Result<()> {
	// A second call finds one installed already, which is fine.
	drop(rustls::crypto::ring::default_provider().install_default());
	let machine = Machine::here(cli.commit.clone());
	let report = match &cli.benchmark {
		Benchmark::Seal(args) => tokio::task::block_in_place(|| seal::run(args, machine))?,
		Benchmark::Vault(args) => vault::run(args, machine).await?,
		Benchmark::Load(args) => load::run(args, machine).await?,
		Benchmark::Network(args) => network::run(args, machine).await?,
		Benchmark::PlainFile(args) => return vault::serve(args).await,
	};
	print(&report, cli.output)
}

fn print(report: &Report, format: Format) -> Result<()> {
	let text = match format {
		Format::Text => report.text(),
		Format::Json => {
			report.json().context(Kind::Other, || "the figures cannot be written as JSON".into())?
		},
	};
	writeln!(std::io::stdout(), "{}", text.trim_end())
		.context(Kind::Other, || "the figures cannot be printed".into())
}
