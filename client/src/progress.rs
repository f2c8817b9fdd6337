//! What a long-running function tells while it runs.

/// Hears what is being done. A terminal shows it; an application may do as it likes.
pub trait Progress: Send + Sync {
	/// A step begins; `what` says what is being done or waited for.
	fn step(&self, what: &str);

	/// So many of so many bytes of the current step are done.
	fn bytes(&self, done: u64, total: u64);

	/// Something that the user should know, though it is no error.
	fn warn(&self, what: &str);
}

/// Hears nothing.
pub struct Silent;

impl Progress for Silent {
	fn step(&self, _what: &str) {}
	fn bytes(&self, _done: u64, _total: u64) {}
	fn warn(&self, _what: &str) {}
}
