//! A line on the terminal that says how far a benchmark has come. Nothing where there is no terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// The line.
pub(crate) struct Progress(ProgressBar);

impl Progress {
	/// A line for so many steps.
	pub(crate) fn new(steps: u64) -> Self {
		let bar = ProgressBar::new(steps);
		if let Ok(style) = ProgressStyle::with_template("{spinner} [{bar:20}] {pos}/{len} {msg}") {
			bar.set_style(style);
		}
		bar.enable_steady_tick(Duration::from_millis(120));
		Self(bar)
	}

	/// No line.
	pub(crate) fn none() -> Self {
		Self(ProgressBar::hidden())
	}

	/// The next step begins.
	pub(crate) fn step(&self, what: &str) {
		self.0.set_message(what.to_owned());
		self.0.inc(1);
	}

	/// So much is done, and that is what there is to say about it.
	pub(crate) fn at(&self, done: u64, what: String) {
		self.0.set_position(done);
		self.0.set_message(what);
	}

	/// Removes the line.
	pub(crate) fn end(&self) {
		self.0.finish_and_clear();
	}
}

impl Drop for Progress {
	fn drop(&mut self) {
		self.end();
	}
}
