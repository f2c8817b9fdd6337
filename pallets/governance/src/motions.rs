//! Motions: how they are put to the vote, decided and read.

use alloc::{boxed::Box, vec::Vec};

use codec::{Decode, Encode};
use frame_support::{
	dispatch::{DispatchResult, DispatchResultWithPostInfo, GetDispatchInfo, Pays},
	ensure,
	traits::{Contains, IsSubType},
	weights::Weight,
};
use frame_system::pallet_prelude::BlockNumberFor;
use pallet_collective::{Instance1, Members, ProposalCount, ProposalOf, Proposals, Voting};
use sp_runtime::{
	traits::{Hash, UniqueSaturatedInto},
	DispatchError,
};
use ward_primitives::council::Motion;

use crate::{Call, CallOf, Config, Council, Error, Pallet, WeightInfo};

/// How a vote stands. The collective keeps its own type's fields to itself, but stores exactly this.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Tally<AccountId, BlockNumber> {
	/// The motion's running number.
	pub(crate) index: u32,
	/// How many votes it needs, as of when it was proposed.
	pub(crate) threshold: u32,
	/// Who is for it.
	pub(crate) ayes: Vec<AccountId>,
	/// Who is against it.
	pub(crate) nays: Vec<AccountId>,
	/// From which block on absent votes count against it.
	pub(crate) end: BlockNumber,
}

pub(crate) type TallyOf<T> = Tally<<T as frame_system::Config>::AccountId, BlockNumberFor<T>>;

fn count<Item>(items: &[Item]) -> u32 {
	u32::try_from(items.len()).unwrap_or(u32::MAX)
}

/// The fewest votes that are two thirds of `members`.
pub(crate) const fn two_thirds(members: u32) -> u32 {
	// Not `2 * members / 3` rounded up, which could overflow.
	members.saturating_sub(members / 3)
}

impl<T: Config> Pallet<T> {
	/// How the vote on a motion stands; none if no such motion is open.
	pub(crate) fn tally(motion: T::Hash) -> Result<Option<TallyOf<T>>, DispatchError> {
		let Some(votes) = Voting::<T, Instance1>::get(motion) else { return Ok(None) };
		let tally = TallyOf::<T>::decode(&mut &votes.encode()[..])
			.map_err(|_| DispatchError::Corruption)?;
		Ok(Some(tally))
	}

	/// Opens the motion to enact `call`, if that is on the agenda, and votes for it.
	pub(crate) fn do_propose(member: T::AccountId, call: Box<CallOf<T>>) -> DispatchResult {
		ensure!(T::Allowed::contains(&call), Error::<T>::NotAllowed);
		Self::open_motion(member, Call::enact { call }.into())
	}

	/// Opens a motion, and votes for it.
	pub(crate) fn open_motion(member: T::AccountId, motion: CallOf<T>) -> DispatchResult {
		let hash = T::Hashing::hash_of(&motion);
		let length = u32::try_from(motion.encoded_size()).unwrap_or(u32::MAX);
		let threshold = two_thirds(count(&Members::<T, Instance1>::get()));
		let index = ProposalCount::<T, Instance1>::get();
		Council::<T>::do_propose_proposed(member.clone(), threshold, Box::new(motion), length)?;
		Council::<T>::do_vote(member, hash, index, true)?;
		Ok(())
	}

	/// Decides a motion, and carries it out if two thirds of the members are for it.
	pub(crate) fn do_close(
		hash: T::Hash,
		index: u32,
		weight_bound: Weight,
		length_bound: u32,
	) -> DispatchResultWithPostInfo {
		let has_votes = |tally: &TallyOf<T>| count(&tally.ayes) >= tally.threshold;
		let carried = Self::tally(hash)?.filter(|tally| tally.index == index && has_votes(tally));
		let Some(tally) = carried else {
			// Not decided, rejected, or no such motion: as the collective sees it.
			Council::<T>::do_close(hash, index, weight_bound, length_bound)?;
			return Ok((Some(<T as Config>::WeightInfo::close(0)), Pays::Yes).into());
		};
		if count(&tally.ayes) < two_thirds(count(&Members::<T, Instance1>::get())) {
			// The collective would execute it, with an origin that no longer counts as two thirds, and
			// the motion would be spent. Once its time is over it goes, so that it keeps no place.
			let is_over = tally.end <= frame_system::Pallet::<T>::block_number();
			ensure!(is_over, Error::<T>::NotEnoughVotes);
			Council::<T>::do_disapprove_proposal(hash);
			return Ok((Some(<T as Config>::WeightInfo::close(0)), Pays::Yes).into());
		}
		let weight = ProposalOf::<T, Instance1>::get(hash)
			.map(|motion| motion.get_dispatch_info().call_weight);
		Council::<T>::do_close(hash, index, weight_bound, length_bound)?;
		// Bounds that were chosen generously are not charged.
		let actual = weight
			.map(|weight| <T as Config>::WeightInfo::close(length_bound).saturating_add(weight));
		Ok((actual, Pays::Yes).into())
	}

	/// The open motions, the oldest first. The collective's calls are closed to everybody, so each is
	/// to enact something.
	pub(crate) fn open_motions() -> Vec<Motion> {
		Proposals::<T, Instance1>::get().into_iter().filter_map(Self::motion).collect()
	}

	fn motion(hash: T::Hash) -> Option<Motion> {
		let tally = Self::tally(hash).ok()??;
		let proposal = ProposalOf::<T, Instance1>::get(hash)?;
		let Call::enact { call } = proposal.is_sub_type()? else { return None };
		Some(Motion {
			hash: hash.into(),
			index: tally.index,
			ayes: Self::members_behind(&tally.ayes),
			nays: Self::members_behind(&tally.nays),
			threshold: tally.threshold,
			ends: tally.end.unique_saturated_into(),
			call: call.encode(),
		})
	}
}
