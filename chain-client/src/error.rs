//! What can go wrong between a program and the chain.

use ward_primitives::Digest;

/// Why the chain gave no answer, or refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
	/// The node does not answer.
	#[error("the node at {url} does not answer: {reason}")]
	Unreachable {
		/// The node's address.
		url: String,
		/// What the connection reported.
		reason: String,
	},
	/// The node's TLS certificate is none that this machine trusts.
	#[error("the node at {url} is not trusted: {reason}")]
	Untrusted {
		/// The node's address.
		url: String,
		/// What is wrong with the certificate.
		reason: String,
	},
	/// The node is still catching up with the chain.
	#[error("the node is still syncing; wait until it has caught up")]
	Syncing,
	/// The node is on another chain.
	#[error("the node is on another chain: its genesis hash is {}, expected {}", hex(.found), hex(.expected))]
	WrongChain {
		/// The genesis hash that was expected.
		expected: Digest,
		/// The node's genesis hash.
		found: Digest,
	},
	/// The node does not have the block, or no longer its state.
	#[error("the node does not have block {block} or its state")]
	UnknownBlock {
		/// Hash or number of the block.
		block: String,
	},
	/// The node's runtime has no such call or function.
	#[error("this node's runtime has no {what}; update ward or the node")]
	Unsupported {
		/// What it lacks.
		what: String,
	},
	/// The transaction pool refused the transaction.
	#[error("the node refused the transaction: {reason}")]
	Refused {
		/// Ward's own reason, if it is one.
		refusal: Option<ward_primitives::refusal::Refusal>,
		/// The reason for people.
		reason: String,
	},
	/// Finality stands still for so long that a call signed on the last final block is refused.
	#[error(
		"finality stands still at block {finalized}, and the newest block is {best}: no call can become \
		 final"
	)]
	Stalled {
		/// The number of the last final block.
		finalized: u64,
		/// The number of the newest block.
		best: u64,
	},
	/// The call is in a block, and failed there.
	#[error("{name}: {explanation}")]
	Failed {
		/// `Pallet::Error`, or the name of a general dispatch error.
		name: String,
		/// What the runtime's documentation says about it.
		explanation: String,
	},
	/// The transaction was sent, and its outcome could not be learned in time.
	#[error(
		"it is not known whether transaction {} took effect; check the chain's state before sending again",
		hex(.transaction)
	)]
	TimedOut {
		/// The transaction's hash.
		transaction: Digest,
	},
	/// The transaction's validity ended and it is in no finalized block: it never will be.
	#[error("the transaction {} expired without being included; send again", hex(.transaction))]
	NotIncluded {
		/// The transaction's hash.
		transaction: Digest,
	},
	/// The node answered with something that this program does not understand.
	#[error("the node's answer to {to} cannot be read: {reason}")]
	Unreadable {
		/// What was asked.
		to: String,
		/// What is wrong with the answer.
		reason: String,
	},
	/// The node answers this only to its operator, and not on this address.
	#[error("the node does not answer {method} here: that is for its operator only")]
	Unsafe {
		/// What was asked.
		method: String,
	},
	/// The node answered a request with an error of its own.
	#[error("the node could not answer {to}: {reason}")]
	Rpc {
		/// What was asked.
		to: String,
		/// The node's error.
		reason: String,
	},
}

/// `0x` and hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
	bytes.iter().fold(String::from("0x"), |text, byte| text + &format!("{byte:02x}"))
}
