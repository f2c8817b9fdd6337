//! Reads `table.md`.

use std::collections::BTreeMap;

const TEXT: &str = include_str!("table.md");

/// A call by one kind of caller, and what it comes to from every origin.
pub(super) struct Row {
	/// The call, as `Pallet.call`.
	pub(super) call: &'static str,
	/// For whom its arguments are right.
	pub(super) by: &'static str,
	/// A code for each column.
	pub(super) cells: Vec<&'static str>,
}

/// What `table.md` says.
pub(super) struct Table {
	/// The kinds of origin.
	pub(super) columns: Vec<&'static str>,
	/// The calls.
	pub(super) rows: Vec<Row>,
	/// The code of each outcome.
	codes: BTreeMap<&'static str, &'static str>,
}

/// The cells of the lines of the first Markdown table after a heading, its header first.
fn markdown_table(heading: &str) -> Vec<Vec<&'static str>> {
	let (_, text) = TEXT.split_once(heading).expect("the heading is there");
	let lines = text.lines().skip_while(|line| !line.starts_with('|'));
	let lines = lines.take_while(|line| line.starts_with('|'));
	let cells = |line: &'static str| line.trim_matches('|').split('|').map(str::trim).collect();
	lines.filter(|line| !line.starts_with("|-")).map(cells).collect()
}

impl Table {
	/// The table, and nothing that it does not say.
	pub(super) fn read() -> Self {
		let legend = markdown_table("## Outcomes");
		let codes: BTreeMap<_, _> =
			legend.iter().skip(1).map(|line| (line[1].trim_matches('`'), line[0])).collect();
		assert_eq!(codes.len() + 1, legend.len(), "an outcome has one code");
		let mut lines = markdown_table("## Calls").into_iter();
		let header = lines.next().expect("a header");
		let rows = lines.map(|line| Row { call: line[0], by: line[1], cells: line[2..].to_vec() });
		let rows: Vec<_> = rows.collect();
		assert!(rows.iter().all(|row| row.cells.len() + 2 == header.len()), "a cell too many");
		Self { columns: header[2..].to_vec(), rows, codes }
	}

	/// The outcome that a code stands for.
	pub(super) fn meaning(&self, code: &str) -> &'static str {
		let found = self.codes.iter().find(|(_, known)| **known == code);
		found.unwrap_or_else(|| panic!("the code `{code}` is not among the outcomes")).0
	}

	/// The code of an outcome; the outcome itself if it has none.
	pub(super) fn code<'a>(&self, outcome: &'a str) -> &'a str
	where
		'static: 'a,
	{
		self.codes.get(outcome).copied().unwrap_or(outcome)
	}
}
