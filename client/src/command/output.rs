//! Results on standard output, errors on standard error, as text or as JSON.

use std::io::{self, Write};

use clap::ValueEnum;
use indicatif::ProgressBar;
use serde::Serialize;
use serde_json::json;
use ward_chain_client::Finalized;

use crate::{
	error::{Context, Error, Kind, Result},
	hex::Hex,
};

/// How results and errors are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
	/// For people.
	#[default]
	Text,
	/// For programs: one JSON document per command.
	Json,
}

/// Where a command writes its result.
pub struct Output {
	to: Box<dyn Write>,
	format: Format,
	progress: ProgressBar,
}

impl Output {
	/// Results go to `to`.
	pub fn new(to: Box<dyn Write>, format: Format) -> Self {
		Self { to, format, progress: ProgressBar::hidden() }
	}

	/// The progress line to clear before anything is written.
	pub(super) fn clear_before_writing(&mut self, progress: ProgressBar) {
		self.progress = progress;
	}

	/// Whether programs read the result.
	pub fn is_json(&self) -> bool {
		self.format == Format::Json
	}

	/// Writes the result: `value` for programs, `text` for people.
	pub fn result(&mut self, value: &impl Serialize, text: impl FnOnce() -> String) -> Result<()> {
		let mut bytes = match self.format {
			Format::Json => serde_json::to_vec_pretty(value)
				.context(Kind::Other, || "the result cannot be written as JSON".into())?,
			Format::Text => text().into_bytes(),
		};
		if !bytes.ends_with(b"\n") {
			bytes.push(b'\n');
		}
		self.bytes(&bytes)
	}

	/// Writes the result of a call that is final. `more` is joined to it for programs.
	pub fn called(
		&mut self,
		finalized: &Finalized,
		more: serde_json::Value,
		text: impl FnOnce() -> String,
	) -> Result<()> {
		let mut value = json!({
			"block": finalized.number,
			"blockHash": Hex(finalized.block),
			"transaction": Hex(finalized.transaction),
			"final": finalized.is_final,
		});
		if let (Some(value), serde_json::Value::Object(more)) = (value.as_object_mut(), more) {
			value.extend(more);
		}
		let state = match finalized.is_final {
			true => "final in block",
			false => "not final, as finality stands still; in block",
		};
		self.result(&value, || format!("{} ({state} {})", text(), finalized.number))
	}

	/// Writes bytes as they are.
	pub fn bytes(&mut self, bytes: &[u8]) -> Result<()> {
		self.progress.disable_steady_tick();
		self.progress.finish_and_clear();
		match self.to.write_all(bytes).and_then(|()| self.to.flush()) {
			// Whoever reads has seen enough.
			Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
			written => written.context(Kind::Other, || "the result cannot be written".into()),
		}
	}
}

/// Writes an error to standard error: what, why, and what helps.
pub fn print_error(error: &Error, format: Format) {
	match format {
		Format::Json => {
			let value = json!({
				"error": {
					"code": error.code(),
					"exitCode": error.kind().exit_code(),
					"message": error.to_string(),
					"causes": error.causes(),
					"hint": error.remedy(),
				}
			});
			anstream::eprintln!("{value:#}");
		},
		Format::Text => {
			let clean = |text: &str| crate::table::printable(text);
			anstream::eprintln!("\u{1b}[1;31merror\u{1b}[0m: {}", clean(&error.to_string()));
			for cause in error.causes() {
				anstream::eprintln!("\u{1b}[1mcaused by\u{1b}[0m: {}", clean(&cause));
			}
			if let Some(hint) = error.remedy() {
				anstream::eprintln!("\u{1b}[1;36mhint\u{1b}[0m: {}", clean(hint));
			}
		},
	}
}
