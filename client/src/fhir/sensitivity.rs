//! Confidentiality by security label.

use super::{
	category::{coding, codings},
	json::Node,
	table, FhirError,
};
use ward_primitives::Sensitivity;

/// The highest confidentiality that a label of the resource asks for, or of a resource contained in
/// it: `meta.security`, and what the type itself has for labels.
pub(super) fn of(resource: &Node<'_>, path: &str) -> Result<Sensitivity, FhirError> {
	let mut highest = Sensitivity::Normal;
	let meta = resource.member("meta");
	if meta.is_some_and(|meta| !matches!(meta, Node::Object(_))) {
		let element = format!("{path}.meta");
		return Err(FhirError::Malformed { element, expected: "an object" });
	}
	if let Some(labels) = meta.and_then(|meta| meta.member("security")) {
		let Node::List(labels) = labels else {
			let element = format!("{path}.meta.security");
			return Err(FhirError::Malformed { element, expected: "a list" });
		};
		let asked = labels.iter().filter_map(coding);
		highest = highest.max(highest_of(asked));
	}
	// `DocumentReference.securityLabel` and `Composition.confidentiality`.
	if let Some(labels) = resource.member("securityLabel") {
		highest = highest.max(highest_of(codings(labels, &format!("{path}.securityLabel"))?));
	}
	if let Some(code) = resource.member("confidentiality").and_then(Node::text) {
		highest = highest.max(table::sensitivity_of(table::CONFIDENTIALITY, code));
	}
	if let Some(contained) = resource.member("contained") {
		for (number, inner) in contained.items().iter().enumerate() {
			highest = highest.max(of(inner, &format!("{path}.contained[{number}]"))?);
		}
	}
	Ok(highest)
}

fn highest_of<'n>(labels: impl IntoIterator<Item = (&'n str, &'n str)>) -> Sensitivity {
	labels
		.into_iter()
		.map(|(system, code)| table::sensitivity_of(system, code))
		.max()
		.unwrap_or_default()
}
