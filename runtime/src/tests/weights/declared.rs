//! What the weights declare to read and write.

// What the macros expand to is not ours to document or to hide.
#![allow(missing_docs, unreachable_pub, unused_qualifications)]

use std::cell::Cell;

use frame_benchmarking::BenchmarkParameter;
use frame_support::{
	derive_impl,
	traits::Get,
	weights::{RuntimeDbWeight, Weight},
};
use pallet_ward_authorities::WeightInfo as _;
use pallet_ward_consent::WeightInfo as _;
use pallet_ward_governance::WeightInfo as _;
use pallet_ward_participants::WeightInfo as _;
use pallet_ward_quota::WeightInfo as _;
use pallet_ward_receipts::WeightInfo as _;
use pallet_ward_records::WeightInfo as _;

use super::counting::Accesses;

// A runtime whose database costs what `Price` says, so that a weight can be taken apart.
frame_support::construct_runtime!(
	pub enum Priced {
		System: frame_system,
	}
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Priced {
	type Block = frame_system::mocking::MockBlock<Self>;
	type DbWeight = Price;
}

thread_local! {
	static PRICE: Cell<RuntimeDbWeight> = const { Cell::new(RuntimeDbWeight { read: 0, write: 0 }) };
}

pub struct Price;

impl Get<RuntimeDbWeight> for Price {
	fn get() -> RuntimeDbWeight {
		PRICE.get()
	}
}

/// The accesses in a weight of [`Priced`].
pub(super) fn accesses(weight: impl Fn() -> Weight) -> Accesses {
	let at = |read, write| {
		PRICE.set(RuntimeDbWeight { read, write });
		weight().ref_time()
	};
	let computation = at(0, 0);
	Accesses { reads: at(1, 0) - computation, writes: at(0, 1) - computation }
}

/// The weights of all benchmarks, each with its components in alphabetical order.
macro_rules! weights {
	($($pallet:ident { $($name:ident($($component:ident),*))* })*) => {
		/// The weight of a benchmark with these components; none if the table lacks it.
		fn weight(
			pallet: &str,
			benchmark: &str,
			components: &[(BenchmarkParameter, u32)],
		) -> Option<Weight> {
			match (pallet, benchmark) {
				$($((stringify!($pallet), stringify!($name)) => {
					$(
						let wanted = BenchmarkParameter::$component;
						let (_, $component) =
							*components.iter().find(|(name, _)| *name == wanted)?;
					)*
					let expected: &[&str] = &[$(stringify!($component)),*];
					(components.len() == expected.len())
						.then(|| $pallet::weights::SubstrateWeight::<Priced>::$name($($component),*))
				},)*)*
				_ => None,
			}
		}
	};
}

weights! {
	pallet_ward_participants {
		enrol() admit_health_authority() attach_key() retire_key() rotate_key() set_sealing_key()
		set_vault() affiliate() end_affiliation() open_care() end_care() pair_device()
		unpair_device() suspend() reinstate() deactivate() freeze() set_expiry()
	}
	pallet_ward_records {
		anchor(c) anchor_batch(n) supersede(c) hand_over(n) anchor_affiliated(a) anchor_granted(g)
	}
	pallet_ward_consent {
		request() cancel_request() decline_request() grant(r) grant_making_room(r) amend(r)
		withdraw() exclude() end_exclusion()
	}
	pallet_ward_quota { check_participant() charge_quota() }
	pallet_ward_authorities {
		on_initialize(s) grant_seat() take_seat() give_up_seat(s) revoke_seat(s) reinstate_seat()
		set_session_length() set_minimum(s) authorize_report() report_double_authoring()
		offer_hosting() accept_hosting() end_hosting()
	}
	pallet_ward_receipts {
		continue_epoch() start_epoch(s) authorize_report(s) report(s) authorize_dispute() dispute()
		set_epoch_length() restart_log()
	}
	pallet_ward_governance {
		keep_members() update_members() enact() propose(b) vote() close(b)
	}
}

/// What the weight of a benchmark declares.
pub(super) fn of_benchmark(
	pallet: &str,
	benchmark: &str,
	components: &[(BenchmarkParameter, u32)],
) -> Accesses {
	let weight = || {
		weight(pallet, benchmark, components).unwrap_or_else(|| {
			panic!("the table of weights lacks {pallet}::{benchmark} with {components:?}")
		})
	};
	accesses(weight)
}
