//! Why a call of the pallet fails.

use frame_support::pallet_macros::pallet_section;

/// The errors, which the pallet imports.
#[pallet_section]
mod errors {
	/// Why a call failed, and what helps. Reports and disputes are checked before they enter a pool or a
	/// block: there an error is the refusal `Custom(100 + n)`, where n is the error's number.
	#[pallet::error]
	pub enum Error<T> {
		/// The report or the receipt is of another epoch; ask the vault again in this one.
		NotCurrentEpoch,
		/// The witness is not drawn for this cohort in this epoch; only those that are may report.
		NotDrawn,
		/// The witness has reported this cohort in this epoch already; nothing is left to do.
		AlreadyReported,
		/// The report is about no row, or about more rows than the custodian has in the cohort; ask for those
		/// that are on the chain.
		WrongRows,
		/// The missing rows are not ascending, or are not among those that were looked at.
		InvalidMissing,
		/// The key is not a live witness key of the seat that reports; attach it with the `witness` role.
		NotAuthorized,
		/// The custodian is not an active center with a vault, so no receipt of it counts now.
		NotACustodian,
		/// The witness key did not sign exactly this report for this chain; sign it again.
		InvalidSignature,
		/// The custodian's receipt key did not sign the receipt that the report stands for: one for this
		/// chain, epoch, cohort, witness, challenge, for these rows and results, and with the access log that
		/// the chain knows. Ask the vault again.
		InvalidReceipt,
		/// The vault's access log is shorter than the chain knows it: entries were lost or taken away. The
		/// center's operator restores the log, or the center gives it up with `restart_log`.
		LogShorter,
		/// The vault's access log differs from what the chain knows of it. The center's operator restores the
		/// log, or the center gives it up with `restart_log`.
		LogForked,
		/// The custodian did not sign this, or what it signed is right.
		InvalidContradiction,
		/// A wrong answer about this cohort was proved in this epoch already; one is enough.
		AlreadyDisputed,
		/// An epoch would be shorter or longer than the runtime allows.
		LengthOutOfRange,
		/// The chain knows nothing of the center's access log, so there is nothing to give up.
		NoLog,
	}
}
