//! What an authority's node does off the chain: asks the vaults of others for what they hold, checks what
//! they answer, and reports it.
//!
//! A run follows each block that the node takes for the best. It reads everything from the state of that
//! block, writes nothing there, and hands at most a few reports to the node's own pool. So a node that is
//! killed, or on a fork, or that shares its key with another one, does no harm: whatever it did twice, the
//! chain takes once.
//!
//! ## What bounds it
//!
//! - One run at a time, by a [`lock`] that ends by itself, for at most [`RUN_TIME`].
//! - A run looks at [`EXAMINED_PER_BLOCK`] cohorts of [`CUSTODIANS_PER_BLOCK`] custodians, going on where the
//!   last one ended ([`cursor`], [`round`]), and asks for [`FETCHES_PER_BLOCK`] of them, of one vault for few
//!   at once ([`fetch`]).
//! - A custodian that fails is left alone for a time that doubles with each failure, and one that is slow for a
//!   few times as long as it took ([`backoff`]).
//! - What was reported is not asked for again before the chain could show it ([`memory`]).
//!
//! ## What it is careful about
//!
//! - It goes nowhere but to the endpoint in the custodian's row, with a fixed path, by the node's own strict
//!   rules ([`endpoint`]). It follows no redirect, and sends nothing but the one signed [`request`].
//! - An answer has a deadline and a cap ([`fetch`]); nothing of it is logged.
//! - What it reports it has checked as the chain will, on its own state ([`submit`]).
//!
//! ## What is kept in the local storage
//!
//! The [`settings`], which the node writes at its start; the [`counters`], which it reads for its metrics; and
//! the worker's own memory, of which the loss of any part costs a few fetches.

mod address;
mod backoff;
mod counters;
mod cursor;
mod due;
mod endpoint;
mod fetch;
mod lock;
mod memory;
mod notice;
mod request;
mod round;
mod run;
mod settings;
mod settled;
mod standing;
mod submit;
#[cfg(test)]
mod tests;

use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::SaturatedConversion;

pub use address::Address;
pub use counters::{Cause, Counters, BUCKETS, COUNTERS_KEY};
pub use settings::{Settings, SETTINGS_KEY};

use crate::{
	witness::{NoWitness, Witness},
	Config, Epoch, Witnesses,
};
use lock::Lock;
use notice::{Met, Notice};
use run::Run;

/// The name of the worker in a node's log.
pub const LOG_TARGET: &str = "receipts";

/// How long a run fetches, in milliseconds.
pub const RUN_TIME: u64 = 10_000;

/// After how many milliseconds a run that did not end counts as dead.
pub const LOCK_TIME: u64 = 20_000;

/// The most cohorts that a run looks at on the chain.
pub const EXAMINED_PER_BLOCK: u32 = 256;

/// The most custodians that a run looks at.
pub const CUSTODIANS_PER_BLOCK: u32 = 16;

/// The most cohorts that a run asks for.
pub const FETCHES_PER_BLOCK: usize = 8;

/// For how many blocks a node must have known an epoch before it asks in it: until then the vaults may not
/// have seen it as final, and forks may have other ones.
pub const SETTLING_BLOCKS: u32 = 4;

/// Runs after a block.
pub fn run<T: Config>(block: BlockNumberFor<T>) {
	let settings = Settings::read();
	if !settings.enabled || !sp_io::offchain::is_validator() {
		return;
	}
	let (epoch, block) = (Epoch::<T>::get(), block.saturated_into());
	if epoch.number == 0 {
		return;
	}
	let mut met = Met::at(epoch.seed, block);
	let witness = match Witness::<T::WitnessId>::find::<T::Participants>(&Witnesses::<T>::get()) {
		Ok(witness) => witness,
		Err(why) => return say_why(why, &mut met),
	};
	if met.says(Notice::Witness) {
		log::info!(
			target: LOG_TARGET,
			"🧾 Epoch {} of storage receipts: this node witnesses for center {}",
			epoch.number,
			witness.seat,
		);
	}
	let Some(_lock) = Lock::take(sp_io::offchain::timestamp()) else { return };
	match met.age(block) < SETTLING_BLOCKS {
		true => round::settle::<T>(block),
		false => Run::<T> { witness, epoch, settings, block }.go(),
	}
}

/// Tells the operator, once per epoch, why this node is no witness.
fn say_why(why: NoWitness, met: &mut Met) {
	match why {
		NoWitness::NoKey if met.says(Notice::NoKey) => log::warn!(
			target: LOG_TARGET,
			"🧾 No witness key in the keystore: this authority fetches no storage receipts. Insert one with \
			 `ward-node key insert --key-type wtns --scheme ed25519`, and attach it to the center with the \
			 role `witness`",
		),
		NoWitness::NoSeat(key) if met.says(Notice::NoSeat) => log::warn!(
			target: LOG_TARGET,
			"🧾 The witness key {} is not a live one of a seat of this epoch: this node fetches no storage \
			 receipts. Attach it to the center with the role `witness`; a new seat witnesses from the next \
			 epoch on",
			ward_primitives::request::hex(&key),
		),
		NoWitness::NoKey | NoWitness::NoSeat(_) => {},
	}
}
