//! What the calls cost.
//!
//! A draw looks at every seat, so seats are measured one by one; everything else is as costly as it can
//! be. `sp_io`'s keystore makes and uses the keys of witnesses and custodians, so signatures are checked
//! for real.

use alloc::{boxed::Box, vec::Vec};
use frame_benchmarking::v2::*;
use frame_support::{
	traits::{EnsureOrigin, Get, Time},
	BoundedVec,
};
use frame_system::RawOrigin;
use sp_runtime::{app_crypto::ed25519::Public, KeyTypeId};
use ward_primitives::{
	receipt::{
		challenge_digest, check,
		leaf::{LEAF_SIZE, MAX_PATH},
		Answer, Challenge, CohortRow, Contradiction, EpochInfo, LogHead, LogRow, Report, Row,
		RowAnswer, MAX_MISSING, WITNESSES,
	},
	record::COHORT_SIZE,
	traits::ReadCustody,
	KeyBytes, ParticipantId, RecordId,
};

use crate::{report::verify, Call, Cohorts, Config, Epoch, EpochLength, Logs, Pallet, Witnesses};

/// What only the runtime can make for the benchmarks.
pub trait BenchmarkHelper<AccountId> {
	/// Lets this many seats sit in consensus, and no others.
	fn seats(count: u32) -> Vec<ParticipantId>;

	/// Makes `key` the live witness key of a seat.
	fn witness(seat: ParticipantId, key: KeyBytes);

	/// An active center that is a guest of `host`, whose vault has this receipt key, and who has a full
	/// cohort. Its first row is a record as large as a record can be. With an account that governs for it.
	fn custodian(receipt_key: KeyBytes, host: ParticipantId) -> (AccountId, ParticipantId);
}

const KEY_TYPE: KeyTypeId = KeyTypeId(*b"wtns");

/// Makes a key.
fn key() -> Public {
	sp_io::crypto::ed25519_generate(KEY_TYPE, None)
}

fn sign(key: &Public, message: &[u8]) -> [u8; 64] {
	let signature = sp_io::crypto::ed25519_sign(KEY_TYPE, key, message);
	signature.expect("the key was generated before; qed").0
}

/// A cohort in a running epoch.
struct Scene<AccountId> {
	account: AccountId,
	custodian: ParticipantId,
	receipt_key: Public,
	epoch: EpochInfo,
	witnesses: Vec<ParticipantId>,
}

fn scene<T: Config>(seats: u32) -> Scene<T::AccountId> {
	let receipt_key = key();
	let sitting = T::BenchmarkHelper::seats(seats);
	let (account, custodian) = T::BenchmarkHelper::custodian(receipt_key.0, sitting[0]);
	let (started, length) = (T::Time::now(), T::MaxEpochLength::get());
	let epoch = EpochInfo { number: 7, seed: [7; 32], started, length };
	Epoch::<T>::put(epoch);
	Witnesses::<T>::put(BoundedVec::truncate_from(sitting));
	let witnesses = Pallet::<T>::draw(&epoch, custodian, 0).witnesses;
	Scene { account, custodian, receipt_key, epoch, witnesses }
}

fn log(height: u64) -> LogHead {
	LogHead { height, head: [height as u8; 32] }
}

impl<AccountId> Scene<AccountId> {
	/// What the witness at this place reports, not signed: as many rows are missing as can be, and none of
	/// them for two witnesses. The last one looks at no more than it misses, so it does not settle what the
	/// others miss: the row of the cohort becomes as long as it can be.
	fn unsigned(&self, place: usize, key: KeyBytes) -> Report {
		let (most, is_last) = (MAX_MISSING as u16, place == WITNESSES as usize - 1);
		let first = if is_last { 0 } else { most.saturating_mul(place as u16 + 1) };
		Report {
			witness: self.witnesses[place],
			key,
			custodian: self.custodian,
			cohort: 0,
			epoch: self.epoch.number,
			rows: if is_last { most } else { COHORT_SIZE as u16 },
			ids: [1; 32],
			results: [2; 32],
			missing: BoundedVec::truncate_from((first..first.saturating_add(most)).collect()),
			log: log(5),
			receipt_signature: [0; 64],
		}
	}

	/// The last report of the epoch, after those of all other witnesses, which missed other rows.
	fn last_report<T: Config<AccountId = AccountId>>(&self) -> (Box<Report>, [u8; 64]) {
		let last = self.witnesses.len().saturating_sub(1);
		let drawn = self.witnesses.len() as u8;
		let mut row = CohortRow::default();
		for place in 0..last {
			let report = self.unsigned(place, [0; 32]);
			row.take(&report, place as u8, drawn, &self.epoch, T::Time::now());
		}
		Cohorts::<T>::insert(self.custodian, 0, row);
		let witness_key = key();
		T::BenchmarkHelper::witness(self.witnesses[last], witness_key.0);
		let mut report = self.unsigned(last, witness_key.0);
		let genesis = Pallet::<T>::genesis();
		let challenge = self.challenge::<T>(last);
		let receipt = report.receipt(genesis, challenge.challenge, challenge.since);
		report.receipt_signature = sign(&self.receipt_key, &receipt.message());
		let signature = sign(&witness_key, &report.message(&genesis));
		(Box::new(report), signature)
	}

	fn challenge<T: Config>(&self, place: usize) -> Challenge {
		let (genesis, witness) = (Pallet::<T>::genesis(), self.witnesses[place]);
		let (epoch, custodian) = (self.epoch, self.custodian);
		Challenge {
			genesis,
			custodian,
			cohort: 0,
			epoch: epoch.number,
			witness,
			challenge: challenge_digest(&genesis, &epoch, custodian, 0, witness),
			rows: COHORT_SIZE as u16,
			since: LogHead::empty(genesis),
			sealing_key: [0; 32],
		}
	}

	/// What proves that the custodian signed a wrong leaf of its first row, with the longest path.
	fn contradiction<T: Config>(&self) -> Box<Contradiction> {
		let challenge = self.challenge::<T>(0);
		let first = T::Custody::row(self.custodian, 0).expect("the cohort is full; qed");
		let other = |n: u64| {
			let record = RecordId([n as u8; 32]);
			Row { record, root: [0; 32], size: 1, is_held: true }
		};
		let rows: Vec<_> = core::iter::once(first).chain((1..COHORT_SIZE).map(other)).collect();
		let wrong = RowAnswer::Held {
			leaf: alloc::vec![0; LEAF_SIZE as usize],
			path: alloc::vec![[0; 32]; MAX_PATH as usize],
		};
		let missing = core::iter::repeat_n(RowAnswer::Missing, COHORT_SIZE as usize - 1);
		let answers = core::iter::once(wrong).chain(missing).collect();
		let signed = |message: &[u8]| sign(&self.receipt_key, message);
		let answer = Answer::new(&challenge, &rows, answers, log(5), signed);
		let answer = answer.expect("there is an answer for each row; qed");
		let seen = check(&answer, &challenge, &rows, &self.receipt_key.0, verify);
		let found = seen.ok().and_then(|seen| seen.contradiction);
		Box::new(found.expect("the first leaf is wrong; qed"))
	}
}

fn set_origin<T: Config>() -> Result<T::RuntimeOrigin, BenchmarkError> {
	T::SetOrigin::try_successful_origin().map_err(|()| BenchmarkError::Weightless)
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn continue_epoch() {
		let length = T::MaxEpochLength::get();
		let epoch = EpochInfo { number: 7, seed: [7; 32], started: T::Time::now(), length };
		Epoch::<T>::put(epoch);

		#[block]
		{
			Pallet::<T>::begin_block();
		}

		assert_eq!(Epoch::<T>::get(), epoch);
	}

	#[benchmark]
	fn start_epoch(s: Linear<1, { T::MaxSeats::get() }>) {
		T::BenchmarkHelper::seats(s);
		Epoch::<T>::put(EpochInfo { number: 7, ..EpochInfo::default() });

		#[block]
		{
			Pallet::<T>::begin_block();
		}

		assert_eq!(Epoch::<T>::get().number, 8);
		assert_eq!(Witnesses::<T>::get().len() as u32, s);
	}

	#[benchmark]
	fn authorize_report(s: Linear<4, { T::MaxSeats::get() }>) -> Result<(), BenchmarkError> {
		let (last, signature) = scene::<T>(s).last_report::<T>();

		#[block]
		{
			Pallet::<T>::authorize_report(&last, &signature)
				.map_err(|_| BenchmarkError::Stop("the report is right"))?;
		}

		Ok(())
	}

	#[benchmark]
	fn report(s: Linear<4, { T::MaxSeats::get() }>) {
		let scene = scene::<T>(s);
		let (last, signature) = scene.last_report::<T>();

		#[extrinsic_call]
		_(RawOrigin::Authorized, last, signature);

		let row = Cohorts::<T>::get(scene.custodian, 0).unwrap_or_default();
		let exceptions = row.fresh.map_or(0, |fresh| fresh.exceptions.len());
		// What the last one misses, both others saw.
		let most = MAX_MISSING as usize;
		assert_eq!((row.missing.len(), exceptions), (3 * most, 2 * most));
	}

	#[benchmark]
	fn authorize_dispute() -> Result<(), BenchmarkError> {
		let contradiction = scene::<T>(4).contradiction::<T>();

		#[block]
		{
			Pallet::<T>::authorize_dispute(&contradiction)
				.map_err(|_| BenchmarkError::Stop("the custodian lied"))?;
		}

		Ok(())
	}

	#[benchmark]
	fn dispute() {
		let scene = scene::<T>(4);
		let contradiction = scene.contradiction::<T>();
		scene.last_report::<T>();

		#[extrinsic_call]
		_(RawOrigin::Authorized, contradiction);

		let row = Cohorts::<T>::get(scene.custodian, 0);
		assert!(row.is_some_and(|row| row.disputed.is_some()));
	}

	#[benchmark]
	fn set_epoch_length() -> Result<(), BenchmarkError> {
		let origin = set_origin::<T>()?;
		let length = T::MinEpochLength::get();

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, length);

		assert_eq!(EpochLength::<T>::get(), length);
		Ok(())
	}

	#[benchmark]
	fn restart_log() {
		let scene = scene::<T>(4);
		Logs::<T>::insert(scene.custodian, LogRow { epoch: 7, since: log(4), latest: log(5) });

		#[extrinsic_call]
		_(RawOrigin::Signed(scene.account.clone()));

		assert!(!Logs::<T>::contains_key(scene.custodian));
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_bench_ext(), crate::mock::Test);
}
