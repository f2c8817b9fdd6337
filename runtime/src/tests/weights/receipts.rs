//! Reports, disputes and epochs, in situations that differ: never charged for less than they did, and
//! never for more than they declared.

use frame_support::{
	dispatch::GetDispatchInfo,
	traits::{Authorize, Hooks, UnfilteredDispatchable},
	weights::Weight,
	BoundedVec,
};
use frame_system::RawOrigin;
use pallet_ward_authorities::Hosts;
use pallet_ward_receipts::{BenchmarkHelper, Epoch, WeightInfo as _, Witnesses};
use pallet_ward_records::CustodyCount;
use sp_core::{ed25519, Pair, H256};
use sp_runtime::{transaction_validity::TransactionSource, DispatchResultWithInfo};
use ward_primitives::receipt::EpochInfo;

use super::{
	super::{pair, receipts::Cohort, GENESIS},
	cases::in_block,
	counting::{counted, Accesses},
	declared::{accesses, Priced},
};
use crate::{benchmarks::Helper, AccountId, Receipts, Runtime, RuntimeCall, System, Timestamp};

type Weights<T> = pallet_ward_receipts::weights::SubstrateWeight<T>;

/// A custodian with one row, and so many seats, from which its witnesses are drawn.
fn cohort(seats: u32, is_guest: bool) -> Cohort {
	frame_system::BlockHash::<Runtime>::insert(0, H256(GENESIS));
	let receipt_key = pair(1);
	let sitting = <Helper as BenchmarkHelper<AccountId>>::seats(seats);
	let (_, custodian) =
		<Helper as BenchmarkHelper<AccountId>>::custodian(receipt_key.public().0, sitting[0]);
	CustodyCount::<Runtime>::insert(custodian, 1);
	if !is_guest {
		Hosts::<Runtime>::remove(custodian);
	}
	let (seed, started) = ([3; 32], Timestamp::get());
	Epoch::<Runtime>::put(EpochInfo { number: 4, seed, started, length: 60_000 });
	Witnesses::<Runtime>::put(BoundedVec::truncate_from(sitting.clone()));
	let witness = |seat: ward_primitives::ParticipantId| {
		let mut seed = [9; 32];
		seed[..8].copy_from_slice(&seat.0.to_le_bytes());
		let key = ed25519::Pair::from_seed(&seed);
		<Helper as BenchmarkHelper<AccountId>>::witness(seat, key.public().0);
		(seat, key)
	};
	Cohort { custodian, receipt_key, witnesses: sitting.into_iter().map(witness).collect() }
}

/// Authorizes a call, and returns what that weighed after all, and what it did.
fn authorized(call: &RuntimeCall) -> (Weight, Accesses) {
	let (result, found) = counted(|| call.authorize(TransactionSource::External));
	let (_, unspent) = result.expect("it can be authorized").expect("it is right");
	(call.weight_of_authorize() - unspent, found)
}

/// Makes an authorized call, and returns what it weighed, and what it did.
fn made(call: RuntimeCall) -> (Weight, Accesses) {
	let declared = call.get_dispatch_info().call_weight;
	let (result, found): (DispatchResultWithInfo<_>, _) =
		counted(|| call.dispatch_bypass_filter(RawOrigin::Authorized.into()));
	let post_info = result.expect("it was authorized");
	let actual = post_info.actual_weight.unwrap_or(declared);
	assert!(actual.all_lte(declared), "{actual:?} is more than the declared {declared:?}");
	(actual, found)
}

#[test]
fn a_report_is_charged_for_the_seats_that_there_are_and_never_for_less() {
	for (seats, is_guest) in [(2, false), (2, true), (4, false), (9, true), (64, true)] {
		in_block(|| {
			let cohort = cohort(seats, is_guest);
			let witnesses = Receipts::witnesses(cohort.custodian, 0).len();
			assert!(witnesses > 0);
			// The first knows of no log, the last has a quorum before it.
			for place in 0..witnesses {
				let report = cohort.report(place);
				let (weighed, found) = authorized(&report);
				assert_eq!(weighed, Weights::<Runtime>::authorize_report(seats));
				let declared = accesses(|| Weights::<Priced>::authorize_report(seats));
				assert!(found.fit(&declared), "{found:?} is more than {declared:?}");

				let (weighed, found) = made(report);
				assert_eq!(weighed, Weights::<Runtime>::report(seats));
				let declared = accesses(|| Weights::<Priced>::report(seats));
				assert!(found.fit(&declared), "{found:?} is more than {declared:?}");
			}
		});
	}
}

#[test]
fn a_dispute_does_no_more_than_it_declares() {
	for is_known in [false, true] {
		in_block(|| {
			let cohort = cohort(5, true);
			let dispute = cohort.dispute();
			if is_known {
				made(cohort.report(0));
			}
			let (weighed, found) = authorized(&dispute);
			assert_eq!(weighed, Weights::<Runtime>::authorize_dispute());
			let declared = accesses(Weights::<Priced>::authorize_dispute);
			assert!(found.fit(&declared), "{found:?} is more than {declared:?}");

			let (weighed, found) = made(dispute);
			assert_eq!(weighed, Weights::<Runtime>::dispute());
			let declared = accesses(Weights::<Priced>::dispute);
			assert!(found.fit(&declared), "{found:?} is more than {declared:?}");
		});
	}
}

#[test]
fn a_block_is_charged_for_the_epoch_that_it_begins_or_goes_on_with() {
	for seats in [1, 5, 64] {
		in_block(|| {
			<Helper as BenchmarkHelper<AccountId>>::seats(seats);
			let now = Timestamp::get();
			let epoch = EpochInfo { number: 4, seed: [3; 32], started: now - 9, length: 10 };
			Epoch::<Runtime>::put(epoch);
			let block = || counted(|| Receipts::on_initialize(System::block_number()));
			let (weighed, found) = block();
			assert_eq!(
				(weighed, Receipts::receipt_epoch().number),
				(Weights::<Runtime>::continue_epoch(), 4)
			);
			let declared = accesses(Weights::<Priced>::continue_epoch);
			assert!(found.fit(&declared), "{found:?} is more than {declared:?}");

			pallet_timestamp::Now::<Runtime>::put(now + 1);
			let (weighed, found) = block();
			assert_eq!(
				(weighed, Receipts::receipt_epoch().number),
				(Weights::<Runtime>::start_epoch(seats), 5)
			);
			let declared = accesses(|| Weights::<Priced>::start_epoch(seats));
			assert!(found.fit(&declared), "{found:?} is more than {declared:?}");
		});
	}
}
