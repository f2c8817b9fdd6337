//! What must hold in every state, whatever was called.

use frame_support::ensure;
use pallet_collective::{Instance1, Members, Proposals};
use sp_runtime::TryRuntimeError;
use ward_primitives::traits::Electorate;

use crate::{Config, MembersUntil, Pallet};

impl<T: Config> Pallet<T> {
	/// Checks every invariant of the pallet.
	pub(crate) fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::check_members()?;
		Self::check_motions()
	}

	fn check_members() -> Result<(), TryRuntimeError> {
		let members = Members::<T, Instance1>::get();
		ensure!(Self::members().len() == members.len(), "member that stands for no participant");
		if !Self::members_are_due() {
			let electorate = T::Electorate::members();
			let until = Self::first_end(&electorate);
			ensure!(members == Self::accounts_of(&electorate), "council and electorate differ");
			ensure!(MembersUntil::<T>::get() == until, "wrong end of the members' time");
		}
		Ok(())
	}

	fn check_motions() -> Result<(), TryRuntimeError> {
		let members = Members::<T, Instance1>::get();
		let open = Proposals::<T, Instance1>::get();
		ensure!(Self::open_motions().len() == open.len(), "motion that enacts nothing");
		for hash in open {
			let tally = Self::tally(hash)?.ok_or("motion without votes")?;
			ensure!(tally.threshold > 0, "motion that needs no votes");
			let votes = || tally.ayes.iter().chain(&tally.nays);
			ensure!(votes().all(|voter| members.contains(voter)), "vote of one who is no member");
			ensure!(tally.ayes.iter().all(|aye| !tally.nays.contains(aye)), "vote for and against");
		}
		Ok(())
	}
}
