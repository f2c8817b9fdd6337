//! The metadata is what polkadot.js apps shows people.

use std::{
	collections::{BTreeMap, BTreeSet},
	sync::OnceLock,
};

use codec::Decode;
use frame_metadata::{v14::RuntimeMetadataV14, RuntimeMetadata, RuntimeMetadataPrefixed};
use scale_info::{form::PortableForm, TypeDef};

use crate::Runtime;

fn metadata() -> RuntimeMetadataV14 {
	let encoded: Vec<u8> = Runtime::metadata().into();
	let RuntimeMetadataPrefixed(_, metadata) =
		RuntimeMetadataPrefixed::decode(&mut &encoded[..]).expect("the runtime's own metadata");
	match metadata {
		RuntimeMetadata::V14(metadata) => metadata,
		_ => panic!("the default metadata is version 14"),
	}
}

/// Every call of the runtime, as `Pallet.call`.
pub(super) fn calls() -> BTreeSet<String> {
	let metadata = metadata();
	let calls = metadata.pallets.iter().flat_map(|pallet| {
		let names = pallet.calls.iter().flat_map(|calls| variants(&metadata, calls.ty.id));
		names.map(|(name, _)| format!("{}.{name}", pallet.name))
	});
	calls.collect()
}

/// The lines of documentation of every call, by its name as `Pallet.call`.
pub(super) fn call_docs() -> BTreeMap<String, Vec<String>> {
	let metadata = metadata();
	let mut docs = BTreeMap::new();
	for pallet in &metadata.pallets {
		let calls = pallet.calls.iter().filter_map(|calls| metadata.types.resolve(calls.ty.id));
		for ty in calls {
			let TypeDef::Variant(def) = &ty.type_def else { panic!("calls are enums") };
			for call in &def.variants {
				let lines = call.docs.iter().map(ToString::to_string).collect();
				docs.insert(format!("{}.{}", pallet.name, call.name), lines);
			}
		}
	}
	docs
}

/// The names of all errors of all pallets, without the pallet.
pub(super) fn error_names() -> BTreeSet<&'static str> {
	errors().values().filter_map(|name| name.split_once('.')).map(|(_, error)| error).collect()
}

/// The name of a pallet's error, by their numbers.
pub(super) fn error_name(pallet: u8, error: u8) -> &'static str {
	errors().get(&(pallet, error)).expect("an error of the runtime")
}

/// All errors as `Pallet.Error`, by the numbers of both.
fn errors() -> &'static BTreeMap<(u8, u8), String> {
	static NAMES: OnceLock<BTreeMap<(u8, u8), String>> = OnceLock::new();
	NAMES.get_or_init(|| {
		let metadata = metadata();
		let mut names = BTreeMap::new();
		for pallet in &metadata.pallets {
			let errors = pallet.error.iter().filter_map(|e| metadata.types.resolve(e.ty.id));
			for ty in errors {
				let TypeDef::Variant(def) = &ty.type_def else { panic!("errors are enums") };
				for error in &def.variants {
					let name = format!("{}.{}", pallet.name, error.name);
					names.insert((pallet.index, error.index), name);
				}
			}
		}
		names
	})
}

/// The variants of an enum, as (name, has a sentence).
fn variants(metadata: &RuntimeMetadataV14, id: u32) -> Vec<(String, bool)> {
	let ty: &scale_info::Type<PortableForm> = metadata.types.resolve(id).expect("a known type");
	match &ty.type_def {
		TypeDef::Variant(def) => def
			.variants
			.iter()
			.map(|variant| (variant.name.to_string(), has_sentence(&variant.docs)))
			.collect(),
		_ => panic!("calls, events and errors are enums"),
	}
}

fn has_sentence<T: AsRef<str>>(docs: &[T]) -> bool {
	docs.iter().any(|line| !line.as_ref().trim().is_empty())
}

#[test]
fn every_item_of_wards_pallets_has_a_sentence() {
	let metadata = metadata();
	let ours =
		["Participants", "Records", "Consent", "Quota", "Authorities", "Receipts", "Governance"];
	let mut items = 0;
	let mut silent = Vec::new();
	for pallet in metadata.pallets.iter().filter(|pallet| ours.contains(&pallet.name.as_str())) {
		let mut check = |kind: &str, name: &str, has_sentence: bool| {
			items += 1;
			if !has_sentence {
				silent.push(format!("{} {kind} {name}", pallet.name));
			}
		};
		let enums = [
			("call", pallet.calls.as_ref().map(|calls| calls.ty.id)),
			("event", pallet.event.as_ref().map(|event| event.ty.id)),
			("error", pallet.error.as_ref().map(|error| error.ty.id)),
		];
		for (kind, id) in enums.into_iter().filter_map(|(kind, id)| Some((kind, id?))) {
			for (name, has_sentence) in variants(&metadata, id) {
				check(kind, &name, has_sentence);
			}
		}
		for constant in &pallet.constants {
			check("constant", &constant.name, has_sentence(&constant.docs));
		}
		for entry in pallet.storage.iter().flat_map(|storage| &storage.entries) {
			check("storage", &entry.name, has_sentence(&entry.docs));
		}
	}
	assert!(silent.is_empty(), "without a sentence: {silent:#?}");
	assert!(items > 100, "only {items} items were looked at");
}

#[test]
fn the_transaction_extensions_are_the_ones_that_signers_know() {
	let metadata = metadata();
	let names: Vec<_> =
		metadata.extrinsic.signed_extensions.iter().map(|ext| ext.identifier.as_str()).collect();
	assert_eq!(
		names,
		[
			"AuthorizeCall",
			"CheckNonZeroSender",
			"CheckSpecVersion",
			"CheckTxVersion",
			"CheckGenesis",
			"CheckMortality",
			"CheckParticipant",
			"CheckNonce",
			"CheckWeight",
			"CheckMetadataHash",
			"WeightReclaim",
		],
	);
}

#[test]
fn there_is_no_token_and_no_superuser() {
	let metadata = metadata();
	let names: Vec<_> = metadata.pallets.iter().map(|pallet| pallet.name.as_str()).collect();
	for absent in ["Balances", "TransactionPayment", "Sudo", "Assets"] {
		assert!(!names.contains(&absent), "{absent}");
	}
}

#[test]
fn a_call_is_small() {
	let size = core::mem::size_of::<crate::RuntimeCall>();
	assert!(size <= 240, "RuntimeCall has {size} bytes; box the large argument");
}
