//! What is wrong with a command line, told like any other error.

use std::{
	env,
	ffi::{OsStr, OsString},
	process::ExitCode,
};

use clap::error::ErrorKind;

use super::{print_error, Format};
use crate::error::{Error, Kind};

/// Prints help or the version, or what is wrong with the command line. Programs get it as JSON.
pub fn explain_misuse(error: &clap::Error) -> ExitCode {
	if !error.use_stderr() || !is_json_wanted(env::args_os().skip(1)) {
		// A closed standard output is no reason to fail: whoever reads has seen enough.
		drop(error.print());
		return ExitCode::from(if error.use_stderr() { Kind::Usage.exit_code() } else { 0 });
	}
	print_error(&misuse(error), Format::Json);
	ExitCode::from(Kind::Usage.exit_code())
}

fn misuse(error: &clap::Error) -> Error {
	let what = match error.kind() {
		ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => "a command is missing".into(),
		_ => {
			let text = error.render().to_string();
			let first = text.split("\n\n").next().unwrap_or_default();
			let first = first.strip_prefix("error: ").unwrap_or(first);
			first.split_whitespace().collect::<Vec<_>>().join(" ")
		},
	};
	Error::new(Kind::Usage, what).hint("`ward help COMMAND` shows what there is, with examples")
}

/// Whether JSON was asked for, as far as a command line tells that cannot be read as a whole.
fn is_json_wanted(arguments: impl IntoIterator<Item = OsString>) -> bool {
	let mut format = env::var_os("WARD_OUTPUT");
	let mut arguments = arguments.into_iter().take_while(|argument| argument != "--");
	while let Some(argument) = arguments.next() {
		if argument == "--output" {
			format = arguments.next();
		} else if let Some(given) =
			argument.to_str().and_then(|text| text.strip_prefix("--output="))
		{
			format = Some(given.into());
		}
	}
	format.as_deref() == Some(OsStr::new("json"))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn json_is_wanted_only_as_the_format_of_the_output() {
		let wanted = |line: &str| is_json_wanted(line.split(' ').map(OsString::from));
		assert!(wanted("put --output json") && wanted("--output=json keys"));
		for line in ["put json", "put --out json", "--output text", "put -- --output json"] {
			assert!(!wanted(line), "{line}");
		}
	}
}
