//! What the calls cost.

use alloc::{boxed::Box, vec::Vec};
use codec::Decode;
use frame_benchmarking::v2::*;
use frame_support::{
	traits::{Get, KeyOwnerProofSystem},
	BoundedVec,
};
use frame_system::{pallet_prelude::HeaderFor, RawOrigin};
use pallet_session::{historical::Pallet as Historical, NextKeys, Pallet as Session, Validators};
use sp_consensus_aura::{
	digests::CompatibleDigestItem,
	sr25519::{AuthorityId, AuthoritySignature},
};
use sp_consensus_slots::Slot;
use sp_runtime::{
	key_types::AURA,
	traits::{Header as _, One},
	Digest, DigestItem, RuntimeAppPublic,
};
use sp_session::MembershipProof;
use ward_primitives::{
	seat::{Breach, Liveness, SeatRow, Suspension},
	ParticipantId,
};

use crate::{
	Call, Config, CurrentLiveness, DoubleAuthoringProof, HostingOffers, Hosts, Minimum, Pallet,
	SeatId, Seats, SessionLength, SessionStarts,
};

/// What only the runtime can make for the benchmarks.
pub trait BenchmarkHelper<T: Config> {
	/// A new active medical center, and an account that governs for it.
	fn center() -> (T::AccountId, ParticipantId);

	/// Session keys with this Aura key, whose others differ for each `number`.
	fn session_keys(aura: AuthorityId, number: u32) -> T::Keys;
}

fn aura_key(number: u32) -> AuthorityId {
	let mut bytes = [0; 32];
	bytes[..4].copy_from_slice(&number.to_le_bytes());
	AuthorityId::decode(&mut &bytes[..]).expect("a key has 32 bytes; qed")
}

const TAKEN: SeatRow = SeatRow { granted_at: 0, taken_at: Some(0), suspension: None };

fn give_keys<T: Config>(center: ParticipantId, aura: AuthorityId, number: u32) {
	NextKeys::<T>::insert(SeatId(center), T::BenchmarkHelper::session_keys(aura, number));
}

/// A center with a seat and keys, and the account that governs for it.
fn seated<T: Config>(number: u32, aura: AuthorityId) -> (T::AccountId, ParticipantId) {
	let (account, center) = T::BenchmarkHelper::center();
	give_keys::<T>(center, aura, number);
	Seats::<T>::insert(center, TAKEN);
	(account, center)
}

/// A chain with `count` seats, of which the last one's governor is returned.
fn seats<T: Config>(count: u32) -> (T::AccountId, ParticipantId) {
	let former: Vec<_> = Seats::<T>::iter_keys().collect();
	former.into_iter().for_each(Seats::<T>::remove);
	let all: Vec<_> = (0..count).map(|n| seated::<T>(n, aura_key(n))).collect();
	Validators::<T>::put(all.iter().map(|(_, center)| SeatId(*center)).collect::<Vec<_>>());
	let counts = alloc::vec![Liveness::default(); count as usize];
	CurrentLiveness::<T>::put(BoundedVec::truncate_from(counts));
	all.into_iter().next_back().expect("count is not 0; qed")
}

fn sealed_header<T: Config>(author: &AuthorityId, slot: Slot, salt: u8) -> HeaderFor<T> {
	let pre = <DigestItem as CompatibleDigestItem<AuthoritySignature>>::aura_pre_digest(slot);
	let mut digest = Digest::default();
	digest.push(pre);
	digest.push(DigestItem::Other(alloc::vec![salt]));
	let mut header = HeaderFor::<T>::new(
		One::one(),
		Default::default(),
		Default::default(),
		Default::default(),
		digest,
	);
	let seal = author.sign(&header.hash()).expect("the key was just made; qed");
	header.digest_mut().push(DigestItem::aura_seal(seal));
	header
}

/// A breach by the last of as many seats as there can be, and the proof of whose key it is.
fn breach<T: Config>() -> (Box<DoubleAuthoringProof<T>>, MembershipProof, ParticipantId) {
	seats::<T>(T::MaxSeats::get().saturating_sub(1).max(1));
	let offender = AuthorityId::generate_pair(None);
	let (_, center) = seated::<T>(u32::MAX, offender.clone());
	Validators::<T>::append(SeatId(center));
	let slot = Slot::from(7);
	SessionStarts::<T>::insert(Session::<T>::current_index(), slot);
	let owner = Historical::<T>::prove((AURA, offender.clone())).expect("the seat sits; qed");
	let proof = DoubleAuthoringProof::<T> {
		slot,
		first_header: sealed_header::<T>(&offender, slot, 1),
		second_header: sealed_header::<T>(&offender, slot, 2),
		offender,
	};
	(Box::new(proof), owner, center)
}

fn grant_origin<T: Config>() -> Result<T::RuntimeOrigin, BenchmarkError> {
	use frame_support::traits::EnsureOrigin;
	T::GrantOrigin::try_successful_origin().map_err(|()| BenchmarkError::Weightless)
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn on_initialize(s: Linear<1, { T::MaxSeats::get() }>) {
		seats::<T>(s);
		let pre = <DigestItem as CompatibleDigestItem<AuthoritySignature>>::aura_pre_digest(
			Slot::from(1_000),
		);
		frame_system::Pallet::<T>::deposit_log(pre);
		pallet_aura::CurrentSlot::<T>::put(Slot::from(3));

		#[block]
		{
			Pallet::<T>::count_slots();
			Seats::<T>::count();
		}

		assert!(CurrentLiveness::<T>::get().iter().all(|count| count.missed + count.authored > 0));
	}

	#[benchmark]
	fn grant_seat() -> Result<(), BenchmarkError> {
		let origin = grant_origin::<T>()?;
		let (_, center) = T::BenchmarkHelper::center();

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, center);

		assert!(Seats::<T>::contains_key(center));
		Ok(())
	}

	#[benchmark]
	fn take_seat() {
		let (account, center) = T::BenchmarkHelper::center();
		give_keys::<T>(center, aura_key(1), 1);
		Seats::<T>::insert(center, SeatRow { taken_at: None, ..TAKEN });
		Hosts::<T>::insert(center, center);

		#[extrinsic_call]
		_(RawOrigin::Signed(account));

		assert!(Seats::<T>::get(center).is_some_and(|seat| seat.taken_at.is_some()));
	}

	#[benchmark]
	fn give_up_seat(s: Linear<2, { T::MaxSeats::get() }>) {
		let (account, center) = seats::<T>(s);

		#[extrinsic_call]
		_(RawOrigin::Signed(account));

		assert!(!Seats::<T>::contains_key(center));
	}

	#[benchmark]
	fn revoke_seat(s: Linear<2, { T::MaxSeats::get() }>) -> Result<(), BenchmarkError> {
		let origin = grant_origin::<T>()?;
		let (_, center) = seats::<T>(s);

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, center);

		assert!(!Seats::<T>::contains_key(center));
		Ok(())
	}

	#[benchmark]
	fn reinstate_seat() -> Result<(), BenchmarkError> {
		let origin = grant_origin::<T>()?;
		let (_, center) = T::BenchmarkHelper::center();
		let breach = Suspension { breach: Breach::DoubleAuthoring, session: 0, at: 0 };
		Seats::<T>::insert(center, SeatRow { suspension: Some(breach), ..TAKEN });

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, center);

		assert!(Seats::<T>::get(center).is_some_and(|seat| seat.suspension.is_none()));
		Ok(())
	}

	#[benchmark]
	fn set_session_length() -> Result<(), BenchmarkError> {
		let origin = grant_origin::<T>()?;
		let blocks = T::MinSessionLength::get();

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, blocks);

		assert_eq!(SessionLength::<T>::get(), blocks);
		Ok(())
	}

	#[benchmark]
	fn set_minimum(s: Linear<1, { T::MaxSeats::get() }>) -> Result<(), BenchmarkError> {
		let origin = grant_origin::<T>()?;
		seats::<T>(s);

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, s);

		assert_eq!(Minimum::<T>::get(), s);
		Ok(())
	}

	#[benchmark]
	fn authorize_report() -> Result<(), BenchmarkError> {
		let (proof, owner, _) = breach::<T>();

		#[block]
		{
			Pallet::<T>::authorize_report(&proof, &owner)
				.map_err(|_| BenchmarkError::Stop("the report is valid"))?;
		}

		Ok(())
	}

	#[benchmark]
	fn report_double_authoring() {
		let (proof, owner, center) = breach::<T>();

		#[extrinsic_call]
		_(RawOrigin::Authorized, proof, owner);

		assert!(Seats::<T>::get(center).is_some_and(|seat| seat.suspension.is_some()));
	}

	#[benchmark]
	fn offer_hosting() {
		let (account, host) = seated::<T>(1, aura_key(1));
		let (_, guest) = T::BenchmarkHelper::center();

		#[extrinsic_call]
		_(RawOrigin::Signed(account), guest);

		assert!(HostingOffers::<T>::contains_key(guest, host));
	}

	#[benchmark]
	fn accept_hosting() {
		let (_, host) = seated::<T>(1, aura_key(1));
		let (account, guest) = T::BenchmarkHelper::center();
		HostingOffers::<T>::insert(guest, host, ());

		#[extrinsic_call]
		_(RawOrigin::Signed(account), host);

		assert_eq!(Hosts::<T>::get(guest), Some(host));
	}

	#[benchmark]
	fn end_hosting() {
		let (_, host) = seated::<T>(1, aura_key(1));
		let (account, guest) = T::BenchmarkHelper::center();
		Hosts::<T>::insert(guest, host);

		#[extrinsic_call]
		_(RawOrigin::Signed(account), guest);

		assert!(Hosts::<T>::get(guest).is_none());
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
