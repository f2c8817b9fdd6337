//! A seat's name, and the hand-over of its keys to the consensus pallets.

use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::marker::PhantomData;
use pallet_session::SessionHandler;
use scale_info::TypeInfo;
use sp_runtime::{
	traits::{Convert, OpaqueKeys},
	AccountId32, KeyTypeId,
};
use ward_primitives::ParticipantId;

/// A seat is named by the participant that holds it, one each. A type of its own because
/// `pallet-session` wants a conversion from accounts, which only the registry can do properly.
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

/// An account alone does not tell its participant.
impl TryFrom<AccountId32> for SeatId {
	type Error = ();

	fn try_from(_: AccountId32) -> Result<Self, ()> {
		Err(())
	}
}

/// The full identification of a seat in the history of sessions: its name says it all.
pub struct NameOnly;

impl Convert<SeatId, Option<()>> for NameOnly {
	fn convert(_: SeatId) -> Option<()> {
		Some(())
	}
}

/// Hands the keys of the seats on to `Holders`, such as Aura and GRANDPA. These are written for seats
/// that are named by accounts, and ignore the names.
pub struct SeatKeys<Holders>(PhantomData<Holders>);

fn unnamed<Keys: Clone>(seats: &[(SeatId, Keys)]) -> Vec<(AccountId32, Keys)> {
	let nobody = AccountId32::new([0; 32]);
	seats.iter().map(|(_, keys)| (nobody.clone(), keys.clone())).collect()
}

impl<Holders: SessionHandler<AccountId32>> SessionHandler<SeatId> for SeatKeys<Holders> {
	const KEY_TYPE_IDS: &'static [KeyTypeId] = Holders::KEY_TYPE_IDS;

	fn on_genesis_session<Keys: OpaqueKeys>(seats: &[(SeatId, Keys)]) {
		Holders::on_genesis_session(&unnamed(seats));
	}

	fn on_new_session<Keys: OpaqueKeys>(
		changed: bool,
		seats: &[(SeatId, Keys)],
		queued: &[(SeatId, Keys)],
	) {
		Holders::on_new_session(changed, &unnamed(seats), &unnamed(queued));
	}

	fn on_before_session_ending() {
		Holders::on_before_session_ending();
	}

	fn on_disabled(seat: u32) {
		Holders::on_disabled(seat);
	}
}
