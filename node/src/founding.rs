//! Writes the chain spec of a new consortium.

use std::{borrow::Cow, path::PathBuf, str::FromStr};

use sc_service::{config::MultiaddrWithPeerId, ChainSpec as _, ChainType};
use ward_runtime::{
	genesis_config_presets::{founding_genesis, FoundingCenter, FoundingTerms},
	AccountId, SessionKeys,
};

use crate::chain_spec::{properties, wasm_binary, ChainSpec};

/// Write the chain spec of a new consortium.
///
/// Every founder generates its own keys and hands over only the public ones:
///
///   ward-node key generate --scheme ed25519      # the account, and the same for GRANDPA
///   ward-node key generate --scheme sr25519      # for Aura
///
/// All founders then start from the same file, and check that it is the same.
#[derive(Debug, clap::Args)]
pub(crate) struct FoundCmd {
	/// The name of the chain, for people.
	#[arg(long)]
	name: String,

	/// The identifier of the chain, for directories: lower-case letters, digits and `_`.
	#[arg(long, value_parser = chain_id)]
	id: String,

	/// The health authority's account, as SS58 address or 0x hex.
	#[arg(long, value_name = "ACCOUNT")]
	health_authority: AccountId,

	/// A founding medical center: its account, its Aura key and its GRANDPA key, each as SS58 address
	/// or 0x hex. Repeat it for each of them; with four, one may fail.
	#[arg(long = "center", value_name = "ACCOUNT,AURA,GRANDPA", required = true, value_parser = founding_center)]
	centers: Vec<FoundingCenter>,

	/// How many blocks a session lasts, 5 to 43,200 of two seconds each: a change of the seats or of
	/// their keys takes effect at the second session boundary after it. The council can change it.
	#[arg(long, value_name = "BLOCKS", default_value_t = 300, value_parser = clap::value_parser!(u32).range(5..=43_200))]
	session_length: u32,

	/// The fewest seats that the set of authorities may have; not more than there are founding centers.
	/// The council can change it.
	#[arg(long, value_name = "SEATS", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=64))]
	minimum: u32,

	/// How long an epoch of storage receipts lasts, 4 seconds to 7 days: in each of them the centers look once
	/// at what the others hold. Six hours if omitted. The council can change it.
	#[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(4..=604_800))]
	receipt_epoch: Option<u64>,

	/// The address of a node that newcomers connect to first. Repeatable.
	#[arg(long = "bootnode", value_name = "MULTIADDR")]
	bootnodes: Vec<MultiaddrWithPeerId>,

	/// The runtime that the chain starts with, as `scripts/runtime build` makes it: every founder can build
	/// the same bytes and compare their hash. The runtime that is built into this node if omitted.
	#[arg(long, value_name = "FILE")]
	runtime: Option<PathBuf>,

	/// Write the genesis state itself instead of the founders' keys. Nodes with another runtime built
	/// in then start from the same genesis.
	#[arg(long)]
	raw: bool,

	/// Where to write it; standard output if omitted.
	#[arg(long, value_name = "FILE")]
	output: Option<PathBuf>,
}

fn chain_id(text: &str) -> Result<String, String> {
	let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
	match !text.is_empty() && text.chars().all(is_allowed) {
		true => Ok(text.into()),
		false => Err("use lower-case letters, digits and `_` only".into()),
	}
}

fn founding_center(text: &str) -> Result<FoundingCenter, String> {
	let key = |part: &str, what| {
		AccountId::from_str(part.trim()).map_err(|error| format!("{what} key `{part}`: {error}"))
	};
	match text.split(',').collect::<Vec<_>>()[..] {
		[account, aura, grandpa] => Ok(FoundingCenter {
			account: key(account, "account")?,
			keys: SessionKeys {
				aura: sp_core::sr25519::Public::from_raw(key(aura, "Aura")?.into()).into(),
				grandpa: sp_core::ed25519::Public::from_raw(key(grandpa, "GRANDPA")?.into()).into(),
			},
		}),
		_ => Err("expected three keys: ACCOUNT,AURA,GRANDPA".into()),
	}
}

impl FoundCmd {
	/// What the founders agreed on, as a patch of the runtime's genesis.
	fn genesis(&self) -> serde_json::Value {
		let terms = FoundingTerms { session_length: self.session_length, minimum: self.minimum };
		let mut genesis = founding_genesis(&self.health_authority, &self.centers, terms);
		if let Some(seconds) = self.receipt_epoch {
			genesis["receipts"]["epochLength"] = seconds.saturating_mul(1_000).into();
		}
		genesis
	}

	/// Writes the spec.
	pub(crate) fn run(&self) -> sc_cli::Result<()> {
		if self.minimum as usize > self.centers.len() {
			return Err(sc_cli::Error::Input(format!(
				"a minimum of {} seats is more than the {} founding centers\nhint: lower --minimum, or name \
				 more centers",
				self.minimum,
				self.centers.len()
			)));
		}
		let runtime = match &self.runtime {
			Some(path) => Cow::Owned(std::fs::read(path).map_err(|error| {
				sc_cli::Error::Input(format!("the runtime {}: {error}", path.display()))
			})?),
			None => Cow::Borrowed(wasm_binary()?),
		};
		let spec = ChainSpec::builder(&runtime, None)
			.with_name(&self.name)
			.with_id(&self.id)
			.with_chain_type(ChainType::Live)
			.with_properties(properties())
			.with_boot_nodes(self.bootnodes.clone())
			.with_genesis_config_patch(self.genesis())
			.build();
		// What cannot found the chain shows here, and not when the nodes start.
		spec.as_storage_builder().build_storage().map_err(|error| {
			sc_cli::Error::Input(format!("the runtime does not found this chain: {error}"))
		})?;
		let json = spec.as_json(self.raw)?;
		match &self.output {
			Some(path) => std::fs::write(path, json)?,
			None => println!("{json}"),
		}
		Ok(())
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use clap::Parser;
	use pallet_ward_receipts::DEFAULT_EPOCH_LENGTH;
	use sp_runtime::BuildStorage;
	use ward_runtime::{Runtime, RuntimeGenesisConfig};

	/// The length of an epoch in the chain that these arguments found.
	fn epoch_length(args: &[&str]) -> Result<u64, clap::Error> {
		let key = |byte: u8| format!("0x{}", format!("{byte:02x}").repeat(32));
		let center = format!("{},{},{}", key(2), key(3), key(4));
		let always = ["found", "--name", "Test", "--id", "test", "--health-authority"];
		let always = always.into_iter().map(str::to_owned);
		let always = always.chain([key(1), "--center".into(), center]);
		let found = Founding::try_parse_from(always.chain(args.iter().map(|arg| (*arg).into())))?;
		let mut config = serde_json::to_value(RuntimeGenesisConfig::default()).expect("JSON");
		sc_chain_spec::json_patch::merge(&mut config, found.command.genesis());
		let config: RuntimeGenesisConfig = serde_json::from_value(config).expect("it fits");
		let storage = config.build_storage().expect("it founds a chain");
		let mut state = sp_io::TestExternalities::new(storage);
		Ok(state.execute_with(pallet_ward_receipts::EpochLength::<Runtime>::get))
	}

	#[derive(Debug, clap::Parser)]
	struct Founding {
		#[clap(flatten)]
		command: FoundCmd,
	}

	#[test]
	fn the_founders_choose_how_long_an_epoch_of_receipts_lasts() {
		assert_eq!(epoch_length(&[]).ok(), Some(DEFAULT_EPOCH_LENGTH));
		assert_eq!(epoch_length(&["--receipt-epoch", "30"]).ok(), Some(30_000));
		assert_eq!(epoch_length(&["--receipt-epoch", "604800"]).ok(), Some(604_800_000));
		for wrong in ["0", "3", "604801", "-1", "1h"] {
			assert!(epoch_length(&["--receipt-epoch", wrong]).is_err(), "{wrong}");
		}
	}
}
