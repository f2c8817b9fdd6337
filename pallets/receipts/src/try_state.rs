//! What always holds in this pallet's storage.

use alloc::collections::BTreeSet;
use frame_support::{ensure, traits::Get};
use sp_runtime::TryRuntimeError;
use ward_primitives::{
	receipt::{quorum, CohortRow, EpochInfo, Freshness, LogRow, MissingRow, WITNESSES},
	ParticipantId,
};

use crate::{Cohorts, Config, Epoch, EpochLength, Logs, Pallet, Witnesses};

/// Whether each row is larger than the one before.
fn is_ascending(rows: &[MissingRow]) -> bool {
	rows.windows(2).all(|pair| pair[0].row < pair[1].row)
}

impl<T: Config> Pallet<T> {
	/// # Invariants
	///
	/// - The next epoch's length is one that the runtime allows; no seat is among the witnesses twice.
	/// - Bits are those of drawn witnesses; nothing is of a later epoch than the running one.
	/// - No cohort reaches beyond the custodian's rows.
	/// - What is missing is ascending, was looked at, and is missed by witnesses that reported.
	/// - What is fresh was seen by a quorum; the exceptions are the rows that fewer saw, each with those
	///   that did not.
	/// - A log's checkpoint is not longer than the longest that was reported.
	pub(crate) fn do_try_state() -> Result<(), TryRuntimeError> {
		let epoch = Epoch::<T>::get();
		ensure!(Self::is_epoch_length(EpochLength::<T>::get()), "an epoch length out of range");
		let witnesses = Witnesses::<T>::get();
		let different: BTreeSet<_> = witnesses.iter().collect();
		ensure!(different.len() == witnesses.len(), "a seat is among the witnesses twice");
		ensure!(witnesses.len() <= T::MaxSeats::get() as usize, "too many witnesses");
		for (custodian, cohort, row) in Cohorts::<T>::iter() {
			Self::check_cohort(&epoch, custodian, cohort, &row)?;
		}
		Logs::<T>::iter_values().try_for_each(|row| Self::check_log_row(&epoch, &row))
	}

	fn check_cohort(
		epoch: &EpochInfo,
		custodian: ParticipantId,
		cohort: u64,
		row: &CohortRow,
	) -> Result<(), TryRuntimeError> {
		let rows = Self::rows_in(custodian, cohort);
		ensure!(row.epoch <= epoch.number, "a report of a later epoch");
		ensure!(u32::from(row.drawn) <= WITNESSES, "too many witnesses drawn");
		ensure!(row.reported >> row.drawn == 0, "a report of a witness that was not drawn");
		ensure!(row.reported != 0 || row.disputed.is_some(), "a cohort of which nothing is known");
		for (place, looked) in row.rows.iter().enumerate() {
			let has_reported = row.reported & (1 << place) != 0;
			ensure!((*looked > 0) == has_reported, "a report of no rows, or rows of no report");
			ensure!(*looked <= rows, "a cohort beyond the custodian's rows");
		}
		ensure!(is_ascending(&row.missing), "missing rows are not ascending");
		for missing in &row.missing {
			let by_those_that_looked = row.rows.iter().enumerate().all(|(place, looked)| {
				missing.witnesses & (1 << place) == 0 || missing.row < *looked
			});
			ensure!(missing.witnesses != 0, "a row that nobody misses");
			ensure!(missing.witnesses & !row.reported == 0, "a row missed by who did not report");
			ensure!(by_those_that_looked, "a row missed by who did not look at it");
		}
		if let Some(dispute) = &row.disputed {
			ensure!(dispute.epoch <= epoch.number, "a dispute of a later epoch");
			ensure!(dispute.row < rows, "a dispute beyond the custodian's rows");
		}
		let reported = row.reported.count_ones() as u8;
		let has_quorum = quorum(row.drawn).is_some_and(|quorum| reported >= quorum);
		let fresh = row.fresh.as_ref();
		let is_of_this = fresh.is_some_and(|fresh| fresh.epoch == row.epoch);
		ensure!(
			has_quorum == is_of_this,
			"fresh without a quorum, or a quorum that counts nothing"
		);
		fresh.map_or(Ok(()), |fresh| Self::check_freshness(row, rows, fresh))
	}

	fn check_freshness(
		row: &CohortRow,
		rows: u16,
		fresh: &Freshness,
	) -> Result<(), TryRuntimeError> {
		let quorum = quorum(fresh.of).ok_or("fresh with nobody drawn")?;
		ensure!(fresh.epoch <= row.epoch, "fresh by a later epoch than the reports");
		ensure!((quorum..=fresh.of).contains(&fresh.seen), "fresh by less than a quorum");
		ensure!((1..=rows).contains(&fresh.rows), "fresh beyond the custodian's rows");
		ensure!(is_ascending(&fresh.exceptions), "exceptions are not ascending");
		for exception in &fresh.exceptions {
			let missed = 1..=fresh.seen;
			ensure!(exception.row < fresh.rows, "an exception beyond what was looked at");
			ensure!(missed.contains(&exception.missed_by()), "an exception that nobody reported");
			ensure!(exception.witnesses >> fresh.of == 0, "missed by who was not drawn");
		}
		if fresh.epoch == row.epoch {
			let seen = row.reported.count_ones() as u8;
			ensure!(fresh.of == row.drawn && fresh.seen == seen, "fresh by other reports");
			let is_right = (0..fresh.rows).all(|place| {
				let is_exception = fresh.exception(place).is_some();
				is_exception == (row.saw(place) < quorum)
			});
			ensure!(is_right, "exceptions other than what fewer than a quorum saw");
			let are_noted = fresh.exceptions.iter().all(|noted| row.missing.contains(noted));
			ensure!(are_noted, "exceptions by others than those that missed them");
		}
		Ok(())
	}

	fn check_log_row(epoch: &EpochInfo, row: &LogRow) -> Result<(), TryRuntimeError> {
		ensure!(row.epoch <= epoch.number, "a log of a later epoch");
		let (since, latest) = (&row.since, &row.latest);
		ensure!(since.height <= latest.height, "a checkpoint beyond the longest log");
		ensure!(since.height < latest.height || since == latest, "two logs of one height");
		Ok(())
	}
}
