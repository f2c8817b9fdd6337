//! Values on the command line.

use ward_primitives::{
	Category, CategorySet, GrantId, ParticipantId, PurposeOfUse, RecordId, Role, Sensitivity,
};

use crate::hex::Hex;

pub(super) fn participant(text: &str) -> Result<ParticipantId, String> {
	let number = text.parse().map(ParticipantId);
	number.map_err(|_| format!("`{text}` is no participant number; write for example 12"))
}

pub(super) fn grant(text: &str) -> Result<GrantId, String> {
	let number = text.parse().map(GrantId);
	number.map_err(|_| format!("`{text}` is no grant number; `ward grants` lists them"))
}

pub(super) fn record(text: &str) -> Result<RecordId, String> {
	text.parse().map_err(|error: ward_primitives::record::InvalidRecordId| error.to_string())
}

pub(super) fn bytes32(text: &str) -> Result<Hex<32>, String> {
	text.parse().map_err(|error: crate::hex::InvalidHex| error.to_string())
}

pub(super) fn category(text: &str) -> Result<Category, String> {
	Category::from_name(text).ok_or_else(|| {
		let names: Vec<_> = Category::ALL.iter().map(|category| category.name()).collect();
		format!("`{text}` is no category; there are: {}", names.join(", "))
	})
}

pub(super) fn purpose(text: &str) -> Result<PurposeOfUse, String> {
	PurposeOfUse::from_code(&text.to_ascii_uppercase()).ok_or_else(|| {
		let codes: Vec<_> = PurposeOfUse::ALL.iter().map(|purpose| purpose.code()).collect();
		format!("`{text}` is no purpose of use; there are: {}", codes.join(", "))
	})
}

pub(super) fn sensitivity(text: &str) -> Result<Sensitivity, String> {
	match text {
		"normal" => Ok(Sensitivity::Normal),
		"restricted" => Ok(Sensitivity::Restricted),
		"very-restricted" => Ok(Sensitivity::VeryRestricted),
		_ => Err(format!("`{text}` is none of normal, restricted, very-restricted")),
	}
}

pub(super) fn role(text: &str) -> Result<Role, String> {
	match text {
		"health-authority" => Ok(Role::HealthAuthority),
		"medical-center" | "center" => Ok(Role::MedicalCenter),
		"practitioner" => Ok(Role::Practitioner),
		"patient" => Ok(Role::Patient),
		"device" => Ok(Role::Device),
		"researcher" => Ok(Role::Researcher),
		_ => Err(format!(
			"`{text}` is none of health-authority, medical-center, practitioner, patient, device, \
			 researcher"
		)),
	}
}

pub(super) fn category_set(categories: &[Category]) -> Option<CategorySet> {
	(!categories.is_empty()).then(|| categories.iter().copied().collect())
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn names_are_read_and_errors_list_what_there_is() {
		assert_eq!(purpose("treat"), Ok(PurposeOfUse::Treat));
		assert!(purpose("cure").unwrap_err().contains("TREAT"));
		assert!(category("labs").unwrap_err().contains("laboratory"));
		assert_eq!(role("device"), Ok(Role::Device));
	}
}
