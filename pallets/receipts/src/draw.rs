//! Who looks at which cohort, and what of it there is.

use alloc::vec::Vec;
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::{traits::Zero, SaturatedConversion};
use ward_primitives::{
	receipt::{self, EpochInfo},
	record::COHORT_SIZE,
	traits::{ReadCustody, ReadSeats},
	Digest, ParticipantId,
};

use crate::{Config, Pallet, Witnesses};

/// The witnesses of a cohort in an epoch.
pub(crate) struct Draw {
	/// In their order: a witness's place here is that of its bit in the cohort's row.
	pub(crate) witnesses: Vec<ParticipantId>,
	/// From how many seats they were drawn.
	pub(crate) seats: u32,
}

impl Draw {
	/// The place of a witness; none if it is not drawn.
	pub(crate) fn place_of(&self, witness: ParticipantId) -> Option<u8> {
		let place = self.witnesses.iter().position(|drawn| *drawn == witness)?;
		Some(place.saturated_into())
	}

	/// How many witnesses there are.
	pub(crate) fn drawn(&self) -> u8 {
		self.witnesses.len().saturated_into()
	}
}

impl<T: Config> Pallet<T> {
	/// The hash of the chain's first block, which ties every signature to this chain.
	pub(crate) fn genesis() -> Digest {
		frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero()).into()
	}

	/// Draws the witnesses of a cohort: neither the custodian, nor the host on whose node it is a guest and
	/// who could hold its calls back.
	pub(crate) fn draw(epoch: &EpochInfo, custodian: ParticipantId, cohort: u64) -> Draw {
		let seats = Witnesses::<T>::get();
		let excluded: Vec<_> =
			core::iter::once(custodian).chain(T::Seats::host(custodian)).collect();
		let witnesses = receipt::draw(&seats, &excluded, &epoch.seed, custodian, cohort);
		Draw { witnesses, seats: seats.len().saturated_into() }
	}

	/// How many rows a custodian has in a cohort.
	pub(crate) fn rows_in(custodian: ParticipantId, cohort: u64) -> u16 {
		let before = cohort.saturating_mul(COHORT_SIZE);
		let rows = T::Custody::rows(custodian).saturating_sub(before).min(COHORT_SIZE);
		// At most 1,024; qed.
		rows.saturated_into()
	}
}
