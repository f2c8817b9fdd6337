//! A new runtime: the council authorizes a hash, and whoever is enrolled hands in the code.

use codec::{Decode, Encode};
use frame_system::{Call, Event};
use sp_core::{
	storage::well_known_keys::CODE,
	traits::{Externalities, ReadRuntimeVersion, ReadRuntimeVersionExt},
};
use sp_runtime::{
	traits::{BlakeTwo256, Hash},
	DispatchError,
};
use sp_version::RuntimeVersion;

use super::consortium::*;
use crate::{Runtime, System, VERSION};

/// Takes the encoding of a version for a runtime's code: what its custom section says.
struct CodeIsVersion;

impl ReadRuntimeVersion for CodeIsVersion {
	fn read_runtime_version(
		&self,
		code: &[u8],
		_: &mut dyn Externalities,
	) -> Result<Vec<u8>, String> {
		let version = RuntimeVersion::decode(&mut &code[..]).map_err(|error| error.to_string())?;
		Ok(version.encode())
	}
}

/// The code of a runtime of this version.
fn code(spec_version: u32) -> Vec<u8> {
	RuntimeVersion { spec_version, ..VERSION }.encode()
}

/// A chain on which the council has authorized this code.
fn authorized(authorized: &[u8], test: impl FnOnce(&Consortium)) {
	let mut ext = externalities(4, 1);
	ext.register_extension(ReadRuntimeVersionExt::new(CodeIsVersion));
	ext.execute_with(|| {
		in_first_block(4, |founders| {
			let code_hash = BlakeTwo256::hash(authorized);
			assert_eq!(founders.carry(Call::<Runtime>::authorize_upgrade { code_hash }), Ok(()));
			assert!(System::authorized_upgrade().is_some());
			test(founders);
		});
	});
}

fn stored_code() -> Option<Vec<u8>> {
	sp_io::storage::get(CODE).map(|code| code.to_vec())
}

fn apply(founders: &Consortium, code: &[u8]) -> String {
	let code = code.to_vec();
	call(&founders.centers[2], Call::<Runtime>::apply_authorized_upgrade { code })
}

/// Hands in the code that the council authorized, which the chain rejects with this error.
///
/// The SDK says so in an event and not as an error, so that the authorization is used up.
fn assert_rejected(code: &[u8], error: frame_system::Error<Runtime>) {
	authorized(code, |founders| {
		let before = stored_code();
		assert_eq!(apply(founders, code), "permitted");
		let (code_hash, error) = (BlakeTwo256::hash(code), DispatchError::from(error));
		// Names of errors are not part of events.
		let error = error.stripped();
		assert!(has_event(Event::<Runtime>::RejectedInvalidAuthorizedUpgrade { code_hash, error }));
		assert!(!has_event(Event::<Runtime>::CodeUpdated { hash: code_hash }));
		assert_eq!(stored_code(), before);
		assert!(System::authorized_upgrade().is_none());
		assert_eq!(apply(founders, code), "System.NothingAuthorized");
	});
}

#[test]
fn the_authorized_code_of_a_higher_version_is_taken() {
	let next = code(VERSION.spec_version + 1);
	authorized(&next, |founders| {
		assert_eq!(apply(founders, &next), "permitted");
		assert_eq!(stored_code(), Some(next.clone()));
		assert!(has_event(Event::<Runtime>::CodeUpdated { hash: BlakeTwo256::hash(&next) }));
	});
}

#[test]
fn code_that_is_not_the_authorized_one_is_refused() {
	let next = code(VERSION.spec_version + 1);
	authorized(&next, |founders| {
		let before = stored_code();
		assert_eq!(apply(founders, &code(VERSION.spec_version + 2)), "System.Unauthorized");
		assert_eq!(stored_code(), before);
		assert!(System::authorized_upgrade().is_some());
		assert_eq!(apply(founders, &next), "permitted", "the right one can still come");
	});
}

#[test]
fn code_that_names_no_version_is_rejected() {
	assert_rejected(b"no runtime", frame_system::Error::FailedToExtractRuntimeVersion);
}

#[test]
#[cfg_attr(feature = "runtime-benchmarks", ignore = "frame-system compares no versions with it")]
fn a_downgrade_is_rejected_though_the_council_authorized_it() {
	use frame_system::Error::SpecVersionNeedsToIncrease;
	assert_rejected(&code(VERSION.spec_version), SpecVersionNeedsToIncrease);
	assert_rejected(&code(VERSION.spec_version - 1), SpecVersionNeedsToIncrease);
	let other = RuntimeVersion { spec_name: "other".into(), spec_version: 9, ..VERSION };
	assert_rejected(&other.encode(), frame_system::Error::InvalidSpecName);
}
