//! The clinical time that a resource covers.

use jiff::civil::{Date, DateTime};

use super::{
	json::Node,
	table::{ResourceType, Times},
	FhirError,
};
use ward_primitives::DataPeriod;

/// What is known of the time of one or more resources.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Span {
	/// Nothing in them belongs to a time: who a practitioner is, what a code means.
	#[default]
	Timeless,
	/// All that has a time lies in this period.
	Known(DataPeriod),
	/// The time of a part of them is not known.
	Unknown,
}

impl Span {
	/// What is known of the time of both.
	pub(super) fn with(self, other: Self) -> Self {
		match (self, other) {
			(Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
			(Self::Timeless, span) | (span, Self::Timeless) => span,
			(Self::Known(a), Self::Known(b)) => Self::Known(hull(a, b)),
		}
	}

	/// The period, if it is known. What is only partly known is not: a grant for a period must not
	/// cover what may lie outside of it.
	pub(super) const fn period(self) -> Option<DataPeriod> {
		match self {
			Self::Known(period) => Some(period),
			Self::Timeless | Self::Unknown => None,
		}
	}
}

/// The time of one resource: its clinical times; if it has none of them, the times at which it was
/// recorded.
pub(super) fn of(
	resource: &Node<'_>,
	resource_type: &ResourceType,
	path: &str,
) -> Result<Span, FhirError> {
	let (clinical, recorded) = match resource_type.times {
		Times::Timeless => return Ok(Span::Timeless),
		Times::Unknown => return Ok(Span::Unknown),
		Times::Of { clinical, recorded } => (clinical, recorded),
	};
	for elements in [clinical, recorded] {
		let mut found = None;
		for element in elements {
			collect(resource, element, path, &mut found)?;
		}
		if let Some(period) = found {
			return Ok(Span::Known(period));
		}
	}
	Ok(Span::Unknown)
}

/// The shapes that a time can have, with the suffix that FHIR gives an element of a choice of types
/// (`effective[x]`).
const CHOICES: [&str; 5] = ["DateTime", "Period", "Instant", "Timing", "Date"];

/// Adds the times that stand at `element` (`collection.collected[x]`) to `found`.
fn collect(
	node: &Node<'_>,
	element: &str,
	path: &str,
	found: &mut Option<DataPeriod>,
) -> Result<(), FhirError> {
	let (name, rest) = match element.split_once('.') {
		Some((name, rest)) => (name, Some(rest)),
		None => (element, None),
	};
	let mut visit = |name: &str| -> Result<(), FhirError> {
		let Some(value) = node.member(name) else { return Ok(()) };
		let path = format!("{path}.{name}");
		for item in value.items() {
			match rest {
				Some(rest) => collect(item, rest, &path, found)?,
				None => add_value(item, &path, found)?,
			}
		}
		Ok(())
	};
	match name.strip_suffix("[x]") {
		Some(stem) => CHOICES.iter().try_for_each(|choice| visit(&format!("{stem}{choice}"))),
		None => visit(name),
	}
}

/// Adds a `date`, `dateTime`, `instant`, `Period` or `Timing`. A Period without an end has only its
/// start.
fn add_value(
	value: &Node<'_>,
	path: &str,
	found: &mut Option<DataPeriod>,
) -> Result<(), FhirError> {
	match value {
		Node::Text(text) => {
			let period = date_time(text).ok_or_else(|| FhirError::Malformed {
				element: path.to_owned(),
				expected: "a date or time",
			})?;
			*found = Some(found.map_or(period, |so_far| hull(so_far, period)));
			Ok(())
		},
		Node::Object(_) => ["start", "end", "event", "repeat.boundsPeriod"]
			.iter()
			.try_for_each(|element| collect(value, element, path, found)),
		// Null stands for a value of which only extensions are given.
		Node::Scalar | Node::List(_) => Ok(()),
	}
}

fn hull(a: DataPeriod, b: DataPeriod) -> DataPeriod {
	DataPeriod { start: a.start.min(b.start), end: a.end.max(b.end) }
}

/// All moments that a FHIR `dateTime` may mean: a year, a month or a day is as long as it is. Dates
/// without a time zone are read as UTC.
fn date_time(text: &str) -> Option<DataPeriod> {
	let date =
		|year, month, day| Date::new(digits(year, 4)?, digits(month, 2)?, digits(day, 2)?).ok();
	let (first, last) = match *text.splitn(3, '-').collect::<Vec<_>>().as_slice() {
		[year] => (date(year, "01", "01")?, date(year, "12", "31")?),
		[year, month] => {
			let first = date(year, month, "01")?;
			(first, first.last_of_month())
		},
		[year, month, day] if day.len() == 2 => {
			let day = date(year, month, day)?;
			(day, day)
		},
		_ => {
			let moment = moment(text)?;
			return Some(DataPeriod { start: moment, end: moment });
		},
	};
	let end = midnight(last)? + DAY - 1;
	Some(DataPeriod { start: midnight(first)?, end })
}

/// The moment that a `dateTime` with a time means: `2015-02-07T13:28:17.239+02:00`. Not by way of
/// jiff's `Timestamp`, which ends before 9999-12-31, in health data the usual "for ever".
fn moment(text: &str) -> Option<i64> {
	const LOCAL: usize = "2015-02-07T13:28:17".len();
	let zone_at = if text.ends_with('Z') { text.len() - 1 } else { text.len().checked_sub(6)? };
	let (local, zone) = text.split_at_checked(zone_at)?;
	let (seconds, fraction) = local.split_at_checked(LOCAL)?;
	let shaped = seconds.bytes().zip(b"dddd-dd-ddTdd:dd:dd").all(|(byte, shape)| match shape {
		b'd' => byte.is_ascii_digit(),
		_ => byte == *shape,
	});
	let fraction_shaped = fraction.is_empty()
		|| fraction
			.strip_prefix('.')
			.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()));
	if !shaped || !fraction_shaped {
		return None;
	}
	let time: DateTime = seconds.parse().ok()?;
	let of_day = i64::from(time.hour()) * 60 + i64::from(time.minute());
	let milliseconds: i64 = format!("{:0<3.3}", fraction.trim_start_matches('.')).parse().ok()?;
	Some(
		midnight(time.date())?
			+ (of_day - zone_minutes(zone)?) * 60_000
			+ i64::from(time.second()) * 1_000
			+ milliseconds,
	)
}

/// How far a time zone is ahead of UTC: `Z` or `+02:00`.
fn zone_minutes(zone: &str) -> Option<i64> {
	if zone == "Z" {
		return Some(0);
	}
	let (sign, (hours, minutes)) = match zone.split_at_checked(1)? {
		("+", time) => (1, time.split_once(':')?),
		("-", time) => (-1, time.split_once(':')?),
		_ => return None,
	};
	let (hours, minutes): (i64, i64) = (digits(hours, 2)?, digits(minutes, 2)?);
	(hours <= 14 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

const DAY: i64 = 86_400_000;

/// The first moment of a day in UTC.
fn midnight(date: Date) -> Option<i64> {
	let days = Date::constant(1970, 1, 1).until(date).ok()?.get_days();
	Some(i64::from(days) * DAY)
}

/// A number of exactly so many digits.
fn digits<N: std::str::FromStr>(text: &str, count: usize) -> Option<N> {
	let all = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
	all.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
	use super::*;

	fn range(text: &str) -> (i64, i64) {
		let period = date_time(text).unwrap_or_else(|| panic!("{text} is a dateTime"));
		(period.start, period.end)
	}

	#[test]
	fn a_partial_date_means_all_of_its_moments() {
		assert_eq!(range("1970"), (0, 365 * DAY - 1));
		assert_eq!(range("1972-02"), (761 * DAY, 790 * DAY - 1));
		assert_eq!(range("1969-12-31"), (-DAY, -1));
		assert_eq!(range("9999-12-31").1, range("9999").1);
		assert_eq!(range("9999-12-31T23:59:59.999Z").0, range("9999").1);
		assert_eq!(range("0001").0, range("0001-01-01").0);
	}

	#[test]
	fn a_time_is_one_moment_in_its_zone() {
		assert_eq!(range("1970-01-01T01:00:00+01:00"), (0, 0));
		assert_eq!(range("1970-01-01T00:00:00.1239Z"), (123, 123));
		assert_eq!(range("1970-01-01T00:00:00.1-14:00").0, 14 * 3_600_000 + 100);
		assert_eq!(range("1969-12-31T23:59:59-00:00"), (-1000, -1000));
		assert_eq!(range("2015-02-07T13:28:17.239+02:00").0, 1_423_308_497_239);
		// A leap second is the last second of its minute.
		assert_eq!(range("2016-12-31T23:59:60Z").0, 1_483_228_799_000);
	}

	#[test]
	fn what_fhir_does_not_write_is_refused() {
		for text in [
			"",
			"19",
			"197",
			"19700",
			"1970-1",
			"1970-13",
			"1970-00",
			"1970-02-30",
			"1970-02-3",
			"1970-01-01T00:00:00",
			"1970-01-01 00:00:00Z",
			"1970-01-01T25:00:00Z",
			"+970",
			"-970-01-01",
			"1970-01-01T00:00:00Z[UTC]",
			"1970-01-01T00:00:00z",
			"1970-01-01T00:00:00.Z",
			"1970-01-01T00:00:00+1:00",
			"1970-01-01T00:00:00+15:00",
			"1970-01-01T00:00:00.5é:00",
			"1970-01-01T",
			"yesterday",
			"1970-01-01-01",
			"１９７０",
		] {
			assert_eq!(date_time(text), None, "{text}");
		}
	}

	#[test]
	fn one_part_of_unknown_time_makes_the_whole_unknown() {
		let known = Span::Known(DataPeriod { start: 1, end: 2 });
		let later = Span::Known(DataPeriod { start: 5, end: 9 });
		assert_eq!(known.with(later), Span::Known(DataPeriod { start: 1, end: 9 }));
		assert_eq!(known.with(Span::Timeless), known);
		assert_eq!(known.with(Span::Unknown).period(), None);
		assert_eq!(Span::Timeless.period(), None);
	}
}
