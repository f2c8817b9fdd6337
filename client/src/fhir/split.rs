//! A Bundle taken apart by category.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::{to_raw_value, RawValue};

use super::{entries, json, FhirError, Findings, Node};
use ward_primitives::{Category, CategorySet};

/// All entries of a Bundle that are of one category.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SplitPart {
	/// The category; the first of them if the codes of these entries name several.
	pub category: Category,
	/// All categories of each of these entries. Entries of several categories make a part of their own,
	/// so that they make no other part harder to read.
	pub categories: CategorySet,
	/// A Bundle of type `collection` in JSON.
	pub bundle: Vec<u8>,
	/// How many entries it has.
	pub resources: usize,
}

/// Makes one Bundle of type `collection` per category out of one Bundle, each entry in exactly one of
/// them and in the old order. Resources stay as they are, byte for byte; so do the entries, except that
/// `request`, `response` and `search` are left out, which a collection may not have. The security
/// labels of the Bundle go along into each part.
pub fn split(content: &[u8]) -> Result<Vec<SplitPart>, FhirError> {
	let text = json::text(content)?;
	let document = json::parse(text)?;
	let (_, resource_type) = Findings::of(&document, "")?;
	if resource_type.name != "Bundle" {
		return Err(FhirError::NotABundle);
	}
	let written: RawBundle<'_> = reread(text, "Bundle")?;

	let mut groups: BTreeMap<u16, Vec<Box<RawValue>>> = BTreeMap::new();
	for (entry, raw_entry) in entries(&document, "Bundle")?.zip(&written.entry) {
		let entry = entry?;
		let Some(resource) = entry.resource else {
			return Err(FhirError::NothingToSplit { element: entry.path });
		};
		let (found, _) = Findings::of(resource, &format!("{}.resource", entry.path))?;
		let kept = without_interaction(entry.node, raw_entry, &entry.path)?;
		groups.entry(found.categories_or_other().0).or_default().push(kept);
	}

	let mut parts: Vec<SplitPart> = groups
		.into_iter()
		.map(|(bits, entries)| {
			let categories = CategorySet(bits);
			SplitPart {
				category: categories.iter().next().unwrap_or(Category::Other),
				categories,
				bundle: written.part(&entries),
				resources: entries.len(),
			}
		})
		.collect();
	// Bits order a set with a higher member last; people expect the order of the categories.
	parts.sort_by_key(|part| (part.category, part.categories.0));
	Ok(parts)
}

/// What a Bundle passes on to its parts, as it was written.
#[derive(Deserialize)]
struct RawBundle<'a> {
	#[serde(borrow, default)]
	entry: Vec<&'a RawValue>,
	#[serde(borrow)]
	meta: Option<RawMeta<'a>>,
	#[serde(borrow, rename = "implicitRules")]
	implicit_rules: Option<&'a RawValue>,
	#[serde(borrow)]
	language: Option<&'a RawValue>,
}

#[derive(Clone, Copy, Deserialize, Serialize)]
struct RawMeta<'a> {
	#[serde(borrow, skip_serializing_if = "Option::is_none")]
	security: Option<&'a RawValue>,
}

impl RawBundle<'_> {
	/// A collection of these entries.
	fn part(&self, entries: &[Box<RawValue>]) -> Vec<u8> {
		#[derive(Serialize)]
		#[serde(rename_all = "camelCase")]
		struct Part<'a> {
			resource_type: &'static str,
			#[serde(skip_serializing_if = "Option::is_none")]
			meta: Option<RawMeta<'a>>,
			#[serde(skip_serializing_if = "Option::is_none")]
			implicit_rules: Option<&'a RawValue>,
			#[serde(skip_serializing_if = "Option::is_none")]
			language: Option<&'a RawValue>,
			r#type: &'static str,
			entry: &'a [Box<RawValue>],
		}
		serde_json::to_vec(&Part {
			resource_type: "Bundle",
			meta: self.meta.filter(|meta| meta.security.is_some()),
			implicit_rules: self.implicit_rules,
			language: self.language,
			r#type: "collection",
			entry: entries,
		})
		.expect("its members are texts and JSON already; qed")
	}
}

/// The entry as it was written, without the elements that only a batch, a history or a search result
/// may have.
fn without_interaction(
	entry: &Node<'_>,
	written: &RawValue,
	path: &str,
) -> Result<Box<RawValue>, FhirError> {
	const INTERACTION: [&str; 3] = ["request", "response", "search"];
	if INTERACTION.iter().all(|name| entry.member(name).is_none()) {
		return Ok(written.to_owned());
	}
	let mut members: BTreeMap<String, &RawValue> = reread(written.get(), path)?;
	members.retain(|name, _| !INTERACTION.contains(&name.as_str()));
	Ok(to_raw_value(&members).expect("its members are JSON already; qed"))
}

/// Reads JSON that was parsed before, this time as it was written.
fn reread<'a, T: Deserialize<'a>>(text: &'a str, path: &str) -> Result<T, FhirError> {
	serde_json::from_str(text)
		.map_err(|_| FhirError::Malformed { element: path.to_owned(), expected: "an object" })
}
