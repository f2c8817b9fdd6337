//! A chain in memory that takes real transactions into real blocks: what a node does, without the
//! network.

use codec::Encode;
use pallet_ward_authorities::DEFAULT_SESSION_LENGTH;
use pallet_ward_receipts::FIRST_REFUSAL;
use sp_consensus_aura::{sr25519::AuthorityId as AuraId, Slot, AURA_ENGINE_ID};
use sp_consensus_grandpa::AuthorityId as GrandpaId;
use sp_core::{ed25519, sr25519, Pair, H256};
use sp_runtime::{
	generic::Era,
	traits::{Header as _, SaturatedConversion},
	transaction_validity::{InvalidTransaction, TransactionSource, TransactionValidityError},
	ApplyExtrinsicResult, BuildStorage, Digest, DigestItem, DispatchError, DispatchResult,
	MultiSignature, Storage,
};
use ward_primitives::{refusal::Refusal, Moment};

use super::{account, json_patch, undone, GENESIS};
use crate::{
	genesis_config_presets::{founding_genesis, FoundingCenter, FoundingTerms},
	Executive, Header, Runtime, RuntimeCall, RuntimeGenesisConfig, SessionKeys, SignedPayload,
	System, TxExtension, UncheckedExtrinsic, SLOT_DURATION,
};

/// The number of the pallet whose refusals are its errors.
const RECEIPTS: u8 = 15;

/// The keys of the authority node of the founding center with this number.
pub(super) fn authority_keys(number: u8) -> (sr25519::Pair, ed25519::Pair) {
	(sr25519::Pair::from_seed(&[number; 32]), ed25519::Pair::from_seed(&[number; 32]))
}

/// The public keys of an authority node.
pub(super) fn session_keys((aura, grandpa): &(sr25519::Pair, ed25519::Pair)) -> SessionKeys {
	SessionKeys { aura: AuraId::from(aura.public()), grandpa: GrandpaId::from(grandpa.public()) }
}

/// The call with which `owner` sets the keys of an authority node, and their word that they are its.
pub(super) fn set_keys(
	node: &(sr25519::Pair, ed25519::Pair),
	owner: &ed25519::Pair,
) -> RuntimeCall {
	// Each key signs whose it becomes.
	let statement = [b"POP_".as_slice(), account(owner).as_ref()].concat();
	let proof = (node.0.sign(&statement), node.1.sign(&statement)).encode();
	RuntimeCall::Session(pallet_session::Call::set_keys { keys: session_keys(node), proof })
}

/// The genesis of a consortium: participant 1 is the health authority, the centers follow, and all
/// of them sit in the council.
pub(super) fn genesis(health_authority: &ed25519::Pair, centers: &[ed25519::Pair]) -> Storage {
	genesis_on(
		FoundingTerms { session_length: DEFAULT_SESSION_LENGTH, minimum: 1 },
		health_authority,
		centers,
	)
}

/// The same, with other terms.
pub(super) fn genesis_on(
	terms: FoundingTerms,
	health_authority: &ed25519::Pair,
	centers: &[ed25519::Pair],
) -> Storage {
	let center = |(number, pair)| FoundingCenter {
		account: account(pair),
		keys: session_keys(&authority_keys(number)),
	};
	let centers: Vec<_> = (1..).zip(centers).map(center).collect();
	let patch = founding_genesis(&account(health_authority), &centers, terms);
	let mut config = serde_json::to_value(RuntimeGenesisConfig::default()).expect("it is JSON");
	json_patch(&mut config, patch);
	let config: RuntimeGenesisConfig = serde_json::from_value(config).expect("the patch fits");
	config.build_storage().expect("genesis builds")
}

/// Starts the next block of the chain, authored in `slot`, with its timestamp inherent.
pub(super) fn start_block(slot: u64) {
	let parent = System::block_number();
	let parent_hash = match parent {
		// The genesis block of the tests was never built.
		0 => H256(GENESIS),
		_ => H256::repeat_byte(parent.saturated_into::<u8>()),
	};
	let author = DigestItem::PreRuntime(AURA_ENGINE_ID, Slot::from(slot).encode());
	let digest = Digest { logs: vec![author] };
	let header =
		Header::new(parent + 1, Default::default(), Default::default(), parent_hash, digest);
	Executive::initialize_block(&header);
	let now = pallet_timestamp::Call::set { now: slot * SLOT_DURATION };
	let inherent = UncheckedExtrinsic::new_bare(RuntimeCall::Timestamp(now));
	let applied = Executive::apply_extrinsic(inherent);
	assert_eq!(applied, Ok(Ok(())), "the clock is set");
}

/// Ends the block that was started.
pub(super) fn finish_block() -> Header {
	Executive::finalize_block()
}

/// The slot that a moment lies in.
pub(super) fn slot_of(moment: Moment) -> u64 {
	moment / SLOT_DURATION
}

/// The extensions of the next transaction of `signer`.
pub(super) fn extensions(nonce: u32) -> TxExtension {
	(
		frame_system::AuthorizeCall::new(),
		frame_system::CheckNonZeroSender::new(),
		frame_system::CheckSpecVersion::new(),
		frame_system::CheckTxVersion::new(),
		frame_system::CheckGenesis::new(),
		frame_system::CheckEra::from(Era::immortal()),
		pallet_ward_quota::CheckParticipant::new(),
		pallet_ward_quota::ChargeQuota::new(nonce),
		frame_system::CheckWeight::new(),
		frame_metadata_hash_extension::CheckMetadataHash::new(false),
		frame_system::WeightReclaim::new(),
	)
}

/// A transaction with the signer's next nonce, signed as every client signs it.
pub(super) fn transaction(signer: &ed25519::Pair, call: RuntimeCall) -> UncheckedExtrinsic {
	let who = account(signer);
	let payload = SignedPayload::new(call, extensions(System::account_nonce(&who)))
		.expect("the extensions know this chain");
	let signature = payload.using_encoded(|bytes| MultiSignature::Ed25519(signer.sign(bytes)));
	let (call, extensions, _) = payload.deconstruct();
	UncheckedExtrinsic::new_signed(call, who.into(), signature, extensions)
}

/// Puts a signed transaction into the block.
pub(super) fn submit(signer: &ed25519::Pair, call: RuntimeCall) -> ApplyExtrinsicResult {
	Executive::apply_extrinsic(transaction(signer, call))
}

/// Puts a call into the block that nobody signed, in the form that inherents have.
pub(super) fn submit_bare(call: RuntimeCall) -> ApplyExtrinsicResult {
	Executive::apply_extrinsic(UncheckedExtrinsic::new_bare(call))
}

/// Puts a call into the block that nobody signed, in the form of a transaction with extensions.
pub(super) fn submit_general(call: RuntimeCall) -> ApplyExtrinsicResult {
	Executive::apply_extrinsic(UncheckedExtrinsic::new_transaction(call, extensions(0)))
}

/// Offers a call that nobody signed to the transaction pool of a node, in the form of an inherent.
pub(super) fn offer_bare(source: TransactionSource, call: RuntimeCall) -> ApplyExtrinsicResult {
	offer(source, UncheckedExtrinsic::new_bare(call))
}

/// Offers a call that nobody signed to the transaction pool of a node, with extensions.
pub(super) fn offer_general(source: TransactionSource, call: RuntimeCall) -> ApplyExtrinsicResult {
	offer(source, UncheckedExtrinsic::new_transaction(call, extensions(0)))
}

fn offer(source: TransactionSource, extrinsic: UncheckedExtrinsic) -> ApplyExtrinsicResult {
	let parent = System::parent_hash();
	// A node forgets what asking has changed.
	undone(|| Executive::validate_transaction(source, extrinsic, parent)).map(|_| Ok(()))
}

/// What a transaction or a call came to, in words: `permitted`, the error of the pallet, or why the
/// transaction was refused before anything was called.
pub(super) fn outcome(result: &ApplyExtrinsicResult) -> String {
	match result {
		Ok(dispatched) => dispatch_outcome(dispatched),
		Err(TransactionValidityError::Invalid(InvalidTransaction::Custom(code))) => {
			match code.checked_sub(FIRST_REFUSAL) {
				Some(error) => format!("refused: {}", super::metadata::error_name(RECEIPTS, error)),
				None => {
					let refusal = Refusal::from_code(*code).expect("a refusal of Ward's");
					format!("refused: {refusal:?}")
				},
			}
		},
		Err(TransactionValidityError::Invalid(why)) => format!("refused: {why:?}"),
		Err(TransactionValidityError::Unknown(why)) => format!("refused: {why:?}"),
	}
}

/// What a call came to, in words.
pub(super) fn dispatch_outcome(result: &DispatchResult) -> String {
	match result {
		Ok(()) => "permitted".into(),
		Err(DispatchError::Module(error)) => {
			super::metadata::error_name(error.index, error.error[0]).into()
		},
		Err(error) => format!("{error:?}"),
	}
}

/// The chain's clock.
pub(super) fn now() -> Moment {
	pallet_timestamp::Now::<Runtime>::get()
}
