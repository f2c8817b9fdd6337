//! What is to be put: files, looked at once.

use std::{
	fs::File,
	io::{self, BufReader, Read},
	path::{Path, PathBuf},
};

use ward_crypto::content::{hash_and_size, ContentBytes};
use ward_primitives::{Attributes, Category, CategorySet, Digest};

use super::PutOptions;
use crate::{
	aside::Watch,
	error::{Context, Error, Kind, Result},
	fhir::{self, FhirContent, FhirError},
};

/// How much of a file is looked at to find out whether it is FHIR.
const HEAD: u64 = 64 << 10;

/// The media type of FHIR in JSON.
const FHIR_JSON: &str = "application/fhir+json";

/// Where a content comes from.
#[derive(Clone, Debug)]
pub enum Source {
	/// Bytes in memory: FHIR, which is read as a whole.
	Memory(ContentBytes),
	/// A file that is streamed.
	File(PathBuf),
}

impl Source {
	/// Starts to read it.
	pub fn open(&self) -> io::Result<Box<dyn Read + Send>> {
		Ok(match self {
			Self::Memory(bytes) => Box::new(bytes.clone().reader()),
			Self::File(path) => Box::new(BufReader::with_capacity(1 << 16, File::open(path)?)),
		})
	}
}

/// A content that becomes one record.
#[derive(Clone, Debug)]
pub struct Item {
	/// The absolute path of the file.
	pub path: PathBuf,
	/// The categories of a part of a split Bundle.
	pub part: Option<CategorySet>,
	/// Where the content comes from.
	pub source: Source,
	/// BLAKE3 of the content.
	pub digest: Digest,
	/// Its length.
	pub length: u64,
	/// Its media type.
	pub media_type: String,
	/// For FHIR: the resource type.
	pub fhir_type: Option<String>,
	/// For FHIR: the release.
	pub fhir_version: Option<String>,
	/// For FHIR: how many resources.
	pub resources: Option<usize>,
	/// What grants refer to.
	pub attributes: Attributes,
}

impl Item {
	/// A name for progress and errors.
	pub fn label(&self) -> String {
		let name = self.path.file_name().unwrap_or(self.path.as_os_str()).to_string_lossy();
		match self.part {
			Some(part) => format!("{name} ({})", crate::explain::categories(part)),
			None => name.into_owned(),
		}
	}
}

/// Reads a file and finds out what it is.
pub(super) fn read(path: &Path, options: &PutOptions, watch: &Watch) -> Result<Vec<Item>> {
	let unreadable = || format!("{} cannot be read", path.display());
	let path = path.canonicalize().context(Kind::Input, unreadable)?;
	let metadata = path.metadata().context(Kind::Input, unreadable)?;
	if !metadata.is_file() {
		let what = format!("{} is not a regular file", path.display());
		return Err(Error::new(Kind::Input, what).hint("name the files one by one"));
	}
	if metadata.len() == 0 {
		return Err(Error::new(Kind::Input, format!("{} is empty", path.display()))
			.code_is("empty-file")
			.hint("check that it was written in full"));
	}
	let wants_fhir = match options.media_type.as_deref() {
		Some(media_type) => essence(media_type) == FHIR_JSON,
		None => looks_like_fhir(&path).context(Kind::Input, unreadable)?,
	};
	match wants_fhir {
		true => read_fhir(&path, metadata.len(), options),
		false => read_opaque(path, options, watch).map(|item| vec![item]),
	}
}

fn essence(media_type: &str) -> String {
	media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn looks_like_fhir(path: &Path) -> io::Result<bool> {
	let mut head = Vec::new();
	File::open(path)?.take(HEAD).read_to_end(&mut head)?;
	Ok(fhir::looks_like_fhir(&head))
}

fn read_opaque(path: PathBuf, options: &PutOptions, watch: &Watch) -> Result<Item> {
	if options.split {
		let what = format!("{} is not FHIR, so it cannot be split", path.display());
		return Err(Error::new(Kind::Input, what).hint("put it without --split"));
	}
	let source = Source::File(path.clone());
	let opened = source.open().and_then(|content| hash_and_size(watch.read(content)));
	let (digest, length) =
		opened.context(Kind::Input, || format!("{} cannot be read", path.display()))?;
	let categories =
		options.categories.unwrap_or_else(|| CategorySet::from_iter([Category::Other]));
	let media_type = options.media_type.clone().unwrap_or_else(|| media_type(&path).into());
	Ok(Item {
		path,
		part: None,
		source,
		digest,
		length,
		media_type,
		fhir_type: None,
		fhir_version: None,
		resources: None,
		attributes: Attributes { categories, sensitivity: options.sensitivity, period: None },
	})
}

fn read_fhir(path: &Path, size: u64, options: &PutOptions) -> Result<Vec<Item>> {
	if options.categories.is_some() {
		return Err(Error::new(Kind::Usage, "the categories of FHIR come from its content").hint(
			"leave --categories out, or name the --media-type to store it as an opaque file",
		));
	}
	if size > fhir::MAX_SIZE as u64 {
		let size = usize::try_from(size).unwrap_or(usize::MAX);
		return Err(bad_fhir(path, FhirError::TooLarge { size }));
	}
	let content = std::fs::read(path)
		.context(Kind::Input, || format!("{} cannot be read", path.display()))?;
	let found = fhir::classify(&content).map_err(|error| bad_fhir(path, error))?;
	if !options.split {
		return Ok(vec![fhir_item(path, None, content, found, options)]);
	}
	let parts = fhir::split(&content).map_err(|error| bad_fhir(path, error))?;
	let item = |part: fhir::SplitPart| {
		let found = fhir::classify(&part.bundle).map_err(|error| bad_fhir(path, error))?;
		Ok(fhir_item(path, Some(part.categories), part.bundle, found, options))
	};
	parts.into_iter().map(item).collect()
}

fn fhir_item(
	path: &Path,
	part: Option<CategorySet>,
	content: Vec<u8>,
	found: FhirContent,
	options: &PutOptions,
) -> Item {
	let length = content.len() as u64;
	let content = ContentBytes::from(content);
	Item {
		path: path.into(),
		part,
		digest: content.digest(),
		source: Source::Memory(content),
		length,
		media_type: FHIR_JSON.into(),
		fhir_type: Some(found.fhir_type),
		fhir_version: Some(found.fhir_version.into()),
		resources: Some(found.resources),
		attributes: Attributes {
			categories: found.categories,
			sensitivity: found.sensitivity.max(options.sensitivity),
			period: found.period,
		},
	}
}

fn bad_fhir(path: &Path, error: FhirError) -> Error {
	Error::new(Kind::Input, format!("{} is no usable FHIR R4 document", path.display()))
		.code_is("invalid-fhir")
		.caused_by(error)
		.hint(
			"correct the document; nothing has left this machine. To store it as it is, name another \
			 --media-type, for example application/octet-stream",
		)
}

/// The media type by the name of a file, for the kinds that medical files mostly are.
fn media_type(path: &Path) -> &'static str {
	let extension = path.extension().map(|extension| extension.to_ascii_lowercase());
	match extension.as_deref().and_then(|extension| extension.to_str()).unwrap_or_default() {
		"pdf" => "application/pdf",
		"dcm" => "application/dicom",
		"json" => "application/json",
		"xml" => "application/xml",
		"hl7" => "x-application/hl7-v2+er7",
		"txt" => "text/plain",
		"csv" => "text/csv",
		"jpg" | "jpeg" => "image/jpeg",
		"png" => "image/png",
		"tif" | "tiff" => "image/tiff",
		"zip" => "application/zip",
		_ => "application/octet-stream",
	}
}

#[cfg(test)]
pub(super) mod tests {
	use super::*;
	use ward_primitives::{ParticipantId, Sensitivity};

	pub(crate) fn options() -> PutOptions {
		PutOptions {
			files: Vec::new(),
			hidden: false,
			patient: ParticipantId(3),
			custodians: vec![ParticipantId(4)],
			on_behalf_of: None,
			split: false,
			media_type: None,
			title: None,
			categories: None,
			sensitivity: Sensitivity::Normal,
			patient_only: false,
			again: false,
			supersedes: None,
			patient_key: None,
		}
	}

	fn read_bytes(name: &str, bytes: &[u8], options: &PutOptions) -> Result<Vec<Item>> {
		let dir = tempfile::tempdir().unwrap();
		let path = dir.path().join(name);
		std::fs::write(&path, bytes).unwrap();
		read(&path, options, &Watch::default())
	}

	const OBSERVATION: &[u8] = br#"{"resourceType":"Observation","status":"final",
		"code":{"text":"x"},"category":[{"coding":[{
		"system":"http://terminology.hl7.org/CodeSystem/observation-category",
		"code":"vital-signs"}]}]}"#;

	#[test]
	fn fhir_is_classified_and_kept_bit_for_bit() {
		let items = read_bytes("a.json", OBSERVATION, &options()).unwrap();
		let [item] = &items[..] else { panic!("one item") };
		assert_eq!(item.attributes.categories, CategorySet::from_iter([Category::VitalSigns]));
		assert_eq!((item.media_type.as_str(), item.resources), (FHIR_JSON, Some(1)));
		let mut content = Vec::new();
		item.source.open().unwrap().read_to_end(&mut content).unwrap();
		assert_eq!(content, OBSERVATION);
		assert_eq!(item.digest, *blake3::hash(OBSERVATION).as_bytes());
	}

	#[test]
	fn any_other_file_is_opaque_and_other() {
		let items = read_bytes("scan.dcm", b"\0\0DICM", &options()).unwrap();
		assert_eq!(items[0].media_type, "application/dicom");
		assert_eq!(items[0].attributes.categories, CategorySet::from_iter([Category::Other]));
		let imaging = CategorySet::from_iter([Category::Imaging]);
		let options = PutOptions { categories: Some(imaging), ..options() };
		let items = read_bytes("scan.dcm", b"\0\0DICM", &options).unwrap();
		assert_eq!(items[0].attributes.categories, imaging);
	}

	#[test]
	fn an_empty_file_a_directory_and_broken_fhir_are_bad_input() {
		let error = read_bytes("a.json", b"", &options()).unwrap_err();
		assert_eq!((error.kind(), error.code()), (Kind::Input, "empty-file"));
		let cut = &OBSERVATION[..OBSERVATION.len() - 3];
		let error = read_bytes("a.json", cut, &options()).unwrap_err();
		assert_eq!((error.kind(), error.code()), (Kind::Input, "invalid-fhir"));
		assert!(!error.causes().is_empty());
		let dir = tempfile::tempdir().unwrap();
		let watch = Watch::default();
		for bad in [dir.path(), &dir.path().join("none")] {
			assert_eq!(read(bad, &options(), &watch).unwrap_err().kind(), Kind::Input);
		}
	}

	#[test]
	fn broken_fhir_can_be_stored_as_an_opaque_file_if_that_is_said() {
		let options = PutOptions { media_type: Some("application/json".into()), ..options() };
		let cut = &OBSERVATION[..OBSERVATION.len() - 3];
		let items = read_bytes("a.json", cut, &options).unwrap();
		assert_eq!(items[0].fhir_type, None);
	}

	#[test]
	fn the_asked_for_confidentiality_only_raises_what_the_content_says() {
		let options = PutOptions { sensitivity: Sensitivity::Restricted, ..options() };
		let items = read_bytes("a.json", OBSERVATION, &options).unwrap();
		assert_eq!(items[0].attributes.sensitivity, Sensitivity::Restricted);
	}

	#[test]
	fn fhir_takes_no_categories_from_the_command_line() {
		let options = PutOptions { categories: Some(CategorySet(1)), ..options() };
		assert_eq!(read_bytes("a.json", OBSERVATION, &options).unwrap_err().kind(), Kind::Usage);
	}
}
