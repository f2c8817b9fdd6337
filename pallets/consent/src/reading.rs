//! How others read grants, requests and exclusions, now and at past moments.

use alloc::vec::Vec;
use frame_support::traits::{Get, Time};
use ward_primitives::{
	interval::{generation_at, partition_point},
	traits::ReadConsents,
	AccessRequest, Grant, GrantId, Interval, Moment, ParticipantId, Timeline,
};

use crate::{
	Config, Exclusions, Grants, GrantsTo, GrantsToCount, Pallet, PastExclusions, PastGrants,
	PatientGrantCount, PatientGrants, RecentGrants, Requests,
};

/// The most entries in one page of a list.
pub const MAX_PAGE: u32 = 1_000;

/// The most grants of one patient to one grantee that a decision about the past reads, the newest
/// first. To leave out older ones can only deny.
pub const MAX_PAST_GRANTS: u64 = 1_024;

impl<T: Config> ReadConsents for Pallet<T> {
	fn grants(patient: ParticipantId, grantee: ParticipantId, at: Moment) -> Vec<Grant> {
		if at >= T::Time::now() {
			let recent = RecentGrants::<T>::get(patient, grantee);
			return recent.into_iter().filter_map(Grants::<T>::get).collect();
		}
		let count = GrantsToCount::<T>::get(patient, grantee);
		(count.saturating_sub(MAX_PAST_GRANTS)..count)
			.filter_map(|number| GrantsTo::<T>::get((patient, grantee, number)))
			.filter_map(|id| Self::grant_at(id, at))
			.collect()
	}

	fn max_grants() -> u32 {
		T::MaxLiveGrants::get()
	}

	fn exclusion(patient: ParticipantId, excluded: ParticipantId, at: Moment) -> Option<Interval> {
		let Timeline { generation: newest, latest } = Exclusions::<T>::get(patient, excluded)?;
		if latest.from <= at {
			return Some(latest);
		}
		let past = |generation| PastExclusions::<T>::get((patient, excluded, generation));
		let earlier = newest.checked_sub(1)?;
		past(generation_at(earlier, at, |generation| past(generation).map(|span| span.from))?)
	}
}

impl<T: Config> Pallet<T> {
	/// A grant in the generation that held at `at`: the last that starts at or before it, or else
	/// the first.
	fn grant_at(id: GrantId, at: Moment) -> Option<Grant> {
		let latest = Grants::<T>::get(id)?;
		let Some(newest_past) = latest.generation.checked_sub(1) else { return Some(latest) };
		if latest.interval.from <= at {
			return Some(latest);
		}
		let past = |generation| PastGrants::<T>::get(id, generation);
		let start = |generation| past(generation).map(|grant: Grant| grant.interval.from);
		past(generation_at(newest_past, at, start).unwrap_or(0))
	}

	pub(crate) fn page_of_grants(patient: ParticipantId, from: GrantId, limit: u32) -> Vec<Grant> {
		let count = PatientGrantCount::<T>::get(patient);
		let id = |number| PatientGrants::<T>::get(patient, number);
		// Grants are numbered in the order in which they were given, in each list.
		let first = partition_point(count, |number| id(number).is_some_and(|id| id < from));
		(first..count).take(page_len(limit)).filter_map(id).filter_map(Grants::<T>::get).collect()
	}

	pub(crate) fn page_of_requests(
		patient: ParticipantId,
		after: Option<ParticipantId>,
		limit: u32,
	) -> Vec<AccessRequest> {
		let rows = match after {
			None => Requests::<T>::iter_prefix(patient),
			Some(last) => {
				let key = Requests::<T>::hashed_key_for(patient, last);
				Requests::<T>::iter_prefix_from(patient, key)
			},
		};
		rows.take(page_len(limit)).map(|(_, request)| request).collect()
	}

	pub(crate) fn page_of_exclusions(
		patient: ParticipantId,
		after: Option<ParticipantId>,
		limit: u32,
	) -> Vec<(ParticipantId, Timeline)> {
		let rows = match after {
			None => Exclusions::<T>::iter_prefix(patient),
			Some(last) => {
				let key = Exclusions::<T>::hashed_key_for(patient, last);
				Exclusions::<T>::iter_prefix_from(patient, key)
			},
		};
		rows.take(page_len(limit)).collect()
	}
}

fn page_len(limit: u32) -> usize {
	limit.min(MAX_PAGE) as usize
}
