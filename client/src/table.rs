//! Plain tables for people: columns as wide as they need to be, no lines.

/// A table.
pub struct Table {
	head: Vec<&'static str>,
	rows: Vec<Vec<String>>,
}

impl Table {
	/// A table with these column heads.
	pub fn new(head: impl IntoIterator<Item = &'static str>) -> Self {
		Self { head: head.into_iter().collect(), rows: Vec::new() }
	}

	/// Adds a row. A missing cell is empty; more cells than heads are left out.
	pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
		let mut cells: Vec<String> =
			cells.into_iter().map(|cell| printable(&cell)).take(self.head.len()).collect();
		cells.resize(self.head.len(), String::new());
		self.rows.push(cells);
	}

	/// Whether there are no rows.
	pub fn is_empty(&self) -> bool {
		self.rows.is_empty()
	}

	/// The text, one line per row.
	pub fn render(&self) -> String {
		let heads: Vec<String> = self.head.iter().map(|head| head.to_uppercase()).collect();
		let lines = || std::iter::once(&heads).chain(&self.rows);
		let width = |column: usize| lines().map(|line| line[column].chars().count()).max();
		let widths: Vec<usize> =
			(0..self.head.len()).map(|column| width(column).unwrap_or(0)).collect();
		let mut text = String::new();
		for line in lines() {
			let cells = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
			text += cells.collect::<Vec<_>>().join("  ").trim_end();
			text.push('\n');
		}
		text
	}
}

/// Text from elsewhere without control characters, which could rewrite a terminal.
pub fn printable(text: &str) -> String {
	text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn columns_are_as_wide_as_their_widest_cell() {
		let mut table = Table::new(["id", "name"]);
		table.row(["1".into(), "short".into()]);
		table.row(["1000".into(), "größer".into()]);
		table.row(["2".into()]);
		assert_eq!(table.render(), "ID    NAME\n1     short\n1000  größer\n2\n");
	}

	#[test]
	fn what_comes_from_elsewhere_cannot_steer_a_terminal() {
		let mut table = Table::new(["name"]);
		table.row(["a\u{1b}[2Jb\nc".into()]);
		assert!(!table.render().contains('\u{1b}'));
		assert_eq!(table.render().lines().count(), 2);
	}
}
