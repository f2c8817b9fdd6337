//! What the pallet announces.

use frame_support::pallet_macros::pallet_section;

/// The events, which the pallet imports.
#[pallet_section]
mod events {
	/// What changed. Numbers, keys and moments only: no names.
	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A participant joined.
		Enrolled {
			/// Its number.
			participant: ParticipantId,
			/// What it is.
			role: Role,
			/// Who enrolled it; none if the consortium admitted it.
			sponsor: Option<ParticipantId>,
			/// Its first key.
			account: T::AccountId,
		},
		/// A key came to belong to a participant.
		KeyAttached {
			/// Whose key it is.
			participant: ParticipantId,
			/// The key.
			key: T::AccountId,
			/// What it may be used for.
			roles: KeyRoles,
		},
		/// A key can no longer be used.
		KeyRetired {
			/// Whose key it was.
			participant: ParticipantId,
			/// The key.
			key: T::AccountId,
		},
		/// Data keys are wrapped for a participant with another key from now on.
		SealingKeySet {
			/// Whose sealing key it is.
			participant: ParticipantId,
			/// Suite and digest of the new key.
			sealing_key: SealingKey,
		},
		/// A medical center published its vault's row.
		VaultSet {
			/// The center.
			center: ParticipantId,
		},
		/// A member works for a center from now on.
		AffiliationOpened {
			/// The practitioner or device.
			member: ParticipantId,
			/// The center.
			center: ParticipantId,
			/// How often it was affiliated with that center before.
			generation: u32,
		},
		/// A member no longer works for a center.
		AffiliationEnded {
			/// The practitioner or device.
			member: ParticipantId,
			/// The center.
			center: ParticipantId,
		},
		/// A patient is in a center's care from now on.
		CareOpened {
			/// The patient.
			patient: ParticipantId,
			/// The center.
			center: ParticipantId,
			/// How often the patient was in its care before.
			generation: u32,
		},
		/// A patient is no longer in a center's care.
		CareEnded {
			/// The patient.
			patient: ParticipantId,
			/// The center.
			center: ParticipantId,
		},
		/// A device measures a patient from now on.
		DevicePaired {
			/// The device.
			device: ParticipantId,
			/// The patient.
			patient: ParticipantId,
			/// How often they were paired before.
			generation: u32,
		},
		/// A device no longer measures a patient.
		DeviceUnpaired {
			/// The device.
			device: ParticipantId,
			/// The patient.
			patient: ParticipantId,
		},
		/// A participant was stopped by its administrator.
		Suspended {
			/// Who was stopped.
			participant: ParticipantId,
		},
		/// A participant is active again.
		Reinstated {
			/// Who is active again.
			participant: ParticipantId,
			/// When that ends by itself; none for no end.
			until: Option<Moment>,
		},
		/// A participant is gone for good.
		Deactivated {
			/// Who is gone.
			participant: ParticipantId,
		},
		/// A participant was stopped at once, by itself or its administrator.
		Frozen {
			/// Who was stopped.
			participant: ParticipantId,
		},
		/// The end of a participant's active interval was set.
		ExpirySet {
			/// Whose.
			participant: ParticipantId,
			/// The first moment at which it is no longer active; none for no end.
			until: Option<Moment>,
		},
	}
}
