//! Requests for access.

use frame_support::{ensure, pallet_prelude::*, traits::Time};
use ward_primitives::{
	consent::RequestOutcome, traits::ReadParticipants, AccessRequest, GrantTerms, Moment,
	ParticipantId, Role,
};

use crate::{Config, Error, Event, Pallet, Requests};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_request(
		requester: ParticipantId,
		patient: ParticipantId,
		terms: GrantTerms,
		until: Option<Moment>,
	) -> DispatchResult {
		let now = T::Time::now();
		Self::ensure_grantee(requester, now)?;
		let asked = T::Participants::participant(patient, now).map(|(role, _)| role);
		ensure!(asked == Some(Role::Patient), Error::<T>::UnknownPatient);
		ensure!(terms.is_valid(), Error::<T>::InvalidTerms);
		ensure!(until.is_none_or(|until| until > now), Error::<T>::InvalidInterval);
		let request =
			AccessRequest { patient, requester, terms, until, requested_at: now, outcome: None };
		Requests::<T>::insert(patient, requester, request);
		Self::deposit_event(Event::Requested { patient, requester });
		Ok(())
	}

	pub(crate) fn do_cancel_request(
		requester: ParticipantId,
		patient: ParticipantId,
	) -> DispatchResult {
		Self::close(patient, requester, RequestOutcome::Cancelled)?;
		Self::deposit_event(Event::RequestCancelled { patient, requester });
		Ok(())
	}

	pub(crate) fn do_decline_request(
		patient: ParticipantId,
		requester: ParticipantId,
	) -> DispatchResult {
		Self::close(patient, requester, RequestOutcome::Declined)?;
		Self::deposit_event(Event::RequestDeclined { patient, requester });
		Ok(())
	}

	/// Closes the requester's request if it has an open one.
	pub(crate) fn close_if_open(
		patient: ParticipantId,
		requester: ParticipantId,
		now: Moment,
		outcome: RequestOutcome,
	) {
		let open = Requests::<T>::get(patient, requester).filter(|r| r.outcome.is_none());
		if let Some(mut request) = open {
			request.outcome = Some((now, outcome));
			Requests::<T>::insert(patient, requester, request);
		}
	}

	fn close(
		patient: ParticipantId,
		requester: ParticipantId,
		outcome: RequestOutcome,
	) -> Result<(), Error<T>> {
		Requests::<T>::try_mutate(patient, requester, |request| {
			let request = request.as_mut().ok_or(Error::<T>::NotFound)?;
			ensure!(request.outcome.is_none(), Error::<T>::AlreadyClosed);
			request.outcome = Some((T::Time::now(), outcome));
			Ok(())
		})
	}
}
