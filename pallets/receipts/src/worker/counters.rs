//! What the worker has done since the node's database was made, for the node's metrics.

use codec::{Decode, Encode, MaxEncodedLen};
use sp_runtime::offchain::storage::{MutateStorageError, StorageRetrievalError, StorageValueRef};
use ward_primitives::{receipt::Fault, Moment};

use super::cursor::Round;

/// Where the counters lie in the persistent local storage.
pub const COUNTERS_KEY: &[u8] = b"ward/receipts/counters";

/// Why no report came of a fetch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
	/// The custodian has no vault or no receipt key.
	NoVault,
	/// The endpoint of its row is none that a node follows.
	Endpoint,
	/// No connection: name, network, TLS.
	Unreachable,
	/// Silence, or a body that did not end in time.
	Deadline,
	/// The body ended before its end.
	Interrupted,
	/// The body was longer than any answer is.
	TooLarge,
	/// The vault refused: `403`.
	Denied,
	/// The vault's log is not the one that the chain knows: `409`.
	LogDiverged,
	/// Any other status but `200`: errors of the server, redirects.
	Status,
	/// The body is not sealed to this request.
	Sealed,
	/// The answer is no answer.
	Malformed,
	/// The receipt is for another challenge.
	Foreign,
	/// The receipt is not signed with the custodian's key.
	WrongSignature,
	/// The answer has other rows than were asked for.
	WrongRows,
	/// The log became shorter.
	LogShorter,
	/// The log was written anew.
	LogForked,
	/// The signed results are not those of the answer.
	WrongResults,
	/// More rows are missing than a report can name.
	TooManyMissing,
	/// The chain would refuse the report.
	NotDue,
	/// This node's key could not sign, or its pool did not take the report.
	NotSubmitted,
}

impl Cause {
	/// All causes, in the order in which they are counted.
	pub const ALL: [Self; 20] = [
		Self::NoVault,
		Self::Endpoint,
		Self::Unreachable,
		Self::Deadline,
		Self::Interrupted,
		Self::TooLarge,
		Self::Denied,
		Self::LogDiverged,
		Self::Status,
		Self::Sealed,
		Self::Malformed,
		Self::Foreign,
		Self::WrongSignature,
		Self::WrongRows,
		Self::LogShorter,
		Self::LogForked,
		Self::WrongResults,
		Self::TooManyMissing,
		Self::NotDue,
		Self::NotSubmitted,
	];

	/// Its name among the metrics.
	pub const fn label(self) -> &'static str {
		match self {
			Self::NoVault => "no-vault",
			Self::Endpoint => "endpoint",
			Self::Unreachable => "unreachable",
			Self::Deadline => "deadline",
			Self::Interrupted => "interrupted",
			Self::TooLarge => "too-large",
			Self::Denied => "denied",
			Self::LogDiverged => "log-diverged",
			Self::Status => "status",
			Self::Sealed => "sealed",
			Self::Malformed => "malformed",
			Self::Foreign => "foreign",
			Self::WrongSignature => "wrong-signature",
			Self::WrongRows => "wrong-rows",
			Self::LogShorter => "log-shorter",
			Self::LogForked => "log-forked",
			Self::WrongResults => "wrong-results",
			Self::TooManyMissing => "too-many-missing",
			Self::NotDue => "not-due",
			Self::NotSubmitted => "not-submitted",
		}
	}

	/// What the operator reads after "center 7's vault".
	pub const fn text(self) -> &'static str {
		match self {
			Self::NoVault => "has no address or no receipt key in the registry",
			Self::Endpoint => "has an address that this node does not follow",
			Self::Unreachable => "cannot be reached: its name, the network, or its certificate",
			Self::Deadline => "did not answer in time",
			Self::Interrupted => "broke off its answer",
			Self::TooLarge => "sent more than an answer can have",
			Self::Denied => "refused to answer this witness",
			Self::LogDiverged => "says that its access log is not the one that the chain knows",
			Self::Status => "answered with an error or a redirect",
			Self::Sealed => "sent a body that is not sealed to this request",
			Self::Malformed => "sent an answer that does not parse",
			Self::Foreign => "sent a receipt for another challenge",
			Self::WrongSignature => "sent a receipt that its key did not sign",
			Self::WrongRows => "answered for other rows than were asked for",
			Self::LogShorter => "has an access log that became shorter",
			Self::LogForked => "has an access log that was written anew",
			Self::WrongResults => "signed other results than it sent",
			Self::TooManyMissing => "lacks more of a cohort than a report can name",
			Self::NotDue => "was seen too late for this epoch",
			Self::NotSubmitted => "was seen, but this node could not report it",
		}
	}

	/// Whether it is the vault's doing, or the way to it, and not this node's or the chain's.
	pub const fn is_of_the_vault(self) -> bool {
		!matches!(self, Self::NotDue | Self::NotSubmitted)
	}
}

impl From<Fault> for Cause {
	fn from(fault: Fault) -> Self {
		match fault {
			Fault::Malformed => Self::Malformed,
			Fault::Foreign => Self::Foreign,
			Fault::WrongSignature => Self::WrongSignature,
			Fault::WrongRows => Self::WrongRows,
			Fault::LogShorter => Self::LogShorter,
			Fault::LogForked => Self::LogForked,
			Fault::WrongResults => Self::WrongResults,
		}
	}
}

/// The upper ends of the buckets that the durations of fetches are sorted into, in milliseconds.
pub const BUCKETS: [Moment; 7] = [50, 100, 250, 500, 1_000, 2_500, 5_000];

/// The counters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
pub struct Counters {
	/// Fetches that were begun. What a run had no time for is none.
	pub fetches: u64,
	/// Fetches of which no report came, by [`Cause`].
	pub failures: [u64; Cause::ALL.len()],
	/// Answers that came whole.
	pub answers: u64,
	/// How long these took together, in milliseconds.
	pub answer_time: u64,
	/// How many of them took at most as long as the [bucket](BUCKETS) says.
	pub answers_within: [u64; BUCKETS.len()],
	/// Reports that the pool took.
	pub reports: u64,
	/// Contradictions that the pool took.
	pub disputes: u64,
	/// Times that all cohorts of a custodian were looked through.
	pub rounds: u64,
	/// The cohorts that were not fresh any more when they were last looked through.
	pub lapsed: u64,
}

impl Counters {
	/// The counters so far; zeros where nothing can be read.
	pub fn read() -> Self {
		StorageValueRef::persistent(COUNTERS_KEY).get().ok().flatten().unwrap_or_default()
	}

	/// Changes the counters, whoever else does so at the same time. After a few attempts in vain the change
	/// is lost: what depends on them is a graph.
	pub fn change(change: impl Fn(&mut Self)) {
		let apply = |stored: Result<Option<Self>, StorageRetrievalError>| -> Result<Self, ()> {
			let mut counters = stored.ok().flatten().unwrap_or_default();
			change(&mut counters);
			Ok(counters)
		};
		for _ in 0..3 {
			match StorageValueRef::persistent(COUNTERS_KEY).mutate(apply) {
				Err(MutateStorageError::ConcurrentModification(_)) => continue,
				_ => return,
			}
		}
	}

	/// Adds to one of the counters.
	pub(crate) fn add(which: impl Fn(&mut Self) -> &mut u64, count: u64) {
		Self::change(|counters| {
			let counter = which(counters);
			*counter = counter.saturating_add(count);
		});
	}

	/// Counts a whole answer.
	pub fn answered(&mut self, took: Moment) {
		self.answers = self.answers.saturating_add(1);
		self.answer_time = self.answer_time.saturating_add(took);
		for (within, bucket) in self.answers_within.iter_mut().zip(BUCKETS) {
			*within = within.saturating_add(u64::from(took <= bucket));
		}
	}

	/// Counts a fetch of which no report came.
	pub fn failed(&mut self, cause: Cause) {
		if let Some(count) = self.failures.get_mut(cause as usize) {
			*count = count.saturating_add(1);
		}
	}

	/// Counts a round through all cohorts of a custodian.
	pub(super) fn went_round(&mut self, round: &Round) {
		self.rounds = self.rounds.saturating_add(1);
		self.lapsed = self.lapsed.saturating_sub(round.before).saturating_add(round.lapsed);
	}

	/// How many fetches failed for this cause.
	pub fn failures_by(&self, cause: Cause) -> u64 {
		self.failures.get(cause as usize).copied().unwrap_or_default()
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::worker::tests::in_local_storage;

	#[test]
	fn every_cause_is_counted_on_its_own_and_has_its_own_name() {
		for (place, cause) in Cause::ALL.into_iter().enumerate() {
			let mut counters = Counters::default();
			counters.failed(cause);
			assert_eq!(cause as usize, place);
			assert_eq!(counters.failures_by(cause), 1);
			assert_eq!(counters.failures.iter().sum::<u64>(), 1);
			let same = Cause::ALL.into_iter().filter(|other| other.label() == cause.label());
			assert_eq!(same.count(), 1);
		}
	}

	#[test]
	fn buckets_are_cumulative() {
		let mut counters = Counters::default();
		for took in [0, 50, 51, 5_000, 5_001] {
			counters.answered(took);
		}
		assert_eq!(counters.answers, 5);
		assert_eq!(counters.answer_time, 10_102);
		assert_eq!(counters.answers_within, [2, 3, 3, 3, 3, 3, 4]);
	}

	#[test]
	fn lapsed_cohorts_are_those_of_the_last_round_of_each_custodian() {
		let mut counters = Counters::default();
		counters.went_round(&Round { lapsed: 5, before: 0 });
		counters.went_round(&Round { lapsed: 7, before: 0 });
		counters.went_round(&Round { lapsed: 1, before: 5 });
		assert_eq!((counters.lapsed, counters.rounds), (8, 3));
	}

	#[test]
	fn changes_add_up() {
		in_local_storage(|| {
			assert_eq!(Counters::read(), Counters::default());
			Counters::change(|counters| counters.fetches += 2);
			Counters::change(|counters| counters.fetches += 3);
			assert_eq!(Counters::read().fetches, 5);
		});
	}

	#[test]
	fn what_cannot_be_read_starts_again_from_zero() {
		in_local_storage(|| {
			StorageValueRef::persistent(COUNTERS_KEY).set(&1u8);
			Counters::change(|counters| counters.reports += 1);
			assert_eq!(Counters::read(), Counters { reports: 1, ..Counters::default() });
		});
	}
}
