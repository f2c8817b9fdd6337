//! What holds, ends and holds again: one mechanism for statuses and relations.
//!
//! A [`Timeline`] keeps the latest interval. When it starts anew, the interval that is over moves
//! to a map of past intervals under its generation. Nothing starts in the future, and nothing
//! starts before its predecessor is over, so the intervals of a timeline are in order.

use codec::{EncodeLike, FullCodec};
use frame_support::{dispatch::DispatchResult, ensure, StorageDoubleMap, StorageMap};
use sp_runtime::{ArithmeticError, DispatchError};
use ward_primitives::{interval::generation_at, Interval, Moment, ParticipantId, Timeline};

use crate::{
	AffiliatedCenters, Affiliations, Care, Config, Error, Pairings, PastAffiliations, PastCare,
	PastPairings,
};

/// Starts the next generation of `timeline`, whose latest interval must be over, at `now`.
pub(crate) fn reopen<Key, Past>(
	timeline: &mut Timeline,
	key: Key,
	now: Moment,
	until: Option<Moment>,
) -> Result<(), ArithmeticError>
where
	Key: FullCodec + EncodeLike,
	Past: StorageMap<(Key, u32), Interval>,
{
	let generation = timeline.generation.checked_add(1).ok_or(ArithmeticError::Overflow)?;
	Past::insert((key, timeline.generation), timeline.latest);
	*timeline = Timeline { generation, latest: Interval { from: now, until } };
	Ok(())
}

/// The last interval of `timeline` that starts at or before `at`, with its generation; none if
/// nothing had started by then.
///
/// Bisection, so that a history of any length takes at most 32 reads, and the present none.
pub(crate) fn last_started<Key, Past>(timeline: Timeline, key: Key, at: Moment) -> Option<Timeline>
where
	Key: FullCodec + EncodeLike + Copy,
	Past: StorageMap<(Key, u32), Interval, Query = Option<Interval>>,
{
	if timeline.latest.from <= at {
		return Some(timeline);
	}
	let past = timeline.generation.checked_sub(1)?;
	let start = |generation| Past::get((key, generation)).map(|interval| interval.from);
	let generation = generation_at(past, at, start)?;
	Some(Timeline { generation, latest: Past::get((key, generation))? })
}

/// Two participants, in the order that the relation's name says.
pub(crate) type Pair = (ParticipantId, ParticipantId);

/// A relation between two participants that opens, ends and opens again.
pub(crate) trait Relation<T: Config> {
	/// Its latest intervals.
	type Latest: StorageDoubleMap<ParticipantId, ParticipantId, Timeline, Query = Option<Timeline>>;
	/// Its earlier intervals, by pair and generation.
	type Past: StorageMap<(Pair, u32), Interval, Query = Option<Interval>>;

	/// Opens it at `now` and returns its generation. Fails if it is open.
	fn open(pair: Pair, now: Moment) -> Result<u32, DispatchError> {
		Self::Latest::try_mutate(pair.0, pair.1, |row| {
			let timeline = match *row {
				None => Timeline::start(now, None),
				Some(mut timeline) => {
					ensure!(timeline.latest.is_over(now), Error::<T>::AlreadyExists);
					reopen::<_, Self::Past>(&mut timeline, pair, now, None)?;
					timeline
				},
			};
			*row = Some(timeline);
			Ok(timeline.generation)
		})
	}

	/// Ends it at `now`. Fails if it is not open.
	fn end(pair: Pair, now: Moment) -> DispatchResult {
		Self::Latest::try_mutate(pair.0, pair.1, |row| {
			let open = row.as_mut().filter(|timeline| !timeline.latest.is_over(now));
			open.ok_or(Error::<T>::NotFound)?.latest.end(now);
			Ok(())
		})
	}

	/// Its last interval that starts at or before `at`.
	fn at(pair: Pair, at: Moment) -> Option<Timeline> {
		let timeline = Self::Latest::get(pair.0, pair.1)?;
		last_started::<_, Self::Past>(timeline, pair, at)
	}
}

/// `(member, center)`: the member works for the center.
pub(crate) struct Affiliation;

impl<T: Config> Relation<T> for Affiliation {
	type Latest = Affiliations<T>;
	type Past = PastAffiliations<T>;
}

impl Affiliation {
	/// Affiliates `member` with `center` at `now`, and lists the center with the member's.
	pub(crate) fn open<T: Config>(
		member: ParticipantId,
		center: ParticipantId,
		now: Moment,
	) -> Result<u32, DispatchError> {
		let generation = <Self as Relation<T>>::open((member, center), now)?;
		if generation == 0 {
			AffiliatedCenters::<T>::try_append(member, center)
				.map_err(|()| Error::<T>::TooManyAffiliations)?;
		}
		Ok(generation)
	}
}

/// `(patient, center)`: the patient is in the center's care.
pub(crate) struct InCare;

impl<T: Config> Relation<T> for InCare {
	type Latest = Care<T>;
	type Past = PastCare<T>;
}

/// `(device, patient)`: the device measures the patient.
pub(crate) struct Pairing;

impl<T: Config> Relation<T> for Pairing {
	type Latest = Pairings<T>;
	type Past = PastPairings<T>;
}
