//! Keeps `docs/categories.md` equal to the table.

use std::{env, fmt::Write, fs, path::Path};

use super::table::{
	Rule, Times, ACT_CODE, CODES, CONFIDENTIALITY, RESOURCE_TYPES, SENSITIVE, UNRESTRICTED,
};
use ward_primitives::Category;

/// The line after each generated section. The line before it names the section.
const END: &str = "<!-- end -->";

/// The page with each generated section replaced by what `section` makes of its name.
fn with_sections(page: &str, section: impl Fn(&str) -> String) -> String {
	let mut result = String::new();
	let mut lines = page.lines();
	while let Some(line) = lines.next() {
		result.extend([line, "\n"]);
		let name = line.strip_prefix("<!-- generated: ").and_then(|rest| rest.strip_suffix(" -->"));
		if let Some(name) = name {
			result.extend([&section(name), END, "\n"]);
			assert!(lines.by_ref().any(|line| line == END), "section {name} has no end");
		}
	}
	result
}

fn code_list(codes: &[&str]) -> String {
	codes.iter().map(|code| format!("`{code}`")).collect::<Vec<_>>().join(", ")
}

fn section(name: &str) -> String {
	let mut text = String::new();
	match name {
		"categories" => {
			text.push_str("| number | name |\n| --- | --- |\n");
			for category in Category::ALL {
				writeln!(text, "| {} | `{}` |", category as u8, category.name()).unwrap();
			}
		},
		"types" => {
			text.push_str("| resource type | category | clinical times | else |\n");
			text.push_str("| --- | --- | --- | --- |\n");
			for row in RESOURCE_TYPES {
				let category = match row.rule {
					Rule::Always(category) => format!("`{}`", category.name()),
					Rule::Coded(elements) => format!("by {}", code_list(elements)),
					Rule::Entries => "those of its entries".into(),
				};
				let (clinical, recorded) = match row.times {
					Times::Of { clinical, recorded } => (code_list(clinical), code_list(recorded)),
					Times::Timeless => ("timeless".into(), String::new()),
					Times::Unknown => ("unknown".into(), String::new()),
				};
				writeln!(text, "| {} | {category} | {clinical} | {recorded} |", row.name).unwrap();
			}
		},
		"codes" => {
			text.push_str("| code system | codes | category |\n| --- | --- | --- |\n");
			for group in CODES {
				let (codes, category) = (code_list(group.codes), group.category.name());
				writeln!(text, "| `{}` | {codes} | `{category}` |", group.system).unwrap();
			}
		},
		"labels" => {
			text.push_str("| code system | codes | confidentiality |\n| --- | --- | --- |\n");
			let codes = code_list(UNRESTRICTED);
			writeln!(text, "| `{CONFIDENTIALITY}` | {codes} | normal |").unwrap();
			writeln!(text, "| | `V` | very restricted |").unwrap();
			writeln!(text, "| | any other | restricted |").unwrap();
			writeln!(text, "| `{ACT_CODE}` | {} | restricted |", code_list(SENSITIVE)).unwrap();
		},
		other => panic!("nothing is generated under the name {other}"),
	}
	text
}

#[test]
fn the_page_shows_the_table() {
	let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/categories.md");
	let page = fs::read_to_string(&path).expect("docs/categories.md is there");
	let current = with_sections(&page, section);
	if env::var_os("WARD_BLESS").is_some() {
		fs::write(&path, current).expect("docs/categories.md can be written");
		return;
	}
	assert!(
		page == current,
		"docs/categories.md is not up to date; run this test with WARD_BLESS=1"
	);
	for name in ["categories", "types", "codes", "labels"] {
		assert!(page.contains(&format!("<!-- generated: {name} -->")), "the page lacks {name}");
	}
}
