//! Seen from outside, the extensions are `CheckNonce` and nothing.

use codec::Decode;
use frame_system::CheckNonce;
use proptest::prelude::*;
use scale_info::meta_type;

use super::*;

proptest! {
	#[test]
	fn the_wire_format_is_that_of_check_nonce(nonce: u32) {
		let bytes = CheckNonce::<Test>::from(nonce).encode();
		prop_assert_eq!(&ChargeQuota::<Test>::new(nonce).encode(), &bytes);
		prop_assert_eq!(&extensions(nonce).encode(), &bytes);
		prop_assert_eq!(ChargeQuota::<Test>::decode(&mut &bytes[..]), Ok(ChargeQuota::new(nonce)));
	}
}

#[test]
fn the_participant_check_adds_no_byte() {
	assert_eq!(encoded_len(&CheckParticipant::<Test>::new()), 0);
	assert_eq!(CheckParticipant::<Test>::new().implicit(), Ok(()));
}

#[test]
fn the_metadata_is_that_of_check_nonce() {
	let ours = ChargeQuota::<Test>::metadata();
	let theirs = CheckNonce::<Test>::metadata();
	assert_eq!((ours.len(), theirs.len()), (1, 1));
	assert_eq!(ours[0].identifier, theirs[0].identifier);
	assert_eq!(ours[0].ty, theirs[0].ty);
	assert_eq!(ours[0].implicit, theirs[0].implicit);
	assert_eq!(meta_type::<ChargeQuota<Test>>(), meta_type::<CheckNonce<Test>>());
	assert_eq!(CheckParticipant::<Test>::metadata()[0].identifier, "CheckParticipant");
}
