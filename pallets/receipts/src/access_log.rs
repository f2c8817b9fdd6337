//! What the chain knows of the vaults' access logs, so that none can be cut or rewritten unseen.

use frame_support::{dispatch::DispatchResult, ensure};
use ward_primitives::{
	receipt::{Fault, LogHead, LogRow},
	traits::ActingParticipant,
	KeyRoles, ParticipantId,
};

use crate::{Config, Error, Event, Logs, Pallet};

impl<T: Config> Pallet<T> {
	/// The log that a vault has to confirm in this epoch. It changes with epochs and not with reports, so
	/// that the reports of an epoch do not have to wait for each other.
	pub(crate) fn checkpoint(known: Option<&LogRow>, epoch: u64) -> LogHead {
		known.map_or_else(|| LogHead::empty(Self::genesis()), |row| row.checkpoint(epoch))
	}

	/// Whether the log of a custodian can be this, by all that was reported of it. Returns what its vault has
	/// to confirm.
	pub(crate) fn check_log(
		custodian: ParticipantId,
		epoch: u64,
		log: &LogHead,
	) -> Result<LogHead, Error<T>> {
		let known = Logs::<T>::get(custodian);
		let since = Self::checkpoint(known.as_ref(), epoch);
		since.allows(log).map_err(|fault| match fault {
			Fault::LogShorter => Error::<T>::LogShorter,
			_ => Error::<T>::LogForked,
		})?;
		// It may be a beginning of the longest one: another witness asked later, and reported sooner.
		let is_fork = |row: &LogRow| row.latest.height == log.height && row.latest.head != log.head;
		ensure!(!known.as_ref().is_some_and(is_fork), Error::<T>::LogForked);
		Ok(since)
	}

	/// Notes a log that was checked.
	pub(crate) fn note_log(custodian: ParticipantId, epoch: u64, since: LogHead, log: LogHead) {
		let latest = match Logs::<T>::get(custodian) {
			Some(row) if row.latest.height >= log.height => row.latest,
			_ => log,
		};
		Logs::<T>::insert(custodian, LogRow { epoch, since, latest });
	}

	/// See the call `restart_log`.
	pub(crate) fn do_restart_log(who: &T::AccountId) -> DispatchResult {
		let custodian = T::Participants::ensure_acting(who, KeyRoles::GOVERN)?;
		let lost = Logs::<T>::take(custodian).ok_or(Error::<T>::NoLog)?.latest;
		Self::deposit_event(Event::LogRestarted { custodian, lost });
		Ok(())
	}
}
