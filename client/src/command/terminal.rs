//! Progress on a terminal's standard error.

use std::{io::IsTerminal, time::Duration};

use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::{
	progress::{Progress, Tally},
	table::printable,
};

/// A line at the bottom of the terminal that says what is being done. Nothing where there is no
/// terminal.
pub(super) struct Terminal {
	bar: ProgressBar,
	is_quiet: bool,
}

impl Terminal {
	pub(super) fn new(is_quiet: bool) -> Self {
		let visible = !is_quiet && std::io::stderr().is_terminal();
		let bar = match visible {
			true => ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10)),
			false => ProgressBar::hidden(),
		};
		Self { bar, is_quiet }
	}

	/// The line itself.
	pub(super) fn line(&self) -> ProgressBar {
		self.bar.clone()
	}

	/// Clears the line, so that something else can be written.
	pub(super) fn pause(&self) {
		self.bar.disable_steady_tick();
		self.bar.finish_and_clear();
	}

	fn style(&self, template: &str) {
		if let Ok(style) = ProgressStyle::with_template(template) {
			self.bar.set_style(style);
		}
	}
}

impl Progress for Terminal {
	fn step(&self, what: &str) {
		tracing::info!("{what}");
		if self.bar.is_hidden() {
			return;
		}
		self.bar.reset();
		self.bar.unset_length();
		self.style("{spinner} {msg} ({elapsed})");
		self.bar.set_message(printable(what));
		self.bar.enable_steady_tick(Duration::from_millis(120));
	}

	fn bytes(&self, done: u64, total: u64) {
		if self.bar.length() != Some(total) {
			self.bar.set_length(total);
			self.style("{spinner} {msg} {bytes}/{total_bytes} {bytes_per_sec} [{bar:20}]");
		}
		self.bar.set_position(done);
	}

	fn warn(&self, what: &str) {
		if !self.is_quiet {
			self.bar.suspend(|| {
				anstream::eprintln!("\u{1b}[33mwarning\u{1b}[0m: {}", printable(what));
			});
		}
	}

	fn tally(&self, tally: &Tally) {
		if self.bar.is_hidden() {
			return;
		}
		if self.bar.length() != Some(tally.of_files) {
			self.bar.reset();
			self.bar.set_length(tally.of_files);
			self.style("{spinner} {pos}/{len} files, {msg}, {per_sec}, {eta} left [{bar:20}]");
			self.bar.enable_steady_tick(Duration::from_millis(250));
		}
		let failed = match tally.failed {
			0 => String::new(),
			failed => format!(", {failed} failed"),
		};
		let (done, all) = (HumanBytes(tally.bytes), HumanBytes(tally.of_bytes));
		self.bar.set_message(format!("{done} of {all}{failed}"));
		self.bar.set_position(tally.files);
	}
}

impl Drop for Terminal {
	fn drop(&mut self) {
		self.pause();
	}
}
