//! What can be wrong with a FHIR document.

use super::{FHIR_VERSION, MAX_DEPTH, MAX_SIZE};

/// Why a document is not read as FHIR R4. The text names the place and never repeats content.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FhirError {
	/// There is nothing but white space.
	#[error("the document is empty; check that it is the right file, written in full")]
	Empty,
	/// It is larger than [`MAX_SIZE`].
	#[error(
		"the document has {size} bytes and FHIR is read up to {MAX_SIZE}; split it, or store it as an \
		 opaque file"
	)]
	TooLarge {
		/// Its size in bytes.
		size: usize,
	},
	/// It is not UTF-8.
	#[error(
		"line {line}, column {column}: not UTF-8; FHIR's JSON is always UTF-8, so convert the file"
	)]
	NotUtf8 {
		/// The line, from 1.
		line: usize,
		/// The byte in the line, from 1.
		column: usize,
	},
	/// It ends too early.
	#[error(
		"line {line}, column {column}: the document ends in the middle; get a complete copy of it"
	)]
	Truncated {
		/// The line, from 1.
		line: usize,
		/// The byte in the line, from 1.
		column: usize,
	},
	/// It breaks the rules of JSON.
	#[error("line {line}, column {column}: not JSON: {problem}; correct the document there")]
	NotJson {
		/// The line, from 1.
		line: usize,
		/// The byte in the line, from 1.
		column: usize,
		/// Which rule.
		problem: String,
	},
	/// It nests deeper than [`MAX_DEPTH`].
	#[error(
		"line {line}, column {column}: nested more than {MAX_DEPTH} levels deep, which no FHIR resource \
		 needs; flatten it, or store it as an opaque file"
	)]
	TooDeep {
		/// The line, from 1.
		line: usize,
		/// The byte in the line, from 1.
		column: usize,
	},
	/// An object has two members of one name, so readers may disagree on what it says.
	#[error(
		"line {line}, column {column}: the object that ends here has a member twice; keep one"
	)]
	DuplicateMember {
		/// The line, from 1.
		line: usize,
		/// The byte in the line, from 1.
		column: usize,
	},
	/// It is JSON, but a list, a text or a number.
	#[error(
		"the document is JSON but no object; a FHIR resource is an object with a `resourceType`"
	)]
	NotAnObject,
	/// An element that must be there is not.
	#[error("`{element}` is missing; a FHIR R4 document needs it")]
	Missing {
		/// Its path.
		element: String,
	},
	/// An element has another shape than FHIR gives it.
	#[error("`{element}` is not {expected}, as FHIR R4 has it; correct the element")]
	Malformed {
		/// Its path.
		element: String,
		/// What it should be.
		expected: &'static str,
	},
	/// A resource has a type that this release of FHIR does not have.
	#[error(
		"`{element}` is no resource type of FHIR R4 ({FHIR_VERSION}); convert the document from its \
		 release, or store it as an opaque file"
	)]
	UnknownType {
		/// Its path.
		element: String,
	},
	/// Only a Bundle can be split.
	#[error("the document is a single resource, and only a Bundle can be split; store it whole")]
	NotABundle,
	/// An entry that is only a request or a response belongs to no category.
	#[error("`{element}` has no resource, so it belongs to no category; store the Bundle unsplit")]
	NothingToSplit {
		/// The entry's path.
		element: String,
	},
}
