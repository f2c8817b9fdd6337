//! The flags.

use std::net::IpAddr;

use pallet_ward_receipts::worker::Settings;

/// What the operator allows the node in fetching storage receipts.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct ReceiptsArgs {
	/// Fetch no storage receipts, although this node may be a witness. Others have to do its part.
	#[arg(long)]
	no_receipts: bool,

	/// Ask vaults on this machine for storage receipts, over plain http, too. For development: on a server
	/// anything that listens there could be asked in a center's name.
	#[arg(long)]
	receipts_allow_loopback: bool,

	/// Ask a vault at this address for storage receipts although it is not in the public Internet: private,
	/// link-local or of a carrier. Repeat it for each. Vaults with a name need no such permission.
	#[arg(long = "receipts-allow-address", value_name = "IP")]
	receipts_allow_addresses: Vec<IpAddr>,
}

impl ReceiptsArgs {
	/// The form in which the off-chain worker reads it.
	pub(crate) fn settings(&self) -> Settings {
		Settings {
			enabled: !self.no_receipts,
			loopback: self.receipts_allow_loopback,
			allowed: self
				.receipts_allow_addresses
				.iter()
				.map(|address| (*address).into())
				.collect(),
		}
	}

	/// Whether the node fetches storage receipts.
	pub(crate) const fn is_enabled(&self) -> bool {
		!self.no_receipts
	}
}
