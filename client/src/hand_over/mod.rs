//! A custodian leaves: the records that its vault has made ready for another center are handed over on
//! the chain, in batches.

mod lines;

pub use lines::Drained;

use std::collections::{btree_map::Entry, BTreeMap};

use futures::{stream, StreamExt, TryStreamExt};
use serde::Serialize;
use ward_chain_client::{Call, State};
use ward_primitives::{
	Digest, HandOver, Moment, ParticipantId, RecordId, RecordRow, Role, VaultRow,
};

use self::lines::Lines;
use crate::{
	error::{Error, Kind, Result},
	moment,
	progress::{OneOfMany, Progress},
	session::{self, Session},
	upload::check_receipt,
};

/// How many questions are under way at the same time.
const PARALLEL: usize = 16;

/// For how long a receipt must count at least, so that a call with it is in a block before: in
/// milliseconds.
const MARGIN: u64 = 60_000;

/// How often an exhausted quota is waited for once more; each time for half a minute.
const QUOTA_PATIENCE: u32 = 20;

/// A record that is not handed over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Left {
	/// The record.
	pub record: RecordId,
	/// What is in the way.
	pub why: String,
	/// What helps, if the vault has not said it already.
	pub hint: Option<String>,
}

/// What became of the records.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HandOverReport {
	/// How many are handed over now.
	pub handed_over: u64,
	/// How many an earlier run had handed over.
	pub existed: u64,
	/// Those that are not.
	pub left: Vec<Left>,
	/// To whom.
	pub to: Vec<ParticipantId>,
	/// What stopped it, if anything did.
	#[serde(skip)]
	pub error: Option<Error>,
}

impl HandOverReport {
	/// The error for what stopped it, or for what is left; none if nothing is.
	pub fn failure(&mut self) -> Option<Error> {
		if let Some(error) = self.error.take() {
			return Some(error);
		}
		let first = self.left.first()?;
		let all = self.handed_over + self.existed + self.left.len() as u64;
		let what = format!("{} of {all} records are not handed over", self.left.len());
		Some(
			Error::new(Kind::Other, what)
				.code_is("some-not-handed-over")
				.caused_by(format!("{}: {}", first.record, first.why))
				.hint(
					"each of them says above what is wrong; mend it, run `ward-vault drain` again, and \
					 hand over what that prints: what is done is not done twice",
				),
		)
	}

	/// Whether there is nothing to tell.
	pub fn is_empty(&self) -> bool {
		self.handed_over == 0 && self.existed == 0 && self.left.is_empty()
	}
}

/// How a record stands that is to be handed over.
#[derive(Debug, PartialEq, Eq)]
enum Standing {
	/// The chain will take it.
	Ready,
	/// It is handed over.
	HandedOver,
	/// The chain would refuse it.
	Left(Left),
	/// The center does not hold it, and it is not at the other one either.
	Foreign,
}

/// Hands over what a vault has made ready. For the center that it was drained from.
pub async fn hand_over(
	session: &Session,
	mut drained: Drained,
	progress: &dyn Progress,
) -> Result<HandOverReport> {
	let state = session.chain.finalized().await?;
	let own = session::participant(&state, session.id).await?;
	if own.role != Role::MedicalCenter {
		let what = format!("participant {} is no medical center", session.id);
		return Err(Error::new(Kind::Usage, what)
			.code_is("not-a-center")
			.hint("use the home of the center whose vault was drained"));
	}
	let mut work = Work { session, progress, report: HandOverReport::default(), of: None };
	let (mut plan, mut records) = (None, 0_u64);
	while let Some(lines) = drained.next().await {
		plan = plan.or(lines.plan);
		records = records.saturating_add(lines.records);
		work.of = plan.map(|plan| plan.rows);
		if let Some(from) = plan.and_then(|plan| plan.from).filter(|from| *from != session.id) {
			let what = format!("it was center {from} that was drained, and not {}", session.id);
			return Err(Error::new(Kind::Usage, what)
				.code_is("other-center")
				.hint("use the home of that center"));
		}
		if let Err(error) = work.take(lines).await {
			work.report.error = Some(error);
			break;
		}
	}
	let mut report = work.report;
	// A vault that has nothing left prints such a plan, too.
	let is_dry = plan.is_some_and(|plan| plan.rows > plan.handed_over) && records == 0;
	if is_dry && report.error.is_none() {
		report.error = Some(
			Error::new(Kind::Input, "this is a plan, and nothing is ready to be handed over")
				.code_is("nothing-ready")
				.hint("run `ward-vault drain --to CENTER` without --dry-run, and give its output"),
		);
	}
	Ok(report)
}

/// The work on all lines.
struct Work<'s> {
	session: &'s Session,
	progress: &'s dyn Progress,
	report: HandOverReport,
	of: Option<u64>,
}

impl Work<'_> {
	async fn take(&mut self, lines: Lines) -> Result<()> {
		self.report.left.extend(lines.left);
		if !lines.ready.is_empty() {
			self.hand_over(lines.ready.into_values().collect()).await?;
		}
		lines.error.map_or(Ok(()), Err)
	}

	/// Hands over a batch, as far as the chain takes it.
	async fn hand_over(&mut self, mut batch: Vec<HandOver>) -> Result<()> {
		let mut quota_patience = QUOTA_PATIENCE;
		let mut refused: Option<(usize, Error)> = None;
		loop {
			batch = self.look(batch).await?;
			match refused.take() {
				Some((before, error)) if batch.len() == before => return Err(error),
				_ if batch.is_empty() => return Ok(()),
				_ => {},
			}
			self.tell(batch.len());
			let call = Call::hand_over(&batch);
			match self.session.submit(call, &OneOfMany(self.progress)).await {
				Ok(_) => {
					self.report.handed_over += batch.len() as u64;
					self.note_receivers(&batch);
					return Ok(());
				},
				Err(error) if error.code() == "quota-exhausted" && quota_patience > 0 => {
					quota_patience -= 1;
				},
				// All or none. A call of an earlier run may have come first, or a receipt may not count any
				// more: then a look tells which.
				Err(error) if error.code().starts_with("Records::") => {
					refused = Some((batch.len(), error));
				},
				Err(error) => return Err(error),
			}
		}
	}

	/// Takes out what the chain has handed over already, and what it would refuse.
	async fn look(&mut self, batch: Vec<HandOver>) -> Result<Vec<HandOver>> {
		let state = self.session.chain.finalized().await?;
		let vaults = vaults_of(&state, &batch).await?;
		let row = |item: HandOver| {
			let state = &state;
			async move { Ok::<_, Error>((item, state.record(item.record).await?)) }
		};
		let rows: Vec<_> = stream::iter(batch).map(row).buffered(PARALLEL).try_collect().await?;
		let from = Leaving {
			center: self.session.id,
			genesis: self.session.genesis(),
			now: state.timestamp,
		};
		let mut open = Vec::new();
		for (item, row) in rows {
			let vault = vaults.get(&item.deposit.custodian).and_then(Option::as_ref);
			match from.judge(&item, row.as_ref(), vault) {
				Standing::Ready => open.push(item),
				Standing::HandedOver => {
					self.report.existed += 1;
					self.note_receivers(&[item]);
				},
				Standing::Left(left) => self.report.left.push(left),
				// Another custodian of some of these records would hand over copies that it wants to keep.
				Standing::Foreign => return Err(self.is_no_custodian(item.record)),
			}
		}
		Ok(open)
	}

	fn is_no_custodian(&self, record: RecordId) -> Error {
		let what = format!("center {} is no custodian of record {record}", self.session.id);
		Error::new(Kind::Usage, what).code_is("other-center").hint(
			"use the home of the center whose vault was drained; if this is it, the lines are old: run \
			 `ward-vault drain` again",
		)
	}

	fn note_receivers(&mut self, items: &[HandOver]) {
		for item in items {
			if !self.report.to.contains(&item.deposit.custodian) {
				self.report.to.push(item.deposit.custodian);
			}
		}
	}

	fn tell(&self, count: usize) {
		let done = self.report.handed_over + self.report.existed;
		let of = self.of.map_or_else(String::new, |of| format!(" of {of}"));
		self.progress.step(&format!("handing over {count} records; {done}{of} are done"));
	}
}

/// What the receivers publish of their vaults.
async fn vaults_of(
	state: &State,
	batch: &[HandOver],
) -> Result<BTreeMap<ParticipantId, Option<VaultRow>>> {
	let mut vaults = BTreeMap::new();
	for item in batch {
		let center = item.deposit.custodian;
		if let Entry::Vacant(place) = vaults.entry(center) {
			place.insert(state.vault(center).await?);
		}
	}
	Ok(vaults)
}

/// The center that hands over.
struct Leaving {
	center: ParticipantId,
	genesis: Digest,
	now: Moment,
}

impl Leaving {
	/// How a record stands, of which the chain has this row and its receiver this vault.
	fn judge(
		&self,
		item: &HandOver,
		row: Option<&RecordRow>,
		vault: Option<&VaultRow>,
	) -> Standing {
		let (record, to) = (item.record, item.deposit.custodian);
		let left =
			|why: String, hint: &str| Standing::Left(Left { record, why, hint: Some(hint.into()) });
		let Some(row) = row else {
			let hint = "name a node of the vault's own chain with --node";
			return left("there is no such record on the chain".into(), hint);
		};
		if to == self.center {
			let hint = "name another center than the own one in `ward-vault drain --to`";
			return left("its receipt is of the vault that it is in".into(), hint);
		}
		let is_held_by =
			|center: ParticipantId| row.custodians.iter().any(|held| held.center == center);
		match (is_held_by(self.center), is_held_by(to)) {
			(false, true) => return Standing::HandedOver,
			(false, false) => return Standing::Foreign,
			(true, _) => {},
		}
		let expires = item.deposit.expires;
		if expires <= self.now.saturating_add(MARGIN) {
			let why = format!("its receipt counts only until {}", moment::display(expires));
			return left(why, "run `ward-vault drain` again: it gets a new one");
		}
		let Some(vault) = vault else {
			let why = format!("center {to} runs no vault");
			return left(
				why,
				"name a center in `ward-vault drain --to` that has published its vault",
			);
		};
		match check_receipt(self.genesis, vault, to, record, &row.content, &item.deposit) {
			Ok(()) => Standing::Ready,
			Err(error) => Standing::Left(Left {
				record,
				why: error.to_string(),
				hint: error.remedy().map(Into::into),
			}),
		}
	}
}

#[cfg(test)]
mod tests;
