//! How many files a process may have open. A node's database and its peers need thousands.

use super::Finding;

/// What a node wants.
const WANTED: u64 = 10_000;

const CHECK: &str = "open files";

/// Looks at the limit of processes that are started from here.
pub(super) fn examine() -> Finding {
	match std::fs::read_to_string("/proc/self/limits") {
		Ok(limits) => judge(&limits),
		Err(error) => Finding::skipped(CHECK, format!("this system does not tell: {error}")),
	}
}

fn judge(limits: &str) -> Finding {
	let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
	let mut numbers = line.unwrap_or_default().split_whitespace().map(limit);
	let (Some(Some(soft)), Some(Some(hard))) = (numbers.next(), numbers.next()) else {
		return Finding::skipped(CHECK, "this system does not tell the limit");
	};
	// Node and vault raise the soft limit to the hard one themselves.
	let found = format!("{soft}, up to {hard} (of what is started from here)");
	match hard < WANTED {
		true => Finding::warning(
			CHECK,
			found,
			format!("allow at least {WANTED}: LimitNOFILE= in the service, or `ulimit -Hn`"),
		),
		false => Finding::ok(CHECK, found),
	}
}

fn limit(text: &str) -> Option<u64> {
	match text {
		"unlimited" => Some(u64::MAX),
		number => number.parse().ok(),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::doctor::Verdict;

	fn limits(soft: &str, hard: &str) -> String {
		format!(
			"Limit                     Soft Limit           Hard Limit           Units\n\
			 Max processes             95654                95654                processes\n\
			 Max open files            {soft}                 {hard}              files\n"
		)
	}

	#[test]
	fn the_hard_limit_counts() {
		assert_eq!(judge(&limits("1024", "1048576")).verdict, Verdict::Ok);
		assert_eq!(judge(&limits("1024", "unlimited")).verdict, Verdict::Ok);
		let low = judge(&limits("1024", "4096"));
		assert_eq!(low.verdict, Verdict::Warning);
		assert!(low.found.starts_with("1024, up to 4096"));
	}

	#[test]
	fn a_system_that_tells_no_limit_is_no_fault() {
		for text in ["", "Max open files", "Max open files many many files"] {
			assert_eq!(judge(text).verdict, Verdict::Skipped, "{text}");
		}
	}
}
