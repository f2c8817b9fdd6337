//! Why a call of the pallet fails.

use frame_support::pallet_macros::pallet_section;

/// The errors, which the pallet imports.
#[pallet_section]
mod errors {
	/// Why a call failed, and what helps.
	#[pallet::error]
	pub enum Error<T> {
		/// No such participant or open relation is on the chain; check the numbers.
		NotFound,
		/// The signing key speaks for nobody who may do this; sign as one of those that the call names.
		NotAuthorized,
		/// The key was registered before, or the relation is open already. Make a new key, or leave the
		/// relation as it is.
		AlreadyExists,
		/// The signing key is not registered; ask a medical center to enrol it.
		UnknownKey,
		/// The key is retired; use a current one.
		RetiredKey,
		/// The key may not be used for this; sign with one that has the role that the call asks for.
		KeyRoleMissing,
		/// The acting participant is suspended, frozen, expired or deactivated; ask its sponsor to
		/// reinstate it.
		NotActive,
		/// The other participant is suspended, frozen, expired or deactivated; wait until it is
		/// reinstated.
		OtherNotActive,
		/// A participant in the call does not have the role that the call is about; check the numbers.
		WrongRole,
		/// The sponsor's role may not enrol this role: the consortium admits health authorities, these
		/// accredit medical centers, and centers enrol everybody else.
		SponsorMismatch,
		/// Only a patient can be enrolled with care; leave it out.
		CareWithoutPatient,
		/// The proof is no longer valid; ask its signer for a new one.
		Expired,
		/// The proof is valid for too long; sign one that ends within `MaxProofValidity`.
		ValidityTooLong,
		/// The signature is not the key's, or signs something else: compare genesis hash, sponsor, role,
		/// key and end of validity, and sign again.
		InvalidProof,
		/// The participant's role does not allow keys with these roles, or they do not go together; a
		/// receipt or witness role stands alone.
		RolesNotAllowed,
		/// A receipt or witness key must be an Ed25519 key and sign its attachment as one.
		NotEd25519,
		/// The participant's last key that can act cannot be retired; attach another first, or rotate.
		LastActingKey,
		/// The endpoint is no `https` URL (or `http` on loopback) with a host and without user, query or
		/// fragment.
		InvalidEndpoint,
		/// The release key does not have the length of its suite's public keys.
		InvalidReleaseKey,
		/// The receipt key is not a live receipt key of the center; attach it first.
		InvalidReceiptKey,
		/// The member has been affiliated with as many centers as a participant can ever be.
		TooManyAffiliations,
		/// The consortium has admitted as many health authorities as it ever can; reinstate a former one,
		/// or raise `MaxHealthAuthorities` with a new runtime.
		TooManyHealthAuthorities,
		/// The participant's condition does not allow this change; read its row first.
		WrongCondition,
		/// Too many centers with a seat would be stopped by their sponsors at once, and those left could
		/// not outvote them; let the council revoke the seat first, or set an end more than 30 days ahead.
		CannotBeSpared,
		/// The end must lie ahead: nothing on this chain is backdated.
		EndNotAhead,
	}
}
