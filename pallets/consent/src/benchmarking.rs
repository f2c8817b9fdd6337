//! What the calls cost in the worst case.

use alloc::vec::Vec;
use frame_benchmarking::v2::*;
use frame_support::{
	traits::{Get, Time},
	BoundedVec,
};
use frame_system::RawOrigin;
use ward_primitives::{
	consent::{ActionSet, MAX_EXCEPTIONS, MAX_NAMED_RECORDS},
	CategorySet, GrantId, GrantTerms, Interval, ParticipantId, PurposeSet, RecordId, Scope,
	Sensitivity,
};

use crate::{Call, Config, Exclusions, Grants, Pallet, PastExclusions, RecentGrants, Requests};

/// Prepares participants and records for the benchmarks.
pub trait BenchmarkHelper<AccountId> {
	/// An active patient and the account of its `act` key.
	fn patient() -> (AccountId, ParticipantId);

	/// An active practitioner and the account of its `act` key.
	fn practitioner() -> (AccountId, ParticipantId);

	/// Another anchored record of the patient for each `number`.
	fn record(patient: ParticipantId, number: u32) -> RecordId;
}

/// The most records that terms can name: in the scope and in every exception.
const MAX_NAMED: u32 = MAX_NAMED_RECORDS * (1 + MAX_EXCEPTIONS);

/// Terms with every exception that there can be, which name `count` records.
fn terms<T: Config>(patient: ParticipantId, count: u32) -> GrantTerms {
	let records: Vec<_> =
		(0..count).map(|number| T::BenchmarkHelper::record(patient, number)).collect();
	let mut chunks = records.chunks(MAX_NAMED_RECORDS as usize);
	let mut scope = || Scope {
		categories: Some(CategorySet(1)),
		records: chunks.next().map(|chunk| BoundedVec::truncate_from(chunk.to_vec())),
		author: Some(patient),
		period: None,
	};
	GrantTerms {
		actions: ActionSet::READ,
		purposes: PurposeSet(1),
		scope: scope(),
		exceptions: BoundedVec::truncate_from((0..MAX_EXCEPTIONS).map(|_| scope()).collect()),
		sensitivity: Sensitivity::VeryRestricted,
		redisclosure: true,
	}
}

/// A patient, a grantee, and as many grants between them as there is room for.
struct Pair<AccountId> {
	account: AccountId,
	patient: ParticipantId,
	grantee: ParticipantId,
	grantee_account: AccountId,
}

fn pair<T: Config>() -> Pair<T::AccountId> {
	let (account, patient) = T::BenchmarkHelper::patient();
	let (grantee_account, grantee) = T::BenchmarkHelper::practitioner();
	Pair { account, patient, grantee, grantee_account }
}

fn fill<T: Config>(pair: &Pair<T::AccountId>) {
	for _ in 0..T::MaxLiveGrants::get() {
		let terms = terms::<T>(pair.patient, MAX_NAMED);
		let given = Pallet::<T>::do_grant(pair.patient, pair.grantee, terms, None, None);
		given.expect("the grant is in order; qed");
	}
}

fn ask<T: Config>(pair: &Pair<T::AccountId>) {
	let terms = terms::<T>(pair.patient, MAX_NAMED);
	let asked = Pallet::<T>::do_request(pair.grantee, pair.patient, terms, None);
	asked.expect("the request is in order; qed");
}

fn outcome_is_known<T: Config>(pair: &Pair<T::AccountId>) -> bool {
	Requests::<T>::get(pair.patient, pair.grantee).is_some_and(|r| r.outcome.is_some())
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn request() {
		let pair = pair::<T>();
		let terms = terms::<T>(pair.patient, MAX_NAMED);

		#[extrinsic_call]
		_(RawOrigin::Signed(pair.grantee_account), pair.patient, terms, None);

		assert!(Requests::<T>::contains_key(pair.patient, pair.grantee));
	}

	#[benchmark]
	fn cancel_request() {
		let pair = pair::<T>();
		ask::<T>(&pair);

		#[extrinsic_call]
		_(RawOrigin::Signed(pair.grantee_account.clone()), pair.patient);

		assert!(outcome_is_known::<T>(&pair));
	}

	#[benchmark]
	fn decline_request() {
		let pair = pair::<T>();
		ask::<T>(&pair);

		#[extrinsic_call]
		_(RawOrigin::Signed(pair.account.clone()), pair.grantee);

		assert!(outcome_is_known::<T>(&pair));
	}

	/// A request is open, and there is room in the list of recent grants, if only for one.
	#[benchmark]
	fn grant(r: Linear<0, MAX_NAMED>) {
		let pair = pair::<T>();
		fill::<T>(&pair);
		RecentGrants::<T>::mutate(pair.patient, pair.grantee, |recent| recent.pop());
		ask::<T>(&pair);
		let terms = terms::<T>(pair.patient, r);

		#[extrinsic_call]
		_(RawOrigin::Signed(pair.account.clone()), pair.grantee, terms, None, None);

		assert!(RecentGrants::<T>::get(pair.patient, pair.grantee).is_full());
		assert!(outcome_is_known::<T>(&pair));
	}

	/// The list of recent grants is full of large ones that are over, and a request is open.
	#[benchmark]
	fn grant_making_room(r: Linear<0, MAX_NAMED>) {
		let pair = pair::<T>();
		fill::<T>(&pair);
		for id in RecentGrants::<T>::get(pair.patient, pair.grantee) {
			Pallet::<T>::do_withdraw(pair.patient, id).expect("the grant is live; qed");
		}
		ask::<T>(&pair);
		let terms = terms::<T>(pair.patient, r);

		#[extrinsic_call]
		grant(RawOrigin::Signed(pair.account.clone()), pair.grantee, terms, None, None);

		assert_eq!(RecentGrants::<T>::get(pair.patient, pair.grantee).len(), 1);
		assert!(outcome_is_known::<T>(&pair));
	}

	#[benchmark]
	fn amend(r: Linear<0, MAX_NAMED>) {
		let pair = pair::<T>();
		fill::<T>(&pair);
		let terms = terms::<T>(pair.patient, r);

		#[extrinsic_call]
		_(RawOrigin::Signed(pair.account), GrantId(0), terms, None);

		assert_eq!(Grants::<T>::get(GrantId(0)).map(|row| row.generation), Some(1));
	}

	#[benchmark]
	fn withdraw() {
		let pair = pair::<T>();
		fill::<T>(&pair);

		#[extrinsic_call]
		_(RawOrigin::Signed(pair.account), GrantId(0));

		let row = Grants::<T>::get(GrantId(0));
		assert!(row.is_some_and(|row| row.interval.until.is_some()));
	}

	/// The participant was excluded before, so that the earlier interval is moved.
	#[benchmark]
	fn exclude() {
		let pair = pair::<T>();
		let (patient, grantee) = (pair.patient, pair.grantee);
		Pallet::<T>::do_exclude(patient, grantee).expect("not excluded yet; qed");
		Pallet::<T>::do_end_exclusion(patient, grantee).expect("excluded now; qed");

		#[extrinsic_call]
		_(RawOrigin::Signed(pair.account), grantee);

		assert!(PastExclusions::<T>::contains_key((patient, grantee, 0)));
	}

	#[benchmark]
	fn end_exclusion() {
		let pair = pair::<T>();
		let (patient, grantee) = (pair.patient, pair.grantee);
		Pallet::<T>::do_exclude(patient, grantee).expect("not excluded yet; qed");
		let now = T::Time::now();

		#[extrinsic_call]
		_(RawOrigin::Signed(pair.account), grantee);

		let latest = Exclusions::<T>::get(patient, grantee).map(|timeline| timeline.latest);
		assert_eq!(latest, Some(Interval { from: now, until: Some(now) }));
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::bench_ext(), crate::mock::Test);
}
