//! FHIR as HL7 and a generator of patients write it: nothing of it may be refused or lost.
//!
//! `scripts/setup` fetches the files: the npm package `hl7.fhir.r4.examples` 4.0.1 and patients made by
//! Synthea. `scripts/test` says where they are; without it the user's cache folder is searched.

use std::{
	collections::{BTreeMap, BTreeSet},
	env, fs,
	path::{Path, PathBuf},
};

use serde_json::{value::RawValue, Value};
use ward_client::fhir::{
	classify, looks_like_fhir, split,
	table::{Rule, Times, ACT_CODE, CODES, RESOURCE_TYPES, SENSITIVE},
	FhirError,
};
use ward_primitives::Category;

/// A folder that `scripts/setup` fills, named by a variable, else under the cache folder.
fn fetched(variable: &str, in_cache: &str) -> PathBuf {
	let cache = || {
		let base = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
		let base = base.or_else(|| Some(Path::new(&env::var_os("HOME")?).join(".cache")));
		base.unwrap_or_default().join("ward").join(in_cache)
	};
	let folder = env::var_os(variable).map_or_else(cache, PathBuf::from);
	assert!(folder.is_dir(), "{folder:?} is not there: run scripts/setup, or set {variable}");
	folder
}

fn examples() -> PathBuf {
	fetched("WARD_FHIR_EXAMPLES", "fhir-examples")
}

/// The JSON files of a folder, by name.
fn files(folder: &Path) -> Vec<PathBuf> {
	let mut files: Vec<_> = fs::read_dir(folder)
		.expect("the folder can be read")
		.map(|entry| entry.expect("the folder can be read").path())
		.filter(|path| path.extension().is_some_and(|extension| extension == "json"))
		.collect();
	files.sort();
	files
}

fn name(path: &Path) -> String {
	path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn json(path: &Path) -> Value {
	serde_json::from_slice(&fs::read(path).expect("the file can be read")).expect("it is JSON")
}

/// The resources of HL7's files that define FHIR itself, by their `id`.
fn definitions(file: &str) -> BTreeMap<String, Value> {
	let mut bundle = json(&examples().join(file));
	let Value::Array(entries) = bundle["entry"].take() else { panic!("{file} is a Bundle") };
	let resources = entries.into_iter().map(|mut entry| entry["resource"].take());
	resources.map(|resource| (text(&resource["id"]).to_owned(), resource)).collect()
}

fn text(value: &Value) -> &str {
	value.as_str().expect("it is a text")
}

fn list(value: &Value) -> &[Value] {
	value.as_array().map_or(&[], Vec::as_slice)
}

/// The files of the package that are refused, and why that is right.
fn refused() -> BTreeMap<String, FhirError> {
	BTreeMap::from([(
		// The package's own description, no resource.
		"package.json".to_owned(),
		FhirError::Missing { element: "resourceType".to_owned() },
	)])
}

#[test]
fn every_example_of_hl7_is_classified() {
	let mut errors = BTreeMap::new();
	let mut distribution: BTreeMap<(String, String), usize> = BTreeMap::new();
	let files = files(&examples());
	for path in &files {
		let content = fs::read(path).expect("the file can be read");
		match classify(&content) {
			Ok(found) => {
				assert!(looks_like_fhir(&content), "{path:?}");
				assert!(found.categories.is_valid(), "{path:?}");
				assert!(found.period.is_none_or(|period| period.is_valid()), "{path:?}");
				let names: Vec<_> = found.categories.iter().map(Category::name).collect();
				*distribution.entry((found.fhir_type, names.join(" "))).or_default() += 1;
			},
			Err(error) => {
				errors.insert(name(path), error);
			},
		}
	}
	for ((fhir_type, categories), count) in &distribution {
		println!("{count:5} {fhir_type:36} {categories}");
	}
	println!("{:5} files", files.len());
	assert_eq!(files.len(), 5_307, "the package is not hl7.fhir.r4.examples 4.0.1");
	assert_eq!(errors, refused());
	let types: BTreeSet<_> = distribution.keys().map(|(fhir_type, _)| fhir_type).collect();
	assert!(types.len() > 120, "only {} types were seen", types.len());
}

#[test]
fn the_table_has_exactly_the_resource_types_of_r4() {
	let system = json(&examples().join("CodeSystem-resource-types.json"));
	let of_hl7 = list(&system["concept"]).iter().map(|concept| text(&concept["code"]));
	let of_hl7: BTreeSet<_> =
		of_hl7.filter(|name| !["Resource", "DomainResource"].contains(name)).collect();
	let ours: BTreeSet<_> = RESOURCE_TYPES.iter().map(|row| row.name).collect();
	assert_eq!(ours, of_hl7);
	assert_eq!(RESOURCE_TYPES.len(), ours.len(), "a type stands in the table twice");
}

#[test]
fn the_table_names_only_elements_that_hl7_defines_so() {
	let profiles = definitions("Bundle-resources.json");
	for row in RESOURCE_TYPES {
		let elements: BTreeMap<&str, Vec<&str>> = list(&profiles[row.name]["snapshot"]["element"])
			.iter()
			.map(|element| {
				let types = list(&element["type"]).iter();
				(text(&element["path"]), types.map(|of| text(&of["code"])).collect())
			})
			.collect();
		let is_one_of = |element: &str, wanted: &[&str]| {
			let path = format!("{}.{element}", row.name);
			let types = elements.get(path.as_str()).unwrap_or_else(|| panic!("R4 has no {path}"));
			assert!(types.iter().any(|of| wanted.contains(of)), "{path} is {types:?}");
		};
		if let Times::Of { clinical, recorded } = row.times {
			for element in clinical.iter().chain(recorded) {
				is_one_of(element, &["date", "dateTime", "instant", "Period", "Timing"]);
			}
		}
		if let Rule::Coded(coded) = row.rule {
			coded.iter().for_each(|element| is_one_of(element, &["CodeableConcept"]));
		}
	}
}

/// All codes at and below `concepts`.
fn codes(concepts: &Value) -> Vec<&str> {
	let each = list(concepts).iter();
	each.flat_map(|concept| [vec![text(&concept["code"])], codes(&concept["concept"])].concat())
		.collect()
}

#[test]
fn every_sensitivity_code_of_hl7_restricts() {
	fn find<'v>(concepts: &'v Value, code: &str) -> Option<&'v Value> {
		list(concepts).iter().find_map(|concept| {
			if concept["code"] == code {
				Some(concept)
			} else {
				find(&concept["concept"], code)
			}
		})
	}
	let system = json(&examples().join("CodeSystem-v3-ActCode.json"));
	assert_eq!(system["url"], ACT_CODE);
	let policy = find(&system["concept"], "_InformationSensitivityPolicy").expect("it is there");
	let of_hl7: BTreeSet<_> =
		codes(&policy["concept"]).into_iter().filter(|code| !code.starts_with('_')).collect();
	assert_eq!(SENSITIVE.iter().copied().collect::<BTreeSet<_>>(), of_hl7);
}

#[test]
fn every_code_is_known_to_hl7_and_stands_for_one_category() {
	let examples = examples();
	for file in ["CodeSystem-observation-category.json", "CodeSystem-v2-0074.json"] {
		let system = json(&examples.join(file));
		let groups: Vec<_> = CODES.iter().filter(|group| system["url"] == group.system).collect();
		assert!(!groups.is_empty(), "{file}");
		let of_hl7 = codes(&system["concept"]);
		for code in groups.iter().flat_map(|group| group.codes) {
			assert!(of_hl7.contains(code), "{code} is not in {file}");
		}
	}
	let discharge: BTreeSet<_> = CODES
		.iter()
		.filter(|group| group.category == Category::Discharge)
		.flat_map(|group| group.codes.iter().copied())
		.collect();
	let document_types = json(&examples.join("ValueSet-c80-doc-typecodes.json"));
	for concept in
		list(&document_types["compose"]["include"]).iter().flat_map(|i| list(&i["concept"]))
	{
		let display = concept["display"].as_str().unwrap_or_default();
		if display.ends_with("Discharge summary") {
			assert!(discharge.contains(text(&concept["code"])), "{concept}");
		}
	}
	let mut seen = BTreeSet::new();
	for group in CODES {
		for code in group.codes {
			assert!(seen.insert((group.system, code)), "{code} stands twice in the table");
		}
	}
}

/// The resources of a Bundle as they were written.
fn resources(bundle: &str) -> Vec<&str> {
	#[derive(serde::Deserialize)]
	struct Bundle<'a> {
		#[serde(borrow)]
		entry: Vec<Entry<'a>>,
	}
	#[derive(serde::Deserialize)]
	struct Entry<'a> {
		#[serde(borrow)]
		resource: &'a RawValue,
	}
	let bundle: Bundle<'_> = serde_json::from_str(bundle).expect("it is a Bundle");
	bundle.entry.iter().map(|entry| entry.resource.get()).collect()
}

#[test]
fn a_synthea_patient_is_split_with_every_entry_exactly_once() {
	let patients = files(&fetched("WARD_SYNTHEA", "synthea"));
	assert!(!patients.is_empty(), "no patient was generated");
	for path in &patients {
		let bundle = fs::read_to_string(path).expect("the file can be read");
		let whole = classify(bundle.as_bytes()).expect("it is FHIR");
		let parts = split(bundle.as_bytes()).expect("it is a Bundle");

		let mut before = resources(&bundle);
		assert!(before.len() > 300, "{path:?} has only {} entries", before.len());
		assert_eq!(whole.resources, before.len());
		let texts: Vec<_> =
			parts.iter().map(|part| std::str::from_utf8(&part.bundle).expect("UTF-8")).collect();
		let mut after: Vec<_> = texts.iter().flat_map(|text| resources(text)).collect();
		before.sort_unstable();
		after.sort_unstable();
		assert!(before == after, "the parts of {path:?} do not hold what it holds");

		let mut union = 0;
		for part in &parts {
			let found = classify(&part.bundle).expect("a part is FHIR");
			assert_eq!(found.categories, part.categories);
			assert_eq!(found.resources, part.resources);
			union |= found.categories.0;
			println!("{:5} {:16} {:?}", part.resources, part.category.name(), found.period);
		}
		assert_eq!(union, whole.categories.0);
		for expected in [Category::Laboratory, Category::VitalSigns, Category::PatientSummary] {
			assert!(whole.categories.contains(expected), "{path:?} has no {}", expected.name());
		}
		println!("{:5} entries in {} parts, {:?}", whole.resources, parts.len(), whole.period);
	}
}
