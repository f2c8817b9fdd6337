use super::*;
use crate::testing::metadata;
use codec::{Compact, Encode};
use std::sync::Arc;
use subxt::{
	client::OfflineClient,
	config::{substrate::SpecVersionForRange, SubstrateConfig},
};
use ward_crypto::request::{verify_signature, RequestKey};
use ward_primitives::{NewRecord, ParticipantId};

const GENESIS: Digest = [1; 32];
const BLOCK: Digest = [2; 32];

fn record() -> NewRecord {
	NewRecord {
		patient: ParticipantId(3),
		on_behalf_of: None,
		commitment: [4; 32],
		attributes: [5; 32],
		content_root: [6; 32],
		size: 7,
		deposits: Default::default(),
	}
}

fn sign(call: Call) -> Result<Transaction, ChainError> {
	let versions =
		SpecVersionForRange { block_range: 0..u64::MAX, spec_version: 100, transaction_version: 9 };
	let config = SubstrateConfig::builder()
		.set_genesis_hash(GENESIS.into())
		.set_spec_version_for_block_ranges([versions])
		.set_metadata_for_spec_versions([(100, Arc::new(metadata()))])
		.build();
	let client = OfflineClient::new_with_config(WardConfig::from(config)).at_block(130u64).unwrap();
	Transaction::sign(&client, BLOCK, &RequestKey::from_seed([8; 32]), 5, call)
}

#[test]
fn a_transaction_has_the_bytes_that_the_runtime_expects() {
	let key = RequestKey::from_seed([8; 32]);
	let call = (7u8, 4u8, record()).encode();
	// Period 64 (the sixth power of two) from block 130 on, which is 2 modulo 64.
	let era = (5u16 | 2 << 4).to_le_bytes();
	let extensions = (era, Compact(5u32), 0u8).encode();
	let implicit = (100u32, 9u32, GENESIS, BLOCK, None::<Digest>).encode();

	let transaction = sign(Call::anchor(&record())).unwrap();
	let payload = [&call[..], &extensions, &implicit].concat();
	let payload = if payload.len() > 256 { blake2_256(&payload).to_vec() } else { payload };
	let head = [&[0x84, 0][..], &key.public(), &[0]].concat();
	let body = &<Vec<u8> as codec::Decode>::decode(&mut &transaction.bytes[..]).unwrap()[..];
	let rest = body.strip_prefix(&head[..]).expect("version 4, signed, account, Ed25519");
	let (signature, rest) = rest.split_first_chunk::<64>().unwrap();
	assert!(verify_signature(&key.public(), &payload, signature));
	assert_eq!(rest, [extensions, call].concat());
	assert_eq!(transaction.hash, blake2_256(&transaction.bytes));
	assert_eq!(transaction.signed_at, 130);
}

#[test]
fn a_long_call_is_signed_by_its_hash() {
	let records = vec![record(); 3];
	let transaction = sign(Call::anchor_batch(&records)).unwrap();
	let call = (7u8, 6u8, records).encode();
	assert!(transaction.bytes.ends_with(&call) && call.len() > 256);
	let era = (5u16 | 2 << 4).to_le_bytes();
	let extra = (era, Compact(5u32), 0u8, 100u32, 9u32, GENESIS, BLOCK, None::<Digest>).encode();
	let payload = blake2_256(&[call, extra].concat());
	let signature = transaction.bytes[2 + 2 + 32 + 1..][..64].try_into().unwrap();
	assert!(verify_signature(&RequestKey::from_seed([8; 32]).public(), &payload, signature));
}

#[test]
fn a_call_that_the_runtime_lacks_is_named() {
	let lacks = |call| match sign(call) {
		Err(ChainError::Unsupported { what }) => what,
		other => panic!("{other:?}"),
	};
	assert_eq!(lacks(Call::withdraw(ward_primitives::GrantId(1))), "call Consent.withdraw");
	assert_eq!(
		lacks(Call::supersede(ward_primitives::RecordId([0; 32]), &record())),
		"call Records.supersede"
	);
}

#[test]
fn arguments_of_other_types_are_not_sent() {
	for args in [vec![], record().encode()[1..].to_vec(), [record().encode(), vec![0]].concat()] {
		let call = Call { args, ..Call::anchor(&record()) };
		let refused = sign(call);
		assert!(matches!(refused, Err(ChainError::Unsupported { .. })), "{refused:?}");
	}
}

#[test]
fn an_enrolment_carries_its_proof_as_an_ed25519_multi_signature() {
	use ward_primitives::{
		participant::{SealingKey, SealingSuite},
		Role,
	};
	let sealing_key = SealingKey { suite: SealingSuite::XWing, digest: [3; 32] };
	let call = Call::enrol(Role::Patient, [1; 32], sealing_key, true, 9, [2; 64]);
	let expected =
		[&[3][..], &[1; 32], &[1], &[3; 32], &[1], &9u64.to_le_bytes(), &[0], &[2; 64]].concat();
	assert_eq!(call.args, expected);
	assert!(sign(call).unwrap().bytes.ends_with(&[&[5, 3][..], &expected].concat()));
}
