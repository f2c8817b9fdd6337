//! Tests over the whole runtime.

mod authorities;
mod authority;
mod breaches;
mod chain;
mod foreign;
mod genesis;
mod governance;
mod histories;
mod metadata;
mod reads;
mod receipts;
mod story;
#[cfg(feature = "runtime-benchmarks")]
mod weights;

use frame_support::storage::with_transaction;
#[cfg(feature = "try-runtime")]
use frame_support::traits::{PalletsInfoAccess, TryState, TryStateSelect};
use sp_consensus_aura::Slot;
use sp_core::{ed25519, storage::Storage, Pair};
use sp_genesis_builder::LOCAL_TESTNET_RUNTIME_PRESET;
use sp_io::TestExternalities;
use sp_runtime::{BuildStorage, DispatchError, MultiSignature, TransactionOutcome};
use ward_primitives::{
	participant::{SealingKey, SealingSuite},
	proof::Enrolment,
	Moment, ParticipantId, Role,
};

use crate::{
	genesis_config_presets::get_preset, AccountId, Participants, Runtime, RuntimeEvent,
	RuntimeGenesisConfig, RuntimeOrigin, System, Timestamp, SLOT_DURATION,
};

/// The genesis hash that the test chain pretends to have.
const GENESIS: [u8; 32] = [0xee; 32];

/// When the tests take place.
const START: Moment = 1_800_000_000_000;

/// The state in which a preset's chain starts.
fn genesis_storage(preset: &str) -> Storage {
	let patch = get_preset(&preset.into()).expect("the preset exists");
	let mut config = serde_json::to_value(RuntimeGenesisConfig::default()).expect("it is JSON");
	let patch = serde_json::from_slice(&patch).expect("a preset is JSON");
	json_patch(&mut config, patch);
	let config: RuntimeGenesisConfig = serde_json::from_value(config).expect("the patch fits");
	config.build_storage().expect("genesis builds")
}

/// The chain of the preset with four authorities, at its first block.
fn local_testnet() -> TestExternalities {
	let mut ext = TestExternalities::new(genesis_storage(LOCAL_TESTNET_RUNTIME_PRESET));
	ext.execute_with(|| {
		System::set_block_number(1);
		frame_system::BlockHash::<Runtime>::insert(0, sp_core::H256(GENESIS));
		set_time(START);
	});
	ext
}

/// Merges objects, replaces everything else: what the node does with presets.
fn json_patch(target: &mut serde_json::Value, patch: serde_json::Value) {
	match (target, patch) {
		(serde_json::Value::Object(target), serde_json::Value::Object(patch)) => {
			for (key, value) in patch {
				json_patch(target.entry(key).or_insert(serde_json::Value::Null), value);
			}
		},
		(target, patch) => *target = patch,
	}
}

/// Moves the clock, and with it the slot that the block is in.
fn set_time(now: Moment) {
	pallet_timestamp::Now::<Runtime>::put(now);
	pallet_aura::CurrentSlot::<Runtime>::put(Slot::from(now / SLOT_DURATION));
}

/// Runs a test on the test chain and checks all pallets' invariants at its end.
fn execute_and_check(test: impl FnOnce()) {
	local_testnet().execute_with(|| {
		test();
		check_invariants();
	});
}

/// Does something on the chain, undoes what it did there, and returns what it returned.
fn undone<Returned>(act: impl FnOnce() -> Returned) -> Returned {
	with_transaction(|| TransactionOutcome::Rollback(Ok::<_, DispatchError>(act())))
		.expect("storage transactions nest")
}

/// Every pallet's own consistency check. Without the feature `try-runtime` there is none.
fn check_invariants() {
	#[cfg(feature = "try-runtime")]
	for pallet in <crate::AllPalletsWithSystem as PalletsInfoAccess>::infos() {
		let only = TryStateSelect::Only(vec![pallet.name.as_bytes().to_vec()]);
		<crate::AllPalletsWithSystem as TryState<u32>>::try_state(System::block_number(), only)
			.unwrap_or_else(|error| {
				panic!("the state of {} is not consistent: {error:?}", pallet.name)
			});
	}
}

/// A key pair whose seed is one repeated byte.
fn pair(seed: u8) -> ed25519::Pair {
	ed25519::Pair::from_seed(&[seed; 32])
}

/// The account of a key pair.
fn account(pair: &ed25519::Pair) -> AccountId {
	pair.public().0.into()
}

/// A call signed with this key pair.
fn signed(pair: &ed25519::Pair) -> RuntimeOrigin {
	RuntimeOrigin::signed(account(pair))
}

/// Some sealing key.
fn sealing_key() -> SealingKey {
	SealingKey::of(SealingSuite::XWing, &[1; 1_216])
}

/// Enrols the holder of `newcomer` and returns its number.
fn enrol(
	sponsor: RuntimeOrigin,
	sponsor_id: ParticipantId,
	newcomer: &ed25519::Pair,
	role: Role,
	care: bool,
) -> ParticipantId {
	let valid_until = Timestamp::get() + 3_600_000;
	let proof = Enrolment {
		genesis: GENESIS,
		sponsor: sponsor_id,
		role,
		account: newcomer.public().0,
		sealing_key: sealing_key(),
		care,
		valid_until,
	};
	let signature = MultiSignature::Ed25519(newcomer.sign(&proof.message()));
	Participants::enrol(
		sponsor,
		role,
		account(newcomer),
		sealing_key(),
		care,
		valid_until,
		signature,
	)
	.expect("the enrolment is in order");
	System::events()
		.into_iter()
		.rev()
		.find_map(|record| match record.event {
			RuntimeEvent::Participants(pallet_ward_participants::Event::Enrolled {
				participant,
				..
			}) => Some(participant),
			_ => None,
		})
		.expect("an enrolment is announced")
}
