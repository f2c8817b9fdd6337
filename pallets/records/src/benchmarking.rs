//! What the calls cost in the worst case.
//!
//! `sp_io`'s keystore makes and uses the custodians' receipt keys, so signatures are checked for
//! real.

use alloc::vec::Vec;
use frame_benchmarking::v2::*;
use frame_support::{
	traits::{Get, Time},
	BoundedVec,
};
use frame_system::RawOrigin;
use sp_runtime::{app_crypto::ed25519::Public, KeyTypeId};
use ward_primitives::{
	record::MAX_CUSTODIANS, Deposit, DepositReceipt, KeyBytes, NewRecord, ParticipantId, RecordId,
};

use crate::{Call, Config, Pallet, RecordCount, Records};

/// Somebody who writes on behalf of a center.
pub struct Author<AccountId> {
	/// The account of its `act` key.
	pub account: AccountId,
	/// The participant.
	pub id: ParticipantId,
	/// A center that it works for.
	pub center: ParticipantId,
}

/// Prepares participants for the benchmarks.
pub trait BenchmarkHelper<AccountId> {
	/// An active practitioner, affiliated with as many centers as there can be.
	fn author() -> Author<AccountId>;

	/// Another patient for each `number`, who permits the author to write on behalf of its center
	/// in the way that takes longest to find: by the last of as many grants as there can be.
	fn patient(number: u32, author: &Author<AccountId>) -> ParticipantId;

	/// Another active center for each `number` from 0 to 2, with this receipt key.
	fn custodian(number: u32, receipt_key: KeyBytes) -> ParticipantId;
}

const KEY_TYPE: KeyTypeId = KeyTypeId(*b"rcpt");

struct Custodian {
	center: ParticipantId,
	key: Public,
}

fn custodians<T: Config>(count: u32) -> Vec<Custodian> {
	let custodian = |number| {
		let key = sp_io::crypto::ed25519_generate(KEY_TYPE, None);
		Custodian { center: T::BenchmarkHelper::custodian(number, key.0), key }
	};
	(0..count).map(custodian).collect()
}

fn new_record<T: Config>(
	patient: ParticipantId,
	author: &Author<T::AccountId>,
	custodians: &[Custodian],
	seed: u8,
) -> NewRecord {
	let mut record = NewRecord {
		patient,
		on_behalf_of: Some(author.center),
		commitment: [seed; 32],
		attributes: [1; 32],
		content_root: [2; 32],
		size: T::MaxSize::get(),
		deposits: BoundedVec::new(),
	};
	let genesis = Pallet::<T>::genesis();
	let id = record.content(author.id).record_id(&genesis);
	let expires = T::Time::now().saturating_add(86_400_000);
	let deposits = custodians.iter().map(|Custodian { center, key }| {
		let receipt = DepositReceipt {
			genesis,
			custodian: *center,
			record: id,
			content_root: record.content_root,
			size: record.size,
			expires,
		};
		let signature = sp_io::crypto::ed25519_sign(KEY_TYPE, key, &receipt.message());
		let signature = signature.expect("the key was generated above; qed");
		Deposit { custodian: *center, expires, signature: signature.0 }
	});
	let deposits: Vec<_> = deposits.collect();
	record.deposits = deposits.try_into().expect("at most three custodians; qed");
	record
}

fn id_of<T: Config>(record: &NewRecord, author: &Author<T::AccountId>) -> RecordId {
	record.content(author.id).record_id(&Pallet::<T>::genesis())
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn anchor(c: Linear<1, MAX_CUSTODIANS>) {
		let author = T::BenchmarkHelper::author();
		let patient = T::BenchmarkHelper::patient(0, &author);
		let record = new_record::<T>(patient, &author, &custodians::<T>(c), 1);
		let id = id_of::<T>(&record, &author);

		#[extrinsic_call]
		_(RawOrigin::Signed(author.account), record);

		assert_eq!(Records::<T>::get(id).map(|row| row.custodians.len() as u32), Some(c));
	}

	/// Each record about another patient, with one custodian; further ones are accounted for by the
	/// slope of `anchor`.
	#[benchmark]
	fn anchor_batch(n: Linear<1, { T::MaxBatch::get() }>) {
		let author = T::BenchmarkHelper::author();
		let custodians = custodians::<T>(1);
		let records: Vec<_> = (0..n)
			.map(|number| T::BenchmarkHelper::patient(number, &author))
			.map(|patient| new_record::<T>(patient, &author, &custodians, 1))
			.collect();
		let records = BoundedVec::try_from(records).expect("n is at most MaxBatch; qed");

		#[extrinsic_call]
		_(RawOrigin::Signed(author.account), records);

		assert_eq!(RecordCount::<T>::get(), u64::from(n));
	}

	#[benchmark]
	fn supersede(c: Linear<1, MAX_CUSTODIANS>) {
		let author = T::BenchmarkHelper::author();
		let patient = T::BenchmarkHelper::patient(0, &author);
		let custodians = custodians::<T>(c);
		let first = new_record::<T>(patient, &author, &custodians, 1);
		let superseded = id_of::<T>(&first, &author);
		Pallet::<T>::do_anchor(author.id, &first, None).expect("the record is in order; qed");
		let record = new_record::<T>(patient, &author, &custodians, 2);
		let id = id_of::<T>(&record, &author);

		#[extrinsic_call]
		_(RawOrigin::Signed(author.account), superseded, record);

		let row = Records::<T>::get(superseded);
		assert_eq!(row.and_then(|row| row.superseded_by), Some(id));
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_bench_ext(), crate::mock::Test);
}
