//! The authority and full node of Ward.

// The size of the SDK's error types is not ours to choose.
#![allow(clippy::result_large_err)]

mod chain_spec;
mod cli;
mod command;
mod database;
mod double_authoring;
mod founding;
mod hints;
#[cfg(test)]
mod hostile_vaults;
mod receipts;
mod rpc;
mod service;

fn main() -> sc_cli::Result<()> {
	command::run()
}
