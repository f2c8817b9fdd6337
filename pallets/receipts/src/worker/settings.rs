//! What the node's operator decided: the node writes it to the local storage at each start.

use alloc::vec::Vec;
use codec::{Decode, Encode};
use sp_runtime::offchain::storage::StorageValueRef;

use super::address::Address;

/// Where the settings lie in the persistent local storage.
pub const SETTINGS_KEY: &[u8] = b"ward/receipts/settings";

/// The operator's decisions.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Settings {
	/// Whether this node fetches receipts at all.
	pub enabled: bool,
	/// Whether vaults on the machine's own addresses are asked, over plain `http`, too.
	pub loopback: bool,
	/// Addresses outside of the public Internet that are asked all the same.
	pub allowed: Vec<Address>,
}

impl Default for Settings {
	fn default() -> Self {
		Self { enabled: true, loopback: false, allowed: Vec::new() }
	}
}

impl Settings {
	/// What the node wrote; the strictest where it wrote nothing that can be read.
	pub fn read() -> Self {
		StorageValueRef::persistent(SETTINGS_KEY).get().ok().flatten().unwrap_or_default()
	}
}
