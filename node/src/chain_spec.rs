//! The chains that the node knows by name.

use sc_service::{ChainType, Properties};
use ward_runtime::WASM_BINARY;

/// A chain spec without extensions.
pub(crate) type ChainSpec = sc_service::GenericChainSpec;

/// The runtime that was built with this node.
pub(crate) fn wasm_binary() -> Result<&'static [u8], String> {
	WASM_BINARY.ok_or_else(|| {
		"this node was built without its runtime (SKIP_WASM_BUILD was set); build it again without \
		 that variable"
			.into()
	})
}

/// What wallets need to know. Ward has no token, and polkadot.js apps would call it "Unit" unless
/// told otherwise.
pub(crate) fn properties() -> Properties {
	let mut properties = Properties::new();
	properties.insert("ss58Format".into(), 42.into());
	properties.insert("tokenDecimals".into(), 0.into());
	properties.insert("tokenSymbol".into(), "none".into());
	properties
}

/// One authority with well-known keys, for a developer's machine.
pub(crate) fn development() -> Result<ChainSpec, String> {
	Ok(ChainSpec::builder(wasm_binary()?, None)
		.with_name("Ward development")
		.with_id("ward_dev")
		.with_chain_type(ChainType::Development)
		.with_properties(properties())
		.with_genesis_config_preset_name(sp_genesis_builder::DEV_RUNTIME_PRESET)
		.build())
}

/// Four authorities with well-known keys, for a network on one machine.
pub(crate) fn local_testnet() -> Result<ChainSpec, String> {
	Ok(ChainSpec::builder(wasm_binary()?, None)
		.with_name("Ward local testnet")
		.with_id("ward_local")
		.with_chain_type(ChainType::Local)
		.with_properties(properties())
		.with_genesis_config_preset_name(sp_genesis_builder::LOCAL_TESTNET_RUNTIME_PRESET)
		.build())
}
