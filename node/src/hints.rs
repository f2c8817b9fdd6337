//! Says what to do where the SDK only says what is wrong.

use pallet_ward_receipts::witness;
use sc_service::Configuration;
use sp_core::crypto::{key_types, KeyTypeId};
use sp_keystore::Keystore;

use crate::receipts::ReceiptsArgs;

/// The keys of an authority, and the schemes that `key insert` needs for them.
const AUTHORITY_KEYS: [(KeyTypeId, &str, &str, &str); 2] = [
	(key_types::AURA, "aura", "sr25519", "author blocks"),
	(key_types::GRANDPA, "gran", "ed25519", "vote on finality"),
];

/// Warns about each key that an authority needs and does not have.
pub(crate) fn warn_of_missing_keys(
	config: &Configuration,
	keystore: &dyn Keystore,
	receipts: &ReceiptsArgs,
) {
	let has_key = |key_type| keystore.keys(key_type).is_ok_and(|keys| !keys.is_empty());
	for (key_type, name, scheme, use_of_it) in AUTHORITY_KEYS {
		if !has_key(key_type) {
			log::warn!(
				"🔑 No `{name}` key in the keystore: this authority cannot {use_of_it}. Insert one \
				 with `ward-node key insert --base-path {} --chain SPEC --scheme {scheme} --key-type \
				 {name} --suri FILE` or rotate all with the RPC `author_rotateKeysWithOwner`, and \
				 register it with `session.setKeys`.",
				config.base_path.path().display(),
			);
		}
	}
	if receipts.is_enabled() && !has_key(witness::KEY_TYPE) {
		log::warn!(
			"🔑 No `wtns` key in the keystore: this authority cannot witness that other centers still hold \
			 their records. Insert one with `ward-node key insert --base-path {} --chain SPEC --scheme \
			 ed25519 --key-type wtns --suri FILE`, and attach its public key to the center with the role \
			 `witness`. `--no-receipts` does without.",
			config.base_path.path().display(),
		);
	}
}

/// Adds a remedy to errors of starting a node that newcomers meet.
pub(crate) fn explain(error: sc_cli::Error) -> sc_cli::Error {
	let text = error.to_string();
	let hint = if text.contains("network key") || text.contains("NetworkKeyNotFound") {
		"an authority never makes up its own network identity. Generate one with `ward-node key \
		 generate-node-key --base-path DIR --chain SPEC`, and keep it with the backups"
	} else if text.contains("Address already in use") {
		"another program uses that port. Choose others with `--port`, `--rpc-port` and \
		 `--prometheus-port`"
	} else if text.contains("lock") && text.contains("database") {
		"another node runs on the same base path. Stop it, or choose another `--base-path`"
	} else {
		return error;
	};
	sc_cli::Error::Input(format!("{text}\nhint: {hint}"))
}
