//! Ranges of a content, as RFC 9110 has them for bytes.

use std::{fmt, ops::Range, str::FromStr};

/// Which bytes of a content are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteRange {
	/// From the first to the last, both included; the end of the content may come before the last.
	FirstToLast(u64, u64),
	/// From the first to the end.
	From(u64),
	/// So many at the end, or all if there are no more.
	Suffix(u64),
}

impl ByteRange {
	/// The bytes of a content with this length; none if it has none of them.
	pub fn of(self, length: u64) -> Option<Range<u64>> {
		let range = match self {
			Self::FirstToLast(first, last) => first..length.min(last.saturating_add(1)),
			Self::From(first) => first..length,
			Self::Suffix(count) => length.saturating_sub(count)..length,
		};
		(!range.is_empty()).then_some(range)
	}
}

impl fmt::Display for ByteRange {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::FirstToLast(first, last) => write!(f, "{first}-{last}"),
			Self::From(first) => write!(f, "{first}-"),
			Self::Suffix(count) => write!(f, "-{count}"),
		}
	}
}

/// The text is no range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoRange(String);

impl fmt::Display for NoRange {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(
			f,
			"`{}` is no range; write 0-99 for the first hundred bytes, 100- for all after them, or \
			 -100 for the last hundred",
			self.0
		)
	}
}

impl std::error::Error for NoRange {}

impl FromStr for ByteRange {
	type Err = NoRange;

	fn from_str(text: &str) -> Result<Self, Self::Err> {
		let number = |digits: &str| match digits.bytes().all(|digit| digit.is_ascii_digit()) {
			true => digits.parse::<u64>().ok(),
			false => None,
		};
		let range = text.split_once('-').and_then(|(first, last)| {
			Some(match (first, last) {
				("", count) => Self::Suffix(number(count)?),
				(first, "") => Self::From(number(first)?),
				(first, last) => Self::FirstToLast(number(first)?, number(last)?),
			})
		});
		match range {
			None | Some(Self::Suffix(0)) => Err(NoRange(text.into())),
			Some(Self::FirstToLast(first, last)) if first > last => Err(NoRange(text.into())),
			Some(range) => Ok(range),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn of_hundred(text: &str) -> Option<Range<u64>> {
		text.parse::<ByteRange>().unwrap().of(100)
	}

	#[test]
	fn ranges_are_read_as_rfc_9110_says() {
		assert_eq!(of_hundred("0-9"), Some(0..10));
		assert_eq!(of_hundred("90-"), Some(90..100));
		assert_eq!(of_hundred("-10"), Some(90..100));
		assert_eq!(of_hundred("-1000"), Some(0..100));
		assert_eq!(of_hundred("99-4000"), Some(99..100));
		assert_eq!(of_hundred("0-18446744073709551615"), Some(0..100));
		assert_eq!(of_hundred("100-"), None);
		assert_eq!(of_hundred("100-200"), None);
		assert_eq!("0-0".parse::<ByteRange>().unwrap().of(0), None);
	}

	#[test]
	fn what_is_no_range_is_refused_with_how_to_write_one() {
		for bad in ["", "-", "5", "9-3", "a-b", "-0", "+1-2", "0-1,4-5", "bytes=0-1", "1--2"] {
			let error = bad.parse::<ByteRange>().unwrap_err().to_string();
			assert!(error.contains("0-99"), "{bad}");
		}
	}

	#[test]
	fn a_range_is_shown_as_it_is_written() {
		for text in ["0-9", "90-", "-10"] {
			assert_eq!(text.parse::<ByteRange>().unwrap().to_string(), text);
		}
	}
}
