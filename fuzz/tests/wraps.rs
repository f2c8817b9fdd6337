//! Wrapped data keys (HPKE).

use bolero::check;
use ward_crypto::{
	content::DataKey,
	wrap::{unwrap, wrap, SealingSecret, WrapContext, WrappedKey},
};
use ward_fuzz::{foreign, within};
use ward_primitives::{ParticipantId, RecordId};

/// What opening may hold: ML-KEM works with matrices of some kilobytes.
const MOST: usize = 256 << 10;

const CONTEXT: WrapContext =
	WrapContext { genesis: [7; 32], record: RecordId([8; 32]), recipient: ParticipantId(3) };

#[test]
fn what_was_altered_does_not_open() {
	let secret = SealingSecret::from_bytes([1; 32]);
	let right = wrap(&DataKey::from_bytes([9; 32]), &secret.public_key(), &CONTEXT).unwrap();
	let valid = [right.sealed.clone()];
	check!().with_iterations(1_000).for_each(|choices: &[u8]| {
		let sealed = foreign(choices, &valid);
		let wrapped = WrappedKey { sealed, ..right.clone() };
		let opened = within(MOST, || unwrap(&wrapped, &secret, &CONTEXT));
		match wrapped == right {
			true => assert_eq!(opened.unwrap().expose(), &[9; 32]),
			false => assert!(opened.is_err()),
		}
	});
}

#[test]
fn any_public_key_is_wrapped_to_or_refused() {
	let valid =
		[SealingSecret::from_bytes([1; 32]).public_key(), vec![0; 1_216], vec![0xff; 1_216]];
	check!().with_iterations(1_000).for_each(|choices: &[u8]| {
		let public = foreign(choices, &valid);
		let key = DataKey::from_bytes([9; 32]);
		if let Ok(wrapped) = within(MOST, || wrap(&key, &public, &CONTEXT)) {
			assert_eq!(public.len(), 1_216);
			assert_eq!(wrapped.recipient, CONTEXT.recipient);
		}
	});
}

#[test]
fn json() {
	let secret = SealingSecret::from_bytes([1; 32]);
	let right = wrap(&DataKey::from_bytes([9; 32]), &secret.public_key(), &CONTEXT).unwrap();
	let valid = [serde_json::to_vec(&right).unwrap()];
	check!().with_iterations(5_000).for_each(|choices: &[u8]| {
		let bytes = foreign(choices, &valid);
		let read = || serde_json::from_slice::<WrappedKey>(&bytes);
		let Ok(wrapped) = within(MOST, read) else { return };
		let written = serde_json::to_vec(&wrapped).unwrap();
		assert_eq!(serde_json::from_slice::<WrappedKey>(&written).unwrap(), wrapped);
		drop(unwrap(&wrapped, &secret, &CONTEXT));
	});
}
