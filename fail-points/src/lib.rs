//! # Fail-points
//!
//! Named points in a program, each between two effects that last, at which a test makes the process
//! die: what is on disk then is what a crash or a power cut there would leave.
//!
//! The environment variable `FAILPOINTS` arms points of one process, if it was built with debug
//! assertions, as tests and demo are; in a release [`die_at`] is nothing.
//!
//! - `FAILPOINTS=vault.upload.row-written=return` sends SIGKILL to the process that gets there.
//! - `FAILPOINTS='client.call.accepted=return(4711)'` sends it to the process 4711 instead, so that
//!   one process chooses the moment at which another one dies; several numbers, and `self`, stand with
//!   spaces between them.
//! - `FAILPOINTS='vault.release.logged=1*off->return'` lets the first time pass.
//!
//! The names, and what each means, are in `docs/testing.md`.

#![forbid(unsafe_code)]

/// A point at which the process dies, if it is armed.
#[cfg(not(debug_assertions))]
#[inline(always)]
pub const fn die_at(_point: &str) {}

/// A point at which the process dies, if it is armed.
#[cfg(debug_assertions)]
pub fn die_at(point: &str) {
	static ARM: std::sync::Once = std::sync::Once::new();
	// Points stay armed until the end of the process.
	ARM.call_once(|| std::mem::forget(fail::FailScenario::setup()));
	fail::fail_point!(point, |whom| kill(whom.as_deref().unwrap_or("self")));
}

/// Sends SIGKILL, by the command of the system, to each process in the list.
#[cfg(debug_assertions)]
fn kill(whom: &str) {
	let own = std::process::id().to_string();
	let processes = whom.split_whitespace().map(|name| if name == "self" { &own } else { name });
	let sent = std::process::Command::new("kill").arg("-KILL").args(processes).status();
	if sent.is_err() {
		// No survivor: a test that arms a point counts on it.
		std::process::abort();
	}
}
