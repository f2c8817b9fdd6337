//! Running the chain: finality, seats, syncing, storage receipts, and what an authority takes of its machine.

mod blocks;
mod clock;
mod finality;
mod liveness;
mod receipts;
mod seat;
mod sync;

use std::path::Path;

use clap::{Args, Subcommand};
use ward_client::{
	error::{Error, Kind},
	Result,
};

use crate::{load::node::Node, machine::Machine, report::Report};

/// Running the chain
///
/// `scripts/bench network` founds the networks that these need, one after the other.
#[derive(Debug, Args)]
pub(crate) struct NetworkArgs {
	#[command(subcommand)]
	part: Part,
}

#[derive(Debug, Subcommand)]
enum Part {
	Finality(finality::FinalityArgs),
	Receipts(receipts::ReceiptsArgs),
	Seat(seat::SeatArgs),
	Sync(sync::SyncArgs),
}

pub(crate) async fn run(args: &NetworkArgs, machine: Machine) -> Result<Report> {
	match &args.part {
		Part::Finality(args) => finality::run(args, machine).await,
		Part::Receipts(args) => receipts::run(args, machine).await,
		Part::Seat(args) => seat::run(args, machine).await,
		Part::Sync(args) => sync::run(args, machine).await,
	}
}

/// Connects to authorities in the order of their numbers.
async fn connect(network: &Path, urls: &[String], metrics: &[String]) -> Result<Vec<Node>> {
	let mut nodes = Vec::new();
	for (n, url) in urls.iter().enumerate() {
		nodes.push(Node::connect(url, metrics.get(n).cloned(), network, n + 1).await?);
	}
	Ok(nodes)
}

/// The first node's address.
fn first(urls: &[String]) -> Result<&str> {
	let first = urls.first().ok_or_else(|| Error::new(Kind::Usage, "there is no node"))?;
	Ok(first)
}
