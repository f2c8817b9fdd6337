//! Categories by code.

use super::{json::Node, table, FhirError};
use ward_primitives::{Category, CategorySet};

/// The categories that the codes of a resource stand for. The first of `elements` that holds a known
/// code decides; [`Category::Other`] if none does.
pub(super) fn coded(
	resource: &Node<'_>,
	elements: &[&str],
	path: &str,
) -> Result<CategorySet, FhirError> {
	for element in elements {
		let mut categories = CategorySet::EMPTY;
		if let Some(concepts) = resource.member(element) {
			for (system, code) in codings(concepts, &format!("{path}.{element}"))? {
				categories.0 |= table::categories_of(system, code).0;
			}
		}
		if categories != CategorySet::EMPTY {
			return Ok(categories);
		}
	}
	Ok(CategorySet::from_iter([Category::Other]))
}

/// System and code of each coding of a `CodeableConcept` or a list of them. A coding without one of
/// the two names nothing that a table could know.
pub(super) fn codings<'n>(
	concepts: &'n Node<'_>,
	path: &str,
) -> Result<Vec<(&'n str, &'n str)>, FhirError> {
	let mut found = Vec::new();
	for concept in concepts.items() {
		if !matches!(concept, Node::Object(_)) {
			let element = path.to_owned();
			return Err(FhirError::Malformed { element, expected: "a CodeableConcept" });
		}
		match concept.member("coding") {
			None => {},
			Some(Node::List(codings)) => found.extend(codings.iter().filter_map(coding)),
			Some(_) => {
				let element = format!("{path}.coding");
				return Err(FhirError::Malformed { element, expected: "a list" });
			},
		}
	}
	Ok(found)
}

/// System and code of a `Coding` that has both.
pub(super) fn coding<'n>(coding: &'n Node<'_>) -> Option<(&'n str, &'n str)> {
	Some((coding.member("system")?.text()?, coding.member("code")?.text()?))
}
