//! Why a call of the pallet fails.

use frame_support::pallet_macros::pallet_section;

/// The errors, which the pallet imports.
#[pallet_section]
mod errors {
	/// Why a call failed, and what helps.
	#[pallet::error]
	pub enum Error<T> {
		/// No such participant is on the chain; check the number.
		NotFound,
		/// Only an active medical center can have a seat or be a guest; check the number.
		WrongRole,
		/// The other center is suspended, frozen, expired or deactivated; wait until it is reinstated.
		OtherNotActive,
		/// The center has a seat already, or the same was offered or agreed before.
		AlreadyExists,
		/// There are as many seats as there can be; one must be revoked first.
		TooManySeats,
		/// The center has no seat; the council grants it.
		NoSeat,
		/// The seat is taken already; nothing is left to do.
		AlreadyTaken,
		/// The center has no session keys; let the node make some with `author_rotateKeysWithOwner`, and
		/// send them with `session.set_keys`.
		KeysMissing,
		/// The set of authorities would fall below the minimum; grant another seat or lower the minimum
		/// first.
		BelowMinimum,
		/// The seat is not suspended for a breach of consensus.
		NotSuspended,
		/// The session would be shorter or longer than the runtime allows.
		LengthOutOfRange,
		/// The minimum must be at least 1 and at most the number of seats that count now.
		MinimumOutOfRange,
		/// The two headers are not different blocks that the offender sealed for this slot.
		InvalidEquivocationProof,
		/// The offender's key was not a seat's in the session of the slot, or that session is too long
		/// ago.
		InvalidKeyOwnershipProof,
		/// The breach was reported before, or the seat is suspended already.
		DuplicateReport,
		/// The center has a seat of its own, so it cannot be a guest.
		HasSeat,
		/// The center is a guest already; end that first.
		HasHost,
		/// There is no such offer and no such hosting between the two centers.
		NotOffered,
	}
}
