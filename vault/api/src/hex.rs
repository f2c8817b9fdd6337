//! Byte strings of fixed length as `0x` and hexadecimal digits, in JSON and on the command line.

use std::{fmt, str::FromStr};

use serde::{de::Error as _, Deserialize, Deserializer, Serialize, Serializer};

/// `N` bytes that read and write as `0x` and `2 N` hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Hex<const N: usize>(pub [u8; N]);

impl<const N: usize> fmt::Display for Hex<N> {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str("0x")?;
		self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
	}
}

impl<const N: usize> fmt::Debug for Hex<N> {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		fmt::Display::fmt(self, f)
	}
}

/// A text that is not `0x` and the right number of hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected 0x and {0} hexadecimal digits")]
pub struct InvalidHex(usize);

impl<const N: usize> FromStr for Hex<N> {
	type Err = InvalidHex;

	fn from_str(text: &str) -> Result<Self, InvalidHex> {
		let invalid = InvalidHex(2 * N);
		let digits = text.strip_prefix("0x").ok_or(invalid)?.as_bytes();
		if digits.len() != 2 * N {
			return Err(invalid);
		}
		let mut bytes = [0; N];
		for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
			let digit = |at: usize| char::from(pair[at]).to_digit(16).ok_or(invalid);
			*byte = (digit(0)? * 16 + digit(1)?) as u8;
		}
		Ok(Self(bytes))
	}
}

impl<const N: usize> Serialize for Hex<N> {
	fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
		to.collect_str(self)
	}
}

impl<'de, const N: usize> Deserialize<'de> for Hex<N> {
	fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
		String::deserialize(from)?.parse().map_err(D::Error::custom)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_text_of_another_length_or_without_prefix_is_refused() {
		assert_eq!("0x0aFF".parse(), Ok(Hex([10, 255])));
		assert_eq!(Hex([10, 255]).to_string(), "0x0aff");
		for bad in ["", "0x", "0aff", "0x0af", "0x0affff", "0x0ag0", "0xäöü"] {
			assert_eq!(bad.parse::<Hex<2>>(), Err(InvalidHex(4)), "{bad}");
		}
	}
}
