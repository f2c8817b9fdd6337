//! The machine, and how busy it is with what.

use std::{fmt, fs, path::Path, time::Instant};

use serde::Serialize;

/// Clock ticks a second in `/proc`: what Linux shows to programs on every architecture.
const TICKS: f64 = 100.0;

/// Where a benchmark ran, and of what.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Machine {
	cpu: String,
	cores: usize,
	memory_gib: f64,
	commit: String,
	profile: &'static str,
}

impl Machine {
	/// This machine, and this build of that commit.
	pub(crate) fn here(commit: String) -> Self {
		let field = |path, name| field(&read(Path::new(path)), name);
		let kib = field("/proc/meminfo", "MemTotal").and_then(|text| leading_number(&text));
		Self {
			cpu: field("/proc/cpuinfo", "model name").unwrap_or_else(|| "an unknown CPU".into()),
			cores: std::thread::available_parallelism().map_or(0, Into::into),
			memory_gib: kib.unwrap_or(0.0) / f64::from(1 << 20),
			commit,
			profile: if cfg!(debug_assertions) { "dev" } else { "release" },
		}
	}
}

impl fmt::Display for Machine {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let Self { cpu, cores, memory_gib, commit, profile } = self;
		write!(f, "{cpu}, {cores} cores, {memory_gib:.0} GiB; commit {commit}, profile {profile}")
	}
}

/// The CPU seconds that a process has used, and its ended children that it waited for.
pub(crate) fn cpu_seconds(pid: u32) -> f64 {
	let text = read(Path::new(&format!("/proc/{pid}/stat")));
	// The name in parentheses may hold anything; utime, stime, cutime, cstime are fields 14 to 17.
	let after_name = text.rsplit_once(") ").map_or("", |(_, rest)| rest);
	let ticks = after_name.split(' ').skip(11).take(4).filter_map(|n| n.parse::<f64>().ok());
	ticks.sum::<f64>() / TICKS
}

/// The CPU seconds that this thread has used, to the scheduler's tick.
pub(crate) fn thread_cpu_seconds() -> f64 {
	let text = read(Path::new("/proc/thread-self/schedstat"));
	leading_number(&text).unwrap_or(0.0) / 1e9
}

/// The most memory that this process has had resident since [`forget_peak_memory`], in MiB.
pub(crate) fn peak_memory_mib() -> f64 {
	let peak = field(&read(Path::new("/proc/self/status")), "VmHWM");
	peak.and_then(|text| leading_number(&text)).unwrap_or(0.0) / 1024.0
}

/// The memory that a process has resident now, and the most that it has had, in MiB.
pub(crate) fn resident_mib(pid: u32) -> (f64, f64) {
	let status = read(Path::new(&format!("/proc/{pid}/status")));
	let mib =
		|name| field(&status, name).and_then(|text| leading_number(&text)).unwrap_or(0.0) / 1024.0;
	(mib("VmRSS"), mib("VmHWM"))
}

/// Starts to look for the peak anew.
pub(crate) fn forget_peak_memory() -> std::io::Result<()> {
	fs::write("/proc/self/clear_refs", "5")
}

/// How busy the machine is with other processes than some.
pub(crate) struct Others {
	known: Vec<u32>,
	started: Instant,
	busy: f64,
}

impl Others {
	/// Starts to watch. `known` are the processes that belong to the benchmark, besides this one.
	pub(crate) fn watch(known: impl IntoIterator<Item = u32>) -> Self {
		let known: Vec<u32> = known.into_iter().chain([std::process::id()]).collect();
		let busy = Self::busy(&known);
		Self { known, started: Instant::now(), busy }
	}

	/// How many cores the others kept busy since, on average.
	pub(crate) fn cores(&self) -> f64 {
		let seconds = self.started.elapsed().as_secs_f64();
		((Self::busy(&self.known) - self.busy) / seconds).max(0.0)
	}

	/// CPU seconds of everything but `known`.
	fn busy(known: &[u32]) -> f64 {
		let text = read(Path::new("/proc/stat"));
		let cpu = text.lines().next().unwrap_or_default();
		// user nice system idle iowait irq softirq steal
		let ticks: Vec<f64> =
			cpu.split_whitespace().skip(1).take(8).filter_map(|n| n.parse().ok()).collect();
		let busy = ticks.iter().enumerate().filter(|(n, _)| !matches!(n, 3 | 4));
		let all = busy.map(|(_, ticks)| ticks).sum::<f64>() / TICKS;
		all - known.iter().copied().map(cpu_seconds).sum::<f64>()
	}
}

fn read(path: &Path) -> String {
	fs::read_to_string(path).unwrap_or_default()
}

/// The value of `name: value` on a line of its own.
fn field(text: &str, name: &str) -> Option<String> {
	text.lines().find_map(|line| {
		let (key, value) = line.split_once(':')?;
		(key.trim() == name).then(|| value.trim().to_owned())
	})
}

fn leading_number(text: &str) -> Option<f64> {
	text.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn work_counts_for_the_thread_and_the_process() {
		let (thread, process) = (thread_cpu_seconds(), cpu_seconds(std::process::id()));
		let started = Instant::now();
		let mut sum = 0u64;
		while cpu_seconds(std::process::id()) < process + 0.05 && started.elapsed().as_secs() < 30 {
			sum = (0..1_000_000u64).fold(sum, |sum, n| std::hint::black_box(sum ^ n));
		}
		assert!(cpu_seconds(std::process::id()) >= process + 0.05);
		assert!(thread_cpu_seconds() > thread);
	}

	#[test]
	fn what_is_resident_now_is_not_more_than_the_peak() {
		let (now, peak) = resident_mib(std::process::id());
		assert!(now > 0.0 && now <= peak);
	}

	#[test]
	fn memory_that_is_touched_shows_in_the_peak() {
		let before = peak_memory_mib();
		let block = std::hint::black_box(vec![1u8; 64 << 20]);
		assert!(peak_memory_mib() >= before.max(64.0));
		drop(block);
		forget_peak_memory().unwrap();
		assert!(peak_memory_mib() < before + 60.0);
	}
}
