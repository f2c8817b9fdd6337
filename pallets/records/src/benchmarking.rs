//! What the calls cost.
//!
//! A call can be charged for what it read, so custodians, affiliations and grants are measured one by
//! one, while there is one of each other; everything else is as costly as it can be.
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
	inputs::Extent,
	record::{COHORT_SIZE, MAX_CUSTODIANS},
	Custodian, Deposit, DepositReceipt, HandOver, KeyBytes, NewRecord, ParticipantId,
	RecordContent, RecordId, RecordRow,
};

use crate::{work::Work, Call, Config, Custody, CustodyCount, Pallet, RecordCount, Records};

/// Somebody who writes on behalf of a center. Of a role for which everything is read that is read for
/// any: it can be affiliated, paired and granted something.
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
	/// An active participant, affiliated with so many centers, of which [`Author::center`] is the
	/// last.
	fn author(affiliations: u32) -> Author<AccountId>;

	/// Another patient for each `number`, who gave the author and its center this many grants
	/// together, as large as they can be. Only the last permits the author to write on behalf of the
	/// center.
	fn patient(number: u32, author: &Author<AccountId>, grants: u32) -> ParticipantId;

	/// Another active center for each `number` from 0 to 3, with this receipt key, and the account of its
	/// `act` key.
	fn custodian(number: u32, receipt_key: KeyBytes) -> (AccountId, ParticipantId);
}

const KEY_TYPE: KeyTypeId = KeyTypeId(*b"rcpt");

/// A center that can hold records.
struct Holder<AccountId> {
	account: AccountId,
	center: ParticipantId,
	key: Public,
}

impl<AccountId> Holder<AccountId> {
	/// Its receipt for a record.
	fn deposit<T: Config>(&self, record: RecordId, content: &RecordContent) -> Deposit {
		let receipt = DepositReceipt {
			genesis: Pallet::<T>::genesis(),
			custodian: self.center,
			record,
			content_root: content.content_root,
			size: content.size,
			expires: T::Time::now().saturating_add(86_400_000),
		};
		let signature = sp_io::crypto::ed25519_sign(KEY_TYPE, &self.key, &receipt.message());
		let signature = signature.expect("the key was generated for it; qed");
		Deposit { custodian: self.center, expires: receipt.expires, signature: signature.0 }
	}
}

fn custodians<T: Config>(count: u32) -> Vec<Holder<T::AccountId>> {
	let custodian = |number| {
		let key = sp_io::crypto::ed25519_generate(KEY_TYPE, None);
		let (account, center) = T::BenchmarkHelper::custodian(number, key.0);
		Holder { account, center, key }
	};
	(0..count).map(custodian).collect()
}

fn new_record<T: Config>(
	patient: ParticipantId,
	author: &Author<T::AccountId>,
	custodians: &[Holder<T::AccountId>],
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
	let content = record.content(author.id);
	let id = content.record_id(&Pallet::<T>::genesis());
	let deposits = custodians.iter().map(|custodian| custodian.deposit::<T>(id, &content));
	let deposits: Vec<_> = deposits.collect();
	record.deposits = deposits.try_into().expect("at most three custodians; qed");
	record
}

fn id_of<T: Config>(record: &NewRecord, author: &Author<T::AccountId>) -> RecordId {
	record.content(author.id).record_id(&Pallet::<T>::genesis())
}

/// The most that a decision on whether somebody may write can take.
fn most<T: Config>() -> Extent {
	Extent::most::<T::Participants, T::Consents>()
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn anchor(c: Linear<1, MAX_CUSTODIANS>) {
		let author = T::BenchmarkHelper::author(1);
		let patient = T::BenchmarkHelper::patient(0, &author, 1);
		let record = new_record::<T>(patient, &author, &custodians::<T>(c), 1);
		let id = id_of::<T>(&record, &author);

		#[extrinsic_call]
		_(RawOrigin::Signed(author.account), record);

		assert_eq!(Records::<T>::get(id).map(|row| row.custodians.len() as u32), Some(c));
	}

	/// Each record is about another patient, with one custodian, one affiliation and one grant; further
	/// ones are accounted for by the slopes of `anchor`.
	#[benchmark]
	fn anchor_batch(n: Linear<1, { T::MaxBatch::get() }>) {
		let author = T::BenchmarkHelper::author(1);
		let custodians = custodians::<T>(1);
		let records: Vec<_> = (0..n)
			.map(|number| T::BenchmarkHelper::patient(number, &author, 1))
			.map(|patient| new_record::<T>(patient, &author, &custodians, 1))
			.collect();
		let records = BoundedVec::try_from(records).expect("n is at most MaxBatch; qed");

		#[extrinsic_call]
		_(RawOrigin::Signed(author.account), records);

		assert_eq!(RecordCount::<T>::get(), u64::from(n));
	}

	#[benchmark]
	fn supersede(c: Linear<1, MAX_CUSTODIANS>) {
		let author = T::BenchmarkHelper::author(1);
		let patient = T::BenchmarkHelper::patient(0, &author, 1);
		let custodians = custodians::<T>(c);
		let first = new_record::<T>(patient, &author, &custodians, 1);
		let superseded = id_of::<T>(&first, &author);
		Pallet::<T>::do_anchor(author.id, &first, None, &mut Work::default())
			.expect("the record is in order; qed");
		let record = new_record::<T>(patient, &author, &custodians, 2);
		let id = id_of::<T>(&record, &author);

		#[extrinsic_call]
		_(RawOrigin::Signed(author.account), superseded, record);

		let row = Records::<T>::get(superseded);
		assert_eq!(row.and_then(|row| row.superseded_by), Some(id));
	}

	/// Each record is in another cohort of the center that hands it over, has as many custodians as a record
	/// can have, and goes to a center that does not hold it yet.
	#[benchmark]
	fn hand_over(n: Linear<1, { T::MaxBatch::get() }>) {
		let author = T::BenchmarkHelper::author(1);
		let all = custodians::<T>(MAX_CUSTODIANS + 1);
		let (to, holders) = all.split_last().expect("there are four; qed");
		let from = &holders[0];
		let records: Vec<_> = (0..n)
			.map(|number| {
				let patient = T::BenchmarkHelper::patient(number, &author, 1);
				let content = new_record::<T>(patient, &author, &[], 1).content(author.id);
				let record = content.record_id(&Pallet::<T>::genesis());
				let row = u64::from(number).saturating_mul(COHORT_SIZE);
				let custodians = holders.iter().map(|holder| {
					let center = holder.center;
					Custody::<T>::insert(center, row, record);
					Custodian { center, row }
				});
				let stored = RecordRow {
					content,
					author_center: Some(author.center),
					custodians: BoundedVec::truncate_from(custodians.collect()),
					anchored_at: T::Time::now(),
					lineage: record,
					supersedes: None,
					superseded_by: None,
				};
				Records::<T>::insert(record, stored);
				HandOver { record, deposit: to.deposit::<T>(record, &content) }
			})
			.collect();
		let records = BoundedVec::try_from(records).expect("n is at most MaxBatch; qed");

		#[extrinsic_call]
		_(RawOrigin::Signed(from.account.clone()), records);

		assert_eq!(CustodyCount::<T>::get(to.center), u64::from(n));
	}

	/// What each further center costs that the author works for.
	#[benchmark]
	fn anchor_affiliated(a: Linear<1, { most::<T>().affiliations }>) {
		let author = T::BenchmarkHelper::author(a);
		let patient = T::BenchmarkHelper::patient(0, &author, 1);
		let record = new_record::<T>(patient, &author, &custodians::<T>(1), 1);
		let id = id_of::<T>(&record, &author);

		#[extrinsic_call]
		anchor(RawOrigin::Signed(author.account), record);

		assert!(Records::<T>::contains_key(id));
	}

	/// What each further grant costs that the patient gave.
	#[benchmark]
	fn anchor_granted(g: Linear<1, { most::<T>().grants }>) {
		let author = T::BenchmarkHelper::author(1);
		let patient = T::BenchmarkHelper::patient(0, &author, g);
		let record = new_record::<T>(patient, &author, &custodians::<T>(1), 1);
		let id = id_of::<T>(&record, &author);

		#[extrinsic_call]
		anchor(RawOrigin::Signed(author.account), record);

		assert!(Records::<T>::contains_key(id));
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_bench_ext(), crate::mock::Test);
}
