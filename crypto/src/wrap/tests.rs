use super::*;

fn context() -> WrapContext {
	WrapContext { genesis: [1; 32], record: RecordId([2; 32]), recipient: ParticipantId(3) }
}

fn key() -> DataKey {
	DataKey::from_bytes([4; 32])
}

#[test]
fn the_suite_is_the_one_of_the_protocol() {
	use hpke::{aead::Aead, kdf::Kdf};
	assert_eq!(<XWing as Kem>::KEM_ID, 0x647a);
	assert_eq!(<HkdfSha256 as Kdf>::KDF_ID, 0x0001);
	assert_eq!(<ChaCha20Poly1305 as Aead>::AEAD_ID, 0x0003);
}

#[test]
fn a_wrapped_key_opens_for_its_recipient() {
	let secret = SealingSecret::generate();
	assert_eq!(secret.public_key().len(), SealingSuite::XWing.public_key_len());
	assert!(secret.sealing_key().matches(&secret.public_key()));
	let wrapped = wrap(&key(), &secret.public_key(), &context()).unwrap();
	assert_eq!(wrapped.sealed.len(), WRAPPED_LEN);
	let opened = unwrap(&wrapped, &secret, &context()).unwrap();
	assert_eq!(opened.expose(), key().expose());
	let again = wrap(&key(), &secret.public_key(), &context()).unwrap();
	assert_ne!(wrapped, again, "each wrap is encapsulated anew");
}

#[test]
fn a_wrapped_key_opens_for_no_other_chain_record_recipient_or_secret() {
	let secret = SealingSecret::from_bytes([5; 32]);
	let wrapped = wrap(&key(), &secret.public_key(), &context()).unwrap();
	let open = |ctx| unwrap(&wrapped, &secret, &ctx).map(|_| ());
	assert_eq!(open(WrapContext { genesis: [0; 32], ..context() }), Err(WrapError::DoesNotOpen));
	let other_record = RecordId([0; 32]);
	assert_eq!(
		open(WrapContext { record: other_record, ..context() }),
		Err(WrapError::DoesNotOpen)
	);
	let other = WrapContext { recipient: ParticipantId(4), ..context() };
	assert_eq!(open(other), Err(WrapError::OtherRecipient(ParticipantId(3))));
	let relabelled = WrappedKey { recipient: ParticipantId(4), ..wrapped.clone() };
	assert_eq!(unwrap(&relabelled, &secret, &other).map(|_| ()), Err(WrapError::DoesNotOpen));
	let stranger = SealingSecret::generate();
	assert_eq!(unwrap(&wrapped, &stranger, &context()).map(|_| ()), Err(WrapError::DoesNotOpen));
}

#[test]
fn an_altered_wrapped_key_does_not_open() {
	let secret = SealingSecret::from_bytes([5; 32]);
	let wrapped = wrap(&key(), &secret.public_key(), &context()).unwrap();
	for place in [0, 1087, 1088, 1119, 1120, 1151, 1152, WRAPPED_LEN - 1] {
		let mut altered = wrapped.clone();
		altered.sealed[place] ^= 1;
		let outcome = unwrap(&altered, &secret, &context()).map(|_| ());
		assert_eq!(outcome, Err(WrapError::DoesNotOpen), "byte {place}");
	}
	for len in [0, 1, ENCAPSULATED_LEN, WRAPPED_LEN - 1] {
		let cut = WrappedKey { sealed: wrapped.sealed[..len].to_vec(), ..wrapped.clone() };
		assert_eq!(unwrap(&cut, &secret, &context()).map(|_| ()), Err(WrapError::Malformed));
	}
}

#[test]
fn what_is_no_public_key_is_refused() {
	let public = SealingSecret::from_bytes([5; 32]).public_key();
	let too_long = [&public[..], &[0]].concat();
	// Coefficients of an ML-KEM key are below 3329: all ones are none.
	for wrong in [&public[1..], &too_long, &[], &[0xff; 1_216]] {
		assert_eq!(wrap(&key(), wrong, &context()).map(|_| ()), Err(WrapError::InvalidPublicKey));
	}
}

#[test]
fn a_wrapped_key_travels_as_base64_json() {
	let wrapped = WrappedKey {
		recipient: ParticipantId(3),
		suite: SealingSuite::XWing,
		sealed: vec![0, 255, 7],
	};
	let json = serde_json::to_value(&wrapped).unwrap();
	assert_eq!(json, serde_json::json!({"recipient": 3, "suite": "XWing", "sealed": "AP8H"}));
	assert_eq!(serde_json::from_value::<WrappedKey>(json).unwrap(), wrapped);
}

#[test]
fn a_secret_is_not_printed() {
	assert_eq!(format!("{:?}", SealingSecret::from_bytes([5; 32])), "SealingSecret(..)");
}
