//! The code of a runtime, as a file: its hash and the version that it says it has.

use std::{fs, path::Path};

use codec::Decode;
use sp_maybe_compressed_blob::{decompress, CODE_BLOB_BOMB_LIMIT};
use ward_chain_client::RuntimeVersion;
use ward_primitives::Digest;

use crate::{
	error::{Context, Error, Kind, Result},
	hex::Hex,
};

/// Larger than any runtime, and than any transaction that could carry one.
const LIMIT: u64 = 8 << 20;

/// The code of a runtime.
pub struct RuntimeCode {
	/// The code as it goes on the chain.
	pub bytes: Vec<u8>,
	/// BLAKE2b-256 of it.
	pub hash: Digest,
	/// The version that it says it has.
	pub version: CodeVersion,
}

/// Which runtime a code is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeVersion {
	/// Its name.
	pub spec_name: String,
	/// Its version.
	pub spec_version: u32,
}

impl RuntimeCode {
	/// Reads a file: WebAssembly, compressed or not.
	pub fn read(path: &Path) -> Result<Self> {
		let what = || format!("{} cannot be read", path.display());
		let length = fs::metadata(path).context(Kind::Input, what)?.len();
		if length > LIMIT {
			return Err(Error::new(Kind::Input, format!("{} is too large", path.display()))
				.hint("hand in the compressed code, which `scripts/runtime build` writes"));
		}
		Self::of(fs::read(path).context(Kind::Input, what)?)
	}

	/// The code in these bytes.
	pub fn of(bytes: Vec<u8>) -> Result<Self> {
		let version = version_of(&bytes).ok_or_else(|| {
			Error::new(Kind::Input, "the file is no runtime: it holds no code with a version")
				.code_is("not-a-runtime")
				.hint("take the file that `scripts/runtime build` writes")
		})?;
		Ok(Self { hash: hash(&bytes), bytes, version })
	}

	/// Whether the chain would take it in the place of this one, as far as versions go.
	pub fn check_follows(&self, running: &RuntimeVersion) -> Result<()> {
		let CodeVersion { spec_name, spec_version } = &self.version;
		let refused = |what: String, hint: &str| {
			Err(Error::new(Kind::Input, what).code_is("not-an-upgrade").hint(hint))
		};
		if *spec_name != running.spec_name {
			let what =
				format!("the code is of the runtime `{spec_name}`, not `{}`", running.spec_name);
			return refused(what, "take the runtime of this chain");
		}
		if *spec_version <= running.spec_version {
			let what = format!(
				"the code has the version {spec_version}, and the chain runs {} already",
				running.spec_version
			);
			return refused(what, "a runtime only ever follows one with a lower `spec_version`");
		}
		Ok(())
	}

	/// Whether it is the code with this hash.
	pub fn check_is(&self, authorized: Digest) -> Result<()> {
		match self.hash == authorized {
			true => Ok(()),
			false => Err(Error::new(
				Kind::Mismatch,
				format!(
					"the code has the hash {}, and the council authorized {}",
					Hex(self.hash),
					Hex(authorized)
				),
			)
			.code_is("code-hash-mismatch")
			.hint(
				"nothing was sent; build the runtime from the release that the council voted on",
			)),
		}
	}
}

/// BLAKE2b-256, which names a code on the chain.
fn hash(bytes: &[u8]) -> Digest {
	ward_chain_client::code_hash(bytes)
}

fn version_of(bytes: &[u8]) -> Option<CodeVersion> {
	let wasm = decompress(bytes, CODE_BLOB_BOMB_LIMIT).ok()?;
	let mut section = custom_section(&wasm, "runtime_version")?;
	// The names of runtime and implementation, then the versions of authoring and of the runtime.
	let (spec_name, _implementation, _authoring, spec_version) =
		<(String, String, u32, u32)>::decode(&mut section).ok()?;
	Some(CodeVersion { spec_name, spec_version })
}

/// The content of the custom section with this name in a WebAssembly module.
fn custom_section<'w>(wasm: &'w [u8], name: &str) -> Option<&'w [u8]> {
	const CUSTOM: u8 = 0;
	let mut rest = wasm.strip_prefix(b"\0asm\x01\0\0\0")?;
	while let [id, after @ ..] = rest {
		let (length, after) = number(after)?;
		let (mut section, next) = after.split_at_checked(length)?;
		rest = next;
		if *id == CUSTOM {
			let (length, after) = number(section)?;
			let (found, content) = after.split_at_checked(length)?;
			section = content;
			if found == name.as_bytes() {
				return Some(section);
			}
		}
	}
	None
}

/// A number in unsigned LEB128 of at most 32 bits, and what comes after it.
fn number(bytes: &[u8]) -> Option<(usize, &[u8])> {
	let mut value: u64 = 0;
	for (place, byte) in bytes.iter().enumerate().take(5) {
		value |= u64::from(byte & 0x7f) << (7 * place);
		if byte & 0x80 == 0 {
			let value = u32::try_from(value).ok()?;
			return Some((usize::try_from(value).ok()?, &bytes[place + 1..]));
		}
	}
	None
}

#[cfg(test)]
mod tests {
	use super::*;
	use codec::Encode;

	/// A module with two custom sections, one of them the version's.
	fn module(spec_name: &str, spec_version: u32) -> Vec<u8> {
		let section = |name: &str, content: &[u8]| {
			let length = u8::try_from(name.len()).unwrap();
			let body = [&[length], name.as_bytes(), content].concat();
			// The length with a superfluous byte, which is allowed.
			let length = u8::try_from(body.len()).unwrap();
			assert!(length < 0x80);
			[&[0, length | 0x80, 0][..], &body].concat()
		};
		let version = (spec_name, "ward", 1u32, spec_version, 1u32).encode();
		let code = [10, 1, 0];
		[
			&b"\0asm\x01\0\0\0"[..],
			&section("name", b"x"),
			&code,
			&section("runtime_version", &version),
		]
		.concat()
	}

	fn running(spec_version: u32) -> RuntimeVersion {
		RuntimeVersion { spec_name: "ward".into(), spec_version, transaction_version: 1 }
	}

	#[test]
	fn the_version_of_a_code_is_read_compressed_or_not() {
		let plain = module("ward", 7);
		let compressed =
			sp_maybe_compressed_blob::compress_strongly(&plain, CODE_BLOB_BOMB_LIMIT).unwrap();
		assert_ne!(plain, compressed);
		let expected = CodeVersion { spec_name: "ward".into(), spec_version: 7 };
		let (plain, compressed) =
			(RuntimeCode::of(plain).unwrap(), RuntimeCode::of(compressed).unwrap());
		assert_eq!((&plain.version, &compressed.version), (&expected, &expected));
		assert_ne!(plain.hash, compressed.hash, "what goes on the chain is what is hashed");
	}

	#[test]
	fn what_is_no_runtime_is_refused_wherever_it_is_cut_off() {
		let whole = module("ward", 7);
		for length in 0..whole.len() {
			assert!(RuntimeCode::of(whole[..length].to_vec()).is_err(), "{length}");
		}
		for bad in [&b"no code"[..], b"\0asm\x01\0\0\0", b"\0asm\x01\0\0\0\0\xff\xff\xff\xff\xff"] {
			let error = RuntimeCode::of(bad.to_vec()).err().unwrap();
			assert_eq!((error.kind(), error.code()), (Kind::Input, "not-a-runtime"));
		}
	}

	#[test]
	fn only_a_higher_version_of_the_same_runtime_follows() {
		let code = RuntimeCode::of(module("ward", 7)).unwrap();
		code.check_follows(&running(6)).unwrap();
		for version in [7, 8] {
			assert_eq!(code.check_follows(&running(version)).unwrap_err().code(), "not-an-upgrade");
		}
		let other = RuntimeCode::of(module("other", 9)).unwrap();
		assert_eq!(other.check_follows(&running(6)).unwrap_err().code(), "not-an-upgrade");
	}

	#[test]
	fn a_code_with_another_hash_than_the_authorized_one_is_refused() {
		let code = RuntimeCode::of(module("ward", 7)).unwrap();
		code.check_is(code.hash).unwrap();
		let error = code.check_is([0; 32]).unwrap_err();
		assert_eq!((error.kind(), error.code()), (Kind::Mismatch, "code-hash-mismatch"));
	}
}
