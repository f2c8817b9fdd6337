//! What the pallet announces.

use frame_support::pallet_macros::pallet_section;

/// The events, which the pallet imports.
#[pallet_section]
mod events {
	/// What happened.
	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// The council granted a center a seat, which the center may take.
		SeatGranted {
			/// The center.
			center: ParticipantId,
		},
		/// A center took its seat: it sits from the session after the next one on.
		SeatTaken {
			/// The center.
			center: ParticipantId,
		},
		/// A center gave its seat up: it sits until the session after the next one.
		SeatGivenUp {
			/// The center.
			center: ParticipantId,
		},
		/// The council revoked a seat: it sits until the session after the next one.
		SeatRevoked {
			/// The center.
			center: ParticipantId,
		},
		/// A breach of consensus was proved, and the seat is suspended.
		SeatSuspended {
			/// The center.
			center: ParticipantId,
			/// The session of the breach.
			session: SessionIndex,
			/// What was proved.
			breach: Breach,
		},
		/// The council reinstated a seat that was suspended.
		SeatReinstated {
			/// The center.
			center: ParticipantId,
		},
		/// A seat that should leave stays, because the set would fall below the minimum.
		SeatKept {
			/// The center.
			center: ParticipantId,
		},
		/// A seat used none of its slots in a session. Nothing follows from it on the chain.
		SeatIdle {
			/// The center.
			center: ParticipantId,
			/// The session that ended.
			session: SessionIndex,
			/// How many slots it missed.
			missed: u32,
		},
		/// The council changed how many blocks a session lasts.
		SessionLengthSet {
			/// The number of blocks.
			blocks: u32,
		},
		/// The council changed the fewest seats that the set may have.
		MinimumSet {
			/// The number of seats.
			seats: u32,
		},
		/// A center offered another one that it be a guest on its node.
		HostingOffered {
			/// Whose node.
			host: ParticipantId,
			/// Who would be the guest.
			guest: ParticipantId,
		},
		/// A center became a guest on the node of another one.
		HostingAccepted {
			/// Whose node.
			host: ParticipantId,
			/// The guest.
			guest: ParticipantId,
		},
		/// One of the two ended the hosting or took the offer back.
		HostingEnded {
			/// Whose node.
			host: ParticipantId,
			/// The guest.
			guest: ParticipantId,
		},
	}
}
