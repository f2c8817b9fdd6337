//! What always holds in this pallet's storage.

use alloc::collections::{BTreeMap, BTreeSet};
use frame_support::{ensure, traits::Time};
use sp_runtime::TryRuntimeError;
use ward_primitives::{consent::RequestOutcome, Grant, GrantId, Interval, ParticipantId};

use crate::{
	grants::has_ended, Config, Exclusions, Grants, GrantsTo, GrantsToCount, NextGrantId, Pallet,
	PastExclusions, PastGrants, PatientGrantCount, PatientGrants, RecentGrants, Requests,
};

/// A patient and a grantee.
type Pair = (ParticipantId, ParticipantId);

impl<T: Config> Pallet<T> {
	/// Recounts every counter and follows every reference between rows, in both directions.
	pub(crate) fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::check_generations()?;
		Self::check_lists()?;
		Self::check_recent()?;
		Self::check_exclusions()?;
		Self::check_requests()
	}

	fn check_generations() -> Result<(), TryRuntimeError> {
		let mut past = 0usize;
		for (id, latest) in Grants::<T>::iter() {
			ensure!(latest.id == id, "Grant under another number");
			ensure!(id < NextGrantId::<T>::get(), "Grant with a number not yet assigned");
			let mut next: Grant = latest.clone();
			for generation in (0..latest.generation).rev() {
				let earlier = PastGrants::<T>::get(id, generation).ok_or("Missing generation")?;
				ensure!(
					(earlier.id, earlier.generation) == (id, generation)
						&& (earlier.patient, earlier.grantee) == (latest.patient, latest.grantee),
					"Generation of another grant"
				);
				ensure!(
					follows(&earlier.interval, &next.interval),
					"Generations of a grant overlap"
				);
				next = earlier;
				past += 1;
			}
		}
		ensure!(PastGrants::<T>::iter().count() == past, "Generation without a grant");
		Ok(())
	}

	/// Every grant is in the list of its patient and in that of its pair, once, in order.
	fn check_lists() -> Result<(), TryRuntimeError> {
		let mut by_patient = BTreeMap::<ParticipantId, BTreeSet<GrantId>>::new();
		let mut by_pair = BTreeMap::<Pair, BTreeSet<GrantId>>::new();
		let mut grants = 0u64;
		for (id, grant) in Grants::<T>::iter() {
			by_patient.entry(grant.patient).or_default().insert(id);
			by_pair.entry((grant.patient, grant.grantee)).or_default().insert(id);
			grants += 1;
		}
		ensure!(NextGrantId::<T>::get().0 == grants, "NextGrantId is not the number of grants");

		let listed = PatientGrants::<T>::iter().count() as u64;
		ensure!(listed == grants, "PatientGrants holds more or fewer than all grants");
		let owners = PatientGrantCount::<T>::iter().count();
		ensure!(owners == by_patient.len(), "PatientGrantCount of a patient without grants");
		for (patient, ids) in by_patient {
			let count = PatientGrantCount::<T>::get(patient);
			let list = (0..count).map(|number| PatientGrants::<T>::get(patient, number));
			ensure!(list.eq(ids.into_iter().map(Some)), "PatientGrants differs from the grants");
		}

		let listed = GrantsTo::<T>::iter().count() as u64;
		ensure!(listed == grants, "GrantsTo holds more or fewer than all grants");
		let pairs = GrantsToCount::<T>::iter().count();
		ensure!(pairs == by_pair.len(), "GrantsToCount of a pair without grants");
		for ((patient, grantee), ids) in by_pair {
			let count = GrantsToCount::<T>::get(patient, grantee);
			let list = (0..count).map(|number| GrantsTo::<T>::get((patient, grantee, number)));
			ensure!(list.eq(ids.into_iter().map(Some)), "GrantsTo differs from the grants");
		}
		Ok(())
	}

	/// Nothing that may still count is missing from what decisions about the present read.
	fn check_recent() -> Result<(), TryRuntimeError> {
		for (patient, grantee, recent) in RecentGrants::<T>::iter() {
			ensure!(recent.is_sorted_by(|a, b| a < b), "RecentGrants out of order");
			for id in recent {
				let grant = Grants::<T>::get(id).ok_or("RecentGrants names a missing grant")?;
				let pair = (grant.patient, grant.grantee);
				ensure!(pair == (patient, grantee), "RecentGrants names another pair's grant");
			}
		}
		let now = T::Time::now();
		for (id, grant) in Grants::<T>::iter().filter(|(_, g)| !has_ended(&g.interval, now)) {
			let recent = RecentGrants::<T>::get(grant.patient, grant.grantee);
			ensure!(recent.contains(&id), "Grant that is not over is missing from RecentGrants");
		}
		Ok(())
	}

	fn check_exclusions() -> Result<(), TryRuntimeError> {
		let mut past = 0usize;
		for (patient, excluded, timeline) in Exclusions::<T>::iter() {
			let mut next = timeline.latest;
			for generation in (0..timeline.generation).rev() {
				let earlier = PastExclusions::<T>::get((patient, excluded, generation))
					.ok_or("Missing exclusion")?;
				ensure!(follows(&earlier, &next), "Exclusions of one participant overlap");
				next = earlier;
				past += 1;
			}
		}
		ensure!(PastExclusions::<T>::iter().count() == past, "Exclusion without a latest one");
		Ok(())
	}

	fn check_requests() -> Result<(), TryRuntimeError> {
		for (patient, requester, request) in Requests::<T>::iter() {
			let parties = (request.patient, request.requester);
			ensure!(parties == (patient, requester), "Request under another pair");
			let Some((closed_at, outcome)) = request.outcome else { continue };
			ensure!(request.requested_at <= closed_at, "Request closed before it was made");
			if let RequestOutcome::Granted(id) = outcome {
				let grant = Grants::<T>::get(id).ok_or("Request closed by a missing grant")?;
				let pair = (grant.patient, grant.grantee);
				ensure!(pair == parties, "Request closed by another pair's grant");
			}
		}
		Ok(())
	}
}

/// Whether `later` starts no earlier than `earlier` and only once that is over.
fn follows(earlier: &Interval, later: &Interval) -> bool {
	earlier.from <= later.from && earlier.is_over(later.from)
}
