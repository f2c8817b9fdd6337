//! Keys: who holds which, and the proofs with which they come onto the chain.

use frame_support::{
	dispatch::DispatchResult,
	ensure,
	traits::{Get, Time},
};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::{
	traits::{Verify, Zero},
	MultiSignature,
};
use ward_primitives::{
	proof::KeyAttachment, Digest, Interval, KeyRoles, KeyRow, Moment, ParticipantId, Role,
};

use crate::{ActingKeys, Config, Error, Event, Keys, Pallet, Participants};

/// The roles that a key of a participant with this role may have.
pub(crate) const fn allowed_roles(role: Role) -> KeyRoles {
	match role {
		Role::HealthAuthority => KeyRoles::MAIN,
		Role::MedicalCenter => KeyRoles::ALL,
		Role::Practitioner | Role::Patient | Role::Device | Role::Researcher => KeyRoles::ACT,
	}
}

/// The roles of the key with which a participant is enrolled.
pub(crate) const fn first_roles(role: Role) -> KeyRoles {
	match role {
		Role::HealthAuthority | Role::MedicalCenter => KeyRoles::MAIN,
		Role::Practitioner | Role::Patient | Role::Device | Role::Researcher => KeyRoles::ACT,
	}
}

/// Whether a key with these roles may sign calls. A receipt key signs receipts only, and a witness key
/// what a witness asks for and has seen.
pub(crate) const fn signs_calls(roles: KeyRoles) -> bool {
	!KeyRoles::UNATTENDED.contains(roles)
}

impl<T: Config> Pallet<T> {
	/// The timestamp of this block.
	pub(crate) fn now() -> Moment {
		T::Time::now()
	}

	/// The hash of the chain's first block, which ties every proof to this chain.
	pub(crate) fn genesis_hash() -> Digest {
		frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero()).into()
	}

	/// The row of `account` if it is a live key with all of `roles`.
	pub(crate) fn live_key(account: &T::AccountId, roles: KeyRoles) -> Result<KeyRow, Error<T>> {
		let key = Keys::<T>::get(account).ok_or(Error::<T>::UnknownKey)?;
		ensure!(key.live.contains(Self::now()), Error::<T>::RetiredKey);
		ensure!(key.roles.contains(roles), Error::<T>::KeyRoleMissing);
		Ok(key)
	}

	/// Whether a proof that counts until `valid_until` counts now, and not for longer than allowed.
	pub(crate) fn ensure_validity(valid_until: Moment) -> Result<(), Error<T>> {
		let now = Self::now();
		ensure!(now < valid_until, Error::<T>::Expired);
		let latest = now.saturating_add(T::MaxProofValidity::get());
		ensure!(valid_until <= latest, Error::<T>::ValidityTooLong);
		Ok(())
	}

	/// Whether `key` may be attached to `participant` with `roles`: they fit, and `proof` shows that
	/// whoever has the key wants it.
	pub(crate) fn ensure_attachable(
		participant: ParticipantId,
		key: &T::AccountId,
		roles: KeyRoles,
		valid_until: Moment,
		proof: &T::Signature,
	) -> Result<(), Error<T>> {
		let row = Participants::<T>::get(participant).ok_or(Error::<T>::NotFound)?;
		ensure!(roles.is_valid(), Error::<T>::RolesNotAllowed);
		ensure!(allowed_roles(row.role).contains(roles), Error::<T>::RolesNotAllowed);
		Self::ensure_validity(valid_until)?;
		ensure!(!Keys::<T>::contains_key(key), Error::<T>::AlreadyExists);
		if !signs_calls(roles) {
			// What it signs is verified with the 32 bytes on the chain, which other schemes hash or share.
			let is_ed25519 = matches!(proof.clone().into(), MultiSignature::Ed25519(_));
			ensure!(is_ed25519, Error::<T>::NotEd25519);
		}
		let message = KeyAttachment {
			genesis: Self::genesis_hash(),
			participant,
			key: key.clone().into(),
			roles,
			valid_until,
		}
		.message();
		ensure!(proof.verify(message.as_slice(), key), Error::<T>::InvalidProof);
		Ok(())
	}

	/// Maps a key that was never mapped to `participant`.
	///
	/// There are no balances on this chain, so a reference from here is what lets the account send. It
	/// is a provider and not merely sufficient, because whoever sets session keys becomes a consumer
	/// of its account, and an account without a provider cannot be consumed. It is never given back: a
	/// retired key's nonce cannot start over, and old calls cannot be replayed.
	pub(crate) fn map_key(key: &T::AccountId, participant: ParticipantId, roles: KeyRoles) {
		Keys::<T>::insert(key, KeyRow { participant, roles, live: Interval::open(Self::now()) });
		if roles.contains(KeyRoles::ACT) {
			ActingKeys::<T>::mutate(participant, |keys| *keys = keys.saturating_add(1));
		}
		if signs_calls(roles) {
			frame_system::Pallet::<T>::inc_providers(key);
		}
	}

	/// Maps a new key to `participant` and says so.
	pub(crate) fn do_attach(key: T::AccountId, participant: ParticipantId, roles: KeyRoles) {
		Self::map_key(&key, participant, roles);
		Self::deposit_event(Event::KeyAttached { participant, key, roles });
	}

	/// Ends a live key of `participant`, unless it is the last that can act.
	pub(crate) fn do_retire(key: T::AccountId, participant: ParticipantId) -> DispatchResult {
		Keys::<T>::try_mutate(&key, |row| {
			let row = row.as_mut().ok_or(Error::<T>::UnknownKey)?;
			ensure!(row.participant == participant, Error::<T>::NotAuthorized);
			ensure!(row.live.contains(Self::now()), Error::<T>::RetiredKey);
			if row.roles.contains(KeyRoles::ACT) {
				ActingKeys::<T>::try_mutate(participant, |keys| {
					ensure!(*keys > 1, Error::<T>::LastActingKey);
					*keys = keys.saturating_sub(1);
					Ok::<_, Error<T>>(())
				})?;
			}
			row.live.end(Self::now());
			Ok::<_, Error<T>>(())
		})?;
		Self::deposit_event(Event::KeyRetired { participant, key });
		Ok(())
	}
}
