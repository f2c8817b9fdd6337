//! Proofs that travel as JSON files: an offer to be enrolled, an attestation of a receipt key.

use base64::{engine::general_purpose::STANDARD, Engine};
use serde::{Deserialize, Serialize};
use ward_crypto::request::verify_signature;
use ward_primitives::{
	participant::{KeyRoles, SealingKey, SealingSuite},
	proof::{Enrolment, KeyAttachment},
	Digest, Moment, ParticipantId, Role,
};

use crate::{
	error::{Context, Error, Kind, Result},
	hex::Hex,
	keys::Keys,
	moment,
};

/// The sponsor in the offer of a health authority: the consortium itself.
pub const CONSORTIUM: ParticipantId = ParticipantId(0);

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum OfferFormat {
	#[serde(rename = "ward-enrolment/v1")]
	V1,
}

/// A newcomer's signed offer to be enrolled by a sponsor.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EnrolmentOffer {
	format: OfferFormat,
	/// The chain.
	pub genesis: Hex<32>,
	/// Who shall enrol.
	pub sponsor: ParticipantId,
	/// As what.
	pub role: Role,
	/// The newcomer's account.
	pub account: Hex<32>,
	/// The suite of the sealing key.
	pub sealing_suite: SealingSuite,
	/// The public sealing key in base64.
	pub sealing_key: String,
	/// Whether the enrolling center may write records about the patient from now on.
	pub care: bool,
	/// The first moment at which the offer no longer counts.
	pub valid_until: Moment,
	/// The Ed25519 signature over the enrolment message.
	pub signature: Hex<64>,
}

impl EnrolmentOffer {
	/// Signs an offer.
	pub fn sign(
		keys: &Keys,
		genesis: Digest,
		sponsor: ParticipantId,
		role: Role,
		care: bool,
		valid_until: Moment,
	) -> Self {
		let account = keys.account().public();
		let enrolment = Enrolment {
			genesis,
			sponsor,
			role,
			account,
			sealing_key: keys.sealing_key(),
			care,
			valid_until,
		};
		Self {
			format: OfferFormat::V1,
			genesis: Hex(genesis),
			sponsor,
			role,
			account: Hex(account),
			sealing_suite: SealingSuite::XWing,
			sealing_key: STANDARD.encode(keys.current_sealing().public_key()),
			care,
			valid_until,
			signature: Hex(keys.account().sign(&enrolment.message())),
		}
	}

	/// Reads an offer.
	pub fn read(json: &[u8]) -> Result<Self> {
		serde_json::from_slice(json)
			.context(Kind::Input, || "the file is no offer to be enrolled".into())
			.map_err(|error| error.hint("the newcomer makes one with `ward enrol offer`"))
	}

	/// The public sealing key.
	pub fn public_sealing_key(&self) -> Result<Vec<u8>> {
		let key = STANDARD
			.decode(&self.sealing_key)
			.context(Kind::Input, || "the offer's sealing key is not base64".into())?;
		match key.len() == self.sealing_suite.public_key_len() {
			true => Ok(key),
			false => Err(Error::new(Kind::Input, "the offer's sealing key has the wrong length")),
		}
	}

	/// The public sealing key as the chain will know it.
	pub fn sealing_digest(&self) -> Result<SealingKey> {
		Ok(SealingKey::of(self.sealing_suite, &self.public_sealing_key()?))
	}

	/// Whether the offer is good for this sponsor on this chain: what the chain would check, before it
	/// is sent.
	pub fn check(&self, sponsor: ParticipantId, genesis: &Digest, now: Moment) -> Result<()> {
		let fault = |what: String, code: &str, hint: &str| {
			Err(Error::new(Kind::Input, what).code_is(code).hint(hint))
		};
		let anew = "have the newcomer make another with `ward enrol offer`";
		if self.genesis.0 != *genesis {
			let what = format!("the offer is for another chain: genesis {}", self.genesis);
			return fault(what, "wrong-genesis", anew);
		}
		if self.sponsor != sponsor {
			let what = format!("the offer is for sponsor {}, you are {sponsor}", self.sponsor);
			return fault(what, "wrong-sponsor", anew);
		}
		if self.valid_until <= now {
			let what = format!("the offer ended at {}", moment::display(self.valid_until));
			return fault(what, "proof-expired", anew);
		}
		let message = Enrolment {
			genesis: self.genesis.0,
			sponsor: self.sponsor,
			role: self.role,
			account: self.account.0,
			sealing_key: self.sealing_digest()?,
			care: self.care,
			valid_until: self.valid_until,
		}
		.message();
		match verify_signature(&self.account.0, &message, &self.signature.0) {
			true => Ok(()),
			false => fault(
				"the offer's signature does not fit: it was altered".into(),
				"proof-invalid",
				anew,
			),
		}
	}
}

/// A vault's attestation that its receipt key wants to belong to a center: what `ward-vault attest`
/// prints.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReceiptAttestation {
	/// The chain.
	pub genesis: Hex<32>,
	/// The center.
	pub participant: ParticipantId,
	/// The receipt key.
	pub key: Hex<32>,
	/// The first moment at which it no longer counts.
	pub valid_until: Moment,
	/// The Ed25519 signature over the attachment message.
	pub signature: Hex<64>,
}

impl ReceiptAttestation {
	/// Reads an attestation.
	pub fn read(json: &[u8]) -> Result<Self> {
		serde_json::from_slice(json)
			.context(Kind::Input, || "the file is no attestation of a receipt key".into())
			.map_err(|error| error.hint("make one with `ward-vault attest`"))
	}

	/// Whether it is good for this center on this chain.
	pub fn check(&self, center: ParticipantId, genesis: &Digest, now: Moment) -> Result<()> {
		let message = KeyAttachment {
			genesis: self.genesis.0,
			participant: self.participant,
			key: self.key.0,
			roles: KeyRoles::RECEIPT,
			valid_until: self.valid_until,
		}
		.message();
		let fault = if self.genesis.0 != *genesis {
			("is for another chain", "wrong-genesis")
		} else if self.participant != center {
			("is for another participant", "wrong-participant")
		} else if self.valid_until <= now {
			("has ended", "proof-expired")
		} else if !verify_signature(&self.key.0, &message, &self.signature.0) {
			("is not signed by the key that it names", "proof-invalid")
		} else {
			return Ok(());
		};
		Err(Error::new(Kind::Input, format!("the attestation {}", fault.0))
			.code_is(fault.1)
			.hint("make another with `ward-vault attest` for this center and chain"))
	}
}

/// The signed wish of a key to take the place of a participant's.
pub fn sign_attachment(
	key: &ward_crypto::request::RequestKey,
	genesis: Digest,
	participant: ParticipantId,
	roles: KeyRoles,
	valid_until: Moment,
) -> [u8; 64] {
	let attachment = KeyAttachment { genesis, participant, key: key.public(), roles, valid_until };
	key.sign(&attachment.message())
}

#[cfg(test)]
mod tests {
	use super::*;
	use ward_crypto::request::RequestKey;

	const GENESIS: Digest = [1; 32];
	const SPONSOR: ParticipantId = ParticipantId(2);

	fn offer() -> EnrolmentOffer {
		EnrolmentOffer::sign(&Keys::generate(), GENESIS, SPONSOR, Role::Patient, true, 100)
	}

	#[test]
	fn an_offer_survives_its_json_and_is_good_for_its_sponsor_chain_and_time_only() {
		let json = serde_json::to_vec(&offer()).unwrap();
		let offer = EnrolmentOffer::read(&json).unwrap();
		offer.check(SPONSOR, &GENESIS, 99).unwrap();
		let code = |sponsor, genesis, now| {
			offer.check(sponsor, &genesis, now).unwrap_err().code().to_owned()
		};
		assert_eq!(code(SPONSOR, [9; 32], 99), "wrong-genesis");
		assert_eq!(code(ParticipantId(9), GENESIS, 99), "wrong-sponsor");
		assert_eq!(code(SPONSOR, GENESIS, 100), "proof-expired");
	}

	#[test]
	fn an_altered_offer_is_refused() {
		let changes: [&dyn Fn(&mut EnrolmentOffer); 5] = [
			&|offer| offer.role = Role::Practitioner,
			&|offer| offer.care = false,
			&|offer| offer.valid_until = 101,
			&|offer| offer.sealing_key = self::offer().sealing_key,
			&|offer| offer.account = self::offer().account,
		];
		for change in changes {
			let mut altered = offer();
			change(&mut altered);
			assert_eq!(altered.check(SPONSOR, &GENESIS, 0).unwrap_err().code(), "proof-invalid");
		}
	}

	#[test]
	fn an_attestation_counts_only_for_a_receipt_key_that_signed_it() {
		let key = RequestKey::generate();
		let signed = |roles| ReceiptAttestation {
			genesis: Hex(GENESIS),
			participant: SPONSOR,
			key: Hex(key.public()),
			valid_until: 100,
			signature: Hex(sign_attachment(&key, GENESIS, SPONSOR, roles, 100)),
		};
		signed(KeyRoles::RECEIPT).check(SPONSOR, &GENESIS, 0).unwrap();
		let error = signed(KeyRoles::ACT).check(SPONSOR, &GENESIS, 0).unwrap_err();
		assert_eq!(error.code(), "proof-invalid");
		let error = signed(KeyRoles::RECEIPT).check(ParticipantId(3), &GENESIS, 0).unwrap_err();
		assert_eq!(error.code(), "wrong-participant");
		let error = signed(KeyRoles::RECEIPT).check(SPONSOR, &GENESIS, 100).unwrap_err();
		assert_eq!(error.code(), "proof-expired");
	}
}
