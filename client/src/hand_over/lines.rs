//! What `ward-vault drain` prints: a plan, then a line of JSON for each record.

use std::{
	collections::BTreeMap,
	fs::File,
	io::{self, BufRead, BufReader, Read},
	path::Path,
	thread,
};

use serde::Deserialize;
use tokio::sync::mpsc;
use ward_primitives::{Deposit, HandOver, ParticipantId, RecordId};

use super::Left;
use crate::{
	error::{Context, Error, Kind, Result},
	records::MAX_BATCH,
};

/// More bytes than any line has.
const MAX_LINE: u64 = 1 << 16;

/// How much there is to be drained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Plan {
	/// The center that is drained.
	pub(super) from: Option<ParticipantId>,
	/// The records of the center.
	pub(super) rows: u64,
	/// Those of them that are handed over already.
	#[serde(default)]
	pub(super) handed_over: u64,
}

/// What some lines say.
#[derive(Debug, Default)]
pub(super) struct Lines {
	/// The plan, if it is among them.
	pub(super) plan: Option<Plan>,
	/// What can be handed over.
	pub(super) ready: BTreeMap<RecordId, HandOver>,
	/// What the vault could not make ready.
	pub(super) left: Vec<Left>,
	/// How many records they name.
	pub(super) records: u64,
	/// What is wrong with the line after them. Nothing is read after that.
	pub(super) error: Option<Error>,
}

/// A file of lines, or standard input.
#[derive(Debug)]
pub struct Drained {
	lines: mpsc::Receiver<Lines>,
	first: Option<Lines>,
}

impl Drained {
	/// Opens a file, or standard input for `-`, and reads the first line: what is something else is noticed
	/// before anybody is asked for a passphrase.
	pub async fn open(path: &Path) -> Result<Self> {
		let what = || format!("{} cannot be read", path.display());
		let from: Box<dyn Read + Send> = match path.as_os_str() == "-" {
			true => Box::new(io::stdin()),
			false => Box::new(File::open(path).context(Kind::Input, what)?),
		};
		let mut drained = Self { lines: read_aside(from)?, first: None };
		let first = drained.next().await.ok_or_else(|| {
			Error::new(Kind::Input, "there is no line to read")
				.code_is("nothing-drained")
				.hint("give the output of `ward-vault drain --to CENTER`; - is standard input")
		})?;
		match first.error {
			Some(error) => Err(error),
			None => Ok(Self { first: Some(first), ..drained }),
		}
	}

	/// The next lines; none at the end.
	pub(super) async fn next(&mut self) -> Option<Lines> {
		match self.first.take() {
			Some(first) => Some(first),
			None => self.lines.recv().await,
		}
	}
}

/// Reads in a thread of its own: nobody who interrupts waits until a pipe has another line.
fn read_aside(from: Box<dyn Read + Send>) -> Result<mpsc::Receiver<Lines>> {
	let (sender, receiver) = mpsc::channel(1);
	let reader = Reader { from: BufReader::new(from), number: 0, is_over: false };
	let read = move || {
		for lines in reader {
			if sender.blocking_send(lines).is_err() {
				break;
			}
		}
	};
	let started = thread::Builder::new().name("drained".into()).spawn(read);
	started.context(Kind::Other, || "no thread can be started".into())?;
	Ok(receiver)
}

struct Reader<R> {
	from: R,
	number: u64,
	is_over: bool,
}

impl<R: BufRead> Iterator for Reader<R> {
	type Item = Lines;

	/// The first line by itself, then as many as make a batch.
	fn next(&mut self) -> Option<Lines> {
		let mut lines = Lines::default();
		let is_first = self.number == 0;
		let from = self.number;
		while !self.is_over && lines.ready.len() < MAX_BATCH && !(is_first && self.number > 0) {
			match self.line() {
				Ok(Some(said)) => lines.add(said),
				Ok(None) => {
					self.is_over = true;
					break;
				},
				Err(error) => {
					self.is_over = true;
					lines.error = Some(self.locate(error));
				},
			}
			self.number += 1;
		}
		(self.number > from).then_some(lines)
	}
}

impl<R: BufRead> Reader<R> {
	/// What the next line says; none at the end.
	fn line(&mut self) -> Result<Option<Said>> {
		let mut line = Vec::new();
		let taken = self.from.by_ref().take(MAX_LINE).read_until(b'\n', &mut line);
		match taken.context(Kind::Input, || "it cannot be read".into())? {
			0 => Ok(None),
			_ => parse(&line).map(Some),
		}
	}

	/// An error that says which line is meant.
	fn locate(&self, error: Error) -> Error {
		let number = self.number + 1;
		Error::new(Kind::Input, format!("line {number} is none that `ward-vault drain` prints"))
			.code_is("not-drained")
			.caused_by(error)
			.hint(
				"give its whole output; if it was cut off, run `ward-vault drain` again: what is done \
				 is not done twice",
			)
	}
}

/// A line, as it is written.
#[derive(Deserialize)]
struct Line {
	record: RecordId,
	outcome: String,
	deposit: Option<Deposit>,
	why: Option<String>,
}

/// What a line says.
enum Said {
	Plan(Plan),
	Ready(HandOver),
	Left(Left),
	/// That there is nothing to do for that record, or what another release says.
	Else,
}

fn parse(line: &[u8]) -> Result<Said> {
	let bad = |what: &str| Error::new(Kind::Input, what.to_owned());
	if !line.ends_with(b"\n") && line.len() as u64 == MAX_LINE {
		return Err(bad("it is too long"));
	}
	if let Ok(plan) = serde_json::from_slice(line) {
		return Ok(Said::Plan(plan));
	}
	let line: Line = serde_json::from_slice(line)
		.context(Kind::Input, || "it is neither a plan nor a record's".into())?;
	let record = line.record;
	match &line.outcome[..] {
		"ready" => {
			let deposit = line.deposit.ok_or_else(|| bad("a receipt is missing"))?;
			Ok(Said::Ready(HandOver { record, deposit }))
		},
		"left" => {
			let why = line.why.unwrap_or_else(|| "the vault does not say why".into());
			Ok(Said::Left(Left { record, why, hint: None }))
		},
		_ => Ok(Said::Else),
	}
}

impl Lines {
	fn add(&mut self, said: Said) {
		if !matches!(said, Said::Plan(_)) {
			self.records += 1;
		}
		match said {
			Said::Plan(plan) => self.plan = Some(plan),
			// Named twice, the later receipt counts for longer.
			Said::Ready(item) => drop(self.ready.insert(item.record, item)),
			Said::Left(left) => self.left.push(left),
			Said::Else => {},
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use serde_json::json;

	const PLAN: &str =
		r#"{"from":2,"rows":9,"bytes":900,"alreadyThere":1,"handedOver":2,"damaged":0}"#;

	fn ready(byte: u8, expires: u64) -> String {
		let deposit = json!({
			"custodian": 7, "expires": expires, "signature": format!("0x{}", "01".repeat(64)),
		});
		json!({ "record": RecordId([byte; 32]), "outcome": "ready", "deposit": deposit })
			.to_string()
	}

	fn read(lines: &[String]) -> Vec<Lines> {
		let text = lines.join("\n");
		Reader { from: text.as_bytes(), number: 0, is_over: false }.collect()
	}

	#[test]
	fn what_is_ready_comes_in_batches_behind_the_plan_and_other_outcomes_are_no_fault() {
		let record = RecordId([200; 32]);
		let mut lines = vec![PLAN.to_owned()];
		lines.extend((0..=MAX_BATCH as u8).map(|byte| ready(byte, 5)));
		lines.push(json!({ "record": record, "outcome": "handed-over" }).to_string());
		lines.push(json!({ "record": record, "outcome": "discarded", "new": 1 }).to_string());
		lines.push(json!({ "record": record, "outcome": "left", "why": "damaged" }).to_string());
		let read = read(&lines);
		let [first, second, third] = &read[..] else { panic!("{read:?}") };
		assert_eq!(
			first.plan,
			Some(Plan { from: Some(ParticipantId(2)), rows: 9, handed_over: 2 })
		);
		assert_eq!((first.records, second.ready.len(), third.ready.len()), (0, MAX_BATCH, 1));
		assert_eq!((third.records, &third.left[0].why[..]), (4, "damaged"));
		let item = second.ready[&RecordId([3; 32])];
		assert_eq!((item.deposit.custodian, item.deposit.expires), (ParticipantId(7), 5));
		assert!(read.iter().all(|lines| lines.error.is_none()));
	}

	#[test]
	fn of_a_record_that_is_named_twice_the_later_receipt_is_taken() {
		let read = read(&[PLAN.to_owned(), ready(1, 5), ready(1, 6)]);
		assert_eq!(read[1].ready.len(), 1);
		assert_eq!(read[1].ready[&RecordId([1; 32])].deposit.expires, 6);
	}

	#[test]
	fn a_bad_line_is_named_by_its_number_and_those_before_it_count() {
		let cut = &ready(2, 5)[..60];
		let missing = json!({ "record": RecordId([2; 32]), "outcome": "ready" }).to_string();
		let long = "x".repeat(2 * MAX_LINE as usize);
		for bad in [cut, "", "{}", "[1]", r#"{"record":"0x12","outcome":"left"}"#, &missing, &long]
		{
			let read = read(&[PLAN.to_owned(), ready(1, 5), bad.to_owned(), ready(3, 5)]);
			let [_, last] = &read[..] else { panic!("{bad}: {read:?}") };
			let error = last.error.as_ref().unwrap();
			assert_eq!((error.kind(), error.code()), (Kind::Input, "not-drained"), "{bad}");
			assert!(error.to_string().starts_with("line 3 is none"), "{bad}: {error}");
			assert!(error.remedy().is_some() && !error.causes().is_empty(), "{bad}");
			assert_eq!(last.ready.len(), 1, "{bad}");
		}
	}

	#[tokio::test]
	async fn a_file_is_looked_at_when_it_is_opened() {
		let dir = tempfile::tempdir().unwrap();
		let path = dir.path().join("drained");
		let code = async || Drained::open(&path).await.unwrap_err().code().to_owned();
		assert_eq!(code().await, "bad-input", "there is none");
		std::fs::write(&path, "").unwrap();
		assert_eq!(code().await, "nothing-drained");
		std::fs::write(&path, "{\"receiptKey\": \"0x\"}\n").unwrap();
		assert_eq!(code().await, "not-drained");
		std::fs::write(&path, format!("{PLAN}\n{}", ready(1, 5))).unwrap();
		let mut drained = Drained::open(&path).await.unwrap();
		assert!(drained.next().await.unwrap().plan.is_some());
		assert_eq!(drained.next().await.unwrap().ready.len(), 1, "a last line needs no end");
		assert!(drained.next().await.is_none());
	}
}
