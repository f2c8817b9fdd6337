//! The one request that a witness makes.

use alloc::{
	format,
	string::{String, ToString},
	vec,
};
use codec::Encode;
use sp_application_crypto::RuntimeAppPublic;
use ward_primitives::{
	receipt::Challenge,
	request::{content_digest, hex, Parameters, RequestParts},
	PurposeOfUse,
};

use super::{endpoint::Endpoint, fetch::Post};
use crate::witness::Witness;

/// For how long a request counts, in seconds.
const LIFETIME: u64 = 30;

/// What the requests are for: the operations of the consortium.
const PURPOSE: PurposeOfUse = PurposeOfUse::Hoperat;

/// Writes a challenge as a request that the witness signs at `now`, in seconds since the Unix epoch. None if
/// the key is gone.
pub(crate) fn post<Id: RuntimeAppPublic>(
	challenge: &Challenge,
	endpoint: &Endpoint,
	witness: &Witness<Id>,
	now: u64,
	random: [u8; 16],
) -> Option<Post> {
	let body = challenge.encode();
	let digest = content_digest(&body);
	let parts = RequestParts {
		method: "POST",
		path: endpoint.path(),
		query: None,
		content_digest: Some(&digest),
		vault: challenge.custodian,
		genesis: challenge.genesis,
		purpose: PURPOSE,
	};
	let parameters = Parameters {
		created: now,
		expires: now.saturating_add(LIFETIME),
		nonce: nonce(random),
		key: witness.key,
	};
	let mut is_signed = true;
	let signed = parameters.sign(&parts, |base| {
		let signature = witness.sign(base);
		is_signed = signature.is_some();
		signature.unwrap_or([0; 64])
	});
	let headers = vec![
		("Content-Type", "application/octet-stream".into()),
		("Content-Digest", digest.clone()),
		("Ward-Vault", challenge.custodian.to_string()),
		("Ward-Genesis", hex(&challenge.genesis)),
		("Ward-Purpose", PURPOSE.code().into()),
		("Signature-Input", signed.signature_input),
		("Signature", signed.signature),
	];
	is_signed.then(|| Post { vault: challenge.custodian, url: endpoint.url(), headers, body })
}

/// 32 characters that are hexadecimal digits and so also base64url.
fn nonce(random: [u8; 16]) -> String {
	random.iter().map(|byte| format!("{byte:02x}")).collect()
}
