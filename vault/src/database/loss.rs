//! Going on with a database that lacks what the vault has confirmed, on the operator's word: what is lost
//! stays visible, and what was used up stays used up.

use std::path::Path;

use redb::WriteTransaction;
use ward_crypto::request::{MAX_CLOCK_SKEW, MAX_LIFETIME};
use ward_primitives::Moment;

use super::{
	fact,
	mark::{self, Loss, Mark, Point},
	prepared, set_fact, Result, FACTS,
};
use crate::access_log::{add_gap, gaps, next_entry, Gap, LOG};

/// Until when nonces must be remembered that have been lost.
const LOST_NONCES: &str = "lost-nonces";

/// Lets the database at `path` count from now on. The access log carries on after the entries that are
/// lost, and no request counts that may have been used before. Gives back what was lost; none if nothing
/// was, and nothing is changed then.
pub fn accept(path: &Path, now: Moment) -> Result<Option<Loss>> {
	let database = prepared(path)?;
	let (known, loss) = mark::compare(path, &database)?;
	let Some(loss) = loss else { return Ok(None) };
	let transaction = database.begin_write()?;
	let known = known.unwrap_or_default();
	let facts = gaps(&transaction.open_table(FACTS)?)?;
	let (next, _) = next_entry(&transaction.open_table(LOG)?, &facts)?;
	if known.log > next {
		add_gap(&transaction, Gap { from: next, to: known.log, head: known.head })?;
	}
	// Without a mark, whatever was signed before now may have been used.
	let longest =
		MAX_LIFETIME.saturating_add(MAX_CLOCK_SKEW.saturating_mul(2)).saturating_mul(1000);
	let until = match known.nonces {
		0 => now.saturating_add(longest),
		known => known,
	};
	let before = lost_nonces(&transaction)?;
	set_fact(&transaction, LOST_NONCES, &before.max(until))?;
	let point = Point::after_change(&transaction)?;
	// A copy that is behind this one must not look like a later one.
	let point = Point { changes: point.changes.max(known.changes.saturating_add(1)), ..point };
	point.store(&transaction)?;
	transaction.commit()?;
	// Only now: a loss must be seen again should this be cut off.
	Mark::set(path, point)?;
	Ok(Some(loss))
}

/// Until when nonces must be remembered that have been lost; 0 if none have.
pub(super) fn lost_nonces(transaction: &WriteTransaction) -> Result<Moment> {
	Ok(fact(&transaction.open_table(FACTS)?, LOST_NONCES)?.unwrap_or(0))
}
