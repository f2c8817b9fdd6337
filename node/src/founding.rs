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
		let terms = FoundingTerms { session_length: self.session_length, minimum: self.minimum };
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
			.with_genesis_config_patch(founding_genesis(
				&self.health_authority,
				&self.centers,
				terms,
			))
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
