//! What the pallet announces.

use frame_support::pallet_macros::pallet_section;

/// The events, which the pallet imports.
#[pallet_section]
mod events {
	/// What happened.
	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// An epoch began: every cohort is to be looked at again.
		EpochStarted {
			/// The epoch.
			epoch: u64,
			/// From how many seats the witnesses are drawn.
			witnesses: u32,
		},
		/// A witness reported what it has seen of a cohort.
		Seen {
			/// Whose rows.
			custodian: ParticipantId,
			/// The number of the cohort among the custodian's.
			cohort: u64,
			/// The epoch.
			epoch: u64,
			/// The seat that reports.
			witness: ParticipantId,
			/// How many rows it did not see.
			missing: u32,
		},
		/// A quorum has looked at a cohort: its rows are fresh, but for the exceptions.
		Confirmed {
			/// Whose rows.
			custodian: ParticipantId,
			/// The number of the cohort among the custodian's.
			cohort: u64,
			/// The epoch.
			epoch: u64,
			/// How many witnesses have reported.
			seen: u8,
			/// How many were drawn.
			of: u8,
			/// The first moment at which that no longer counts.
			until: Moment,
			/// How many rows fewer than a quorum saw.
			exceptions: u32,
		},
		/// It was proved that a custodian signed a wrong answer.
		Disputed {
			/// The custodian.
			custodian: ParticipantId,
			/// The number of the cohort among the custodian's.
			cohort: u64,
			/// The row, from 0 at the cohort's first.
			row: u16,
		},
		/// The council changed how long the epochs from the next one on last.
		EpochLengthSet {
			/// The length in milliseconds.
			length: Moment,
		},
		/// A center gave up its vault's access log and begins another one.
		LogRestarted {
			/// The center.
			custodian: ParticipantId,
			/// The log that the chain knew.
			lost: LogHead,
		},
	}
}
