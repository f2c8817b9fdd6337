//! What was measured: figures with their aims, for people and for programs.

use serde::Serialize;
use ward_client::table::Table;

use crate::machine::Machine;

/// The outcome of a benchmark.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
	/// Which benchmark.
	benchmark: &'static str,
	/// Where it ran.
	machine: Machine,
	/// How it was measured, and what a reader has to know.
	notes: Vec<String>,
	/// The figures, in the order of measuring.
	figures: Vec<Figure>,
}

/// One figure.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Figure {
	what: String,
	value: f64,
	unit: &'static str,
	/// Lowest and highest of several rounds, of which `value` is the median.
	#[serde(skip_serializing_if = "Option::is_none")]
	spread: Option<(f64, f64)>,
	#[serde(skip_serializing_if = "Option::is_none")]
	aim: Option<Aim>,
}

/// What a figure should be.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Aim {
	/// At least this.
	AtLeast(f64),
	/// At most this.
	AtMost(f64),
}

impl Aim {
	fn is_reached(self, value: f64) -> bool {
		match self {
			Self::AtLeast(least) => value >= least,
			Self::AtMost(most) => value <= most,
		}
	}
}

impl Report {
	/// An empty report on this machine.
	pub(crate) fn new(benchmark: &'static str, machine: Machine) -> Self {
		Self { benchmark, machine, notes: Vec::new(), figures: Vec::new() }
	}

	/// Adds a note.
	pub(crate) fn note(&mut self, note: impl Into<String>) {
		self.notes.push(note.into());
	}

	/// Adds a figure.
	pub(crate) fn figure(&mut self, what: impl Into<String>, value: f64, unit: &'static str) {
		self.figures.push(Figure { what: what.into(), value, unit, spread: None, aim: None });
	}

	/// Adds a figure that has an aim.
	pub(crate) fn aimed(
		&mut self,
		what: impl Into<String>,
		value: f64,
		unit: &'static str,
		aim: Aim,
	) {
		self.figures.push(Figure { what: what.into(), value, unit, spread: None, aim: Some(aim) });
	}

	/// Adds the median of several rounds.
	pub(crate) fn median(
		&mut self,
		what: impl Into<String>,
		mut rounds: Vec<f64>,
		unit: &'static str,
		aim: Option<Aim>,
	) {
		rounds.sort_unstable_by(f64::total_cmp);
		let (Some(low), Some(high)) = (rounds.first(), rounds.last()) else { return };
		let value = rounds[rounds.len() / 2];
		let spread = (rounds.len() > 1).then_some((*low, *high));
		self.figures.push(Figure { what: what.into(), value, unit, spread, aim });
	}

	/// How busy others kept the machine meanwhile.
	pub(crate) fn disturbed_by(&mut self, cores: f64) {
		self.figure("other processes meanwhile", cores, "cores");
	}

	/// The text for people.
	pub(crate) fn text(&self) -> String {
		let mut table = Table::new(["what", "value", "unit", "spread", "aim"]);
		for Figure { what, value, unit, spread, aim } in &self.figures {
			let aim = aim.map_or_else(String::new, |aim| {
				let verdict = if aim.is_reached(*value) { "reached" } else { "missed" };
				match aim {
					Aim::AtLeast(least) => format!("≥ {}: {verdict}", short(least)),
					Aim::AtMost(most) => format!("≤ {}: {verdict}", short(most)),
				}
			});
			let spread = spread.map_or_else(String::new, |(low, high)| {
				format!("{} … {}", short(low), short(high))
			});
			table.row([what.clone(), short(*value), (*unit).into(), spread, aim]);
		}
		let notes = self.notes.iter().map(|note| format!("- {note}\n")).collect::<String>();
		format!("{} on {}\n\n{}\n{notes}", self.benchmark, self.machine, table.render())
	}

	/// The JSON for programs.
	pub(crate) fn json(&self) -> serde_json::Result<String> {
		serde_json::to_string_pretty(self)
	}
}

/// Three digits that count.
fn short(value: f64) -> String {
	let magnitude = value.abs().log10().floor();
	match magnitude {
		_ if value == 0.0 => "0".into(),
		m if m >= 2.0 => format!("{value:.0}"),
		m if m < -6.0 => format!("{value:.1e}"),
		m => format!("{value:.*}", (2.0 - m) as usize),
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn numbers_have_three_digits_that_count() {
		let texts = [0.0, 12_345.6, 123.4, 12.34, 1.234, 0.123_4, 0.001_234].map(short);
		assert_eq!(texts, ["0", "12346", "123", "12.3", "1.23", "0.123", "0.00123"]);
	}

	#[test]
	fn an_aim_says_whether_it_was_reached() {
		assert!(Aim::AtLeast(0.5).is_reached(0.5) && !Aim::AtLeast(0.5).is_reached(0.49));
		assert!(Aim::AtMost(3.0).is_reached(3.0) && !Aim::AtMost(3.0).is_reached(3.1));
	}

	#[test]
	fn of_several_rounds_the_median_counts() {
		let mut report = Report::new("test", Machine::here("x".into()));
		report.median("a", vec![3.0, 1.0, 2.0], "s", Some(Aim::AtMost(2.0)));
		let json: serde_json::Value = serde_json::from_str(&report.json().unwrap()).unwrap();
		assert_eq!(json["figures"][0]["value"], 2.0);
		assert_eq!(json["figures"][0]["spread"], serde_json::json!([1.0, 3.0]));
		assert!(report.text().contains("≤ 2.00: reached"));
	}
}
