//! What the runtime tells this pallet about accounts and calls.

use frame_support::weights::Weight;
use ward_primitives::{KeyRow, ParticipantId};

/// Knows whose an account is and who answers for its owner.
pub trait KeyLookup<AccountId> {
	/// The key's row, also if the key is retired; none if it was never registered.
	fn key(account: &AccountId) -> Option<KeyRow>;

	/// Who enrolled the participant; none for those that the consortium admitted.
	fn sponsor(participant: ParticipantId) -> Option<ParticipantId>;
}

/// Knows the calls that must get through even if a bucket is empty: those that only take rights
/// away, such as a withdrawal or a freeze.
pub trait IsExempt<AccountId, Call> {
	/// Whether `call` is of that kind and would succeed now if `who` signed it. A call that would
	/// fail is not exempt, or failing calls would be free.
	fn is_exempt(who: &AccountId, call: &Call) -> bool;

	/// The most that [`Self::is_exempt`] costs for this call.
	fn weight(call: &Call) -> Weight;
}

/// Exempts nothing.
impl<AccountId, Call> IsExempt<AccountId, Call> for () {
	fn is_exempt(_: &AccountId, _: &Call) -> bool {
		false
	}

	fn weight(_: &Call) -> Weight {
		Weight::zero()
	}
}

/// Sets up what the benchmarks need.
#[cfg(feature = "runtime-benchmarks")]
pub trait BenchmarkHelper<AccountId> {
	/// An account that is the live `act` key of a participant with a sponsor, and may sign
	/// transactions as far as `frame-system` is concerned.
	fn enrolled_account() -> AccountId;
}
