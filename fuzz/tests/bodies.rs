//! The JSON between clients and vaults, both ways.

use bolero::check;
use serde::{de::DeserializeOwned, Serialize};
use serde_json::json;
use ward_fuzz::{foreign, within};
use ward_vault_api::{
	deposit::{Announcement, DepositStatus, ReceiptJson},
	info::VaultInfo,
	log::LogPage,
	problem::Problem,
	record::RecordFactsJson,
	release::{ReleaseRequest, ReleasedKey},
	sealing_key::{LodgedKey, SealingKeyJson},
};

/// What a reader may hold for each byte that it is given, and besides.
const PER_BYTE: usize = 64;
const BESIDES: usize = 16 << 10;

/// What is read must be writable, and readable again as the same.
fn read<T: DeserializeOwned + Serialize>(bytes: &[u8]) -> bool {
	let read = within(BESIDES + PER_BYTE * bytes.len(), || serde_json::from_slice::<T>(bytes).ok());
	let Some(read) = read else { return false };
	let written = serde_json::to_vec(&read).unwrap();
	let again = serde_json::from_slice::<T>(&written).expect("what was written is readable");
	assert_eq!(serde_json::to_vec(&again).unwrap(), written);
	true
}

fn hex(byte: &str) -> String {
	format!("0x{}", byte.repeat(32))
}

fn content() -> serde_json::Value {
	json!({
		"patient": 1, "author": 2, "commitment": hex("03"), "attributes": hex("04"),
		"content_root": hex("05"), "size": 6,
	})
}

fn opening() -> serde_json::Value {
	json!({
		"salt": hex("07"),
		"attributes": {
			"categories": 16, "sensitivity": "restricted", "period": {"start": -5, "end": 6}
		},
	})
}

fn permit() -> serde_json::Value {
	json!({"decision": "permit", "basis": "own", "obligations": 1})
}

fn bytes(values: &[serde_json::Value]) -> Vec<Vec<u8>> {
	values.iter().map(|value| serde_json::to_vec(value).unwrap()).collect()
}

#[test]
fn requests() {
	let wrap = json!({"recipient": 1, "suite": "XWing", "sealed": "AAECAw=="});
	let announcement = json!({
		"content": content(), "opening": opening(), "wraps": [wrap], "patientOnly": true
	});
	let valid = bytes(&[
		announcement,
		json!({"suite": "XWing", "sealingKey": "AAECAw=="}),
		json!({"participant": 7, "suite": "XWing", "sealingKey": "AAECAw=="}),
	]);
	assert!(read::<Announcement>(&valid[0]));
	assert!(read::<ReleaseRequest>(&valid[1]));
	assert!(read::<LodgedKey>(&valid[2]));
	check!().with_iterations(20_000).for_each(|choices: &[u8]| {
		let bytes = foreign(choices, &valid);
		read::<Announcement>(&bytes);
		read::<ReleaseRequest>(&bytes);
		read::<LodgedKey>(&bytes);
	});
}

#[test]
fn answers() {
	let receipt = json!({
		"genesis": hex("01"), "custodian": 2, "record": hex("03"), "content_root": hex("04"),
		"size": 5, "expires": 6, "signature": format!("0x{}", "08".repeat(64)),
	});
	let contingency = json!({
		"block": 7, "hash": hex("09"), "at": 1, "until": 2, "trouble": "chain-stalled"
	});
	let row = json!({
		"content": content(), "author_center": 2, "custodians": [{"center": 2, "row": 3}],
		"anchored_at": 4, "lineage": hex("03"), "supersedes": null, "superseded_by": hex("05"),
	});
	let entry = json!({
		"sequence": 1, "at": 2, "actor": 3, "record": hex("03"), "purpose": "TREAT",
		"action": "read", "event": "content", "decision": {"decision": "deny", "reason": "no-basis"},
		"previousHash": hex("01"), "hash": hex("02"), "finalizedHash": hex("04"),
	});
	let valid = bytes(&[
		json!({"record": hex("03"), "state": "stored", "upload": "/v1", "receipt": receipt}),
		json!({
			"row": row, "opening": opening(), "patientOnly": false, "decision": permit(),
			"contingency": contingency,
		}),
		json!({
			"recipient": 1, "suite": "XWing", "sealed": "AAECAw==", "decision": permit(),
		}),
		json!({"entries": [entry, entry], "next": 5}),
		json!({"suite": "XWing", "sealingKey": "AAECAw=="}),
		json!({
			"type": "urn:ward:problem:access-denied", "title": "t", "status": 403, "detail": "d",
			"instance": "i",
		}),
		json!({
			"participant": 2, "genesis": hex("01"), "receiptKey": hex("02"),
			"releaseSuite": "XWing", "releaseKey": "AAECAw==", "version": "0.1.0",
			"limits": {
				"uploadBytes": 1, "stagingBytes": 2, "stagingDeposits": 3, "stagingSeconds": 4,
				"jsonBytes": 5, "logPage": 6,
			},
		}),
	]);
	assert!(read::<DepositStatus>(&valid[0]));
	assert!(read::<RecordFactsJson>(&valid[1]));
	assert!(read::<ReleasedKey>(&valid[2]));
	assert!(read::<LogPage>(&valid[3]));
	assert!(read::<SealingKeyJson>(&valid[4]));
	assert!(read::<Problem>(&valid[5]));
	assert!(read::<VaultInfo>(&valid[6]));
	check!().with_iterations(20_000).for_each(|choices: &[u8]| {
		let bytes = foreign(choices, &valid);
		read::<DepositStatus>(&bytes);
		read::<ReceiptJson>(&bytes);
		read::<RecordFactsJson>(&bytes);
		read::<ReleasedKey>(&bytes);
		read::<LogPage>(&bytes);
		read::<SealingKeyJson>(&bytes);
		read::<Problem>(&bytes);
		read::<VaultInfo>(&bytes);
		if let Ok(page) = serde_json::from_slice::<LogPage>(&bytes) {
			for entry in page.entries {
				entry.expected_hash(ward_primitives::ParticipantId(1));
			}
		}
	});
}
