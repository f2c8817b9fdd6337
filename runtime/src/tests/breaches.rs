//! What proves that an authority broke the rules of consensus: signed with the real keys, as the two
//! machines of a copied node would.

use codec::{Decode, Encode};
use frame_support::traits::KeyOwnerProofSystem;
use pallet_ward_authorities::DoubleAuthoringProof;
use sp_consensus_aura::{
	digests::CompatibleDigestItem,
	sr25519::{AuthorityId as AuraId, AuthoritySignature},
	Slot,
};
use sp_consensus_grandpa::{
	localized_payload, AuthorityId as GrandpaId, Equivocation, EquivocationProof, Message,
	Precommit, Prevote, SetId,
};
use sp_core::{ed25519, sr25519, Pair, H256};
use sp_runtime::{key_types, traits::Header as _, Digest, DigestItem};
use sp_session::MembershipProof;

use crate::{Hash, Header, Historical, Runtime, RuntimeCall};

/// The two kinds of votes of GRANDPA.
#[derive(Clone, Copy, Debug)]
pub(super) enum Vote {
	Prevote,
	Precommit,
}

/// A header that `author` sealed for a slot; `salt` tells several apart.
pub(super) fn sealed(author: &sr25519::Pair, slot: u64, salt: u8) -> Header {
	let slot = CompatibleDigestItem::<AuthoritySignature>::aura_pre_digest(Slot::from(slot));
	let digest = Digest { logs: vec![slot, DigestItem::Other(vec![salt])] };
	let mut header =
		Header::new(9, Default::default(), Default::default(), Default::default(), digest);
	let seal = AuthoritySignature::from(author.sign(header.hash().as_ref()));
	header.digest_mut().push(DigestItem::aura_seal(seal));
	header
}

/// The proof that `author` sealed two blocks for a slot.
pub(super) fn double_authoring(
	author: &sr25519::Pair,
	slot: u64,
) -> Box<DoubleAuthoringProof<Runtime>> {
	Box::new(DoubleAuthoringProof::<Runtime> {
		offender: AuraId::from(author.public()),
		slot: slot.into(),
		first_header: sealed(author, slot, 1),
		second_header: sealed(author, slot, 2),
	})
}

/// The proof that this Aura key is a seat's in the running session; worth nothing if it is not.
pub(super) fn author_proof(author: &sr25519::Pair) -> MembershipProof {
	let key = AuraId::from(author.public());
	Historical::prove((key_types::AURA, key)).expect("all seats have keys")
}

/// The proof that this GRANDPA key is a seat's in the running session; worth nothing if it is not.
pub(super) fn voter_proof(voter: &ed25519::Pair) -> MembershipProof {
	let key = GrandpaId::from(voter.public());
	Historical::prove((key_types::GRANDPA, key)).expect("all seats have keys")
}

/// The proof that `voter` voted for both blocks in a round.
pub(super) fn double_voting(
	voter: &ed25519::Pair,
	vote: Vote,
	(set, round): (SetId, u64),
	blocks: [u8; 2],
) -> Box<EquivocationProof<Hash, u32>> {
	double_voting_signed(voter, voter, vote, (set, round), blocks)
}

/// The same, but the second vote is signed with another key.
pub(super) fn double_voting_signed(
	voter: &ed25519::Pair,
	second: &ed25519::Pair,
	vote: Vote,
	(set, round): (SetId, u64),
	blocks: [u8; 2],
) -> Box<EquivocationProof<Hash, u32>> {
	let (number, hash) = (9, H256::repeat_byte);
	let signed = |key: &ed25519::Pair, block: u8| {
		let message = match vote {
			Vote::Prevote => {
				Message::<Header>::Prevote(Prevote::<Header>::new(hash(block), number))
			},
			Vote::Precommit => {
				Message::<Header>::Precommit(Precommit::<Header>::new(hash(block), number))
			},
		};
		let signature = key.sign(&localized_payload(round, set, &message));
		// A vote of either kind is a block's hash and number.
		(hash(block), number, signature)
	};
	let both = (round, voter.public(), signed(voter, blocks[0]), signed(second, blocks[1]));
	let bytes = both.encode();
	let equivocation = match vote {
		Vote::Prevote => Equivocation::Prevote(Decode::decode(&mut &bytes[..]).expect("its form")),
		Vote::Precommit => {
			Equivocation::Precommit(Decode::decode(&mut &bytes[..]).expect("its form"))
		},
	};
	Box::new(EquivocationProof::new(set, equivocation))
}

/// The call with which a node reports double authoring.
pub(super) fn report_authoring(
	equivocation_proof: Box<DoubleAuthoringProof<Runtime>>,
	key_owner_proof: MembershipProof,
) -> RuntimeCall {
	let report = pallet_ward_authorities::Call::report_double_authoring {
		equivocation_proof,
		key_owner_proof,
	};
	RuntimeCall::Authorities(report)
}

/// The call with which a node reports double voting.
pub(super) fn report_voting(
	equivocation_proof: Box<EquivocationProof<Hash, u32>>,
	key_owner_proof: MembershipProof,
) -> RuntimeCall {
	let report =
		pallet_grandpa::Call::report_equivocation_unsigned { equivocation_proof, key_owner_proof };
	RuntimeCall::Grandpa(report)
}
