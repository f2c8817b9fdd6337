//! FHIR R4 in JSON: what a resource or a Bundle holds, in the terms that grants use.
//!
//! [`classify`] reads a document and says its categories, its confidentiality and the clinical time
//! that it covers; [`split`] makes one Bundle per category. Both decide by the one table in
//! `table.rs`, which `docs/categories.md` shows. Nothing here does I/O, and no error repeats content.

mod category;
mod error;
mod json;
mod period;
mod sensitivity;
mod split;
pub mod table;

#[cfg(test)]
mod categories_page;
#[cfg(test)]
mod tests;

pub use error::FhirError;
pub use split::{split, SplitPart};

use json::Node;
use period::Span;
use table::{ResourceType, Rule};
use ward_primitives::{Category, CategorySet, DataPeriod, Sensitivity};

/// The release of FHIR that is read here.
pub const FHIR_VERSION: &str = "4.0.1";

/// The largest document that is read as FHIR, in bytes.
pub const MAX_SIZE: usize = 64 << 20;

/// The deepest nesting of objects and lists that is read. HL7's own examples reach 22.
pub const MAX_DEPTH: usize = 64;

/// How much of a document [`looks_like_fhir`] looks at.
const SNIFFED: usize = 64 << 10;

/// What a FHIR document holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FhirContent {
	/// The type of the resource, for example `Observation` or `Bundle`.
	pub fhir_type: String,
	/// The release of FHIR that it was read as.
	pub fhir_version: &'static str,
	/// The categories of everything in it; never empty.
	pub categories: CategorySet,
	/// The highest confidentiality that a label in it asks for.
	pub sensitivity: Sensitivity,
	/// The clinical time that it covers; none if the time of any part is not known.
	pub period: Option<DataPeriod>,
	/// How many resources it is: the entries of a Bundle, else one. What a resource contains counts as
	/// part of it.
	pub resources: usize,
}

/// Says what a FHIR R4 resource or Bundle in JSON holds.
pub fn classify(content: &[u8]) -> Result<FhirContent, FhirError> {
	let document = json::parse(json::text(content)?)?;
	let (found, resource_type) = Findings::of(&document, "")?;
	Ok(FhirContent {
		fhir_type: resource_type.name.into(),
		fhir_version: FHIR_VERSION,
		categories: found.categories_or_other(),
		sensitivity: found.sensitivity,
		period: found.span.period(),
		resources: found.resources,
	})
}

/// Whether a document means to be FHIR in JSON: an object that names a `resourceType` near its
/// beginning. It need not be whole or correct, so that [`classify`] can say what is wrong with it.
pub fn looks_like_fhir(content: &[u8]) -> bool {
	const NAME: &[u8] = b"\"resourceType\"";
	let start = json::without_mark(content);
	let start = start[..start.len().min(SNIFFED)].trim_ascii_start();
	start.first() == Some(&b'{') && start.windows(NAME.len()).any(|window| window == NAME)
}

/// What was found in a resource and all that it holds.
#[derive(Clone, Copy, Debug, Default)]
struct Findings {
	categories: CategorySet,
	sensitivity: Sensitivity,
	span: Span,
	resources: usize,
}

impl Findings {
	/// What `resource` holds. `path` leads to it in error messages; it is empty for the document.
	fn of(resource: &Node<'_>, path: &str) -> Result<(Self, &'static ResourceType), FhirError> {
		let resource_type = resource_type(resource, path)?;
		let path = if path.is_empty() { resource_type.name } else { path };
		let mut found = Self {
			categories: CategorySet::EMPTY,
			sensitivity: sensitivity::of(resource, path)?,
			span: period::of(resource, resource_type, path)?,
			resources: 1,
		};
		match &resource_type.rule {
			Rule::Always(category) => found.categories = CategorySet::from_iter([*category]),
			Rule::Coded(elements) => found.categories = category::coded(resource, elements, path)?,
			Rule::Entries => {
				found.resources = 0;
				for entry in entries(resource, path)? {
					let entry = entry?;
					if let Some(inner) = entry.resource {
						found.add(Self::of(inner, &format!("{}.resource", entry.path))?.0);
					}
				}
			},
		}
		Ok((found, resource_type))
	}

	fn add(&mut self, other: Self) {
		self.categories.0 |= other.categories.0;
		self.sensitivity = self.sensitivity.max(other.sensitivity);
		self.span = self.span.with(other.span);
		self.resources += other.resources;
	}

	/// The categories; a Bundle without resources is [`Category::Other`].
	fn categories_or_other(&self) -> CategorySet {
		if self.categories == CategorySet::EMPTY {
			return CategorySet::from_iter([Category::Other]);
		}
		self.categories
	}
}

/// The type that a resource says it has.
fn resource_type(resource: &Node<'_>, path: &str) -> Result<&'static ResourceType, FhirError> {
	let element = || match path {
		"" => "resourceType".to_owned(),
		path => format!("{path}.resourceType"),
	};
	let name = match resource.member("resourceType") {
		None => return Err(FhirError::Missing { element: element() }),
		Some(Node::Text(name)) => name,
		Some(_) => return Err(FhirError::Malformed { element: element(), expected: "a text" }),
	};
	ResourceType::named(name).ok_or_else(|| FhirError::UnknownType { element: element() })
}

/// One entry of a Bundle.
struct Entry<'n, 'a> {
	/// Where it stands, for example `Bundle.entry[3]`.
	path: String,
	node: &'n Node<'a>,
	/// None for a bare request or response, as in a batch.
	resource: Option<&'n Node<'a>>,
}

/// The entries of a Bundle, in order.
fn entries<'n, 'a>(
	bundle: &'n Node<'a>,
	path: &str,
) -> Result<impl Iterator<Item = Result<Entry<'n, 'a>, FhirError>>, FhirError> {
	let list: &[Node<'a>] = match bundle.member("entry") {
		None => &[],
		Some(Node::List(list)) => list,
		Some(_) => {
			return Err(FhirError::Malformed {
				element: format!("{path}.entry"),
				expected: "a list",
			})
		},
	};
	let path = format!("{path}.entry");
	Ok(list.iter().enumerate().map(move |(number, node)| {
		let path = format!("{path}[{number}]");
		if !matches!(node, Node::Object(_)) {
			return Err(FhirError::Malformed { element: path, expected: "an object" });
		}
		let resource = match node.member("resource") {
			Some(resource @ Node::Object(_)) => Some(resource),
			Some(_) => {
				let element = format!("{path}.resource");
				return Err(FhirError::Malformed { element, expected: "an object" });
			},
			None if node.member("request").is_some() || node.member("response").is_some() => None,
			None => return Err(FhirError::Missing { element: format!("{path}.resource") }),
		};
		Ok(Entry { path, node, resource })
	}))
}
