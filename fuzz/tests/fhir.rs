//! FHIR documents: reading, classifying, splitting.

use bolero::check;
use serde_json::json;
use ward_client::fhir::{classify, looks_like_fhir, split};
use ward_fuzz::{foreign, within};
use ward_primitives::{Category, CategorySet};

/// What reading may hold for each byte of the document, and besides.
const PER_BYTE: usize = 200;
const BESIDES: usize = 64 << 10;

fn documents() -> Vec<Vec<u8>> {
	let label = json!({
		"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"
	});
	let category = json!([{"coding": [{
		"system": "http://terminology.hl7.org/CodeSystem/observation-category",
		"code": "laboratory",
	}]}]);
	let observation = json!({
		"resourceType": "Observation", "id": "a", "meta": {"security": [label]},
		"status": "final", "category": category, "code": {"text": "x"},
		"effectivePeriod": {"start": "2020-01-01", "end": "2020-02-28T10:00:00.5+02:00"},
		"valueQuantity": {"value": 1.50, "unit": "\u{e4}\n\"\\"},
	});
	let condition = json!({
		"resourceType": "Condition", "subject": {"reference": "Patient/1"},
		"onsetDateTime": "1999", "contained": [{"resourceType": "Patient", "id": "p"}],
	});
	let bundle = json!({
		"resourceType": "Bundle", "type": "searchset", "meta": {"security": [label]},
		"language": "de",
		"entry": [
			{"fullUrl": "urn:uuid:1", "resource": observation, "search": {"mode": "match"}},
			{"resource": condition, "request": {"method": "PUT", "url": "x"}},
			{"resource": {"resourceType": "Bundle", "type": "collection", "entry": [
				{"resource": {"resourceType": "Immunization", "occurrenceDateTime": "2021-05"}},
			]}},
		],
	});
	let nested = [vec![b'['; 100], vec![b'{'; 30], br#"{"a":"#.repeat(70)].concat();
	let values = [observation, condition, bundle];
	let mut all: Vec<_> = values.iter().map(|value| serde_json::to_vec(value).unwrap()).collect();
	all.push([&b"\xef\xbb\xbf"[..], &all[0]].concat());
	all.push(nested);
	all
}

fn attempt(document: &[u8]) {
	let bound = BESIDES + PER_BYTE * document.len();
	within(bound, || looks_like_fhir(document));
	let found = within(bound, || classify(document));
	let parts = within(bound, || split(document));
	if let Err(error) = &found {
		assert!(error.to_string().len() < 4_096 + document.len());
	}
	let Ok(parts) = parts else { return };
	let found = found.expect("what can be split can be classified");
	assert_eq!(found.fhir_type, "Bundle");
	let mut categories = 0;
	for part in &parts {
		let again = classify(&part.bundle).expect("a part is a document");
		assert_eq!(again.categories, part.categories);
		assert!(part.categories.contains(part.category));
		assert!(again.sensitivity <= found.sensitivity, "a part is no more sensitive than all");
		categories |= part.categories.0;
	}
	// A Bundle without resources in it says nothing of the whole, and is `Other` by itself.
	let other = CategorySet::from_iter([Category::Other]).0;
	assert!(parts.is_empty() || categories | other == found.categories.0 | other);
	assert!(parts.is_empty() || categories & found.categories.0 == found.categories.0);
}

#[test]
fn any_document() {
	let valid = documents();
	assert!(valid[..4].iter().all(|document| classify(document).is_ok()));
	assert!(split(&valid[2]).unwrap().len() > 1);
	check!().with_iterations(10_000).for_each(|choices: &[u8]| {
		attempt(&foreign(choices, &valid));
	});
}
