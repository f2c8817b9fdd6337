//! Moments and durations as people write and read them.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::{civil::Date, tz::TimeZone, Timestamp};
use ward_primitives::{Interval, Moment};

/// Now, by this machine's clock.
pub fn now() -> Moment {
	let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
	u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// A moment in RFC 3339, in UTC and to the second.
pub fn display(moment: Moment) -> String {
	let seconds = i64::try_from(moment / 1_000).ok();
	match seconds.and_then(|seconds| Timestamp::from_second(seconds).ok()) {
		Some(timestamp) => timestamp.to_string(),
		None => format!("{moment} ms"),
	}
}

/// An interval in words.
pub fn display_interval(interval: &Interval) -> String {
	match interval.until {
		Some(until) => format!("from {} until {}", display(interval.from), display(until)),
		None => format!("since {}", display(interval.from)),
	}
}

/// Reads the date of an HTTP answer (RFC 9110).
pub(crate) fn parse_http_date(text: &str) -> Option<Moment> {
	let timestamp = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
	u64::try_from(timestamp.as_millisecond()).ok()
}

/// A duration in words, in its largest unit: `45 s`, `12 min`, `3 h`, `30 d`.
pub fn display_duration(milliseconds: u64) -> String {
	match milliseconds / 1_000 {
		seconds @ ..120 => format!("{seconds} s"),
		seconds @ ..7_200 => format!("{} min", seconds / 60),
		seconds @ ..172_800 => format!("{} h", seconds / 3_600),
		seconds => format!("{} d", seconds / 86_400),
	}
}

/// How long ago something was, in words, in its largest unit: `4 minutes ago`.
pub fn display_ago(milliseconds: u64) -> String {
	let (count, unit) = match milliseconds / 1_000 {
		0 => return "just now".into(),
		seconds @ ..60 => (seconds, "second"),
		seconds @ ..3_600 => (seconds / 60, "minute"),
		seconds @ ..172_800 => (seconds / 3_600, "hour"),
		seconds => (seconds / 86_400, "day"),
	};
	let plural = if count == 1 { "" } else { "s" };
	format!("{count} {unit}{plural} ago")
}

/// An end that a user asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
	/// So many milliseconds from now.
	In(u64),
	/// At this moment.
	At(Moment),
	/// None: until somebody ends it.
	Open,
}

impl End {
	/// The moment, counted from `now`.
	pub fn moment(self, now: Moment) -> Option<Moment> {
		match self {
			Self::In(span) => Some(now.saturating_add(span)),
			Self::At(moment) => Some(moment),
			Self::Open => None,
		}
	}
}

/// Reads `30d`, `12h`, `90m`, `45s`, `2w`, a date, a moment in RFC 3339, or `open`.
pub fn parse_end(text: &str) -> Result<End, String> {
	if text == "open" {
		return Ok(End::Open);
	}
	if let Some(span) = duration(text) {
		return Ok(End::In(span));
	}
	parse_moment(text).map(End::At).map_err(|_| {
		format!(
			"`{text}` is no end; write 30d, 12h, 90m, 2w, 2027-01-31, 2027-01-31T12:00:00Z or open"
		)
	})
}

/// Reads `30d`, `12h`, `90m`, `45s` or `2w`, in milliseconds.
pub fn parse_duration(text: &str) -> Result<u64, String> {
	duration(text).ok_or_else(|| format!("`{text}` is no duration; write 45s, 90m, 12h, 30d or 2w"))
}

fn duration(text: &str) -> Option<u64> {
	let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
	let unit: u64 = match unit {
		"s" => 1_000,
		"m" | "min" => 60_000,
		"h" => 3_600_000,
		"d" => 86_400_000,
		"w" => 604_800_000,
		_ => return None,
	};
	number.parse::<u64>().ok()?.checked_mul(unit).filter(|span| *span > 0)
}

/// Reads a date (its start in UTC) or a moment in RFC 3339.
pub fn parse_moment(text: &str) -> Result<Moment, String> {
	let signed = parse_signed_moment(text)?;
	u64::try_from(signed).map_err(|_| format!("`{text}` lies before 1970"))
}

/// The same for clinical time, which may lie before 1970.
pub fn parse_signed_moment(text: &str) -> Result<i64, String> {
	let fault = || format!("`{text}` is no moment; write 2027-01-31 or 2027-01-31T12:00:00Z");
	let timestamp = match text.parse::<Timestamp>() {
		Ok(timestamp) => timestamp,
		Err(_) => {
			let date: Date = text.parse().map_err(|_| fault())?;
			date.to_zoned(TimeZone::UTC).map_err(|_| fault())?.timestamp()
		},
	};
	Ok(timestamp.as_millisecond())
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn durations_count_from_now_and_dates_stand_for_their_start_in_utc() {
		assert_eq!(parse_end("30d"), Ok(End::In(30 * 86_400_000)));
		assert_eq!(parse_end("90m").unwrap().moment(5), Some(5 + 5_400_000));
		assert_eq!(parse_end("1970-01-02"), Ok(End::At(86_400_000)));
		assert_eq!(parse_end("1970-01-01T00:00:01Z"), Ok(End::At(1_000)));
		assert_eq!(parse_end("1970-01-01T01:00:01+01:00"), Ok(End::At(1_000)));
		assert_eq!(parse_end("open").unwrap().moment(5), None);
	}

	#[test]
	fn what_is_no_end_is_refused() {
		for bad in
			["", "d", "30", "30 d", "0d", "-1d", "30y", "99999999999999999999d", "2027-13-01"]
		{
			assert!(parse_end(bad).is_err(), "{bad}");
		}
		assert!(parse_moment("1969-12-31").is_err());
		assert_eq!(parse_signed_moment("1969-12-31"), Ok(-86_400_000));
	}

	#[test]
	fn moments_read_back_as_they_are_written() {
		assert_eq!(display(1_000), "1970-01-01T00:00:01Z");
		assert_eq!(parse_moment(&display(1_700_000_000_000)), Ok(1_700_000_000_000));
		assert_eq!(display(u64::MAX), format!("{} ms", u64::MAX));
		assert_eq!(display_duration(30 * 86_400_000), "30 d");
		assert_eq!(display_duration(45_999), "45 s");
		assert_eq!(display_ago(999), "just now");
		assert_eq!(display_ago(60_000), "1 minute ago");
		assert_eq!(display_ago(47 * 3_600_000), "47 hours ago");
		assert_eq!(display_ago(50 * 3_600_000), "2 days ago");
		assert_eq!(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777_000));
		assert_eq!(parse_http_date("yesterday"), None);
	}
}
