//! What can go wrong, in the words of the command line: what happened, why, and what helps.

use std::fmt;

use ward_chain_client::ChainError;
use ward_primitives::refusal::Refusal;

/// What kind of failure it is. The number is the exit code of `ward`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
	/// Anything that no other kind names: a full disk, a home that is in use.
	Other = 1,
	/// The command line or the configuration makes no sense.
	Usage = 2,
	/// The input cannot be taken: no FHIR, an empty file, a proof that does not fit.
	Input = 3,
	/// The keys: there are none, or the passphrase is wrong.
	Keys = 4,
	/// Access is denied.
	Denied = 5,
	/// The chain refused the call.
	Refused = 6,
	/// The node is unreachable, syncing or on another chain.
	Node = 7,
	/// A vault is unreachable or failed.
	Vault = 8,
	/// A content does not match the chain.
	Mismatch = 9,
}

impl Kind {
	/// All kinds, in the order of their exit codes.
	pub const ALL: [Self; 9] = [
		Self::Other,
		Self::Usage,
		Self::Input,
		Self::Keys,
		Self::Denied,
		Self::Refused,
		Self::Node,
		Self::Vault,
		Self::Mismatch,
	];

	/// The exit code.
	pub const fn exit_code(self) -> u8 {
		self as u8
	}

	/// The code in JSON, where nothing more specific is known.
	pub const fn code(self) -> &'static str {
		match self {
			Self::Other => "failed",
			Self::Usage => "usage",
			Self::Input => "bad-input",
			Self::Keys => "keys",
			Self::Denied => "access-denied",
			Self::Refused => "call-refused",
			Self::Node => "node",
			Self::Vault => "vault",
			Self::Mismatch => "content-mismatch",
		}
	}

	/// What the exit code means, for `--help`.
	pub const fn meaning(self) -> &'static str {
		match self {
			Self::Other => "another failure",
			Self::Usage => "wrong usage or configuration",
			Self::Input => "bad input: not FHIR, an empty file, an unusable proof",
			Self::Keys => "no key, or a wrong passphrase",
			Self::Denied => "access denied",
			Self::Refused => "the chain refused the call",
			Self::Node => "node unreachable, syncing or on the wrong chain",
			Self::Vault => "vault unreachable or failing",
			Self::Mismatch => "content does not match the chain",
		}
	}
}

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// A failure: what happened, why, and what helps.
#[derive(Debug)]
pub struct Error {
	kind: Kind,
	code: Option<String>,
	what: String,
	hint: Option<String>,
	cause: Option<Cause>,
}

/// What the library's functions give back.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
	/// A failure of this kind; `what` says what happened, in one sentence without a full stop.
	pub fn new(kind: Kind, what: impl Into<String>) -> Self {
		Self { kind, code: None, what: what.into(), hint: None, cause: None }
	}

	/// The same with what helps.
	#[must_use]
	pub fn hint(mut self, hint: impl Into<String>) -> Self {
		self.hint = Some(hint.into());
		self
	}

	/// The same with the error below it.
	#[must_use]
	pub fn caused_by(mut self, cause: impl Into<Cause>) -> Self {
		self.cause = Some(cause.into());
		self
	}

	/// The same with a code for programs.
	#[must_use]
	pub fn code_is(mut self, code: impl Into<String>) -> Self {
		self.code = Some(code.into());
		self
	}

	/// The kind.
	pub const fn kind(&self) -> Kind {
		self.kind
	}

	/// The code for programs.
	pub fn code(&self) -> &str {
		self.code.as_deref().unwrap_or(self.kind.code())
	}

	/// What helps, if anything is known.
	pub fn remedy(&self) -> Option<&str> {
		self.hint.as_deref()
	}

	/// The errors below it, the nearest first, without repetitions.
	pub fn causes(&self) -> Vec<String> {
		let mut causes: Vec<String> = Vec::new();
		let mut cause = self.cause.as_deref().map(|cause| cause as &dyn std::error::Error);
		while let Some(error) = cause {
			let text = error.to_string();
			if !causes.last().unwrap_or(&self.what).contains(&text) {
				causes.push(text);
			}
			cause = error.source();
		}
		causes
	}
}

impl fmt::Display for Error {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str(&self.what)
	}
}

impl std::error::Error for Error {
	fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
		self.cause.as_deref().map(|cause| cause as _)
	}
}

/// Adds what was being done to an error of another crate.
pub trait Context<T> {
	/// The error becomes the cause of a failure of this kind.
	fn context(self, kind: Kind, what: impl FnOnce() -> String) -> Result<T>;
}

impl<T, E: Into<Cause>> Context<T> for std::result::Result<T, E> {
	fn context(self, kind: Kind, what: impl FnOnce() -> String) -> Result<T> {
		self.map_err(|error| Error::new(kind, what()).caused_by(error))
	}
}

impl From<ChainError> for Error {
	fn from(error: ChainError) -> Self {
		let (kind, code, hint) = match &error {
			ChainError::Unreachable { reason, .. } if reason.contains("status code: 403") => (
				Kind::Node,
				"node-unreachable",
				"the node takes requests for localhost only: name it as 127.0.0.1 on its own machine, \
				 or start it with --rpc-cors"
					.into(),
			),
			ChainError::Unreachable { .. } => (
				Kind::Node,
				"node-unreachable",
				"start the node, or name another one with --node or in config.toml".into(),
			),
			ChainError::Untrusted { .. } => (
				Kind::Node,
				"node-untrusted",
				"let SSL_CERT_FILE name the consortium's TLS authority (a PEM file)".into(),
			),
			ChainError::Syncing => {
				(Kind::Node, "node-syncing", "`ward status` shows how far it has come".into())
			},
			ChainError::Stalled { .. } => (
				Kind::Node,
				"finality-stalled",
				"nothing was changed; `ward seat list` shows who is missing, `ward doctor` what is \
				 wrong here"
					.into(),
			),
			ChainError::WrongChain { .. } => (
				Kind::Node,
				"wrong-chain",
				"name a node of your own chain with --node; a home belongs to one chain".into(),
			),
			ChainError::Refused { refusal, .. } => (
				Kind::Refused,
				refusal.map_or("transaction-refused", refusal_code),
				"nothing was changed; `ward status` shows your participant and its quota".into(),
			),
			ChainError::Failed { name, .. } => {
				let what = error.to_string();
				return Self::new(Kind::Refused, format!("the chain refused the call: {what}"))
					.code_is(name.clone())
					.hint("nothing was changed; correct what is named above and run it again");
			},
			ChainError::TimedOut { .. } => (
				Kind::Node,
				"not-final-in-time",
				"run the same command again: it finds out what became of the call".into(),
			),
			ChainError::NotIncluded { .. } => {
				(Kind::Node, "not-included", "run the same command again".into())
			},
			ChainError::Unsupported { .. } => {
				(Kind::Node, "node-unsupported", "compare the versions of ward and node".into())
			},
			ChainError::Unsafe { .. } => (
				Kind::Node,
				"node-refuses",
				"ask a node of your own, on its own machine, with --node".into(),
			),
			ChainError::UnknownBlock { .. } => (
				Kind::Node,
				"unknown-block",
				"use a node that keeps more of the past (--state-pruning archive)".into(),
			),
			_ => (Kind::Node, "node", String::from("look into the node's log")),
		};
		Self::new(kind, error.to_string()).code_is(code).hint(hint)
	}
}

const fn refusal_code(refusal: Refusal) -> &'static str {
	match refusal {
		Refusal::UnknownKey => "unknown-key",
		Refusal::RetiredKey => "retired-key",
		Refusal::KeyCannotCall => "key-cannot-call",
		Refusal::QuotaExhausted => "quota-exhausted",
		Refusal::CallForbidden => "call-forbidden",
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn every_kind_has_an_exit_code_of_its_own() {
		let codes: Vec<_> = Kind::ALL.iter().map(|kind| kind.exit_code()).collect();
		assert_eq!(codes, (1..=9).collect::<Vec<_>>());
	}

	#[test]
	fn causes_are_listed_from_near_to_far_without_repetition() {
		let io = std::io::Error::other("disk full");
		let below = Error::new(Kind::Other, "cannot write").caused_by(io);
		let above = Error::new(Kind::Input, "put failed").caused_by(below);
		assert_eq!(above.causes(), ["cannot write", "disk full"]);
		assert_eq!(above.code(), "bad-input");
	}

	#[test]
	fn a_refused_call_carries_the_name_of_its_error() {
		let error = Error::from(ChainError::Failed {
			name: "Consent::TooManyGrants".into(),
			explanation: "Withdraw one of them.".into(),
		});
		assert_eq!(error.kind(), Kind::Refused);
		assert_eq!(error.code(), "Consent::TooManyGrants");
		assert!(error.remedy().is_some());
	}
}
