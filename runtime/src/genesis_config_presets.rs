//! How a chain starts: the founding members of a consortium.
//!
//! The presets are for development and have well-known keys. A real consortium makes its own with
//! `ward-node found`, which uses [`founding_genesis`] too.

use alloc::{string::ToString, vec, vec::Vec};
use serde_json::{json, Value};
use sp_consensus_aura::sr25519::AuthorityId as AuraId;
use sp_consensus_grandpa::AuthorityId as GrandpaId;
use sp_genesis_builder::{PresetId, DEV_RUNTIME_PRESET, LOCAL_TESTNET_RUNTIME_PRESET};
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};
use ward_primitives::{ParticipantId, Role};

use crate::{configs::SeatId, AccountId, SessionKeys};

/// A medical center that founds the chain with a seat among its authorities.
#[derive(Clone, Debug)]
pub struct FoundingCenter {
	/// The center's main account.
	pub account: AccountId,
	/// The keys of its authority node.
	pub keys: SessionKeys,
}

/// The genesis patch of a consortium.
///
/// The health authority becomes participant 1 and sponsors the centers, which become participants 2
/// and up, in their order. All of them form the council.
pub fn founding_genesis(health_authority: AccountId, centers: &[FoundingCenter]) -> Value {
	let sponsor = ParticipantId(1);
	let founder = |account: &AccountId, role: Role, sponsor: Option<ParticipantId>| json!({ "account": account, "role": role, "sponsor": sponsor });
	let mut participants = vec![founder(&health_authority, Role::HealthAuthority, None)];
	let mut session_keys = Vec::new();
	let mut council = vec![health_authority];
	for (number, center) in (2..).zip(centers) {
		participants.push(founder(&center.account, Role::MedicalCenter, Some(sponsor)));
		session_keys.push((&center.account, SeatId(ParticipantId(number)), &center.keys));
		council.push(center.account.clone());
	}
	json!({
		"participants": { "participants": participants },
		"session": { "keys": session_keys },
		"council": { "members": council },
	})
}

/// A founding center with the well-known keys of `name`.
fn well_known_center(account: Sr25519Keyring, grandpa: Ed25519Keyring) -> FoundingCenter {
	FoundingCenter {
		account: account.to_account_id(),
		keys: SessionKeys {
			aura: AuraId::from(account.public()),
			grandpa: GrandpaId::from(grandpa.public()),
		},
	}
}

/// One authority, Alice, and Ferdie as health authority.
fn development() -> Value {
	let alice = well_known_center(Sr25519Keyring::Alice, Ed25519Keyring::Alice);
	founding_genesis(Sr25519Keyring::Ferdie.to_account_id(), &[alice])
}

/// Four authorities, Alice to Dave, and Ferdie as health authority.
fn local_testnet() -> Value {
	let centers = [
		(Sr25519Keyring::Alice, Ed25519Keyring::Alice),
		(Sr25519Keyring::Bob, Ed25519Keyring::Bob),
		(Sr25519Keyring::Charlie, Ed25519Keyring::Charlie),
		(Sr25519Keyring::Dave, Ed25519Keyring::Dave),
	]
	.map(|(account, grandpa)| well_known_center(account, grandpa));
	founding_genesis(Sr25519Keyring::Ferdie.to_account_id(), &centers)
}

/// The genesis patch of the preset with this name, as JSON.
pub fn get_preset(id: &PresetId) -> Option<Vec<u8>> {
	let patch = match id.as_ref() {
		DEV_RUNTIME_PRESET => development(),
		LOCAL_TESTNET_RUNTIME_PRESET => local_testnet(),
		_ => return None,
	};
	Some(patch.to_string().into_bytes())
}

/// The names of all presets.
pub fn preset_names() -> Vec<PresetId> {
	vec![PresetId::from(DEV_RUNTIME_PRESET), PresetId::from(LOCAL_TESTNET_RUNTIME_PRESET)]
}
