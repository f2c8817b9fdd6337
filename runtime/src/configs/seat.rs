//! The consensus seat of a medical center.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_runtime::traits::Convert;
use ward_primitives::{KeyRoles, ParticipantId};

use crate::{AccountId, Participants};

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
impl TryFrom<AccountId> for SeatId {
	type Error = ();

	fn try_from(_: AccountId) -> Result<Self, ()> {
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
