//! The consensus seat of a medical center.

use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use pallet_session::SessionHandler;
use scale_info::TypeInfo;
use sp_runtime::{
	traits::{Convert, OpaqueKeys},
	AccountId32, KeyTypeId,
};
use ward_primitives::{KeyRoles, ParticipantId};

use crate::{AccountId, Participants, SessionKeys};

/// A seat is named by the participant that holds it, one each. A type of its own because
/// `pallet-session` wants a conversion from accounts, which [`SeatOf`] does properly.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	serde::Serialize,
	serde::Deserialize,
)]
pub struct SeatId(pub ParticipantId);

/// An account alone does not tell its participant: only the registry does.
impl TryFrom<AccountId32> for SeatId {
	type Error = ();

	fn try_from(_: AccountId32) -> Result<Self, ()> {
		Err(())
	}
}

/// The seat that an account may set session keys for: that of the participant for whom it holds a
/// governing key. Only medical centers and health authorities have such keys.
pub struct SeatOf;

impl Convert<AccountId, Option<SeatId>> for SeatOf {
	fn convert(account: AccountId) -> Option<SeatId> {
		let row = Participants::key(account)?;
		let is_live = row.live.until.is_none();
		(is_live && row.roles.contains(KeyRoles::GOVERN)).then_some(SeatId(row.participant))
	}
}

/// The pallets that hold the authorities' keys.
type KeyHolders = <SessionKeys as OpaqueKeys>::KeyTypeIdProviders;

/// Hands the keys of the seats on to Aura and GRANDPA. These are written for seats that are named by
/// accounts, and ignore the names.
pub struct SeatKeys;

fn unnamed<Keys: Clone>(seats: &[(SeatId, Keys)]) -> Vec<(AccountId, Keys)> {
	let nobody = AccountId::new([0; 32]);
	seats.iter().map(|(_, keys)| (nobody.clone(), keys.clone())).collect()
}

impl SessionHandler<SeatId> for SeatKeys {
	const KEY_TYPE_IDS: &'static [KeyTypeId] =
		<KeyHolders as SessionHandler<AccountId>>::KEY_TYPE_IDS;

	fn on_genesis_session<Keys: OpaqueKeys>(seats: &[(SeatId, Keys)]) {
		KeyHolders::on_genesis_session(&unnamed(seats));
	}

	fn on_new_session<Keys: OpaqueKeys>(
		changed: bool,
		seats: &[(SeatId, Keys)],
		queued: &[(SeatId, Keys)],
	) {
		KeyHolders::on_new_session(changed, &unnamed(seats), &unnamed(queued));
	}

	fn on_before_session_ending() {
		<KeyHolders as SessionHandler<AccountId>>::on_before_session_ending();
	}

	fn on_disabled(seat: u32) {
		<KeyHolders as SessionHandler<AccountId>>::on_disabled(seat);
	}
}
