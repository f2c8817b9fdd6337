//! The key with which a node's off-chain worker signs its requests to vaults and its reports.
//!
//! It lies in the node's keystore under the type `wtns`, is of Ed25519, and is attached to the seat's center
//! with the `witness` role. It can sign no call, so a node that is broken into can govern nothing.

use alloc::vec::Vec;
use codec::Encode;
use sp_application_crypto::{KeyTypeId, RuntimeAppPublic};
use ward_primitives::{traits::ReadParticipants, KeyBytes, ParticipantId};

/// The type of witness keys in a keystore.
pub const KEY_TYPE: KeyTypeId = KeyTypeId(*b"wtns");

mod ed25519 {
	use sp_application_crypto::{app_crypto, ed25519};
	app_crypto!(ed25519, super::KEY_TYPE);
}

/// A witness key in the keystore.
pub type WitnessId = ed25519::Public;

/// A signature of a witness key.
pub type WitnessSignature = ed25519::Signature;

/// The witness that this node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness<Id> {
	/// Its key in the keystore.
	id: Id,
	/// The public key.
	pub key: KeyBytes,
	/// The seat whose witness key it is.
	pub seat: ParticipantId,
}

/// Why a node is no witness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoWitness {
	/// There is no witness key in the keystore.
	NoKey,
	/// There is one, but no seat's that witnesses are drawn from: the first.
	NoSeat(KeyBytes),
}

impl<Id: RuntimeAppPublic> Witness<Id> {
	/// The first key in the keystore that is one of these seats'.
	///
	/// # Errors
	/// [`NoWitness`].
	pub fn find<Participants: ReadParticipants>(
		seats: &[ParticipantId],
	) -> Result<Self, NoWitness> {
		let with_key = |id: Id| Some((KeyBytes::try_from(id.to_raw_vec()).ok()?, id));
		let keys: Vec<_> = Id::all().into_iter().filter_map(with_key).collect();
		let (first, _) = keys.first().ok_or(NoWitness::NoKey)?;
		let first = *first;
		let at_seat = |(key, id)| {
			let seat = Participants::witness_of(&key).filter(|seat| seats.contains(seat))?;
			Some(Self { id, key, seat })
		};
		keys.into_iter().find_map(at_seat).ok_or(NoWitness::NoSeat(first))
	}

	/// Signs a message; none if the key is in the keystore no longer.
	pub fn sign(&self, message: &[u8]) -> Option<[u8; 64]> {
		self.id.sign(&message)?.encode().try_into().ok()
	}
}
