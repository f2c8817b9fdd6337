//! JSON forms of byte strings, for `#[serde(with = "…")]`.

use alloc::{
	format,
	string::{String, ToString},
	vec::Vec,
};
use serde::{de::Error as _, Deserialize, Deserializer, Serializer};

/// Bytes as `0x` and lower-case hexadecimal digits.
pub mod hex {
	use super::*;

	/// Writes bytes of any fixed or bounded length.
	pub fn serialize<S: Serializer>(bytes: &impl AsRef<[u8]>, to: S) -> Result<S::Ok, S::Error> {
		let digits = bytes.as_ref().iter().map(|byte| format!("{byte:02x}"));
		to.serialize_str(&core::iter::once("0x".to_string()).chain(digits).collect::<String>())
	}

	/// Reads bytes, as many as the field can hold.
	pub fn deserialize<'de, D: Deserializer<'de>, B: TryFrom<Vec<u8>>>(
		from: D,
	) -> Result<B, D::Error> {
		let text = String::deserialize(from)?;
		let digits = text.strip_prefix("0x").unwrap_or_default().as_bytes();
		let value = |digit: u8| (digit as char).to_digit(16);
		let byte = |pair: &[u8]| Some((value(pair[0])? * 16 + value(pair[1])?) as u8);
		let bytes: Option<Vec<u8>> = match text.len() % 2 == 0 && text.starts_with("0x") {
			true => digits.chunks_exact(2).map(byte).collect(),
			false => None,
		};
		let bytes = bytes.ok_or_else(|| D::Error::custom("expected 0x and hexadecimal digits"))?;
		let len = bytes.len();
		B::try_from(bytes).map_err(|_| D::Error::custom(format!("{len} bytes do not fit here")))
	}
}

/// Bytes that are UTF-8 text.
pub mod text {
	use super::*;

	/// Writes the text.
	pub fn serialize<S: Serializer>(bytes: &impl AsRef<[u8]>, to: S) -> Result<S::Ok, S::Error> {
		to.serialize_str(&String::from_utf8_lossy(bytes.as_ref()))
	}

	/// Reads a text that is not too long for the field.
	pub fn deserialize<'de, D: Deserializer<'de>, B: TryFrom<Vec<u8>>>(
		from: D,
	) -> Result<B, D::Error> {
		let bytes = String::deserialize(from)?.into_bytes();
		let len = bytes.len();
		B::try_from(bytes).map_err(|_| D::Error::custom(format!("{len} bytes do not fit here")))
	}
}
