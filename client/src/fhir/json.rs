//! JSON as a tree whose texts point into the document, with limits that `serde_json` does not have.

use std::{borrow::Cow, cell::Cell, fmt};

use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category as Fault;

use super::{FhirError, MAX_DEPTH, MAX_SIZE};

/// A JSON value.
#[derive(Debug)]
pub(super) enum Node<'a> {
	/// A text.
	Text(Cow<'a, str>),
	/// A number, a truth value or null: nothing here depends on one.
	Scalar,
	/// A list.
	List(Vec<Node<'a>>),
	/// An object; no name appears twice.
	Object(Vec<(Cow<'a, str>, Node<'a>)>),
}

impl<'a> Node<'a> {
	/// The member with this name, if this is an object that has it.
	pub(super) fn member(&self, name: &str) -> Option<&Self> {
		match self {
			Self::Object(members) => {
				members.iter().find(|(has, _)| has == name).map(|(_, value)| value)
			},
			_ => None,
		}
	}

	/// The text, if this is one.
	pub(super) fn text(&self) -> Option<&str> {
		match self {
			Self::Text(text) => Some(text),
			_ => None,
		}
	}

	/// The items of a list; anything else is one item.
	pub(super) fn items(&self) -> &[Self] {
		match self {
			Self::List(items) => items,
			other => std::slice::from_ref(other),
		}
	}
}

/// The document without the byte order mark that some editors put in front of it.
pub(super) fn without_mark(content: &[u8]) -> &[u8] {
	content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content)
}

/// The document as text, if it has a size that is read, is not empty and is UTF-8.
pub(super) fn text(content: &[u8]) -> Result<&str, FhirError> {
	if content.len() > MAX_SIZE {
		return Err(FhirError::TooLarge { size: content.len() });
	}
	let content = without_mark(content);
	let text = std::str::from_utf8(content).map_err(|error| {
		let (good, _) = content.split_at(error.valid_up_to());
		let line_start = good.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
		let line = 1 + good.iter().filter(|byte| **byte == b'\n').count();
		let column = 1 + good.len() - line_start;
		match error.error_len() {
			Some(_) => FhirError::NotUtf8 { line, column },
			None => FhirError::Truncated { line, column },
		}
	})?;
	if text.trim_ascii().is_empty() {
		return Err(FhirError::Empty);
	}
	Ok(text)
}

/// Parses a document, which must be one object.
pub(super) fn parse(text: &str) -> Result<Node<'_>, FhirError> {
	let refusal = Cell::new(None);
	let mut reader = serde_json::Deserializer::from_str(text);
	let parsed = NodeSeed { depth: 0, refusal: &refusal }
		.deserialize(&mut reader)
		.and_then(|node| reader.end().map(|()| node));
	match parsed {
		Ok(node @ Node::Object(_)) => Ok(node),
		Ok(_) => Err(FhirError::NotAnObject),
		Err(error) => Err(describe(&error, refusal.get())),
	}
}

/// A limit of ours that stopped the reader.
#[derive(Clone, Copy)]
enum Refusal {
	TooDeep,
	DuplicateMember,
}

/// The reader's complaint as ours. Only its fixed sentences are taken over: those on data quote it.
fn describe(error: &serde_json::Error, refusal: Option<Refusal>) -> FhirError {
	let (line, column) = (error.line(), error.column());
	match (refusal, error.classify()) {
		(Some(Refusal::TooDeep), _) => FhirError::TooDeep { line, column },
		(Some(Refusal::DuplicateMember), _) => FhirError::DuplicateMember { line, column },
		(None, Fault::Eof) => FhirError::Truncated { line, column },
		(None, Fault::Syntax) => {
			let sentence = error.to_string();
			let problem = sentence.rsplit_once(" at line ").map_or("bad syntax", |(what, _)| what);
			FhirError::NotJson { line, column, problem: problem.into() }
		},
		(None, Fault::Data | Fault::Io) => {
			FhirError::NotJson { line, column, problem: "bad syntax".into() }
		},
	}
}

/// Reads one value.
#[derive(Clone, Copy)]
struct NodeSeed<'c> {
	/// How many objects and lists the value stands in.
	depth: usize,
	/// Where a limit leaves word that it stopped the reader.
	refusal: &'c Cell<Option<Refusal>>,
}

impl NodeSeed<'_> {
	fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
		if self.depth == MAX_DEPTH {
			return Err(self.refuse(Refusal::TooDeep));
		}
		Ok(Self { depth: self.depth + 1, ..self })
	}

	fn refuse<E: serde::de::Error>(self, refusal: Refusal) -> E {
		self.refusal.set(Some(refusal));
		E::custom("refused")
	}
}

impl<'de> DeserializeSeed<'de> for NodeSeed<'_> {
	type Value = Node<'de>;

	fn deserialize<D: serde::Deserializer<'de>>(self, reader: D) -> Result<Node<'de>, D::Error> {
		reader.deserialize_any(self)
	}
}

impl<'de> Visitor<'de> for NodeSeed<'_> {
	type Value = Node<'de>;

	fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str("a JSON value")
	}

	fn visit_unit<E>(self) -> Result<Node<'de>, E> {
		Ok(Node::Scalar)
	}

	fn visit_bool<E>(self, _: bool) -> Result<Node<'de>, E> {
		Ok(Node::Scalar)
	}

	fn visit_i64<E>(self, _: i64) -> Result<Node<'de>, E> {
		Ok(Node::Scalar)
	}

	fn visit_u64<E>(self, _: u64) -> Result<Node<'de>, E> {
		Ok(Node::Scalar)
	}

	fn visit_f64<E>(self, _: f64) -> Result<Node<'de>, E> {
		Ok(Node::Scalar)
	}

	fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Node<'de>, E> {
		Ok(Node::Text(Cow::Borrowed(text)))
	}

	fn visit_str<E>(self, text: &str) -> Result<Node<'de>, E> {
		Ok(Node::Text(Cow::Owned(text.to_owned())))
	}

	fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node<'de>, A::Error> {
		let seed = self.deeper()?;
		let mut items = Vec::new();
		while let Some(item) = list.next_element_seed(seed)? {
			items.push(item);
		}
		Ok(Node::List(items))
	}

	fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Node<'de>, A::Error> {
		let seed = self.deeper()?;
		let mut members = Vec::new();
		while let Some(name) = object.next_key_seed(NameSeed)? {
			members.push((name, object.next_value_seed(seed)?));
		}
		if let [(name, _)] = &members[..] {
			if name == NUMBER {
				return Ok(Node::Scalar);
			}
		}
		let mut names: Vec<&str> =
			members.iter().map(|(name, _): &(Cow<'_, str>, _)| &**name).collect();
		names.sort_unstable();
		if names.windows(2).any(|pair| pair[0] == pair[1]) {
			return Err(self.refuse(Refusal::DuplicateMember));
		}
		Ok(Node::Object(members))
	}
}

/// Reads the name of a member, borrowed where it holds no escape.
struct NameSeed;

impl<'de> DeserializeSeed<'de> for NameSeed {
	type Value = Cow<'de, str>;

	fn deserialize<D: serde::Deserializer<'de>>(self, reader: D) -> Result<Self::Value, D::Error> {
		reader.deserialize_str(self)
	}
}

impl<'de> Visitor<'de> for NameSeed {
	type Value = Cow<'de, str>;

	fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str("the name of a member")
	}

	fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Self::Value, E> {
		Ok(Cow::Borrowed(name))
	}

	fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
		Ok(Cow::Owned(name.to_owned()))
	}
}

/// As what `serde_json` hands out numbers, objects with this one member, if any crate of the build
/// switches on its feature `arbitrary_precision`.
const NUMBER: &str = "$serde_json::private::Number";
