//! Who is in the council, and how it follows the registry.

use alloc::vec::Vec;

use frame_support::{
	ensure,
	traits::{ChangeMembers, Get, Time},
	PalletId,
};
use frame_system::{ensure_signed, pallet_prelude::OriginFor};
use pallet_collective::{Error as CouncilError, Instance1, Members};
use sp_runtime::{traits::AccountIdConversion, DispatchError};
use ward_primitives::{
	traits::{ActingParticipant, Electorate, ReadParticipants},
	KeyRoles, Moment, ParticipantId,
};

use crate::{Config, Council, Event, MembersStale, MembersUntil, Pallet};

impl<T: Config> Pallet<T> {
	/// The account for which a member votes. Nobody has its key.
	pub fn account_of(member: ParticipantId) -> T::AccountId {
		<T as Config>::PalletId::get().into_sub_account_truncating(member)
	}

	/// The member for which an account stands, if it is derived from one.
	pub(crate) fn member_behind(account: &T::AccountId) -> Option<ParticipantId> {
		let (pallet, member) = PalletId::try_from_sub_account(account)?;
		(pallet == <T as Config>::PalletId::get()).then_some(member)
	}

	/// The members behind these accounts, by number.
	pub(crate) fn members_behind(accounts: &[T::AccountId]) -> Vec<ParticipantId> {
		let mut members: Vec<_> = accounts.iter().filter_map(Self::member_behind).collect();
		members.sort();
		members
	}

	/// The council's members, by number.
	pub(crate) fn members() -> Vec<ParticipantId> {
		Self::members_behind(&Members::<T, Instance1>::get())
	}

	/// The account of the member for which the signer may govern.
	pub(crate) fn ensure_member(origin: OriginFor<T>) -> Result<T::AccountId, DispatchError> {
		let who = ensure_signed(origin)?;
		let account = Self::account_of(T::Participants::ensure_acting(&who, KeyRoles::GOVERN)?);
		ensure!(Council::<T>::is_member(&account), CouncilError::<T, Instance1>::NotMember);
		Ok(account)
	}

	/// Lets the next block compare the council with the electorate.
	///
	/// To be called whenever somebody may have joined or left the electorate, or the end of a member's
	/// active interval was moved. What ends by itself at a known moment is noticed without.
	pub fn members_may_have_changed() {
		MembersStale::<T>::put(true);
	}

	/// Whether the council must be compared with the electorate.
	pub(crate) fn members_are_due() -> bool {
		let now = T::Time::now();
		MembersStale::<T>::get() || MembersUntil::<T>::get().is_some_and(|until| until <= now)
	}

	/// The accounts of these members, sorted as the collective demands.
	pub(crate) fn accounts_of(members: &[ParticipantId]) -> Vec<T::AccountId> {
		let mut accounts: Vec<_> = members.iter().copied().map(Self::account_of).collect();
		accounts.sort();
		accounts
	}

	/// When the first active interval of these members ends by itself.
	pub(crate) fn first_end(members: &[ParticipantId]) -> Option<Moment> {
		let now = T::Time::now();
		let end = |member: &ParticipantId| T::Participants::participant(*member, now)?.1.until;
		members.iter().filter_map(end).min()
	}

	/// Makes the electorate the council. Votes of those who left are removed.
	pub(crate) fn update_members() {
		let electorate = T::Electorate::members();
		let new = Self::accounts_of(&electorate);
		let old = Members::<T, Instance1>::get();
		if new != old {
			let (joined, left) = Council::<T>::compute_members_diff_sorted(&new, &old);
			Council::<T>::change_members_sorted(&joined, &left, &new);
			let (joined, left) = (Self::members_behind(&joined), Self::members_behind(&left));
			Self::deposit_event(Event::MembersChanged { joined, left });
		}
		MembersUntil::<T>::set(Self::first_end(&electorate));
		MembersStale::<T>::kill();
	}
}
