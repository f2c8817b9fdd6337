//! How participants come onto the chain: by a sponsor, by the consortium, or at genesis.

use frame_support::{dispatch::DispatchResult, ensure};
use serde::{Deserialize, Serialize};
use sp_runtime::{traits::Verify, ArithmeticError, DispatchError};
use ward_primitives::{
	participant::{Condition, SealingKey, SealingSuite},
	proof::Enrolment,
	traits::OnStanding,
	Moment, ParticipantId, ParticipantRow, Role, Timeline,
};

use crate::{
	keys::first_roles, Config, Error, Event, HealthAuthorities, Keys, NextParticipantId, Pallet,
	Participants,
};

/// Stands for the consortium where a proof names a sponsor. No participant has this number.
pub const CONSORTIUM: ParticipantId = ParticipantId(0);

/// The sealing key of a genesis participant that states none: nothing can be wrapped for it until
/// it calls `set_sealing_key`, as no key has this digest.
pub const NO_SEALING_KEY: SealingKey = SealingKey { suite: SealingSuite::XWing, digest: [0; 32] };

/// A participant that exists from the first block on. They are numbered from 1 in their order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GenesisParticipant<AccountId> {
	/// Its first key. It gets the roles that an enrolment would give it.
	pub account: AccountId,
	/// What it is.
	pub role: Role,
	/// Who sponsors it, by number: an earlier one of the list. None for health authorities.
	#[serde(default)]
	pub sponsor: Option<ParticipantId>,
	/// The key to which data keys are wrapped for it; absent: [`NO_SEALING_KEY`].
	#[serde(default)]
	pub sealing_key: Option<SealingKey>,
}

/// A newcomer, before it has a number.
pub(crate) struct Newcomer<AccountId> {
	pub(crate) role: Role,
	pub(crate) sponsor: Option<ParticipantId>,
	pub(crate) account: AccountId,
	pub(crate) sealing_key: SealingKey,
	pub(crate) care: bool,
}

impl<T: Config> Pallet<T> {
	/// Whether the participant of `sponsor` may enrol `role`.
	pub(crate) fn ensure_may_sponsor(sponsor: ParticipantId, role: Role) -> Result<(), Error<T>> {
		let row = Participants::<T>::get(sponsor).ok_or(Error::<T>::NotFound)?;
		ensure!(role.sponsor() == Some(row.role), Error::<T>::SponsorMismatch);
		Ok(())
	}

	/// Whether the newcomer's account is new and its proof is good.
	pub(crate) fn ensure_wants_enrolment(
		newcomer: &Newcomer<T::AccountId>,
		valid_until: Moment,
		proof: &T::Signature,
	) -> Result<(), Error<T>> {
		let Newcomer { role, sponsor, ref account, sealing_key, care } = *newcomer;
		ensure!(!care || role == Role::Patient, Error::<T>::CareWithoutPatient);
		Self::ensure_validity(valid_until)?;
		ensure!(!Keys::<T>::contains_key(account), Error::<T>::AlreadyExists);
		let message = Enrolment {
			genesis: Self::genesis_hash(),
			sponsor: sponsor.unwrap_or(CONSORTIUM),
			role,
			account: account.clone().into(),
			sealing_key,
			care,
			valid_until,
		}
		.message();
		ensure!(proof.verify(message.as_slice(), account), Error::<T>::InvalidProof);
		Ok(())
	}

	/// Gives the newcomer a number, a row, a key and the relations that enrolment opens.
	pub(crate) fn do_enrol(
		newcomer: Newcomer<T::AccountId>,
	) -> Result<ParticipantId, DispatchError> {
		let Newcomer { role, sponsor, account, sealing_key, care } = newcomer;
		let now = Self::now();
		let participant = ParticipantId(NextParticipantId::<T>::get());
		NextParticipantId::<T>::put(participant.0.checked_add(1).ok_or(ArithmeticError::Overflow)?);
		Participants::<T>::insert(
			participant,
			ParticipantRow {
				role,
				sponsor,
				condition: Condition::Active,
				active: Timeline::start(now, None),
				sealing_key,
				enrolled_at: now,
			},
		);
		if role == Role::HealthAuthority {
			HealthAuthorities::<T>::try_append(participant)
				.map_err(|()| Error::<T>::TooManyHealthAuthorities)?;
		}
		Self::map_key(&account, participant, first_roles(role));
		T::OnStanding::changed(participant, role);
		Self::deposit_event(Event::Enrolled { participant, role, sponsor, account });
		if let Some(center) = sponsor.filter(|_| role.can_be_affiliated()) {
			Self::do_affiliate(participant, center)?;
		}
		if let Some(center) = sponsor.filter(|_| care) {
			Self::do_open_care(participant, center)?;
		}
		Ok(participant)
	}

	/// Enrols the participants of the genesis configuration.
	pub(crate) fn enrol_at_genesis(
		participants: &[GenesisParticipant<T::AccountId>],
	) -> DispatchResult {
		for GenesisParticipant { account, role, sponsor, sealing_key } in participants {
			ensure!(!Keys::<T>::contains_key(account), Error::<T>::AlreadyExists);
			match sponsor {
				Some(sponsor) => Self::ensure_may_sponsor(*sponsor, *role)?,
				None => ensure!(role.sponsor().is_none(), Error::<T>::SponsorMismatch),
			}
			Self::do_enrol(Newcomer {
				role: *role,
				sponsor: *sponsor,
				account: account.clone(),
				sealing_key: sealing_key.unwrap_or(NO_SEALING_KEY),
				care: false,
			})?;
		}
		Ok(())
	}
}
