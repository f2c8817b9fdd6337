//! The table that decides: resource types, codes and security labels. Nothing else in Ward maps FHIR.
//!
//! `docs/categories.md` shows it, and the tests hold it against HL7's own definitions.

use ward_primitives::{
	Category::{self, *},
	CategorySet, Sensitivity,
};
use Rule::*;
use Times::*;

/// What is known of a resource type of FHIR R4.
#[derive(Clone, Copy, Debug)]
pub struct ResourceType {
	/// Its name in FHIR.
	pub name: &'static str,
	/// How a resource of it gets its category.
	pub rule: Rule,
	/// Where a resource of it has its times.
	pub times: Times,
}

/// How a resource gets its category.
#[derive(Clone, Copy, Debug)]
pub enum Rule {
	/// By its type alone.
	Always(Category),
	/// By [`CODES`]: the first of these elements that holds a known code decides. If none does, the
	/// category is [`Category::Other`].
	Coded(&'static [&'static str]),
	/// By what its entries are: a Bundle.
	Entries,
}

/// Where a resource has its times. Elements are named as in FHIR, `[x]` standing for a choice of types.
#[derive(Clone, Copy, Debug)]
pub enum Times {
	/// In these elements.
	Of {
		/// When it happened.
		clinical: &'static [&'static str],
		/// When it was written down: used if none of the clinical times is given.
		recorded: &'static [&'static str],
	},
	/// Nowhere, and none is missed: who somebody is, what a code means.
	Timeless,
	/// Nowhere, though it may tell of any time.
	Unknown,
}

/// Codes that stand for a category wherever a [`Rule::Coded`] looks for them.
#[derive(Clone, Copy, Debug)]
pub struct CodeGroup {
	/// The code system.
	pub system: &'static str,
	/// What its codes below stand for.
	pub category: Category,
	/// The codes.
	pub codes: &'static [&'static str],
}

impl ResourceType {
	/// The resource type with this name.
	pub fn named(name: &str) -> Option<&'static Self> {
		let at = RESOURCE_TYPES.binary_search_by(|row| row.name.cmp(name)).ok()?;
		RESOURCE_TYPES.get(at)
	}
}

/// The categories that a code stands for; none if it is not known.
pub(super) fn categories_of(system: &str, code: &str) -> CategorySet {
	CODES
		.iter()
		.filter(|group| group.system == system && group.codes.contains(&code))
		.map(|group| group.category)
		.collect()
}

/// The confidentiality that a security label asks for.
pub(super) fn sensitivity_of(system: &str, code: &str) -> Sensitivity {
	match system {
		CONFIDENTIALITY if code == "V" => Sensitivity::VeryRestricted,
		CONFIDENTIALITY if !UNRESTRICTED.contains(&code) => Sensitivity::Restricted,
		ACT_CODE if SENSITIVE.contains(&code) => Sensitivity::Restricted,
		_ => Sensitivity::Normal,
	}
}

/// HL7 v3 `Confidentiality`.
pub const CONFIDENTIALITY: &str = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";

/// The codes of [`CONFIDENTIALITY`] that ask for no more than health data always gets: unrestricted,
/// low, moderate, normal, and by kind of access. `V` is very restricted; every other code, known or
/// not, is restricted.
pub const UNRESTRICTED: &[&str] = &["U", "L", "M", "N", "B", "D", "I"];

/// HL7 v3 `ActCode`.
pub const ACT_CODE: &str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";

/// The codes of [`ACT_CODE`] for sensitive information: all under `_InformationSensitivityPolicy`. A
/// resource that bears one is at least restricted.
#[rustfmt::skip]
pub const SENSITIVE: &[&str] = &[
	"ETH", "GDIS", "HIV", "MST", "SCA", "SDV", "SEX", "SPI", "BH", "COGN", "DVD", "EMOTDIS", "MH", "PSY", "PSYTHPN",
	"SUD", "ETHUD", "OPIOIDUD", "STD", "TBOO", "VIO", "SICKLE", "DEMO", "DOB", "GENDER", "LIVARG", "MARST", "RACE",
	"REL", "B", "EMPL", "LOCIS", "SSP", "ADOL", "CEL", "DIA", "DRGIS", "EMP", "PDS", "PHY", "PRS",
];

const OBSERVATION: &str = "http://terminology.hl7.org/CodeSystem/observation-category";
const SERVICE_SECTION: &str = "http://terminology.hl7.org/CodeSystem/v2-0074";
const LOINC: &str = "http://loinc.org";
const SNOMED: &str = "http://snomed.info/sct";
const US_CORE: &str = "http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category";

/// Codes that stand for a category.
#[rustfmt::skip]
pub const CODES: &[CodeGroup] = &[
	group(OBSERVATION, PatientSummary, &["social-history"]),
	group(OBSERVATION, Imaging, &["imaging"]),
	group(OBSERVATION, Laboratory, &["laboratory", "procedure"]),
	group(OBSERVATION, VitalSigns, &["vital-signs", "activity"]),
	group(OBSERVATION, CareProcess, &["exam", "therapy"]),
	group(SERVICE_SECTION, Imaging, &["CT", "CUS", "IMG", "NMR", "NMS", "OUS", "RAD", "RUS", "RX", "VUS", "XRC"]),
	group(SERVICE_SECTION, Laboratory, &[
		"AU", "BG", "BLB", "CG", "CH", "CP", "CTH", "EC", "EN", "GE", "HM", "IMM", "LAB", "MB", "MCB", "MYC", "OSL", "PAR",
		"PAT", "PF", "SP", "SR", "TX", "URN", "VR",
	]),
	group(SERVICE_SECTION, VitalSigns, &["ICU", "NRS"]),
	group(SERVICE_SECTION, CareProcess, &["OT", "PHY", "PT", "RC", "RT"]),
	// Laboratory procedure, haematology test; radiology.
	group(SNOMED, Laboratory, &["15220000", "252275004"]),
	group(SNOMED, Imaging, &["394914008"]),
	// Patient summary, summary of an episode (CCD), medication summary.
	group(LOINC, PatientSummary, &["60591-5", "60592-3", "34133-9", "56445-0"]),
	group(LOINC, Prescription, &["57833-6", "57828-6"]),
	group(LOINC, Dispensation, &["60590-7", "60593-1"]),
	// Diagnostic imaging study, radiology study note, radiology studies; radiology as a report's category.
	group(LOINC, Imaging, &["18748-4", "68604-8", "18726-0", "LP29684-5"]),
	// Laboratory report and studies, (surgical) pathology; pathology as a report's category.
	group(LOINC, Laboratory, &["11502-2", "26436-6", "11526-1", "11529-5", "27898-6", "LP7839-6"]),
	// Every "discharge summary" among the document types of FHIR R4.
	group(LOINC, Discharge, &[
		"11490-0", "18842-5", "28655-9", "29761-4", "34105-7", "34106-5", "34745-0", "59258-4", "59259-2", "68558-6",
		"68572-7", "68578-4", "68591-7", "68612-1", "68626-1", "68642-8", "68653-5", "68663-4", "68674-1", "68688-1",
		"68697-2", "68709-5", "68719-4", "68733-5", "68738-4", "68749-1", "68768-1", "68773-1", "68779-8", "68795-4",
		"68805-1", "68815-0", "68823-4", "68831-7", "68841-6", "68856-4", "78418-1",
	]),
	// Notes: consultation, history and physical, progress, procedure, operation, evaluation and
	// management, assessment and plan, plan of care, referral, outpatient, emergency, nurse, telephone.
	group(LOINC, CareProcess, &[
		"11488-4", "34117-2", "11506-3", "28570-0", "11504-8", "34109-9", "51847-2", "18776-5", "56447-6", "57133-1",
		"34140-4", "34108-1", "34111-5", "34746-8", "34748-4",
	]),
	group(US_CORE, CareProcess, &["clinical-note"]),
];

/// All resource types of FHIR R4, by name. What defines rather than records (profiles, code systems,
/// questionnaires, products) is `Other` and timeless.
#[rustfmt::skip]
pub const RESOURCE_TYPES: &[ResourceType] = &[
	fhir("Account", Always(Administrative), of(&["servicePeriod"], &[])),
	fhir("ActivityDefinition", Always(Other), Timeless),
	fhir("AdverseEvent", Always(Other), of(&["date"], &["detected", "recordedDate"])),
	fhir("AllergyIntolerance", Always(PatientSummary), of(&["onset[x]", "lastOccurrence"], &["recordedDate"])),
	fhir("Appointment", Always(CareProcess), of(&["start", "end", "requestedPeriod"], &["created"])),
	fhir("AppointmentResponse", Always(CareProcess), of(&["start", "end"], &[])),
	fhir("AuditEvent", Always(Administrative), of(&["period"], &["recorded"])),
	fhir("Basic", Always(Other), Unknown),
	fhir("Binary", Always(Other), Unknown),
	fhir("BiologicallyDerivedProduct", Always(Other), of(&["collection.collected[x]"], &[])),
	fhir("BodyStructure", Always(Other), Unknown),
	fhir("Bundle", Entries, Timeless),
	fhir("CapabilityStatement", Always(Other), Timeless),
	fhir("CarePlan", Always(CareProcess), of(&["period"], &["created"])),
	fhir("CareTeam", Always(CareProcess), of(&["period"], &[])),
	fhir("CatalogEntry", Always(Other), Timeless),
	fhir("ChargeItem", Always(Administrative), of(&["occurrence[x]"], &["enteredDate"])),
	fhir("ChargeItemDefinition", Always(Administrative), Timeless),
	fhir("Claim", Always(Administrative), of(&["billablePeriod", "item.serviced[x]"], &["created"])),
	fhir("ClaimResponse", Always(Administrative), of(&["created"], &[])),
	fhir("ClinicalImpression", Always(CareProcess), of(&["effective[x]"], &["date"])),
	fhir("CodeSystem", Always(Other), Timeless),
	fhir("Communication", Always(Other), of(&["sent", "received"], &[])),
	fhir("CommunicationRequest", Always(Other), of(&["occurrence[x]"], &["authoredOn"])),
	fhir("CompartmentDefinition", Always(Other), Timeless),
	fhir("Composition", Coded(&["type", "category"]), of(&["event.period"], &["date"])),
	fhir("ConceptMap", Always(Other), Timeless),
	fhir("Condition", Always(PatientSummary), of(&["onset[x]", "abatement[x]"], &["recordedDate"])),
	fhir("Consent", Always(Administrative), of(&["dateTime"], &[])),
	fhir("Contract", Always(Administrative), of(&["applies"], &["issued"])),
	fhir("Coverage", Always(Administrative), of(&["period"], &[])),
	fhir("CoverageEligibilityRequest", Always(Administrative), of(&["serviced[x]"], &["created"])),
	fhir("CoverageEligibilityResponse", Always(Administrative), of(&["serviced[x]"], &["created"])),
	fhir("DetectedIssue", Always(Other), of(&["identified[x]"], &[])),
	fhir("Device", Always(PatientSummary), Timeless),
	fhir("DeviceDefinition", Always(Other), Timeless),
	fhir("DeviceMetric", Always(Other), Unknown),
	fhir("DeviceRequest", Always(CareProcess), of(&["occurrence[x]"], &["authoredOn"])),
	fhir("DeviceUseStatement", Always(PatientSummary), of(&["timing[x]"], &["recordedOn"])),
	fhir("DiagnosticReport", Coded(&["category"]), of(&["effective[x]"], &["issued"])),
	fhir("DocumentManifest", Always(Other), of(&["created"], &[])),
	fhir("DocumentReference", Coded(&["type", "category"]), of(&["context.period"], &["date"])),
	fhir("EffectEvidenceSynthesis", Always(Other), Timeless),
	fhir("Encounter", Always(CareProcess), of(&["period"], &[])),
	fhir("Endpoint", Always(Administrative), Timeless),
	fhir("EnrollmentRequest", Always(Administrative), of(&["created"], &[])),
	fhir("EnrollmentResponse", Always(Administrative), of(&["created"], &[])),
	fhir("EpisodeOfCare", Always(CareProcess), of(&["period"], &[])),
	fhir("EventDefinition", Always(Other), Timeless),
	fhir("Evidence", Always(Other), Timeless),
	fhir("EvidenceVariable", Always(Other), Timeless),
	fhir("ExampleScenario", Always(Other), Timeless),
	fhir("ExplanationOfBenefit", Always(Administrative), of(&["billablePeriod", "item.serviced[x]"], &["created"])),
	fhir("FamilyMemberHistory", Always(PatientSummary), of(&["date"], &[])),
	fhir("Flag", Always(PatientSummary), of(&["period"], &[])),
	fhir("Goal", Always(CareProcess), of(&["start[x]"], &["statusDate"])),
	fhir("GraphDefinition", Always(Other), Timeless),
	fhir("Group", Always(Other), Unknown),
	fhir("GuidanceResponse", Always(Other), of(&["occurrenceDateTime"], &[])),
	fhir("HealthcareService", Always(Administrative), Timeless),
	fhir("ImagingStudy", Always(Imaging), of(&["started", "series.started"], &[])),
	fhir("Immunization", Always(PatientSummary), of(&["occurrence[x]"], &["recorded"])),
	fhir("ImmunizationEvaluation", Always(PatientSummary), of(&["date"], &[])),
	fhir("ImmunizationRecommendation", Always(PatientSummary), of(&["date"], &[])),
	fhir("ImplementationGuide", Always(Other), Timeless),
	fhir("InsurancePlan", Always(Administrative), Timeless),
	fhir("Invoice", Always(Administrative), of(&["date"], &[])),
	fhir("Library", Always(Other), Timeless),
	fhir("Linkage", Always(Other), Unknown),
	fhir("List", Always(Other), of(&["date"], &[])),
	fhir("Location", Always(Administrative), Timeless),
	fhir("Measure", Always(Other), Timeless),
	fhir("MeasureReport", Always(Other), of(&["period"], &["date"])),
	fhir("Media", Always(Imaging), of(&["created[x]"], &["issued"])),
	fhir("Medication", Always(Prescription), Timeless),
	fhir("MedicationAdministration", Always(CareProcess), of(&["effective[x]"], &[])),
	fhir("MedicationDispense", Always(Dispensation), of(&["whenPrepared", "whenHandedOver"], &[])),
	fhir("MedicationKnowledge", Always(Other), Timeless),
	fhir("MedicationRequest", Always(Prescription), of(&["authoredOn"], &[])),
	fhir("MedicationStatement", Always(PatientSummary), of(&["effective[x]"], &["dateAsserted"])),
	fhir("MedicinalProduct", Always(Other), Timeless),
	fhir("MedicinalProductAuthorization", Always(Other), Timeless),
	fhir("MedicinalProductContraindication", Always(Other), Timeless),
	fhir("MedicinalProductIndication", Always(Other), Timeless),
	fhir("MedicinalProductIngredient", Always(Other), Timeless),
	fhir("MedicinalProductInteraction", Always(Other), Timeless),
	fhir("MedicinalProductManufactured", Always(Other), Timeless),
	fhir("MedicinalProductPackaged", Always(Other), Timeless),
	fhir("MedicinalProductPharmaceutical", Always(Other), Timeless),
	fhir("MedicinalProductUndesirableEffect", Always(Other), Timeless),
	fhir("MessageDefinition", Always(Other), Timeless),
	fhir("MessageHeader", Always(Administrative), Timeless),
	fhir("MolecularSequence", Always(Laboratory), Timeless),
	fhir("NamingSystem", Always(Other), Timeless),
	fhir("NutritionOrder", Always(CareProcess), of(&["dateTime"], &[])),
	fhir("Observation", Coded(&["category"]), of(&["effective[x]"], &["issued"])),
	fhir("ObservationDefinition", Always(Other), Timeless),
	fhir("OperationDefinition", Always(Other), Timeless),
	fhir("OperationOutcome", Always(Administrative), Timeless),
	fhir("Organization", Always(Administrative), Timeless),
	fhir("OrganizationAffiliation", Always(Administrative), Timeless),
	fhir("Parameters", Always(Other), Unknown),
	fhir("Patient", Always(Administrative), Timeless),
	fhir("PaymentNotice", Always(Administrative), of(&["paymentDate"], &["created"])),
	fhir("PaymentReconciliation", Always(Administrative), of(&["period"], &["created"])),
	fhir("Person", Always(Administrative), Timeless),
	fhir("PlanDefinition", Always(Other), Timeless),
	fhir("Practitioner", Always(Administrative), Timeless),
	fhir("PractitionerRole", Always(Administrative), Timeless),
	fhir("Procedure", Always(PatientSummary), of(&["performed[x]"], &[])),
	fhir("Provenance", Always(Administrative), of(&["occurred[x]"], &["recorded"])),
	fhir("Questionnaire", Always(Other), Timeless),
	fhir("QuestionnaireResponse", Always(Other), of(&["authored"], &[])),
	fhir("RelatedPerson", Always(Administrative), Timeless),
	fhir("RequestGroup", Always(CareProcess), of(&["authoredOn"], &[])),
	fhir("ResearchDefinition", Always(Other), Timeless),
	fhir("ResearchElementDefinition", Always(Other), Timeless),
	fhir("ResearchStudy", Always(Other), of(&["period"], &[])),
	fhir("ResearchSubject", Always(Other), of(&["period"], &[])),
	fhir("RiskAssessment", Always(Other), of(&["occurrence[x]"], &[])),
	fhir("RiskEvidenceSynthesis", Always(Other), Timeless),
	fhir("Schedule", Always(Administrative), Timeless),
	fhir("SearchParameter", Always(Other), Timeless),
	fhir("ServiceRequest", Always(CareProcess), of(&["occurrence[x]"], &["authoredOn"])),
	fhir("Slot", Always(Administrative), Timeless),
	fhir("Specimen", Always(Laboratory), of(&["collection.collected[x]"], &["receivedTime"])),
	fhir("SpecimenDefinition", Always(Other), Timeless),
	fhir("StructureDefinition", Always(Other), Timeless),
	fhir("StructureMap", Always(Other), Timeless),
	fhir("Subscription", Always(Other), Timeless),
	fhir("Substance", Always(Other), Timeless),
	fhir("SubstanceNucleicAcid", Always(Other), Timeless),
	fhir("SubstancePolymer", Always(Other), Timeless),
	fhir("SubstanceProtein", Always(Other), Timeless),
	fhir("SubstanceReferenceInformation", Always(Other), Timeless),
	fhir("SubstanceSourceMaterial", Always(Other), Timeless),
	fhir("SubstanceSpecification", Always(Other), Timeless),
	fhir("SupplyDelivery", Always(Administrative), of(&["occurrence[x]"], &[])),
	fhir("SupplyRequest", Always(Administrative), of(&["occurrence[x]"], &["authoredOn"])),
	fhir("Task", Always(CareProcess), of(&["executionPeriod"], &["authoredOn"])),
	fhir("TerminologyCapabilities", Always(Other), Timeless),
	fhir("TestReport", Always(Other), Timeless),
	fhir("TestScript", Always(Other), Timeless),
	fhir("ValueSet", Always(Other), Timeless),
	fhir("VerificationResult", Always(Administrative), of(&["statusDate"], &[])),
	fhir("VisionPrescription", Always(Other), of(&["dateWritten"], &["created"])),
];

const fn fhir(name: &'static str, rule: Rule, times: Times) -> ResourceType {
	ResourceType { name, rule, times }
}

const fn of(clinical: &'static [&'static str], recorded: &'static [&'static str]) -> Times {
	Of { clinical, recorded }
}

const fn group(
	system: &'static str,
	category: Category,
	codes: &'static [&'static str],
) -> CodeGroup {
	CodeGroup { system, category, codes }
}
