//! Benchmarks of every call and of the hook, each with a full council and as many motions as can be
//! open.

#![cfg(feature = "runtime-benchmarks")]

use alloc::{boxed::Box, vec, vec::Vec};

use codec::{Decode, Encode};
use frame_benchmarking::v2::*;
use frame_support::{
	ensure,
	traits::{Contains, EnsureOrigin, Get, Hooks},
	weights::Weight,
};
use frame_system::{pallet_prelude::BlockNumberFor, Pallet as System, RawOrigin};
use pallet_collective::{Instance1, Members, ProposalCount, Proposals, Votes, Voting};
use sp_runtime::traits::{Hash, Zero};
use ward_primitives::{traits::Electorate, ParticipantId};

use crate::{motions::TallyOf, *};

/// The longest motion that is tried.
const MAX_LENGTH: u32 = 1_024;

/// The call that every runtime allows.
fn allowed<T: Config>() -> Result<CallOf<T>, BenchmarkError> {
	let call: CallOf<T> =
		frame_system::Call::<T>::authorize_upgrade { code_hash: T::Hash::default() }.into();
	ensure!(T::Allowed::contains(&call), "the runtime must allow `system.authorize_upgrade`");
	Ok(call)
}

/// A motion with this many bytes for the call in it.
fn motion<T: Config>(number: u32, length: u32) -> CallOf<T> {
	let mut remark = vec![0; length as usize];
	remark.extend(number.to_le_bytes());
	let call: CallOf<T> = frame_system::Call::<T>::remark { remark }.into();
	Call::enact { call: Box::new(call) }.into()
}

/// A full council, with the keys that speak for its members.
fn council<T: Config>() -> Result<Vec<(ParticipantId, T::AccountId)>, BenchmarkError> {
	let members = T::BenchmarkHelper::fill_electorate();
	ensure!(
		members.len() == T::Electorate::max_members() as usize,
		"the helper fills the electorate"
	);
	Pallet::<T>::update_members();
	Ok(members)
}

/// Opens motions until this many are open.
fn open_motions<T: Config>(
	member: &T::AccountId,
	many: u32,
	length: u32,
) -> Result<T::Hash, BenchmarkError> {
	let mut last = T::Hash::default();
	let open = u32::try_from(Proposals::<T, Instance1>::get().len()).unwrap_or(u32::MAX);
	for _ in open..many {
		let motion = motion::<T>(ProposalCount::<T, Instance1>::get(), length);
		last = T::Hashing::hash_of(&motion);
		Pallet::<T>::open_motion(member.clone(), motion)?;
	}
	Ok(last)
}

/// Sets who voted for a motion.
fn set_ayes<T: Config>(motion: T::Hash, ayes: Vec<T::AccountId>) -> Result<(), BenchmarkError> {
	let tally = Pallet::<T>::tally(motion)?.ok_or("the motion is open")?;
	let tally = TallyOf::<T> { ayes, ..tally };
	let votes = Votes::decode(&mut &tally.encode()[..]).map_err(|_| "the same fields")?;
	Voting::<T, Instance1>::insert(motion, votes);
	Ok(())
}

fn max_motions<T: Config>() -> u32 {
	<T as pallet_collective::Config<Instance1>>::MaxProposals::get()
}

#[benchmarks]
mod benchmarks {
	use super::*;

	/// A block in which nobody joins or leaves.
	#[benchmark]
	fn keep_members() -> Result<(), BenchmarkError> {
		council::<T>()?;
		// An end ahead, so that it is compared with the clock.
		MembersUntil::<T>::put(u64::MAX);
		let members = Members::<T, Instance1>::get();

		#[block]
		{
			Pallet::<T>::on_initialize(BlockNumberFor::<T>::zero());
		}

		ensure!(Members::<T, Instance1>::get() == members, "nothing changed");
		Ok(())
	}

	/// A block in which a full council that voted on everything is replaced by another.
	#[benchmark]
	fn update_members() -> Result<(), BenchmarkError> {
		let members = council::<T>()?;
		let electorate = Members::<T, Instance1>::get();
		let mut former: Vec<_> = (0..members.len() as u64)
			.map(|n| Pallet::<T>::account_of(ParticipantId(u64::MAX - n)))
			.collect();
		former.sort();
		Members::<T, Instance1>::put(&former);
		open_motions::<T>(&former[0], max_motions::<T>(), 1)?;
		for motion in Proposals::<T, Instance1>::get() {
			set_ayes::<T>(motion, former.clone())?;
		}
		Pallet::<T>::members_may_have_changed();

		#[block]
		{
			Pallet::<T>::on_initialize(BlockNumberFor::<T>::zero());
		}

		ensure!(Members::<T, Instance1>::get() == electorate, "the council was replaced");
		for motion in Proposals::<T, Instance1>::get() {
			let tally = Pallet::<T>::tally(motion)?.ok_or("the motion is open")?;
			ensure!(tally.ayes.is_empty(), "votes are gone with the members");
		}
		Ok(())
	}

	/// Enacts the one call that every runtime allows. Its own cost is small, and is counted a second
	/// time in the call's weight.
	#[benchmark]
	fn enact() -> Result<(), BenchmarkError> {
		let origin =
			T::EnactOrigin::try_successful_origin().map_err(|()| BenchmarkError::Weightless)?;
		let call = allowed::<T>()?;
		let call_hash = T::Hashing::hash_of(&call);

		#[extrinsic_call]
		_(origin, Box::new(call));

		assert_last_event::<T>(Event::Enacted { call_hash });
		Ok(())
	}

	/// The last motion that can be open. Calls of any length are not on every agenda, so what `propose`
	/// does is called step by step.
	#[benchmark]
	fn propose(b: Linear<0, MAX_LENGTH>) -> Result<(), BenchmarkError> {
		let (_, key) = council::<T>()?.pop().ok_or("a full council")?;
		let member = Members::<T, Instance1>::get().pop().ok_or("a full council")?;
		let others = max_motions::<T>().saturating_sub(1);
		open_motions::<T>(&member, others, MAX_LENGTH)?;
		let motion = motion::<T>(u32::MAX, b);
		let hash = T::Hashing::hash_of(&motion);

		#[block]
		{
			let member = Pallet::<T>::ensure_member(RawOrigin::Signed(key).into())?;
			ensure!(!T::Allowed::contains(&motion), "an enactment is on no agenda");
			Pallet::<T>::open_motion(member, motion)?;
		}

		ensure!(Proposals::<T, Instance1>::get().last() == Some(&hash), "the motion is open");
		Ok(())
	}

	/// The last member changes its vote.
	#[benchmark]
	fn vote() -> Result<(), BenchmarkError> {
		let (id, key) = council::<T>()?.pop().ok_or("a full council")?;
		let members = Members::<T, Instance1>::get();
		let voter = Pallet::<T>::account_of(id);
		let motion = open_motions::<T>(&voter, max_motions::<T>(), 1)?;
		let mut ayes: Vec<_> = members.into_iter().filter(|member| *member != voter).collect();
		ayes.push(voter.clone());
		set_ayes::<T>(motion, ayes)?;
		let index = Pallet::<T>::tally(motion)?.ok_or("the motion is open")?.index;

		#[extrinsic_call]
		_(RawOrigin::Signed(key), motion, index, false);

		let tally = Pallet::<T>::tally(motion)?.ok_or("the motion is open")?;
		ensure!(tally.nays == vec![voter], "the vote was changed");
		Ok(())
	}

	/// A unanimous motion is carried, which takes more than rejecting one. What its execution takes is
	/// in the bound.
	#[benchmark]
	fn close(b: Linear<0, MAX_LENGTH>) -> Result<(), BenchmarkError> {
		let (id, key) = council::<T>()?.pop().ok_or("a full council")?;
		let member = Pallet::<T>::account_of(id);
		let motion = open_motions::<T>(&member, max_motions::<T>(), b)?;
		set_ayes::<T>(motion, Members::<T, Instance1>::get())?;
		let index = Pallet::<T>::tally(motion)?.ok_or("the motion is open")?.index;
		let length = MAX_LENGTH.saturating_mul(2);

		#[extrinsic_call]
		_(RawOrigin::Signed(key), motion, index, Weight::MAX, length);

		ensure!(Pallet::<T>::tally(motion)?.is_none(), "the motion is gone");
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, mock::new_benchmark_ext(), mock::Test);
}

fn assert_last_event<T: Config>(event: Event<T>) {
	System::<T>::assert_last_event(<T as frame_system::Config>::RuntimeEvent::from(event));
}
