//! How Ward's pallets meet: each implements some of these for the others, and none depends on
//! another's storage.
//!
//! Reads take a moment and answer for the last interval that starts at or before it, so that the
//! same call serves the present and the past.

use alloc::vec::Vec;

use crate::{
	decision::RecordFacts, receipt::Row, Grant, Interval, KeyBytes, KeyRoles, Moment,
	ParticipantId, Role, Timeline,
};

/// Knows which participant an account acts for.
pub trait ActingParticipant<AccountId, Error> {
	/// The active participant whose live key `account` is, if the key has all of `roles`; otherwise
	/// an error that says what is missing.
	fn ensure_acting(account: &AccountId, roles: KeyRoles) -> Result<ParticipantId, Error>;

	/// The same without asking whether the participant is active: for calls that only take rights
	/// away, so that nobody who is suspended or frozen loses the power to withdraw.
	fn ensure_holder(account: &AccountId, roles: KeyRoles) -> Result<ParticipantId, Error>;
}

/// Reads identities and the relations between them.
pub trait ReadParticipants {
	/// The role of a participant and when it was active.
	fn participant(id: ParticipantId, at: Moment) -> Option<(Role, Interval)>;

	/// The centers that `member` is or was affiliated with, and when.
	fn affiliations(member: ParticipantId, at: Moment) -> Vec<(ParticipantId, Interval)>;

	/// The most that [`Self::affiliations`] returns.
	fn max_affiliations() -> u32;

	/// When `patient` was in the care of `center`.
	fn care(patient: ParticipantId, center: ParticipantId, at: Moment) -> Option<Timeline>;

	/// When `device` was paired with `patient`.
	fn pairing(device: ParticipantId, patient: ParticipantId, at: Moment) -> Option<Interval>;

	/// The Ed25519 key with which `center` signs receipts now; none if it runs no vault, or is not
	/// active.
	fn receipt_key(center: ParticipantId) -> Option<KeyBytes>;

	/// The active participant whose live key with the witness role this is.
	fn witness_of(key: &KeyBytes) -> Option<ParticipantId>;

	/// The base URL of the vault of `center`; none if it runs no vault, or is not active.
	fn vault_endpoint(center: ParticipantId) -> Option<Vec<u8>>;

	/// Whether `id` exists, is active now and has this role.
	fn is_active(id: ParticipantId, role: Role, now: Moment) -> bool {
		Self::participant(id, now).is_some_and(|(has, active)| has == role && active.contains(now))
	}
}

/// Reads records.
pub trait ReadRecords {
	/// What a decision depends on of a record.
	fn record(id: crate::RecordId) -> Option<RecordFacts>;
}

/// Reads who holds which records.
pub trait ReadCustody {
	/// The centers that hold records after `after`, in no particular order but always the same, at most
	/// `limit`; each with the number of its rows.
	fn custodians(after: Option<ParticipantId>, limit: u32) -> Vec<(ParticipantId, u64)>;

	/// How many rows a center has.
	fn rows(center: ParticipantId) -> u64;

	/// How many rows of a cohort a center still holds: those that it has, without those that it handed over.
	fn rows_held(center: ParticipantId, cohort: u64) -> u16;

	/// A row of a center.
	fn row(center: ParticipantId, row: u64) -> Option<Row>;
}

/// Reads who takes part in consensus.
pub trait ReadSeats {
	/// The seats that author and vote now, each once.
	fn sitting() -> Vec<ParticipantId>;

	/// On whose node a center is a guest, if it is one.
	fn host(center: ParticipantId) -> Option<ParticipantId>;
}

/// Reads what patients allowed and forbade.
pub trait ReadConsents {
	/// The grants of `patient` to `grantee`, each in the generation that holds at `at`.
	fn grants(patient: ParticipantId, grantee: ParticipantId, at: Moment) -> Vec<Grant>;

	/// The most that [`Self::grants`] returns for the present.
	fn max_grants() -> u32;

	/// When `patient` excluded `excluded`.
	fn exclusion(patient: ParticipantId, excluded: ParticipantId, at: Moment) -> Option<Interval>;
}

/// Told of every change of a participant's standing, so that what depends on it can follow.
///
/// An end that was set ahead comes by itself and is not told again: whoever depends on it reads it
/// from the participant's interval.
pub trait OnStanding {
	/// The participant was enrolled, suspended, reinstated, deactivated or frozen, or the end of its
	/// active interval was set. Called after the change is stored.
	fn changed(id: ParticipantId, role: Role);

	/// Whether the administrator of `id` alone may stop it now. Not asked when the consortium decides,
	/// nor when a participant stops itself.
	fn can_be_stopped(_id: ParticipantId, _role: Role) -> bool {
		true
	}
}

impl OnStanding for () {
	fn changed(_: ParticipantId, _: Role) {}
}

/// Knows who sits in the council.
pub trait Electorate {
	/// Who sits in the council as things are now: each once, all of them active, in any order.
	fn members() -> Vec<ParticipantId>;

	/// The most that [`Self::members`] returns.
	fn max_members() -> u32;
}
