//! Why the transaction pool refuses a transaction of Ward's own transaction extensions.
//!
//! The pool reports them as `InvalidTransaction::Custom(n)`; the numbers are part of the protocol.

/// A reason to refuse a transaction before it is executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Refusal {
	/// The signing key was never registered.
	UnknownKey = 1,
	/// The signing key is retired.
	RetiredKey = 2,
	/// The key's roles allow no call: a receipt key and a witness key sign no transactions.
	KeyCannotCall = 3,
	/// The participant's or the sponsor's quota is used up for now; it refills with time.
	QuotaExhausted = 4,
	/// The call is none that this chain takes, such as one that only leaves bytes in a block, or one
	/// that another takes the place of.
	CallForbidden = 5,
}

impl Refusal {
	/// All refusals, in the order of their numbers.
	pub const ALL: [Self; 5] = [
		Self::UnknownKey,
		Self::RetiredKey,
		Self::KeyCannotCall,
		Self::QuotaExhausted,
		Self::CallForbidden,
	];

	/// The number in `InvalidTransaction::Custom`.
	pub const fn code(self) -> u8 {
		self as u8
	}

	/// The refusal with this number.
	pub fn from_code(code: u8) -> Option<Self> {
		Self::ALL.into_iter().find(|refusal| refusal.code() == code)
	}

	/// Cause and remedy, for people.
	pub const fn explanation(self) -> &'static str {
		match self {
			Self::UnknownKey => {
				"the signing key is not enrolled; ask a medical center to enrol it, or check that \
				 the right key and chain are used"
			},
			Self::RetiredKey => "the signing key is retired; sign with a current key",
			Self::KeyCannotCall => {
				"this key may not sign calls (a receipt key signs receipts only, a witness key reports \
				 only); sign with a key that has the act role"
			},
			Self::QuotaExhausted => {
				"the quota of the participant or of its sponsor is used up for now; wait some \
				 seconds and send again"
			},
			Self::CallForbidden => {
				"this chain does not take the call: either what it would leave in a block could never be \
				 erased (docs/privacy.md), or another takes its place: governance.propose, vote and close \
				 instead of the council's own, authorities.giveUpSeat instead of session.purgeKeys"
			},
		}
	}
}
