//! The seat for which an account may set session keys.

use pallet_ward_authorities::SeatId;
use sp_runtime::traits::Convert;
use ward_primitives::{traits::ActingParticipant, KeyRoles};

use crate::{AccountId, Participants};

/// The seat that an account may set session keys for: that of the active participant for whom it
/// holds a governing key. Only medical centers and health authorities have such keys, and only the
/// former are granted seats.
pub struct SeatOf;

impl Convert<AccountId, Option<SeatId>> for SeatOf {
	fn convert(account: AccountId) -> Option<SeatId> {
		Participants::ensure_acting(&account, KeyRoles::GOVERN).ok().map(SeatId)
	}
}
