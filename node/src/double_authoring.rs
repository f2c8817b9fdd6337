//! Watches for seats that author two blocks for one slot, and reports them to the chain.
//!
//! The SDK's import queue notices them too, but only logs them, and keeps headers without their seals,
//! which prove nothing. Every node watches, authority or not: a report needs no key.

use std::{
	collections::{BTreeMap, HashMap},
	sync::Arc,
};

use futures::StreamExt;
use sc_client_api::BlockchainEvents;
use sc_transaction_pool_api::OffchainTransactionPoolFactory;
use sp_api::{ApiExt, ProvideRuntimeApi};
use sp_blockchain::HeaderBackend;
use sp_consensus_aura::{
	digests::CompatibleDigestItem,
	sr25519::{AuthorityId, AuthoritySignature},
	AuraApi,
};
use sp_consensus_slots::{EquivocationProof, Slot};
use sp_runtime::traits::Header as _;
use ward_runtime::{opaque::Block, Hash, Header};
use ward_runtime_api::AuthoritiesApi;

use crate::service::FullClient;

/// For how many slots headers are remembered: half an hour, longer than any fork lives.
const REMEMBERED_SLOTS: u64 = 1_000;

type Proof = EquivocationProof<Header, AuthorityId>;

/// The first header that each author sealed for each of the last slots.
#[derive(Default)]
struct Sealed(BTreeMap<Slot, HashMap<AuthorityId, Header>>);

impl Sealed {
	/// Remembers a header. The proof of double authoring, if the author sealed another one before.
	fn note(&mut self, slot: Slot, author: AuthorityId, header: Header) -> Option<Proof> {
		self.0 = self.0.split_off(&slot.saturating_sub(REMEMBERED_SLOTS));
		let first =
			self.0.entry(slot).or_default().entry(author.clone()).or_insert_with(|| header.clone());
		(first.hash() != header.hash()).then(|| EquivocationProof {
			offender: author,
			slot,
			first_header: first.clone(),
			second_header: header,
		})
	}
}

/// The slot that a header claims.
fn slot_of(header: &Header) -> Option<Slot> {
	let pre_digest = |item| CompatibleDigestItem::<AuthoritySignature>::as_aura_pre_digest(item);
	header.digest().logs().iter().find_map(pre_digest)
}

/// Whose turn the slot was, by the set of authorities before the block.
fn author_of(client: &FullClient, header: &Header, slot: Slot) -> Option<AuthorityId> {
	let authorities = client.runtime_api().authorities(*header.parent_hash()).ok()?;
	let place = slot.checked_rem(authorities.len().try_into().ok()?)?;
	authorities.into_iter().nth(place.try_into().ok()?)
}

/// Sends a report through the node's own pool. The error says why it could not be sent.
fn report(
	client: &FullClient,
	pool: &OffchainTransactionPoolFactory<Block>,
	proof: &Proof,
) -> Result<(), String> {
	let best: Hash = client.info().best_hash;
	let mut api = client.runtime_api();
	api.register_extension(pool.offchain_transaction_pool(best));
	let owner = api
		.key_ownership_proof(best, proof.offender.clone())
		.map_err(|error| error.to_string())?
		.ok_or("the key is not a seat's in this session")?;
	match api.report_double_authoring(best, proof.clone(), owner) {
		Ok(true) => Ok(()),
		Ok(false) => Err("the pool did not take it; it may be reported already".into()),
		Err(error) => Err(error.to_string()),
	}
}

/// Watches every imported block until the node ends.
pub(crate) async fn watch(client: Arc<FullClient>, pool: OffchainTransactionPoolFactory<Block>) {
	let mut sealed = Sealed::default();
	let mut imported = client.every_import_notification_stream();
	while let Some(block) = imported.next().await {
		let Some(slot) = slot_of(&block.header) else { continue };
		let Some(author) = author_of(&client, &block.header, slot) else { continue };
		let Some(proof) = sealed.note(slot, author, block.header) else { continue };
		log::warn!(
			"⚔️  {} authored two blocks for slot {}: {} and {}. The same keys run on two machines.",
			proof.offender,
			*slot,
			proof.first_header.hash(),
			proof.second_header.hash(),
		);
		match report(&client, &pool, &proof) {
			Ok(()) => log::info!("⚖️  Reported the double authoring in slot {}", *slot),
			Err(error) => log::info!("⚖️  No report of slot {}: {error}", *slot),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use sp_core::crypto::UncheckedFrom;

	fn author(number: u8) -> AuthorityId {
		sp_core::sr25519::Public::unchecked_from([number; 32]).into()
	}

	fn header(salt: u8) -> Header {
		Header::new(
			u32::from(salt),
			Default::default(),
			Default::default(),
			Default::default(),
			Default::default(),
		)
	}

	#[test]
	fn a_second_header_of_an_author_for_a_slot_is_proof() {
		let mut sealed = Sealed::default();
		let slot = Slot::from(7);
		assert!(sealed.note(slot, author(1), header(1)).is_none());
		let proof = sealed.note(slot, author(1), header(2)).expect("two headers");
		assert_eq!((proof.slot, proof.offender), (slot, author(1)));
		assert_eq!((proof.first_header, proof.second_header), (header(1), header(2)));
	}

	#[test]
	fn the_same_header_again_another_author_or_another_slot_is_none() {
		let mut sealed = Sealed::default();
		let slot = Slot::from(7);
		assert!(sealed.note(slot, author(1), header(1)).is_none());
		assert!(sealed.note(slot, author(1), header(1)).is_none());
		assert!(sealed.note(slot, author(2), header(2)).is_none());
		assert!(sealed.note(Slot::from(8), author(1), header(2)).is_none());
	}

	#[test]
	fn old_slots_are_forgotten() {
		let mut sealed = Sealed::default();
		for slot in 0..3 * REMEMBERED_SLOTS {
			assert!(sealed.note(Slot::from(slot), author(1), header(1)).is_none());
		}
		assert_eq!(sealed.0.len() as u64, REMEMBERED_SLOTS + 1);
	}
}
