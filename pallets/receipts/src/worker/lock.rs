//! Lets one run at a time fetch: every block starts a run, and one can outlast a block.

use sp_core::offchain::{Duration, Timestamp};
use sp_runtime::offchain::storage::{StorageRetrievalError, StorageValueRef};

use super::LOCK_TIME;

/// Where the lock lies in the persistent local storage.
const KEY: &[u8] = b"ward/receipts/lock";

/// The right to fetch. Gives it back when it is dropped.
///
/// A node that is killed gives nothing back: the right ends by itself, [`LOCK_TIME`] after it was taken.
/// One that ends later than that was written before the clock was set back, and does not count either;
/// the SDK's own lock would wait until the clock is there again.
pub(crate) struct Lock {
	until: Timestamp,
}

impl Lock {
	/// Takes the right, unless another run has it.
	pub(crate) fn take(now: Timestamp) -> Option<Self> {
		let until = now.add(Duration::from_millis(LOCK_TIME));
		let free = |held: Result<Option<Timestamp>, StorageRetrievalError>| match held {
			Ok(Some(held)) if held > now && held <= until => Err(()),
			_ => Ok(until),
		};
		StorageValueRef::persistent(KEY).mutate(free).ok().map(|until| Self { until })
	}
}

impl Drop for Lock {
	fn drop(&mut self) {
		let mut value = StorageValueRef::persistent(KEY);
		// Not that of a run that took over.
		if value.get() == Ok(Some(self.until)) {
			value.clear();
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::worker::tests::in_local_storage;

	fn at(seconds: u64) -> Timestamp {
		Timestamp::from_unix_millis(seconds * 1_000)
	}

	#[test]
	fn one_run_at_a_time_has_it() {
		in_local_storage(|| {
			let first = Lock::take(at(100)).expect("free");
			assert!(Lock::take(at(101)).is_none());
			drop(first);
			assert!(Lock::take(at(101)).is_some());
		});
	}

	#[test]
	fn a_node_that_was_killed_does_not_stay_locked() {
		in_local_storage(|| {
			core::mem::forget(Lock::take(at(100)).expect("free"));
			let end = 100 + LOCK_TIME / 1_000;
			assert!(Lock::take(at(end - 1)).is_none());
			assert!(Lock::take(at(end)).is_some());
		});
	}

	#[test]
	fn a_clock_that_was_set_back_does_not_lock_for_longer() {
		in_local_storage(|| {
			core::mem::forget(Lock::take(at(100_000)).expect("free"));
			assert!(Lock::take(at(100)).is_some());
		});
	}

	#[test]
	fn a_run_that_lost_it_takes_it_from_nobody() {
		in_local_storage(|| {
			let slow = Lock::take(at(100)).expect("free");
			let next = Lock::take(at(100).add(Duration::from_millis(LOCK_TIME))).expect("over");
			drop(slow);
			assert!(Lock::take(at(121)).is_none(), "the second still has it");
			drop(next);
			assert!(Lock::take(at(122)).is_some());
		});
	}
}
