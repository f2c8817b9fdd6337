//! `ward`: health records for people, devices and scripts.

use std::{io::IsTerminal, process::ExitCode};

use clap::Parser;
use tracing_subscriber::EnvFilter;
use ward_client::command::{self, print_error, Cli, Output};

/// What shells expect of a program that was interrupted.
const INTERRUPTED: u8 = 130;

#[tokio::main]
async fn main() -> ExitCode {
	let cli = match Cli::try_parse() {
		Ok(cli) => cli,
		Err(error) => return command::explain_misuse(&error),
	};
	tracing_subscriber::fmt()
		.with_env_filter(EnvFilter::try_from_env("WARD_LOG").unwrap_or_else(|_| "off".into()))
		.with_writer(std::io::stderr)
		.with_ansi(std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none())
		.init();
	let format = cli.globals.output;
	let mut out = Output::new(Box::new(std::io::stdout()), format);
	// Dropping the command on an interrupt deletes files that were not finished.
	let outcome = tokio::select! {
		outcome = command::run(&cli, &mut out) => outcome,
		_ = tokio::signal::ctrl_c() => return ExitCode::from(INTERRUPTED),
	};
	match outcome {
		Ok(()) => ExitCode::SUCCESS,
		Err(error) => {
			print_error(&error, format);
			ExitCode::from(error.kind().exit_code())
		},
	}
}
