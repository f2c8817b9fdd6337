//! What a long-running function tells while it runs.

/// Hears what is being done. A terminal shows it; an application may do as it likes.
pub trait Progress: Send + Sync {
	/// A step begins; `what` says what is being done or waited for.
	fn step(&self, what: &str);

	/// So many of so many bytes of the current step are done.
	fn bytes(&self, done: u64, total: u64);

	/// Something that the user should know, though it is no error.
	fn warn(&self, what: &str);

	/// So much of a work on many files is done. Several of them are under way at once, so neither their
	/// steps nor their bytes are told.
	fn tally(&self, _tally: &Tally) {}
}

/// How much of a work on many files is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
	/// The files that are done with, well or not.
	pub files: u64,
	/// All files.
	pub of_files: u64,
	/// The bytes of those that are done with.
	pub bytes: u64,
	/// The bytes of all.
	pub of_bytes: u64,
	/// How many have failed.
	pub failed: u64,
}

/// Hears nothing.
pub struct Silent;

impl Progress for Silent {
	fn step(&self, _what: &str) {}
	fn bytes(&self, _done: u64, _total: u64) {}
	fn warn(&self, _what: &str) {}
}

/// Passes on only what counts where several works are under way at once.
pub(crate) struct OneOfMany<'p>(pub(crate) &'p dyn Progress);

impl Progress for OneOfMany<'_> {
	fn step(&self, what: &str) {
		tracing::debug!("{what}");
	}

	fn bytes(&self, _done: u64, _total: u64) {}

	fn warn(&self, what: &str) {
		self.0.warn(what);
	}

	fn tally(&self, tally: &Tally) {
		self.0.tally(tally);
	}
}
