//! How a chain starts: the founding members of a consortium.
//!
//! The presets are for development and have well-known keys. A real consortium makes its own with
//! `ward-node found`, which uses [`founding_genesis`] too.

use alloc::{string::ToString, vec, vec::Vec};
use pallet_ward_authorities::{SeatId, DEFAULT_SESSION_LENGTH};
use pallet_ward_receipts::DEFAULT_EPOCH_LENGTH;
use serde_json::{json, Value};
use sp_consensus_aura::sr25519::AuthorityId as AuraId;
use sp_consensus_grandpa::AuthorityId as GrandpaId;
use sp_genesis_builder::{PresetId, DEV_RUNTIME_PRESET, LOCAL_TESTNET_RUNTIME_PRESET};
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};
use ward_primitives::{ParticipantId, Role};

use crate::{AccountId, SessionKeys};

/// A medical center that founds the chain with a seat among its authorities.
#[derive(Clone, Debug)]
pub struct FoundingCenter {
	/// The center's main account.
	pub account: AccountId,
	/// The keys of its authority node.
	pub keys: SessionKeys,
}

/// What a consortium agrees on before it starts; the council can change it later.
#[derive(Clone, Copy, Debug)]
pub struct FoundingTerms {
	/// How many blocks a session lasts.
	pub session_length: u32,
	/// The fewest seats that the set of authorities may have.
	pub minimum: u32,
}

/// The genesis patch of a consortium.
///
/// The health authority becomes participant 1 and sponsors the centers, which become participants 2
/// and up, in their order, with a seat each. All of them form the council. What is to be otherwise than by
/// default is changed in the patch, such as `receipts.epochLength`.
pub fn founding_genesis(
	health_authority: &AccountId,
	centers: &[FoundingCenter],
	terms: FoundingTerms,
) -> Value {
	let sponsor = ParticipantId(1);
	let founder = |account: &AccountId, role: Role, sponsor: Option<ParticipantId>| json!({ "account": account, "role": role, "sponsor": sponsor });
	let mut participants = vec![founder(health_authority, Role::HealthAuthority, None)];
	let mut session_keys = Vec::new();
	let mut seats = Vec::new();
	for (number, center) in (2..).zip(centers) {
		participants.push(founder(&center.account, Role::MedicalCenter, Some(sponsor)));
		session_keys.push((&center.account, SeatId(ParticipantId(number)), &center.keys));
		seats.push(ParticipantId(number));
	}
	json!({
		"participants": { "participants": participants },
		"session": { "keys": session_keys },
		"authorities": {
			"seats": seats,
			"minimum": terms.minimum,
			"sessionLength": terms.session_length,
		},
		"receipts": { "epochLength": DEFAULT_EPOCH_LENGTH },
	})
}

/// The terms of the presets.
const DEVELOPMENT_TERMS: FoundingTerms =
	FoundingTerms { session_length: DEFAULT_SESSION_LENGTH, minimum: 1 };

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
	founding_genesis(&Sr25519Keyring::Ferdie.to_account_id(), &[alice], DEVELOPMENT_TERMS)
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
	founding_genesis(&Sr25519Keyring::Ferdie.to_account_id(), &centers, DEVELOPMENT_TERMS)
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
