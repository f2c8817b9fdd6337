//! The command line: one module per command, each with its `Opts` and its `run`.

mod access;
mod admin;
mod amend;
mod arguments;
mod care;
mod center;
mod context;
mod council;
mod decline;
mod device;
mod doctor;
mod enrol;
mod exclude;
mod get;
mod grant;
mod grants;
mod hand_over;
mod keys;
mod log;
mod misuse;
mod output;
mod put;
mod records;
mod repair;
mod request;
mod requests;
mod seat;
mod show;
mod status;
mod terminal;
mod terms;
mod withdraw;
mod witness;

pub use context::{Context, Globals};
pub use misuse::explain_misuse;
pub use output::{print_error, Format, Output};

use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

use crate::error::{Kind, Result};

/// Health records that are encrypted here, kept by medical centers, and opened only as the patient
/// allows.
///
/// A record is sealed on this machine, its ciphertext goes to the vault of one to three medical
/// centers, and a salted hash of it is anchored on the consortium's chain. Who may read what, for which
/// purpose and until when is decided from the chain alone.
///
/// Every command is safe to run again: what was begun is in the home's journal.
#[derive(Parser)]
#[command(
	name = "ward",
	version,
	max_term_width = 100,
	propagate_version = true,
	after_help = "`ward help COMMAND` shows examples. Exit codes: see `ward --help`.",
	after_long_help = after_help()
)]
pub struct Cli {
	/// Options of all commands.
	#[command(flatten)]
	pub globals: Globals,
	/// What to do.
	#[command(subcommand)]
	pub command: Command,
}

/// What to do.
// What each command is for stands in its `Opts`; a sentence here would take its place in the help.
#[allow(missing_docs)]
#[derive(Subcommand)]
pub enum Command {
	#[command(subcommand)]
	Keys(keys::Opts),
	#[command(subcommand)]
	Enrol(enrol::Opts),
	#[command(subcommand)]
	Center(center::Opts),
	#[command(subcommand)]
	Care(care::Opts),
	#[command(subcommand)]
	Device(device::Opts),
	#[command(subcommand)]
	Admin(admin::Opts),
	Put(put::Opts),
	Get(get::Opts),
	Repair(repair::Opts),
	Request(request::Opts),
	Requests(requests::Opts),
	Decline(decline::Opts),
	Grant(grant::Opts),
	Grants(grants::Opts),
	Amend(amend::Opts),
	Withdraw(withdraw::Opts),
	Exclude(exclude::Opts),
	EndExclusion(exclude::EndOpts),
	Access(access::Opts),
	Log(log::Opts),
	#[command(subcommand)]
	Show(show::Opts),
	Records(records::Opts),
	Status(status::Opts),
	#[command(subcommand)]
	Council(council::Opts),
	#[command(subcommand)]
	Seat(seat::Opts),
	Doctor(doctor::Opts),
	/// Print a completion script for a shell
	///
	/// Example: ward completions bash > ~/.local/share/bash-completion/completions/ward
	Completions {
		/// The shell
		shell: Shell,
	},
}

/// Runs a command.
pub async fn run(cli: &Cli, out: &mut Output) -> Result<()> {
	let context = Context::new(&cli.globals)?;
	out.clear_before_writing(context.progress_line());
	match &cli.command {
		Command::Keys(opts) => keys::run(&context, opts, out).await,
		Command::Enrol(opts) => enrol::run(&context, opts, out).await,
		Command::Center(opts) => center::run(&context, opts, out).await,
		Command::Care(opts) => care::run(&context, opts, out).await,
		Command::Device(opts) => device::run(&context, opts, out).await,
		Command::Admin(opts) => admin::run(&context, opts, out).await,
		Command::Put(opts) => put::run(&context, opts, out).await,
		Command::Get(opts) => get::run(&context, opts, out).await,
		Command::Repair(opts) => repair::run(&context, opts, out).await,
		Command::Request(opts) => request::run(&context, opts, out).await,
		Command::Requests(opts) => requests::run(&context, opts, out).await,
		Command::Decline(opts) => decline::run(&context, opts, out).await,
		Command::Grant(opts) => grant::run(&context, opts, out).await,
		Command::Grants(opts) => grants::run(&context, opts, out).await,
		Command::Amend(opts) => amend::run(&context, opts, out).await,
		Command::Withdraw(opts) => withdraw::run(&context, opts, out).await,
		Command::Exclude(opts) => exclude::run(&context, opts, out).await,
		Command::EndExclusion(opts) => exclude::run_end(&context, opts, out).await,
		Command::Access(opts) => access::run(&context, opts, out).await,
		Command::Log(opts) => log::run(&context, opts, out).await,
		Command::Show(opts) => show::run(&context, opts, out).await,
		Command::Records(opts) => records::run(&context, opts, out).await,
		Command::Status(opts) => status::run(&context, opts, out).await,
		Command::Council(opts) => council::run(&context, opts, out).await,
		Command::Seat(opts) => seat::run(&context, opts, out).await,
		Command::Doctor(opts) => doctor::run(&context, opts, out).await,
		Command::Completions { shell } => {
			let mut script = Vec::new();
			clap_complete::generate(*shell, &mut Cli::command(), "ward", &mut script);
			out.bytes(&script)
		},
	}
}

fn after_help() -> String {
	let mut text = String::from("Exit codes:\n   0  done\n");
	for kind in Kind::ALL {
		text += &format!("  {:>2}  {}\n", kind.exit_code(), kind.meaning());
	}
	text += "\nFiles in the home: config.toml (node, ca-file), keys.json (encrypted), journal.redb, \
	         genesis, witness-keys, spool/.\n\
	         Environment: the variables named above; NO_COLOR; WARD_LOG for diagnostics (for example \
	         `debug`).\n\
	         Passphrases are read from a terminal, a file or a file descriptor, never from the command \
	         line.";
	text
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_command_line_is_consistent() {
		Cli::command().debug_assert();
	}

	#[test]
	fn every_exit_code_stands_in_the_help() {
		let help = Cli::command().render_long_help().to_string();
		for kind in Kind::ALL {
			assert!(help.contains(kind.meaning()), "{kind:?}");
		}
	}

	#[test]
	fn every_command_says_what_it_is_for_and_the_main_ones_show_an_example() {
		for command in Cli::command().get_subcommands() {
			assert!(command.get_about().is_some(), "{}", command.get_name());
		}
		for name in ["put", "get", "grant", "request", "amend"] {
			let mut command = Cli::command().find_subcommand(name).unwrap().clone();
			let help = command.render_long_help().to_string();
			assert!(help.contains(&format!("  ward {name} ")), "{name}");
		}
	}

	#[test]
	fn custodians_are_named_by_their_former_option_too() {
		for option in ["--custodian", "--vault-of"] {
			let line = ["ward", "put", "a", "--patient", "5", option, "2", option, "3"];
			assert!(Cli::try_parse_from(line).is_ok(), "{option}");
		}
		let help = Cli::command().find_subcommand("put").unwrap().clone().render_long_help();
		assert!(!help.to_string().contains("--vault-of"));
	}

	#[test]
	fn no_option_takes_a_secret() {
		fn visit(command: &clap::Command) {
			for argument in command.get_arguments() {
				let name = argument.get_id().as_str().to_owned();
				assert!(!["passphrase", "password", "secret", "seed"].contains(&name.as_str()));
			}
			command.get_subcommands().for_each(visit);
		}
		visit(&Cli::command());
	}
}
