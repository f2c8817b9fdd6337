//! What people hand to each other as files: offers to be enrolled, attestations, public keys.

use bolero::check;
use serde::{de::DeserializeOwned, Serialize};
use ward_client::{
	hex::Hex,
	keys::Keys,
	proof::{sign_attachment, EnrolmentOffer, ReceiptAttestation},
	recipients::read_sealing_key,
};
use ward_crypto::request::RequestKey;
use ward_fuzz::{foreign, within};
use ward_primitives::{KeyRoles, ParticipantId, Role};

/// What reading may hold for each byte of the file, and besides.
const PER_BYTE: usize = 64;
const BESIDES: usize = 32 << 10;

const GENESIS: [u8; 32] = [7; 32];
const SPONSOR: ParticipantId = ParticipantId(2);

/// Everything of a file that a signature covers, in one form.
fn canonical<T: DeserializeOwned + Serialize>(bytes: &[u8]) -> serde_json::Value {
	serde_json::to_value(serde_json::from_slice::<T>(bytes).unwrap()).unwrap()
}

#[test]
fn enrolment_offers() {
	let offer = EnrolmentOffer::sign(&Keys::generate(), GENESIS, SPONSOR, Role::Patient, true, 100);
	let valid = [serde_json::to_vec(&offer).unwrap()];
	EnrolmentOffer::read(&valid[0]).unwrap().check(SPONSOR, &GENESIS, 99).unwrap();
	let right = canonical::<EnrolmentOffer>(&valid[0]);
	check!().with_iterations(10_000).for_each(|choices: &[u8]| {
		let bytes = foreign(choices, &valid);
		let bound = BESIDES + PER_BYTE * bytes.len();
		drop(within(bound, || read_sealing_key(&bytes)));
		let Ok(offer) = within(bound, || EnrolmentOffer::read(&bytes)) else { return };
		if within(bound, || offer.check(SPONSOR, &GENESIS, 99)).is_ok() {
			assert_eq!(canonical::<EnrolmentOffer>(&bytes), right, "it says what was signed");
		}
	});
}

#[test]
fn receipt_attestations() {
	let key = RequestKey::from_seed([1; 32]);
	let attestation = ReceiptAttestation {
		genesis: Hex(GENESIS),
		participant: SPONSOR,
		key: Hex(key.public()),
		valid_until: 100,
		signature: Hex(sign_attachment(&key, GENESIS, SPONSOR, KeyRoles::RECEIPT, 100)),
	};
	let valid = [serde_json::to_vec(&attestation).unwrap()];
	let right = canonical::<ReceiptAttestation>(&valid[0]);
	check!().with_iterations(10_000).for_each(|choices: &[u8]| {
		let bytes = foreign(choices, &valid);
		let bound = BESIDES + PER_BYTE * bytes.len();
		let Ok(read) = within(bound, || ReceiptAttestation::read(&bytes)) else { return };
		if within(bound, || read.check(SPONSOR, &GENESIS, 99)).is_ok() {
			assert_eq!(canonical::<ReceiptAttestation>(&bytes), right, "it says what was signed");
		}
	});
}
