//! What the chain remembers of a cohort, and how a row stands by that.

use bounded_collections::{BoundedVec, ConstU32};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use super::{quorum, EpochInfo, Report, MAX_MISSING_TOGETHER, WITNESSES};
use crate::{Moment, ParticipantId};

/// A row that witnesses of an epoch did not see.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct MissingRow {
	/// The row, from 0 at the cohort's first.
	pub row: u16,
	/// The witnesses that did not see it: bits in the order of the draw.
	pub witnesses: u8,
}

/// What a quorum of witnesses saw last.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Freshness {
	/// In which epoch.
	pub epoch: u64,
	/// When the latest of them reported.
	pub at: Moment,
	/// The first moment at which it no longer counts.
	pub until: Moment,
	/// How many witnesses reported.
	pub seen: u8,
	/// How many were drawn.
	pub of: u8,
	/// How many rows a quorum of them looked at, from the cohort's first on.
	pub rows: u16,
	/// The rows among these that fewer than a quorum saw, ascending, with the witnesses that missed them.
	pub exceptions: BoundedVec<MissingRow, ConstU32<MAX_MISSING_TOGETHER>>,
}

/// A wrong answer of the custodian that was proved to the chain.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Dispute {
	/// The epoch of the wrong answer.
	pub epoch: u64,
	/// The row, from 0 at the cohort's first.
	pub row: u16,
}

/// A cohort as the chain stores it.
#[derive(
	Clone,
	Debug,
	Default,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct CohortRow {
	/// The latest epoch of a report.
	pub epoch: u64,
	/// How many witnesses were drawn for it.
	pub drawn: u8,
	/// Who of them reported: bits in the order of the draw.
	pub reported: u8,
	/// How many rows each of them looked at, in the order of the draw. Kept for each, so that one who
	/// looked at few rows does not speak for those that looked at all.
	pub rows: [u16; WITNESSES as usize],
	/// The rows that one of them did not see, ascending.
	pub missing: BoundedVec<MissingRow, ConstU32<MAX_MISSING_TOGETHER>>,
	/// What a quorum saw last.
	pub fresh: Option<Freshness>,
	/// The latest wrong answer, until a quorum has seen the row in a later epoch.
	pub disputed: Option<Dispute>,
}

/// How a custodian's copy of a record stands.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case", tag = "state"))]
pub enum CohortState {
	/// No quorum has looked at it yet.
	#[codec(index = 0)]
	New,
	/// A quorum has seen it lately.
	#[codec(index = 1)]
	Fresh {
		/// How many of those that were drawn saw it.
		seen: u8,
		/// How many were drawn.
		of: u8,
		/// When.
		at: Moment,
		/// Until when that counts.
		until: Moment,
	},
	/// A quorum saw it, but too long ago.
	#[codec(index = 2)]
	Lapsed {
		/// When it was looked at last.
		at: Moment,
	},
	/// A quorum looked for it lately, and did not see it.
	#[codec(index = 3)]
	Missing {
		/// When.
		at: Moment,
	},
	/// The custodian signed a wrong answer about its cohort's row, and no quorum has seen it since.
	#[codec(index = 4)]
	Disputed {
		/// The epoch of that answer.
		epoch: u64,
	},
	/// Those that looked for it lately do not agree: fewer than a quorum saw it, and fewer than a quorum did
	/// not. The next report settles it or, if none comes, the next epoch.
	#[codec(index = 5)]
	Unsettled {
		/// How many did not see it.
		missed: u8,
		/// How many reported.
		reported: u8,
		/// When the latest of them did.
		at: Moment,
	},
}

/// How one custodian's copy of a record stands.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct CustodyState {
	/// The custodian.
	pub center: ParticipantId,
	/// The number of the row among the custodian's rows.
	pub row: u64,
	/// How it stands.
	pub state: CohortState,
}

impl MissingRow {
	/// How many witnesses did not see it.
	pub const fn missed_by(&self) -> u8 {
		self.witnesses.count_ones() as u8
	}
}

impl Freshness {
	/// A row that fewer than a quorum saw, if it is one.
	pub fn exception(&self, row: u16) -> Option<&MissingRow> {
		let place = self.exceptions.binary_search_by_key(&row, |missing| missing.row).ok()?;
		self.exceptions.get(place)
	}
}

impl CohortRow {
	/// How a row stands, counted from 0 at the cohort's first.
	pub fn state_of(&self, row: u16, now: Moment) -> CohortState {
		if let Some(dispute) = self.disputed.filter(|dispute| dispute.row == row) {
			return CohortState::Disputed { epoch: dispute.epoch };
		}
		let Some(fresh) = self.fresh.as_ref().filter(|fresh| row < fresh.rows) else {
			return CohortState::New;
		};
		if now >= fresh.until {
			return CohortState::Lapsed { at: fresh.at };
		}
		if let Some(exception) = fresh.exception(row) {
			let (missed, reported, at) = (exception.missed_by(), fresh.seen, fresh.at);
			return match quorum(fresh.of).is_some_and(|quorum| missed >= quorum) {
				true => CohortState::Missing { at },
				false => CohortState::Unsettled { missed, reported, at },
			};
		}
		let seen = match fresh.epoch == self.epoch {
			true => self.saw(row),
			false => fresh.seen,
		};
		CohortState::Fresh { seen, of: fresh.of, at: fresh.at, until: fresh.until }
	}

	/// How many witnesses saw a row in the present epoch of the cohort.
	pub fn saw(&self, row: u16) -> u8 {
		let place = self.missing.binary_search_by_key(&row, |missing| missing.row);
		let missed = place.map_or(0, |place| self.missing[place].witnesses);
		let looked = |(place, rows): (usize, &u16)| {
			let bit = 1 << place;
			row < *rows && self.reported & bit != 0 && missed & bit == 0
		};
		self.rows.iter().enumerate().filter(|each| looked(*each)).count() as u8
	}

	/// How many rows so many of the witnesses looked at, from the cohort's first on.
	fn looked_at_by(&self, quorum: u8) -> u16 {
		let mut rows = self.rows;
		rows.sort_unstable_by(|a, b| b.cmp(a));
		usize::from(quorum).checked_sub(1).and_then(|last| rows.get(last)).copied().unwrap_or(0)
	}

	/// Whether the witness at this place of the draw has reported in this epoch.
	pub const fn has_reported(&self, epoch: u64, place: u8) -> bool {
		self.epoch == epoch && self.reported & (1 << place) != 0
	}

	/// Takes in the report of the witness at this place among `drawn`, at `now`. Returns whether a quorum has
	/// looked at it now.
	///
	/// The report is right and its witness's first in this epoch.
	pub fn take(
		&mut self,
		report: &Report,
		place: u8,
		drawn: u8,
		epoch: &EpochInfo,
		now: Moment,
	) -> bool {
		if self.epoch != epoch.number || self.drawn == 0 {
			let (fresh, disputed) = (self.fresh.take(), self.disputed);
			*self = Self { epoch: epoch.number, drawn, fresh, disputed, ..Self::default() };
		}
		self.reported |= 1 << place;
		if let Some(rows) = self.rows.get_mut(usize::from(place)) {
			*rows = report.rows;
		}
		for row in &report.missing {
			self.note_missing(*row, 1 << place);
		}
		let seen = self.reported.count_ones() as u8;
		let Some(quorum) = quorum(drawn).filter(|quorum| seen >= *quorum) else { return false };
		let rows = self.looked_at_by(quorum);
		// What nobody misses was seen by all that looked at it, which is a quorum for each of these rows.
		let is_exception =
			|missing: &&MissingRow| missing.row < rows && self.saw(missing.row) < quorum;
		let exceptions = self.missing.iter().filter(is_exception).copied();
		// As many as there are missing rows at most; qed.
		let exceptions = BoundedVec::truncate_from(exceptions.collect());
		let fresh = Freshness {
			epoch: epoch.number,
			at: now,
			until: epoch.fresh_until(),
			seen,
			of: drawn,
			rows,
			exceptions,
		};
		let is_seen = |dispute: &Dispute| {
			let saw = dispute.row < rows && fresh.exception(dispute.row).is_none();
			dispute.epoch < epoch.number && saw
		};
		if self.disputed.as_ref().is_some_and(is_seen) {
			self.disputed = None;
		}
		self.fresh = Some(fresh);
		true
	}

	fn note_missing(&mut self, row: u16, witness: u8) {
		match self.missing.binary_search_by_key(&row, |missing| missing.row) {
			Ok(place) => self.missing[place].witnesses |= witness,
			Err(place) => {
				let missing = MissingRow { row, witnesses: witness };
				let fits = self.missing.try_insert(place, missing).is_ok();
				debug_assert!(fits, "each of `WITNESSES` reports names at most `MAX_MISSING` rows");
			},
		}
	}
}
