//! The authority and full node of Ward.

mod chain_spec;
mod cli;
mod command;
mod founding;
mod hints;
mod rpc;
mod service;

fn main() -> sc_cli::Result<()> {
	command::run()
}
