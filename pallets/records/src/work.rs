//! What a call did, and what that weighs.
//!
//! A call declares the most that it can take; when it is over, what it did not use is given back, to
//! the block and to the signer's quota, also if it failed.

use frame_support::{
	dispatch::{DispatchResult, DispatchResultWithPostInfo},
	weights::Weight,
};
use sp_runtime::DispatchErrorWithPostInfo;
use ward_primitives::{inputs::Extent, traits::ReadConsents, NewRecord};

use crate::{Config, WeightInfo};

/// The part of a call's work that differs from one to the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Work {
	/// How many records were looked at.
	pub(crate) records: u32,
	/// How many deposits they have.
	pub(crate) deposits: u32,
	/// What was read to decide whether their author may write them.
	pub(crate) extent: Extent,
}

impl Work {
	/// The most that these records can take.
	pub(crate) fn most<T: Config>(records: &[NewRecord]) -> Self {
		let mut most = Self::default();
		for record in records {
			let mut extent = Extent::most::<T::Participants, T::Consents>();
			if record.on_behalf_of.is_none() {
				// No center counts, so the grants to none are read.
				extent.grants = T::Consents::max_grants();
			}
			most.begin(record);
			most.read(extent);
		}
		most
	}

	/// Another record is being looked at.
	pub(crate) fn begin(&mut self, record: &NewRecord) {
		self.records = self.records.saturating_add(1);
		self.deposits = self.deposits.saturating_add(record.deposits.len() as u32);
	}

	/// This was read to decide on it.
	pub(crate) fn read(&mut self, extent: Extent) {
		let Extent { affiliations, grants } = &mut self.extent;
		*affiliations = affiliations.saturating_add(extent.affiliations);
		*grants = grants.saturating_add(extent.grants);
	}

	/// What it weighs as an `anchor`.
	pub(crate) fn as_anchor<T: Config>(&self) -> Weight {
		T::WeightInfo::anchor(self.deposits).saturating_add(self.further_reads::<T>())
	}

	/// What it weighs as a `supersede`.
	pub(crate) fn as_supersede<T: Config>(&self) -> Weight {
		T::WeightInfo::supersede(self.deposits).saturating_add(self.further_reads::<T>())
	}

	/// What it weighs as an `anchor_batch`.
	pub(crate) fn as_batch<T: Config>(&self) -> Weight {
		T::WeightInfo::anchor_batch(self.records)
			.saturating_add(self.further(self.deposits, T::WeightInfo::anchor))
			.saturating_add(self.further_reads::<T>())
	}

	/// What the affiliations and grants cost that the benchmarks of the calls do not have.
	fn further_reads<T: Config>(&self) -> Weight {
		let Extent { affiliations, grants } = self.extent;
		self.further(affiliations, T::WeightInfo::anchor_affiliated)
			.saturating_add(self.further(grants, T::WeightInfo::anchor_granted))
	}

	/// What more than one of something for each record costs, of which each costs the same.
	fn further(&self, all: u32, weight_with: fn(u32) -> Weight) -> Weight {
		let beyond_one_each = all.saturating_sub(self.records);
		weight_with(beyond_one_each.saturating_add(1)).saturating_sub(weight_with(1))
	}
}

/// A call's result with the weight that it had.
pub(crate) fn weighed(result: DispatchResult, weight: Weight) -> DispatchResultWithPostInfo {
	let post_info = Some(weight).into();
	match result {
		Ok(()) => Ok(post_info),
		Err(error) => Err(DispatchErrorWithPostInfo { post_info, error }),
	}
}
