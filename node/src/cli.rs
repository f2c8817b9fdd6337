//! The command line.

use sc_cli::RunCmd;

use crate::{founding::FoundCmd, receipts::ReceiptsArgs};

/// The node's arguments.
///
/// The pool of the SDK's choice, `fork-aware`, drops and bans a call that comes while it prepares for a
/// new block, if an earlier call of the same account is known only to what it has prepared: under load it
/// loses accepted calls for half an hour (docs/performance.md has the trace).
#[derive(Debug, clap::Parser)]
#[command(mut_arg("pool_type", |pool| pool.default_value("single-state")))]
pub(crate) struct Cli {
	/// What to do instead of running the node.
	#[command(subcommand)]
	pub(crate) subcommand: Option<Subcommand>,

	/// How to run the node.
	#[clap(flatten)]
	pub(crate) run: RunCmd,

	/// What the node may do to fetch storage receipts.
	#[clap(flatten)]
	pub(crate) receipts: ReceiptsArgs,
}

/// What the program does besides running a node.
#[derive(Debug, clap::Subcommand)]
#[allow(clippy::large_enum_variant)]
pub(crate) enum Subcommand {
	/// Generate, insert and inspect keys.
	#[command(subcommand)]
	Key(sc_cli::KeySubcommand),

	/// Write the chain spec of a new consortium, from the keys of its founders.
	Found(FoundCmd),

	/// Export a chain spec, plain or raw.
	ExportChainSpec(sc_cli::ExportChainSpecCmd),

	/// Check a block by executing it again.
	CheckBlock(sc_cli::CheckBlockCmd),

	/// Export blocks to a file.
	ExportBlocks(sc_cli::ExportBlocksCmd),

	/// Export the state of a block into a chain spec.
	ExportState(sc_cli::ExportStateCmd),

	/// Import blocks from a file.
	ImportBlocks(sc_cli::ImportBlocksCmd),

	/// Delete the whole chain from this machine. Keys stay.
	PurgeChain(sc_cli::PurgeChainCmd),

	/// Take back blocks that are not finalized.
	Revert(sc_cli::RevertCmd),

	/// Show what the database holds.
	ChainInfo(sc_cli::ChainInfoCmd),
}

#[cfg(test)]
mod tests {
	use super::*;
	use clap::Parser;
	use sc_cli::TransactionPoolType;

	#[test]
	fn the_pool_that_loses_no_calls_is_the_default() {
		let pool = |args: &[&str]| Cli::parse_from(args).run.pool_config.pool_type;
		assert!(matches!(pool(&["ward-node"]), TransactionPoolType::SingleState));
		let chosen = ["ward-node", "--pool-type", "fork-aware"];
		assert!(matches!(pool(&chosen), TransactionPoolType::ForkAware));
	}
}
