use super::*;
use Category::*;

fn content(document: &str) -> FhirContent {
	classify(document.as_bytes()).expect("the document is FHIR")
}

fn error(document: impl AsRef<[u8]>) -> FhirError {
	classify(document.as_ref()).expect_err("the document is not FHIR")
}

fn set<const N: usize>(categories: [Category; N]) -> CategorySet {
	CategorySet::from_iter(categories)
}

fn coded(resource_type: &str, element: &str, system: &str, code: &str) -> String {
	format!(
		r#"{{"resourceType":"{resource_type}","{element}":[{{"coding":[{{"system":"{system}","code":"{code}"}}]}}]}}"#
	)
}

fn labelled(system: &str, code: &str) -> String {
	format!(
		r#"{{"resourceType":"Condition","meta":{{"security":[{{"system":"{system}","code":"{code}"}}]}}}}"#
	)
}

#[test]
fn a_type_with_one_meaning_needs_no_code() {
	for (resource_type, category) in [
		("AllergyIntolerance", PatientSummary),
		("MedicationRequest", Prescription),
		("MedicationDispense", Dispensation),
		("ImagingStudy", Imaging),
		("Encounter", CareProcess),
		("Claim", Administrative),
		("Patient", Administrative),
		("QuestionnaireResponse", Other),
	] {
		let found = content(&format!(r#"{{"resourceType":"{resource_type}"}}"#));
		assert_eq!(found.categories, set([category]), "{resource_type}");
		assert_eq!((found.fhir_type.as_str(), found.resources), (resource_type, 1));
		assert_eq!(found.fhir_version, "4.0.1");
	}
}

#[test]
fn a_code_decides_only_in_its_own_system() {
	const OBSERVATION: &str = "http://terminology.hl7.org/CodeSystem/observation-category";
	const SECTION: &str = "http://terminology.hl7.org/CodeSystem/v2-0074";
	for (resource_type, system, code, category) in [
		("Observation", OBSERVATION, "laboratory", Laboratory),
		("Observation", OBSERVATION, "vital-signs", VitalSigns),
		("Observation", SECTION, "MB", Laboratory),
		("Observation", OBSERVATION, "survey", Other),
		("Observation", SECTION, "laboratory", Other),
		("Observation", "urn:local", "laboratory", Other),
		("DiagnosticReport", SECTION, "RAD", Imaging),
		("DiagnosticReport", SECTION, "LAB", Laboratory),
		// Its type decides for it, whatever its codes say.
		("Condition", OBSERVATION, "laboratory", PatientSummary),
	] {
		let found = content(&coded(resource_type, "category", system, code));
		assert_eq!(found.categories, set([category]), "{resource_type} {system} {code}");
	}
}

#[test]
fn a_resource_of_two_categories_has_both() {
	let found = content(
		r#"{"resourceType":"Observation","category":[
			{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"laboratory"}]},
			{"coding":[{"system":"urn:local","code":"?"},
				{"system":"http://terminology.hl7.org/CodeSystem/v2-0074","code":"RAD"}]}]}"#,
	);
	assert_eq!(found.categories, set([Laboratory, Imaging]));
}

#[test]
fn the_type_of_a_document_goes_before_its_category() {
	let document = |loinc: &str| {
		content(&format!(
			r#"{{"resourceType":"DocumentReference",
				"type":{{"coding":[{{"system":"http://loinc.org","code":"{loinc}"}}]}},
				"category":[{{"coding":[{{"code":"clinical-note",
					"system":"http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category"}}]}}]}}"#
		))
		.categories
	};
	assert_eq!(document("18842-5"), set([Discharge]));
	assert_eq!(document("60591-5"), set([PatientSummary]));
	assert_eq!(document("00000-0"), set([CareProcess]));
}

#[test]
fn the_highest_label_wins_wherever_it_stands() {
	const CONFIDENTIALITY: &str = table::CONFIDENTIALITY;
	let asked = |system: &str, code: &str| content(&labelled(system, code)).sensitivity;
	assert_eq!(asked(CONFIDENTIALITY, "N"), Sensitivity::Normal);
	assert_eq!(asked(CONFIDENTIALITY, "R"), Sensitivity::Restricted);
	assert_eq!(asked(CONFIDENTIALITY, "V"), Sensitivity::VeryRestricted);
	assert_eq!(asked(CONFIDENTIALITY, "no such code"), Sensitivity::Restricted);
	for code in ["PSY", "ETH", "HIV", "SDV", "OPIOIDUD"] {
		assert_eq!(asked(table::ACT_CODE, code), Sensitivity::Restricted, "{code}");
	}
	assert_eq!(asked(table::ACT_CODE, "AMB"), Sensitivity::Normal);
	assert_eq!(asked("urn:local", "V"), Sensitivity::Normal);

	let bundle = format!(
		r#"{{"resourceType":"Bundle","entry":[{{"resource":{{"resourceType":"Patient"}}}},
			{{"resource":{{"resourceType":"Composition","confidentiality":"R"}}}},
			{{"resource":{{"resourceType":"Basic","contained":[{}]}}}}]}}"#,
		labelled(CONFIDENTIALITY, "V")
	);
	assert_eq!(content(&bundle).sensitivity, Sensitivity::VeryRestricted);
}

#[test]
fn clinical_times_go_before_recorded_ones() {
	let period = |members: &str| {
		content(&format!(r#"{{"resourceType":"Condition",{members}}}"#))
			.period
			.map(|p| (p.start, p.end))
	};
	let day = 86_400_000;
	assert_eq!(
		period(
			r#""onsetDateTime":"1970-01-02","abatementPeriod":{"end":"1970-01-04"},"recordedDate":"1971""#
		),
		Some((day, 4 * day - 1))
	);
	assert_eq!(
		period(r#""onsetString":"as a child","recordedDate":"1970-01-01""#),
		Some((0, day - 1))
	);
	assert_eq!(period(r#""note":[]"#), None);
}

#[test]
fn times_are_found_in_lists_and_timings() {
	let period = |document: &str| content(document).period.map(|period| (period.start, period.end));
	assert_eq!(
		period(
			r#"{"resourceType":"Composition","event":[{"period":{"start":"1970-01-01T00:00:05Z"}},
			{"period":{"start":"1970-01-01T00:00:01Z","end":"1970-01-01T00:00:02Z"}}],"date":"2020"}"#
		),
		Some((1000, 5000))
	);
	assert_eq!(
		period(
			r#"{"resourceType":"Observation","effectiveTiming":{"event":["1970-01-01T00:00:01Z"],
			"repeat":{"boundsPeriod":{"end":"1970-01-01T00:00:09Z"}}}}"#
		),
		Some((1000, 9000))
	);
	assert_eq!(
		period(
			r#"{"resourceType":"Specimen","collection":{"collectedDateTime":"1970-01-01T00:00:01Z"}}"#
		),
		Some((1000, 1000))
	);
}

#[test]
fn a_bundle_is_what_its_entries_are() {
	let found = content(
		r#"{"resourceType":"Bundle","type":"batch","entry":[
			{"resource":{"resourceType":"Patient"}},
			{"request":{"method":"DELETE","url":"Patient/1"}},
			{"resource":{"resourceType":"Bundle","entry":[
				{"resource":{"resourceType":"MedicationRequest","authoredOn":"1970-01-01T00:00:01Z"}},
				{"resource":{"resourceType":"Encounter","period":{"start":"1970-01-01T00:00:09Z"}}}]}}]}"#,
	);
	assert_eq!(found.categories, set([Administrative, Prescription, CareProcess]));
	assert_eq!(found.period, Some(DataPeriod { start: 1000, end: 9000 }));
	assert_eq!((found.fhir_type.as_str(), found.resources), ("Bundle", 3));

	let empty = content(r#"{"resourceType":"Bundle","type":"searchset"}"#);
	assert_eq!((empty.categories, empty.period, empty.resources), (set([Other]), None, 0));
}

#[test]
fn an_entry_of_unknown_time_makes_the_time_of_a_bundle_unknown() {
	let found = content(
		r#"{"resourceType":"Bundle","entry":[
			{"resource":{"resourceType":"MedicationRequest","authoredOn":"2020"}},
			{"resource":{"resourceType":"AllergyIntolerance"}}]}"#,
	);
	assert_eq!(found.period, None);
}

#[test]
fn what_is_no_json_is_told_by_line_and_column() {
	assert_eq!(error(""), FhirError::Empty);
	assert_eq!(error("\u{feff} \n"), FhirError::Empty);
	assert_eq!(error("{\n \"resourceType\": \"Pat"), FhirError::Truncated { line: 2, column: 21 });
	assert_eq!(error(b"{\n \"a\xff\": 1}"), FhirError::NotUtf8 { line: 2, column: 4 });
	assert_eq!(error(b"{\"a\": \"\xe2\x82"), FhirError::Truncated { line: 1, column: 8 });
	assert_eq!(
		error("{\"resourceType\":\"Patient\",}"),
		FhirError::NotJson { line: 1, column: 27, problem: "trailing comma".into() }
	);
	assert!(matches!(
		error("{\"resourceType\":\"Patient\"} x"),
		FhirError::NotJson { line: 1, .. }
	));
	assert!(matches!(error("Patient"), FhirError::NotJson { line: 1, column: 1, .. }));
	for document in ["[]", "null", "\"Patient\"", "7"] {
		assert_eq!(error(document), FhirError::NotAnObject, "{document}");
	}
}

#[test]
fn what_is_no_fhir_is_told_by_its_element() {
	let missing = |element: &str| FhirError::Missing { element: element.into() };
	let malformed =
		|element: &str, expected| FhirError::Malformed { element: element.into(), expected };
	let unknown = |element: &str| FhirError::UnknownType { element: element.into() };
	for (document, expected) in [
		("{}", missing("resourceType")),
		(r#"{"resourceType":7}"#, malformed("resourceType", "a text")),
		(r#"{"resourceType":"Ptaient"}"#, unknown("resourceType")),
		// Abstract in R4, and a type of R5.
		(r#"{"resourceType":"DomainResource"}"#, unknown("resourceType")),
		(r#"{"resourceType":"ActorDefinition"}"#, unknown("resourceType")),
		(r#"{"resourceType":"Bundle","entry":{}}"#, malformed("Bundle.entry", "a list")),
		(r#"{"resourceType":"Bundle","entry":[7]}"#, malformed("Bundle.entry[0]", "an object")),
		(r#"{"resourceType":"Bundle","entry":[{}]}"#, missing("Bundle.entry[0].resource")),
		(
			r#"{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient"}},{"resource":{}}]}"#,
			missing("Bundle.entry[1].resource.resourceType"),
		),
		(
			r#"{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Observation","effectiveDateTime":"May"}}]}"#,
			malformed("Bundle.entry[0].resource.effectiveDateTime", "a date or time"),
		),
		(
			r#"{"resourceType":"Observation","effectivePeriod":{"start":"2020-13"}}"#,
			malformed("Observation.effectivePeriod.start", "a date or time"),
		),
		(
			r#"{"resourceType":"Observation","category":["laboratory"]}"#,
			malformed("Observation.category", "a CodeableConcept"),
		),
		(r#"{"resourceType":"Patient","meta":[]}"#, malformed("Patient.meta", "an object")),
		(
			r#"{"resourceType":"Patient","meta":{"security":{}}}"#,
			malformed("Patient.meta.security", "a list"),
		),
	] {
		assert_eq!(error(document), expected, "{document}");
	}
}

#[test]
fn limits_hold() {
	let nested = |depth: usize| {
		let lists = depth - 1;
		format!(r#"{{"resourceType":"Basic","x":{}{}}}"#, "[".repeat(lists), "]".repeat(lists))
	};
	assert_eq!(content(&nested(MAX_DEPTH)).fhir_type, "Basic");
	assert!(matches!(error(nested(MAX_DEPTH + 1)), FhirError::TooDeep { line: 1, .. }));
	assert!(matches!(error(nested(100_000)), FhirError::TooDeep { line: 1, .. }));

	let twice = "{\"resourceType\":\"Patient\",\n\"resource\\u0054ype\":\"Basic\"}";
	assert_eq!(error(twice), FhirError::DuplicateMember { line: 2, column: 28 });

	let size = MAX_SIZE + 1;
	assert_eq!(error(vec![b' '; size]), FhirError::TooLarge { size });
}

#[test]
fn no_error_repeats_content() {
	const SECRET: &str = "Smith";
	for document in [
		r#"{"resourceType":"Smith"}"#,
		r#"{"resourceType":"Patient","name":Smith}"#,
		r#"{"resourceType":"Patient","Smith":1,"Smith":2}"#,
		r#"{"resourceType":"Bundle","entry":["Smith"]}"#,
		r#"{"resourceType":"Observation","effectiveDateTime":"Smith","category":["Smith"]}"#,
		r#"{"resourceType":"Condition","onsetDateTime":"Smith"}"#,
		r#"{"resourceType":"Patient","meta":"Smith"}"#,
		r#""Smith"#,
		r#"{"Smith"#,
	] {
		let error = error(document);
		assert!(!format!("{error} {error:?}").contains(SECRET), "{error}");
		let error = split(document.as_bytes()).expect_err("the document is not FHIR");
		assert!(!format!("{error} {error:?}").contains(SECRET), "{error}");
	}
}

#[test]
fn a_document_that_means_to_be_fhir_is_recognized_even_if_it_is_broken() {
	for document in
		[r#"{"resourceType":"Patient"}"#, "\u{feff}\n {\"id\": 1, \"resourceType\" : \"Pat"]
	{
		assert!(looks_like_fhir(document.as_bytes()), "{document}");
	}
	for document in
		["", "resourceType", "[{\"resourceType\":\"Patient\"}]", "{\"id\":1}", "<Patient/>"]
	{
		assert!(!looks_like_fhir(document.as_bytes()), "{document}");
	}
}

#[test]
fn a_bundle_is_split_by_category_with_its_resources_untouched() {
	let lab = r#"{"resourceType" : "Observation", "valueQuantity":{"value":1.10},"category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"laboratory"}]}]}"#;
	let bundle = format!(
		r#"{{"resourceType":"Bundle","type":"transaction","language":"de",
			"meta":{{"lastUpdated":"2020-01-01T00:00:00Z","security":[{{"system":"{}", "code":"R"}}]}},"entry":[
			{{ "fullUrl": "urn:uuid:1",  "resource": {{"resourceType":"Patient"}} }},
			{{"fullUrl":"urn:uuid:2","resource":{lab},"request":{{"method":"POST","url":"Observation"}}}},
			{{"resource":{{"resourceType":"Claim"}}}}]}}"#,
		table::CONFIDENTIALITY
	);
	let parts = split(bundle.as_bytes()).unwrap();
	let shape: Vec<_> = parts.iter().map(|part| (part.category, part.resources)).collect();
	assert_eq!(shape, [(Laboratory, 1), (Administrative, 2)]);

	let text = |part: &SplitPart| String::from_utf8(part.bundle.clone()).unwrap();
	let labels =
		format!(r#""meta":{{"security":[{{"system":"{}", "code":"R"}}]}}"#, table::CONFIDENTIALITY);
	assert_eq!(
		text(&parts[0]),
		format!(
			r#"{{"resourceType":"Bundle",{labels},"language":"de","type":"collection","entry":[{{"fullUrl":"urn:uuid:2","resource":{lab}}}]}}"#
		)
	);
	assert!(text(&parts[1])
		.contains(r#"{ "fullUrl": "urn:uuid:1",  "resource": {"resourceType":"Patient"} }"#));
	for part in &parts {
		let again = classify(&part.bundle).unwrap();
		assert_eq!((again.categories, again.resources), (part.categories, part.resources));
		assert_eq!(again.sensitivity, Sensitivity::Restricted);
	}
}

#[test]
fn an_entry_of_two_categories_makes_a_part_of_its_own() {
	let both = r#"{"resource":{"resourceType":"Observation","category":[{"coding":[
		{"system":"http://terminology.hl7.org/CodeSystem/v2-0074","code":"LAB"},
		{"system":"http://terminology.hl7.org/CodeSystem/v2-0074","code":"RAD"}]}]}}"#;
	let imaging = r#"{"resource":{"resourceType":"ImagingStudy"}}"#;
	let bundle = format!(r#"{{"resourceType":"Bundle","entry":[{both},{imaging}]}}"#);
	let parts = split(bundle.as_bytes()).unwrap();
	let shape: Vec<_> = parts.iter().map(|part| (part.category, part.categories)).collect();
	assert_eq!(shape, [(Imaging, set([Imaging])), (Imaging, set([Imaging, Laboratory]))]);
}

#[test]
fn only_bundles_whose_entries_all_have_a_resource_are_split() {
	assert_eq!(split(br#"{"resourceType":"Patient"}"#), Err(FhirError::NotABundle));
	assert_eq!(
		split(br#"{"resourceType":"Bundle","entry":[{"request":{"method":"DELETE","url":"Patient/1"}}]}"#),
		Err(FhirError::NothingToSplit { element: "Bundle.entry[0]".into() })
	);
	assert_eq!(split(br#"{"resourceType":"Bundle","entry":[]}"#), Ok(vec![]));
}

#[test]
fn every_type_is_found_by_its_name() {
	for row in table::RESOURCE_TYPES {
		assert_eq!(ResourceType::named(row.name).map(|found| found.name), Some(row.name));
	}
}
